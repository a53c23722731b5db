//! The outbox: each row once, in order, and what edits and deletions mean for rows in every state.

use jiff::{SignedDuration, Timestamp};
use rounds::book::ids::{AccountId, DraftKey, NoteId};
use rounds::book::news::Told;
use rounds::book::plays::{ActionState, ActionStatus};
use rounds::book::standing::Band;
use rounds::store::{
    Decision, Gone, NoteEdit, OutboxItem, OutboxMark, OutboxState, RoundLine, Store, StoreError, Telling, WriteAction,
};

use crate::book::{Folder, TODAY, note, now, out};

fn due(store: &Store, at: Timestamp) -> Vec<OutboxItem> {
    store.outbox_due(at, 10).unwrap()
}

fn mark(store: &mut Store, id: &str, state: OutboxState) {
    store.outbox_mark(id, &OutboxMark::new(state, now())).unwrap();
}

fn sent(store: &mut Store, id: &str, remote: &str) {
    mark(store, id, OutboxState::Sending);
    let done = OutboxMark { remote: Some(remote.into()), ..OutboxMark::new(OutboxState::Sent, now()) };
    store.outbox_mark(id, &done).unwrap();
}

fn edit(id: &str, text: &str, out: Vec<rounds::store::NewOutbox>) -> NoteEdit {
    NoteEdit {
        id: NoteId::from(id),
        text: text.into(),
        body: format!("{text}\n[rounds:1:{id}:512:maya@us.example]"),
        kept: String::new(),
        at: now(),
        out,
    }
}

fn later(seconds: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

#[test]
fn a_change_has_a_draft_of_its_own() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.note_save(&note("N1", "hello")).unwrap();
    // It ends with the change and not with another note.
    let change = DraftKey::Change("N1".into());
    store.draft_put(&change, "hello, again", now()).unwrap();
    store.note_save(&note("N0", "another")).unwrap();
    assert_eq!(store.draft(&change).unwrap().as_deref(), Some("hello, again"));
    let edit = NoteEdit {
        id: "N1".into(),
        text: "hi".into(),
        body: "hi".into(),
        kept: String::new(),
        at: now(),
        out: Vec::new(),
    };
    store.note_edit(&edit).unwrap();
    assert_eq!(store.draft(&change).unwrap(), None);
}

#[test]
fn a_note_and_its_parts_are_one_save() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.draft_put(&DraftKey::Next("crm:512".into()), "typing", now()).unwrap();
    let mut one = note("N1", "hello");
    one.out.push(out("N1.1", "1", "\"call\""));
    store.note_save(&one).unwrap();
    assert_eq!(store.draft(&DraftKey::Next("crm:512".into())).unwrap(), None, "the draft ended with it");
    assert_eq!(due(&store, now()).iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["N1", "N1.1"]);
    assert!(matches!(store.note_save(&one), Err(StoreError::Refused(_))), "an id is used once");
    // A part whose id is taken: nothing of the note is kept.
    let mut two = note("N2", "second");
    two.out.push(out("N1.1", "1", "\"call\""));
    assert!(store.note_save(&two).is_err());
    assert!(store.note(&"N2".into()).unwrap().is_none());
    assert_eq!(store.outbox_counts().unwrap(), (2, 0));
}

#[test]
fn private_notes_never_leave() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.note_save(&rounds::store::NewNote { private: true, ..note("N1", "for me") }).unwrap();
    assert!(due(&store, now()).is_empty());
    assert_eq!(store.note(&"N1".into()).unwrap().unwrap().state, "private");
    store.note_edit(&edit("N1", "still for me", vec![out("N1", "note", "\"x\"")])).unwrap();
    assert!(due(&store, now()).is_empty());
    assert_eq!(store.note_delete(&"N1".into(), now()).unwrap(), Gone::Here);
}

#[test]
fn the_states_of_a_row() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.note_save(&note("N1", "hello")).unwrap();
    mark(&mut store, "N1", OutboxState::Sending);
    assert!(due(&store, later(9999)).is_empty(), "what is on its way is not sent again");
    assert_eq!(store.outbox_recover(later(1), std::time::Duration::from_secs(60)).unwrap(), 1);
    let row = store.outbox_row("N1").unwrap().unwrap();
    assert_eq!((row.state, row.attempts), (OutboxState::Unknown, 1));
    assert!(due(&store, later(59)).is_empty(), "its mark is looked for after a minute");
    assert_eq!(due(&store, later(60))[0].state, OutboxState::Unknown);
    assert_eq!(store.outbox_next().unwrap(), Some(later(60)));
    // "Again, please" does not make it known.
    assert_eq!(store.outbox_retry(None, later(2)).unwrap(), 1);
    assert_eq!(due(&store, later(2))[0].state, OutboxState::Unknown);
    let put_off = OutboxMark {
        because: Some("busy".into()),
        next_at: Some(later(300)),
        ..OutboxMark::new(OutboxState::Queued, now())
    };
    store.outbox_mark("N1", &put_off).unwrap();
    assert!(due(&store, later(299)).is_empty());
    assert_eq!(store.outbox_list(0).unwrap()[0].because.as_deref(), Some("busy"));
    let refused = OutboxMark { because: Some("no right".into()), ..OutboxMark::new(OutboxState::Refused, now()) };
    store.outbox_mark("N1", &refused).unwrap();
    assert_eq!(store.note(&"N1".into()).unwrap().unwrap().state, "refused");
    assert_eq!(store.outbox_counts().unwrap(), (1, 1));
    assert!(due(&store, later(9999)).is_empty());
    assert_eq!(store.outbox_retry(Some("N1"), now()).unwrap(), 1);
    let row = &due(&store, now())[0];
    assert_eq!((row.state, row.attempts, row.because.clone()), (OutboxState::Queued, 0, None));
    sent(&mut store, "N1", "77");
    let kept = store.note(&"N1".into()).unwrap().unwrap();
    assert_eq!((kept.state.as_str(), kept.remote.as_deref()), ("sent", Some("77")));
    assert!(store.outbox_list(0).unwrap().is_empty());
    assert_eq!(store.outbox_list(5).unwrap()[0].state, "sent");
    assert!(store.outbox_drop("N1", now()).is_err(), "it is there");
    assert!(store.outbox_mark("nobody", &refused).is_err());
}

#[test]
fn a_waiting_note_is_changed_in_place() {
    let folder = Folder::new();
    let mut store = folder.open();
    let mut one = note("N1", "hello");
    one.out.push(out("N1.1", "1", "\"call\""));
    store.note_save(&one).unwrap();
    store
        .note_edit(&edit("N1", "hello again", vec![out("x", "note", "\"new\""), out("N1.2", "2", "\"task\"")]))
        .unwrap();
    let rows = due(&store, now());
    assert_eq!(
        rows.iter().map(|row| (row.id.as_str(), row.payload.as_str())).collect::<Vec<_>>(),
        [("N1", "\"new\""), ("N1.2", "\"task\"")],
        "the call was taken out of the note, so it is not sent"
    );
    assert!(rows.iter().all(|row| row.action == WriteAction::Create));
}

#[test]
fn a_note_that_left_is_followed_by_its_change() {
    for state in [OutboxState::Sending, OutboxState::Unknown, OutboxState::Sent] {
        let folder = Folder::new();
        let mut store = folder.open();
        store.note_save(&note("N1", "hello")).unwrap();
        match state {
            OutboxState::Sent => sent(&mut store, "N1", "77"),
            other => mark(&mut store, "N1", other),
        }
        store.note_edit(&edit("N1", "second", vec![out("N1", "note", "\"second\"")])).unwrap();
        store.note_edit(&edit("N1", "third", vec![out("N1", "note", "\"third\"")])).unwrap();
        if state != OutboxState::Sent {
            assert!(due(&store, now()).iter().all(|row| row.id == "N1"), "it follows after");
            sent(&mut store, "N1", "77");
        }
        let rows = due(&store, now());
        assert_eq!(rows.len(), 1, "the second text was overtaken by the third");
        assert_eq!((rows[0].action, rows[0].payload.as_str()), (WriteAction::Update, "\"third\""));
        assert_eq!(rows[0].remote.as_deref(), Some("77"));
        let kept = store.note(&"N1".into()).unwrap().unwrap();
        assert_eq!((kept.state.as_str(), kept.ahead), ("queued", true));
        sent(&mut store, &rows[0].id, "77");
        assert_eq!(store.note(&"N1".into()).unwrap().unwrap().state, "sent");
        // The same text again asks for nothing.
        store.note_edit(&edit("N1", "third", vec![out("e3", "note", "\"third\"")])).unwrap();
        assert!(due(&store, now()).is_empty());
        assert_eq!(store.note_delete(&"N1".into(), now()).unwrap(), Gone::Queued);
        let rows = due(&store, now());
        assert_eq!((rows[0].action, rows[0].remote.as_deref()), (WriteAction::Delete, Some("77")));
    }
}

#[test]
fn changes_to_the_same_note_go_one_after_the_other() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.note_save(&note("N1", "hello")).unwrap();
    sent(&mut store, "N1", "77");
    store.note_edit(&edit("N1", "second", vec![out("e1", "note", "\"second\"")])).unwrap();
    mark(&mut store, "e1", OutboxState::Unknown);
    store.note_edit(&edit("N1", "third", vec![out("e2", "note", "\"third\"")])).unwrap();
    assert_eq!(due(&store, now()).iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["e1"]);
    sent(&mut store, "e1", "77");
    assert_eq!(due(&store, now())[0].id, "e2");
}

#[test]
fn deleting_what_never_left_leaves_nothing_to_send() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.note_save(&note("N1", "hello")).unwrap();
    assert_eq!(store.note_delete(&"N1".into(), now()).unwrap(), Gone::Here);
    assert!(due(&store, later(9999)).is_empty());
    assert!(store.notes_of(&"crm:512".into()).unwrap().is_empty());
    assert!(store.note_delete(&"N1".into(), now()).is_err());
    // On its way: the removal waits for the outcome.
    store.note_save(&note("N2", "hello")).unwrap();
    mark(&mut store, "N2", OutboxState::Sending);
    assert_eq!(store.note_delete(&"N2".into(), now()).unwrap(), Gone::Queued);
    assert!(due(&store, later(9999)).is_empty());
    mark(&mut store, "N2", OutboxState::Refused);
    assert!(due(&store, later(9999)).is_empty(), "refused: nothing is there, nothing to remove");
    assert_eq!(store.outbox_counts().unwrap(), (0, 0));
}

#[test]
fn a_refused_note_that_was_edited_meanwhile_is_tried_again() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.note_save(&note("N1", "hello")).unwrap();
    mark(&mut store, "N1", OutboxState::Sending);
    store.note_edit(&edit("N1", "better", vec![out("e1", "note", "\"better\"")])).unwrap();
    mark(&mut store, "N1", OutboxState::Refused);
    let rows = due(&store, now());
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].id.as_str(), rows[0].payload.as_str(), rows[0].action),
        ("N1", "\"better\"", WriteAction::Create)
    );
}

#[test]
fn a_row_that_is_given_up_stays_a_note() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.note_save(&note("N1", "hello")).unwrap();
    store.outbox_drop("N1", now()).unwrap();
    assert!(due(&store, later(9999)).is_empty());
    assert!(store.outbox_list(5).unwrap().is_empty());
    assert_eq!(store.notes_of(&"crm:512".into()).unwrap()[0].state, "refused");
}

#[test]
fn the_removal_of_a_copy_is_a_row_of_its_own() {
    let folder = Folder::new();
    let mut store = folder.open();
    let removal = rounds::store::NewOutbox {
        action: WriteAction::Delete,
        remote: Some("78".into()),
        ..out("copy-78", "copy 78", "null")
    };
    store.outbox_add(&"crm:512".into(), Some(&"N1".into()), &removal, now()).unwrap();
    let row = &due(&store, now())[0];
    assert_eq!((row.action, row.remote.as_deref(), row.follows.clone()), (WriteAction::Delete, Some("78"), None));
}

#[test]
fn the_last_change_is_taken_back_unless_it_left() {
    let folder = Folder::new();
    let mut store = folder.open();
    assert_eq!(store.undo(now()).unwrap(), None);
    store.note_save(&note("N1", "hello")).unwrap();
    store.note_edit(&edit("N1", "changed", vec![out("e1", "note", "\"changed\"")])).unwrap();
    store.note_delete(&"N1".into(), now()).unwrap();
    assert_eq!(store.undo(now()).unwrap().as_deref(), Some("the deletion of the note"));
    assert_eq!(store.note(&"N1".into()).unwrap().unwrap().text, "changed");
    assert_eq!(due(&store, now())[0].payload, "\"changed\"");
    store.undo(now()).unwrap();
    assert_eq!(due(&store, now())[0].payload, "\"hello\"");
    assert_eq!(store.undo(now()).unwrap().as_deref(), Some("the note"));
    assert!(store.note(&"N1".into()).unwrap().is_none() && due(&store, now()).is_empty());
    // Sent: too late, and not offered again.
    store.note_save(&note("N2", "hello")).unwrap();
    sent(&mut store, "N2", "77");
    let error = store.undo(now()).unwrap_err();
    assert!(error.to_string().contains("has left this machine"), "{error}");
    assert_eq!(store.undo(now()).unwrap(), None);
    assert_eq!(store.note(&"N2".into()).unwrap().unwrap().state, "sent");
    // The removal of a sent note can be taken back while it waits.
    store.note_delete(&"N2".into(), now()).unwrap();
    store.undo(now()).unwrap();
    assert!(due(&store, now()).is_empty());
    assert_eq!(store.notes_of(&"crm:512".into()).unwrap().len(), 1);
}

#[test]
fn decisions_rounds_and_events_are_remembered() {
    let folder = Folder::new();
    let mut store = folder.open();
    let account = AccountId::from("crm:512");
    let decide = |status, until| Decision {
        account: account.clone(),
        state: ActionState { play: "meet".into(), key: "k".into(), status, on: TODAY, until },
        because: Some("holidays".into()),
        assignee: None,
        title: "Meet Sam".into(),
        at: now(),
    };
    let until = jiff::civil::date(2026, 12, 1);
    store.action_put(&decide(ActionStatus::Snoozed, Some(until)), "snooze").unwrap();
    store.action_put(&decide(ActionStatus::Done, None), "done").unwrap();
    assert_eq!(store.actions_of(&account).unwrap()[0].status, ActionStatus::Done);
    assert_eq!(store.undo(now()).unwrap().as_deref(), Some("done"));
    assert_eq!(store.decisions_of(&account).unwrap(), [decide(ActionStatus::Snoozed, Some(until))]);
    assert_eq!(store.decisions().unwrap().len(), 1);

    assert!(store.last_round(TODAY).unwrap().is_none());
    let line = RoundLine { account: account.clone(), band: Band::AtRisk, flags: vec!["a".into()], score: Some(41.0) };
    for _ in 0..12 {
        store.round_put(TODAY, now(), std::slice::from_ref(&line)).unwrap();
    }
    let last = store.last_round(TODAY).unwrap().unwrap();
    assert_eq!((last.day, &last.lines[&account]), (TODAY, &line));
    assert!(store.last_round(TODAY.yesterday().unwrap()).unwrap().is_none());

    let event = rounds::store::Event {
        kind: "band".into(),
        account,
        from: Some("watch".into()),
        to: Some("at risk".into()),
        points: Some(-18.0),
        because: "champion left".into(),
        day: TODAY,
        at: now(),
    };
    let told = |band: Band| Told { day: TODAY, model: "m".into(), band, former: false, flags: Vec::new() };
    let telling = |before: Option<Told>, band: Band| Telling {
        account: event.account.clone(),
        before,
        after: told(band),
        events: vec![event.clone()],
    };
    assert_eq!(store.tell(&[telling(None, Band::AtRisk)], now()).unwrap(), 1);
    assert_eq!(store.told_of(&event.account).unwrap(), Some(told(Band::AtRisk)));
    // Whoever looked before it was told comes too late; and the same change on the same day is one event.
    assert_eq!(store.tell(&[telling(None, Band::Healthy)], now()).unwrap(), 0);
    assert_eq!(store.told_of(&event.account).unwrap(), Some(told(Band::AtRisk)));
    assert_eq!(store.tell(&[telling(Some(told(Band::AtRisk)), Band::Watch)], now()).unwrap(), 0);
    assert_eq!(store.events_since(TODAY.yesterday().unwrap()).unwrap(), [event]);
    assert!(store.events_since(TODAY).unwrap().is_empty());
}
