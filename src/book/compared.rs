//! Two days side by side: points then, points now and the exact change, for groups, measures and gates.
//!
//! Decides how tenths are given out so that every column adds up on every level. The changes themselves come from
//! [`crate::book::changes`].

use jiff::civil::Date;

use crate::book::standing::{Gate, MeasureResult};
use crate::book::view::Then;
use crate::book::why::{Why, split};

/// One row: points in tenths that add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    pub id: String,
    pub label: String,
    /// `None`: it did not speak then.
    pub then: Option<f64>,
    /// `None`: it does not speak now.
    pub now: Option<f64>,
    pub change: f64,
    /// What made the change, in words.
    pub evidence: String,
    pub as_of: Option<Date>,
    pub source: Option<String>,
}

/// The whole comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Every group that spoke on one of the days, with its measures that did.
    pub groups: Vec<(Moved, Vec<Moved>)>,
    pub gates: Vec<Moved>,
    pub score: Moved,
}

/// Lays two days side by side; `None` where one of them has no score: then there is nothing to compare.
pub fn compared(why: &Why, measures: &[MeasureResult], gates: &[Gate], then: &Then) -> Option<Compared> {
    let (before, after) = (then.health.score?, why.score?);
    let points = |all: &[MeasureResult], id: &str| {
        all.iter().find(|one| one.id == id).filter(|one| one.effective_weight > 0.0).map(|one| one.points)
    };
    let cap = |all: &[Gate], id: &str| all.iter().find(|one| one.id == id).map(|one| one.points);
    let row = |id: &str, label: &str, was: Option<f64>, is: Option<f64>| {
        let what = then.changes.changes.iter().find(|one| one.measure == id);
        Moved {
            id: id.to_owned(),
            label: label.to_owned(),
            then: was,
            now: is,
            change: what.map_or(0.0, |one| one.points),
            evidence: what.map(|one| one.evidence.clone()).unwrap_or_default(),
            as_of: what.and_then(|one| one.as_of),
            source: what.and_then(|one| one.source.clone()),
        }
    };
    let mut groups: Vec<(Moved, Vec<Moved>)> = Vec::new();
    for (id, label) in &why.titles {
        let spoke = |one: &&MeasureResult| one.group == *id;
        let rows: Vec<Moved> = measures
            .iter()
            .filter(spoke)
            .map(|one| row(&one.id, &one.label, points(&then.health.measures, &one.id), points(measures, &one.id)))
            .filter(|row| row.then.is_some() || row.now.is_some())
            .collect();
        if rows.is_empty() {
            continue;
        }
        let sum = |of: &dyn Fn(&Moved) -> Option<f64>| {
            let all: Vec<f64> = rows.iter().filter_map(of).collect();
            (!all.is_empty()).then(|| all.iter().sum::<f64>())
        };
        let head = Moved {
            id: id.clone(),
            label: label.clone(),
            then: sum(&|row| row.then),
            now: sum(&|row| row.now),
            change: rows.iter().map(|row| row.change).sum(),
            evidence: String::new(),
            as_of: None,
            source: None,
        };
        groups.push((head, rows));
    }
    let mut caps: Vec<Moved> = Vec::new();
    for gate in gates.iter().chain(&then.health.gates) {
        if !caps.iter().any(|row| row.id == gate.id) {
            caps.push(row(&gate.id, &gate.label, cap(&then.health.gates, &gate.id), cap(gates, &gate.id)));
        }
    }
    let (was, is) = (tenth(before), tenth(after));
    column(&mut groups, &mut caps, was, |row| row.then.as_mut());
    column(&mut groups, &mut caps, is, |row| row.now.as_mut());
    column(&mut groups, &mut caps, is - was, |row| Some(&mut row.change));
    let score = Moved {
        id: "score".into(),
        label: "Score".into(),
        then: Some(was as f64 / 10.0),
        now: Some(is as f64 / 10.0),
        change: (is - was) as f64 / 10.0,
        evidence: String::new(),
        as_of: None,
        source: None,
    };
    Some(Compared { groups, gates: caps, score })
}

fn tenth(n: f64) -> i64 {
    (n * 10.0).round() as i64
}

/// Makes one column whole tenths that add up to `target` tenths: groups and gates first, then each group's measures.
fn column(
    groups: &mut [(Moved, Vec<Moved>)],
    gates: &mut [Moved],
    target: i64,
    mut cell: impl FnMut(&mut Moved) -> Option<&mut f64>,
) {
    let heads: Vec<&mut Moved> = groups.iter_mut().map(|(head, _)| head).chain(gates).collect();
    give(heads, target, &mut cell);
    for (head, rows) in groups {
        let own = cell(head).map_or(0, |value| tenth(*value));
        give(rows.iter_mut().collect(), own, &mut cell);
    }
}

fn give(rows: Vec<&mut Moved>, target: i64, cell: &mut impl FnMut(&mut Moved) -> Option<&mut f64>) {
    let mut cells: Vec<&mut f64> = rows.into_iter().filter_map(cell).collect();
    let scaled: Vec<f64> = cells.iter().map(|value| **value * 10.0).collect();
    for (value, whole) in cells.iter_mut().zip(split(&scaled, target)) {
        **value = whole as f64 / 10.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::assess::health_on;
    use crate::book::changes::changes;
    use crate::book::facts::{Facts, Pulse, PulseFact};
    use crate::book::model::Model;
    use crate::book::sample::{TODAY, ago, healthy, sinking};
    use crate::book::score::Eval;
    use crate::book::why::why;

    fn side_by_side(facts: &Facts, from: Date, to: Date) -> Option<Compared> {
        let model = Model::built_in_for_tests();
        let (health, then) = (health_on(facts, &model, to), health_on(facts, &model, from));
        let tree = why(&Eval::new(facts, &model), &health, to);
        let then = Then {
            against: crate::book::view::Against::Day(from),
            day: from,
            health: then,
            changes: changes(facts, &model, from, to),
        };
        compared(&tree, &health.measures, &health.gates, &then)
    }

    fn sum<'a>(rows: impl Iterator<Item = &'a Moved>, of: impl Fn(&Moved) -> f64) -> f64 {
        rows.map(of).sum()
    }

    #[test]
    fn every_column_adds_up_on_every_level() {
        let mut red = sinking();
        red.pulses = vec![PulseFact { on: ago(3), known: ago(3), pulse: Pulse::Red, because: String::new(), by: None }];
        for facts in [healthy(), sinking(), red] {
            for back in [1, 7, 30, 90, 200] {
                let all = side_by_side(&facts, ago(back), TODAY).unwrap();
                let columns: [fn(&Moved) -> f64; 3] =
                    [|row| row.then.unwrap_or(0.0), |row| row.now.unwrap_or(0.0), |row| row.change];
                for of in columns {
                    let heads = all.groups.iter().map(|(head, _)| head).chain(&all.gates);
                    assert!((sum(heads, of) - of(&all.score)).abs() < 1e-9, "{back}: {all:#?}");
                    for (head, rows) in &all.groups {
                        assert!((sum(rows.iter(), of) - of(head)).abs() < 1e-9, "{back}: {head:#?} {rows:#?}");
                    }
                }
                assert!((all.score.now.unwrap() - all.score.then.unwrap() - all.score.change).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_day_without_a_score_is_not_compared() {
        assert!(side_by_side(&healthy(), ago(710), TODAY).is_none());
    }

    #[test]
    fn a_gate_of_one_day_only_has_a_row() {
        let mut facts = healthy();
        facts.pulses =
            vec![PulseFact { on: ago(3), known: ago(3), pulse: Pulse::Red, because: String::new(), by: None }];
        let all = side_by_side(&facts, ago(7), TODAY).unwrap();
        let gate = all.gates.iter().find(|row| row.id == "red-pulse").unwrap();
        assert_eq!(gate.then, None);
        assert!(gate.change < -5.0 && gate.now == Some(gate.change));
        assert_eq!(gate.evidence, "red pulse: capped at 49 now");
    }
}
