//! Opening the two files, and what happens when one of them can't be opened as it is.
//!
//! A damaged cache is moved aside and made anew; a damaged `own.db` is kept and what is readable is rescued; a newer
//! file is refused untouched; where nothing can be written, what is there is read. Every such turn is said in a notice.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::db::{Db, Which, damage_mark, with_suffix};
use super::error::{StoreError, code};
use super::{Access, migrate, rescue};

/// Up to this size `own.db` is checked page by page at every start: it takes a millisecond or two.
const CHECKED_ALWAYS: u64 = 1 << 20;

/// Makes the folder, readable by its owner only, where there is none.
pub(super) fn folder(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        Err(error) if !dir.is_dir() => Err(StoreError::Folder { path: dir.to_owned(), error }),
        _ => Ok(()),
    }
}

/// Refuses files of a newer format by their first bytes alone: SQLite itself would leave a -wal and a -shm beside them.
pub(super) fn refuse_newer(dir: &Path) -> Result<(), StoreError> {
    for which in [Which::Own, Which::Cache] {
        let path = dir.join(which.file());
        let mut head = [0; 64];
        let read = File::open(&path).and_then(|mut file| file.read_exact(&mut head));
        if read.is_ok() && head.starts_with(b"SQLite format 3\0") {
            let found = i64::from(i32::from_be_bytes([head[60], head[61], head[62], head[63]]));
            let known = migrate::steps(which).len() as i64;
            if found > known {
                return Err(StoreError::Newer { path, found, known });
            }
        }
    }
    Ok(())
}

/// Opens one of the files.
pub(super) fn file(dir: &Path, which: Which, access: Access, notices: &mut Vec<String>) -> Result<Db, StoreError> {
    let path = dir.join(which.file());
    if access == Access::ReadOnly {
        return reading(&path, which, notices);
    }
    match writing(&path, which) {
        Ok(db) => Ok(db),
        Err(Trouble::Damaged) => mend(dir, &path, which, notices),
        Err(Trouble::NotWritable(full)) => {
            let db = reading(&path, which, notices)?;
            let notice = if full {
                format!(
                    "The disk that holds {} is full: Rounds shows what it has, and saves nothing until there is space.",
                    dir.display()
                )
            } else {
                format!(
                    "{} can't be written: Rounds shows what it has; nothing is synced, and notes can't be saved.",
                    dir.display()
                )
            };
            if !notices.contains(&notice) {
                notices.push(notice);
            }
            Ok(db)
        }
        Err(Trouble::Other(error)) => Err(error),
    }
}

enum Trouble {
    Damaged,
    /// And whether for want of space.
    NotWritable(bool),
    Other(StoreError),
}

impl Trouble {
    fn of(error: rusqlite::Error, path: &Path, which: Which) -> Self {
        match code(&error) {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) if has_content(path) => Self::NotWritable(true),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::NotWritable(false),
            _ => Self::Other(StoreError::from_sql(error, "opening", path, which == Which::Own)),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt { .. } => Self::Damaged,
            StoreError::ReadOnly { .. } => Self::NotWritable(false),
            StoreError::Full { ref path } if has_content(path) => Self::NotWritable(true),
            other => Self::Other(other),
        }
    }
}

fn has_content(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.len() > 0)
}

fn writing(path: &Path, which: Which) -> Result<Db, Trouble> {
    // A newer file is not even switched to WAL: look at it with a connection that can't write.
    if has_content(path)
        && let Ok(db) = Db::read_only(path, which)
        && let Err(error @ StoreError::Newer { .. }) = migrate::check(&db, which)
    {
        return Err(Trouble::Other(error));
    }
    let mut db = Db::create(path, which).map_err(|error| Trouble::of(error, path, which))?;
    migrate::migrate(&mut db, which)?;
    let mark = damage_mark(path);
    let marked = mark.exists();
    if marked || (which == Which::Own && std::fs::metadata(path).is_ok_and(|meta| meta.len() <= CHECKED_ALWAYS)) {
        if !whole(db.conn()) {
            return Err(Trouble::Damaged);
        }
        if marked {
            let _ = std::fs::remove_file(&mark);
        }
    }
    db.read("reading the tables", first_pages)?;
    Ok(db)
}

/// Reads the first row of every table: a file cut short or overwritten fails here and not in the middle of the morning.
fn first_pages(conn: &Connection) -> rusqlite::Result<()> {
    let mut tables =
        conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let names = tables.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    for name in names {
        conn.prepare(&format!("SELECT * FROM \"{name}\" LIMIT 1"))?.exists([])?;
    }
    Ok(())
}

/// Whether every page of the file is as it should be. Reads all of it.
pub(super) fn whole(conn: &Connection) -> bool {
    conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)).is_ok_and(|answer| answer == "ok")
}

fn reading(path: &Path, which: Which, notices: &mut Vec<String>) -> Result<Db, StoreError> {
    let own = which == Which::Own;
    if has_content(path) {
        match Db::read_only(path, which).and_then(|db| first_pages(db.conn()).map(|()| db)) {
            Ok(db) => match migrate::check(&db, which)? {
                0 => {}
                found if found < migrate::steps(which).len() as i64 => {
                    return Err(StoreError::Refused(format!(
                        "{} was written by an older Rounds and can't be brought up to date while it can't be written: make its folder writable once",
                        path.display()
                    )));
                }
                _ => return Ok(db),
            },
            Err(error) if !own && super::error::is_damage(&error) => notices.push(format!(
                "{} is damaged, and can't be moved aside because its folder can't be written.",
                path.display()
            )),
            Err(error) => return Err(StoreError::from_sql(error, "opening", path, own)),
        }
    }
    let fail = |error| StoreError::from_sql(error, "opening", path, own);
    let mut db = Db::stand_in(path, which).map_err(fail)?;
    migrate::run(db.conn_mut(), which).map_err(fail)?;
    Ok(db)
}

/// Mends a damaged file. One process at a time; who comes second finds it mended.
fn mend(dir: &Path, path: &Path, which: Which, notices: &mut Vec<String>) -> Result<Db, StoreError> {
    let folder_error = |error| StoreError::Folder { path: dir.to_owned(), error };
    let lock = File::create(dir.join("mend.lock")).map_err(folder_error)?;
    migrate::private(&dir.join("mend.lock"));
    lock.lock().map_err(folder_error)?;
    match writing(path, which) {
        Ok(db) => return Ok(db),
        Err(Trouble::Damaged) => {}
        Err(Trouble::NotWritable(_)) => return Err(StoreError::ReadOnly { path: path.to_owned() }),
        Err(Trouble::Other(error)) => return Err(error),
    }
    match which {
        Which::Cache => {
            let aside = set_aside(path).map_err(folder_error)?;
            notices.push(format!(
                "The cache was unreadable. It was moved aside to {} and is pulled again; notes, drafts and what waits to be sent are not in it.",
                name_of(&aside)
            ));
        }
        Which::Own => {
            let report = rescue::rescue(path)?;
            notices.push(report);
        }
    }
    let _ = std::fs::remove_file(damage_mark(path));
    writing(path, which).map_err(|trouble| match trouble {
        Trouble::Other(error) => error,
        Trouble::Damaged => StoreError::Corrupt { path: path.to_owned(), own: which == Which::Own },
        Trouble::NotWritable(_) => StoreError::ReadOnly { path: path.to_owned() },
    })
}

/// Renames a file, with its -wal and -shm, to `….broken-<date>`.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = broken_name(path);
    std::fs::rename(path, &aside)?;
    for side in ["-wal", "-shm"] {
        let from = with_suffix(path, side);
        if from.exists() {
            std::fs::rename(from, with_suffix(&aside, side))?;
        }
    }
    Ok(aside)
}

/// A free name beside the file, with the day on which it was last written.
pub(super) fn broken_name(path: &Path) -> PathBuf {
    let day = std::fs::metadata(path)
        .and_then(|meta| meta.modified())
        .ok()
        .and_then(|time| jiff::Timestamp::try_from(time).ok())
        .map_or_else(|| "undated".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
    let first = with_suffix(path, &format!(".broken-{day}"));
    let later = (2..1000).map(|n| with_suffix(&first, &format!("-{n}")));
    std::iter::once(first.clone()).chain(later).find(|name| !name.exists()).unwrap_or(first)
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
