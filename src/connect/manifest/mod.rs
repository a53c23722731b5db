//! A connector file: read, checked and compiled to closed lists of kinds.
//!
//! Decides what a connector may say; every mistake names file, line, what was found and what is allowed.
//! It must not send anything, and it knows no outside system by name.

mod auth;
mod doc;
mod found;
mod head;
mod language;
mod limits;
mod map;
mod parts;
mod pull;
mod request;
mod rules;
mod stream;
mod total;
mod write;

use std::collections::BTreeMap;

pub(crate) use auth::{Ask, Auth, OAuth, Way};
pub use auth::{Grant, SecretNeed};
pub use doc::ManifestError;
#[cfg(test)]
pub(crate) use doc::WORDS;
pub(crate) use doc::{Errors, Item, Node, Tab};
use found::mentions;
pub(crate) use found::{Asks, Found, FoundRead, highest};
pub use head::{Head, Status};
pub(crate) use limits::{HttpLimits, Limits, Pool, Reset};
pub(crate) use map::{Choice, Converter, FieldMap, ReadValue};
pub(crate) use parts::{MeSpec, TableSpec};
pub use parts::{Route, RouteKind, Setting};
pub(crate) use pull::{
    Decode, Job, Next, NextKind, Paged, PullSpec, ReadPlace, Refetch, Rows, SendPlace, Since, Stop, Then, TokenSend,
};
pub(crate) use request::{Body, Calls, LocalSpec, Method, OwnRequest, Request};
pub(crate) use rules::{ErrorRule, Is, Words, by_status};
pub(crate) use stream::{History, Link, LinkTo, Stream, Values, check_field, check_table};
pub(crate) use total::Total;
pub(crate) use write::{FindHow, IdFrom, TextKind, Write};

use super::formula::{Formula, Template};
use super::path::Path;
use crate::book::row::Entity;

/// A connector file, parsed, checked and compiled. [`load`] makes one.
#[derive(Debug)]
pub struct Manifest {
    pub(crate) file: String,
    pub(crate) name: String,
    head: Head,
    pub(crate) settings: BTreeMap<String, Setting>,
    pub(crate) base: Template,
    pub(crate) ways: Vec<Way>,
    pub(crate) me: Option<MeSpec>,
    /// Something besides `links` mentions `me.`: it is asked before anything else.
    pub(crate) needs_me: bool,
    /// The questions that something mentions, in the order of the file.
    pub(crate) found: Vec<Found>,
    pub(crate) calls: Calls,
    /// Sent with every request.
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) links: BTreeMap<Entity, Template>,
    /// As written, so that the user's limits can be laid over it.
    pub(crate) limits: Node,
    pub(crate) errors: Vec<ErrorRule>,
    pub(crate) words: Words,
    pub(crate) values: Values,
    pub(crate) tables: BTreeMap<String, TableSpec>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) writes: Vec<Write>,
}

impl Manifest {
    /// The outside system's name as people know it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says of itself: what it is, what it needs, what it does not bring, how it was proven.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The settings it knows, by name.
    pub fn settings(&self) -> &BTreeMap<String, Setting> {
        &self.settings
    }

    /// The limits that the file sets.
    pub(crate) fn limits(&self) -> Limits {
        Limits::read(&self.limits, &Errors::new(&self.file), "limits")
    }

    /// Whether a request holds the token itself, in its address or body: only where the vendor demands it there.
    pub(crate) fn speaks_token(&self, request: &Request) -> bool {
        match request {
            Request::Own(own) => own.mentions("settings.token"),
            Request::Call { name, .. } => {
                self.calls.get(name).is_some_and(|ways| ways.iter().any(|way| way.request.mentions("settings.token")))
            }
        }
    }

    /// The ways to sign in, in order, each with how it may be gone where it is OAuth 2.
    pub fn ways(&self) -> impl Iterator<Item = (&str, &[Grant])> {
        self.ways.iter().map(|way| match &way.auth {
            Auth::OAuth(oauth) => (way.name.as_str(), oauth.grants.as_slice()),
            _ => (way.name.as_str(), &[][..]),
        })
    }

    /// What its streams bring.
    pub fn entities(&self) -> Vec<Entity> {
        self.streams.iter().map(|stream| stream.entity).collect()
    }

    /// What going each way takes, in order: what a person chooses from.
    pub fn routes(&self) -> Vec<Route> {
        // As if no setting were given but those with a default: what a way needs then, somebody has to be asked for.
        let defaults = self.settings.iter().filter_map(|(name, setting)| {
            setting.default.as_ref().map(|default| (name.clone(), serde_json::Value::from(default.as_str())))
        });
        let given = serde_json::Value::Object(defaults.collect());
        let route = |way: &Way| Route {
            name: way.name.clone(),
            kind: match &way.auth {
                Auth::None => RouteKind::Nothing,
                Auth::OAuth(oauth) => RouteKind::OAuth(oauth.grants.clone()),
                Auth::Command(ask) => {
                    let nothing = super::formula::to_mj(&serde_json::json!({}));
                    RouteKind::Program(ask.run.first().and_then(|name| name.text(&nothing).ok()))
                }
                _ => RouteKind::Token,
            },
            needs: way.missing(&given),
        };
        self.ways.iter().map(route).collect()
    }

    pub(crate) fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|s| s.name == name)
    }
}

/// Reads a connector file. Every mistake is listed, not only the first.
///
/// Only a text that is, word for word, one of those that come with Rounds may run a program.
pub fn load(text: &str, file: &str) -> Result<Manifest, Vec<ManifestError>> {
    load_with(text, file, "", &toml::Table::new())
}

/// The same with what `config.toml` lays over it under `at` (`source.crm.with`): tables merge by key, anything else is
/// replaced, and the user's error rules go before the connector's.
pub fn load_with(text: &str, file: &str, at: &str, with: &toml::Table) -> Result<Manifest, Vec<ManifestError>> {
    load_all(text, file, at, with, super::is_built_in(text))
}

/// As [`load`]; `ours`: it may run programs.
#[cfg(test)]
pub(crate) fn load_as(text: &str, file: &str, ours: bool) -> Result<Manifest, Vec<ManifestError>> {
    load_all(text, file, "", &toml::Table::new(), ours)
}

fn load_all(text: &str, file: &str, at: &str, with: &toml::Table, ours: bool) -> Result<Manifest, Vec<ManifestError>> {
    let mut root = Node::parse(text, file).map_err(|e| vec![e])?;
    let errors = if with.is_empty() { Errors::new(file) } else { Errors::with_over(file, at) };
    if !with.is_empty() {
        let rules = root.get("errors").cloned();
        root.merge(&Node::from_toml(&toml::Value::Table(with.clone())));
        if let (Some(old), Some(_)) = (rules, with.get("errors"))
            && let Some(Node { item: Item::List(list), .. }) = root.get_mut("errors")
            && let Item::List(old) = old.item
        {
            list.extend(old);
        }
    }
    let manifest = read(&root, file, &errors, ours);
    let found = errors.into_inner();
    match manifest {
        Some(manifest) if found.is_empty() => Ok(manifest),
        _ if found.is_empty() => Err(vec![ManifestError {
            file: file.to_owned(),
            line: 0,
            key: String::new(),
            message: "is not a connector file".to_owned(),
        }]),
        _ => Err(found),
    }
}

/// The newest format of connector files that this Rounds reads.
const FORMAT: u64 = 1;

fn read(root: &Node, file: &str, errors: &Errors, ours: bool) -> Option<Manifest> {
    let tab = Tab::of(root, "", errors)?;
    match tab.number("connector") {
        Some(FORMAT) => {}
        Some(other) => {
            let line = root.get("connector").map_or(0, |n| n.line);
            errors.add(line, "connector", format!("is format {other}; this Rounds reads format {FORMAT}"));
            return None;
        }
        None => {
            errors.add(1, "connector", format!("is missing; the first line must be `connector = {FORMAT}`"));
            return None;
        }
    }
    let name = tab.need("name");
    let settings = parts::read_settings(&tab);
    let base = tab.table("base").and_then(|base| {
        let url = base.need("url").and_then(|text| template(&text, &base, "url"));
        base.done();
        url
    });
    if root.get("base").is_none() {
        errors.add(1, "base.url", "is missing: the address that requests go to");
    }
    let ways = auth::read(&tab, &settings, ours);
    let head = Head::read(&tab);
    let headers = read_headers(&tab);
    let calls = request::read_calls(&tab);
    let mut found = found::read(&tab);
    found.retain(|f| mentions(root, &format!("found.{}", f.name)));
    let ground = found::Ground::of(root);
    for question in &mut found {
        if let Some(node) = root.get("found").and_then(|list| list.get(&question.name)) {
            question.asks = ground.asks(node);
        }
    }
    let needs_me = without(root, &["me", "links"]).is_some_and(|rest| mentions(&rest, "me."));
    let mut me = tab.table("me").and_then(|me| parts::read_me(me));
    if let (Some(me), Some(node)) = (&mut me, root.get("me")) {
        me.asks = ground.asks(node);
    }
    let mut links = BTreeMap::new();
    if let Some(list) = tab.table("links") {
        for (key, node) in list.all() {
            match (Entity::parse(key), &node.item) {
                (Some(entity), Item::Text(text)) => {
                    if let Some(template) = template(text, &list, key) {
                        links.insert(entity, template);
                    }
                }
                (Some(_), _) => list.wrong(key, node, "a text"),
                (None, _) => errors.add(node.line, list.at(key), format!("is no entity; allowed: {}", entities())),
            }
        }
    }
    let limits = tab.get("limits").cloned().unwrap_or(Node { line: 0, item: Item::Table(Vec::new()) });
    Limits::read(&limits, errors, "limits");
    let error_rules = rules::read(&tab);
    let words = Words::read(&tab);
    let values = Values::read(&tab);
    let shapes = tab.get("shapes");
    let mut tables = BTreeMap::new();
    if let Some(list) = tab.table("tables") {
        for (key, node) in list.all() {
            if let Some(mut table) = Tab::of(node, list.at(key), errors).and_then(parts::read_table) {
                table.asks = Asks { me: needs_me, ..ground.asks(node) };
                tables.insert(key.clone(), table);
            }
        }
    }
    let mut streams = Vec::new();
    if let Some(list) = tab.table("streams") {
        for (key, node) in list.all() {
            let node = shaped(node, shapes, &list.at(key), errors);
            if let Some(mut stream) = stream::read(key, &node, &list.at(key), errors, &tables) {
                stream.asks = Asks { me: needs_me, ..ground.asks(&node) };
                streams.push(stream);
            }
        }
    }
    let mut writes = Vec::new();
    if let Some(list) = tab.table("write") {
        for (key, node) in list.all() {
            let node = shaped(node, shapes, &list.at(key), errors);
            if let Some(mut write) = write::read(key, &node, &list.at(key), errors) {
                write.asks = ground.asks(&node);
                writes.push(write);
            }
        }
    }
    tab.done();
    check_calls(root, "", &calls, errors);
    Some(Manifest {
        file: file.to_owned(),
        name: name?,
        head,
        settings,
        base: base?,
        ways,
        me,
        needs_me,
        found,
        calls,
        headers,
        links,
        limits,
        errors: error_rules,
        words,
        values,
        tables,
        streams,
        writes,
    })
}

/// `use = "shape"` lays a stream or write over a shape that several share.
fn shaped(node: &Node, shapes: Option<&Node>, at: &str, errors: &Errors) -> Node {
    let Some(wanted) = node.get("use") else { return node.clone() };
    let mut over = node.clone();
    over.set("use", None);
    let shape = match &wanted.item {
        Item::Text(name) => shapes.and_then(|s| s.get(name)),
        _ => None,
    };
    match shape {
        Some(shape) => {
            let mut merged = shape.clone();
            merged.merge(&over);
            merged.line = node.line;
            merged
        }
        None => {
            errors.add(wanted.line, format!("{at}.use"), "names no table under `shapes`");
            over
        }
    }
}

pub(crate) fn entities() -> String {
    Entity::ALL.map(Entity::name).join(", ")
}

/// Headers that every request carries.
fn read_headers(tab: &Tab<'_>) -> Vec<(String, Template)> {
    let Some(list) = tab.table("headers") else { return Vec::new() };
    list.all()
        .iter()
        .filter_map(|(name, node)| match &node.item {
            Item::Text(text) => Some((name.clone(), template(text, &list, name)?)),
            _ => {
                list.wrong(name, node, "a text");
                None
            }
        })
        .collect()
}

/// The tree without some of its tables.
fn without(root: &Node, keys: &[&str]) -> Option<Node> {
    let mut rest = root.clone();
    for key in keys {
        rest.set(key, None);
    }
    Some(rest)
}

/// A call names a wrapper that is there.
fn check_calls(node: &Node, at: &str, calls: &Calls, errors: &Errors) {
    match &node.item {
        Item::Table(entries) => {
            for (key, inner) in entries {
                let here = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                // A stream or a write may be called so too.
                if key == "call"
                    && !matches!(at, "streams" | "write" | "shapes")
                    && let Some(Node { item: Item::Text(name), line }) = inner.get("use")
                    && !calls.contains_key(name)
                {
                    let names: Vec<&str> = calls.keys().map(String::as_str).collect();
                    let message = format!("{name:?} is no table under `calls`; there are: {}", names.join(", "));
                    errors.add(*line, format!("{here}.use"), message);
                }
                check_calls(inner, &here, calls, errors);
            }
        }
        Item::List(list) => list.iter().for_each(|n| check_calls(n, at, calls, errors)),
        _ => {}
    }
}

/// Compiles the formula under a key; its `=` may be left out.
pub(crate) fn formula(tab: &Tab<'_>, key: &'static str) -> Option<Formula> {
    let line = tab.get(key)?.line;
    let text = tab.text(key)?;
    Formula::parse(text.trim().trim_start_matches('=')).map_err(|why| tab.errors.add(line, tab.at(key), why)).ok()
}

/// Compiles a template of a table's key.
pub(crate) fn template(text: &str, tab: &Tab<'_>, key: &str) -> Option<Template> {
    let line = tab.all().iter().find(|(k, _)| k == key).map_or(tab.line, |(_, n)| n.line);
    Template::parse(text).map_err(|why| tab.errors.add(line, tab.at(key), why)).ok()
}

/// Compiles the path under a key.
pub(crate) fn path(tab: &Tab<'_>, key: &'static str) -> Option<Path> {
    let line = tab.get(key)?.line;
    let text = tab.text(key)?;
    Path::parse(&text).map_err(|why| tab.errors.add(line, tab.at(key), why)).ok()
}

/// Compiles a path that must be there.
pub(crate) fn need_path(tab: &Tab<'_>, key: &'static str) -> Option<Path> {
    if tab.get(key).is_none() {
        tab.errors.add(tab.line, tab.at(key), "is missing; a path is needed");
    }
    path(tab, key)
}

#[cfg(test)]
pub(crate) mod tests;
