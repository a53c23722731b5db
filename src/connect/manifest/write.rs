//! What may be written back: notes, tasks, calls, meetings, mail; and how ours are found again.
//!
//! Decides the requests; whether a write is safe to repeat is decided by the outbox.

use super::found::Asks;
use super::{Errors, Item, Link, LinkTo, Node, Paged, Request, Tab};
use crate::book::row::Entity;
use crate::connect::html;
use crate::connect::path::Path;
use crate::connect::types::TextLimit;
use serde_json::Value as Json;

/// How a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TextKind {
    #[default]
    Plain,
    /// Escaped, line breaks as `<br>`.
    Html,
    /// Escaped, each line a `<p>`.
    Paragraphs,
}

impl TextKind {
    /// A plain text as it is sent.
    pub fn send(self, plain: &str) -> String {
        match self {
            Self::Plain => plain.to_owned(),
            Self::Html => html::from_plain(plain),
            Self::Paragraphs => html::paragraphs(plain),
        }
    }

    /// A text as it was sent, plain again.
    pub fn receive(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Html | Self::Paragraphs => html::to_plain(text),
        }
    }
}

/// One kind of record that may be written.
#[derive(Debug)]
pub(crate) struct Write {
    pub entity: Entity,
    /// `call`, `meeting`, `mail` for touches.
    pub kind: Option<String>,
    pub its: Json,
    /// What must be known of the source before it is sent.
    pub asks: Asks,
    pub text: TextKind,
    /// The longest text, in characters as they are sent.
    pub max: Option<usize>,
    pub create: Option<Request>,
    /// Where the answer names the new record.
    pub id: Option<IdFrom>,
    pub update: Option<Request>,
    pub delete: Option<Request>,
    pub find: Option<Find>,
}

/// Where the id of a new record stands.
#[derive(Debug)]
pub(crate) enum IdFrom {
    Body(Path),
    /// In brackets at the end of a header's address, else its last step: `OData-EntityId: .../annotations(ID)`.
    Header(String),
    /// It is the one that we chose, `{{ own_id }}`.
    Own,
}

/// Finding our mark by listing what is linked to an account: never by a search index, which lags.
#[derive(Debug)]
pub(crate) struct Find {
    pub how: FindHow,
    pub id: Path,
    pub text: Vec<Path>,
}

#[derive(Debug)]
pub(crate) enum FindHow {
    /// Ids linked to the account, then the records by batch.
    Batch { ids: Box<Link>, read: Request, chunk: usize, rows: Path },
    /// A list of the records themselves, page by page.
    List(Box<Paged>),
    /// The record under the id that we chose.
    OwnId(Request),
}

impl Find {
    /// Whether it is the record under our own id.
    pub fn by_own_id(&self) -> bool {
        matches!(self.how, FindHow::OwnId(_))
    }
}

impl super::Manifest {
    /// How long the text of a record may be where it is written.
    pub fn text_limit(&self, entity: Entity, kind: Option<&str>) -> TextLimit {
        let write = self.writes.iter().find(|write| write.entity == entity && write.kind.as_deref() == kind);
        write.map_or_else(TextLimit::default, |write| TextLimit { kind: write.text, max: write.max })
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
        let kinds = [
            ("plain", TextKind::Plain),
            ("html", TextKind::Html),
            ("paragraphs", TextKind::Paragraphs),
            // Markdown keeps what it does not know as it stands: nothing is escaped, so that it reads the same.
            ("markdown", TextKind::Plain),
        ];
        text = table.one_of("kind", &kinds).unwrap_or(text);
        max = table.number("max").map(|n| n as usize);
        table.done();
    }
    let mut id = None;
    let create = tab.table("create").and_then(|create| {
        let request = Request::read(&create);
        id = id_from(&create);
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
        list.iter().filter_map(|n| find(Tab::of(n, tab.at("safe"), errors)?)).next()
    });
    tab.done();
    Some(Write { entity: entity?, kind, its, asks: Asks::default(), text, max, create, id, update, delete, find })
}

fn id_from(create: &Tab<'_>) -> Option<IdFrom> {
    match create.get("id").map(|n| &n.item) {
        Some(Item::Text(text)) if text == "own" => Some(IdFrom::Own),
        Some(Item::Text(text)) if text.starts_with("header:") => {
            create.text("id").and_then(|text| text.strip_prefix("header:").map(str::to_owned)).map(IdFrom::Header)
        }
        _ => super::need_path(create, "id").map(IdFrom::Body),
    }
}

fn find(tab: Tab<'_>) -> Option<Find> {
    #[derive(Clone, Copy)]
    enum K {
        Marker,
        OwnId,
    }
    let kind = tab.one_of("kind", &[("find_marker", K::Marker), ("own_id", K::OwnId)])?;
    let found = match (kind, tab.get("list").is_some()) {
        (K::OwnId, _) => {
            let request = tab.table("read").and_then(|one| {
                let request = Request::read(&one);
                one.done();
                request
            });
            (FindHow::OwnId(request?), super::need_path(&tab, "id")?, texts(&tab)?)
        }
        (K::Marker, true) => {
            let paged = tab.table("list").and_then(|one| {
                let paged = Paged::read(&one);
                one.done();
                paged
            });
            (FindHow::List(Box::new(paged?)), super::need_path(&tab, "id")?, texts(&tab)?)
        }
        (K::Marker, false) => {
            let ids = tab.table("ids").and_then(|ids| super::stream::read_link(ids, LinkTo::Account));
            let read = tab.table("read")?;
            let found = (
                Request::read(&read),
                read.number("chunk").unwrap_or(100).max(1) as usize,
                super::need_path(&read, "rows"),
                super::need_path(&read, "id"),
                texts(&read),
            );
            read.done();
            let how = FindHow::Batch { ids: Box::new(ids?), read: found.0?, chunk: found.1, rows: found.2? };
            (how, found.3?, found.4?)
        }
    };
    tab.done();
    let (how, id, text) = found;
    Some(Find { how, id, text })
}

fn texts(tab: &Tab<'_>) -> Option<Vec<Path>> {
    let texts: Result<Vec<Path>, String> = tab.texts("text").iter().map(|t| Path::parse(t)).collect();
    texts.map_err(|why| tab.errors.add(tab.line, tab.at("text"), why)).ok()
}
