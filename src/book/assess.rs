//! Facts and a day make a standing: the one question that everything else is asked through.
//!
//! Decides how score, flags, plays and order come together, and until which day the answer holds. Pure: no clock.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::book::csm;
use crate::book::day::{between, date};
use crate::book::evidence::evidence;
use crate::book::facts::{Facts, TouchKind};
use crate::book::flags::{self, FlagState, FlagStatus};
use crate::book::loyalty::{Loyal, keep, pyramid, trust, value};
use crate::book::model::{MAX_MEASURES, Model};
use crate::book::money::{Currency, Money};
use crate::book::order::{self, exposure, near, p_loss};
use crate::book::plays::{ActionState, Stakes, offers};
use crate::book::prepared::On;
use crate::book::score::{Eval, TIER_CAP, Voice};
use crate::book::standing::{Flag, Gate, Health, Keep, MeasureResult, Meeting, Offer, QuietFlag, Standing, Timed};

/// The longest that a standing is said to hold.
const HOLDS_AT_MOST: i32 = 28;

/// Rates into the book's currency.
#[derive(Clone, Debug)]
pub struct Rates {
    /// The book's currency.
    pub book: Currency,
    table: HashMap<Currency, Decimal>,
}

impl Rates {
    /// A book of this currency without any other rate.
    pub fn new(book: Currency) -> Self {
        Self { book, table: HashMap::new() }
    }

    /// Sets units of the book's currency per unit of another.
    pub fn set(&mut self, currency: Currency, rate: Decimal) {
        self.table.insert(currency, rate);
    }

    /// An amount in the book's currency; `None` where no rate is set.
    pub fn convert(&self, money: Money) -> Option<Money> {
        if money.currency == self.book {
            return Some(money);
        }
        money.converted(self.book, *self.table.get(&money.currency)?)
    }
}

/// What an account is measured by in its book: the median ARR in units of its currency, where an account's own is not
/// known, and the spread that keep classes are percentiles of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Medians {
    pub by_segment: BTreeMap<String, f64>,
    pub all: Option<f64>,
    /// What the book shows of margin, potential and strategic value.
    pub spread: keep::Spread,
}

impl Medians {
    /// The median for a segment, else of the book.
    pub fn of(&self, segment: Option<&str>) -> Option<f64> {
        segment.and_then(|segment| self.by_segment.get(segment)).copied().or(self.all)
    }
}

/// What a standing depends on beside the account's own facts.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub rates: &'a Rates,
    pub medians: &'a Medians,
    /// The book's time zone, for the hours of meetings.
    pub zone: &'a TimeZone,
    /// What became of this account's plays.
    pub actions: &'a [ActionState],
    /// What was said of this account's flags, the newest first.
    pub flags: &'a [FlagState],
}

/// Where an account stands on a day.
pub fn assess(facts: &Facts, model: &Model, day: Date, ctx: &Context<'_>) -> Standing {
    assess_of(&Eval::new(facts, model).in_money(ctx.rates).in_book(&ctx.medians.spread), day, ctx)
}

/// As [`assess`], for an account that is prepared already.
pub fn assess_of(eval: &Eval<'_>, day: Date, ctx: &Context<'_>) -> Standing {
    let on = On::from(day);
    let facts = eval.facts.facts;
    let mut health = health(eval, on);
    health.delta_7d = delta(eval, on);
    health.trend = (0..13).map(|week| eval.score(on.day - 7 * (12 - week))).collect();
    let moment = Moment::new(eval, on, ctx);
    let renewal = facts.renewal.at(day).copied();
    let arr = facts.arr.at(day).copied();
    let loyal = Loyal::new(eval, on);
    let rules = &eval.model_on(on.day).pyramid;
    let ledger = value::Ledger::of(&loyal);
    Standing {
        account: facts.id.clone(),
        name: facts.name.clone(),
        domain: facts.domain.clone(),
        owner: facts.owner.at(day).cloned(),
        segment: facts.segment.at(day).cloned(),
        day,
        valid_until: valid_until(eval, on, &health, &moment, ctx),
        health,
        flags: moment.flags,
        quiet: moment.quiet,
        stage: pyramid::stages(&loyal, rules),
        trust: trust::charge(&loyal).map(|(charge, _)| charge),
        return_: value::returned(&loyal),
        proof_age_days: ledger.as_ref().and_then(value::Ledger::proven_on).map(|on| between(on, day)),
        gap: ledger.as_ref().map(|ledger| ledger.gap(&loyal)),
        last_touch: eval.facts.last_touch(on.day).map(|(touched, _)| date(touched)),
        keep: moment.class,
        figures: figures(eval, on),
        timed: pyramid::clocks(&loyal, rules)
            .into_iter()
            .map(|clock| Timed { clock: clock.id.into(), from: clock.from, started: clock.started, ended: clock.ended })
            .collect(),
        arr,
        arr_book: arr.and_then(|arr| ctx.rates.convert(arr)),
        renewal,
        p_loss: moment.stakes.p_loss,
        near: moment.stakes.near,
        exposure: exposure(moment.stakes.arr, moment.stakes.p_loss, moment.stakes.near, moment.stakes.keep),
        exposure_estimated: moment.estimated,
        offers: moment.offers,
        meetings: meetings(facts, day, ctx.zone),
        former: former(facts, day),
    }
}

/// The health on a day, without the change of a week and without the trend.
pub fn health_on(facts: &Facts, model: &Model, day: Date) -> Health {
    health(&Eval::new(facts, model), On::from(day))
}

/// As [`health_on`], for an account that is prepared already.
pub fn health_of(eval: &Eval<'_>, day: Date) -> Health {
    health(eval, On::from(day))
}

fn health(eval: &Eval<'_>, on: On) -> Health {
    let mut spoken = [None; MAX_MEASURES];
    let mut voices = [None; MAX_MEASURES];
    eval.readings(on, |index, reading, score| {
        spoken[index] = Some((reading, score));
        voices[index] = Some(Voice { score, freshness: reading.freshness });
    });
    let folded = eval.score(on.day).and_then(|_| eval.fold(on, &voices));
    let model = eval.model_on(on.day);
    let measures = model.measures.iter().enumerate().map(|(index, measure)| {
        let reading = spoken[index];
        let words = evidence(measure, eval, on, reading.as_ref().map(|(reading, _)| reading));
        let freshness = reading.map_or(0.0, |(reading, _)| reading.freshness);
        let share = folded.map_or(0.0, |folded| folded.share(measure.group, measure.weight, freshness));
        let score = reading.map(|(_, score)| score);
        MeasureResult {
            id: measure.id.clone(),
            label: measure.label.clone(),
            group: model.groups[measure.group].id.clone(),
            weight: measure.weight,
            effective_weight: share,
            score,
            points: share * score.unwrap_or(0.0),
            evidence: words.text,
            as_of: reading.map(|(reading, _)| date(reading.as_of)),
            freshness,
            source: words.source,
        }
    });
    let mut gates = Vec::new();
    if let Some((cap, points)) = folded.and_then(|folded| folded.tier_cap) {
        gates.push(Gate { id: TIER_CAP.0.into(), label: TIER_CAP.1.into(), cap, points });
    }
    if let Some(cap) = folded.and_then(|folded| folded.cap) {
        let (id, label) = (cap.kind.id(eval.model).into(), cap.kind.label(eval.model).into());
        gates.push(Gate { id, label, cap: cap.cap, points: cap.points });
    }
    Health {
        score: folded.map(|folded| folded.score),
        band: eval.shown_band(on.day),
        confidence: folded.map_or(0.0, |folded| folded.confidence),
        measures: measures.collect(),
        gates,
        over: eval.over(on.day),
        delta_7d: None,
        trend: Vec::new(),
    }
}

fn delta(eval: &Eval<'_>, on: On) -> Option<f64> {
    Some(eval.score(on.day)? - eval.score(on.day - 7)?)
}

/// It has left: said by a date, or by the stage.
pub fn former(facts: &Facts, day: Date) -> bool {
    let stage = facts.stage.at(day).map(|stage| stage.to_lowercase());
    // Somebody who came back is a customer again, though the day of the first parting may still stand there.
    let back = |left: Date| facts.customer_since.is_some_and(|since| since > left && since <= day);
    facts.churned_on.is_some_and(|left| left <= day && !back(left))
        || stage.is_some_and(|stage| ["former", "churned", "lost"].iter().any(|word| stage.contains(word)))
}

/// Flags, plays and their stakes on a day: what moves with the day beside the score.
#[derive(Debug)]
struct Moment {
    flags: Vec<Flag>,
    quiet: Vec<QuietFlag>,
    offers: Vec<Offer>,
    stakes: Exact,
    estimated: bool,
    class: Option<Keep>,
}

/// Margin, potential and strategic value on a day, in units of the book's currency.
pub fn figures(eval: &Eval<'_>, on: On) -> keep::Figures {
    let facts = eval.facts.facts;
    let loyal = Loyal::new(eval, on);
    let units = |money: Option<&Money>| money.and_then(|money| loyal.units(*money));
    let margin = units(facts.arr.at(on.date)).zip(units(facts.cost.at(on.date))).map(|(arr, cost)| arr - cost);
    keep::Figures {
        margin,
        potential: units(facts.potential.at(on.date)),
        strategic: facts.strategic.at(on.date).copied(),
    }
}

/// [`Stakes`] of the day.
#[derive(Clone, Copy, Debug)]
struct Exact {
    arr: f64,
    p_loss: f64,
    near: f64,
    keep: f64,
}

impl Moment {
    fn new(eval: &Eval<'_>, on: On, ctx: &Context<'_>) -> Self {
        let facts = eval.facts.facts;
        let left = former(facts, on.date);
        let standing = if left { Vec::new() } else { flags::flags(eval, on) };
        let arr = facts.arr.at(on.date).and_then(|arr| ctx.rates.convert(*arr)).map(Money::units);
        let median = || ctx.medians.of(facts.segment.at(on.date).map(String::as_str));
        let estimate = if arr.is_none() { median() } else { None };
        let (plain, quiet) = flags::split(&standing, ctx.flags, on.date);
        // A false alarm is no flag. One that is only put off still is: it must not make room for plays that sell.
        let silent = |flag: &Flag| quiet.iter().find(|one| one.flag.kind == flag.kind).map(|one| one.status);
        let standing: Vec<_> =
            standing.into_iter().filter(|one| silent(&one.flag) != Some(FlagStatus::FalseAlarm)).collect();
        let rules = &eval.model.order;
        let class = keep::class(figures(eval, on), &ctx.medians.spread).map(|class| class.keep);
        let stakes = Stakes {
            arr: arr.or(estimate).unwrap_or(0.0),
            p_loss: p_loss(rules, eval.weighed(on.day)),
            near: near(rules, on.date, facts.renewal.at(on.date).copied(), &plain),
            keep: order::keep(rules, class),
        };
        let actions: Vec<_> = ctx.actions.iter().cloned().chain(csm::played(facts, on.date)).collect();
        let mut offers = if left { Vec::new() } else { offers(eval, &standing, stakes, &actions, on) };
        // What rests on a quiet flag is as quiet as the flag.
        offers.retain(|offer| !quiet.iter().any(|one| offer.key.split(':').next() == Some(one.flag.kind.as_str())));
        let Stakes { arr, p_loss, near, keep } = stakes;
        Self {
            flags: plain,
            quiet,
            offers,
            stakes: Exact { arr, p_loss, near, keep },
            estimated: estimate.is_some(),
            class,
        }
    }
}

/// The next day on which anything that is shown differs: a whole point of the score, a word, a band. What lies between
/// two whole points waits for it, and so do the sums that only sort. It is looked for by asking: an account that moves
/// daily answers at once, one where nothing moves is asked for four weeks. (Explaining an account always computes it for
/// its day.)
fn valid_until(eval: &Eval<'_>, on: On, health: &Health, moment: &Moment, ctx: &Context<'_>) -> Date {
    let week = |delta: Option<f64>| delta.map(|delta| delta.round() as i64);
    let same = |day: i32| {
        let next = On::day(day);
        let close = match (eval.score(day), health.score) {
            (Some(a), Some(b)) => a.round() == b.round(),
            (a, b) => a == b,
        };
        close
            && eval.shown_band(day) == health.band
            && eval.over(day) == health.over
            && week(delta(eval, next)) == week(health.delta_7d)
            && !eval.facts.facts.touches.iter().any(|touch| touch.on == next.date || touch.on == on.date)
            && former(eval.facts.facts, next.date) == former(eval.facts.facts, on.date)
            && Moment::new(eval, next, ctx).is_like(moment)
    };
    let end = on.day + HOLDS_AT_MOST;
    date((on.day + 1..end).find(|day| !same(*day)).unwrap_or(end))
}

/// Sums that only sort may be off by so much before they are computed again.
const SORTS_THE_SAME: f64 = 0.05;

impl Moment {
    /// Whether the same is shown: words and days to the letter, sums about.
    fn is_like(&self, other: &Self) -> bool {
        let about = |a: f64, b: f64| (a - b).abs() <= SORTS_THE_SAME * a.abs().max(b.abs());
        let same_offer = |(a, b): (&Offer, &Offer)| {
            (&a.play, &a.key, &a.title, &a.because, a.due, a.minutes)
                == (&b.play, &b.key, &b.title, &b.because, b.due, b.minutes)
                && about(a.worth, b.worth)
        };
        self.flags == other.flags
            && self.quiet == other.quiet
            && self.offers.len() == other.offers.len()
            && self.offers.iter().zip(&other.offers).all(same_offer)
            && about(self.stakes.p_loss * self.stakes.near, other.stakes.p_loss * other.stakes.near)
            && self.stakes.arr == other.stakes.arr
            && self.estimated == other.estimated
            && self.class == other.class
    }
}

fn meetings(facts: &Facts, day: Date, zone: &TimeZone) -> Vec<Meeting> {
    let planned = facts.touches.iter().filter(|touch| touch.on == day && touch.kind != TouchKind::Mail);
    let mut planned: Vec<_> = planned.collect();
    planned.sort_by_key(|touch| touch.at);
    let meeting = |touch: &&crate::book::facts::Touch| Meeting {
        kind: touch.kind,
        title: touch.title.clone(),
        time: touch.at.to_zoned(zone.clone()).strftime("%H:%M").to_string(),
    };
    planned.iter().map(meeting).collect()
}
