//! Finding accounts and people of ours by what a person types, and what is due or wrong across all accounts.
//!
//! Decides the order of likeness: id, whole name, domain, beginning of the name, part of it. Never a guess between two:
//! all that fit equally well are answered.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, params};

use super::cache::{apply, links};
use super::codec::{fold, from_json, ms};
use super::{Store, StoreError};
use crate::book::ids::{AccountId, NoteId, SourceName};
use crate::book::journal::{Fact, read_back, read_bullet};
use crate::book::row::{Entity, Value};

/// Greater than every character that a name goes on with.
const LAST: char = '\u{10ffff}';

type Found = Vec<(AccountId, String)>;

/// A colleague as a source knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    pub email: Option<String>,
    pub name: Option<String>,
}

impl Store {
    /// The accounts that a person may mean, best first, at most `limit`, those who left included. Whoever is meant by
    /// id, whole name or domain stands alone; else those whose name begins so, then those that hold it.
    pub fn find(&self, what: &str, limit: usize) -> Result<Found, StoreError> {
        let what = what.trim();
        if what.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        self.cache.read("looking for an account", |conn| {
            let mut found = exactly(conn, what, limit)?;
            if found.is_empty() {
                found = by_name(conn, &fold(what), limit)?;
            }
            Ok(found)
        })
    }

    /// What a colleague is called, by e-mail.
    pub fn owner_name(&self, email: &str) -> Result<Option<String>, StoreError> {
        let mut owners = self.owners.borrow_mut();
        self.cache.read("looking for an owner", |conn| {
            Ok(owners.current(conn)?.get("", email).and_then(|owner| owner.name.clone()))
        })
    }

    /// The id by which a source knows a colleague, by e-mail; somebody who is active before somebody who left.
    pub fn owner_id(&self, source: &SourceName, email: &str) -> Result<Option<String>, StoreError> {
        let email = fold(email);
        self.cache.read("looking for an owner", |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, gone IS NOT NULL, body FROM record WHERE source = ?1 AND entity = 'owner' ORDER BY rec",
            )?;
            let mut rows = statement.query([source.as_str()])?;
            let mut former = None;
            while let Some(row) = rows.next()? {
                let body: apply::Body = from_json(row.get_ref(2)?.as_str()?)?;
                if !matches!(body.fields.get("email"), Some(Value::Text(text)) if fold(text) == email) {
                    continue;
                }
                let left = row.get(1)? || body.fields.get("active") == Some(&Value::Bool(false));
                if !left {
                    return row.get(0).map(Some);
                }
                former = former.or(Some(row.get(0)?));
            }
            Ok(former)
        })
    }

    /// The e-mail of the colleague whom a source knows as a user by that id.
    pub fn user_email(&self, source: &SourceName, user: &str) -> Result<Option<String>, StoreError> {
        self.cache.read("looking for an owner", |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT body FROM record WHERE source = ?1 AND entity = 'owner' AND gone IS NULL ORDER BY rec",
            )?;
            let mut rows = statement.query([source.as_str()])?;
            while let Some(row) = rows.next()? {
                let mut body: apply::Body = from_json(row.get_ref(0)?.as_str()?)?;
                if let Some(Value::Text(id)) = body.fields.get("user")
                    && id == user
                    && let Some(Value::Text(email)) = body.fields.remove("email")
                {
                    return Ok(Some(email));
                }
            }
            Ok(None)
        })
    }

    /// The colleagues that the sources know and that are active: each once.
    pub fn colleagues(&self) -> Result<Vec<Colleague>, StoreError> {
        self.cache.read("looking for colleagues", |conn| {
            let mut statement =
                conn.prepare_cached("SELECT body FROM record WHERE entity = 'owner' AND gone IS NULL ORDER BY rec")?;
            let mut out = Vec::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let mut body: apply::Body = from_json(row.get_ref(0)?.as_str()?)?;
                if matches!(body.fields.get("active"), Some(Value::Bool(false))) {
                    continue;
                }
                let mut text = |field: &str| match body.fields.remove(field) {
                    Some(Value::Text(text)) if !text.trim().is_empty() => Some(text),
                    _ => None,
                };
                let one = Colleague { email: text("email"), name: text("name") };
                if !out.contains(&one) {
                    out.push(one);
                }
            }
            Ok(out)
        })
    }

    /// Whether a source's record is known and there.
    pub fn has_record(&self, source: &SourceName, entity: Entity, id: &str) -> Result<bool, StoreError> {
        self.cache.read("looking for a record", |conn| {
            conn.prepare_cached("SELECT 1 FROM record WHERE source = ?1 AND entity = ?2 AND id = ?3 AND gone IS NULL")?
                .exists([source.as_str(), entity.name(), id])
        })
    }

    /// Accounts with an open task that is due on that day or before, those not yet sent included.
    pub fn tasks_due(&self, today: Date, zone: &TimeZone) -> Result<Vec<AccountId>, StoreError> {
        let end = today.tomorrow().unwrap_or(today).to_zoned(zone.clone()).map(|start| ms(start.timestamp()));
        let end = end.unwrap_or(i64::MAX);
        let closed = self.own.read("looking for tasks", super::own::closed)?;
        let mut due: Found = self.cache.read("looking for tasks", |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT DISTINCT a.id, r.id FROM record r INDEXED BY record_due
                   JOIN belongs b USING (rec) JOIN link l USING (link) JOIN account a USING (account)
                 WHERE r.due < ?1 AND r.due IS NOT NULL AND r.gone IS NULL",
            )?;
            statement.query_map([end], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))?.collect()
        })?;
        due.retain(|(_, task)| !closed.contains(task));
        let waiting = self.own.read("looking for tasks", |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT DISTINCT n.account, n.body, n.id FROM note n JOIN outbox o ON o.note = n.id
                 WHERE o.entity = 'task' AND o.action = 'create' AND o.state <> 'sent' AND n.deleted IS NULL",
            )?;
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            statement.query_map([], read)?.collect::<Result<Vec<(String, String, String)>, _>>()
        })?;
        for (account, body, note) in waiting {
            let soon = |fact: &Fact| matches!(fact, Fact::Task { due: Some(due), .. } if *due <= today);
            let facts = body.lines().filter(|line| line.starts_with("* ")).filter_map(read_bullet);
            let open = |part: u32| !closed.contains(&format!("{note}.{part}"));
            if (1_u32..).zip(facts).any(|(part, fact)| soon(&fact) && open(part)) {
                due.push((AccountId(account), String::new()));
            }
        }
        let mut ids = due.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// Bullets in notes of ours that do not parse, account by account.
    pub fn note_problems(&self) -> Result<Vec<(AccountId, String)>, StoreError> {
        self.cache.read("looking for notes that do not parse", |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT r.body, l.account, r.mark FROM record r INDEXED BY record_trouble
                   JOIN belongs b USING (rec) JOIN link l USING (link)
                 WHERE r.trouble = 1 AND r.gone IS NULL AND l.account IS NOT NULL ORDER BY r.rec DESC LIMIT 500",
            )?;
            let mut found = Vec::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let body: apply::Body = from_json(row.get_ref(0)?.as_str()?)?;
                let Some(Value::Text(text)) = body.fields.get("body") else { continue };
                let id = links::id_of(conn, row.get(1)?)?;
                let keys = links::links_of(conn, row.get(1)?)?;
                let keys = keys.iter().map(|(_, _, id)| id.as_str()).collect::<Vec<_>>();
                let problems = read_back(text, &keys).map(|read| read.problems).unwrap_or_default();
                found.extend(problems.into_iter().map(|line| (id.clone(), line)));
            }
            Ok(found)
        })
    }

    /// Notes that stand in the CRM more than once: the ids of the copies beyond the oldest.
    pub fn note_copies(&self) -> Result<Vec<(NoteId, AccountId, Vec<String>)>, StoreError> {
        self.cache.read("looking for copies of notes", |conn| {
            let mut marks = conn.prepare_cached(
                "SELECT mark FROM record INDEXED BY record_mark WHERE mark IS NOT NULL AND gone IS NULL
                 GROUP BY mark HAVING count(*) > 1",
            )?;
            let marks = marks.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            let mut of = conn.prepare_cached(
                "SELECT r.id, l.account, r.body, r.rec FROM record r JOIN belongs b USING (rec) JOIN link l USING (link)
                 WHERE r.mark = ?1 AND r.gone IS NULL AND l.account IS NOT NULL",
            )?;
            let mut found = Vec::new();
            for mark in marks {
                let mut all = Vec::new();
                let mut rows = of.query([&mark])?;
                while let Some(row) = rows.next()? {
                    let body: apply::Body = from_json(row.get_ref(2)?.as_str()?)?;
                    let at = match body.fields.get("at") {
                        Some(Value::Instant(at)) => Some(*at),
                        _ => None,
                    };
                    all.push((row.get::<_, i64>(1)?, at, row.get::<_, i64>(3)?, row.get::<_, String>(0)?));
                }
                all.sort();
                // A copy is one of the same note on the same account.
                for account in all.chunk_by(|a, b| a.0 == b.0) {
                    if let [(key, ..), copies @ ..] = account
                        && !copies.is_empty()
                    {
                        let ids = copies.iter().map(|(_, _, _, id)| id.clone()).collect();
                        let note = mark.split('~').next().unwrap_or(&mark);
                        found.push((NoteId::from(note), links::id_of(conn, *key)?, ids));
                    }
                }
            }
            Ok(found)
        })
    }
}

fn exactly(conn: &Connection, what: &str, limit: usize) -> rusqlite::Result<Found> {
    let mut named = conn.prepare_cached("SELECT id, name FROM account WHERE account = ?1")?;
    let theirs: Option<i64> = conn
        .prepare_cached("SELECT account FROM link WHERE id = ?1 AND source IN (SELECT DISTINCT source FROM cursor UNION SELECT name FROM source UNION SELECT source FROM counted) AND account IS NOT NULL LIMIT 1")?
        .query_row([what], |row| row.get(0))
        .optional()?;
    if let Some(account) = links::key(conn, what)?.or(theirs) {
        return named.query_map([account], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))?.collect();
    }
    for (sql, value) in [
        ("SELECT id, name FROM account WHERE fold = ?1 AND merged IS NULL LIMIT ?2", fold(what)),
        ("SELECT id, name FROM account WHERE domain = ?1 AND merged IS NULL LIMIT ?2", apply::domain(what)),
        ("SELECT id, name FROM account WHERE external = ?1 AND merged IS NULL LIMIT ?2", what.to_owned()),
    ] {
        let found = conn
            .prepare_cached(sql)?
            .query_map(params![value, limit as i64], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))?
            .collect::<rusqlite::Result<Found>>()?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn by_name(conn: &Connection, what: &str, limit: usize) -> rusqlite::Result<Found> {
    let mut begins = conn.prepare_cached(
        "SELECT id, name FROM account WHERE fold >= ?1 AND fold < ?2 AND merged IS NULL ORDER BY fold LIMIT ?3",
    )?;
    let mut found = begins
        .query_map(params![what, format!("{what}{LAST}"), limit as i64], |row| {
            Ok((AccountId(row.get(0)?), row.get(1)?))
        })?
        .collect::<rusqlite::Result<Found>>()?;
    if found.len() < limit {
        // Names alone are read, from their index.
        let mut holds = conn.prepare_cached(
            "SELECT id, name FROM account WHERE account IN
               (SELECT account FROM account INDEXED BY account_fold WHERE fold > '' AND instr(fold, ?1) > 1)
             AND merged IS NULL ORDER BY fold LIMIT ?2",
        )?;
        for row in holds.query_map(params![what, limit as i64], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))? {
            let row = row?;
            if found.len() < limit && !found.contains(&row) {
                found.push(row);
            }
        }
    }
    Ok(found)
}
