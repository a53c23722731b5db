//! Tasks are closed from here: done at once, and in the CRM with the next push.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::Value;

/// The open tasks of the book: account, id.
fn open(home: &Home) -> Vec<(String, String, String)> {
    let rows = home.json(&["actions", "--json"]);
    let text = |row: &Value, key: &str| row[key].as_str().expect("text").to_owned();
    let tasks = rows.as_array().expect("rows").iter().filter(|row| row["play"] == "task");
    tasks.map(|row| (text(row, "account"), text(row, "id"), text(row, "title"))).collect()
}

/// The status of a task in the CRM.
fn there(practice: &Practice, id: &str) -> String {
    let path = format!("/crm/objects/2026-03/tasks/{id}?properties=hs_task_status,hs_task_subject,hs_timestamp");
    let answer: Value = serde_json::from_str(&practice.request("GET", &path, "")).expect("JSON");
    assert!(answer["properties"]["hs_task_subject"].as_str().is_some_and(|text| !text.is_empty()), "{answer:#}");
    assert!(answer["properties"]["hs_timestamp"].as_str().is_some_and(|text| !text.is_empty()), "{answer:#}");
    answer["properties"]["hs_task_status"].as_str().expect("a status").to_owned()
}

#[test]
fn a_task_of_the_crm_is_closed_there() {
    let practice = Practice::start(&["--accounts", "40"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    let (account, id, _) = open(&home).first().cloned().expect("an open task in the book");
    let done = home.json(&["task", &account, "--done", &id, "--json"]);
    assert_eq!(done["state"], "done");
    assert!(!open(&home).iter().any(|(_, other, _)| *other == id), "done at once");
    assert_eq!(home.json(&["outbox", "--json"])[0]["kind"], "task");
    assert_eq!(home.run(&["task", &account, "--done", &id]).status.code(), Some(2), "it is done already");
    home.ok(&["sync", "crm"]);
    assert_eq!(there(&practice, &id), "COMPLETED");
    assert!(!open(&home).iter().any(|(_, other, _)| *other == id), "and stays done");
    // Who opens it again in the CRM is believed.
    let body = r#"{"properties":{"hs_task_status":"NOT_STARTED"}}"#;
    practice.request("PATCH", &format!("/crm/objects/2026-03/tasks/{id}"), body);
    home.ok(&["sync", "crm", "--full"]);
    assert!(open(&home).iter().any(|(_, other, _)| *other == id));
}

#[test]
fn a_task_of_a_note_is_closed_before_and_after_it_was_sent() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    let mine = |home: &Home, title: &str| open(home).into_iter().find(|(_, _, known)| known == title);
    home.ok(&["task", "northwind", "send the deck fri"]);
    let (account, id, _) = mine(&home, "send the deck").expect("the task of the note");
    home.ok(&["task", &account, "--done", &id]);
    assert_eq!(mine(&home, "send the deck"), None, "done before anything was sent");
    home.ok(&["sync", "crm"]);
    home.ok(&["sync", "crm"]);
    let tasks = practice.state()["tasks"].as_array().cloned().expect("tasks");
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    assert_eq!(there(&practice, tasks[0]["id"].as_str().expect("an id")), "COMPLETED");
    assert_eq!(mine(&home, "send the deck"), None);
    // Sent, pulled, then closed.
    home.ok(&["task", "northwind", "call legal fri"]);
    home.ok(&["sync", "crm"]);
    home.ok(&["sync", "crm"]);
    let (account, id, _) = mine(&home, "call legal").expect("the task");
    home.ok(&["task", &account, "--done", &id]);
    assert_eq!(mine(&home, "call legal"), None);
    home.ok(&["sync", "crm"]);
    assert_eq!(there(&practice, &id), "COMPLETED");
    assert_eq!(home.json(&["outbox", "--json"]), Value::Array(Vec::new()));
}
