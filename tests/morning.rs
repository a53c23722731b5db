//! A CSM's morning, end to end: CRM → cache → health → list → note → back in the CRM, over real HTTP and real files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::Value;

/// The account of that name in a list.
fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let found = list.as_array().expect("a list").iter().find(|item| item["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in the list"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn the_whole_morning() {
    let practice = Practice::start(&["--accounts", "84"]);
    let home = Home::of(&practice);

    // The first sync brings the book.
    let sync = home.json(&["sync", "--json"]);
    let sources = sync["sources"].as_array().expect("sources");
    assert_eq!(sources.len(), 2);
    assert!(sources.iter().all(|source| source["error"].is_null()), "{sync:#}");
    assert!(number(&sources[0]["pulled"]) > 84.0);

    // The list is worst first, and every account of the book is in it once.
    let list = home.json(&["list", "--json"]);
    let items = list.as_array().expect("a list");
    assert_eq!(items.len(), practice.hello["accounts"].as_u64().expect("accounts") as usize);
    let urgency: Vec<f64> = items.iter().map(|item| number(&item["urgency"])).collect();
    assert!(urgency.windows(2).all(|pair| pair[0] >= pair[1]), "most urgent first");
    let northwind = named(&list, "Northwind Traders");
    assert_eq!(northwind["health"]["band"], "at risk");
    assert_eq!(northwind["days_to_renewal"], 23);
    let flags: Vec<&str> =
        northwind["flags"].as_array().expect("flags").iter().filter_map(|f| f["kind"].as_str()).collect();
    assert!(flags.contains(&"champion-left"), "{flags:?}");
    assert!(northwind["next"]["because"].as_str().is_some_and(|because| !because.is_empty()));
    let bands: Vec<&str> = items.iter().filter_map(|item| item["health"]["band"].as_str()).collect();
    for band in ["healthy", "watch", "at risk"] {
        assert!(bands.contains(&band), "a book of all kinds: {bands:?}");
    }

    // The query narrows it.
    let late = home.json(&["list", "health<50", "renewal<90d", "--json"]);
    let late = late.as_array().expect("a list");
    assert!(!late.is_empty() && late.len() < items.len());
    assert!(late.iter().all(|item| number(&item["health"]["score"]) < 50.0 && number(&item["days_to_renewal"]) < 90.0));

    // Every number opens: points and gates make the score, the changes make the difference.
    let explain = home.json(&["explain", "northwind", "--json"]);
    let sum = |rows: &Value| rows.as_array().expect("rows").iter().map(|row| number(&row["points"])).sum::<f64>();
    let score = number(&explain["score"]);
    assert!((sum(&explain["measures"]) + sum(&explain["gates"]) - score).abs() < 0.1, "{explain:#}");
    let before = number(&explain["since"]["score"]);
    assert!((sum(&explain["since"]["changes"]) - (score - before)).abs() < 0.1, "{explain:#}");

    // A note reaches the CRM, with what it says, on its company, with whom it names.
    let said = "Sponsor is worried /call @jane about the roll-out";
    let preview = home.json(&["note", "northwind", said, "--dry-run", "--json"]);
    assert!(preview["id"].is_null());
    assert_eq!(preview["facts"][0]["kind"], "call");
    assert!(practice.notes().is_empty());
    let receipt = home.json(&["note", "northwind", said, "--json"]);
    assert_eq!(receipt["state"], "queued");
    let id = receipt["id"].as_str().expect("an id").to_owned();
    assert_eq!(home.json(&["outbox", "--json"]).as_array().expect("rows").len(), 2, "the note and its call");
    home.ok(&["sync"]);
    assert_eq!(home.json(&["outbox", "--json"]).as_array().expect("rows").len(), 0);
    let notes = practice.notes();
    assert_eq!(notes.len(), 1, "{notes:#?}");
    let body = notes[0]["body"].as_str().expect("a body");
    assert!(body.contains("Sponsor is worried") && body.contains(&format!("[rounds:1:{id}:")), "{body}");
    assert_eq!(notes[0]["companies"].as_array().map(Vec::len), Some(1), "{notes:#?}");
    assert_eq!(notes[0]["contacts"].as_array().map(Vec::len), Some(1), "{notes:#?}");
    assert_eq!(practice.state()["calls"].as_array().map(Vec::len), Some(1));

    // What came back counts once.
    let show = home.json(&["show", "northwind", "--json"]);
    let mine: Vec<&Value> =
        show["notes"].as_array().expect("notes").iter().filter(|n| n["note"] == id.as_str()).collect();
    assert_eq!(mine.len(), 1, "{:#}", show["notes"]);
    assert_eq!(mine[0]["state"], "sent");
    let calls =
        show["touches"].as_array().expect("touches").iter().filter(|touch| touch["note"] == id.as_str()).count();
    assert_eq!(calls, 1, "{:#}", show["touches"]);
}

#[test]
fn what_is_not_clear_is_said_and_changes_nothing() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    for (arguments, exit, says) in [
        (vec!["show", "e"], 2, "fits"),
        (vec!["show", "no such company"], 2, "no account"),
        (vec!["note", "northwind", "  "], 2, "empty"),
        (vec!["list", "helth<50"], 2, "health"),
        (vec!["list", "--sort", "size"], 2, "urgency"),
        (vec!["list", "--columns", "size"], 2, "renewal"),
        (vec!["sync", "crn"], 2, "crm"),
        (vec!["explain", "northwind", "--since", "someday"], 2, "2026-11-22"),
    ] {
        let output = home.run(&arguments);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {err}");
        assert!(err.contains(says), "{arguments:?}: {err}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn exit_codes_tell_why_nothing_came() {
    // A refused token.
    let practice = Practice::start(&["--accounts", "5"]);
    let mut home = Home::of(&practice);
    home.env.insert("ROUNDS_TOKEN_CRM".into(), "wrong".into());
    home.env.insert("ROUNDS_TOKEN_USAGE".into(), "wrong".into());
    let output = home.run(&["sync"]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("rounds login crm"));
    // Nobody there: what was pulled before is still shown.
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    drop(practice);
    let output = home.run(&["sync"]);
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(home.json(&["list", "--json"]).as_array().map(Vec::len), Some(5));
    // A settings file that is wrong is named by line.
    home.set("colour = 1");
    let output = home.run(&["list"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("config.toml:"));
}

#[test]
fn without_me_the_book_is_that_of_whom_the_token_belongs_to() {
    let practice = Practice::start(&["--accounts", "200"]);
    let config = practice.hello["config"].as_str().expect("config").replace("book = \"team\"", "book = \"owner\"");
    let home = Home { env: Home::of(&practice).env, ..Home::with(&config) };
    home.ok(&["sync"]);
    let list = home.json(&["list", "--json"]);
    let owners: std::collections::BTreeSet<&str> =
        list.as_array().expect("a list").iter().filter_map(|item| item["owner"].as_str()).collect();
    assert_eq!(owners.into_iter().collect::<Vec<_>>(), ["maya.chen@example.com"], "after the very first sync");
    assert_eq!(home.json(&["whoami", "crm", "--json"])[0]["who"], "maya.chen@example.com");
}
