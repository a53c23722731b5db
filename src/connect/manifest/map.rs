//! How one field is read from a record: paths, formulas, named converters, tables of values.
//!
//! Decides what a text under `map` means. It must not decide the field's type: the target field knows it.

use std::collections::BTreeMap;

use minijinja::value::Value as Mj;
use serde_json::Value as Json;

use super::{Errors, Item, Node, Tab, Total};
use crate::connect::formula::{Formula, NoValue, to_mj};
use crate::connect::path::Path;

/// Where a value is read: plain text is a path, `= ...` a formula.
#[derive(Debug)]
pub(crate) enum ReadValue {
    Fixed(Json),
    Path(Path),
    Formula(Formula),
    /// Something made of the entries of a list: the sum of recurring amounts, the latest end.
    Total(Box<Total>),
}

impl ReadValue {
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let Some(formula) = text.strip_prefix('=') else { return Path::parse(text).map(Self::Path) };
        let formula = Formula::parse(formula)?;
        if formula.needs().is_empty() {
            return match formula.eval(&to_mj(&Json::Object(serde_json::Map::new()))) {
                Ok(json) => Ok(Self::Fixed(json)),
                Err(NoValue::Undefined) => Ok(Self::Fixed(Json::Null)),
                Err(NoValue::Failed(why)) => Err(why),
            };
        }
        Ok(Self::Formula(formula))
    }

    /// The value in a record; `None` when there is none. A path with `[]` gives a list.
    pub fn eval(&self, record: &Json, mj: &dyn Fn() -> Mj) -> Result<Option<Json>, String> {
        match self {
            Self::Fixed(json) => Ok(Some(json.clone())),
            Self::Path(path) if path.many() => Ok(Some(Json::Array(path.all(record).into_iter().cloned().collect()))),
            Self::Path(path) => Ok(path.find(record).cloned()),
            Self::Formula(formula) => match formula.eval(&mj()) {
                Ok(json) => Ok(Some(json)),
                Err(NoValue::Undefined) => Ok(None),
                Err(NoValue::Failed(why)) => Err(why),
            },
            Self::Total(total) => total.eval(record),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::Fixed(json) => format!("= {json}"),
            Self::Path(path) => path.text().to_owned(),
            Self::Formula(formula) => format!("= {}", formula.text()),
            Self::Total(total) => total.text(),
        }
    }

    /// The described names (right below `under`) that it needs, each as the steps of its path.
    pub fn names_under(&self, under: &str) -> Vec<Vec<String>> {
        let owned = |steps: Vec<&str>| steps.into_iter().map(str::to_owned).collect::<Vec<String>>();
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Path(path) => path.steps_under(under).map(owned).into_iter().collect(),
            Self::Total(total) => total.each().steps_under(under).map(owned).into_iter().collect(),
            Self::Formula(formula) => formula
                .needs()
                .iter()
                .filter_map(|name| {
                    let mut parts = name.split('.');
                    if !under.is_empty() && parts.next() != Some(under) {
                        return None;
                    }
                    let steps: Vec<String> = parts.map(str::to_owned).collect();
                    // What the formula knows besides the record is not asked for.
                    let ours = under.is_empty() && matches!(steps.first().map(String::as_str), Some("settings" | "me"));
                    (!steps.is_empty() && !ours).then_some(steps)
                })
                .collect(),
        }
    }
}

/// A named converter, after `|`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Converter {
    /// The host of an address or mail address, without `www.`.
    Host,
    /// Lower case.
    Lower,
    /// HTML to plain text.
    Plain,
}

const CONVERTERS: [(&str, Converter); 3] =
    [("host", Converter::Host), ("lower", Converter::Lower), ("plain", Converter::Plain)];

/// One place to read a field: converters, then a look-up in a table, then a table of values.
#[derive(Debug)]
pub(crate) struct Choice {
    pub read: ReadValue,
    pub converters: Vec<Converter>,
    /// The table's name and the column shown.
    pub table: Option<(String, String)>,
    pub values: BTreeMap<String, Json>,
    pub otherwise: Option<Json>,
}

impl Choice {
    fn parse(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('=') {
            return Ok(Self::of(ReadValue::parse(text)?, Vec::new()));
        }
        let mut parts = text.split('|');
        let read = ReadValue::parse(parts.next().unwrap_or_default())?;
        let converters = parts
            .map(|name| {
                let name = name.trim();
                CONVERTERS.iter().find(|(n, _)| *n == name).map(|(_, c)| *c).ok_or_else(|| {
                    format!("{name:?} is no converter; allowed: {}", CONVERTERS.map(|(n, _)| n).join(", "))
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self::of(read, converters))
    }

    fn of(read: ReadValue, converters: Vec<Converter>) -> Self {
        Self { read, converters, table: None, values: BTreeMap::new(), otherwise: None }
    }
}

/// How a field is filled: the first choice that isn't empty.
#[derive(Debug)]
pub(crate) struct FieldMap {
    pub choices: Vec<Choice>,
}

impl FieldMap {
    /// Compiles a text, a table with `path`, `values`, `else`, `table`, `show`, or a list of those.
    pub fn read(node: &Node, at: &str, errors: &Errors) -> Option<Self> {
        let mut choices = Vec::new();
        match &node.item {
            Item::List(list) => {
                for node in list {
                    choices.extend(read_choices(node, at, errors)?);
                }
            }
            _ => choices = read_choices(node, at, errors)?,
        }
        Some(Self { choices })
    }

    /// The described names it needs, each as the steps of its path.
    pub fn names_under(&self, under: &str) -> Vec<Vec<String>> {
        self.choices.iter().flat_map(|c| c.read.names_under(under)).collect()
    }

    /// How it was written, for messages.
    pub fn text(&self) -> String {
        self.choices.iter().map(|c| c.read.text()).collect::<Vec<_>>().join(", ")
    }
}

/// One choice, or as many as the `path` of a table has.
fn read_choices(node: &Node, at: &str, errors: &Errors) -> Option<Vec<Choice>> {
    match &node.item {
        Item::Text(text) => Choice::parse(text).map_err(|why| errors.add(node.line, at, why)).ok().map(|c| vec![c]),
        Item::Table(_) => {
            let tab = Tab::of(node, at, errors)?;
            if tab.get("total").is_some() {
                let total = Total::read(&tab);
                tab.done();
                return Some(vec![Choice::of(ReadValue::Total(Box::new(total?)), Vec::new())]);
            }
            if tab.get("path").is_none() {
                errors.add(node.line, tab.at("path"), "is missing: where the value is read");
            }
            let paths = tab.texts("path");
            let mut values = BTreeMap::new();
            if let Some(list) = tab.table("values") {
                for (key, value) in list.all() {
                    match scalar(value) {
                        Some(json) => {
                            values.insert(key.clone(), json);
                        }
                        None => list.wrong(key, value, "a text, a number, true or false"),
                    }
                }
            }
            let otherwise = tab.get("else").and_then(scalar);
            let table = match tab.text("table") {
                Some(table) => Some((table, tab.need("show")?)),
                None => None,
            };
            tab.done();
            paths
                .iter()
                .map(|path| {
                    let choice = Choice::parse(path).map_err(|why| errors.add(node.line, at, why)).ok()?;
                    Some(Choice {
                        table: table.clone(),
                        values: values.clone(),
                        otherwise: otherwise.clone(),
                        ..choice
                    })
                })
                .collect()
        }
        _ => {
            errors.add(
                node.line,
                at,
                "a path, a formula (`= ...`), a table with `path`, or a list of those is expected here",
            );
            None
        }
    }
}

pub(super) fn scalar(node: &Node) -> Option<Json> {
    match &node.item {
        Item::Text(text) => Some(Json::from(text.as_str())),
        Item::Int(n) => Some(Json::from(*n)),
        Item::Float(n) => Some(Json::from(*n)),
        Item::Bool(b) => Some(Json::from(*b)),
        Item::List(_) | Item::Table(_) => None,
    }
}

/// Compiles the path or formula under a key that must be there.
pub(crate) fn read_value_of(tab: &Tab<'_>, key: &'static str) -> Option<ReadValue> {
    let text = tab.need(key)?;
    let line = tab.get(key).map_or(tab.line, |n| n.line);
    ReadValue::parse(&text).map_err(|why| tab.errors.add(line, tab.at(key), why)).ok()
}
