//! Forgetting a person, an account or everything: what names them, and taking them out here and in notes of ours there.
//!
//! Decides whom a word means, and what is left of every text. What goes first and how it is kept out is the store's.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use ulid::Ulid;

use crate::book::ids::{AccountId, NoteId, PersonId};
use crate::book::journal::{Candidate, Found, Mark, Named, find, read_back, verbs_of};
use crate::book::row::{Entity, Value};
use crate::ops::draft::first_words;
use crate::ops::{Desk, OpsError};
use crate::store::{
    Forgetting, NewOutbox, NoteLeft, OutboxItem, OutboxKind, OutboxLeft, OutboxState, OwnNote, Somebody, Whom,
    WriteAction, Written,
};
use crate::sync::Draft;

/// A note, call or task of ours that names who is to be forgotten.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForgetRow {
    /// The note's id; of a colleague's too.
    pub note: String,
    pub account: AccountId,
    /// The account's name.
    pub name: String,
    /// `note`, `touch` or `task`.
    pub kind: String,
    /// It stands on this machine.
    pub here: bool,
    /// Its id in the CRM, where it stands there.
    pub there: Option<String>,
    pub text: String,
    /// The bullets that name them.
    pub bullets: Vec<String>,
}

/// What forgetting comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForgetReport {
    /// `person`, `account` or `all`.
    pub kind: String,
    /// Whom; empty for all.
    pub name: String,
    pub accounts: Vec<AccountId>,
    pub notes: Vec<ForgetRow>,
    /// Changes that the CRM is to hear of with the next sync.
    pub changes: usize,
    /// It was done; else this is only the list.
    pub done: bool,
}

/// All that is to be changed, worked out beforehand.
struct Plan {
    rows: Vec<ForgetRow>,
    notes: Vec<NoteLeft>,
    outbox: Vec<OutboxLeft>,
    changes: Vec<(AccountId, Option<NoteId>, Option<String>, NewOutbox)>,
    records: Vec<Written>,
}

impl Desk {
    /// The one person or account that a word means.
    pub fn forget_whom(&self, what: &str) -> Result<Whom, OpsError> {
        let people = self.store().people_called(what)?;
        let accounts = self.find(what, 6)?;
        match (people.as_slice(), accounts.as_slice()) {
            ([person], []) => Ok(Whom::Person(person.clone())),
            ([], [(id, name)]) => {
                let mut names = vec![name.clone()];
                names.extend(self.facts(id)?.and_then(|facts| facts.domain));
                Ok(Whom::Account { id: id.clone(), names })
            }
            ([], []) => Err(OpsError::usage(format!("no person and no account fits {what:?}"))),
            (people, accounts) => {
                let named = |person: &Somebody| {
                    let name = person.names.first().map_or("", String::as_str);
                    let id = person.records.first().map(|(source, id)| format!("{source}:{id}"));
                    let key = person.emails.first().cloned().or(id);
                    key.map_or_else(|| format!("  {name}"), |key| format!("  {name} ({key})"))
                };
                let people = people.iter().take(5).map(named);
                let accounts = accounts.iter().take(5).map(|(id, name)| format!("  {name} ({id})"));
                let all: Vec<String> = people.chain(accounts).collect();
                Err(OpsError::usage(format!("{what:?} fits several; say which:\n{}", all.join("\n"))))
            }
        }
    }

    /// What would be forgotten; changes nothing.
    pub fn forget_list(&self, whom: &Whom) -> Result<ForgetReport, OpsError> {
        let plan = self.plan(whom)?;
        Ok(report(whom, plan.rows, plan.changes.len(), false))
    }

    /// Takes them out here, and queues what is to be changed in the CRM.
    pub fn forget(&self, whom: &Whom, now: Timestamp) -> Result<ForgetReport, OpsError> {
        self.may_write()?;
        let plan = self.plan(whom)?;
        let named = named(whom, None);
        let redact = |text: &str| named.redact(text);
        let changes = plan.changes.len();
        self.store_mut().forget(&Forgetting {
            whom,
            notes: plan.notes,
            outbox: plan.outbox,
            changes: plan.changes,
            records: plan.records,
            redact: &redact,
            at: now,
        })?;
        // What was computed of them goes with the next look at the accounts: look now.
        self.assess_all(&|_| {})?;
        Ok(report(whom, plan.rows, changes, true))
    }

    /// Everything of ours on this machine; `now`: it is done. The CRM keeps what it has.
    pub fn forget_all(&self, done: bool) -> Result<ForgetReport, OpsError> {
        let (waits, _) = self.store().outbox_counts()?;
        if done {
            self.may_write()?;
            if waits > 0 {
                return Err(OpsError::failed(format!(
                    "{waits} changes have not reached the CRM and would be lost: rounds sync first, or rounds outbox drop ID"
                )));
            }
        }
        let rows = self.store().own_notes()?.into_iter().map(|note| self.row_of(&note, Vec::new()));
        let notes = rows.collect::<Result<Vec<_>, _>>()?;
        if done {
            self.store_mut().forget_all()?;
        }
        Ok(ForgetReport { kind: "all".into(), name: String::new(), accounts: Vec::new(), notes, changes: 0, done })
    }

    fn plan(&self, whom: &Whom) -> Result<Plan, OpsError> {
        let on = match whom {
            Whom::Account { id, .. } => Some(self.store().ids_of(id)?),
            Whom::Person(_) => None,
        };
        let concerns = |account: &AccountId| on.as_ref().is_none_or(|ids| ids.contains(account));
        let mut plan =
            Plan { rows: Vec::new(), notes: Vec::new(), outbox: Vec::new(), changes: Vec::new(), records: Vec::new() };
        let at = self.now();
        let mut meant = Meant { desk: self, whom, known: BTreeMap::new() };
        for note in self.store().own_notes()?.into_iter().filter(|note| concerns(&note.account)) {
            let left = meant.note(&note)?;
            let bullets = dropped(&note.body, &left.body).chain(dropped(&note.kept, &left.kept)).collect();
            if left.text != note.text || left.body != note.body || left.kept != note.kept || on.is_some() {
                plan.rows.push(self.row_of(&note, bullets)?);
                plan.notes.push(left);
            }
        }
        let all = self.store().outbox_all()?;
        let written = self.store().written()?;
        let mut covered = HashSet::new();
        for record in written.into_iter().filter(|record| concerns(&record.account)) {
            let fields = meant.fields(&record.account, &record.fields);
            if fields == record.fields {
                continue;
            }
            let create = all.iter().find(|row| {
                row.action == WriteAction::Create
                    && row.source == record.source
                    && row.remote.as_ref() == Some(&record.id)
            });
            covered.extend(create.map(|row| row.id.clone()));
            self.list_record(&record, &fields, &mut plan.rows)?;
            let sent: BTreeMap<String, Value> = fields
                .iter()
                .filter(|(name, _)| WORDS.contains(&name.as_str()))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            let kind = match record.fields.get("kind") {
                Some(Value::Text(kind)) if record.entity == Entity::Touch => Some(kind.clone()),
                _ => None,
            };
            let draft = Draft { kind, people: Vec::new(), fields: sent, mark: record.mark.to_string() };
            let out = change(&record, &draft, at)?;
            let own = create.map(|row| row.id.clone());
            let note = create.and_then(|row| row.note.clone());
            plan.changes.push((record.account.clone(), note, own, out));
            plan.records.push(Written { fields, ..record });
        }
        for row in all.iter().filter(|row| concerns(&row.account)) {
            let Some(draft) = draft_of(row) else { continue };
            let fields = meant.fields(&row.account, &draft.fields);
            let people = meant.people(&row.account, &draft.people);
            if fields == draft.fields && people == draft.people {
                continue;
            }
            let left = Draft { fields, people, ..draft };
            let text = named(whom, Some(&row.account)).redact(&row.text);
            // It is there, or may be, and the cache does not know it yet.
            let may_be_there = matches!(row.state, OutboxState::Sent | OutboxState::Sending | OutboxState::Unknown)
                && !covered.contains(&row.id);
            if row.action == WriteAction::Create && may_be_there {
                let mut out = change_of(row, &left, at)?;
                out.text.clone_from(&text);
                plan.changes.push((row.account.clone(), row.note.clone(), Some(row.id.clone()), out));
            }
            plan.outbox.push(OutboxLeft { id: row.id.clone(), payload: json(&left)?, text });
        }
        Ok(plan)
    }

    fn row_of(&self, note: &OwnNote, bullets: Vec<String>) -> Result<ForgetRow, OpsError> {
        Ok(ForgetRow {
            note: note.id.to_string(),
            name: self.name_of(&note.account)?,
            account: note.account.clone(),
            kind: Entity::Note.name().to_owned(),
            here: true,
            there: note.remote.clone(),
            text: first_words(&note.text),
            bullets,
        })
    }

    /// A record in the CRM: beside the note of ours that it is, or on a row of its own.
    fn list_record(
        &self,
        record: &Written,
        left: &BTreeMap<String, Value>,
        rows: &mut Vec<ForgetRow>,
    ) -> Result<(), OpsError> {
        let (note, kind) = (record.mark.note.to_string(), record.entity.name());
        let text = |fields: &BTreeMap<String, Value>, name: &str| match fields.get(name) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        if record.entity == Entity::Note
            && let Some(row) = rows.iter_mut().find(|row| row.note == note && row.kind == kind)
        {
            row.there.get_or_insert_with(|| record.id.clone());
            return Ok(());
        }
        let body = text(&record.fields, "body");
        let words = ["title", "subject"].iter().map(|name| text(&record.fields, name)).find(|words| !words.is_empty());
        rows.push(ForgetRow {
            note,
            name: self.name_of(&record.account)?,
            account: record.account.clone(),
            kind: kind.to_owned(),
            here: false,
            there: Some(record.id.clone()),
            text: words.unwrap_or_else(|| first_words(&body)),
            bullets: dropped(&body, &text(left, "body")).collect(),
        });
        Ok(())
    }

    fn name_of(&self, account: &AccountId) -> Result<String, OpsError> {
        Ok(self.store().row(account)?.map_or_else(|| account.to_string(), |row| row.name))
    }
}

/// The fields of a record that hold words.
const WORDS: [&str; 3] = ["body", "title", "subject"];

/// By what they are called: on their own accounts by name and address, elsewhere by address only, since others may have
/// the same name there. `None`: anywhere.
fn named(whom: &Whom, account: Option<&AccountId>) -> Named {
    match whom {
        Whom::Account { names, .. } => Named::new(names.iter().map(String::as_str), []),
        Whom::Person(somebody) => {
            let here = account.is_none_or(|account| somebody.accounts.contains(account));
            let names = somebody.names.iter().filter(|_| here || somebody.emails.is_empty());
            Named::new(names.map(String::as_str), somebody.emails.iter().map(String::as_str))
        }
    }
}

fn report(whom: &Whom, notes: Vec<ForgetRow>, changes: usize, done: bool) -> ForgetReport {
    let (kind, name, accounts) = match whom {
        Whom::Account { id, names } => ("account", names.first(), vec![id.clone()]),
        Whom::Person(somebody) => ("person", somebody.names.first(), somebody.accounts.clone()),
    };
    ForgetReport { kind: kind.to_owned(), name: name.cloned().unwrap_or_default(), accounts, notes, changes, done }
}

/// The bullets of a text that the other does not have.
fn dropped<'a>(before: &'a str, after: &'a str) -> impl Iterator<Item = String> + 'a {
    let kept: HashSet<&str> = after.lines().collect();
    before.lines().filter(move |line| line.starts_with("* ") && !kept.contains(line)).map(str::to_owned)
}

/// Who is meant, account by account.
struct Meant<'a> {
    desk: &'a Desk,
    whom: &'a Whom,
    /// By account: the people of it, and which of them are meant.
    known: BTreeMap<AccountId, (Vec<Candidate>, Vec<PersonId>)>,
}

impl Meant<'_> {
    fn on(&mut self, account: &AccountId) -> Result<&(Vec<Candidate>, Vec<PersonId>), OpsError> {
        if !self.known.contains_key(account) {
            let people: Vec<Candidate> = match self.desk.facts(account)? {
                Some(facts) => facts.people.iter().map(Candidate::from).collect(),
                None => Vec::new(),
            };
            let named = named(self.whom, Some(account));
            let mut meant: Vec<PersonId> = match self.whom {
                Whom::Person(somebody) => somebody.ids(),
                Whom::Account { .. } => Vec::new(),
            };
            let called = people.iter().filter(|one| matches!(self.whom, Whom::Person(_)) && named.is(&one.reference()));
            meant.extend(called.map(|one| one.id.clone()));
            self.known.insert(account.clone(), (people, meant));
        }
        self.known.get(account).ok_or_else(|| OpsError::failed(format!("{account} can't be read")))
    }

    /// A note of ours without them.
    fn note(&mut self, note: &OwnNote) -> Result<NoteLeft, OpsError> {
        let named = named(self.whom, Some(&note.account));
        let whom = self.whom;
        let (people, meant) = self.on(&note.account)?;
        let text = typed(&note.text, people, meant, &named);
        let body = match whom {
            Whom::Account { .. } => bare(&note.body, &named),
            Whom::Person(_) => named.lines(&note.body),
        };
        // Words that could not be read for a fact are as they were typed.
        let kept = named.lines(&typed(&note.kept, people, meant, &Named::default()));
        let kept = if matches!(whom, Whom::Account { .. }) { String::new() } else { kept };
        Ok(NoteLeft { id: note.id.clone(), text, body, kept })
    }

    /// The fields of a record without them.
    fn fields(&self, account: &AccountId, fields: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let named = named(self.whom, Some(account));
        let left = fields.iter().map(|(name, value)| {
            let left = match (name.as_str(), value, self.whom) {
                ("body", Value::Text(text), Whom::Account { .. }) => Value::Text(bare(text, &named)),
                ("body", Value::Text(text), Whom::Person(_)) => Value::Text(named.lines(text)),
                ("title" | "subject", Value::Text(text), _) => Value::Text(named.redact(text)),
                _ => value.clone(),
            };
            (name.clone(), left)
        });
        left.collect()
    }

    /// The people whom a record is linked to, without them.
    fn people(&self, account: &AccountId, people: &[String]) -> Vec<String> {
        let source = account.parts().0;
        let gone = |id: &String| match self.whom {
            Whom::Person(somebody) => somebody.records.iter().any(|(of, theirs)| of.as_str() == source && theirs == id),
            Whom::Account { .. } => false,
        };
        people.iter().filter(|id| !gone(id)).cloned().collect()
    }
}

/// A body of which only the words and the mark are left.
fn bare(body: &str, named: &Named) -> String {
    let Some(mark) = Mark::of_body(body) else { return named.redact(body) };
    let text = read_back(body, &[&mark.account]).map(|read| read.text).unwrap_or_default();
    let text = named.redact(&text);
    if text.is_empty() { mark.to_string() } else { format!("{text}\n\n{mark}") }
}

/// A typed text without them: facts that say something about them alone go, their `@name` goes out of the others, and in
/// plain words it is blacked out.
fn typed(text: &str, people: &[Candidate], meant: &[PersonId], named: &Named) -> String {
    let lines = text.lines().map(|line| {
        let found = verbs_of(line);
        let first = found.first().map_or(line.len(), |(at, ..)| *at);
        let mut out = without_handles(&line[..first], people, meant, crate::book::journal::REDACTED);
        for (index, (at, _, verb)) in found.iter().enumerate() {
            let end = found.get(index + 1).map_or(line.len(), |(next, ..)| *next);
            let part = &line[*at..end];
            let left = without_handles(part, people, meant, "");
            if left == part || !ABOUT_ONE.contains(&verb.word) {
                out.push_str(&left);
            }
        }
        named.redact(out.trim_end())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Facts that are about one person and nothing else.
const ABOUT_ONE: [&str; 7] = ["feels", "wants", "values", "role", "left", "champion", "told"];

/// The text with every `@` that means one of them replaced.
fn without_handles(text: &str, people: &[Candidate], meant: &[PersonId], with: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('@') {
        let blank = rest[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(');
        match find(&rest[at + 1..], people) {
            Found::One(one, len) if blank && meant.contains(&one.id) => {
                let before = if with.is_empty() { rest[..at].trim_end() } else { &rest[..at] };
                out.push_str(before);
                out.push_str(with);
                rest = &rest[at + 1 + len..];
            }
            _ => {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn draft_of(row: &OutboxItem) -> Option<Draft> {
    serde_json::from_str::<Option<Draft>>(&row.payload).ok().flatten()
}

fn json(draft: &Draft) -> Result<String, OpsError> {
    serde_json::to_value(draft)
        .map(|value: Json| value.to_string())
        .map_err(|error| OpsError::failed(error.to_string()))
}

fn unique(at: Timestamp) -> Ulid {
    Ulid::from_datetime(at.into())
}

/// The change of a record that the cache knows.
fn change(record: &Written, draft: &Draft, at: Timestamp) -> Result<NewOutbox, OpsError> {
    Ok(NewOutbox {
        id: format!("{}-forget-{}", record.id, unique(at)),
        source: record.source.clone(),
        part: "forget".to_owned(),
        kind: if record.entity == Entity::Task { OutboxKind::Task } else { OutboxKind::Note },
        entity: record.entity,
        action: WriteAction::Update,
        payload: json(draft)?,
        text: format!("a {} without a name that was forgotten", record.entity.name()),
        remote: Some(record.id.clone()),
    })
}

/// The change of something that was sent and is not known to be there yet.
fn change_of(row: &OutboxItem, draft: &Draft, at: Timestamp) -> Result<NewOutbox, OpsError> {
    Ok(NewOutbox {
        id: format!("{}-forget-{}", row.id, unique(at)),
        source: row.source.clone(),
        part: "forget".to_owned(),
        kind: row.kind,
        entity: row.entity,
        action: WriteAction::Update,
        payload: json(draft)?,
        text: String::new(),
        remote: row.remote.clone(),
    })
}
