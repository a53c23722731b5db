//! Tasks that were closed here: done at once on this machine, and a row of the outbox that says so to the CRM.
//!
//! Decides which tasks count as done before the CRM has told us. A task of a note that was not sent yet is closed behind
//! its own creation; a closing is no part of the note's text, and an edit of the note leaves it alone.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::{Store, StoreError};
use super::outbox::{NewOutbox, OutboxItem, WriteAction, insert};
use super::{touch, undo};
use crate::book::ids::{AccountId, NoteId};
use crate::book::row::Entity;

/// What the part of a closing ends with.
const DONE: &str = "done";

/// A task to be closed.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskClosing {
    pub account: AccountId,
    /// The note of ours that the task stands in, as long as the CRM has no record of it.
    pub note: Option<NoteId>,
    /// The row that makes that record: the closing goes behind it.
    pub follows: Option<String>,
    pub out: NewOutbox,
    pub at: Timestamp,
}

/// The part of a closing, beside the part that is closed.
pub fn closing_part(part: &str) -> String {
    format!("{part}-{DONE}")
}

/// Whether a row closes a task.
pub(super) fn is_closing(row: &OutboxItem) -> bool {
    row.entity == Entity::Task && row.action == WriteAction::Update && row.part.ends_with(DONE)
}

/// The tasks that were closed here and that the cache does not know as done: by the id of their record, or of the row
/// that makes it.
pub(in crate::store) fn closed(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare_cached(
        "SELECT remote, follows, state FROM outbox
         WHERE entity = 'task' AND action = 'update' AND part LIKE '%done'
           AND state IN ('queued', 'sending', 'unknown', 'sent')",
    )?;
    let mut ids = Vec::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (remote, follows, state): (Option<String>, Option<String>, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        // What has arrived is told by the record itself, once there is one.
        ids.extend(remote.filter(|_| state != "sent"));
        ids.extend(follows);
    }
    Ok(ids)
}

impl Store {
    /// Closes a task: when this returns, it is done here, and its row waits for the CRM. It can be taken back.
    pub fn task_close(&mut self, closing: &TaskClosing) -> Result<(), StoreError> {
        self.own_mut()?.write("closing the task", |tx| {
            let (account, out) = (closing.account.as_str(), &closing.out);
            let before = undo::Before::outbox(tx, &out.id)?;
            let note = closing.note.as_ref().map(NoteId::as_str);
            insert(tx, account, note, out, closing.follows.as_deref(), closing.at)?;
            touch(tx, account)?;
            before.keep(tx, &format!("closing the task \"{}\"", out.text), account, closing.at)
        })
    }
}
