//! From the facts of a note to the facts of an account.
//!
//! Decides what each kind of fact means for an account. A touch or task whose record in the CRM is known already counts
//! once: the record is the truth then.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::fact::Fact;
use super::people::{Candidate, ids};
use crate::book::facts::{Facts, PulseFact, Task, Touch};
use crate::book::ids::{NoteId, SourceName};

/// A note whose facts are to count.
#[derive(Clone, Copy, Debug)]
pub struct Noted<'a> {
    pub note: &'a NoteId,
    pub at: Timestamp,
    /// Its day in the book's time zone.
    pub on: Date,
    /// The day we first had it.
    pub known: Date,
    pub author: Option<&'a str>,
    /// Where its facts come from: the CRM's source, or `note` while it is only here.
    pub source: &'a SourceName,
    pub facts: &'a [Fact],
}

/// Adds the facts of a note. Touches are kept in the order of time.
pub fn add(facts: &mut Facts, noted: &Noted<'_>) {
    let people: Vec<Candidate> = facts.people.iter().map(Candidate::from).collect();
    for (index, fact) in noted.facts.iter().enumerate() {
        let id = format!("{}.{}", noted.note, index + 1);
        match fact {
            Fact::Touch { kind, people: who, on, .. } => {
                let same = |one: &Touch| one.note.as_ref() == Some(noted.note) && one.kind == *kind && one.on == *on;
                if facts.touches.iter().any(same) {
                    continue;
                }
                // Of another day only the day is known: noon keeps it on that day in most time zones.
                let noon = || on.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).map_or(noted.at, |at| at.timestamp());
                let touch = Touch {
                    id,
                    kind: *kind,
                    title: fact.title(),
                    at: if *on == noted.on { noted.at } else { noon() },
                    on: *on,
                    known: noted.known,
                    people: ids(who, &people),
                    two_way: true,
                    owner: noted.author.map(str::to_owned),
                    note: Some(noted.note.clone()),
                    source: noted.source.clone(),
                };
                let place = facts.touches.partition_point(|one| one.at <= touch.at);
                facts.touches.insert(place, touch);
            }
            Fact::Task { subject, due } => {
                let same = |one: &Task| one.note.as_ref() == Some(noted.note) && one.subject == *subject;
                if !facts.tasks.iter().any(same) {
                    let (subject, note) = (subject.clone(), Some(noted.note.clone()));
                    let owner = noted.author.map(str::to_owned);
                    facts.tasks.push(Task { id, subject, due: *due, done: false, owner, note });
                }
            }
            Fact::Pulse { pulse, because } => facts.pulses.push(PulseFact {
                on: noted.on,
                known: noted.known,
                pulse: *pulse,
                because: because.clone(),
                by: noted.author.map(str::to_owned),
            }),
        }
    }
    facts.pulses.sort_by_key(|pulse| pulse.on);
}

#[cfg(test)]
mod tests {
    use super::super::{JournalContext, parse};
    use super::*;
    use crate::book::sample::{TODAY, ago, healthy};

    #[test]
    fn a_note_moves_the_account_and_counts_once() {
        let mut facts = healthy();
        let people: Vec<_> = facts.people.iter().map(Candidate::from).collect();
        let typed = "/met @jane yesterday 45m /task send deck fri /pulse red quiet";
        let parsed = parse(typed, &JournalContext { day: TODAY, people: &people });
        let note = NoteId::from("01J");
        let source = SourceName::from("note");
        let at = TODAY.at(15, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let noted = Noted {
            note: &note,
            at,
            on: TODAY,
            known: TODAY,
            author: Some("maya.chen@example.com"),
            source: &source,
            facts: &parsed.facts,
        };
        let touches = facts.touches.len();
        add(&mut facts, &noted);
        let touch = facts.touches.last().unwrap();
        assert_eq!((touch.id.as_str(), touch.on, touch.people.len()), ("01J.1", ago(1), 1));
        assert_eq!((facts.tasks[0].id.as_str(), facts.pulses.len()), ("01J.2", 1));
        // The same facts again, as records that came back from the CRM: nothing is doubled.
        let pulses = Noted { facts: &parsed.facts[..2], ..noted };
        add(&mut facts, &pulses);
        assert_eq!((facts.touches.len(), facts.tasks.len()), (touches + 1, 1));
        let standing = crate::book::sample::with_context(&[], |ctx| {
            let model = crate::book::model::Model::built_in_for_tests();
            crate::book::assess::assess(&facts, &model, TODAY, ctx)
        });
        assert_eq!(standing.last_touch, Some(ago(1)));
        assert_eq!(standing.health.score, Some(49.0));
    }
}
