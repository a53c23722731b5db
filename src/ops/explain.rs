//! Why an account has its score: the tree, what it is compared with, and the JSON of `explain`.
//!
//! Decides which days are compared and the shape that scripts rely on: add keys freely, change none.

use jiff::Span;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::book::assess::health_of;
use crate::book::changes::changes_of;
use crate::book::facts::Facts;
use crate::book::ids::AccountId;
use crate::book::records::Record;
use crate::book::standing::{Gate, MeasureResult, Standing};
use crate::book::typical::{Median, Typical};
use crate::book::view::{Against, Explanation, Then};
use crate::book::why::{AbsentWhy, GroupWhy, Why, why};
use crate::ops::shape::change;
use crate::ops::{Desk, OpsError};

impl Desk {
    /// Why an account has its score, down to the records, and what changed since a day (else in seven days).
    pub fn explain(&self, id: &AccountId, since: Option<Date>) -> Result<Explanation, OpsError> {
        let facts = self.known(id)?;
        let standing = self.assess(&facts, &self.medians()?, self.day())?;
        let against = since.map_or(Against::Week, Against::Day);
        let (why, typical) = self.why(&facts, &standing)?;
        let then = self.then(&facts, against)?;
        Ok(Explanation { standing, why, typical, then })
    }

    /// How an account stood on an earlier day, and what changed since.
    pub fn compare(&self, id: &AccountId, against: Against) -> Result<Then, OpsError> {
        self.then(&self.known(id)?, against)
    }

    /// The tree of a standing, and what is usual for accounts like it.
    pub(super) fn why(&self, facts: &Facts, standing: &Standing) -> Result<(Why, Option<Typical>), OpsError> {
        let tree = why(&self.eval(facts), &standing.health, standing.day);
        // What is kept is of the day of the stored standings.
        let typical = if self.shows_stored() { self.store().typical(standing.segment.as_deref())? } else { None };
        Ok((tree, typical))
    }

    fn then(&self, facts: &Facts, against: Against) -> Result<Then, OpsError> {
        let (against, day) = match against {
            Against::Now | Against::Week => (Against::Week, self.week_before()),
            Against::Rounds => match self.last_rounds()? {
                Some(day) => (against, day),
                None => (Against::Week, self.week_before()),
            },
            Against::Day(day) => (against, day),
        };
        if day >= self.day() {
            return Err(OpsError::usage(format!("{day} is not before {}: there is nothing to compare", self.day())));
        }
        let eval = self.eval(facts);
        Ok(Then { against, day, health: health_of(&eval, day), changes: changes_of(&eval, day, self.day()) })
    }

    /// Seven days before the day that is looked at.
    pub(super) fn week_before(&self) -> Date {
        self.day().checked_sub(Span::new().days(7)).unwrap_or(self.day())
    }
}

/// The JSON of `explain`. The points of the measures and of the gates add up to the score, the changes to the difference.
pub fn shape(explained: &Explanation) -> Value {
    let Explanation { standing, why, typical, then } = explained;
    let health = &standing.health;
    json!({
        "account": standing.account, "name": standing.name, "day": standing.day, "score": health.score,
        "band": health.band, "confidence": ratio(health.confidence),
        "measures": health.measures.iter().map(|one| measure(one, why, typical.as_ref())).collect::<Vec<_>>(),
        "gates": health.gates.iter().map(gate).collect::<Vec<_>>(),
        "groups": why.groups.iter().map(group).collect::<Vec<_>>(),
        "absent": why.absent.iter().map(absent).collect::<Vec<_>>(),
        "compare": typical.as_ref().map(|usual| compare(usual, standing)),
        "undated": why.undated.iter().map(|one| json!({"field": one.field, "since": one.since})).collect::<Vec<_>>(),
        "because": why.silent,
        "since": {
            "day": then.changes.day, "score": then.changes.score, "band": then.health.band,
            "confidence": ratio(then.health.confidence),
            "measures": then.health.measures.iter().map(|m| json!({
                "id": m.id, "score": m.score, "points": m.points, "effective_weight": m.effective_weight,
            })).collect::<Vec<_>>(),
            "gates": then.health.gates.iter().map(gate).collect::<Vec<_>>(),
            "changes": then.changes.changes.iter().map(change).collect::<Vec<_>>(),
        },
    })
}

/// A ratio to three digits.
fn ratio(n: f64) -> f64 {
    (n * 1000.0).round() / 1000.0
}

fn measure(m: &MeasureResult, why: &Why, typical: Option<&Typical>) -> Value {
    let spoken = why.groups.iter().flat_map(|group| &group.measures).find(|one| one.id == m.id);
    let silent = why.absent.iter().find(|one| one.id == m.id);
    let records = spoken.map(|one| &one.records).or(silent.map(|one| &one.records));
    json!({
        "id": m.id, "label": m.label, "group": m.group, "weight": m.weight, "effective_weight": m.effective_weight,
        "nominal_weight": spoken.map(|one| one.nominal).or(silent.map(|one| one.nominal)),
        "score": m.score, "points": m.points, "evidence": m.evidence, "as_of": m.as_of, "source": m.source,
        "freshness": m.freshness, "age_days": spoken.and_then(|one| one.age),
        "median": typical.and_then(|usual| usual.measures.get(&m.id)).map(|median| median.median),
        "records": records.map(|rows| rows.iter().map(record).collect::<Vec<_>>()),
    })
}

fn record(row: &Record) -> Value {
    json!({
        "on": row.on, "text": row.text, "source": row.source, "id": row.id, "counts": row.counts(),
        "why_not": row.ignored,
    })
}

fn group(group: &GroupWhy) -> Value {
    json!({
        "id": group.id, "label": group.label, "score": group.mean, "nominal_weight": group.nominal,
        "effective_weight": group.share, "points": group.points, "freshness": group.freshness,
        "because": (!group.moved.is_empty()).then_some(&group.moved),
    })
}

fn absent(one: &AbsentWhy) -> Value {
    json!({
        "id": one.id, "label": one.label, "group": one.group, "nominal_weight": one.nominal, "missing": one.missing,
        "weight_went": one.went,
    })
}

fn gate(gate: &Gate) -> Value {
    json!({"id": gate.id, "label": gate.label, "cap": gate.cap, "points": gate.points})
}

fn compare(usual: &Typical, standing: &Standing) -> Value {
    let median = |one: &Median| {
        let of = if one.segment { "segment" } else { "book" };
        json!({"median": one.median, "n": one.n, "of": of})
    };
    let measures = usual.measures.iter().map(|(id, one)| {
        let mut row = median(one);
        row["id"] = json!(id);
        row
    });
    json!({
        "segment": standing.segment, "score": usual.score.as_ref().map(median),
        "measures": measures.collect::<Vec<_>>(),
    })
}
