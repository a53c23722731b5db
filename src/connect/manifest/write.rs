//! What may be written back: notes, tasks, calls, meetings, mail; and how ours are found again.
//!
//! Decides the requests; whether a write is safe to repeat is decided by the outbox.

use super::{Errors, Item, Link, LinkTo, Node, Request, Tab};
use crate::book::row::Entity;
use crate::connect::path::Path;
use crate::connect::types::TextLimit;
use serde_json::Value as Json;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    Plain,
    /// Escaped, line breaks as `<br>`.
    Html,
}

/// One kind of record that may be written.
#[derive(Debug)]
pub(crate) struct Write {
    pub entity: Entity,
    /// `call`, `meeting`, `mail` for touches.
    pub kind: Option<String>,
    pub its: Json,
    pub text: TextKind,
    /// The longest text, in characters as they are sent.
    pub max: Option<usize>,
    pub create: Option<Request>,
    /// Where the answer names the new record.
    pub id: Option<Path>,
    pub update: Option<Request>,
    pub delete: Option<Request>,
    pub find: Option<FindMarker>,
}

/// Finding our mark by listing what is linked to an account: never by a search index, which lags.
#[derive(Debug)]
pub(crate) struct FindMarker {
    pub ids: Link,
    pub read: Request,
    pub chunk: usize,
    pub rows: Path,
    pub id: Path,
    pub text: Vec<Path>,
}

impl super::Manifest {
    /// How long the text of a record may be where it is written.
    pub fn text_limit(&self, entity: Entity, kind: Option<&str>) -> TextLimit {
        let write = self.writes.iter().find(|write| write.entity == entity && write.kind.as_deref() == kind);
        write.map_or_else(TextLimit::default, |write| TextLimit { html: write.text == TextKind::Html, max: write.max })
    }
}

pub(super) fn read(name: &str, node: &Node, at: &str, errors: &Errors) -> Option<Write> {
    let tab = Tab::of(node, at, errors)?;
    let said = tab.text("entity").unwrap_or_else(|| name.to_owned());
    let entity = Entity::parse(&said).filter(|e| matches!(e, Entity::Note | Entity::Task | Entity::Touch));
    if entity.is_none() {
        errors.add(tab.line, tab.at("entity"), format!("{said:?} can't be written; allowed: note, task, touch"));
    }
    let kind = tab.text("kind");
    if entity == Some(Entity::Touch) && kind.is_none() {
        errors.add(tab.line, tab.at("kind"), "is missing; allowed: call, meeting, mail");
    }
    let its = tab.table("its").map_or(Json::Null, |its| {
        let mut map = serde_json::Map::new();
        for (key, node) in its.all() {
            match &node.item {
                Item::Text(text) => map.insert(key.clone(), Json::from(text.as_str())),
                Item::Int(n) => map.insert(key.clone(), Json::from(*n)),
                _ => {
                    its.wrong(key, node, "a text or a number");
                    None
                }
            };
        }
        Json::Object(map)
    });
    let (mut text, mut max) = (TextKind::Plain, None);
    if let Some(table) = tab.table("text") {
        text = table.one_of("kind", &[("plain", TextKind::Plain), ("html", TextKind::Html)]).unwrap_or(text);
        max = table.number("max").map(|n| n as usize);
        table.done();
    }
    let mut id = None;
    let create = tab.table("create").and_then(|create| {
        let request = Request::read(&create);
        id = super::need_path(&create, "id");
        create.done();
        request
    });
    let request = |key: &'static str| {
        let tab = tab.table(key)?;
        let request = Request::read(&tab);
        tab.done();
        request
    };
    let update = request("update");
    let delete = request("delete");
    let find = tab.get("safe").and_then(|node| {
        let Item::List(list) = &node.item else {
            tab.wrong("safe", node, "a list, [[write.NAME.safe]]");
            return None;
        };
        list.iter().filter_map(|n| find_marker(Tab::of(n, tab.at("safe"), errors)?)).next()
    });
    tab.done();
    Some(Write { entity: entity?, kind, its, text, max, create, id, update, delete, find })
}

fn find_marker(tab: Tab<'_>) -> Option<FindMarker> {
    tab.one_of("kind", &[("find_marker", ())])?;
    let ids = tab.table("ids").and_then(|ids| super::stream::read_link(ids, LinkTo::Account));
    let read = tab.table("read").and_then(|read| {
        let texts = read.texts("text");
        let text: Result<Vec<Path>, String> = texts.iter().map(|t| Path::parse(t)).collect();
        if let Err(why) = &text {
            read.errors.add(read.line, read.at("text"), why);
        }
        let found = (
            Request::read(&read)?,
            read.number("chunk").unwrap_or(100).max(1) as usize,
            super::need_path(&read, "rows")?,
            super::need_path(&read, "id")?,
            text.ok()?,
        );
        read.done();
        Some(found)
    });
    tab.done();
    let (read, chunk, rows, id, text) = read?;
    Some(FindMarker { ids: ids?, read, chunk, rows, id, text })
}
