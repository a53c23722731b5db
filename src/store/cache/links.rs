//! Whose a record is: every id by which a source names an account, and the account it stands for.
//!
//! A link without an account is not an error: its records wait, are listed, and belong as soon as the link is known.
//! Decides nothing about which account is meant; that is matching, in `sync`, or a person's word.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::super::codec::fold;
use crate::book::ids::{AccountId, SourceName};

/// Links set by hand, from `own.db`: (source, id) → account.
pub(in crate::store) type Hands = HashMap<(String, String), AccountId>;

/// The link by which a single record that names no account is given to one by hand.
pub(in crate::store) fn record_link(entity: &str, id: &str) -> String {
    format!("{entity}/{id}")
}

/// The key of an account, by its id; of the one it was merged into, where it was.
pub(in crate::store) fn key(conn: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    let mut statement = conn.prepare_cached("SELECT account, merged FROM account WHERE id = ?1")?;
    let found: Option<(i64, Option<i64>)> =
        statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((mut account, mut merged)) = found else { return Ok(None) };
    let mut next = conn.prepare_cached("SELECT merged FROM account WHERE account = ?1")?;
    let mut seen = HashSet::from([account]);
    while let Some(into) = merged {
        if !seen.insert(into) {
            break;
        }
        account = into;
        merged = next.query_row([into], |row| row.get(0)).optional()?.flatten();
    }
    Ok(Some(account))
}

/// The id of an account by its key.
pub(in crate::store) fn id_of(conn: &Connection, account: i64) -> rusqlite::Result<AccountId> {
    conn.prepare_cached("SELECT id FROM account WHERE account = ?1")?
        .query_row([account], |row| row.get::<_, String>(0).map(AccountId))
}

/// The ids of an account: its own first, then those merged into it.
pub(in crate::store) fn ids_of(conn: &Connection, account: i64) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare_cached(
        "WITH RECURSIVE whole(account, depth) AS (
           SELECT ?1, 0 UNION SELECT a.account, depth + 1 FROM account a JOIN whole w ON a.merged = w.account WHERE depth < 20)
         SELECT a.id FROM whole w JOIN account a USING (account) ORDER BY depth, a.account",
    )?;
    statement.query_map([account], |row| row.get(0))?.collect()
}

/// The links of an account: (link, source, id there).
pub(in crate::store) fn links_of(conn: &Connection, account: i64) -> rusqlite::Result<Vec<(i64, String, String)>> {
    let mut statement = conn.prepare_cached("SELECT link, source, id FROM link WHERE account = ?1 ORDER BY link")?;
    statement.query_map([account], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// What one transaction knows about links and changed accounts.
pub(in crate::store) struct Links<'a> {
    conn: &'a Connection,
    source: &'a str,
    hands: &'a Hands,
    cache: HashMap<String, (i64, Option<i64>)>,
    pub dirty: HashSet<i64>,
}

impl<'a> Links<'a> {
    pub(in crate::store) fn new(conn: &'a Connection, source: &'a str, hands: &'a Hands) -> Self {
        Self { conn, source, hands, cache: HashMap::new(), dirty: HashSet::new() }
    }

    /// The link of an id of this source, made where there is none, and its account where it is known.
    pub(in crate::store) fn get(&mut self, id: &str) -> rusqlite::Result<(i64, Option<i64>)> {
        if let Some(found) = self.cache.get(id) {
            return Ok(*found);
        }
        let mut read = self.conn.prepare_cached("SELECT link, account FROM link WHERE source = ?1 AND id = ?2")?;
        let found = read.query_row(params![self.source, id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let entry = match found {
            Some(entry) => entry,
            None => {
                let hand = self.hands.get(&(self.source.to_owned(), id.to_owned()));
                let account = hand.map(|account| key(self.conn, account.as_str())).transpose()?.flatten();
                self.conn
                    .prepare_cached("INSERT INTO link(source, id, account, hand) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![self.source, id, account, hand.is_some() && account.is_some()])?;
                (self.conn.last_insert_rowid(), account)
            }
        };
        self.cache.insert(id.to_owned(), entry);
        Ok(entry)
    }

    /// Says which account an id stands for. A link set by hand is left alone unless `hand`.
    pub(in crate::store) fn set(&mut self, id: &str, account: i64, hand: bool) -> rusqlite::Result<()> {
        let (link, old) = self.get(id)?;
        if old == Some(account) && !hand {
            return Ok(());
        }
        let changed = self
            .conn
            .prepare_cached("UPDATE link SET account = ?2, hand = ?3 WHERE link = ?1 AND (?3 OR NOT hand)")?
            .execute(params![link, account, hand])?;
        if changed > 0 {
            self.cache.insert(id.to_owned(), (link, Some(account)));
            self.dirty.insert(account);
            self.dirty.extend(old);
        }
        Ok(())
    }

    /// The account of that id, made where there is none.
    pub(in crate::store) fn found(&mut self, id: &AccountId, name: &str) -> rusqlite::Result<i64> {
        if let Some(account) = key(self.conn, id.as_str())? {
            return Ok(account);
        }
        self.conn.prepare_cached("INSERT INTO account(id, name, fold) VALUES (?1, ?2, ?3)")?.execute(params![
            id.as_str(),
            name,
            fold(name)
        ])?;
        let account = self.conn.last_insert_rowid();
        self.dirty.insert(account);
        // Ids of any source that were given to this account by hand before it was here (a cache made anew).
        for ((source, other), _) in self.hands.iter().filter(|(_, meant)| *meant == id) {
            let changed = self
                .conn
                .prepare_cached("UPDATE link SET account = ?3, hand = 1 WHERE source = ?1 AND id = ?2")?
                .execute(params![source, other, account])?;
            if changed > 0 {
                self.cache.remove(other);
            }
        }
        Ok(account)
    }

    /// `old` and `new` of this source are one account now, and it is `new`: everything of the old one goes over.
    pub(in crate::store) fn merge(&mut self, old: &str, new: &str) -> rusqlite::Result<()> {
        let (old_link, old_account) = self.get(old)?;
        let (_, Some(into)) = self.get(new)? else { return Ok(()) };
        if old_account != Some(into) {
            let conn = self.conn;
            conn.prepare_cached("UPDATE link SET account = ?2 WHERE link = ?1")?.execute(params![old_link, into])?;
            // Only where the old id founded the account does the whole account go over; else it was one link of many.
            let founded = key(conn, AccountId::of(&SourceName::from(self.source), old).as_str())?;
            if let Some(from) = old_account.filter(|from| founded == Some(*from)) {
                conn.execute("UPDATE link SET account = ?2 WHERE account = ?1", params![from, into])?;
                conn.execute("UPDATE account SET merged = ?2, dirty = 0 WHERE account = ?1", params![from, into])?;
                for table in ["standing", "portfolio", "line"] {
                    conn.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [from])?;
                }
                self.dirty.remove(&from);
            } else {
                self.dirty.extend(old_account);
            }
            self.cache.clear();
            self.dirty.insert(into);
        }
        Ok(())
    }

    /// Writes down whose facts changed. Answers with how many.
    pub(in crate::store) fn finish(self) -> rusqlite::Result<u64> {
        touch(self.conn, self.dirty)
    }
}

/// Marks accounts as to be assessed again. Answers with how many.
pub(in crate::store) fn touch(conn: &Connection, accounts: impl IntoIterator<Item = i64>) -> rusqlite::Result<u64> {
    let mut mark = conn
        .prepare_cached("UPDATE account SET version = version + 1, dirty = 1 WHERE account = ?1 AND merged IS NULL")?;
    let mut count = 0;
    for account in accounts {
        count += mark.execute([account])? as u64;
    }
    Ok(count)
}
