//! Behind contact, engagement and the champion: who was met when, who was not, and since when that is so.
//!
//! Decides words and order. Who is engaged is asked of the reading.

use crate::book::day::{Day, date, number};
use crate::book::evidence;
use crate::book::facts::Tier;
use crate::book::model::Model;
use crate::book::prepared::{Known, On, Prepared};
use crate::book::reading::{WINDOW, tier_engaged};
use crate::book::records::{Record, said_day};

const NEVER: &str = "never met";

/// `Jane Doe, buyer`.
fn who(known: &Known<'_>, on: On) -> String {
    match known.tier(on) {
        Some(tier) => format!("{}, {}", known.person.name, tier.name()),
        None => known.person.name.clone(),
    }
}

/// `today`, `yesterday`, `41 d ago`.
fn ago(day: Day, on: On) -> String {
    match on.day - day {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        n => format!("{n} d ago"),
    }
}

/// A person's last two-way touch, as a row of the source that has it.
fn met(facts: &Prepared<'_>, known: &Known<'_>, on: On) -> Option<(Day, Record)> {
    let (day, index) = known.last_touch(on.day)?;
    let touch = facts.facts.touches.get(index)?;
    let text = format!("{}: {} {} ({})", who(known, on), touch.kind.name(), ago(day, on), touch.title);
    Some((day, Record::new(date(day), text).from(Some(touch.source.to_string())).id(&touch.id)))
}

/// The day on which somebody left, where that is known on the day.
fn left(known: &Known<'_>, on: On) -> Option<Day> {
    known.person.left.entry(on.date).filter(|entry| entry.value == Some(true)).map(|entry| number(entry.on))
}

fn account_source(facts: &Prepared<'_>) -> Option<String> {
    Some(facts.facts.source.to_string())
}

/// Somebody who was never met.
fn stranger(facts: &Prepared<'_>, known: &Known<'_>, on: On) -> Record {
    let since = known.since().map_or(on.date, date);
    let text = format!("{}: known since {}", who(known, on), said_day(number(since), on));
    Record::new(since, text).from(account_source(facts)).id(known.person.id.parts().1).but(NEVER)
}

pub(super) fn contact(tiers: &[Tier], facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let counting = facts.last_touch_of(tiers, on).map(|(_, known, _)| &known.person.id);
    let (mut rows, mut never, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for known in facts.people.iter().filter(|known| known.tier(on).is_some_and(|tier| tiers.contains(&tier))) {
        if let Some(day) = left(known, on) {
            let words = format!("left on {}", said_day(day, on));
            let row = met(facts, known, on).map(|(_, row)| row);
            gone.push(row.unwrap_or_else(|| stranger(facts, known, on)).but(words));
            continue;
        }
        if !known.present(on) {
            continue;
        }
        match met(facts, known, on) {
            Some((day, row)) if Some(&known.person.id) == counting => rows.push((day, row)),
            Some((day, row)) => rows.push((day, row.but("somebody of this tier was met later"))),
            None => never.push(stranger(facts, known, on)),
        }
    }
    rows.sort_by_key(|(day, row)| (!row.counts(), std::cmp::Reverse(*day)));
    gone.sort_by_key(|row| std::cmp::Reverse(row.on));
    rows.into_iter().map(|(_, row)| row).chain(never).chain(gone).collect()
}

/// Since which day somebody has been touched without a gap longer than the cadence.
fn since(known: &Known<'_>, last: Day, cadence: f64) -> Day {
    let mut first = last;
    while let Some((before, _)) = known.last_touch(first - 1) {
        if f64::from(first - before) > cadence {
            break;
        }
        first = before;
    }
    first
}

/// One person: engaged or not, and since when.
fn one(facts: &Prepared<'_>, known: &Known<'_>, model: &Model, on: On) -> Record {
    let cadence = known.tier(on).map_or(0.0, |tier| model.cadence.of(tier));
    let Some((day, row)) = met(facts, known, on) else { return stranger(facts, known, on) };
    let over = f64::from(on.day - day) - cadence;
    let text = if over > 0.0 {
        format!("{}; not in touch since {}", row.text, said_day(day + cadence.floor() as Day + 1, on))
    } else {
        format!("{}; in touch since {}", row.text, said_day(since(known, day, cadence), on))
    };
    let row = Record { text, ..row };
    if over > 0.0 { row.but(format!("longer than {cadence:.0} d")) } else { row }
}

fn persons<'p>(
    tiers: &'p [Tier],
    facts: &'p Prepared<'_>,
    model: &'p Model,
    on: On,
) -> impl Iterator<Item = Record> + use<'p> {
    let mut rows: Vec<_> = facts.of(tiers, on).map(|known| one(facts, known, model, on)).collect();
    // Nobody has met them: that they are known for a long time makes them no nearer.
    let never = |row: &Record| row.ignored.as_deref() == Some(NEVER);
    rows.sort_by_key(|row| (!row.counts(), never(row), std::cmp::Reverse(row.on)));
    rows.into_iter()
}

pub(super) fn engaged(facts: &Prepared<'_>, model: &Model, on: On) -> Vec<Record> {
    persons(&[Tier::Buyer, Tier::Influencer], facts, model, on).collect()
}

pub(super) fn coverage(facts: &Prepared<'_>, model: &Model, on: On) -> Vec<Record> {
    let segment = facts.facts.segment.at(on.date).map(String::as_str);
    let mut rows = Vec::new();
    for tier in model.tiers.expected(segment) {
        rows.push(whole_tier(*tier, facts, model, on));
        rows.extend(persons(std::slice::from_ref(tier), facts, model, on).map(|row| {
            let why = row.ignored.clone().unwrap_or_else(|| "counted with the tier".to_owned());
            row.but(why)
        }));
    }
    rows
}

/// A tier: engaged or not, and by what.
fn whole_tier(tier: Tier, facts: &Prepared<'_>, model: &Model, on: On) -> Record {
    let name = format!("{}s", tier.name());
    let last = facts.last_touch_of(&[tier], on);
    let active = facts.usage.active(on.day - WINDOW + 1, on.day).filter(|(mean, _)| *mean > 0.0);
    let uses = matches!(tier, Tier::User | Tier::Builder);
    match (tier_engaged(facts, model, tier, on), last, active) {
        (true, Some((day, known, touch)), _) if f64::from(on.day - day) <= model.cadence.of(tier) => {
            let text = format!("{name} engaged: {} {} {}", known.person.name, touch.kind.name(), ago(day, on));
            Record::new(date(day), text).from(Some(touch.source.to_string())).id(&touch.id)
        }
        (true, _, Some((mean, _))) => {
            let source = facts.facts.usage_source.as_ref().map(ToString::to_string);
            let text = format!("{name} engaged: {} active a day in 28 d", evidence::number(mean));
            Record::new(facts.usage.last(on.day).map_or(on.date, date), text).from(source)
        }
        (true, ..) => Record::new(on.date, format!("{name} engaged")),
        (false, Some((day, known, touch)), _) => {
            let text = format!("{name} not engaged: {} {} {}", known.person.name, touch.kind.name(), ago(day, on));
            let why = format!("longer than {:.0} d", model.cadence.of(tier));
            Record::new(date(day), text).from(Some(touch.source.to_string())).id(&touch.id).but(why)
        }
        (false, None, _) => {
            let known = facts.of(&[tier], on).next().is_some();
            let why = match (known, uses) {
                (false, false) => format!("no {} known", tier.name()),
                (true, false) => "nobody was ever met".to_owned(),
                (_, true) => "nobody met, and nobody active in 28 d".to_owned(),
            };
            Record::new(on.date, format!("{name} not engaged")).from(account_source(facts)).but(why)
        }
    }
}

pub(super) fn champion(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let mut rows = Vec::new();
    for known in &facts.people {
        let Some(entry) = known.person.champion.entry(on.date) else { continue };
        let named = number(entry.on);
        let row = |on_day: Day, text: String| {
            Record::new(date(on_day), text).from(account_source(facts)).id(known.person.id.parts().1)
        };
        rows.push(match (entry.value, left(known, on)) {
            (Some(true), None) => {
                (0, row(named, format!("{}: our champion since {}", who(known, on), said_day(named, on))))
            }
            (Some(true), Some(day)) => {
                let text = format!(
                    "{}: our champion since {}, left on {}",
                    who(known, on),
                    said_day(named, on),
                    said_day(day, on)
                );
                (1, row(day, text))
            }
            // Most were never one: many sources say so from the day they know somebody.
            _ if !known.person.champion.0.iter().any(|past| past.on <= entry.on && past.value == Some(true)) => {
                continue;
            }
            _ => {
                let text = format!("{}: our champion until {}", who(known, on), said_day(named, on));
                (2, row(named, text).but("no longer our champion"))
            }
        });
    }
    // The order of the reading: one who is there, else the one who left last.
    rows.sort_by_key(|(kind, row)| (*kind, std::cmp::Reverse(row.on)));
    let there = rows.first().is_some_and(|(kind, _)| *kind == 0);
    let mut first = true;
    rows.into_iter()
        .map(|(kind, row)| {
            let counts = first && kind < 2;
            first = false;
            match (counts, kind) {
                (true, _) | (false, 2) => row,
                (false, _) if there => row.but("another champion is there"),
                (false, _) => row.but("left before"),
            }
        })
        .collect()
}
