//! The loyalty of the whole book: read from the small rows that standings leave behind.
//!
//! Decides nothing; `book` adds up.

use serde_json::{Value, json};

use crate::book::loyalty::pyramid::Group;
use crate::book::loyalty::whole::{Part, Whole, whole};
use crate::book::standing::{Keep, Stage};
use crate::ops::{Desk, OpsError};

impl Desk {
    /// The pyramids, clocks and keep classes of the book that is open.
    pub fn loyalty(&self) -> Result<Whole, OpsError> {
        let rows = self.store().loyal_rows(&self.scope()?)?;
        Ok(whole(&rows, &self.model().pyramid, self.day()))
    }
}

fn part(part: &Part) -> Value {
    json!({"accounts": part.accounts, "arr": part.arr})
}

/// The JSON of `rounds loyalty`.
pub fn shape(whole: &Whole) -> Value {
    let steps = [Stage::Evaluator, Stage::Beginner, Stage::Regular, Stage::Champion];
    let pyramids: serde_json::Map<String, Value> = whole
        .pyramids
        .iter()
        .map(|one| {
            let mut of: serde_json::Map<String, Value> =
                steps.iter().zip(&one.steps).map(|(step, count)| (name(*step), part(count))).collect();
            of.insert("unknown".into(), part(&one.unknown));
            (Group::name(one.group).to_owned(), Value::Object(of))
        })
        .collect();
    let clocks: Vec<Value> = whole
        .clocks
        .iter()
        .map(|one| {
            json!({
                "clock": one.id, "group": one.group.name(), "target": one.target,
                "median": one.usual.map(|usual| usual.median), "p75": one.usual.map(|usual| usual.p75),
                "n": one.usual.map_or(0, |usual| usual.n), "running": one.running,
                "running_longer": one.usual.map_or(0, |usual| usual.longer),
            })
        })
        .collect();
    let on_steps: Vec<Value> = whole
        .on_steps
        .iter()
        .map(|one| {
            json!({
                "id": one.account, "name": one.name, "group": one.group.name(), "step": name(one.from), "days": one.days,
                "target": one.target, "pace": one.pace.map(|pace| pace.name()), "needs": one.needs,
            })
        })
        .collect();
    let keep: serde_json::Map<String, Value> =
        whole.keep.iter().map(|(class, count)| (class.map_or("unknown", Keep::name).to_owned(), part(count))).collect();
    json!({
        "accounts": whole.accounts, "pyramids": pyramids, "clocks": clocks, "on_steps": on_steps, "keep": keep,
        "top_five": whole.top_five,
        "largest": whole.largest.as_ref().map(|(id, name, share)| json!({"id": id, "name": name, "share": share})),
        "promise_gap": whole.gap.0, "accounts_with_gap": whole.gap.1, "low_trust": whole.low_trust,
        "accounts_with_promises": whole.proven.0, "accounts_with_return": whole.proven.1,
    })
}

fn name(stage: Stage) -> String {
    json!(stage).as_str().unwrap_or_default().to_owned()
}
