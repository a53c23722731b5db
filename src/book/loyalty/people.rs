//! How people feel, tier by tier: loyalty must be earned at each, and opinions travel between them.
//!
//! Decides when a tier is known at all (two people, or one buyer), which is the weakest, and when one infects another.

use jiff::civil::Date;

use super::{Loyal, days};
use crate::book::day::{number, plus};
use crate::book::facts::{Person, Tier};
use crate::book::ids::PersonId;
use crate::book::journal::Fact;
use crate::book::prepared::On;

/// Days in which a feeling is half forgotten.
const HALF: f64 = 90.0;
/// A tier that falls by this much in [`WINDOW`] days is turning.
const FALL: f64 = 15.0;
const WINDOW: i64 = 30;
/// From here on somebody is glad to talk to others; up to there they are indifferent.
const GLAD: f64 = 70.0;
const COOL: f64 = 40.0;

/// What somebody felt, when, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feeling<'a> {
    pub level: i8,
    pub on: Date,
    pub because: &'a str,
    /// It is known here alone.
    pub private: bool,
}

impl Feeling<'_> {
    /// 0 to 100 on a day: 50 is neither nor, and where it drifts to.
    pub fn score(&self, day: Date) -> f64 {
        50.0 + f64::from(self.level) * 25.0 * 0.5_f64.powf(days(self.on, day) / HALF)
    }
}

/// Everything a person was said to feel up to the day, oldest first.
pub fn feelings<'a>(loyal: &Loyal<'_, 'a>, person: &PersonId) -> Vec<Feeling<'a>> {
    let said = loyal.journal().filter(|one| one.people.first() == Some(person));
    said.filter_map(|one| match &one.fact {
        Fact::Feels { level, because, .. } => {
            Some(Feeling { level: *level, on: one.on, because, private: one.private })
        }
        _ => None,
    })
    .collect()
}

/// What a person felt last.
pub fn feeling<'a>(loyal: &Loyal<'_, 'a>, person: &PersonId) -> Option<Feeling<'a>> {
    feelings(loyal, person).pop()
}

/// The loyalty of a tier, 0 to 100: the mean of its people who are there and of whom a feeling is known. Two are needed,
/// or one buyer.
pub fn tier_loyalty(loyal: &Loyal<'_, '_>, tier: Tier) -> Option<f64> {
    if !loyal.facts().journal.iter().any(|one| matches!(one.fact, Fact::Feels { .. })) {
        return None;
    }
    let tiers = [tier];
    let people = loyal.eval.facts.of(&tiers, loyal.on);
    let known: Vec<f64> =
        people.filter_map(|known| Some(feeling(loyal, &known.person.id)?.score(loyal.on.date))).collect();
    let least = if tier == Tier::Buyer { 1 } else { 2 };
    (known.len() >= least).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// The tier with the lowest loyalty of those that are known.
pub fn weakest(loyal: &Loyal<'_, '_>) -> Option<(Tier, f64)> {
    let known = Tier::ALL.into_iter().filter_map(|tier| Some((tier, tier_loyalty(loyal, tier)?)));
    known.min_by(|a, b| a.1.total_cmp(&b.1))
}

/// An opinion that travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contagion {
    /// Users turned, and the buyer has not heard it yet: brief the buyer first.
    Up,
    /// The buyer is enthusiastic, users do not know it: offer the roll-out talk.
    Glad,
    /// The buyer is indifferent: users will follow, find a sponsor.
    Cool,
}

/// Which way an opinion travels on the day, if any.
pub fn contagion(loyal: &Loyal<'_, '_>) -> Option<Contagion> {
    let before = Loyal::new(loyal.eval, On::day(number(plus(loyal.on.date, -WINDOW))));
    let buyer = tier_loyalty(loyal, Tier::Buyer);
    let fell = |tier: Tier| {
        let now = tier_loyalty(loyal, tier)?;
        Some(tier_loyalty(&before, tier)? - now >= FALL)
    };
    // A buyer who is down already needs no warning.
    let buyer_down = fell(Tier::Buyer) == Some(true) || buyer.is_some_and(|score| score < 50.0);
    if !buyer_down && (fell(Tier::User) == Some(true) || complaining(loyal).is_some_and(|(n, least)| n >= least)) {
        return Some(Contagion::Up);
    }
    let users = tier_loyalty(loyal, Tier::User);
    match buyer? {
        score if score >= GLAD && users.is_some_and(|users| users < GLAD) => Some(Contagion::Glad),
        score if score <= COOL && users.is_some_and(|users| users > COOL) => Some(Contagion::Cool),
        _ => None,
    }
}

/// How many users and builders are unhappy, and from how many on that is many: three, or a tenth of the active ones.
pub fn complaining(loyal: &Loyal<'_, '_>) -> Option<(usize, usize)> {
    let day = loyal.on.day;
    let unhappy = loyal
        .eval
        .facts
        .of(&[Tier::User, Tier::Builder], loyal.on)
        .filter(|known| feeling(loyal, &known.person.id).is_some_and(|one| one.score(loyal.on.date) < 45.0))
        .count();
    let active = loyal.eval.facts.usage.active(day - 27, day).map_or(0.0, |(mean, _)| mean);
    (unhappy > 0).then_some((unhappy, 3.max((active * 0.1).ceil() as usize)))
}

/// A ranking of what somebody values, the most first.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking<'a> {
    pub person: &'a Person,
    pub on: Date,
    pub values: &'a [String],
}

/// What a person's values did between their last two rankings.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration<'a> {
    pub before: Ranking<'a>,
    pub now: Ranking<'a>,
    /// Rank distance (Kendall, 0 to 1) per 90 days.
    pub speed: f64,
    pub rose: Vec<&'a str>,
    pub fell: Vec<&'a str>,
}

/// Every ranking up to the day, oldest first.
pub fn rankings<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Ranking<'a>> {
    let facts = loyal.facts();
    let said = loyal.journal().filter_map(|one| match &one.fact {
        Fact::Values { ranking, .. } => {
            let person = one.people.first().and_then(|id| facts.person(id))?;
            Some(Ranking { person, on: one.on, values: ranking })
        }
        _ => None,
    });
    said.collect()
}

/// How each person's values moved; who was asked once has not moved.
pub fn migrations<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Migration<'a>> {
    let all = rankings(loyal);
    let mut out: Vec<Migration<'a>> = Vec::new();
    for (at, now) in all.iter().enumerate() {
        let Some(before) = all[..at].iter().rfind(|one| one.person.id == now.person.id && one.on < now.on) else {
            continue;
        };
        let place = |ranking: &[String], value: &str| ranking.iter().position(|one| one == value).unwrap_or(usize::MAX);
        let moved = |up: bool| {
            let values = now.values.iter().chain(before.values);
            let mut out: Vec<&str> = Vec::new();
            for value in values {
                let (old, new) = (place(before.values, value), place(now.values, value));
                if if up { new < old } else { new > old } && !out.contains(&value.as_str()) {
                    out.push(value);
                }
            }
            out
        };
        out.retain(|one| one.now.person.id != now.person.id);
        let elapsed = days(before.on, now.on).max(1.0);
        out.push(Migration {
            before: before.clone(),
            now: now.clone(),
            speed: distance(before.values, now.values) * 90.0 / elapsed,
            rose: moved(true),
            fell: moved(false),
        });
    }
    out
}

/// Normalised Kendall distance: the share of pairs whose order differs. What is ranked on one side only stands last on the
/// other.
pub fn distance(a: &[String], b: &[String]) -> f64 {
    let mut all: Vec<&String> = a.iter().collect();
    all.extend(b.iter().filter(|value| !a.contains(value)));
    let place = |ranking: &[String], value: &String| {
        ranking.iter().position(|one| one == value).unwrap_or(ranking.len()) as i64
    };
    let (mut pairs, mut differ) = (0.0, 0.0);
    for (at, x) in all.iter().enumerate() {
        for y in &all[at + 1..] {
            let (first, second) = (place(a, x) - place(a, y), place(b, x) - place(b, y));
            pairs += 1.0;
            if first.signum() * second.signum() < 0 {
                differ += 1.0;
            } else if first.signum() != second.signum() {
                differ += 0.5;
            }
        }
    }
    if pairs > 0.0 { differ / pairs } else { 0.0 }
}

/// The newest ranking of each person who is there, of a tier.
pub fn current<'a>(loyal: &Loyal<'_, 'a>, tier: Tier) -> Vec<Ranking<'a>> {
    let mut out: Vec<Ranking<'a>> = Vec::new();
    for one in rankings(loyal) {
        let there = loyal.eval.facts.of(&[tier], loyal.on).any(|known| known.person.id == one.person.id);
        out.retain(|known| known.person.id != one.person.id);
        if there {
            out.push(one);
        }
    }
    out
}

/// Where buyers and users disagree: the top value of each side.
pub fn disagreement<'a>(loyal: &Loyal<'_, 'a>) -> Option<(&'a str, &'a str)> {
    let top = |tier: Tier| {
        let rankings = current(loyal, tier);
        rankings
            .iter()
            .filter_map(|one| Some((one.on, one.values.first()?.as_str())))
            .max_by_key(|one| one.0)
            .map(|one| one.1)
    };
    let (buyer, user) = (top(Tier::Buyer)?, top(Tier::User)?);
    (buyer != user).then_some((buyer, user))
}

/// Why value moved: a person's top value changed, or nothing that is promised serves what buyers value most.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved<'a> {
    pub person: &'a Person,
    pub from: Option<&'a str>,
    pub to: &'a str,
    pub on: Date,
}

/// The newest reason for *value moved*, in the last 180 days.
pub fn moved<'a>(loyal: &Loyal<'_, 'a>) -> Option<Moved<'a>> {
    let day = loyal.on.date;
    let turned = migrations(loyal).into_iter().filter_map(|one| {
        let (from, to) = (one.before.values.first()?.as_str(), one.now.values.first()?.as_str());
        (from != to).then_some(Moved { person: one.now.person, from: Some(from), to, on: one.now.on })
    });
    let recent = |one: &Moved<'_>| days(one.on, day) <= 180.0;
    if let Some(turned) = turned.filter(recent).max_by_key(|one| one.on) {
        return Some(turned);
    }
    let promises = super::value::promises(loyal);
    let alive: Vec<_> = promises.iter().filter(|one| one.state(loyal) != super::value::State::Dropped).collect();
    if alive.is_empty() {
        return None;
    }
    let serves = |value: &str| {
        let value = value.to_lowercase();
        alive.iter().any(|promise| {
            let words = format!("{} {}", promise.text, promise.serves.unwrap_or_default()).to_lowercase();
            words.contains(&value)
        })
    };
    let tops: Vec<_> = current(loyal, Tier::Buyer)
        .into_iter()
        .filter_map(|one| Some(Moved { person: one.person, from: None, to: one.values.first()?.as_str(), on: one.on }))
        .filter(recent)
        .collect();
    if tops.iter().any(|one| serves(one.to)) {
        return None;
    }
    tops.into_iter().max_by_key(|one| one.on)
}
