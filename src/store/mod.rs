//! The store: `cache.db` (what came from outside, and standings) and `own.db` (what is ours).
//!
//! Decides how rows, facts, standings, notes and the outbox are kept, found and counted. Only this room knows SQLite.
//! It has no clock and opens no connection to anywhere: moments and days are arguments.

mod batch;
mod cache;
mod codec;
mod db;
mod error;
mod facts;
mod filter;
mod find;
mod forget;
mod forgotten;
mod list;
mod migrate;
mod open;
mod overlay;
mod own;
mod rescue;
mod rows;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

pub use batch::{Applied, Batch, Cursor};
pub use cache::apply::tracked as dated_fields;
pub use cache::matching::{MatchIndex, Stray};
use cache::page::Reader;
pub use cache::standings::{Assessed, Version};
use db::{Db, Which};
pub use error::StoreError;
pub use filter::Filter;
pub use find::Colleague;
pub use forget::{Forgetting, NoteLeft, OutboxLeft, Somebody, Whom, Written};
pub use list::{Percentiles, Scope};
pub use overlay::{Overlay, sweep};
pub use own::{
    Decision, Event, FlagWord, Gone, LastRound, NewNote, NewOutbox, NoteEdit, OutboxItem, OutboxKind, OutboxMark,
    OutboxState, OwnNote, PutOff, RoundLine, TaskClosing, Telling, WriteAction, closing_part,
};
pub use rows::{IMPORTED, SourceMark, SourceRecord, Stated};

/// What the store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    ReadWrite,
    /// Nothing is written, made, migrated or mended.
    ReadOnly,
}

/// Both files, for one thread. Each thread opens its own.
#[derive(Debug)]
pub struct Store {
    cache: Db,
    own: Db,
    dir: PathBuf,
    reader: RefCell<Reader>,
    owners: RefCell<facts::Kept>,
    /// Who may write notes that are read as facts besides the colleagues: e-mail addresses, lower case.
    authors: Vec<String>,
}

/// An opened store, and what there is to say about the opening.
#[derive(Debug)]
pub struct Opened {
    pub store: Store,
    /// Calm sentences: a cache that was moved aside, an `own.db` that was rescued, a disk that can't be written.
    pub notices: Vec<String>,
}

impl Store {
    /// Opens both files in `dir`, making what is missing (folder 0700, files 0600) and bringing older formats up to date.
    ///
    /// # Errors
    /// A newer format, a folder that can't be made, a full disk on the first start: in words, and with nothing changed.
    pub fn open(dir: &Path, access: Access) -> Result<Opened, StoreError> {
        if access == Access::ReadWrite {
            open::folder(dir)?;
        }
        let mut notices = Vec::new();
        // Before either is opened: opening one file must not change what lies beside a newer other one.
        open::refuse_newer(dir)?;
        let own = open::file(dir, Which::Own, access, &mut notices)?;
        let cache = open::file(dir, Which::Cache, access, &mut notices)?;
        Ok(Opened { store: Self::of(cache, own, dir)?, notices })
    }

    fn of(cache: Db, own: Db, dir: &Path) -> Result<Self, StoreError> {
        let reader = Reader::default();
        cache.read("preparing", |conn| reader.install(conn))?;
        let (reader, owners) = (RefCell::new(reader), RefCell::default());
        Ok(Self { cache, own, dir: dir.to_owned(), reader, owners, authors: Vec::new() })
    }

    /// Names further people whose notes are read as facts, by e-mail. Where they are others than the last time, every
    /// account is to be assessed anew.
    pub fn trust(&mut self, authors: &[String]) -> Result<(), StoreError> {
        self.authors = authors.iter().map(|email| codec::fold(email)).collect();
        let named = self.authors.join(" ");
        if self.meta("authors")?.unwrap_or_default() != named && self.cache.writable() {
            self.cache.write("naming the authors of notes", |tx| {
                tx.execute("UPDATE account SET dirty = 1, version = version + 1 WHERE merged IS NULL", [])?;
                rows::set_meta(tx, "authors", &named)
            })?;
        }
        Ok(())
    }

    /// The folder of both files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether something can be saved here.
    pub fn writable(&self) -> bool {
        self.own.writable() && self.cache.writable()
    }

    /// Whether both files are still the ones at their paths: another process may have moved a damaged one aside.
    pub fn is_current(&self) -> bool {
        self.cache.is_current() && self.own.is_current()
    }

    /// `own.db` for writing. Where another process put a rescued file in its place meanwhile, that one is opened: what is
    /// saved must never go into a file that no path names any more.
    fn own_mut(&mut self) -> Result<&mut Db, StoreError> {
        if !self.own.is_current() {
            self.own = open::file(&self.dir, Which::Own, Access::ReadWrite, &mut Vec::new())?;
        }
        Ok(&mut self.own)
    }
}
