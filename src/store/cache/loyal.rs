//! What loyalty says of each account, kept small: pyramids, clocks and keep classes of a whole book are had from it without
//! reading a single standing.
//!
//! Decides how it is kept. What it means is decided in `book`.

use rusqlite::{Connection, params};

use super::super::codec::{fold, from_json, json};
use crate::book::loyalty::keep::{Spread, class};
use crate::book::loyalty::whole::LoyalRow;
use crate::book::standing::Standing;

/// Keeps what a standing says of it.
pub(in crate::store) fn put(
    conn: &Connection,
    account: i64,
    standing: &Standing,
    owner: Option<&str>,
) -> rusqlite::Result<()> {
    let row = LoyalRow {
        account: standing.account.clone(),
        name: standing.name.clone(),
        segment: standing.segment.clone(),
        arr: standing.arr_book,
        stage: standing.stage,
        keep: standing.keep,
        figures: standing.figures,
        timed: standing.timed.clone(),
        trust: standing.trust,
        gap: standing.gap,
        return_: standing.return_,
        proof_age: standing.proof_age_days,
    };
    conn.prepare_cached(
        "INSERT INTO loyal(account, owner, body) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET owner = excluded.owner, body = excluded.body",
    )?
    .execute(params![account, owner, json(&row)?])
    .map(|_| ())
}

/// Everything kept of a book; `owner`: of one CSM.
pub(in crate::store) fn all(conn: &Connection, owner: Option<&str>) -> rusqlite::Result<Vec<LoyalRow>> {
    let mut statement =
        conn.prepare_cached("SELECT body FROM loyal WHERE ?1 IS NULL OR owner = ?1 ORDER BY account")?;
    let mut rows = statement.query([owner.map(fold)])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        // One of an older shape is as good as none: its account is out of date anyway.
        out.extend(from_json::<LoyalRow>(row.get_ref(0)?.as_str()?).ok());
    }
    Ok(out)
}

/// The spread of margin, potential and strategic value over the whole cache.
pub(in crate::store) fn spread(conn: &Connection) -> rusqlite::Result<Spread> {
    Ok(Spread::of(&all(conn, None)?.iter().map(|row| row.figures).collect::<Vec<_>>()))
}

/// The accounts whose keep class is another by this spread than the one that was assessed.
pub(in crate::store) fn moved(conn: &Connection, spread: &Spread) -> rusqlite::Result<Vec<i64>> {
    let mut statement = conn.prepare_cached("SELECT account, body FROM loyal")?;
    let mut rows = statement.query([])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let kept = from_json::<LoyalRow>(row.get_ref(1)?.as_str()?).ok();
        if kept.is_some_and(|kept| class(kept.figures, spread).map(|class| class.keep) != kept.keep) {
            out.push(row.get(0)?);
        }
    }
    Ok(out)
}
