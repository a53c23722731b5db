//! What a note becomes on its way out: the note itself, and a record for each fact that the CRM has a place for.
//!
//! Decides which records a note makes and what stands in them. Sends nothing.

use std::collections::BTreeMap;

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::book::ids::{NoteId, PersonId, SourceName};
use crate::book::journal::{self, Fact, Mark, Parsed};
use crate::book::row::{Entity, Value};
use crate::sync::Draft;

/// The hour at which a task without one is due: the end of a working day.
const DUE_HOUR: i8 = 17;

/// One record to be written.
pub struct Record {
    /// 0: the note itself; else the number of its fact, from 1.
    pub part: u32,
    pub entity: Entity,
    pub draft: Draft,
    /// The first words, for the outbox.
    pub text: String,
}

/// What the records of a note are made of.
pub struct Making<'a> {
    pub note: &'a NoteId,
    pub source: &'a SourceName,
    /// The account's id in the source.
    pub account: &'a str,
    /// The author's e-mail.
    pub author: &'a str,
    /// The author's id in the source, where it is known.
    pub owner: Option<&'a str>,
    pub at: Timestamp,
    pub zone: &'a TimeZone,
    pub candidates: &'a [journal::Candidate],
}

impl Making<'_> {
    /// The mark of the note.
    pub fn mark(&self) -> Mark {
        Mark::new(self.note.clone(), self.account, self.author)
    }

    /// The note, then one record for each touch and task in it.
    pub fn records(&self, parsed: &Parsed) -> Vec<Record> {
        let mark = self.mark();
        let mut fields = self.fields();
        fields.insert("body".into(), Value::Text(journal::render(parsed, &mark)));
        fields.insert("at".into(), Value::Instant(self.at));
        let people = self.people(&parsed.people);
        let draft = Draft { kind: None, people, fields, mark: mark.to_string() };
        let mut records = vec![Record { part: 0, entity: Entity::Note, draft, text: first_words(&parsed.text) }];
        for (index, fact) in parsed.facts.iter().enumerate() {
            let part = index as u32 + 1;
            records.extend(self.record(fact, part, &mark));
        }
        records
    }

    fn record(&self, fact: &Fact, part: u32, mark: &Mark) -> Option<Record> {
        let (title, body) = journal::record(fact, mark, part)?;
        let text = first_words(&title);
        let mut fields = self.fields();
        fields.insert("body".into(), Value::Text(body));
        let (entity, kind, people) = match fact {
            Fact::Touch { kind, people, on, minutes, .. } => {
                let at = self.moment(*on);
                fields.insert("title".into(), Value::Text(title));
                fields.insert("at".into(), Value::Instant(at));
                fields.insert("direction".into(), Value::Text("out".into()));
                if let Some(ends) = minutes.and_then(|m| at.checked_add(i64::from(m).minutes()).ok()) {
                    fields.insert("ends".into(), Value::Instant(ends));
                }
                (Entity::Touch, Some(kind.name().to_owned()), journal::ids(people, self.candidates))
            }
            Fact::Task { due, .. } => {
                fields.insert("subject".into(), Value::Text(title));
                fields.insert("due".into(), Value::Instant(due.map_or(self.at, |due| self.due(due))));
                (Entity::Task, None, Vec::new())
            }
            _ => return None,
        };
        let mark = mark.for_part(part).to_string();
        let draft = Draft { kind, people: self.people(&people), fields, mark };
        Some(Record { part, entity, draft, text })
    }

    fn fields(&self) -> BTreeMap<String, Value> {
        self.owner.map(|owner| ("owner".to_owned(), Value::Text(owner.to_owned()))).into_iter().collect()
    }

    /// The ids that the source itself knows: who is known from elsewhere cannot be linked there.
    fn people(&self, people: &[PersonId]) -> Vec<String> {
        people
            .iter()
            .filter_map(|id| {
                let (source, theirs) = id.parts();
                (source == self.source.as_str()).then(|| theirs.to_owned())
            })
            .collect()
    }

    /// The time of day of the note, on a day.
    fn moment(&self, on: Date) -> Timestamp {
        let noted = self.at.to_zoned(self.zone.clone());
        on.to_datetime(noted.time()).to_zoned(self.zone.clone()).map_or(self.at, |then| then.timestamp())
    }

    fn due(&self, on: Date) -> Timestamp {
        on.to_datetime(time(DUE_HOUR, 0, 0, 0)).to_zoned(self.zone.clone()).map_or(self.at, |then| then.timestamp())
    }
}

/// The first line, for lists.
pub fn first_words(text: &str) -> String {
    crate::text::cut(text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim(), 80)
}
