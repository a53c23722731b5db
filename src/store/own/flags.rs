//! What was said of flags, and which accounts are put off as a whole.
//!
//! Keeps words; what they mean for a flag on a day is `book`'s matter. Both can be taken back.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, params};

use super::super::codec::{date, day, ms};
use super::super::{Store, StoreError};
use super::{touch, undo};
use crate::book::flags::{FlagState, FlagStatus, Record};
use crate::book::ids::AccountId;

/// What is said of a flag.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagWord {
    pub account: AccountId,
    pub state: FlagState,
    /// The first day of the stretch in which the flag stands: said twice of one stretch, the last word counts.
    pub since: Date,
    pub at: Timestamp,
}

/// An account that is put off as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct PutOff {
    pub account: AccountId,
    /// That day it is back.
    pub until: Date,
    pub because: Option<String>,
    /// The day of that decision.
    pub on: Date,
}

fn state(row: &Row<'_>) -> rusqlite::Result<FlagState> {
    Ok(FlagState {
        kind: row.get(0)?,
        key: row.get(1)?,
        // A word that only a newer Rounds knows hides nothing: the flag counts as put off until its day, or as shown.
        status: FlagStatus::parse(row.get_ref(2)?.as_str()?).unwrap_or(FlagStatus::Snoozed),
        on: date(row.get(3)?),
        until: row.get::<_, Option<i64>>(4)?.map(date),
        because: row.get(5)?,
    })
}

fn put_off(row: &Row<'_>) -> rusqlite::Result<PutOff> {
    Ok(PutOff {
        account: AccountId(row.get(0)?),
        until: date(row.get(1)?),
        because: row.get(2)?,
        on: date(row.get(3)?),
    })
}

impl Store {
    /// Keeps what is said of a flag. It can be taken back; `says` names it then.
    pub fn flag_put(&mut self, word: &FlagWord, says: &str) -> Result<(), StoreError> {
        self.own_mut()?.write("keeping what was said of a flag", |tx| {
            let (account, state) = (word.account.as_str(), &word.state);
            let before = undo::Before::flag(tx, account, &state.kind, &state.key)?;
            // One that stood longer than it can be followed begins a day later each day: within what was said last, the
            // stretch is the same.
            tx.prepare_cached("DELETE FROM flag WHERE account = ?1 AND kind = ?2 AND key = ?3 AND day >= ?4")?
                .execute(params![account, state.kind, state.key, day(word.since)])?;
            tx.prepare_cached(
                "INSERT OR REPLACE INTO flag(account, kind, key, since, state, day, until, because, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                account,
                state.kind,
                state.key,
                day(word.since),
                state.status.name(),
                day(state.on),
                state.until.map(day),
                state.because,
                ms(word.at)
            ])?;
            touch(tx, account)?;
            before.keep(tx, says, account, word.at)
        })
    }

    /// Forgets what was last said of a flag: it shows again if it stands. Answers with whether there was anything.
    pub fn flag_reopen(
        &mut self,
        account: &AccountId,
        kind: &str,
        says: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.own_mut()?.write("opening a flag again", |tx| {
            let id = account.as_str();
            let before = undo::Before::flags(tx, id, kind)?;
            let gone = tx.execute(
                "DELETE FROM flag WHERE account = ?1 AND kind = ?2
                   AND at = (SELECT max(at) FROM flag WHERE account = ?1 AND kind = ?2)",
                [id, kind],
            )?;
            if gone == 0 {
                return Ok(false);
            }
            touch(tx, id)?;
            before.keep(tx, says, id, at)?;
            Ok(true)
        })
    }

    /// What was said of the flags of an account, for its assessment, the newest first.
    pub fn flags_of(&self, account: &AccountId) -> Result<Vec<FlagState>, StoreError> {
        self.own.read("reading what was said of flags", |conn| {
            conn.prepare_cached(
                "SELECT kind, key, state, day, until, because FROM flag WHERE account = ?1 ORDER BY at DESC",
            )?
            .query_map([account.as_str()], state)?
            .collect()
        })
    }

    /// How often each rule was right, by its kind.
    pub fn flag_records(&self) -> Result<BTreeMap<String, Record>, StoreError> {
        self.own.read("counting what was said of flags", |conn| {
            let mut statement = conn.prepare_cached("SELECT kind, state, count(*) FROM flag GROUP BY kind, state")?;
            let mut out: BTreeMap<String, Record> = BTreeMap::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let count = row.get::<_, i64>(2)? as u64;
                let record = out.entry(row.get(0)?).or_default();
                match FlagStatus::parse(row.get_ref(1)?.as_str()?) {
                    Some(FlagStatus::Real) => record.real = count,
                    Some(FlagStatus::FalseAlarm) => record.false_alarm = count,
                    Some(FlagStatus::TooEarly) => record.too_early = count,
                    Some(FlagStatus::Snoozed) | None => {}
                }
            }
            Ok(out)
        })
    }

    /// Puts an account off as a whole. It can be taken back; `says` names it then.
    pub fn put_off(&mut self, what: &PutOff, says: &str, at: Timestamp) -> Result<(), StoreError> {
        self.own_mut()?.write("putting an account off", |tx| {
            let account = what.account.as_str();
            let before = undo::Before::put_off(tx, account)?;
            tx.prepare_cached(
                "INSERT OR REPLACE INTO put_off(account, day, until, because, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![account, day(what.on), day(what.until), what.because, ms(at)])?;
            before.keep(tx, says, account, at)
        })
    }

    /// The account is no longer put off. Answers with whether it was.
    pub fn put_off_end(&mut self, account: &AccountId, says: &str, at: Timestamp) -> Result<bool, StoreError> {
        self.own_mut()?.write("taking an account up again", |tx| {
            let before = undo::Before::put_off(tx, account.as_str())?;
            if tx.execute("DELETE FROM put_off WHERE account = ?1", [account.as_str()])? == 0 {
                return Ok(false);
            }
            before.keep(tx, says, account.as_str(), at)?;
            Ok(true)
        })
    }

    /// Until when an account is put off, also where that day has passed.
    pub fn put_off_of(&self, account: &AccountId) -> Result<Option<PutOff>, StoreError> {
        Ok(self.put_offs()?.remove(account))
    }

    /// The accounts that are or were put off.
    pub fn put_offs(&self) -> Result<HashMap<AccountId, PutOff>, StoreError> {
        self.own.read("reading what is put off", |conn| {
            conn.prepare_cached("SELECT account, until, because, day FROM put_off")?
                .query_map([], put_off)?
                .map(|found| found.map(|one| (one.account.clone(), one)))
                .collect()
        })
    }
}
