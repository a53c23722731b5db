//! What describes the account itself: owners, properties, pipelines, details, requests used.
//! Decides how these are written out.

use serde_json::{Value, json};

use super::Call;
use super::input;
use super::objects::limit;
use super::reply::{Answer, invalid, not_found, ok};
use super::schema::{self, Field};
use crate::practice::kinds::Kind;
use crate::practice::live::Live;
use crate::practice::world::clock::moment_text;
use crate::practice::world::roster::{Owner, Roster};

/// The number of the practice company's account.
pub(crate) const PORTAL: u64 = 48_211_907;

fn show_owner(owner: &Owner) -> Value {
    let team = json!([{"id": Roster::team_id(owner.team).to_string(), "name": Roster::team_name(owner.team), "primary": true}]);
    let mut out = json!({
        "id": owner.id.to_string(),
        "email": if owner.queue { Value::Null } else { json!(owner.email) },
        "type": if owner.queue { "QUEUE" } else { "PERSON" },
        "firstName": owner.first,
        "lastName": owner.last,
        "archived": owner.archived,
        "createdAt": moment_text(owner.created),
        "updatedAt": moment_text(owner.created),
        "teams": if owner.queue { json!([]) } else { team },
    });
    if !owner.queue {
        // Who has left has no user any more.
        out["userId"] = if owner.archived { Value::Null } else { json!(owner.user_id) };
        out["userIdIncludingInactive"] = json!(owner.user_id);
    }
    out
}

pub(crate) fn owners(live: &Live, call: &Call<'_>) -> Answer {
    let limit = limit(call.param("limit"), 100, 500)?;
    let archived = call.param("archived") == Some("true");
    let after: u64 = call.param("after").and_then(|a| a.parse().ok()).unwrap_or(0);
    let email = call.param("email");
    let mut all: Vec<&Owner> = live.world.roster.owners.iter().collect();
    all.retain(|o| o.archived == archived && o.id >= after && email.is_none_or(|e| o.email.eq_ignore_ascii_case(e)));
    all.sort_by_key(|o| o.id);
    let mut body = json!({"results": all.iter().take(limit).map(|o| show_owner(o)).collect::<Vec<_>>()});
    if let Some(next) = all.get(limit) {
        let link = format!("{}{}?limit={limit}&after={}", call.base, call.path, next.id);
        body["paging"] = json!({"next": {"after": next.id.to_string(), "link": link}});
    }
    Ok(ok(body))
}

pub(crate) fn owner(live: &Live, call: &Call<'_>, id: &str) -> Answer {
    let archived = call.param("archived") == Some("true");
    let by_user = call.param("idProperty") == Some("userId");
    let found = live.world.roster.owners.iter().find(|o| {
        let own = if by_user { o.user_id } else { o.id };
        o.archived == archived && own.to_string() == id
    });
    found.map(|o| ok(show_owner(o))).ok_or_else(|| not_found(format!("No owner with ID {id} was found.")))
}

fn show_field(kind: Kind, field: &Field) -> Value {
    let (data, form) = field.types();
    let options: Vec<Value> = schema::options(field)
        .iter()
        .enumerate()
        .map(|(nth, (value, label))| json!({"value": value, "label": label, "displayOrder": nth, "hidden": false}))
        .collect();
    let mut out = json!({
        "name": field.name,
        "label": field.label,
        "type": data,
        "fieldType": form,
        "description": "",
        "groupName": if field.custom { "customer_success".to_string() } else { format!("{}information", kind.singular()) },
        "options": options,
        "calculated": matches!(field.name, "hs_is_closed" | "hs_is_closed_won" | "num_associated_contacts"),
        "hasUniqueValue": field.unique,
        "hidden": false,
        "externalOptions": field.holds == schema::Holds::Owner,
        "hubspotDefined": !field.custom,
        "formField": field.custom,
        "archived": false,
        "modificationMetadata": {"archivable": field.custom, "readOnlyDefinition": !field.custom, "readOnlyValue": field.read_only},
    });
    if field.holds == schema::Holds::Owner {
        out["referencedObjectType"] = json!("OWNER");
    }
    out
}

pub(crate) fn properties(live: &Live, call: &Call<'_>, kind: Kind) -> Answer {
    // There are no archived properties.
    let fields = if call.param("archived") == Some("true") { &[] } else { schema::fields(kind, live.world.note_key) };
    Ok(ok(json!({"results": fields.iter().map(|f| show_field(kind, f)).collect::<Vec<_>>()})))
}

pub(crate) fn property(live: &Live, kind: Kind, name: &str) -> Answer {
    schema::field(kind, name, live.world.note_key)
        .map(|field| ok(show_field(kind, field)))
        .ok_or_else(|| not_found(format!("Property \"{name}\" does not exist")))
}

pub(crate) fn pipelines(kind: Kind) -> Answer {
    let results: Vec<Value> = schema::pipelines(kind)
        .iter()
        .enumerate()
        .map(|(order, (id, label, stages))| {
            let stages: Vec<Value> = stages
                .iter()
                .enumerate()
                .map(|(nth, (id, label, meta))| {
                    let metadata = if kind == Kind::Deal {
                        json!({"isClosed": (matches!(*meta, "1.0" | "0.0")).to_string(), "probability": meta})
                    } else {
                        json!({"isClosed": (*meta == "CLOSED").to_string(), "ticketState": meta})
                    };
                    json!({"id": id, "label": label, "displayOrder": nth, "archived": false, "metadata": metadata})
                })
                .collect();
            json!({"id": id, "label": label, "displayOrder": order, "archived": false, "stages": stages})
        })
        .collect();
    if results.is_empty() {
        return Err(not_found(format!("{} have no pipelines", kind.plural())));
    }
    Ok(ok(json!({ "results": results })))
}

pub(crate) fn details() -> Answer {
    Ok(ok(json!({
        "portalId": PORTAL, "accountType": "STANDARD", "timeZone": "UTC", "companyCurrency": "USD",
        "additionalCurrencies": ["EUR", "GBP"], "utcOffset": "+00:00", "utcOffsetMilliseconds": 0,
        "uiDomain": "app.practice-crm.example", "dataHostingLocation": "na1"
    })))
}

/// Whose token it is. This one path carries an old version number and no date.
pub(crate) fn token_info(live: &Live, call: &Call<'_>) -> Answer {
    let body = input::object(call)?;
    if body.get("tokenKey").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(invalid("Some required fields were not set: [tokenKey]"));
    }
    let scopes: Vec<String> = [false, true]
        .into_iter()
        .filter(|write| !write || call.may_write)
        .flat_map(|write| [Kind::Company, Kind::Contact, Kind::Deal].map(|kind| kind.scope(write)))
        .chain(["crm.objects.owners.read".to_string(), "tickets".to_string()])
        .collect();
    Ok(ok(json!({"userId": live.user, "hubId": PORTAL, "appId": 2_104_771, "scopes": scopes})))
}

pub(crate) fn usage(live: &Live, call: &Call<'_>) -> Answer {
    let now = moment_text(live.now());
    Ok(ok(json!({"results": [{
        "name": "private-apps-api-calls-daily", "usageLimit": call.daily.1, "currentUsage": call.daily.0,
        "collectedAt": now, "fetchStatus": "SUCCESS"
    }]})))
}
