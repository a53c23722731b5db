//! The account's own fields over time: from the source's history where it keeps one, else from what was seen changing.
//!
//! Decides from which day a value holds. Where several records are the account (CRM, billing), the one that founded it
//! speaks first, and the others for what it does not have.

use std::collections::HashMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::super::codec::{from_json, moment};
use super::{Reading, Rec, on};
use crate::book::facts::{Facts, Series};
use crate::book::ids::AccountId;
use crate::book::money::{Currency, Money};
use crate::book::row::{Entity, Value};

/// A field's past.
pub(super) struct Entry {
    at: Timestamp,
    known: Timestamp,
    observed: bool,
    value: Option<Value>,
}

/// The kept past of a record, by field, oldest first.
pub(super) fn past(reading: &Reading<'_>, rec: &Rec) -> rusqlite::Result<HashMap<String, Vec<Entry>>> {
    let mut statement = reading.conn.prepare_cached(
        "SELECT field, at, known, observed, value FROM history WHERE rec = ?1 ORDER BY field, at, observed",
    )?;
    let mut all: HashMap<String, Vec<Entry>> = HashMap::new();
    let mut rows = statement.query([rec.rec])?;
    while let Some(row) = rows.next()? {
        let value: Option<String> = row.get(4)?;
        all.entry(row.get(0)?).or_default().push(Entry {
            at: moment(row.get(1)?),
            known: moment(row.get(2)?),
            observed: row.get(3)?,
            value: value.map(|text| from_json(&text)).transpose()?,
        });
    }
    Ok(all)
}

/// A field over time, and whether its past comes from what we saw only.
pub(super) fn series<T>(
    reading: &Reading<'_>,
    rec: &Rec,
    past: &HashMap<String, Vec<Entry>>,
    field: &str,
    convert: impl Fn(&Value) -> Option<T>,
) -> (Series<T>, bool) {
    let mut series = Series::default();
    let mut seen_only = true;
    match past.get(field) {
        Some(entries) => {
            for entry in entries {
                seen_only &= entry.observed;
                let value = entry.value.as_ref().and_then(&convert);
                series.push(on(entry.at, reading.zone), on(entry.known, reading.zone), value);
            }
        }
        None => {
            if let Some(value) = rec.get(field) {
                let known = on(rec.known, reading.zone);
                series.push(known, known, convert(value));
            }
        }
    }
    (series, seen_only)
}

/// The account with its own fields; `None` where there is no record of it at all.
pub(super) fn account(reading: &Reading<'_>, id: &AccountId) -> rusqlite::Result<Option<Facts>> {
    let mut records = reading.of(Entity::Account).iter().collect::<Vec<_>>();
    let founds = |rec: &Rec| AccountId::of(&rec.source, &rec.id) == *id;
    // The founding record first, then those of its source that live (the one it was merged into), then other sources.
    records.sort_by_key(|rec| (rec.gone.is_some(), !founds(rec), rec.source.as_str() != id.parts().0, rec.rec));
    let Some(main) = records.first().copied() else { return Ok(None) };
    let text = |field: &str| records.iter().find_map(|rec| rec.owned(field));
    let day = |field: &str| records.iter().find_map(|rec| rec.day(field, reading.zone));
    let mut facts = Facts::new(id.clone(), text("name").unwrap_or_else(|| main.id.clone()));
    facts.source = main.source.clone();
    facts.domain = text("domain").map(|text| super::super::cache::apply::domain(&text));
    facts.industry = text("industry");
    facts.customer_since = day("customer_since");
    facts.onboarding_started = day("onboarding_started");
    facts.go_live = day("go_live");
    facts.created = day("created").or_else(|| records.iter().map(|rec| on(rec.known, reading.zone)).min());
    // A customer whose record was deleted or archived has left, if not before then on that day.
    facts.churned_on = day("churned_on").or_else(|| main.gone.map(|gone| on(gone, reading.zone)));

    let pasts = records.iter().map(|rec| past(reading, rec)).collect::<rusqlite::Result<Vec<_>>>()?;
    let mut fields = Fields { reading, records, pasts, undated: Vec::new() };
    facts.owner = fields.series("owner", |rec, value| {
        let id = as_text(value)?;
        let owner = reading.owners.get(rec.source.as_str(), &id);
        owner.and_then(super::owners::Owner::label).or(Some(id))
    });
    facts.segment = fields.series("segment", |_, value| as_text(value));
    facts.priority = fields.series("priority", |_, value| as_text(value));
    facts.stage = fields.series("stage", |_, value| as_text(value));
    facts.arr = fields.series("arr", |rec, value| money(value, currency(rec, reading.currency)));
    facts.renewal = fields.series("renewal_date", |_, value| as_day(value));
    facts.seats = fields.series("seats", |_, value| number(value));
    facts.features_bought = fields.series("features_bought", |_, value| number(value));
    facts.invoice = fields.series("invoice_state", |_, value| as_text(value));
    facts.invoice_due = fields.series("invoice_due", |_, value| as_day(value));
    facts.cost = fields.series("cost", |rec, value| money(value, currency(rec, reading.currency)));
    facts.potential = fields.series("potential", |rec, value| money(value, currency(rec, reading.currency)));
    facts.strategic = fields.series("strategic", |_, value| number(value));
    facts.csat = fields.csat();
    facts.undated = fields.undated;
    Ok(Some(facts))
}

struct Fields<'a> {
    reading: &'a Reading<'a>,
    records: Vec<&'a Rec>,
    pasts: Vec<HashMap<String, Vec<Entry>>>,
    undated: Vec<String>,
}

impl Fields<'_> {
    /// The field of the first record that has it, or had it.
    fn series<T>(&mut self, field: &str, convert: impl Fn(&Rec, &Value) -> Option<T>) -> Series<T> {
        let found = self.records.iter().zip(&self.pasts).find(|(rec, past)| {
            rec.get(field).is_some() || past.get(field).is_some_and(|all| all.iter().any(|entry| entry.value.is_some()))
        });
        let Some((rec, past)) = found else { return Series::default() };
        let (mut known, seen_only) = series(self.reading, rec, past, field, |value| convert(rec, value));
        if !seen_only {
            return known;
        }
        // What the first source cannot say of the time before it was first read, another may that keeps history: an
        // import, say.
        let dated = self.records.iter().zip(&self.pasts).find_map(|(rec, past)| {
            let (before, seen_only) = series(self.reading, rec, past, field, |value| convert(rec, value));
            (!seen_only && !before.0.is_empty()).then_some(before)
        });
        match (dated, known.0.first().map(|entry| entry.on)) {
            (Some(mut before), Some(first)) => {
                before.0.retain(|entry| entry.on < first);
                before.0.append(&mut known.0);
                before
            }
            _ => {
                self.undated.push(field.to_owned());
                known
            }
        }
    }

    /// Survey answers hold from the day of the survey: by the source's history, else by the day that stands beside them.
    fn csat(&mut self) -> Series<f64> {
        let values = self.series("csat", |_, value| number(value));
        if self.undated.last().is_none_or(|field| field != "csat") {
            return values;
        }
        let days = self.series("csat_on", |_, value| as_day(value));
        if days.0.is_empty() {
            return values;
        }
        self.undated.retain(|field| field != "csat" && field != "csat_on");
        let mut answers = Series::default();
        for entry in values.0 {
            // The two are written side by side: the day in force when the answer was seen is the answer's.
            let day = days.at(entry.on).copied().filter(|day| *day <= entry.on);
            answers.push(day.unwrap_or(entry.on), entry.known, entry.value);
        }
        answers
    }
}

pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}

fn as_day(value: &Value) -> Option<jiff::civil::Date> {
    match value {
        Value::Day(day) => Some(*day),
        _ => None,
    }
}

pub(super) fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(bit) => Some(*bit),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        _ => None,
    }
}

/// An amount in its record's currency.
pub(super) fn money(value: &Value, currency: Currency) -> Option<Money> {
    match value {
        Value::Money(amount) => Money::from_decimal(*amount, currency),
        Value::Number(amount) => Decimal::from_f64(*amount).and_then(|amount| Money::from_decimal(amount, currency)),
        _ => None,
    }
}

/// The currency of a record, else the book's.
pub(super) fn currency(rec: &Rec, book: Currency) -> Currency {
    rec.text("currency").and_then(Currency::parse).unwrap_or(book)
}
