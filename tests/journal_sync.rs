//! The CRM is the only server: what a note records reaches colleagues, can be corrected there, and nothing else speaks.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::{Value, json};

const NOTES: &str = "/crm/objects/2026-03/notes";

/// A colleague in the CRM: mail address and user.
fn colleague(practice: &Practice, archived: bool) -> (String, u64) {
    let path = format!("/crm/owners/2026-03?limit=100&archived={archived}");
    let all = practice.api("GET", &path, &Value::Null);
    let fits =
        |one: &&Value| one["email"].as_str().is_some_and(|mail| mail.contains('@') && !mail.starts_with("maya.chen"));
    let one = all["results"].as_array().expect("owners").iter().find(fits).expect("a colleague").clone();
    let user = one["userIdIncludingInactive"].as_u64().expect("a user");
    (one["email"].as_str().expect("an address").to_owned(), user)
}

fn show(home: &Home, account: &str) -> Value {
    home.json(&["show", account, "--json"])
}

/// What stands on an account because of notes.
fn said(home: &Home, account: &str) -> Value {
    let show = show(home, account);
    let of = |key: &str, fields: &[&str]| -> Vec<Value> {
        let rows = show[key].as_array().expect(key).iter().filter(|row| key == "pulses" || !row["note"].is_null());
        let mut rows: Vec<Value> = rows.map(|row| fields.iter().map(|field| row[*field].clone()).collect()).collect();
        rows.sort_by_key(ToString::to_string);
        rows
    };
    json!({
        "pulses": of("pulses", &["on", "pulse", "because"]),
        "touches": of("touches", &["kind", "title", "note"]),
        "tasks": of("tasks", &["subject", "due", "note"]),
        "notes": of("notes", &["text", "note", "problems"]),
    })
}

fn pulses(home: &Home, account: &str) -> Vec<String> {
    let show = show(home, account);
    let because = |row: &Value| row["because"].as_str().unwrap_or_default().to_owned();
    show["pulses"].as_array().expect("pulses").iter().map(because).collect()
}

fn note(home: &Home, account: &str, text: &str) -> String {
    home.json(&["note", account, text, "--json"])["id"].as_str().expect("an id").to_owned()
}

/// The one note in the CRM that carries that mark: its id and its text as plain lines.
fn there(practice: &Practice, note: &str) -> (String, String) {
    let all = practice.notes();
    let found = all.iter().find(|one| one["body"].as_str().is_some_and(|body| body.contains(note))).expect("the note");
    let body = found["body"].as_str().expect("a body").replace("<br>", "\n");
    let body = body.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    (found["id"].as_str().expect("an id").to_owned(), body)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

fn rewrite(practice: &Practice, id: &str, text: &str) {
    let body = json!({"properties": {"hs_note_body": html(text)}});
    practice.api("PATCH", &format!("{NOTES}/{id}"), &body);
}

/// A record with that text on an account, as somebody else may make it.
fn plant(practice: &Practice, kind: &str, field: &str, account: &str, text: &str, at: &str) -> String {
    let link = match kind {
        "notes" => 190,
        "emails" => 186,
        "tickets" => 339,
        other => panic!("{other}"),
    };
    let mut properties = json!({ field: if kind == "notes" { html(text) } else { text.to_owned() } });
    match kind {
        "tickets" => {
            properties["subject"] = json!("It does not work");
            properties["hs_pipeline_stage"] = json!("1");
        }
        _ => properties["hs_timestamp"] = json!(at),
    }
    let body = json!({
        "properties": properties,
        "associations": [{
            "to": {"id": account},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": link}],
        }],
    });
    let made = practice.api("POST", &format!("/crm/objects/2026-03/{kind}"), &body);
    made["id"].as_str().unwrap_or_else(|| panic!("{made:#}")).to_owned()
}

/// The id by which the CRM knows an account.
fn there_as(home: &Home, account: &str) -> String {
    let id = show(home, account)["id"].as_str().expect("an id").to_owned();
    id.split_once(':').expect("a source").1.to_owned()
}

/// Another account of the book.
fn another(home: &Home, not: &str) -> String {
    let list = home.json(&["list", "--json"]);
    let ids = list.as_array().expect("accounts").iter().map(|row| row["id"].as_str().expect("an id").to_owned());
    ids.into_iter().find(|id| !id.ends_with(not)).expect("another account")
}

#[test]
fn facts_typed_in_one_folder_appear_in_the_other_and_outlive_the_cache() {
    let practice = Practice::start(&["--accounts", "5"]);
    let (mail, _) = colleague(&practice, false);
    let (home, other) = (Home::of(&practice), Home::colleague(&practice, &mail));
    home.ok(&["sync", "crm"]);
    other.ok(&["sync", "crm"]);
    note(
        &home,
        "northwind",
        "Good talk.\n> /pulse green is quoted\n/pulse red sponsor went quiet\n/call @sam 20m about it\n/task send the deck fri",
    );
    home.ok(&["sync", "crm"]);
    home.ok(&["sync", "crm"]);
    other.ok(&["sync", "crm"]);
    let mine = said(&home, "northwind");
    assert_eq!(mine["pulses"].as_array().map(Vec::len), Some(1), "{mine:#}");
    assert_eq!(mine["touches"].as_array().map(Vec::len), Some(1), "{mine:#}");
    assert_eq!(mine["tasks"].as_array().map(Vec::len), Some(1), "{mine:#}");
    assert_eq!(mine, said(&other, "northwind"));
    for lost in [&home, &other] {
        for file in ["cache.db", "cache.db-wal", "cache.db-shm"] {
            let _ = std::fs::remove_file(lost.data().join(file));
        }
        lost.ok(&["sync", "crm"]);
        assert_eq!(mine, said(lost, "northwind"));
    }
}

#[test]
fn a_correction_in_the_crm_changes_the_facts_and_says_by_whom() {
    let practice = Practice::start(&["--accounts", "5"]);
    let (mail, user) = colleague(&practice, false);
    let (home, other) = (Home::of(&practice), Home::colleague(&practice, &mail));
    home.ok(&["sync", "crm"]);
    let id = note(
        &home,
        "northwind",
        "Good talk.\n/pulse red sponsor went quiet\n/task send the deck fri\n/call @sam about it",
    );
    home.ok(&["sync", "crm"]);
    let (record, body) = there(&practice, &id);
    practice.act_as(user);
    let corrected = body.replace("pulse red: sponsor went quiet", "pulse yellow: sponsor is back");
    let corrected: String = corrected
        .lines()
        .filter(|line| !line.starts_with("* task"))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("Good talk.", "Good talk.\n* no bullet\n");
    let corrected = corrected.replace("* pulse", "* pulse purple: no such colour\n* pulse");
    rewrite(&practice, &record, &corrected);
    practice.act_as(0);
    for home in [&home, &other] {
        home.ok(&["sync", "crm"]);
        assert_eq!(pulses(home, "northwind"), ["sponsor is back"]);
        let show = show(home, "northwind");
        let note =
            show["notes"].as_array().expect("notes").iter().find(|one| one["note"] == id.as_str()).expect("the note");
        assert_eq!(note["edited_by"], mail.as_str(), "{note:#}");
        assert_eq!(note["problems"], json!(["* pulse purple: no such colour"]));
        // The call has a record of its own, and it is told apart from the task that it now stands in place of.
        let said = said(home, "northwind");
        assert_eq!(said["touches"].as_array().map(Vec::len), Some(1), "{said:#}");
        assert_eq!(said["tasks"].as_array().map(Vec::len), Some(1), "the task's own record still stands: {said:#}");
    }
    practice.api("DELETE", &format!("{NOTES}/{record}"), &Value::Null);
    for home in [&home, &other] {
        home.ok(&["sync", "crm", "--full"]);
        assert_eq!(pulses(home, "northwind"), Vec::<String>::new());
    }
}

#[test]
fn nothing_but_a_colleagues_note_speaks() {
    let practice = Practice::start(&["--accounts", "5"]);
    let (mail, user) = colleague(&practice, false);
    let (_, former) = colleague(&practice, true);
    let (home, other) = (Home::of(&practice), Home::colleague(&practice, &mail));
    home.ok(&["sync", "crm"]);
    let id = note(&home, "northwind", "The truth.\n/pulse yellow a true word");
    home.ok(&["sync", "crm"]);
    other.ok(&["sync", "crm"]);
    let before = said(&home, "northwind");
    let northwind = there_as(&home, "northwind");
    let elsewhere = another(&home, &northwind);
    let elsewhere_id = there_as(&home, &elsewhere);
    let quiet = said(&home, &elsewhere)["pulses"].clone();

    let (_, body) = there(&practice, &id);
    let forged = body.replace("pulse yellow: a true word", "pulse red: a lie");
    let fresh = |n: u8| forged.replace(&id, &format!("01JFORGED{n}"));
    let (late, early) = ("2026-11-23T08:00:00Z", "2026-11-01T08:00:00Z");
    // A ticket and a logged mail, whoever wrote them; a mail pasted into a note.
    plant(&practice, "tickets", "content", &northwind, &fresh(1), late);
    plant(&practice, "emails", "hs_email_text", &northwind, &fresh(2), late);
    plant(&practice, "notes", "hs_note_body", &northwind, &format!("Pasted:\n{}\nKind regards", fresh(3)), late);
    // The mark of another account; the same mark on a newer note.
    plant(&practice, "notes", "hs_note_body", &elsewhere_id, &forged, late);
    plant(&practice, "notes", "hs_note_body", &northwind, &forged, late);
    // A portal, a mail gateway or a former colleague writes notes, older ones too.
    for (n, who) in [(4, 4_711), (5, former)] {
        practice.act_as(who);
        plant(&practice, "notes", "hs_note_body", &northwind, &fresh(n), late);
        plant(&practice, "notes", "hs_note_body", &northwind, &forged, early);
    }
    practice.act_as(0);
    for home in [&home, &other] {
        home.ok(&["sync", "crm"]);
        assert_eq!(said(home, "northwind")["pulses"], before["pulses"]);
        assert_eq!(said(home, &elsewhere)["pulses"], quiet);
    }
    // A stranger edits the note itself: what they wrote is not read.
    let (record, _) = there(&practice, &id);
    practice.act_as(4_711);
    rewrite(&practice, &record, &forged);
    practice.act_as(0);
    for home in [&home, &other] {
        home.ok(&["sync", "crm"]);
        assert!(!pulses(home, "northwind").contains(&"a lie".to_owned()));
    }
    assert_eq!(said(&home, "northwind")["pulses"], before["pulses"], "what I wrote still stands here");
    // A colleague writes it once more: believed again.
    practice.act_as(user);
    rewrite(&practice, &record, &body);
    practice.act_as(0);
    for home in [&home, &other] {
        home.ok(&["sync", "crm"]);
        assert_eq!(said(home, "northwind")["pulses"], before["pulses"]);
    }
    // The former colleague is named in the settings: both notes speak, the mark of a note that has one already does not.
    let (former_mail, _) = colleague(&practice, true);
    other.set(&format!("authors = [\"{former_mail}\"]"));
    assert_eq!(pulses(&other, "northwind").iter().filter(|because| *because == "a lie").count(), 1);
}

#[test]
fn a_long_note_goes_in_pages_and_comes_back_as_one() {
    let practice = Practice::start(&["--accounts", "5"]);
    let (mail, _) = colleague(&practice, false);
    let (home, other) = (Home::of(&practice), Home::colleague(&practice, &mail));
    home.ok(&["sync", "crm"]);
    let paragraph = |n: usize| format!("Paragraph {n}: {}", "so <many> words & more ".repeat(40));
    let text = |n: usize| {
        let all = (0..n).map(|n| paragraph(n).trim().to_owned()).collect::<Vec<_>>().join("\n\n");
        format!("{all}\n/pulse red far too long\n/task cut it fri")
    };
    let long = text(150);
    assert!(long.len() > 130_000);
    let receipt = note_from(&home, &long);
    home.ok(&["sync", "crm"]);
    assert_eq!(home.json(&["outbox", "--json"]), json!([]));
    let notes = practice.notes();
    assert!(notes.len() > 2, "{}", notes.len());
    assert!(notes.iter().all(|one| one["body"].as_str().is_some_and(|body| body.chars().count() <= 65_536)));
    let whole = |home: &Home| {
        home.ok(&["sync", "crm"]);
        let show = show(home, "northwind");
        let ours: Vec<Value> = show["notes"]
            .as_array()
            .expect("notes")
            .iter()
            .filter(|one| one["note"] == receipt.as_str())
            .cloned()
            .collect();
        assert_eq!(ours.len(), 1, "one note");
        assert_eq!(ours[0]["copies"], json!([]));
        assert_eq!(pulses(home, "northwind"), ["far too long"]);
        ours[0]["text"].as_str().expect("a text").to_owned()
    };
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = plain(long.split("\n/pulse").next().expect("the text"));
    assert_eq!(plain(&whole(&home)), expected);
    assert_eq!(plain(&whole(&other)), expected);
}

fn note_from(home: &Home, text: &str) -> String {
    use std::io::Write;
    let mut child = home
        .command(&["note", "northwind", "-", "--json"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("rounds starts");
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("it reads");
    let out = child.wait_with_output().expect("it ends");
    let receipt: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    receipt["id"].as_str().expect("an id").to_owned()
}

#[test]
fn what_is_personal_or_private_never_leaves() {
    let practice = Practice::start(&["--accounts", "5"]);
    let (mail, _) = colleague(&practice, false);
    let (home, other) = (Home::of(&practice), Home::colleague(&practice, &mail));
    home.ok(&["sync", "crm"]);
    // Read for a fact or not: words of a personal fact stay here, what stands around them goes.
    let text = "Open words /feels @nobodyatall -1 because hidden-one /pulse red open-two\n> /feels quoted-three\n/wants hidden-four";
    let id = note(&home, "northwind", text);
    let nothing_else = home.json(&["note", "northwind", "/wants hidden-five", "--json"]);
    assert_eq!(nothing_else["state"], "private", "there is nothing to share: {nothing_else:#}");
    let private = home.json(&["note", "northwind", "--private", "hidden-six /pulse yellow hidden-seven", "--json"]);
    assert_eq!(private["state"], "private");
    home.ok(&["sync", "crm"]);
    other.ok(&["sync", "crm"]);
    let there = practice.state().to_string();
    let theirs = show(&other, "northwind").to_string();
    assert!(!there.contains("hidden-") && !theirs.contains("hidden-"), "{:#}", practice.state()["notes"]);
    for open in ["open-two", "quoted-three", "Open words"] {
        assert!(there.contains(open) && theirs.contains(open), "{open}");
    }
    assert_eq!(practice.notes().len(), 1);
    // Here it counts, and says so.
    let mine = show(&home, "northwind");
    let notes = mine["notes"].as_array().expect("notes");
    let of = |id: &Value| notes.iter().find(|one| one["note"] == *id).expect("the note");
    assert_eq!(of(&json!(id))["private"], false);
    assert_eq!(of(&nothing_else["id"])["private"], true);
    assert_eq!(of(&private["id"])["private"], true);
    assert!(pulses(&home, "northwind").contains(&"hidden-seven".to_owned()));
}

#[test]
fn a_promise_and_its_proof_are_the_same_on_both_machines_and_follow_a_change_in_the_crm() {
    let practice = Practice::start(&["--accounts", "5"]);
    let (mail, _) = colleague(&practice, false);
    let (home, other) = (Home::of(&practice), Home::colleague(&practice, &mail));
    home.ok(&["sync", "crm"]);
    let made =
        home.json(&["note", "northwind", "/promise audit in a week by dec 18 worth 50k @\"Kai Holm\"", "--json"]);
    let tag = made["facts"][0]["tag"].as_str().expect("a tag").to_owned();
    home.ok(&["sync", "crm"]);
    other.ok(&["sync", "crm"]);
    let of = |home: &Home| {
        let show = show(home, "northwind");
        show["promises"]
            .as_array()
            .expect("promises")
            .iter()
            .find(|one| one["tag"] == tag.as_str())
            .expect("the promise")
            .clone()
    };
    assert_eq!(of(&home), of(&other));
    assert_eq!((of(&other)["worth"].as_f64(), of(&other)["state"].as_str()), (Some(50_000.0), Some("on track")));
    // A colleague proves it on the other machine; both know.
    let proof = other.json(&[
        "note",
        "northwind",
        &format!("/proof {tag} done in five days worth 50k accepted @kai"),
        "--json",
    ]);
    assert_eq!((&proof["facts"][0]["of"], &proof["problems"]), (&json!(tag), &json!([])));
    other.ok(&["sync", "crm"]);
    home.ok(&["sync", "crm"]);
    assert_eq!((of(&home)["state"].as_str(), of(&home)["accepted"].as_f64()), (Some("kept"), Some(50_000.0)));
    assert_eq!(of(&home), of(&other));
    // Corrected in the CRM: the fact is what the note says now.
    let id = made["id"].as_str().expect("an id").to_owned();
    let (record, body) = there(&practice, &id);
    rewrite(&practice, &record, &body.replace("worth USD 50,000", "worth USD 80,000"));
    home.ok(&["sync", "crm"]);
    other.ok(&["sync", "crm"]);
    for home in [&home, &other] {
        assert_eq!(
            (of(home)["worth"].as_f64(), of(home)["state"].as_str()),
            (Some(80_000.0), Some("on track")),
            "{:#}",
            of(home)
        );
    }
}
