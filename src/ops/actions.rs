//! Open tasks and plays on offer, and what is done about them.

use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use crate::book::facts::{Facts, Task};
use crate::book::ids::{AccountId, NoteId, SourceName};
use crate::book::plays::{ActionState, ActionStatus, steps};
use crate::book::row::{Entity, Value};
use crate::book::standing::{Offer, Standing};
use crate::book::view::{ActionRow, InHand};
use crate::ops::{ActVerb, Desk, OpsError};
use crate::store::{Colleague, Decision, NewOutbox, OutboxKind, OutboxState, TaskClosing, WriteAction, closing_part};
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
            rows.extend(decided.iter().filter(|d| d.state.status == ActionStatus::Doing).map(|doing| ActionRow {
                id: format!("{}/{}", standing.account, doing.state.play),
                account: standing.account.clone(),
                name: standing.name.clone(),
                play: doing.state.play.clone(),
                title: doing.title.clone(),
                because: match &doing.assignee {
                    Some(who) => format!("given to {who} on {}", doing.state.on),
                    None => format!("taken on since {}", doing.state.on),
                },
                due: doing.state.until,
                state: doing.word().to_owned(),
                worth: 0.0,
                factors: None,
            }));
            rows.extend(standing.offers.iter().map(|offer| ActionRow {
                id: format!("{}/{}", standing.account, offer.play),
                account: standing.account.clone(),
                name: standing.name.clone(),
                play: offer.play.clone(),
                title: offer.title.clone(),
                because: offer.because.clone(),
                due: offer.due,
                state: "open".into(),
                worth: offer.worth,
                factors: Some(offer.factors),
            }));
            // Nobody keeps since when a task stood there: a past day has none.
            if let Some(facts) = self.facts(&standing.account)?.filter(|_| !self.is_past()) {
                rows.extend(tasks(standing, &facts));
            }
        }
        // What has a day comes in the order of days, then plays by rank: a task promised for today beats a good idea.
        let rank = |row: &ActionRow| row.factors.map_or(0.0, |factors| factors.rank);
        let today = self.day();
        rows.sort_by(|a, b| {
            let mine = |row: &ActionRow| row.play == "task" || row.state != "open";
            let late = |row: &ActionRow| mine(row) && row.due.is_some_and(|due| due <= today);
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
        self.must_be_today("what is done about a play is decided today")?;
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
            ActVerb::Do => (self.due(&view.facts, offer, play), None, None),
            ActVerb::Assign(to) => (self.due(&view.facts, offer, play), None, Some(self.colleague(to)?)),
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
        self.assess_now(account)
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

impl Desk {
    /// The plays of an account that were taken on, given away or put off, in the order of their days.
    pub(super) fn in_hand(&self, facts: &Facts) -> Result<Vec<InHand>, OpsError> {
        let day = self.day();
        let decided = self.store().decisions_of(&facts.id)?;
        let mut out: Vec<InHand> = Vec::new();
        for decision in decided.into_iter().filter(|decision| decision.state.on <= day) {
            let state = &decision.state;
            let waits = state.status == ActionStatus::Snoozed && state.until.is_none_or(|until| until > day);
            let doing = state.status == ActionStatus::Doing;
            if !waits && !doing {
                continue;
            }
            let steps = if doing { steps(facts, self.model(), &state.play, state.on) } else { Vec::new() };
            out.push(InHand {
                play: state.play.clone(),
                title: decision.title.clone(),
                state: decision.word().to_owned(),
                on: state.on,
                until: state.until,
                because: decision.because.clone(),
                assignee: decision.assignee.clone(),
                steps,
            });
        }
        out.sort_by_key(|one| (one.state == "snoozed", one.until.is_none(), one.until));
        Ok(out)
    }

    /// The colleague that is meant, by mail address, name or a part of either that only one has. Somebody whom no source
    /// knows is taken by their mail address.
    fn colleague(&self, said: &str) -> Result<String, OpsError> {
        let wanted = said.trim().to_lowercase();
        let all = self.store().colleagues()?;
        let words = |one: &Colleague| -> Vec<String> {
            [&one.email, &one.name].into_iter().flatten().map(|word| word.to_lowercase()).collect()
        };
        let shown = |one: &Colleague| one.email.clone().or_else(|| one.name.clone());
        let exact = all.iter().find(|one| words(one).contains(&wanted));
        if let Some(one) = exact.and_then(shown) {
            return Ok(one);
        }
        let fits: Vec<String> =
            all.iter().filter(|one| words(one).iter().any(|word| word.contains(&wanted))).filter_map(shown).collect();
        match fits.as_slice() {
            [one] => Ok(one.clone()),
            [] if said.contains('@') || all.is_empty() => Ok(said.trim().to_owned()),
            [] => {
                let some: Vec<String> = all.iter().filter_map(shown).take(5).collect();
                Err(OpsError::usage(format!("no colleague is called {said:?}; there are {}", some.join(", "))))
            }
            several => {
                let some = several.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
                Err(OpsError::usage(format!("{said:?} fits several colleagues: {some}")))
            }
        }
    }

    /// When a play that is taken on now is due: the day that its offer says, else that of its last step.
    fn due(&self, facts: &Facts, offer: Option<&Offer>, play: &str) -> Option<Date> {
        let last = steps(facts, self.model(), play, self.today()).into_iter().map(|(_, day)| day).max();
        offer.and_then(|offer| offer.due).or(last)
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
