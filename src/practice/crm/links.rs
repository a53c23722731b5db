//! Associations: of one record, of a batch, labels, and linking by the default type.
//! Decides how links are answered. Which links there are is known by `live`.

use serde_json::{Value, json};

use super::Call;
use super::batch::outcome;
use super::input;
use super::objects::limit;
use super::reply::{Answer, Reply, invalid, ok};
use crate::practice::kinds::{Kind, link_types};
use crate::practice::live::{Link, Live};

const MOST_INPUTS: usize = 1_000;
/// Links of one record in one answer.
const PAGE: usize = 100;

fn pair(from: Kind, to: Kind) -> Result<(u32, Option<u32>), Reply> {
    link_types(from, to)
        .ok_or_else(|| invalid(format!("No association types exist from {} to {}", from.plural(), to.plural())))
}

fn types(from: Kind, to: Kind, types: &[u32]) -> Value {
    let primary = link_types(from, to).and_then(|(_, primary)| primary);
    types
        .iter()
        .map(|id| json!({"category": "HUBSPOT_DEFINED", "typeId": id, "label": (Some(*id) == primary).then_some("Primary")}))
        .collect()
}

/// One page of links from an id on: rows, and the id of the row after them.
fn page(live: &Live, from: (Kind, u64), to: Kind, after: u64, most: usize) -> (Vec<Value>, Option<u64>) {
    let mut links = live.links(from.0, from.1, to).into_iter().filter(|(id, _)| *id >= after);
    let rows = links
        .by_ref()
        .take(most)
        .map(|(id, kinds)| json!({"toObjectId": id.to_string(), "associationTypes": types(from.0, to, &kinds)}))
        .collect();
    (rows, links.next().map(|(id, _)| id))
}

pub(crate) fn batch_read(live: &Live, call: &Call<'_>, from: Kind, to: Kind) -> Answer {
    call.need(from, false)?;
    pair(from, to)?;
    let body = input::object(call)?;
    let inputs = input::list(&body, "inputs", true)?;
    if inputs.is_empty() || inputs.len() > MOST_INPUTS {
        return Err(invalid(format!(
            "The number of inputs must be between 1 and {MOST_INPUTS}, it is {}",
            inputs.len()
        )));
    }
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for one in inputs {
        let text = input::id(one.get("id"))?;
        let after = one.get("after").and_then(Value::as_str).and_then(|a| a.parse().ok()).unwrap_or(0);
        let (rows, next) = match text.parse() {
            Ok(id) => page(live, (from, id), to, after, PAGE),
            Err(_) => (Vec::new(), None),
        };
        if rows.is_empty() {
            errors.push(json!({
                "status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                "message": format!("No {} is associated with {} {text}.", to.singular(), from.singular()),
                "context": {"fromObjectId": [text], "fromObjectType": [from.singular()], "toObjectType": [to.singular()]}
            }));
            continue;
        }
        let mut row = json!({"from": {"id": text}, "to": rows});
        if let Some(next) = next {
            row["paging"] = json!({"next": {"after": next.to_string()}});
        }
        results.push(row);
    }
    Ok(outcome(live, 200, results, errors))
}

pub(crate) fn of_one(live: &Live, call: &Call<'_>, from: Kind, id: &str, to: Kind) -> Answer {
    call.need(from, false)?;
    pair(from, to)?;
    let number = living(live, from, id).ok_or_else(|| input::missing(from, id))?;
    let most = limit(call.param("limit"), 500, 500)?;
    let after = call.param("after").and_then(|a| a.parse().ok()).unwrap_or(0);
    let (rows, next) = page(live, (from, number), to, after, most);
    let mut body = json!({ "results": rows });
    if let Some(next) = next {
        let link = format!("{}{}?limit={most}&after={next}", call.base, call.path);
        body["paging"] = json!({"next": {"after": next.to_string(), "link": link}});
    }
    Ok(ok(body))
}

fn living(live: &Live, kind: Kind, id: &str) -> Option<u64> {
    let record = live.get(kind, id.parse().ok()?)?;
    record.archived.is_none().then_some(record.id)
}

pub(crate) fn put_default(live: &Live, call: &Call<'_>, from: (Kind, &str), to: (Kind, &str)) -> Answer {
    call.need(from.0, true)?;
    call.need(to.0, true)?;
    let (plain, _) = pair(from.0, to.0)?;
    let (back, _) = pair(to.0, from.0)?;
    let one = living(live, from.0, from.1).ok_or_else(|| input::missing(from.0, from.1))?;
    let other = living(live, to.0, to.1).ok_or_else(|| input::missing(to.0, to.1))?;
    live.link(from.0, one, &Link { to: to.0, id: other, types: Vec::new() });
    let row = |a: u64, b: u64, number: u32| {
        json!({"from": {"id": a.to_string()}, "to": {"id": b.to_string()},
               "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}})
    };
    Ok(outcome(live, 200, vec![row(one, other, plain), row(other, one, back)], vec![]))
}

pub(crate) fn labels(from: Kind, to: Kind) -> Answer {
    let (plain, primary) = pair(from, to)?;
    let all: Vec<u32> = primary.into_iter().chain([plain]).collect();
    Ok(ok(json!({ "results": types(from, to, &all) })))
}
