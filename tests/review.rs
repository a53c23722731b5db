//! The brief and the value review: what stands in them, and what never does.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::json;

fn home(practice: &Practice) -> Home {
    let home = Home::of(practice);
    home.ok(&["sync"]);
    home
}

#[test]
fn five_lines_before_the_call() {
    let practice = Practice::start(&["--accounts", "3"]);
    let home = home(&practice);
    let brief = home.json(&["brief", "northwind", "--json"]);
    let labels: Vec<&str> =
        brief["lines"].as_array().expect("lines").iter().filter_map(|line| line["label"].as_str()).collect();
    assert_eq!(labels, ["paid", "proven", "open", "agree", "next"]);
    let text = home.ok(&["brief", "northwind"]);
    for words in [
        "$412k a year",
        "accepted of",
        "“reports in a day” 1 d late",
        "Jane Doe accepted a proof",
        "they need faster reports at month end",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert_eq!(text.lines().count(), 6, "the name and five lines\n{text}");
}

#[test]
fn the_review_speaks_for_the_customer_and_names_its_sources() {
    let practice = Practice::start(&["--accounts", "3"]);
    let home = home(&practice);
    let text = home.ok(&["review", "northwind"]);
    for words in [
        "# Value review: Northwind Traders",
        "Cut stock by 8%: delivered",
        "Reports in a day: late",
        "confirmed by Jane Doe",
        "Audit log export",
        "## Where the figures come from",
        "1. ",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    // Nothing of our own judgement is in it.
    for words in [
        "health",
        "score",
        "at risk",
        "churn",
        "trust",
        "champion",
        "feels",
        "forecast",
        "renewal",
        "workaround",
        "@example.com",
    ] {
        assert!(!text.to_lowercase().contains(words), "{words}\n{text}");
    }
    let out = home.folder.path().join("review.html");
    let path = out.to_str().expect("a path");
    home.ok(&["review", "northwind", "--out", path]);
    let html = std::fs::read_to_string(&out).expect("the review");
    for part in [
        "<!doctype html>",
        "<svg",
        "role=\"img\"",
        "prefers-color-scheme: dark",
        "@media print",
        "default-src 'none'",
        "lang=\"en\"",
    ] {
        assert!(html.contains(part), "{part}");
    }
    for part in ["http://", "https://", "<script", "src=", "@import", "url("] {
        assert!(!html.contains(part), "{part}: it needs the network");
    }
    // A file that is there is not written over unasked, and the name says what it becomes.
    assert_eq!(home.run(&["review", "northwind", "--out", path]).status.code(), Some(2));
    home.ok(&["review", "northwind", "--out", path, "--force"]);
    let wrong = home.folder.path().join("review.pdf");
    assert_eq!(home.run(&["review", "northwind", "--out", wrong.to_str().expect("a path")]).status.code(), Some(2));
    assert!(!wrong.exists());
    let nowhere = home.folder.path().join("no/such/folder/review.md");
    let failed = home.run(&["review", "northwind", "--out", nowhere.to_str().expect("a path")]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("choose another folder"), "{failed:?}");
}

#[test]
fn what_is_private_or_personal_never_stands_in_it_and_markup_is_words() {
    let practice = Practice::start(&["--accounts", "3"]);
    let home = home(&practice);
    home.ok(&["note", "northwind", "--private", "SECRETNOTE /needs SECRETNEED /promise SECRETPROMISE worth 5k @sam"]);
    home.ok(&[
        "note",
        "northwind",
        "/wants @sam SECRETWISH /feels @sam -2 SECRETFEELING /values @sam SECRETVALUE > cost",
    ]);
    home.ok(&["note", "northwind", "/needs <script>alert(1)</script> & \"quotes\" | pipes"]);
    for out in [home.ok(&["review", "northwind"]), {
        let path = home.folder.path().join("r.html");
        home.ok(&["review", "northwind", "--out", path.to_str().expect("a path")]);
        std::fs::read_to_string(path).expect("the review")
    }] {
        assert!(!out.contains("SECRET"), "{out}");
        assert!(!out.contains("<script>"), "{out}");
        assert!(out.contains("alert(1)"), "what they said stands in it, as words");
    }
    // My own page counts them all the same.
    let brief = home.json(&["brief", "northwind", "--json"]).to_string();
    assert!(brief.contains("alert(1)"), "{brief}");
    let show = home.json(&["show", "northwind", "--json"]);
    assert!(show["promises"].as_array().expect("promises").iter().any(|one| one["text"] == "SECRETPROMISE"));
}

#[test]
fn an_account_without_any_promise_has_a_brief_and_a_review_that_say_so() {
    let practice = Practice::start(&["--accounts", "12"]);
    let home = home(&practice);
    home.edit_config(|text| text.replace("book = \"owner\"", "book = \"team\""));
    let brief = home.ok(&["brief", "tessellate"]);
    assert!(brief.contains("nothing promised is on record") && brief.contains("/promise"), "{brief}");
    let review = home.ok(&["review", "tessellate"]);
    assert!(review.contains("Nothing is written down yet") && !review.contains("confirmed of"), "{review}");
    let loyalty = home.json(&["loyalty", "--json"]);
    assert_eq!(loyalty["accounts"], json!(12));
    assert!(loyalty["pyramids"]["buyers"]["champion"]["accounts"].as_u64() > Some(0), "{loyalty:#}");
}
