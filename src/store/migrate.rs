//! The formats of the two files. A migration is appended, never changed: `PRAGMA user_version` counts those applied.
//!
//! Decides how an older file becomes a current one, and that a newer one is not touched.

use rusqlite::{Connection, TransactionBehavior};

use super::db::{Db, Which, with_suffix};
use super::error::StoreError;

const CACHE: &[&str] = &[
    include_str!("sql/cache_1.sql"),
    include_str!("sql/cache_2.sql"),
    include_str!("sql/cache_3.sql"),
    include_str!("sql/cache_4.sql"),
];
const OWN: &[&str] = &[
    include_str!("sql/own_1.sql"),
    include_str!("sql/own_2.sql"),
    include_str!("sql/own_3.sql"),
    include_str!("sql/own_4.sql"),
];

/// Marks the files as ours (`PRAGMA application_id`), for `file` and for people.
const APPLICATION: i32 = 0x526e_6473;

pub(super) fn steps(which: Which) -> &'static [&'static str] {
    match which {
        Which::Cache => CACHE,
        Which::Own => OWN,
    }
}

/// How many migrations the file has had.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Refuses a file of a newer format, before anything is written to it.
pub(super) fn check(db: &Db, which: Which) -> Result<i64, StoreError> {
    let found = db.read("reading the format", version)?;
    let known = steps(which).len() as i64;
    if found > known {
        return Err(StoreError::Newer { path: db.path().to_owned(), found, known });
    }
    Ok(found)
}

/// Brings the file to the current format. Before `own.db` changes, a copy is kept as `own.db.format-N`.
pub(super) fn migrate(db: &mut Db, which: Which) -> Result<(), StoreError> {
    let found = check(db, which)?;
    if found == steps(which).len() as i64 {
        return Ok(());
    }
    if which == Which::Own && found > 0 {
        keep_copy(db, found)?;
    }
    run(db.conn_mut(), which).map_err(|error| db.explain(error, "changing the format"))
}

/// Keeps the file as it is in format `found`, once.
pub(super) fn keep_copy(db: &Db, found: i64) -> Result<(), StoreError> {
    let copy = with_suffix(db.path(), &format!(".format-{found}"));
    if !copy.exists() {
        db.read("keeping a copy before the format changes", |conn| {
            conn.execute("VACUUM INTO ?1", [copy.to_string_lossy()]).map(|_| ())
        })?;
        private(&copy);
    }
    Ok(())
}

/// Applies what is missing, in one transaction. Two processes may come here at once: the second finds it done.
pub(super) fn run(conn: &mut Connection, which: Which) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&tx)?;
    for sql in steps(which).iter().skip(found.max(0) as usize) {
        tx.execute_batch(sql)?;
    }
    tx.pragma_update(None, "user_version", (steps(which).len() as i64).max(found))?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.commit()
}

/// Makes a file readable by its owner only.
pub(super) fn private(path: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
    }
    #[cfg(not(unix))]
    let _ = path;
}
