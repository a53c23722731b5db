//! Drafts: texts that are not notes yet, kept from the first letter on.
//!
//! Decides where a draft is kept: that of the next note by its account, that of a change by the note it changes. Saving
//! the note ends it, in the note's own transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::codec::ms;
use super::super::{Store, StoreError};
use crate::book::ids::{AccountId, DraftKey};

/// The table, the column that names the draft, and the name.
fn place(key: &DraftKey) -> (&'static str, &'static str, &str) {
    match key {
        DraftKey::Next(account) => ("draft", "account", account.as_str()),
        DraftKey::Change(note) => ("note_draft", "note", note.as_str()),
    }
}

/// Forgets a draft, if there is one.
pub(super) fn forget(conn: &Connection, key: &DraftKey) -> rusqlite::Result<()> {
    let (table, column, name) = place(key);
    conn.prepare_cached(&format!("DELETE FROM {table} WHERE {column} = ?1"))?.execute([name]).map(|_| ())
}

impl Store {
    /// Keeps an unfinished text; an empty one is forgotten.
    pub fn draft_put(&mut self, key: &DraftKey, text: &str, at: Timestamp) -> Result<(), StoreError> {
        if text.trim().is_empty() {
            return self.draft_clear(key);
        }
        let (table, column, name) = place(key);
        self.own_mut()?.write("keeping the draft", |tx| {
            tx.prepare_cached(&format!(
                "INSERT INTO {table}({column}, text, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET text = excluded.text, at = excluded.at"
            ))?
            .execute(params![name, text, ms(at)])
            .map(|_| ())
        })
    }

    /// An unfinished text.
    pub fn draft(&self, key: &DraftKey) -> Result<Option<String>, StoreError> {
        let (table, column, name) = place(key);
        self.own.read("reading the draft", |conn| {
            conn.prepare_cached(&format!("SELECT text FROM {table} WHERE {column} = ?1"))?
                .query_row([name], |row| row.get(0))
                .optional()
        })
    }

    /// All notes that were begun and not saved, newest first.
    pub fn drafts(&self) -> Result<Vec<(AccountId, String)>, StoreError> {
        self.own.read("reading the drafts", |conn| {
            let mut statement = conn.prepare_cached("SELECT account, text FROM draft ORDER BY at DESC")?;
            statement.query_map([], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))?.collect()
        })
    }

    /// Forgets an unfinished text.
    pub fn draft_clear(&mut self, key: &DraftKey) -> Result<(), StoreError> {
        if self.draft(key)?.is_none() {
            return Ok(());
        }
        self.own_mut()?.write("forgetting the draft", |tx| forget(tx, key))
    }
}
