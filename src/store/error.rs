//! What can go wrong with the two files, in words that a CSM can act on: what failed, where, what to do now.
//!
//! Decides only the wording and the kind; what to do about a broken file is decided in `open` and `rescue`.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a newer Rounds.
    #[error("{} was written by a newer Rounds (format {found}, this one knows up to {known}): install the newer one; nothing was touched", .path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// Nothing can be written there.
    #[error("{} can't be written (the disk or folder is read-only): nothing was changed; make the folder writable or choose another one with --data", .path.display())]
    ReadOnly { path: PathBuf },
    /// The disk is full.
    #[error("the disk that holds {} is full: this was not saved, all that was saved before is safe; free some space and do it again", .path.display())]
    Full { path: PathBuf },
    /// Another process holds the file for longer than we wait.
    #[error("{} is in use by another program that does not let go of it: close other Rounds on this book and do it again", .path.display())]
    Busy { path: PathBuf },
    /// The file is damaged.
    #[error("{} is damaged: start Rounds again, then it is {}", .path.display(), if *.own { "kept aside, and what is readable is rescued" } else { "moved aside and pulled again" })]
    Corrupt { path: PathBuf, own: bool },
    /// The system failed to read or write the file.
    #[error("{what} failed because the disk that holds {} is full, failing, or limits the size of files ({error}): this was not done, all that was saved before is safe; look at the disk and do it again", .path.display())]
    Disk { what: &'static str, path: PathBuf, error: rusqlite::Error },
    /// The folder could not be made or read.
    #[error("can't use the data folder {}: {error}; choose another one with --data", .path.display())]
    Folder { path: PathBuf, error: std::io::Error },
    /// The request makes no sense for what is stored (an unknown note, say).
    #[error("{0}")]
    Refused(String),
    /// Anything else.
    #[error("{what} failed in {}: {error}", .path.display())]
    Other { what: &'static str, path: PathBuf, error: rusqlite::Error },
}

impl StoreError {
    /// Whether the file itself is damaged: opening the store again mends it.
    pub fn is_corrupt(&self) -> bool {
        matches!(self, Self::Corrupt { .. })
    }

    pub(super) fn from_sql(error: rusqlite::Error, what: &'static str, path: &Path, own: bool) -> Self {
        let path = path.to_owned();
        match code(&error) {
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { path, own },
            Some(ErrorCode::SystemIoFailure) => Self::Disk { what, path, error },
            _ => Self::Other { what, path, error },
        }
    }
}

/// The SQLite code of an error, where it has one.
pub(super) fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.code),
        _ => None,
    }
}

/// Whether an error says that the file's content is damaged.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(code(error), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
