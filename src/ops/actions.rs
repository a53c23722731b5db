//! Open tasks and plays on offer, and what is done about them.

use jiff::Timestamp;
use ulid::Ulid;

use crate::book::facts::{Facts, Task};
use crate::book::ids::{AccountId, NoteId, SourceName};
use crate::book::plays::{ActionState, ActionStatus};
use crate::book::row::{Entity, Value};
use crate::book::standing::Standing;
use crate::book::view::ActionRow;
use crate::ops::{ActVerb, Desk, OpsError};
use crate::store::{Decision, NewOutbox, OutboxKind, OutboxState, TaskClosing, WriteAction, closing_part};
use crate::sync::Draft;

impl Desk {
    /// Open tasks and plays, best first; of one account or of the whole book.
    pub fn actions(&self, account: Option<&AccountId>) -> Result<Vec<ActionRow>, OpsError> {
        let standings = match account {
            Some(id) => vec![self.account(id)?.standing],
            None => self.standings()?,
        };
        let mut rows = Vec::new();
        for standing in &standings {
            let decided = self.store().decisions_of(&standing.account)?;
            rows.extend(standing.offers.iter().map(|offer| {
                let state = decided.iter().find(|d| d.state.play == offer.play && d.state.key == offer.key);
                ActionRow {
                    id: format!("{}/{}", standing.account, offer.play),
                    account: standing.account.clone(),
                    name: standing.name.clone(),
                    play: offer.play.clone(),
                    title: offer.title.clone(),
                    because: offer.because.clone(),
                    due: offer.due,
                    state: state.map_or("open", |d| status_name(d.state.status)).to_owned(),
                    worth: offer.worth,
                    factors: Some(offer.factors),
                }
            }));
            if let Some(facts) = self.facts(&standing.account)? {
                rows.extend(tasks(standing, &facts));
            }
        }
        // What has a day comes in the order of days, then plays by rank: a task promised for today beats a good idea.
        let rank = |row: &ActionRow| row.factors.map_or(0.0, |factors| factors.rank);
        let today = self.today();
        rows.sort_by(|a, b| {
            let late = |row: &ActionRow| row.play == "task" && row.due.is_some_and(|due| due <= today);
            late(b)
                .cmp(&late(a))
                .then_with(|| if late(a) { a.due.cmp(&b.due) } else { std::cmp::Ordering::Equal })
                .then_with(|| rank(b).total_cmp(&rank(a)))
                .then_with(|| a.due.cmp(&b.due))
                .then_with(|| a.id.cmp(&b.id))
        });
        Ok(rows)
    }

    /// Does something about a play on offer.
    pub fn act(&self, account: &AccountId, play: &str, verb: &ActVerb, now: Timestamp) -> Result<(), OpsError> {
        self.may_write()?;
        let view = self.account(account)?;
        let decided = self.store().decisions_of(account)?;
        let offer = view.standing.offers.iter().find(|offer| offer.play == play);
        // A play that is put off or done is no longer on offer, and can still be decided otherwise.
        let (key, title) = match (offer, decided.iter().find(|d| d.state.play == play)) {
            (Some(offer), _) => (offer.key.clone(), offer.title.clone()),
            (None, Some(known)) => (known.state.key.clone(), known.title.clone()),
            (None, None) => {
                let plays: Vec<&str> = view.standing.offers.iter().map(|offer| offer.play.as_str()).collect();
                let offers = if plays.is_empty() { "nothing is".into() } else { plays.join(", ") };
                return Err(OpsError::usage(format!(
                    "{play:?} is not on offer for {}; on offer: {offers}",
                    view.standing.name
                )));
            }
        };
        let (until, because, assignee) = match verb {
            ActVerb::Do => (None, None, None),
            ActVerb::Assign(to) => (None, None, Some(to.clone())),
            ActVerb::Snooze { until, .. } if *until <= self.today() => {
                return Err(OpsError::usage(format!("{until} is not after today: say a later day")));
            }
            ActVerb::Snooze { until, because } => {
                (Some(*until), Some(because.clone()).filter(|because| !because.is_empty()), None)
            }
            ActVerb::Dismiss(because) | ActVerb::Done(because) => (None, Some(because.clone()), None),
        };
        let status = match verb {
            ActVerb::Do | ActVerb::Assign(_) => ActionStatus::Doing,
            ActVerb::Snooze { .. } => ActionStatus::Snoozed,
            ActVerb::Dismiss(_) => ActionStatus::Dismissed,
            ActVerb::Done(_) => ActionStatus::Done,
        };
        let state = verb.state();
        let decision = Decision {
            account: account.clone(),
            state: ActionState { play: play.to_owned(), key, status, on: self.today(), until },
            because,
            assignee,
            title: title.clone(),
            at: now,
        };
        self.store_mut().action_put(&decision, &format!("{state}: {title}"))?;
        Ok(())
    }
}

impl Desk {
    /// Closes a task, here at once and in the CRM with the next push. Answers with what the task was.
    pub fn task_done(&self, account: &AccountId, task: &str, now: Timestamp) -> Result<String, OpsError> {
        self.may_write()?;
        let facts = self.known(account)?;
        let Some(found) = facts.tasks.iter().find(|known| known.id == task) else {
            let open: Vec<&str> =
                facts.tasks.iter().filter(|known| !known.done).map(|known| known.id.as_str()).collect();
            let open = if open.is_empty() { "none is open".to_owned() } else { format!("open: {}", open.join(", ")) };
            return Err(OpsError::usage(format!("{} has no task {task}; {open}", facts.name)));
        };
        if found.done {
            return Err(OpsError::usage(format!("the task \"{}\" is done already", found.subject)));
        }
        let (source, part, remote, behind) = self.task_record(&facts, found)?;
        let draft = Draft { fields: [("done".to_owned(), Value::Bool(true))].into(), ..Draft::default() };
        let payload = serde_json::to_string(&draft).map_err(|error| OpsError::failed(error.to_string()))?;
        let (note, follows) = behind.unzip();
        let out = NewOutbox {
            id: Ulid::from_datetime(now.into()).to_string(),
            source,
            part: closing_part(&part),
            kind: OutboxKind::Task,
            entity: Entity::Task,
            action: WriteAction::Update,
            payload,
            text: found.subject.clone(),
            remote,
        };
        let closing = TaskClosing { account: account.clone(), note: note.flatten(), follows, out, at: now };
        self.store_mut().task_close(&closing)?;
        Ok(found.subject.clone())
    }

    /// Where a task's record is or will be: its source, the part it is, its id there, and the row that makes it.
    #[allow(clippy::type_complexity)]
    fn task_record(
        &self,
        facts: &Facts,
        task: &Task,
    ) -> Result<(SourceName, String, Option<String>, Option<(Option<NoteId>, String)>), OpsError> {
        let store = self.store();
        if let Some(row) = store.outbox_row(&task.id)?.filter(|row| row.entity == Entity::Task) {
            if row.state == OutboxState::Dropped {
                return Err(OpsError::usage(
                    "this task was given up and is in no CRM: take it out of its note instead",
                ));
            }
            return Ok((row.source, row.part, row.remote, Some((row.note, row.id))));
        }
        let mut sources = vec![facts.source.clone()];
        sources.extend(self.settings().sources.iter().map(|source| source.name.clone()));
        for source in sources {
            if store.has_record(&source, Entity::Task, &task.id)? {
                return Ok((source, task.id.clone(), Some(task.id.clone()), None));
            }
        }
        Err(OpsError::usage("this task stands in a note only and has no record in the CRM: take it out of its note"))
    }
}

/// The open tasks of an account.
fn tasks<'a>(standing: &'a Standing, facts: &'a Facts) -> impl Iterator<Item = ActionRow> + 'a {
    facts.tasks.iter().filter(|task| !task.done).map(|task| ActionRow {
        id: task.id.clone(),
        account: standing.account.clone(),
        name: standing.name.clone(),
        play: "task".into(),
        title: task.subject.clone(),
        because: task.owner.as_ref().map_or_else(|| "a task in the CRM".into(), |owner| format!("for {owner}")),
        due: task.due,
        state: "open".into(),
        worth: 0.0,
        factors: None,
    })
}

/// The word for the state of a play.
fn status_name(status: ActionStatus) -> &'static str {
    match status {
        ActionStatus::Doing => "doing",
        ActionStatus::Snoozed => "snoozed",
        ActionStatus::Done => "done",
        ActionStatus::Dismissed => "dismissed",
    }
}
