//! Two heaps of scores, the lost and the kept, and how well the one lies below the other.
//!
//! Decides the arithmetic of AUC and of worst tenths, ties included. Memory is bounded: scores are counted by hundredths.

use std::collections::BTreeMap;

/// How many were kept and lost, by score in hundredths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    counts: BTreeMap<i32, [u64; 2]>,
}

impl Tally {
    /// Counts a case.
    pub fn add(&mut self, score: f64, lost: bool) {
        self.counts.entry((score * 100.0).round() as i32).or_default()[usize::from(lost)] += 1;
    }

    /// Counts everything of another heap.
    pub fn merge(&mut self, other: &Self) {
        for (score, [kept, lost]) in &other.counts {
            let mine = self.counts.entry(*score).or_default();
            mine[0] += kept;
            mine[1] += lost;
        }
    }

    /// How many cases.
    pub fn cases(&self) -> u64 {
        self.counts.values().flatten().sum()
    }

    /// How many of them were lost.
    pub fn lost(&self) -> u64 {
        self.counts.values().map(|[_, lost]| lost).sum()
    }

    /// How likely a lost case scored lower than a kept one, ties counting half; `None` without both.
    pub fn auc(&self) -> Option<f64> {
        let lost = self.lost() as f64;
        let kept = self.cases() as f64 - lost;
        let mut above = kept;
        let mut won = 0.0;
        for [kept_here, lost_here] in self.counts.values() {
            above -= *kept_here as f64;
            won += *lost_here as f64 * (above + *kept_here as f64 / 2.0);
        }
        (lost > 0.0 && kept > 0.0).then(|| won / (lost * kept))
    }

    /// How often the tenth with the lowest scores was lost, in base rates; cases of the score at its edge count in part.
    pub fn lift_worst_tenth(&self) -> Option<f64> {
        let (all, lost) = (self.cases() as f64, self.lost() as f64);
        let room = all / 10.0;
        let (mut taken, mut hit) = (0.0, 0.0);
        for [kept_here, lost_here] in self.counts.values() {
            let here = (*kept_here + *lost_here) as f64;
            let part = ((room - taken) / here).clamp(0.0, 1.0);
            taken += here * part;
            hit += *lost_here as f64 * part;
        }
        (lost > 0.0).then(|| (hit / room) / (lost / all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(cases: &[(f64, bool)]) -> Tally {
        let mut tally = Tally::default();
        cases.iter().for_each(|(score, lost)| tally.add(*score, *lost));
        tally
    }

    #[test]
    fn auc_counts_pairs_and_half_of_ties() {
        assert_eq!(tally(&[(10.0, true), (20.0, false), (30.0, false)]).auc(), Some(1.0));
        assert_eq!(tally(&[(30.0, true), (20.0, false), (10.0, false)]).auc(), Some(0.0));
        // Lost at 20 and 40; kept at 20, 30, 50: pairs 20 (½, 1, 1) and 40 (0, 0, 1).
        let five = [(20.0, true), (40.0, true), (20.0, false), (30.0, false), (50.0, false)];
        assert_eq!(tally(&five).auc(), Some(3.5 / 6.0));
        assert_eq!(tally(&[(1.0, true), (1.0, false)]).auc(), Some(0.5));
        assert_eq!(tally(&[(1.0, true)]).auc(), None);
        assert_eq!(Tally::default().auc(), None);
    }

    #[test]
    fn the_worst_tenth_is_cut_through_ties() {
        // 20 cases, 4 lost: base rate 20 %. The worst tenth are two cases: both lost → lift 5.
        let mut cases: Vec<(f64, bool)> = (0..20).map(|at| (f64::from(at), !(2..18).contains(&at))).collect();
        assert_eq!(tally(&cases).lift_worst_tenth(), Some(5.0));
        // All of one score: the tenth is like the rest.
        cases.iter_mut().for_each(|case| case.0 = 50.0);
        assert!((tally(&cases).lift_worst_tenth().unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(Tally::default().lift_worst_tenth(), None);
    }

    #[test]
    fn heaps_add_up() {
        let mut all = tally(&[(10.0, true), (20.0, false)]);
        all.merge(&tally(&[(10.0, false), (30.0, true)]));
        assert_eq!(all, tally(&[(10.0, true), (10.0, false), (20.0, false), (30.0, true)]));
        assert_eq!((all.cases(), all.lost()), (4, 2));
    }
}
