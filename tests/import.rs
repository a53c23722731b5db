//! A book that comes from files: imported, listed, tested against its outcomes, corrected, and forgotten.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fmt::Write;
use std::path::PathBuf;

use common::{Home, TODAY};
use jiff::Span;
use jiff::civil::Date;
use serde_json::Value;

const ACCOUNTS: usize = 300;

fn today() -> Date {
    TODAY.parse().unwrap()
}

fn ago(days: i64) -> Date {
    today().checked_sub(Span::new().days(days)).unwrap()
}

/// One company of the file: whether it hardly uses what it pays for, and the day it left.
struct Company {
    idle: bool,
    left: Option<Date>,
}

impl Company {
    /// Whoever leaves stops using it four months before; some never used it, and stay.
    fn idle_on(&self, day: Date) -> bool {
        self.idle && self.left.is_none_or(|left| day >= left.checked_sub(Span::new().days(120)).unwrap())
    }
}

/// Use decides who leaves: nine in ten of the idle ones, one in ten of the others.
fn companies() -> Vec<Company> {
    (0..ACCOUNTS)
        .map(|n| {
            let idle = n % 5 < 2;
            let leaves = if idle { n % 20 != 0 } else { n % 20 == 3 || n % 20 == 17 };
            Company { idle, left: leaves.then(|| ago(20 + (n as i64 * 37) % 320)) }
        })
        .collect()
}

fn accounts_csv(companies: &[Company]) -> String {
    let mut text = "Customer,Name,Website,As of,Annual revenue,Seats,churned_on\n".to_owned();
    for (n, company) in companies.iter().enumerate() {
        let left = company.left.map_or_else(String::new, |day| day.to_string());
        for (on, arr) in [("2024-03-01", 40_000 + n), ("2025-03-01", 44_000 + n)] {
            writeln!(text, "C{n},\"Company {n}, Ltd\",https://www.company{n}.example/,{on},{arr},100,{left}").unwrap();
        }
    }
    text
}

fn usage_csv(companies: &[Company]) -> String {
    let mut text = "account,metric,day,value\n".to_owned();
    for (n, company) in companies.iter().enumerate() {
        for back in (1..700).rev().step_by(3) {
            let day = ago(back);
            let (seats, users) = if company.idle_on(day) { (12, 8) } else { (86, 60) };
            if company.left.is_none_or(|left| day <= left) {
                writeln!(text, "C{n},seats_used,{day},{seats}\nC{n},active_users,{day},{users}").unwrap();
            }
        }
    }
    text
}

/// The AUC that lies in the planted book, over the same cases.
fn planted(companies: &[Company], from: Date, to: Date) -> f64 {
    let mut counts = [[0.0; 2]; 2];
    let mut day = from;
    while day <= to {
        let end = day.checked_add(Span::new().days(90)).unwrap();
        for company in companies.iter().filter(|company| company.left.is_none_or(|left| left > day)) {
            let lost = company.left.is_some_and(|left| left <= end);
            counts[usize::from(lost)][usize::from(company.idle_on(day))] += 1.0;
        }
        day = day.tomorrow().unwrap().last_of_month();
    }
    let [kept, lost] = counts;
    let (k, l) = (kept[0] + kept[1], lost[0] + lost[1]);
    (lost[1] * kept[0] + (lost[0] * kept[0] + lost[1] * kept[1]) / 2.0) / (k * l)
}

fn file(home: &Home, name: &str, text: &str) -> String {
    let path: PathBuf = home.folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

const MAP: [&str; 8] =
    ["--map", "id=Customer", "--map", "domain=Website", "--map", "on=As of", "--map", "arr=Annual revenue"];

fn import(home: &Home, file: &str, entity: &str, more: &[&str]) -> Value {
    let mut arguments = vec!["import", file, "--as", entity, "--json"];
    arguments.extend(more);
    home.json(&arguments)["files"][0].clone()
}

#[test]
fn a_model_is_tested_on_a_book_of_files() {
    let home = Home::with("");
    let companies = companies();
    let accounts = file(&home, "accounts.csv", &accounts_csv(&companies));
    let usage = file(&home, "usage.csv", &usage_csv(&companies));

    // A dry run keeps nothing.
    let dry = import(&home, &accounts, "account", &[&MAP[..], &["--dry-run"]].concat());
    assert_eq!(
        (&dry["state"], &dry["rows"], &dry["records"]),
        (&"checked".into(), &600.into(), &300.into()),
        "{dry:#}"
    );
    assert_eq!(home.json(&["list", "--json"]), Value::Array(Vec::new()));

    let kept = import(&home, &accounts, "account", &MAP);
    assert_eq!((&kept["state"], &kept["added"]), (&"imported".into(), &300.into()), "{kept:#}");
    assert_eq!(kept["mapped"]["arr"], "Annual revenue");
    let kept = import(&home, &usage, "usage", &[]);
    assert!(kept["added"].as_u64().unwrap() > 50_000 && kept["unmatched_total"] == 0, "{kept:#}");

    // The same files again change nothing.
    for (file, entity, map) in [(&accounts, "account", &MAP[..]), (&usage, "usage", &[])] {
        let again = import(&home, file, entity, map);
        assert_eq!((&again["added"], &again["changed"]), (&0.into(), &0.into()), "{again:#}");
    }

    // Those that stayed are listed, with what the last row says; those that left are not.
    let list = home.json(&["list", "--json"]);
    let stayed = companies.iter().filter(|company| company.left.is_none()).count();
    assert_eq!(list.as_array().unwrap().len(), stayed);
    let first = list.as_array().unwrap().iter().find(|one| one["id"] == "import:C0").expect("Company 0 stayed");
    assert_eq!(
        (&first["name"], &first["arr"], &first["domain"]),
        (&"Company 0, Ltd".into(), &44_000.0.into(), &"company0.example".into())
    );
    let busy = list.as_array().unwrap().iter().find(|one| one["id"] == "import:C2").expect("Company 2 stayed");
    let score = |one: &Value| one["health"]["score"].as_f64().unwrap();
    assert!(score(first) + 20.0 < score(busy), "one is idle, the other is not: {first:#} {busy:#}");

    let told = home.json(&["backtest", "--json"]);
    let day = |key: &str| told[key].as_str().unwrap().parse::<Date>().unwrap();
    let expected = planted(&companies, day("from"), day("to"));
    let auc = told["auc"].as_f64().unwrap();
    assert!((auc - expected).abs() < 0.04 && expected > 0.8, "{auc} against {expected} planted");
    assert_eq!(told["accounts"], 300);
    assert!(told["left_out"].as_array().unwrap().is_empty(), "everything has its day: {told:#}");
    let use_ = told["measures"].as_array().unwrap().iter().filter_map(|one| one["drop"].as_f64());
    assert!(use_.fold(0.0, f64::max) > 0.2, "without its one telling measure the model is lost: {told:#}");
    let dealt = home.json(&["backtest", "--shuffle", "5", "--json"])["auc"].as_f64().unwrap();
    assert!((0.44..0.56).contains(&dealt), "{dealt}");

    // What is said later about an earlier day is no news to that day's case.
    let hindsight = "id,on,known,csat\n".to_owned()
        + &(0..ACCOUNTS)
            .map(|n| format!("C{n},2025-03-02,2026-11-20,{}\n", if companies[n].left.is_some() { 0 } else { 10 }))
            .collect::<String>();
    let hindsight = file(&home, "hindsight.csv", &hindsight);
    import(&home, &hindsight, "account", &[]);
    let leaked = home.json(&["backtest", "--json"]);
    assert_eq!(leaked["auc"], told["auc"], "the leak is refused");
    assert!(leaked["left_out"].as_array().unwrap().iter().any(|one| one["field"] == "csat"), "and named: {leaked:#}");

    assert!(home.ok(&["import", "--forget"]).contains("forgotten"));
    assert_eq!(home.json(&["list", "--json"]), Value::Array(Vec::new()));
    let nothing = home.run(&["backtest"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("rounds import"), "what to do about it");
}

#[test]
fn a_file_with_a_mistake_is_refused_whole_and_the_others_are_kept() {
    let home = Home::with("");
    let good = file(&home, "good.csv", "id,name,arr\n1,Acme,100\n");
    let bad = file(&home, "bad.csv", "id,name,arr\r\n2,Globex,100\r\n3,Initech,\"1,200\"\r\n4,Umbrella\r\n");
    let output = home.run(&["import", &good, &bad, "--as", "account"]);
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "partly done: {says}");
    assert!(says.contains("bad.csv:3: arr: \"1,200\" is not a number; write an amount in plain digits"), "{says}");
    assert!(says.contains("bad.csv:4: has 2 cells where the head names 3"), "{says}");
    assert!(says.contains("bad.csv: nothing of it was imported"), "{says}");
    let list = home.json(&["list", "--json"]);
    assert_eq!(list.as_array().unwrap().len(), 1, "{list:#}");
    assert_eq!(home.run(&["import", &bad, "--as", "account"]).status.code(), Some(1));

    let wrong = |arguments: &[&str], says: &str| {
        let output = home.run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(says), "{arguments:?}: {text}");
    };
    wrong(&["import", &good, "--as", "customers"], "one of owner, account, person");
    wrong(&["import", &good, "--as", "account", "--map", "revenue=arr"], "an account has no field \"revenue\"");
    wrong(&["import", &good, "--as", "account", "--map", "arr"], "arr='Annual revenue'");
    wrong(&["--read-only", "import", &good, "--as", "account"], "--read-only");
}

#[test]
fn beside_a_connected_source_rows_find_their_accounts_or_wait() {
    let home = Home::with("[source.crm]\nconnector = \"hubspot\"\n");
    let accounts = file(&home, "accounts.csv", "id,name,domain\n1,Acme,acme.example\n");
    let report = import(&home, &accounts, "account", &[]);
    assert_eq!((&report["state"], &report["unmatched"][0]), (&"imported".into(), &"1".into()), "{report:#}");
    assert_eq!(home.json(&["list", "--json"]), Value::Array(Vec::new()), "the CRM says which accounts there are");
    let output = home.run(&["import", &accounts, "--as", "account", "--source", "crm"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a connected source"));
}

#[test]
fn people_tickets_and_touches_come_from_files_too() {
    let home = Home::with("");
    let put = |name: &str, entity: &str, text: &str| {
        let path = file(&home, name, text);
        let report = import(&home, &path, entity, &[]);
        assert_eq!(report["state"], "imported", "{report:#}");
        assert_eq!(report["unmatched_total"], 0, "{report:#}");
    };
    put("accounts.csv", "account", "id,name,domain,customer_since\n1,Acme,acme.example,2025-01-01\n");
    put(
        "people.csv",
        "person",
        "id,account,name,title,on,champion,left\np1,1,Jane Doe,CFO,2025-02-01,true,\np1,1,,,2026-10-01,,true\np2,acme.example,Sam Ortiz,Planner,2025-02-01,,\n",
    );
    put(
        "tickets.jsonl",
        "ticket",
        "{\"id\":\"t1\",\"account\":\"1\",\"subject\":\"Export stops\",\"opened\":\"2026-11-01\",\"escalated\":true,\"escalated_on\":\"2026-11-03\"}\n",
    );
    put(
        "touches.csv",
        "touch",
        "id;account;kind;at;people\nm1;1;meeting;2026-10-02T14:00:00Z;p1\nm2;1;call;2026-11-02;p2\n",
    );
    let show = home.json(&["show", "acme", "--json"]);
    let people = show["people"].as_array().unwrap();
    assert_eq!(people.len(), 2, "{show:#}");
    assert_eq!(show["tickets"][0]["escalated_on"], "2026-11-03");
    assert_eq!(show["touches"].as_array().unwrap().len(), 2);
    let kinds: Vec<&str> = show["flags"].as_array().unwrap().iter().filter_map(|flag| flag["kind"].as_str()).collect();
    assert!(kinds.contains(&"champion-left"), "{kinds:?}");
}
