//! The closed list of conditions that rules and plays can name, with their thresholds and words.
//!
//! `holds` is asked for hundreds of days and must not allocate; `say` is asked once, where it holds.

use std::fmt;

use super::{Hit, With};
use crate::book::day::{Day, date, number};
use crate::book::evidence::{champion_of, count, number as figure};
use crate::book::facts::{Pulse, Tier};
use crate::book::fill::Words;
use crate::book::money::short;
use crate::book::prepared::{Known, On};
use crate::book::reading::{self, WINDOW};
use crate::book::score::Eval;
use crate::book::standing::Band;
use crate::text::short_date;

/// A named condition.
pub struct Condition {
    pub name: &'static str,
    /// What it means, for the reader of the file.
    pub says: &'static str,
    /// Its thresholds with their own values.
    pub thresholds: &'static [(&'static str, f64)],
    /// The words it gives to sentences.
    pub words: &'static [&'static str],
    /// Whether it holds, and the value that severity rises with.
    pub holds: fn(&Eval<'_>, &With, On) -> Option<f64>,
    /// Its words, where it holds.
    pub say: fn(&Eval<'_>, &With, On) -> Hit,
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl<'de> serde::Deserialize<'de> for &'static Condition {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = String::deserialize(d)?;
        CONDITIONS.iter().find(|one| one.name == name).ok_or_else(|| {
            let known: Vec<_> = CONDITIONS.iter().map(|one| one.name).collect();
            serde::de::Error::custom(format!("{name:?} is not a condition; there are: {}", known.join(", ")))
        })
    }
}

macro_rules! conditions {
    ($($name:literal, $says:literal, [$($key:literal = $value:literal),*], [$($word:literal),*], $holds:path, $say:path;)*) => {
        /// All conditions.
        pub static CONDITIONS: &[Condition] = &[$(Condition {
            name: $name,
            says: $says,
            thresholds: &[$(($key, $value)),*],
            words: &[$($word),*],
            holds: $holds,
            say: $say,
        }),*];
    };
}

conditions! {
    "usage.drop", "daily active users fell by so many per cent in 28 days, from at least so many",
        ["percent" = 20.0, "least" = 3.0], ["percent", "before", "after"], usage_drop, say_usage;
    "usage.rise", "daily active users rose by so many per cent in 28 days, from at least so many",
        ["percent" = 15.0, "least" = 3.0], ["percent", "before", "after"], usage_rise, say_usage;
    "seats.unused", "less than this share of the licences is used, from a month of age on",
        ["below" = 0.5, "months" = 3.0], ["used", "seats", "unused", "percent"], seats_unused, say_seats;
    "seats.full", "at least this share of the licences is used",
        ["from" = 0.9], ["used", "seats", "unused", "percent"], seats_full, say_seats;
    "features.unused", "less than this share of the key features bought is used",
        ["below" = 0.5], ["used", "bought", "unused"], features_unused, say_features;
    "champion.left", "the last champion left within so many days and none is named since",
        ["days" = 180.0], ["champion", "champion_title", "left_on", "successor", "successor_title"],
        champion_left, say_champion;
    "people.single", "fewer engaged buyers and influencers than this",
        ["fewer" = 2.0], ["who", "engaged"], single, say_single;
    "buyer.silent", "no buyer was touched for so many cadences",
        ["cadences" = 1.0], ["days", "buyer", "last"], buyer_silent, say_buyer;
    "buyer.due", "the last touch with a buyer is this share of the cadence old, and not yet past it",
        ["from" = 0.8], ["days", "buyer", "last"], buyer_due, say_buyer;
    "account.silent", "nobody was touched for so many days",
        ["days" = 60.0], ["days", "last", "who"], silent, say_silent;
    "renewal.at-risk", "the renewal is within so many days and the account is at risk",
        ["within" = 120.0], ["days", "renewal", "band", "score"], renewal_at_risk, say_renewal;
    "renewal.not-healthy", "the renewal is within so many days and the account is not healthy",
        ["within" = 90.0], ["days", "renewal", "band", "score"], renewal_not_healthy, say_renewal;
    "renewal.within", "the renewal is within so many days",
        ["within" = 90.0], ["days", "renewal", "band", "score"], renewal_within, say_renewal;
    "renewal.passed", "the renewal date has passed by so many days, and no new one is set",
        ["days" = 1.0, "until" = 180.0], ["days", "renewal"], renewal_passed, say_passed;
    "escalation.open", "a ticket is escalated for so many days and still open",
        ["days" = 0.0], ["days", "since", "ticket", "subject"], escalation, say_escalation;
    "tickets.piling", "so many tickets in 30 days, and so many times those of the 30 before",
        ["opened" = 5.0, "factor" = 2.0], ["opened", "before"], piling, say_piling;
    "invoice.overdue", "an invoice is late by so many days",
        ["days" = 1.0], ["days"], invoice, say_invoice;
    "onboarding.late", "so many days since the start and not yet live",
        ["days" = 90.0], ["days"], onboarding, say_onboarding;
    "owner.new", "our own owner changed within so many days",
        ["days" = 30.0], ["owner", "before", "days"], owner_new, say_owner;
    "pulse.fell", "the last pulse is worse than the one before, and no older than so many days",
        ["days" = 60.0], ["pulse", "why"], pulse_fell, say_pulse;
    "survey.low", "the last satisfaction survey is under this, and no older than so many days",
        ["below" = 6.5, "days" = 90.0], ["csat"], survey_low, say_survey;
    "survey.high", "the last satisfaction survey is at least this, and no older than so many days",
        ["from" = 9.0, "days" = 120.0], ["csat"], survey_high, say_survey;
    "data.no-renewal", "the renewal date is not known",
        [], [], no_renewal, say_nothing;
    "data.no-arr", "the ARR is not known",
        [], [], no_arr, say_nothing;
    "data.no-buyer", "people are known, and none of them is a buyer",
        [], ["people"], no_buyer, say_people;
}

fn with(eval: &With, name: &str, condition: &str) -> f64 {
    CONDITIONS.iter().find(|one| one.name == condition).map_or(0.0, |one| eval.get(one, name))
}

fn say_nothing(_: &Eval<'_>, _: &With, _: On) -> Hit {
    Hit::default()
}

fn change(eval: &Eval<'_>, on: On) -> Option<reading::UsageChange> {
    // A fall that nobody has measured for a month is no news of today.
    reading::change(&eval.facts, on.day).filter(|change| on.day - change.as_of <= WINDOW)
}

fn usage_drop(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let change = change(eval, on).filter(|change| change.before >= with(given, "least", "usage.drop"))?;
    let drop = -change.percent();
    (drop >= with(given, "percent", "usage.drop")).then_some(drop)
}

fn usage_rise(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let change = change(eval, on).filter(|change| change.before >= with(given, "least", "usage.rise"))?;
    (change.percent() >= with(given, "percent", "usage.rise")).then(|| change.percent())
}

fn say_usage(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some(change) = change(eval, on) else { return Hit::default() };
    Hit::of(
        Words::default()
            .with("percent", format!("{:.0}", change.percent().abs()))
            .with("before", figure(change.before))
            .with("after", figure(change.after)),
    )
}

fn used_share(eval: &Eval<'_>, on: On) -> Option<f64> {
    let one = reading::utilisation(&eval.facts, on).filter(|one| on.day - one.as_of <= WINDOW)?;
    Some(one.used / one.seats)
}

fn seats_unused(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let old_enough = eval.facts.months(on.day).is_none_or(|age| age >= with(given, "months", "seats.unused"));
    let share = used_share(eval, on).filter(|share| *share < with(given, "below", "seats.unused"))?;
    old_enough.then_some((1.0 - share) * 100.0)
}

fn seats_full(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    used_share(eval, on).filter(|share| *share >= with(given, "from", "seats.full"))
}

fn say_seats(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some(one) = reading::utilisation(&eval.facts, on) else { return Hit::default() };
    Hit::of(
        Words::default()
            .with("used", figure(one.used))
            .with("seats", figure(one.seats))
            .with("unused", figure((one.seats - one.used).max(0.0)))
            .with("percent", format!("{:.0}", one.used / one.seats * 100.0)),
    )
}

fn features_unused(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let one = reading::breadth(&eval.facts, on).filter(|one| on.day - one.as_of <= WINDOW)?;
    let share = one.used as f64 / one.bought;
    (share < with(given, "below", "features.unused")).then_some(1.0 - share)
}

fn say_features(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some(one) = reading::breadth(&eval.facts, on) else { return Hit::default() };
    let window = eval.facts.usage.features(one.as_of - WINDOW + 1, one.as_of);
    let unused: Vec<_> = window.filter(|(_, used)| !used).map(|(name, _)| name.replace('_', " ")).take(2).collect();
    Hit::of(
        Words::default()
            .with("used", one.used.to_string())
            .with("bought", figure(one.bought))
            .with("unused", unused.join(" and ")),
    )
}

fn champion_left(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let (_, left) = champion_of(&eval.facts, on)?;
    let days = f64::from(on.day - left?);
    (days <= with(given, "days", "champion.left")).then_some(days)
}

fn say_champion(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some((known, Some(left))) = champion_of(&eval.facts, on) else { return Hit::default() };
    let mut words_ = Words::default()
        .with("champion", &known.person.name)
        .with("champion_title", known.person.title.as_deref().unwrap_or_default())
        .with("left_on", short_date(date(left), on.date));
    if let Some(next) = successor(eval, left, on) {
        words_.add("successor", &next.person.name);
        words_.add("successor_title", next.person.title.as_deref().unwrap_or_default());
    }
    Hit { key: known.person.id.to_string(), words: words_ }
}

/// Who came when the champion went: a buyer, else an influencer, first known around that day or later.
fn successor<'e, 'a>(eval: &'e Eval<'a>, left: Day, on: On) -> Option<&'e Known<'a>> {
    let came = |known: &&Known<'a>| known.since().is_some_and(|since| since >= left - 45);
    let newest =
        |tier: Tier| eval.facts.of(&[tier], on).filter(came).max_by_key(|known| known.since()).map(|k| k.person);
    let person = newest(Tier::Buyer).or_else(|| newest(Tier::Influencer))?;
    eval.facts.people.iter().find(|known| known.person.id == person.id)
}

fn single(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    eval.facts.last_touch(on.day)?;
    eval.facts.of(&[Tier::Buyer, Tier::Influencer], on).next()?;
    let engaged = reading::engaged(&eval.facts, eval.model, on) as f64;
    let fewer = with(given, "fewer", "people.single");
    (engaged < fewer).then_some(fewer - engaged)
}

fn say_single(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let engaged = reading::engaged(&eval.facts, eval.model, on);
    let last = eval.facts.last_touch_of(&[Tier::Buyer, Tier::Influencer], on).filter(|_| engaged > 0);
    let who = last.map(|(_, known, _)| known.person.name.clone()).unwrap_or_default();
    Hit::of(Words::default().with("who", who).with("engaged", engaged.to_string()))
}

/// Days since a buyer was touched; where none ever was, since the first of them is known.
fn buyer_days(eval: &Eval<'_>, on: On) -> Option<Day> {
    eval.facts.last_touch(on.day)?;
    let since = match eval.facts.last_touch_of(&[Tier::Buyer], on) {
        Some((touched, ..)) => touched,
        None => eval.facts.of(&[Tier::Buyer], on).filter_map(Known::since).min()?,
    };
    Some(on.day - since)
}

fn buyer_silent(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let days = f64::from(buyer_days(eval, on)?);
    (days > with(given, "cadences", "buyer.silent") * eval.model.cadence.buyer).then_some(days)
}

fn buyer_due(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let days = f64::from(buyer_days(eval, on)?);
    let cadence = eval.model.cadence.buyer;
    (days >= with(given, "from", "buyer.due") * cadence && days <= cadence).then_some(days)
}

fn say_buyer(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let days = buyer_days(eval, on).unwrap_or_default();
    let mut out = Words::default().with("days", days.to_string());
    match eval.facts.last_touch_of(&[Tier::Buyer], on) {
        Some((day, known, touch)) => {
            out.add("buyer", &known.person.name);
            out.add("last", format!("{} on {}", touch.kind.name(), short_date(date(day), on.date)));
            Hit { key: known.person.id.to_string(), words: out }
        }
        None => {
            let buyer = eval.facts.of(&[Tier::Buyer], on).min_by_key(|known| known.since());
            out.add("buyer", buyer.map_or("", |known| &known.person.name));
            Hit { key: buyer.map(|known| known.person.id.to_string()).unwrap_or_default(), words: out }
        }
    }
}

fn silent(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let days = f64::from(on.day - eval.facts.last_touch(on.day)?.0);
    (days > with(given, "days", "account.silent")).then_some(days)
}

fn say_silent(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some((day, touch)) = eval.facts.last_touch(on.day) else { return Hit::default() };
    let who = touch.people.iter().find_map(|id| eval.facts.facts.person(id)).map_or("", |person| &person.name);
    Hit::of(
        Words::default()
            .with("days", (on.day - day).to_string())
            .with("last", format!("{} on {}", touch.kind.name(), short_date(date(day), on.date)))
            .with("who", who),
    )
}

fn renewal_days(eval: &Eval<'_>, on: On, within: f64) -> Option<f64> {
    let days = number(*eval.facts.facts.renewal.at(on.date)?) - on.day;
    (days >= 0 && f64::from(days) <= within).then_some(f64::from(days))
}

/// The nearer, the higher.
fn pressing(within: f64, days: f64) -> f64 {
    within - days
}

fn renewal_at_risk(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let within = with(given, "within", "renewal.at-risk");
    let days = renewal_days(eval, on, within)?;
    (eval.band(on.day) == Band::AtRisk).then(|| pressing(within, days))
}

fn renewal_not_healthy(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let within = with(given, "within", "renewal.not-healthy");
    let days = renewal_days(eval, on, within)?;
    matches!(eval.band(on.day), Band::AtRisk | Band::Watch).then(|| pressing(within, days))
}

fn renewal_within(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let within = with(given, "within", "renewal.within");
    renewal_days(eval, on, within).map(|days| pressing(within, days))
}

fn renewal_passed(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let days = f64::from(on.day - number(*eval.facts.facts.renewal.at(on.date)?));
    let range = with(given, "days", "renewal.passed")..=with(given, "until", "renewal.passed");
    range.contains(&days).then_some(days)
}

fn say_passed(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some(renewal) = eval.facts.facts.renewal.at(on.date) else { return Hit::default() };
    let days = (on.day - number(*renewal)).to_string();
    let words = Words::default().with("days", days).with("renewal", short_date(*renewal, on.date));
    Hit { key: renewal.to_string(), words }
}

fn say_renewal(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some(renewal) = eval.facts.facts.renewal.at(on.date) else { return Hit::default() };
    let score = eval.score(on.day).map(|score| format!("{score:.0}")).unwrap_or_default();
    let words = Words::default()
        .with("days", (number(*renewal) - on.day).to_string())
        .with("renewal", short_date(*renewal, on.date))
        .with("band", eval.band(on.day).name())
        .with("score", score);
    Hit { key: renewal.to_string(), words }
}

/// The ticket that is escalated for longest and still open: its index, and since when.
fn escalated(eval: &Eval<'_>, on: On) -> Option<(usize, Day)> {
    let open = eval.facts.tickets.iter().enumerate().filter(|(_, ticket)| ticket.escalated(on.day));
    open.filter_map(|(index, ticket)| Some((index, ticket.escalated?))).min_by_key(|(_, from)| *from)
}

fn escalation(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let days = f64::from(on.day - escalated(eval, on)?.1);
    (days >= with(given, "days", "escalation.open")).then_some(days)
}

fn say_escalation(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some((index, from)) = escalated(eval, on) else { return Hit::default() };
    let ticket = &eval.facts.facts.tickets[index];
    let words = Words::default()
        .with("days", (on.day - from).to_string())
        .with("since", short_date(date(from), on.date))
        .with("ticket", &ticket.id)
        .with("subject", &ticket.subject);
    Hit { key: ticket.id.clone(), words }
}

fn piling(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let now = reading::opened(&eval.facts, on.day - 29, on.day) as f64;
    if now < with(given, "opened", "tickets.piling") {
        return None;
    }
    let before = reading::opened(&eval.facts, on.day - 59, on.day - 30) as f64;
    (now >= before * with(given, "factor", "tickets.piling")).then_some(now)
}

fn say_piling(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let now = reading::opened(&eval.facts, on.day - 29, on.day);
    let before = reading::opened(&eval.facts, on.day - 59, on.day - 30);
    Hit::of(Words::default().with("opened", count(now, "ticket")).with("before", before.to_string()))
}

fn invoice(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let (days, _) = reading::overdue(&eval.facts, on)?;
    (days >= with(given, "days", "invoice.overdue")).then_some(days)
}

fn say_invoice(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let days = reading::overdue(&eval.facts, on).map_or(0.0, |(days, _)| days);
    Hit::of(Words::default().with("days", format!("{days:.0}")))
}

fn onboarding(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let facts = eval.facts.facts;
    let stage = facts.stage.at(on.date).is_some_and(|stage| stage.to_lowercase().contains("onboarding"));
    let started = facts.onboarding_started.map(number).or(eval.facts.since.filter(|_| stage))?;
    let days = f64::from(on.day - started);
    if days <= with(given, "days", "onboarding.late") || facts.go_live.is_some_and(|live| live <= on.date) {
        return None;
    }
    // Without a date, live is the first week in which a quarter of the seats is active.
    let quarter = facts.seats.at(on.date).and_then(|seats| eval.facts.usage.first_with_seats(seats / 4.0));
    (facts.go_live.is_some() || quarter.is_none_or(|live| live > on.day)).then_some(days)
}

fn say_onboarding(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let started = eval.facts.facts.onboarding_started.map(number).or(eval.facts.since).unwrap_or(on.day);
    Hit::of(Words::default().with("days", (on.day - started).to_string()))
}

fn owner_new(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let owners = &eval.facts.facts.owner;
    let now = owners.entry(on.date)?;
    let days = f64::from(on.day - number(now.on));
    if days > with(given, "days", "owner.new") {
        return None;
    }
    let before = owners.at(now.on.yesterday().ok()?)?;
    (now.value.as_ref()? != before).then_some(days)
}

/// Colleagues are called as they sign in: `maya.chen`.
fn mailbox(owner: &str) -> &str {
    owner.split_once('@').map_or(owner, |(name, _)| name)
}

fn say_owner(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let owners = &eval.facts.facts.owner;
    let Some(now) = owners.entry(on.date) else { return Hit::default() };
    let before = now.on.yesterday().ok().and_then(|day| owners.at(day)).map_or("", String::as_str);
    Hit::of(
        Words::default()
            .with("owner", mailbox(now.value.as_deref().unwrap_or_default()))
            .with("before", mailbox(before))
            .with("days", (on.day - number(now.on)).to_string()),
    )
}

fn pulse_fell(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let last = reading::pulse(&eval.facts, on)?;
    let days = f64::from(on.day - number(last.on));
    let earlier = eval.facts.facts.pulses.iter().filter(|pulse| pulse.on < last.on).max_by_key(|pulse| pulse.on);
    let level = |pulse: Pulse| pulse as u8;
    let worse = match earlier {
        Some(earlier) => level(last.pulse) > level(earlier.pulse),
        None => last.pulse == Pulse::Red,
    };
    (worse && days <= with(given, "days", "pulse.fell")).then(|| f64::from(level(last.pulse)))
}

fn say_pulse(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let Some(last) = reading::pulse(&eval.facts, on) else { return Hit::default() };
    let word = match last.pulse {
        Pulse::Green => "green",
        Pulse::Yellow => "yellow",
        Pulse::Red => "red",
    };
    Hit { key: last.on.to_string(), words: Words::default().with("pulse", word).with("why", &last.because) }
}

fn survey(eval: &Eval<'_>, on: On, within: f64) -> Option<f64> {
    let entry = eval.facts.facts.csat.entry(on.date)?;
    (f64::from(on.day - number(entry.on)) <= within).then_some(entry.value)?
}

fn survey_low(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    let csat = survey(eval, on, with(given, "days", "survey.low"))?;
    (csat < with(given, "below", "survey.low")).then_some(10.0 - csat)
}

fn survey_high(eval: &Eval<'_>, given: &With, on: On) -> Option<f64> {
    survey(eval, on, with(given, "days", "survey.high")).filter(|csat| *csat >= with(given, "from", "survey.high"))
}

fn say_survey(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let csat = eval.facts.facts.csat.at(on.date).copied().unwrap_or_default();
    Hit::of(Words::default().with("csat", figure(csat)))
}

fn no_renewal(eval: &Eval<'_>, _: &With, on: On) -> Option<f64> {
    eval.facts.facts.renewal.at(on.date).is_none().then_some(1.0)
}

fn no_arr(eval: &Eval<'_>, _: &With, on: On) -> Option<f64> {
    eval.facts.facts.arr.at(on.date).is_none().then_some(1.0)
}

fn no_buyer(eval: &Eval<'_>, _: &With, on: On) -> Option<f64> {
    let present = eval.facts.people.iter().any(|known| known.present(on));
    (present && eval.facts.of(&[Tier::Buyer], on).next().is_none()).then_some(1.0)
}

fn say_people(eval: &Eval<'_>, _: &With, on: On) -> Hit {
    let here = eval.facts.people.iter().filter(|known| known.present(on)).count();
    Hit::of(Words::default().with("people", short(here as f64)))
}
