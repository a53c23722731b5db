//! The very first day: scores, trends and changes of a book that was synced a moment ago come from dated facts only.
//! What a source keeps a history of counts from the day it happened, not from the day it was first seen here.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;

use common::{Home, Practice};
use serde_json::Value;

/// The day of the tests, and the week before it.
const WEEK_AGO: &str = "2026-11-16";

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Whether anything happened to an account within the last seven days that a person would call an event.
fn has_event(show: &Value) -> bool {
    let late = |day: &str| day > WEEK_AGO && day <= common::TODAY;
    list(&show["touches"]).iter().any(|touch| late(&text(touch, "at")[..10]))
        || list(&show["tickets"])
            .iter()
            .any(|ticket| ["opened", "closed", "escalated_on"].iter().any(|key| late(text(ticket, key))))
        || list(&show["people"]).iter().any(|person| late(text(person, "left_on")) || late(text(person, "created")))
}

fn measures(explain: &Value) -> BTreeMap<String, &Value> {
    list(&explain["measures"]).iter().map(|one| (text(one, "id").to_owned(), one)).collect()
}

#[test]
fn the_first_day_rests_on_dated_facts() {
    let practice = Practice::start(&["--accounts", "48"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let accounts = home.json(&["list", "--json"]);
    let mut quiet = Vec::new();
    for account in list(&accounts) {
        let (id, name) = (text(account, "id"), text(account, "name"));
        let show = home.json(&["show", id, "--json"]);
        assert_eq!(list(&show["undated"]).len(), 0, "{name}: {}", show["undated"]);
        let now = home.json(&["explain", id, "--json"]);
        let changes = list(&now["since"]["changes"]);
        for change in changes {
            assert!(!text(change, "evidence").contains("first seen"), "{name}: {change}");
        }

        // A measure that speaks now spoke a week ago, unless the fact it rests on is of this week.
        let then = home.json(&["explain", id, "--as-of", WEEK_AGO, "--json"]);
        let before = measures(&then);
        for (measure, one) in measures(&now).iter().filter(|(_, one)| !one["score"].is_null()) {
            let of_this_week = text(one, "as_of") > WEEK_AGO;
            let usage = text(one, "source") == "usage";
            assert!(
                !before[measure]["score"].is_null() || (of_this_week && !usage),
                "{name}: {measure} speaks only since it was seen: {one}"
            );
        }

        if !has_event(&show) {
            // Nothing happened: people did not become champions, contracts and licences did not change overnight.
            for change in changes {
                let fact = ["champion", "escalations", "csat", "tickets"].contains(&text(change, "measure"));
                let said = text(change, "evidence");
                let weight = said.contains("than before") || said.contains("of the score now");
                let window = said.contains(" in 30 d") || said.contains("no longer counted");
                assert!(!fact || weight || window, "{name}: {change}");
            }
            quiet.push((account["health"]["delta_7d"].as_f64().unwrap_or_default().abs(), name.to_owned()));
        }
    }
    quiet.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(quiet.len() >= 10, "{quiet:?}");
    assert!(quiet[quiet.len() / 2].0 <= 1.0, "where nothing happened the score hardly moves: {quiet:?}");
}

#[test]
fn a_champion_who_left_has_left_on_that_day() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let accounts = home.json(&["list", "--json"]);
    let since = |name: &str, kind: &str| {
        let account = list(&accounts).iter().find(|one| one["name"] == name).unwrap();
        let flag = list(&account["flags"]).iter().find(|flag| flag["kind"] == kind);
        text(flag.unwrap_or_else(|| panic!("{name} has no flag {kind}: {}", account["flags"])), "since").to_owned()
    };
    assert_eq!(since("Northwind Traders", "champion-left"), "2026-11-22");
    assert_eq!(since("Orbit & Pine", "escalation-open"), "2026-11-17");
    // Amounts in three currencies are in the sums: no account is left out of them for want of a rate.
    assert!(list(&accounts).iter().all(|one| one["arr_book"].is_number()), "{accounts:#}");
    // What was said of the day a week ago did not yet know it.
    let then = home.json(&["list", "northwind", "--as-of", WEEK_AGO, "--json"]);
    let flags: Vec<&str> = list(&then[0]["flags"]).iter().map(|flag| text(flag, "kind")).collect();
    assert!(!flags.contains(&"champion-left"), "{flags:?}");
}
