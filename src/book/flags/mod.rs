//! Risk flags: rules from `health.toml`, each a named condition with its thresholds.
//!
//! Decides which rules hold on a day, since when, how severe, and in which words. The conditions stand in `condition`.

mod condition;
mod life;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::book::day::{Day, date};
use crate::book::fill::{self, Words};
use crate::book::prepared::On;
use crate::book::score::Eval;
use crate::book::standing::{Flag, Severity};
pub use condition::{CONDITIONS, Condition};
pub use life::{FlagState, FlagStatus, Record, TOO_EARLY_DAYS, split};

/// How far back a flag's first day is looked for.
const LOOK_BACK: Day = 366;

/// Thresholds by name; what is not given has the condition's own value.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct With(BTreeMap<String, f64>);

impl With {
    fn get(&self, condition: &Condition, name: &str) -> f64 {
        let own = || condition.thresholds.iter().find(|(key, _)| *key == name).map_or(0.0, |(_, value)| *value);
        self.0.get(name).copied().unwrap_or_else(own)
    }

    /// Names that the condition does not know.
    pub fn faults(&self, what: &str, condition: &Condition) -> Option<String> {
        let wrong = self.0.keys().find(|name| !condition.thresholds.iter().any(|(key, _)| key == name))?;
        let known: Vec<_> = condition.thresholds.iter().map(|(key, _)| *key).collect();
        Some(format!("{what}: {wrong:?} is no threshold of {:?}; there are: {}", condition.name, known.join(", ")))
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub kind: String,
    pub condition: &'static Condition,
    #[serde(default)]
    pub with: With,
    pub severity: Severity,
    /// From a value of the condition on, another severity.
    #[serde(default)]
    pub rises: Vec<Rise>,
    /// A short phrase; `{name}` is filled from the condition.
    #[serde(deserialize_with = "fill::alternatives")]
    pub label: Vec<String>,
    /// The evidence in a sentence.
    #[serde(deserialize_with = "fill::alternatives")]
    pub because: Vec<String>,
}

/// A step of severity.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rise {
    pub from: f64,
    pub severity: Severity,
}

impl Rule {
    /// What makes no sense in it.
    pub fn faults(&self) -> Vec<String> {
        let what = format!("flag {:?}", self.kind);
        let mut faults: Vec<_> = self.with.faults(&what, self.condition).into_iter().collect();
        if self.label.is_empty() || self.because.is_empty() {
            faults.push(format!("{what}: needs a label and a because"));
        }
        let names = self.label.iter().chain(&self.because).flat_map(|text| placeholders(text));
        faults.extend(names.filter(|name| !self.condition.words.contains(name)).map(|name| {
            format!(
                "{what}: {{{name}}} is no word of {:?}; there are: {}",
                self.condition.name,
                self.condition.words.join(", ")
            )
        }));
        faults
    }

    fn severity(&self, value: f64) -> Severity {
        self.rises.iter().filter(|rise| value >= rise.from).map(|rise| rise.severity).fold(self.severity, Ord::max)
    }
}

/// The names in braces of a sentence.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// A flag that stands, with what plays build on.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub flag: Flag,
    /// What the flag rests on: a person, a ticket; empty: the account as a whole.
    pub key: String,
    pub words: Words,
}

/// The flags of a day, most severe first; within a severity the newest first.
pub fn flags(eval: &Eval<'_>, on: On) -> Vec<Standing> {
    let mut out: Vec<Standing> = Vec::new();
    for rule in &eval.model.flags {
        if out.iter().any(|one| one.flag.kind == rule.kind) {
            continue;
        }
        let Some(value) = (rule.condition.holds)(eval, &rule.with, on) else { continue };
        let hit = (rule.condition.say)(eval, &rule.with, on);
        let say = |templates: &[String]| fill::first(templates, &hit.words);
        let flag = Flag {
            kind: rule.kind.clone(),
            key: hit.key.clone(),
            label: say(&rule.label).unwrap_or_else(|| rule.kind.replace('-', " ")),
            severity: rule.severity(value),
            since: date(since(eval, &rule.kind, on.day)),
            because: say(&rule.because).unwrap_or_default(),
        };
        out.push(Standing { flag, key: hit.key, words: hit.words });
    }
    out.sort_by_key(|one| std::cmp::Reverse((one.flag.severity, one.flag.since)));
    out
}

/// The kinds that hold on a day, in the order of the rules, without words: the cheap question.
pub fn kinds<'m>(eval: &Eval<'m>, on: On) -> Vec<&'m str> {
    let mut out: Vec<&str> = Vec::new();
    for rule in &eval.model.flags {
        if !out.contains(&rule.kind.as_str()) && (rule.condition.holds)(eval, &rule.with, on).is_some() {
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
        rules.any(|rule| (rule.condition.holds)(eval, &rule.with, on).is_some())
    };
    let floor = eval.facts.since.unwrap_or(day - LOOK_BACK).max(day - LOOK_BACK);
    let mut first = day;
    while first > floor && holds(first - 1) {
        first -= 1;
    }
    first
}

/// What a condition says of a day, for plays that name one themselves.
pub fn ask(eval: &Eval<'_>, condition: &Condition, with: &With, on: On) -> Option<(String, Words)> {
    (condition.holds)(eval, with, on)?;
    let hit = (condition.say)(eval, with, on);
    Some((hit.key, hit.words))
}

/// What a condition found: the identity of it, and words for sentences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit {
    pub key: String,
    pub words: Words,
}

impl Hit {
    fn of(words: Words) -> Self {
        Self { key: String::new(), words }
    }
}
