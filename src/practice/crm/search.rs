//! Search: filters, sorts, the window of 10,000.
//! Decides which records a query finds. Search sees the book like an index: without links in the
//! answer, without archived records, and without what a client wrote a moment ago when told to lag.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::Call;
use super::input;
use super::objects::{Wish, show, value};
use super::reply::{Answer, Reply, invalid, ok};
use super::schema::{self, Holds};
use crate::practice::kinds::Kind;
use crate::practice::live::{Candidate, Live};
use crate::practice::world::clock;
use crate::practice::world::record::Record;

/// Results that one query can reach.
const WINDOW: usize = 10_000;
const MOST_BODY: usize = 3_000;
const MOST_GROUPS: usize = 5;
const MOST_FILTERS: usize = 10;
const MOST_IN_ALL: usize = 25;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
    Between,
    In,
    NotIn,
    Has,
    HasNot,
    Token,
    NoToken,
}

const OPS: [(&str, Op); 13] = [
    ("EQ", Op::Eq),
    ("NEQ", Op::Neq),
    ("LT", Op::Lt),
    ("LTE", Op::Lte),
    ("GT", Op::Gt),
    ("GTE", Op::Gte),
    ("BETWEEN", Op::Between),
    ("IN", Op::In),
    ("NOT_IN", Op::NotIn),
    ("HAS_PROPERTY", Op::Has),
    ("NOT_HAS_PROPERTY", Op::HasNot),
    ("CONTAINS_TOKEN", Op::Token),
    ("NOT_CONTAINS_TOKEN", Op::NoToken),
];

/// What a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Subject {
    Id,
    Modified,
    /// Another record type that must be linked.
    Linked(Kind),
    Field(&'static str, Scale),
}

/// How two values of a property are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    Text,
    Number,
    Time,
}

#[derive(Debug)]
struct Filter {
    subject: Subject,
    op: Op,
    value: String,
    high: String,
    values: Vec<String>,
}

pub(crate) fn search(live: &Live, call: &Call<'_>, kind: Kind) -> Answer {
    call.need(kind, false)?;
    if String::from_utf8_lossy(call.body).chars().count() > MOST_BODY {
        return Err(invalid(format!("The request body is longer than {MOST_BODY} characters")));
    }
    let body = input::object(call)?;
    let groups = groups(live, kind, &body)?;
    let limit = number(&body, "limit", 10)?;
    if !(1..=200).contains(&limit) {
        return Err(invalid("limit must be between 1 and 200"));
    }
    let offset = number(&body, "after", 0)?;
    if offset >= WINDOW {
        return Err(invalid(format!("Paging past {WINDOW} results of a query is not possible: after is {offset}")));
    }
    let sort = sort(live, kind, &body)?;
    let wish = Wish { properties: input::names(&body, "properties")?, ..Wish::default() };
    let words = body.get("query").and_then(Value::as_str).map(str::to_lowercase).filter(|q| !q.is_empty());

    let mut found: Vec<Candidate> =
        start(live, kind, &groups).into_iter().filter(|c| matches(live, kind, c, &groups, words.as_deref())).collect();
    order(live, kind, &mut found, sort);
    let total = found.len();
    let end = (offset + limit).min(WINDOW);
    let results: Vec<Value> = found
        .get(offset..end.min(total))
        .unwrap_or_default()
        .iter()
        .filter_map(|c| live.get(kind, c.id))
        .map(|record| show(live, &record, &wish))
        .collect();
    let mut answer = json!({"total": total, "results": results});
    if end < total {
        answer["paging"] = json!({"next": {"after": end.to_string()}});
    }
    Ok(ok(answer))
}

fn number(body: &Map<String, Value>, name: &str, usual: usize) -> Result<usize, Reply> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(usual),
        Some(Value::String(text)) if text.is_empty() => Ok(usual),
        Some(Value::String(text)) => text.parse().map_err(|_| invalid(format!("{name} must be a number: {text}"))),
        Some(value) => {
            value.as_u64().map(|n| n as usize).ok_or_else(|| invalid(format!("{name} must be a number: {value}")))
        }
    }
}

fn groups(live: &Live, kind: Kind, body: &Map<String, Value>) -> Result<Vec<Vec<Filter>>, Reply> {
    let groups = input::list(body, "filterGroups", false)?;
    if groups.len() > MOST_GROUPS {
        return Err(invalid(format!("A search takes at most {MOST_GROUPS} filter groups")));
    }
    let mut all = 0;
    let mut out = Vec::with_capacity(groups.len());
    for group in groups {
        let filters =
            group.get("filters").and_then(Value::as_array).ok_or_else(|| invalid("a filter group needs filters"))?;
        all += filters.len();
        if filters.len() > MOST_FILTERS || all > MOST_IN_ALL {
            return Err(invalid(format!(
                "A search takes at most {MOST_FILTERS} filters in a group and {MOST_IN_ALL} in all"
            )));
        }
        out.push(filters.iter().map(|f| filter(live, kind, f)).collect::<Result<_, _>>()?);
    }
    Ok(out)
}

fn subject(live: &Live, kind: Kind, name: &str) -> Result<Subject, Reply> {
    if let Some(other) = name.strip_prefix("associations.") {
        let to = Kind::ALL.into_iter().find(|k| k.singular() == other);
        return to.map(Subject::Linked).ok_or_else(|| invalid(format!("Unable to infer object type from: {other}")));
    }
    if name == "hs_object_id" {
        return Ok(Subject::Id);
    }
    if name == kind.modified() {
        return Ok(Subject::Modified);
    }
    match schema::field(kind, name, live.world.note_key) {
        Some(field) => Ok(Subject::Field(field.name, scale(&field.holds))),
        None => Err(invalid(format!("There was a problem with the request: property {name} does not exist"))),
    }
}

fn scale(holds: &Holds) -> Scale {
    match holds {
        Holds::Number => Scale::Number,
        Holds::Date | Holds::Moment => Scale::Time,
        _ => Scale::Text,
    }
}

fn filter(live: &Live, kind: Kind, value: &Value) -> Result<Filter, Reply> {
    let text = |name: &str| match value.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(n)) => Some(n.to_string()),
        Some(Value::Bool(b)) => Some(b.to_string()),
        _ => None,
    };
    let name = text("propertyName").ok_or_else(|| invalid("a filter needs a propertyName"))?;
    let op_text = text("operator").ok_or_else(|| invalid("a filter needs an operator"))?;
    let op = OPS
        .iter()
        .find(|(n, _)| *n == op_text)
        .map(|(_, op)| *op)
        .ok_or_else(|| invalid(format!("Unknown operator {op_text}")))?;
    let list = value.get("values").and_then(Value::as_array);
    let values: Vec<String> =
        list.into_iter().flatten().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string)).collect();
    let filter = Filter {
        subject: subject(live, kind, &name)?,
        op,
        value: text("value").unwrap_or_default(),
        high: text("highValue").unwrap_or_default(),
        values,
    };
    let lacking = match op {
        Op::Has | Op::HasNot => None,
        Op::In | Op::NotIn => filter.values.is_empty().then_some("values"),
        Op::Between => (filter.value.is_empty() || filter.high.is_empty()).then_some("value and highValue"),
        _ => filter.value.is_empty().then_some("value"),
    };
    if let Some(what) = lacking {
        return Err(invalid(format!("operator {op_text} on {name} needs {what}")));
    }
    let timed = filter.subject == Subject::Modified || matches!(filter.subject, Subject::Field(_, Scale::Time));
    let compares = !matches!(op, Op::Has | Op::HasNot | Op::In | Op::NotIn);
    if timed && compares && clock::parse_moment(&filter.value).is_none() {
        return Err(invalid(format!("{} is not a time that {name} can be compared with", filter.value)));
    }
    Ok(filter)
}

/// The records to look through: those linked to one company when every group asks for one, else all.
fn start(live: &Live, kind: Kind, groups: &[Vec<Filter>]) -> Vec<Candidate> {
    let anchors: Option<Vec<(Kind, u64)>> = groups
        .iter()
        .map(|group| {
            group.iter().find_map(|f| match (f.subject, f.op) {
                (Subject::Linked(to), Op::Eq) => f.value.parse().ok().map(|id| (to, id)),
                _ => None,
            })
        })
        .collect();
    let floors: Vec<(i64, u64)> = groups.iter().map(|group| floor(group)).collect();
    let all = live.candidates(kind, |c| {
        floors.is_empty() || floors.iter().any(|(updated, id)| c.updated >= *updated && c.id > *id)
    });
    match anchors {
        Some(anchors) if !anchors.is_empty() => {
            let near: std::collections::HashSet<u64> =
                anchors.into_iter().flat_map(|(to, id)| live.links(to, id, kind)).map(|(id, _)| id).collect();
            all.into_iter().filter(|c| near.contains(&c.id)).collect()
        }
        _ => all,
    }
}

/// The least time of change, and the id above which records lie, that a group's filters allow: a first sieve.
fn floor(group: &[Filter]) -> (i64, u64) {
    let mut floor = (i64::MIN, 0);
    for filter in group {
        match (filter.subject, filter.op) {
            (Subject::Modified, Op::Gte | Op::Gt | Op::Between) => {
                floor.0 = floor.0.max(clock::parse_moment(&filter.value).unwrap_or(i64::MIN));
            }
            (Subject::Id, Op::Gt) => floor.1 = floor.1.max(filter.value.parse().unwrap_or(0)),
            _ => {}
        }
    }
    floor
}

fn matches(live: &Live, kind: Kind, candidate: &Candidate, groups: &[Vec<Filter>], words: Option<&str>) -> bool {
    let mut record: Option<Record> = None;
    let mut read =
        |id| record.get_or_insert_with(|| live.get(kind, id).unwrap_or_else(|| Record::new(kind, id, 0, 0))).clone();
    let grouped = groups.is_empty()
        || groups.iter().any(|group| {
            group.iter().all(|f| match f.subject {
                Subject::Id => compare(Scale::Number, f, Some(candidate.id.to_string())),
                Subject::Modified => compare(Scale::Time, f, Some(candidate.updated.to_string())),
                Subject::Linked(to) => linked(live, kind, candidate.id, to, f),
                Subject::Field(name, scale) => {
                    compare(scale, f, value(&read(candidate.id), name).filter(|v| !v.is_empty()))
                }
            })
        });
    grouped
        && words.is_none_or(|words| {
            let record = read(candidate.id);
            schema::defaults(kind).iter().filter_map(|n| record.get(n)).any(|text| text.to_lowercase().contains(words))
        })
}

fn linked(live: &Live, kind: Kind, id: u64, to: Kind, filter: &Filter) -> bool {
    let ids: Vec<String> = live.links(kind, id, to).into_iter().map(|(id, _)| id.to_string()).collect();
    match filter.op {
        Op::Eq => ids.contains(&filter.value),
        Op::Neq => !ids.contains(&filter.value),
        Op::In => filter.values.iter().any(|v| ids.contains(v)),
        Op::NotIn => !filter.values.iter().any(|v| ids.contains(v)),
        Op::Has => !ids.is_empty(),
        Op::HasNot => ids.is_empty(),
        _ => false,
    }
}

fn compare(scale: Scale, filter: &Filter, have: Option<String>) -> bool {
    let Some(have) = have else {
        return matches!(filter.op, Op::HasNot | Op::Neq | Op::NotIn | Op::NoToken);
    };
    let with = |other: &str| cmp(scale, &have, other);
    let folded = have.to_lowercase();
    match filter.op {
        Op::Eq => with(&filter.value) == Some(Ordering::Equal),
        Op::Neq => with(&filter.value) != Some(Ordering::Equal),
        Op::Lt => with(&filter.value) == Some(Ordering::Less),
        Op::Lte => matches!(with(&filter.value), Some(Ordering::Less | Ordering::Equal)),
        Op::Gt => with(&filter.value) == Some(Ordering::Greater),
        Op::Gte => matches!(with(&filter.value), Some(Ordering::Greater | Ordering::Equal)),
        Op::Between => {
            matches!(with(&filter.value), Some(Ordering::Greater | Ordering::Equal))
                && matches!(with(&filter.high), Some(Ordering::Less | Ordering::Equal))
        }
        // The vendor's index is lower-case: texts in a list must be, too.
        Op::In => filter.values.contains(&folded),
        Op::NotIn => !filter.values.contains(&folded),
        Op::Has => true,
        Op::HasNot => false,
        Op::Token => token(&folded, &filter.value),
        Op::NoToken => !token(&folded, &filter.value),
    }
}

fn token(text: &str, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let bare = wanted.trim_matches('*');
    text.split(|c: char| !c.is_alphanumeric()).any(|word| match (wanted.starts_with('*'), wanted.ends_with('*')) {
        (true, true) => word.contains(bare),
        (true, false) => word.ends_with(bare),
        (false, true) => word.starts_with(bare),
        (false, false) => word == bare,
    })
}

fn cmp(scale: Scale, a: &str, b: &str) -> Option<Ordering> {
    match scale {
        Scale::Text => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        Scale::Number => match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => Some(a.cmp(&b)),
            _ => a.parse::<f64>().ok()?.partial_cmp(&b.parse::<f64>().ok()?),
        },
        Scale::Time => Some(clock::parse_moment(a)?.cmp(&clock::parse_moment(b)?)),
    }
}

/// Property, how it compares, and whether the largest comes first.
type Sort = (Subject, bool);

fn sort(live: &Live, kind: Kind, body: &Map<String, Value>) -> Result<Option<Sort>, Reply> {
    let sorts = input::list(body, "sorts", false)?;
    if sorts.len() > 1 {
        return Err(invalid("A search can be sorted by one property"));
    }
    let Some(one) = sorts.first() else {
        return Ok(None);
    };
    let (name, down) = match one {
        Value::String(name) => (name.trim_start_matches('-').to_string(), name.starts_with('-')),
        Value::Object(map) => {
            let name = map
                .get("propertyName")
                .and_then(Value::as_str)
                .ok_or_else(|| invalid("a sort needs a propertyName"))?;
            match map.get("direction").and_then(Value::as_str) {
                None | Some("ASCENDING") => (name.to_string(), false),
                Some("DESCENDING") => (name.to_string(), true),
                Some(other) => return Err(invalid(format!("Unknown direction {other}"))),
            }
        }
        _ => return Err(invalid("a sort must be a text or an object")),
    };
    match subject(live, kind, &name)? {
        Subject::Linked(_) => Err(invalid("A search can't be sorted by associations")),
        subject => Ok(Some((subject, down))),
    }
}

fn order(live: &Live, kind: Kind, found: &mut Vec<Candidate>, sort: Option<Sort>) {
    let Some((subject, down)) = sort else { return };
    match subject {
        Subject::Modified => found.sort_by_key(|c| c.updated),
        Subject::Field(name, scale) => {
            let mut keyed: Vec<(Option<String>, Candidate)> =
                found.iter().map(|c| (live.get(kind, c.id).and_then(|r| value(&r, name)), *c)).collect();
            keyed.sort_by(|(a, _), (b, _)| match (a, b) {
                (Some(a), Some(b)) => cmp(scale, a, b).unwrap_or(Ordering::Equal),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
            *found = keyed.into_iter().map(|(_, c)| c).collect();
        }
        Subject::Id | Subject::Linked(_) => found.sort_by_key(|c| c.id),
    }
    if down {
        found.reverse();
    }
}
