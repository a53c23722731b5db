//! What a request looks like: method, address, query, headers, body. Bodies are tables, serialised by us.
//!
//! Decides how TOML becomes a request; it must not send it. A request may also be a call of a named wrapper
//! ([`Calls`]), where a whole protocol wraps every question in the same envelope.

use std::collections::BTreeMap;

use minijinja::value::Value as Mj;
use serde_json::Value as Json;

use super::language::LanguageText;
use super::{Errors, Item, Node, Tab};
use crate::connect::formula::{Formula, Template, plain_text, to_mj};
use crate::connect::path::Path;

/// The HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

/// A compiled request: one of its own, or a call of a named wrapper with values.
// There are a few dozen of them, made once: no box is worth it.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub(crate) enum Request {
    Own(OwnRequest),
    Call { name: String, with: Leaf },
}

/// A request that stands for itself.
#[derive(Debug)]
pub(crate) struct OwnRequest {
    pub method: Method,
    pub path: Template,
    /// It asks this machine, not the source.
    pub local: Option<LocalSpec>,
    pub query: Vec<(String, Leaf)>,
    pub headers: Vec<(String, Leaf)>,
    pub body: Option<Body>,
}

/// What is read on this machine instead of asking the source.
#[derive(Debug)]
pub(crate) enum LocalSpec {
    File(Template),
    /// A program and its arguments.
    Program(Vec<Template>),
}

#[derive(Debug)]
pub(crate) enum Body {
    Json(Leaf),
    Form(Vec<(String, Leaf)>),
}

/// Wrappers by name: each several ways, of which the first whose `when` holds is used.
pub(crate) type Calls = BTreeMap<String, Vec<CallWay>>;

/// One way to make a wrapped call.
#[derive(Debug)]
pub(crate) struct CallWay {
    pub when: Option<Formula>,
    pub request: OwnRequest,
    /// Where the answer proper stands in what comes back.
    pub answer: Path,
}

/// A value to send.
#[derive(Debug)]
pub(crate) enum Leaf {
    Fixed(Json),
    Text(Template),
    /// A text of a query language, whose values are quoted as its literals.
    Language(LanguageText),
    /// A table sent as one JSON text.
    JsonIn(Box<Leaf>),
    List(Vec<Leaf>),
    /// Keys whose value is missing are left out.
    Table(Vec<(String, Leaf)>),
    /// An entry of a list that is repeated for every `item` of a list.
    ForEach {
        list: Template,
        entry: Vec<(String, Leaf)>,
    },
}

const METHODS: [(&str, Method); 5] = [
    ("get", Method::Get),
    ("post", Method::Post),
    ("patch", Method::Patch),
    ("put", Method::Put),
    ("delete", Method::Delete),
];

impl Request {
    /// Reads the request keys of a table that may hold others too.
    pub fn read(tab: &Tab<'_>) -> Option<Self> {
        let Some(call) = tab.get("call") else { return OwnRequest::read(tab).map(Self::Own) };
        let list = Tab::of(call, tab.at("call"), tab.errors)?;
        let name = list.need("use")?;
        let with = list
            .all()
            .iter()
            .filter(|(key, _)| key != "use")
            .filter_map(|(key, node)| Some((key.clone(), Leaf::read(node, &list.at(key), tab)?)))
            .collect();
        Some(Self::Call { name, with: Leaf::Table(with) })
    }
}

/// Reads `calls`.
pub(super) fn read_calls(tab: &Tab<'_>) -> Calls {
    let mut calls = Calls::new();
    let Some(list) = tab.table("calls") else { return calls };
    for (name, node) in list.all() {
        let Some(one) = Tab::of(node, list.at(name), list.errors) else { continue };
        let ways = match one.get("try").map(|n| &n.item) {
            Some(Item::List(ways)) => {
                let at = one.at("try");
                ways.iter().filter_map(|n| read_way(n, &at, one.errors)).collect()
            }
            Some(_) => {
                one.errors.add(one.line, one.at("try"), "a list of ways is expected here");
                Vec::new()
            }
            None => read_way(node, &list.at(name), list.errors).into_iter().collect(),
        };
        if one.get("try").is_some() {
            one.done();
        }
        calls.insert(name.clone(), ways);
    }
    calls
}

fn read_way(node: &Node, at: &str, errors: &Errors) -> Option<CallWay> {
    let tab = Tab::of(node, at, errors)?;
    let when = super::formula(&tab, "when");
    let request = OwnRequest::read(&tab);
    let answer = if tab.get("answer").is_some() { super::path(&tab, "answer") } else { Path::parse("").ok() };
    tab.done();
    Some(CallWay { when, request: request?, answer: answer? })
}

impl OwnRequest {
    fn read(tab: &Tab<'_>) -> Option<Self> {
        if tab.get("file").is_some() || tab.get("run").is_some() {
            return Self::local(tab);
        }
        let mut found = METHODS.iter().filter_map(|(key, method)| tab.get(key).map(|node| (*key, *method, node)));
        let first = found.next();
        if let Some((key, _, node)) = found.next() {
            tab.errors.add(
                node.line,
                tab.at(key),
                "a request has one method; only one of get, post, patch, put, delete",
            );
        }
        let Some((key, method, _)) = first else {
            tab.errors.add(
                tab.line,
                &tab.path,
                "has no request; one of get, post, patch, put, delete, file, run is needed",
            );
            return None;
        };
        let path = tab.text(key).and_then(|text| super::template(&text, tab, key));
        let query = pairs(tab, "query");
        let headers = pairs(tab, "headers");
        let json = tab.get("json").and_then(|node| Leaf::read(node, &tab.at("json"), tab)).map(Body::Json);
        let form = tab.get("form").is_some().then(|| Body::Form(pairs(tab, "form")));
        if json.is_some() && form.is_some() {
            tab.errors.add(tab.line, tab.at("form"), "a request has one body: json or form");
        }
        Some(Self { method, path: path?, local: None, query, headers, body: json.or(form) })
    }

    /// `file` or `run`. What a program does can't be seen in its name: one may be run only by a connector that comes with
    /// Rounds, or by what people wrote into their own `config.toml`, as any `token_command`.
    fn local(tab: &Tab<'_>) -> Option<Self> {
        let local = match (tab.get("file"), tab.get("run")) {
            (Some(_), Some(node)) => {
                tab.errors.add(
                    node.line,
                    tab.at("run"),
                    "a request reads a file or runs a program; only one of file, run",
                );
                return None;
            }
            (_, Some(node)) if !tab.errors.is_own(node.line) => {
                tab.errors.add(
                    node.line,
                    tab.at("run"),
                    "a connector file can't run a program; write this stream into config.toml, under [source.NAME.with.streams]",
                );
                return None;
            }
            (_, Some(node)) => {
                let Item::List(list) = &node.item else {
                    tab.wrong("run", node, "a list: the program and its arguments");
                    return None;
                };
                let words: Option<Vec<Template>> = list
                    .iter()
                    .map(|word| match &word.item {
                        Item::Text(text) => super::template(text, tab, "run"),
                        _ => {
                            tab.wrong("run", word, "a text");
                            None
                        }
                    })
                    .collect();
                LocalSpec::Program(words.filter(|words| !words.is_empty())?)
            }
            (_, None) => LocalSpec::File(tab.text("file").and_then(|text| super::template(&text, tab, "file"))?),
        };
        let path = Template::parse("").ok()?;
        Some(Self { method: Method::Get, path, local: Some(local), query: Vec::new(), headers: Vec::new(), body: None })
    }
}

impl OwnRequest {
    /// Whether some value of it names `name`.
    pub fn mentions(&self, name: &str) -> bool {
        let pairs = |list: &[(String, Leaf)]| list.iter().any(|(_, leaf)| leaf.mentions(name));
        let local = match &self.local {
            Some(LocalSpec::File(file)) => file.mentions(name),
            Some(LocalSpec::Program(words)) => words.iter().any(|word| word.mentions(name)),
            None => false,
        };
        local
            || self.path.mentions(name)
            || pairs(&self.query)
            || pairs(&self.headers)
            || match &self.body {
                Some(Body::Json(leaf)) => leaf.mentions(name),
                Some(Body::Form(list)) => pairs(list),
                None => false,
            }
    }
}

fn pairs(tab: &Tab<'_>, key: &'static str) -> Vec<(String, Leaf)> {
    let Some(table) = tab.table(key) else { return Vec::new() };
    table
        .all()
        .iter()
        .filter_map(|(name, node)| Some((name.clone(), Leaf::read(node, &table.at(name), tab)?)))
        .collect()
}

impl Leaf {
    fn read(node: &Node, at: &str, tab: &Tab<'_>) -> Option<Self> {
        Some(match &node.item {
            Item::Text(text) => match Template::parse(text) {
                Ok(Template::Fixed(json)) => Self::Fixed(json),
                Ok(template) => Self::Text(template),
                Err(why) => {
                    tab.errors.add(node.line, at, why);
                    return None;
                }
            },
            Item::Int(n) => Self::Fixed(Json::from(*n)),
            Item::Float(n) => Self::Fixed(Json::from(*n)),
            Item::Bool(b) => Self::Fixed(Json::from(*b)),
            Item::List(list) => Self::List(list.iter().filter_map(|n| Self::read(n, at, tab)).collect()),
            Item::Table(entries) if entries.iter().any(|(k, _)| k == "language") => {
                Self::Language(LanguageText::read(node, at, tab.errors)?)
            }
            Item::Table(entries) if entries.len() == 1 && entries[0].0 == "json_in" => {
                Self::JsonIn(Box::new(Self::read(&entries[0].1, &format!("{at}.json_in"), tab)?))
            }
            Item::Table(entries) => {
                let each = entries.iter().find(|(k, _)| k == "for_each");
                let entry = entries
                    .iter()
                    .filter(|(k, _)| k != "for_each")
                    .filter_map(|(k, n)| Some((k.clone(), Self::read(n, &format!("{at}.{k}"), tab)?)))
                    .collect();
                match each {
                    None => Self::Table(entry),
                    Some((_, Node { item: Item::Text(text), line })) => match Template::parse(text) {
                        Ok(list) => Self::ForEach { list, entry },
                        Err(why) => {
                            tab.errors.add(*line, at, why);
                            return None;
                        }
                    },
                    Some((_, node)) => {
                        tab.wrong("for_each", node, "a text such as \"{{ people }}\"");
                        return None;
                    }
                }
            }
        })
    }

    fn mentions(&self, name: &str) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Text(template) => template.mentions(name),
            Self::Language(text) => text.mentions(name),
            Self::JsonIn(leaf) => leaf.mentions(name),
            Self::List(list) => list.iter().any(|leaf| leaf.mentions(name)),
            Self::Table(entries) => entries.iter().any(|(_, leaf)| leaf.mentions(name)),
            Self::ForEach { list, entry } => list.mentions(name) || entry.iter().any(|(_, leaf)| leaf.mentions(name)),
        }
    }

    /// The value in this context; `None` when it is nothing but one missing value.
    pub fn eval(&self, context: &Json, mj: &Mj) -> Result<Option<Json>, String> {
        match self {
            Self::Fixed(json) => Ok(Some(json.clone())),
            Self::Text(template) => template.eval(mj),
            Self::Language(text) => text.text(mj).map(|text| Some(Json::String(text))),
            Self::JsonIn(leaf) => Ok(leaf.eval(context, mj)?.map(|json| Json::String(json.to_string()))),
            Self::List(list) => {
                let mut out = Vec::new();
                for item in list {
                    match item {
                        Self::ForEach { list, entry } => {
                            let Some(Json::Array(items)) = list.eval(mj)? else { continue };
                            for each in items {
                                let mut inner = context.clone();
                                inner["item"] = each;
                                let inner_mj = to_mj(&inner);
                                out.push(table(entry, &inner, &inner_mj)?);
                            }
                        }
                        other => out.extend(other.eval(context, mj)?),
                    }
                }
                Ok(Some(Json::Array(out)))
            }
            Self::Table(entries) => table(entries, context, mj).map(Some),
            Self::ForEach { .. } => Err("for_each stands only inside a list".to_owned()),
        }
    }

    /// The values as texts for a query or form: a list repeats its key, empty ones are left out.
    pub fn texts(&self, context: &Json, mj: &Mj) -> Result<Vec<String>, String> {
        Ok(match self.eval(context, mj)? {
            None => Vec::new(),
            Some(Json::Array(list)) => list.iter().map(plain_text).collect(),
            Some(one) => Some(plain_text(&one)).filter(|text| !text.is_empty()).into_iter().collect(),
        })
    }
}

fn table(entries: &[(String, Leaf)], context: &Json, mj: &Mj) -> Result<Json, String> {
    let mut map = serde_json::Map::new();
    for (key, send) in entries {
        if let Some(value) = send.eval(context, mj)? {
            map.insert(key.clone(), value);
        }
    }
    Ok(Json::Object(map))
}
