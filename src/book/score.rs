//! The arithmetic of the score: group means, freshness, confidence, caps, bands.
//!
//! Decides every number of health by the formulas of the book, and not one word. Allocates nothing per day.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::book::assess::Rates;
use crate::book::day::Day;
use crate::book::facts::Facts;
use crate::book::loyalty::keep::Spread;
use crate::book::loyalty::{Loyal, people};
use crate::book::model::{Bands, MAX_GROUPS, MAX_MEASURES, Model};
use crate::book::prepared::{On, Prepared};
use crate::book::query::{self, Look};
use crate::book::reading::{self, Reading};
use crate::book::standing::Band;

/// What a measure says: its score and how fresh it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    pub score: f64,
    pub freshness: f64,
}

/// A cap on the whole score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapKind {
    Outcomes,
    NoOutcomes,
    /// One of [`Model::caps`], by its place.
    Own(usize),
}

impl CapKind {
    /// Every cap of a model, the relationship's own aside.
    pub fn all(model: &Model) -> impl Iterator<Item = Self> {
        [Self::Outcomes, Self::NoOutcomes].into_iter().chain((0..model.caps.len()).map(Self::Own))
    }

    /// Its id in JSON.
    pub fn id(self, model: &Model) -> &str {
        match self {
            Self::Outcomes => "weak-outcomes",
            Self::NoOutcomes => "no-outcomes",
            Self::Own(at) => model.caps.get(at).map_or("gate", |cap| &cap.id),
        }
    }

    /// The words on screen.
    pub fn label(self, model: &Model) -> &str {
        match self {
            Self::Outcomes => "weak outcomes",
            Self::NoOutcomes => "no evidence of outcomes",
            Self::Own(at) => model.caps.get(at).map_or("gate", |cap| &cap.label),
        }
    }
}

/// The id and words of the relationship group's own cap.
pub const TIER_CAP: (&str, &str) = ("weakest-tier", "weakest tier");

/// One cap at work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cap {
    pub kind: CapKind,
    pub cap: f64,
    /// What it takes, 0 or less.
    pub points: f64,
}

/// The score of one day with everything that adds up to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Folded {
    /// The mean of the groups before any cap: the points of the measures add up to it.
    pub mean: f64,
    pub score: f64,
    pub confidence: f64,
    /// The cap inside the relationship group: its height, and what it takes from the mean.
    pub tier_cap: Option<(f64, f64)>,
    pub cap: Option<Cap>,
    share: [f64; MAX_GROUPS],
    weight: [f64; MAX_GROUPS],
}

impl Folded {
    /// A measure's share of the mean, 0 to 1.
    pub fn share(&self, group: usize, weight: f64, freshness: f64) -> f64 {
        if self.weight[group] > 0.0 { self.share[group] * weight * freshness / self.weight[group] } else { 0.0 }
    }
}

/// The voices of one day, one for each measure of the model.
pub type Voices = [Option<Voice>; MAX_MEASURES];

/// Folds the voices into a score. `weakest`: the loyalty of the weakest known tier; `own`: the lowest of the model's own
/// caps that hold. `None`: no measure could speak.
pub fn fold(model: &Model, voices: &Voices, weakest: Option<f64>, own: Option<(CapKind, f64)>) -> Option<Folded> {
    let mut sum = [0.0; MAX_GROUPS];
    let mut weight = [0.0; MAX_GROUPS];
    let mut whole = [0.0; MAX_GROUPS];
    let mut fresh = [0.0_f64; MAX_GROUPS];
    for (measure, voice) in model.measures.iter().zip(voices) {
        whole[measure.group] += measure.weight;
        if let Some(voice) = voice {
            let w = measure.weight * voice.freshness;
            sum[measure.group] += w * voice.score;
            weight[measure.group] += w;
            fresh[measure.group] = fresh[measure.group].max(voice.freshness);
        }
    }
    let mut share = [0.0; MAX_GROUPS];
    let (mut total, mut groups, mut spoken) = (0.0, 0.0, 0.0);
    for (g, group) in model.groups.iter().enumerate() {
        groups += group.weight;
        if weight[g] > 0.0 {
            share[g] = group.weight * fresh[g];
            total += share[g];
        }
        if whole[g] > 0.0 {
            spoken += group.weight * weight[g] / whole[g];
        }
    }
    if total <= 0.0 {
        return None;
    }
    let mut mean = 0.0;
    for g in 0..model.groups.len() {
        share[g] /= total;
        if weight[g] > 0.0 {
            mean += share[g] * sum[g] / weight[g];
        }
    }
    let of = |id: &str| model.groups.iter().position(|group| group.id == id).filter(|g| weight[*g] > 0.0);
    let tier = model.gates.weakest_tier.as_ref();
    let tier_cap = tier.and_then(|gate| Some((of(&gate.group)?, weakest? + gate.above))).and_then(|(g, cap)| {
        let cap = cap.min(100.0);
        let over = cap - sum[g] / weight[g];
        (over < 0.0).then_some((cap, share[g] * over))
    });
    let capped = mean + tier_cap.map_or(0.0, |(_, points)| points);
    let outcomes = model.gates.outcomes.as_ref().and_then(|gate| match of(&gate.group).map(|g| sum[g] / weight[g]) {
        Some(o) => {
            let cap = gate.floor + gate.rise * ((o - gate.from) / gate.over).clamp(0.0, 1.0);
            Some((CapKind::Outcomes, cap))
        }
        None => model.gates.no_outcomes.map(|cap| (CapKind::NoOutcomes, cap)),
    });
    let lowest = own.into_iter().chain(outcomes).min_by(|a, b| a.1.total_cmp(&b.1));
    let cap = lowest.filter(|(_, cap)| *cap < capped).map(|(kind, cap)| Cap { kind, cap, points: cap - capped });
    let score = capped + cap.map_or(0.0, |cap| cap.points);
    let confidence = if groups > 0.0 { (spoken / groups).clamp(0.0, 1.0) } else { 0.0 };
    Some(Folded { mean, score: score.clamp(0.0, 100.0), confidence, tier_cap, cap, share, weight })
}

/// The band of a score, given the scores of the days before (how many: [`Bands::days`]).
pub fn band(bands: &Bands, score: Option<f64>, mut before: impl FnMut(Day) -> Option<f64>) -> Band {
    let Some(score) = score else { return Band::Unknown };
    // The days before are asked for only where they can decide: most scores never get here.
    let mut any = |fits: &dyn Fn(f64) -> bool| (1..=bands.days).any(|back| before(back).is_some_and(fits));
    if score < bands.at_risk || (score < bands.at_risk_kept && any(&|past| past < bands.at_risk)) {
        Band::AtRisk
    } else if score >= bands.healthy || (score >= bands.healthy_kept && any(&|past| past >= bands.healthy)) {
        Band::Healthy
    } else {
        Band::Watch
    }
}

/// One account under one model, asked for many days: prepared once, scores remembered.
#[derive(Debug)]
pub struct Eval<'a> {
    pub model: &'a Model,
    pub facts: Prepared<'a>,
    /// Rates into the book's currency, for whatever compares money.
    pub rates: Option<&'a Rates>,
    /// What the book shows of margin, potential and strategic value, for whatever asks for the keep class.
    pub spread: Option<&'a Spread>,
    scores: RefCell<HashMap<Day, Option<f64>>>,
    /// Which override is in force, by day.
    chosen: RefCell<HashMap<Day, Option<usize>>>,
    /// Overrides are being looked for: what they ask is answered by the model as it stands.
    choosing: Cell<bool>,
    /// How many days were folded: the cost of an assessment, for tests.
    folds: Cell<u32>,
}

impl<'a> Eval<'a> {
    /// Prepares the facts.
    pub fn new(facts: &'a Facts, model: &'a Model) -> Self {
        Self {
            model,
            facts: Prepared::new(facts, model),
            rates: None,
            spread: None,
            scores: RefCell::default(),
            chosen: RefCell::default(),
            choosing: Cell::new(false),
            folds: Cell::new(0),
        }
    }

    /// With the rates of the book.
    pub fn in_money(self, rates: &'a Rates) -> Self {
        Self { rates: Some(rates), ..self }
    }

    /// Among the other accounts of its book.
    pub fn in_book(self, spread: &'a Spread) -> Self {
        Self { spread: Some(spread), ..self }
    }

    /// The model in force on a day: the first override that fits, else the model as it stands.
    pub fn model_on(&self, day: Day) -> &'a Model {
        if self.model.overrides.is_empty() || self.choosing.get() {
            return self.model;
        }
        let known = self.chosen.borrow().get(&day).copied();
        let chosen = known.unwrap_or_else(|| {
            self.choosing.set(true);
            let look = Look::new(self, On::day(day));
            let found = self.model.overrides.iter().position(|one| query::holds(&one.when, &look));
            self.choosing.set(false);
            self.chosen.borrow_mut().insert(day, found);
            found
        });
        chosen.and_then(|at| self.model.overrides.get(at)).map_or(self.model, |one| one.model.as_ref())
    }

    /// What each measure reads on a day, handed to `each` by index.
    pub fn readings(&self, on: On, mut each: impl FnMut(usize, Reading, f64)) {
        let months = self.facts.months(on.day);
        let segment = self.facts.facts.segment.at(on.date).map(String::as_str);
        for (index, measure) in self.model_on(on.day).measures.iter().enumerate() {
            if let Some(reading) = reading::read(measure, self, on) {
                let curve = measure.curve_for(segment, months, |when| query::holds(when, &Look::new(self, on)));
                each(index, reading, curve.score(reading.value));
            }
        }
    }

    /// The voices of a day.
    pub fn voices(&self, on: On) -> Voices {
        let mut voices = [None; MAX_MEASURES];
        self.readings(on, |index, reading, score| {
            voices[index] = Some(Voice { score, freshness: reading.freshness });
        });
        voices
    }

    /// The score of a day with its parts.
    pub fn folded(&self, on: On) -> Option<Folded> {
        self.fold(on, &self.voices(on))
    }

    /// As [`Eval::folded`], for voices that are known already.
    pub fn fold(&self, on: On, voices: &Voices) -> Option<Folded> {
        self.folds.set(self.folds.get() + 1);
        let model = self.model_on(on.day);
        let look = Look::new(self, on);
        let holding = model.caps.iter().enumerate().filter(|(_, cap)| query::holds(&cap.when, &look));
        let own = holding.map(|(at, cap)| (CapKind::Own(at), cap.cap)).min_by(|a, b| a.1.total_cmp(&b.1));
        let weakest = model.gates.weakest_tier.as_ref().and_then(|_| people::weakest(&Loyal::new(self, on)));
        fold(model, voices, weakest.map(|(_, loyalty)| loyalty), own)
    }

    /// The score of a day; `None` also on days before the customer was one.
    pub fn score(&self, day: Day) -> Option<f64> {
        if let Some(score) = self.scores.borrow().get(&day) {
            return *score;
        }
        let on = On::day(day);
        let known = self.facts.since.is_none_or(|since| since <= day)
            && self.model_on(day).when.as_ref().is_none_or(|when| query::holds(when, &Look::new(self, on)));
        let score = known.then(|| self.folded(on)).flatten();
        let score = score.map(|folded| folded.score);
        self.scores.borrow_mut().insert(day, score);
        score
    }

    /// The band of a day.
    pub fn band(&self, day: Day) -> Band {
        band(&self.model_on(day).bands, self.score(day), |back| self.score(day - back))
    }

    /// How many days were folded so far.
    pub fn folds(&self) -> u32 {
        self.folds.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn voices(pairs: &[(usize, f64, f64)]) -> Voices {
        let mut voices = [None; MAX_MEASURES];
        for &(index, score, freshness) in pairs {
            voices[index] = Some(Voice { score, freshness });
        }
        voices
    }

    fn first_of(model: &Model, group: &str) -> usize {
        let at = model.groups.iter().position(|one| one.id == group).unwrap();
        model.measures.iter().position(|measure| measure.group == at).unwrap()
    }

    #[test]
    fn weak_outcomes_cap_the_whole() {
        let model = Model::built_in_for_tests();
        let (o, e) = (first_of(&model, "outcomes"), first_of(&model, "relationship"));
        let x = first_of(&model, "experience");
        // Outcomes 40 of 100: the cap is 59, though the mean is (40·40 + 30·100 + 20·100) / 90 = 73.3.
        let folded = fold(&model, &voices(&[(o, 40.0, 1.0), (e, 100.0, 1.0), (x, 100.0, 1.0)]), None, None).unwrap();
        assert!((folded.mean - 6600.0 / 90.0).abs() < 1e-9);
        assert_eq!(folded.score, 59.0);
        let cap = folded.cap.unwrap();
        assert_eq!((cap.kind, cap.cap), (CapKind::Outcomes, 59.0));
        assert!((folded.mean + cap.points - folded.score).abs() < 1e-9);
        // Halfway from 40 to 50 the cap is 79.5; from 50 on it is none.
        let folded = fold(&model, &voices(&[(o, 45.0, 1.0), (e, 100.0, 1.0), (x, 100.0, 1.0)]), None, None).unwrap();
        assert_eq!(folded.cap, None);
    }

    #[test]
    fn no_outcomes_cap_at_74_and_a_red_pulse_at_49() {
        let model = Model::built_in_for_tests();
        let r = first_of(&model, "relationship");
        let folded = fold(&model, &voices(&[(r, 95.0, 1.0)]), None, None).unwrap();
        assert_eq!((folded.score, folded.cap.unwrap().kind), (74.0, CapKind::NoOutcomes));
        let folded = fold(&model, &voices(&[(r, 95.0, 1.0)]), None, Some((CapKind::Own(0), 49.0))).unwrap();
        assert_eq!((folded.score, folded.cap.unwrap().kind), (49.0, CapKind::Own(0)));
    }

    #[test]
    fn the_weakest_tier_caps_inside_its_group() {
        let model = Model::built_in_for_tests();
        let (o, r) = (first_of(&model, "outcomes"), first_of(&model, "relationship"));
        let folded = fold(&model, &voices(&[(o, 80.0, 1.0), (r, 90.0, 1.0)]), Some(50.0), None).unwrap();
        // Relationship 90 is held at 60: 30 points of 30 in 70.
        let (cap, points) = folded.tier_cap.unwrap();
        assert_eq!(cap, 60.0);
        assert!((points + 30.0 * 30.0 / 70.0).abs() < 1e-9);
        assert!((folded.score - (80.0 * 40.0 + 60.0 * 30.0) / 70.0).abs() < 1e-9);
    }

    #[test]
    fn absent_measures_give_their_weight_away_and_confidence_falls() {
        let model = Model::built_in_for_tests();
        let o = first_of(&model, "outcomes");
        let folded = fold(&model, &voices(&[(o, 60.0, 0.5)]), None, None).unwrap();
        assert!((folded.score - 60.0).abs() < 1e-9);
        let group: f64 = model.measures.iter().filter(|m| m.group == model.measures[o].group).map(|m| m.weight).sum();
        assert!((folded.confidence - 0.4 * 0.5 * model.measures[o].weight / group).abs() < 1e-9);
        assert_eq!(fold(&model, &voices(&[]), None, None), None);
    }

    #[test]
    fn bands_are_kept_for_fourteen_days() {
        let bands = Model::built_in_for_tests().bands;
        let at = |score: f64, past: &[(Day, f64)]| {
            band(&bands, Some(score), |back| past.iter().find(|(day, _)| *day == back).map(|(_, score)| *score))
        };
        assert_eq!(at(49.9, &[]), Band::AtRisk);
        assert_eq!(at(50.0, &[]), Band::Watch);
        assert_eq!(at(52.9, &[(14, 49.0)]), Band::AtRisk);
        assert_eq!(at(52.9, &[(15, 49.0)]), Band::Watch);
        assert_eq!(at(53.0, &[(1, 49.0)]), Band::Watch);
        assert_eq!(at(78.0, &[]), Band::Healthy);
        assert_eq!(at(75.0, &[(3, 78.0)]), Band::Healthy);
        assert_eq!(at(75.0, &[(3, 77.9)]), Band::Watch);
        assert_eq!(at(74.9, &[(3, 90.0)]), Band::Watch);
        assert_eq!(band(&bands, None, |_| Some(90.0)), Band::Unknown);
    }

    proptest! {
        #[test]
        fn points_and_caps_add_up_to_a_score_of_0_to_100(
            given in proptest::collection::vec(proptest::option::of((0.0..=100.0, 0.01..=1.0)), 16),
            weakest in proptest::option::of(0.0..=100.0),
            own in proptest::option::of(0.0..=100.0),
        ) {
            let model = Model::built_in_for_tests();
            let mut voices: Voices = [None; MAX_MEASURES];
            for (slot, one) in voices.iter_mut().zip(given) {
                *slot = one.map(|(score, freshness)| Voice { score, freshness });
            }
            if let Some(folded) = fold(&model, &voices, weakest, own.map(|cap| (CapKind::Own(0), cap))) {
                let mut points = 0.0;
                let mut share = 0.0;
                for (measure, voice) in model.measures.iter().zip(&voices) {
                    if let Some(voice) = voice {
                        let part = folded.share(measure.group, measure.weight, voice.freshness);
                        share += part;
                        points += part * voice.score;
                    }
                }
                prop_assert!((share - 1.0).abs() < 1e-9);
                prop_assert!((points - folded.mean).abs() < 1e-9);
                let gates = folded.tier_cap.map_or(0.0, |cap| cap.1) + folded.cap.map_or(0.0, |cap| cap.points);
                prop_assert!((points + gates - folded.score).abs() < 1e-9);
                prop_assert!((0.0..=100.0).contains(&folded.score));
                prop_assert!((0.0..=1.0).contains(&folded.confidence));
            }
        }
    }
}
