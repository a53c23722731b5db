//! Promises and their proofs: kept or not, the gap, the return, how old the proof is, who has heard of it.
//!
//! Decides what counts as accepted and when. A yearly worth holds for twelve months after its proof; a later proof of the
//! same promise takes its place; amounts that come once add up. What is claimed and not accepted is told apart.

use jiff::civil::Date;

use super::{Loyal, days};
use crate::book::day::{date, number, plus};
use crate::book::facts::Tier;
use crate::book::ids::PersonId;
use crate::book::journal::words::{ItemKind, ItemState};
use crate::book::journal::{Fact, Tag};
use crate::book::money::Worth;

/// A promise that is later than this is broken.
pub const BROKEN_AFTER: i64 = 90;
/// Days that a yearly worth holds after its proof.
pub const YEAR: i64 = 365;
/// Days in which no return is said: nothing can have been earned yet.
const TOO_EARLY: f64 = 90.0;

/// Where a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Broken,
    Late,
    OnTrack,
    Kept,
    /// Given up by agreement.
    Dropped,
}

impl State {
    /// The word on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Late => "late",
            Self::OnTrack => "on track",
            Self::Kept => "kept",
            Self::Dropped => "dropped",
        }
    }
}

/// Evidence of a promise.
#[derive(Clone, Debug, PartialEq)]
pub struct Proven<'a> {
    pub on: Date,
    pub text: &'a str,
    pub measured: Option<&'a str>,
    pub worth: Option<Worth>,
    pub accepted: bool,
    pub by: Option<&'a str>,
    pub by_id: Option<&'a PersonId>,
    /// Who took it down.
    pub noted: Option<&'a str>,
}

/// A promise with everything said of it up to a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Promised<'a> {
    pub tag: &'a Tag,
    pub text: &'a str,
    pub metric: Option<&'a (String, String)>,
    pub serves: Option<&'a str>,
    pub worth: Option<Worth>,
    pub due: Option<Date>,
    pub to: Vec<&'a str>,
    pub by: Option<&'a str>,
    /// The day it was made.
    pub on: Date,
    /// Oldest first.
    pub proofs: Vec<Proven<'a>>,
    /// Who has heard how it stands.
    pub told: Vec<&'a PersonId>,
    ended: Option<(ItemState, Date)>,
    day: Date,
}

impl Promised<'_> {
    /// Its worth, or what was accepted of it, in units of the book's currency: yearly figures as a year's.
    fn sum(&self, loyal: &Loyal<'_, '_>, until: Date, accepted: bool) -> f64 {
        let proofs = || self.proofs.iter().filter(move |proof| proof.accepted == accepted && proof.on <= until);
        let units = |worth: Worth| loyal.units(worth.amount).unwrap_or(0.0).max(0.0);
        let once: f64 = proofs().filter_map(|proof| proof.worth).filter(|worth| !worth.yearly).map(units).sum();
        let yearly = proofs().filter_map(|proof| proof.worth).rfind(|worth| worth.yearly).map_or(0.0, units);
        once + yearly
    }

    /// What was promised, in units of the book's currency.
    pub fn worth(&self, loyal: &Loyal<'_, '_>) -> Option<f64> {
        loyal.units(self.worth?.amount)
    }

    /// What was proven and accepted of it so far.
    pub fn accepted(&self, loyal: &Loyal<'_, '_>) -> f64 {
        self.sum(loyal, self.day, true)
    }

    /// What is claimed and not accepted yet.
    pub fn claimed(&self, loyal: &Loyal<'_, '_>) -> f64 {
        self.sum(loyal, self.day, false)
    }

    /// The day from which it counts as kept: said so, or accepted to its full worth.
    pub fn kept_on(&self, loyal: &Loyal<'_, '_>) -> Option<Date> {
        let said = self.ended.filter(|(state, _)| *state == ItemState::Done).map(|(_, on)| on);
        let full = |proof: &&Proven<'_>| match self.worth {
            _ if !proof.accepted => false,
            None => true,
            // An amount without a rate can't be compared: the customer's word stands.
            Some(worth) => {
                loyal.units(worth.amount).is_none_or(|worth| self.sum(loyal, proof.on, true) >= worth - 0.005)
            }
        };
        let proven = self.proofs.iter().find(full).map(|proof| proof.on);
        [said, proven].into_iter().flatten().min()
    }

    /// Where it stands.
    pub fn state(&self, loyal: &Loyal<'_, '_>) -> State {
        if self.kept_on(loyal).is_some() {
            return State::Kept;
        }
        if self.ended.is_some_and(|(state, _)| state == ItemState::Dropped) {
            return State::Dropped;
        }
        match self.late_days() {
            0 => State::OnTrack,
            late if late > BROKEN_AFTER => State::Broken,
            _ => State::Late,
        }
    }

    /// Days past its due date, kept or not.
    pub fn late_days(&self) -> i64 {
        self.due.map_or(0, |due| (days(due, self.day) as i64).max(0))
    }

    /// What is missing of it, once it is due.
    pub fn gap(&self, loyal: &Loyal<'_, '_>) -> Option<f64> {
        let due = self.due.is_some_and(|due| due <= self.day);
        let open = due && !matches!(self.state(loyal), State::Kept | State::Dropped);
        let worth = self.worth(loyal)?;
        Some(if open { (worth - self.accepted(loyal)).max(0.0) } else { 0.0 })
    }
}

/// Every promise that was made up to the day, oldest first.
pub fn promises<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Promised<'a>> {
    let mut out: Vec<Promised<'a>> = Vec::new();
    for one in loyal.journal() {
        if let Fact::Promise { tag, text, metric, serves, worth, due, to, by } = &one.fact
            && !out.iter().any(|known| known.tag == tag)
        {
            out.push(Promised {
                tag,
                text,
                metric: metric.as_ref(),
                serves: serves.as_deref(),
                worth: *worth,
                due: *due,
                to: to.iter().map(|person| person.name.as_str()).collect(),
                by: by.as_deref(),
                on: one.on,
                proofs: Vec::new(),
                told: Vec::new(),
                ended: None,
                day: loyal.on.date,
            });
        }
    }
    if out.is_empty() {
        return out;
    }
    for one in loyal.journal() {
        let tag = match &one.fact {
            Fact::Proof { of, .. } | Fact::Told { of, .. } | Fact::Step { item: ItemKind::Promise, of, .. } => of,
            _ => continue,
        };
        let Some(promise) = out.iter_mut().find(|promise| promise.tag == tag) else { continue };
        match &one.fact {
            Fact::Proof { text, measured, worth, on, accepted, by, .. } => promise.proofs.push(Proven {
                on: *on,
                text,
                measured: measured.as_deref(),
                worth: *worth,
                accepted: *accepted,
                by: by.as_ref().map(|by| by.name.as_str()),
                by_id: one.people.first(),
                noted: one.by.as_deref(),
            }),
            Fact::Told { .. } => promise.told.extend(&one.people),
            Fact::Step { state, on, .. } => promise.ended = Some((*state, *on)),
            _ => {}
        }
    }
    out
}

/// All of an account's value on a day.
pub struct Ledger<'a> {
    pub promises: Vec<Promised<'a>>,
}

impl<'a> Ledger<'a> {
    /// Reads it; `None`: nothing was ever promised.
    pub fn of(loyal: &Loyal<'_, 'a>) -> Option<Self> {
        let promises = promises(loyal);
        (!promises.is_empty()).then_some(Self { promises })
    }

    /// What is missing of the promises that are due: more than was promised of one makes up for no other.
    pub fn gap(&self, loyal: &Loyal<'_, '_>) -> f64 {
        self.promises.iter().filter_map(|promise| promise.gap(loyal)).sum()
    }

    /// What was promised in all, given-up promises aside.
    pub fn promised(&self, loyal: &Loyal<'_, '_>) -> f64 {
        let counts = |promise: &&Promised<'_>| promise.state(loyal) != State::Dropped;
        self.promises.iter().filter(counts).filter_map(|promise| promise.worth(loyal)).sum()
    }

    /// What was proven and accepted in all.
    pub fn accepted(&self, loyal: &Loyal<'_, '_>) -> f64 {
        self.promises.iter().map(|promise| promise.accepted(loyal)).sum()
    }

    /// The promises that are late or broken, the latest first.
    pub fn late(&self, loyal: &Loyal<'_, '_>) -> Vec<&Promised<'a>> {
        let mut late: Vec<_> =
            self.promises.iter().filter(|one| matches!(one.state(loyal), State::Late | State::Broken)).collect();
        late.sort_by_key(|one| std::cmp::Reverse(one.late_days()));
        late
    }

    /// Accepted proofs, oldest first.
    pub fn accepted_proofs(&self) -> Vec<(&Promised<'a>, &Proven<'a>)> {
        let all = self.promises.iter().flat_map(|promise| promise.proofs.iter().map(move |proof| (promise, proof)));
        let mut all: Vec<_> = all.filter(|(_, proof)| proof.accepted).collect();
        all.sort_by_key(|(_, proof)| proof.on);
        all
    }

    /// The day of the last accepted proof.
    pub fn proven_on(&self) -> Option<Date> {
        let all = self.promises.iter().flat_map(|promise| &promise.proofs);
        all.filter(|proof| proof.accepted).map(|proof| proof.on).max()
    }

    /// Quarters in a row with an accepted proof, up to this one; one that is still running breaks no streak.
    pub fn streak(&self, day: Date) -> usize {
        let quarter = |date: Date| i32::from(date.year()) * 4 + (i32::from(date.month()) - 1) / 3;
        let proven: Vec<i32> = self.accepted_proofs().iter().map(|(_, proof)| quarter(proof.on)).collect();
        let now = quarter(day);
        let last = if proven.contains(&now) { now } else { now - 1 };
        (0..).take_while(|back| proven.contains(&(last - back))).count()
    }

    /// Accepted worth that fell into `from..=to`: a yearly worth accrues by the day for twelve months, or until the next
    /// proof of the same promise.
    pub fn accrued(&self, loyal: &Loyal<'_, '_>, from: Date, to: Date) -> f64 {
        let mut sum = 0.0;
        for promise in &self.promises {
            let accepted: Vec<&Proven<'_>> = promise.proofs.iter().filter(|proof| proof.accepted).collect();
            for (at, proof) in accepted.iter().enumerate() {
                let Some((worth, units)) = proof.worth.and_then(|worth| Some((worth, loyal.units(worth.amount)?)))
                else {
                    continue;
                };
                if !worth.yearly {
                    sum += if (from..=to).contains(&proof.on) { units } else { 0.0 };
                    continue;
                }
                let next = accepted[at + 1..].iter().find(|later| later.worth.is_some_and(|worth| worth.yearly));
                let end = plus(proof.on, YEAR).min(next.map_or(Date::MAX, |next| next.on));
                // The day of the proof counts, the day of its end does not.
                let (first, last) = (proof.on.max(from), end.min(plus(to, 1)));
                sum += units * days(first, last).max(0.0) / YEAR as f64;
            }
        }
        sum.max(0.0)
    }

    /// Kept promises of which a buyer or influencer who is there has not heard, with who that is.
    pub fn untold(&self, loyal: &Loyal<'_, 'a>) -> Vec<(&Promised<'a>, Vec<&'a str>)> {
        let listeners: Vec<_> =
            loyal.eval.facts.of(&[Tier::Buyer, Tier::Influencer], loyal.on).map(|known| known.person).collect();
        let kept = self.promises.iter().filter(|promise| promise.state(loyal) == State::Kept);
        kept.filter_map(|promise| {
            let knows = |id: &PersonId| {
                promise.told.contains(&id)
                    || promise.proofs.iter().any(|proof| proof.accepted && proof.by_id == Some(id))
            };
            let missing: Vec<&str> =
                listeners.iter().filter(|person| !knows(&person.id)).map(|person| person.name.as_str()).collect();
            (!missing.is_empty()).then_some((promise, missing))
        })
        .collect()
    }
}

/// What the contract cost in `from..=to`: the ARR of each day, in units of the book's currency.
pub fn cost(loyal: &Loyal<'_, '_>, from: Date, to: Date) -> Option<f64> {
    let arr = &loyal.facts().arr;
    let mut sum = 0.0;
    let mut day = from;
    while day <= to {
        let until = arr.0.iter().map(|entry| entry.on).find(|on| *on > day).unwrap_or(Date::MAX).min(plus(to, 1));
        if let Some(amount) = arr.at(day) {
            sum += loyal.units(*amount)? * days(day, until) / YEAR as f64;
        }
        day = until;
    }
    (sum > 0.0).then_some(sum)
}

/// The window of the return: the last twelve months, or since the contract's first day. Absent in the first 90 days.
pub fn window(loyal: &Loyal<'_, '_>) -> Option<(Date, Date)> {
    let to = loyal.on.date;
    let since = loyal.eval.facts.since.map(date).filter(|since| *since <= to)?;
    let from = since.max(plus(to, 1 - YEAR));
    (days(since, to) >= TOO_EARLY).then_some((from, to))
}

/// Accepted worth over the cost of the contract, both over [`window`]. Absent without a cost, and where nothing was ever
/// promised.
pub fn returned(loyal: &Loyal<'_, '_>) -> Option<f64> {
    let ledger = Ledger::of(loyal)?;
    let (from, to) = window(loyal)?;
    Some(ledger.accrued(loyal, from, to) / cost(loyal, from, to)?)
}

/// Promised and proven up to the end of each month, oldest first: in units of the book's currency, for the line of both.
pub fn months(loyal: &Loyal<'_, '_>, count: i64) -> Vec<(Date, f64, f64)> {
    let day = loyal.on.date;
    (0..count)
        .rev()
        .map(|back| if back == 0 { day } else { plus(day, -30 * back) })
        .map(|then| {
            let past = Loyal::new(loyal.eval, crate::book::prepared::On::day(number(then)));
            let ledger = Ledger::of(&past);
            let sum = |f: &dyn Fn(&Ledger<'_>) -> f64| ledger.as_ref().map_or(0.0, f);
            (then, sum(&|ledger| ledger.promised(&past)), sum(&|ledger| ledger.accepted(&past)))
        })
        .collect()
}
