//! Notes: taken, changed and deleted; what is understood of them; drafts that survive a crash.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use ulid::Ulid;

use crate::book::facts::Facts;
use crate::book::ids::{AccountId, DraftKey, NoteId, SourceName};
use crate::book::journal::{self, Parsed};
use crate::book::row::Entity;
use crate::book::view::NoteReceipt;
use crate::ops::draft::{Making, Record, Split, stays};
use crate::ops::understand::Understood;
use crate::ops::{Desk, OpsError};
use crate::store::{NewNote, NewOutbox, NoteEdit, OutboxKind, WriteAction};

impl Desk {
    /// The facts of an account that must exist.
    pub(super) fn known(&self, account: &AccountId) -> Result<Facts, OpsError> {
        self.facts(account)?.ok_or_else(|| {
            OpsError::usage(format!(
                "no account is called {account} here: it may have been merged or deleted in the CRM"
            ))
        })
    }

    /// What a note would be understood as; saves nothing.
    /// `note`: the one that is being changed.
    pub fn note_preview(
        &self,
        account: &AccountId,
        text: &str,
        note: Option<&NoteId>,
    ) -> Result<NoteReceipt, OpsError> {
        let facts = self.known(account)?;
        let day = self.note_day(note)?;
        let Understood { parsed, .. } = self.understand(&facts, text, day, note)?;
        Ok(self.receipt(None, "queued", &parsed, false))
    }

    /// The day that the words of a note are read from: its own; a new one is of today.
    fn note_day(&self, note: Option<&NoteId>) -> Result<Date, OpsError> {
        let own = note.map(|note| self.store().note(note)).transpose()?.flatten();
        Ok(own.map_or(self.today(), |own| own.at.to_zoned(self.zone().clone()).date()))
    }

    fn receipt(&self, id: Option<NoteId>, state: &str, parsed: &Parsed, private: bool) -> NoteReceipt {
        let facts = parsed.facts.iter().map(|fact| {
            let mut fact_json = fact.to_json();
            if let serde_json::Value::Object(map) = &mut fact_json {
                map.insert("says".into(), json!(fact.describe(self.today())));
                if private || stays(fact, &self.settings().share) {
                    map.insert("private".into(), json!(true));
                }
            }
            fact_json
        });
        NoteReceipt { id, state: state.to_owned(), facts: facts.collect(), problems: parsed.problems.clone() }
    }

    /// Saves a note and what must reach the CRM because of it, in one transaction: when this returns it is on disk.
    pub fn note_add(
        &self,
        account: &AccountId,
        text: &str,
        private: bool,
        now: Timestamp,
    ) -> Result<NoteReceipt, OpsError> {
        self.may_write()?;
        let facts = self.known(account)?;
        let id = NoteId(Ulid::from_datetime(now.into()).to_string());
        let understood = self.understand(&facts, text, self.today(), Some(&id))?;
        let made = self.making(account, &id, now, &understood)?;
        let parsed = understood.parsed;
        let note = NewNote {
            id: id.clone(),
            account: account.clone(),
            text: text.to_owned(),
            body: made.body,
            kept: made.kept,
            private,
            author: Some(made.author),
            at: now,
            out: if private { Vec::new() } else { made.out },
        };
        self.store_mut().note_save(&note)?;
        let state = if note.out.is_empty() { "private" } else { "queued" };
        Ok(self.receipt(Some(id), state, &parsed, private))
    }

    /// Changes a note of mine, also after it was sent.
    pub fn note_edit(&self, note: &NoteId, text: &str, now: Timestamp) -> Result<NoteReceipt, OpsError> {
        self.may_write()?;
        let old = self.own_note(note)?;
        let facts = self.known(&old.account)?;
        not_over_a_colleague(&facts, note)?;
        let understood = self.understand(&facts, text, self.note_day(Some(note))?, Some(note))?;
        let made = self.making(&old.account, note, old.at, &understood)?;
        let parsed = understood.parsed;
        let Made { body, kept, out, .. } = made;
        let state = if old.private || out.is_empty() { "private" } else { "queued" };
        let edit = NoteEdit { id: note.clone(), text: text.to_owned(), body, kept, at: now, out };
        self.store_mut().note_edit(&edit)?;
        Ok(self.receipt(Some(note.clone()), state, &parsed, old.private))
    }

    /// Deletes a note of mine, also in the CRM.
    pub fn note_delete(&self, note: &NoteId, now: Timestamp) -> Result<(), OpsError> {
        self.may_write()?;
        self.own_note(note)?;
        self.store_mut().note_delete(note, now)?;
        Ok(())
    }

    /// The text of a note of mine as it was typed, for editing it.
    pub fn note_text(&self, note: &NoteId) -> Result<Option<String>, OpsError> {
        let Some(own) = self.store().note(note)? else { return Ok(None) };
        if let Some(facts) = self.facts(&own.account)? {
            not_over_a_colleague(&facts, note)?;
        }
        Ok(Some(own.text))
    }

    fn own_note(&self, note: &NoteId) -> Result<crate::store::OwnNote, OpsError> {
        self.store().note(note)?.filter(|note| note.deleted.is_none()).ok_or_else(|| {
            OpsError::usage(
                "that note was not written on this machine: change it in the CRM, and the next sync shows it",
            )
        })
    }

    /// Removes a second copy of a note from the CRM.
    pub fn note_drop_copy(&self, note: &NoteId, copy: &str, now: Timestamp) -> Result<(), OpsError> {
        self.may_write()?;
        let of_note = self.store().outbox_of(note)?;
        let Some(first) = of_note.first() else {
            return Err(OpsError::usage("that note was not written on this machine: remove its copy in the CRM"));
        };
        let out = NewOutbox {
            id: format!("{note}-copy-{copy}"),
            source: first.source.clone(),
            part: format!("copy-{copy}"),
            kind: OutboxKind::Note,
            entity: Entity::Note,
            action: WriteAction::Delete,
            payload: "null".into(),
            text: "a second copy of a note".into(),
            remote: Some(copy.to_owned()),
        };
        let account = first.account.clone();
        self.store_mut().outbox_add(&account, Some(note), &out, now)?;
        Ok(())
    }

    /// Keeps an unfinished text; an empty one is forgotten. One that was typed before the draft of before could be read
    /// goes `behind` it.
    pub fn draft_keep(&self, key: &DraftKey, text: &str, behind: bool, now: Timestamp) -> Result<(), OpsError> {
        self.may_write()?;
        let kept = if behind { self.store().draft(key)? } else { None };
        let text = match kept.filter(|kept| !text.starts_with(kept.as_str())) {
            Some(kept) if text.trim().is_empty() => kept,
            Some(kept) => format!("{}\n{text}", kept.trim_end_matches('\n')),
            None => text.to_owned(),
        };
        Ok(self.store_mut().draft_put(key, &text, now)?)
    }

    /// An unfinished text.
    pub fn draft(&self, key: &DraftKey) -> Result<Option<String>, OpsError> {
        Ok(self.store().draft(key)?)
    }

    /// All unfinished notes: account, its name, text.
    pub fn drafts(&self) -> Result<Vec<(AccountId, String, String)>, OpsError> {
        let drafts = self.store().drafts()?;
        drafts
            .into_iter()
            .map(|(account, text)| {
                let name = self.store().row(&account)?.map_or_else(|| account.to_string(), |row| row.name);
                Ok((account, name, text))
            })
            .collect()
    }

    /// Nothing is written under `--read-only`, and nothing into the past.
    pub(super) fn may_write(&self) -> Result<(), OpsError> {
        if self.settings().read_only {
            return Err(OpsError::usage("--read-only: nothing is written"));
        }
        Ok(())
    }

    fn making(
        &self,
        account: &AccountId,
        note: &NoteId,
        at: Timestamp,
        understood: &Understood,
    ) -> Result<Made, OpsError> {
        let author = self.me()?.ok_or_else(|| {
            OpsError::usage(
                "Rounds does not know who you are yet: set me = \"you@example.com\" in config.toml, or sync once",
            )
        })?;
        let (source, theirs) = account.parts();
        let source = SourceName::from(source);
        let owner = self.store().owner_id(&source, &author)?;
        let limit = self.text_limit(&source);
        let making = Making {
            note,
            source: &source,
            account: theirs,
            author: &author,
            owner: owner.as_deref(),
            at,
            zone: self.zone(),
            candidates: &understood.against.candidates,
            limit: &limit,
        };
        let split = Split::of(&understood.parsed, &self.settings().share, &understood.against.context());
        let body = journal::render(&split.shared, &making.mark());
        let records = if split.stays_whole() { Vec::new() } else { making.records(&split.shared) };
        let out = records.into_iter().map(|record| row(note, &source, record)).collect::<Result<_, _>>()?;
        Ok(Made { body, kept: split.kept, author, out })
    }
}

/// What a colleague corrected in the CRM is not written over by what was typed here before.
fn not_over_a_colleague(facts: &Facts, note: &NoteId) -> Result<(), OpsError> {
    let edited = facts.notes.iter().find(|one| one.note.as_ref() == Some(note)).and_then(|one| one.edited_by.as_ref());
    match edited {
        None => Ok(()),
        Some(who) => Err(OpsError::usage(format!(
            "{who} changed this note in the CRM after you: change it there, so that nothing of theirs is lost"
        ))),
    }
}

/// A note on its way out.
struct Made {
    body: String,
    kept: String,
    author: String,
    out: Vec<NewOutbox>,
}

fn row(note: &NoteId, source: &SourceName, record: Record) -> Result<NewOutbox, OpsError> {
    let payload = serde_json::to_string(&record.draft).map_err(|error| OpsError::failed(error.to_string()))?;
    Ok(NewOutbox {
        id: match record.part.strip_prefix("note") {
            Some(page) => format!("{note}{page}"),
            None => format!("{note}.{}", record.part),
        },
        source: source.clone(),
        part: record.part,
        kind: if record.entity == Entity::Task { OutboxKind::Task } else { OutboxKind::Note },
        entity: record.entity,
        action: WriteAction::Create,
        payload,
        text: record.text,
        remote: None,
    })
}
