//! Records become neutral rows; several records of one id become one row with a past.
//!
//! Decides what a cell may hold and from when it counts. A row that states a day was known on that day: the history of
//! somebody's own book is taken at its word, unless a column says when it was learnt.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::columns::{Columns, Target, allowed, same, words};
use super::read::Record;
use super::{FileReport, noon};
use crate::book::money::Currency;
use crate::book::row::{Entity, Field, Kind, Past, Row, Value};
use crate::connect::{Reading, convert};
use crate::store::{Stated, dated_fields};
use crate::text::clean_line;

/// What is wrong with one record.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    line: u64,
    /// (their column, what is wrong)
    all: Vec<(Option<String>, String)>,
}

impl Wrong {
    /// Adds them to the report of their file.
    pub fn report(self, file: &mut FileReport) {
        for (column, message) in self.all {
            file.problem(Some(self.line), column.as_deref(), message);
        }
    }
}

/// A record, converted.
#[derive(Clone, Debug, Default)]
struct Read {
    line: u64,
    id: String,
    accounts: Vec<String>,
    people: Vec<String>,
    on: Option<Date>,
    known: Option<Date>,
    fields: BTreeMap<String, Value>,
}

/// Makes rows of the records of one file.
pub(super) struct Maker<'a> {
    entity: Entity,
    columns: &'a Columns,
    zone: &'a TimeZone,
    today: Date,
    on: Option<&'a str>,
    /// By id, in the order in which they came.
    order: Vec<String>,
    found: HashMap<String, Vec<Read>>,
}

impl<'a> Maker<'a> {
    pub fn new(entity: Entity, columns: &'a Columns, zone: &'a TimeZone, today: Date) -> Self {
        let on = columns.all.iter().find(|column| matches!(column.target, Target::On));
        let on = on.map(|column| column.theirs.as_str());
        Self { entity, columns, zone, today, on, order: Vec::new(), found: HashMap::new() }
    }

    /// Takes a record of anything but usage.
    pub fn take(&mut self, record: &Record) -> Result<(), Wrong> {
        let read = self.read(record)?;
        if let Some(first) = self.found.get(&read.id).and_then(|all| all.first()) {
            let column = self.column(Target::Id);
            let message = match (self.on, read.on) {
                (None, _) if dated_fields(self.entity).is_empty() => {
                    Some(format!("{:?} stands on line {} already", read.id, first.line))
                }
                (None, _) => Some(format!(
                    "{:?} stands on line {} already: several rows of one id are its past, and need a column on",
                    read.id, first.line
                )),
                (Some(_), Some(on)) => self.found[&read.id]
                    .iter()
                    .find(|other| other.on == Some(on))
                    .map(|other| format!("{:?} on {on} stands on line {} already", read.id, other.line)),
                _ => None,
            };
            if let Some(message) = message {
                return Err(Wrong { line: record.line, all: vec![(column, message)] });
            }
        } else {
            self.order.push(read.id.clone());
        }
        self.found.entry(read.id.clone()).or_default().push(read);
        Ok(())
    }

    /// A row of usage.
    pub fn usage(&mut self, record: &Record) -> Result<Row, Wrong> {
        let read = self.read(record)?;
        let account = read.accounts.first().cloned().unwrap_or_default();
        let metric = match read.fields.get("metric") {
            Some(Value::Text(metric)) => metric.clone(),
            _ => String::new(),
        };
        let day = match read.fields.get("day") {
            Some(Value::Day(day)) => day.to_string(),
            _ => String::new(),
        };
        let mut row = Row::new(Entity::Usage, format!("{account}/{metric}/{day}"));
        row.accounts = read.accounts;
        row.fields = read.fields;
        Ok(row)
    }

    /// The rows. `stated`: what is kept of a record already: an import adds to it, and an empty cell says nothing.
    pub fn finish(self, stated: &dyn Fn(&str) -> Option<Stated>) -> Vec<Row> {
        let Self { entity, zone, order, mut found, .. } = self;
        let rows = order.into_iter().filter_map(|id| {
            let mut reads = found.remove(&id)?;
            reads.sort_by_key(|read| read.on);
            Some(row(entity, zone, id.clone(), reads, stated(&id)))
        });
        rows.collect()
    }

    fn column(&self, target: Target) -> Option<String> {
        self.columns.all.iter().find(|column| column.target.name() == target.name()).map(|column| column.theirs.clone())
    }

    fn read(&self, record: &Record) -> Result<Read, Wrong> {
        let mut read = Read { line: record.line, ..Read::default() };
        let mut wrong = Wrong { line: record.line, all: Vec::new() };
        let reading = Reading { empty: &[], zone: self.zone.clone(), split: Some(";") };
        for column in &self.columns.all {
            let cell = record.cell(column.place, &column.theirs);
            let kind = match column.target {
                Target::On | Target::Known => Kind::Day,
                Target::People => Kind::List,
                Target::Id | Target::Account => Kind::Text,
                Target::Field(field) => field.kind,
            };
            let value = convert(column.target.name(), kind, &cell, &reading)
                .map_err(|why| format!("{why}; write {}", allowed(column.target)))
                .and_then(|value| self.sensible(column.target, value))
                .and_then(|value| self.wanted(column.target).filter(|_| value.is_none()).map_or(Ok(value), Err))
                // Where their name is not ours, both are said.
                .map_err(|why| {
                    if same(&column.theirs, column.target.name()) {
                        why
                    } else {
                        format!("{}: {why}", column.target.name())
                    }
                });
            match (value, column.target) {
                (Err(message), _) => wrong.all.push((Some(column.theirs.clone()), message)),
                (Ok(Some(Value::Text(id))), Target::Id) => read.id = id,
                (Ok(Some(Value::Text(account))), Target::Account) => read.accounts = vec![account],
                (Ok(Some(Value::List(people))), Target::People) => read.people = people,
                (Ok(Some(Value::Day(day))), Target::On) => read.on = Some(day),
                (Ok(Some(Value::Day(day))), Target::Known) => read.known = Some(day),
                (Ok(Some(value)), Target::Field(field)) => {
                    read.fields.insert(field.name.to_owned(), value);
                }
                (Ok(_), _) => {}
            }
        }
        if wrong.all.is_empty() { Ok(read) } else { Err(wrong) }
    }

    /// What is said of an empty cell that may not be empty.
    fn wanted(&self, target: Target) -> Option<String> {
        let must = match target {
            Target::Id | Target::On => true,
            Target::Account => self.entity != Entity::Task,
            Target::Field(field) => matches!(
                (self.entity, field.name),
                (Entity::Usage, _)
                    | (Entity::Touch, "kind" | "at")
                    | (Entity::Ticket, "opened")
                    | (Entity::Note, "body" | "at")
            ),
            Target::People | Target::Known => false,
        };
        must.then(|| format!("is empty; write {}", allowed(target)))
    }

    /// Refuses values that can be read but make no sense.
    fn sensible(&self, target: Target, value: Option<Value>) -> Result<Option<Value>, String> {
        match (&value, target) {
            (Some(Value::Day(day)), Target::On) if *day > self.today => {
                Err(format!("{day} lies after today: a past is stated, not a plan"))
            }
            (Some(Value::Day(day)), Target::Field(Field { name: "day", .. })) if *day > self.today => {
                Err(format!("{day} lies after today"))
            }
            (Some(Value::Text(text)), Target::Field(field)) => match words(self.entity, field.name) {
                [] if field.name == "currency" && Currency::parse(text).is_none() => {
                    Err(format!("{text:?} is no currency: three letters, as in EUR"))
                }
                [] => Ok(value),
                known => {
                    let text = text.trim().to_lowercase();
                    let text = if text == "email" { "mail".to_owned() } else { text };
                    if known.contains(&text.as_str()) {
                        Ok(Some(Value::Text(text)))
                    } else {
                        Err(format!("{:?} is none of {}", clean_line(&text), known.join(", ")))
                    }
                }
            },
            (Some(Value::Number(n)), Target::Field(field)) => {
                let top = if field.name == "csat" { 10.0 } else { f64::MAX };
                if (0.0..=top).contains(n) {
                    Ok(value)
                } else if field.name == "csat" {
                    Err(format!("{n} is not between 0 and 10"))
                } else {
                    Err(format!("{n} is below 0"))
                }
            }
            _ => Ok(value),
        }
    }
}

/// One row of all that was said of an id, oldest first.
fn row(entity: Entity, zone: &TimeZone, id: String, reads: Vec<Read>, stated: Option<Stated>) -> Row {
    let mut row = Row::new(entity, id);
    let first = reads.first().and_then(|read| read.on);
    let last = reads.last().and_then(|read| read.on).and_then(|day| noon(day, zone));
    let dated = dated_fields(entity);
    let stated = stated.unwrap_or_default();
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    // By field with a past: when it last took a value here, and when it was last spoken of.
    let mut spoken: BTreeMap<&str, (Timestamp, Timestamp, Option<Timestamp>)> = BTreeMap::new();
    for read in reads {
        if let Some(at) = read.on.and_then(|day| noon(day, zone)) {
            let known = read.known.and_then(|day| noon(day, zone)).filter(|known| *known != at);
            for name in dated.iter().filter(|name| read.fields.contains_key(**name)) {
                // A value that stays is no change, but the first one says since when it is known.
                let turned = fields.get(*name) != read.fields.get(*name);
                if turned {
                    let value = read.fields.get(*name).cloned();
                    row.history.push(Past { field: (*name).to_owned(), at, value, known });
                }
                let turn = spoken.get(name).map_or(at, |(turn, ..)| if turned { at } else { *turn });
                spoken.insert(name, (turn, at, known));
            }
        }
        if !read.accounts.is_empty() {
            row.accounts = read.accounts;
        }
        if !read.people.is_empty() {
            row.people = read.people;
        }
        fields.extend(read.fields);
    }
    own_days(entity, zone, first, &mut fields, &mut row.history, &stated);
    if row.people.is_empty() {
        row.people = stated.people;
    }
    // Another file may have spoken of the same record: the later word of each field stays in force.
    let later = |name: &str| match (stated.newest.get(name), spoken.get(name)) {
        (Some(theirs), Some((_, ours, _))) => theirs > ours,
        _ => !dated.contains(&name) && stated.changed.zip(last).is_some_and(|(theirs, ours)| theirs > ours),
    };
    for (name, (turn, at, known)) in &spoken {
        let between = stated.newest.get(*name).is_some_and(|theirs| theirs > turn && theirs < at);
        if between && let Some(value) = fields.get(*name) {
            row.history.push(Past { field: (*name).to_owned(), at: *at, value: Some(value.clone()), known: *known });
        }
    }
    fields.retain(|name, _| !later(name) || !stated.fields.contains_key(name));
    row.changed = stated.changed.max(last);
    row.fields = stated.fields;
    row.fields.extend(fields);
    row
}

/// Facts that have a day of their own were known on that day; and whoever has a past was there from its first day on.
fn own_days(
    entity: Entity,
    zone: &TimeZone,
    first: Option<Date>,
    fields: &mut BTreeMap<String, Value>,
    history: &mut Vec<Past>,
    stated: &Stated,
) {
    let day = |fields: &BTreeMap<String, Value>, name: &str| match fields.get(name) {
        Some(Value::Day(day)) => Some(*day),
        _ => None,
    };
    if matches!(entity, Entity::Account | Entity::Person) && first.is_some() && !fields.contains_key("created") {
        let before = day(&stated.fields, "created");
        let since = [first, day(fields, "customer_since"), before].into_iter().flatten().min();
        fields.extend(since.map(|since| ("created".to_owned(), Value::Day(since))));
    }
    if entity == Entity::Person
        && let Some(at) = day(fields, "left_on").and_then(|left| noon(left, zone))
        && !history.iter().any(|past| past.field == "left")
    {
        fields.entry("left".to_owned()).or_insert(Value::Bool(true));
        history.push(Past { field: "left".to_owned(), at, value: Some(Value::Bool(true)), known: None });
    }
    if entity == Entity::Account
        && let (Some(at), Some(csat)) = (day(fields, "csat_on").and_then(|on| noon(on, zone)), fields.get("csat"))
        && !history.iter().any(|past| past.field == "csat")
    {
        history.push(Past { field: "csat".to_owned(), at, value: Some(csat.clone()), known: None });
    }
}

#[cfg(test)]
mod tests;
