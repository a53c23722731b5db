//! Reads what clients send: JSON bodies, ids, property values, links.
//! Decides what is refused before anything is written. Every refusal names what was wrong.

use serde_json::{Map, Value};

use super::Call;
use super::reply::{BadValue, Reply, bad_values, invalid, not_found};
use super::schema;
use crate::practice::kinds::{Kind, link_types};
use crate::practice::live::{Link, Live};

/// Values to write, checked.
pub(crate) type Values = Vec<(&'static str, String)>;

/// The body as a JSON object.
pub(crate) fn object(call: &Call<'_>) -> Result<Map<String, Value>, Reply> {
    match serde_json::from_slice(call.body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(invalid("Invalid input JSON: an object is needed")),
        Err(error) => {
            Err(invalid(format!("Invalid input JSON on line {}, column {}: {error}", error.line(), error.column())))
        }
    }
}

/// A list in a body; absent counts as empty unless it is required.
pub(crate) fn list<'a>(map: &'a Map<String, Value>, name: &str, required: bool) -> Result<&'a [Value], Reply> {
    match map.get(name) {
        Some(Value::Array(list)) => Ok(list),
        None | Some(Value::Null) if !required => Ok(&[]),
        None => Err(invalid(format!("Some required fields were not set: [{name}]"))),
        Some(_) => Err(invalid(format!("Invalid input JSON: {name} must be a list"))),
    }
}

/// Names in a list of texts.
pub(crate) fn names<'a>(map: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a str>, Reply> {
    let texts =
        list(map, name, false)?.iter().map(|v| v.as_str().ok_or_else(|| invalid(format!("{name} must hold texts"))));
    texts.collect()
}

/// An id as text or number.
pub(crate) fn id(value: Option<&Value>) -> Result<String, Reply> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(Value::Number(n)) if n.is_u64() => Ok(n.to_string()),
        _ => Err(invalid("Some required fields were not set: [id]")),
    }
}

/// A record id of a path: digits, or there is no such record.
pub(crate) fn record_id(kind: Kind, text: &str) -> Result<u64, Reply> {
    text.parse().map_err(|_| missing(kind, text))
}

pub(crate) fn missing(kind: Kind, id: &str) -> Reply {
    not_found(format!("Object not found. objectId and objectType {id} {} are not found.", kind.singular()))
}

/// The property values of a write, each judged by the schema.
pub(crate) fn values(live: &Live, kind: Kind, map: &Map<String, Value>) -> Result<Values, Reply> {
    let Some(Value::Object(given)) = map.get("properties") else {
        return Err(invalid("Some required fields were not set: [properties]"));
    };
    let mut out = Values::with_capacity(given.len());
    let mut bad = Vec::new();
    for (name, value) in given {
        let mut refuse = |code, message: String| bad.push(BadValue { name: name.clone(), code, message });
        let Some(field) = schema::field(kind, name, live.world.note_key) else {
            refuse("PROPERTY_DOESNT_EXIST", format!("Property \"{name}\" does not exist"));
            continue;
        };
        if field.read_only {
            refuse("READ_ONLY_VALUE", format!("\"{name}\" is a read only property; its value cannot be set."));
            continue;
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Null => String::new(),
            _ => {
                refuse("INVALID_TYPE", format!("\"{name}\" must be a text"));
                continue;
            }
        };
        match field.accept(&text) {
            Ok(text) if field.holds == schema::Holds::Owner && !text.is_empty() => {
                match live.world.roster.by_id(&text) {
                    Some(owner) if !owner.archived => out.push((field.name, text)),
                    _ => {
                        refuse("INVALID_OWNER_ID", format!("The owner with ID {text} does not exist or is not active."))
                    }
                }
            }
            Ok(text) => out.push((field.name, text)),
            Err((code, message)) => refuse(code, message),
        }
    }
    if bad.is_empty() { Ok(out) } else { Err(bad_values(&bad)) }
}

/// What must be there when a record of this type is made.
pub(crate) fn required(kind: Kind, values: &Values) -> Result<(), Reply> {
    let given = |name: &str| values.iter().any(|(n, value)| *n == name && !value.is_empty());
    let needs: &[&str] = match kind {
        Kind::Company | Kind::Contact => return companies_and_people(kind, given),
        Kind::Deal => &["dealname", "dealstage"],
        Kind::Ticket => &["subject", "hs_pipeline_stage"],
        _ => &["hs_timestamp"],
    };
    let lacking: Vec<BadValue> = needs
        .iter()
        .filter(|name| !given(name))
        .map(|name| BadValue {
            name: (*name).to_string(),
            code: "REQUIRED_FIELD",
            message: format!("Required property {name} was not set"),
        })
        .collect();
    if lacking.is_empty() { Ok(()) } else { Err(bad_values(&lacking)) }
}

fn companies_and_people(kind: Kind, given: impl Fn(&str) -> bool) -> Result<(), Reply> {
    let any: &[&str] = if kind == Kind::Company { &["name", "domain"] } else { &["email", "firstname", "lastname"] };
    if any.iter().any(|name| given(name)) {
        return Ok(());
    }
    Err(invalid(format!("At least one of these properties must be set: {}", any.join(", "))))
}

/// The links of a create, each with an existing target and types that fit both ends.
pub(crate) fn links(live: &Live, from: Kind, map: &Map<String, Value>) -> Result<Vec<Link>, Reply> {
    list(map, "associations", false)?.iter().map(|one| link(live, from, one)).collect()
}

fn link(live: &Live, from: Kind, value: &Value) -> Result<Link, Reply> {
    let target = id(value.get("to").and_then(|to| to.get("id")))?;
    let types = value.get("types").and_then(Value::as_array).filter(|types| !types.is_empty());
    let Some(types) = types else {
        return Err(invalid("Some required fields were not set: [types] of an association"));
    };
    let mut to = None;
    let mut numbers = Vec::new();
    for one in types {
        let category = one.get("associationCategory").and_then(Value::as_str);
        let number = one.get("associationTypeId").and_then(Value::as_u64).map(|n| n as u32);
        let (Some("HUBSPOT_DEFINED"), Some(number)) = (category, number) else {
            return Err(invalid(
                "associationCategory and associationTypeId must name an association type of this account",
            ));
        };
        let fits = Kind::ALL.into_iter().find(|other| {
            link_types(from, *other).is_some_and(|(plain, primary)| plain == number || primary == Some(number))
        });
        match fits {
            Some(other) if to.is_none_or(|known| known == other) => to = Some(other),
            _ => {
                return Err(invalid(format!(
                    "invalid association type {number} from {} to the given object",
                    from.singular()
                )));
            }
        }
        numbers.push(number);
    }
    let to = to.ok_or_else(|| invalid("an association needs a type"))?;
    let record = target.parse().ok().and_then(|id: u64| live.get(to, id)).filter(|record| record.archived.is_none());
    match record {
        Some(record) => Ok(Link { to, id: record.id, types: numbers }),
        None => Err(invalid(format!("No {} with ID {target} exists to associate with", to.singular()))),
    }
}
