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
use crate::connect::TextLimit;
use crate::sync::Draft;

/// The hour at which a task without one is due: the end of a working day.
const DUE_HOUR: i8 = 17;

/// One record to be written.
pub struct Record {
    /// `note` for the note itself, `note~2` for its second page, else the number of its fact, from 1.
    pub part: String,
    pub entity: Entity,
    pub draft: Draft,
    /// The first words, for the outbox.
    pub text: String,
}

/// A note as far as colleagues may read it, and what of it stays here.
#[derive(Debug)]
pub struct Split {
    pub shared: Parsed,
    /// Bullets, and words of facts that could not be read, one a line.
    pub kept: String,
}

impl Split {
    /// What people feel or want for themselves stays here, unless the settings share its kind; also where it could not be
    /// read for a fact. `people`: everybody who can be meant.
    pub fn of(parsed: &Parsed, share: &[String], context: &journal::JournalContext<'_>) -> Self {
        let stays = |fact: &Fact| stays(fact, share);
        let (kept, shared): (Vec<Fact>, Vec<Fact>) = parsed.facts.iter().cloned().partition(stays);
        let (text, withheld) = withhold(&parsed.text, share);
        let mut lines: Vec<String> = kept.iter().map(journal::bullet).collect();
        lines.extend(withheld);
        // A link to somebody of whom only what stays here speaks would tell of it.
        let ids = |facts: &[Fact]| {
            let named: Vec<_> = facts.iter().flat_map(Fact::people).cloned().collect();
            journal::ids(&named, context.people)
        };
        let (only_kept, of_shared) = (ids(&kept), ids(&shared));
        let in_text = journal::parse(&text, context).people;
        let open = |id: &&PersonId| !only_kept.contains(id) || of_shared.contains(id) || in_text.contains(id);
        let people =
            if lines.is_empty() { parsed.people.clone() } else { parsed.people.iter().filter(open).cloned().collect() };
        let shared = Parsed { facts: shared, text, people, ..parsed.clone() };
        Self { shared, kept: lines.join("\n") }
    }

    /// Nothing is left that a colleague could read.
    pub fn stays_whole(&self) -> bool {
        !self.kept.is_empty() && self.shared.text.is_empty() && self.shared.facts.is_empty()
    }
}

/// Whether a fact stays on this machine.
pub fn stays(fact: &Fact, share: &[String]) -> bool {
    fact.is_personal() && !share.iter().any(|kind| kind == fact.kind())
}

/// Takes the words of personal facts that could not be read out of a text: up to the next fact or the line's end.
fn withhold(text: &str, share: &[String]) -> (String, Vec<String>) {
    let (mut lines, mut withheld) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let verbs = if line.trim_start().starts_with('>') { Vec::new() } else { journal::verbs_of(line) };
        let mut kept = String::new();
        let mut from = 0;
        for (index, (at, _, verb)) in verbs.iter().enumerate() {
            let end = verbs.get(index + 1).map_or(line.len(), |(next, ..)| *next);
            if PERSONAL.contains(&verb.word) && !share.iter().any(|kind| kind == verb.word) {
                kept.push_str(&line[from..*at]);
                withheld.push(line[*at..end].trim().to_owned());
                from = end;
            }
        }
        kept.push_str(&line[from..]);
        if from == 0 || !kept.trim().is_empty() {
            lines.push(kept.trim_end().to_owned());
        }
    }
    (lines.join("\n").trim().to_owned(), withheld)
}

/// The kinds of fact that are personal, as they are typed and as the settings name them.
pub const PERSONAL: [&str; 3] = ["feels", "wants", "values"];

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
    /// How long a text of a note may be there.
    pub limit: &'a TextLimit,
}

impl Making<'_> {
    /// The mark of the note.
    pub fn mark(&self) -> Mark {
        Mark::new(self.note.clone(), self.account, self.author)
    }

    /// The note, page by page, then one record for each touch and task in it.
    pub fn records(&self, parsed: &Parsed) -> Vec<Record> {
        let mark = self.mark();
        let mut records = Vec::new();
        let pages = journal::pages(&parsed.text, &parsed.facts, &mark, &|body| self.limit.fits(body));
        for (page, body) in (1_u32..).zip(pages) {
            let mut fields = self.fields();
            fields.insert("body".into(), Value::Text(body));
            fields.insert("at".into(), Value::Instant(self.at));
            let people = self.people(&parsed.people);
            let draft = Draft { kind: None, people, fields, mark: mark.for_page(page).to_string() };
            let part = if page == 1 { "note".to_owned() } else { format!("note~{page}") };
            records.push(Record { part, entity: Entity::Note, draft, text: first_words(&parsed.text) });
        }
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
        Some(Record { part: part.to_string(), entity, draft, text })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::facts::Pulse;
    use crate::book::journal::{Candidate, JournalContext, PersonRef};

    fn split(share: &[&str]) -> Split {
        let people: Vec<Candidate> = [("crm:1", "Jane Doe"), ("crm:2", "Sam Ortiz"), ("crm:3", "Ann Li")]
            .map(|(id, name)| Candidate { id: id.into(), name: name.into(), email: None })
            .into();
        let parsed = Parsed {
            facts: vec![
                Fact::Feels { person: PersonRef::new("Jane Doe", None), level: -1, because: "support".into() },
                Fact::pulse(Pulse::Red, "quiet"),
                Fact::Role { person: PersonRef::new("Sam Ortiz", None), tier: crate::book::facts::Tier::Buyer },
            ],
            text: "With @Ann Li. /wants @bob speaking /call @sam\n> /feels quoted\n/values".into(),
            people: vec!["crm:1".into(), "crm:2".into(), "crm:3".into()],
            ..Parsed::default()
        };
        let share: Vec<String> = share.iter().map(|kind| (*kind).to_owned()).collect();
        let day = jiff::civil::date(2026, 11, 23);
        Split::of(&parsed, &share, &JournalContext::new(day, &people))
    }

    #[test]
    fn personal_words_are_kept_and_nobody_is_linked_because_of_them() {
        let split = split(&[]);
        assert_eq!(split.shared.facts.iter().map(Fact::kind).collect::<Vec<_>>(), ["pulse", "role"]);
        assert_eq!(split.shared.text, "With @Ann Li. /call @sam\n> /feels quoted");
        assert!(
            split.kept.starts_with("* feels") && split.kept.ends_with("/wants @bob speaking\n/values"),
            "{}",
            split.kept
        );
        assert_eq!(split.shared.people, ["crm:2".into(), "crm:3".into()]);
        assert!(!split.stays_whole());
    }

    #[test]
    fn the_settings_share_what_they_name() {
        let all = split(&PERSONAL);
        assert_eq!((all.shared.facts.len(), all.kept.as_str()), (3, ""));
        assert_eq!(all.shared.people.len(), 3);
        assert_eq!(split(&["feels"]).kept, "/wants @bob speaking\n/values");
    }
}
