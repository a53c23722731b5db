//! A stream: one kind of record of the outside system, its pulls, its fields, its children.
//!
//! Decides what a stream may say; it delivers rows of exactly one entity.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::found::Asks;
use super::{Errors, FieldMap, Item, Node, PullSpec, ReadValue, Request, Tab, TableSpec};
use crate::book::row::{Entity, fields};
use crate::connect::formula::Template;
use crate::connect::path::Path;

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub name: String,
    pub entity: Entity,
    /// Values of its own for requests that several streams share (`{{ its.object }}`).
    pub its: Json,
    /// What must be known of the source before it is read.
    pub asks: Asks,
    pub describe: Option<Describe>,
    pub map: BTreeMap<String, FieldMap>,
    pub history: Option<History>,
    pub links: Vec<Link>,
    pub melt: Option<Melt>,
    /// Ways to pull it; never empty for `first`.
    pub first: Vec<PullSpec>,
    pub changed: Vec<PullSpec>,
    pub deleted: Vec<PullSpec>,
    /// All that the file says of it: a change means that everything must be pulled again.
    pub print: String,
}

impl Stream {
    /// It is pulled by windows of days: how many closed days again each time, and the first width.
    pub fn by_days(&self) -> Option<(u32, u32)> {
        match self.first.first()?.since {
            super::Since::Days { again, step } => Some((again, step)),
            _ => None,
        }
    }

    /// How often what is gone is found out by a list of what is there.
    pub fn sweep(&self) -> Option<std::time::Duration> {
        self.deleted.first()?.sweep
    }
}

/// The call that lists the fields that a record has.
#[derive(Debug)]
pub(crate) struct Describe {
    pub request: Request,
    pub rows: Path,
    pub name: ReadValue,
    pub label: Option<Path>,
    /// Where the described names stand in a record; empty: at its root.
    pub under: String,
    /// Whole dotted paths are asked for, not only their first step.
    pub deep: bool,
    /// Another name of a described field, as the first step of a dotted path (`Owner` beside `OwnerId`).
    pub relation: Option<Path>,
    /// The asked name ends there: what follows is made by the source (`statecode@formatted`).
    pub cut: Option<String>,
}

impl Describe {
    /// The name to ask for and the name that must be described, of the steps of a path below `under`.
    pub fn names(&self, steps: &[String]) -> (String, String) {
        let cut = |step: &String| match &self.cut {
            Some(cut) => step.split_once(cut.as_str()).map_or(step.clone(), |(name, _)| name.to_owned()),
            None => step.clone(),
        };
        let first = steps.first().map(cut).unwrap_or_default();
        let whole = if self.deep { steps.iter().map(cut).collect::<Vec<_>>().join(".") } else { first.clone() };
        (whole, first)
    }
}

/// Earlier values of some fields.
#[derive(Debug)]
pub(crate) struct History {
    /// Our names of the fields.
    pub fields: Vec<String>,
    /// Where the record keeps them: a table of lists by described name.
    pub from: Path,
    pub value: Path,
    pub at: Path,
    /// How they are read for pulls whose answers carry none.
    pub read: Option<BatchRead>,
}

/// A call that reads many records by id.
#[derive(Debug)]
pub(crate) struct BatchRead {
    pub request: Request,
    pub chunk: usize,
    pub rows: Path,
    pub id: Path,
}

/// What a link points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LinkTo {
    Account,
    People,
}

impl LinkTo {
    /// The word of a map.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::People => "people",
        }
    }
}

/// Children by batch: which accounts or people a record belongs to.
#[derive(Debug)]
pub(crate) struct Link {
    pub to_what: LinkTo,
    pub request: Request,
    pub chunk: usize,
    pub rows: Path,
    pub from: Path,
    pub to: Path,
    /// One record's list goes on: where its token stands, and the key that it is sent back under.
    pub more: Option<(Path, String)>,
}

/// Columns that become rows of their own: each its metric.
#[derive(Debug)]
pub(crate) struct Melt {
    /// Column → metric. A column that holds a list gives one row per entry, `<metric>:<entry>`, with value 1.
    pub columns: Vec<(String, String)>,
}

/// How a source writes what isn't text.
#[derive(Debug)]
pub(crate) struct Values {
    /// What stands for nothing, besides null and the empty text.
    pub empty: Vec<Json>,
    /// The zone in which a moment becomes a day.
    pub zone: Option<Template>,
    /// What separates the entries of a list that is written as one text.
    pub split: Option<String>,
}

impl Values {
    pub(super) fn read(tab: &Tab<'_>) -> Self {
        let mut values = Self { empty: Vec::new(), zone: None, split: None };
        let Some(tab) = tab.table("values") else { return values };
        if let Some(node) = tab.get("empty") {
            if let Item::List(list) = &node.item {
                values.empty = list
                    .iter()
                    .filter_map(|n| match &n.item {
                        Item::Text(text) => Some(Json::from(text.as_str())),
                        Item::Bool(b) => Some(Json::from(*b)),
                        Item::Int(i) => Some(Json::from(*i)),
                        _ => None,
                    })
                    .collect();
            } else {
                tab.wrong("empty", node, "a list of what stands for nothing");
            }
        }
        values.zone = tab.text("zone").and_then(|text| super::template(&text, &tab, "zone"));
        values.split = tab.text("split");
        tab.done();
        values
    }
}

/// The keys of `map` that every entity has.
const COMMON: [&str; 7] = ["id", "changed", "account", "people", "merged", "into", "gone"];

/// Whether `field` may stand in the map of `entity`; the error names what may.
pub(crate) fn check_field(entity: Entity, field: &str) -> Result<(), String> {
    if COMMON.contains(&field) || fields(entity).iter().any(|f| f.name == field) {
        return Ok(());
    }
    let mut allowed: Vec<&str> = fields(entity).iter().map(|f| f.name).collect();
    allowed.extend(COMMON);
    Err(format!("{field:?} is no field of {}; allowed: {}", entity.name(), allowed.join(", ")))
}

/// Reads a stream. `node` has its shape laid under it already.
pub(super) fn read(
    name: &str,
    node: &Node,
    at: &str,
    errors: &Errors,
    tables: &BTreeMap<String, TableSpec>,
) -> Option<Stream> {
    let tab = Tab::of(node, at, errors)?;
    let said = tab.text("entity").unwrap_or_else(|| name.to_owned());
    let entity = Entity::parse(&said);
    if entity.is_none() {
        errors.add(
            tab.line,
            tab.at("entity"),
            format!(
                "{said:?} is no entity; a stream named otherwise says `entity = ...`; allowed: {}",
                super::entities()
            ),
        );
    }
    let its = tab.table("its").map_or(Json::Null, |its| {
        let mut map = serde_json::Map::new();
        for (key, node) in its.all() {
            match &node.item {
                Item::Text(text) => {
                    map.insert(key.clone(), Json::from(text.as_str()));
                }
                Item::Int(n) => {
                    map.insert(key.clone(), Json::from(*n));
                }
                _ => its.wrong(key, node, "a text or a number"),
            }
        }
        Json::Object(map)
    });
    let mut map = BTreeMap::new();
    if let Some(fields) = tab.table("map") {
        for (field, node) in fields.all() {
            if let Some(entity) = entity
                && let Err(why) = check_field(entity, field)
            {
                errors.add(node.line, fields.at(field), why);
                continue;
            }
            if let Some(read) = FieldMap::read(node, &fields.at(field), errors) {
                check_table(&read, tables, node, &fields.at(field), errors);
                map.insert(field.clone(), read);
            }
        }
    }
    let melt = tab.table("melt").map(|melt| {
        let columns = melt
            .all()
            .iter()
            .filter_map(|(column, node)| match &node.item {
                Item::Text(metric) => Some((column.clone(), metric.clone())),
                _ => {
                    melt.wrong(column, node, "the name of a metric");
                    None
                }
            })
            .collect();
        Melt { columns }
    });
    if !map.contains_key("id") && entity != Some(Entity::Usage) {
        errors.add(tab.line, tab.at("map.id"), "is missing: every record needs its id");
    }
    let describe = tab.table("describe").and_then(read_describe);
    let history = tab.table("history").and_then(read_history);
    let mut links = Vec::new();
    if let Some(list) = tab.table("links") {
        for (key, to_what) in [("account", LinkTo::Account), ("people", LinkTo::People)] {
            links.extend(list.table(key).and_then(|tab| read_link(tab, to_what)));
        }
        list.done();
    }
    let first = pull(&tab, node, "first");
    let changed = pull(&tab, node, "changed").unwrap_or_default();
    let deleted = pull(&tab, node, "deleted").unwrap_or_default();
    if node.get("first").is_none() {
        errors.add(tab.line, tab.at("first"), "is missing: the request of a full pull");
    }
    let mut print = String::new();
    node.print(&mut print);
    tab.done();
    Some(Stream {
        name: name.to_owned(),
        entity: entity?,
        its,
        asks: Asks::default(),
        describe,
        map,
        history,
        links,
        melt,
        first: first?,
        changed,
        deleted,
        print,
    })
}

/// Whether the table and column that a field is looked up in exist.
pub(crate) fn check_table(
    read: &FieldMap,
    tables: &BTreeMap<String, TableSpec>,
    node: &Node,
    at: &str,
    errors: &Errors,
) {
    for (table, show) in read.choices.iter().filter_map(|c| c.table.as_ref()) {
        match tables.get(table) {
            None => {
                let names: Vec<&str> = tables.keys().map(String::as_str).collect();
                errors.add(node.line, at, format!("{table:?} is no table; allowed: {}", names.join(", ")));
            }
            Some(spec) if !spec.show.contains_key(show) => {
                let names: Vec<&str> = spec.show.keys().map(String::as_str).collect();
                errors.add(
                    node.line,
                    at,
                    format!("the table {table:?} shows no {show:?}; allowed: {}", names.join(", ")),
                );
            }
            Some(_) => {}
        }
    }
}

/// A pull; `like = "first"` takes that pull and replaces the keys that are given anew.
fn pull(tab: &Tab<'_>, stream: &Node, key: &'static str) -> Option<Vec<PullSpec>> {
    let node = tab.get(key)?;
    let mut merged = node.clone();
    if let Some(like) = node.get("like") {
        let base = match &like.item {
            Item::Text(name) if name != key && ["first", "changed"].contains(&name.as_str()) => stream.get(name),
            _ => None,
        };
        let Some(base) = base else {
            tab.errors.add(like.line, format!("{}.like", tab.at(key)), "names no other pull of this stream");
            return None;
        };
        merged = base.clone();
        merged.line = node.line;
        let Item::Table(own) = &node.item else { return None };
        let asks = |key: &str| ["get", "post", "call", "try"].contains(&key);
        if own.iter().any(|(k, _)| asks(k)) {
            ["get", "post", "call", "try"].into_iter().for_each(|key| merged.set(key, None));
        }
        for (k, value) in own.iter().filter(|(k, _)| k != "like") {
            merged.set(k, Some(value.clone()));
        }
    }
    PullSpec::ways(&merged, &tab.at(key), tab)
}

fn read_describe(tab: Tab<'_>) -> Option<Describe> {
    let request = Request::read(&tab);
    let rows = super::need_path(&tab, "rows");
    let name = super::map::read_value_of(&tab, "name");
    let label = super::path(&tab, "label");
    let under = tab.text("under").unwrap_or_default();
    let deep = tab.flag("deep").unwrap_or(false);
    let relation = super::path(&tab, "relation");
    let cut = tab.text("cut");
    tab.done();
    Some(Describe { request: request?, rows: rows?, name: name?, label, under, deep, relation, cut })
}

fn read_history(tab: Tab<'_>) -> Option<History> {
    let fields = tab.texts("fields");
    let from = super::need_path(&tab, "from");
    let value = super::need_path(&tab, "value");
    let at = super::need_path(&tab, "at");
    let read = tab.table("read").and_then(|read| {
        let batch = BatchRead {
            request: Request::read(&read)?,
            chunk: read.number("chunk").unwrap_or(100).max(1) as usize,
            rows: super::need_path(&read, "rows")?,
            id: super::need_path(&read, "id")?,
        };
        read.done();
        Some(batch)
    });
    tab.done();
    if fields.is_empty() {
        return None;
    }
    Some(History { fields, from: from?, value: value?, at: at?, read })
}

pub(super) fn read_link(tab: Tab<'_>, to_what: LinkTo) -> Option<Link> {
    let request = Request::read(&tab);
    let chunk = tab.number("chunk").unwrap_or(100).max(1) as usize;
    let rows = super::need_path(&tab, "rows");
    let from = super::need_path(&tab, "from");
    let to = super::need_path(&tab, "to");
    let more = tab.table("more").and_then(|more| {
        let found = Some((super::need_path(&more, "read")?, more.need("send")?));
        more.done();
        found
    });
    tab.done();
    Some(Link { to_what, request: request?, chunk, rows: rows?, from: from?, to: to?, more })
}
