//! Keeping a page of rows: what is new, what differs, what is gone, and whose facts that changes.
//!
//! A row that is as it was writes nothing. Changes of fields whose source keeps no history are written down as they are
//! seen. Draws no conclusion from any field.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::super::batch::{Applied, Batch};
use super::super::codec::{from_json, hash, json, ms};
use super::links::{Hands, Links, record_link, touch};
use super::usage::Days;
use crate::book::ids::{AccountId, SourceName};
use crate::book::journal::{Mark, read_back};
use crate::book::row::{Entity, Row, Value};

/// What is kept of a row besides its columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Body {
    #[serde(rename = "f")]
    pub fields: BTreeMap<String, Value>,
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
}

impl Body {
    fn of(row: &Row) -> Self {
        // JSON knows no infinity: a number that is none is as good as absent.
        let sound = |value: &Value| !matches!(value, Value::Number(n) if !n.is_finite());
        let fields = row.fields.iter().filter(|(_, value)| sound(value));
        Self { fields: fields.map(|(name, value)| (name.clone(), value.clone())).collect(), people: row.people.clone() }
    }
}

/// A record that we closed ourselves counts as done until its source tells of it again.
pub(in crate::store) fn close_record(
    conn: &Connection,
    source: &SourceName,
    entity: Entity,
    id: &str,
) -> rusqlite::Result<()> {
    let key = params![source.as_str(), entity.name(), id];
    let found: Option<(i64, String)> = conn
        .prepare_cached("SELECT rec, body FROM record WHERE source = ?1 AND entity = ?2 AND id = ?3")?
        .query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((rec, text)) = found else { return Ok(()) };
    let mut body: Body = from_json(&text)?;
    body.fields.insert("done".to_owned(), Value::Bool(true));
    // No page has this print: whatever comes next is taken for a change.
    conn.prepare_cached("UPDATE record SET body = ?2, due = NULL, hash = 0 WHERE rec = ?1")?
        .execute(params![rec, json(&body)?])
        .map(|_| ())
}

/// Fields whose changes are kept where the source itself keeps no history.
pub fn tracked(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Account => &[
            "owner",
            "segment",
            "priority",
            "stage",
            "arr",
            "renewal_date",
            "seats",
            "features_bought",
            "csat",
            "csat_on",
            "invoice_state",
            "invoice_due",
            "cost",
            "potential",
            "strategic",
        ],
        Entity::Person => &["champion", "left"],
        Entity::Opportunity => &["stage", "amount", "close_date"],
        Entity::Ticket => &["status", "priority", "escalated"],
        Entity::Owner | Entity::Touch | Entity::Note | Entity::Task | Entity::Usage => &[],
    }
}

/// Keeps a batch: rows and cursor. The caller's transaction makes it all or nothing.
pub(in crate::store) fn apply(conn: &Connection, batch: &Batch, hands: &Hands) -> rusqlite::Result<Applied> {
    let source = batch.source.as_str();
    let mut page = Page {
        conn,
        batch,
        source,
        pass: pass(conn, source, &batch.stream)?,
        links: Links::new(conn, source, hands),
        hands,
        applied: Applied { rows: batch.rows.len() as u64, ..Applied::default() },
        counts: BTreeMap::new(),
        everyone: false,
    };
    for (id, account) in &batch.matches {
        if let Some(account) = super::links::key(conn, account.as_str())? {
            page.links.set(id, account, false)?;
        }
    }
    let mut days = Days::default();
    for row in &batch.rows {
        if batch.seen_only {
            page.see(row)?;
        } else if row.entity == Entity::Usage {
            if let Some(id) = row.accounts.first() {
                days.take(page.links.get(id)?.0, row);
            }
        } else {
            page.keep(row)?;
        }
    }
    page.usage(days)?;
    if let Some(cursor) = &batch.cursor {
        conn.prepare_cached(
            "INSERT INTO cursor(source, stream, body) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET body = excluded.body",
        )?
        .execute(params![source, batch.stream, cursor.0])?;
    }
    page.finish()
}

/// The number of the newest full pass of a stream; 0 before the first.
pub(in crate::store) fn pass(conn: &Connection, source: &str, stream: &str) -> rusqlite::Result<i64> {
    let mut statement = conn.prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([format!("pass/{source}/{stream}")], |row| row.get(0)).optional()?.unwrap_or(0))
}

struct Page<'a> {
    conn: &'a Connection,
    batch: &'a Batch,
    source: &'a str,
    pass: i64,
    links: Links<'a>,
    hands: &'a Hands,
    applied: Applied,
    counts: BTreeMap<Entity, i64>,
    /// An owner changed: names and rights of all accounts may have.
    everyone: bool,
}

/// What is known of a record before this page.
struct Known {
    rec: i64,
    hash: i64,
    seen: i64,
    gone: bool,
    known: i64,
}

impl Page<'_> {
    /// It is still there: the sweep leaves it alone. Nothing else is said of it.
    fn see(&self, row: &Row) -> rusqlite::Result<()> {
        let seen = self.batch.pass.map_or(self.pass, |pass| pass as i64);
        self.conn
            .prepare_cached("UPDATE record SET seen = ?4 WHERE source = ?1 AND entity = ?2 AND id = ?3")?
            .execute(params![self.source, row.entity.name(), row.id, seen])
            .map(|_| ())
    }

    fn keep(&mut self, row: &Row) -> rusqlite::Result<()> {
        if let Some(winner) = row.into.as_ref().filter(|winner| **winner != row.id) {
            self.merge(row.entity, &row.id, winner)?;
        }
        let seen = self.batch.pass.map_or(self.pass, |pass| pass as i64);
        let body = Body::of(row);
        let print = hash(json(&(&body, &row.accounts, &row.history, &row.merged, row.gone))?.as_bytes());
        let mut read = self.conn.prepare_cached(
            "SELECT rec, hash, seen, gone IS NOT NULL, known FROM record WHERE source = ?1 AND entity = ?2 AND id = ?3",
        )?;
        let known = read
            .query_row(params![self.source, row.entity.name(), row.id], |r| {
                Ok(Known { rec: r.get(0)?, hash: r.get(1)?, seen: r.get(2)?, gone: r.get(3)?, known: r.get(4)? })
            })
            .optional()?;
        match known {
            Some(known) if known.hash == print && known.gone == row.gone => {
                if self.batch.pass.is_some() && known.seen != seen {
                    self.conn
                        .prepare_cached("UPDATE record SET seen = ?2 WHERE rec = ?1")?
                        .execute(params![known.rec, seen])?;
                }
                Ok(())
            }
            Some(known) => self.differs(row, &body, print, seen, &known),
            // What was gone before we ever saw it tells us nothing, unless it is a customer who left.
            None if row.gone && row.entity != Entity::Account => Ok(()),
            None => self.new_one(row, &body, print, seen),
        }
    }

    fn new_one(&mut self, row: &Row, body: &Body, print: i64, seen: i64) -> rusqlite::Result<()> {
        let at = ms(self.batch.at);
        self.conn
            .prepare_cached(
                "INSERT INTO record(source, entity, id, stream, changed, known, seen, gone, hash, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                self.source,
                row.entity.name(),
                row.id,
                self.batch.stream,
                row.changed.map(ms),
                at,
                seen,
                row.gone.then_some(row.changed.map_or(at, ms)),
                print,
                json(body)?
            ])?;
        let rec = self.conn.last_insert_rowid();
        self.applied.added += 1;
        *self.counts.entry(row.entity).or_default() += i64::from(!row.gone);
        self.history(rec, row, body, None, at)?;
        self.belong(rec, row)?;
        self.after(row, body)
    }

    fn differs(&mut self, row: &Row, body: &Body, print: i64, seen: i64, known: &Known) -> rusqlite::Result<()> {
        let at = ms(self.batch.at);
        let mut read = self.conn.prepare_cached("SELECT body FROM record WHERE rec = ?1")?;
        let old: Body = from_json(&read.query_row([known.rec], |r| r.get::<_, String>(0))?)?;
        // A deletion often comes as a bare id: what was known of the record stays readable.
        let body = if row.gone && row.fields.is_empty() { &old } else { body };
        self.conn
            .prepare_cached(
                "UPDATE record SET changed = ?2, seen = ?3, hash = ?4, body = ?5,
                   gone = CASE WHEN ?6 THEN coalesce(gone, ?7) END, stream = ?8 WHERE rec = ?1",
            )?
            .execute(params![
                known.rec,
                row.changed.map(ms),
                seen,
                print,
                json(body)?,
                row.gone,
                at,
                self.batch.stream
            ])?;
        match (known.gone, row.gone) {
            (false, true) => {
                self.applied.gone += 1;
                *self.counts.entry(row.entity).or_default() -= 1;
            }
            (true, false) => {
                self.applied.changed += 1;
                *self.counts.entry(row.entity).or_default() += 1;
            }
            _ => self.applied.changed += 1,
        }
        self.history(known.rec, row, body, Some((&old, known.known)), at)?;
        if !(row.gone && row.accounts.is_empty()) {
            self.belong(known.rec, row)?;
        } else {
            self.dirty_of(known.rec)?;
        }
        self.after(row, body)
    }

    /// The source's own history, and what we see changing where it keeps none.
    fn history(&self, rec: i64, row: &Row, body: &Body, old: Option<(&Body, i64)>, at: i64) -> rusqlite::Result<()> {
        let mut put = self.conn.prepare_cached(
            "INSERT INTO history(rec, field, at, known, observed, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET value = excluded.value, observed = min(observed, excluded.observed)",
        )?;
        let text = |value: Option<&Value>| value.map(json).transpose();
        for past in &row.history {
            let when = ms(past.at);
            let known = past.known.map_or(when, ms);
            put.execute(params![rec, past.field, when, known, 0, text(past.value.as_ref())?])?;
        }
        let mut last = self
            .conn
            .prepare_cached("SELECT at, value FROM history WHERE rec = ?1 AND field = ?2 ORDER BY at DESC LIMIT 1")?;
        for field in tracked(row.entity) {
            let now = text(body.fields.get(*field))?;
            let newest: Option<(i64, Option<String>)> =
                last.query_row(params![rec, field], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            match (&newest, old) {
                (Some((_, value)), _) if *value == now => continue,
                (Some(_), _) => {}
                (None, None) => continue,
                (None, Some((old, first_known))) => {
                    let before = text(old.fields.get(*field))?;
                    if before == now {
                        continue;
                    }
                    put.execute(params![rec, field, first_known, first_known, 1, before])?;
                }
            }
            // The source's own word for when is nearer than the moment of the pull, if it is later than what we had.
            let after = newest.map_or_else(|| old.map_or(i64::MIN, |(_, known)| known), |(at, _)| at);
            let when = row.changed.map(ms).filter(|changed| *changed > after && *changed <= at).unwrap_or(at);
            put.execute(params![rec, field, when, at, 1, now])?;
        }
        Ok(())
    }

    /// Sets whose the record is, and marks those accounts, and the ones it leaves.
    fn belong(&mut self, rec: i64, row: &Row) -> rusqlite::Result<()> {
        let mut wanted = Vec::new();
        match row.entity {
            Entity::Account => wanted.push(self.account(row)?),
            Entity::Owner => {}
            _ => {
                for id in &row.accounts {
                    wanted.push(self.links.get(id)?.0);
                }
                let alone = record_link(row.entity.name(), &row.id);
                if self.hands.contains_key(&(self.source.to_owned(), alone.clone())) {
                    wanted.push(self.links.get(&alone)?.0);
                }
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        let mut read = self.conn.prepare_cached("SELECT link FROM belongs WHERE rec = ?1 ORDER BY link")?;
        let old = read.query_map([rec], |r| r.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        self.dirty_of(rec)?;
        if old != wanted {
            self.conn.prepare_cached("DELETE FROM belongs WHERE rec = ?1")?.execute([rec])?;
            let mut put = self.conn.prepare_cached("INSERT INTO belongs(link, rec) VALUES (?1, ?2)")?;
            for link in &wanted {
                put.execute([*link, rec])?;
            }
            drop(put);
            self.dirty_of(rec)?;
        }
        self.notable(rec, row)?;
        let loose = wanted.is_empty() && row.entity != Entity::Owner;
        self.conn
            .prepare_cached("UPDATE record SET loose = ?2 WHERE rec = ?1 AND loose <> ?2")?
            .execute(params![rec, loose])?;
        Ok(())
    }

    /// What lists across all accounts look for, in columns of its own.
    fn notable(&self, rec: i64, row: &Row) -> rusqlite::Result<()> {
        let due = match (row.entity, row.fields.get("due"), row.fields.get("done")) {
            (Entity::Task, Some(Value::Instant(due)), done) if done != Some(&Value::Bool(true)) => Some(ms(*due)),
            _ => None,
        };
        let body = row.text("body").filter(|_| row.entity == Entity::Note);
        let mark = body.and_then(Mark::of_body).filter(|mark| mark.part.is_none());
        let read = body.zip(mark.as_ref()).and_then(|(body, mark)| read_back(body, &[&mark.account]));
        let trouble = read.is_some_and(|read| !read.problems.is_empty());
        self.conn
            .prepare_cached(
                "UPDATE record SET due = ?2, mark = ?3, trouble = ?4
                 WHERE rec = ?1 AND (due IS NOT ?2 OR mark IS NOT ?3 OR trouble <> ?4)",
            )?
            .execute(params![rec, due, mark.map(|mark| mark.place()), trouble])?;
        Ok(())
    }

    fn dirty_of(&mut self, rec: i64) -> rusqlite::Result<()> {
        let mut read = self.conn.prepare_cached(
            "SELECT l.account FROM belongs b JOIN link l USING (link) WHERE b.rec = ?1 AND l.account IS NOT NULL",
        )?;
        for account in read.query_map([rec], |r| r.get::<_, i64>(0))? {
            self.links.dirty.insert(account?);
        }
        Ok(())
    }

    /// The link of an account record; founds the account where this source does so.
    fn account(&mut self, row: &Row) -> rusqlite::Result<i64> {
        let id = AccountId::of(&SourceName::from(self.source), &row.id);
        let name = row.text("name").unwrap_or(&row.id);
        let (link, mut account) = self.links.get(&row.id)?;
        if account.is_none() && self.batch.founds {
            let made = self.links.found(&id, name)?;
            self.links.set(&row.id, made, false)?;
            account = Some(made);
        }
        if account.is_some() && !(row.gone && row.fields.is_empty()) {
            self.conn
                .prepare_cached("UPDATE account SET name = ?2, fold = ?3, domain = ?4, external = ?5 WHERE id = ?1")?
                .execute(params![
                    id.as_str(),
                    name,
                    super::super::codec::fold(name),
                    row.text("domain").map(domain),
                    row.text("external_id")
                ])?;
        }
        Ok(link)
    }

    /// Merges, and owners, who concern everybody.
    fn after(&mut self, row: &Row, body: &Body) -> rusqlite::Result<()> {
        self.everyone |= row.entity == Entity::Owner;
        let _ = body;
        for old in row.merged.iter().filter(|old| **old != row.id) {
            self.merge(row.entity, old, &row.id)?;
        }
        Ok(())
    }

    /// Whatever named `old` means `new` from now on.
    fn merge(&mut self, entity: Entity, old: &str, new: &str) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO alias(source, entity, old, new) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET new = excluded.new",
            )?
            .execute(params![self.source, entity.name(), old, new])?;
        if entity == Entity::Account {
            self.links.merge(old, new)?;
        }
        let ended = self
            .conn
            .prepare_cached(
                "UPDATE record SET gone = ?4 WHERE source = ?1 AND entity = ?2 AND id = ?3 AND gone IS NULL",
            )?
            .execute(params![self.source, entity.name(), old, ms(self.batch.at)])?;
        if ended > 0 {
            self.applied.gone += 1;
            *self.counts.entry(entity).or_default() -= 1;
        }
        Ok(())
    }

    fn usage(&mut self, days: Days) -> rusqlite::Result<()> {
        let written = days.write(self.conn)?;
        self.applied.added += written.added;
        self.applied.changed += written.changed;
        *self.counts.entry(Entity::Usage).or_default() += written.added as i64;
        let mut read = self.conn.prepare_cached("SELECT account FROM link WHERE link = ?1 AND account IS NOT NULL")?;
        for link in written.links {
            if let Some(account) = read.query_row([link], |r| r.get(0)).optional()? {
                self.links.dirty.insert(account);
            }
        }
        Ok(())
    }

    fn finish(self) -> rusqlite::Result<Applied> {
        count(self.conn, self.source, &self.counts)?;
        let mut applied = self.applied;
        applied.accounts = self.links.finish()?;
        if self.everyone {
            self.conn.execute(
                "INSERT INTO meta(key, value) VALUES ('owners', '1') ON CONFLICT DO UPDATE SET value = value + 1",
                [],
            )?;
            applied.accounts =
                self.conn.execute("UPDATE account SET version = version + 1, dirty = 1 WHERE merged IS NULL", [])?
                    as u64;
        }
        Ok(applied)
    }
}

fn count(conn: &Connection, source: &str, counts: &BTreeMap<Entity, i64>) -> rusqlite::Result<()> {
    let mut add = conn.prepare_cached(
        "INSERT INTO counted(source, entity, rows) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET rows = rows + excluded.rows",
    )?;
    for (entity, n) in counts.iter().filter(|(_, n)| **n != 0) {
        add.execute(params![source, entity.name(), n])?;
    }
    Ok(())
}

/// One record less of its kind, where it was counted.
pub(in crate::store) fn uncount(conn: &Connection, rec: i64) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE counted SET rows = max(rows - 1, 0) WHERE (source, entity) =
           (SELECT source, entity FROM record WHERE rec = ?1 AND gone IS NULL)",
        [rec],
    )
    .map(|_| ())
}

/// The domain as it is compared: lower case, without scheme, `www.`, path and port.
pub(in crate::store) fn domain(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let text = text.strip_prefix("www.").unwrap_or(text);
    text.split(['/', ':', '?']).next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// Records of an entity, or of a stream (`column`), that the full pass did not see are gone. Answers with how many.
pub(in crate::store) fn sweep(
    conn: &Connection,
    source: &str,
    column: &'static str,
    which: &str,
    pass: u64,
    at: jiff::Timestamp,
) -> rusqlite::Result<u64> {
    let mut unseen = conn.prepare_cached(&format!(
        "SELECT rec, entity FROM record WHERE source = ?1 AND {column} = ?2 AND seen < ?3 AND gone IS NULL"
    ))?;
    let recs = unseen
        .query_map(params![source, which, pass as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(i64, String)>, _>>()?;
    let mut end = conn.prepare_cached("UPDATE record SET gone = ?2 WHERE rec = ?1")?;
    let mut whose = conn.prepare_cached(
        "SELECT l.account FROM belongs b JOIN link l USING (link) WHERE b.rec = ?1 AND l.account IS NOT NULL",
    )?;
    let mut dirty = std::collections::HashSet::new();
    let mut counts = BTreeMap::new();
    for (rec, entity) in &recs {
        end.execute(params![rec, ms(at)])?;
        for account in whose.query_map([rec], |row| row.get::<_, i64>(0))? {
            dirty.insert(account?);
        }
        if let Some(entity) = Entity::parse(entity) {
            *counts.entry(entity).or_default() -= 1;
        }
    }
    count(conn, source, &counts)?;
    touch(conn, dirty)?;
    Ok(recs.len() as u64)
}
