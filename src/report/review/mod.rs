//! The value review: what the customer gained, for the buyer's hands, in their own terms.
//!
//! Decides what belongs in it and where each figure comes from. Nothing of our own judgement (scores, trust, feelings, plays)
//! and nothing private stands in it: it is made of an account without what is private.

mod html;
mod markdown;
mod svg;

use jiff::civil::Date;

use super::{count, money};
use crate::book::day::{between, plus};
use crate::book::facts::Facts;
use crate::book::loyalty::sheet::{ItemRow, PromiseRow, ProofRow, SaidRow, Sheet};
use crate::book::loyalty::value::State;
use crate::book::loyalty::voice::BENCHMARK;
use crate::book::money::Currency;
pub use html::html;
pub use markdown::markdown;

/// What a review is made of. The facts are those without what is private, and so is the sheet.
pub struct Of<'a> {
    pub facts: &'a Facts,
    pub sheet: &'a Sheet,
    pub day: Date,
    /// The currency in which the customer pays: all figures are in it.
    pub currency: Currency,
    /// Who hands it over.
    pub by: Option<&'a str>,
}

/// A figure at the top, with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub value: String,
    pub label: String,
    /// A number of [`Review::sources`].
    pub source: usize,
}

/// A promise, as the customer sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    pub text: String,
    /// `promised to Jane Doe in Mar 2026, due 30 Jun 2026`
    pub made: String,
    pub state: &'static str,
    /// 0 to 1 of its worth; `None`: it has none in money.
    pub share: Option<f64>,
    /// `$310k of $500k a year`
    pub amount: Option<String>,
    pub metric: Option<String>,
    pub proofs: Vec<Proof>,
    /// It is late: said plainly.
    pub late: Option<String>,
}

/// Evidence, as the customer sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    pub on: Date,
    pub text: String,
    pub amount: Option<String>,
    pub accepted: String,
    pub source: usize,
}

/// Something asked for or agreed on.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub text: String,
    pub who: String,
    pub state: String,
    pub when: String,
}

/// Use of the product by week.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    pub weeks: Vec<(Date, f64)>,
    pub words: String,
    pub source: usize,
}

/// The document before it is laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    pub customer: String,
    pub by: Option<String>,
    pub day: Date,
    pub currency: Currency,
    pub lead: String,
    pub figures: Vec<Figure>,
    pub promises: Vec<Promise>,
    /// Promised and proven by month.
    pub months: Vec<(Date, f64, f64)>,
    pub usage: Option<Usage>,
    pub goals: Vec<Row>,
    pub requests: Vec<Row>,
    /// What they said they need, or would like done better: words, who, when.
    pub words: Vec<(String, String)>,
    /// Where the figures come from, in their order.
    pub sources: Vec<String>,
}

/// `31 Dec 2026`
fn day(on: Date) -> String {
    on.strftime("%-d %b %Y").to_string()
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `Maya Chen` of `maya.chen@example.com`.
fn name(who: &str) -> String {
    let local = who.split('@').next().unwrap_or(who);
    if local == who {
        return who.to_owned();
    }
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    local.split(['.', '_', '-']).filter(|part| !part.is_empty()).map(part).collect::<Vec<String>>().join(" ")
}

fn state(promise: &PromiseRow) -> &'static str {
    match promise.state {
        State::Kept => "delivered",
        State::OnTrack => "under way",
        State::Late => "late",
        State::Broken => "not delivered",
        State::Dropped => "withdrawn together",
    }
}

/// Puts the document together.
pub fn review(of: &Of<'_>) -> Review {
    let mut sources = Sources::default();
    let figures = figures(of, &mut sources);
    let shown = of.sheet.promises.iter().filter(|promise| promise.state != State::Dropped);
    let promises: Vec<Promise> = shown.map(|one| promise(one, of, &mut sources)).collect();
    let usage = usage(of, &mut sources);
    // What our own house does behind the account is ours: what is planned together is theirs, too.
    let together = |item: &&ItemRow| item.kind == "joint" || matches!(item.c, Some("collaboration" | "community"));
    let rows = |fits: &dyn Fn(&&ItemRow) -> bool| {
        let of_kind = of.sheet.items.iter().filter(|item| fits(item) && item.state != "dropped");
        of_kind
            .map(|item| Row {
                text: sentence(&item.text),
                who: item.who.clone().unwrap_or_default(),
                state: item.state.to_owned(),
                when: item.due.map_or_else(|| format!("since {}", day(item.on)), |due| format!("by {}", day(due))),
            })
            .collect::<Vec<_>>()
    };
    let recent = |on: Date| between(on, of.day) <= 365;
    // Why they stay or would leave is asked for our own sake.
    let asked = |one: &&SaidRow| BENCHMARK.iter().any(|question| question.asks() == one.what);
    let said = of.sheet.needs.iter().chain(&of.sheet.jobs).chain(of.sheet.answers.iter().filter(asked));
    let said = said.filter(|one| recent(one.on));
    let words = said.map(|one| {
        let who = one.who.clone().unwrap_or_else(|| "your team".to_owned());
        (sentence(&one.text), format!("{who}, {}", day(one.on)))
    });
    Review {
        customer: of.facts.name.clone(),
        by: of.by.map(str::to_owned),
        day: of.day,
        currency: of.currency,
        lead: lead(of),
        figures,
        promises,
        months: of.sheet.months.clone(),
        usage,
        goals: rows(&together),
        requests: rows(&|item| item.kind == "request"),
        words: words.collect(),
        sources: sources.0,
    }
}

/// The sources, each once.
#[derive(Default)]
struct Sources(Vec<String>);

impl Sources {
    fn number(&mut self, source: String) -> usize {
        match self.0.iter().position(|known| *known == source) {
            Some(at) => at + 1,
            None => {
                self.0.push(source);
                self.0.len()
            }
        }
    }
}

fn lead(of: &Of<'_>) -> String {
    let Some(value) = of.sheet.value.as_ref().filter(|value| value.accepted > 0.0) else {
        return "This is what we set out to do for you, and where it stands today.".to_owned();
    };
    let amount = money(value.accepted, of.currency);
    match value.proof_age_days {
        Some(days) if days <= 120 => {
            format!("You have confirmed {amount} of value so far, the last part of it {days} days ago.")
        }
        _ => format!("You have confirmed {amount} of value so far."),
    }
}

fn figures(of: &Of<'_>, sources: &mut Sources) -> Vec<Figure> {
    let mut out = Vec::new();
    let Some(value) = &of.sheet.value else { return out };
    let proofs = sources.number("the proofs that you accepted, listed below with their dates".to_owned());
    out.push(Figure {
        value: money(value.accepted, of.currency),
        label: format!("confirmed of {} promised", money(value.promised, of.currency)),
        source: proofs,
    });
    // A return under 1 wants a talk, not a figure on a page: what is confirmed and what is open stand there all the same.
    let ratio = value.returned.filter(|ratio| *ratio >= 1.0);
    if let (Some(ratio), Some(from), Some(accrued), Some(cost)) = (ratio, value.from, value.accrued, value.cost) {
        let source = sources.number(format!(
            "{} confirmed over {} paid, both since {}; a yearly saving is counted by the day for twelve months after you confirmed it",
            money(accrued, of.currency),
            money(cost, of.currency),
            day(from)
        ));
        out.push(Figure { value: format!("×{ratio:.1}"), label: "of what you paid came back".to_owned(), source });
    }
    let counted = of.sheet.promises.iter().filter(|one| one.state != State::Dropped);
    let kept = counted.clone().filter(|one| one.state == State::Kept).count();
    let source = sources.number("the list of promises below".to_owned());
    out.push(Figure {
        value: format!("{kept} of {}", counted.count()),
        label: "promises delivered".to_owned(),
        source,
    });
    out
}

fn promise(one: &PromiseRow, of: &Of<'_>, sources: &mut Sources) -> Promise {
    let to = if one.to.is_empty() { String::new() } else { format!(" to {}", one.to.join(" and ")) };
    let due = one.due.map_or_else(String::new, |due| format!(", due {}", day(due)));
    let yearly = if one.yearly { " a year" } else { "" };
    let amount =
        one.worth.map(|worth| format!("{} of {}{yearly}", money(one.accepted, of.currency), money(worth, of.currency)));
    let share = one.worth.filter(|worth| *worth > 0.0).map(|worth| (one.accepted / worth).clamp(0.0, 1.0));
    let metric = one.baseline.as_ref().zip(one.target.as_ref()).map(|(from, to)| format!("from {from} to {to}"));
    let late =
        (one.late_days > 0).then(|| format!("{} past its date", count(one.late_days.unsigned_abs() as usize, "day")));
    Promise {
        text: sentence(&one.text),
        made: format!("promised{to} on {}{due}", day(one.on)),
        state: state(one),
        share,
        amount,
        metric,
        proofs: one.proofs.iter().map(|one| proof(one, of, sources)).collect(),
        late,
    }
}

fn proof(one: &ProofRow, of: &Of<'_>, sources: &mut Sources) -> Proof {
    let yearly = if one.yearly { " a year" } else { "" };
    let noted = one.noted.as_deref().map_or_else(String::new, |who| format!(" by {}", name(who)));
    let source = sources.number(format!("our note{noted} of {}", day(one.on)));
    let accepted = match (one.accepted, &one.by) {
        (true, Some(by)) => format!("confirmed by {by}"),
        (true, None) => "confirmed by you".to_owned(),
        (false, _) => "not confirmed yet".to_owned(),
    };
    let text = match (one.text.is_empty(), &one.measured) {
        (false, Some(measured)) if !one.text.contains(measured.as_str()) => format!("{}: {measured}", one.text),
        (false, _) => one.text.clone(),
        (true, Some(measured)) => format!("measured {measured}"),
        (true, None) => "shown".to_owned(),
    };
    Proof {
        on: one.on,
        text,
        amount: one.worth.map(|worth| format!("{}{yearly}", money(worth, of.currency))),
        accepted,
        source,
    }
}

/// Active users by week, for half a year.
fn usage(of: &Of<'_>, sources: &mut Sources) -> Option<Usage> {
    const WEEKS: i64 = 26;
    let daily = of.facts.usage.get("active_users")?;
    let mean = |end: Date| {
        let known: Vec<f64> = (0..7).filter_map(|back| daily.get(plus(end, -back))).map(f64::from).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let last = daily.last().filter(|last| between(*last, of.day) <= 28)?;
    let end = last.min(of.day);
    let weeks: Vec<(Date, f64)> = (0..WEEKS)
        .rev()
        .filter_map(|back| {
            let end = plus(end, -7 * back);
            Some((end, mean(end)?))
        })
        .collect();
    let (first, now) = (weeks.first()?, weeks.last()?);
    if weeks.len() < 8 {
        return None;
    }
    let seats = of.facts.seats.at(of.day).filter(|seats| **seats > 0.0);
    let used = of.facts.usage.get("seats_used").and_then(|daily| daily.last().and_then(|last| daily.get(last)));
    let seats = used
        .zip(seats)
        .map_or_else(String::new, |(used, seats)| format!(" {used:.0} of your {seats:.0} seats are in use."));
    let source = of.facts.usage_source.as_ref().map_or_else(|| "usage".to_owned(), ToString::to_string);
    let source =
        sources.number(format!("product usage ({source}), weekly means of daily active users up to {}", day(now.0)));
    let words = format!(
        "{:.0} people used it on a usual working day in the week to {}, {:.0} in the week to {}.{seats}",
        first.1,
        day(first.0),
        now.1,
        day(now.0)
    );
    Some(Usage { weeks, words, source })
}
