//! The health model: groups, measures, gates, bands, tiers, risk rules and plays, as their two files say.
//!
//! Decides what a model is and whether it makes sense. Must not look at facts: that is `reading`, `score` and `flags`.

mod curve;
mod file;
mod input;
mod overrides;

use serde::Deserialize;

use crate::book::backtest::Calibration;
use crate::book::facts::Tier;
use crate::book::flags::Rule;
use crate::book::loyalty::pyramid::Rules as PyramidRules;
use crate::book::plays::Play;
use crate::book::query::{Expr, Num, Template, Unit};
pub use crate::book::tiers::TierRules;
pub use curve::Curve;
pub use file::Faults;
pub use input::{INPUTS, Input, InputSpec, Validity};

/// The most groups that a model can have: the arithmetic works on arrays of this size.
pub const MAX_GROUPS: usize = 8;
/// The most measures that a model can have.
pub const MAX_MEASURES: usize = 48;

/// All of it: what `assess` is asked with.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub groups: Vec<Group>,
    pub measures: Vec<Measure>,
    pub gates: Gates,
    /// Caps with a name and a condition of their own.
    pub caps: Vec<CapRule>,
    pub bands: Bands,
    /// Only while this holds there is a score at all.
    pub when: Option<Expr>,
    pub cadence: Cadence,
    pub tiers: TierRules,
    pub pyramid: PyramidRules,
    pub order: Order,
    /// Risk rules; of several with one kind the first that holds speaks.
    pub flags: Vec<Rule>,
    pub plays: Vec<Play>,
    /// Whole models that take this one's place for some accounts; the first that fits. They carry no flags and plays.
    pub overrides: Vec<Override>,
    hash: String,
    file_hash: String,
    /// What could not be understood of its expressions.
    faults: Vec<String>,
}

/// Another model for the accounts and days on which something holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    pub when: Expr,
    pub model: Box<Model>,
}

/// A group of measures.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub id: String,
    pub label: String,
    pub weight: f64,
}

/// One measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub id: String,
    pub label: String,
    /// Index into [`Model::groups`].
    pub group: usize,
    /// What it reads.
    pub value: Num,
    /// `value` as it is written.
    pub typed: String,
    /// The inputs that `value` is made of: their validities are its own, where it has none.
    pub inputs: Vec<Input>,
    /// It speaks only while this holds.
    pub when: Option<Expr>,
    pub weight: f64,
    /// Days that a reading speaks; `None`: as its inputs say.
    pub validity: Option<f64>,
    /// From half of its validity on it speaks less and less; otherwise in full, until it ends.
    pub fades: bool,
    /// Its facts in words; empty: as its input says.
    pub evidence: Vec<Template>,
    /// What is said where nothing is known; `None`: that it is not.
    pub missing: Option<String>,
    pub curve: Curve,
    /// Other curves, for some accounts; the first that fits goes before `curve`.
    pub by: Vec<Case>,
}

impl Measure {
    /// The input that it reads, where it reads just one as it is.
    pub fn input(&self) -> Option<Input> {
        match &self.value {
            Num::Of(use_) if use_.is_plain() => use_.field.input(),
            _ => None,
        }
    }

    /// The unit of what it reads.
    pub fn unit(&self) -> Unit {
        self.value.unit()
    }

    /// The curve for an account of this segment and age in months.
    pub fn curve_for(&self, segment: Option<&str>, months: Option<f64>, holds: impl Fn(&Expr) -> bool) -> &Curve {
        let fits = |case: &&Case| case.fits(segment, months) && case.when.as_ref().is_none_or(&holds);
        self.by.iter().find(fits).map_or(&self.curve, |case| &case.shape)
    }
}

/// A curve for some accounts only.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Only these segments; none given: all.
    pub segment: Vec<String>,
    /// Age of the account in months: from (included) and to (not included).
    pub months: Option<[f64; 2]>,
    /// Only while this holds.
    pub when: Option<Expr>,
    pub shape: Curve,
}

impl Case {
    fn fits(&self, segment: Option<&str>, months: Option<f64>) -> bool {
        let segment_fits = self.segment.is_empty()
            || segment.is_some_and(|name| self.segment.iter().any(|one| one.eq_ignore_ascii_case(name)));
        let age_fits = self.months.is_none_or(|[from, to]| months.is_some_and(|months| (from..to).contains(&months)));
        segment_fits && age_fits
    }
}

/// The caps that look at groups; one that is left out is none.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// The group that is the base: weak outcomes cap the whole.
    pub outcomes: Option<OutcomeGate>,
    /// The cap without any evidence of outcomes.
    pub no_outcomes: Option<f64>,
    /// The group of the relationship is no better than its weakest known tier and this much.
    pub weakest_tier: Option<TierGate>,
}

/// A cap of its own: while its condition holds, the score is no higher.
#[derive(Clone, Debug, PartialEq)]
pub struct CapRule {
    pub id: String,
    /// The words on screen.
    pub label: String,
    pub when: Expr,
    pub cap: f64,
}

/// `floor + rise · clamp((o − from) / over, 0, 1)`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeGate {
    pub group: String,
    pub floor: f64,
    pub rise: f64,
    pub from: f64,
    pub over: f64,
}

/// The weakest tier's cap on its group.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierGate {
    pub group: String,
    pub above: f64,
}

/// Bands with the room in which they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// Under this: at risk.
    pub at_risk: f64,
    /// At risk is kept under this.
    pub at_risk_kept: f64,
    /// From this: healthy.
    pub healthy: f64,
    /// Healthy is kept from this.
    pub healthy_kept: f64,
    /// How many days before are looked at.
    pub days: i32,
}

/// How often each tier wants to be touched, in days.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    pub buyer: f64,
    pub influencer: f64,
    pub user: f64,
    pub builder: f64,
}

impl Cadence {
    /// The days for a tier.
    pub fn of(&self, tier: Tier) -> f64 {
        match tier {
            Tier::Buyer => self.buyer,
            Tier::Influencer => self.influencer,
            Tier::User => self.user,
            Tier::Builder => self.builder,
        }
    }
}

/// The constants of the order of the day.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// `p_loss = 1 / (1 + e^((score − middle) / width))`
    pub middle: f64,
    pub width: f64,
    /// The score that stands in where none is known.
    pub unknown_score: f64,
    /// Full nearness up to so many days from renewal.
    pub near_days: f64,
    /// From so many days on it is `far`.
    pub far_days: f64,
    pub far: f64,
    /// Without a renewal date.
    pub no_date: f64,
    /// A high flag is near for so many days after it appeared.
    pub flag_days: i32,
    /// A care play is worth this share of ARR, unless it says more.
    pub care: f64,
    pub keep: KeepWeights,
    /// What scores have meant on this book: goes before `middle` and `width`. From a kept back-test, never from the file.
    #[serde(skip)]
    pub calibration: Option<Calibration>,
}

/// What the keep class weighs.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepWeights {
    pub invest: f64,
    pub grow: f64,
    pub maintain: f64,
    pub rethink: f64,
}

impl Model {
    /// A short hash of its content, comments and layout aside: stored beside standings, so that a changed model shows.
    pub fn hash(&self) -> String {
        match &self.order.calibration {
            Some(calibration) => format!("{}-{}", self.hash, calibration.mark()),
            None => self.hash.clone(),
        }
    }

    /// The hash of `health.toml` alone, calibrated or not: what a calibration is kept under. Plays move no score.
    pub fn file_hash(&self) -> &str {
        &self.file_hash
    }

    /// The same model with the probabilities of a back-test; `None`: with those of its formula.
    pub fn calibrated(mut self, calibration: Option<Calibration>) -> Self {
        for other in &mut self.overrides {
            other.model.order.calibration.clone_from(&calibration);
        }
        self.order.calibration = calibration;
        self
    }
}

#[cfg(test)]
impl Model {
    /// The model that is shipped.
    pub fn built_in_for_tests() -> Self {
        Self::parse(include_str!("../../config/health.toml"), include_str!("../../config/plays.toml")).unwrap()
    }
}
