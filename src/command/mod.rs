//! The vocabulary: every command's name, arguments, one-line doc and scope, once.
//!
//! Decides what can be said and how its text form is read and printed. Does nothing itself: `app` and `ops` do.
//! Keys, help, palette, the `:` line and scripts all read this table; a name, once shipped, stays.

mod parse;
mod table;

pub use parse::{ParseError, split_words};
pub use table::{Id, TABLE};

use crate::book::view::Sort;

/// Where a command, or a key, applies. The innermost open thing comes first when a key is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    Global,
    List,
    Account,
    Explain,
    Round,
    Actions,
    Changes,
    Loyalty,
    Sync,
    Note,
    Filter,
    Palette,
    Help,
}

impl Scope {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 13] = [
        Self::List,
        Self::Account,
        Self::Explain,
        Self::Round,
        Self::Actions,
        Self::Changes,
        Self::Loyalty,
        Self::Sync,
        Self::Note,
        Self::Filter,
        Self::Palette,
        Self::Help,
        Self::Global,
    ];

    /// The word in `keys.toml` and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::Account => "account",
            Self::Explain => "explain",
            Self::Round => "round",
            Self::Actions => "actions",
            Self::Changes => "changes",
            Self::Loyalty => "loyalty",
            Self::Sync => "sync",
            Self::Note => "note",
            Self::Filter => "filter",
            Self::Palette => "palette",
            Self::Help => "help",
        }
    }

    /// The scope of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether a plain letter is text there, and no key.
    pub fn takes_text(self) -> bool {
        matches!(self, Self::Note | Self::Filter | Self::Palette)
    }
}

/// Whether a command only changes what is on screen, or reads and writes the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ui,
    Data,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg {
    /// A whole number.
    Number(&'static str),
    /// One of these words.
    Word(&'static str, &'static [&'static str]),
    /// A word, or words in quotes.
    Text(&'static str),
    /// Everything to the end of the line, as it stands.
    Rest(&'static str),
}

impl Arg {
    /// The name in the docs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number(name) | Self::Word(name, _) | Self::Text(name) | Self::Rest(name) => name,
        }
    }
}

/// A row of the registry.
#[derive(Debug, PartialEq)]
pub struct Spec {
    pub id: Id,
    /// `noun.verb`.
    pub name: &'static str,
    /// One or two words for the bottom line.
    pub short: &'static str,
    /// One line for help and palette.
    pub doc: &'static str,
    /// All arguments; each may be left out from the right.
    pub args: &'static [Arg],
    /// Where it has a meaning; `Global`: everywhere.
    pub scopes: &'static [Scope],
    pub kind: Kind,
}

/// A value given for an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Number(i64),
    Text(String),
}

/// A command with its arguments: what a key runs and a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub id: Id,
    pub args: Vec<Value>,
}

impl Command {
    /// The command without arguments.
    pub fn new(id: Id) -> Self {
        Self { id, args: Vec::new() }
    }

    /// The same with one more text argument.
    pub fn with(mut self, text: impl Into<String>) -> Self {
        self.args.push(Value::Text(text.into()));
        self
    }

    /// Reads the text form: `note.add "Renewal call went well"`.
    pub fn parse(line: &str) -> Result<Self, ParseError> {
        parse::parse(line)
    }

    /// Its row of the registry.
    pub fn spec(&self) -> &'static Spec {
        self.id.spec()
    }

    /// The argument at `index` as a number; `or` where it is not given.
    pub fn number(&self, index: usize, or: i64) -> i64 {
        match self.args.get(index) {
            Some(Value::Number(n)) => *n,
            _ => or,
        }
    }

    /// The argument at `index` as text.
    pub fn text(&self, index: usize) -> Option<&str> {
        match self.args.get(index) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The argument at `index` as a sort.
    pub fn sort(&self, index: usize) -> Option<Sort> {
        self.text(index).and_then(Sort::parse)
    }
}

impl std::fmt::Display for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        parse::print(self, f)
    }
}

impl Id {
    /// Its row.
    pub fn spec(self) -> &'static Spec {
        // The table is in the order of the enum (a test holds it to that).
        &TABLE[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The command of that name, or of a name it once had.
    pub fn parse(name: &str) -> Option<Self> {
        TABLE.iter().find(|spec| spec.name == name).map(|spec| spec.id)
    }
}

/// What can be done about a play.
#[derive(Clone, Debug, PartialEq)]
pub enum ActVerb {
    /// It is being done: it stays on the list, at the top.
    Do,
    /// Somebody else takes it.
    Assign(String),
    /// Not before that day.
    Snooze { until: jiff::civil::Date, because: String },
    /// Not wanted; why.
    Dismiss(String),
    /// Done; how it ended.
    Done(String),
}

impl ActVerb {
    /// The state that a play is in after it.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Do => "doing",
            Self::Assign(_) => "assigned",
            Self::Snooze { .. } => "snoozed",
            Self::Dismiss(_) => "dismissed",
            Self::Done(_) => "done",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_id_and_has_its_words() {
        for (index, spec) in TABLE.iter().enumerate() {
            assert_eq!(spec.id as usize, index, "{}", spec.name);
            let (noun, verb) = spec.name.split_once('.').unwrap_or(("", ""));
            assert!(!noun.is_empty(), "{}", spec.name);
            assert!(verb.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", spec.name);
            assert!(!spec.doc.is_empty() && spec.doc.len() < 90, "{}: one line", spec.name);
            assert!(!spec.doc.ends_with(['.', '!']), "{}", spec.name);
            assert!(!spec.short.is_empty() && spec.short.len() <= 12, "{}", spec.name);
            assert!(!spec.scopes.is_empty(), "{}", spec.name);
            assert_eq!(TABLE.iter().filter(|other| other.name == spec.name).count(), 1, "{}", spec.name);
        }
    }
}
