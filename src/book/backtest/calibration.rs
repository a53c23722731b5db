//! What a score has meant on this book: from score to the share that was lost, never rising with the score.
//!
//! Decides how the past is pooled and smoothed into a probability. Must not decide whether there is enough of it to be
//! kept by a person: [`Calibration::fit`] only refuses what says nothing.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Fewer cases than this are no calibration.
pub const LEAST_CASES: usize = 200;
/// Fewer losses than this are no calibration.
pub const LEAST_LOST: usize = 20;
/// Scores are pooled until so many cases stand behind each.
const LEAST_POOL: usize = 25;
/// Each pool is told so many cases of the base rate, so that a pool without a loss is not called safe for ever.
const PRIOR: f64 = 4.0;

/// A calibrated probability of loss by score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// (score, probability), scores rising, probabilities never rising. In a line between, flat beyond the ends.
    pub knots: Vec<[f64; 2]>,
    /// Lost within so many days.
    pub horizon_days: i64,
    pub cases: usize,
    pub lost: usize,
    /// The first and the last month-end of the cases.
    pub from: Date,
    pub to: Date,
    /// The day on which it was fitted.
    pub on: Date,
}

/// Several neighbouring scores as one.
#[derive(Clone, Copy)]
struct Pool {
    scores: f64,
    lost: f64,
    cases: f64,
    /// Cases and the base rate's share.
    weight: f64,
}

impl Pool {
    fn rate(self) -> f64 {
        self.lost / self.weight
    }

    fn with(self, other: Self) -> Self {
        Self {
            scores: self.scores + other.scores,
            lost: self.lost + other.lost,
            cases: self.cases + other.cases,
            weight: self.weight + other.weight,
        }
    }
}

/// The curve through cases of (score, lost): pools of neighbours, then pool-adjacent-violators, so that a better score
/// is never a likelier loss. `None` under [`LEAST_CASES`] or [`LEAST_LOST`].
pub fn fit(cases: impl IntoIterator<Item = (f64, bool)>) -> Option<Vec<[f64; 2]>> {
    let mut cases: Vec<(f64, bool)> = cases.into_iter().collect();
    let lost = cases.iter().filter(|(_, lost)| *lost).count();
    if cases.len() < LEAST_CASES || lost < LEAST_LOST {
        return None;
    }
    cases.sort_by(|a, b| a.0.total_cmp(&b.0));
    let base = lost as f64 / cases.len() as f64;
    let mut pools: Vec<Pool> = Vec::new();
    for pool in pooled(&cases, base) {
        let mut pool = pool;
        while let Some(before) = pools.last().filter(|before| before.rate() <= pool.rate()) {
            pool = before.with(pool);
            pools.pop();
        }
        pools.push(pool);
    }
    Some(pools.iter().map(|pool| [pool.scores / pool.cases, pool.rate()]).collect())
}

/// Neighbours of at least [`LEAST_POOL`] cases; equal scores are never parted, and a short rest joins the last.
fn pooled(cases: &[(f64, bool)], base: f64) -> Vec<Pool> {
    let mut pools = Vec::new();
    let mut start = 0;
    while start < cases.len() {
        let mut end = (start + LEAST_POOL).min(cases.len());
        while end < cases.len() && (cases[end].0 == cases[end - 1].0 || cases.len() - end < LEAST_POOL) {
            end += 1;
        }
        let slice = &cases[start..end];
        let lost = slice.iter().filter(|(_, lost)| *lost).count() as f64;
        pools.push(Pool {
            scores: slice.iter().map(|(score, _)| score).sum(),
            lost: lost + base * PRIOR,
            cases: slice.len() as f64,
            weight: slice.len() as f64 + PRIOR,
        });
        start = end;
    }
    pools
}

impl Calibration {
    /// The probability of a loss at a score, 0 to 1.
    pub fn p(&self, score: f64) -> f64 {
        let after = self.knots.partition_point(|[at, _]| *at <= score);
        match (after.checked_sub(1).and_then(|at| self.knots.get(at)), self.knots.get(after)) {
            (Some([x0, p0]), Some([x1, p1])) => p0 + (p1 - p0) * (score - x0) / (x1 - x0),
            (Some([_, p]), None) | (None, Some([_, p])) => *p,
            (None, None) => 0.5,
        }
    }

    /// Whether it can be used: what was written by hand, or damaged, is refused.
    pub fn sound(&self) -> bool {
        let probability = |p: f64| p.is_finite() && (0.0..=1.0).contains(&p);
        !self.knots.is_empty()
            && self.knots.iter().all(|[score, p]| score.is_finite() && probability(*p))
            && self.knots.windows(2).all(|two| two[0][0] < two[1][0] && two[0][1] >= two[1][1])
    }

    /// A short mark of the curve: with the hash of the model it says by what a standing was made.
    pub fn mark(&self) -> String {
        let bits = self.knots.iter().flatten().flat_map(|x| x.to_bits().to_le_bytes());
        let mark = bits
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("{mark:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn calibration(knots: Vec<[f64; 2]>) -> Calibration {
        let day = date(2026, 11, 23);
        Calibration { knots, horizon_days: 90, cases: 400, lost: 40, from: day, to: day, on: day }
    }

    #[test]
    fn what_was_seen_comes_back_and_never_rises_with_the_score() {
        // Of 400 cases, those of score 20 are lost half the time, of 50 one in ten, of 80 one in a hundred; and a stray
        // heap of losses at 90 may not make 90 worse than 80.
        let mut cases = Vec::new();
        for (score, n, lost) in [(20.0, 100, 50), (50.0, 100, 10), (80.0, 150, 1), (90.0, 50, 2)] {
            cases.extend((0..n).map(|at| (score, at < lost)));
        }
        let fitted = calibration(fit(cases).unwrap());
        assert!(fitted.sound(), "{:?}", fitted.knots);
        assert!((fitted.p(20.0) - 0.5).abs() < 0.02, "{}", fitted.p(20.0));
        assert!((fitted.p(50.0) - 0.1).abs() < 0.01, "{}", fitted.p(50.0));
        assert_eq!(fitted.p(0.0), fitted.p(20.0), "flat beyond the ends");
        assert!(fitted.p(80.0) >= fitted.p(90.0) && fitted.p(90.0) > 0.0);
        // Half-way between two knots it is half-way between what they say.
        let [[x0, p0], [x1, p1], ..] = fitted.knots[..] else { panic!("three knots") };
        assert!((fitted.p((x0 + x1) / 2.0) - (p0 + p1) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn too_little_is_no_calibration() {
        let of = |n: usize, lost: usize| fit((0..n).map(|at| (at as f64 / n as f64 * 100.0, at < lost)));
        assert!(of(199, 40).is_none());
        assert!(of(400, 19).is_none());
        assert!(of(200, 20).is_some());
    }

    #[test]
    fn a_curve_that_makes_no_sense_is_not_sound() {
        assert!(!calibration(vec![]).sound());
        assert!(!calibration(vec![[10.0, 0.2], [20.0, 0.3]]).sound());
        assert!(!calibration(vec![[10.0, 0.4], [10.0, 0.3]]).sound());
        assert!(!calibration(vec![[10.0, 1.4]]).sound());
        assert_ne!(calibration(vec![[10.0, 0.4]]).mark(), calibration(vec![[10.0, 0.5]]).mark());
    }

    proptest! {
        #[test]
        fn it_is_monotone_and_keeps_the_base_rate(
            cases in proptest::collection::vec((0.0..=100.0, proptest::bool::weighted(0.3)), 250..600),
        ) {
            let base = cases.iter().filter(|(_, lost)| *lost).count() as f64 / cases.len() as f64;
            if let Some(knots) = fit(cases.iter().copied()) {
                let fitted = calibration(knots);
                prop_assert!(fitted.sound());
                let mut last = 1.0;
                for score in 0..=100 {
                    let p = fitted.p(f64::from(score));
                    prop_assert!(p <= last + 1e-12 && (0.0..=1.0).contains(&p));
                    last = p;
                }
                let mean = cases.iter().map(|(score, _)| fitted.p(*score)).sum::<f64>() / cases.len() as f64;
                prop_assert!((mean - base).abs() < 0.08, "{mean} against {base}");
            }
        }
    }
}
