//! The run over the accounts: each at every month-end, scored on what was known then, beside what became of it.
//!
//! Decides what is counted, for one model or for several side by side. Takes one account at a time and forgets it, and two
//! halves of a book add up, so that a large one needs neither much memory nor one thread.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::book::assess::Rates;
use crate::book::backtest::calibration::{self, Calibration};
use crate::book::backtest::case::{Loss, Outcome, outcome};
use crate::book::backtest::tally::Tally;
use crate::book::day::plus;
use crate::book::facts::Facts;
use crate::book::known::ASSUMED;
use crate::book::model::Model;
use crate::book::order::p_loss;
use crate::book::prepared::On;
use crate::book::score::Eval;
use crate::book::standing::Band;

/// Early enough to do something, late enough to be seen: the window in which a loss should show.
const EARLY: std::ops::RangeInclusive<i64> = 60..=90;

/// Which days are looked at, and how far ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Month-ends, rising.
    pub days: Vec<Date>,
    /// Lost within so many days.
    pub horizon: i64,
}

/// An account on a day, as the figures need it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Case {
    pub score: f64,
    /// The probability that the model gave it.
    pub p: f64,
    pub band: Band,
    pub lost: bool,
}

/// A loss, and what was said before it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Said {
    /// At risk at a month-end inside the horizon before it.
    pub caught: bool,
    /// Below healthy 60 to 90 days before; `None`: there was no score then.
    pub early: Option<bool>,
}

/// What one measure said of the cases.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// Its own score, where it could speak.
    pub alone: Tally,
    /// The score without it, and the whole one of the same cases.
    pub without: Tally,
    pub whole: Tally,
}

/// One model's part.
#[derive(Clone, Debug, Default)]
pub(super) struct Arm {
    pub cases: Vec<Case>,
    /// Cases in which no measure could speak.
    pub unscored: u64,
    pub confidence: f64,
    pub measures: Vec<Heard>,
    /// One for each loss, in the same order for every model.
    pub losses: Vec<Said>,
}

/// A back-test while it runs.
#[derive(Clone, Debug)]
pub struct Trial {
    pub(super) spec: Spec,
    pub(super) arms: Vec<Arm>,
    pub(super) accounts: u64,
    pub(super) left: u64,
    pub(super) shrank: u64,
    /// By field: in how many cases it was left out.
    pub(super) left_out: BTreeMap<&'static str, u64>,
    pub(super) assumed: bool,
}

impl Trial {
    /// One for these models; the same ones, in the same order, for every account.
    pub fn new(spec: Spec, models: &[&Model]) -> Self {
        let arm = |model: &&Model| Arm { measures: vec![Heard::default(); model.measures.len()], ..Arm::default() };
        Self {
            spec,
            arms: models.iter().map(arm).collect(),
            accounts: 0,
            left: 0,
            shrank: 0,
            left_out: BTreeMap::new(),
            assumed: false,
        }
    }

    /// Takes an account at all its month-ends. `rates`: for conditions of the models that compare money.
    pub fn account(&mut self, facts: &Facts, models: &[&Model], rates: Option<&Rates>) {
        let days = std::mem::take(&mut self.spec.days);
        // The losses of this account by their day, one `Said` for each model.
        let mut losses: BTreeMap<Date, (Loss, Vec<Said>)> = BTreeMap::new();
        let mut any = false;
        for day in &days {
            let Some(outcome) = outcome(facts, *day, self.spec.horizon) else { continue };
            any = true;
            let known = facts.known_by(*day);
            for field in facts.left_out(*day) {
                *self.left_out.entry(field).or_default() += 1;
            }
            self.assumed |= !known.people.is_empty();
            let mut said = match outcome {
                Outcome::Lost(loss, days) => {
                    let none = || (loss, vec![Said::default(); models.len()]);
                    Some((&mut losses.entry(plus(*day, days)).or_insert_with(none).1, days))
                }
                Outcome::Kept => None,
            };
            for (at, (arm, model)) in self.arms.iter_mut().zip(models).enumerate() {
                let band = arm.case(&known, (model, rates), *day, outcome.lost());
                if let (Some((said, days)), Some(band)) = (&mut said, band) {
                    said[at].caught |= band == Band::AtRisk;
                    if EARLY.contains(days) {
                        said[at].early = Some(band != Band::Healthy || said[at].early == Some(true));
                    }
                }
            }
        }
        for (loss, said) in losses.into_values() {
            match loss {
                Loss::Left => self.left += 1,
                Loss::Shrank => self.shrank += 1,
            }
            for (arm, said) in self.arms.iter_mut().zip(said) {
                arm.losses.push(said);
            }
        }
        self.accounts += u64::from(any);
        self.spec.days = days;
    }

    /// Takes what another run over other accounts has counted.
    pub fn merge(&mut self, other: Self) {
        self.accounts += other.accounts;
        self.left += other.left;
        self.shrank += other.shrank;
        self.assumed |= other.assumed;
        for (field, cases) in other.left_out {
            *self.left_out.entry(field).or_default() += cases;
        }
        for (mine, theirs) in self.arms.iter_mut().zip(other.arms) {
            mine.cases.extend(theirs.cases);
            mine.unscored += theirs.unscored;
            mine.confidence += theirs.confidence;
            mine.losses.extend(theirs.losses);
            for (mine, theirs) in mine.measures.iter_mut().zip(&theirs.measures) {
                mine.alone.merge(&theirs.alone);
                mine.without.merge(&theirs.without);
                mine.whole.merge(&theirs.whole);
            }
        }
    }

    /// The calibration of a model by its cases; `None` where they are too few.
    pub fn calibration(&self, arm: usize, on: Date) -> Option<Calibration> {
        let cases = &self.arms.get(arm)?.cases;
        Some(Calibration {
            knots: calibration::fit(cases.iter().map(|case| (case.score, case.lost)))?,
            horizon_days: self.spec.horizon,
            cases: cases.len(),
            lost: cases.iter().filter(|case| case.lost).count(),
            from: *self.spec.days.first()?,
            to: *self.spec.days.last()?,
            on,
        })
    }

    /// What is taken as it stands today.
    pub(super) fn assumed(&self) -> &'static [&'static str] {
        if self.assumed { ASSUMED } else { &[] }
    }
}

impl Arm {
    /// Scores a case; answers with the band, where there is a score.
    fn case(&mut self, known: &Facts, (model, rates): (&Model, Option<&Rates>), day: Date, lost: bool) -> Option<Band> {
        let mut eval = Eval::new(known, model);
        eval.rates = rates;
        let on = On::from(day);
        let Some(score) = eval.score(on.day) else {
            self.unscored += 1;
            return None;
        };
        let band = eval.band(on.day);
        let p = p_loss(&eval.model_on(on.day).order, Some(score));
        self.cases.push(Case { score, p, band, lost });
        self.confidence += eval.folded(on).map_or(0.0, |folded| folded.confidence);
        let voices = eval.voices(on);
        for (index, heard) in self.measures.iter_mut().enumerate() {
            let without = match voices[index] {
                None => Some(score),
                Some(voice) => {
                    heard.alone.add(voice.score, lost);
                    let mut others = voices;
                    others[index] = None;
                    eval.fold(on, &others).map(|folded| folded.score)
                }
            };
            if let Some(without) = without {
                heard.without.add(without, lost);
                heard.whole.add(score, lost);
            }
        }
        Some(band)
    }
}
