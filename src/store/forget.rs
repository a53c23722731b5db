//! Forgetting somebody, an account, or everything: where they stand, and taking them out here.
//!
//! Decides what goes of what is ours (first, in one transaction, with the changes for the CRM) and of the cache (then, by
//! the hashes that were kept; it can be repeated at any time). What is left of a text is decided in `book`, what is sent
//! in `ops`.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::cache::apply::Body;
use super::cache::{apply, links};
use super::codec::{fold, from_json, json, ms};
use super::forgotten::{Forgotten, of_email, of_name, of_record};
use super::own::{NewOutbox, OutboxItem, insert_outbox, outbox_rows};
use super::{Store, StoreError};
use crate::book::ids::{AccountId, NoteId, PersonId, SourceName};
use crate::book::journal::{Mark, PersonRef, read_back};
use crate::book::row::{Entity, Value};

/// Somebody, as the sources and the notes know them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Somebody {
    /// Their records: source and id there.
    pub records: Vec<(SourceName, String)>,
    pub names: Vec<String>,
    pub emails: Vec<String>,
    pub accounts: Vec<AccountId>,
}

/// Who or what is to be forgotten.
#[derive(Clone, Debug, PartialEq)]
pub enum Whom {
    Account { id: AccountId, names: Vec<String> },
    Person(Somebody),
}

/// A record in the CRM that Rounds wrote: it carries our mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub source: SourceName,
    pub entity: Entity,
    pub id: String,
    pub account: AccountId,
    pub mark: Mark,
    pub fields: BTreeMap<String, Value>,
}

/// A note of ours as it is to stand from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteLeft {
    pub id: NoteId,
    pub text: String,
    pub body: String,
    pub kept: String,
}

/// A row of the outbox as it is to stand from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxLeft {
    pub id: String,
    pub payload: String,
    pub text: String,
}

/// Everything that forgetting changes in what is ours.
pub struct Forgetting<'a> {
    pub whom: &'a Whom,
    pub notes: Vec<NoteLeft>,
    pub outbox: Vec<OutboxLeft>,
    /// Changes for the CRM: note, the row that they follow, the row itself.
    pub changes: Vec<(AccountId, Option<NoteId>, Option<String>, NewOutbox)>,
    /// Records of the cache as they are to stand until they are pulled again.
    pub records: Vec<Written>,
    /// What a free text is without them.
    pub redact: &'a dyn Fn(&str) -> String,
    pub at: Timestamp,
}

/// Texts of ours besides notes that may name somebody.
const WORDS: [(&str, &str); 7] = [
    ("draft", "text"),
    ("note_draft", "text"),
    ("action", "title"),
    ("action", "because"),
    ("flag", "because"),
    ("put_off", "because"),
    ("event", "because"),
];

/// Tables of ours that hold rows by account.
const BY_ACCOUNT: [&str; 9] = ["note", "draft", "action", "flag", "put_off", "event", "round_line", "hand", "touched"];

impl Whom {
    /// The hashes by which they are kept out.
    fn hashes(&self, conn: &Connection) -> rusqlite::Result<Vec<String>> {
        Ok(match self {
            Self::Account { id, .. } => {
                let mut all = vec![{
                    let (source, theirs) = id.parts();
                    of_record(source, Entity::Account, theirs)
                }];
                if let Some(key) = links::key(conn, id.as_str())? {
                    let known = links::links_of(conn, key)?;
                    all.extend(known.iter().map(|(_, source, id)| of_record(source, Entity::Account, id)));
                }
                all
            }
            Self::Person(somebody) => {
                let records =
                    somebody.records.iter().map(|(source, id)| of_record(source.as_str(), Entity::Person, id));
                let emails = somebody.emails.iter().map(|email| of_email(email));
                let names = somebody
                    .accounts
                    .iter()
                    .flat_map(|account| somebody.names.iter().map(move |name| of_name(account, name)));
                records.chain(emails).chain(names).collect()
            }
        })
    }
}

impl Store {
    /// Everybody whom a person may mean by an e-mail address, an id, a whole name, or, where none of these fits, a part of
    /// a name. Records with one e-mail address are one person.
    pub fn people_called(&self, what: &str) -> Result<Vec<Somebody>, StoreError> {
        let what = fold(what);
        let (mut exact, mut part) = (Vec::new(), Vec::new());
        let mut take = |one: Somebody, ids: &[String]| {
            let is = |text: &String| fold(text) == what;
            if one.emails.iter().any(is) || one.names.iter().any(is) || ids.iter().any(is) {
                exact.push(one);
            } else if one.names.iter().any(|name| fold(name).contains(&what)) {
                part.push(one);
            }
        };
        self.cache.read("looking for a person", |conn| {
            let mut statement = conn.prepare(
                "SELECT r.source, r.id, r.body, r.rec FROM record r WHERE r.entity = 'person' AND r.gone IS NULL ORDER BY r.rec",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (source, id): (String, String) = (row.get(0)?, row.get(1)?);
                let body: Body = from_json(row.get_ref(2)?.as_str()?)?;
                let text = |field: &str| match body.fields.get(field) {
                    Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
                    _ => None,
                };
                let full = || match (text("first_name"), text("last_name")) {
                    (Some(first), Some(last)) => Some(format!("{first} {last}")),
                    (first, last) => first.or(last),
                };
                let ids = [id.clone(), format!("{source}:{id}")];
                let one = Somebody {
                    records: vec![(SourceName(source), id)],
                    names: text("name").or_else(full).into_iter().collect(),
                    emails: text("email").into_iter().collect(),
                    accounts: accounts_of(conn, row.get(3)?)?,
                };
                take(one, &ids);
            }
            Ok(())
        })?;
        for (account, person) in self.named_in_notes()? {
            let one = Somebody {
                records: Vec::new(),
                names: vec![person.name],
                emails: person.email.into_iter().collect(),
                accounts: vec![account],
            };
            take(one, &[]);
        }
        Ok(together(if exact.is_empty() { part } else { exact }))
    }

    /// Everybody whom a bullet names, on which account.
    fn named_in_notes(&self) -> Result<Vec<(AccountId, PersonRef)>, StoreError> {
        let mut bodies = self.written()?.into_iter().filter_map(|written| match written.fields.get("body") {
            Some(Value::Text(body)) => Some((written.account, body.clone(), String::new())),
            _ => None,
        });
        let mut all: Vec<(AccountId, String, String)> = bodies.by_ref().collect();
        all.extend(self.own.read("reading notes", |conn| {
            let mut statement = conn.prepare("SELECT account, body, kept FROM note WHERE deleted IS NULL")?;
            statement
                .query_map([], |row| Ok((AccountId(row.get(0)?), row.get(1)?, row.get(2)?)))?
                .collect::<Result<Vec<_>, _>>()
        })?);
        let mut found = Vec::new();
        for (account, body, kept) in all {
            let mark = Mark::of_body(&body).map(|mark| mark.account).unwrap_or_default();
            let read = read_back(&body, &[&mark]).map(|read| read.facts).unwrap_or_default();
            let kept = kept.lines().filter_map(crate::book::journal::read_bullet).collect::<Vec<_>>();
            for person in read.iter().chain(&kept).flat_map(crate::book::journal::Fact::people) {
                if !found.contains(&(account.clone(), person.clone())) {
                    found.push((account.clone(), person.clone()));
                }
            }
        }
        Ok(found)
    }

    /// Every record in the CRM that carries our mark, as the cache has it.
    pub fn written(&self) -> Result<Vec<Written>, StoreError> {
        self.cache.read("looking for what Rounds wrote", |conn| {
            let mut statement = conn.prepare(
                "SELECT source, entity, id, body, rec FROM record
                 WHERE entity IN ('note', 'touch', 'task') AND gone IS NULL AND instr(body, '[rounds:') > 0 ORDER BY rec",
            )?;
            let mut found = Vec::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let body: Body = from_json(row.get_ref(3)?.as_str()?)?;
                let Some(Value::Text(text)) = body.fields.get("body") else { continue };
                let (Some(mark), Some(entity)) = (Mark::of_body(text), Entity::parse(row.get_ref(1)?.as_str()?)) else {
                    continue;
                };
                let Some(account) = accounts_of(conn, row.get(4)?)?.into_iter().next() else { continue };
                let source = SourceName(row.get(0)?);
                found.push(Written { source, entity, id: row.get(2)?, account, mark, fields: body.fields });
            }
            Ok(found)
        })
    }

    /// All ids that an account goes by.
    pub fn ids_of(&self, account: &AccountId) -> Result<Vec<AccountId>, StoreError> {
        self.cache.read("reading an account", |conn| {
            let Some(key) = links::key(conn, account.as_str())? else { return Ok(vec![account.clone()]) };
            Ok(links::ids_of(conn, key)?.into_iter().map(AccountId).collect())
        })
    }

    /// All notes of ours that were not deleted, newest first.
    pub fn own_notes(&self) -> Result<Vec<super::OwnNote>, StoreError> {
        self.own.read("reading notes", super::own::all_notes)
    }

    /// All rows of the outbox, oldest first.
    pub fn outbox_all(&self) -> Result<Vec<OutboxItem>, StoreError> {
        self.own.read("reading the outbox", |conn| outbox_rows(conn, "1 ORDER BY seq"))
    }

    /// Takes them out of what is ours, queues what the CRM must hear of, and keeps the hashes: one transaction. Then out of
    /// the cache; where that is cut off, the next sync does it.
    pub fn forget(&mut self, what: &Forgetting<'_>) -> Result<(), StoreError> {
        let hashes = self.cache.read("reading an account", |conn| what.whom.hashes(conn))?;
        let ids = match what.whom {
            Whom::Account { id, .. } => self.ids_of(id)?,
            Whom::Person(_) => Vec::new(),
        };
        self.wipe_freed()?;
        self.own_mut()?.write("forgetting", |tx| forget_ours(tx, what, &ids, &hashes))?;
        self.cache.write("forgetting", |tx| {
            for record in &what.records {
                rewrite(tx, record)?;
            }
            Ok(())
        })?;
        self.sweep_forgotten()?;
        self.drop_copies();
        self.fold_back();
        Ok(())
    }

    /// From now on what is deleted is written over, not only let go of.
    fn wipe_freed(&mut self) -> Result<(), StoreError> {
        let on = |conn: &Connection| conn.pragma_update(None, "secure_delete", true);
        self.cache.read("forgetting", on)?;
        self.own_mut()?.read("forgetting", on)
    }

    /// Folds the write-ahead files, which hold pages as they were, into the files. Where somebody else is reading, the next
    /// one to close does it.
    fn fold_back(&self) {
        for db in [&self.own, &self.cache] {
            let folded =
                db.read("forgetting", |conn| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
            if let Err(error) = folded {
                tracing::warn!("the write-ahead file could not be folded back: {error}");
            }
        }
    }

    /// Takes out of the cache whatever was forgotten and is in it still. Answers with how many records went.
    pub fn sweep_forgotten(&mut self) -> Result<u64, StoreError> {
        let forgotten = self.own.read("reading what was forgotten", Forgotten::load)?;
        if forgotten.is_empty() || !self.cache.writable() {
            return Ok(0);
        }
        let found = self.cache.read("looking for what was forgotten", |conn| {
            let mut statement =
                conn.prepare("SELECT rec, source, entity, id FROM record WHERE entity IN ('person', 'account')")?;
            let mut found = Vec::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (source, id): (String, String) = (row.get(1)?, row.get(3)?);
                let entity = Entity::parse(row.get_ref(2)?.as_str()?).unwrap_or(Entity::Person);
                if forgotten.record(&source, entity, &id) {
                    found.push((row.get::<_, i64>(0)?, entity));
                }
            }
            Ok(found)
        })?;
        if found.is_empty() {
            return Ok(0);
        }
        self.cache.write("forgetting", |tx| {
            for (rec, entity) in &found {
                match entity {
                    Entity::Account => drop_account(tx, *rec)?,
                    _ => drop_record(tx, *rec)?,
                }
            }
            tx.execute("DELETE FROM summary", [])?;
            Ok(found.len() as u64)
        })
    }

    /// Empties both files: everything that is ours and everything that came from outside. What was forgotten by name stays
    /// forgotten.
    pub fn forget_all(&mut self) -> Result<(), StoreError> {
        self.wipe_freed()?;
        let empty = |conn: &Connection, kept: &[&str]| {
            let mut tables =
                conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
            let names = tables.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            for name in names.iter().filter(|name| !kept.contains(&name.as_str())) {
                conn.execute(&format!("DELETE FROM \"{name}\""), [])?;
            }
            Ok(())
        };
        self.own_mut()?.write("forgetting everything", |tx| empty(tx, &["forgotten"]))?;
        self.cache.write("forgetting everything", |tx| empty(tx, &[]))?;
        self.drop_copies();
        self.fold_back();
        Ok(())
    }

    /// Copies that were kept before the format changed hold what is to be forgotten.
    fn drop_copies(&self) {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return };
        for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("own.db.format-"))
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Finds that are one person: by e-mail address, else by name on one account.
fn together(all: Vec<Somebody>) -> Vec<Somebody> {
    let mut out: Vec<Somebody> = Vec::new();
    for one in all {
        let same = |known: &&mut Somebody| {
            let email = known.emails.iter().any(|email| one.emails.iter().any(|other| fold(other) == fold(email)));
            let bare = known.emails.is_empty() || one.emails.is_empty();
            let name = known.names.iter().any(|name| one.names.iter().any(|other| fold(other) == fold(name)));
            email || (bare && name && known.accounts.iter().any(|account| one.accounts.contains(account)))
        };
        match out.iter_mut().find(same) {
            None => out.push(one),
            Some(known) => {
                known.records.extend(one.records);
                for (list, more) in [(&mut known.names, one.names), (&mut known.emails, one.emails)] {
                    list.extend(more);
                    list.sort();
                    list.dedup();
                }
                known.accounts.extend(one.accounts);
                known.accounts.sort();
                known.accounts.dedup();
            }
        }
    }
    out
}

fn accounts_of(conn: &Connection, rec: i64) -> rusqlite::Result<Vec<AccountId>> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT a.id FROM belongs b JOIN link l USING (link) JOIN account a USING (account) WHERE b.rec = ?1",
    )?;
    statement.query_map([rec], |row| row.get(0).map(AccountId))?.collect()
}

fn forget_ours(conn: &Connection, what: &Forgetting<'_>, ids: &[AccountId], hashes: &[String]) -> rusqlite::Result<()> {
    for hash in hashes {
        conn.execute("INSERT OR IGNORE INTO forgotten(hash, at) VALUES (?1, ?2)", params![hash, ms(what.at)])?;
    }
    for note in &what.notes {
        conn.execute(
            "UPDATE note SET text = ?2, body = ?3, kept = ?4 WHERE id = ?1",
            params![note.id.as_str(), note.text, note.body, note.kept],
        )?;
    }
    for row in &what.outbox {
        conn.execute(
            "UPDATE outbox SET payload = ?2, text = ?3 WHERE id = ?1",
            params![row.id, row.payload, row.text],
        )?;
    }
    for (account, note, follows, out) in &what.changes {
        // Asked for again before it was sent: the newer one says it all.
        conn.execute("DELETE FROM outbox WHERE id = ?1", [&out.id])?;
        insert_outbox(conn, account.as_str(), note.as_ref().map(NoteId::as_str), out, follows.as_deref(), what.at)?;
    }
    for (table, column) in WORDS {
        let mut statement = conn.prepare(&format!("SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL"))?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, String)>, _>>()?;
        for (rowid, text) in rows {
            let left = (what.redact)(&text);
            if left != text {
                conn.execute(&format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1"), params![rowid, left])?;
            }
        }
    }
    for id in ids {
        for table in BY_ACCOUNT {
            conn.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [id.as_str()])?;
        }
        // What never left, and what is over, has nothing left to do.
        conn.execute(
            "DELETE FROM outbox WHERE account = ?1 AND part <> 'forget'
             AND (state IN ('dropped', 'refused') OR (state = 'queued' AND action = 'create'))",
            [id.as_str()],
        )?;
    }
    if let Whom::Person(somebody) = what.whom {
        for (source, id) in &somebody.records {
            conn.execute(
                "DELETE FROM hand WHERE source = ?1 AND entity = 'person' AND id = ?2",
                [source.as_str(), id.as_str()],
            )?;
        }
        for account in &somebody.accounts {
            super::own::touch(conn, account.as_str())?;
        }
    }
    // What could be taken back holds the words of before.
    conn.execute("DELETE FROM undo", []).map(|_| ())
}

/// A record of the cache without them, until it is pulled again.
fn rewrite(conn: &Connection, record: &Written) -> rusqlite::Result<()> {
    let key = params![record.source.as_str(), record.entity.name(), record.id];
    let found: Option<(i64, String)> = conn
        .prepare_cached("SELECT rec, body FROM record WHERE source = ?1 AND entity = ?2 AND id = ?3")?
        .query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((rec, text)) = found else { return Ok(()) };
    let mut body: Body = from_json(&text)?;
    body.fields.clone_from(&record.fields);
    // No page has this print: whatever comes next is taken for a change.
    conn.execute("UPDATE record SET body = ?2, hash = 0 WHERE rec = ?1", params![rec, json(&body)?])?;
    dirty(conn, rec)
}

fn dirty(conn: &Connection, rec: i64) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT l.account FROM belongs b JOIN link l USING (link) WHERE b.rec = ?1 AND l.account IS NOT NULL",
    )?;
    let accounts = statement.query_map([rec], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    links::touch(conn, accounts).map(|_| ())
}

fn drop_record(conn: &Connection, rec: i64) -> rusqlite::Result<()> {
    dirty(conn, rec)?;
    apply::uncount(conn, rec)?;
    for table in ["history", "belongs", "record"] {
        conn.execute(&format!("DELETE FROM {table} WHERE rec = ?1"), [rec])?;
    }
    Ok(())
}

/// An account record, the account, and everything that belongs to nothing else.
fn drop_account(conn: &Connection, rec: i64) -> rusqlite::Result<()> {
    let mut statement =
        conn.prepare("SELECT l.link, l.account FROM belongs b JOIN link l USING (link) WHERE b.rec = ?1")?;
    let of_record = statement
        .query_map([rec], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(i64, Option<i64>)>, _>>()?;
    let accounts = of_record.iter().filter_map(|(_, account)| *account).collect::<HashSet<_>>();
    let mut all = of_record.iter().map(|(link, _)| *link).collect::<HashSet<_>>();
    for account in &accounts {
        all.extend(links::links_of(conn, *account)?.into_iter().map(|(link, ..)| link));
    }
    for link in &all {
        let mut statement = conn.prepare("SELECT rec FROM belongs WHERE link = ?1")?;
        let recs = statement.query_map([link], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        conn.execute("DELETE FROM belongs WHERE link = ?1", [link])?;
        for rec in recs {
            if !conn.prepare_cached("SELECT 1 FROM belongs WHERE rec = ?1")?.exists([rec])? {
                drop_record(conn, rec)?;
            }
        }
        conn.execute("DELETE FROM usage WHERE link = ?1", [link])?;
        conn.execute("DELETE FROM link WHERE link = ?1", [link])?;
    }
    for account in accounts {
        for table in ["standing", "stirred", "portfolio", "line", "spoken", "loyal"] {
            conn.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [account])?;
        }
        conn.execute("DELETE FROM account WHERE account = ?1 OR merged = ?1", [account])?;
    }
    Ok(())
}

impl Somebody {
    /// Their ids, as people of accounts.
    pub fn ids(&self) -> Vec<PersonId> {
        self.records.iter().map(|(source, id)| PersonId::of(source, id)).collect()
    }
}
