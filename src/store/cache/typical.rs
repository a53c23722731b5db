//! Medians by segment: what each measure said is kept with its standing, the medians are computed from that alone.
//!
//! Decides how both are kept. Which median speaks for whom is decided in `book`.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::codec::{from_json, hash, json};
use crate::book::standing::Health;
use crate::book::typical::{Figures, Typical, typical};

/// Keeps what the measures of an account say, in the model's order.
pub(in crate::store) fn put(conn: &Connection, account: i64, health: &Health, model: &str) -> rusqlite::Result<()> {
    // A tenth is all that is shown.
    let tenth = |score: f64| (score * 10.0).round() / 10.0;
    let spoken: Vec<Option<f64>> = health.measures.iter().map(|measure| measure.score.map(tenth)).collect();
    conn.prepare_cached(
        "INSERT INTO spoken(account, model, body) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET model = excluded.model, body = excluded.body",
    )?
    .execute(params![account, hash(model.as_bytes()), json(&spoken)?])
    .map(|_| ())
}

/// Computes and keeps the medians over the portfolio. `ids`: the model's measures in their order.
pub(in crate::store) fn refresh(conn: &Connection, ids: &[&str], model: &str) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT p.segment, p.score, s.body FROM spoken s JOIN portfolio p USING (account) WHERE s.model = ?1",
    )?;
    let mut book = Vec::new();
    let mut rows = statement.query([hash(model.as_bytes())])?;
    while let Some(row) = rows.next()? {
        let measures = from_json(row.get_ref(2)?.as_str()?)?;
        book.push(Figures { segment: row.get(0)?, score: row.get(1)?, measures });
    }
    conn.execute("DELETE FROM typical", [])?;
    let mut insert = conn.prepare_cached("INSERT INTO typical(segment, body) VALUES (?1, ?2)")?;
    for (segment, usual) in typical(ids, &book) {
        insert.execute(params![name(segment.as_deref()), json(&usual)?])?;
    }
    Ok(())
}

/// What is usual for accounts of a segment: one row.
pub(in crate::store) fn get(conn: &Connection, segment: Option<&str>) -> rusqlite::Result<Option<Typical>> {
    let body = conn
        .prepare_cached("SELECT body FROM typical WHERE segment IN (?1, '*') ORDER BY segment = '*' LIMIT 1")?
        .query_row([name(segment)], |row| row.get::<_, String>(0))
        .optional()?;
    // One of an older shape is as good as none: it is computed again.
    Ok(body.and_then(|body| from_json(&body).ok()))
}

fn name(segment: Option<&str>) -> String {
    segment.map_or_else(|| "*".to_owned(), |segment| format!("={segment}"))
}
