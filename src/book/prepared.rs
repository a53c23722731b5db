//! The facts of one account laid out for many looks at many days: sorted days, sums, tiers.
//!
//! Decides nothing about health. It is built once per assessment, so that a score on a day allocates nothing.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::book::day::{Day, date, number};
use crate::book::facts::{Daily, Facts, Person, Tier, Touch, TouchKind, Usage, is_score};
use crate::book::model::Model;
use crate::book::tiers::usual_tier;

/// A day in both forms.
#[derive(Clone, Copy, Debug)]
pub struct On {
    pub day: Day,
    pub date: Date,
}

impl On {
    /// That day.
    pub fn day(day: Day) -> Self {
        Self { day, date: date(day) }
    }
}

impl From<Date> for On {
    fn from(date: Date) -> Self {
        Self { day: number(date), date }
    }
}

/// A person with tier and the days of two-way touches.
#[derive(Debug)]
pub struct Known<'a> {
    pub person: &'a Person,
    /// Their tier by roles and title, where nothing was said by hand.
    usual: Option<Tier>,
    created: Option<Day>,
    touches: Vec<Met>,
}

/// A two-way touch by its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Met {
    day: Day,
    /// Index into `facts.touches`.
    index: usize,
    /// A meeting from a calendar: on its own day nobody can tell yet whether it took place, so it counts from the next.
    planned: bool,
}

impl Known<'_> {
    /// Their tier on a day.
    pub fn tier(&self, on: On) -> Option<Tier> {
        self.person.tier.at(on.date).copied().or(self.usual)
    }

    /// The last two-way touch on or before a day: when, and its index into `facts.touches`.
    pub fn last_touch(&self, day: Day) -> Option<(Day, usize)> {
        last(&self.touches, day)
    }

    /// Whether they were known and had not left.
    pub fn present(&self, on: On) -> bool {
        self.person.left.at(on.date) != Some(&true)
            && (self.created.is_none_or(|created| created <= on.day) || self.last_touch(on.day).is_some())
    }

    /// The day from which they are known.
    pub fn since(&self) -> Option<Day> {
        let touched = self.touches.first().map(|touch| touch.day);
        [self.created, touched].into_iter().flatten().min()
    }
}

fn last(touches: &[Met], day: Day) -> Option<(Day, usize)> {
    let end = touches.partition_point(|touch| touch.day <= day);
    let counts = |touch: &&Met| touch.day < day || !touch.planned;
    touches[..end].iter().rev().find(counts).map(|touch| (touch.day, touch.index))
}

/// A ticket's days.
#[derive(Clone, Copy, Debug)]
pub struct TicketDays {
    pub opened: Day,
    pub closed: Option<Day>,
    /// The day from which it counts as escalated.
    pub escalated: Option<Day>,
}

impl TicketDays {
    /// Whether it was open on a day.
    pub fn open(self, day: Day) -> bool {
        self.opened <= day && self.closed.is_none_or(|closed| closed > day)
    }

    /// Whether it was open and escalated on a day.
    pub fn escalated(self, day: Day) -> bool {
        self.open(day) && self.escalated.is_some_and(|from| from <= day)
    }
}

/// One account, ready to be looked at.
#[derive(Debug)]
pub struct Prepared<'a> {
    pub facts: &'a Facts,
    pub people: Vec<Known<'a>>,
    /// Every two-way touch, by day.
    two_way: Vec<Met>,
    /// In the order of `facts.tickets`.
    pub tickets: Vec<TicketDays>,
    pub usage: UsageDays<'a>,
    /// First day as a customer, else the first day anything is known of.
    pub since: Option<Day>,
}

impl<'a> Prepared<'a> {
    /// Lays out the facts.
    pub fn new(facts: &'a Facts, model: &Model) -> Self {
        let mut people: Vec<_> = facts
            .people
            .iter()
            .map(|person| Known {
                person,
                usual: usual_tier(person, &model.tiers),
                created: person.created.map(number),
                touches: Vec::new(),
            })
            .collect();
        let place: HashMap<_, _> = facts.people.iter().enumerate().map(|(at, person)| (&person.id, at)).collect();
        let mut two_way = Vec::with_capacity(facts.touches.len());
        for (index, touch) in facts.touches.iter().enumerate().filter(|(_, touch)| touch.two_way) {
            let planned = touch.kind == TouchKind::Meeting && touch.note.is_none();
            let met = Met { day: number(touch.on), index, planned };
            two_way.push(met);
            for at in touch.people.iter().filter_map(|id| place.get(id)) {
                people[*at].touches.push(met);
            }
        }
        two_way.sort_unstable();
        for known in &mut people {
            known.touches.sort_unstable();
        }
        let tickets = facts
            .tickets
            .iter()
            .map(|ticket| TicketDays {
                opened: number(ticket.opened),
                closed: ticket.closed.map(number),
                escalated: ticket.escalated.then(|| number(ticket.escalated_on.unwrap_or(ticket.opened))),
            })
            .collect();
        let usage = UsageDays::new(&facts.usage);
        let since = facts.customer_since.or(facts.created).map(number);
        Self { facts, people, two_way, tickets, usage, since }
    }

    /// The last two-way touch with anybody on or before a day.
    pub fn last_touch(&self, day: Day) -> Option<(Day, &'a Touch)> {
        last(&self.two_way, day).map(|(on, index)| (on, &self.facts.touches[index]))
    }

    /// The last two-way touch on or before a day with somebody of these tiers who was still there.
    pub fn last_touch_of(&self, tiers: &[Tier], on: On) -> Option<(Day, &Known<'a>, &'a Touch)> {
        self.of(tiers, on)
            .filter_map(|known| known.last_touch(on.day).map(|(day, index)| (day, known, &self.facts.touches[index])))
            .max_by_key(|(day, ..)| *day)
    }

    /// The people of these tiers who were there on a day.
    pub fn of(&self, tiers: &[Tier], on: On) -> impl Iterator<Item = &Known<'a>> {
        self.people
            .iter()
            .filter(move |known| known.tier(on).is_some_and(|tier| tiers.contains(&tier)) && known.present(on))
    }

    /// Age of the account in months.
    pub fn months(&self, day: Day) -> Option<f64> {
        self.since.map(|since| f64::from(day - since) / 30.4375)
    }
}

/// Usage as sums over days, so that a window costs two subtractions.
#[derive(Debug)]
pub struct UsageDays<'a> {
    start: Day,
    /// By day from `start`: how many days were covered before it, and the sum of active users before it.
    before: Vec<(u32, f64)>,
    /// By day from `start`: the last covered day on or before it, as an offset.
    covered: Vec<Option<u32>>,
    active: bool,
    seats: Option<(Day, &'a Daily)>,
    features: Vec<(&'a str, Day, &'a Daily)>,
    all: &'a Usage,
}

impl<'a> UsageDays<'a> {
    fn new(usage: &'a Usage) -> Self {
        let counted = usage.iter().filter(|(name, _)| !is_score(name)).map(|(_, daily)| daily);
        let spans = counted.filter_map(|daily| Some((number(daily.start?), daily)));
        let metrics: Vec<_> = spans.filter(|(_, daily)| !daily.values.is_empty()).collect();
        let start = metrics.iter().map(|(start, _)| *start).min().unwrap_or(0);
        let end = metrics.iter().map(|(start, daily)| start + daily.values.len() as Day).max().unwrap_or(start);
        let days = (end - start).max(0) as usize;
        // A day on which the source reported anything is covered; a metric without a value on such a day was zero:
        // sources that count events have no row for a count of none.
        let mut seen = vec![false; days];
        for (from, daily) in &metrics {
            for (at, value) in daily.values.iter().enumerate() {
                seen[(from - start) as usize + at] |= !value.is_nan();
            }
        }
        let active = usage.get("active_users").filter(|daily| daily.start.is_some());
        let offset = active.and_then(|daily| daily.start).map_or(0, |from| number(from) - start);
        let mut before = Vec::with_capacity(days + 1);
        let mut covered = Vec::with_capacity(days);
        let (mut count, mut sum, mut last) = (0, 0.0, None);
        for (at, seen) in seen.into_iter().enumerate() {
            before.push((count, sum));
            if seen {
                last = Some(at as u32);
                count += 1;
                let index = usize::try_from(at as Day - offset).ok();
                let value = index.and_then(|index| active?.values.get(index)).copied().unwrap_or(f32::NAN);
                sum += if value.is_nan() { 0.0 } else { f64::from(value) };
            }
            covered.push(last);
        }
        before.push((count, sum));
        let dated = |daily: &'a Daily| Some((number(daily.start?), daily));
        let seats = usage.get("seats_used").and_then(dated);
        let features = usage
            .iter()
            .filter_map(|(name, daily)| {
                let (from, daily) = dated(daily)?;
                Some((name.strip_prefix("feature:")?, from, daily))
            })
            .collect();
        Self { start, before, covered, active: active.is_some(), seats, features, all: usage }
    }

    /// The last day on or before `day` of which anything is known.
    pub fn last(&self, day: Day) -> Option<Day> {
        let at = (day - self.start).min(self.covered.len() as Day - 1);
        let offset = (*self.covered.get(usize::try_from(at).ok()?)?)?;
        Some(self.start + offset as Day)
    }

    /// Mean of daily active users over the covered days of `from..=to`, and how many those are.
    pub fn active(&self, from: Day, to: Day) -> Option<(f64, u32)> {
        let end = self.before.len() as Day - 1;
        let clamp = |day: Day| (day - self.start).clamp(0, end) as usize;
        let ((c0, s0), (c1, s1)) = (self.before[clamp(from)], self.before[clamp(to + 1)]);
        (self.active && c1 > c0).then(|| ((s1 - s0) / f64::from(c1 - c0), c1 - c0))
    }

    /// A metric by its name, key features also without their prefix.
    fn metric(&self, name: &str) -> Option<(Day, &'a Daily)> {
        let plain = |key: &String| key == name || key.strip_prefix("feature:") == Some(name);
        let (_, daily) = self.all.iter().find(|(key, _)| plain(key))?;
        Some((number(daily.start?), daily))
    }

    /// Mean of a metric over the covered days of `from..=to`, and how many those are. Seats in use are a state: a day
    /// without a value says nothing of them; of what is counted, a covered day without a value was zero.
    pub fn window(&self, name: &str, from: Day, to: Day) -> Option<(f64, u32)> {
        if name == "active_users" {
            return self.active(from, to);
        }
        let (start, daily) = self.metric(name)?;
        let state = name == "seats_used" || is_score(name);
        let (mut sum, mut days) = (0.0, 0);
        for day in from..=to {
            let value = usize::try_from(day - start).ok().and_then(|at| daily.values.get(at)).copied();
            match value.filter(|value| !value.is_nan()) {
                Some(value) => (sum, days) = (sum + f64::from(value), days + 1),
                None if !state && self.is_covered(day) => days += 1,
                None => {}
            }
        }
        (days > 0).then(|| (sum / f64::from(days), days))
    }

    fn is_covered(&self, day: Day) -> bool {
        let at = usize::try_from(day - self.start).ok();
        at.and_then(|at| Some(self.before.get(at + 1)?.0 > self.before.get(at)?.0)).unwrap_or(false)
    }

    /// The last value of a metric on or before a day, and when.
    pub fn last_of(&self, name: &str, day: Day) -> Option<(Day, f64)> {
        let (start, daily) = self.metric(name)?;
        let at = usize::try_from((day - start).min(daily.values.len() as Day - 1)).ok()?;
        let index = daily.values[..=at].iter().rposition(|value| !value.is_nan())?;
        Some((start + index as Day, f64::from(daily.values[index])))
    }

    /// Seats in use, as last known on or before `day`: when, and how many.
    pub fn seats(&self, day: Day) -> Option<(Day, f64)> {
        self.seats?;
        self.last_of("seats_used", day)
    }

    /// The first day on which at least so many seats were in use.
    pub fn first_with_seats(&self, least: f64) -> Option<Day> {
        let (start, daily) = self.seats?;
        daily.values.iter().position(|value| f64::from(*value) >= least).map(|at| start + at as Day)
    }

    /// Key features known of, and those used on any day of `from..=to`.
    pub fn features(&self, from: Day, to: Day) -> impl Iterator<Item = (&'a str, bool)> {
        self.features.iter().map(move |(name, start, daily)| {
            let end = daily.values.len() as Day;
            let slice = (from - start).clamp(0, end) as usize..(to + 1 - start).clamp(0, end) as usize;
            (*name, daily.values[slice].iter().any(|value| *value > 0.0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as civil;

    fn daily(start: Date, values: &[f32]) -> Daily {
        Daily { start: Some(start), values: values.to_vec() }
    }

    #[test]
    fn a_day_without_a_row_is_zero_only_where_the_source_reported_something() {
        let start = civil(2026, 11, 2);
        let mut usage = Usage::new();
        usage.insert("active_users".into(), daily(start, &[10.0, f32::NAN, 20.0]));
        let days = UsageDays::new(&usage);
        let d = number(start);
        assert_eq!(days.active(d, d + 2), Some((15.0, 2)));
        assert_eq!(days.last(d + 9), Some(d + 2));
        assert_eq!(days.last(d - 1), None);
        assert_eq!(days.active(d - 9, d - 1), None);

        usage.insert("seats_used".into(), daily(start, &[9.0, 9.0, 9.0, 9.0]));
        let days = UsageDays::new(&usage);
        assert_eq!(days.active(d, d + 3), Some((7.5, 4)));
        assert_eq!(days.last(d + 9), Some(d + 3));
        assert_eq!(days.seats(d + 30), Some((d + 3, 9.0)));
        assert_eq!(days.seats(d - 1), None);
    }

    #[test]
    fn a_score_of_another_system_is_no_use_of_the_product() {
        let start = civil(2026, 11, 2);
        let mut usage = Usage::new();
        usage.insert("active_users".into(), daily(start, &[10.0, 20.0]));
        usage.insert("health".into(), daily(start, &[70.0, f32::NAN, 50.0]));
        let days = UsageDays::new(&usage);
        let d = number(start);
        assert_eq!(days.active(d, d + 2), Some((15.0, 2)), "the third day has no use, not none");
        assert_eq!(days.last(d + 9), Some(d + 1));
        assert_eq!(days.window("health", d, d + 2), Some((60.0, 2)));
        assert_eq!(days.last_of("health", d + 9), Some((d + 2, 50.0)));
    }

    #[test]
    fn no_usage_is_no_panic() {
        let usage = Usage::new();
        let days = UsageDays::new(&usage);
        assert_eq!(days.last(100), None);
        assert_eq!(days.active(0, 100), None);
        assert_eq!(days.features(0, 9).count(), 0);
    }
}
