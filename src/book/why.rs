//! Why a score is what it is, as a tree: score, groups, measures, the very records; gates; what could not speak.
//!
//! Decides how the figures of a score are laid out so that they add up on every level, and says in words where weight
//! went. Computes no score: the standing's health is taken as it is.

use jiff::civil::Date;

use crate::book::day::number;
use crate::book::model::Model;
use crate::book::prepared::On;
use crate::book::records::{Record, of_measure};
use crate::book::score::Eval;
use crate::book::standing::{Band, Gate, Health, MeasureResult};
use crate::book::undated::{Undated, undated};
use crate::text::short_date;

/// The tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The day it is about.
    pub day: Date,
    pub score: Option<f64>,
    pub band: Band,
    /// How much of the model could speak, 0 to 1.
    pub confidence: f64,
    /// Those that speak, in the model's order.
    pub groups: Vec<GroupWhy>,
    /// Caps at work, with what they take away.
    pub gates: Vec<GateWhy>,
    /// Measures that could not speak.
    pub absent: Vec<AbsentWhy>,
    /// Fields whose past their source does not keep, with the day from which they are known.
    pub undated: Vec<Undated>,
    /// Every group of the model: its id and the words on screen.
    pub titles: Vec<(String, String)>,
    /// In words: why there is no score, where there is none.
    pub silent: Option<String>,
}

/// A group that speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupWhy {
    pub id: String,
    pub label: String,
    /// Its share of the model's weight, 0 to 1.
    pub nominal: f64,
    /// Its share of this score, 0 to 1.
    pub share: f64,
    /// The mean of its measures, 0 to 100.
    pub mean: f64,
    pub points: f64,
    /// As whole points: those of groups and gates add up to the whole score.
    pub whole: i64,
    /// Of its freshest measure, 1 (new) to 0 (ended).
    pub freshness: f64,
    /// Weight that it gained from others or lost, in words; empty: neither.
    pub moved: String,
    pub measures: Vec<MeasureWhy>,
}

/// A measure that speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureWhy {
    pub id: String,
    pub label: String,
    pub score: f64,
    /// Its share of the model's weight, 0 to 1.
    pub nominal: f64,
    /// Its share of this score, 0 to 1.
    pub share: f64,
    pub points: f64,
    /// As whole points: those of a group add up to the group's.
    pub whole: i64,
    pub evidence: String,
    pub as_of: Option<Date>,
    /// Days between the newest fact behind it and the day.
    pub age: Option<i64>,
    pub freshness: f64,
    pub source: Option<String>,
    pub records: Vec<Record>,
}

/// A cap at work.
#[derive(Clone, Debug, PartialEq)]
pub struct GateWhy {
    pub id: String,
    pub label: String,
    /// The highest score it allows.
    pub cap: f64,
    /// What it takes away: 0 or less.
    pub points: f64,
    pub whole: i64,
}

/// A measure that could not speak.
#[derive(Clone, Debug, PartialEq)]
pub struct AbsentWhy {
    pub id: String,
    pub label: String,
    /// The group's id.
    pub group: String,
    /// Its share of the model's weight, 0 to 1.
    pub nominal: f64,
    /// What is missing.
    pub missing: String,
    /// Where its weight went.
    pub went: String,
    pub records: Vec<Record>,
}

/// Less than half a per cent is no news.
const WORTH_SAYING: f64 = 0.005;
/// Fresh enough that nobody need be told.
const FRESH: f64 = 0.995;

/// The tree of a health that was assessed for `health_day`.
pub fn why(eval: &Eval<'_>, health: &Health, health_day: Date) -> Why {
    let on = On::from(health_day);
    let model = eval.model_on(on.day);
    let weights = Weights::new(model);
    let mut groups = Vec::new();
    let mut absent = Vec::new();
    let rows = |at: usize| -> Vec<Record> { of_measure(&model.measures[at], eval, on) };
    let placed: Vec<(usize, &MeasureResult)> = health.measures.iter().enumerate().take(model.measures.len()).collect();
    let shares: Vec<f64> = (0..model.groups.len())
        .map(|g| placed.iter().filter(|(at, _)| model.measures[*at].group == g).map(|(_, m)| m.effective_weight).sum())
        .collect();
    for (g, group) in model.groups.iter().enumerate() {
        let own: Vec<_> = placed.iter().copied().filter(|(at, _)| model.measures[*at].group == g).collect();
        let share = shares[g];
        for (at, m) in own.iter().filter(|(_, m)| m.score.is_none() || health.score.is_none()) {
            absent.push(AbsentWhy {
                id: m.id.clone(),
                label: m.label.clone(),
                group: group.id.clone(),
                nominal: weights.measure(model, *at),
                missing: m.evidence.clone(),
                went: went(model, weights.measure(model, *at), &group.label, share, &shares),
                records: silenced(rows(*at)),
            });
        }
        let speaking: Vec<_> = own.iter().filter(|(_, m)| m.score.is_some() && share > 0.0).collect();
        if speaking.is_empty() {
            continue;
        }
        let points: f64 = speaking.iter().map(|(_, m)| m.points).sum();
        let freshness = speaking.iter().map(|(_, m)| m.freshness).fold(0.0, f64::max);
        let measures = speaking
            .iter()
            .map(|(at, m)| MeasureWhy {
                id: m.id.clone(),
                label: m.label.clone(),
                score: m.score.unwrap_or_default(),
                nominal: weights.measure(model, *at),
                share: m.effective_weight,
                points: m.points,
                whole: 0,
                evidence: m.evidence.clone(),
                as_of: m.as_of,
                age: m.as_of.map(|day| i64::from(on.day - number(day))),
                freshness: m.freshness,
                source: m.source.clone(),
                records: rows(*at),
            })
            .collect();
        groups.push(GroupWhy {
            id: group.id.clone(),
            label: group.label.clone(),
            nominal: weights.group(g),
            share,
            mean: points / share,
            points,
            whole: 0,
            freshness,
            moved: String::new(),
            measures,
        });
    }
    say_moved(model, &weights, &mut groups);
    let gates = health.gates.iter().map(gate).collect();
    let mut out = Why {
        day: health_day,
        score: health.score,
        band: health.band,
        confidence: health.confidence,
        groups,
        gates,
        absent,
        undated: undated(eval.facts.facts),
        titles: model.groups.iter().map(|group| (group.id.clone(), group.label.clone())).collect(),
        silent: silent(eval, health, on),
    };
    whole_points(&mut out);
    out
}

fn gate(gate: &Gate) -> GateWhy {
    GateWhy { id: gate.id.clone(), label: gate.label.clone(), cap: gate.cap, points: gate.points, whole: 0 }
}

/// Records of a measure that does not speak: none of them counts.
fn silenced(rows: Vec<Record>) -> Vec<Record> {
    rows.into_iter()
        .map(|row| match row.counts() {
            true => Record { ignored: Some("too old, or too little, to speak".into()), ..row },
            false => row,
        })
        .collect()
}

/// Why there is no score.
fn silent(eval: &Eval<'_>, health: &Health, on: On) -> Option<String> {
    if health.score.is_some() {
        return None;
    }
    Some(match eval.facts.since {
        Some(since) if since > on.day => {
            let day = short_date(crate::book::day::date(since), on.date);
            format!("no score: not a customer before {day}")
        }
        _ if eval.score(on.day).is_none() && eval.folded(on).is_some() => {
            "no score: what the model asks for before it gives one does not hold yet".to_owned()
        }
        _ => "no score: no measure has anything to go by".to_owned(),
    })
}

/// The model's own weights as shares of the whole.
struct Weights {
    groups: Vec<f64>,
    within: Vec<f64>,
}

impl Weights {
    fn new(model: &Model) -> Self {
        let mut within = vec![0.0; model.groups.len()];
        for measure in &model.measures {
            within[measure.group] += measure.weight;
        }
        // A group without measures has nothing to weigh.
        let weigh = |g: usize| if within[g] > 0.0 { model.groups[g].weight } else { 0.0 };
        let total: f64 = (0..model.groups.len()).map(weigh).sum();
        let groups = (0..model.groups.len()).map(|g| if total > 0.0 { weigh(g) / total } else { 0.0 }).collect();
        Self { groups, within }
    }

    fn group(&self, g: usize) -> f64 {
        self.groups[g]
    }

    fn measure(&self, model: &Model, at: usize) -> f64 {
        let measure = &model.measures[at];
        if self.within[measure.group] > 0.0 {
            self.groups[measure.group] * measure.weight / self.within[measure.group]
        } else {
            0.0
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// `its 8% went to the rest of Experience`.
fn went(model: &Model, nominal: f64, group: &str, share: f64, shares: &[f64]) -> String {
    let own = percent(nominal);
    if share > 0.0 {
        return format!("its {own} went to the rest of {group}");
    }
    let others: Vec<&str> = model
        .groups
        .iter()
        .zip(shares)
        .filter(|(_, share)| **share > 0.0)
        .map(|(group, _)| group.label.as_str())
        .collect();
    match others.as_slice() {
        [] => "nothing could speak".to_owned(),
        [one] => format!("its {own} went to {one}"),
        [all @ .., last] => format!("its {own} went to {} and {last}", all.join(", ")),
    }
}

/// Says of each group whether it weighs more or less than the model wants, and because of whom.
fn say_moved(model: &Model, weights: &Weights, groups: &mut [GroupWhy]) {
    let speaks = |id: &str| groups.iter().any(|group| group.id == id);
    let mute: Vec<&str> = model
        .groups
        .iter()
        .enumerate()
        .filter(|(g, group)| weights.group(*g) > 0.0 && !speaks(&group.id))
        .map(|(_, group)| group.label.as_str())
        .collect();
    let fading: Vec<(String, String)> = groups
        .iter()
        .filter(|group| group.freshness < FRESH)
        .map(|group| (group.id.clone(), group.label.clone()))
        .collect();
    for group in groups {
        let moved = group.share - group.nominal;
        if moved.abs() < WORTH_SAYING {
            continue;
        }
        let head = format!("{} instead of {}", percent(group.share), percent(group.nominal));
        group.moved = if moved > 0.0 {
            let mut because: Vec<String> = Vec::new();
            if !mute.is_empty() {
                because.push(format!("{} could not speak", mute.join(" and ")));
            }
            let others: Vec<&str> =
                fading.iter().filter(|(id, _)| *id != group.id).map(|(_, label)| label.as_str()).collect();
            if !others.is_empty() {
                let verb = if others.len() == 1 { "is" } else { "are" };
                because.push(format!("{} {verb} fading", others.join(" and ")));
            }
            format!("{head}: {}", because.join(", "))
        } else {
            format!("{head}: its facts are fading")
        };
    }
}

/// Whole points on every level, by largest remainder: groups and gates make the score, measures make their group.
fn whole_points(why: &mut Why) {
    let Some(score) = why.score else { return };
    let top: Vec<f64> =
        why.groups.iter().map(|group| group.points).chain(why.gates.iter().map(|gate| gate.points)).collect();
    let mut whole = split(&top, score.round() as i64).into_iter();
    for (group, points) in why.groups.iter_mut().zip(&mut whole) {
        group.whole = points;
        let parts: Vec<f64> = group.measures.iter().map(|measure| measure.points).collect();
        for (measure, points) in group.measures.iter_mut().zip(split(&parts, points)) {
            measure.whole = points;
        }
    }
    for (gate, points) in why.gates.iter_mut().zip(whole) {
        gate.whole = points;
    }
}

/// Whole numbers beside these that add up to `target`, by largest remainder.
pub fn split(points: &[f64], target: i64) -> Vec<i64> {
    let mut out: Vec<i64> = points.iter().map(|point| point.floor() as i64).collect();
    if out.is_empty() {
        return out;
    }
    let rest = |index: usize| points[index] - points[index].floor();
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| rest(*b).total_cmp(&rest(*a)));
    let missing = target - out.iter().sum::<i64>();
    let step = missing.signum();
    let places = order.len();
    for turn in 0..usize::try_from(missing.unsigned_abs()).unwrap_or(0) {
        // What is given goes to the largest remainders, what is taken comes from the smallest.
        let at = if step > 0 { order[turn % places] } else { order[places - 1 - turn % places] };
        out[at] += step;
    }
    out
}

#[cfg(test)]
mod tests;
