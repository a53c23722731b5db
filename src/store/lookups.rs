//! Small questions that other rooms ask of the records themselves: who is who in a source, what is due, which notes need
//! a look.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};

use super::cache::apply::Body;
use super::cache::links;
use super::codec::from_json;
use super::{Store, StoreError};
use crate::book::ids::{AccountId, NoteId, SourceName};
use crate::book::journal::{Mark, read_back};
use crate::book::row::Value;

/// A note that stands in a CRM more than once: the note, its account, the ids of the copies beyond the first.
pub type Copies = (NoteId, AccountId, Vec<String>);

/// A note of ours as it stands in a CRM.
struct Marked {
    id: String,
    account: AccountId,
    mark: Mark,
    text: String,
}

fn text<'a>(body: &'a Body, field: &str) -> Option<&'a str> {
    match body.fields.get(field) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// Calls `each` with the records of one kind that are still there, their accounts beside them.
fn each_record(
    conn: &Connection,
    entity: &str,
    like: &str,
    mut each: impl FnMut(String, AccountId, Body) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    // By source, since the index begins with it: other kinds are never read.
    let sources: Vec<String> =
        conn.prepare_cached("SELECT name FROM source")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for source in sources {
        let mut statement = conn.prepare_cached(
            "SELECT r.id, r.body, min(l.account) FROM record r JOIN belongs b USING (rec) JOIN link l USING (link)
             WHERE r.source = ?1 AND r.entity = ?2 AND r.gone IS NULL AND l.account IS NOT NULL AND r.body LIKE ?3
             GROUP BY r.rec ORDER BY r.rec",
        )?;
        let mut rows = statement.query(params![source, entity, like])?;
        while let Some(row) = rows.next()? {
            let body = from_json(row.get_ref(1)?.as_str()?)?;
            each(row.get(0)?, links::id_of(conn, row.get(2)?)?, body)?;
        }
    }
    Ok(())
}

fn marked(conn: &Connection) -> rusqlite::Result<Vec<Marked>> {
    let mut found = Vec::new();
    each_record(conn, "note", "%[rounds:%", |id, account, body| {
        if let Some((text, mark)) = text(&body, "body").and_then(|text| Some((text, Mark::of_body(text)?))) {
            found.push(Marked { id, account, mark, text: text.to_owned() });
        }
        Ok(())
    })?;
    Ok(found)
}

impl Store {
    /// The id by which a source knows the colleague with that e-mail; an active one before one who has left.
    pub fn owner_id(&self, source: &SourceName, email: &str) -> Result<Option<String>, StoreError> {
        self.cache.read("looking up a colleague", |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, body FROM record WHERE source = ?1 AND entity = 'owner' ORDER BY gone IS NOT NULL, rec",
            )?;
            let mut rows = statement.query([source.as_str()])?;
            while let Some(row) = rows.next()? {
                let body: Body = from_json(row.get_ref(1)?.as_str()?)?;
                if text(&body, "email").is_some_and(|theirs| theirs.eq_ignore_ascii_case(email)) {
                    return row.get(0).map(Some);
                }
            }
            Ok(None)
        })
    }

    /// Accounts with an open task in their CRM that is due by the end of a day.
    pub fn tasks_due(&self, by: Date, zone: &TimeZone) -> Result<Vec<AccountId>, StoreError> {
        self.cache.read("looking for due tasks", |conn| {
            let mut due = Vec::new();
            each_record(conn, "task", "%", |_, account, body| {
                let done = matches!(body.fields.get("done"), Some(Value::Bool(true)));
                let on = match body.fields.get("due") {
                    Some(Value::Instant(at)) => Some(at.to_zoned(zone.clone()).date()),
                    Some(Value::Day(day)) => Some(*day),
                    _ => None,
                };
                if !done && on.is_some_and(|on| on <= by) {
                    due.push(account);
                }
                Ok(())
            })?;
            due.sort();
            due.dedup();
            Ok(due)
        })
    }

    /// Lines of notes in a CRM that look like facts of ours and do not parse: account, line.
    pub fn note_problems(&self) -> Result<Vec<(AccountId, String)>, StoreError> {
        self.cache.read("looking through notes", |conn| {
            let read = |one: Marked| {
                let problems = read_back(&one.text, &[one.mark.account.as_str()]).map(|read| read.problems);
                problems.unwrap_or_default().into_iter().map(move |line| (one.account.clone(), line))
            };
            Ok(marked(conn)?.into_iter().flat_map(read).collect())
        })
    }

    /// Notes that stand in a CRM more than once. They are counted once; the copies are offered for removal.
    pub fn note_copies(&self) -> Result<Vec<Copies>, StoreError> {
        self.cache.read("looking for copies", |conn| {
            let mut by_note: BTreeMap<NoteId, Vec<Marked>> = BTreeMap::new();
            for one in marked(conn)?.into_iter().filter(|one| one.mark.part.is_none()) {
                by_note.entry(one.mark.note.clone()).or_default().push(one);
            }
            let copies = by_note.into_iter().filter(|(_, all)| all.len() > 1).map(|(note, all)| {
                let account = all[0].account.clone();
                (note, account, all.into_iter().skip(1).map(|one| one.id).collect())
            });
            Ok(copies.collect())
        })
    }
}
