//! Answers that come from this machine: a file, or what a program prints.
//!
//! Decides how they are read. What is in them is judged and mapped like any other answer.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use url::Url;

use super::answer::{NoAnswer, Raw};
use super::program::{self, NotRun};
use crate::text::clean_line;

/// How long a program may take: some ask a data warehouse.
const LIMIT: Duration = Duration::from_secs(600);

/// Where an answer stands on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    File(PathBuf),
    /// The program and its arguments; no shell sees them.
    Program(Vec<String>),
}

impl Local {
    /// A file by its name. It must be a whole one: Rounds also runs where nobody chose the folder.
    pub fn file(name: &str) -> Result<Self, String> {
        let name = name.trim();
        let path = match name.strip_prefix("~/") {
            Some(rest) => directories::BaseDirs::new()
                .map(|dirs| dirs.home_dir().join(rest))
                .ok_or("the home folder is not known: write the file's whole name")?,
            None => PathBuf::from(name),
        };
        if path.is_absolute() {
            Ok(Self::File(path))
        } else {
            Err(format!("{name:?} is no whole file name: begin it with / or ~/"))
        }
    }

    /// Reads it whole, within the bound.
    pub async fn read(&self, url: Url, most: usize) -> Result<Raw, NoAnswer> {
        let (local, begun) = (self.clone(), Instant::now());
        let read = tokio::task::spawn_blocking(move || local.read_now(most)).await;
        let body = read.map_err(|error| NoAnswer::Ours(error.to_string()))??;
        Ok(Raw { status: 200, headers: reqwest::header::HeaderMap::new(), url, body, took: begun.elapsed() })
    }

    fn read_now(&self, most: usize) -> Result<Vec<u8>, NoAnswer> {
        match self {
            Self::File(path) => {
                let cannot = |error: std::io::Error| {
                    let why = match error.kind() {
                        std::io::ErrorKind::NotFound => "is not there".to_owned(),
                        std::io::ErrorKind::PermissionDenied => "may not be read by you".to_owned(),
                        _ => format!("can't be read: {error}"),
                    };
                    NoAnswer::Ours(format!("{} {why}", path.display()))
                };
                // A folder or a pipe would be read for ever, or not at all.
                let about = std::fs::metadata(path).map_err(cannot)?;
                if !about.is_file() {
                    return Err(NoAnswer::Ours(format!("{} is no file", path.display())));
                }
                if about.len() > most as u64 {
                    return Err(NoAnswer::TooLarge(most));
                }
                std::fs::read(path).map_err(cannot)
            }
            Self::Program(words) => {
                let name = clean_line(words.first().map_or("", String::as_str));
                let ran = program::run(words, LIMIT, most).map_err(|why| {
                    NoAnswer::Ours(match why {
                        NotRun::Missing => format!("{name} is not installed, or not on the PATH"),
                        NotRun::Other(why) => format!("{name} {why}"),
                    })
                })?;
                if ran.ended_well {
                    return Ok(ran.out);
                }
                let said = ran.err.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
                let said: String = clean_line(said).chars().take(300).collect();
                Err(NoAnswer::Ours(if said.is_empty() {
                    format!("{name} failed")
                } else {
                    format!("{name} says: {said}")
                }))
            }
        }
    }
}
