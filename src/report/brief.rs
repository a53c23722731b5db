//! Five lines before the call: is this relationship still justified?
//!
//! Decides which words answer it: what they pay, what is proven, what is open, who agrees, what next. It is for our own eyes.

use jiff::civil::Date;

use super::{count, money};
use crate::book::day::between;
use crate::book::facts::{Facts, Tier};
use crate::book::loyalty::sheet::{PersonRow, PromiseRow, Sheet};
use crate::book::loyalty::value::State;
use crate::book::money::Currency;
use crate::book::standing::Standing;
use crate::text;

/// What a brief is made of.
pub struct Of<'a> {
    pub facts: &'a Facts,
    pub standing: &'a Standing,
    pub sheet: &'a Sheet,
    pub day: Date,
    pub currency: Currency,
}

/// One line: its label and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub label: &'static str,
    pub text: String,
}

/// The five lines.
pub fn brief(of: &Of<'_>) -> Vec<Line> {
    let line = |label, text| Line { label, text };
    vec![
        line("paid", paid(of)),
        line("proven", proven(of)),
        line("open", open(of)),
        line("agree", agree(of)),
        line("next", next(of)),
    ]
}

fn paid(of: &Of<'_>) -> String {
    let arr = of
        .standing
        .arr
        .map_or_else(|| "no ARR in the CRM".to_owned(), |arr| format!("{}{} a year", arr.currency.sign(), arr.short()));
    let since = of.facts.customer_since.filter(|since| *since <= of.day);
    let since = since.map_or_else(String::new, |since| format!(", a customer since {}", since.strftime("%b %Y")));
    let renewal = match of.standing.renewal {
        Some(on) if on < of.day => format!("; the renewal is {} d late", between(on, of.day)),
        Some(on) => format!("; renews {}", text::day(on, of.day)),
        None => "; no renewal date".to_owned(),
    };
    format!("{arr}{since}{renewal}")
}

fn proven(of: &Of<'_>) -> String {
    let Some(value) = &of.sheet.value else {
        return "nothing promised is on record: ask what they bought it for, and note it with /promise".to_owned();
    };
    let money = |units| money(units, of.currency);
    let mut out = format!("{} accepted of {} promised", money(value.accepted), money(value.promised));
    if let Some(ratio) = value.returned {
        out.push_str(&format!(", ×{ratio:.1} of what they paid in twelve months"));
    }
    match value.proof_age_days {
        Some(0) => out.push_str("; the last proof is of today"),
        Some(days) => out.push_str(&format!("; the last proof is {days} d old")),
        None => out.push_str("; no proof was accepted yet"),
    }
    out
}

/// `“reports in a day” 12 d late, $40k missing`
fn missing(promise: &PromiseRow, of: &Of<'_>) -> String {
    let gap = promise.gap.filter(|gap| *gap > 0.0).map(|gap| format!(", {} missing", money(gap, of.currency)));
    format!("“{}” {} d late{}", promise.text, promise.late_days, gap.unwrap_or_default())
}

fn open(of: &Of<'_>) -> String {
    let late = of.sheet.promises.iter().filter(|one| matches!(one.state, State::Late | State::Broken));
    let mut parts: Vec<String> = late.map(|one| missing(one, of)).collect();
    let asked = of.sheet.items.iter().filter(|item| item.kind == "request" && item.open).count();
    if asked > 0 {
        parts.push(format!("{} open", count(asked, "request")));
    }
    if !of.sheet.owed.is_empty() {
        parts.push(format!("{} owed", count(of.sheet.owed.len(), "answer")));
    }
    if let Some(workaround) = of.sheet.workarounds.last() {
        parts.push(format!("they still work around: {}", workaround.text));
    }
    if parts.is_empty() {
        let due =
            of.sheet.promises.iter().filter(|one| one.state == State::OnTrack).filter_map(|one| Some((one.due?, one)));
        return match due.min_by_key(|(due, _)| *due) {
            Some((due, next)) => format!("nothing is late; next is “{}”, {}", next.text, text::day(due, of.day)),
            None => "nothing is late".to_owned(),
        };
    }
    parts.join("; ")
}

fn agree(of: &Of<'_>) -> String {
    let here = |person: &&PersonRow| person.left.is_none();
    let mut parts = Vec::new();
    let mut accepted: Vec<&str> = Vec::new();
    for proof in of.sheet.proofs().into_iter().filter(|proof| proof.accepted) {
        if let Some(by) = proof.by.as_deref().filter(|by| !accepted.contains(by)) {
            accepted.push(by);
        }
    }
    if !accepted.is_empty() {
        parts.push(format!("{} accepted a proof", accepted.join(" and ")));
    }
    let mut untold: Vec<&str> = Vec::new();
    for who in of.sheet.promises.iter().flat_map(|promise| &promise.untold) {
        if !untold.contains(&who.as_str()) {
            untold.push(who);
        }
    }
    if !untold.is_empty() {
        let more = untold.len().saturating_sub(2);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        untold.truncate(2);
        parts.push(format!("{}{more} not told yet", untold.join(", ")));
    }
    let champion = of.sheet.people.iter().filter(here).find(|person| person.champion);
    match champion {
        Some(person) => parts.push(format!("{} is our champion", person.name)),
        None => parts.push("no champion".to_owned()),
    }
    let cold =
        of.sheet.people.iter().filter(here).filter(|person| {
            person.tier == Some(Tier::Buyer) && person.feelings.last().is_some_and(|felt| felt.level < 0)
        });
    parts.extend(cold.map(|person| format!("{} is unhappy", person.name)));
    if !of.sheet.people.iter().filter(here).any(|person| person.tier == Some(Tier::Buyer)) {
        parts.push("no buyer is known".to_owned());
    }
    parts.join("; ")
}

fn next(of: &Of<'_>) -> String {
    let play = of.standing.offers.first().map_or_else(|| "nothing is pressing".to_owned(), |offer| offer.title.clone());
    let Some(need) = of.sheet.needs.last() else { return play };
    let words: Vec<String> =
        need.text.to_lowercase().split_whitespace().filter(|word| word.len() > 3).map(str::to_owned).collect();
    let serves = |promise: &&PromiseRow| {
        let said = format!("{} {}", promise.text, promise.serves.as_deref().unwrap_or_default()).to_lowercase();
        promise.state != State::Dropped && words.iter().any(|word| said.contains(word.as_str()))
    };
    let met = match of.sheet.promises.iter().rev().find(serves) {
        Some(promise) => format!("“{}” meets it", promise.text),
        None => "no promise meets it yet".to_owned(),
    };
    format!("{play}; they need {}: {met}", need.text)
}
