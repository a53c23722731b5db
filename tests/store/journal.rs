//! What notes record: whom they make known, what stays on this machine, and notes of several pages.

use jiff::civil::date;
use rounds::book::facts::Facts;
use rounds::book::ids::NoteId;
use rounds::book::row::{Entity, Row, Value};
use rounds::store::{NewNote, NoteEdit, OutboxMark, OutboxState, Store};

use crate::book::{Folder, account, batch, facts, noon, note, now, on_512, out, owners, row, text};

fn store(folder: &Folder) -> Store {
    let mut store = folder.open();
    store.apply(&batch("owner", owners())).unwrap();
    let jane = on_512(Entity::Person, "9", &[("name", text("Jane Doe")), ("email", text("jane@northwind.example"))]);
    store.apply(&batch("all", vec![account("512", "Northwind"), jane])).unwrap();
    store
}

/// A note that Maya wrote in the CRM.
fn there(id: &str, body: &str) -> Row {
    let at = Value::Instant(noon(date(2026, 11, 10)));
    on_512(Entity::Note, id, &[("body", text(body)), ("at", at), ("author", text("u1")), ("editor", text("u1"))])
}

fn people(facts: &Facts) -> Vec<(&str, &str)> {
    facts.people.iter().map(|person| (person.id.as_str(), person.name.as_str())).collect()
}

#[test]
fn whom_a_bullet_names_is_somebody_of_the_account_on_every_machine() {
    let body = "* call with Ann Li <Ann@northwind.example>, Jane Doe <jane@northwind.example> on 2026-11-09\n\
                * meeting with Bob Ray, Ann Li on 2026-11-08\n[rounds:1:A1:512:maya@us.example]";
    let mut seen = Vec::new();
    for _ in 0..2 {
        let folder = Folder::new();
        let mut store = store(&folder);
        store.apply(&batch("note", vec![there("n1", body)])).unwrap();
        seen.push(facts(&store, "crm:512"));
    }
    assert_eq!(seen[0], seen[1]);
    let facts_now = &seen[0];
    assert_eq!(
        people(facts_now),
        [("crm:9", "Jane Doe"), ("note:crm:512/ann@northwind.example", "Ann Li"), ("note:crm:512/bob ray", "Bob Ray")]
    );
    // By name alone she is the one who has an address.
    assert_eq!(facts_now.touches[0].people.len(), 2);
    assert_eq!(facts_now.touches[0].people[1].as_str(), "note:crm:512/ann@northwind.example");
    assert_eq!(facts_now.people[1].created, Some(date(2026, 11, 10)));
    // The CRM gets to know her: she is one person, and all that was said of her is hers.
    let folder = Folder::new();
    let mut store = store(&folder);
    let ann = on_512(Entity::Person, "11", &[("name", text("Ann M. Li")), ("email", text("ann@northwind.example"))]);
    store.apply(&batch("note", vec![there("n1", body), ann])).unwrap();
    let known = facts(&store, "crm:512");
    assert_eq!(known.people.len(), 3, "{:?}", people(&known));
    assert!(known.touches.iter().all(|touch| touch.people.iter().any(|id| id.as_str() == "crm:11")));
    // Two of one name: nobody knows which, and nobody is made up.
    let twins = ["12", "13"].map(|id| on_512(Entity::Person, id, &[("name", text("Bob Ray"))]));
    store.apply(&batch("all", twins.to_vec())).unwrap();
    let twins = facts(&store, "crm:512");
    assert!(!twins.people.iter().any(|person| person.id.as_str().contains("bob")));
}

fn kept(id: &str, body: &str, kept: &str) -> NewNote {
    NewNote { kept: kept.into(), ..note(id, body) }
}

fn private(facts: &Facts) -> Vec<bool> {
    facts.journal.iter().map(|recorded| recorded.private).collect()
}

#[test]
fn what_stays_here_outlives_every_edit_and_goes_with_the_note() {
    let folder = Folder::new();
    let mut store = store(&folder);
    store
        .note_save(&kept("M1", "Hello.\n\n* pulse red: quiet", "* call with Cid on 2026-11-20\n/feels @nobody -1"))
        .unwrap();
    let now_here = facts(&store, "crm:512");
    assert_eq!(private(&now_here), [true, false]);
    assert_eq!(now_here.journal[0].id, "M1.k1");
    let shared = now_here.without_private();
    assert!(shared.touches.is_empty() && private(&shared) == [false]);
    assert!(!people(&shared).iter().any(|(_, name)| *name == "Cid"), "nobody else can know of them");
    assert_eq!(people(&now_here).len(), people(&shared).len() + 1);
    // Sent, and corrected in the CRM.
    let sent = OutboxMark { remote: Some("n7".into()), ..OutboxMark::new(OutboxState::Sent, now()) };
    store.outbox_mark("M1", &sent).unwrap();
    store
        .apply(&batch("note", vec![there("n7", "Hello.\n\n* pulse green\n[rounds:1:M1:512:maya@us.example]")]))
        .unwrap();
    let corrected = facts(&store, "crm:512");
    assert_eq!(private(&corrected), [false, true]);
    assert_eq!(corrected.touches.len(), 1);
    // Its mark taken away: the bullets are text, and what is kept here stays ours.
    store.apply(&batch("note", vec![there("n7", "Hello.\n\n* pulse green")])).unwrap();
    let bare = facts(&store, "crm:512");
    assert_eq!((bare.notes.len(), bare.notes[0].mine, bare.pulses.len(), bare.touches.len()), (1, true, 0, 1));
    // Changed here.
    let edit = NoteEdit {
        id: "M1".into(),
        text: "Hi.".into(),
        body: "Hi.\n\n[rounds:1:M1:512:maya@us.example]".into(),
        kept: "* call with Cid on 2026-11-21".into(),
        at: now(),
        out: vec![out("e1", "note", "\"hi\"")],
    };
    store.note_edit(&edit).unwrap();
    let edited = facts(&store, "crm:512");
    assert_eq!((edited.pulses.len(), edited.touches[0].on), (0, date(2026, 11, 21)));
    store.undo(now()).unwrap();
    assert_eq!(facts(&store, "crm:512").touches[0].on, date(2026, 11, 20), "taken back");
    store.note_edit(&edit).unwrap();
    store.note_delete(&"M1".into(), now()).unwrap();
    assert!(facts(&store, "crm:512").journal.is_empty());
    store.undo(now()).unwrap();
    assert_eq!(facts(&store, "crm:512").journal.len(), 1);
    // Deleted in the CRM.
    let sent = OutboxMark::new(OutboxState::Sent, now());
    for row in store.outbox_due(now(), 10).unwrap() {
        store.outbox_mark(&row.id, &sent).unwrap();
    }
    let mut gone = row(Entity::Note, "n7", &[]);
    gone.gone = true;
    store.apply(&batch("note", vec![gone])).unwrap();
    assert!(facts(&store, "crm:512").journal.is_empty());
}

#[test]
fn a_private_note_is_private_in_all_its_facts() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let body = "For me.\n\n* pulse red: quiet\n* task: call back by 2026-12-01\n* call with Jane Doe <jane@northwind.example> on 2026-11-20";
    store.note_save(&NewNote { private: true, out: Vec::new(), ..note("M1", body) }).unwrap();
    let mine = facts(&store, "crm:512");
    assert_eq!((mine.notes[0].private, mine.notes[0].state.as_deref()), (true, Some("private")));
    assert_eq!(private(&mine), [true; 3]);
    assert_eq!((mine.pulses.len(), mine.tasks.len(), mine.touches.len()), (1, 1, 1), "it counts for me");
    let shared = mine.without_private();
    assert!(
        shared.notes.is_empty() && shared.pulses.is_empty() && shared.tasks.is_empty() && shared.touches.is_empty()
    );
    assert_eq!(people(&shared), [("crm:9", "Jane Doe")], "whom the CRM knows is no secret");
}

#[test]
fn pages_are_one_note_and_their_copies_are_found() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let first = "Beginning\n…\n\n[rounds:1:A1:512:maya@us.example]";
    let second = "of the end.\n\n* pulse red: quiet\n[rounds:1:A1~2:512:maya@us.example]";
    // The later page may come first, and may stand there twice.
    let pages = vec![there("n2", second), there("n1", first), there("n3", second)];
    store.apply(&batch("note", pages)).unwrap();
    let whole = facts(&store, "crm:512");
    assert_eq!(whole.notes.len(), 1);
    assert_eq!(whole.notes[0].text, "Beginning\nof the end.");
    assert_eq!((whole.notes[0].id.as_str(), &whole.notes[0].copies[..]), ("n1", &["n3".to_owned()][..]));
    assert_eq!(whole.pulses.len(), 1);
    assert_eq!(store.note_copies().unwrap()[0].0, NoteId::from("A1"));
    assert_eq!(store.note_copies().unwrap()[0].2, ["n3"]);
    // A page that a stranger changed makes the whole note mute.
    let mut forged = there("n2", second);
    forged.fields.insert("editor".into(), text("portal"));
    store.apply(&batch("note", vec![forged])).unwrap();
    assert!(facts(&store, "crm:512").pulses.is_empty());
}

#[test]
fn named_in_the_settings_an_outsider_may_speak() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let mut theirs = there("n1", "* pulse red: quiet\n[rounds:1:A1:512:kim@partner.example]");
    for field in ["author", "editor"] {
        theirs.fields.insert(field.into(), text("Kim@partner.example"));
    }
    store.apply(&batch("note", vec![theirs])).unwrap();
    assert!(facts(&store, "crm:512").pulses.is_empty());
    store.trust(&["kim@partner.example".to_owned()]).unwrap();
    assert_eq!(facts(&store, "crm:512").pulses.len(), 1);
    // A note of another source than the one that we write to never does.
    let mut imported = there("n1", "* pulse green\n[rounds:1:A2:512:maya@us.example]");
    imported.id = "n9".into();
    let mut page = rounds::store::Batch::new("import".into(), "note", vec![imported], now());
    page.founds = false;
    page.matches.push(("512".into(), "crm:512".into()));
    store.apply(&page).unwrap();
    assert_eq!(facts(&store, "crm:512").pulses.len(), 1);
}

#[test]
fn what_an_account_is_worth_keeping_for_has_a_past() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let worth = |cost: i64, strategic: f64| {
        let mut row = account("512", "Northwind");
        row.fields.insert("cost".into(), Value::Money(cost.into()));
        row.fields.insert("potential".into(), Value::Money(250_000.into()));
        row.fields.insert("strategic".into(), Value::Number(strategic));
        row
    };
    store.apply(&crate::book::at(date(2026, 10, 1), "all", vec![worth(30_000, 40.0)])).unwrap();
    store.apply(&batch("all", vec![worth(50_000, 70.0)])).unwrap();
    let facts = facts(&store, "crm:512");
    assert_eq!(facts.cost.at(date(2026, 10, 2)), Some(&crate::book::usd(30_000)));
    assert_eq!(facts.cost.at(date(2026, 11, 23)), Some(&crate::book::usd(50_000)));
    assert_eq!(facts.potential.at(date(2026, 11, 23)), Some(&crate::book::usd(250_000)));
    assert_eq!(facts.strategic.at(date(2026, 10, 2)), Some(&40.0));
}
