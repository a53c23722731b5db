//! Facts: everything that is kept about one account, put together for `book`.
//!
//! Decides which record speaks for a field where several sources have one, and when a fact happened and was known.
//! What a fact means for anything is decided in `book`.

mod journal;
mod notes;
mod owners;
mod people;
mod records;
mod series;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension};

pub(super) use owners::{Kept, Owners};

use super::cache::apply::Body;
use super::cache::{links, usage};
use super::codec::{from_json, moment};
use super::forgotten::Forgotten;
use super::own::OwnNote;
use super::{Store, StoreError};
use crate::book::facts::{Facts, Usage, is_score};
use crate::book::ids::{AccountId, PersonId, SourceName};
use crate::book::money::Currency;
use crate::book::row::{Entity, Value};

/// A record as it is kept.
struct Rec {
    rec: i64,
    source: SourceName,
    id: String,
    known: Timestamp,
    gone: Option<Timestamp>,
    body: Body,
}

impl Rec {
    fn get(&self, field: &str) -> Option<&Value> {
        self.body.fields.get(field)
    }

    fn text(&self, field: &str) -> Option<&str> {
        match self.get(field) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    fn owned(&self, field: &str) -> Option<String> {
        self.text(field).map(str::to_owned)
    }

    fn day(&self, field: &str, zone: &TimeZone) -> Option<Date> {
        match self.get(field) {
            Some(Value::Day(day)) => Some(*day),
            Some(Value::Instant(at)) => Some(on(*at, zone)),
            _ => None,
        }
    }

    fn instant(&self, field: &str) -> Option<Timestamp> {
        match self.get(field) {
            Some(Value::Instant(at)) => Some(*at),
            _ => None,
        }
    }

    fn flag(&self, field: &str) -> bool {
        matches!(self.get(field), Some(Value::Bool(true)))
    }
}

/// The day of a moment in the book's time zone.
fn on(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}

/// What all parts of the reading share.
struct Reading<'a> {
    conn: &'a Connection,
    zone: &'a TimeZone,
    currency: Currency,
    owners: &'a Owners,
    account: &'a AccountId,
    /// Who may write notes that speak besides the colleagues.
    authors: &'a [String],
    forgotten: &'a Forgotten,
    /// Fields of people whose first value nobody knows the day of.
    undated: people::Undated,
    /// Records by entity, in the order in which they were first seen; those that are gone only for accounts.
    records: HashMap<Entity, Vec<Rec>>,
}

impl Reading<'_> {
    fn of(&self, entity: Entity) -> &[Rec] {
        self.records.get(&entity).map_or(&[], Vec::as_slice)
    }

    /// The id that a person goes by here, merges followed.
    fn person(&self, source: &SourceName, id: &str) -> rusqlite::Result<PersonId> {
        let mut statement =
            self.conn.prepare_cached("SELECT new FROM alias WHERE source = ?1 AND entity = 'person' AND old = ?2")?;
        let mut id = id.to_owned();
        // A merge of a merge is followed; a ring of them, which no source should tell us, is not.
        for _ in 0..10 {
            match statement.query_row([source.as_str(), &id], |row| row.get(0)).optional()? {
                Some(new) => id = new,
                None => break,
            }
        }
        Ok(PersonId::of(source, &id))
    }
}

impl Store {
    /// Everything that is known of an account; `None` where the cache has no record of it. Days are those of `zone`,
    /// amounts without a currency are in `currency`.
    pub fn facts(&self, id: &AccountId, zone: &TimeZone, currency: Currency) -> Result<Option<Facts>, StoreError> {
        let (account, ids) = self.cache.read("reading an account", |conn| {
            let Some(account) = links::key(conn, id.as_str())? else { return Ok((None, Vec::new())) };
            Ok((Some(account), links::ids_of(conn, account)?))
        })?;
        let Some(account) = account else { return Ok(None) };
        let (own, closed, forgotten) = self.own.read("reading notes", |conn| {
            Ok((super::own::notes_on(conn, &ids)?, super::own::closed(conn)?, Forgotten::load(conn)?))
        })?;
        let facts = self.cache.read("reading an account", |conn| {
            let owners = self.owners.borrow_mut().current(conn)?;
            let ours = Ours { notes: &own, authors: &self.authors, forgotten: &forgotten, owners: &owners };
            read(conn, account, &ours, zone, currency)
        })?;
        Ok(facts.map(|mut facts| {
            for task in facts.tasks.iter_mut().filter(|task| closed.contains(&task.id)) {
                task.done = true;
            }
            facts
        }))
    }
}

/// What is ours and what is ours to say, for a reading.
struct Ours<'a> {
    notes: &'a [OwnNote],
    authors: &'a [String],
    forgotten: &'a Forgotten,
    owners: &'a Owners,
}

fn read(
    conn: &Connection,
    account: i64,
    ours: &Ours<'_>,
    zone: &TimeZone,
    currency: Currency,
) -> rusqlite::Result<Option<Facts>> {
    let id = links::id_of(conn, account)?;
    let links = links::links_of(conn, account)?;
    let Ours { notes: own, authors, forgotten, owners } = *ours;
    let records = records_of(conn, &links)?;
    let undated = people::Undated::new();
    let mut reading = Reading { conn, zone, currency, owners, account: &id, authors, forgotten, undated, records };
    let Some(mut facts) = series::account(&reading, &id)? else { return Ok(None) };
    // Accounts are the only ones whose gone records were needed.
    reading.records.remove(&Entity::Account);
    let (canonical, undated) = people::read(&reading, &mut facts)?;
    reading.undated = undated;
    records::read(&reading, &canonical, &mut facts)?;
    let keys = links
        .iter()
        .filter(|(_, source, _)| *source == facts.source.0)
        .map(|(_, _, id)| id.as_str())
        .chain([id.parts().1])
        .collect::<Vec<_>>();
    notes::read(&reading, &keys, own, &mut facts)?;
    usage_of(conn, &links, &mut facts)?;
    if let Some(address) = super::rows::meta(conn, &format!("link/{}", facts.source))? {
        facts.link = Some(address.replace("{id}", id.parts().1));
    }
    Ok(Some(facts))
}

fn records_of(conn: &Connection, links: &[(i64, String, String)]) -> rusqlite::Result<HashMap<Entity, Vec<Rec>>> {
    let mut statement = conn.prepare_cached(
        "SELECT r.rec, r.source, r.entity, r.id, r.known, r.gone, r.body FROM belongs b JOIN record r USING (rec)
         WHERE b.link = ?1 AND (r.gone IS NULL OR r.entity = 'account') ORDER BY r.rec",
    )?;
    let mut records: HashMap<Entity, Vec<Rec>> = HashMap::new();
    let mut seen = HashSet::new();
    for (link, ..) in links {
        let mut rows = statement.query([link])?;
        while let Some(row) = rows.next()? {
            let Some(entity) = Entity::parse(row.get_ref(2)?.as_str()?) else { continue };
            let rec = row.get(0)?;
            if seen.insert(rec) {
                records.entry(entity).or_default().push(Rec {
                    rec,
                    source: SourceName(row.get(1)?),
                    id: row.get(3)?,
                    known: moment(row.get(4)?),
                    gone: row.get::<_, Option<i64>>(5)?.map(moment),
                    body: from_json(row.get_ref(6)?.as_str()?)?,
                });
            }
        }
    }
    Ok(records)
}

/// Usage of all links; where two sources have a day of the same metric, the first speaks.
fn usage_of(conn: &Connection, links: &[(i64, String, String)], facts: &mut Facts) -> rusqlite::Result<()> {
    let mut all = Usage::new();
    for (link, source, _) in links {
        let mut found = false;
        usage::read(conn, *link, |metric, daily| {
            found |= !is_score(metric);
            match all.get_mut(metric) {
                None => {
                    all.insert(metric.to_owned(), daily);
                }
                Some(known) => {
                    let days = daily.start.into_iter().flat_map(|start| {
                        let values = &daily.values;
                        values.iter().enumerate().filter_map(move |(n, value)| {
                            let day = start.checked_add(jiff::Span::new().days(n as i64)).ok()?;
                            (!value.is_nan()).then_some((day, *value))
                        })
                    });
                    for (day, value) in days {
                        if known.get(day).is_none() {
                            known.set(day, value);
                        }
                    }
                }
            }
        })?;
        if found && facts.usage_source.is_none() {
            facts.usage_source = Some(SourceName(source.clone()));
        }
    }
    facts.usage = all;
    Ok(())
}
