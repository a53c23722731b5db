//! Behind usage: windows with their means, weekly values, seats, key features.
//!
//! Decides words only: windows and means are those of the reading.

use crate::book::day::{Day, date};
use crate::book::evidence::{count, number};
use crate::book::prepared::{On, Prepared};
use crate::book::reading::WINDOW;
use crate::book::records::{Record, said_day, values};

/// Weekly values shown beside the two windows of the change.
const FEW: i32 = 4;
/// Weeks of the trend.
const WEEKS: i32 = 8;

fn source(facts: &Prepared<'_>) -> Option<String> {
    facts.facts.usage_source.as_ref().map(ToString::to_string)
}

/// The last `n` weeks up to the last day known, newest first.
fn weeks(facts: &Prepared<'_>, as_of: Day, n: i32, on: On) -> Vec<Record> {
    let rows: Vec<_> = (0..n)
        .map(|week| {
            let end = as_of - 7 * week;
            let to = said_day(end, on);
            match facts.usage.active(end - 6, end) {
                Some((mean, days)) => {
                    let text =
                        format!("week to {to}: {} active a day, {} known", number(mean), count(days as usize, "day"));
                    Record::new(date(end), text).from(source(facts))
                }
                None => Record::new(date(end), format!("week to {to}: no day known")).but("left out of the line"),
            }
        })
        .collect();
    if rows.iter().any(Record::counts) { rows } else { Vec::new() }
}

/// How far usage is known.
fn last_day(facts: &Prepared<'_>, on: On) -> Option<(Day, Record)> {
    let as_of = facts.usage.last(on.day)?;
    let old = match on.day - as_of {
        0 => "known up to that day".to_owned(),
        n => format!("known up to {}, {n} d before", said_day(as_of, on)),
    };
    Some((as_of, Record::new(date(as_of), format!("usage {old}")).from(source(facts))))
}

pub(super) fn trend(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let Some((as_of, last)) = last_day(facts, on) else { return Vec::new() };
    let mut rows = weeks(facts, as_of, WEEKS, on);
    if !rows.is_empty() {
        rows.push(last);
    }
    rows
}

pub(super) fn change(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let Some((as_of, last)) = last_day(facts, on) else { return Vec::new() };
    let window = |end: Day| {
        let from = end - WINDOW + 1;
        let span = format!("{} to {}", said_day(from, on), said_day(end, on));
        match facts.usage.active(from, end) {
            Some((mean, days)) => {
                let text = format!("{span}: {} active a day, {days} of {WINDOW} days known", number(mean));
                let row = Record::new(date(end), text).from(source(facts));
                if days < 7 { row.but("fewer than 7 days make no figure") } else { row }
            }
            None => Record::new(date(end), format!("{span}: no day known")).but("there is nothing to compare"),
        }
    };
    let mut rows = vec![window(as_of), window(as_of - WINDOW)];
    rows.extend(weeks(facts, as_of, FEW, on).into_iter().map(|row| row.but("within the first window")));
    rows.push(last);
    rows
}

pub(super) fn utilisation(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let mut rows = Vec::new();
    if let Some((as_of, used)) = facts.usage.seats(on.day) {
        let text = format!("{} seats in use, as of {}", number(used), said_day(as_of, on));
        rows.push(Record::new(date(as_of), text).from(source(facts)));
    }
    let licensed = |seats: &f64| format!("{} seats licensed", number(*seats));
    rows.extend(values(&facts.facts.seats, "seats", facts, on, licensed));
    rows
}

pub(super) fn breadth(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let mut rows = Vec::new();
    if let Some(as_of) = facts.usage.last(on.day) {
        let from = as_of - WINDOW + 1;
        for (name, daily) in &facts.facts.usage {
            let Some(feature) = name.strip_prefix("feature:") else { continue };
            let used = |day: Day| daily.get(date(day)).is_some_and(|value| value > 0.0);
            let days = (from..=as_of).filter(|day| used(*day)).count();
            // A year is as far back as usage is pulled.
            let last = (as_of - 366..=as_of).rev().find(|day| used(*day));
            rows.push(match (days, last) {
                (0, Some(last)) => Record::new(date(last), format!("{feature}: last used on {}", said_day(last, on)))
                    .but("not used in 28 d"),
                (0, None) => Record::new(date(as_of), format!("{feature}: never used")).but("not used in 28 d"),
                (n, last) => {
                    let text = format!("{feature}: used on {} of 28", count(n, "day"));
                    Record::new(date(last.unwrap_or(as_of)), text)
                }
            });
        }
    }
    let mut rows: Vec<_> = rows.into_iter().map(|row| row.from(source(facts))).collect();
    rows.sort_by_key(|row| (!row.counts(), std::cmp::Reverse(row.on)));
    let bought = |n: &f64| format!("{} key features bought", number(*n));
    rows.extend(values(&facts.facts.features_bought, "features_bought", facts, on, bought));
    rows
}
