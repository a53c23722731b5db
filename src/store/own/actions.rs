//! What was decided about plays, and how the book stood at the last rounds.
//!
//! Keeps decisions; when a play may be offered again is `book`'s matter.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, params};

use super::super::codec::{date, day, from_json, json, moment, ms};
use super::super::{Store, StoreError};
use super::{touch, undo};
use crate::book::ids::AccountId;
use crate::book::plays::{ActionState, ActionStatus};
use crate::book::standing::Band;
use crate::book::view::Walked;

/// What was decided about an offer; account, play and key are its identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub account: AccountId,
    pub state: ActionState,
    /// Why, or how it ended.
    pub because: Option<String>,
    pub assignee: Option<String>,
    /// The title it was offered with.
    pub title: String,
    pub at: Timestamp,
}

impl Decision {
    /// The word for it in lists: doing, assigned, snoozed, done, dismissed.
    pub fn word(&self) -> &'static str {
        match self.assignee {
            Some(_) if self.state.status == ActionStatus::Doing => "assigned",
            _ => status_name(self.state.status),
        }
    }
}

fn status_name(status: ActionStatus) -> &'static str {
    match status {
        ActionStatus::Doing => "doing",
        ActionStatus::Snoozed => "snoozed",
        ActionStatus::Done => "done",
        ActionStatus::Dismissed => "dismissed",
    }
}

/// A word that only a newer Rounds knows counts as taken up: it stays in sight.
fn status_of(name: &str) -> ActionStatus {
    match name {
        "snoozed" => ActionStatus::Snoozed,
        "done" => ActionStatus::Done,
        "dismissed" => ActionStatus::Dismissed,
        _ => ActionStatus::Doing,
    }
}

/// How an account stood when the last rounds ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundLine {
    pub account: AccountId,
    pub band: Band,
    /// Kinds of the flags that stood.
    pub flags: Vec<String>,
    pub score: Option<f64>,
}

/// The last rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct LastRound {
    pub day: Date,
    pub at: Timestamp,
    pub lines: HashMap<AccountId, RoundLine>,
}

/// Rounds that are kept.
const ROUNDS: i64 = 10;

fn decision(row: &Row<'_>) -> rusqlite::Result<Decision> {
    Ok(Decision {
        account: AccountId(row.get(0)?),
        state: ActionState {
            play: row.get(1)?,
            key: row.get(2)?,
            status: status_of(row.get_ref(3)?.as_str()?),
            on: date(row.get(4)?),
            until: row.get::<_, Option<i64>>(5)?.map(date),
        },
        because: row.get(6)?,
        assignee: row.get(7)?,
        title: row.get(8)?,
        at: moment(row.get(9)?),
    })
}

const ACTION: &str = "SELECT account, play, key, state, day, until, because, assignee, title, at FROM action";

impl Store {
    /// Keeps a decision about a play. It can be taken back; `says` names it then.
    pub fn action_put(&mut self, decision: &Decision, says: &str) -> Result<(), StoreError> {
        self.own_mut()?.write("keeping what was decided", |tx| {
            let (account, state) = (decision.account.as_str(), &decision.state);
            let before = undo::Before::action(tx, account, &state.play, &state.key)?;
            tx.prepare_cached(
                "INSERT INTO action(account, play, key, state, day, until, because, assignee, title, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT DO UPDATE SET state = excluded.state, day = excluded.day, until = excluded.until,
                   because = excluded.because, assignee = excluded.assignee, title = excluded.title, at = excluded.at",
            )?
            .execute(params![
                account,
                state.play,
                state.key,
                status_name(state.status),
                day(state.on),
                state.until.map(day),
                decision.because,
                decision.assignee,
                decision.title,
                ms(decision.at)
            ])?;
            touch(tx, account)?;
            before.keep(tx, says, account, decision.at)
        })
    }

    /// What became of the plays of an account, for its assessment, newest first.
    pub fn actions_of(&self, account: &AccountId) -> Result<Vec<ActionState>, StoreError> {
        Ok(self.decisions_of(account)?.into_iter().map(|decision| decision.state).collect())
    }

    /// What was decided about the plays of an account, newest first.
    pub fn decisions_of(&self, account: &AccountId) -> Result<Vec<Decision>, StoreError> {
        self.own.read("reading decisions", |conn| {
            conn.prepare_cached(&format!("{ACTION} WHERE account = ?1 ORDER BY at DESC"))?
                .query_map([account.as_str()], decision)?
                .collect()
        })
    }

    /// All decisions, newest first.
    pub fn decisions(&self) -> Result<Vec<Decision>, StoreError> {
        self.own.read("reading decisions", |conn| {
            conn.prepare_cached(&format!("{ACTION} ORDER BY at DESC"))?.query_map([], decision)?.collect()
        })
    }

    /// Keeps how the book stands at the end of rounds. The ten newest are kept.
    pub fn round_put(&mut self, on: Date, at: Timestamp, lines: &[RoundLine]) -> Result<(), StoreError> {
        self.own_mut()?.write("keeping the rounds", |tx| {
            // The last of a day counts: several on one must not push out the days before.
            tx.execute("DELETE FROM round_line WHERE round IN (SELECT seq FROM round WHERE day = ?1)", [day(on)])?;
            tx.execute("DELETE FROM round WHERE day = ?1", [day(on)])?;
            tx.execute("INSERT INTO round(day, at) VALUES (?1, ?2)", params![day(on), ms(at)])?;
            let round = tx.last_insert_rowid();
            let mut put = tx.prepare_cached(
                "INSERT OR REPLACE INTO round_line(round, account, band, flags, score) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for line in lines {
                put.execute(params![round, line.account.as_str(), line.band.name(), json(&line.flags)?, line.score])?;
            }
            tx.execute(
                "DELETE FROM round WHERE seq NOT IN (SELECT seq FROM round ORDER BY seq DESC LIMIT ?1)",
                [ROUNDS],
            )?;
            tx.execute("DELETE FROM round_line WHERE round NOT IN (SELECT seq FROM round)", [])?;
            Ok(())
        })
    }

    /// How far the walk of a day went; nothing where there was none.
    pub fn walked(&self, on: Date) -> Result<Walked, StoreError> {
        self.own.read("reading the walk", |conn| {
            let body: Option<String> =
                conn.query_row("SELECT body FROM walk WHERE day = ?1", [day(on)], |row| row.get(0)).optional()?;
            Ok(body.and_then(|body| from_json(&body).ok()).unwrap_or_default())
        })
    }

    /// Keeps how far the walk of a day went; those of other days are over.
    pub fn walked_put(&mut self, on: Date, walked: &Walked, at: Timestamp) -> Result<(), StoreError> {
        self.own_mut()?.write("keeping the walk", |tx| {
            tx.execute("DELETE FROM walk WHERE day <> ?1", [day(on)])?;
            tx.prepare_cached("INSERT OR REPLACE INTO walk(day, body, at) VALUES (?1, ?2, ?3)")?
                .execute(params![day(on), json(walked)?, ms(at)])
                .map(|_| ())
        })
    }

    /// The last rounds before the end of `until`; `None`: there were none.
    pub fn last_round(&self, until: Date) -> Result<Option<LastRound>, StoreError> {
        self.own.read("reading the last rounds", |conn| {
            let newest: Option<(i64, i64, i64)> = conn
                .query_row(
                    "SELECT seq, day, at FROM round WHERE day <= ?1 ORDER BY day DESC, seq DESC LIMIT 1",
                    [day(until)],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )
                .optional()?;
            let Some((round, on, at)) = newest else { return Ok(None) };
            let mut statement = conn.prepare("SELECT account, band, flags, score FROM round_line WHERE round = ?1")?;
            let mut lines = HashMap::new();
            let mut rows = statement.query([round])?;
            while let Some(row) = rows.next()? {
                let account = AccountId(row.get(0)?);
                let band = Band::parse(row.get_ref(1)?.as_str()?).unwrap_or(Band::Unknown);
                let flags = from_json(row.get_ref(2)?.as_str()?)?;
                lines.insert(account.clone(), RoundLine { account, band, flags, score: row.get(3)? });
            }
            Ok(Some(LastRound { day: date(on), at: moment(at), lines }))
        })
    }
}
