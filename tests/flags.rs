//! The life of flags over the real binary: closed, put off, back again, counted, undone; and news told once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::Value;

fn northwind(home: &Home) -> Value {
    let list = home.json(&["list", "northwind", "--json"]);
    list[0].clone()
}

fn kinds(of: &Value) -> Vec<String> {
    of.as_array().expect("flags").iter().map(|flag| flag["kind"].as_str().unwrap().to_owned()).collect()
}

fn rule(home: &Home, kind: &str) -> Value {
    let rules = home.json(&["flags", "--json"]);
    rules.as_array().unwrap().iter().find(|rule| rule["kind"] == kind).cloned().expect("the rule")
}

fn refused(home: &Home, arguments: &[&str], says: &str) {
    let output = home.run(arguments);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
    assert!(err.contains(says), "{arguments:?}: {err}");
}

#[test]
fn a_flag_is_closed_put_off_and_opened_again() {
    let practice = Practice::start(&["--accounts", "40"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let before = northwind(&home);
    assert!(kinds(&before["flags"]).contains(&"champion-left".into()), "{before:#}");
    assert_eq!(before["quiet"].as_array().map(Vec::len), Some(0));
    assert_eq!(rule(&home, "champion-left")["precision"], Value::Null);
    let plays = |home: &Home| home.ok(&["actions", "northwind", "--json"]);
    assert!(plays(&home).contains("\"meet-successor\""));

    // Put off: no flag, no play, and not hidden without a trace.
    let out =
        home.ok(&["flag", "northwind", "champion-left", "snooze", "fri", "because", "Sam", "is", "on", "holiday"]);
    assert!(out.contains("put off until 27 Nov: Sam is on holiday"), "{out}");
    let off = northwind(&home);
    assert!(!kinds(&off["flags"]).contains(&"champion-left".into()));
    let quiet = &off["quiet"][0];
    assert_eq!(
        (&quiet["kind"], &quiet["state"]),
        (&Value::from("champion-left"), &Value::from("snoozed")),
        "{quiet:#}"
    );
    assert_eq!((&quiet["until"], &quiet["why"]), (&Value::from("2026-11-27"), &Value::from("Sam is on holiday")));
    assert!(!plays(&home).contains("\"meet-successor\""));
    assert!(home.ok(&["show", "northwind"]).contains("champion left: put off until 27 Nov: Sam is on holiday"));
    assert_eq!(off["health"], before["health"], "a word changes no score");

    // The day comes: it is back by itself.
    let later = Home { today: Some("2026-11-27".into()), data: Some(home.data()), ..Home::of(&practice) };
    assert!(kinds(&northwind(&later)["flags"]).contains(&"champion-left".into()));

    // Closed with a word, counted for the rule, opened again.
    home.ok(&["flag", "northwind", "champion-left", "real"]);
    let told = rule(&home, "champion-left");
    assert_eq!(
        (&told["real"], &told["false_alarm"], &told["precision"]),
        (&1.into(), &0.into(), &1.0.into()),
        "{told:#}"
    );
    home.ok(&["flag", "northwind", "champion-left", "false-alarm"]);
    let told = rule(&home, "champion-left");
    assert_eq!(
        (&told["real"], &told["false_alarm"], &told["precision"]),
        (&0.into(), &1.into(), &0.0.into()),
        "{told:#}"
    );
    assert_eq!(northwind(&home)["quiet"][0]["state"], "false alarm");
    assert!(home.ok(&["flags"]).contains("PRECISION") && home.ok(&["flags", "--csv"]).contains("champion-left,high,"));
    home.ok(&["flag", "northwind", "champion-left", "reopen"]);
    assert!(kinds(&northwind(&home)["flags"]).contains(&"champion-left".into()));
    assert_eq!(rule(&home, "champion-left")["false_alarm"], 0);

    // Wrong use changes nothing and says what to do.
    refused(&home, &["flag", "northwind", "champion-left", "snooze"], "until when");
    refused(&home, &["flag", "northwind", "champion-left", "snooze", "2026-11-23"], "later day");
    refused(&home, &["flag", "northwind", "champion-left", "snooze", "whenever"], "2026-11-22");
    refused(&home, &["flag", "northwind", "champion-left", "real", "fri"], "only a snooze");
    refused(&home, &["flag", "northwind", "no-such", "real"], "there stand: ");
    refused(&home, &["flag", "northwind", "champion-left", "reopen"], "it is shown");
    let output = home.run(&["--read-only", "flag", "northwind", "champion-left", "real"]);
    assert_ne!(output.status.code(), Some(0));
    assert!(kinds(&northwind(&home)["flags"]).contains(&"champion-left".into()));
}

#[test]
fn an_account_is_put_off_and_taken_up() {
    let practice = Practice::start(&["--accounts", "10"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let said = home.json(&["snooze", "northwind", "+2w", "legal", "is", "reading", "it", "--json"]);
    assert_eq!((&said["until"], &said["because"]), (&"2026-12-07".into(), &"legal is reading it".into()));
    assert_eq!(home.json(&["show", "northwind", "--json"])["snoozed"]["until"], "2026-12-07");
    refused(&home, &["snooze", "northwind", "2026-11-22"], "later day");
    home.ok(&["snooze", "northwind", "off"]);
    assert!(home.json(&["show", "northwind", "--json"])["snoozed"].is_null());
    refused(&home, &["snooze", "northwind", "off"], "not put off");
}

/// The same data, on another day.
fn on(home: &Home, practice: &Practice, today: &str) -> Home {
    let other = Home { today: Some(today.into()), data: Some(home.data()), ..Home::of(practice) };
    std::fs::copy(home.config().join("config.toml"), other.config().join("config.toml")).unwrap();
    other
}

fn changes(home: &Home, since: &str) -> (Vec<Value>, String) {
    let output = home.run(&["changes", "--since", since, "--json"]);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{err}");
    let rows: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    (rows.as_array().cloned().expect("rows").into_iter().filter(|row| row["kind"] != "score").collect(), err)
}

#[test]
fn news_is_told_once_and_the_largest_money_comes_first() {
    let practice = Practice::start(&["--accounts", "60"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    // The first day tells nothing of its own: it is compared with the past by the facts.
    let (rows, err) = changes(&home, "2026-11-16");
    assert!(err.starts_with("Since Monday 16 November"), "{err}");
    assert!(!rows.is_empty());
    let arr: Vec<f64> = rows.iter().map(|row| row["arr"].as_f64().unwrap_or(-1.0)).collect();
    assert!(arr.windows(2).all(|pair| pair[0] >= pair[1]), "{arr:?}");
    assert!(rows.iter().all(|row| row["from"] != row["to"]));
    for row in &rows {
        let kind = row["kind"].as_str().unwrap();
        assert!(["band", "flag", "flag-cleared", "new", "gone"].contains(&kind), "{row:#}");
        assert!(row["because"].as_str().is_some_and(|because| !because.is_empty()), "{row:#}");
    }

    // Days pass: what becomes another thing is told, and nothing a second time.
    let own = |home: &Home| -> usize { changes(home, "2026-11-23").0.len() };
    let later = on(&home, &practice, "2026-12-14");
    later.ok(&["sync"]);
    let told = own(&later);
    assert!(told > 0, "in three weeks something becomes another thing");
    later.ok(&["sync"]);
    later.ok(&["sync", "--full"]);
    assert_eq!(own(&later), told, "a recalculation is no news");

    // Another model moves every score and tells nothing.
    let health = rounds::config::HEALTH.replace("healthy = 78", "healthy = 97");
    assert_ne!(health, rounds::config::HEALTH);
    std::fs::write(later.config().join("health.toml"), health).unwrap();
    later.ok(&["sync"]);
    assert_eq!(own(&later), told, "another model is no news");
    std::fs::remove_file(later.config().join("health.toml")).unwrap();
    later.ok(&["sync"]);
    assert_eq!(own(&later), told);

    // A lost cache is pulled again, and what it brings is no news.
    for file in ["cache.db", "cache.db-wal", "cache.db-shm"] {
        let _ = std::fs::remove_file(later.data().join(file));
    }
    later.ok(&["sync"]);
    assert_eq!(own(&later), told);

    // Several at once tell it once: one holds the lease, and what it tells is marked.
    let last = on(&home, &practice, "2027-01-04");
    let mut all: Vec<_> = (0..3).map(|_| last.command(&["sync"]).spawn().unwrap()).collect();
    for child in &mut all {
        child.wait().unwrap();
    }
    last.ok(&["sync"]);
    let (rows, _) = changes(&last, "2026-12-14");
    let mut seen: Vec<String> =
        rows.iter().map(|row| format!("{}{}{}{}", row["account"], row["kind"], row["from"], row["to"])).collect();
    let count = seen.len();
    assert!(count > 0);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn a_quiet_flag_is_no_news() {
    let practice = Practice::start(&["--accounts", "30"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    // What has cleared by then has been away long enough with the second look.
    for day in ["2026-12-14", "2026-12-18"] {
        on(&home, &practice, day).ok(&["sync"]);
    }
    let later = on(&home, &practice, "2026-12-18");
    let cleared =
        |home: &Home| changes(home, "2026-11-23").0.iter().filter(|row| row["kind"] == "flag-cleared").count();
    let before = cleared(&later);
    let list = later.json(&["list", "--json"]);
    let mut stood = 0;
    for item in list.as_array().unwrap() {
        for flag in item["flags"].as_array().unwrap() {
            let (id, kind) = (item["id"].as_str().unwrap(), flag["kind"].as_str().unwrap());
            later.ok(&["flag", id, kind, "snooze", "2027-06-01"]);
            stood += 1;
        }
    }
    later.ok(&["sync"]);
    for day in ["2027-03-11", "2027-03-18"] {
        on(&home, &practice, day).ok(&["sync"]);
    }
    let last = on(&home, &practice, "2027-03-18");
    let list = last.json(&["list", "--json"]);
    let quiet: usize = list.as_array().unwrap().iter().map(|item| item["quiet"].as_array().unwrap().len()).sum();
    assert!(quiet < stood, "some have cleared: {quiet} of {stood}");
    // One that came back meanwhile counts no more.
    assert!(cleared(&last) <= before, "what was put off goes quietly");
}
