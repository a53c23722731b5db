//! Keeping rows: pages with their cursors, full passes and their sweep, sources, and what found no account.
//!
//! The store's side of a sync. Decides nothing about when to pull or what matches what.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::batch::{Applied, Batch, Cursor};
use super::cache::links::{self, Hands, Links, record_link};
use super::cache::matching::{MatchIndex, Stray};
use super::cache::{apply, matching, standings};
use super::codec::{from_json, json, moment};
use super::forgotten::Forgotten;
use super::{Store, StoreError};
use crate::book::ids::{AccountId, SourceName};
use crate::book::row::{Entity, Value};
use crate::book::view::{SourceState, Unmatched};

/// What stands for a connector where a source is a file that somebody imported.
pub const IMPORTED: &str = "import";

/// How a sync of a source went; written by sync.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceMark {
    pub name: SourceName,
    /// The connector's name.
    pub connector: String,
    pub started: Timestamp,
    /// When it ended without an error; `None`: it did not.
    pub ended: Option<Timestamp>,
    pub error: Option<String>,
    /// `61 of 190 requests left`.
    pub left: Option<String>,
}

/// How a source stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceRecord {
    pub name: String,
    pub connector: String,
    /// When its last sync began.
    pub started: Option<Timestamp>,
    /// When its last sync without an error ended.
    pub complete: Option<Timestamp>,
    /// When the sync without an error before that one ended.
    #[serde(default)]
    pub previous: Option<Timestamp>,
    pub error: Option<String>,
    pub left: Option<String>,
    /// Rows by entity; filled when read.
    #[serde(skip)]
    pub entities: Vec<(String, u64)>,
}

impl From<SourceRecord> for SourceState {
    fn from(record: SourceRecord) -> Self {
        let rows = record.entities.iter().map(|(_, rows)| rows).sum();
        let SourceRecord { name, connector, complete, error, left, entities, .. } = record;
        Self { name, connector, synced: complete, rows, error, left, entities }
    }
}

/// What is kept of a record: when its source last spoke of it, and its fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stated {
    pub changed: Option<Timestamp>,
    pub fields: BTreeMap<String, Value>,
    pub people: Vec<String>,
    /// By field with a past: when it last took a value.
    pub newest: BTreeMap<String, Timestamp>,
}

impl Store {
    /// Keeps several pages in one transaction: all of them, or, where `next` ends with a reason, none. The totals are over
    /// all pages; an account that several pages change counts in each.
    pub fn apply_all(
        &mut self,
        next: &mut dyn FnMut() -> Result<Option<Batch>, String>,
    ) -> Result<Applied, StoreError> {
        let hands = self.hands()?;
        let forgotten = self.own.read("reading what was forgotten", Forgotten::load)?;
        self.cache.write_checked("keeping what was imported", |tx| {
            let mut all = Applied::default();
            loop {
                let batch = match next() {
                    Ok(Some(batch)) => batch,
                    Ok(None) => return Ok(Ok(all)),
                    Err(why) => return Ok(Err(why)),
                };
                let applied = apply::apply(tx, &forgotten.leave_out(&batch), &hands)?;
                all.rows += applied.rows;
                all.added += applied.added;
                all.changed += applied.changed;
                all.gone += applied.gone;
                all.accounts += applied.accounts;
            }
        })
    }

    /// What is kept of a record.
    pub fn stated(&self, source: &SourceName, entity: Entity, id: &str) -> Result<Option<Stated>, StoreError> {
        self.cache.read("reading a record", |conn| {
            let found = conn
                .prepare_cached("SELECT changed, body, rec FROM record WHERE source = ?1 AND entity = ?2 AND id = ?3")?
                .query_row(params![source.as_str(), entity.name(), id], |row| {
                    let body: apply::Body = from_json(row.get_ref(1)?.as_str()?)?;
                    let changed = row.get::<_, Option<i64>>(0)?.map(moment);
                    let stated = Stated { changed, fields: body.fields, people: body.people, newest: BTreeMap::new() };
                    Ok((stated, row.get::<_, i64>(2)?))
                })
                .optional()?;
            let Some((mut stated, rec)) = found else { return Ok(None) };
            let mut newest = conn.prepare_cached("SELECT field, max(at) FROM history WHERE rec = ?1 GROUP BY field")?;
            for entry in newest.query_map([rec], |row| Ok((row.get(0)?, moment(row.get(1)?))))? {
                let (field, at) = entry?;
                stated.newest.insert(field, at);
            }
            Ok(Some(stated))
        })
    }

    /// Keeps a page: its rows and its cursor in one transaction. The same page twice changes nothing.
    pub fn apply(&mut self, batch: &Batch) -> Result<Applied, StoreError> {
        let hands = self.hands()?;
        let batch = self.own.read("reading what was forgotten", Forgotten::load)?.leave_out(batch);
        self.cache.write("keeping what was pulled", |tx| apply::apply(tx, &batch, &hands))
    }

    /// How far a stream has been read.
    pub fn cursor(&self, source: &SourceName, stream: &str) -> Result<Option<Cursor>, StoreError> {
        self.cache.read("reading a cursor", |conn| {
            conn.prepare_cached("SELECT body FROM cursor WHERE source = ?1 AND stream = ?2")?
                .query_row(params![source.as_str(), stream], |row| row.get(0).map(Cursor))
                .optional()
        })
    }

    /// Puts a stream's cursor without rows (a stream that has been read to its end, say).
    pub fn put_cursor(&mut self, source: &SourceName, stream: &str, cursor: &Cursor) -> Result<(), StoreError> {
        self.cache.write("keeping a cursor", |tx| {
            tx.execute(
                "INSERT INTO cursor(source, stream, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET body = excluded.body",
                params![source.as_str(), stream, cursor.0],
            )
            .map(|_| ())
        })
    }

    /// Forgets how far the streams of a source (`None`: of all) have been read: the next sync reads everything again.
    pub fn reset_cursors(&mut self, source: Option<&SourceName>) -> Result<(), StoreError> {
        self.cache.write("forgetting cursors", |tx| {
            tx.execute("DELETE FROM cursor WHERE ?1 IS NULL OR source = ?1", [source.map(SourceName::as_str)])
                .map(|_| ())
        })
    }

    /// Forgets everything that came from a source, its accounts included. Nothing of ours is touched.
    pub fn forget_source(&mut self, source: &SourceName) -> Result<(), StoreError> {
        self.cache.write("forgetting a source", |tx| matching::forget(tx, source.as_str()))
    }

    /// Starts a full pass of a stream and answers with its number, for [`Batch::pass`].
    pub fn begin_pass(&mut self, source: &SourceName, stream: &str) -> Result<u64, StoreError> {
        self.cache.write("starting a full pass", |tx| {
            let next = apply::pass(tx, source.as_str(), stream)? + 1;
            tx.execute(
                "INSERT INTO meta(key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
                params![format!("pass/{source}/{stream}"), next.to_string()],
            )?;
            Ok(next as u64)
        })
    }

    /// The number of the newest full pass of a stream, to go on with one that was interrupted; 0: there was none.
    pub fn current_pass(&self, source: &SourceName, stream: &str) -> Result<u64, StoreError> {
        self.cache
            .read("reading the full pass", |conn| apply::pass(conn, source.as_str(), stream).map(|pass| pass as u64))
    }

    /// After a complete full pass of the one stream that delivers an entity: what it did not see is gone. Answers with
    /// how many. Where several streams deliver it, [`Store::sweep_stream`] leaves the others' records alone.
    pub fn sweep(&mut self, source: &SourceName, entity: Entity, pass: u64, at: Timestamp) -> Result<u64, StoreError> {
        self.cache.write("sweeping", |tx| apply::sweep(tx, source.as_str(), "entity", entity.name(), pass, at))
    }

    /// After a complete full pass of a stream: its records that it did not see are gone. Answers with how many.
    pub fn sweep_stream(
        &mut self,
        source: &SourceName,
        stream: &str,
        pass: u64,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.cache.write("sweeping", |tx| apply::sweep(tx, source.as_str(), "stream", stream, pass, at))
    }

    /// What a source calls our account: its stored link.
    pub fn account_of(&self, source: &SourceName, id: &str) -> Result<Option<AccountId>, StoreError> {
        self.cache.read("looking up an account", |conn| {
            let account: Option<i64> = conn
                .prepare_cached("SELECT account FROM link WHERE source = ?1 AND id = ?2")?
                .query_row(params![source.as_str(), id], |row| row.get(0))
                .optional()?
                .flatten();
            account.map(|account| links::id_of(conn, account)).transpose()
        })
    }

    /// Everything that matching looks things up in, loaded once per sync.
    pub fn match_index(&self) -> Result<MatchIndex, StoreError> {
        self.cache.read("loading the accounts to match", MatchIndex::load)
    }

    /// Says by hand which account a record is. Kept in `own.db`, so that it outlives the cache.
    pub fn put_match(
        &mut self,
        source: &SourceName,
        entity: Entity,
        id: &str,
        account: &AccountId,
    ) -> Result<(), StoreError> {
        self.own_mut()?.write("keeping a match", |tx| {
            tx.execute(
                "INSERT INTO hand(source, entity, id, account) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET account = excluded.account",
                params![source.as_str(), entity.name(), id, account.as_str()],
            )
            .map(|_| ())
        })?;
        let hands = self.hands()?;
        self.cache.write_checked("matching by hand", |tx| {
            let Some(key) = links::key(tx, account.as_str())? else {
                return Ok(Err(format!("there is no account {account}")));
            };
            let mut all = Links::new(tx, source.as_str(), &hands);
            if matches!(entity, Entity::Account | Entity::Usage) {
                all.set(id, key, true)?;
            } else {
                let alone = record_link(entity.name(), id);
                all.set(&alone, key, true)?;
                let (link, _) = all.get(&alone)?;
                matching::tie(tx, source.as_str(), entity, id, link)?;
            }
            all.finish()?;
            Ok(Ok(()))
        })
    }

    /// Records that found no account, and how many there are; ids that a source names accounts by count once each.
    pub fn unmatched(&self, limit: usize) -> Result<(Vec<Unmatched>, u64), StoreError> {
        self.cache.read("listing what found no account", |conn| matching::unmatched(conn, limit))
    }

    /// The same of one source, with what may be looked for.
    pub fn strays(&self, source: &SourceName, limit: usize) -> Result<(Vec<Stray>, u64), StoreError> {
        self.cache.read("listing what found no account", |conn| matching::strays(conn, source, limit))
    }

    /// How the sources stand, by name.
    pub fn sources(&self) -> Result<Vec<SourceRecord>, StoreError> {
        self.cache.read("reading the sources", |conn| {
            let mut statement = conn.prepare_cached("SELECT body FROM source ORDER BY name")?;
            let mut sources = statement
                .query_map([], |row| row.get::<_, String>(0))?
                .map(|body| from_json::<SourceRecord>(&body?))
                .collect::<Result<Vec<_>, _>>()?;
            let mut counts = conn.prepare_cached("SELECT entity, rows FROM counted WHERE source = ?1 AND rows > 0")?;
            for source in &mut sources {
                source.entities = counts
                    .query_map([&source.name], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.max(0) as u64)))?
                    .collect::<Result<Vec<_>, _>>()?;
            }
            Ok(sources)
        })
    }

    /// Writes down how a sync of a source went. The end of the last good one is kept beside an error.
    pub fn put_source_state(&mut self, mark: &SourceMark) -> Result<(), StoreError> {
        self.cache.write("keeping how a source stands", |tx| {
            let old: Option<String> = tx
                .query_row("SELECT body FROM source WHERE name = ?1", [mark.name.as_str()], |row| row.get(0))
                .optional()?;
            let before = old.map(|body| from_json::<SourceRecord>(&body)).transpose()?.unwrap_or_default();
            if before.complete.is_none() && mark.ended.is_some() {
                standings::settle(tx)?;
            }
            let record = SourceRecord {
                name: mark.name.0.clone(),
                connector: mark.connector.clone(),
                started: Some(mark.started),
                complete: mark.ended.or(before.complete),
                previous: if mark.ended.is_some() { before.complete } else { before.previous },
                error: mark.error.clone(),
                left: mark.left.clone(),
                entities: Vec::new(),
            };
            tx.execute(
                "INSERT INTO source(name, body) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET body = excluded.body",
                params![record.name, json(&record)?],
            )
            .map(|_| ())
        })
    }

    /// Says where an account opens in a source's own pages: an address with `{id}` in it.
    pub fn put_account_link(&mut self, source: &SourceName, address: &str) -> Result<(), StoreError> {
        self.put_meta(&format!("link/{source}"), address)
    }

    /// A word that the cache keeps for others; gone with the cache.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.cache.read("reading a setting", |conn| meta(conn, key))
    }

    /// Keeps a word in the cache. One that is there already writes nothing.
    pub fn put_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        if self.meta(key)?.as_deref() == Some(value) {
            return Ok(());
        }
        self.cache.write("keeping a setting", |tx| set_meta(tx, key, value))
    }

    /// A word that `own.db` keeps for others.
    pub fn own_meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.own.read("reading a setting", |conn| meta(conn, key))
    }

    /// Keeps a word in `own.db`.
    pub fn put_own_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        self.own_mut()?.write("keeping a setting", |tx| set_meta(tx, key, value))
    }

    /// Forgets a word that `own.db` keeps for others. Says whether there was one.
    pub fn clear_own_meta(&mut self, key: &str) -> Result<bool, StoreError> {
        self.own_mut()?.write("forgetting a setting", |tx| {
            tx.execute("DELETE FROM meta WHERE key = ?1", [key]).map(|gone| gone > 0)
        })
    }

    /// Two numbers that change when another connection (thread or process) wrote to the cache, or to `own.db`.
    pub fn data_version(&self) -> Result<(i64, i64), StoreError> {
        let read = |conn: &rusqlite::Connection| conn.query_row("PRAGMA data_version", [], |row| row.get(0));
        Ok((self.cache.read("looking for changes", read)?, self.own.read("looking for changes", read)?))
    }

    /// Links set by hand, as the cache uses them.
    pub(super) fn hands(&self) -> Result<Hands, StoreError> {
        self.own.read("reading matches", |conn| {
            let mut statement = conn.prepare_cached("SELECT source, entity, id, account FROM hand")?;
            let rows = statement.query_map([], |row| {
                let (source, entity, id): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let id = match Entity::parse(&entity) {
                    Some(Entity::Account | Entity::Usage) => id,
                    _ => record_link(&entity, &id),
                };
                Ok(((source, id), AccountId(row.get(3)?)))
            })?;
            rows.collect()
        })
    }
}

pub(super) fn meta(conn: &rusqlite::Connection, key: &str) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
}

pub(super) fn set_meta(conn: &rusqlite::Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT INTO meta(key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
        [key, value],
    )
    .map(|_| ())
}
