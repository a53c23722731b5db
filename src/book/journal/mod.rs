//! The journal: notes in which people record facts, as they are typed, as they stand in the CRM, and as they are read back.
//!
//! Decides the grammar of facts (`/call`, `/task`...), their canonical bullets and the mark. Must not touch a store:
//! it makes values of text and text of values. A new kind of fact is a row in [`VERBS`], one in `bullets` and one in `tell`.

mod bullets;
mod clean;
mod fact;
mod mark;
mod pages;
mod parse;
mod people;
mod print;
mod redact;
mod tell;
mod verbs;
pub mod words;

pub use bullets::{bullet, read_bullet};
pub use fact::{Delta, Fact, PersonRef, Tag};
pub use mark::Mark;
pub use pages::{join_pages, pages};
pub use parse::{Parsed, parse, verbs_of};
pub use people::{Candidate, Found, find, ids};
pub use print::{ReadNote, read_back, record, render};
pub use redact::{Named, REDACTED, without};
pub use tell::names;
pub use verbs::{VERBS, Verb};

use jiff::civil::Date;

use crate::book::money::Currency;
use words::ItemKind;

/// Something with a tag that a later fact can mean: a promise, goal, commitment or request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: ItemKind,
    pub tag: Tag,
    pub text: String,
    /// Neither done, dropped nor, for a promise, proven to the full.
    pub open: bool,
    /// It stands in the very note that is being changed: its tag stays.
    pub own: bool,
}

impl Item {
    /// The item that a fact begins.
    pub fn of(fact: &Fact) -> Option<Self> {
        let (kind, tag, text) = match fact {
            Fact::Promise { tag, text, .. } => (ItemKind::Promise, tag, text),
            Fact::Goal { tag, text, .. } => (ItemKind::Goal, tag, text),
            Fact::Joint { tag, text, .. } => (ItemKind::Joint, tag, text),
            Fact::Request { tag, text, .. } => (ItemKind::Request, tag, text),
            _ => return None,
        };
        Some(Self { kind, tag: tag.clone(), text: text.clone(), open: true, own: false })
    }
}

/// What a note is read against.
#[derive(Clone, Copy, Debug)]
pub struct JournalContext<'a> {
    /// The day of the note.
    pub day: Date,
    /// The people of its account.
    pub people: &'a [Candidate],
    /// What can be meant by a tag.
    pub items: &'a [Item],
    /// The ids of the plays.
    pub plays: &'a [String],
    /// What an amount without a currency is in.
    pub currency: Currency,
    /// Who writes it.
    pub me: Option<&'a str>,
    /// What tags are made of, beside the words: the account's id, so that what is shown while typing is what is saved.
    pub seed: &'a str,
}

impl<'a> JournalContext<'a> {
    /// A day and people alone: US dollars, no promises, no plays.
    pub fn new(day: Date, people: &'a [Candidate]) -> Self {
        Self { day, people, items: &[], plays: &[], currency: Currency::USD, me: None, seed: "" }
    }
}
