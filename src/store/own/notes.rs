//! Notes: a note, what must reach the CRM because of it, and the end of its draft are one transaction.
//!
//! Decides what an edit or a deletion means for rows of the outbox that wait, are on their way or have arrived. What a
//! note says is `book`'s matter.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::codec::{moment, ms};
use super::super::{Store, StoreError};
use super::outbox::{NewOutbox, OutboxItem, OutboxState, WriteAction, insert, remove, rows};
use super::tasks::is_closing;
use super::{drafts, touch, undo};
use crate::book::ids::{AccountId, DraftKey, NoteId};

/// A note to be saved.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNote {
    pub id: NoteId,
    pub account: AccountId,
    /// As it was typed, for editing it.
    pub text: String,
    /// As it is written to the CRM: text, bullets, mark.
    pub body: String,
    /// Bullets of it that stay on this machine, one a line.
    pub kept: String,
    /// It never leaves this machine.
    pub private: bool,
    /// Who wrote it: e-mail of the owner.
    pub author: Option<String>,
    pub at: Timestamp,
    /// What must reach the CRM: the note itself (part `note`), and one for every task, call, meeting or mail in it.
    pub out: Vec<NewOutbox>,
}

/// A note's new text.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteEdit {
    pub id: NoteId,
    pub text: String,
    pub body: String,
    /// Bullets of it that stay on this machine, one a line.
    pub kept: String,
    pub at: Timestamp,
    /// All of it again, as for a new note. Parts that are as they were are left alone.
    pub out: Vec<NewOutbox>,
}

/// A note of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnNote {
    pub id: NoteId,
    pub account: AccountId,
    pub text: String,
    pub body: String,
    /// Bullets of it that stay on this machine, one a line.
    pub kept: String,
    pub private: bool,
    pub author: Option<String>,
    pub at: Timestamp,
    pub edited: Option<Timestamp>,
    pub deleted: Option<Timestamp>,
    /// Its id in the CRM, once it is there.
    pub remote: Option<String>,
    /// Where it stands, its changes included: private, queued, sending, unknown, sent, refused.
    pub state: String,
    /// A change of it has not arrived yet: until then what stands here is the truth.
    pub ahead: bool,
}

/// What a deletion came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// It had not left the machine: it is simply gone.
    Here,
    /// Its removal from the CRM is queued.
    Queued,
}

const COLUMNS: &str = "id, account, text, body, private, author, at, edited, deleted, remote, kept";

fn read(row: &Row<'_>) -> rusqlite::Result<OwnNote> {
    Ok(OwnNote {
        id: NoteId(row.get(0)?),
        account: AccountId(row.get(1)?),
        text: row.get(2)?,
        body: row.get(3)?,
        private: row.get(4)?,
        author: row.get(5)?,
        at: moment(row.get(6)?),
        edited: row.get::<_, Option<i64>>(7)?.map(moment),
        deleted: row.get::<_, Option<i64>>(8)?.map(moment),
        remote: row.get(9)?,
        kept: row.get(10)?,
        state: String::new(),
        ahead: false,
    })
}

/// Notes that a condition picks, newest first, each with its state.
pub(in crate::store) fn list(
    conn: &Connection,
    cond: &str,
    params: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<OwnNote>> {
    let mut notes = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM note WHERE {cond} ORDER BY at DESC, id DESC"))?
        .query_map(params, read)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut states = conn.prepare_cached(
        "SELECT action, state FROM outbox WHERE note = ?1 AND (part = 'note' OR part LIKE 'note~%') AND action <> 'delete'
         ORDER BY seq DESC",
    )?;
    for note in &mut notes {
        let rows = states
            .query_map([note.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(String, String)>, _>>()?;
        // Newest first: the first that has not arrived says where the note stands.
        let open = rows.iter().find(|(_, state)| state != "sent");
        note.ahead = open.is_some_and(|(_, state)| state != "dropped");
        note.state = match open {
            None if note.private || rows.is_empty() => "private".to_owned(),
            None => "sent".to_owned(),
            Some((_, state)) if state == "dropped" => "refused".to_owned(),
            Some((_, state)) => state.clone(),
        };
    }
    Ok(notes)
}

/// All notes of ours on an account that goes by several ids. A deleted one is among them, as such, until the CRM is known
/// to keep it: then it is shown again.
pub(in crate::store) fn notes_on(conn: &Connection, ids: &[String]) -> rusqlite::Result<Vec<OwnNote>> {
    let mut kept = conn.prepare_cached(
        "SELECT 1 FROM outbox WHERE note = ?1 AND part = 'note' AND action = 'delete' AND state IN ('refused', 'dropped')",
    )?;
    let mut notes = Vec::new();
    for id in ids {
        for note in list(conn, "account = ?1", &[id])? {
            if note.deleted.is_none() || !kept.exists([note.id.as_str()])? {
                notes.push(note);
            }
        }
    }
    Ok(notes)
}

/// All notes of ours that were not deleted, newest first.
pub(in crate::store) fn all(conn: &Connection) -> rusqlite::Result<Vec<OwnNote>> {
    list(conn, "deleted IS NULL", &[])
}

fn save(conn: &Connection, note: &NewNote) -> rusqlite::Result<Result<(), String>> {
    let (id, account) = (note.id.as_str(), note.account.as_str());
    let taken = conn.prepare_cached("SELECT 1 FROM note WHERE id = ?1")?.exists([id])?;
    if taken {
        return Ok(Err(format!("there is a note {id} already: nothing was changed")));
    }
    let before = undo::Before::note(conn, id)?;
    conn.prepare_cached(
        "INSERT INTO note(id, account, text, body, private, author, at, kept) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![id, account, note.text, note.body, note.private, note.author, ms(note.at), note.kept])?;
    if !note.private {
        for out in &note.out {
            insert(conn, account, Some(id), out, None, note.at)?;
        }
    }
    drafts::forget(conn, &DraftKey::Next(note.account.clone()))?;
    touch(conn, account)?;
    before.keep(conn, "the note", account, note.at)?;
    Ok(Ok(()))
}

/// What is known of a part of a note that was, or is to be, created.
struct Part {
    create: OutboxItem,
    /// Changes that have not arrived, oldest first.
    waiting: Vec<OutboxItem>,
    /// What the CRM has, or will have when all that is under way has arrived.
    payload: String,
}

impl Part {
    /// Never sent, or clearly not arrived: it can still be changed here.
    fn here(&self) -> bool {
        matches!(self.create.state, OutboxState::Queued | OutboxState::Refused | OutboxState::Dropped)
            && self.create.remote.is_none()
    }
}

fn parts(conn: &Connection, note: &str) -> rusqlite::Result<Vec<Part>> {
    let all = rows(conn, "o.note = ?1 ORDER BY seq", &[&note])?;
    // That a task was closed is no matter of the text.
    let all = all.into_iter().filter(|row| !is_closing(row));
    let (creates, changes): (Vec<_>, Vec<_>) = all.partition(|row| row.action == WriteAction::Create);
    let part = |create: OutboxItem| {
        let of = || changes.iter().filter(|row| row.follows.as_deref() == Some(&create.id));
        // What was deleted there is no part of the note any more.
        let ended = of().any(|row| row.action == WriteAction::Delete && row.state != OutboxState::Dropped);
        let newest = of().rfind(|row| row.action == WriteAction::Update && row.state != OutboxState::Dropped);
        let payload = newest.map_or_else(|| create.payload.clone(), |row| row.payload.clone());
        let waiting =
            of().filter(|row| !matches!(row.state, OutboxState::Sent | OutboxState::Dropped)).cloned().collect();
        (!ended).then_some(Part { create, waiting, payload })
    };
    Ok(creates.into_iter().filter_map(part).collect())
}

fn edit(conn: &Connection, edit: &NoteEdit) -> rusqlite::Result<Result<(), String>> {
    let id = edit.id.as_str();
    let Some(note) = list(conn, "id = ?1 AND deleted IS NULL", &[&id])?.pop() else {
        return Ok(Err(format!("there is no note {id} of yours here")));
    };
    let account = note.account.as_str();
    let before = undo::Before::note(conn, id)?;
    conn.prepare_cached("UPDATE note SET text = ?2, body = ?3, edited = ?4, kept = ?5 WHERE id = ?1")?
        .execute(params![id, edit.text, edit.body, ms(edit.at), edit.kept])?;
    let known = parts(conn, id)?;
    if !note.private {
        for out in &edit.out {
            match known.iter().find(|part| part.create.part == out.part) {
                None => insert(conn, account, Some(id), out, None, edit.at)?,
                Some(part) if part.here() => {
                    conn.prepare_cached(
                        "UPDATE outbox SET payload = ?2, text = ?3, entity = ?4, state = 'queued', because = NULL,
                           attempts = 0, next_at = ?5, changed = ?5 WHERE id = ?1",
                    )?
                    .execute(params![
                        part.create.id,
                        out.payload,
                        out.text,
                        out.entity.name(),
                        ms(edit.at)
                    ])?;
                }
                Some(part) if part.payload == out.payload => {}
                Some(part) => {
                    let replaced = part
                        .waiting
                        .iter()
                        .filter(|row| matches!(row.state, OutboxState::Queued | OutboxState::Refused));
                    remove(conn, replaced.map(|row| row.id.clone()))?;
                    let remote = part.create.remote.clone();
                    let row = free_id(conn, &out.id)?;
                    let change = NewOutbox { id: row, action: WriteAction::Update, remote, ..out.clone() };
                    insert(conn, account, Some(id), &change, Some(&part.create.id), edit.at)?;
                }
            }
        }
        for part in known.iter().filter(|part| !edit.out.iter().any(|out| out.part == part.create.part)) {
            withdraw(conn, account, id, part, edit.at)?;
        }
    }
    drafts::forget(conn, &DraftKey::Change(edit.id.clone()))?;
    touch(conn, account)?;
    before.keep(conn, "the change of the note", account, edit.at)?;
    Ok(Ok(()))
}

/// The id of a change: a row of its own, beside the creation that has the part's id.
fn free_id(conn: &Connection, id: &str) -> rusqlite::Result<String> {
    let taken = conn.prepare_cached("SELECT 1 FROM outbox WHERE id = ?1")?.exists([id])?;
    let next: rusqlite::Result<i64> =
        conn.prepare_cached("SELECT coalesce(max(seq), 0) + 1 FROM outbox")?.query_row([], |row| row.get(0));
    Ok(if taken { format!("{id}-change-{}", next?) } else { id.to_owned() })
}

/// Takes a part back: from the outbox if it is still there, else from the CRM. Answers with whether it had left.
fn withdraw(conn: &Connection, account: &str, note: &str, part: &Part, at: Timestamp) -> rusqlite::Result<bool> {
    let queued = part.waiting.iter().filter(|row| matches!(row.state, OutboxState::Queued | OutboxState::Refused));
    remove(conn, queued.map(|row| row.id.clone()))?;
    if part.here() {
        // With it goes whatever waits for it.
        conn.prepare_cached("DELETE FROM outbox WHERE follows = ?1")?.execute([&part.create.id])?;
        remove(conn, [part.create.id.clone()])?;
        return Ok(false);
    }
    let create = &part.create;
    let out = NewOutbox {
        id: format!("{}-delete", create.id),
        source: create.source.clone(),
        part: create.part.clone(),
        kind: create.kind,
        entity: create.entity,
        action: WriteAction::Delete,
        payload: create.payload.clone(),
        text: create.text.clone(),
        remote: create.remote.clone(),
    };
    remove(conn, [out.id.clone()])?;
    insert(conn, account, Some(note), &out, Some(&create.id), at)?;
    Ok(true)
}

fn delete(conn: &Connection, id: &str, at: Timestamp) -> rusqlite::Result<Result<Gone, String>> {
    let Some(note) = list(conn, "id = ?1 AND deleted IS NULL", &[&id])?.pop() else {
        return Ok(Err(format!("there is no note {id} of yours here")));
    };
    let before = undo::Before::note(conn, id)?;
    let account = note.account.as_str();
    let mut left = false;
    for part in parts(conn, id)? {
        left |= withdraw(conn, account, id, &part, at)?;
    }
    // The row stays, so that a copy still in the CRM's lists is known for deleted.
    conn.prepare_cached("UPDATE note SET deleted = ?2 WHERE id = ?1")?.execute(params![id, ms(at)])?;
    drafts::forget(conn, &DraftKey::Change(note.id.clone()))?;
    touch(conn, account)?;
    before.keep(conn, "the deletion of the note", account, at)?;
    Ok(Ok(if left { Gone::Queued } else { Gone::Here }))
}

impl Store {
    /// Saves a note, queues what must reach the CRM, and ends its draft: when this returns, it is on the disk.
    pub fn note_save(&mut self, note: &NewNote) -> Result<(), StoreError> {
        self.own_mut()?.write_checked("saving the note", |tx| save(tx, note))
    }

    /// Changes a note. What had not left the machine is changed in place; what has, is followed by its change.
    pub fn note_edit(&mut self, change: &NoteEdit) -> Result<(), StoreError> {
        self.own_mut()?.write_checked("changing the note", |tx| edit(tx, change))
    }

    /// Deletes a note. What had not left the machine is cancelled; what has, is followed by its removal.
    pub fn note_delete(&mut self, id: &NoteId, at: Timestamp) -> Result<Gone, StoreError> {
        self.own_mut()?.write_checked("deleting the note", |tx| delete(tx, id.as_str(), at))
    }

    /// A note of ours, deleted ones included.
    pub fn note(&self, id: &NoteId) -> Result<Option<OwnNote>, StoreError> {
        self.own.read("reading a note", |conn| Ok(list(conn, "id = ?1", &[&id.as_str()])?.pop()))
    }

    /// The notes of ours on an account, newest first.
    pub fn notes_of(&self, account: &AccountId) -> Result<Vec<OwnNote>, StoreError> {
        self.own.read("reading notes", |conn| list(conn, "account = ?1 AND deleted IS NULL", &[&account.as_str()]))
    }
}
