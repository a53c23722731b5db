//! A past day: a small file of its own laid over the cache, in which the standings of that day are kept.
//!
//! Decides where it stands, which tables are in it, and when it is removed. Everything else is read from the cache behind
//! it, which it cannot write to. Several may stand side by side; one that a kill left behind goes at the next look.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::db::{Db, Which};
use super::error::StoreError;
use super::{Access, open};

/// What the folders are called: in the data folder, and in the system's own for temporary things.
const PREFIX: &str = "as-of-";
const TEMP_PREFIX: &str = "rounds-as-of-";
/// Held for as long as somebody looks.
const LOCK: &str = "lock";

/// The tables that a day has of its own; all others are the cache's.
const OWN: &[&str] =
    &["meta", "account", "standing", "stirred", "portfolio", "line", "summary", "sized", "spoken", "typical", "loyal"];

/// A day's own file. It is removed when this is dropped.
#[derive(Debug)]
pub struct Overlay {
    dir: PathBuf,
    _lock: File,
}

impl Overlay {
    /// Makes one over the cache in `data`: beside it, or where that folder can't or must not be written, in the system's
    /// folder for temporary things. Every account is to be assessed anew.
    ///
    /// # Errors
    /// Neither folder can be written, or the cache can't be read.
    pub fn create(data: &Path, access: Access) -> Result<Self, StoreError> {
        let beside = match access {
            Access::ReadWrite => {
                sweep(data);
                Self::place(data, PREFIX).ok()
            }
            Access::ReadOnly => None,
        };
        let overlay = match beside {
            Some(overlay) => overlay,
            None => {
                let temp = std::env::temp_dir();
                sweep_in(&temp, TEMP_PREFIX);
                Self::place(&temp, TEMP_PREFIX).map_err(|error| {
                    StoreError::Refused(format!(
                        "a past day needs a file of its own while it is looked at, and {} can't be written ({error}): set TMPDIR to a folder that can",
                        temp.display()
                    ))
                })?
            }
        };
        let path = overlay.path();
        let db = Db::over(&path, &data.join(Which::Cache.file()))
            .map_err(|error| StoreError::from_sql(error, "looking back", &path, false))?;
        db.read("looking back", fill)?;
        Ok(overlay)
    }

    /// A new folder that is ours alone, locked.
    fn place(parent: &Path, prefix: &str) -> std::io::Result<Self> {
        let mut last = None;
        for attempt in 0..20 {
            let dir = parent.join(format!("{prefix}{}-{attempt}", std::process::id()));
            let made = private_folder(&dir).and_then(|()| {
                let lock = File::create(dir.join(LOCK))?;
                lock.lock()?;
                Ok(lock)
            });
            match made {
                // Somebody who swept between the two has taken the folder away again.
                Ok(lock) if dir.join(LOCK).exists() => return Ok(Self { dir, _lock: lock }),
                Ok(_) => {}
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| std::io::ErrorKind::AlreadyExists.into()))
    }

    pub(super) fn path(&self) -> PathBuf {
        self.dir.join(Which::Cache.file())
    }

    /// Opens it over the cache in `data`.
    pub(super) fn open(&self, data: &Path) -> Result<Db, StoreError> {
        let path = self.path();
        Db::over(&path, &data.join(Which::Cache.file()))
            .map_err(|error| StoreError::from_sql(error, "looking back", &path, false))
    }
}

impl Overlay {
    /// Removes the file. Who still has it open reads on; nobody opens it again.
    pub fn remove(&self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Removes what a kill left behind in the data folder.
pub fn sweep(data: &Path) {
    sweep_in(data, PREFIX);
}

fn sweep_in(dir: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        // Whoever still looks holds the lock; one without a lock file was cut off at its making.
        let held = File::open(entry.path().join(LOCK))
            .is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        if !held {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder that only its owner may read.
fn private_folder(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Makes the tables as they are in the cache, and fills in which accounts there are.
fn fill(conn: &Connection) -> rusqlite::Result<()> {
    let mut statement = conn.prepare(
        "SELECT sql FROM whole.sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL
         ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END",
    )?;
    let tx = conn.unchecked_transaction()?;
    for table in OWN {
        let made = statement.query_map([table], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        for sql in made {
            tx.execute_batch(&sql)?;
        }
    }
    tx.execute_batch(
        "INSERT INTO meta SELECT * FROM whole.meta;
         INSERT INTO account SELECT * FROM whole.account;
         UPDATE account SET dirty = (merged IS NULL);",
    )?;
    tx.commit()
}

/// What is known of the whole cache behind it: the accounts that are most urgent today, the first ones of a day to be
/// assessed.
pub(super) fn urgent(conn: &Connection, owner: Option<&str>, most: usize) -> rusqlite::Result<Vec<String>> {
    conn.prepare(
        "SELECT a.id FROM whole.portfolio p JOIN account a USING (account)
         WHERE ?1 IS NULL OR p.owner = ?1 ORDER BY p.exposure DESC LIMIT ?2",
    )?
    .query_map(rusqlite::params![owner, most as i64], |row| row.get(0))?
    .collect()
}

impl super::Store {
    /// Opens a past day: what is ours as ever, and the day's own file over the cache.
    ///
    /// # Errors
    /// As [`super::Store::open`].
    pub fn open_over(dir: &Path, access: Access, overlay: &Overlay) -> Result<super::Opened, StoreError> {
        let mut notices = Vec::new();
        let own = open::file(dir, Which::Own, access, &mut notices)?;
        let cache = overlay.open(dir)?;
        let store = Self::of(cache, own, dir)?;
        Ok(super::Opened { store, notices })
    }

    /// On a past day: the accounts that are most urgent today, those to be assessed first.
    pub fn urgent_today(
        &self,
        scope: &super::Scope,
        most: usize,
    ) -> Result<Vec<crate::book::ids::AccountId>, StoreError> {
        let owner = scope.folded();
        let ids = self.cache.read("looking back", |conn| urgent(conn, owner.as_deref(), most))?;
        Ok(ids.iter().map(|id| crate::book::ids::AccountId::from(id.as_str())).collect())
    }

    /// How many accounts wait to be assessed because their facts changed, or for the first time.
    pub fn waiting_accounts(&self) -> Result<u64, StoreError> {
        self.cache.read("counting accounts", |conn| {
            let sql = "SELECT count(*) FROM account INDEXED BY account_dirty WHERE dirty = 1 AND merged IS NULL";
            conn.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|n| n as u64)
        })
    }
}
