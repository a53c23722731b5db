//! The keymap: which keys run which command, where.
//!
//! Decides what a key press means in a stack of scopes, and lists it for bottom line, help, palette and `rounds keys`.
//! Runs nothing. A bad line is skipped with its file, line and a hint; the rest works.

pub mod chord;
mod file;

pub use chord::{Chord, Key};

use crate::command::{Command, Id, Scope};
use crate::config::Problem;

/// The keys that Rounds comes with, in the format of the user's file.
pub const DEFAULTS: &str = include_str!("keys/keys.toml");

/// What the bottom line holds at most.
const MAX_HINTS: usize = 8;

/// One line of the effective table.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub on: Vec<Chord>,
    pub run: Command,
    pub scope: Scope,
    /// Its place in the bottom line; `None`: only in the help.
    pub hint: Option<u8>,
    /// The user's own words for it.
    pub desc: Option<String>,
}

impl Binding {
    /// What it does, in a line.
    pub fn doc(&self) -> &str {
        self.desc.as_deref().unwrap_or(self.run.spec().doc)
    }

    /// Its keys, as people type them.
    pub fn shown(&self) -> String {
        chord::shown(&self.on)
    }
}

/// What a key press means.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// It runs this.
    Run(Command),
    /// It begins a sequence: the keys that may follow and what they do.
    Pending(Vec<(String, &'static str)>),
    /// Nothing is bound.
    Nothing,
}

/// A key with its word, for the bottom line.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    pub keys: String,
    pub word: &'static str,
    pub id: Id,
}

/// The effective table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Keymap {
    /// The keys that Rounds comes with.
    pub fn defaults() -> Self {
        Self::load(None).0
    }

    /// The defaults, patched by a user's file: its text and the name it is called by in messages.
    pub fn load(user: Option<(&str, &str)>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut map = Self::default();
        for row in file::read(DEFAULTS, "keys.toml (built in)", &mut problems) {
            map.bind(row.binding);
        }
        if let Some((text, name)) = user {
            let rows = file::read(text, name, &mut problems);
            for row in &rows {
                map.bind(row.binding.clone());
            }
            for row in rows {
                if let Some(message) = map.conflict(&row.binding) {
                    problems.push(Problem { file: name.to_owned(), line: row.line, message });
                }
            }
        }
        map.bindings.retain(|binding| binding.run.id != Id::KeyNone);
        (map, problems)
    }

    /// Puts a binding in, in place of what the same keys did in its scope. A rebound command keeps its place in the bottom line.
    fn bind(&mut self, mut binding: Binding) {
        if binding.hint.is_none() {
            let same = |b: &&Binding| b.scope == binding.scope && b.run == binding.run && b.hint.is_some();
            binding.hint = self.bindings.iter().find(same).and_then(|b| b.hint);
        }
        self.bindings.retain(|b| b.scope != binding.scope || b.on != binding.on);
        self.bindings.push(binding);
    }

    /// Keys that are whole in one line and a beginning in another would need a time-out: refused, and said.
    fn conflict(&self, binding: &Binding) -> Option<String> {
        let other = self.bindings.iter().find(|b| {
            b.scope == binding.scope
                && b.on != binding.on
                && (b.on.starts_with(&binding.on) || binding.on.starts_with(&b.on))
        })?;
        let (short, long) = if binding.on.len() < other.on.len() { (binding, other) } else { (other, binding) };
        Some(format!(
            "{} runs {} and also begins {} ({}); give one of them another key, or take it away with run = \"none\"",
            chord::shown(&short.on),
            short.run,
            chord::shown(&long.on),
            long.run
        ))
    }

    /// What the keys so far mean, asked of the innermost scope first.
    pub fn resolve(&self, keys: &[Chord], scopes: &[Scope]) -> Resolved {
        let mut follow: Vec<(String, &'static str)> = Vec::new();
        for &scope in scopes {
            let mut here = self.bindings.iter().filter(|b| b.scope == scope && b.on.starts_with(keys)).peekable();
            if here.peek().is_none() {
                continue;
            }
            for binding in here {
                // An outer scope can't take away what an inner one has begun.
                if binding.on.len() == keys.len() {
                    if follow.is_empty() {
                        return Resolved::Run(binding.run.clone());
                    }
                } else {
                    let rest = chord::shown(&binding.on[keys.len()..]);
                    if !follow.iter().any(|(keys, _)| *keys == rest) {
                        follow.push((rest, binding.run.spec().short));
                    }
                }
            }
        }
        if follow.is_empty() { Resolved::Nothing } else { Resolved::Pending(follow) }
    }

    /// The effective table, scope by scope.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The keys of a command in these scopes, the shortest first, as they are shown.
    pub fn keys_of(&self, id: Id, scopes: &[Scope]) -> Vec<String> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for binding in self.bindings.iter().filter(|b| b.run.id == id && scopes.contains(&b.scope)) {
            let shown = chord::shown(&binding.on);
            if !found.iter().any(|(_, keys)| *keys == shown) {
                found.push((binding.on.len(), shown));
            }
        }
        found.sort_by_key(|(len, _)| *len);
        found.into_iter().map(|(_, keys)| keys).collect()
    }

    /// What the bottom line offers of what can be done now: by place, inner scopes first, each command and each key once.
    pub fn hints(&self, scopes: &[Scope], can: impl Fn(Id) -> bool) -> Vec<Hint> {
        let mut out: Vec<(u8, Hint)> = Vec::new();
        let mut taken: Vec<&[Chord]> = Vec::new();
        for &scope in scopes {
            for binding in self.bindings.iter().filter(|b| b.scope == scope) {
                if taken.contains(&binding.on.as_slice()) {
                    continue;
                }
                taken.push(&binding.on);
                let Some(place) = binding.hint else { continue };
                if out.iter().any(|(_, hint)| hint.id == binding.run.id) || !can(binding.run.id) {
                    continue;
                }
                let word = binding.run.spec().short;
                out.push((place, Hint { keys: chord::shown(&binding.on), word, id: binding.run.id }));
            }
        }
        out.sort_by_key(|(place, _)| *place);
        // The last one, the way to all the others, stays.
        while out.len() > MAX_HINTS {
            out.remove(out.len() - 2);
        }
        out.into_iter().map(|(_, hint)| hint).collect()
    }

    /// For the help and `rounds keys`: per scope, each command once with all its keys and its doc.
    pub fn help(&self, scopes: &[Scope]) -> Vec<(Scope, Vec<(String, String)>)> {
        let mut out = Vec::new();
        for &scope in scopes {
            let mut rows: Vec<(Command, Vec<String>, String)> = Vec::new();
            for binding in self.bindings.iter().filter(|b| b.scope == scope) {
                let shown = chord::shown(&binding.on);
                match rows.iter_mut().find(|(run, ..)| *run == binding.run) {
                    Some((_, keys, _)) => keys.push(shown),
                    None => rows.push((binding.run.clone(), vec![shown], binding.doc().to_owned())),
                }
            }
            if !rows.is_empty() {
                out.push((scope, rows.into_iter().map(|(_, keys, doc)| (keys.join("  "), doc)).collect()));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
