//! Questions asked once before rows are read: which version is there, which fields, which rights.
//!
//! Decides what may be asked and what stands in where the answer is refused. Asking is the source's.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Errors, Item, Node, ReadValue, Request, Tab};
use crate::connect::formula::{Formula, plain_text};
use crate::connect::path::Path;

/// What must be known of the source before a request goes out: a note must not wait for what it does not need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asks {
    pub me: bool,
    /// Names of questions, with those that they need themselves.
    pub found: BTreeSet<String>,
}

/// One question; its answer is `found.NAME` in every template.
#[derive(Debug)]
pub(crate) struct Found {
    pub name: String,
    /// Asked only when this holds; else `otherwise` stands in.
    pub when: Option<Formula>,
    pub request: Request,
    pub read: FoundRead,
    /// What stands in where the question is refused or its answer says nothing.
    pub otherwise: Option<Json>,
    pub asks: Asks,
}

/// What is taken of the answer.
#[derive(Debug)]
pub(crate) enum FoundRead {
    Value(ReadValue),
    /// The highest version of a list that is not above the one that was tested.
    Highest {
        versions: Path,
        tested: String,
    },
}

/// The connector as far as a request may lean on it: what goes with every request, the named wrappers, the questions.
pub(super) struct Ground<'a> {
    headers: Option<&'a Node>,
    calls: Option<&'a Node>,
    questions: Vec<(&'a str, &'a Node)>,
}

impl<'a> Ground<'a> {
    pub fn of(root: &'a Node) -> Self {
        let questions = match root.get("found").map(|node| &node.item) {
            Some(Item::Table(entries)) => entries.iter().map(|(name, node)| (name.as_str(), node)).collect(),
            _ => Vec::new(),
        };
        Self { headers: root.get("headers"), calls: root.get("calls"), questions }
    }

    /// What a table of the connector mentions, by itself or by what it leans on.
    pub fn asks(&self, node: &'a Node) -> Asks {
        let mut asks = Asks::default();
        let mut wrapped = BTreeSet::new();
        let mut open = vec![node];
        open.extend(self.headers);
        while let Some(node) = open.pop() {
            asks.me |= mentions(node, "me.");
            // A wrapper may stand in a question as well as in the table.
            for name in wrappers(node) {
                let wrapper = self.calls.and_then(|calls| calls.get(name));
                if wrapped.insert(name) {
                    open.extend(wrapper);
                }
            }
            for (name, question) in &self.questions {
                if !asks.found.contains(*name) && mentions(node, &format!("found.{name}")) {
                    asks.found.insert((*name).to_owned());
                    open.push(question);
                }
            }
        }
        asks
    }
}

/// Reads `found`.
pub(super) fn read(tab: &Tab<'_>) -> Vec<Found> {
    let Some(list) = tab.table("found") else { return Vec::new() };
    list.all().iter().filter_map(|(name, node)| one(name, Tab::of(node, list.at(name), list.errors)?)).collect()
}

fn one(name: &str, tab: Tab<'_>) -> Option<Found> {
    let when = super::formula(&tab, "when");
    let request = Request::read(&tab);
    let read = match (tab.get("read").is_some(), tab.get("highest").is_some()) {
        (true, false) => super::map::read_value_of(&tab, "read").map(FoundRead::Value),
        (false, true) => match (super::path(&tab, "highest"), tab.need("tested")) {
            (Some(versions), Some(tested)) => Some(FoundRead::Highest { versions, tested }),
            _ => None,
        },
        _ => {
            missing(tab.errors, &tab);
            None
        }
    };
    let otherwise = tab.get("else").and_then(super::map::scalar);
    tab.done();
    Some(Found { name: name.to_owned(), when, request: request?, read: read?, otherwise, asks: Asks::default() })
}

fn missing(errors: &Errors, tab: &Tab<'_>) {
    errors.add(
        tab.line,
        tab.at("read"),
        "is missing: one of read = \"path\", highest = \"path to versions\" is needed",
    );
}

/// The highest of `versions` that is not above `tested`; compared part by part as numbers.
pub(crate) fn highest(versions: &[&Json], tested: &str) -> Option<String> {
    let parts = |text: &str| -> Vec<u64> { text.split('.').map(|p| p.trim().parse().unwrap_or(0)).collect() };
    let limit = parts(tested);
    versions.iter().map(|v| plain_text(v)).filter(|v| parts(v) <= limit).max_by_key(|v| parts(v))
}

/// Whether some text of the tree names `name` (`found.version`; with a dot at its end: anything below it).
pub(super) fn mentions(node: &Node, name: &str) -> bool {
    let text_has = |text: &str| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
            !part(before) && (name.ends_with('.') || !part(after) || after == Some('.'))
        })
    };
    match &node.item {
        // Prose such as "tell me." is no formula.
        Item::Text(text) => {
            text_has(text) && (name != "me." || text.contains("{{") || text.trim_start().starts_with('='))
        }
        Item::List(list) => list.iter().any(|n| mentions(n, name)),
        Item::Table(entries) => entries.iter().any(|(_, n)| mentions(n, name)),
        Item::Int(_) | Item::Float(_) | Item::Bool(_) => false,
    }
}

/// The wrappers that requests of the tree are made by.
fn wrappers(node: &Node) -> Vec<&str> {
    match &node.item {
        Item::List(list) => list.iter().flat_map(wrappers).collect(),
        Item::Table(entries) => entries
            .iter()
            .flat_map(|(key, inner)| match (key.as_str(), inner.get("use").map(|name| &name.item)) {
                ("call", Some(Item::Text(name))) => vec![name.as_str()],
                _ => wrappers(inner),
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_highest_tested_version_is_taken() {
        let list = [json!("9.0"), json!("66.0"), json!("67.0"), json!("68.0")];
        let list: Vec<&Json> = list.iter().collect();
        assert_eq!(highest(&list, "67.0").as_deref(), Some("67.0"));
        assert_eq!(highest(&list, "65.0").as_deref(), Some("9.0"));
        assert_eq!(highest(&list, "8.0"), None);
    }
}
