//! Promise: who is forgotten is out of everything here, out of our notes in the CRM, and does not come back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::{Value, json};

fn show(home: &Home) -> Value {
    home.json(&["show", "northwind", "--json"])
}

/// Somebody of the account whom a note can name by first name: id, name, mail address.
fn somebody(home: &Home) -> (String, String, String) {
    let show = show(home);
    let people = show["people"].as_array().expect("people");
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let alone = |one: &&Value| {
        let first = text(one, "name").split(' ').next().unwrap_or_default().to_lowercase();
        let same = people
            .iter()
            .filter(|other| text(other, "name").to_lowercase().split(' ').any(|word| word.starts_with(&first)));
        text(one, "email").contains('@') && same.count() == 1
    };
    let one = people.iter().find(alone).expect("somebody with a name of their own");
    (text(one, "id"), text(one, "name"), text(one, "email"))
}

/// Every text that the CRM has of ours.
fn there(practice: &Practice) -> String {
    let state = practice.state();
    ["notes", "calls", "tasks"].iter().map(|kind| state[*kind].to_string()).collect()
}

/// Whether any file of the data folder still holds the text.
fn held(home: &Home, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(home.data()).expect("the data").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let name = entry.file_name().to_string_lossy().into_owned();
        let holds = bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()));
        if holds && name.contains(".db") {
            found.push(name);
        }
    }
    found
}

#[test]
fn a_person_is_out_of_everything_and_stays_out() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    let (id, name, mail) = somebody(&home);
    let first = name.split(' ').next().expect("a first name").to_lowercase();
    let text = format!(
        "{name} was there, as @{first} said.\n/call @{first} about it\n/task write to {mail} fri\n/pulse red all too quiet"
    );
    home.ok(&["note", "northwind", &text]);
    home.ok(&["sync", "crm"]);
    home.ok(&["sync", "crm"]);
    // One that has not left yet, one that never will, and a draft of a colleague's.
    home.ok(&["note", "northwind", &format!("Ask {name} again /call @{first}")]);
    home.ok(&["note", "northwind", "--private", &format!("I like {name}")]);
    assert!(there(&practice).contains(&name) && there(&practice).contains(&mail));

    let list = home.json(&["forget", &mail, "--json"]);
    assert_eq!((&list["kind"], &list["done"], &list["name"]), (&json!("person"), &json!(false), &json!(name)));
    let rows = list["notes"].as_array().expect("notes");
    assert_eq!(rows.iter().filter(|row| row["here"] == true).count(), 3, "{list:#}");
    assert!(rows.iter().any(|row| row["bullets"].to_string().contains("call with")), "{list:#}");
    assert!(show(&home)["people"].to_string().contains(&name), "nothing was changed");
    assert_eq!(home.run(&["forget", "nobody at all"]).status.code(), Some(2));

    let done = home.json(&["forget", &mail, "--yes", "--json"]);
    assert_eq!(done["done"], true);
    assert!(done["changes"].as_u64().expect("a count") >= 2, "{done:#}");
    let after = show(&home);
    assert!(!after["people"].to_string().contains(&id), "{:#}", after["people"]);
    for key in ["people", "notes", "tasks"] {
        assert!(!after[key].to_string().contains(&name), "{key}: {:#}", after[key]);
        assert!(!after[key].to_string().contains(&mail), "{key}: {:#}", after[key]);
    }
    assert_eq!(after["pulses"][0]["because"], "all too quiet", "what is not about them stays");
    home.ok(&["sync", "crm"]);
    assert_eq!(home.json(&["outbox", "--json"]), json!([]));
    assert!(!there(&practice).contains(&name), "{}", there(&practice));
    assert!(!there(&practice).contains(&mail));
    assert!(there(&practice).contains("[redacted]"));
    let calls = practice.state()["calls"].clone();
    assert!(calls.to_string().contains("hs_timestamp") && !calls.to_string().contains("\"hs_timestamp\":\"\""));
    // Not even a whole new pull brings them back.
    home.ok(&["sync", "crm", "--full"]);
    assert!(!show(&home)["people"].to_string().contains(&id));
    assert_eq!(home.run(&["forget", &mail]).status.code(), Some(2), "nobody of that name is known");
    for file in ["cache.db", "cache.db-wal", "cache.db-shm"] {
        let _ = std::fs::remove_file(home.data().join(file));
    }
    home.ok(&["sync", "crm"]);
    let after = show(&home);
    assert!(!after["people"].to_string().contains(&id));
    assert_eq!(after["pulses"][0]["because"], "all too quiet");
    home.ok(&["note", "northwind", "still works /call"]);
    assert_eq!(held(&home, &mail), Vec::<String>::new());
}

#[test]
fn an_account_goes_with_what_is_ours_of_it() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    let before = home.json(&["list", "--json"]).as_array().map_or(0, Vec::len);
    let id = show(&home)["id"].clone();
    home.ok(&["note", "northwind", "Northwind Traders is glad\n/pulse red all too quiet"]);
    home.ok(&["sync", "crm"]);
    home.ok(&["note", "northwind", "never sent"]);
    let list = home.json(&["forget", "northwind", "--yes", "--json"]);
    // Those of colleagues are named as well: their bullets go, too.
    let here = |notes: &Value| notes.as_array().expect("notes").iter().filter(|note| note["here"] == true).count();
    assert_eq!((&list["kind"], here(&list["notes"])), (&json!("account"), 2), "{list:#}");
    assert_eq!(home.run(&["show", "northwind"]).status.code(), Some(2));
    for full in [&["sync", "crm"][..], &["sync", "crm", "--full"]] {
        home.ok(full);
        let rows = home.json(&["list", "--json"]);
        let rows = rows.as_array().expect("accounts");
        assert_eq!(rows.len(), before - 1);
        assert!(rows.iter().all(|row| row["id"] != id));
    }
    let notes = practice.notes();
    assert_eq!(notes.len(), 1, "what never left was not sent");
    let body = notes[0]["body"].as_str().expect("a body");
    assert!(!body.contains("pulse red") && !body.contains("Northwind") && body.contains("[rounds:1:"), "{body}");
    assert_eq!(home.json(&["outbox", "--json"]), json!([]));
}

#[test]
fn everything_goes_when_nothing_waits() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    home.ok(&["note", "northwind", "A note of mine"]);
    let refused = home.run(&["forget", "--all", "--yes"]);
    assert_eq!(refused.status.code(), Some(1), "it would be lost");
    home.ok(&["sync", "crm"]);
    let list = home.json(&["forget", "--all", "--json"]);
    assert_eq!((&list["done"], list["notes"].as_array().map(Vec::len)), (&json!(false), Some(1)));
    home.ok(&["forget", "--all", "--yes"]);
    assert_eq!(home.json(&["list", "--json"]), json!([]));
    assert_eq!(practice.notes().len(), 1, "the CRM keeps what it has");
}
