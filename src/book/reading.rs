//! Reads one input from the facts of an account on a day: a value, and how new it is. No words, no score.
//!
//! Decides what counts as evidence and what is absent. Must not allocate: it runs for every measure on every day.

use crate::book::day::{Day, number};
use crate::book::facts::{Pulse, Tier};
use crate::book::model::{Input, Measure, Model, Validity};
use crate::book::prepared::{On, Prepared};
use crate::book::query::{self, Look};
use crate::book::score::Eval;

/// What an input says on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub value: f64,
    /// The day of the newest fact behind it.
    pub as_of: Day,
    /// 1 until half of its validity, then falling to 0.
    pub freshness: f64,
}

/// The window of usage figures.
pub const WINDOW: Day = 28;

/// Fewer covered days than this in a window make no figure.
const LEAST_DAYS: u32 = 7;

/// Reads a measure; `None`: nothing to go by, or too old to speak.
pub fn read(measure: &Measure, eval: &Eval<'_>, on: On) -> Option<Reading> {
    let look = Look::new(eval, on);
    if measure.when.as_ref().is_some_and(|when| !query::holds(when, &look)) {
        return None;
    }
    let read = query::number(&measure.value, &look)?;
    let (as_of, fades) = read.as_of.zip(read.fades)?;
    let age = f64::from(on.day - fades);
    let freshness = match validity(measure, eval.model_on(on.day)) {
        None => 1.0,
        Some(days) if measure.fades => freshness(age, days),
        Some(days) => f64::from(age <= days),
    };
    (freshness > 0.0).then_some(Reading { value: read.value, as_of, freshness })
}

/// Days that a measure speaks: its own, else the shortest of its inputs; `None`: as long as its sources say so.
pub fn validity(measure: &Measure, model: &Model) -> Option<f64> {
    let of = |input: &Input| match input.spec().validity {
        Validity::Days(days) => Some(days),
        Validity::Cadence => Some(2.0 * cadence(*input, model)),
        Validity::Standing => None,
    };
    measure.validity.or_else(|| measure.inputs.iter().filter_map(of).reduce(f64::min))
}

/// 1 until half of the validity, then in a line to 0 at its end.
pub fn freshness(age: f64, validity: f64) -> f64 {
    let half = validity / 2.0;
    ((validity - age) / half).clamp(0.0, 1.0)
}

/// The tiers that a contact input is about.
pub fn tiers_of(input: Input) -> &'static [Tier] {
    match input {
        Input::ContactBuyer => &[Tier::Buyer],
        Input::ContactInfluencer => &[Tier::Influencer],
        Input::ContactUser => &[Tier::User, Tier::Builder],
        _ => &[],
    }
}

fn cadence(input: Input, model: &Model) -> f64 {
    tiers_of(input).first().map_or(model.cadence.buyer, |tier| model.cadence.of(*tier))
}

/// Value, day of the newest fact behind it, and the day from which it fades.
pub fn value(input: Input, facts: &Prepared<'_>, model: &Model, on: On) -> Option<(f64, Day, Day)> {
    let day = on.day;
    let same = |(value, as_of): (f64, Day)| (value, as_of, as_of);
    match input {
        Input::UsageTrend => trend(facts, day).map(same),
        Input::UsageChange => change(facts, day).map(|change| same((change.share(), change.as_of))),
        Input::UsageUtilisation => utilisation(facts, on).map(|use_| same((use_.used / use_.seats, use_.as_of))),
        Input::UsageBreadth => {
            let breadth = breadth(facts, on)?;
            Some(same(((breadth.used as f64 / breadth.bought).min(1.0), breadth.as_of)))
        }
        Input::ContactBuyer | Input::ContactInfluencer | Input::ContactUser => {
            let (touched, ..) = facts.last_touch_of(tiers_of(input), on)?;
            Some(same((f64::from(day - touched) / cadence(input, model), touched)))
        }
        Input::PeopleEngaged => {
            let (as_of, _) = facts.last_touch(day)?;
            facts.of(&[Tier::Buyer, Tier::Influencer], on).next()?;
            Some((engaged(facts, model, on) as f64, as_of, day))
        }
        Input::PeopleCoverage => {
            let coverage = coverage(facts, model, on)?;
            Some((coverage.engaged as f64 / coverage.expected as f64, coverage.as_of, day))
        }
        Input::PeopleChampion => champion(facts, on),
        Input::TicketsOpened => {
            let as_of = ticket_seen(facts, day)?;
            Some(same((opened(facts, day - 29, day) as f64, as_of)))
        }
        Input::TicketsEscalated => {
            let as_of = ticket_seen(facts, day)?;
            let open = facts.tickets.iter().filter(|ticket| ticket.escalated(day)).count();
            Some(same((open as f64, as_of)))
        }
        Input::SurveyCsat => {
            let entry = facts.facts.csat.entry(on.date)?;
            Some(same((entry.value?, number(entry.on))))
        }
        Input::Pulse => {
            let pulse = pulse(facts, on)?;
            Some(same((level(pulse.pulse), number(pulse.on))))
        }
        Input::InvoiceOverdue => overdue(facts, on).map(same),
        Input::RenewalDays => {
            let entry = facts.facts.renewal.entry(on.date)?;
            Some(same((f64::from(number(entry.value?) - day), number(entry.on))))
        }
    }
}

/// Daily active users of 28 days and of the 28 before.
#[derive(Clone, Copy, Debug)]
pub struct UsageChange {
    pub before: f64,
    pub after: f64,
    pub as_of: Day,
}

impl UsageChange {
    /// As a share of before: −0.2 is a fall by a fifth.
    pub fn share(self) -> f64 {
        self.after / self.before - 1.0
    }
}

/// The last 28 days against the 28 before, by the last day known.
pub fn change(facts: &Prepared<'_>, day: Day) -> Option<UsageChange> {
    let as_of = facts.usage.last(day)?;
    let window = |end: Day| facts.usage.active(end - WINDOW + 1, end).filter(|(_, days)| *days >= LEAST_DAYS);
    let (after, _) = window(as_of)?;
    let (before, _) = window(as_of - WINDOW)?;
    (before > 0.0).then_some(UsageChange { before, after, as_of })
}

/// Least-squares slope of eight weekly means, as a share of their mean per week.
fn trend(facts: &Prepared<'_>, day: Day) -> Option<(f64, Day)> {
    let as_of = facts.usage.last(day)?;
    let week = |back: Day| facts.usage.active(as_of - 7 * back - 6, as_of - 7 * back).map(|(mean, _)| mean);
    slope(8, week).map(|slope| (slope, as_of))
}

/// Least-squares slope of weekly values as a share of their mean per week; `week` is asked by how many weeks back it lies.
pub fn slope(weeks: Day, week: impl Fn(Day) -> Option<f64>) -> Option<f64> {
    let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for at in 0..weeks {
        let Some(y) = week(weeks - 1 - at) else { continue };
        let x = f64::from(at);
        n += 1.0;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    // A quarter of the weeks may be missing; with fewer the line says more about the holes than about the users.
    if n < 3.0 || n < f64::from(weeks) * 0.75 || sy <= 0.0 {
        return None;
    }
    let slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    Some(slope / (sy / n))
}

/// Seats in use and licensed.
#[derive(Clone, Copy, Debug)]
pub struct Utilisation {
    pub used: f64,
    pub seats: f64,
    pub as_of: Day,
}

/// Active users in 28 days beside the licensed seats.
pub fn utilisation(facts: &Prepared<'_>, on: On) -> Option<Utilisation> {
    let seats = *facts.facts.seats.at(on.date)?;
    let (as_of, used) = facts.usage.seats(on.day)?;
    (seats > 0.0).then_some(Utilisation { used, seats, as_of })
}

/// Key features used and bought.
#[derive(Clone, Copy, Debug)]
pub struct Breadth {
    pub used: usize,
    pub bought: f64,
    pub as_of: Day,
}

/// Key features used in 28 days beside those bought.
pub fn breadth(facts: &Prepared<'_>, on: On) -> Option<Breadth> {
    let as_of = facts.usage.last(on.day)?;
    let bought = *facts.facts.features_bought.at(on.date)?;
    let mut known = 0;
    let used = facts.usage.features(as_of - WINDOW + 1, as_of).inspect(|_| known += 1).filter(|one| one.1).count();
    (bought > 0.0 && known > 0).then_some(Breadth { used, bought, as_of })
}

/// Buyers and influencers touched inside their cadence.
pub fn engaged(facts: &Prepared<'_>, model: &Model, on: On) -> usize {
    facts
        .of(&[Tier::Buyer, Tier::Influencer], on)
        .filter(|known| {
            let cadence = known.tier(on).map_or(0.0, |tier| model.cadence.of(tier));
            known.last_touch(on.day).is_some_and(|(touched, _)| f64::from(on.day - touched) <= cadence)
        })
        .count()
}

/// Tiers engaged and expected.
#[derive(Clone, Copy, Debug)]
pub struct Coverage {
    pub engaged: usize,
    pub expected: usize,
    pub as_of: Day,
}

/// Which of the expected tiers are engaged. Absent while no touch was ever recorded: nothing can be said then.
pub fn coverage(facts: &Prepared<'_>, model: &Model, on: On) -> Option<Coverage> {
    let (as_of, _) = facts.last_touch(on.day)?;
    facts.people.iter().find(|known| known.tier(on).is_some() && known.present(on))?;
    let expected = model.tiers.expected(facts.facts.segment.at(on.date).map(String::as_str));
    let engaged = expected.iter().filter(|tier| tier_engaged(facts, model, **tier, on)).count();
    (!expected.is_empty()).then_some(Coverage { engaged, expected: expected.len(), as_of })
}

/// Touched inside the cadence, or (users, builders) somebody active in the product in 28 days.
pub fn tier_engaged(facts: &Prepared<'_>, model: &Model, tier: Tier, on: On) -> bool {
    let touched = facts
        .last_touch_of(&[tier], on)
        .is_some_and(|(touched, ..)| f64::from(on.day - touched) <= model.cadence.of(tier));
    let active = || facts.usage.active(on.day - WINDOW + 1, on.day).is_some_and(|(mean, _)| mean > 0.0);
    touched || (matches!(tier, Tier::User | Tier::Builder) && active())
}

/// 1 while a champion is there; 0 when the last one left.
fn champion(facts: &Prepared<'_>, on: On) -> Option<(f64, Day, Day)> {
    let mut left: Option<Day> = None;
    for known in &facts.people {
        let Some(champion) = known.person.champion.entry(on.date).filter(|entry| entry.value == Some(true)) else {
            continue;
        };
        match known.person.left.entry(on.date).filter(|entry| entry.value == Some(true)) {
            None => return Some((1.0, number(champion.on), on.day)),
            Some(entry) => left = left.max(Some(number(entry.on))),
        }
    }
    left.map(|day| (0.0, day, day))
}

/// The newest day on which a ticket was opened or closed; the day itself while one is open.
pub fn ticket_seen(facts: &Prepared<'_>, day: Day) -> Option<Day> {
    facts
        .tickets
        .iter()
        .filter(|ticket| ticket.opened <= day)
        .map(|ticket| ticket.closed.filter(|closed| *closed <= day).unwrap_or(day))
        .max()
}

/// How many tickets were opened in `from..=to`.
pub fn opened(facts: &Prepared<'_>, from: Day, to: Day) -> usize {
    facts.tickets.iter().filter(|ticket| (from..=to).contains(&ticket.opened)).count()
}

/// Where a pulse stands among the levels, worst first.
pub fn level(pulse: Pulse) -> f64 {
    match pulse {
        Pulse::Red => 0.0,
        Pulse::Yellow => 1.0,
        Pulse::Green => 2.0,
    }
}

/// The last pulse on or before a day.
pub fn pulse<'a>(facts: &Prepared<'a>, on: On) -> Option<&'a crate::book::facts::PulseFact> {
    // `max_by_key` keeps the last of equals: of two pulses on one day the later one counts.
    facts.facts.pulses.iter().filter(|pulse| pulse.on <= on.date).max_by_key(|pulse| pulse.on)
}

/// Days that the invoice is late, and the day of the fact.
pub fn overdue(facts: &Prepared<'_>, on: On) -> Option<(f64, Day)> {
    let entry = facts.facts.invoice.entry(on.date)?;
    let state = entry.value.as_deref()?;
    let since = number(entry.on);
    let due = facts.facts.invoice_due.at(on.date).map(|due| number(*due));
    let late = match state.trim().to_lowercase().as_str() {
        "paid" => 0,
        // Some systems leave an unpaid invoice open for ever: past its day it is late all the same.
        "open" => due.map_or(0, |due| on.day - due),
        "overdue" => (on.day - due.unwrap_or(since)).max(1),
        _ => return None,
    };
    Some((f64::from(late.max(0)), since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_holds_for_half_and_then_falls_in_a_line() {
        for (age, f) in [(0.0, 1.0), (30.0, 1.0), (45.0, 0.5), (60.0, 0.0), (90.0, 0.0)] {
            assert_eq!(freshness(age, 60.0), f, "{age}");
        }
    }
}
