//! Writes one step back and says what became of it; finds our mark again by listing.
//!
//! Decides whether something may have been written. It never tries twice: that is the outbox's to decide.

use serde_json::{Value as Json, json};

use super::answer::{Answer, NoAnswer, header};
use super::client::Built;
use super::error::{ConnectError, ErrorClass};
use super::formula::plain_text;
use super::manifest::{FindHow, IdFrom, Is, Request, Write};
use super::source::Source;
use super::trouble::Trouble;
use super::types::{FindMarked, Found, SendOutcome, WriteStep};
use crate::book::row::{Entity, Value};

impl Source {
    fn write(&self, entity: Entity, kind: Option<&str>) -> Option<&Write> {
        self.manifest.writes.iter().find(|w| w.entity == entity && w.kind.as_deref() == kind)
    }

    /// Sends one step, once.
    pub async fn send(&self, step: &WriteStep) -> SendOutcome {
        let (entity, kind) = match step {
            WriteStep::Create { entity, kind, .. }
            | WriteStep::Update { entity, kind, .. }
            | WriteStep::Delete { entity, kind, .. } => (*entity, kind.as_deref()),
        };
        let what = kind.unwrap_or(entity.name());
        let Some(write) = self.write(entity, kind) else {
            return self.refused(what, "the connector can't write it");
        };
        let ground = match self.context_of(&write.asks, &write.its, json!({})).await {
            Ok(ground) => ground,
            // Nothing was sent yet.
            Err(error) if error.class() == ErrorClass::SignIn => {
                return SendOutcome::SignIn { because: error.to_string() };
            }
            Err(error) => return later(&error),
        };
        let (request, context) = match self.step(write, step, ground) {
            Ok(Some(ready)) => ready,
            Ok(None) => return self.refused(what, "the connector can't do this to it"),
            Err(why) => return self.refused(what, &why),
        };
        if let Some(error) = self.client.spent() {
            return later(&error);
        }
        if let Some((left, because)) = self.client.limiter.paused() {
            return SendOutcome::Later { seconds: left.as_secs_f64(), because };
        }
        let built = match self.built(request, &context, "sending") {
            Ok(built) => built,
            Err(error) => return SendOutcome::Refused { because: error.to_string() },
        };
        self.deliver(write, step, built, &context, what).await
    }

    fn step<'a>(
        &self,
        write: &'a Write,
        step: &WriteStep,
        mut context: Json,
    ) -> Result<Option<(&'a Request, Json)>, String> {
        let (request, fields, mark) = match step {
            WriteStep::Create { account, people, fields, mark, .. } => {
                context["account"] = json!({ "id": account });
                context["people"] = json!(people);
                name_mark(&mut context, mark);
                (&write.create, Some(fields), Some(mark))
            }
            WriteStep::Update { id, fields, .. } => {
                context["id"] = json!(id);
                (&write.update, Some(fields), None)
            }
            WriteStep::Delete { id, .. } => {
                context["id"] = json!(id);
                (&write.delete, None, None)
            }
        };
        let Some(request) = request else { return Ok(None) };
        let mut values = serde_json::Map::new();
        for (name, value) in fields.into_iter().flatten() {
            values.insert(name.clone(), to_json(value));
        }
        if let Some(mark) = mark {
            let body = values.get("body").map(plain_text).unwrap_or_default();
            let body = match body.trim_end() {
                "" => mark.clone(),
                text if text.contains(mark.as_str()) => text.to_owned(),
                text => format!("{text}\n{mark}"),
            };
            values.insert("body".to_owned(), Json::from(body));
        }
        if let Some(Json::String(body)) = values.get_mut("body") {
            *body = write.text.send(body);
            let length = body.chars().count();
            if let Some(max) = write.max.filter(|max| length > *max) {
                return Err(format!(
                    "its text is {length} characters as it is sent, and {max} are allowed: shorten it"
                ));
            }
        }
        context["item"] = Json::Null;
        context["fields"] = Json::Object(values);
        Ok(Some((request, context)))
    }

    async fn deliver(&self, write: &Write, step: &WriteStep, built: Built, context: &Json, what: &str) -> SendOutcome {
        let mut renewed = false;
        loop {
            let generation = self.client.generation();
            let raw = match self.client.exchange(&built, &self.rules(context)).await {
                Ok(raw) => raw,
                Err(NoAnswer::NotSent(because)) => {
                    let because = format!("{} does not answer ({because})", self.client.at);
                    return SendOutcome::Later { seconds: 30.0, because };
                }
                Err(NoAnswer::Ours(because)) => return self.refused(what, &because),
                Err(NoAnswer::OtherHost(host)) => {
                    return self
                        .refused(what, &format!("it points to another host, {host}; the token was not sent there"));
                }
                Err(no @ (NoAnswer::Cut(_) | NoAnswer::TooLarge(_))) => {
                    return SendOutcome::Unclear {
                        because: self.client.no_answer(no, &format!("taking the {what}")).to_string(),
                    };
                }
            };
            let failed = match self.client.judge(raw, &built, &self.rules(context)) {
                Ok(answer) => {
                    let id = write.id.as_ref().and_then(|from| new_id(from, &answer, context));
                    return match (step, id) {
                        (WriteStep::Create { .. }, None) => SendOutcome::Unclear {
                            because: format!("{} took the {what} and did not say its id", self.client.at),
                        },
                        (WriteStep::Create { .. }, id) => SendOutcome::Done { id },
                        (WriteStep::Update { id, .. } | WriteStep::Delete { id, .. }, _) => {
                            SendOutcome::Done { id: Some(id.clone()) }
                        }
                    };
                }
                Err(failed) => failed,
            };
            let because = format!("{} refused the {what} ({})", self.client.at, failed.words);
            return match failed.is {
                Is::AuthExpired if !renewed => {
                    renewed = true;
                    match self.client.renew(generation).await {
                        Ok(true) => continue,
                        Ok(false) => SendOutcome::SignIn { because: self.client.error(failed, "sending").to_string() },
                        Err(error) if error.class() == ErrorClass::SignIn => {
                            SendOutcome::SignIn { because: error.to_string() }
                        }
                        Err(error) => later(&error),
                    }
                }
                Is::AuthExpired | Is::AuthWrong => {
                    SendOutcome::SignIn { because: self.client.error(failed, "sending").to_string() }
                }
                Is::Rate => {
                    let pause = failed.retry_after.unwrap_or(self.client.http_limits.retry_base);
                    self.client.limiter.pause(pause, &failed.words);
                    SendOutcome::Later { seconds: pause.as_secs_f64(), because: failed.words }
                }
                Is::Quota => later(&self.client.error(failed, "sending")),
                // It was there already under the id that we chose.
                Is::Duplicate => SendOutcome::Done { id: write.id.as_ref().and_then(|from| own_id(from, context)) },
                Is::Gone if matches!(step, WriteStep::Delete { .. }) => SendOutcome::Done { id: None },
                Is::Transient => SendOutcome::Unclear {
                    because: format!("{} failed while taking the {what} ({})", self.client.at, failed.words),
                },
                Is::Forbidden => SendOutcome::Refused {
                    because: match &failed.right {
                        Some(right) => format!("{because}. Grant the token {right}, then press R"),
                        None => because,
                    },
                },
                Is::Gone | Is::Conflict | Is::TooWide | Is::StaleCursor | Is::FieldGone | Is::Invalid => {
                    SendOutcome::Refused { because }
                }
            };
        }
    }

    fn refused(&self, what: &str, why: &str) -> SendOutcome {
        SendOutcome::Refused { because: format!("the {what} was not sent to {}: {why}", self.client.at) }
    }

    /// Records of an account that carry our mark, found by listing what is linked to it.
    ///
    /// # Errors
    /// As of any read; [`ErrorClass::Config`] never.
    pub async fn find_marked(&self, what: &FindMarked) -> Result<Vec<Found>, ConnectError> {
        let doing = format!("looking for the {} on the account", what.kind.as_deref().unwrap_or(what.entity.name()));
        let write = self.write(what.entity, what.kind.as_deref());
        let Some((write, find)) = write.and_then(|w| Some((w, w.find.as_ref()?))) else {
            return Err(self.invalid(&doing, "the connector has no way to find it".to_owned()));
        };
        let mut context =
            self.context_of(&write.asks, &write.its, json!({ "account": { "id": what.account } })).await?;
        name_mark(&mut context, &what.mark);
        let records = match &find.how {
            FindHow::Batch { ids, read, chunk, rows } => {
                let mut all = Vec::new();
                let linked = self.linked(ids, std::slice::from_ref(&what.account), &context, &doing).await;
                let linked = linked.or_else(none_there)?;
                let ids: Vec<String> = linked.into_iter().flat_map(|(_, to)| to).collect();
                for ids in ids.chunks(*chunk) {
                    let mut context = context.clone();
                    context["ids"] = json!(ids);
                    let answer = self.read_with(read, &context, &doing).await?;
                    all.extend(rows.find(&answer.json).and_then(Json::as_array).into_iter().flatten().cloned());
                }
                all
            }
            FindHow::List(paged) => self.read_all(paged, &context, &doing).await.or_else(none_there)?,
            FindHow::OwnId(request) => {
                let built = self.built(request, &context, &doing)?;
                match self.read(&built, &context, &doing).await {
                    Ok(answer) => vec![answer.json],
                    Err(Trouble::Gone(_)) => Vec::new(),
                    Err(trouble) => return Err(trouble.into()),
                }
            }
        };
        let mut found = Vec::new();
        for row in &records {
            let Some(id) = find.id.find(row).map(plain_text) else { continue };
            for path in &find.text {
                let text = path.find(row).map(plain_text).unwrap_or_default();
                let text = crate::text::clean_text(&write.text.receive(&text));
                if text.contains(&what.mark) {
                    found.push(Found { id, text });
                    break;
                }
            }
        }
        Ok(found)
    }
}

/// An account without any is "not found" at some places: that is no note, not a failure.
fn none_there<T: Default>(error: ConnectError) -> Result<T, ConnectError> {
    match error {
        ConnectError::Invalid { because, .. } if because.starts_with("404") => Ok(T::default()),
        other => Err(other),
    }
}

/// The mark, its key, and the id that is made of it for systems that take one of ours.
fn name_mark(context: &mut Json, mark: &str) {
    context["mark"] = json!(mark);
    let key = mark.split([':', '[', ']']).find_map(|part| part.parse::<ulid::Ulid>().ok().map(|ulid| (part, ulid)));
    if let Some((key, ulid)) = key {
        context["mark_key"] = json!(key);
        let hex = format!("{:032x}", ulid.0);
        context["own_id"] =
            json!(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]));
    }
}

/// The id of a new record, by the answer.
fn new_id(from: &IdFrom, answer: &Answer, context: &Json) -> Option<String> {
    match from {
        IdFrom::Body(path) => path.find(&answer.json).filter(|id| !id.is_null()).map(plain_text),
        IdFrom::Header(name) => {
            let text = header(&answer.headers, name)?;
            let text = text.trim_end_matches('/');
            match text.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
                Some((_, id)) => Some(id.trim_matches('\'').to_owned()),
                None => text.rsplit('/').next().map(str::to_owned),
            }
        }
        IdFrom::Own => own_id(from, context),
    }
    .filter(|id| !id.is_empty())
}

fn own_id(from: &IdFrom, context: &Json) -> Option<String> {
    match from {
        IdFrom::Own => context.get("own_id").map(plain_text),
        IdFrom::Body(_) | IdFrom::Header(_) => None,
    }
}

fn later(error: &ConnectError) -> SendOutcome {
    let seconds = match error {
        ConnectError::Quota { until: Some(until), .. } => {
            until.duration_since(jiff::Timestamp::now()).as_secs_f64().max(1.0)
        }
        other if other.class() == ErrorClass::Quota => 3600.0,
        _ => 60.0,
    };
    SendOutcome::Later { seconds, because: error.to_string() }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Bool(b) => Json::from(*b),
        Value::Number(n) => Json::from(*n),
        Value::Money(amount) => Json::from(amount.to_string()),
        Value::Day(day) => Json::from(day.to_string()),
        Value::Instant(at) => Json::from(at.to_string()),
        Value::List(list) => Json::from(list.clone()),
    }
}
