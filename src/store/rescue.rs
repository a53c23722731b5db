//! Reading what can be read out of a damaged `own.db`.
//!
//! The damaged file is kept; rows are copied one by one into a new file that then takes its place. Where the first page
//! is lost, that of an empty file of the same format stands in for it: tables are always made in the same order.

use std::path::Path;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};

use super::db::{Which, with_suffix};
use super::error::StoreError;
use super::migrate;
use super::open::{broken_name, name_of};

/// Most rows that are asked for one by one around a damaged place.
const PROBES: i64 = 200_000;
/// So many rows in a row that are not to be had: what follows is not, either.
const PATIENCE: u32 = 10_000;
/// The same where nothing at all was read: then it is the root of the table that is damaged.
const LITTLE_PATIENCE: u32 = 100;

/// What people care for, in their words.
const NAMED: [(&str, &str, &str); 6] = [
    ("note", "note", "notes"),
    ("draft", "draft", "drafts"),
    ("note_draft", "unfinished change", "unfinished changes"),
    ("outbox", "row of the outbox", "rows of the outbox"),
    ("action", "decision about a play", "decisions about plays"),
    ("flag", "word on a flag", "words on flags"),
];

/// Keeps the file at `path` as `….broken-<date>` and puts a new one with its readable rows in its place.
/// Answers with the sentence that says so.
pub(super) fn rescue(path: &Path) -> Result<String, StoreError> {
    let io = |error| StoreError::Folder { path: path.to_owned(), error };
    let sql = |error| StoreError::from_sql(error, "rescuing", path, true);
    let kept = broken_name(path);
    copy_all(path, &kept).map_err(io)?;
    // SQLite replays a -wal into the file it stands beside: work on a second copy, the kept one stays as it was.
    let work = with_suffix(path, ".rescue-from");
    let fresh = with_suffix(path, ".rescue-to");
    for stale in [&work, &fresh] {
        remove_all(stale);
    }
    copy_all(path, &work).map_err(io)?;
    migrate::private(&fresh);
    let mut new = Connection::open(&fresh).map_err(sql)?;
    migrate::private(&fresh);
    migrate::run(&mut new, Which::Own).map_err(sql)?;
    let mut found = read_over(&work, &new);
    for whole_page in [false, true] {
        if found.is_ok() {
            break;
        }
        copy_all(path, &work).and_then(|()| lend_first_page(&work, &fresh, whole_page)).map_err(io)?;
        found = read_over(&work, &new);
    }
    // Nothing readable at all is no reason not to start: the damaged file is kept.
    let (counts, lost) = found.unwrap_or_default();
    new.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").map_err(sql)?;
    drop(new);
    migrate::private(&kept);
    std::fs::File::open(&fresh).and_then(|file| file.sync_all()).map_err(io)?;
    for side in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(with_suffix(path, side));
    }
    std::fs::rename(&fresh, path).map_err(io)?;
    remove_all(&work);
    remove_all(&fresh);
    Ok(report(path, &kept, &counts, lost))
}

fn report(path: &Path, kept: &Path, counts: &[(String, u64)], lost: bool) -> String {
    let of = |table: &str| counts.iter().find(|(name, _)| name == table).map_or(0, |(_, n)| *n);
    let read = NAMED
        .iter()
        .filter(|(table, ..)| of(table) > 0)
        .map(|(table, one, many)| format!("{} {}", of(table), if of(table) == 1 { one } else { many }))
        .collect::<Vec<_>>();
    let read =
        if read.is_empty() { "nothing could be read".to_owned() } else { format!("{} were read", read.join(", ")) };
    let lost = if lost && !read.starts_with("nothing") { "; some of it could not be read" } else { "" };
    format!("{} was damaged. It is kept as {}; {read} out of it into a new one{lost}.", name_of(path), name_of(kept))
}

/// Counts by table, and whether anything could not be read. An error: not even the list of tables can be read.
type Found = (Vec<(String, u64)>, bool);

fn read_over(from: &Path, new: &Connection) -> rusqlite::Result<Found> {
    let old = Connection::open(from)?;
    // Damage in one place must not make the rest unreadable.
    let _ = old.execute_batch("PRAGMA cell_size_check = OFF; PRAGMA writable_schema = ON;");
    let tables = tables(&old)?;
    if !tables.iter().any(|name| name == "note") {
        return Err(rusqlite::Error::QueryReturnedNoRows);
    }
    let mut counts = Vec::new();
    let mut lost = false;
    let all = new.unchecked_transaction()?;
    for table in self::tables(new)? {
        if tables.contains(&table) {
            let (count, whole) = copy_table(&old, new, &table)?;
            counts.push((table, count));
            lost |= !whole;
        } else {
            lost = true;
        }
    }
    all.commit()?;
    Ok((counts, lost))
}

fn tables(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

fn columns(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1)")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// Copies a table's rows: from the front up to the damage, from the back down to it, and one by one in between.
fn copy_table(old: &Connection, new: &Connection, table: &str) -> rusqlite::Result<(u64, bool)> {
    let known = columns(old, table).unwrap_or_default();
    let shared = columns(new, table)?.into_iter().filter(|name| known.contains(name)).collect::<Vec<_>>();
    if shared.is_empty() {
        return Ok((0, false));
    }
    let list = shared.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let marks = (1..=shared.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
    let mut insert = new.prepare(&format!("INSERT OR IGNORE INTO \"{table}\" ({list}) VALUES ({marks})"))?;
    let mut count = 0;
    let mut put = |row: &Row<'_>| -> rusqlite::Result<i64> {
        let rowid = row.get(0)?;
        let values = (1..=shared.len()).map(|n| value(row, n)).collect::<rusqlite::Result<Vec<_>>>()?;
        // A row whose values are of the wrong type is damage as well: the table refuses it, the others go on.
        count += insert.execute(rusqlite::params_from_iter(values)).unwrap_or(0) as u64;
        Ok(rowid)
    };
    let mut walk = |order: &str| -> (Option<i64>, bool) {
        let mut last = None;
        let done = old
            .prepare(&format!("SELECT rowid, {list} FROM \"{table}\" NOT INDEXED ORDER BY rowid {order}"))
            .and_then(|mut statement| {
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    last = Some(put(row)?);
                }
                Ok(())
            });
        (last, done.is_ok())
    };
    let (front, whole) = walk("ASC");
    if whole {
        return Ok((count, true));
    }
    let (back, _) = walk("DESC");
    let from = front.unwrap_or(0);
    let to = back.unwrap_or(from + PROBES).min(from.saturating_add(PROBES));
    if let Ok(mut one) = old.prepare(&format!("SELECT rowid, {list} FROM \"{table}\" NOT INDEXED WHERE rowid = ?1")) {
        let patience = if front.is_none() && back.is_none() { LITTLE_PATIENCE } else { PATIENCE };
        let mut missing = 0;
        for rowid in from + 1..to {
            missing = if one.query_row([rowid], &mut put).is_ok() { 0 } else { missing + 1 };
            if missing > patience {
                break;
            }
        }
    }
    Ok((count, false))
}

fn value(row: &Row<'_>, index: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Integer(n),
        ValueRef::Real(x) => Value::Real(x),
        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}

/// Replaces the header (100 bytes) or the whole first page of `damaged` by that of `fresh`, with its own page count.
fn lend_first_page(damaged: &Path, fresh: &Path, whole_page: bool) -> std::io::Result<()> {
    let lent = std::fs::read(fresh)?;
    let mut bytes = std::fs::read(damaged)?;
    let page = usize::from(u16::from_be_bytes([lent[16], lent[17]])).max(512);
    let take = if whole_page { page } else { 100 };
    if bytes.len() < page || lent.len() < take {
        return Ok(());
    }
    bytes[..take].copy_from_slice(&lent[..take]);
    let pages = (bytes.len() / page) as u32;
    bytes[28..32].copy_from_slice(&pages.to_be_bytes());
    // "The page count is valid for this change counter", and no free pages.
    let counter: [u8; 4] = [bytes[24], bytes[25], bytes[26], bytes[27]];
    bytes[92..96].copy_from_slice(&counter);
    bytes[32..40].fill(0);
    std::fs::write(damaged, bytes)
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::copy(from, to)?;
    migrate::private(to);
    // Not the -shm: it is made anew from the log.
    let (from, to) = (with_suffix(from, "-wal"), with_suffix(to, "-wal"));
    if from.exists() {
        std::fs::copy(from, &to)?;
        migrate::private(&to);
    }
    Ok(())
}

fn remove_all(path: &Path) {
    for side in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(with_suffix(path, side));
    }
}
