//! A TOML file as a tree that remembers its lines, and a reader that turns every mistake into a message.
//!
//! Decides how a mistake is worded: file, line, key, what was found, what is allowed; a key nobody asked for is one.
//! It must not know what the keys mean.

use std::cell::RefCell;
use std::fmt;

/// One mistake in a connector file or in what `config.toml` says of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// The file's name as it was given.
    pub file: String,
    /// The line, from 1; 0 when it isn't known (an override from `config.toml`).
    pub line: usize,
    /// The key, dotted, e.g. `streams.account.first.next.stop`.
    pub key: String,
    /// What was found, and what is allowed.
    pub message: String,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, " {}", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ManifestError {}

/// A value and the line it stands on.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub line: usize,
    pub item: Item,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Item {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// Parses a file. A syntax error names its line.
    pub fn parse(text: &str, file: &str) -> Result<Self, ManifestError> {
        let line_of = |at: usize| 1 + text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count();
        let table = toml::de::DeTable::parse(text).map_err(|error| ManifestError {
            file: file.to_owned(),
            line: error.span().map_or(0, |span| line_of(span.start)),
            key: String::new(),
            message: error.message().to_owned(),
        })?;
        Ok(Self { line: 1, item: from_table(table.into_inner(), &line_of) })
    }

    /// What `config.toml` handed over: no lines.
    pub fn from_toml(value: &toml::Value) -> Self {
        let item = match value {
            toml::Value::String(text) => Item::Text(text.clone()),
            toml::Value::Integer(n) => Item::Int(*n),
            toml::Value::Float(n) => Item::Float(*n),
            toml::Value::Boolean(b) => Item::Bool(*b),
            toml::Value::Datetime(at) => Item::Text(at.to_string()),
            toml::Value::Array(list) => Item::List(list.iter().map(Self::from_toml).collect()),
            toml::Value::Table(table) => {
                Item::Table(table.iter().map(|(k, v)| (k.clone(), Self::from_toml(v))).collect())
            }
        };
        Self { line: 0, item }
    }

    /// Lays `over` on top of `self`: tables merge by key, anything else is replaced.
    pub fn merge(&mut self, over: &Self) {
        match (&mut self.item, &over.item) {
            (Item::Table(mine), Item::Table(theirs)) => {
                for (key, value) in theirs {
                    match mine.iter_mut().find(|(k, _)| k == key) {
                        Some((_, old)) => old.merge(value),
                        None => mine.push((key.clone(), value.clone())),
                    }
                }
            }
            _ => *self = over.clone(),
        }
    }

    /// The entry of a table.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.item {
            Item::Table(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The entry of a table, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.item {
            Item::Table(entries) => entries.iter_mut().find(|(k, _)| k == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// Everything it says, without the lines on which it stands.
    pub fn print(&self, out: &mut String) {
        match &self.item {
            Item::Text(text) => out.push_str(&format!("{text:?}")),
            Item::Int(n) => out.push_str(&n.to_string()),
            Item::Float(n) => out.push_str(&n.to_string()),
            Item::Bool(b) => out.push_str(&b.to_string()),
            Item::List(list) => {
                out.push('[');
                for node in list {
                    node.print(out);
                    out.push(',');
                }
                out.push(']');
            }
            Item::Table(entries) => {
                out.push('{');
                for (key, node) in entries {
                    out.push_str(key);
                    out.push('=');
                    node.print(out);
                    out.push(',');
                }
                out.push('}');
            }
        }
    }

    /// Sets or removes the entry of a table.
    pub fn set(&mut self, key: &str, value: Option<Self>) {
        if let Item::Table(entries) = &mut self.item {
            entries.retain(|(k, _)| k != key);
            if let Some(value) = value {
                entries.push((key.to_owned(), value));
            }
        }
    }
}

fn from_table(table: toml::de::DeTable<'_>, line_of: &dyn Fn(usize) -> usize) -> Item {
    let mut entries: Vec<(usize, String, Node)> = table
        .into_iter()
        .map(|(key, value)| {
            let at = key.span().start;
            let line = line_of(at);
            (at, key.into_inner().into_owned(), Node { line, item: from_value(value.into_inner(), line_of) })
        })
        .collect();
    entries.sort_by_key(|(at, ..)| *at);
    Item::Table(entries.into_iter().map(|(_, key, node)| (key, node)).collect())
}

fn from_value(value: toml::de::DeValue<'_>, line_of: &dyn Fn(usize) -> usize) -> Item {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => Item::Text(text.into_owned()),
        DeValue::Integer(n) => {
            let digits = n.as_str().replace('_', "");
            i64::from_str_radix(&digits, n.radix()).map_or(Item::Text(digits), Item::Int)
        }
        DeValue::Float(n) => {
            let digits = n.as_str().replace('_', "");
            digits.parse().map_or(Item::Text(digits), Item::Float)
        }
        DeValue::Boolean(b) => Item::Bool(b),
        DeValue::Datetime(at) => Item::Text(at.to_string()),
        DeValue::Array(list) => Item::List(
            list.into_iter()
                .map(|value| Node { line: line_of(value.span().start), item: from_value(value.into_inner(), line_of) })
                .collect(),
        ),
        DeValue::Table(table) => from_table(table, line_of),
    }
}

/// Collects the mistakes of one file.
pub(crate) struct Errors {
    file: String,
    /// Under which key of `config.toml` the parts stand that were laid over the file: they have no line in it.
    over: Option<String>,
    found: RefCell<Vec<ManifestError>>,
}

impl Errors {
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), over: None, found: RefCell::default() }
    }

    /// For a file that something in `config.toml` is laid over, under the key `at`.
    pub fn with_over(file: &str, at: &str) -> Self {
        Self { over: Some(at.to_owned()), ..Self::new(file) }
    }

    pub fn add(&self, line: usize, key: impl Into<String>, message: impl Into<String>) {
        let (file, key) = match &self.over {
            Some(over) if line == 0 => ("config.toml".to_owned(), format!("{over}.{}", key.into())),
            _ => (self.file.clone(), key.into()),
        };
        self.found.borrow_mut().push(ManifestError { file, line, key, message: message.into() });
    }

    /// Whether what stands on this line is the user's own: laid over the connector by `config.toml`.
    pub fn is_own(&self, line: usize) -> bool {
        line == 0 && self.over.is_some()
    }

    pub fn into_inner(self) -> Vec<ManifestError> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|e| e.line);
        found
    }
}

#[cfg(test)]
thread_local! {
    /// Every word that a reader asked for on this thread: what the page of the format is held to.
    pub(crate) static WORDS: RefCell<std::collections::BTreeSet<&'static str>> = RefCell::default();
}

/// A table being read: whoever reads asks for keys, and [`Tab::done`] reports what nobody asked for.
pub(crate) struct Tab<'a> {
    pub errors: &'a Errors,
    pub path: String,
    pub line: usize,
    entries: &'a [(String, Node)],
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Tab<'a> {
    /// The node as a table; a mistake if it is none.
    pub fn of(node: &'a Node, path: impl Into<String>, errors: &'a Errors) -> Option<Self> {
        let path = path.into();
        match &node.item {
            Item::Table(entries) => Some(Self { errors, path, line: node.line, entries, asked: RefCell::default() }),
            other => {
                errors.add(node.line, path, format!("a table is expected here, not {}", other.kind()));
                None
            }
        }
    }

    pub fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub fn get(&self, key: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key);
        #[cfg(test)]
        WORDS.with_borrow_mut(|words| words.insert(key));
        self.entries.iter().find(|(k, _)| k == key).map(|(_, node)| node)
    }

    /// Every entry, for tables whose keys are names.
    pub fn all(&self) -> &'a [(String, Node)] {
        self.entries
    }

    pub fn wrong(&self, key: &str, node: &Node, expected: &str) {
        self.errors.add(node.line, self.at(key), format!("{expected} is expected here, not {}", node.item.kind()));
    }

    pub fn text(&self, key: &'static str) -> Option<String> {
        let node = self.get(key)?;
        match &node.item {
            Item::Text(text) => Some(text.clone()),
            _ => {
                self.wrong(key, node, "a text");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn need(&self, key: &'static str) -> Option<String> {
        if !self.entries.iter().any(|(k, _)| k == key) {
            self.errors.add(self.line, self.at(key), "is missing; a text is needed");
        }
        self.text(key)
    }

    pub fn number(&self, key: &'static str) -> Option<u64> {
        let node = self.get(key)?;
        match node.item {
            Item::Int(n) if n >= 0 => Some(n as u64),
            _ => {
                self.wrong(key, node, "a whole number");
                None
            }
        }
    }

    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let node = self.get(key)?;
        match node.item {
            Item::Bool(b) => Some(b),
            _ => {
                self.wrong(key, node, "true or false");
                None
            }
        }
    }

    /// One text, or a list of texts.
    pub fn texts(&self, key: &'static str) -> Vec<String> {
        let Some(node) = self.get(key) else { return Vec::new() };
        match &node.item {
            Item::Text(text) => vec![text.clone()],
            Item::List(list) => list
                .iter()
                .filter_map(|n| match &n.item {
                    Item::Text(text) => Some(text.clone()),
                    _ => {
                        self.wrong(key, n, "a text");
                        None
                    }
                })
                .collect(),
            _ => {
                self.wrong(key, node, "a text or a list of texts");
                Vec::new()
            }
        }
    }

    pub fn table(&self, key: &'static str) -> Option<Tab<'a>> {
        let node = self.get(key)?;
        Tab::of(node, self.at(key), self.errors)
    }

    /// One of a closed list of names.
    pub fn one_of<T: Copy>(&self, key: &'static str, allowed: &[(&'static str, T)]) -> Option<T> {
        let line = self.get(key)?.line;
        let text = self.text(key)?;
        let found = allowed.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
            self.errors.add(line, self.at(key), format!("{text:?} is unknown here; allowed: {}", names.join(", ")));
        }
        found
    }

    /// A length of time: `250ms`, `8s`, `60m`, `1d`.
    pub fn span(&self, key: &'static str) -> Option<std::time::Duration> {
        let line = self.get(key)?.line;
        let text = self.text(key)?;
        let found = duration(&text);
        if found.is_none() {
            self.errors.add(
                line,
                self.at(key),
                format!("{text:?} is no length of time; write it as 250ms, 8s, 60m, 2h or 1d"),
            );
        }
        found
    }

    /// Reports every key that nobody asked for.
    pub fn done(self) {
        let asked = self.asked.borrow();
        for (key, node) in self.entries {
            if !asked.contains(&key.as_str()) {
                let mut allowed: Vec<&str> = asked.clone();
                allowed.sort_unstable();
                allowed.dedup();
                self.errors.add(
                    node.line,
                    self.at(key),
                    format!("this key is unknown here; allowed: {}", allowed.join(", ")),
                );
            }
        }
    }
}

/// `250ms`, `8s`, `60m`, `2h`, `1d`.
pub(crate) fn duration(text: &str) -> Option<std::time::Duration> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(split);
    let n: f64 = number.parse().ok()?;
    let seconds = match unit.trim() {
        "ms" => n / 1000.0,
        "s" => n,
        "m" => n * 60.0,
        "h" => n * 3600.0,
        "d" => n * 86_400.0,
        _ => return None,
    };
    std::time::Duration::try_from_secs_f64(seconds).ok()
}
