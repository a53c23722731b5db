//! Every number opens: the tree of a score adds up down to its measures, names its records, and compares days and segments.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn rows(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn sum(value: &Value) -> f64 {
    rows(value).iter().map(|row| number(&row["points"])).sum()
}

/// Points make the score, changes make the difference, groups are their measures.
fn adds_up(explain: &Value) {
    let Some(score) = explain["score"].as_f64() else { return };
    assert!((sum(&explain["measures"]) + sum(&explain["gates"]) - score).abs() < 0.1, "{explain:#}");
    for group in rows(&explain["groups"]) {
        let own = rows(&explain["measures"]).iter().filter(|row| row["group"] == group["id"]);
        let points: f64 = own.map(|row| number(&row["points"])).sum();
        assert!((points - number(&group["points"])).abs() < 0.1, "{group:#}");
    }
    let since = &explain["since"];
    if let Some(before) = since["score"].as_f64() {
        assert!((sum(&since["measures"]) + sum(&since["gates"]) - before).abs() < 0.1, "{since:#}");
        assert!((sum(&since["changes"]) - (score - before)).abs() < 0.1, "{explain:#}");
    }
}

#[test]
fn the_tree_of_every_account_adds_up_on_any_day() {
    let practice = Practice::start(&["--accounts", "30"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let list = home.json(&["list", "--json"]);
    let ids: Vec<&str> = rows(&list).iter().filter_map(|item| item["id"].as_str()).collect();
    let (mut with_records, mut compared) = (0, 0);
    for (at, id) in ids.iter().enumerate() {
        let explain = home.json(&["explain", id, "--json"]);
        adds_up(&explain);
        for measure in rows(&explain["measures"]) {
            let records = rows(&measure["records"]);
            assert!(measure["score"].is_null() || !records.is_empty(), "{measure:#}");
            assert!(records.iter().all(|row| row["text"].as_str().is_some_and(|text| !text.is_empty())));
            assert!(records.iter().all(|row| row["counts"] == Value::Bool(row["why_not"].is_null())));
            with_records += records.len();
        }
        for one in rows(&explain["absent"]) {
            assert!(one["missing"].is_string() && one["weight_went"].is_string(), "{one:#}");
        }
        let usual = &explain["compare"];
        if let Some(n) = usual["score"]["n"].as_u64() {
            compared += 1;
            assert!(n >= 5, "{usual:#}");
            let median = number(&usual["score"]["median"]);
            assert!((0.0..=100.0).contains(&median));
        }
        if at % 6 == 0 {
            for since in ["2026-11-22", "2026-10-01", "2026-03-01"] {
                adds_up(&home.json(&["explain", id, "--since", since, "--json"]));
            }
            let past = home.json(&["explain", id, "--as-of", "2026-09-01", "--json"]);
            assert_eq!(past["day"], "2026-09-01");
            adds_up(&past);
            for record in rows(&past["measures"]).iter().flat_map(|measure| rows(&measure["records"])) {
                assert!(record["on"].as_str().is_some_and(|on| on <= "2026-09-01"), "{record:#}");
            }
        }
    }
    assert!(with_records > 20 * ids.len(), "{with_records} records");
    assert_eq!(compared, ids.len(), "everybody stands beside a median");

    let text = home.ok(&["explain", ids[0]]);
    for words in ["points · weighs", "median", "What changed since 2026-11-16", "(crm"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let output = home.run(&["explain", ids[0], "--since", "2026-11-23"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not before 2026-11-23"));
}

#[test]
fn show_has_everything_that_is_known() {
    let practice = Practice::start(&["--accounts", "12"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    home.ok(&["note", "northwind", "quiet call /pulse yellow sponsor away"]);
    let show = home.json(&["show", "northwind", "--json"]);
    let list = home.json(&["list", "northwind", "--json"]);
    let row = &rows(&list)[0];
    for key in ["id", "name", "domain", "owner", "segment", "currency", "arr", "arr_book", "renewal_date", "urgency"] {
        assert_eq!(show[key], row[key], "{key}");
    }
    for key in ["people", "touches", "tickets", "opportunities", "notes", "offers", "pulses"] {
        assert!(!rows(&show[key]).is_empty(), "{key}: {:#}", show[key]);
    }
    assert_eq!(show["pulses"][0]["pulse"], "yellow");
    assert_eq!(show["offers"][0]["title"], show["next"]["title"]);
    assert!(number(&show["offers"][0]["factors"]["rank"]) > 0.0);
    assert!(number(&show["usage"]["metrics"]["active_users"]["mean"]) > 0.0);
    assert_eq!(show["usage"]["source"], "usage");
    let values = rows(&show["history"]["renewal_date"]);
    assert_eq!(values.last().unwrap()["value"], show["renewal_date"]);
    assert!(show["customer_since"].is_string() && show["seats"].is_number() && show["csat"]["on"].is_string());
    assert_eq!(show["former"], false);
    // Of a past day it says only what was known then.
    let past = home.json(&["show", "northwind", "--as-of", "2026-03-01", "--json"]);
    for record in rows(&past["tickets"]) {
        assert!(record["opened"].as_str().unwrap() <= "2026-03-01", "{record:#}");
    }
    assert!(rows(&past["touches"]).len() < rows(&show["touches"]).len());
    assert!(past["urgency"].is_null(), "the others are not known of that day");
}
