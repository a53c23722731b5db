//! Promise: whatever goes wrong at a source, the sync says what and where, keeps what it had, goes on there the next time,
//! and ends with the very book that an undisturbed sync brings.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::process::{Output, Stdio};
use std::time::Instant;

use common::{Home, PATIENCE, Practice};
use serde_json::Value;

/// The practice book of these tests.
const BOOK: [&str; 2] = ["--accounts", "60"];
/// One for tests that sync it many times.
const SMALL: [&str; 2] = ["--accounts", "10"];
/// The streams of the CRM, by the last part of their path.
const OBJECTS: [&str; 9] =
    ["companies", "contacts", "deals", "tickets", "notes", "tasks", "meetings", "calls", "emails"];

/// A workspace whose sources are tried so often, with short pauses; `more` goes into both sources' limits.
fn home(practice: &Practice, tries: u32, more: &str) -> Home {
    let home = Home::of(practice);
    home.limits(&format!("tries = {tries}\nretry_base = \"1ms\"\nretry_cap = \"5ms\"\n{more}"));
    home
}

/// So slow that something can happen in the middle of a pull.
const SLOW: &str = "at_once = 1";

fn list(home: &Home) -> Vec<Value> {
    home.json(&["list", "--json"]).as_array().expect("a list").clone()
}

/// The book that a sync without any trouble brings, and what it asked for.
fn undisturbed(book: &[&str]) -> (Vec<Value>, BTreeMap<String, u64>) {
    let practice = Practice::start(book);
    let home = home(&practice, 1, "");
    home.ok(&["sync"]);
    (list(&home), counts(&practice))
}

fn counts(practice: &Practice) -> BTreeMap<String, u64> {
    let paths = practice.state()["requests"]["by_path"].clone();
    serde_json::from_value(paths).expect("counts")
}

/// Says by account and key in what a book differs from the undisturbed one.
fn assert_same(home: &Home, book: &[Value], what: &str) {
    let now = list(home);
    let name = |item: &Value| item["name"].as_str().unwrap_or_default().to_owned();
    let mut differs = Vec::new();
    for old in book {
        match now.iter().find(|item| item["id"] == old["id"]) {
            None => differs.push(format!("{} is missing", name(old))),
            Some(new) => {
                let keys = old.as_object().expect("an object").keys().filter(|key| old[*key] != new[*key]);
                differs.extend(keys.map(|key| format!("{} {key}: {} → {}", name(old), old[key], new[key])));
            }
        }
    }
    differs.extend(
        now.iter()
            .filter(|item| !book.iter().any(|old| old["id"] == item["id"]))
            .map(|item| format!("{} is new", name(item))),
    );
    assert!(
        differs.is_empty(),
        "{what}: {} differences:\n{}",
        differs.len(),
        differs[..differs.len().min(12)].join("\n")
    );
    assert!(now == book, "{what}: another order");
}

/// The requests for pages of a stream.
fn pages(counts: &BTreeMap<String, u64>, object: &str) -> u64 {
    counts.get(&format!("GET /crm/objects/2026-03/{object}")).copied().unwrap_or(0)
}

fn errors(sync: &Output) -> Vec<String> {
    let json: Value = serde_json::from_slice(&sync.stdout).unwrap_or(Value::Null);
    let sources = json["sources"].as_array().cloned().unwrap_or_default();
    sources.iter().filter_map(|source| source["error"].as_str().map(str::to_owned)).collect()
}

/// Waits until the practice CRM was asked for that so often.
fn wait_for(practice: &Practice, what: &str, times: u64) {
    let started = Instant::now();
    while practice.asked(what) < times {
        assert!(started.elapsed() < PATIENCE, "{what}: asked {} times", practice.asked(what));
        std::thread::yield_now();
    }
}

const CONTACTS: &str = "GET /crm/objects/2026-03/contacts";
const EMAILS: &str = "GET /crm/objects/2026-03/emails";

#[test]
fn what_passes_is_outlasted_and_the_book_is_the_same() {
    let (book, _) = undisturbed(&BOOK);
    for fault in ["429=0.03", "500=0.3", "reset=0.3", "truncate=0.3", "slow=0.03"] {
        let practice = Practice::start(&[&BOOK[..], &["--fault", fault]].concat());
        let home = home(&practice, 20, "");
        home.ok(&["sync"]);
        assert_same(&home, &book, fault);
        let state = practice.state();
        let kind = fault.split('=').next().expect("a kind");
        // `truncate` and `slow` answer with 200: their trace is that more was asked for than was needed.
        if !["truncate", "slow"].contains(&kind) {
            assert!(state["requests"]["by_status"][kind].as_u64() > Some(0), "{fault} met nobody: {state:#}");
        }
    }
}

#[test]
fn a_storm_is_said_at_its_source_and_the_next_sync_goes_on_where_it_was() {
    let (book, whole) = undisturbed(&SMALL);
    for (fault, says) in [("500=0.2", "500"), ("reset=0.2", "HubSpot (crm)"), ("truncate=0.2", "HubSpot (crm)")] {
        let practice = Practice::start(&[&SMALL[..], &["--fault", fault]].concat());
        let home = home(&practice, 1, "");
        let mut failed = 0;
        let mut said = String::new();
        loop {
            let sync = home.run(&["sync", "--json"]);
            let err = String::from_utf8_lossy(&sync.stderr).into_owned();
            if sync.status.success() {
                break;
            }
            failed += 1;
            // The storm passes after six syncs: what is left then is done by the next one.
            if failed == 6 {
                practice.faults("{}");
            }
            assert!(failed < 7, "{fault}: it never ends: {err}");
            assert!([5, 6].contains(&sync.status.code().expect("a code")), "{fault}: {}: {err}", sync.status);
            let errors = errors(&sync);
            assert!(!errors.is_empty(), "{fault}: {err}");
            assert!(errors.iter().all(|error| err.contains(error)), "{fault}: {errors:?} in {err}");
            said.push_str(&err);
            // What was kept is there, and nothing in it twice.
            let kept = list(&home);
            assert!(kept.len() <= book.len());
        }
        assert!(failed > 1, "{fault}: nothing was put to the test");
        assert!(said.contains(says), "{fault}: {said}");
        assert_same(&home, &book, fault);
        // A stream that was cut off went on: each failure costs the page that failed, never the pages before it, and each
        // sync after a stream's end looks at its deleted records once more.
        let asked = counts(&practice);
        let (asked, least) = (pages(&asked, "companies"), pages(&whole, "companies"));
        assert!(
            (least..=least + 2 * failed).contains(&asked),
            "{fault}: {asked} pages of {least}, {failed} syncs failed"
        );
    }
}

#[test]
fn too_many_requests_are_waited_out_and_a_long_storm_is_said() {
    let (book, _) = undisturbed(&BOOK);
    let practice = Practice::start(&[&BOOK[..], &["--fault", "429=1"]].concat());
    let home = home(&practice, 2, "");
    let sync = home.run(&["sync", "--json"]);
    let err = String::from_utf8_lossy(&sync.stderr).into_owned();
    assert_eq!(sync.status.code(), Some(6), "{err}");
    assert!(err.contains("HubSpot (crm)") && err.contains("429"), "{err}");
    assert!(err.contains("the next sync goes on"), "{err}");
    assert!(practice.requests() < 60, "a storm is not answered with one: {}", practice.requests());
    practice.faults("{}");
    home.ok(&["sync"]);
    assert_same(&home, &book, "after it");
}

#[test]
fn an_answer_that_never_comes_is_given_up() {
    let (book, _) = undisturbed(&BOOK);
    let practice = Practice::start(&[&BOOK[..], &["--fault", "slow=1"]].concat());
    // Each piece of a slow body comes after a fifth of a second.
    let home = home(&practice, 2, "idle = \"20ms\"");
    let sync = home.run(&["sync", "--json"]);
    let err = String::from_utf8_lossy(&sync.stderr).into_owned();
    assert_eq!(sync.status.code(), Some(6), "{err}");
    assert!(err.contains("HubSpot (crm)") && err.contains("in time"), "{err}");
    practice.faults("{}");
    home.limits("idle = \"30s\"");
    home.ok(&["sync"]);
    assert_same(&home, &book, "after it");
}

#[test]
fn a_token_that_dies_in_the_middle_of_a_pull_stops_its_source_and_nothing_is_lost() {
    let (book, whole) = undisturbed(&BOOK);
    let practice = Practice::start(&BOOK);
    let home = home(&practice, 3, SLOW);
    let sync = home.command(&["sync", "crm", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let sync = sync.expect("rounds starts");
    wait_for(&practice, EMAILS, 14);
    practice.faults(r#"{"401":1}"#);
    let sync = sync.wait_with_output().expect("its end");
    let err = String::from_utf8_lossy(&sync.stderr).into_owned();
    assert_eq!(sync.status.code(), Some(4), "{err}");
    assert!(err.contains("HubSpot (crm) refused the token") && err.contains("rounds login crm"), "{err}");
    assert_eq!(err.matches("refused the token").count(), 1, "once for all its streams: {err}");
    assert!(errors(&sync)[0].contains("rounds login crm"));
    // A refused token is not tried again and again.
    let refusals = practice.state()["requests"]["by_status"]["401"].as_u64().expect("refusals");
    // At most what each stream had on its way by then.
    assert!(refusals <= 10, "{refusals} times");
    assert_eq!(list(&home).len(), book.len(), "the accounts were there before");
    practice.faults("{}");
    home.ok(&["sync"]);
    assert_same(&home, &book, "after it");
    // Records are kept by the thousand, when what they are linked to is known: that much may be asked for again.
    let (asked, all) = (practice.asked(EMAILS), pages(&whole, "emails"));
    assert!(asked <= all + 12, "{asked} pages for {all}");
}

#[test]
fn a_token_that_was_renewed_meanwhile_is_used() {
    let practice = Practice::start(&BOOK);
    let mut home = home(&practice, 3, SLOW);
    // The token comes from a command that reads a file, as a password manager would.
    let token = home.env.remove("ROUNDS_TOKEN_CRM").expect("a token");
    let file = home.config().join("token");
    std::fs::write(&file, "gone-bad").expect("a file");
    home.edit_config(|text| {
        text.replace(
            "connector = \"hubspot\"",
            &format!("connector = \"hubspot\"\ntoken_command = \"cat '{}'\"", file.display()),
        )
    });
    assert_eq!(home.run(&["sync", "crm"]).status.code(), Some(4));
    std::fs::write(&file, &token).expect("a file");
    let sync =
        home.command(&["sync", "crm"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("rounds starts");
    wait_for(&practice, CONTACTS, 3);
    // The running sync holds the good token: refuse it while another one lies ready, then let that one in.
    practice.faults(r#"{"401":1}"#);
    std::fs::write(&file, format!("{token}-2")).expect("a file");
    let sync = sync.wait_with_output().expect("its end");
    assert_eq!(sync.status.code(), Some(4));
    let by_status = practice.state()["requests"]["by_status"]["401"].as_u64().expect("refusals");
    assert!(by_status > 2, "the renewed token was tried before giving up: {by_status}");
}

#[test]
fn a_second_crm_never_founds_the_book_because_the_first_is_away() {
    let practice = Practice::start(&["--accounts", "5"]);
    let mut home = home(&practice, 3, "");
    let token = home.env.remove("ROUNDS_TOKEN_CRM").expect("a token");
    home.env.insert("ROUNDS_TOKEN_CRM2".into(), token);
    home.append_config(&format!("[source.crm2]\nconnector = \"hubspot\"\nurl = {:?}", practice.url()));
    for sources in [&[][..], &["crm2"]] {
        let sync = home.run(&[&["sync"], sources].concat());
        let code = if sources.is_empty() { 6 } else { 0 };
        assert_eq!(sync.status.code(), Some(code), "{}", String::from_utf8_lossy(&sync.stderr));
        assert_eq!(list(&home).len(), 0, "{sources:?}");
    }
}

#[test]
fn a_host_that_dies_in_the_middle_is_named_and_the_next_sync_goes_on() {
    let (book, whole) = undisturbed(&BOOK);
    let practice = Practice::start(&BOOK);
    let home = home(&practice, 3, SLOW);
    let sync = home.command(&["sync", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let sync = sync.expect("rounds starts");
    // Records are kept by the thousand: several pages are asked for before the first is safe.
    wait_for(&practice, EMAILS, 14);
    let before = counts(&practice);
    drop(practice);
    let sync = sync.wait_with_output().expect("its end");
    let err = String::from_utf8_lossy(&sync.stderr).into_owned();
    // The usage tool may have been through by then: then it is partly done.
    let code = if errors(&sync).len() == 2 { 5 } else { 6 };
    assert_eq!(sync.status.code(), Some(code), "{err}");
    assert!(err.contains("HubSpot (crm) does not answer"), "{err}");
    assert!(errors(&sync).iter().any(|error| error.contains("HubSpot (crm) does not answer")));
    assert_eq!(list(&home).len(), book.len());
    // Nobody there at all: the same words, at once, and the book stays.
    assert_eq!(home.run(&["sync"]).status.code(), Some(5));
    assert_eq!(list(&home).len(), book.len());
    let practice = Practice::start(&BOOK);
    home.point_at(&practice);
    home.ok(&["sync"]);
    assert_same(&home, &book, "after it");
    let after = counts(&practice);
    assert!(pages(&after, "companies") <= 1, "accounts were complete: only what is deleted is looked at");
    let (first, rest, all) = (pages(&before, "emails"), pages(&after, "emails"), pages(&whole, "emails"));
    assert!(rest < all && rest >= all - first, "emails: {first} pages, then {rest}, of {all}");
}

#[test]
fn killed_in_the_middle_of_a_pull_the_next_one_goes_on() {
    let (book, whole) = undisturbed(&BOOK);
    let total: u64 = whole.values().sum();
    let practice = Practice::start(&BOOK);
    let home = home(&practice, 3, SLOW);
    let mut kills = 0;
    for round in 0..6 {
        let before = practice.requests();
        let mut sync =
            home.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("rounds starts");
        let at = before + 12 + 6 * round;
        while practice.requests() < at && sync.try_wait().expect("its state").is_none() {
            std::thread::yield_now();
        }
        kills += u64::from(sync.try_wait().expect("its state").is_none());
        let _ = sync.kill();
        let _ = sync.wait();
        // What was kept is readable after every kill.
        assert!(list(&home).len() <= book.len());
    }
    assert!(kills >= 3, "{kills}");
    home.ok(&["sync"]);
    assert_same(&home, &book, "after it");
    // Had every start begun anew, it would have been asked for the founding pages of each, and for far more in all.
    let asked = counts(&practice);
    assert!(pages(&asked, "companies") < pages(&whole, "companies") + 2 * kills + 2);
    assert!(asked.values().sum::<u64>() < total * 3, "{} of {total}", asked.values().sum::<u64>());
}

#[test]
fn a_second_sync_moves_only_what_changed_and_the_last_two_days() {
    let practice = Practice::start(&BOOK);
    let home = home(&practice, 3, "");
    let first = home.json(&["sync", "--json"]);
    let before = counts(&practice);
    let book = list(&home);
    let second = home.json(&["sync", "--json"]);
    let after = counts(&practice);
    let moved = |sync: &Value, source: usize, key: &str| sync["sources"][source][key].as_u64().expect("a count");
    assert_eq!(moved(&second, 0, "changed"), 0, "{second:#}");
    assert_eq!(moved(&second, 1, "changed"), 0, "{second:#}");
    assert!(moved(&second, 0, "pulled") * 20 < moved(&first, 0, "pulled"), "{first:#} {second:#}");
    // Two days of 180.
    assert!(moved(&second, 1, "pulled") * 80 < moved(&first, 1, "pulled"), "{first:#} {second:#}");
    let more = |path: &str| after.get(path).unwrap_or(&0) - before.get(path).unwrap_or(&0);
    for object in OBJECTS {
        assert_eq!(more(&format!("GET /crm/objects/2026-03/{object}")), 1, "{object}: only what is deleted");
        assert_eq!(more(&format!("POST /crm/objects/2026-03/{object}/search")), 1, "{object}: only what changed");
    }
    let joins = after.keys().filter(|path| path.contains("/associations/")).map(|path| more(path)).sum::<u64>();
    assert_eq!(joins, 0, "nothing changed, so nothing is joined");
    assert_same(&home, &book, "after it");
}

#[test]
fn a_change_in_the_crm_changes_exactly_that_account() {
    let practice = Practice::start(&BOOK);
    // The practice CRM dates a change by the clock, so the book is looked at by the clock, too.
    let mut home = home(&practice, 3, "");
    home.today = None;
    home.env.remove("ROUNDS_TODAY");
    home.ok(&["sync"]);
    let before = list(&home);
    let id = |item: &Value| item["id"].as_str().expect("an id").to_owned();
    let target = before.iter().find(|item| item["name"] == "Northwind Traders").expect("Northwind");
    let remote = id(target).rsplit(':').next().expect("the CRM's id").to_owned();
    let path = format!("/crm/objects/2026-03/companies/{remote}");
    let answer = practice.request("PATCH", &path, r#"{"properties":{"annual_recurring_revenue":"123456"}}"#);
    assert!(answer.contains("123456"), "{answer}");
    let sync = home.json(&["sync", "--json"]);
    assert_eq!(sync["sources"][0]["changed"], 1, "{sync:#}");
    let after = list(&home);
    let by_id = |list: &[Value]| list.iter().map(|item| (id(item), item.clone())).collect::<BTreeMap<_, _>>();
    let (before, after) = (by_id(&before), by_id(&after));
    assert_eq!(before.len(), after.len());
    // What money means for the others' place in the day's order may move; their facts may not.
    for (other, item) in &after {
        let (old, new) = (&before[other], item);
        for key in ["name", "arr", "health", "flags", "renewal_date", "last_touch", "stage", "trust"] {
            // What they got is held against what they pay: the return, and the score and flags that rest on it.
            if *other == id(target) && ["health", "flags"].contains(&key) {
                continue;
            }
            assert_eq!(old[key] == new[key], *other != id(target) || key != "arr", "{} {key}", item["name"]);
        }
    }
    assert_eq!(after[&id(target)]["arr"].as_f64(), Some(123_456.0));
}

#[test]
fn what_is_archived_goes_and_what_is_merged_follows() {
    let practice = Practice::start(&BOOK);
    let home = home(&practice, 3, "");
    home.ok(&["sync"]);
    let before = list(&home);
    let find = |name: &str| before.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{name}")).clone();
    let remote = |item: &Value| item["id"].as_str().expect("an id").rsplit(':').next().expect("an id").to_owned();
    let northwind = find("Northwind Traders");
    let mut others = before.iter().filter(|item| item["name"] != "Northwind Traders");
    let (archived, merged) = (others.next().expect("another").clone(), others.next().expect("a third").clone());
    // A note on the one that will be merged away, sent before, and one on it that waits.
    let merged_name = merged["name"].as_str().expect("a name");
    let sent = home.json(&["note", merged["id"].as_str().expect("an id"), "Before the merge", "--json"])["id"].clone();
    home.ok(&["sync"]);
    assert_eq!(practice.notes().len(), 1);
    let waits = home.json(&["note", merged["id"].as_str().expect("an id"), "While it waits", "--json"])["id"].clone();

    practice.request("DELETE", &format!("/crm/objects/2026-03/companies/{}", remote(&archived)), "");
    let body = format!(r#"{{"primaryObjectId":"{}","objectIdToMerge":"{}"}}"#, remote(&northwind), remote(&merged));
    let answer = practice.request("POST", "/crm/objects/2026-03/companies/merge", &body);
    assert!(answer.contains("hs_merged_object_ids"), "{answer}");
    home.ok(&["sync"]);
    home.ok(&["sync"]);

    let after = list(&home);
    let names: Vec<&str> = after.iter().filter_map(|item| item["name"].as_str()).collect();
    assert_eq!(after.len(), before.len() - 2, "{names:?}");
    assert!(!names.contains(&archived["name"].as_str().expect("a name")) && !names.contains(&merged_name));
    // Both notes are with the one that is left, once each, and the CRM has them once each.
    let show = home.json(&["show", "northwind", "--json"]);
    for id in [&sent, &waits] {
        let there: Vec<&Value> =
            show["notes"].as_array().expect("notes").iter().filter(|note| note["note"] == *id).collect();
        assert_eq!(there.len(), 1, "{:#}", show["notes"]);
        assert_eq!(there[0]["state"], "sent", "{there:#?}");
    }
    assert_eq!(practice.notes().len(), 2);
    // The old id still leads there.
    let old = home.json(&["show", merged["id"].as_str().expect("an id"), "--json"]);
    assert_eq!(old["name"], "Northwind Traders");
}

#[test]
fn a_note_that_lists_do_not_show_yet_is_counted_once() {
    let practice = Practice::start(&["--accounts", "5", "--late", "3"]);
    let home = home(&practice, 3, "");
    home.ok(&["sync"]);
    practice.faults(r#"{"lag":1}"#);
    let id = home.json(&["note", "northwind", "Not on any list yet /call @sam", "--json"])["id"].clone();
    home.ok(&["sync"]);
    let once = || {
        let show = home.json(&["show", "northwind", "--json"]);
        for what in ["notes", "touches"] {
            let found = show[what].as_array().expect(what).iter().filter(|item| item["note"] == id).count();
            assert_eq!(found, 1, "{what}: {:#}", show[what]);
        }
    };
    once();
    assert_eq!(home.json(&["outbox", "--json"]).as_array().map(Vec::len), Some(0), "its answer came: it is sent");
    // Until a search shows it, and a sync has brought it.
    let started = Instant::now();
    loop {
        let sync = home.json(&["sync", "--json"]);
        once();
        if sync["sources"][0]["changed"].as_u64() > Some(0) {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "it never showed up: {sync:#}");
    }
    home.ok(&["sync"]);
    once();
    assert_eq!(practice.notes().len(), 1);
}
