//! The plain types of the room's interface: what is asked of a source and what it delivers.
//!
//! Decides shapes only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Deserialize;

use super::manifest::TextKind;
use crate::book::ids::SourceName;
use crate::book::row::{Entity, Row, Value};

/// What `config.toml` says of a source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Its name there: `crm` in `[source.crm]`.
    #[serde(skip, default = "no_name")]
    pub name: SourceName,
    /// A built-in connector, or the name of a file in `connectors/`.
    pub connector: String,
    /// Replaces the connector's address.
    #[serde(default)]
    pub url: Option<String>,
    /// Answers to the connector's settings.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Single fields mapped otherwise: a path, a list of paths, or a table with `path`, `values`, `else`.
    #[serde(default)]
    pub map: BTreeMap<Entity, BTreeMap<String, toml::Value>>,
    /// Limits, merged into the connector's by key.
    #[serde(default)]
    pub limits: toml::Table,
    /// What is laid over the connector file itself, table by table: streams of one's own, other requests.
    #[serde(default)]
    pub with: toml::Table,
    /// Which records are wanted: a formula per entity (`= properties.lifecyclestage == 'customer'`).
    #[serde(default)]
    pub only: BTreeMap<Entity, String>,
    /// Entities that are not pulled.
    #[serde(default)]
    pub off: Vec<Entity>,
    /// A PEM file of certificates to trust beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How its records find their account, e.g. `external_id:posthog_group`. The sync reads it.
    #[serde(default, rename = "match")]
    pub match_: Option<String>,
    /// A command that prints the token.
    #[serde(default)]
    pub token_command: Option<String>,
    /// Which of the connector's ways to sign in; unset: the one last signed in with, else the first whose settings are given.
    #[serde(default)]
    pub sign_in: Option<String>,
}

fn no_name() -> SourceName {
    SourceName(String::new())
}

impl SourceConfig {
    /// A source that says nothing but its connector.
    pub fn new(name: impl Into<SourceName>, connector: &str) -> Self {
        Self {
            name: name.into(),
            connector: connector.to_owned(),
            url: None,
            settings: BTreeMap::new(),
            map: BTreeMap::new(),
            limits: toml::Table::new(),
            with: toml::Table::new(),
            only: BTreeMap::new(),
            off: Vec::new(),
            ca_file: None,
            match_: None,
            token_command: None,
            sign_in: None,
        }
    }
}

/// One stream of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// Its name, by which a [`Pull`] addresses it.
    pub name: String,
    /// What its rows are.
    pub entity: Entity,
    /// It has a pull of what changed; without one, `Pull::Changed` is a full pass.
    pub changes: bool,
    /// It has a pull of what is gone.
    pub deletes: bool,
    /// It is pulled by days ([`Pull::Days`]); the number is how many closed days are pulled again each time.
    pub days_again: Option<u32>,
    /// What is gone is found out by a list of all that is there ([`Pull::Deleted`] delivers that), so many seconds apart.
    pub sweep_every: Option<u64>,
}

/// What to pull. `resume` is [`PulledPage::resume`] of the last page that was kept, to go on where a pull was cut off.
#[derive(Clone, Debug, PartialEq)]
pub enum Pull {
    /// Everything.
    First { stream: String, resume: Option<String> },
    /// What changed since a saved watermark ([`PullEnd::watermark`]).
    Changed { stream: String, since: String, resume: Option<String> },
    /// What is gone; the rows have nothing but their id and `gone`. Where the stream sweeps, what is there instead.
    Deleted { stream: String, resume: Option<String> },
    /// Days of usage: `from` to `to`, `to` not included.
    Days { stream: String, from: Date, to: Date, resume: Option<String> },
}

/// Rows to keep, and where to go on after them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PulledPage {
    /// The rows, cleaned and typed.
    pub rows: Vec<Row>,
    /// Opaque: keep it in one transaction with the rows, and give it back to go on after them.
    pub resume: Option<String>,
    /// How many rows the pull will have in all, where the source says so.
    pub of: Option<u64>,
    /// Values that could not be read, counted: the field is absent in those rows.
    pub problems: Vec<String>,
}

/// How a pull ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PullEnd {
    /// Opaque: where the next [`Pull::Changed`] begins. Save it only after the last page was kept.
    pub watermark: Option<String>,
    /// Mapped fields that the source doesn't show to this token: `arr (properties.annual_value)`.
    pub absent: Vec<String>,
}

/// Who the token is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Me {
    /// What the connector keeps of the answer (`portal`, `zone`, `ui`, `user`, `email`...).
    pub kept: BTreeMap<String, String>,
}

impl Me {
    /// The mail address of the user the token belongs to, where the source says so.
    pub fn email(&self) -> Option<&str> {
        self.kept.get("email").map(String::as_str)
    }

    /// The id by which the source names its users ([`Entity::Owner`]'s field `user`), where it says so.
    pub fn user(&self) -> Option<&str> {
        self.kept.get("user").map(String::as_str)
    }

    /// The time zone of the account there.
    pub fn zone(&self) -> Option<&str> {
        self.kept.get("zone").map(String::as_str)
    }
}

/// What a source says of the records of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Described {
    /// The fields there, by their names there.
    pub fields: Vec<DescribedField>,
    /// Our fields and whether what they read is there.
    pub mapped: Vec<Mapped>,
}

/// A field as the source describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedField {
    /// The name there.
    pub name: String,
    /// What people see.
    pub label: Option<String>,
}

/// One of our fields and what it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Our name.
    pub field: String,
    /// The paths or formula.
    pub reads: String,
    /// Described names that it reads and that are not there: not visible to this token, or misspelt.
    pub absent: Vec<String>,
    /// Described names that look like the absent ones.
    pub like: Vec<String>,
}

/// What a source has done since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// HTTP requests, retries included.
    pub requests: u64,
    /// Bytes of answers, after decompression.
    pub bytes: u64,
    /// `61 of 190 requests left`, where the source says so.
    pub left: Option<String>,
    /// Requests left of the day's budget, and the budget, where the source says so.
    pub daily_left: Option<u64>,
    pub daily_of: Option<u64>,
}

/// One idempotent step of the outbox. Texts are plain: the engine escapes them as the connector says.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteStep {
    /// Makes a note, task or touch on an account. The mark becomes the last line of `body` unless it is in it already.
    Create {
        /// [`Entity::Note`], [`Entity::Task`] or [`Entity::Touch`].
        entity: Entity,
        /// `call`, `meeting` or `mail` for touches.
        kind: Option<String>,
        /// The account's id there.
        account: String,
        /// Ids of people there.
        people: Vec<String>,
        /// `body`, `subject`, `at`, `due`, `owner`, `done`...
        fields: BTreeMap<String, Value>,
        /// How it is found again: unique, and part of the text.
        mark: String,
    },
    /// Changes fields of what we made; a `body` must carry its mark already.
    Update { entity: Entity, kind: Option<String>, id: String, fields: BTreeMap<String, Value> },
    /// Removes what we made.
    Delete { entity: Entity, kind: Option<String>, id: String },
}

/// What became of a [`WriteStep`].
#[derive(Clone, Debug, PartialEq)]
pub enum SendOutcome {
    /// It is there.
    Done { id: Option<String> },
    /// Nothing was written, and trying again won't change that.
    Refused { because: String },
    /// It may have been written: look for the mark before any further try.
    Unclear { because: String },
    /// Nothing was written; safe to try again after so many seconds.
    Later { seconds: f64, because: String },
    /// Nothing was written: the token is refused.
    SignIn { because: String },
}

/// How long a text may be where it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextLimit {
    /// How it is sent: escaped, it becomes longer.
    pub(crate) kind: TextKind,
    /// In characters as they are sent; `None`: nobody says so.
    pub max: Option<usize>,
}

impl TextLimit {
    /// Whether a plain text is short enough once it is made ready to be sent.
    pub fn fits(&self, plain: &str) -> bool {
        self.max.is_none_or(|max| self.kind.send(plain).chars().count() <= max)
    }
}

/// Looks for a mark of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct FindMarked {
    /// What was written.
    pub entity: Entity,
    /// `call`, `meeting` or `mail` for touches.
    pub kind: Option<String>,
    /// The account's id there.
    pub account: String,
    /// The mark.
    pub mark: String,
}

/// A record that carries the mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id there.
    pub id: String,
    /// Its text, plain.
    pub text: String,
}
