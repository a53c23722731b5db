//! What is found out about a source before rows are read: who the token is, which fields there are, small tables.
//!
//! Decides which fields are asked for: the mapped ones that are described. Each question is asked once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::error::{ConnectError, ErrorClass};
use super::formula::{plain_text, to_mj};
use super::manifest::{Found, FoundRead, Paged, ReadValue, Stream, highest};
use super::mapper::Table;
use super::page::{Seen, Walk, holds};
use super::source::{Fields, Source};
use super::types::{Described, DescribedField, Mapped, Me};
use crate::book::row::Entity;

impl Source {
    /// The sign-in test, and what is kept of its answer. Asked once; a connector without such a call gives an empty one.
    pub async fn me(&self) -> Result<Me, ConnectError> {
        self.me.get_or_try_init(|| self.ask_me()).await.cloned()
    }

    async fn ask_me(&self) -> Result<Me, ConnectError> {
        let Some(spec) = &self.manifest.me else { return Ok(Me::default()) };
        let mut context = self.ground();
        // What needs to know whose token it is can't be asked before.
        let first = self.manifest.found.iter().filter(|question| !question.asks.me);
        let names = first.map(|question| question.name.clone()).filter(|name| spec.asks.found.contains(name)).collect();
        // Boxed: a question may ask who we are.
        context["found"] = Box::pin(self.found(&names)).await?;
        let answer = self.read_with(&spec.request, &context, "signing in").await?;
        let must = spec.must.find(&answer.json);
        if must.is_none_or(|v| v.is_null() || v == &Json::Bool(false)) {
            return Err(ConnectError::SignIn {
                at: self.client.at.clone(),
                name: self.client.name.clone(),
                because: format!("the answer names nobody: {} is missing", spec.must.text()),
            });
        }
        let mut kept = keep(&spec.keep, &answer.json, &self.settings);
        context["me"] = json!(kept);
        if let Some((request, paths)) = &spec.also
            && let Ok(answer) = self.read_with(request, &context, "asking whose token this is").await
        {
            kept.extend(keep(paths, &answer.json, &self.settings));
        }
        Ok(Me { kept })
    }

    /// What the source says of the records of all streams of an entity, and which mapped fields are absent there.
    pub async fn describe(&self, entity: Entity) -> Result<Described, ConnectError> {
        let mut described = Described::default();
        for stream in self.manifest.streams.iter().filter(|s| s.entity == entity) {
            let mut one = self.describe_one(stream).await?;
            described.fields.append(&mut one.fields);
            described.mapped.append(&mut one.mapped);
        }
        Ok(described)
    }

    /// The same of one stream.
    pub async fn describe_stream(&self, name: &str) -> Result<Described, ConnectError> {
        match self.manifest.stream(name) {
            Some(stream) => self.describe_one(stream).await,
            None => Ok(Described::default()),
        }
    }

    async fn describe_one(&self, stream: &Stream) -> Result<Described, ConnectError> {
        let mut described = Described::default();
        {
            let fields = self.described(stream).await?;
            let names: BTreeSet<&str> = fields.iter().flat_map(|f| f.iter()).map(|f| f.name.as_str()).collect();
            let under = stream.describe.as_ref().map_or("", |d| d.under.as_str());
            for (field, map) in &stream.map {
                let absent: Vec<String> = match &fields {
                    Some(_) => asked(stream, map.names_under(under))
                        .into_iter()
                        .map(|(_, name)| name)
                        .filter(|name| !names.contains(name.as_str()))
                        .collect(),
                    None => Vec::new(),
                };
                let like =
                    absent.iter().flat_map(|n| near(n, fields.as_deref().map_or(&[], |f| f.as_slice()))).collect();
                described.mapped.push(Mapped { field: field.clone(), reads: map.text(), absent, like });
            }
            described.fields.extend(fields.iter().flat_map(|f| f.iter().cloned()));
        }
        Ok(described)
    }

    /// The described fields of a stream, asked once; `None` where the source has no such call or forbids it.
    pub(super) async fn described(&self, stream: &Stream) -> Result<Fields, ConnectError> {
        let cell = {
            let mut cells = self.described.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(cells.entry(stream.name.clone()).or_default())
        };
        cell.get_or_try_init(|| async {
            let Some(spec) = &stream.describe else { return Ok(None) };
            let context = self.context(stream, json!({})).await?;
            let answer = match self
                .read_with(&spec.request, &context, &format!("describing {}", stream.entity.plural()))
                .await
            {
                Ok(answer) => answer,
                // Without the right to describe, everything mapped is asked for, as it stands.
                Err(error) if error.class() == ErrorClass::Forbidden => return Ok(None),
                Err(error) => return Err(error),
            };
            let rows: Vec<Json> = match spec.rows.find(&answer.json) {
                Some(Json::Array(list)) => list.clone(),
                // Fields by name.
                Some(Json::Object(map)) => {
                    map.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
                }
                _ => {
                    let why = format!("the answer has no list at {:?}", spec.rows.text());
                    return Err(self.invalid("describing", why));
                }
            };
            let label = |row: &Json| {
                let found = spec.label.as_ref().and_then(|path| path.find(row))?;
                Some(crate::text::clean_line(&plain_text(found)))
            };
            let mut fields = Vec::with_capacity(rows.len());
            for row in &rows {
                let Ok(Some(name)) = spec.name.eval(row, &|| to_mj(row)) else { continue };
                let name = plain_text(&name);
                // A reference goes by two names: its own, and that of the record behind it.
                let relation = spec.relation.as_ref().and_then(|path| path.find(row)).map(plain_text);
                if let Some(relation) = relation.filter(|relation| !relation.is_empty() && *relation != name) {
                    fields.push(DescribedField { name: relation, label: None });
                }
                fields.push(DescribedField { name, label: label(row) });
            }
            Ok(Some(Arc::new(fields)))
        })
        .await
        .cloned()
    }

    /// Forgets what was described: a field is gone.
    pub(super) fn forget_described(&self, stream: &Stream) {
        self.described.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&stream.name);
    }

    /// The names to ask for, and the mapped fields that are not there (`arr (properties.annual_value)`).
    pub(super) async fn select(&self, stream: &Stream) -> Result<(Vec<String>, Vec<String>), ConnectError> {
        let described = self.described(stream).await?;
        let under = stream.describe.as_ref().map_or("", |d| d.under.as_str());
        let there = |name: &str| described.as_ref().is_none_or(|fields| fields.iter().any(|f| f.name == name));
        let mut wanted = BTreeSet::new();
        let mut absent = Vec::new();
        for (field, map) in &stream.map {
            let names = asked(stream, map.names_under(under));
            // Ids that were merged away are no field of ours that anybody would miss.
            if field != "merged" && !names.is_empty() && !names.iter().any(|(_, name)| there(name)) {
                absent.push(format!("{field} ({})", map.text()));
            }
            wanted.extend(names);
        }
        if let Some(only) = self.only.get(&stream.entity) {
            wanted.extend(asked(stream, only.names_under(under)));
        }
        let mut names: Vec<String> = wanted.into_iter().filter(|(_, name)| there(name)).map(|(ask, _)| ask).collect();
        names.dedup();
        Ok((names, absent))
    }

    /// The answers to questions of the connector, each asked once, when something first needs it.
    pub(super) async fn found(&self, names: &BTreeSet<String>) -> Result<Json, ConnectError> {
        let mut found = json!({});
        for question in self.manifest.found.iter().filter(|question| names.contains(&question.name)) {
            let cell = {
                let mut cells = self.found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                Arc::clone(cells.entry(question.name.clone()).or_default())
            };
            let answer = cell.get_or_try_init(|| self.ask_when(question, &found)).await?.clone();
            found[&question.name] = answer;
        }
        Ok(found)
    }

    /// What has been answered until now.
    pub(super) fn found_yet(&self) -> Json {
        let cells = self.found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        cells.iter().filter_map(|(name, cell)| Some((name.clone(), cell.get()?.clone()))).collect()
    }

    /// A question, where its condition holds; what it needs itself is in `known`.
    async fn ask_when(&self, question: &Found, known: &Json) -> Result<Json, ConnectError> {
        let mut context = self.ground();
        let me = if question.asks.me { self.me().await? } else { Me::default() };
        (context["me"], context["found"]) = (json!(me.kept), known.clone());
        let instead = question.otherwise.clone().unwrap_or_default();
        if !holds(question.when.as_ref(), &to_mj(&context)) {
            return Ok(instead);
        }
        Ok(self.ask_one(question, &context).await?.unwrap_or(instead))
    }

    /// One question; `None` where it is refused and the connector says what stands in.
    async fn ask_one(&self, question: &Found, context: &Json) -> Result<Option<Json>, ConnectError> {
        let doing = format!("asking for its {}", question.name.replace('_', " "));
        let answer = match self.read_with(&question.request, context, &doing).await {
            Ok(answer) => answer,
            Err(error)
                if question.otherwise.is_some()
                    && matches!(error.class(), ErrorClass::Forbidden | ErrorClass::Invalid) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let read = match &question.read {
            FoundRead::Value(read) => {
                read.eval(&answer.json, &|| to_mj(&answer.json)).map_err(|why| self.invalid(&doing, why))?
            }
            FoundRead::Highest { versions, tested } => highest(&versions.all(&answer.json), tested).map(Json::String),
        };
        match read.filter(|json| !json.is_null()) {
            None if question.otherwise.is_none() => Err(self.invalid(&doing, "its answer does not say".to_owned())),
            read => Ok(read),
        }
    }

    /// A table, read once.
    pub(super) async fn table(&self, name: &str) -> Result<Arc<Table>, ConnectError> {
        let cell = {
            let mut cells = self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(cells.entry(name.to_owned()).or_default())
        };
        cell.get_or_try_init(|| self.read_table(name)).await.cloned()
    }

    async fn read_table(&self, name: &str) -> Result<Arc<Table>, ConnectError> {
        let mut table = Table::new();
        let Some(spec) = self.manifest.tables.get(name) else { return Ok(Arc::new(table)) };
        let context = self.context_of(&spec.asks, &Json::Null, json!({})).await?;
        let doing = format!("reading the table {name}");
        for record in self.read_all(&spec.pull, &context, &doing).await? {
            let inner: Vec<Json> = match &spec.each {
                None => vec![record.clone()],
                Some(each) => each
                    .find(&record)
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten()
                    .map(|item| {
                        let mut item = item.clone();
                        if item.is_object() {
                            item["parent"] = record.clone();
                        }
                        item
                    })
                    .collect(),
            };
            for row in inner {
                let mj = || to_mj(&row);
                let Ok(Some(key)) = spec.key.eval(&row, &mj) else { continue };
                let columns = spec
                    .show
                    .iter()
                    .filter_map(|(column, read)| Some((column.clone(), read.eval(&row, &mj).ok()??)))
                    .collect();
                table.insert(plain_text(&key), columns);
            }
        }
        Ok(Arc::new(table))
    }

    /// Reads all pages of a small list.
    pub(super) async fn read_all(&self, paged: &Paged, context: &Json, doing: &str) -> Result<Vec<Json>, ConnectError> {
        let mut all = Vec::new();
        let mut walk = Walk::default();
        loop {
            let built = self.page(paged, &walk, context, doing)?;
            let mut answer = self.read(&built, context, doing).await?;
            let (rows, count) = paged.take(&mut answer).map_err(|why| self.invalid(doing, why))?;
            let seen = Seen::of(&answer, rows.last(), count);
            let on = walk.after(&paged.next, &seen).map_err(|why| self.invalid(doing, why))?;
            all.extend(rows);
            match on {
                Some(on) => walk = on,
                None => return Ok(all),
            }
        }
    }
}

/// The names to ask for, each with the name that must be described, of the steps of paths below the fields.
fn asked(stream: &Stream, steps: Vec<Vec<String>>) -> Vec<(String, String)> {
    let plain = |steps: &Vec<String>| {
        let first = steps.first().cloned().unwrap_or_default();
        (first.clone(), first)
    };
    steps.iter().map(|steps| stream.describe.as_ref().map_or_else(|| plain(steps), |d| d.names(steps))).collect()
}

/// What is kept of an answer. A formula sees the settings too; one that has no value keeps nothing.
fn keep(reads: &BTreeMap<String, ReadValue>, answer: &Json, settings: &Json) -> BTreeMap<String, String> {
    let record = || {
        let mut seen = answer.clone();
        if let Some(map) = seen.as_object_mut() {
            map.entry("settings").or_insert_with(|| settings.clone());
        }
        to_mj(&seen)
    };
    reads
        .iter()
        .filter_map(|(key, read)| {
            let text = crate::text::clean_line(&plain_text(&read.eval(answer, &record).ok()??));
            (!text.is_empty()).then(|| (key.clone(), text))
        })
        .collect()
}

/// Up to three described names that share words with a name that isn't there.
pub fn near(name: &str, fields: &[DescribedField]) -> Vec<String> {
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).map(str::to_owned).collect()
    };
    let wanted = words(name);
    let mut scored: Vec<(usize, &str)> = fields
        .iter()
        .map(|field| {
            let mut there = words(&field.name);
            there.extend(field.label.iter().flat_map(|l| words(l)));
            (
                wanted
                    .iter()
                    .filter(|w| there.iter().any(|t| t.contains(w.as_str()) || w.contains(t.as_str())))
                    .count(),
                field.name.as_str(),
            )
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}
