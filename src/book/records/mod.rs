//! The very records behind a measure's input on a day: what counted, what did not, and why not.
//!
//! Decides which rows stand behind an input and in which words. Every number comes from the same places as the reading
//! itself; nothing that happened after the day is shown.

mod account;
mod noted;
mod people;
mod service;
mod usage;

use jiff::civil::Date;

use crate::book::day::date;
use crate::book::facts::Series;
use crate::book::model::{Input, Measure, Model};
use crate::book::prepared::{On, Prepared};
use crate::book::query::{self, Leaf, Look};
use crate::book::score::Eval;
use crate::text::short_date;

/// The most rows behind one input; what is left over is counted in the last one.
pub const MOST: usize = 24;
/// The most values of one field.
const VALUES: usize = 6;

/// One row behind a measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The day of the fact.
    pub on: Date,
    /// What it says, in words.
    pub text: String,
    /// The source's name, or `note`.
    pub source: Option<String>,
    /// The record's id at its source, where it has one of its own.
    pub id: Option<String>,
    /// Why it does not count; `None`: it does.
    pub ignored: Option<String>,
}

impl Record {
    fn new(on: Date, text: impl Into<String>) -> Self {
        Self { on, text: text.into(), source: None, id: None, ignored: None }
    }

    fn from(mut self, source: Option<String>) -> Self {
        self.source = source;
        self
    }

    fn id(mut self, id: &str) -> Self {
        self.id = (!id.is_empty()).then(|| id.to_owned());
        self
    }

    fn but(mut self, why: impl Into<String>) -> Self {
        self.ignored = Some(why.into());
        self
    }

    /// Whether the input is made of it.
    pub fn counts(&self) -> bool {
        self.ignored.is_none()
    }
}

/// The records behind a measure on a day: those of its inputs, then the items and windows that its expression names.
pub fn of_measure(measure: &Measure, eval: &Eval<'_>, on: On) -> Vec<Record> {
    let model = eval.model_on(on.day);
    let mut rows: Vec<Record> =
        measure.inputs.iter().flat_map(|input| records(*input, &eval.facts, model, on)).collect();
    let mut seen = Vec::new();
    measure.value.visit(&mut |leaf| {
        if let Leaf::Number(of) = leaf
            && of.field.is_noted()
            && !seen.contains(&of.field)
        {
            seen.push(of.field);
            rows.extend(noted::rows(of.field, eval, on));
        }
    });
    if measure.value.reaches_past_inputs() {
        let all = query::behind(&measure.value, &Look::new(eval, on)).into_iter().map(|one| {
            let row = Record::new(one.on, one.text).from(one.source).id(&one.id.unwrap_or_default());
            if one.fits { row } else { row.but("not asked for") }
        });
        rows.extend(all);
    }
    bounded(rows, on)
}

/// The records behind an input on a day: those that count first, else the newest first.
pub fn records(input: Input, facts: &Prepared<'_>, model: &Model, on: On) -> Vec<Record> {
    let rows = match input {
        Input::UsageTrend => usage::trend(facts, on),
        Input::UsageChange => usage::change(facts, on),
        Input::UsageUtilisation => usage::utilisation(facts, on),
        Input::UsageBreadth => usage::breadth(facts, on),
        Input::ContactBuyer | Input::ContactInfluencer | Input::ContactUser => {
            people::contact(crate::book::reading::tiers_of(input), facts, on)
        }
        Input::PeopleEngaged => people::engaged(facts, model, on),
        Input::PeopleCoverage => people::coverage(facts, model, on),
        Input::PeopleChampion => people::champion(facts, on),
        Input::TicketsOpened => service::opened(facts, on),
        Input::TicketsEscalated => service::escalated(facts, on),
        Input::SurveyCsat => service::csat(facts, on),
        Input::Pulse => service::pulse(facts, on),
        Input::InvoiceOverdue => account::invoice(facts, on),
        Input::RenewalDays => account::renewal(facts, on),
    };
    bounded(rows, on)
}

fn bounded(mut rows: Vec<Record>, on: On) -> Vec<Record> {
    if rows.len() > MOST {
        let more = rows.len() - (MOST - 1);
        rows.truncate(MOST - 1);
        rows.push(Record::new(on.date, format!("and {more} more")).but("only counted here"));
    }
    rows
}

/// A day as it is written beside the day that is looked at.
fn said(day: Date, on: On) -> String {
    short_date(day, on.date)
}

/// As [`said`], of a day's number.
fn said_day(day: i32, on: On) -> String {
    said(date(day), on)
}

/// The values of a field up to a day, the one in force first: it counts, the earlier ones were replaced by the next.
fn values<T>(series: &Series<T>, field: &str, facts: &Prepared<'_>, on: On, say: impl Fn(&T) -> String) -> Vec<Record> {
    let source = Some(facts.facts.source.to_string());
    let undated = facts.facts.undated.iter().any(|name| name == field);
    let past: Vec<_> = series.0.iter().filter(|entry| entry.on <= on.date).collect();
    let mut next: Option<Date> = None;
    let mut rows = Vec::with_capacity(past.len());
    for (at, entry) in past.iter().enumerate().rev() {
        let mut text = entry.value.as_ref().map_or_else(|| "emptied".to_owned(), &say);
        if at == 0 && undated {
            text.push_str("; first seen on that day, its source keeps no history");
        }
        let mut row = Record::new(entry.on, text).from(source.clone());
        row.ignored = match (next, &entry.value) {
            (Some(next), _) => Some(format!("until {}", said(next, on))),
            (None, None) => Some("nothing is known since".to_owned()),
            (None, Some(_)) => None,
        };
        rows.push(row);
        next = Some(entry.on);
    }
    if rows.len() > VALUES + 1 {
        let more = rows.len() - VALUES;
        let day = rows[VALUES].on;
        rows.truncate(VALUES);
        rows.push(Record::new(day, format!("and {more} earlier values")).but("replaced since"));
    }
    rows
}

#[cfg(test)]
mod tests;
