//! The outbox: what must reach a CRM, row by row, with the state of each.
//!
//! Decides which row may go next and what a result means for the rows that wait for it. How a row is sent, and how an
//! unclear answer is looked into, is decided in `sync`.

use jiff::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::cache::apply::close_record;
use super::super::cache::links;
use super::super::codec::{from_json, json, moment, ms};
use super::super::{Store, StoreError};
use super::tasks::is_closing;
use crate::book::ids::{AccountId, NoteId, SourceName};
use crate::book::row::Entity;
use crate::book::view::OutboxRow;

/// How the command line calls what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxKind {
    /// A note, or a call, meeting or mail record made of one.
    Note,
    Task,
}

/// What is to happen there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WriteAction {
    #[default]
    Create,
    Update,
    Delete,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboxState {
    /// Waits for its turn, or for a retry after an answer that was clear.
    Queued,
    /// On its way. Found in this state after a crash it becomes [`OutboxState::Unknown`].
    Sending,
    /// Nobody knows whether it arrived: its mark must be looked for before it is sent again.
    Unknown,
    Sent,
    /// The CRM said no.
    Refused,
    /// Given up by hand.
    Dropped,
}

macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal),* $(,)? } else $other:ident) => {
        impl $type {
            /// The word in the database and in JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            fn parse(name: &str) -> Self {
                match name { $($name => Self::$variant,)* _ => Self::$other }
            }
        }
    };
}

names!(OutboxKind { Note = "note", Task = "task" } else Note);
names!(WriteAction { Create = "create", Update = "update", Delete = "delete" } else Update);
// A state that only a newer Rounds knows is not sent again blindly.
names!(OutboxState {
    Queued = "queued", Sending = "sending", Unknown = "unknown", Sent = "sent", Refused = "refused", Dropped = "dropped",
} else Unknown);

/// Something to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOutbox {
    /// A ULID: the outbox's own id of it.
    pub id: String,
    pub source: SourceName,
    /// Which part of its note it is: `note` for the note itself, else a key that stays the same when the note is edited
    /// and this part is not (`task send ROI deck`).
    pub part: String,
    pub kind: OutboxKind,
    /// What it becomes there: note, touch or task.
    pub entity: Entity,
    pub action: WriteAction,
    /// What to write, in sync's own words.
    pub payload: String,
    /// The first words of it, for people.
    pub text: String,
    /// The id there, for an update or a deletion of something that has one.
    pub remote: Option<String>,
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxItem {
    pub seq: i64,
    pub id: String,
    pub source: SourceName,
    pub account: AccountId,
    pub note: Option<NoteId>,
    pub part: String,
    pub kind: OutboxKind,
    pub entity: Entity,
    pub action: WriteAction,
    pub payload: String,
    pub text: String,
    pub state: OutboxState,
    pub attempts: u32,
    pub because: Option<String>,
    pub since: Timestamp,
    /// The last change of its state.
    pub changed: Timestamp,
    /// Not before.
    pub next_at: Timestamp,
    /// The state of its steps, in sync's own words.
    pub steps: Option<serde_json::Value>,
    /// The id there, once it is known.
    pub remote: Option<String>,
    /// The row that must have been sent before.
    pub follows: Option<String>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxMark {
    /// [`OutboxState::Sending`] counts as an attempt.
    pub state: OutboxState,
    pub because: Option<String>,
    /// The id there; `None` leaves what is known.
    pub remote: Option<String>,
    /// Not before; `None`: at once.
    pub next_at: Option<Timestamp>,
    pub at: Timestamp,
}

impl OutboxMark {
    /// A state and nothing else.
    pub fn new(state: OutboxState, at: Timestamp) -> Self {
        Self { state, because: None, remote: None, next_at: None, at }
    }
}

/// How long after an unclear answer the mark is looked for.
const LOOK_AFTER_MS: i64 = 60_000;

const COLUMNS: &str = "seq, id, source, account, note, part, kind, entity, action, payload, text, state, attempts, \
                       because, since, changed, next_at, steps, remote, follows";

fn read(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
    let text = |n: usize| row.get::<_, String>(n);
    Ok(OutboxItem {
        seq: row.get(0)?,
        id: text(1)?,
        source: SourceName(text(2)?),
        account: AccountId(text(3)?),
        note: row.get::<_, Option<String>>(4)?.map(NoteId),
        part: text(5)?,
        kind: OutboxKind::parse(&text(6)?),
        entity: Entity::parse(&text(7)?).unwrap_or(Entity::Note),
        action: WriteAction::parse(&text(8)?),
        payload: text(9)?,
        text: text(10)?,
        state: OutboxState::parse(&text(11)?),
        attempts: row.get(12)?,
        because: row.get(13)?,
        since: moment(row.get(14)?),
        changed: moment(row.get(15)?),
        next_at: moment(row.get(16)?),
        steps: row.get::<_, Option<String>>(17)?.map(|text| from_json(&text)).transpose()?,
        remote: row.get(18)?,
        follows: row.get(19)?,
    })
}

/// Rows that a condition picks, oldest first.
pub(super) fn rows(
    conn: &Connection,
    cond: &str,
    params: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<OutboxItem>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox o WHERE {cond}"))?.query_map(params, read)?.collect()
}

/// Rows that a condition without values picks.
pub(in crate::store) fn all(conn: &Connection, cond: &str) -> rusqlite::Result<Vec<OutboxItem>> {
    rows(conn, cond, &[])
}

pub(in crate::store) fn insert(
    conn: &Connection,
    account: &str,
    note: Option<&str>,
    out: &NewOutbox,
    follows: Option<&str>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO outbox(id, source, account, note, part, kind, entity, action, payload, text, state, since, changed,
           next_at, remote, follows)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'queued', ?11, ?11, ?11, ?12, ?13)",
    )?
    .execute(params![
        out.id,
        out.source.as_str(),
        account,
        note,
        out.part,
        out.kind.name(),
        out.entity.name(),
        out.action.name(),
        out.payload,
        out.text,
        ms(at),
        out.remote,
        follows
    ])
    .map(|_| ())
}

fn mark(conn: &Connection, id: &str, mark: &OutboxMark) -> rusqlite::Result<Result<(), String>> {
    let Some(old) = rows(conn, "o.id = ?1", &[&id])?.pop() else {
        return Ok(Err(format!("the outbox has no row {id}")));
    };
    conn.prepare_cached(
        "UPDATE outbox SET state = ?2, because = ?3, remote = coalesce(?4, remote), next_at = ?5,
           attempts = attempts + (?2 = 'sending'), changed = ?6 WHERE id = ?1",
    )?
    .execute(params![
        id,
        mark.state.name(),
        mark.because,
        mark.remote,
        ms(mark.next_at.unwrap_or(mark.at)),
        ms(mark.at)
    ])?;
    if let Some(remote) = &mark.remote {
        conn.execute("UPDATE outbox SET remote = ?2 WHERE follows = ?1", params![id, remote])?;
        if let Some(note) = old.note.as_ref().filter(|_| old.part == "note" && old.action == WriteAction::Create) {
            conn.execute("UPDATE note SET remote = ?2 WHERE id = ?1", params![note.as_str(), remote])?;
        }
    }
    if mark.state == OutboxState::Refused && old.action == WriteAction::Create {
        unblock(conn, &old)?;
    }
    if mark.state == OutboxState::Sent && old.action == WriteAction::Delete && old.part == "note" {
        super::touch(conn, old.account.as_str())?;
    }
    Ok(Ok(()))
}

/// A refused row will not be sent, so what waits for it would wait for ever: a later text is sent in its place, and a
/// deletion has nothing left to delete.
fn unblock(conn: &Connection, refused: &OutboxItem) -> rusqlite::Result<()> {
    for waiting in rows(conn, "o.follows = ?1 AND o.state = 'queued' ORDER BY seq", &[&refused.id])? {
        // A task that was closed meanwhile is closed once its record is there.
        if is_closing(&waiting) {
            continue;
        }
        if waiting.action == WriteAction::Update {
            conn.execute(
                "UPDATE outbox SET payload = ?2, text = ?3, state = 'queued', because = NULL, attempts = 0 WHERE id = ?1",
                params![refused.id, waiting.payload, waiting.text],
            )?;
        } else {
            conn.execute("DELETE FROM outbox WHERE id = ?1", [&refused.id])?;
        }
        conn.execute("DELETE FROM outbox WHERE id = ?1", [&waiting.id])?;
    }
    Ok(())
}

impl Store {
    /// Puts something into the outbox that belongs to no note, or is no part of its text (the removal of a copy, say).
    pub fn outbox_add(
        &mut self,
        account: &AccountId,
        note: Option<&NoteId>,
        out: &NewOutbox,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.own_mut()?.write("queueing", |tx| {
            insert(tx, account.as_str(), note.map(NoteId::as_str), out, None, at)?;
            super::touch(tx, account.as_str())
        })
    }

    /// Rows that may be sent now, oldest first. One that follows another waits until that one was sent; of several
    /// changes to the same thing only the first is due. An [`OutboxState::Unknown`] one must be looked for before.
    pub fn outbox_due(&self, now: Timestamp, limit: usize) -> Result<Vec<OutboxItem>, StoreError> {
        self.own.read("reading the outbox", |conn| {
            rows(
                conn,
                "o.state IN ('queued', 'unknown') AND o.next_at <= ?1
                 AND (o.follows IS NULL OR EXISTS (SELECT 1 FROM outbox c WHERE c.id = o.follows AND c.state = 'sent'))
                 AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.follows = o.follows AND b.seq < o.seq
                                 AND b.state IN ('queued', 'sending', 'unknown'))
                 ORDER BY o.seq LIMIT ?2",
                &[&ms(now), &(limit as i64)],
            )
        })
    }

    /// When the next waiting row becomes due; `None`: none waits.
    pub fn outbox_next(&self) -> Result<Option<Timestamp>, StoreError> {
        self.own.read("reading the outbox", |conn| {
            let next: Option<i64> =
                conn.query_row("SELECT min(next_at) FROM outbox WHERE state IN ('queued', 'unknown')", [], |row| {
                    row.get(0)
                })?;
            Ok(next.map(moment))
        })
    }

    /// One row.
    pub fn outbox_row(&self, id: &str) -> Result<Option<OutboxItem>, StoreError> {
        self.own.read("reading the outbox", |conn| Ok(rows(conn, "o.id = ?1", &[&id])?.pop()))
    }

    /// The rows of a note, oldest first.
    pub fn outbox_of(&self, note: &NoteId) -> Result<Vec<OutboxItem>, StoreError> {
        self.own.read("reading the outbox", |conn| rows(conn, "o.note = ?1 ORDER BY seq", &[&note.as_str()]))
    }

    /// Keeps the state of a row's steps (create, link...), so that a retry does not repeat those that are done.
    pub fn outbox_steps(&mut self, id: &str, steps: &serde_json::Value) -> Result<(), StoreError> {
        self.own_mut()?.write("writing to the outbox", |tx| {
            tx.execute("UPDATE outbox SET steps = ?2 WHERE id = ?1", params![id, json(steps)?]).map(|_| ())
        })
    }

    /// Writes down what became of a row. A refused creation takes its waiting changes into itself and is tried again.
    pub fn outbox_mark(&mut self, id: &str, what: &OutboxMark) -> Result<(), StoreError> {
        self.own_mut()?.write_checked("writing to the outbox", |tx| mark(tx, id, what))?;
        if what.state == OutboxState::Sent
            && let Some(row) = self.outbox_row(id)?.filter(is_closing)
            && let Some(remote) = &row.remote
        {
            // The record that we have says so at once; the next page from the CRM is the truth again.
            self.cache.write("closing the task", |tx| close_record(tx, &row.source, Entity::Task, remote))?;
        }
        Ok(())
    }

    /// After a crash, and only by the holder of the lease: what was on its way is unknown now, to be looked for `settle`
    /// after it left. Answers with how many.
    pub fn outbox_recover(&mut self, now: Timestamp, settle: std::time::Duration) -> Result<u64, StoreError> {
        let settle = i64::try_from(settle.as_millis()).unwrap_or(LOOK_AFTER_MS);
        self.own_mut()?.write("reading the outbox after a crash", |tx| {
            let count = tx.execute(
                "UPDATE outbox SET state = 'unknown', because = 'Rounds ended before the answer came',
                   next_at = changed + ?2, changed = ?1 WHERE state = 'sending'",
                params![ms(now), settle],
            )?;
            Ok(count as u64)
        })
    }

    /// What waits, oldest first, then the newest that were sent (at most `sent`).
    pub fn outbox_list(&self, sent: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let mut all = self
            .own
            .read("reading the outbox", |conn| rows(conn, "o.state NOT IN ('sent', 'dropped') ORDER BY seq", &[]))?;
        all.extend(self.own.read("reading the outbox", |conn| {
            rows(conn, "o.state = 'sent' ORDER BY seq DESC LIMIT ?1", &[&(sent as i64)])
        })?);
        self.cache.read("reading names", |conn| {
            let mut name = conn.prepare_cached("SELECT name FROM account WHERE account = ?1")?;
            let mut listed = Vec::with_capacity(all.len());
            for row in all {
                let key = links::key(conn, row.account.as_str())?;
                let found: Option<String> = name.query_row([key], |row| row.get(0)).optional()?;
                listed.push(OutboxRow {
                    id: row.id,
                    name: found.unwrap_or_else(|| row.account.0.clone()),
                    account: row.account.0,
                    kind: row.kind.name().to_owned(),
                    state: row.state.name().to_owned(),
                    attempts: row.attempts,
                    because: row.because,
                    since: row.since,
                    text: row.text,
                });
            }
            Ok(listed)
        })
    }

    /// How many rows wait (refused ones included), and how many of these were refused.
    pub fn outbox_counts(&self) -> Result<(u64, u64), StoreError> {
        self.own.read("counting the outbox", |conn| {
            conn.prepare_cached(
                "SELECT count(*), count(*) FILTER (WHERE state = 'refused') FROM outbox
                 WHERE state IN ('queued', 'sending', 'unknown', 'refused')",
            )?
            .query_row([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)))
        })
    }

    /// Lets a refused or waiting row go again at the next push; `None`: all of them. What is unknown stays so: it is
    /// looked for first. Answers with how many.
    pub fn outbox_retry(&mut self, id: Option<&str>, now: Timestamp) -> Result<u64, StoreError> {
        self.own_mut()?.write("writing to the outbox", |tx| {
            let count = tx.execute(
                "UPDATE outbox SET next_at = ?2, changed = ?2,
                   attempts = CASE WHEN state = 'refused' THEN 0 ELSE attempts END,
                   because = CASE WHEN state = 'refused' THEN NULL ELSE because END,
                   state = CASE WHEN state = 'refused' THEN 'queued' ELSE state END
                 WHERE state IN ('refused', 'queued', 'unknown') AND (?1 IS NULL OR id = ?1)",
                params![id, ms(now)],
            )?;
            Ok(count as u64)
        })
    }

    /// Gives a row up, and those that wait for it. The note itself stays here.
    pub fn outbox_drop(&mut self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.own_mut()?.write_checked("writing to the outbox", |tx| {
            let Some(row) = rows(tx, "o.id = ?1", &[&id])?.pop() else {
                return Ok(Err(format!("the outbox has no row {id}: `rounds outbox` lists them")));
            };
            match row.state {
                OutboxState::Sent => return Ok(Err("it was sent already: delete the note instead".to_owned())),
                OutboxState::Sending => return Ok(Err("it is being sent right now: try again in a minute".to_owned())),
                OutboxState::Queued | OutboxState::Unknown | OutboxState::Refused | OutboxState::Dropped => {}
            }
            tx.execute(
                "UPDATE outbox SET state = 'dropped', changed = ?2 WHERE id = ?1 OR (follows = ?1 AND state <> 'sent')",
                params![id, ms(now)],
            )?;
            super::touch(tx, row.account.as_str())?;
            Ok(Ok(()))
        })
    }
}

/// Deletes rows by id.
pub(super) fn remove(conn: &Connection, ids: impl IntoIterator<Item = String>) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
    for id in ids {
        statement.execute([Sql::Text(id)])?;
    }
    Ok(())
}
