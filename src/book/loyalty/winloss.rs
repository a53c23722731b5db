//! Win and loss: what was expected 90 days before a renewal, what happened, the difference, the causes, what to change.
//!
//! Decides what counts as expected: the CSM's call of that day, else the ARR weighed by the chance to keep it.

use jiff::civil::Date;

use super::Loyal;
use super::voice::{self, Said};
use crate::book::csm::called;
use crate::book::day::{number, plus};
use crate::book::journal::words::{Call, Cause, OutcomeKind};
use crate::book::journal::{Delta, Fact};
use crate::book::order::p_loss;

/// How long before an outcome the expectation is read.
const BEFORE: i64 = 90;

/// How one renewal ended; money in units of the book's currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended<'a> {
    pub kind: OutcomeKind,
    pub on: Date,
    /// ARR that was due.
    pub due: Option<f64>,
    pub expected: Option<f64>,
    /// The expectation was a call; else the model's.
    pub called: bool,
    pub actual: Option<f64>,
    pub cause: Option<Cause>,
    pub about: &'a str,
    pub lesson: &'a str,
}

impl Ended<'_> {
    /// What came against what was expected.
    pub fn variance(&self) -> Option<f64> {
        Some(self.actual? - self.expected?)
    }
}

/// Every outcome up to the day, oldest first.
pub fn all<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Ended<'a>> {
    let facts = loyal.facts();
    let ended = loyal.journal().filter_map(|one| {
        let Fact::Outcome { kind, change, cause, about, lesson, .. } = &one.fact else { return None };
        let before = plus(one.on, -BEFORE);
        // What was due is what it brought the day before.
        let eve = plus(one.on, -1);
        let due = facts.arr.at(eve).or_else(|| facts.arr.at(one.on)).and_then(|arr| loyal.units(*arr));
        let call = called(facts, before);
        let amount = |arr: Option<f64>| {
            let call = call.as_ref()?;
            let said = call.amount.and_then(|amount| loyal.units(amount));
            match call.call {
                Call::Commit | Call::Upside => said.or(arr),
                Call::Risk => said,
                Call::Lost => Some(said.unwrap_or(0.0)),
            }
        };
        let then = facts.arr.at(before).and_then(|arr| loyal.units(*arr)).or(due);
        let by_call = amount(then);
        let by_model = || {
            let score = loyal.eval.score(number(before))?;
            Some(then? * (1.0 - p_loss(&loyal.eval.model.order, Some(score))))
        };
        let actual = match (kind, change) {
            (OutcomeKind::Churned, _) => Some(0.0),
            (_, Some(Delta::Share(points))) => due.map(|due| due * (1.0 + f64::from(*points) / 10_000.0)),
            (_, Some(Delta::Money(amount))) => due.zip(loyal.units(*amount)).map(|(due, change)| due + change),
            (_, None) => due,
        };
        Some(Ended {
            kind: *kind,
            on: one.on,
            due,
            expected: by_call.or_else(by_model),
            called: by_call.is_some(),
            actual,
            cause: *cause,
            about,
            lesson,
        })
    });
    ended.collect()
}

/// The four questions with what was said last to each; asked of those who stayed as well as of those who left.
pub fn questions<'a>(loyal: &Loyal<'_, 'a>) -> Vec<(crate::book::journal::words::Question, Option<Said<'a>>)> {
    let said = voice::said(loyal);
    let last = |question| said.iter().rfind(|one| one.question == question).cloned();
    voice::WIN_LOSS.into_iter().map(|question| (question, last(question))).collect()
}
