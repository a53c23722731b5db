//! Standings and lists: what was computed is kept, read by index, counted, searched.
//!
//! The store's side of the portfolio. Decides nothing about health; it only keeps what `book` said.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::OptionalExtension;

use super::cache::line::Line;
use super::cache::page::{self, Order};
use super::cache::standings::{self, Assessed, Version};
use super::cache::{links, loyal, summary, typical};
use super::codec::{date, day, fold, from_json, ms};
use super::filter::Filter;
use super::rows::{IMPORTED, SourceRecord};
use super::{Store, StoreError};
use crate::book::assess::Medians;
use crate::book::ids::AccountId;
use crate::book::loyalty::whole::LoyalRow;
use crate::book::money::{Currency, Money};
use crate::book::standing::Standing;
use crate::book::typical::Typical;
use crate::book::view::{Header, Page, PageQuery, PortfolioRow};

/// Whose accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// An owner's e-mail (else name), as in the standings; `None`: the whole book.
    pub owner: Option<String>,
}

impl Scope {
    /// The whole book.
    pub fn team() -> Self {
        Self::default()
    }

    /// One owner's accounts.
    pub fn of(owner: impl Into<String>) -> Self {
        Self { owner: Some(owner.into()) }
    }

    pub(super) fn folded(&self) -> Option<String> {
        self.owner.as_deref().map(fold)
    }
}

/// An account that a filter leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its key in the portfolio, for [`Filter::among`].
    pub key: i64,
    pub id: AccountId,
    /// The state of its facts.
    pub version: Version,
}

/// The exposures of a book in order, to say how urgent one is among them.
#[derive(Clone, Debug, Default)]
pub struct Percentiles(Vec<f64>);

impl Percentiles {
    /// The share of the other accounts whose exposure is lower, 0 to 1; ties count half.
    pub fn of(&self, exposure: f64) -> f64 {
        let below = self.0.partition_point(|other| *other < exposure);
        let same = self.0[below..].partition_point(|other| *other <= exposure);
        let others = (self.0.len() as f64 - 1.0).max(1.0);
        ((below as f64 + (same as f64 - 1.0).max(0.0) / 2.0) / others).clamp(0.0, 1.0)
    }
}

/// When the newest of the sources was read to its end. A file that was imported says nothing about how fresh the
/// connected ones are.
fn newest(sources: &[SourceRecord], imported: bool) -> Option<Timestamp> {
    let those = sources.iter().filter(|source| (source.connector == IMPORTED) == imported);
    those.filter_map(|source| source.complete).max()
}

impl Store {
    /// The state of an account's facts; take it before reading them.
    pub fn version(&self, id: &AccountId) -> Result<Version, StoreError> {
        let cache = self.cache.read("reading an account's state", |conn| {
            conn.prepare_cached("SELECT version FROM account WHERE account = ?1")?
                .query_row([links::key(conn, id.as_str())?], |row| row.get(0))
                .optional()
        })?;
        let own = self.own.read("reading an account's state", |conn| {
            conn.prepare_cached("SELECT serial FROM touched WHERE account = ?1")?
                .query_row([id.as_str()], |row| row.get(0))
                .optional()
        })?;
        Ok(Version { cache: cache.unwrap_or(0), own: own.unwrap_or(0) })
    }

    /// Keeps standings made by a model (its hash). Accounts that the cache does not know are passed over.
    pub fn put_standings(&mut self, items: &[Assessed], model: &str, now: Timestamp) -> Result<(), StoreError> {
        self.cache
            .write("keeping standings", |tx| items.iter().try_for_each(|item| standings::put(tx, item, model, ms(now))))
    }

    /// Median ARR by segment in units of the book's currency, as of the last [`Store::refresh_summary`].
    pub fn medians(&self) -> Result<Medians, StoreError> {
        self.cache.read("reading the segments' medians", summary::medians)
    }

    /// What is usual for accounts of a segment (for a small or unknown one: in the book), as of the last
    /// [`Store::refresh_typical`]. Reads one row.
    pub fn typical(&self, segment: Option<&str>) -> Result<Option<Typical>, StoreError> {
        self.cache.read("reading what is usual", |conn| typical::get(conn, segment))
    }

    /// Computes what is usual by segment. Reads a narrow row of every account: for the background. `ids`: the measures of
    /// the model in their order; `model`: its hash.
    pub fn refresh_typical(&mut self, ids: &[&str], model: &str) -> Result<(), StoreError> {
        self.cache.write("computing what is usual", |tx| typical::refresh(tx, ids, model))
    }

    /// Accounts to be assessed for `today`: their facts changed, their standing is of another model or no longer holds.
    /// Nothing more is read than what is out of date.
    pub fn stale(&self, today: Date, model: &str, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        let mut found = self.own_stale(limit)?;
        let more =
            self.cache.read("looking for old standings", |conn| standings::stale(conn, day(today), model, limit))?;
        for id in more {
            if found.len() < limit && !found.contains(&id) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// About how many accounts are to be assessed for `today`.
    pub fn stale_count(&self, today: Date, model: &str) -> Result<u64, StoreError> {
        let own = self.own_stale(1000)?.len() as u64;
        let cache =
            self.cache.read("counting old standings", |conn| standings::stale_count(conn, day(today), model))?;
        Ok(cache.max(own))
    }

    /// Whether one account's standing is out of date.
    pub fn is_stale(&self, id: &AccountId, today: Date, model: &str) -> Result<bool, StoreError> {
        let version = self.version(id)?;
        self.cache.read("looking for an old standing", |conn| {
            let Some(account) = links::key(conn, id.as_str())? else { return Ok(false) };
            let holds = conn
                .prepare_cached(
                    "SELECT 1 FROM standing WHERE account = ?1 AND model = ?2 AND day <= ?3 AND valid_until > ?3
                       AND version = ?4 AND own = ?5",
                )?
                .exists(rusqlite::params![account, model, day(today), version.cache, version.own])?;
            Ok(!holds)
        })
    }

    /// Accounts with a note or decision of ours that their standing does not know of yet.
    fn own_stale(&self, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        let done: i64 = self.meta("own_assessed")?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let touched = self.own.read("reading what we changed", |conn| {
            let newest: i64 = conn.query_row("SELECT coalesce(max(serial), 0) FROM touched", [], |row| row.get(0))?;
            // An `own.db` that was replaced starts counting anew.
            let from = if newest < done { 0 } else { done };
            let mut statement =
                conn.prepare_cached("SELECT account, serial FROM touched WHERE serial > ?1 ORDER BY serial")?;
            statement
                .query_map([from], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<Vec<(String, i64)>, _>>()
        })?;
        self.cache.read("looking for old standings", |conn| {
            let mut seen = conn.prepare_cached("SELECT own FROM standing WHERE account = ?1")?;
            let mut found = Vec::new();
            for (id, serial) in touched {
                let Some(account) = links::key(conn, &id)? else { continue };
                let known: Option<i64> = seen.query_row([account], |row| row.get(0)).optional()?;
                let current = links::id_of(conn, account)?;
                // An account that was merged into another is assessed under the other's name, and without its serial.
                if known.unwrap_or(-1) < serial && current.as_str() == id && found.len() < limit {
                    found.push(current);
                }
            }
            Ok(found)
        })
    }

    /// After everything stale was assessed: what we changed up to now needs no second look. Cheap when there is nothing.
    pub fn own_assessed(&mut self) -> Result<(), StoreError> {
        if !self.own_stale(1)?.is_empty() {
            return Ok(());
        }
        let newest: i64 = self.own.read("reading what we changed", |conn| {
            conn.query_row("SELECT coalesce(max(serial), 0) FROM touched", [], |row| row.get(0))
        })?;
        let newest = newest.to_string();
        if self.meta("own_assessed")?.as_deref() == Some(newest.as_str()) {
            return Ok(());
        }
        self.put_meta("own_assessed", &newest)
    }

    /// A window of the portfolio. Unfiltered it carries the total; a filtered one is counted by [`Store::count`].
    pub fn page(&self, query: &PageQuery, filter: &Filter, scope: &Scope) -> Result<Page, StoreError> {
        let order = Order { sort: query.sort, reverse: query.reverse, owner: scope.folded(), filter };
        self.cache.read("reading the portfolio", |conn| {
            let window = self.reader.borrow_mut().window(conn, &order, query.offset, query.limit)?;
            let mark = mark(conn)?;
            let mut rows = Vec::with_capacity(window.accounts.len());
            for account in &window.accounts {
                rows.extend(line(conn, *account, mark)?);
            }
            let total = if filter.is_all() { Some(page::size(conn, order.owner.as_deref())?) } else { None };
            let rows_read = window.read + window.accounts.len() as u64;
            Ok(Page { offset: query.offset, rows, total, rows_read })
        })
    }

    /// How many accounts a filter leaves.
    pub fn count(&self, filter: &Filter, scope: &Scope) -> Result<u64, StoreError> {
        let order = Order { sort: Default::default(), reverse: false, owner: scope.folded(), filter };
        self.cache.read("counting the portfolio", |conn| page::count(conn, &order))
    }

    /// Where an account stands in an order; `None`: the filter or the scope leaves it out.
    pub fn position(
        &self,
        query: &PageQuery,
        filter: &Filter,
        scope: &Scope,
        id: &AccountId,
    ) -> Result<Option<u64>, StoreError> {
        let order = Order { sort: query.sort, reverse: query.reverse, owner: scope.folded(), filter };
        self.cache.read("finding a place in the portfolio", |conn| match links::key(conn, id.as_str())? {
            Some(account) => page::position(conn, &order, account),
            None => Ok(None),
        })
    }

    /// The accounts that a filter leaves, with the state of their facts, the most urgent first.
    pub fn candidates(&self, filter: &Filter, scope: &Scope) -> Result<Vec<Candidate>, StoreError> {
        let owner = scope.folded();
        let own: HashMap<String, i64> = self.own.read("reading accounts' states", |conn| {
            let mut statement = conn.prepare_cached("SELECT account, serial FROM touched")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        self.cache.read("reading accounts' states", |conn| {
            let mut sql = "SELECT p.account, a.version FROM portfolio p JOIN account a USING (account)".to_owned();
            let mut params = Vec::new();
            let mut word = " WHERE ";
            if let Some(owner) = owner {
                sql += " WHERE p.owner = ?";
                params.push(rusqlite::types::Value::Text(owner));
                word = " AND ";
            }
            if !filter.is_all() {
                sql += word;
                sql += &filter.sql;
                params.extend(filter.params.iter().cloned());
            }
            sql += " ORDER BY p.exposure DESC";
            let mut found = Vec::new();
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query(rusqlite::params_from_iter(params))?;
            while let Some(row) = rows.next()? {
                let key: i64 = row.get(0)?;
                let id = links::id_of(conn, key)?;
                let own = own.get(id.as_str()).copied().unwrap_or(0);
                found.push(Candidate { key, id, version: Version { cache: row.get(1)?, own } });
            }
            Ok(found)
        })
    }

    /// Words for queries: the segments and owners of the book, most accounts first, and the usage metrics of some accounts.
    pub fn words(&self) -> Result<[Vec<String>; 3], StoreError> {
        // Every account has the metrics of its source: a few tell them all, where the whole table would be read otherwise.
        const ALL: [&str; 3] = [
            "SELECT segment FROM portfolio WHERE segment IS NOT NULL GROUP BY segment ORDER BY count(*) DESC, segment LIMIT 60",
            "SELECT owner FROM portfolio WHERE owner IS NOT NULL GROUP BY owner ORDER BY count(*) DESC, owner LIMIT 60",
            "SELECT DISTINCT metric FROM usage WHERE link IN (SELECT DISTINCT link FROM usage LIMIT 20) ORDER BY metric LIMIT 60",
        ];
        self.cache.read("reading words for queries", |conn| {
            let of = |sql: &str| -> rusqlite::Result<Vec<String>> {
                conn.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect()
            };
            Ok([of(ALL[0])?, of(ALL[1])?, of(ALL[2])?])
        })
    }

    /// One line of the portfolio.
    pub fn row(&self, id: &AccountId) -> Result<Option<PortfolioRow>, StoreError> {
        self.cache.read("reading a line of the portfolio", |conn| match links::key(conn, id.as_str())? {
            Some(account) => line(conn, account, mark(conn)?),
            None => Ok(None),
        })
    }

    /// The newest standing of an account, whatever its day.
    pub fn standing(&self, id: &AccountId) -> Result<Option<Standing>, StoreError> {
        self.cache.read("reading a standing", |conn| standings::get(conn, id.as_str()))
    }

    /// The standings of an order one after the other, without holding them: `each` says whether to go on.
    pub fn standings_in(
        &self,
        query: &PageQuery,
        filter: &Filter,
        scope: &Scope,
        mut each: impl FnMut(Standing) -> bool,
    ) -> Result<(), StoreError> {
        const CHUNK: u64 = 500;
        let order = Order { sort: query.sort, reverse: query.reverse, owner: scope.folded(), filter };
        let end = query.offset.saturating_add(query.limit);
        let mut offset = query.offset;
        while offset < end {
            let limit = CHUNK.min(end - offset);
            let window = self.cache.read("reading standings", |conn| {
                let window = self.reader.borrow_mut().window(conn, &order, offset, limit)?;
                let mut bodies = Vec::with_capacity(window.accounts.len());
                let mut statement = conn.prepare_cached("SELECT body FROM standing WHERE account = ?1")?;
                for account in &window.accounts {
                    bodies.extend(statement.query_row([account], |row| row.get::<_, String>(0)).optional()?);
                }
                Ok((window.accounts.len() as u64, bodies))
            })?;
            for body in window.1 {
                let standing = self.cache.read("reading standings", |_| from_json(&body))?;
                if !each(standing) {
                    return Ok(());
                }
            }
            if window.0 < limit {
                return Ok(());
            }
            offset += limit;
        }
        Ok(())
    }

    /// Every account of the cache, customers who left included, in the order in which they were first seen.
    pub fn account_ids(&self) -> Result<Vec<AccountId>, StoreError> {
        self.cache.read("listing the accounts", |conn| {
            let mut statement = conn.prepare("SELECT id FROM account WHERE merged IS NULL ORDER BY account")?;
            statement.query_map([], |row| row.get(0).map(AccountId))?.collect()
        })
    }

    /// Every stored standing, customers who left included, in no particular order: `each` says whether to go on.
    pub fn all_standings(&self, mut each: impl FnMut(Standing) -> bool) -> Result<(), StoreError> {
        self.cache.read("reading standings", |conn| {
            let mut statement = conn.prepare("SELECT body FROM standing")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if !each(from_json(row.get_ref(0)?.as_str()?)?) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The exposures of a scope, for the urgency of single accounts. Reads one index.
    pub fn percentiles(&self, scope: &Scope) -> Result<Percentiles, StoreError> {
        self.cache.read("reading urgencies", |conn| {
            let (sql, params): (&str, Vec<String>) = match scope.folded() {
                Some(owner) => ("SELECT exposure FROM portfolio WHERE owner = ?1 ORDER BY exposure", vec![owner]),
                None => ("SELECT exposure FROM portfolio INDEXED BY by_urgency ORDER BY exposure", Vec::new()),
            };
            let mut statement = conn.prepare_cached(sql)?;
            let all = statement.query_map(rusqlite::params_from_iter(params), |row| row.get(0))?;
            all.collect::<Result<Vec<f64>, _>>().map(Percentiles)
        })
    }

    /// The top line, from one stored row ([`Store::refresh_summary`]) and a few counters. `who` is what it says of whose
    /// book it is. Whether it is the practice book is not known here.
    pub fn header(&self, scope: &Scope, who: &str, today: Date, currency: Currency) -> Result<Header, StoreError> {
        let owner = scope.folded();
        let (figures, accounts, meetings, old) = self.cache.read("reading the top line", |conn| {
            let figures = summary::get(conn, owner.as_deref())?;
            let accounts = page::size(conn, owner.as_deref())?;
            let meetings: i64 = conn
                .prepare_cached(
                    "SELECT coalesce(sum(meetings), 0) FROM portfolio INDEXED BY with_meeting
                     WHERE meetings > 0 AND day = ?1 AND (?2 IS NULL OR owner = ?2)",
                )?
                .query_row(rusqlite::params![day(today), owner], |row| row.get(0))?;
            let old: Option<i64> = conn
                .prepare_cached(
                    "SELECT day FROM standing INDEXED BY standing_valid WHERE valid_until <= ?1
                     ORDER BY valid_until LIMIT 1",
                )?
                .query_row([day(today)], |row| row.get(0))
                .optional()?;
            Ok((figures, accounts, meetings as u64, old.map(date)))
        })?;
        let (waiting, refused) = self.outbox_counts()?;
        let sources = self.sources()?;
        let known = figures.is_some();
        let figures = figures.unwrap_or_default();
        let money = |minor| (known && figures.accounts > 0).then_some(Money { minor, currency });
        Ok(Header {
            who: who.to_owned(),
            accounts,
            arr: money(figures.arr),
            currency,
            due_at_risk: money(figures.due_at_risk),
            grr: figures.grr,
            nrr: figures.nrr,
            healthy: figures.healthy,
            watch: figures.watch,
            at_risk: figures.at_risk,
            unknown: figures.unknown,
            no_arr: figures.no_arr,
            no_renewal: figures.no_renewal,
            meetings_today: meetings,
            synced: newest(&sources, false).or_else(|| newest(&sources, true)),
            standings_of: old,
            waiting,
            refused,
            practice: false,
            past: None,
        })
    }

    /// Computes the top line's figures for a scope. Reads the whole scope: for the background.
    pub fn refresh_summary(&mut self, scope: &Scope, today: Date) -> Result<(), StoreError> {
        let owner = scope.folded();
        self.cache.write("computing the top line", |tx| {
            summary::refresh(tx, owner.as_deref(), day(today))?;
            summary::refresh_medians(tx)
        })
    }

    /// What loyalty says of each account of a scope.
    pub fn loyal_rows(&self, scope: &Scope) -> Result<Vec<LoyalRow>, StoreError> {
        self.cache.read("reading the loyalty of the book", |conn| loyal::all(conn, scope.owner.as_deref()))
    }

    /// Marks accounts whose ARR is estimated as out of date where the medians have moved since. Answers with how many.
    /// Once per sync, when all else is assessed: before that the medians are of half a book.
    pub fn follow_medians(&mut self) -> Result<u64, StoreError> {
        self.cache.write("comparing the segments' medians", |tx| summary::follow_medians(tx))
    }
}

/// When the complete sync before the last one ended: what has moved since is fresh. Nothing is while there was no such
/// sync: what a first one brings is no news.
fn mark(conn: &rusqlite::Connection) -> rusqlite::Result<i64> {
    let mut statement = conn.prepare_cached("SELECT body FROM source")?;
    let mut last = None;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let source: SourceRecord = from_json(row.get_ref(0)?.as_str()?)?;
        last = last.max(source.previous.map(ms));
    }
    Ok(last.unwrap_or(i64::MAX))
}

fn line(conn: &rusqlite::Connection, account: i64, mark: i64) -> rusqlite::Result<Option<PortfolioRow>> {
    let mut statement = conn
        .prepare_cached("SELECT l.body, p.moved FROM line l JOIN portfolio p USING (account) WHERE l.account = ?1")?;
    let found: Option<(String, Option<i64>)> =
        statement.query_row([account], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(body, moved)| Ok(from_json::<Line>(&body)?.row(moved.is_some_and(|moved| moved >= mark)))).transpose()
}
