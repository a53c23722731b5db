//! Sends what waits in the outbox, each row once.
//!
//! A write whose answer is unclear may have arrived. It is never simply sent again: after a pause the account's records are
//! listed and looked through for the row's mark, and only where it is not found is the write repeated. What was sent
//! when the process died is treated the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::book::ids::SourceName;
use crate::book::progress::Progress;
use crate::book::row::Value;
use crate::connect::{ErrorClass, FindMarked, SendOutcome, Source, WriteStep};
use crate::store::{OutboxItem, OutboxMark, OutboxState, Store, StoreError, WriteAction};
use crate::sync::clock::Clock;

/// What a row of the outbox wants written: kept as JSON by the store, which never looks into it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// `call`, `meeting` or `mail` for touches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Ids of people in the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    pub fields: BTreeMap<String, Value>,
    /// By which it is found again.
    pub mark: String,
}

/// Rows that are looked at in one go.
const AT_ONCE: usize = 50;
/// Rows that are put off together when their source can take none.
const PUT_OFF: usize = 10_000;
/// A pause from which on it is the source that waits, not the row.
const LONG: f64 = 30.0;
/// The longest pause before a next try.
const LONGEST_PAUSE: f64 = 15.0 * 60.0;

/// Sends what is due. Answers with how many rows arrived.
///
/// # Errors
/// Only what concerns the store: a source that fails leaves its rows waiting, with the reason.
pub fn push(
    runtime: &Runtime,
    store: &mut Store,
    sources: &[(SourceName, Arc<Source>)],
    clock: &Clock,
    settle: Duration,
    report: &dyn Fn(Progress),
) -> Result<u64, StoreError> {
    let mut sent = 0;
    // Each row is tried once: what is put off stays due later, and a row behind it may follow at once.
    let mut tried = Vec::new();
    loop {
        let due = store.outbox_due(clock.now(), AT_ONCE + tried.len())?;
        let Some(item) = due.into_iter().find(|item| !tried.contains(&item.id)) else { return Ok(sent) };
        tried.push(item.id.clone());
        let Some((_, source)) = sources.iter().find(|(name, _)| *name == item.source) else { continue };
        let end = deliver(runtime, store, source, &item, clock, settle)?;
        sent += u64::from(end == End::Arrived);
        report(Progress::Pushed { account: item.account.to_string(), ok: end == End::Arrived });
        if let End::Closed { because, until } = end {
            // Its other rows would meet the same, one time-out after the other.
            let others = store.outbox_due(clock.now(), PUT_OFF)?;
            for other in others {
                if other.source != item.source || tried.contains(&other.id) {
                    continue;
                }
                mark(store, &other, other.state, Some(because.clone()), None, Some(until), clock)?;
                tried.push(other.id);
            }
        }
    }
}

/// How a row fared.
#[derive(Clone, Debug, PartialEq)]
enum End {
    /// It is there.
    Arrived,
    /// It is not, for a reason of its own.
    Waits,
    /// Its source takes nothing until then.
    Closed { because: String, until: Timestamp },
}

/// One row: looks for it first where it may be there already, else sends it. How it fared.
fn deliver(
    runtime: &Runtime,
    store: &mut Store,
    source: &Source,
    item: &OutboxItem,
    clock: &Clock,
    settle: Duration,
) -> Result<End, StoreError> {
    let bare = matches!(item.payload.as_str(), "" | "null");
    let payload = if bare { Ok(Draft::default()) } else { serde_json::from_str(&item.payload) };
    let draft: Draft = match payload {
        Ok(draft) => draft,
        Err(error) => {
            let because = format!("its stored form cannot be read ({error}); drop it and write it again");
            mark(store, item, OutboxState::Refused, Some(because), None, None, clock)?;
            return Ok(End::Waits);
        }
    };
    if item.state == OutboxState::Unknown && item.action == WriteAction::Create {
        let what = FindMarked {
            entity: item.entity,
            kind: draft.kind.clone(),
            account: item.account.parts().1.to_owned(),
            mark: draft.mark.clone(),
        };
        match runtime.block_on(source.find_marked(&what)) {
            Ok(found) => {
                if let Some(first) = found.first() {
                    mark(store, item, OutboxState::Sent, None, Some(first.id.clone()), None, clock)?;
                    return Ok(End::Arrived);
                }
            }
            Err(error) => {
                let later = clock.now().saturating_add(pause(item.attempts)).unwrap_or(clock.now());
                let because = error.to_string();
                mark(store, item, OutboxState::Unknown, Some(because.clone()), None, Some(later), clock)?;
                let closed = matches!(error.class(), ErrorClass::Unreachable | ErrorClass::SignIn | ErrorClass::Quota);
                return Ok(if closed { End::Closed { because, until: later } } else { End::Waits });
            }
        }
    }
    let Some(step) = step(item, draft) else {
        // What was never there needs no change and no removal.
        mark(store, item, OutboxState::Sent, None, None, None, clock)?;
        return Ok(End::Arrived);
    };
    mark(store, item, OutboxState::Sending, None, None, None, clock)?;
    let outcome = runtime.block_on(source.send(&step));
    let closed = match &outcome {
        SendOutcome::Later { seconds, .. } => *seconds >= LONG,
        SendOutcome::SignIn { .. } => true,
        SendOutcome::Done { .. } | SendOutcome::Refused { .. } | SendOutcome::Unclear { .. } => false,
    };
    let now = clock.now();
    let at = |wait: SignedDuration| Some(now.saturating_add(wait).unwrap_or(now));
    let (state, because, id, next) = match outcome {
        SendOutcome::Done { id } => (OutboxState::Sent, None, id, None),
        SendOutcome::Refused { because } => (OutboxState::Refused, Some(because), None, None),
        SendOutcome::Unclear { because } => {
            // Time for a late write to show up before it is looked for.
            let settle = SignedDuration::try_from(settle).unwrap_or(SignedDuration::from_secs(60));
            (OutboxState::Unknown, Some(because), None, at(settle))
        }
        SendOutcome::Later { seconds, because } => {
            let wait = SignedDuration::from_millis((seconds.clamp(0.0, LONGEST_PAUSE) * 1000.0) as i64);
            (OutboxState::Queued, Some(because), None, at(wait.max(pause(item.attempts))))
        }
        SendOutcome::SignIn { because } => (OutboxState::Queued, Some(because), None, at(SignedDuration::from_mins(5))),
    };
    let arrived = state == OutboxState::Sent;
    if !arrived {
        tracing::warn!(row = item.id, "{}", because.as_deref().unwrap_or_default());
    }
    mark(store, item, state, because.clone(), id, next, clock)?;
    Ok(match (arrived, closed, next) {
        (true, ..) => End::Arrived,
        (false, true, Some(until)) => End::Closed { because: because.unwrap_or_default(), until },
        (false, ..) => End::Waits,
    })
}

/// What is to be sent; `None` where there is nothing there to change or remove.
fn step(item: &OutboxItem, draft: Draft) -> Option<WriteStep> {
    let Draft { kind, people, fields, mark } = draft;
    Some(match item.action {
        WriteAction::Create => WriteStep::Create {
            entity: item.entity,
            kind,
            account: item.account.parts().1.to_owned(),
            people,
            fields,
            mark,
        },
        WriteAction::Update => WriteStep::Update { entity: item.entity, kind, id: item.remote.clone()?, fields },
        WriteAction::Delete => WriteStep::Delete { entity: item.entity, kind, id: item.remote.clone()? },
    })
}

/// The pause before a next try: doubled each time, from two seconds on.
fn pause(attempts: u32) -> SignedDuration {
    SignedDuration::from_secs(2_i64 << attempts.min(8)).min(SignedDuration::from_secs(LONGEST_PAUSE as i64))
}

fn mark(
    store: &mut Store,
    item: &OutboxItem,
    state: OutboxState,
    because: Option<String>,
    remote: Option<String>,
    next_at: Option<Timestamp>,
    clock: &Clock,
) -> Result<(), StoreError> {
    store.outbox_mark(&item.id, &OutboxMark { because, remote, next_at, ..OutboxMark::new(state, clock.now()) })
}
