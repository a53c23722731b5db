//! A page of raw values of fields that nobody has mapped yet: what `init` shows before it asks.
//!
//! Decides how a described name is written as a path, and whether its values can be read as one of our fields. It maps
//! and keeps nothing.

use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::convert::{Reading, convert, is_empty};
use super::error::{ConnectError, ErrorClass};
use super::formula::plain_text;
use super::manifest::Stream;
use super::page::Walk;
use super::path::Path;
use super::source::Source;
use super::types::DescribedField;
use crate::book::row::{Entity, fields};
use crate::text::clean_line;

/// How deep keys are looked for in the records of a source that does not describe them.
const DEPTH: usize = 3;

/// What a field holds in the records of one page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The field's name there.
    pub name: String,
    /// The path that a map reads it by.
    pub path: String,
    /// How many records the page had.
    pub rows: usize,
    values: Vec<Json>,
}

impl Sample {
    /// How many of the records have a value.
    pub fn filled(&self) -> usize {
        self.values.len()
    }

    /// All values, cleaned; what is empty then is left out.
    pub fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.values.iter().map(|value| clean_line(&plain_text(value))).filter(|text| !text.is_empty())
    }

    /// The path as it stands in a formula; `None`: no formula can name it.
    pub fn formula(&self) -> Option<&str> {
        in_formula(&self.path).then_some(self.path.as_str())
    }

    /// What reads a year's worth where the field holds a month's, to the cent; `None`: no formula can name it.
    pub fn yearly(&self) -> Option<String> {
        self.formula().map(|path| format!("= ({path} | float * 12) | round(2) if {path} else ''"))
    }

    /// The first different values, cleaned; at most so many.
    pub fn examples(&self, most: usize) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for text in self.texts() {
            if !found.contains(&text) {
                found.push(text);
            }
            if found.len() == most {
                break;
            }
        }
        found
    }
}

impl Source {
    /// The fields of a stream's records: as the source describes them, else those that the records of a first page have.
    pub async fn offered(&self, stream: &str) -> Result<Vec<DescribedField>, ConnectError> {
        let Some(stream) = self.manifest.stream(stream) else { return Ok(Vec::new()) };
        if let Some(fields) = self.described(stream).await? {
            return Ok(fields.to_vec());
        }
        let mut names: Vec<String> = Vec::new();
        for record in self.raw_page(stream, &self.select(stream).await?.0).await? {
            keys(&record, "", DEPTH, &mut names);
        }
        Ok(names.into_iter().map(|name| DescribedField { name, label: None }).collect())
    }

    /// The values of these fields on a first page.
    pub async fn sample(&self, stream: &str, names: &[String]) -> Result<Vec<Sample>, ConnectError> {
        let Some(stream) = self.manifest.stream(stream) else { return Ok(Vec::new()) };
        let described = self.described(stream).await?.is_some();
        let under = stream.describe.as_ref().filter(|_| described).map(|d| d.under.as_str());
        let page = self.raw_page(stream, names).await?;
        let reading = self.plain_reading();
        let sample = |name: &String| {
            let path = path_of(under, name);
            let read = Path::parse(&path).ok();
            let values = page.iter().filter_map(|record| read.as_ref()?.find(record).cloned());
            let values = values.filter(|value| !is_empty(value, &reading)).collect();
            Sample { name: name.clone(), path, rows: page.len(), values }
        };
        Ok(names.iter().map(sample).collect())
    }

    /// Whether the values can be read as a field of ours; else why most of them can't.
    pub fn fits(&self, entity: Entity, field: &str, sample: &Sample) -> Result<(), String> {
        let Some(known) = fields(entity).iter().find(|known| known.name == field) else { return Ok(()) };
        let reading = self.plain_reading();
        let wrong: Vec<String> =
            sample.values.iter().filter_map(|value| convert(field, known.kind, value, &reading).err()).collect();
        match wrong.first() {
            Some(why) if wrong.len() * 2 > sample.values.len() => Err(why.clone()),
            _ => Ok(()),
        }
    }

    /// The first page's rows as they come, asked for with these names, by the first way that is open.
    async fn raw_page(&self, stream: &Stream, names: &[String]) -> Result<Vec<Json>, ConnectError> {
        let doing = format!("looking at {}", stream.entity.plural());
        let fresh = json!({ "fields": names, "history": [], "above_id": "0", "page": 0 });
        let context = self.context(stream, fresh).await?;
        let mut ways = self.ways(stream, &stream.first, None).await?.into_iter().peekable();
        while let Some((_, spec)) = ways.next() {
            let paged = &spec.paged;
            let built = self.page(paged, &Walk::default(), &context, &doing)?;
            let mut answer = match self.read(&built, &context, &doing).await.map_err(ConnectError::from) {
                Ok(answer) => answer,
                Err(error)
                    if ways.peek().is_some()
                        && matches!(error.class(), ErrorClass::Forbidden | ErrorClass::Invalid) =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            return paged.take(&mut answer).map(|(rows, _)| rows).map_err(|why| self.invalid(&doing, why));
        }
        Ok(Vec::new())
    }

    fn plain_reading(&self) -> Reading<'_> {
        Reading {
            empty: &self.manifest.values.empty,
            zone: TimeZone::UTC,
            split: self.manifest.values.split.as_deref(),
        }
    }
}

/// Whether a path can stand in a formula: plain keys alone, each of which could be a name there.
pub fn in_formula(path: &str) -> bool {
    let name = |step: &str| {
        step.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && step.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    !path.is_empty() && path.split('.').all(name)
}

/// A described name as a path; a name that was found in a record is one already.
fn path_of(under: Option<&str>, name: &str) -> String {
    match under {
        None => name.to_owned(),
        Some("") => step(name),
        Some(under) => format!("{under}.{}", step(name)),
    }
}

/// A key as it stands in a path.
fn step(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'));
    if plain && key.parse::<usize>().is_err() { key.to_owned() } else { format!("\"{key}\"") }
}

/// The paths of the plain values of a record.
fn keys(json: &Json, before: &str, depth: usize, found: &mut Vec<String>) {
    let Some(map) = json.as_object().filter(|_| depth > 0) else { return };
    for (key, value) in map.iter().filter(|(key, _)| !key.contains('"')) {
        let path = if before.is_empty() { step(key) } else { format!("{before}.{}", step(key)) };
        match value {
            Json::Object(_) => keys(value, &path, depth - 1, found),
            Json::Array(_) => {}
            _ if !found.contains(&path) => found.push(path),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths_that_find_them() {
        let record = json!({"id": 1, "properties": {"arr": 5, "Contract end (renewal)": "2027-01-31", "a.b": 2}});
        let mut found = Vec::new();
        keys(&record, "", DEPTH, &mut found);
        found.sort();
        assert_eq!(found, ["id", "properties.\"Contract end (renewal)\"", "properties.\"a.b\"", "properties.arr"]);
        for path in &found {
            assert!(Path::parse(path).unwrap().find(&record).is_some(), "{path}");
        }
        assert_eq!(path_of(Some("properties"), "a.b"), "properties.\"a.b\"");
        assert_eq!(path_of(Some(""), "Renewal__c"), "Renewal__c");
        assert_eq!(path_of(None, "properties.arr"), "properties.arr");
    }

    #[test]
    fn a_months_worth_becomes_a_years_to_the_cent() {
        use crate::connect::formula::{Formula, to_mj};
        let sample = |path: &str| Sample { path: path.into(), ..Sample::default() };
        let yearly = sample("properties.mrr").yearly().unwrap();
        let formula = Formula::parse(yearly.strip_prefix('=').unwrap()).unwrap();
        let value = |mrr: Json| formula.eval(&to_mj(&json!({ "properties": { "mrr": mrr } }))).unwrap();
        assert_eq!(value(json!("99.99")), json!(1199.88));
        assert_eq!(value(json!(100)), json!(1200));
        for empty in [json!(null), json!("")] {
            assert_eq!(value(empty), json!(""), "nothing stays nothing");
        }
        for path in ["properties.\"a b\"", "custom_fields.4f.value", "a-b", ""] {
            assert_eq!(sample(path).yearly(), None, "{path}");
        }
    }

    #[test]
    fn examples_are_different_and_few() {
        let values = ["a", "a", " ", "b", "c", "d"].map(Json::from).to_vec();
        let sample = Sample { rows: 9, values, ..Sample::default() };
        assert_eq!(sample.examples(3), ["a", "b", "c"]);
        assert_eq!(sample.filled(), 6);
    }
}
