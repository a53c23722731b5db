//! The figures of a back-test: how well the losses were told, and by what.
//!
//! Decides every number of the report from the cases counted. Absent stays absent: a rate over nothing is none.

use jiff::civil::Date;
use serde::Serialize;

use crate::book::backtest::tally::Tally;
use crate::book::backtest::trial::{Case, Trial};
use crate::book::model::Model;
use crate::book::standing::Band;

/// How a model did on a book's own past. Rates and shares are ratios.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    pub horizon_days: i64,
    /// The first and the last month-end.
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub month_ends: usize,
    /// Accounts with at least one case, those that left included.
    pub accounts: u64,
    pub cases: usize,
    /// Cases in which no measure could speak: they are in no other figure.
    pub unscored: u64,
    /// Cases that were lost within the horizon.
    pub lost: usize,
    pub base_rate: Option<f64>,
    /// Losses themselves: a loss is in as many cases as there are month-ends before it inside the horizon.
    pub losses: Losses,
    pub auc: Option<f64>,
    pub lift_worst_tenth: Option<f64>,
    /// Cases in the band at risk.
    pub at_risk: usize,
    /// Of the cases at risk, how many were lost; of the lost, how many were at risk.
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    /// The mean squared distance between probability and outcome; lower is better.
    pub brier: Option<f64>,
    pub calibration: Vec<Tenth>,
    pub measures: Vec<MeasureFigure>,
    pub bars: Vec<Bar>,
    /// How much of the model could speak, on average.
    pub confidence: Option<f64>,
    pub left_out: Vec<LeftOut>,
    /// What no source gives a date for, and is taken as it stands today.
    pub assumed: Vec<&'static str>,
}

/// Accounts that were lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Losses {
    pub left: u64,
    pub shrank: u64,
    /// At risk at a month-end inside the horizon before.
    pub caught: usize,
}

/// A tenth of the cases by score, the worst first; equal scores stay together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tenth {
    pub predicted: f64,
    pub seen: f64,
    pub n: usize,
    /// The lowest and the highest score.
    pub scores: [f64; 2],
}

/// What a measure is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureFigure {
    pub id: String,
    pub label: String,
    pub group: String,
    /// Of the measure alone, over the cases in which it could speak.
    pub auc: Option<f64>,
    pub cases: u64,
    /// How much the whole loses without it; below 0: it does harm.
    pub drop: Option<f64>,
}

/// A bar that practice has found useful.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    pub id: &'static str,
    pub value: Option<f64>,
    pub wanted: f64,
    /// `None`: too little to say.
    pub met: Option<bool>,
    /// What it rests on.
    pub n: usize,
}

/// A field that was not known yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    pub field: &'static str,
    /// In how many cases.
    pub cases: u64,
}

fn rate(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Trial {
    /// The figures of the model at place `arm`. `shuffle`: outcomes are dealt anew among the cases, by that seed: what is
    /// left of the AUC then is chance.
    pub fn figures(&self, arm: usize, model: &Model, shuffle: Option<u64>) -> Figures {
        let empty = super::trial::Arm::default();
        let arm = self.arms.get(arm).unwrap_or(&empty);
        let mut cases = arm.cases.clone();
        if let Some(seed) = shuffle {
            deal(&mut cases, seed);
        }
        let mut whole = Tally::default();
        cases.iter().for_each(|case| whole.add(case.score, case.lost));
        let count = |test: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| test(case)).count();
        let lost = count(&|case| case.lost);
        let at_risk = count(&|case| case.band == Band::AtRisk);
        let hit = count(&|case| case.band == Band::AtRisk && case.lost);
        let healthy = count(&|case| case.band == Band::Healthy);
        let squares = cases.iter().map(|case| (case.p - f64::from(u8::from(case.lost))).powi(2)).sum::<f64>();
        let base_rate = rate(lost, cases.len());
        let precision = rate(hit, at_risk);
        let early: Vec<bool> = arm.losses.iter().filter_map(|said| said.early).collect();
        let below = early.iter().filter(|below| **below).count();
        let bar = |id, value: Option<f64>, wanted: f64, n, met: &dyn Fn(f64) -> bool| Bar {
            id,
            value,
            wanted,
            met: value.map(met),
            n,
        };
        let times = precision.zip(base_rate).filter(|(_, base)| *base > 0.0).map(|(seen, base)| seen / base);
        let bars = vec![
            bar("at_risk_times_base", times, 3.0, at_risk, &|x| x >= 3.0),
            bar("lost_below_healthy_before", rate(below, early.len()), 2.0 / 3.0, early.len(), &|x| x >= 2.0 / 3.0),
            bar("healthy_share", rate(healthy, cases.len()), 0.8, cases.len(), &|x| x <= 0.8),
        ];
        Figures {
            horizon_days: self.spec.horizon,
            from: self.spec.days.first().copied(),
            to: self.spec.days.last().copied(),
            month_ends: self.spec.days.len(),
            accounts: self.accounts,
            cases: cases.len(),
            unscored: arm.unscored,
            lost,
            base_rate,
            losses: Losses {
                left: self.left,
                shrank: self.shrank,
                caught: arm.losses.iter().filter(|said| said.caught).count(),
            },
            auc: whole.auc(),
            lift_worst_tenth: whole.lift_worst_tenth(),
            at_risk,
            precision,
            recall: rate(hit, lost),
            brier: (!cases.is_empty()).then(|| squares / cases.len() as f64),
            calibration: tenths(&mut cases),
            // Dealt outcomes say nothing about single measures, which have counted the true ones.
            measures: if shuffle.is_some() { Vec::new() } else { measures(arm, model) },
            bars: if shuffle.is_some() { Vec::new() } else { bars },
            confidence: (!arm.cases.is_empty()).then(|| arm.confidence / arm.cases.len() as f64),
            left_out: self.left_out.iter().map(|(field, cases)| LeftOut { field, cases: *cases }).collect(),
            assumed: self.assumed().to_vec(),
        }
    }

    /// Of the losses, how many both models had at risk before, only the first, only the second, and neither.
    pub fn caught_by(&self, first: usize, second: usize) -> [usize; 4] {
        let mut out = [0; 4];
        let (Some(first), Some(second)) = (self.arms.get(first), self.arms.get(second)) else { return out };
        for (a, b) in first.losses.iter().zip(&second.losses) {
            out[match (a.caught, b.caught) {
                (true, true) => 0,
                (true, false) => 1,
                (false, true) => 2,
                (false, false) => 3,
            }] += 1;
        }
        out
    }
}

fn measures(arm: &super::trial::Arm, model: &Model) -> Vec<MeasureFigure> {
    let figure = |(measure, heard): (&crate::book::model::Measure, &super::trial::Heard)| MeasureFigure {
        id: measure.id.clone(),
        label: measure.label.clone(),
        group: model.groups[measure.group].id.clone(),
        auc: heard.alone.auc(),
        cases: heard.alone.cases(),
        drop: heard
            .whole
            .auc()
            .zip(heard.without.auc())
            .map(|(whole, without)| whole - without)
            .filter(|_| heard.alone.cases() > 0),
    };
    model.measures.iter().zip(&arm.measures).map(figure).collect()
}

/// Tenths of the cases, the worst scores first.
fn tenths(cases: &mut [Case]) -> Vec<Tenth> {
    cases.sort_by(|a, b| a.score.total_cmp(&b.score));
    let mut out = Vec::new();
    let mut start = 0;
    for tenth in 1..=10 {
        let mut end = (cases.len() * tenth / 10).max(start);
        while end > start && end < cases.len() && cases[end].score == cases[end - 1].score {
            end += 1;
        }
        let slice = &cases[start..end];
        if let (Some(first), Some(last)) = (slice.first(), slice.last()) {
            let n = slice.len();
            out.push(Tenth {
                predicted: slice.iter().map(|case| case.p).sum::<f64>() / n as f64,
                seen: slice.iter().filter(|case| case.lost).count() as f64 / n as f64,
                n,
                scores: [first.score, last.score],
            });
        }
        start = end;
    }
    out
}

/// Deals the outcomes anew, by a seed (SplitMix64 and Fisher-Yates).
fn deal(cases: &mut [Case], seed: u64) {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    // Two threads finish in no fixed order: the same seed must deal the same outcomes all the same.
    cases.sort_by(|a, b| a.score.total_cmp(&b.score).then(a.lost.cmp(&b.lost)));
    for at in (1..cases.len()).rev() {
        let other = (next() % (at as u64 + 1)) as usize;
        let lost = cases[at].lost;
        cases[at].lost = cases[other].lost;
        cases[other].lost = lost;
    }
}

#[cfg(test)]
mod tests;
