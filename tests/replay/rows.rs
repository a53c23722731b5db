//! Compares rows that came with rows that are wanted.
//!
//! Decides when two values are the same: by the type that our field has, not by how it is written.

use jiff::Timestamp;
use rounds::book::row::{Row, Value};
use rust_decimal::Decimal;
use serde_json::Value as Json;

/// Each wanted row must have come; of what it says, all must be so. Of a row that came twice the later one counts.
pub fn faults(wanted: &[Json], came: &[Row]) -> Vec<String> {
    let mut faults = Vec::new();
    for row in wanted {
        let Some(id) = row.get("id").and_then(Json::as_str) else {
            faults.push(format!("a wanted row has no id: {row}"));
            continue;
        };
        match came.iter().rfind(|row| row.id == id) {
            Some(found) => faults.extend(one(row, found).into_iter().map(|why| format!("row {id}: {why}"))),
            None => {
                let ids: Vec<&str> = came.iter().map(|row| row.id.as_str()).take(20).collect();
                faults.push(format!("row {id} did not come; there came {} rows: {}", came.len(), ids.join(", ")));
            }
        }
    }
    faults
}

fn one(wanted: &Json, came: &Row) -> Vec<String> {
    const KEYS: [&str; 8] = ["id", "accounts", "people", "merged", "gone", "changed", "fields", "history"];
    let keys = wanted.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let mut faults: Vec<String> =
        keys.filter(|key| !KEYS.contains(key)).map(|key| format!("{key} is nothing a row has")).collect();
    let mut must = |what: &str, wanted: &Json, came: Json| {
        if *wanted != came {
            faults.push(format!("{what}: wanted {wanted}, came {came}"));
        }
    };
    for (key, wanted) in wanted.as_object().into_iter().flatten() {
        match key.as_str() {
            "accounts" => must(key, wanted, Json::from(came.accounts.clone())),
            "people" => must(key, wanted, Json::from(came.people.clone())),
            "merged" => must(key, wanted, Json::from(came.merged.clone())),
            "gone" => must(key, wanted, Json::from(came.gone)),
            "changed" if !same(wanted, came.changed.map(Value::Instant).as_ref()) => {
                must(key, wanted, came.changed.map_or(Json::Null, |at| at.to_string().into()));
            }
            "fields" => {
                for (field, wanted) in wanted.as_object().into_iter().flatten() {
                    let value = came.fields.get(field);
                    if !same(wanted, value) {
                        must(field, wanted, value.map_or(Json::Null, show));
                    }
                }
            }
            "history" => {
                let past: Vec<Json> = came
                    .history
                    .iter()
                    .map(|p| {
                        serde_json::json!({ "field": p.field, "at": p.at.to_string(), "value": p.value.as_ref().map(show) })
                    })
                    .collect();
                for entry in wanted.as_array().into_iter().flatten() {
                    let there = came.history.iter().any(|p| {
                        entry["field"] == p.field.as_str()
                            && entry["at"].as_str().and_then(|text| text.parse().ok()) == Some(p.at)
                            && same(&entry["value"], p.value.as_ref())
                    });
                    if !there {
                        must(key, entry, Json::from(past.clone()));
                    }
                }
            }
            _ => {}
        }
    }
    faults
}

/// `null`: the field must not be there.
fn same(wanted: &Json, came: Option<&Value>) -> bool {
    let Some(came) = came else { return wanted.is_null() };
    match (came, wanted) {
        (Value::Text(came), Json::String(wanted)) => came == wanted,
        (Value::Bool(came), Json::Bool(wanted)) => came == wanted,
        (Value::Number(came), Json::Number(wanted)) => wanted.as_f64() == Some(*came),
        (Value::Money(came), Json::String(wanted)) => wanted.parse::<Decimal>().is_ok_and(|wanted| wanted == *came),
        (Value::Day(came), Json::String(wanted)) => came.to_string() == *wanted,
        (Value::Instant(came), Json::String(wanted)) => wanted.parse::<Timestamp>().is_ok_and(|wanted| wanted == *came),
        (Value::List(came), Json::Array(_)) => Json::from(came.clone()) == *wanted,
        _ => false,
    }
}

fn show(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Bool(b) => (*b).into(),
        Value::Number(n) => (*n).into(),
        Value::Money(amount) => amount.to_string().into(),
        Value::Day(day) => day.to_string().into(),
        Value::Instant(at) => at.to_string().into(),
        Value::List(list) => list.clone().into(),
    }
}
