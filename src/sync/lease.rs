//! One Rounds at a time syncs and pushes: a lock on a file in the data folder, which the system lets go of when its
//! holder ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The right to sync and push. Dropping it, or dying, gives it back.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

/// Why the lease could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another process has it.
    #[error("another Rounds (process {holder}) is syncing this book; its data shows up here as it arrives")]
    Held { holder: String },
    /// The file could not be made or locked.
    #[error("cannot write {path} ({error}): nothing is synced or sent until the data folder can be written")]
    Io { path: String, error: std::io::Error },
}

impl Lease {
    /// Takes the lease of a data folder, without waiting.
    pub fn take(data: &Path) -> Result<Self, LeaseError> {
        let path = data.join("sync.lock");
        let fail = |error| LeaseError::Io { path: path.display().to_string(), error };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = (&mut file).take(20).read_to_string(&mut holder);
                return Err(LeaseError::Held { holder: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        // Who holds it is only for people to read; the lock itself is what counts.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lease::take(folder.path()).unwrap();
        let refused = Lease::take(folder.path()).unwrap_err();
        assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");
        drop(first);
        Lease::take(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let error = Lease::take(Path::new("/nonexistent/rounds")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/rounds"), "{error}");
    }
}
