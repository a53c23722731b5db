//! One stream under the lens: two pages of it, and what every mapped field found in them.
//!
//! Decides what counts as filled, which examples are shown, and what the whole would cost. The pages come by the code of
//! the sync; closing the channel after the second ends the pull.

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;
use tokio::runtime::Runtime;

use super::Checkup;
use crate::book::row::{Entity, Row, Value};
use crate::connect::{ConnectError, Described, ErrorClass, Pull, PulledPage, Source, StreamInfo};
use crate::ops::sources::exit_of;
use crate::text;

/// Pages that are looked at.
const PAGES: usize = 2;
/// Examples of a field, and how long each may be.
const EXAMPLES: usize = 3;
const EXAMPLE_WIDTH: usize = 40;

/// What was found out about one stream.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StreamCheck {
    pub name: String,
    /// What its records are.
    pub entity: String,
    pub pages: u64,
    /// Records that were looked at.
    pub rows: u64,
    /// Records that the settings leave out, or that are gone.
    pub left_out: u64,
    /// These were all of them.
    pub whole: bool,
    /// How many there are, where the source says so.
    pub of: Option<u64>,
    /// About how many requests all of it takes; `None`: nobody says.
    pub cost: Option<u64>,
    pub fields: Vec<FieldCheck>,
    /// Values that could not be read, counted, with an example's id.
    pub problems: Vec<String>,
    pub error: Option<String>,
    #[serde(skip)]
    pub class: Option<ErrorClass>,
    #[serde(skip)]
    pub(super) sample: Vec<Row>,
}

/// What a mapped field found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FieldCheck {
    /// Our name.
    pub field: String,
    /// What it reads.
    pub reads: String,
    /// The user's own settings say so.
    pub own: bool,
    /// Records that have it, and their share in per cent; `None`: no record was looked at.
    pub filled: u64,
    pub coverage: Option<u64>,
    /// Up to three different values.
    pub examples: Vec<String>,
    /// Values that could not be read, with an example's id.
    pub problem: Option<String>,
    /// Names that it reads and that this token does not see, and names there that look like them.
    pub absent: Vec<String>,
    pub like: Vec<String>,
}

/// Pulls the first pages of a stream.
pub fn look(runtime: &Runtime, source: &Arc<Source>, info: &StreamInfo, today: Date) -> StreamCheck {
    let stream = info.name.clone();
    let pull = match info.days_again {
        Some(_) => Pull::Days { stream, from: today.yesterday().unwrap_or(today), to: today, resume: None },
        None => Pull::First { stream, resume: None },
    };
    let (pages, end) = runtime.block_on(async {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let source = Arc::clone(source);
        let pulling = tokio::spawn(async move { source.pull(pull, sender).await });
        let mut pages: Vec<PulledPage> = Vec::new();
        while pages.len() < PAGES
            && let Some(page) = receiver.recv().await
        {
            pages.push(page);
        }
        drop(receiver);
        (pages, pulling.await)
    });
    let mut found = StreamCheck {
        name: info.name.clone(),
        entity: info.entity.name().to_owned(),
        pages: pages.len() as u64,
        // A window of days is whole in itself, and yet no whole.
        whole: matches!(end, Ok(Ok(_))) && info.days_again.is_none(),
        of: pages.iter().find_map(|page| page.of),
        ..StreamCheck::default()
    };
    if let Ok(Err(error)) = end
        && error != ConnectError::Cancelled
    {
        found.class = Some(error.class());
        found.error = Some(error.to_string());
    }
    for page in pages {
        for problem in page.problems {
            let field = problem.split(':').next().unwrap_or_default();
            if !found.problems.iter().any(|known| known.split(':').next() == Some(field)) {
                found.problems.push(problem);
            }
        }
        let (gone, here): (Vec<Row>, Vec<Row>) = page.rows.into_iter().partition(|row| row.gone);
        found.left_out += gone.len() as u64;
        found.sample.extend(here);
    }
    found.rows = found.sample.len() as u64;
    found
}

/// About how many requests all of a stream takes: so many pages of that size, with what each of them took.
pub fn cost(found: &StreamCheck, asked: u64, counted: Option<u64>) -> Option<u64> {
    if found.error.is_some() {
        return None;
    }
    if found.whole {
        return Some(asked);
    }
    let seen = found.rows + found.left_out;
    let (of, size) = (found.of.or(counted)?, seen.checked_div(found.pages)?);
    // One page more is on its way when the second is here.
    let each = (asked / (found.pages + 1)).max(1);
    Some(of.max(seen).div_ceil(size.max(1)) * each)
}

impl StreamCheck {
    /// What the mapped fields found in the sample.
    pub fn describe(&mut self, described: &Described, own: &dyn Fn(&str) -> bool) {
        let total = self.sample.len();
        let mut fields: Vec<FieldCheck> = described
            .mapped
            .iter()
            // Ids that were merged away are no field of ours that anybody would miss.
            .filter(|mapped| mapped.field != "merged" || mapped.absent.is_empty())
            .map(|mapped| FieldCheck {
                field: mapped.field.clone(),
                reads: mapped.reads.clone(),
                own: own(&mapped.field),
                absent: mapped.absent.clone(),
                like: mapped.like.clone(),
                ..FieldCheck::default()
            })
            .collect();
        // What no map reads: links that a call of their own brings, the metrics of usage.
        let extra: &[(&str, &str)] = match Entity::parse(&self.entity) {
            Some(Entity::Usage) => &[("metric", "the columns of the answer")],
            _ => &[("account", "a call for links"), ("people", "a call for links")],
        };
        for (field, reads) in extra {
            let there = self.sample.iter().any(|row| !values(row, field).is_empty());
            if there && !fields.iter().any(|known| known.field == *field) {
                let (field, reads) = ((*field).to_owned(), (*reads).to_owned());
                fields.push(FieldCheck { field, reads, ..FieldCheck::default() });
            }
        }
        for field in &mut fields {
            for row in &self.sample {
                let values = values(row, &field.field);
                field.filled += u64::from(!values.is_empty());
                for value in values {
                    let value = text::cut(&value, EXAMPLE_WIDTH);
                    if field.examples.len() < EXAMPLES && !field.examples.contains(&value) {
                        field.examples.push(value);
                    }
                }
            }
            field.coverage = share(field.filled, total as u64);
            let prefix = format!("{}: ", field.field);
            field.problem = self.problems.iter().find_map(|problem| problem.strip_prefix(&prefix)).map(str::to_owned);
        }
        self.fields = fields;
    }

    /// Its findings in sentences.
    pub(super) fn say(&self, subject: &str, checkup: &mut Checkup) {
        // Of the connector's own fields some are absent everywhere; what somebody wrote must be there.
        for field in self.fields.iter().filter(|field| field.own && !field.absent.is_empty()) {
            checkup.say(subject, format!("{} reads {}", field.field, field.missing()), 3);
        }
        if let (Some(error), Some(class)) = (&self.error, self.class) {
            checkup.say(subject, error.as_str(), exit_of(class));
        }
        for problem in &self.problems {
            checkup.say(subject, problem.as_str(), 6);
        }
        if self.error.is_none() || self.rows > 0 {
            checkup.say(subject, self.words(), 0);
        }
    }

    /// How much was looked at.
    fn words(&self) -> String {
        let records = if self.rows == 1 { "record" } else { "records" };
        let mut words = format!("{} {records} looked at", text::grouped(self.rows));
        match (self.of, self.whole) {
            (_, true) => words.push_str(", all there are"),
            (Some(of), false) => words.push_str(&format!(" of about {}", text::grouped(of))),
            (None, false) => {}
        }
        if self.left_out > 0 {
            words.push_str(&format!(", {} left out", text::grouped(self.left_out)));
        }
        words
    }
}

impl FieldCheck {
    /// `properties.arr, which this token does not see; names like it: ...`
    pub fn missing(&self) -> String {
        let like =
            if self.like.is_empty() { String::new() } else { format!("; names like it: {}", self.like.join(", ")) };
        format!("{}, which this token does not see{like}", self.absent.join(", "))
    }
}

/// A share in whole per cent; what is neither none nor all is neither 0 nor 100.
fn share(part: u64, whole: u64) -> Option<u64> {
    let exact = (part * 100 + whole / 2).checked_div(whole)?;
    Some(match exact {
        0 if part > 0 => 1,
        100 if part < whole => 99,
        exact => exact,
    })
}

/// The values of a mapped field in a row, in words; none where it is empty.
fn values(row: &Row, field: &str) -> Vec<String> {
    match field {
        "id" => vec![row.id.clone()],
        "changed" => row.changed.iter().map(ToString::to_string).collect(),
        "account" => row.accounts.clone(),
        "people" => row.people.clone(),
        "merged" => row.merged.clone(),
        "gone" => Vec::new(),
        field => row.fields.get(field).map(shown).into_iter().collect(),
    }
}

/// A value in words, on one line.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text::clean_line(text),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Money(amount) => amount.to_string(),
        Value::Day(day) => day.to_string(),
        Value::Instant(at) => at.to_string(),
        Value::List(list) => list.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::Mapped;

    fn mapped(field: &str, reads: &str) -> Mapped {
        Mapped { field: field.into(), reads: reads.into(), absent: Vec::new(), like: Vec::new() }
    }

    #[test]
    fn a_field_shows_how_often_it_is_filled_and_by_what() {
        let mut found = StreamCheck { name: "account".into(), entity: "account".into(), ..StreamCheck::default() };
        for i in 0..200 {
            let mut row = Row::new(Entity::Account, i.to_string());
            if i > 0 {
                row.fields.insert("segment".into(), Value::Text(["Mid", "Small", "Large", "Huge"][i % 4].into()));
            }
            if i == 7 {
                row.fields.insert("name".into(), Value::Text("x".repeat(90)));
            }
            found.sample.push(row);
        }
        found.problems = vec!["arr: \"Gold\" is not a number; 3 of 200 records; example id 5".to_owned()];
        let described = Described {
            mapped: vec![mapped("segment", "properties.tier"), mapped("name", "name"), mapped("arr", "properties.arr")],
            ..Described::default()
        };
        found.describe(&described, &|field| field == "arr");
        let [segment, name, arr] = found.fields.as_slice() else { panic!("{:?}", found.fields) };
        assert_eq!((segment.filled, segment.coverage), (199, Some(99)), "not all are not 100");
        assert_eq!(segment.examples, ["Small", "Large", "Huge"]);
        assert_eq!((name.coverage, text::width(&name.examples[0])), (Some(1), 40));
        assert_eq!((arr.coverage, arr.own, arr.examples.len()), (Some(0), true, 0));
        assert_eq!(arr.problem.as_deref(), Some("\"Gold\" is not a number; 3 of 200 records; example id 5"));
    }

    #[test]
    fn a_cost_is_pages_times_what_a_page_took() {
        let seen = |whole, of| StreamCheck { pages: 2, rows: 190, left_out: 10, whole, of, ..StreamCheck::default() };
        assert_eq!(cost(&seen(true, None), 3, None), Some(3), "all of it was read");
        assert_eq!(cost(&seen(false, Some(1000)), 3, None), Some(10));
        assert_eq!(cost(&seen(false, Some(1001)), 9, None), Some(33), "each page has two calls for links");
        assert_eq!(cost(&seen(false, None), 3, Some(450)), Some(5), "by what is here");
        assert_eq!(cost(&seen(false, None), 3, None), None);
    }
}
