//! Promise: `rounds check` explains a mapping before anything is pulled, and changes nothing: what each field reads, how
//! often it is filled and with what, what a missing right takes away, what a full pass costs, and why a record found no
//! account.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
#[path = "stub/mod.rs"]
mod stub;

use common::{Home, Practice};
use rounds::connect;
use serde_json::{Value, json};
use stub::{Answer, Stub};

fn stream<'a>(checkup: &'a Value, source: usize, name: &str) -> &'a Value {
    let streams = checkup["sources"][source]["streams"].as_array().unwrap();
    streams.iter().find(|stream| stream["name"] == name).unwrap_or_else(|| panic!("no stream {name}"))
}

fn field<'a>(stream: &'a Value, name: &str) -> &'a Value {
    let fields = stream["fields"].as_array().unwrap();
    fields.iter().find(|field| field["field"] == name).unwrap_or_else(|| panic!("no field {name} in {stream}"))
}

#[test]
fn every_mapped_field_shows_what_it_reads_and_a_misspelt_one_what_is_near() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    let written = practice.state()["requests"]["total"].as_u64();
    home.ok(&["check", "--dry-run"]);
    assert_eq!(practice.state()["requests"]["total"].as_u64(), written, "--dry-run sends nothing");

    let checkup = home.json(&["check", "--json"]);
    let accounts = stream(&checkup, 0, "account");
    assert_eq!(accounts["whole"], true);
    let arr = field(accounts, "arr");
    assert_eq!(
        (arr["reads"].as_str(), arr["own"].as_bool(), arr["coverage"].as_u64()),
        (Some("properties.annual_recurring_revenue"), Some(true), Some(100))
    );
    let examples = arr["examples"].as_array().unwrap();
    assert!(examples.len() == 3 && examples.iter().all(|one| one.as_str().unwrap().parse::<f64>().is_ok()), "{arr}");
    let left = field(stream(&checkup, 0, "person"), "left_on");
    assert!((1..100).contains(&left["coverage"].as_u64().unwrap()), "{left}");
    let people = field(stream(&checkup, 0, "meeting"), "people");
    assert_eq!(people["reads"], "a call for links");
    assert!(checkup["sources"][0]["daily_left"].as_u64() < checkup["sources"][0]["daily_of"].as_u64());
    assert!(checkup["sources"][0]["full_pass"]["requests"].as_u64().unwrap() > 10);

    let before = practice.requests();
    let text = home.ok(&["check", "crm", "account", "--requests"]);
    let made = practice.requests() - before;
    let listed: Vec<&str> = text.lines().filter(|line| line.contains(" GET /") || line.contains(" POST /")).collect();
    assert_eq!(listed.len() as u64, made, "{text}");
    let asked = listed.iter().find(|line| line.contains("GET /crm/objects/2026-03/companies?")).unwrap();
    assert!(asked.trim_start().starts_with("200 "), "{asked}");
    assert!(asked.contains("annual_recurring_revenue"), "{asked}");
    assert!(!text.contains(practice.hello["token"].as_str().unwrap()), "no token is shown");
    assert!(practice.notes().is_empty(), "nothing was written");

    home.edit_config(|text| text.replace("properties.contract_end\"", "properties.contrat_end\""));
    let output = home.run(&["check", "crm"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3));
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with(
            "!   crm account: renewal_date reads contrat_end, which this token does not see; names like it: "
        ),
        "what needs doing comes first: {first}"
    );
    assert!(first.contains("contract_end"), "{first}");

    let output = home.run(&["check", "crm", "invoices"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("crm has no stream \"invoices\"; there are owner, "));
}

#[test]
fn what_found_no_account_is_listed_with_the_keys_that_were_tried() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let checkup = home.json(&["check", "usage", "--json"]);
    let found = &checkup["sources"][0]["unmatched"];
    assert_eq!(found["total"].as_u64(), found["rows"].as_array().map(|rows| rows.len() as u64));
    let row = &found["rows"][0];
    let id = row["id"].as_str().expect("the practice book has a trial without an account");
    let tried: Vec<(&str, &str, &str)> = row["tried"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| {
            let text = |name: &str| key[name].as_str().unwrap();
            (text("key"), text("value"), text("because"))
        })
        .collect();
    assert_eq!(
        tried,
        [
            ("stored link", id, "there is none"),
            ("external id", id, "no account has it"),
            ("domain", id, "no account has it"),
        ]
    );
    let text = home.ok(&["check", "usage"]);
    assert!(text.contains(&format!("no stored link; external id {id:?}: no account has it")), "{text}");
}

#[test]
fn a_sync_says_its_share_of_the_day() {
    let practice = Practice::start(&["--accounts", "10"]);
    let home = Home::of(&practice);
    let text = home.ok(&["sync"]);
    let line = text.lines().find(|line| line.starts_with("crm: ")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains(" requests, less than 0.1 % of 650,000,000 a day; 649,999,"), "{line}");
    assert!(!text.contains("usage: "), "a source without a daily limit says nothing of one: {text}");
    let sync = home.json(&["sync", "--json"]);
    let crm = &sync["sources"][0];
    assert_eq!(crm["daily_of"].as_u64(), Some(650_000_000));
    assert!(crm["daily_left"].as_u64().unwrap() < 650_000_000, "{crm}");
    assert!(sync["sources"][1]["daily_of"].is_null());
    // What the first pass took is what the next one of its kind will.
    let checkup = home.json(&["check", "crm", "--json"]);
    assert!(checkup["sources"][0]["full_pass"]["last"].as_u64() > crm["requests"].as_u64(), "{checkup}");
}

/// A system that says totals, refuses tickets and has an amount that is none.
const CONNECTOR: &str = r#"connector = 1
name = "Ledger"
settings = { token = { ask = "Token", secret = true } }
base.url = "https://ledger.example"
auth.token = { kind = "bearer", token = "{{ settings.token }}" }

[streams.account]
map = { id = "id", name = "name", arr = "arr" }
first = { get = "/accounts", rows = "items", next = { kind = "cursor", read = "body:next", send = "query:after", stop = "absent" } }

[streams.ticket]
map = { id = "id", subject = "subject" }
first = { get = "/tickets", rows = "items", next = { kind = "none" } }
"#;

#[test]
fn rights_values_and_costs_are_told_as_they_are() {
    let stub = Stub::start(|asked, _| match asked.path.as_str() {
        "/accounts" => {
            let at: u64 = asked.query("after").map_or(0, |at| at.parse().unwrap());
            let items: Vec<Value> = (at..at + 10)
                .map(|id| json!({ "id": id, "name": format!("Customer {id}"), "arr": if id == 3 { json!("Gold") } else { json!(id * 100) } }))
                .collect();
            Answer::Json(200, json!({ "items": items, "next": (at + 10).to_string(), "total": 95 }))
        }
        _ => Answer::Json(403, json!({ "message": "not for you" })),
    });
    let home = Home::with(&format!("[source.ledger]\nconnector = \"ledger\"\nurl = {:?}\n", stub.url));
    std::fs::create_dir_all(home.config().join("connectors")).unwrap();
    std::fs::write(home.config().join("connectors/ledger.toml"), CONNECTOR).unwrap();
    let home = Home { env: [("ROUNDS_TOKEN_LEDGER".to_owned(), "s3cret-t0ken".to_owned())].into(), ..home };
    let output = home.run(&["check", "--json"]);
    assert_eq!(output.status.code(), Some(6));
    let checkup: Value = serde_json::from_slice(&output.stdout).unwrap();
    let accounts = stream(&checkup, 0, "account");
    assert_eq!(
        (accounts["rows"].as_u64(), accounts["of"].as_u64(), accounts["cost"].as_u64()),
        (Some(20), Some(95), Some(10))
    );
    let arr = field(accounts, "arr");
    assert_eq!(arr["problem"], "\"Gold\" is not a number; 1 of 10 records; example id 3");
    assert_eq!(arr["coverage"], 95);
    let lost = &checkup["sources"][0]["lost"][0];
    assert_eq!(lost["means"], "without tickets: no flags of escalation, no open tickets");
    assert_eq!(checkup["sources"][0]["full_pass"], json!({ "requests": 10, "unknown": [], "last": null }));

    let output = home.run(&["check"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let wrong: Vec<&str> = text.lines().take_while(|line| !line.starts_with("ok  ")).collect();
    assert_eq!(wrong.len(), 3, "{text}");
    assert!(wrong[0].starts_with("!   ledger account: arr: \"Gold\" is not a number"), "{text}");
    assert!(wrong[1].starts_with("!   ledger ticket: Ledger (ledger) does not show tickets to this token"), "{text}");
    assert_eq!(wrong[2], "    without tickets: no flags of escalation, no open tickets");
    assert!(!text.contains("s3cret-t0ken"));
}

/// Every connector that comes with Rounds, told what its examples say.
#[test]
fn every_built_in_connector_is_checked_without_sending_anything() {
    for name in connect::built_ins() {
        let text = connect::built_in(name).unwrap();
        let manifest = connect::load(text, name).unwrap();
        let settings: Vec<String> = manifest
            .settings()
            .iter()
            .filter(|(_, setting)| !setting.secret)
            .filter_map(|(key, setting)| Some(format!("{key} = {:?}", setting.example.as_ref()?)))
            .collect();
        let config = format!("[source.one]\nconnector = {name:?}\n[source.one.settings]\n{}\n", settings.join("\n"));
        // What says no address of its own is given one; it would not be there.
        let config = if *name == "rest" {
            config.replace("[source.one.", "url = \"http://127.0.0.1:9\"\n[source.one.")
        } else {
            config
        };
        let home = Home::with(&config);
        let said = home.ok(&["check", "one", "--dry"]);
        let line = said.lines().find(|line| line.starts_with("ok  one: ")).unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(line.contains(&format!("connector {name} is in order; nothing was sent")), "{line}");
        let untested = manifest.head().status == connect::Status::Untested;
        let says = format!("untested: made by the documentation of {}", manifest.name());
        assert_eq!(line.contains(&says), untested, "{line}");
    }
}
