//! `config.toml` and `local.toml`, checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::book::ids::SourceName;
use crate::book::money::Currency;
use crate::config::file::{self, Problem};
use crate::config::paths::Folders;
use crate::connect::SourceConfig;

/// The kinds of personal fact that may be shared.
const PERSONAL: [&str; 3] = ["feels", "wants", "values"];

/// Whose accounts are in the book.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Book {
    /// Those that I own.
    #[default]
    Owner,
    /// Everybody's.
    Team,
}

/// Everything the user has set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the files are.
    pub folders: Folders,
    /// The CRM owner whose book opens, by e-mail; unset: the user the token belongs to.
    pub me: Option<String>,
    /// Whose accounts.
    pub book: Book,
    /// The book's currency.
    pub currency: Currency,
    /// Units of the book's currency for one unit of another.
    pub rates: BTreeMap<Currency, Decimal>,
    /// The book's time zone; unset: this machine's.
    pub zone: Option<TimeZone>,
    /// Kinds of personal facts that colleagues may read: `feels`, `wants`, `values`. None by default.
    pub share: Vec<String>,
    /// Whose notes are read as facts besides those of the owners of the book, by e-mail.
    pub authors: Vec<String>,
    /// How often a running Rounds syncs.
    pub sync_every: Duration,
    /// How long an unclear write may still show up before it is looked for.
    pub settle: Duration,
    /// The theme's name.
    pub theme: Option<String>,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// It is the practice book: said in the top line.
    pub practice: bool,
    /// The outside systems, by name.
    pub sources: Vec<SourceConfig>,
    /// Nothing may be written, here or there.
    pub read_only: bool,
    /// The model in force, as text, with the file it came from.
    pub health: String,
    /// The plays in force, as text.
    pub plays: String,
}

/// A file as it is written. Every key is optional; an unknown one is an error.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    me: Option<String>,
    book: Option<String>,
    currency: Option<Currency>,
    #[serde(default)]
    rates: BTreeMap<String, toml::Value>,
    zone: Option<String>,
    share: Option<Vec<String>>,
    authors: Option<Vec<String>>,
    sync_every: Option<String>,
    settle: Option<String>,
    theme: Option<String>,
    ascii: Option<bool>,
    practice: Option<bool>,
    #[serde(default)]
    source: BTreeMap<String, toml::Table>,
}

impl Settings {
    /// The settings of a folder. Mistakes are listed; what they concern keeps its default, and the rest is in force.
    pub fn load(folders: Folders) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut settings = Self::defaults(folders);
        for name in ["config.toml", "local.toml"] {
            match file::read(&settings.folders.config, name) {
                Ok(Some(text)) => settings.take(name, &text, &mut problems),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        for (name, default, slot) in
            [("health.toml", super::HEALTH, &mut settings.health), ("plays.toml", super::PLAYS, &mut settings.plays)]
        {
            *slot = match file::read(&settings.folders.config, name) {
                Ok(text) => text.unwrap_or_else(|| default.to_owned()),
                Err(problem) => {
                    problems.push(problem);
                    default.to_owned()
                }
            };
        }
        (settings, problems)
    }

    /// The mistakes in a text that is to become a file of that name.
    pub fn mistakes(&self, name: &str, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        Self::defaults(self.folders.clone()).take(name, text, &mut problems);
        problems
    }

    /// The defaults, in these folders.
    pub fn defaults(folders: Folders) -> Self {
        Self {
            folders,
            me: None,
            book: Book::Owner,
            currency: Currency::USD,
            rates: BTreeMap::new(),
            zone: None,
            share: Vec::new(),
            authors: Vec::new(),
            sync_every: Duration::from_secs(15 * 60),
            settle: Duration::from_secs(60),
            theme: None,
            ascii: false,
            practice: false,
            sources: Vec::new(),
            read_only: false,
            health: super::HEALTH.to_owned(),
            plays: super::PLAYS.to_owned(),
        }
    }

    /// The book's time zone.
    pub fn zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or_else(TimeZone::system)
    }

    /// Where the encrypted file of tokens is.
    pub fn token_file(&self) -> PathBuf {
        self.folders.data.join("tokens.enc")
    }

    /// The source of that name.
    pub fn source(&self, name: &str) -> Option<&SourceConfig> {
        self.sources.iter().find(|source| source.name.as_str() == name)
    }

    /// Takes one file's text over what is there.
    fn take(&mut self, name: &str, text: &str, problems: &mut Vec<Problem>) {
        let written: Written = match file::parse(name, text) {
            Ok(written) => written,
            Err(problem) => return problems.push(problem),
        };
        let mut wrong = |key: &str, message: String| {
            problems.push(Problem { file: name.to_owned(), line: file::line_of_key(text, key), message });
        };
        if let Some(me) = written.me {
            self.me = Some(me.trim().to_lowercase());
        }
        match written.book.as_deref() {
            None => {}
            Some("owner") => self.book = Book::Owner,
            Some("team") => self.book = Book::Team,
            Some(other) => wrong("book", format!("book = {other:?} is not known: owner or team")),
        }
        if let Some(currency) = written.currency {
            self.currency = currency;
        }
        for (code, value) in &written.rates {
            match (Currency::parse(code), decimal(value)) {
                (Some(currency), Some(rate)) if rate > Decimal::ZERO => {
                    self.rates.insert(currency, rate);
                }
                (None, _) => {
                    wrong(&format!("rates.{code}"), format!("rates.{code}: not a currency: three letters, as in EUR"))
                }
                _ => wrong(&format!("rates.{code}"), format!("rates.{code}: not a rate above 0, as in EUR = 1.08")),
            }
        }
        if let Some(zone) = written.zone {
            match TimeZone::get(&zone) {
                Ok(found) => self.zone = Some(found),
                Err(_) => wrong("zone", format!("zone = {zone:?} is not known: a name such as Europe/Berlin or UTC")),
            }
        }
        if let Some(share) = written.share {
            for kind in share.iter().filter(|kind| !PERSONAL.contains(&kind.as_str())) {
                wrong("share", format!("share: {kind:?} is no kind of personal fact: feels, wants or values"));
            }
            self.share = share.into_iter().filter(|kind| PERSONAL.contains(&kind.as_str())).collect();
        }
        if let Some(authors) = written.authors {
            for author in authors.iter().filter(|author| !author.contains('@')) {
                wrong("authors", format!("authors: {author:?} is not an e-mail address"));
            }
            self.authors =
                authors.iter().filter(|author| author.contains('@')).map(|one| one.trim().to_lowercase()).collect();
        }
        let parse = |text: &str, least: Duration| {
            let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|d| Duration::try_from(d).ok());
            parsed.filter(|duration| *duration >= least)
        };
        if let Some(every) = written.sync_every {
            match parse(&every, Duration::from_secs(60)) {
                Some(every) => self.sync_every = every,
                None => wrong("sync_every", format!("sync_every = {every:?}: a time of at least a minute, as in 15m")),
            }
        }
        if let Some(settle) = written.settle {
            match parse(&settle, Duration::from_millis(1)) {
                Some(settle) => self.settle = settle,
                None => wrong("settle", format!("settle = {settle:?}: a time, as in 60s")),
            }
        }
        self.theme = written.theme.or(self.theme.take());
        self.ascii = written.ascii.unwrap_or(self.ascii);
        self.practice = written.practice.unwrap_or(self.practice);
        for (source, table) in written.source {
            match source_config(&source, table) {
                Ok(found) => {
                    self.sources.retain(|known| known.name != found.name);
                    self.sources.push(found);
                }
                Err(message) => problems.push(Problem {
                    file: name.to_owned(),
                    line: line_of_source(text, &source, &message),
                    message: format!("source.{source}: {message}"),
                }),
            }
        }
    }
}

/// A number or a numeric text, exactly.
fn decimal(value: &toml::Value) -> Option<Decimal> {
    match value {
        toml::Value::Integer(n) => Some(Decimal::from(*n)),
        toml::Value::Float(n) => n.to_string().parse().ok(),
        toml::Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The line of a mistake in `[source.NAME]`: read once more as a part of the whole file, where places are known.
fn line_of_source(text: &str, source: &str, message: &str) -> usize {
    #[derive(Deserialize)]
    struct Sources {
        #[serde(rename = "source")]
        _source: BTreeMap<String, SourceConfig>,
    }
    let again = toml::from_str::<Sources>(text).err().filter(|error| error.message() == message);
    match again.and_then(|error| error.span()) {
        Some(span) => file::line_of(text, span.start),
        None => file::line_of_key(text, &format!("source.{source}")),
    }
}

/// One `[source.NAME]`.
fn source_config(name: &str, table: toml::Table) -> Result<SourceConfig, String> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return Err("a source's name is letters, digits, - and _".to_owned());
    }
    let mut config: SourceConfig = table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
    config.name = SourceName::from(name);
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> (Settings, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        let folders = Folders { config: folder.path().to_owned(), data: folder.path().to_owned() };
        let (settings, problems) = Settings::load(folders);
        (settings, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_whole_file_is_read() {
        let (settings, problems) = load(
            "me = \"Maya.Chen@example.com\"\nbook = \"team\"\ncurrency = \"EUR\"\nzone = \"Europe/Berlin\"\nsync_every = \"5m\"\n\
             rates = { USD = 0.92, GBP = \"1.17\" }\n[source.crm]\nconnector = \"hubspot\"\n[source.crm.map.account]\narr = \"properties.arr\"\n",
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(settings.me.as_deref(), Some("maya.chen@example.com"));
        assert_eq!((settings.book.clone(), settings.currency.code()), (Book::Team, "EUR"));
        assert_eq!(settings.rates[&Currency::USD].to_string(), "0.92");
        assert_eq!(settings.sync_every.as_secs(), 300);
        assert_eq!(settings.source("crm").map(|s| s.connector.as_str()), Some("hubspot"));
    }

    #[test]
    fn mistakes_are_named_by_file_and_line_and_the_rest_works() {
        let (settings, problems) = load("currency = \"EUR\"\nbook = \"mine\"\nzone = \"Mars\"\nrates = { EURO = 1 }\n");
        assert_eq!(settings.currency.code(), "EUR");
        assert_eq!(
            problems,
            [
                "config.toml:2: book = \"mine\" is not known: owner or team",
                "config.toml:4: rates.EURO: not a currency: three letters, as in EUR",
                "config.toml:3: zone = \"Mars\" is not known: a name such as Europe/Berlin or UTC",
            ]
        );
        let (_, problems) = load("me = \"a@b.example\"\nbok = \"team\"\n");
        assert!(problems[0].starts_with("config.toml:2: unknown field `bok`"), "{problems:?}");
        let (_, problems) = load("\n[source.crm]\nconnector = \"hubspot\"\nconector = 1\n");
        assert!(problems[0].starts_with("config.toml:4: source.crm: unknown field `conector`"), "{problems:?}");
    }
}
