//! The numbers of an account on a day.

use super::{Look, loyal, people};
use crate::book::day::{Day, number as day_number};
use crate::book::facts::Tier;
use crate::book::money::Money;
use crate::book::query::eval::Reading;
use crate::book::query::{Field, Use};
use crate::book::reading::{self, WINDOW};

/// Reads a field; `None`: absent.
pub fn number(look: &Look<'_, '_>, of: &Use) -> Option<Reading> {
    let (eval, on) = (look.eval, look.on);
    let (facts, day) = (&eval.facts, on.day);
    if let Some(input) = of.field.input().filter(|_| of.is_plain()) {
        let (value, as_of, fades) = reading::value(input, facts, eval.model_on(day), on)?;
        return Some(Reading { value, as_of: Some(as_of), fades: Some(fades) });
    }
    // Days since something: a state that lasts, or a fact that grows old.
    let lasts = |from: Day| Some(Reading::standing(f64::from(day - from), from, day));
    let since = |from: Day| Some(Reading::of(f64::from(day - from), from));
    let model = || eval.model_on(day);
    match of.field {
        Field::Health => eval.score(day).map(Reading::bare),
        Field::Confidence => {
            eval.score(day)?;
            eval.folded(on).map(|folded| Reading::bare(folded.confidence))
        }
        Field::Change => Some(Reading::bare(eval.score(day)? - eval.score(day - of.window)?)),
        Field::Arr => {
            let entry = facts.facts.arr.entry(on.date)?;
            Some(Reading::standing(units(look, entry.value?)?, day_number(entry.on), day))
        }
        Field::Renewal => {
            let entry = facts.facts.renewal.entry(on.date)?;
            Some(Reading::standing(f64::from(day_number(entry.value?) - day), day_number(entry.on), day))
        }
        Field::RenewalLate => {
            let entry = facts.facts.renewal.entry(on.date)?;
            let late = day - day_number(entry.value?);
            (late > 0).then(|| Reading::standing(f64::from(late), day_number(entry.on), day))
        }
        Field::Touch => since(facts.last_touch(day)?.0),
        Field::Age => lasts(facts.since.filter(|since| *since <= day)?),
        Field::Seats => {
            let entry = facts.facts.seats.entry(on.date)?;
            Some(Reading::standing(entry.value?, day_number(entry.on), day))
        }
        Field::SeatsUsed => {
            let (as_of, used) = facts.usage.seats(day).filter(|(as_of, _)| day - as_of <= WINDOW)?;
            Some(Reading::of(used, as_of))
        }
        Field::SeatsUnused => {
            let one = reading::utilisation(facts, on).filter(|one| day - one.as_of <= WINDOW)?;
            Some(Reading::of((one.seats - one.used).max(0.0), one.as_of))
        }
        Field::FeaturesUsed => {
            let as_of = facts.usage.last(day)?;
            let mut known = 0;
            let window = facts.usage.features(as_of - WINDOW + 1, as_of).inspect(|_| known += 1);
            let used = window.filter(|(_, used)| *used).count();
            (known > 0).then(|| Reading::of(used as f64, as_of))
        }
        Field::FeaturesBought => {
            let entry = facts.facts.features_bought.entry(on.date)?;
            Some(Reading::standing(entry.value?, day_number(entry.on), day))
        }
        Field::MetricMean | Field::MetricSum | Field::MetricChange | Field::MetricTrend => metric(look, of),
        Field::MetricLast => {
            let (at, value) = facts.usage.last_of(of.metric.as_deref()?, day)?;
            Some(Reading::of(value, at))
        }
        Field::MetricAge => since(facts.usage.last_of(of.metric.as_deref()?, day)?.0),
        Field::BuyerTouch => since(people::buyer_since(look)?),
        Field::InfluencerTouch => since(facts.last_touch_of(&[Tier::Influencer], on)?.0),
        Field::UserTouch => since(facts.last_touch_of(&[Tier::User, Tier::Builder], on)?.0),
        Field::BuyerCadence => Some(Reading::bare(model().cadence.buyer)),
        Field::InfluencerCadence => Some(Reading::bare(model().cadence.influencer)),
        Field::UserCadence => Some(Reading::bare(model().cadence.user)),
        Field::ChampionLeft => since(people::champion(look)?.1?),
        Field::TicketsOpened => {
            let as_of = reading::ticket_seen(facts, day)?;
            let end = day - of.skip;
            Some(Reading::of(reading::opened(facts, end - of.window + 1, end) as f64, as_of))
        }
        Field::CsatAge => {
            let entry = facts.facts.csat.entry(on.date).filter(|entry| entry.value.is_some())?;
            since(day_number(entry.on))
        }
        Field::PulseBefore => {
            let last = reading::pulse(facts, on)?;
            let earlier = facts.facts.pulses.iter().filter(|pulse| pulse.on < last.on).max_by_key(|pulse| pulse.on)?;
            Some(Reading::of(reading::level(earlier.pulse), day_number(earlier.on)))
        }
        Field::PulseAge => since(day_number(reading::pulse(facts, on)?.on)),
        Field::OnboardingDays => onboarding(look).and_then(lasts),
        Field::OwnerAge => {
            let owners = &facts.facts.owner;
            let now = owners.entry(on.date)?;
            let before = owners.at(now.on.yesterday().ok()?)?;
            if now.value.as_ref()? == before { None } else { since(day_number(now.on)) }
        }
        field if field.is_noted() => loyal::number(look, field),
        // The inputs of measures were answered above.
        Field::RenewalDays
        | Field::UsageUtilisation
        | Field::UsageChange
        | Field::UsageTrend
        | Field::UsageBreadth
        | Field::ContactBuyer
        | Field::ContactInfluencer
        | Field::ContactUser
        | Field::Engaged
        | Field::Coverage
        | Field::Champion
        | Field::TicketsEscalated
        | Field::Csat
        | Field::Pulse
        | Field::InvoiceOverdue => None,
        // Those of notes were answered just before.
        _ => None,
    }
}

/// An amount in units of the book's currency; of its own where no rates are at hand.
pub fn units(look: &Look<'_, '_>, money: Money) -> Option<f64> {
    match look.eval.rates {
        Some(rates) => rates.convert(money).map(Money::units),
        None => Some(money.units()),
    }
}

/// A window of a usage metric, by the last day reported; one that nobody has reported for a month says nothing.
fn metric(look: &Look<'_, '_>, of: &Use) -> Option<Reading> {
    let (usage, day) = (&look.eval.facts.usage, look.on.day);
    let name = of.metric.as_deref()?;
    let as_of = usage.last(day).filter(|as_of| day - as_of <= WINDOW)?;
    let end = as_of - of.skip;
    let window = |end: Day| usage.window(name, end - of.window + 1, end);
    // A window that is hardly covered makes no figure.
    let enough = |(mean, days): (f64, u32)| (f64::from(days) * 4.0 >= f64::from(of.window)).then_some((mean, days));
    let value = match of.field {
        Field::MetricSum => {
            let (mean, days) = window(end)?;
            mean * f64::from(days)
        }
        Field::MetricChange => {
            let (after, _) = window(end).and_then(enough)?;
            let (before, _) = window(end - of.window).and_then(enough)?;
            if before <= 0.0 {
                return None;
            }
            after / before - 1.0
        }
        Field::MetricTrend => reading::slope(of.window / 7, |weeks_back| {
            let end = end - 7 * weeks_back;
            usage.window(name, end - 6, end).map(|(mean, _)| mean)
        })?,
        _ => window(end).and_then(enough)?.0,
    };
    Some(Reading::of(value, as_of))
}

/// The day of the start, while it is not live yet.
fn onboarding(look: &Look<'_, '_>) -> Option<Day> {
    let (prepared, on) = (&look.eval.facts, look.on);
    let facts = prepared.facts;
    let stage = facts.stage.at(on.date).is_some_and(|stage| stage.to_lowercase().contains("onboarding"));
    let started = facts.onboarding_started.map(day_number).or(prepared.since.filter(|_| stage))?;
    if facts.go_live.is_some_and(|live| live <= on.date) {
        return None;
    }
    // Without a date, live is the first week in which a quarter of the seats is active.
    let quarter = facts.seats.at(on.date).and_then(|seats| prepared.usage.first_with_seats(seats / 4.0));
    let live = facts.go_live.is_none() && quarter.is_some_and(|live| live <= on.day);
    (!live && started <= on.day).then_some(started)
}
