//! A look behind the counter, for tests and the curious: what clients wrote, what they asked for.
//! Decides the shape of `/practice/state`, takes new faults at `/practice/faults` and at `/practice/as` who writes. No
//! sign-in: loopback only.

use serde_json::{Map, Value, json};

use super::crm::reply::{Reply, fail, not_found, ok};
use super::faults::{FaultKind, parse_fault};
use super::kinds::Kind;
use super::serve::{House, lock};
use super::world::clock::moment_text;

pub(crate) fn answer(house: &House, method: &str, path: &str, body: &[u8]) -> Reply {
    match (method, path) {
        ("GET", "/practice/state") => ok(state(house)),
        ("POST", "/practice/faults") => match faults(body) {
            Ok(faults) => {
                house.set_faults(faults);
                ok(json!({"faults": house.faults_now()}))
            }
            Err(message) => fail(400, "VALIDATION_ERROR", message),
        },
        ("POST", "/practice/as") => match user(body) {
            Some(user) => {
                house.live.act_as(user);
                ok(json!({"user": user}))
            }
            None => fail(400, "VALIDATION_ERROR", "an object {\"user\": NUMBER} is needed".to_owned()),
        },
        _ => not_found("There are GET /practice/state, POST /practice/faults and POST /practice/as."),
    }
}

/// `{"user": 9100200}`: who writes from now on.
fn user(body: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Value>(body).ok()?.get("user")?.as_u64()
}

/// `{"429": 0.1, "slow": 0.5}`; an empty object ends all faults.
fn faults(body: &[u8]) -> Result<Vec<(FaultKind, f64)>, String> {
    let map: Map<String, Value> =
        serde_json::from_slice(body).map_err(|e| format!("an object of kinds and rates is needed: {e}"))?;
    map.iter().map(|(kind, rate)| parse_fault(&format!("{kind}={rate}"))).collect()
}

fn state(house: &House) -> Value {
    let counts = lock(&house.counts);
    let world = &house.live.world;
    json!({
        "notes": written(house, Kind::Note, "hs_note_body"),
        "tasks": written(house, Kind::Task, "hs_task_subject"),
        "calls": written(house, Kind::Call, "hs_call_body"),
        "meetings": written(house, Kind::Meeting, "hs_meeting_title"),
        "emails": written(house, Kind::Email, "hs_email_subject"),
        "requests": {"total": counts.total, "by_path": counts.by_path, "by_status": counts.by_status},
        "faults": house.faults_now(),
        "now": moment_text(house.live.now()),
        "book": {"accounts": world.active, "former": world.former, "archived": world.archived},
        "tokens": {
            "crm": house.tokens.crm, "crm_read_only": house.tokens.crm_read_only,
            "usage": house.tokens.usage, "usage_no_scope": house.tokens.usage_no_scope
        }
    })
}

/// What clients created of one type, oldest first; `body` is the property that says what it is about.
fn written(house: &House, kind: Kind, body: &str) -> Vec<Value> {
    let ids = |id, to| -> Vec<String> { house.live.written_links(kind, id, to).iter().map(u64::to_string).collect() };
    let records = house.live.written(kind);
    let shown = records.iter().map(|record| {
        let properties: Map<String, Value> = super::crm::schema::fields(kind, house.live.world.note_key)
            .iter()
            .filter_map(|field| record.get(field.name).map(|value| (field.name.to_string(), Value::String(value))))
            .collect();
        json!({
            "id": record.id.to_string(),
            "body": record.text(body),
            "companies": ids(record.id, Kind::Company),
            "contacts": ids(record.id, Kind::Contact),
            "owner": record.text("hubspot_owner_id"),
            "created": moment_text(record.created),
            "updated": moment_text(record.updated),
            "archived": record.archived.is_some(),
            "properties": properties,
        })
    });
    shown.collect()
}
