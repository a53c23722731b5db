//! The log: one file in the data folder, never the screen. It holds no token and no text of a note.

use std::fs::{File, OpenOptions};

use rounds::cli::Global;
use tracing_subscriber::filter::LevelFilter;

/// Logs beyond this are moved aside, once.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// Starts logging where the data folder can and may be written; without it there is no log, and nothing is said.
pub fn start(global: &Global) {
    if global.read_only {
        return;
    }
    let level: LevelFilter = global.log_level.parse().unwrap_or(LevelFilter::INFO);
    let Some(file) = open(global) else { return };
    let log = tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(file).with_target(false);
    let _ = tracing::subscriber::set_global_default(log.finish());
}

fn open(global: &Global) -> Option<File> {
    let folders = rounds::config::folders(global.config.as_deref(), global.data.as_deref(), global.profile.as_deref())?;
    let path = folders.data.join("rounds.log");
    if path.metadata().is_ok_and(|meta| meta.len() > MOST_BYTES) {
        let _ = std::fs::rename(&path, folders.data.join("rounds.log.1"));
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // The folder itself is made by the store, with its own rights: on the very first start there is no log yet.
    options.open(path).ok()
}
