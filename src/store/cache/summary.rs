//! The top line's figures, computed by SQL in the background and read as one row.
//!
//! Retention: a cohort closed at the window's start, the minimum per account before summing, former
//! accounts included; nothing is shown where under 80 % of the ARR can be followed.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use std::collections::BTreeMap;

use super::super::codec::{from_json, json};
use crate::book::assess::Medians;
use crate::book::money::{Currency, Money};

/// Least share of the ARR whose start must be known.
const COVERAGE: f64 = 0.8;
/// Days ahead within which a renewal counts as due.
const DUE: i64 = 90;

/// One scope's figures. Money is in minor units of the book's currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Summary {
    pub day: i64,
    pub accounts: u64,
    pub arr: i64,
    pub due_at_risk: i64,
    pub grr: Option<f64>,
    pub nrr: Option<f64>,
    pub healthy: u64,
    pub watch: u64,
    pub at_risk: u64,
    pub unknown: u64,
    pub no_arr: u64,
    pub no_renewal: u64,
}

fn name(owner: Option<&str>) -> String {
    owner.map_or_else(|| "*".to_owned(), |owner| format!("={owner}"))
}

/// The stored figures of a scope.
pub(in crate::store) fn get(conn: &Connection, owner: Option<&str>) -> rusqlite::Result<Option<Summary>> {
    let body = conn
        .prepare_cached("SELECT body FROM summary WHERE scope = ?1")?
        .query_row([name(owner)], |row| row.get::<_, String>(0))
        .optional()?;
    body.map(|body| from_json(&body)).transpose()
}

/// Computes and keeps the figures of a scope.
pub(in crate::store) fn refresh(conn: &Connection, owner: Option<&str>, day: i64) -> rusqlite::Result<Summary> {
    let mut summary = conn
        .prepare_cached(
            "SELECT count(*), coalesce(sum(arr), 0),
               coalesce(sum(CASE WHEN (band = 'at risk' OR high) AND renewal BETWEEN ?2 AND ?2 + ?3 THEN arr END), 0),
               count(*) FILTER (WHERE band = 'healthy'), count(*) FILTER (WHERE band = 'watch'),
               count(*) FILTER (WHERE band = 'at risk'), count(*) FILTER (WHERE band = 'unknown'),
               count(*) FILTER (WHERE arr IS NULL), count(*) FILTER (WHERE renewal IS NULL)
             FROM portfolio WHERE ?1 IS NULL OR owner = ?1",
        )?
        .query_row(params![owner, day, DUE], |row| {
            let count = |n| row.get::<_, i64>(n).map(|count| count as u64);
            Ok(Summary {
                day,
                accounts: count(0)?,
                arr: row.get(1)?,
                due_at_risk: row.get(2)?,
                healthy: count(3)?,
                watch: count(4)?,
                at_risk: count(5)?,
                unknown: count(6)?,
                no_arr: count(7)?,
                no_renewal: count(8)?,
                ..Summary::default()
            })
        })?;
    let (start, kept, end, known, all) = conn
        .prepare_cached(
            "SELECT coalesce(sum(arr_start) FILTER (WHERE both AND arr_start > 0), 0),
               coalesce(sum(min(arr_end, arr_start)) FILTER (WHERE both AND arr_start > 0), 0),
               coalesce(sum(arr_end) FILTER (WHERE both AND arr_start > 0), 0),
               coalesce(sum(weight) FILTER (WHERE both), 0), coalesce(sum(weight), 0)
             FROM (SELECT arr_start, arr_end, arr_start IS NOT NULL AND arr_end IS NOT NULL AS both,
                     max(coalesce(arr_start, 0), coalesce(arr_book, 0)) AS weight
                   FROM standing WHERE ?1 IS NULL OR owner = ?1)",
        )?
        .query_row([owner], |row| {
            let number = |n| row.get::<_, i64>(n).map(|n| n as f64);
            Ok((number(0)?, number(1)?, number(2)?, number(3)?, number(4)?))
        })?;
    if start > 0.0 && known >= COVERAGE * all {
        summary.grr = Some(kept / start);
        summary.nrr = Some(end / start);
    }
    conn.prepare_cached(
        "INSERT INTO summary(scope, body) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET body = excluded.body",
    )?
    .execute(params![name(owner), json(&summary)?])?;
    Ok(summary)
}

/// Computes and keeps the median ARR by segment, in units.
pub(in crate::store) fn refresh_medians(conn: &Connection) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT segment, arr, currency FROM portfolio WHERE arr IS NOT NULL AND currency IS NOT NULL ORDER BY arr",
    )?;
    let mut all = Vec::new();
    let mut by_segment: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(currency) = Currency::parse(row.get_ref(2)?.as_str()?) else { continue };
        let units = Money { minor: row.get(1)?, currency }.units();
        all.push(units);
        if let Some(segment) = row.get_ref(0)?.as_str_or_null()? {
            by_segment.entry(segment.to_owned()).or_default().push(units);
        }
    }
    let by_segment: BTreeMap<_, _> =
        by_segment.into_iter().filter_map(|(name, all)| Some((name, median(&all)?))).collect();
    conn.prepare_cached(
        "INSERT INTO meta(key, value) VALUES ('medians', ?1) ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute([json(&(median(&all), by_segment, super::loyal::spread(conn)?))?])
    .map(|_| ())
}

/// Where the medians are others than those that estimates were made with, everything estimated is out of date, and
/// so is every account whose keep class moved with the book. Answers with how many accounts that are.
pub(in crate::store) fn follow_medians(conn: &Connection) -> rusqlite::Result<u64> {
    let now = super::super::rows::meta(conn, "medians")?;
    if now.is_none() || now == super::super::rows::meta(conn, "medians_followed")? {
        return Ok(0);
    }
    conn.prepare_cached(
        "INSERT INTO meta(key, value) VALUES ('medians_followed', ?1) ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute([now])?;
    let mut estimated = conn
        .prepare_cached("SELECT account FROM portfolio WHERE arr IS NULL")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    estimated.extend(super::loyal::moved(conn, &medians(conn)?.spread)?);
    super::links::touch(conn, estimated)
}

/// Of values in order.
fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let high = sorted.get(middle)?;
    let low = if sorted.len().is_multiple_of(2) { sorted.get(middle.checked_sub(1)?)? } else { high };
    Some((low + high) / 2.0)
}

/// The stored medians; none before the first refresh.
pub(in crate::store) fn medians(conn: &Connection) -> rusqlite::Result<Medians> {
    let body = super::super::rows::meta(conn, "medians")?;
    // One of an older shape is computed again with the next top line.
    let (all, by_segment, spread) = body.and_then(|body| from_json(&body).ok()).unwrap_or_default();
    Ok(Medians { by_segment, all, spread })
}
