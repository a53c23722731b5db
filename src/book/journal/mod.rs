//! The journal: notes in which people record facts, as they are typed, as they stand in the CRM, and as they are read back.
//!
//! Decides the grammar of facts (`/call`, `/task`...), their canonical bullets and the mark. Must not touch a store:
//! it makes values of text and text of values. A new kind of fact is a row in [`VERBS`], one in `print` and one in `fact`.

mod fact;
mod mark;
mod pages;
mod parse;
mod people;
mod print;
mod redact;
pub mod words;

pub use fact::{Delta, Fact, PersonRef, Tag};
pub use mark::Mark;
pub use pages::{join_pages, pages};
pub use parse::{Parsed, VERBS, Verb, parse};
pub use people::{Candidate, Found, find, ids};
pub use print::{ReadNote, bullet, read_back, read_bullet, record, render};
pub use redact::{Named, REDACTED, without};

use jiff::civil::Date;

/// What a note is read against.
#[derive(Clone, Copy, Debug)]
pub struct JournalContext<'a> {
    /// The day of the note.
    pub day: Date,
    /// The people of its account.
    pub people: &'a [Candidate],
}
