//! The facts behind a measure in words: `daily active users 182 → 121`, `buyer last met 41 d ago (Jane Doe, call, 12 Oct)`.
//!
//! Decides words and names of sources only; every number comes from `reading`. What is absent says what is missing.

use crate::book::day::{Day, date};
use crate::book::model::{Input, Measure, Model};
use crate::book::prepared::{Known, On, Prepared};
use crate::book::query::{self, Leaf, List, Look};
use crate::book::reading::{self, Reading, tiers_of};
use crate::book::score::Eval;
use crate::text::short_date;

/// Words and source for a reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub text: String,
    /// The source's name, or `note`.
    pub source: Option<String>,
}

/// A whole number, or one with a decimal where it is small: `182`, `3.4`.
pub fn number(value: f64) -> String {
    if value.abs() < 9.95 && (value - value.round()).abs() > 0.05 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// A signed whole number with a real minus: `−34`, `+8`, `0`.
pub fn signed(value: f64) -> String {
    match value.round() {
        n if n < 0.0 => format!("−{:.0}", -n),
        n if n > 0.0 => format!("+{n:.0}"),
        _ => "0".into(),
    }
}

/// `1 ticket`, `3 tickets`.
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// What a measure rests on, on a day.
pub fn evidence(measure: &Measure, eval: &Eval<'_>, on: On, reading: Option<&Reading>) -> Evidence {
    let (facts, model) = (&eval.facts, eval.model_on(on.day));
    match (reading, measure.input()) {
        (Some(reading), Some(input)) if measure.evidence.is_empty() => spoken(input, facts, model, on, reading),
        (Some(reading), _) => {
            let told = query::first(&measure.evidence, &Look::new(eval, on));
            let text = told.unwrap_or_else(|| {
                format!("{}: {}", measure.typed, query::shown(reading.value, measure.unit(), on.date))
            });
            Evidence { text, source: source(measure, eval, on, reading) }
        }
        (None, Some(input)) if waits(measure, eval, on).is_none() => {
            Evidence { text: missing(input, facts, on), source: None }
        }
        (None, _) => {
            let text = measure.missing.clone().or_else(|| waits(measure, eval, on));
            let text = text.unwrap_or_else(|| format!("{} is not known", measure.typed));
            Evidence { text, source: None }
        }
    }
}

/// A measure that does not speak for this account now, whatever is known.
fn waits(measure: &Measure, eval: &Eval<'_>, on: On) -> Option<String> {
    let when = measure.when.as_ref()?;
    (!query::holds(when, &Look::new(eval, on))).then(|| "does not count here now".into())
}

/// Where an expression has its facts from: the source of the first of its inputs or lists that has one.
fn source(measure: &Measure, eval: &Eval<'_>, on: On, reading: &Reading) -> Option<String> {
    let facts = &eval.facts;
    if let Some(input) = measure.inputs.first() {
        return spoken(*input, facts, eval.model_on(on.day), on, reading).source;
    }
    let mut found = None;
    measure.value.visit(&mut |leaf| {
        let one = match leaf {
            Leaf::List(List::Tickets) => ticket_source(facts, on.day),
            Leaf::List(List::Touches) => touch_source(facts, on.day),
            Leaf::List(List::Notes) => Some("note".into()),
            Leaf::List(_) => account_source(facts),
            Leaf::Number(use_) if use_.metric.is_some() => usage_source(facts),
            Leaf::Number(use_) if use_.field.is_noted() => Some("note".into()),
            Leaf::Number(_) | Leaf::Text(_) => account_source(facts),
            Leaf::Term(_) => None,
        };
        if found.is_none() {
            found = one;
        }
    });
    found
}

fn usage_source(facts: &Prepared<'_>) -> Option<String> {
    facts.facts.usage_source.as_ref().map(ToString::to_string)
}

fn account_source(facts: &Prepared<'_>) -> Option<String> {
    Some(facts.facts.source.to_string())
}

fn touch_source(facts: &Prepared<'_>, day: Day) -> Option<String> {
    facts.last_touch(day).map(|(_, touch)| touch.source.to_string())
}

fn ticket_source(facts: &Prepared<'_>, day: Day) -> Option<String> {
    let newest = facts.facts.tickets.iter().zip(&facts.tickets).filter(|(_, days)| days.opened <= day);
    newest.max_by_key(|(_, days)| days.opened).map(|(ticket, _)| ticket.source.to_string())
}

fn spoken(input: Input, facts: &Prepared<'_>, model: &Model, on: On, reading: &Reading) -> Evidence {
    let day = on.day;
    let (text, source) = match input {
        Input::UsageTrend => {
            let text = match reading.value * 100.0 {
                v if v.abs() < 0.05 => "daily active users flat over 8 weeks".into(),
                v => format!(
                    "daily active users {} {}% a week over 8 weeks",
                    if v < 0.0 { "falling" } else { "rising" },
                    number(v.abs())
                ),
            };
            (text, usage_source(facts))
        }
        Input::UsageChange => {
            let text = reading::change(facts, day).map(|change| {
                format!("daily active users {} → {} in 28 d", number(change.before), number(change.after))
            });
            (text.unwrap_or_default(), usage_source(facts))
        }
        Input::UsageUtilisation => {
            let text = reading::utilisation(facts, on)
                .map(|one| format!("{} of {} seats used in 28 d", number(one.used), number(one.seats)));
            (text.unwrap_or_default(), usage_source(facts))
        }
        Input::UsageBreadth => {
            let text = reading::breadth(facts, on)
                .map(|one| format!("{} of {} key features used in 28 d", one.used, number(one.bought)));
            (text.unwrap_or_default(), usage_source(facts))
        }
        Input::ContactBuyer | Input::ContactInfluencer | Input::ContactUser => {
            let last = facts.last_touch_of(tiers_of(input), on);
            let text = last.as_ref().map(|(touched, known, touch)| {
                let tier = known.tier(on).map_or("person", |tier| tier.name());
                let when = match day - touched {
                    0 => "today".into(),
                    n => format!("{n} d ago"),
                };
                let name = &known.person.name;
                let on_day = short_date(date(*touched), on.date);
                format!("{tier} last met {when} ({name}, {}, {on_day})", touch.kind.name())
            });
            (text.unwrap_or_default(), last.map(|(.., touch)| touch.source.to_string()))
        }
        Input::PeopleEngaged => {
            let text = match reading.value as usize {
                0 => "no buyer or influencer in touch with us".into(),
                1 => "1 buyer or influencer in touch with us".into(),
                n => format!("{n} buyers and influencers in touch with us"),
            };
            (text, touch_source(facts, day))
        }
        Input::PeopleCoverage => (coverage(facts, model, on), touch_source(facts, day)),
        Input::PeopleChampion => (champion(facts, on), account_source(facts)),
        Input::TicketsOpened => {
            let text = match reading.value as usize {
                0 => "no tickets in 30 d".into(),
                n => format!("{} in 30 d", count(n, "ticket")),
            };
            (text, ticket_source(facts, day))
        }
        Input::TicketsEscalated => {
            let text = match reading.value as usize {
                0 => "no escalation open".into(),
                1 => escalated(facts, day).unwrap_or_else(|| "1 escalation open".into()),
                n => format!("{} open", count(n, "escalation")),
            };
            (text, ticket_source(facts, day))
        }
        Input::SurveyCsat => (format!("CSAT {} of 10", number(reading.value)), account_source(facts)),
        Input::Pulse => {
            let text = reading::pulse(facts, on).map(|pulse| {
                let word = match pulse.pulse {
                    crate::book::facts::Pulse::Red => "red",
                    crate::book::facts::Pulse::Yellow => "yellow",
                    crate::book::facts::Pulse::Green => "green",
                };
                if pulse.because.is_empty() {
                    format!("pulse {word}")
                } else {
                    format!("pulse {word}: {}", pulse.because)
                }
            });
            (text.unwrap_or_default(), Some("note".into()))
        }
        Input::InvoiceOverdue => {
            let state = facts.facts.invoice.at(on.date).map_or("paid", String::as_str);
            let text = match reading.value as i64 {
                0 if state.trim().eq_ignore_ascii_case("open") => "invoice open, not yet due".into(),
                0 => "invoice paid".into(),
                n => format!("invoice {n} d late"),
            };
            (text, account_source(facts))
        }
        Input::RenewalDays => {
            let renewal = short_date(date(day + reading.value as Day), on.date);
            let text = match reading.value as i64 {
                n if n < 0 => format!("renewal date passed {} d ago ({renewal})", -n),
                0 => "renews today".into(),
                n => format!("renews in {n} d ({renewal})"),
            };
            (text, account_source(facts))
        }
    };
    Evidence { text, source }
}

/// The only escalated ticket of a day: `ticket 4412 escalated since 16 Nov`.
fn escalated(facts: &Prepared<'_>, day: Day) -> Option<String> {
    let (ticket, days) = facts.facts.tickets.iter().zip(&facts.tickets).find(|(_, days)| days.escalated(day))?;
    Some(format!("ticket {} escalated since {}", ticket.id, short_date(date(days.escalated?), date(day))))
}

/// What an input said on an earlier day, as short as it can be beside what it says now; `None`: its words tell that
/// themselves, or it is no figure.
pub fn was(input: Input, facts: &Prepared<'_>, before: On, reading: &Reading, after: On) -> Option<String> {
    let value = reading.value;
    Some(match input {
        Input::UsageUtilisation => {
            let was = reading::utilisation(facts, before)?;
            let now = reading::utilisation(facts, after)?;
            if was.seats == now.seats {
                number(was.used)
            } else {
                format!("{} of {}", number(was.used), number(was.seats))
            }
        }
        Input::UsageBreadth => {
            let (was, now) = (reading::breadth(facts, before)?, reading::breadth(facts, after)?);
            if was.bought == now.bought {
                was.used.to_string()
            } else {
                format!("{} of {}", was.used, number(was.bought))
            }
        }
        Input::PeopleEngaged | Input::TicketsOpened => {
            if value < 0.5 {
                "none".into()
            } else {
                number(value)
            }
        }
        Input::SurveyCsat => number(value),
        Input::InvoiceOverdue if value >= 1.0 => format!("{value:.0} d"),
        Input::InvoiceOverdue => "not late".into(),
        _ => return None,
    })
}

/// Which escalated tickets were solved between two days: `ticket 4412 solved, was escalated`.
pub fn solved(facts: &Prepared<'_>, before: On, after: On) -> Option<String> {
    let tickets = facts.facts.tickets.iter().zip(&facts.tickets);
    let mut solved = tickets.filter(|(_, days)| days.escalated(before.day) && !days.open(after.day));
    let (first, _) = solved.next()?;
    Some(match solved.count() {
        0 => format!("ticket {} solved, was escalated", first.id),
        more => format!("{} escalated tickets solved", more + 1),
    })
}

/// Which tiers went or came between two days: `buyers no longer engaged`; `None`: none did.
pub fn coverage_moved(facts: &Prepared<'_>, model: &Model, before: On, after: On) -> Option<String> {
    let expected = model.tiers.expected(facts.facts.segment.at(after.date).map(String::as_str));
    let list = |was: bool, words: &str| {
        let moved = expected.iter().filter(|tier| {
            reading::tier_engaged(facts, model, **tier, before) == was
                && reading::tier_engaged(facts, model, **tier, after) != was
        });
        let names: Vec<_> = moved.map(|tier| format!("{}s", tier.name())).collect();
        (!names.is_empty()).then(|| format!("{} {words}", names.join(" and ")))
    };
    let parts: Vec<_> = [list(true, "no longer engaged"), list(false, "engaged again")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn coverage(facts: &Prepared<'_>, model: &Model, on: On) -> String {
    let expected = model.tiers.expected(facts.facts.segment.at(on.date).map(String::as_str));
    let list = |engaged: bool| {
        let names: Vec<_> = expected
            .iter()
            .filter(|tier| reading::tier_engaged(facts, model, **tier, on) == engaged)
            .map(|tier| format!("{}s", tier.name()))
            .collect();
        names.join(" and ")
    };
    match (list(true), list(false)) {
        (yes, no) if no.is_empty() => format!("{yes} engaged"),
        (yes, no) if yes.is_empty() => format!("{no} not engaged"),
        (yes, no) => format!("{yes} engaged, {no} not"),
    }
}

/// The champion who is there, else the one who left last.
pub fn champion_of<'a, 'b>(facts: &'b Prepared<'a>, on: On) -> Option<(&'b Known<'a>, Option<Day>)> {
    let champions = facts.people.iter().filter(|known| known.person.champion.at(on.date) == Some(&true));
    champions
        .map(|known| {
            let left = known.person.left.entry(on.date).filter(|entry| entry.value == Some(true));
            (known, left.map(|entry| crate::book::day::number(entry.on)))
        })
        .max_by_key(|(_, left)| left.map_or(Day::MAX, |day| day))
}

fn champion(facts: &Prepared<'_>, on: On) -> String {
    match champion_of(facts, on) {
        Some((known, None)) => format!("{} is our champion", known.person.name),
        Some((known, Some(left))) => {
            let tier = known.tier(on).map(|tier| format!("{}, ", tier.name())).unwrap_or_default();
            format!("{} ({tier}our champion) left on {}", known.person.name, short_date(date(left), on.date))
        }
        None => "no champion known".into(),
    }
}

fn missing(input: Input, facts: &Prepared<'_>, on: On) -> String {
    let nobody = |tiers: &[crate::book::facts::Tier]| facts.of(tiers, on).next().is_none();
    match input {
        Input::UsageTrend | Input::UsageChange => match facts.usage.last(on.day) {
            Some(last) if on.day - last > reading::WINDOW => {
                format!("no usage known since {}", short_date(date(last), on.date))
            }
            Some(_) => "too few days of usage known".into(),
            None => "no usage known".into(),
        },
        Input::UsageUtilisation if facts.facts.seats.at(on.date).is_none() => "licensed seats not known".into(),
        Input::UsageUtilisation => "no seats in use known".into(),
        Input::UsageBreadth if facts.facts.features_bought.at(on.date).is_none() => {
            "key features bought not known".into()
        }
        Input::UsageBreadth => "no use of key features known".into(),
        Input::ContactBuyer | Input::ContactInfluencer | Input::ContactUser => {
            let tiers = tiers_of(input);
            let name = tiers.first().map_or("person", |tier| tier.name());
            let a = if name.starts_with('i') { "an" } else { "a" };
            match facts.last_touch_of(tiers, on) {
                Some((touched, ..)) => format!("no {name} met in {} d", on.day - touched),
                None if nobody(tiers) => format!("no {name} known"),
                None => format!("never met {a} {name}"),
            }
        }
        Input::PeopleEngaged | Input::PeopleCoverage => "no two-way touches known".into(),
        Input::PeopleChampion => "no champion known".into(),
        Input::TicketsOpened | Input::TicketsEscalated => "no tickets in 30 d".into(),
        Input::SurveyCsat => match facts.facts.csat.entry(on.date) {
            Some(entry) => format!("CSAT of {} is too old", short_date(entry.on, on.date)),
            None => "no CSAT known".into(),
        },
        Input::Pulse => match reading::pulse(facts, on) {
            Some(pulse) => format!("pulse of {} is too old", short_date(pulse.on, on.date)),
            None => "no pulse given".into(),
        },
        Input::InvoiceOverdue => "no invoice known".into(),
        Input::RenewalDays => "no renewal date known".into(),
    }
}
