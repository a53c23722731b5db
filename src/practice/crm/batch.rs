//! Batches of up to 100: read, create, update, upsert, archive.
//! Decides 200, 201, 204 or 207 and pairs every error with its input.

use serde_json::{Map, Value, json};

use super::Call;
use super::input;
use super::objects::{self, Wish, show};
use super::reply::{Answer, Reply, invalid, nothing};
use crate::practice::kinds::Kind;
use crate::practice::live::Live;
use crate::practice::world::clock::moment_text;

const MOST_INPUTS: usize = 100;

pub(crate) fn batch(live: &Live, call: &Call<'_>, kind: Kind, what: &str) -> Answer {
    call.need(kind, what != "read")?;
    let body = input::object(call)?;
    let inputs = input::list(&body, "inputs", true)?;
    if inputs.is_empty() || inputs.len() > MOST_INPUTS {
        return Err(invalid(format!(
            "The number of inputs must be between 1 and {MOST_INPUTS}, it is {}",
            inputs.len()
        )));
    }
    match what {
        "read" => read(live, call, kind, &body, inputs),
        "archive" => {
            for one in inputs {
                let id = input::id(one.get("id"))?;
                live.archive(kind, input::record_id(kind, &id)?);
            }
            Ok(nothing())
        }
        _ => write(live, call, kind, what, inputs),
    }
}

/// The answer to a batch: all well, or some inputs failed.
pub(crate) fn outcome(live: &Live, whole: u16, results: Vec<Value>, errors: Vec<Value>) -> Reply {
    let now = moment_text(live.now());
    let mut body = json!({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now});
    if errors.is_empty() {
        return Reply { status: whole, body };
    }
    body["numErrors"] = json!(errors.len());
    body["errors"] = Value::Array(errors);
    Reply { status: 207, body }
}

fn read(live: &Live, call: &Call<'_>, kind: Kind, body: &Map<String, Value>, inputs: &[Value]) -> Answer {
    let wish = Wish {
        properties: input::names(body, "properties")?,
        history: input::names(body, "propertiesWithHistory")?,
        links: Vec::new(),
    };
    if !wish.history.is_empty() && inputs.len() > 50 {
        return Err(invalid("With propertiesWithHistory at most 50 inputs can be read"));
    }
    let by = match body.get("idProperty").and_then(Value::as_str) {
        None | Some("hs_object_id") => None,
        Some(name) => Some(objects::unique(live, kind, name)?),
    };
    let archived = call.param("archived") == Some("true");
    let (mut results, mut lost, mut met) = (Vec::new(), Vec::new(), std::collections::HashSet::new());
    for one in inputs {
        let text = input::id(one.get("id"))?;
        let id = match by {
            Some(name) => live.by_unique(kind, name, &text),
            None => text.parse().ok(),
        };
        match id.and_then(|id| live.get(kind, id)).filter(|r| r.archived.is_some() == archived) {
            Some(record) if met.insert(record.id) => results.push(show(live, &record, &wish)),
            Some(_) => {}
            None => lost.push(text),
        }
    }
    let errors = if lost.is_empty() {
        vec![]
    } else {
        vec![json!({
            "status": "error", "category": "OBJECT_NOT_FOUND",
            "message": format!("Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.", kind.plural()),
            "context": {"ids": lost}
        })]
    };
    Ok(outcome(live, 200, results, errors))
}

fn write(live: &Live, call: &Call<'_>, kind: Kind, what: &str, inputs: &[Value]) -> Answer {
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    if what == "upsert" {
        // One wrong key property refuses the whole batch, before anything is written.
        for one in inputs {
            let name = one.get("idProperty").and_then(Value::as_str).unwrap_or("hs_object_id");
            objects::unique(live, kind, name)?;
        }
    }
    for one in inputs {
        let Value::Object(map) = one else {
            return Err(invalid("Invalid input JSON: inputs must hold objects"));
        };
        let trace = map.get("objectWriteTraceId").and_then(Value::as_str);
        let done = match what {
            "create" => objects::create_from(live, call, kind, map).map(|record| (record, None)),
            "update" => input::id(map.get("id"))
                .and_then(|id| objects::update_from(live, call, kind, &id, map))
                .map(|r| (r, None)),
            _ => upsert(live, call, kind, map),
        };
        match done {
            Ok((record, new)) => {
                let mut shown = show(live, &record, &Wish::default().all(&record, live));
                if let Some(new) = new {
                    shown["new"] = json!(new);
                }
                if let Some(trace) = trace {
                    shown["objectWriteTraceId"] = json!(trace);
                }
                results.push(shown);
            }
            Err(refusal) => {
                let mut error = json!({
                    "status": "error",
                    "category": refusal.body["category"],
                    "message": refusal.body["message"],
                    "errors": refusal.body["errors"].as_array().cloned().unwrap_or_default(),
                    "context": {}
                });
                if let Some(trace) = trace {
                    error["context"]["objectWriteTraceId"] = json!([trace]);
                }
                errors.push(error);
            }
        }
    }
    Ok(outcome(live, if what == "create" { 201 } else { 200 }, results, errors))
}

type Upserted = Result<(crate::practice::world::record::Record, Option<bool>), Reply>;

fn upsert(live: &Live, call: &Call<'_>, kind: Kind, map: &Map<String, Value>) -> Upserted {
    if map.contains_key("associations") {
        return Err(invalid("An upsert takes no associations"));
    }
    let name = map.get("idProperty").and_then(Value::as_str).unwrap_or("hs_object_id");
    let name = objects::unique(live, kind, name)?;
    let key = input::id(map.get("id"))?;
    if let Some(id) = live.by_unique(kind, name, &key) {
        return objects::update_from(live, call, kind, &id.to_string(), map).map(|record| (record, Some(false)));
    }
    let mut with_key = map.clone();
    if let Some(Value::Object(properties)) = with_key.get_mut("properties") {
        properties.insert(name.to_string(), Value::String(key));
    }
    objects::create_from(live, call, kind, &with_key).map(|record| (record, Some(true)))
}
