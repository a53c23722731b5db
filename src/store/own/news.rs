//! What was told of the accounts, and the events that were raised by telling it.
//!
//! Keeps both together: an event is written in the transaction that says what has been told by it, and only where nobody
//! else told it meanwhile. What is news is `book`'s matter.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, params};

use super::super::cache::links;
use super::super::codec::{date, day, from_json, json, moment, ms};
use super::super::{Store, StoreError};
use crate::book::ids::AccountId;
use crate::book::news::Told;
use crate::book::standing::Standing;

/// A change of state that was raised, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `band`, `flag`, `flag-cleared`, `new`, `gone`.
    pub kind: String,
    pub account: AccountId,
    pub from: Option<String>,
    pub to: Option<String>,
    pub points: Option<f64>,
    pub because: String,
    pub day: Date,
    pub at: Timestamp,
}

impl Event {
    /// The same change on the same day is the same event.
    fn mark(&self) -> String {
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        [self.account.as_str(), &self.kind, &word(&self.from), &word(&self.to), &self.day.to_string()].join("|")
    }
}

/// An account whose news is told.
#[derive(Clone, Debug)]
pub struct Telling {
    pub account: AccountId,
    /// What had been told when the news was looked for; `None`: nothing.
    pub before: Option<Told>,
    pub after: Told,
    pub events: Vec<Event>,
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        kind: row.get(0)?,
        account: AccountId(row.get(1)?),
        from: row.get(2)?,
        to: row.get(3)?,
        points: row.get(4)?,
        because: row.get(5)?,
        day: date(row.get(6)?),
        at: moment(row.get(7)?),
    })
}

const EVENT: &str = "SELECT kind, account, was, became, points, because, day, at FROM event";

impl Store {
    /// What was told of an account; `None`: nothing yet.
    pub fn told_of(&self, account: &AccountId) -> Result<Option<Told>, StoreError> {
        self.own.read("reading what was told", |conn| {
            let body: Option<String> = conn
                .prepare_cached("SELECT body FROM told WHERE account = ?1")?
                .query_row([account.as_str()], |row| row.get(0))
                .optional()?;
            // What an older Rounds told in another shape counts as not told: it is taken up without a word.
            Ok(body.and_then(|body| from_json(&body).ok()))
        })
    }

    /// Accounts with a flag that is away and is to be looked for again on that day or before.
    pub fn told_to_look(&self, today: Date) -> Result<Vec<AccountId>, StoreError> {
        self.own.read("reading what was told", |conn| {
            conn.prepare_cached("SELECT account FROM told INDEXED BY told_look WHERE look <= ?1")?
                .query_map([day(today)], |row| row.get(0).map(AccountId))?
                .collect()
        })
    }

    /// Keeps what is told now, with its events; an account whose news somebody else told meanwhile is passed over.
    /// Answers with how many events were raised.
    pub fn tell(&mut self, items: &[Telling], at: Timestamp) -> Result<u64, StoreError> {
        if items.is_empty() {
            return Ok(0);
        }
        self.own_mut()?.write("keeping what was told", |tx| {
            let mut raised = 0;
            let mut old = tx.prepare_cached("SELECT body FROM told WHERE account = ?1")?;
            let mut put = tx.prepare_cached(
                "INSERT INTO told(account, body, look) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET body = excluded.body, look = excluded.look",
            )?;
            let mut raise = tx.prepare_cached(
                "INSERT OR IGNORE INTO event(kind, account, was, became, points, because, day, at, mark)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for item in items {
                let account = item.account.as_str();
                let known: Option<String> = old.query_row([account], |row| row.get(0)).optional()?;
                if known.and_then(|body| from_json::<Told>(&body).ok()) != item.before {
                    continue;
                }
                put.execute(params![account, json(&item.after)?, item.after.look().map(day)])?;
                for event in &item.events {
                    raised += raise.execute(params![
                        event.kind,
                        event.account.as_str(),
                        event.from,
                        event.to,
                        event.points,
                        event.because,
                        day(event.day),
                        ms(at),
                        event.mark()
                    ])? as u64;
                }
            }
            Ok(raised)
        })
    }

    /// Events raised after the end of a day, oldest first.
    pub fn events_since(&self, since: Date) -> Result<Vec<Event>, StoreError> {
        self.own.read("reading events", |conn| {
            conn.prepare_cached(&format!("{EVENT} WHERE day > ?1 ORDER BY seq"))?
                .query_map([day(since)], event)?
                .collect()
        })
    }

    /// Events raised after a moment, oldest first.
    pub fn events_after(&self, at: Timestamp) -> Result<Vec<Event>, StoreError> {
        self.own.read("reading events", |conn| {
            conn.prepare_cached(&format!("{EVENT} WHERE at > ?1 ORDER BY seq"))?.query_map([ms(at)], event)?.collect()
        })
    }

    /// Accounts whose standing says something else than before, until [`Store::seen`].
    pub fn stirred(&self) -> Result<Vec<AccountId>, StoreError> {
        self.cache.read("looking for what moved", |conn| {
            let mut statement = conn.prepare_cached("SELECT account FROM stirred")?;
            let keys = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            keys.into_iter().map(|key| links::id_of(conn, key)).collect()
        })
    }

    /// Whether the next look takes everything as it is: a source was read whole for the first time.
    pub fn news_is_silent(&self) -> Result<bool, StoreError> {
        Ok(self.meta(SILENT)?.is_some())
    }

    /// These standings have been looked at. One that moved again meanwhile stays to be looked at.
    pub fn seen(&mut self, standings: &HashMap<AccountId, Option<Standing>>) -> Result<(), StoreError> {
        if standings.is_empty() && self.meta(SILENT)?.is_none() {
            return Ok(());
        }
        self.cache.write("keeping what was looked at", |tx| {
            for (id, standing) in standings {
                let Some(account) = links::key(tx, id.as_str())? else { continue };
                let same = match standing {
                    Some(standing) => {
                        let now = super::super::cache::standings::get(tx, id.as_str())?;
                        now.is_none_or(|now| now == *standing)
                    }
                    None => true,
                };
                if same {
                    tx.prepare_cached("DELETE FROM stirred WHERE account = ?1")?.execute([account])?;
                }
            }
            tx.execute("DELETE FROM meta WHERE key = ?1", [SILENT]).map(|_| ())
        })
    }
}

/// In the cache's `meta`: what is there when it is looked at next is no news.
pub(in crate::store) const SILENT: &str = "news_silent";
