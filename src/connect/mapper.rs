//! A record of the source becomes a neutral row, by the stream's map.
//!
//! Decides which value fills which field; counts what could not be read. It sends nothing.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use minijinja::value::{Value as Mj, merge_maps};
use serde_json::Value as Json;

use super::convert::{Reading, apply, convert, instant, is_empty};
use super::formula::{plain_text, to_mj};
use super::manifest::{Choice, History, ReadValue, Stream};
use super::path::Path;
use crate::book::row::{Entity, Field, Kind, Past, Row, Value, fields};
use crate::text::clean_line;

/// Key → column → value.
pub(crate) type Table = HashMap<String, BTreeMap<String, Json>>;

/// Maps the records of one stream.
pub(crate) struct Mapper<'a> {
    pub stream: &'a Stream,
    pub reading: Reading<'a>,
    pub tables: BTreeMap<String, Arc<Table>>,
    pub only: Option<&'a ReadValue>,
    /// What formulas see besides the record: `settings` and `me`.
    pub ground: Mj,
    /// Rows of a pull of what is gone.
    pub gone: bool,
}

/// What could not be read: field → (how often, an example, its record).
#[derive(Debug, Default)]
pub(crate) struct Problems {
    counted: BTreeMap<String, (u64, String, String)>,
    pub records: u64,
}

impl Problems {
    pub fn add(&mut self, field: &str, why: String, id: &str) {
        self.counted.entry(field.to_owned()).or_insert_with(|| (0, why, id.to_owned())).0 += 1;
    }

    /// `arr: "12,5" is not a number; 3 of 100 records; example id 5011`
    pub fn lines(&self) -> Vec<String> {
        self.counted
            .iter()
            .map(|(field, (n, why, id))| format!("{field}: {why}; {n} of {} records; example id {id}", self.records))
            .collect()
    }
}

impl Mapper<'_> {
    /// What formulas see: the record, and what is known besides under names that it does not have.
    fn seen(&self, record: &Json) -> Mj {
        merge_maps([to_mj(record), self.ground.clone()])
    }

    /// When a record last changed, where it says so.
    pub fn changed(&self, record: &Json) -> Option<jiff::Timestamp> {
        let json = self.value("changed", record, &|| self.seen(record)).ok().flatten()?;
        instant(&plain_text(&json))
    }

    /// The rows of a record: one, or one per metric where the stream says so.
    pub fn rows(&self, record: &Json, problems: &mut Problems, out: &mut Vec<Row>) {
        problems.records += 1;
        let converted = OnceCell::new();
        let mj = || converted.get_or_init(|| self.seen(record)).clone();
        if self.stream.entity == Entity::Usage {
            self.usage(record, &mj, problems, out);
            return;
        }
        let id = match self.value("id", record, &mj) {
            Ok(Some(json)) => clean_line(&plain_text(&json)),
            Ok(None) | Err(_) => {
                problems.add("id", "is missing, so the record is left out".to_owned(), "unknown");
                return;
            }
        };
        let mut row = Row::new(self.stream.entity, id);
        row.gone = self.gone || self.flag("gone", record, &mj);
        // The winner of a merge may never tell of it: the loser does.
        row.into = self.ids("into", record, &mj).into_iter().next();
        row.gone |= !self.wanted(record, &mj) || row.into.is_some();
        row.changed = self.value("changed", record, &mj).ok().flatten().and_then(|json| instant(&plain_text(&json)));
        // What is gone is known by its id. A customer who was archived is not: what they paid belongs to the figures of
        // the time before.
        if row.gone && !(self.archived_account() && self.wanted(record, &mj)) {
            out.push(row);
            return;
        }
        row.accounts = self.ids("account", record, &mj);
        row.people = self.ids("people", record, &mj);
        row.merged = self.ids("merged", record, &mj);
        for Field { name, kind } in fields(self.stream.entity) {
            match self.field(name, *kind, record, &mj) {
                Ok(Some(value)) => {
                    row.fields.insert((*name).to_owned(), value);
                }
                Ok(None) => {}
                Err(why) => problems.add(name, why, &row.id),
            }
        }
        if let Some(history) = &self.stream.history {
            row.history = self.history(history, record);
        }
        out.push(row);
    }

    /// A pull of accounts that were archived.
    fn archived_account(&self) -> bool {
        self.gone && self.stream.entity == Entity::Account
    }

    /// Whether it is one of those that the settings ask for.
    fn wanted(&self, record: &Json, mj: &dyn Fn() -> Mj) -> bool {
        self.only.is_none_or(|only| truthy(only.eval(record, mj).ok().flatten()))
    }

    fn field(&self, name: &str, kind: Kind, record: &Json, mj: &dyn Fn() -> Mj) -> Result<Option<Value>, String> {
        match self.value(name, record, mj)? {
            Some(json) => convert(name, kind, &json, &self.reading),
            None => Ok(None),
        }
    }

    fn flag(&self, name: &str, record: &Json, mj: &dyn Fn() -> Mj) -> bool {
        self.stream.map.contains_key(name) && truthy(self.value(name, record, mj).ok().flatten())
    }

    fn ids(&self, name: &str, record: &Json, mj: &dyn Fn() -> Mj) -> Vec<String> {
        let mut ids = Vec::new();
        if let Ok(Some(json)) = self.value(name, record, mj)
            && let Ok(Some(Value::List(list))) = convert(name, Kind::List, &json, &self.reading)
        {
            for id in list {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        ids
    }

    /// The raw value of a field: the first choice that isn't empty, looked up and translated.
    fn value(&self, name: &str, record: &Json, mj: &dyn Fn() -> Mj) -> Result<Option<Json>, String> {
        let Some(map) = self.stream.map.get(name) else { return Ok(None) };
        for choice in &map.choices {
            let Some(json) = choice.read.eval(record, mj)? else { continue };
            if is_empty(&json, &self.reading) {
                continue;
            }
            if let Some(json) = self.translate(choice, json) {
                return Ok(Some(json));
            }
        }
        Ok(None)
    }

    fn translate(&self, choice: &Choice, json: Json) -> Option<Json> {
        let json = apply(&choice.converters, json);
        // What a converter left nothing of leaves room for the next choice.
        if is_empty(&json, &self.reading) {
            return None;
        }
        let json = match &choice.table {
            Some((table, show)) => self.tables.get(table)?.get(&plain_text(&json))?.get(show)?.clone(),
            None => json,
        };
        if choice.values.is_empty() && choice.otherwise.is_none() {
            return Some(json);
        }
        match choice.values.get(&plain_text(&json)) {
            Some(value) => Some(value.clone()),
            None => choice.otherwise.clone().or(Some(json)),
        }
    }

    fn history(&self, history: &History, record: &Json) -> Vec<Past> {
        let Some(lists) = history.from.find(record) else { return Vec::new() };
        let mut past = Vec::new();
        for field in &history.fields {
            let Some((choice, name)) = history_name(self.stream, field) else { continue };
            let Some(kind) = fields(self.stream.entity).iter().find(|f| f.name == field).map(|f| f.kind) else {
                continue;
            };
            let Some(Json::Array(list)) = lists.get(&name) else { continue };
            let mut values: Vec<Past> = list
                .iter()
                .filter_map(|entry| {
                    let at = instant(&plain_text(history.at.find(entry)?))?;
                    let raw = history.value.find(entry).cloned().unwrap_or(Json::Null);
                    let json = if is_empty(&raw, &self.reading) { None } else { self.translate(choice, raw) };
                    let value = match json {
                        Some(json) => convert(field, kind, &json, &self.reading).ok()?,
                        None => None,
                    };
                    Some(Past { field: field.clone(), at, value, known: None })
                })
                .collect();
            values.sort_by_key(|p| p.at);
            values.dedup_by(|later, earlier| later.value == earlier.value);
            past.append(&mut values);
        }
        past
    }

    fn usage(&self, record: &Json, mj: &dyn Fn() -> Mj, problems: &mut Problems, out: &mut Vec<Row>) {
        let account = self.value("account", record, mj).ok().flatten().map(|json| clean_line(&plain_text(&json)));
        let Some(account) = account.filter(|a| !a.is_empty()) else {
            problems.add("account", "is missing, so the record is left out".to_owned(), "unknown");
            return;
        };
        let day = match self.field("day", Kind::Day, record, mj) {
            Ok(Some(Value::Day(day))) => day,
            Ok(_) => return problems.add("day", "is missing, so the record is left out".to_owned(), &account),
            Err(why) => return problems.add("day", why, &account),
        };
        let mut push = |metric: &str, value: f64| {
            let mut row = Row::new(Entity::Usage, format!("{account}/{metric}/{day}"));
            row.accounts = vec![account.clone()];
            row.fields.insert("metric".to_owned(), Value::Text(metric.to_owned()));
            row.fields.insert("day".to_owned(), Value::Day(day));
            row.fields.insert("value".to_owned(), Value::Number(value));
            out.push(row);
        };
        let Some(melt) = &self.stream.melt else {
            let metric = self.field("metric", Kind::Text, record, mj);
            match (metric, self.field("value", Kind::Number, record, mj)) {
                (Ok(Some(Value::Text(metric))), Ok(Some(Value::Number(value)))) => push(&metric, value),
                (Err(why), _) => problems.add("metric", why, &account),
                (_, Err(why)) => problems.add("value", why, &account),
                _ => {}
            }
            return;
        };
        for (column, metric) in &melt.columns {
            match record.get(column) {
                None | Some(Json::Null) => {}
                Some(Json::Array(list)) => {
                    for entry in list {
                        let entry = clean_line(&plain_text(entry));
                        if !entry.is_empty() {
                            push(&format!("{metric}:{entry}"), 1.0);
                        }
                    }
                }
                Some(json) => match convert("value", Kind::Number, json, &self.reading) {
                    Ok(Some(Value::Number(value))) => push(metric, value),
                    Ok(_) => {}
                    Err(why) => problems.add(metric, why, &account),
                },
            }
        }
    }
}

/// The described name whose earlier values are a field's: that of its first path.
pub(crate) fn history_name<'a>(stream: &'a Stream, field: &str) -> Option<(&'a Choice, String)> {
    let choice = stream.map.get(field)?.choices.first()?;
    let under = stream.describe.as_ref().map_or("", |d| d.under.as_str());
    match &choice.read {
        ReadValue::Path(path) => Some((choice, (*Path::steps_under(path, under)?.first()?).to_owned())),
        ReadValue::Fixed(_) | ReadValue::Formula(_) | ReadValue::Total(_) => None,
    }
}

fn truthy(json: Option<Json>) -> bool {
    match json {
        None | Some(Json::Null | Json::Bool(false)) => false,
        Some(Json::String(text)) => !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no"),
        Some(Json::Number(n)) => n.as_f64() != Some(0.0),
        Some(Json::Array(list)) => !list.is_empty(),
        Some(_) => true,
    }
}
