//! Notes and records as facts: the rules of reading, and each thing once.

use jiff::civil::date;
use rounds::book::facts::{Pulse, TouchKind};
use rounds::book::ids::{AccountId, NoteId, PersonId};
use rounds::book::row::{Entity, Row, Value};
use rounds::store::{NoteEdit, OutboxMark, OutboxState, Store};

use crate::book::{Folder, TODAY, account, at, batch, crm, facts, noon, note, now, on_512, out, owners, row, text};

fn store(folder: &Folder) -> Store {
    let mut store = folder.open();
    store.apply(&batch("owner", owners())).unwrap();
    let mut northwind = account("512", "Northwind");
    northwind.fields.insert("owner".into(), text("1"));
    let jane = on_512(Entity::Person, "9", &[("name", text("Jane Doe")), ("email", text("jane@northwind.example"))]);
    store.apply(&batch("all", vec![northwind, jane])).unwrap();
    store
}

/// A note in the CRM.
fn theirs(id: &str, author: Option<&str>, body: &str) -> Row {
    let at = Value::Instant(noon(date(2026, 11, 10)));
    let mut row = on_512(Entity::Note, id, &[("body", text(body)), ("at", at)]);
    if let Some(author) = author {
        row.fields.insert("author".into(), text(author));
        row.fields.insert("editor".into(), text(author));
    }
    row
}

const RED: &str = "Talked to Jane.\n\n* call with Jane Doe <jane@northwind.example> on 2026-11-09\n* pulse red: quiet\n* task: send deck by 2026-12-01\n[rounds:1:A1:512:maya@us.example]";

#[test]
fn a_colleagues_note_speaks() {
    let folder = Folder::new();
    let mut store = store(&folder);
    store.apply(&batch("note", vec![theirs("n1", Some("u1"), RED)])).unwrap();
    let facts = facts(&store, "crm:512");
    assert_eq!(facts.owner.at(TODAY).map(String::as_str), Some("maya@us.example"));
    assert_eq!(facts.notes.len(), 1);
    let read = &facts.notes[0];
    assert_eq!((read.text.as_str(), read.author.as_deref()), ("Talked to Jane.", Some("maya@us.example")));
    assert_eq!((read.mine, read.state.clone(), read.note.clone()), (false, None, Some("A1".into())));
    assert_eq!(facts.pulses.len(), 1);
    assert_eq!((facts.pulses[0].pulse, facts.pulses[0].on), (Pulse::Red, date(2026, 11, 10)));
    let call = &facts.touches[0];
    assert_eq!((call.kind, call.on, call.two_way), (TouchKind::Call, date(2026, 11, 9), true));
    assert_eq!(call.people, [PersonId::from("crm:9")]);
    assert_eq!(call.known, date(2026, 11, 10));
    assert_eq!((facts.tasks[0].subject.as_str(), facts.tasks[0].due), ("send deck", Some(date(2026, 12, 1))));
}

#[test]
fn notes_that_may_not_speak_are_only_text() {
    let marked = |mark: &str| RED.replace("512:maya", mark);
    let cases = [
        ("written by somebody who has left", theirs("n1", Some("u2"), RED)),
        ("written by nobody known", theirs("n1", Some("mail-gateway"), RED)),
        ("nobody says who wrote it", theirs("n1", None, RED)),
        ("the mark names another account", theirs("n1", Some("u1"), &marked("513:maya"))),
        ("the mark is not the last line", theirs("n1", Some("u1"), &format!("{RED}\nbye"))),
        ("edited by a stranger", {
            let mut row = theirs("n1", Some("u1"), RED);
            row.fields.insert("editor".into(), text("portal"));
            row
        }),
        ("a logged mail", {
            let mut row = theirs("n1", Some("u1"), RED);
            row.entity = Entity::Ticket;
            row
        }),
    ];
    for (why, row) in cases {
        let folder = Folder::new();
        let mut store = store(&folder);
        store.apply(&batch("note", vec![row])).unwrap();
        let facts = facts(&store, "crm:512");
        assert!(facts.pulses.is_empty() && facts.touches.is_empty() && facts.tasks.is_empty(), "{why}");
    }
}

#[test]
fn bullets_that_do_not_parse_are_listed() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let body = RED.replace("* pulse red: quiet", "* pulse purple: quiet");
    store.apply(&batch("note", vec![theirs("n1", Some("u1"), &body)])).unwrap();
    let facts = facts(&store, "crm:512");
    assert_eq!(facts.notes[0].problems, ["* pulse purple: quiet"]);
    assert!(facts.pulses.is_empty() && facts.touches.len() == 1);
    let problems = store.note_problems().unwrap();
    assert_eq!(problems, [(AccountId::from("crm:512"), "* pulse purple: quiet".to_owned())]);
    store.apply(&batch("note", vec![theirs("n1", Some("u1"), RED)])).unwrap();
    assert!(store.note_problems().unwrap().is_empty());
}

#[test]
fn a_second_copy_counts_once_and_is_named() {
    let folder = Folder::new();
    let mut store = store(&folder);
    store.apply(&batch("note", vec![theirs("n1", Some("u1"), RED), theirs("n2", Some("u1"), RED)])).unwrap();
    let facts = facts(&store, "crm:512");
    assert_eq!((facts.notes.len(), facts.pulses.len(), facts.touches.len()), (1, 1, 1));
    assert_eq!(facts.notes[0].copies, ["n2"]);
    let copies = store.note_copies().unwrap();
    assert_eq!(copies, [(NoteId::from("A1"), AccountId::from("crm:512"), vec!["n2".to_owned()])]);
}

#[test]
fn a_call_record_of_a_note_counts_once() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let record = |id: &str| {
        let fields = [
            ("kind", text("call")),
            ("title", text("Call with Jane Doe")),
            ("at", Value::Instant(noon(date(2026, 11, 9)))),
            ("body", text("[rounds:1:A1.1:512:maya@us.example]")),
        ];
        let mut row = on_512(Entity::Touch, id, &fields);
        row.people.push("9".into());
        row
    };
    let task = [
        ("subject", text("send deck")),
        ("due", Value::Instant(noon(date(2026, 12, 1)))),
        ("done", Value::Bool(true)),
        ("body", text("[rounds:1:A1.3:512:maya@us.example]")),
    ];
    store.apply(&batch("note", vec![theirs("n1", Some("u1"), RED)])).unwrap();
    store.apply(&batch("call", vec![record("c1"), record("c2"), on_512(Entity::Task, "k1", &task)])).unwrap();
    let facts = facts(&store, "crm:512");
    assert_eq!(facts.touches.len(), 1);
    assert_eq!((facts.touches[0].id.as_str(), facts.touches[0].note.clone()), ("c1", Some("A1".into())));
    assert_eq!(facts.tasks.len(), 1);
    assert_eq!((facts.tasks[0].id.as_str(), facts.tasks[0].done), ("k1", true), "the CRM's record is the truth");
}

#[test]
fn my_note_shows_at_once_and_once() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let mut mine = note("M1", "Sponsor is quiet.\n\n* pulse red: quiet");
    mine.text = "Sponsor is quiet. /pulse red quiet".into();
    store.note_save(&mine).unwrap();
    let before = facts(&store, "crm:512");
    assert_eq!((before.notes.len(), before.pulses.len()), (1, 1));
    assert_eq!((before.notes[0].mine, before.notes[0].state.as_deref()), (true, Some("queued")));
    assert_eq!(before.notes[0].text, "Sponsor is quiet.");

    let sent = OutboxMark { remote: Some("n7".into()), ..OutboxMark::new(OutboxState::Sent, now()) };
    store.outbox_mark("M1", &sent).unwrap();
    // Sent, and not yet in the CRM's lists.
    assert_eq!(facts(&store, "crm:512").notes[0].state.as_deref(), Some("sent"));
    store.apply(&batch("note", vec![theirs("n7", Some("u1"), &mine.body)])).unwrap();
    let after = facts(&store, "crm:512");
    assert_eq!((after.notes.len(), after.pulses.len()), (1, 1));
    assert_eq!((after.notes[0].id.as_str(), after.notes[0].mine), ("n7", true));

    // Corrected in the CRM: the CRM's copy is the truth.
    let corrected = mine.body.replace("pulse red: quiet", "pulse yellow: a little quiet");
    store.apply(&batch("note", vec![theirs("n7", Some("u1"), &corrected)])).unwrap();
    assert_eq!(facts(&store, "crm:512").pulses[0].pulse, Pulse::Yellow);

    // Changed here and not yet there: what stands here.
    let edit = NoteEdit {
        id: "M1".into(),
        text: "better".into(),
        body: "Better.\n\n* pulse green\n[rounds:1:M1:512:maya@us.example]".into(),
        kept: String::new(),
        at: now(),
        out: vec![out("e1", "note", "\"better\"")],
    };
    store.note_edit(&edit).unwrap();
    let ahead = facts(&store, "crm:512");
    assert_eq!((ahead.pulses[0].pulse, ahead.notes[0].state.as_deref()), (Pulse::Green, Some("queued")));

    // Deleted here: gone at once, though the CRM has it still.
    store.note_delete(&"M1".into(), now()).unwrap();
    let gone = facts(&store, "crm:512");
    assert!(gone.notes.is_empty() && gone.pulses.is_empty());
}

#[test]
fn a_note_deleted_in_the_crm_is_gone_here() {
    let folder = Folder::new();
    let mut store = store(&folder);
    store.note_save(&note("M1", "hello")).unwrap();
    let sent = OutboxMark { remote: Some("n7".into()), ..OutboxMark::new(OutboxState::Sent, now()) };
    store.outbox_mark("M1", &sent).unwrap();
    store.apply(&batch("note", vec![theirs("n7", Some("u1"), &note("M1", "hello").body)])).unwrap();
    let mut gone = row(Entity::Note, "n7", &[]);
    gone.gone = true;
    store.apply(&batch("note", vec![gone])).unwrap();
    assert!(facts(&store, "crm:512").notes.is_empty());
}

#[test]
fn touches_say_whether_somebody_was_met() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let touch = |id: &str, kind: &str, more: &[(&str, &str)]| {
        let mut row = on_512(Entity::Touch, id, &[("kind", text(kind)), ("at", Value::Instant(now()))]);
        row.fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), text(value))));
        row
    };
    let rows = vec![
        touch("a", "meeting", &[("outcome", "completed")]),
        touch("b", "meeting", &[("outcome", "NO_SHOW")]),
        touch("c", "call", &[("outcome", "no_answer")]),
        touch("d", "mail", &[("direction", "out")]),
        touch("e", "mail", &[("direction", "in")]),
        touch("f", "fax", &[]),
    ];
    store.apply(&batch("touch", rows)).unwrap();
    let met = facts(&store, "crm:512").touches.into_iter().map(|touch| (touch.id, touch.two_way)).collect::<Vec<_>>();
    let said = |id: &str, met: bool| (id.to_owned(), met);
    assert_eq!(met, [said("a", true), said("b", false), said("c", false), said("d", false), said("e", true)]);
}

#[test]
fn a_mail_that_a_note_tells_of_was_answered() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let body = "Sent the deck.\n\n* mail with Jane Doe <jane@northwind.example> on 2026-11-23\n[rounds:1:M5:512:maya@us.example]";
    store.apply(&batch("note", vec![theirs("n5", Some("u1"), body)])).unwrap();
    let touches = facts(&store, "crm:512").touches;
    assert_eq!((touches.len(), touches[0].two_way), (1, true));
    // Its own record in the CRM says no less.
    let record = on_512(
        Entity::Touch,
        "e9",
        &[
            ("kind", text("mail")),
            ("direction", text("out")),
            ("at", Value::Instant(now())),
            ("body", text("Sent the deck.\n[rounds:1:M5.1:512:maya@us.example]")),
        ],
    );
    store.apply(&batch("mail", vec![record])).unwrap();
    let touches = facts(&store, "crm:512").touches;
    assert_eq!((touches.len(), touches[0].id.as_str(), touches[0].two_way), (1, "e9", true));
}

#[test]
fn an_escalation_counts_from_its_day() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let opened = date(2026, 11, 2);
    let ticket = |id: &str, more: &[(&str, Value)]| {
        let mut row = on_512(Entity::Ticket, id, &[("opened", Value::Instant(noon(opened)))]);
        row.fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        row
    };
    let flag = |flag| ("escalated", Value::Bool(flag));
    let day = ("escalated_on", Value::Day(date(2026, 11, 9)));
    let closed = ("closed", Value::Instant(noon(date(2026, 11, 20))));
    let rows = vec![
        ticket("a", &[flag(true), day.clone()]),
        ticket("b", &[flag(true)]),
        ticket("c", &[flag(false), day.clone(), closed]),
        ticket("d", &[flag(false), day]),
        ticket("e", &[flag(false)]),
    ];
    store.apply(&batch("ticket", rows)).unwrap();
    // The flag of `e` is seen being set a day later.
    store.apply(&at(date(2026, 11, 24), "ticket", vec![ticket("e", &[flag(true)])])).unwrap();
    let mut said =
        facts(&store, "crm:512").tickets.into_iter().map(|t| (t.id, t.escalated, t.escalated_on)).collect::<Vec<_>>();
    said.sort();
    let is = |id: &str, escalated, on| (id.to_owned(), escalated, on);
    assert_eq!(
        said,
        [
            is("a", true, Some(date(2026, 11, 9))),
            is("b", true, None),
            is("c", true, Some(date(2026, 11, 9))),
            is("d", false, None),
            is("e", true, Some(date(2026, 11, 24))),
        ]
    );
}

#[test]
fn the_past_was_known_when_it_happened() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let meeting =
        |id: &str, day| on_512(Entity::Touch, id, &[("kind", text("meeting")), ("at", Value::Instant(noon(day)))]);
    store.apply(&batch("touch", vec![meeting("a", date(2026, 6, 1)), meeting("b", date(2026, 12, 5))])).unwrap();
    let touches = facts(&store, "crm:512").touches;
    assert_eq!((touches[0].on, touches[0].known), (date(2026, 6, 1), date(2026, 6, 1)));
    assert_eq!((touches[1].on, touches[1].known), (date(2026, 12, 5), TODAY), "planned ones when they were planned");
}

#[test]
fn people_who_left_or_were_merged() {
    let folder = Folder::new();
    let mut store = store(&folder);
    let left = on_512(
        Entity::Person,
        "9",
        &[
            ("name", text("Jane Doe")),
            ("email", text("jane@northwind.example")),
            ("left", Value::Bool(true)),
            ("left_on", Value::Day(date(2026, 11, 1))),
        ],
    );
    let mut sam = on_512(Entity::Person, "10", &[("first_name", text("Sam")), ("last_name", text("Ortiz"))]);
    sam.merged.push("11".into());
    let mut touch = on_512(Entity::Touch, "t", &[("kind", text("call")), ("at", Value::Instant(now()))]);
    touch.people = vec!["11".into(), "10".into()];
    store.apply(&batch("all", vec![left, sam, touch])).unwrap();
    // The same woman in the support tool.
    let mut other =
        on_512(Entity::Person, "s5", &[("email", text("Jane@Northwind.example")), ("phone", text("+1 555"))]);
    other.accounts = vec!["org".into()];
    let mut page = rounds::store::Batch::new("support".into(), "user", vec![other], now());
    page.founds = false;
    page.matches.push(("org".into(), "crm:512".into()));
    store.apply(&page).unwrap();
    let facts = facts(&store, "crm:512");
    assert_eq!(facts.people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["Jane Doe", "Sam Ortiz"]);
    let jane = &facts.people[0];
    assert_eq!(jane.phone.as_deref(), Some("+1 555"));
    assert_eq!(jane.left.at(date(2026, 10, 31)), None);
    assert_eq!(jane.left.at(date(2026, 11, 1)), Some(&true));
    assert_eq!(facts.touches[0].people, [PersonId::from("crm:10")], "a merged id is the one it was merged into");
}

#[test]
fn small_questions() {
    let folder = Folder::new();
    let mut store = store(&folder);
    store.put_account_link(&crm(), "https://crm.example/account/{id}").unwrap();
    assert_eq!(facts(&store, "crm:512").link.as_deref(), Some("https://crm.example/account/512"));
    assert_eq!(store.owner_id(&crm(), "MAYA@us.example").unwrap().as_deref(), Some("1"));
    assert_eq!(store.owner_id(&crm(), "nobody@us.example").unwrap(), None);
    let task = |id: &str, day, done| {
        let due = Value::Instant(noon(day));
        on_512(Entity::Task, id, &[("subject", text("x")), ("due", due), ("done", Value::Bool(done))])
    };
    let zone = jiff::tz::TimeZone::UTC;
    store.apply(&batch("task", vec![task("1", TODAY, true), task("2", date(2026, 11, 24), false)])).unwrap();
    assert!(store.tasks_due(TODAY, &zone).unwrap().is_empty());
    assert_eq!(store.tasks_due(date(2026, 11, 24), &zone).unwrap(), [AccountId::from("crm:512")]);
    let mut queued = note("T1", "* task: call back by 2026-11-20");
    queued.account = "crm:512".into();
    queued.out.push(rounds::store::NewOutbox { entity: Entity::Task, ..out("T1.1", "1", "{}") });
    store.note_save(&queued).unwrap();
    assert_eq!(store.tasks_due(TODAY, &zone).unwrap(), [AccountId::from("crm:512")]);
}

#[test]
fn finding_an_account() {
    let folder = Folder::new();
    let mut store = store(&folder);
    store
        .apply(&batch("all", vec![account("2", "Northwest"), account("3", "The North"), account("4", "Ünal Ö")]))
        .unwrap();
    let find = |what: &str| store.find(what, 5).unwrap().into_iter().map(|(_, name)| name).collect::<Vec<_>>();
    assert_eq!(find("crm:512"), ["Northwind"]);
    assert_eq!(find("512"), ["Northwind"]);
    assert_eq!(find("NORTHWIND"), ["Northwind"]);
    assert_eq!(find("https://www.northwind.example/x"), ["Northwind"]);
    assert_eq!(find("north"), ["Northwest", "Northwind", "The North"]);
    assert_eq!(find("wind"), ["Northwind"]);
    assert_eq!(find("ünal"), ["Ünal Ö"]);
    assert!(find("").is_empty() && find("zzz").is_empty());
    assert_eq!(store.find("north", 2).unwrap().len(), 2);
}
