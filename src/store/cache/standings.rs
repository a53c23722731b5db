//! Standings: kept with their day, the model they were made by and the day on which they expire; which are out of date.
//!
//! The portfolio's narrow row and the line on screen are written with the standing, in the same transaction.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::codec::{day, fold, from_json, json};
use super::super::own::SILENT;
use super::line::Line;
use super::links;
use crate::book::ids::AccountId;
use crate::book::money::Money;
use crate::book::news::Stand;
use crate::book::standing::Standing;

/// Which state of an account's facts a standing was made from: taken before the facts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    pub(in crate::store) cache: i64,
    pub(in crate::store) own: i64,
}

/// A standing to be kept.
#[derive(Clone, Debug)]
pub struct Assessed {
    pub standing: Standing,
    /// From [`crate::store::Store::version`], before the facts were read: what changed meanwhile stays out of date.
    pub version: Version,
    /// ARR at the start and the end of the retention window, in the book's currency at one rate; `None`: unknown.
    pub arr_start: Option<Money>,
    pub arr_end: Option<Money>,
}

/// Keeps one standing. `now` is kept with those whose line moved.
pub(in crate::store) fn put(conn: &Connection, item: &Assessed, model: &str, now: i64) -> rusqlite::Result<()> {
    let standing = &item.standing;
    let Some(account) = links::key(conn, standing.account.as_str())? else { return Ok(()) };
    let owner = standing.owner.as_deref().map(fold);
    let minor = |money: Option<Money>| money.map(|money| money.minor);
    // Whatever may be news of it, in one text: where that is another, somebody looks.
    let stands = format!("{model}|{}|{}", owner.as_deref().unwrap_or_default(), Stand::of(standing).mark());
    let stood: Option<String> = conn
        .prepare_cached("SELECT stands FROM standing WHERE account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?
        .flatten();
    if stood.as_deref() != Some(stands.as_str()) {
        conn.prepare_cached("INSERT OR IGNORE INTO stirred(account) VALUES (?1)")?.execute([account])?;
    }
    conn.prepare_cached(
        "INSERT INTO standing(account, day, valid_until, model, version, own, owner, former, arr_start, arr_end, arr_book, body, stands)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT DO UPDATE SET day = excluded.day, valid_until = excluded.valid_until, model = excluded.model,
           version = excluded.version, own = excluded.own, owner = excluded.owner, former = excluded.former,
           arr_start = excluded.arr_start, arr_end = excluded.arr_end, arr_book = excluded.arr_book, body = excluded.body,
           stands = excluded.stands",
    )?
    .execute(params![
        account,
        day(standing.day),
        day(standing.valid_until),
        model,
        item.version.cache,
        item.version.own,
        owner,
        standing.former,
        minor(item.arr_start),
        minor(item.arr_end),
        minor(standing.arr_book),
        json(standing)?,
        stands
    ])?;
    conn.prepare_cached("UPDATE account SET dirty = 0 WHERE account = ?1 AND version = ?2 AND dirty = 1")?
        .execute(params![account, item.version.cache])?;
    if standing.former {
        conn.prepare_cached("DELETE FROM portfolio WHERE account = ?1")?.execute([account])?;
        conn.prepare_cached("DELETE FROM line WHERE account = ?1")?.execute([account])?;
        conn.prepare_cached("DELETE FROM loyal WHERE account = ?1")?.execute([account])?;
        return Ok(());
    }
    super::typical::put(conn, account, &standing.health, model)?;
    super::loyal::put(conn, account, standing, owner.as_deref())?;
    let line = Line::of(standing);
    let old = conn
        .prepare_cached("SELECT body FROM line WHERE account = ?1")?
        .query_row([account], |row| row.get::<_, String>(0))
        .optional()?;
    let body = json(&line)?;
    // A line of an older shape counts as none.
    let differs = old.as_deref().and_then(|old| from_json::<Line>(old).ok()).is_some_and(|old| line.moved(&old));
    let moved = moved(conn, account, differs, now)?;
    if old.as_deref() != Some(body.as_str()) {
        conn.prepare_cached(
            "INSERT INTO line(account, body) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET body = excluded.body",
        )?
        .execute(params![account, body])?;
    }
    portfolio(conn, account, standing, owner.as_deref(), moved)
}

/// In `portfolio.moved`: the line was made while its facts were still coming in for the first time, so that what differs
/// from it is no news.
const UNSETTLED: i64 = -1;

/// When the account's line last moved, for its column: now, or as it was, or never where the line before was not settled.
fn moved(conn: &Connection, account: i64, differs: bool, now: i64) -> rusqlite::Result<Option<i64>> {
    // Still out of date after having been assessed: its facts changed meanwhile.
    let again = conn.prepare_cached("SELECT 1 FROM account WHERE account = ?1 AND dirty = 1")?.exists([account])?;
    let before: Option<Option<i64>> = conn
        .prepare_cached("SELECT moved FROM portfolio WHERE account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?;
    Ok(match before {
        None | Some(Some(UNSETTLED)) => again.then_some(UNSETTLED),
        Some(_) if differs => Some(now),
        Some(before) => before,
    })
}

/// A source was read whole for the first time: nothing that it brought counts as moved, nor what is still to be computed
/// from it.
pub(in crate::store) fn settle(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?1, '1')", [SILENT])?;
    conn.execute(
        "UPDATE portfolio SET moved = (SELECT ?1 FROM account a WHERE a.account = portfolio.account AND a.dirty = 1)
         WHERE moved IS NOT NULL OR account IN (SELECT account FROM account INDEXED BY account_dirty WHERE dirty = 1 AND merged IS NULL)",
        [UNSETTLED],
    )
    .map(|_| ())
}

fn portfolio(
    conn: &Connection,
    account: i64,
    standing: &Standing,
    owner: Option<&str>,
    moved: Option<i64>,
) -> rusqlite::Result<()> {
    let flags = standing.flags.iter().map(|flag| flag.kind.as_str()).collect::<Vec<_>>().join(" ");
    let currency = standing.arr_book.map(|money| money.currency);
    conn.prepare_cached(
        "INSERT INTO portfolio(account, place, owner, name, domain, segment, band, score, confidence, delta, arr, currency, scale,
           renewal, touch, exposure, flags, high, meetings, day, moved)
         VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
         ON CONFLICT DO UPDATE SET owner = excluded.owner, name = excluded.name, domain = excluded.domain,
           segment = excluded.segment, band = excluded.band, score = excluded.score, confidence = excluded.confidence,
           delta = excluded.delta, arr = excluded.arr, currency = excluded.currency, scale = excluded.scale,
           renewal = excluded.renewal, touch = excluded.touch, exposure = excluded.exposure, flags = excluded.flags,
           high = excluded.high, meetings = excluded.meetings, day = excluded.day,
           moved = excluded.moved",
    )?
    .execute(params![
        account,
        owner,
        fold(&standing.name),
        standing.domain.as_deref().map(fold),
        standing.segment,
        standing.health.band.name(),
        standing.health.score,
        standing.health.confidence,
        standing.health.delta_7d,
        standing.arr_book.map(|money| money.minor),
        currency.map(|currency| currency.code().to_owned()),
        currency.map(|currency| 10_i64.pow(currency.digits())),
        standing.renewal.map(day),
        // Never touched is the longest silence.
        standing.last_touch.map_or(i64::from(i32::MIN), day),
        standing.exposure,
        // Blanks at both ends, so that a kind is found as a whole word.
        format!(" {flags} "),
        standing.high(),
        standing.meetings.len() as i64,
        day(standing.day),
        moved
    ])?;
    Ok(())
}

/// Accounts whose standing is out of date on a day: changed facts first, then expired ones, then those of another model.
pub(in crate::store) fn stale(
    conn: &Connection,
    on: i64,
    model: &str,
    limit: usize,
) -> rusqlite::Result<Vec<AccountId>> {
    let mut found = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (sql, by_model) in STALE {
        if found.len() >= limit {
            break;
        }
        let mut statement = conn.prepare_cached(&format!("SELECT account FROM ({sql}) LIMIT ?2"))?;
        let params = if *by_model { params![model, limit as i64] } else { params![on, limit as i64] };
        for account in statement.query_map(params, |row| row.get::<_, i64>(0))? {
            let account = account?;
            if found.len() < limit && seen.insert(account) {
                found.push(links::id_of(conn, account)?);
            }
        }
    }
    Ok(found)
}

/// Each by an index of its own, so that nothing is read that is not out of date. `?1` is the day, or the model.
pub(in crate::store) const STALE: &[(&str, bool)] = &[
    (
        "SELECT account FROM account INDEXED BY account_dirty WHERE dirty = 1 AND merged IS NULL AND ?1 IS NOT NULL",
        false,
    ),
    ("SELECT account FROM standing INDEXED BY standing_valid WHERE valid_until <= ?1", false),
    ("SELECT account FROM standing INDEXED BY standing_day WHERE day > ?1", false),
    ("SELECT account FROM standing INDEXED BY standing_model WHERE model < ?1", true),
    ("SELECT account FROM standing INDEXED BY standing_model WHERE model > ?1", true),
];

/// How many are out of date.
pub(in crate::store) fn stale_count(conn: &Connection, on: i64, model: &str) -> rusqlite::Result<u64> {
    let parts = STALE
        .iter()
        .map(|(sql, by_model)| if *by_model { sql.replace("?1", "?2") } else { (*sql).to_owned() })
        .collect::<Vec<_>>()
        .join(" UNION ");
    let count: i64 = conn
        .prepare_cached(&format!("SELECT count(*) FROM ({parts})"))?
        .query_row(params![on, model], |row| row.get(0))?;
    Ok(count as u64)
}

/// The stored standing of an account.
pub(in crate::store) fn get(conn: &Connection, id: &str) -> rusqlite::Result<Option<Standing>> {
    let Some(account) = links::key(conn, id)? else { return Ok(None) };
    let body = conn
        .prepare_cached("SELECT body FROM standing WHERE account = ?1")?
        .query_row([account], |row| row.get::<_, String>(0))
        .optional()?;
    // One of an older shape is as good as none: it is computed again.
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
}
