//! `own.db`: what is ours, and exists nowhere else until it is sent.
//!
//! Every change here is one transaction that ends on the disk. Functions take a connection and answer with SQLite's own
//! errors; the store's methods give them their words.

mod actions;
mod backup;
mod drafts;
mod flags;
mod news;
mod notes;
mod outbox;
mod tasks;
mod undo;

pub use actions::{Decision, LastRound, RoundLine};
pub use flags::{FlagWord, PutOff};
pub(in crate::store) use news::SILENT;
pub use news::{Event, Telling};
pub use notes::{Gone, NewNote, NoteEdit, OwnNote};
pub use outbox::{NewOutbox, OutboxItem, OutboxKind, OutboxMark, OutboxState, WriteAction};

use rusqlite::Connection;

pub use tasks::{TaskClosing, closing_part};

pub(super) use notes::{all as all_notes, notes_on};
pub(super) use outbox::{all as outbox_rows, insert as insert_outbox};
pub(super) use tasks::closed;

/// Says that an account has a new fact of ours: its standing is out of date.
pub(super) fn touch(conn: &Connection, account: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO touched(account, serial) VALUES (?1, (SELECT coalesce(max(serial), 0) + 1 FROM touched))
         ON CONFLICT DO UPDATE SET serial = excluded.serial",
    )?
    .execute([account])
    .map(|_| ())
}
