//! A process that dies at any moment: what it said it had saved is there, and no page is skipped.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rounds::book::ids::{DraftKey, NoteId};
use rounds::book::row::Entity;
use rounds::store::{Access, Cursor, OutboxMark, OutboxState, Store};

use crate::book::{Folder, account, batch, crm, note, now, on_512, text};

/// This program again, running one test alone.
pub fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).stdin(Stdio::null());
    command
}

/// Writes until it is killed: a draft, a note, a page with its cursor, and says so after each.
#[test]
fn writing_child() {
    let Some(dir) = std::env::var_os("ROUNDS_TEST_KILL") else { return };
    let mut store = Store::open(dir.as_ref(), Access::ReadWrite).unwrap().store;
    store.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
    for n in 0.. {
        store.draft_put(&DraftKey::Next("crm:77".into()), &format!("draft {n}"), now()).unwrap();
        println!("draft {n}");
        let id = format!("N{n}");
        store.note_save(&note(&id, "said")).unwrap();
        println!("note {n}");
        store.outbox_mark(&id, &OutboxMark::new(OutboxState::Sending, now())).unwrap();
        let rows = (0..20).map(|i| on_512(Entity::Person, &format!("{n}-{i}"), &[("name", text("Jane"))])).collect();
        let mut page = batch("person", rows);
        page.cursor = Some(Cursor(n.to_string()));
        store.apply(&page).unwrap();
        println!("page {n}");
    }
}

#[test]
fn what_was_said_to_be_saved_survives_kill_9() {
    // Killed after different numbers of lines, so that every kind of write is hit.
    for lines in [1, 4, 9, 14, 20, 31] {
        let folder = Folder::new();
        let mut running =
            child("kill::writing_child").env("ROUNDS_TEST_KILL", folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = Vec::new();
        let mut reader = BufReader::new(running.stdout.take().unwrap());
        while said.len() < lines {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the writer ended by itself");
            if let Some((kind, n)) = line.trim().rsplit_once(' ') {
                // The test harness begins its line with the test's name.
                let kind = kind.rsplit(' ').next().unwrap_or(kind).to_owned();
                if let (true, Ok(n)) = (["draft", "note", "page"].contains(&kind.as_str()), n.parse::<usize>()) {
                    said.push((kind, n));
                }
            }
        }
        running.kill().unwrap();
        running.wait().unwrap();

        let mut store = folder.open();
        let newest = |kind: &str| said.iter().filter(|(said, _)| said == kind).map(|(_, n)| *n).max();
        for (_, n) in said.iter().filter(|(kind, _)| kind == "note") {
            let note = store.note(&NoteId(format!("N{n}"))).unwrap().expect("a saved note");
            assert!(["queued", "sending"].contains(&note.state.as_str()), "{}", note.state);
            assert_eq!(store.outbox_of(&note.id).unwrap().len(), 1);
        }
        if let Some(n) = newest("draft") {
            let draft = store.draft(&DraftKey::Next("crm:77".into())).unwrap().expect("a kept draft");
            let kept: usize = draft.strip_prefix("draft ").unwrap().parse().unwrap();
            assert!(kept >= n, "{kept} {n}");
        }
        let cursor = store.cursor(&crm(), "person").unwrap().map(|cursor| cursor.0.parse::<usize>().unwrap());
        assert!(cursor >= newest("page"), "{cursor:?}");
        // Exactly the pages up to the cursor: never a row without its cursor, never a cursor without its rows.
        let pages = cursor.map_or(0, |n| n + 1);
        if cursor.is_some() || store.find("Northwind", 1).unwrap().len() == 1 {
            assert_eq!(crate::book::facts(&store, "crm:512").people.len(), pages * 20);
        }
        let unclear = store.outbox_recover(now(), std::time::Duration::from_secs(60)).unwrap();
        assert!(unclear >= newest("page").map_or(0, |n| n as u64 + 1));
        assert!(store.outbox_list(0).unwrap().iter().all(|row| row.state != "sending"));
    }
}
