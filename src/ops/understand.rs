//! What a note on an account is read against: its people, what was promised and asked for, the plays, the currency.
//!
//! Decides what a word of a note can mean here. Saves nothing.

use jiff::civil::Date;

use crate::book::facts::Facts;
use crate::book::ids::NoteId;
use crate::book::journal::words::{ItemKind, ItemState};
use crate::book::journal::{self, Candidate, Fact, Item, JournalContext, Parsed};
use crate::book::money::Currency;
use crate::ops::{Desk, OpsError};

/// A note as it was understood, and what it was read against.
pub struct Understood {
    pub parsed: Parsed,
    pub against: Against,
}

/// What a note is read against.
pub struct Against {
    day: Date,
    pub candidates: Vec<Candidate>,
    items: Vec<Item>,
    plays: Vec<String>,
    currency: Currency,
    me: Option<String>,
    seed: String,
}

impl Against {
    /// The same, borrowed.
    pub fn context(&self) -> JournalContext<'_> {
        JournalContext {
            day: self.day,
            people: &self.candidates,
            items: &self.items,
            plays: &self.plays,
            currency: self.currency,
            me: self.me.as_deref(),
            seed: &self.seed,
        }
    }
}

impl Desk {
    /// Reads a note on an account as of the day it is taken on; `note`: the one it is, or will be.
    pub(super) fn understand(
        &self,
        facts: &Facts,
        text: &str,
        day: Date,
        note: Option<&NoteId>,
    ) -> Result<Understood, OpsError> {
        let me = self.me()?;
        let name = me.as_deref().map(|me| self.store().owner_name(me)).transpose()?.flatten();
        let against = Against {
            day,
            candidates: facts.people.iter().map(Candidate::from).collect(),
            items: items(facts, note),
            plays: self.model().plays.iter().map(|play| play.id.clone()).collect(),
            currency: facts.arr.at(day).map_or(self.settings().currency, |arr| arr.currency),
            me: name.or(me),
            seed: facts.id.to_string(),
        };
        let parsed = journal::parse(text, &against.context());
        Ok(Understood { parsed, against })
    }
}

/// Everything with a tag on an account; that of the note itself is its own.
fn items(facts: &Facts, note: Option<&NoteId>) -> Vec<Item> {
    let over = |kind: ItemKind, item: &Item| {
        facts.journal.iter().any(|one| {
            matches!(&one.fact, Fact::Step { item: of_kind, of, state, .. }
                if *of_kind == kind && *of == item.tag && matches!(state, ItemState::Done | ItemState::Dropped | ItemState::Told))
        })
    };
    let items = facts.journal.iter().filter_map(|one| {
        let mut item = Item::of(&one.fact)?;
        item.open = !over(item.kind, &item);
        item.own = note.is_some() && one.note.as_ref() == note;
        Some(item)
    });
    items.collect()
}
