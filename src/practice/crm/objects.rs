//! One record and lists of records: list, read, create, update, archive.
//! Decides how a record is written out. What may be written is judged in `input`.

use serde_json::{Map, Value, json};

use super::Call;
use super::input::{self, Values};
use super::reply::{Answer, Reply, created, fail, invalid, nothing, ok};
use super::{html, schema};
use crate::practice::kinds::Kind;
use crate::practice::live::{Link, Live};
use crate::practice::world::clock::moment_text;
use crate::practice::world::record::Record;

/// What a client wants to see of a record.
#[derive(Debug, Default)]
pub(crate) struct Wish<'a> {
    pub properties: Vec<&'a str>,
    pub history: Vec<&'a str>,
    pub links: Vec<Kind>,
}

impl<'a> Wish<'a> {
    pub(crate) fn of_query(call: &'a Call<'_>) -> Result<Wish<'a>, Reply> {
        let kinds = call.names("associations").into_iter().map(|name| {
            // The vendor takes names in singular and plural here.
            Kind::ALL
                .into_iter()
                .find(|kind| kind.plural() == name || kind.singular() == name)
                .ok_or_else(|| invalid(format!("Unable to infer object type from: {name}")))
        });
        Ok(Wish {
            properties: call.names("properties"),
            history: call.names("propertiesWithHistory"),
            links: kinds.collect::<Result<_, _>>()?,
        })
    }
}

/// Inline links are cut at this number.
const INLINE_LINKS: usize = 100;

/// The record as JSON.
pub(crate) fn show(live: &Live, record: &Record, wish: &Wish<'_>) -> Value {
    let kind = record.kind;
    let known = |name: &&str| schema::field(kind, name, live.world.note_key).is_some();
    let mut properties = Map::new();
    let asked = if wish.properties.is_empty() { schema::defaults(kind) } else { wish.properties.as_slice() };
    let always = [kind.created(), kind.modified(), "hs_object_id"];
    for name in asked.iter().chain(wish.history.iter()).filter(|n| known(n)).chain(always.iter()) {
        properties.insert((*name).to_string(), value(record, name).map_or(Value::Null, Value::String));
    }
    let mut out = json!({
        "id": record.id.to_string(),
        "properties": properties,
        "createdAt": moment_text(record.created),
        "updatedAt": moment_text(record.updated),
        "archived": record.archived.is_some(),
    });
    if let Some(at) = record.archived {
        out["archivedAt"] = json!(moment_text(at));
    }
    if !wish.history.is_empty() {
        let histories = wish.history.iter().filter(|n| known(n)).map(|name| {
            let versions = record.versions(name).into_iter().map(|v| {
                let mut one = json!({"value": v.value, "timestamp": moment_text(v.at), "sourceType": v.source});
                if let Some(user) = v.user {
                    one["updatedByUserId"] = json!(user);
                }
                one
            });
            ((*name).to_string(), Value::Array(versions.collect()))
        });
        out["propertiesWithHistory"] = Value::Object(histories.collect());
    }
    if !wish.links.is_empty() {
        let mut all = Map::new();
        for to in &wish.links {
            let links = live.links(kind, record.id, *to);
            if links.is_empty() {
                continue;
            }
            let label = format!("{}_to_{}", kind.singular(), to.singular());
            let results: Vec<Value> =
                links.iter().take(INLINE_LINKS).map(|(id, _)| json!({"id": id.to_string(), "type": label})).collect();
            let mut one = json!({ "results": results });
            if let Some((next, _)) = links.get(INLINE_LINKS) {
                one["paging"] = json!({"next": {"after": next.to_string()}});
            }
            all.insert(to.plural().to_string(), one);
        }
        if !all.is_empty() {
            out["associations"] = Value::Object(all);
        }
    }
    out
}

/// A property's value, with those that the vendor works out itself.
pub(crate) fn value(record: &Record, name: &str) -> Option<String> {
    match (record.kind, name) {
        (Kind::Note, "hs_body_preview") => record.text("hs_note_body").map(html::preview),
        (Kind::Call, "hs_body_preview") => record.text("hs_call_body").map(html::preview),
        (Kind::Deal, "hs_is_closed") => Some(closed(record).0.to_string()),
        (Kind::Deal, "hs_is_closed_won") => Some(closed(record).1.to_string()),
        _ => record.get(name),
    }
}

fn closed(record: &Record) -> (bool, bool) {
    let stage = record.text("dealstage").unwrap_or_default();
    let won = matches!(stage, "closedwon" | "renewal_won");
    (won || matches!(stage, "closedlost" | "renewal_lost"), won)
}

/// A `limit`, within what the vendor allows.
pub(crate) fn limit(text: Option<&str>, usual: usize, most: usize) -> Result<usize, Reply> {
    let Some(text) = text else { return Ok(usual) };
    match text.parse::<usize>() {
        Ok(n) if (1..=most).contains(&n) => Ok(n),
        _ => Err(invalid(format!("Invalid value for limit: {text}. It must be between 1 and {most}"))),
    }
}

fn flag(text: Option<&str>) -> Result<bool, Reply> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(invalid(format!("Invalid value for archived: {other}"))),
    }
}

pub(crate) fn list(live: &Live, call: &Call<'_>, kind: Kind) -> Answer {
    call.need(kind, false)?;
    let wish = Wish::of_query(call)?;
    let most = if wish.history.is_empty() { 100 } else { 50 };
    let limit = limit(call.param("limit"), 10, most)?;
    let after = match call.param("after") {
        None | Some("") => 0,
        Some(text) => text.parse().map_err(|_| invalid(format!("The cursor {text} is not valid")))?,
    };
    let (records, next) = live.page(kind, after, flag(call.param("archived"))?, limit);
    let mut body = json!({"results": records.iter().map(|r| show(live, r, &wish)).collect::<Vec<_>>()});
    if let Some(next) = next {
        let link = format!("{}{}?limit={limit}&after={next}", call.base, call.path);
        body["paging"] = json!({"next": {"after": next.to_string(), "link": link}});
    }
    Ok(ok(body))
}

pub(crate) fn read(live: &Live, call: &Call<'_>, kind: Kind, id: &str) -> Answer {
    call.need(kind, false)?;
    let wish = Wish::of_query(call)?;
    let archived = flag(call.param("archived"))?;
    let found = match call.param("idProperty") {
        None | Some("hs_object_id") => Some(input::record_id(kind, id)?),
        Some(name) => live.by_unique(kind, unique(live, kind, name)?, id),
    };
    let record = found.and_then(|id| live.get(kind, id)).filter(|record| record.archived.is_some() == archived);
    record.map(|record| ok(show(live, &record, &wish))).ok_or_else(|| input::missing(kind, id))
}

/// The name of a property whose values are unique, or a refusal.
pub(crate) fn unique(live: &Live, kind: Kind, name: &str) -> Result<&'static str, Reply> {
    match schema::field(kind, name, live.world.note_key) {
        Some(field) if field.unique => Ok(field.name),
        _ => Err(invalid(format!("Property {name} of {} is not a property with unique values", kind.plural()))),
    }
}

pub(crate) fn create(live: &Live, call: &Call<'_>, kind: Kind) -> Answer {
    call.need(kind, true)?;
    let body = input::object(call)?;
    create_from(live, call, kind, &body).map(|record| created(show(live, &record, &Wish::default().all(&record, live))))
}

/// Checks and writes one new record; nothing is written when anything is wrong.
pub(crate) fn create_from(
    live: &Live,
    call: &Call<'_>,
    kind: Kind,
    body: &Map<String, Value>,
) -> Result<Record, Reply> {
    let mut values = input::values(live, kind, body)?;
    input::required(kind, &values)?;
    let links = input::links(live, kind, body)?;
    no_double(live, kind, &values, None)?;
    complete(kind, &mut values, &links, live);
    Ok(live.create(kind, values, &links, call.lag))
}

/// What the vendor fills in by itself.
fn complete(kind: Kind, values: &mut Values, links: &[Link], live: &Live) {
    let has = |values: &Values, name: &str| values.iter().any(|(n, _)| *n == name);
    if kind == Kind::Contact && !has(values, "associatedcompanyid") {
        let primary = links.iter().find(|link| link.to == Kind::Company);
        values.extend(primary.map(|link| ("associatedcompanyid", link.id.to_string())));
    }
    if kind == Kind::Task {
        for (name, usual) in [("hs_task_status", "NOT_STARTED"), ("hs_task_priority", "NONE"), ("hs_task_type", "TODO")]
        {
            if !has(values, name) {
                values.push((name, usual.to_string()));
            }
        }
        finish(values, live.now());
    }
}

/// A completed task knows when it was completed.
fn finish(values: &mut Values, now: i64) {
    if values.iter().any(|(name, value)| *name == "hs_task_status" && value == "COMPLETED") {
        values.push(("hs_task_completion_date", moment_text(now)));
    }
}

/// Refuses a second record with the same unique value.
fn no_double(live: &Live, kind: Kind, values: &Values, own: Option<u64>) -> Result<(), Reply> {
    for (name, value) in values {
        let unique = schema::field(kind, name, live.world.note_key).is_some_and(|field| field.unique);
        if !unique || value.is_empty() {
            continue;
        }
        if let Some(other) = live.by_unique(kind, name, value).filter(|other| Some(*other) != own) {
            let mut word = kind.singular().to_string();
            word[..1].make_ascii_uppercase();
            return Err(fail(409, "CONFLICT", format!("{word} already exists. Existing ID: {other}")));
        }
    }
    Ok(())
}

pub(crate) fn update(live: &Live, call: &Call<'_>, kind: Kind, id: &str) -> Answer {
    call.need(kind, true)?;
    let body = input::object(call)?;
    let record = update_from(live, call, kind, id, &body)?;
    Ok(ok(show(live, &record, &Wish::default().all(&record, live))))
}

pub(crate) fn update_from(
    live: &Live,
    call: &Call<'_>,
    kind: Kind,
    id: &str,
    body: &Map<String, Value>,
) -> Result<Record, Reply> {
    let number = input::record_id(kind, id)?;
    let mut values = input::values(live, kind, body)?;
    no_double(live, kind, &values, Some(number))?;
    if kind == Kind::Task {
        finish(&mut values, live.now());
    }
    live.change(kind, number, values, call.lag).ok_or_else(|| input::missing(kind, id))
}

pub(crate) fn archive(live: &Live, call: &Call<'_>, kind: Kind, id: &str) -> Answer {
    call.need(kind, true)?;
    // Deleting what is already gone is answered like a success.
    live.archive(kind, input::record_id(kind, id)?);
    Ok(nothing())
}

/// `{"primaryObjectId","objectIdToMerge"}`: the second record becomes part of the first. Of companies only.
pub(crate) fn merge(live: &Live, call: &Call<'_>, kind: Kind) -> Answer {
    call.need(kind, true)?;
    if kind != Kind::Company {
        return Err(invalid(format!("Records of {} can't be merged here", kind.plural())));
    }
    let body = input::object(call)?;
    let one = |name| input::id(body.get(name)).and_then(|id| input::record_id(kind, &id));
    let (winner, loser) = (one("primaryObjectId")?, one("objectIdToMerge")?);
    let record = live.merge(kind, winner, loser).ok_or_else(|| invalid("Both records must be there, and be two"))?;
    Ok(ok(show(live, &record, &Wish::default().all(&record, live))))
}

impl<'a> Wish<'a> {
    /// After a write the vendor answers with every property that has a value.
    pub(crate) fn all(mut self, record: &Record, live: &Live) -> Wish<'a> {
        let fields = schema::fields(record.kind, live.world.note_key);
        self.properties = fields.iter().map(|field| field.name).filter(|name| value(record, name).is_some()).collect();
        self
    }
}
