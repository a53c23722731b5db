//! Risk flags: rules from `health.toml`, each a query with severity, words and evidence.
//!
//! Decides which rules hold on a day, since when, how severe, and in which words. What people said of a flag stands in
//! `life`.

mod life;

use serde::Deserialize;

use crate::book::day::{Day, date};
use crate::book::fill;
use crate::book::model::Faults;
use crate::book::prepared::On;
use crate::book::query::{self, Expr, Look, Needs, Template};
use crate::book::score::Eval;
use crate::book::standing::{Flag, Severity};
pub use life::{FlagState, FlagStatus, FlagVerb, Record, TOO_EARLY_DAYS, split};

/// How far back a flag's first day is looked for.
const LOOK_BACK: Day = 366;

/// One rule as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    kind: String,
    when: String,
    keep: Option<String>,
    about: Option<String>,
    severity: Severity,
    medium: Option<String>,
    high: Option<String>,
    #[serde(deserialize_with = "fill::alternatives")]
    label: Vec<String>,
    #[serde(deserialize_with = "fill::alternatives")]
    because: Vec<String>,
}

impl RuleFile {
    /// Its kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The rule, with what is wrong in it said to `faults`.
    pub fn rule(self, faults: &mut Faults) -> Rule {
        let place = |key: &str| format!("flag {:?}: {key}", self.kind);
        let about = self.about.map(|about| format!("{{{about}}}"));
        let rises = [(self.medium, "medium", Severity::Medium), (self.high, "high", Severity::High)];
        let rises = rises.into_iter().filter_map(|(query, key, severity)| Some((query?, key, severity)));
        Rule {
            when: faults.query(&place("when"), &self.when, Needs::Score),
            keep: self.keep.map(|keep| faults.query(&place("keep"), &keep, Needs::Score)),
            about: about.and_then(|about| faults.sentences(&place("about"), &[about], Needs::Score).pop()),
            severity: self.severity,
            rises: rises.map(|(query, key, to)| (faults.query(&place(key), &query, Needs::Score), to)).collect(),
            label: faults.sentences(&place("label"), &self.label, Needs::Score),
            because: faults.sentences(&place("because"), &self.because, Needs::Score),
            kind: self.kind,
        }
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub kind: String,
    pub when: Expr,
    /// Once it stood, it is kept for two weeks while this holds, so that nothing flaps.
    pub keep: Option<Expr>,
    /// What it rests on, where that is smaller than the account: a person, a ticket.
    pub about: Option<Template>,
    pub severity: Severity,
    /// Another severity while something holds.
    pub rises: Vec<(Expr, Severity)>,
    /// A short phrase; the first without a hole is taken.
    pub label: Vec<Template>,
    /// The evidence in a sentence.
    pub because: Vec<Template>,
}

impl Rule {
    /// What makes no sense in it.
    pub fn faults(&self) -> Vec<String> {
        let missing = [("label", self.label.is_empty()), ("because", self.because.is_empty())];
        let missing = missing.into_iter().filter(|(_, missing)| *missing);
        missing.map(|(key, _)| format!("flag {:?}: {key}: needs a sentence", self.kind)).collect()
    }

    /// Whether it holds on a day, counting what is kept.
    fn holds(&self, eval: &Eval<'_>, on: On) -> bool {
        if query::holds(&self.when, &Look::new(eval, on)) {
            return true;
        }
        let days = eval.model.bands.days;
        self.keep.as_ref().is_some_and(|keep| {
            query::holds(keep, &Look::new(eval, on))
                && (1..=days).any(|back| {
                    let before = On::day(on.day - back);
                    eval.facts.since.is_none_or(|since| since <= before.day)
                        && query::holds(&self.when, &Look::new(eval, before))
                })
        })
    }

    fn severity(&self, look: &Look<'_, '_>) -> Severity {
        let risen = self.rises.iter().filter(|(when, _)| query::holds(when, look)).map(|(_, severity)| *severity);
        risen.fold(self.severity, Ord::max)
    }
}

/// A flag that stands, with what plays build on.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub flag: Flag,
    /// What the flag rests on: a person, a ticket; empty: the account as a whole.
    pub key: String,
}

/// The flags of a day, most severe first; within a severity the newest first.
pub fn flags(eval: &Eval<'_>, on: On) -> Vec<Standing> {
    let mut out: Vec<Standing> = Vec::new();
    let look = Look::new(eval, on);
    for rule in &eval.model.flags {
        if out.iter().any(|one| one.flag.kind == rule.kind) || !rule.holds(eval, on) {
            continue;
        }
        let key = rule.about.as_ref().and_then(|about| about.fill(&look)).unwrap_or_default();
        let flag = Flag {
            kind: rule.kind.clone(),
            key: key.clone(),
            label: query::first(&rule.label, &look).unwrap_or_else(|| rule.kind.replace('-', " ")),
            severity: rule.severity(&look),
            since: date(since(eval, &rule.kind, on.day)),
            because: query::first(&rule.because, &look).unwrap_or_default(),
        };
        out.push(Standing { flag, key });
    }
    out.sort_by_key(|one| std::cmp::Reverse((one.flag.severity, one.flag.since)));
    out
}

/// The kinds that hold on a day, in the order of the rules, without words: the cheap question.
pub fn kinds<'m>(eval: &Eval<'m>, on: On) -> Vec<&'m str> {
    let mut out: Vec<&str> = Vec::new();
    for rule in &eval.model.flags {
        if !out.contains(&rule.kind.as_str()) && rule.holds(eval, on) {
            out.push(&rule.kind);
        }
    }
    out
}

/// The first day of the unbroken stretch in which a rule of this kind holds.
fn since(eval: &Eval<'_>, kind: &str, day: Day) -> Day {
    let holds = |day: Day| {
        let on = On::day(day);
        let mut rules = eval.model.flags.iter().filter(|rule| rule.kind == kind);
        rules.any(|rule| rule.holds(eval, on))
    };
    let floor = eval.facts.since.unwrap_or(day - LOOK_BACK).max(day - LOOK_BACK);
    let mut first = day;
    while first > floor && holds(first - 1) {
        first -= 1;
    }
    first
}
