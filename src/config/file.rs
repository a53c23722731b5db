//! One file of settings: read, and its mistakes named by file and line.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::de::DeserializeOwned;

/// A mistake in a file of the user's.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The file's name, e.g. `config.toml`.
    pub file: String,
    /// Its line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// The line (from 1) in which a byte of the text stands.
pub fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|&&b| b == b'\n').count() + 1
}

/// The line (from 1) on which a dotted key stands; where it does not, that of the last part of the way that does.
/// 0: none does, or the text is no TOML.
pub fn line_of_key(text: &str, key: &str) -> usize {
    let Ok(table) = toml::de::DeTable::parse(text) else { return 0 };
    let mut table = Some(table.get_ref());
    let mut line = 0;
    for part in key.split('.') {
        let found = table.and_then(|table| table.iter().find(|(name, _)| name.get_ref() == part));
        let Some((name, value)) = found else { break };
        line = line_of(text, name.span().start);
        table = value.get_ref().as_table();
    }
    line
}

/// The text of a file in the config folder; `None` where there is none.
pub fn read(folder: &Path, name: &str) -> Result<Option<String>, Problem> {
    match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem {
            file: name.to_owned(),
            line: 0,
            message: format!("cannot be read ({error}); the defaults are in force"),
        }),
    }
}

/// A file's contents as settings; an empty default where there is no file.
pub fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| Problem {
        file: name.to_owned(),
        line: error.span().map_or(0, |span| line_of(text, span.start)),
        message: error.message().replace('\n', " "),
    })
}
