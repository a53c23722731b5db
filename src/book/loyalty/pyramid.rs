//! The loyalty pyramid: buyers, users and builders climb from evaluator to champion, each on real events.
//!
//! Decides which step is reached and on which day, and the clocks between steps. A later step implies the earlier ones; of
//! those whose day nobody knows there is no clock, and nobody is called stuck on them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::value::Ledger;
use super::{Loyal, days, trust};
use crate::book::day::{date, plus};
use crate::book::facts::{Daily, Tier};
use crate::book::journal::Fact;
use crate::book::journal::words::{AskState, MomentKind, SurveyKind};
use crate::book::standing::{Stage, Stages};

/// The settings of the pyramid: `[pyramid]` in `health.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Usage metrics whose first real use is the "ah-ha" of users; none named: any key feature.
    pub ah_ha: Vec<String>,
    /// Usage metrics by which builders are seen at all; the same once more is their "ah-ha".
    pub builders: Vec<String>,
    /// The share of active users that must have done it; at least one.
    pub share: f64,
    /// A survey answer from here on is delight.
    pub delight: u8,
    /// Days that a champion's proof or advocacy lasts.
    pub lasts: f64,
    /// The share of seats that is live.
    pub live: f64,
    /// Days that a step is to take, by clock; where none is set, the book's median stands in.
    pub targets: BTreeMap<String, f64>,
    /// Other targets for a segment.
    pub segment: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            ah_ha: Vec::new(),
            builders: vec!["api_calls".into(), "feature:api_called".into(), "feature:integration_synced".into()],
            share: 0.1,
            delight: 9,
            lasts: 365.0,
            live: 0.25,
            targets: BTreeMap::new(),
            segment: BTreeMap::new(),
        }
    }
}

impl Rules {
    /// The target of a clock for a segment.
    pub fn target(&self, clock: &str, segment: Option<&str>) -> Option<f64> {
        let own = segment.and_then(|segment| self.segment.iter().find(|(name, _)| name.eq_ignore_ascii_case(segment)));
        own.and_then(|(_, targets)| targets.get(clock)).or_else(|| self.targets.get(clock)).copied()
    }
}

/// Who climbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Buyers,
    Users,
    Builders,
}

impl Group {
    /// All, in the order of the screen.
    pub const ALL: [Self; 3] = [Self::Buyers, Self::Users, Self::Builders];

    /// The word on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Buyers => "buyers",
            Self::Users => "users",
            Self::Builders => "builders",
        }
    }

    /// Its clocks, one for each step up: their ids and what they measure.
    pub fn clocks(self) -> [(&'static str, &'static str); 3] {
        match self {
            Self::Buyers => [
                ("purchase", "time to purchase"),
                ("go-live", "time to go-live"),
                ("value-proof", "time to value proof"),
            ],
            Self::Users => {
                [("sign-up", "time to sign-up"), ("ah-ha", "time to first ah-ha"), ("delight", "time to user delight")]
            }
            Self::Builders => [
                ("builder-sign-up", "builders: time to sign-up"),
                ("builder-ah-ha", "builders: time to first ah-ha"),
                ("builder-delight", "builders: time to delight"),
            ],
        }
    }

    /// What the step after this one takes.
    pub fn needs(self, stage: Stage) -> &'static str {
        match (self, stage) {
            (Self::Buyers, Stage::Evaluator) => "a purchase",
            (Self::Buyers, Stage::Beginner) => {
                "go-live: a quarter of the seats active, or its day noted with /moment go-live"
            }
            (Self::Buyers, Stage::Regular) => "a buyer who accepts a proof: /proof … accepted @buyer",
            (Self::Buyers, Stage::Champion) => "a new accepted proof within 12 months, to stay",
            (Self::Users, Stage::Evaluator) => "a first sign-up",
            (Self::Users, Stage::Beginner) => "the ah-ha: a tenth of the users on a key feature",
            (Self::Users, Stage::Regular) => "delight: a 9 or 10 in a survey, or something done for us",
            (Self::Users, Stage::Champion) => "another sign of delight within 12 months, to stay",
            (Self::Builders, Stage::Evaluator) => "a first call of the interface",
            (Self::Builders, Stage::Beginner) => "a tenth of the users' work going through what they built",
            (Self::Builders, Stage::Regular) => "delight: a 9 or 10 in a survey, or something done for us",
            (Self::Builders, Stage::Champion) => "another sign of delight within 12 months, to stay",
        }
    }

    fn tiers(self) -> &'static [Tier] {
        match self {
            Self::Buyers => &[Tier::Buyer, Tier::Influencer],
            Self::Users => &[Tier::User],
            Self::Builders => &[Tier::Builder],
        }
    }
}

const STEPS: [Stage; 4] = [Stage::Evaluator, Stage::Beginner, Stage::Regular, Stage::Champion];

/// Whether a step was reached, and on which day, where that is known.
type Reached = Option<Option<Date>>;

/// How far one group has climbed.
#[derive(Clone, Debug, PartialEq)]
pub struct Climb {
    pub group: Group,
    pub stage: Stage,
    /// The day each step was reached, where it is known.
    pub entered: [Option<Date>; 4],
    /// A breach threw it back from the step above.
    pub set_back: bool,
}

impl Climb {
    fn at(&self) -> usize {
        STEPS.iter().position(|step| *step == self.stage).unwrap_or(0)
    }
}

/// How long a step took, or takes so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    pub group: Group,
    /// Its id: `go-live`.
    pub id: &'static str,
    pub says: &'static str,
    pub from: Stage,
    pub started: Date,
    /// `None`: still running.
    pub ended: Option<Date>,
}

impl Clock {
    /// Days, up to its end or the day.
    pub fn days(&self, day: Date) -> f64 {
        days(self.started, self.ended.unwrap_or(day)).max(0.0)
    }
}

/// How a clock stands against its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    OnPace,
    Behind,
    Stuck,
}

impl Pace {
    /// The words on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnPace => "on pace",
            Self::Behind => "behind",
            Self::Stuck => "stuck",
        }
    }

    /// On pace up to the target, behind up to the slowest quarter, else stuck.
    pub fn of(days: f64, target: f64, p75: f64) -> Self {
        match days {
            days if days <= target => Self::OnPace,
            days if days <= p75.max(target) => Self::Behind,
            _ => Self::Stuck,
        }
    }
}

/// All that climb, each as far as it is known.
pub fn climbs(loyal: &Loyal<'_, '_>, rules: &Rules) -> Vec<Climb> {
    Group::ALL.into_iter().filter_map(|group| climb(loyal, rules, group)).collect()
}

/// The three letters' worth of it.
pub fn stages(loyal: &Loyal<'_, '_>, rules: &Rules) -> Stages {
    let of = |group| climb(loyal, rules, group).map(|climb| climb.stage);
    Stages { buyers: of(Group::Buyers), users: of(Group::Users), builders: of(Group::Builders) }
}

/// How far a group has climbed; `None`: nothing is known of it.
pub fn climb(loyal: &Loyal<'_, '_>, rules: &Rules, group: Group) -> Option<Climb> {
    let day = loyal.on.date;
    let mut entered = match group {
        Group::Buyers => buyers(loyal, rules),
        Group::Users => users(loyal, rules),
        Group::Builders => builders(loyal, rules)?,
    };
    entered[3] = champion_since(loyal, rules, group, None).map(Some);
    for one in &mut entered {
        *one = one.filter(|on| on.is_none_or(|on| on <= day));
    }
    let top = entered.iter().rposition(Option::is_some)?;
    let mut climb = Climb { group, stage: STEPS[top], entered: entered.map(Option::flatten), set_back: false };
    if let Some((breach, repair)) = trust::breach(loyal)
        && top >= 2
        && climb.entered[top].is_none_or(|on| on <= breach)
        && !repair.is_some_and(|repair| regained(loyal, rules, group, STEPS[top], repair))
    {
        climb.stage = STEPS[top - 1];
        climb.entered[top] = None;
        climb.set_back = true;
    }
    Some(climb)
}

/// Whether the test of a step was met again after a repair.
fn regained(loyal: &Loyal<'_, '_>, rules: &Rules, group: Group, stage: Stage, repair: Date) -> bool {
    let day = loyal.on.date;
    let since = |on: Option<Date>| on.is_some_and(|on| on > repair && on <= day);
    if stage == Stage::Champion {
        return champion_since(loyal, rules, group, Some(repair)).is_some();
    }
    match group {
        Group::Buyers => {
            since(live_from(loyal, rules, Some(repair))) || since(moment(loyal, MomentKind::GoLive, Some(repair)))
        }
        Group::Users => since(used_from(loyal, &metrics(loyal, &rules.ah_ha), rules.share, Some(repair))),
        Group::Builders => since(used_from(loyal, &metrics(loyal, &rules.builders), rules.share, Some(repair))),
    }
}

/// The first such moment that was noted, after a day.
fn moment(loyal: &Loyal<'_, '_>, kind: MomentKind, after: Option<Date>) -> Option<Date> {
    let noted = loyal.journal().filter(|one| matches!(&one.fact, Fact::Moment { kind: of, .. } if *of == kind));
    noted.map(|one| one.on).find(|on| after.is_none_or(|after| *on > after))
}

fn buyers(loyal: &Loyal<'_, '_>, rules: &Rules) -> [Reached; 4] {
    let facts = loyal.facts();
    let met = facts.opportunities.iter().filter_map(|deal| deal.created).min();
    let won = facts.opportunities.iter().filter(|deal| deal.won && deal.closed).filter_map(|deal| deal.close).min();
    let bought = moment(loyal, MomentKind::Purchase, None).or(facts.customer_since).or(won);
    let live = moment(loyal, MomentKind::GoLive, None).or(facts.go_live).map(Some);
    let live = live.or_else(|| live_from(loyal, rules, None).map(|on| seen(loyal, on)));
    // Whoever is a customer has evaluated; the first deal known of may be a later one.
    let met = met.filter(|met| bought.is_none_or(|bought| *met <= bought));
    let met = met.or(facts.created.filter(|_| bought.is_none()));
    [met.map(Some), bought.map(Some), live, None]
}

/// A day of usage as the day of a step: where nothing is known of the days before it and they were a customer by then, it
/// happened on that day or any time before.
fn seen(loyal: &Loyal<'_, '_>, on: Date) -> Option<Date> {
    let facts = loyal.facts();
    // Months are kept whole: the first value counts, not the first place.
    let first = facts.usage.values().filter_map(|daily| first_day(daily, None, |_, _| true)).min()?;
    let before = facts.customer_since.or(facts.created).is_some_and(|since| days(since, first) > 14.0);
    (!before || days(first, on) > 7.0).then_some(on)
}

/// The first day of the first week with so many seats active.
fn live_from(loyal: &Loyal<'_, '_>, rules: &Rules, after: Option<Date>) -> Option<Date> {
    let facts = loyal.facts();
    let seats = facts.seats.0.iter().find_map(|entry| entry.value)?;
    let used = facts.usage.get("seats_used").or_else(|| facts.usage.get("active_users"))?;
    first_day(used, after, |value, _| value >= (seats * rules.live).max(1.0))
}

fn users(loyal: &Loyal<'_, '_>, rules: &Rules) -> [Reached; 4] {
    let facts = loyal.facts();
    let active = facts.usage.get("active_users").or_else(|| facts.usage.get("seats_used"));
    let first = active.and_then(|daily| first_day(daily, None, |value, _| value > 0.0));
    let signed = moment(loyal, MomentKind::SignUp, None).map(Some).or(first.map(|on| seen(loyal, on)));
    let used = || used_from(loyal, &metrics(loyal, &rules.ah_ha), rules.share, None).map(|on| seen(loyal, on));
    let ah_ha = moment(loyal, MomentKind::AhHa, None).map(Some).or_else(used);
    // The clock to the sign-up runs from the first event that is known: the start of the roll-out.
    let met = facts.onboarding_started.filter(|met| signed.flatten().is_none_or(|signed| *met <= signed));
    [met.map(Some), signed, ah_ha, None]
}

/// `None`: nothing of what they build is seen. That somebody has the title alone is no step.
fn builders(loyal: &Loyal<'_, '_>, rules: &Rules) -> Option<[Reached; 4]> {
    let metrics = metrics_named(loyal, &rules.builders);
    let first = metrics.iter().filter_map(|daily| first_day(daily, None, |value, _| value > 0.0)).min()?;
    let known = loyal.eval.facts.of(&[Tier::Builder], loyal.on).filter_map(|known| known.since()).min().map(date);
    let ah_ha = used_from(loyal, &metrics, rules.share, None).map(|on| seen(loyal, on));
    let first = seen(loyal, first);
    let met = known.filter(|known| first.is_none_or(|first| *known <= first));
    Some([met.map(Some), Some(first), ah_ha, None])
}

fn metrics_named<'a>(loyal: &Loyal<'_, 'a>, names: &[String]) -> Vec<&'a Daily> {
    names.iter().filter_map(|name| loyal.facts().usage.get(name)).collect()
}

/// The metrics of those names; none named: every key feature.
fn metrics<'a>(loyal: &Loyal<'_, 'a>, names: &[String]) -> Vec<&'a Daily> {
    if !names.is_empty() {
        return metrics_named(loyal, names);
    }
    let usage = &loyal.facts().usage;
    usage.iter().filter(|(name, _)| name.starts_with("feature:")).map(|(_, daily)| daily).collect()
}

/// The first day after `after` on which any of these was used by the share of the active users, one at least.
fn used_from(loyal: &Loyal<'_, '_>, metrics: &[&Daily], share: f64, after: Option<Date>) -> Option<Date> {
    let active = loyal.facts().usage.get("active_users");
    let enough = |value: f64, on: Date| {
        let active = active.and_then(|daily| daily.get(on)).map_or(0.0, f64::from);
        value >= (active * share).max(1.0)
    };
    metrics.iter().filter_map(|daily| first_day(daily, after, enough)).min()
}

fn first_day(daily: &Daily, after: Option<Date>, fits: impl Fn(f64, Date) -> bool) -> Option<Date> {
    let start = daily.start?;
    let skip = after.map_or(0, |after| (days(start, after) as i64 + 1).max(0));
    (skip..).zip(daily.values.iter().skip(skip as usize)).find_map(|(at, value)| {
        let on = plus(start, at);
        (!value.is_nan() && fits(f64::from(*value), on)).then_some(on)
    })
}

/// Since when a group is a champion without a break: its signs are no more than twelve months apart, and the last one no
/// older. `after`: only signs after that day.
fn champion_since(loyal: &Loyal<'_, '_>, rules: &Rules, group: Group, after: Option<Date>) -> Option<Date> {
    let day = loyal.on.date;
    let mut signs = signs(loyal, rules, group);
    signs.retain(|on| *on <= day && after.is_none_or(|after| *on > after));
    signs.sort_unstable();
    let mut since = *signs.last().filter(|last| days(**last, day) < rules.lasts)?;
    for on in signs.iter().rev() {
        if days(*on, since) < rules.lasts {
            since = *on;
        }
    }
    Some(since)
}

fn signs(loyal: &Loyal<'_, '_>, rules: &Rules, group: Group) -> Vec<Date> {
    if loyal.facts().journal.is_empty() {
        return Vec::new();
    }
    let tier = |one: &crate::book::facts::Recorded| {
        let id = one.people.first()?;
        loyal.eval.facts.people.iter().find(|known| &known.person.id == id)?.tier(loyal.on)
    };
    // What nobody in particular said is said by users: they are the many.
    let theirs = |one: &crate::book::facts::Recorded| {
        if one.people.is_empty() {
            group == Group::Users
        } else {
            tier(one).is_some_and(|tier| group.tiers().contains(&tier))
        }
    };
    let mut out: Vec<Date> = loyal
        .journal()
        .filter(|one| theirs(one))
        .filter(|one| match &one.fact {
            Fact::Advocacy { state: AskState::Given, .. } | Fact::Referral { .. } => true,
            Fact::Survey { kind: SurveyKind::Nps | SurveyKind::Csat | SurveyKind::Emotion, value, .. } => {
                group != Group::Buyers && *value >= rules.delight
            }
            Fact::Delight { .. } => group != Group::Buyers,
            _ => false,
        })
        .map(|one| one.on)
        .collect();
    if group == Group::Buyers
        && let Some(ledger) = Ledger::of(loyal)
    {
        out.extend(ledger.accepted_proofs().iter().map(|(_, proof)| proof.on));
    }
    out
}

/// Every clock of an account whose beginning is known: those that ended, and the one that runs.
pub fn clocks(loyal: &Loyal<'_, '_>, rules: &Rules) -> Vec<Clock> {
    let mut out = Vec::new();
    for climb in climbs(loyal, rules) {
        for (step, (id, says)) in climb.group.clocks().into_iter().enumerate() {
            let Some(started) = climb.entered[step].filter(|_| step <= climb.at()) else { continue };
            let ended = climb.entered[step + 1];
            let over = ended.is_some_and(|ended| ended >= started);
            // A later step without a day implies this one: nobody knows how long it took.
            let running = ended.is_none() && step == climb.at() && !climb.set_back;
            if over || running {
                out.push(Clock { group: climb.group, id, says, from: STEPS[step], started, ended });
            }
        }
    }
    out
}

/// Median and slowest quarter of the clocks that ended, how many those are, and how many run longer than the median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    pub median: f64,
    pub p75: f64,
    pub n: usize,
    pub longer: usize,
}

/// What is usual among the clocks of one kind; `None`: none has ended.
pub fn usual<'c>(clocks: impl Iterator<Item = &'c Clock>, day: Date) -> Option<Usual> {
    let (ended, running): (Vec<&Clock>, Vec<&Clock>) = clocks.partition(|clock| clock.ended.is_some());
    let mut took: Vec<f64> = ended.iter().map(|clock| clock.days(day)).collect();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (took.len().checked_sub(1)? as f64);
        let (low, high) = (took.get(place.floor() as usize)?, took.get(place.ceil() as usize)?);
        Some(low + (high - low) * place.fract())
    };
    let median = at(0.5)?;
    let longer = running.iter().filter(|clock| clock.days(day) > median).count();
    Some(Usual { median, p75: at(0.75)?, n: took.len(), longer })
}
