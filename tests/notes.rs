//! Nothing lost, nothing twice: notes under lost replies, late commits, kills and dead networks.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::process::Stdio;

use common::{Home, Practice};
use serde_json::Value;

/// How often each mark stands on notes that are still in the CRM.
fn marks(practice: &Practice) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for note in practice.notes() {
        let body = note["body"].as_str().expect("a body");
        let mark = body.rsplit("[rounds:1:").next().and_then(|rest| rest.split(':').next()).expect("a mark");
        *found.entry(mark.to_owned()).or_insert(0) += 1;
    }
    found
}

fn take(home: &Home, text: &str) -> String {
    home.json(&["note", "northwind", text, "--json"])["id"].as_str().expect("an id").to_owned()
}

/// Syncs until nothing waits; each try may be refused by whatever is wrong at the time.
fn sync_until_empty(home: &Home) {
    for _ in 0..60 {
        home.run(&["sync", "crm"]);
        if home.json(&["outbox", "--json"]).as_array().is_some_and(Vec::is_empty) {
            return;
        }
    }
    panic!("the outbox did not empty: {}", home.ok(&["outbox"]));
}

#[test]
fn a_lost_reply_never_makes_two() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.set("settle = \"1ms\"");
    home.ok(&["sync", "crm"]);
    practice.faults(r#"{"lost-reply":1.0}"#);
    let id = take(&home, "The answer to this one is lost");
    home.run(&["sync", "crm"]);
    // It was written, nobody told us, and it is not simply written again.
    assert_eq!(marks(&practice), BTreeMap::from([(id.clone(), 1)]));
    let waiting = home.json(&["outbox", "--json"]);
    if let Some(row) = waiting.as_array().and_then(|rows| rows.first()) {
        assert_eq!(row["state"], "unknown", "{waiting:#}");
    }
    sync_until_empty(&home);
    assert_eq!(marks(&practice), BTreeMap::from([(id, 1)]));
}

#[test]
fn killed_at_any_moment_every_saved_note_arrives_once() {
    let practice = Practice::start(&["--accounts", "5", "--fault", "lost-reply=0.3"]);
    let home = Home::of(&practice);
    home.set("settle = \"1ms\"");
    sync_until_empty(&home);
    let mut saved = Vec::new();
    for round in 0..25_u64 {
        saved.push(take(&home, &format!("note {round} /call @sam about round {round}")));
        // The process is killed after its k-th request, so that every moment of a sync has its turn.
        let before = practice.requests();
        let mut child =
            home.command(&["sync", "crm"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("rounds starts");
        while practice.requests() < before + 1 + round && child.try_wait().expect("its state").is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    sync_until_empty(&home);
    let found = marks(&practice);
    for id in &saved {
        assert_eq!(found.get(id), Some(&1), "note {id}: {found:#?}");
    }
    assert_eq!(found.len(), saved.len());
    let calls = practice.state()["calls"].as_array().map_or(0, Vec::len);
    assert_eq!(calls, saved.len(), "one call record for each");
    let show = home.json(&["show", "northwind", "--json"]);
    let ours = show["notes"].as_array().expect("notes").iter().filter(|note| note["mine"] == true).count();
    assert_eq!(ours, saved.len());
}

#[test]
fn a_late_write_is_counted_once_and_its_copy_is_offered_for_removal() {
    let practice = Practice::start(&["--accounts", "5", "--late", "12"]);
    let home = Home::of(&practice);
    // Looked for at once, while the CRM writes twelve seconds later: the one case in which a copy slips through.
    home.set("settle = \"1ms\"");
    home.ok(&["sync", "crm"]);
    practice.faults(r#"{"late-commit":1.0}"#);
    let id = take(&home, "This one is written late /call @sam");
    home.run(&["sync", "crm"]);
    practice.faults("{}");
    sync_until_empty(&home);
    // Until all that was sent is there, late or not.
    let sent = practice.asked("POST /crm/objects/2026-03/notes");
    assert!(sent > 1, "the late one was found in time: nothing was put to the test");
    let started = std::time::Instant::now();
    while marks(&practice).get(&id) != Some(&(sent as usize)) {
        assert!(started.elapsed() < common::PATIENCE, "{sent} sent, {:?} there", marks(&practice));
        std::thread::yield_now();
    }
    home.ok(&["sync", "crm"]);
    let show = home.json(&["show", "northwind", "--json"]);
    let ours: Vec<&Value> =
        show["notes"].as_array().expect("notes").iter().filter(|n| n["note"] == id.as_str()).collect();
    assert_eq!(ours.len(), 1, "counted once: {:#}", show["notes"]);
    assert_eq!(ours[0]["copies"].as_array().map(Vec::len), Some(sent as usize - 1));
    let calls = show["touches"].as_array().expect("touches").iter().filter(|t| t["note"] == id.as_str()).count();
    assert_eq!(calls, 1, "{:#}", show["touches"]);
}

#[test]
fn offline_notes_wait_and_catch_up() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    let url = practice.url().to_owned();
    let port = url.rsplit(':').next().expect("a port").to_owned();
    drop(practice);
    let id = take(&home, "Written on a plane");
    assert_eq!(home.run(&["sync", "crm"]).status.code(), Some(5));
    assert_eq!(home.json(&["outbox", "--json"])[0]["state"], "queued");
    let show = home.json(&["show", "northwind", "--json"]);
    assert_eq!(show["notes"][0]["note"], id.as_str(), "it is on the account at once");
    let practice = Practice::start(&["--accounts", "5", "--listen", &format!("127.0.0.1:{port}")]);
    home.ok(&["outbox", "retry"]);
    sync_until_empty(&home);
    assert_eq!(marks(&practice), BTreeMap::from([(id, 1)]));
}

#[test]
fn a_refused_token_is_tried_once_and_not_once_for_each_note() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    let saved: Vec<String> = (0..60).map(|n| take(&home, &format!("Number {n} of a long flight"))).collect();
    practice.faults(r#"{"401":1}"#);
    let before = practice.requests();
    home.run(&["sync", "crm"]);
    let asked = practice.requests() - before;
    assert!(asked < 30, "{asked} requests with a token that is refused");
    let rows = home.json(&["outbox", "--json"]);
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), saved.len());
    assert!(rows.iter().all(|row| row["because"].as_str().is_some_and(|because| because.contains("rounds login crm"))));
    practice.faults("{}");
    home.ok(&["outbox", "retry"]);
    sync_until_empty(&home);
    assert_eq!(marks(&practice), saved.into_iter().map(|id| (id, 1)).collect());
}

#[test]
fn a_refused_note_says_why_and_stays() {
    let practice = Practice::start(&["--accounts", "5"]);
    let mut home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    let read_only = practice.state()["tokens"]["crm_read_only"].as_str().expect("a token").to_owned();
    let full = home.env.insert("ROUNDS_TOKEN_CRM".into(), read_only).expect("a token");
    let id = take(&home, "Nobody may write this");
    home.run(&["sync", "crm"]);
    let row = &home.json(&["outbox", "--json"])[0];
    assert_eq!(row["state"], "refused", "{row:#}");
    assert!(
        row["because"].as_str().is_some_and(|because| because.contains("403") || because.contains("scope")),
        "{row:#}"
    );
    assert!(practice.notes().is_empty());
    // The right is granted: sent again on request.
    home.env.insert("ROUNDS_TOKEN_CRM".into(), full);
    home.ok(&["outbox", "retry"]);
    sync_until_empty(&home);
    assert_eq!(marks(&practice), BTreeMap::from([(id, 1)]));
}
