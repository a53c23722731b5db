//! Any day: the lists and the workspace show the book as it was; what is written meanwhile is dated now; nothing is left.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::Value;

/// Ten weeks before the day of the tests.
const THEN: &str = "2026-09-14";

fn rows(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn leftovers(home: &Home) -> Vec<String> {
    let all = std::fs::read_dir(home.data()).expect("a data folder").flatten();
    all.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| name.starts_with("as-of")).collect()
}

#[test]
fn lists_of_a_past_day_are_what_they_were() {
    let practice = Practice::start(&["--accounts", "84"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let today = home.json(&["list", "--json"]);
    let past = home.json(&["list", "--as-of", THEN, "--json"]);
    let find = |list: &Value, name: &str| -> Value {
        rows(list).iter().find(|item| item["name"] == name).cloned().unwrap_or_else(|| panic!("{name} is not there"))
    };
    // Northwind's fall came later.
    let (is, was) = (find(&today, "Northwind Traders"), find(&past, "Northwind Traders"));
    assert_eq!((is["health"]["band"].as_str(), was["health"]["band"].as_str()), (Some("at risk"), Some("healthy")));
    assert_eq!(was["days_to_renewal"], 23 + 70);
    let urgency: Vec<f64> = rows(&past).iter().filter_map(|item| item["urgency"].as_f64()).collect();
    assert!(urgency.windows(2).all(|pair| pair[0] >= pair[1]), "most urgent then comes first");
    // The list and the account say the same, and the trend of today has that day in it.
    let explain = home.json(&["explain", "northwind", "--as-of", THEN, "--json"]);
    let (a, b) = (was["health"]["score"].as_f64().unwrap(), explain["score"].as_f64().unwrap());
    assert!((a - b).abs() < 0.06, "{a} {b}");
    assert!((is["health"]["trend"][2].as_f64().unwrap() - b).abs() < 0.06, "{:#}", is["health"]["trend"]);
    // A query is asked of that day: who was at risk then, not who is now.
    let risk = home.json(&["list", "health<55", "--as-of", THEN, "--json"]);
    assert!(rows(&risk).iter().all(|item| item["health"]["score"].as_f64().unwrap() < 55.0));
    let expected = rows(&past).iter().filter(|item| item["health"]["score"].as_f64().is_some_and(|s| s < 55.0)).count();
    assert_eq!(rows(&risk).len(), expected);
    // Thirteen weeks on the first day; gaps only before somebody was a customer.
    for item in rows(&today) {
        let trend = rows(&item["health"]["trend"]);
        assert_eq!(trend.len(), 13);
        let first = trend.iter().position(|score| !score.is_null()).expect("a score");
        assert!(trend[first..].iter().all(|score| !score.is_null()), "{item:#}");
    }
    let known = rows(&today).iter().filter(|item| !item["health"]["trend"][0].is_null()).count();
    assert!(known * 10 >= rows(&today).len() * 8, "{known} have all of their 13 weeks");

    assert_eq!(home.json(&["show", "northwind", "--as-of", THEN, "--json"])["day"], THEN);
    let changes = home.json(&["changes", "--as-of", THEN, "--json"]);
    assert!(rows(&changes).iter().all(|row| row["day"].as_str().unwrap() <= THEN), "{changes:#}");
    let actions = home.json(&["actions", "--as-of", THEN, "--json"]);
    assert!(!rows(&actions).is_empty() && rows(&actions).iter().all(|row| row["play"] != "task"));
    assert_eq!(leftovers(&home), Vec::<String>::new());
    // And today is as it was.
    let again = home.json(&["list", "--json"]);
    assert_eq!(again, today);
}

#[test]
fn days_and_commands_that_make_no_sense_say_so() {
    let practice = Practice::start(&["--accounts", "12"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let said = |arguments: &[&str]| {
        let output = home.run(arguments);
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, words) = said(&["list", "--as-of", "2001-01-01"]);
    assert_eq!(code, 0);
    assert!(words.contains("nothing is known of 2001-01-01: the first customer of this book is of 20"), "{words}");
    let (code, words) = said(&["list", "--as-of", "2027-01-01"]);
    assert!(code == 2 && words.contains("only what has passed"), "{words}");
    for command in [&["sync"][..], &["outbox"], &["check"], &["act", "northwind", "x", "do"], &["export", "--own"]] {
        let arguments: Vec<&str> = command.iter().copied().chain(["--as-of", THEN]).collect();
        let (code, words) = said(&arguments);
        assert!(code == 2 && words.contains("leave it out here"), "{arguments:?}: {words}");
    }
    let explain = home.json(&["explain", "northwind", "--as-of", "2001-01-01", "--json"]);
    assert!(explain["score"].is_null() && explain["because"].as_str().unwrap().contains("not a customer before"));
    assert!(explain["compare"].is_null());
}

#[cfg(target_os = "linux")]
#[test]
fn the_workspace_shows_a_past_day_and_leaves_nothing() {
    let practice = Practice::start(&["--accounts", "84"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let asked = practice.requests();
    let mut past = home.open_with(&["--as-of", THEN], 120, 40);
    past.wait_for("as of 14 Sep 2026");
    past.wait_for("84 accounts");
    assert!(!past.text().contains("champion left"), "that was later: {}", past.text());
    past.keys("/northwind\r");
    past.wait_for("1 of 84");
    past.keys("e");
    past.wait_for("SCORE WEIGHT POINTS");
    assert!(past.text().contains("as of 14 Sep 2026"), "{}", past.text());
    past.keys("c");
    past.wait_for("against seven days ago, 7 Sep");
    past.keys("R");
    past.wait_for("nothing is pulled while a past day is looked at");
    // A note is of today, and waits.
    past.keys("nseen while looking back\r");
    past.wait_for("note saved");
    past.keys("q");
    assert_eq!(past.end(), 0);
    assert_eq!(leftovers(&home), Vec::<String>::new());
    assert_eq!(practice.requests(), asked, "a past day asks nobody");
    let show = home.json(&["show", "northwind", "--json"]);
    let note =
        rows(&show["notes"]).iter().find(|note| note["text"].as_str().unwrap().contains("looking back")).unwrap();
    assert!(note["at"].as_str().unwrap().starts_with(common::TODAY), "{note:#}");

    // Killed in the middle: what it left goes with the next start.
    let mut killed = home.open_with(&["--as-of", THEN], 80, 24);
    killed.wait_for("as of 14 Sep 2026");
    killed.wait_for("84 accounts");
    assert_eq!(leftovers(&home).len(), 1);
    killed.kill();
    home.ok(&["list"]);
    assert_eq!(leftovers(&home), Vec::<String>::new());
}

#[cfg(target_os = "linux")]
#[test]
fn a_past_day_can_be_looked_at_read_only() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let listed = home.json(&["list", "--as-of", THEN, "--json"]);
    assert_eq!(home.json(&["list", "--as-of", THEN, "--read-only", "--json"]), listed);
    let mut past = home.open_with(&["--as-of", THEN, "--read-only"], 120, 40);
    past.wait_for("as of 14 Sep 2026");
    past.wait_for("20 accounts");
    assert_eq!(leftovers(&home), Vec::<String>::new(), "nothing is written beside the cache");
    past.keys("q");
    assert_eq!(past.end(), 0);
}
