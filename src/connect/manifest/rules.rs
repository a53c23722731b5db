//! Which error an answer is: rules of the connector first, then what HTTP says of itself.
//!
//! Decides classes only; what is done about a class is the client's.

use serde_json::Value as Json;

use super::{Item, Tab};
use crate::connect::formula::{Template, plain_text};
use crate::connect::path::Path;

/// The class of a failed answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    AuthExpired,
    AuthWrong,
    Forbidden,
    Gone,
    Rate,
    Quota,
    Transient,
    Conflict,
    TooWide,
    StaleCursor,
    FieldGone,
    Duplicate,
    Invalid,
}

const CLASSES: [(&str, Is); 13] = [
    ("auth_expired", Is::AuthExpired),
    ("auth_wrong", Is::AuthWrong),
    ("forbidden", Is::Forbidden),
    ("gone", Is::Gone),
    ("rate", Is::Rate),
    ("quota", Is::Quota),
    ("transient", Is::Transient),
    ("conflict", Is::Conflict),
    ("too_wide", Is::TooWide),
    ("stale_cursor", Is::StaleCursor),
    ("field_gone", Is::FieldGone),
    ("duplicate", Is::Duplicate),
    ("invalid", Is::Invalid),
];

/// One rule: all conditions must hold.
#[derive(Debug)]
pub(crate) struct ErrorRule {
    status: Vec<u16>,
    header: Vec<(String, String)>,
    body: Vec<(Path, Json)>,
    contains: Option<String>,
    has: Option<Path>,
    pub is: Is,
    /// Until when a quota lasts: `midnight in ZONE`, `rolling 24h`.
    pub until: Option<Template>,
}

impl ErrorRule {
    /// Whether it matches an answer. `raw` is the body as text, `json` the body where it is JSON.
    pub fn matches(&self, status: u16, header: &dyn Fn(&str) -> Option<String>, raw: &str, json: &Json) -> bool {
        (self.status.is_empty() || self.status.contains(&status))
            && self.header.iter().all(|(name, part)| header(name).is_some_and(|v| v.contains(part)))
            && self.body.iter().all(|(path, wanted)| {
                path.all(json).into_iter().any(|found| found == wanted || plain_text(found) == plain_text(wanted))
            })
            && self.contains.as_ref().is_none_or(|part| raw.contains(part.as_str()))
            && self.has.as_ref().is_none_or(|path| path.find(json).is_some_and(|v| !v.is_null()))
    }

    /// A rule that can fire on a success status (an envelope with an error inside).
    pub fn reads_success(&self) -> bool {
        self.status.is_empty() || self.status.iter().any(|s| *s < 300)
    }
}

/// What HTTP says of itself where no rule fires.
pub(crate) fn by_status(status: u16) -> Is {
    match status {
        401 => Is::AuthExpired,
        403 => Is::Forbidden,
        404 | 410 => Is::Gone,
        408 | 500..=599 => Is::Transient,
        429 => Is::Rate,
        409 => Is::Conflict,
        _ => Is::Invalid,
    }
}

/// Reads `errors`.
pub(super) fn read(tab: &Tab<'_>) -> Vec<ErrorRule> {
    let Some(node) = tab.get("errors") else { return Vec::new() };
    let Item::List(list) = &node.item else {
        tab.wrong("errors", node, "a list of rules { when = {..}, is = \"...\" }");
        return Vec::new();
    };
    list.iter().enumerate().filter_map(|(i, n)| one(Tab::of(n, format!("errors.{i}"), tab.errors)?)).collect()
}

fn one(tab: Tab<'_>) -> Option<ErrorRule> {
    let is = tab.one_of("is", &CLASSES);
    let until = tab.text("until").and_then(|text| super::template(&text, &tab, "until"));
    let mut rule = ErrorRule {
        status: Vec::new(),
        header: Vec::new(),
        body: Vec::new(),
        contains: None,
        has: None,
        is: is.unwrap_or(Is::Invalid),
        until,
    };
    let Some(when) = tab.table("when") else {
        tab.errors.add(tab.line, tab.at("when"), "is missing; one of status, header, body, contains, has is needed");
        return None;
    };
    if let Some(node) = when.get("status") {
        let mut add = |item: &Item| match item {
            Item::Int(n) if (100..600).contains(n) => rule.status.push(*n as u16),
            _ => when.wrong("status", node, "a status such as 429, or a list of them"),
        };
        match &node.item {
            Item::List(list) => list.iter().for_each(|n| add(&n.item)),
            item => add(item),
        }
    }
    if let Some(headers) = when.table("header") {
        for (name, node) in headers.all() {
            match &node.item {
                Item::Text(text) => rule.header.push((name.clone(), text.clone())),
                _ => headers.wrong(name, node, "a text"),
            }
        }
    }
    if let Some(body) = when.table("body") {
        for (key, node) in body.all() {
            let wanted = match &node.item {
                Item::Text(text) => Json::from(text.as_str()),
                Item::Int(n) => Json::from(*n),
                Item::Bool(b) => Json::from(*b),
                _ => {
                    body.wrong(key, node, "a text, a number, true or false");
                    continue;
                }
            };
            match Path::parse(key) {
                Ok(path) => rule.body.push((path, wanted)),
                Err(why) => body.errors.add(node.line, body.at(key), why),
            }
        }
    }
    rule.contains = when.text("contains");
    rule.has = super::path(&when, "has");
    when.done();
    tab.done();
    is.map(|_| rule)
}

/// Where an error body keeps its words.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub message: Vec<Path>,
    /// The vendor's own number of the failed call, for their support.
    pub trace: Vec<Path>,
    /// The names of missing rights.
    pub rights: Vec<Path>,
    /// A header that holds the words where the body is empty.
    pub header: Option<String>,
}

impl Words {
    pub(super) fn read(tab: &Tab<'_>) -> Self {
        let Some(tab) = tab.table("words") else { return Self::default() };
        let get = |key: &'static str| -> Vec<Path> {
            let line = tab.get(key).map_or(tab.line, |n| n.line);
            tab.texts(key)
                .iter()
                .filter_map(|text| Path::parse(text).map_err(|why| tab.errors.add(line, tab.at(key), why)).ok())
                .collect()
        };
        let words =
            Self { message: get("message"), trace: get("trace"), rights: get("rights"), header: tab.text("header") };
        tab.done();
        words
    }
}
