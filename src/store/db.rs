//! One SQLite file: how it is opened, read and written, and how its errors get their words.
//!
//! Every write is one IMMEDIATE transaction, so that two processes wait for each other instead of failing half-way.
//! Decides nothing about what is in the file.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{StoreError, is_damage};

/// How long a statement waits for another process to let go of the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Cache,
    Own,
}

impl Which {
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Cache => "cache.db",
            Self::Own => "own.db",
        }
    }
}

/// An open file.
#[derive(Debug)]
pub(super) struct Db {
    conn: Connection,
    path: PathBuf,
    which: Which,
    writable: bool,
    /// What the path named when it was opened, to notice that another process moved the file aside.
    inode: Option<u64>,
}

impl Db {
    /// Opens for reading and writing, making the file (0600) where there is none.
    pub(super) fn create(path: &Path, which: Which) -> rusqlite::Result<Self> {
        // Made by us first, so that SQLite, which copies the mode for its -wal and -shm, finds 0600.
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let made = options.open(path);
        #[cfg(unix)]
        if made.is_ok() {
            narrow(path);
        }
        drop(made);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(PATIENCE)?;
        // SQLite opens a file that it may not write for reading only, and says so at the first write: ask now.
        if conn.is_readonly(rusqlite::MAIN_DB)? {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY),
                None,
            ));
        }
        let full = if which == Which::Own { "FULL" } else { "NORMAL" };
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", full)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        // In KiB. Taken as it is needed: reading a page of the portfolio needs a fraction, a first pull all of it.
        conn.pragma_update(None, "cache_size", -8192)?;
        conn.set_prepared_statement_cache_capacity(128);
        Ok(Self { conn, path: path.to_owned(), which, writable: true, inode: inode(path) })
    }

    /// Opens a small file of its own over the cache at `whole`: tables that both have are the small one's, the cache itself
    /// can only be read. It is thrown away in the end: nothing is waited for on its behalf.
    pub(super) fn over(path: &Path, whole: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(PATIENCE)?;
        #[cfg(unix)]
        narrow(path);
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "OFF")?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        let attach = |how: &str| {
            conn.execute("ATTACH ?1 AS whole", [format!("{}?{how}", uri_path(whole))])?;
            conn.query_row("SELECT count(*) FROM whole.sqlite_schema", [], |_| Ok(()))
        };
        if let Err(error) = attach("mode=ro") {
            if is_damage(&error) {
                return Err(error);
            }
            // A disk that can't be written has no room for the -shm either: the file is read as it stands.
            let _ = conn.execute("DETACH whole", []);
            attach("immutable=1")?;
        }
        conn.set_prepared_statement_cache_capacity(128);
        Ok(Self { conn, path: path.to_owned(), which: Which::Cache, writable: true, inode: inode(path) })
    }

    /// Opens for reading only. A file whose -shm can't be made (a read-only disk) is read as it stands.
    pub(super) fn read_only(path: &Path, which: Which) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let plain = Connection::open_with_flags(path, flags).and_then(|conn| {
            conn.busy_timeout(PATIENCE)?;
            conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(conn)
        });
        let conn = match plain {
            Ok(conn) => conn,
            Err(error) if is_damage(&error) => return Err(error),
            Err(_) => {
                let conn = Connection::open_with_flags(uri(path), flags)?;
                conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
                conn
            }
        };
        conn.set_prepared_statement_cache_capacity(128);
        Ok(Self { conn, path: path.to_owned(), which, writable: false, inode: inode(path) })
    }

    /// An empty stand-in in memory, for a file that neither exists nor can be made.
    pub(super) fn stand_in(path: &Path, which: Which) -> rusqlite::Result<Self> {
        let conn = Connection::open_in_memory()?;
        Ok(Self { conn, path: path.to_owned(), which, writable: false, inode: None })
    }

    pub(super) fn conn(&self) -> &Connection {
        &self.conn
    }

    pub(super) fn conn_mut(&mut self) -> &mut Connection {
        &mut self.conn
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn writable(&self) -> bool {
        self.writable
    }

    /// Whether the path still names the file that is open.
    pub(super) fn is_current(&self) -> bool {
        (self.inode.is_none() || self.inode == inode(&self.path)) && !damage_mark(&self.path).exists()
    }

    /// Reads. `what` names the request in an error.
    pub(super) fn read<T>(
        &self,
        what: &'static str,
        f: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        f(&self.conn).map_err(|error| self.explain(error, what))
    }

    /// Writes, all or nothing. `what` names the request in an error.
    pub(super) fn write<T>(
        &mut self,
        what: &'static str,
        f: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.write_checked(what, |tx| f(tx).map(Ok))
    }

    /// Writes, all or nothing; `f` may also refuse, which writes nothing.
    pub(super) fn write_checked<T>(
        &mut self,
        what: &'static str,
        f: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<Result<T, String>>,
    ) -> Result<T, StoreError> {
        if !self.writable {
            return Err(StoreError::ReadOnly { path: self.path.clone() });
        }
        let done = self.conn.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|tx| match f(&tx)? {
            Ok(value) => tx.commit().map(|()| Ok(value)),
            Err(why) => Ok(Err(why)),
        });
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(why)) => Err(StoreError::Refused(why)),
            Err(error) => Err(self.explain(error, what)),
        }
    }

    pub(super) fn explain(&self, error: rusqlite::Error, what: &'static str) -> StoreError {
        if is_damage(&error) {
            // The next one to open the file looks at it closely; without the mark it would not, for the sake of speed.
            let _ = OpenOptions::new().write(true).create(true).truncate(false).open(damage_mark(&self.path));
        }
        StoreError::from_sql(error, what, &self.path, self.which == Which::Own)
    }
}

/// Stands beside a file in which damage was found.
pub(super) fn damage_mark(path: &Path) -> PathBuf {
    with_suffix(path, ".damaged")
}

/// The path with something after the file's name: `cache.db` → `cache.db-wal`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn uri(path: &Path) -> String {
    format!("{}?immutable=1", uri_path(path))
}

fn uri_path(path: &Path) -> String {
    let mut text = String::from("file:");
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => text.push(byte as char),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

#[cfg(unix)]
fn narrow(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if let Ok(meta) = std::fs::metadata(path)
        && meta.permissions().mode() & 0o077 != 0
    {
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
    }
}

#[cfg(unix)]
fn inode(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|meta| meta.ino())
}

#[cfg(not(unix))]
fn inode(_path: &Path) -> Option<u64> {
    None
}
