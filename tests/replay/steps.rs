//! Takes the steps of a scenario, one after the other, and compares what came with what is wanted.
//!
//! Decides what is asked of the source and when it is enough: after the first step that failed no other is taken.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use rounds::book::row::{Entity, Kind, Row, Value, fields};
use rounds::connect::{ConnectError, ErrorClass, FindMarked, Notice, Pull, PullEnd, SendOutcome, Source, WriteStep};
use serde_json::Value as Json;

use super::scenario::{Step, plain};
use super::source::{NoSource, make};
use super::vendor::Vendor;
use super::{CANARY, rows};
use crate::pulled::pull;

/// The mark of a scenario that names none.
const MARK: &str = "[rounds:1:01JABCDEFGHJKMNPQRSTVWXYZ0:acme:maya@example.com]";

/// What the steps before left behind, by stream.
#[derive(Default)]
struct Kept {
    watermark: Option<String>,
    /// Where the last changed pull began, for one that goes on after an error.
    since: Option<String>,
    days: Option<(jiff::civil::Date, jiff::civil::Date)>,
    resume: Option<String>,
}

/// What a step came to.
#[derive(Default)]
struct Came {
    rows: Vec<Row>,
    count: usize,
    problems: Vec<String>,
    absent: Vec<String>,
    error: Option<ConnectError>,
    me: BTreeMap<String, String>,
    found: Vec<String>,
    outcome: Option<SendOutcome>,
    /// Everything that may be shown, kept or logged.
    texts: Vec<String>,
}

pub async fn play(vendor: &Vendor, name: &str, connector: &str) -> Vec<String> {
    let scenario = &vendor.scenario;
    let waits: Arc<Mutex<Vec<String>>> = Arc::default();
    let source = match make(scenario, vendor.url(), name, connector) {
        Ok(source) => source,
        Err(NoSource::Broken(why)) => return vec![why],
        // The first step meets it.
        Err(NoSource::Refused(error)) => {
            let came = Came { texts: vec![error.to_string()], error: Some(error), ..Came::default() };
            return at(0, &scenario.step[0], compare(&scenario.step[0], &came));
        }
    };
    let heard = waits.clone();
    source.on_notice(Arc::new(move |notice: Notice| heard.lock().unwrap().push(format!("{notice:?}"))));
    let mut kept: HashMap<String, Kept> = HashMap::new();
    for (n, step) in scenario.step.iter().enumerate() {
        let (asked, waited) = (vendor.asked().len(), waits.lock().unwrap().len());
        let came = match take(&source, step, &mut kept).await {
            Ok(came) => came,
            Err(why) => return at(n, step, vec![why]),
        };
        let mut faults = compare(step, &came);
        let asked = vendor.asked().len() - asked;
        if step.requests.is_some_and(|wanted| wanted != asked) {
            let wanted = step.requests.unwrap_or_default();
            faults.push(format!("requests: wanted {wanted}, came {asked}:{}", vendor.last(asked.min(30))));
        }
        let waits = waits.lock().unwrap().clone();
        if step.waits.is_some_and(|wanted| waits.len() - waited < wanted) {
            faults.push(format!("waits: wanted {}, came {}", step.waits.unwrap_or_default(), waits.len() - waited));
        }
        let shown = came.texts.iter().chain(&waits).find(|text| text.contains(CANARY));
        faults.extend(shown.map(|text| format!("the token shows: {}", text.replace(CANARY, "<token>"))));
        if !faults.is_empty() {
            return at(n, step, faults);
        }
    }
    Vec::new()
}

fn at(n: usize, step: &Step, faults: Vec<String>) -> Vec<String> {
    let what = step.stream.as_ref().or(step.entity.as_ref()).map_or(String::new(), |what| format!(" {what}"));
    faults.into_iter().map(|why| format!("step {} ({}{what}): {why}", n + 1, step.what)).collect()
}

async fn take(source: &Source, step: &Step, kept: &mut HashMap<String, Kept>) -> Result<Came, String> {
    match step.what.as_str() {
        "me" => match source.me().await {
            Ok(me) => Ok(Came { texts: vec![format!("{me:?}")], me: me.kept, ..Came::default() }),
            Err(error) => Ok(failed(error)),
        },
        "describe" => match source.describe(entity(source, step)?).await {
            Ok(described) => {
                let absent = described.mapped.iter().filter(|m| !m.absent.is_empty());
                Ok(Came {
                    count: described.fields.len(),
                    absent: absent.map(|m| format!("{} ({})", m.field, m.absent.join(", "))).collect(),
                    texts: vec![format!("{described:?}")],
                    ..Came::default()
                })
            }
            Err(error) => Ok(failed(error)),
        },
        "find" => {
            let what = FindMarked {
                entity: entity(source, step)?,
                kind: step.kind.clone(),
                account: step.account.clone().unwrap_or_default(),
                mark: step.mark.clone().unwrap_or_else(|| MARK.to_owned()),
            };
            match source.find_marked(&what).await {
                Ok(found) => Ok(Came {
                    texts: vec![format!("{found:?}")],
                    found: found.into_iter().map(|f| f.id).collect(),
                    ..Came::default()
                }),
                Err(error) => Ok(failed(error)),
            }
        }
        "create" | "update" | "delete" => {
            let outcome = source.send(&write(source, step)?).await;
            Ok(Came { texts: vec![format!("{outcome:?}")], outcome: Some(outcome), ..Came::default() })
        }
        _ => {
            let stream = step.stream.clone().unwrap_or_default();
            let kept = kept.entry(stream.clone()).or_default();
            let asked = asked_for(source, step, stream, kept)?;
            let (pages, end) = pull(source, asked).await;
            if let Some(page) = pages.last() {
                kept.resume.clone_from(&page.resume);
            }
            if let Ok(PullEnd { watermark: Some(watermark), .. }) = &end {
                kept.watermark = Some(watermark.clone());
            }
            let mut came = match end {
                Ok(end) => Came { texts: vec![format!("{end:?}")], absent: end.absent, ..Came::default() },
                Err(error) => failed(error),
            };
            for page in pages {
                came.texts.extend(page.problems.iter().cloned().chain(page.resume));
                came.problems.extend(page.problems);
                came.count += page.rows.len();
                came.rows.extend(page.rows);
            }
            Ok(came)
        }
    }
}

fn failed(error: ConnectError) -> Came {
    Came { texts: vec![format!("{error} {error:?}")], error: Some(error), ..Came::default() }
}

fn asked_for(source: &Source, step: &Step, stream: String, kept: &mut Kept) -> Result<Pull, String> {
    let resume = match (step.resume, &kept.resume) {
        (false, _) => None,
        (true, Some(resume)) => Some(resume.clone()),
        (true, None) => return Err("no page was handed over before, so there is nowhere to go on".to_owned()),
    };
    match step.what.as_str() {
        "first" => Ok(Pull::First { stream, resume }),
        "deleted" => Ok(Pull::Deleted { stream, resume }),
        "changed" => {
            let since = match &step.since {
                Some(moment) => Some(
                    source.watermark_at(&stream, moment.0).ok_or_else(|| format!("there is no stream {stream:?}"))?,
                ),
                None if step.resume => kept.since.clone(),
                None => kept.watermark.clone(),
            };
            kept.since.clone_from(&since);
            let since = since.ok_or("since is missing, and no step before gave a watermark")?;
            Ok(Pull::Changed { stream, since, resume })
        }
        _ => {
            let given = step.from.as_ref().zip(step.to.as_ref()).map(|(from, to)| (from.0, to.0));
            kept.days = given.or(kept.days);
            let (from, to) = kept.days.ok_or("from and to are missing")?;
            Ok(Pull::Days { stream, from, to, resume })
        }
    }
}

fn entity(source: &Source, step: &Step) -> Result<Entity, String> {
    if let Some(name) = &step.entity {
        return Entity::parse(name).ok_or_else(|| format!("{name:?} is no entity"));
    }
    let name = step.stream.as_deref().unwrap_or_default();
    let known = source.streams().into_iter().find(|s| s.name == name).map(|s| s.entity);
    known.ok_or_else(|| format!("there is no stream {name:?}"))
}

fn write(source: &Source, step: &Step) -> Result<WriteStep, String> {
    let (entity, kind) = (entity(source, step)?, step.kind.clone());
    let mut values = BTreeMap::new();
    for (name, value) in &step.fields {
        values.insert(name.clone(), typed(entity, name, value)?);
    }
    let id = step.id.clone().unwrap_or_default();
    Ok(match step.what.as_str() {
        "create" => WriteStep::Create {
            entity,
            kind,
            account: step.account.clone().unwrap_or_default(),
            people: step.people.clone(),
            fields: values,
            mark: step.mark.clone().unwrap_or_else(|| MARK.to_owned()),
        },
        "update" => WriteStep::Update { entity, kind, id, fields: values },
        _ => WriteStep::Delete { entity, kind, id },
    })
}

fn typed(entity: Entity, name: &str, value: &toml::Value) -> Result<Value, String> {
    let field = fields(entity).iter().find(|f| f.name == name);
    let kind = field.ok_or_else(|| format!("{name:?} is no field of {}", entity.name()))?.kind;
    let text = plain(value);
    let read = match kind {
        Kind::Text => Some(Value::Text(text.clone())),
        Kind::Bool => value.as_bool().map(Value::Bool),
        Kind::Number => text.parse().ok().map(Value::Number),
        Kind::Money => text.parse().ok().map(Value::Money),
        Kind::Day => text.parse().ok().map(Value::Day),
        Kind::Instant => text.parse().ok().map(Value::Instant),
        Kind::List => value.as_array().map(|list| Value::List(list.iter().map(plain).collect())),
    };
    read.ok_or_else(|| format!("{text:?} can't be the {name} of {}", entity.name()))
}

fn compare(step: &Step, came: &Came) -> Vec<String> {
    let mut faults = Vec::new();
    let error = came.error.as_ref().map(ToString::to_string);
    match (&step.error, &came.error) {
        (None, Some(error)) => {
            return vec![format!("wanted no error, came {}: {error}; {} rows came before", class(error), came.count)];
        }
        (Some(wanted), None) => faults.push(format!("error: wanted {wanted}, came none")),
        (Some(wanted), Some(error)) if wanted != class(error) => {
            faults.push(format!("error: wanted {wanted}, came {}: {error}", class(error)));
        }
        _ => {}
    }
    let mut said = error.unwrap_or_default();
    if let Some(outcome) = &came.outcome {
        let (word, because, id) = told(outcome);
        said = because;
        let wanted = step.outcome.as_deref().unwrap_or("done");
        if wanted != word {
            faults.push(format!("outcome: wanted {wanted}, came {outcome:?}"));
        } else if step.got.is_some() && step.got != id {
            faults.push(format!("got: wanted {:?}, came {id:?}", step.got));
        }
    }
    for part in step.says.iter().filter(|part| !said.contains(part.as_str())) {
        faults.push(format!("says: wanted {part:?}, came {said:?}"));
    }
    if step.count.is_some_and(|wanted| wanted != came.count) {
        let ids: Vec<&str> = came.rows.iter().map(|row| row.id.as_str()).take(20).collect();
        let wanted = step.count.unwrap_or_default();
        faults.push(format!("count: wanted {wanted}, came {}: {}", came.count, ids.join(", ")));
    }
    if let Some(wanted) = &step.problems {
        listed("problems", wanted, &came.problems, &mut faults, |came, part| came.contains(part));
    }
    if let Some(wanted) = &step.absent {
        // `arr (properties.annual_value)`
        let named = |came: &str, field: &str| came == field || came.starts_with(&format!("{field} ("));
        listed("absent", wanted, &came.absent, &mut faults, named);
    }
    for (key, wanted) in step.me.iter().flatten() {
        if came.me.get(key) != Some(wanted) {
            faults.push(format!("me.{key}: wanted {wanted:?}, came {:?}", came.me.get(key)));
        }
    }
    if let Some(wanted) = &step.found {
        let (mut wanted, mut found) = (wanted.clone(), came.found.clone());
        wanted.sort();
        found.sort();
        if wanted != found {
            faults.push(format!("found: wanted {wanted:?}, came {found:?}"));
        }
    }
    if let Some(Json::Array(wanted)) = &step.rows {
        faults.extend(rows::faults(wanted, &came.rows));
    }
    faults
}

/// Each wanted one must be among what came; an empty list wants none.
fn listed(what: &str, wanted: &[String], came: &[String], faults: &mut Vec<String>, is: impl Fn(&str, &str) -> bool) {
    if wanted.is_empty() && !came.is_empty() {
        faults.push(format!("{what}: wanted none, came {came:?}"));
    }
    for part in wanted.iter().filter(|part| !came.iter().any(|came| is(came, part))) {
        faults.push(format!("{what}: wanted {part:?}, came {came:?}"));
    }
}

fn class(error: &ConnectError) -> &'static str {
    match error.class() {
        ErrorClass::SignIn => "sign_in",
        ErrorClass::Forbidden => "forbidden",
        ErrorClass::Quota => "quota",
        ErrorClass::Unreachable => "unreachable",
        ErrorClass::Transient => "transient",
        ErrorClass::StaleCursor => "stale_cursor",
        ErrorClass::Invalid => "invalid",
        ErrorClass::Config => "config",
    }
}

fn told(outcome: &SendOutcome) -> (&'static str, String, Option<String>) {
    match outcome {
        SendOutcome::Done { id } => ("done", String::new(), id.clone()),
        SendOutcome::Refused { because } => ("refused", because.clone(), None),
        SendOutcome::Unclear { because } => ("unclear", because.clone(), None),
        SendOutcome::Later { because, .. } => ("later", because.clone(), None),
        SendOutcome::SignIn { because } => ("sign_in", because.clone(), None),
    }
}
