//! What notes say, put into the facts: everything that was recorded, whom it names, and what the hand says of people.
//!
//! Decides which fact has a record of its own in the CRM already, and who becomes a person because a bullet names them.
//! Which notes may speak is decided in `notes`; what a fact means, in `book`.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::super::codec::fold;
use super::notes::Speaking;
use super::people::Undated;
use super::records::mark;
use super::{Reading, on};
use crate::book::facts::{Facts, NOTES, Person, PulseFact, Recorded, Series, Task, Touch};
use crate::book::ids::{NoteId, PersonId, SourceName};
use crate::book::journal::{Candidate, Fact, PersonRef, ids, without};
use crate::book::row::Entity;

/// Everything that the notes say, oldest first.
pub(super) fn say(reading: &Reading<'_>, mut speaking: Vec<Speaking<'_>>, facts: &mut Facts) {
    let out = |person: &PersonRef| reading.forgotten.person(reading.account, person);
    if !reading.forgotten.is_empty() {
        for note in &mut speaking {
            for list in [&mut note.facts, &mut note.kept] {
                *list = list.iter().filter_map(|fact| without(fact, &out)).collect();
            }
        }
    }
    let mut candidates = facts.people.iter().map(Candidate::from).collect::<Vec<_>>();
    newcomers(reading, &speaking, &mut candidates, facts);
    let mut records = Records::of(reading);
    for note in &speaking {
        let written = on(note.at, reading.zone);
        let shared = (1_u32..).zip(&note.facts).map(|(part, fact)| (part.to_string(), Some(part), note.private, fact));
        let kept = (1_u32..).zip(&note.kept).map(|(part, fact)| (format!("k{part}"), None, true, fact));
        for (name, part, private, fact) in shared.chain(kept) {
            if part.is_some_and(|part| records.has(&note.note, part, fact)) {
                continue;
            }
            let id = format!("{}.{name}", note.note);
            let people = ids(&fact.people().into_iter().cloned().collect::<Vec<_>>(), &candidates);
            facts.journal.push(Recorded {
                id: id.clone(),
                note: Some(note.note.clone()),
                on: fact.on().unwrap_or(written),
                known: written,
                by: note.author.clone(),
                private,
                source: note.source.clone(),
                people: people.clone(),
                fact: fact.clone(),
            });
            match fact {
                Fact::Touch { kind, on: day, .. } => facts.touches.push(Touch {
                    id,
                    kind: *kind,
                    title: fact.title(),
                    at: if *day == written { note.at } else { noon(*day, reading, note.at) },
                    on: *day,
                    known: written.max(*day),
                    people,
                    // Whoever takes down a mail has had an answer: what was only sent is no touch.
                    two_way: true,
                    owner: note.author.clone(),
                    note: Some(note.note.clone()),
                    source: note.source.clone(),
                }),
                Fact::Task { subject, due } => facts.tasks.push(Task {
                    id,
                    subject: subject.clone(),
                    due: *due,
                    done: false,
                    owner: note.author.clone(),
                    note: Some(note.note.clone()),
                }),
                Fact::Pulse { pulse, because } => facts.pulses.push(PulseFact {
                    on: written,
                    known: written,
                    pulse: *pulse,
                    because: because.clone(),
                    by: note.author.clone(),
                }),
                _ => {}
            }
        }
    }
    // Of one day, in the order in which they were taken down.
    facts.journal.sort_by_key(|recorded| recorded.on);
    facts.touches.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
    facts.pulses.sort_by_key(|pulse| pulse.on);
    by_hand(&reading.undated, facts);
}

/// Everybody whom a bullet names and no source knows becomes a person of the account. Their id is made of what they are
/// called, so that every machine gives them the same.
fn newcomers(reading: &Reading<'_>, speaking: &[Speaking<'_>], candidates: &mut Vec<Candidate>, facts: &mut Facts) {
    let named = speaking.iter().flat_map(|note| {
        let all = note.facts.iter().chain(&note.kept);
        all.flat_map(Fact::people).map(|person| (on(note.at, reading.zone), person))
    });
    let mut named = named.collect::<Vec<_>>();
    // Who has an address goes first: a bare name then finds them.
    named.sort_by_key(|(day, person)| (person.email.is_none(), *day));
    for (day, person) in named {
        if let Some(known) = ids(std::slice::from_ref(person), candidates).into_iter().next() {
            // Found by address under another name: that name means them from now on, too.
            if !candidates.iter().any(|one| fold(&one.reference().name) == fold(&person.name)) {
                candidates.push(Candidate { id: known, name: person.name.clone(), email: None });
            }
            continue;
        }
        if several(person, candidates) {
            continue;
        }
        let called = person.email.as_deref().map_or_else(|| fold(&person.name), fold);
        let id = PersonId::of(&SourceName::from(NOTES), &format!("{}/{called}", reading.account));
        candidates.push(Candidate { id: id.clone(), name: person.name.clone(), email: person.email.clone() });
        facts.people.push(Person {
            id,
            name: person.name.clone(),
            title: None,
            email: person.email.clone(),
            phone: None,
            roles: Vec::new(),
            created: Some(day),
            champion: Series::default(),
            left: Series::default(),
            tier: Series::default(),
        });
    }
}

/// Whether a bare name fits more than one: then it is one of them, and nobody knows which.
fn several(person: &PersonRef, candidates: &[Candidate]) -> bool {
    person.email.is_none()
        && candidates.iter().filter(|one| fold(&one.reference().name) == fold(&person.name)).count() > 1
}

/// What was said by hand of tier, champion and leaving goes into the series of the person.
fn by_hand(undated: &Undated, facts: &mut Facts) {
    let places = facts.people.iter().enumerate().map(|(at, person)| (person.id.clone(), at)).collect::<HashMap<_, _>>();
    let mut settled = HashSet::new();
    for recorded in &facts.journal {
        let Some(at) = recorded.people.first().and_then(|id| places.get(id)) else { continue };
        let (person, on, known) = (&mut facts.people[*at], recorded.on, recorded.known);
        match &recorded.fact {
            Fact::Role { tier, .. } => person.tier.push(on, known, Some(*tier)),
            Fact::Left { .. } => {
                if settled.insert((*at, "left")) {
                    before_the_hand(&mut person.left, undated.contains(&(person.id.clone(), "left")), on);
                }
                person.left.push(on, known, Some(true));
            }
            Fact::Champion { is, .. } => {
                if settled.insert((*at, "champion")) {
                    before_the_hand(&mut person.champion, undated.contains(&(person.id.clone(), "champion")), on);
                }
                person.champion.push(on, known, Some(*is));
            }
            _ => {}
        }
    }
}

/// What a field of the CRM says beside the hand. That it was never set says nothing; and of one whose past nobody knows,
/// the first value was seen on the day of the first pull, which is no later word than the hand's.
fn before_the_hand(series: &mut Series<bool>, undated: bool, first: Date) {
    let said = series.0.iter().position(|entry| entry.value == Some(true)).unwrap_or(series.0.len());
    series.0.drain(..said);
    if let Some(entry) = series.0.first_mut().filter(|entry| undated && entry.on > first) {
        entry.on = first;
        entry.known = entry.known.min(first);
    }
}

/// Records of touches and tasks in the CRM that were made of notes.
struct Records(HashMap<NoteId, Vec<Made>>);

struct Made {
    part: Option<u32>,
    entity: Entity,
    title: String,
}

impl Records {
    fn of(reading: &Reading<'_>) -> Self {
        let mut all: HashMap<NoteId, Vec<Made>> = HashMap::new();
        for entity in [Entity::Touch, Entity::Task] {
            for rec in reading.of(entity) {
                let Some(mark) = mark(rec) else { continue };
                let title = rec.text(if entity == Entity::Touch { "title" } else { "subject" }).unwrap_or_default();
                let made = Made { part: mark.part, entity, title: title.to_owned() };
                let of_note = all.entry(mark.note).or_default();
                // A second copy is the same record.
                if !of_note.iter().any(|known| known.part == made.part && known.entity == entity) {
                    of_note.push(made);
                }
            }
        }
        Self(all)
    }

    /// Whether a fact stands in the CRM as a record of its own: the one of its number and title; where bullets were taken
    /// out or moved, the one of its title; where the words were changed, the one of its number. Each is taken once.
    fn has(&mut self, note: &NoteId, part: u32, fact: &Fact) -> bool {
        let entity = match fact {
            Fact::Touch { .. } => Entity::Touch,
            Fact::Task { .. } => Entity::Task,
            _ => return false,
        };
        let Some(of_note) = self.0.get_mut(note) else { return false };
        let title = fact.title();
        let fits = |same_part: bool, same_title: bool| {
            of_note.iter().position(|made| {
                made.entity == entity && (!same_part || made.part == Some(part)) && (!same_title || made.title == title)
            })
        };
        match fits(true, true).or_else(|| fits(false, true)).or_else(|| fits(true, false)) {
            Some(at) => {
                of_note.swap_remove(at);
                true
            }
            None => false,
        }
    }
}

fn noon(day: Date, reading: &Reading<'_>, fallback: jiff::Timestamp) -> jiff::Timestamp {
    day.at(12, 0, 0, 0).to_zoned(reading.zone.clone()).map_or(fallback, |noon| noon.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::facts::Tier;
    use crate::book::sample;
    use jiff::civil::date;

    fn recorded(fact: Fact, on: Date) -> Recorded {
        Recorded {
            id: "N.1".into(),
            note: Some("N".into()),
            on,
            known: on,
            by: None,
            private: false,
            source: "crm".into(),
            people: vec!["crm:9".into()],
            fact,
        }
    }

    fn jane() -> PersonRef {
        PersonRef::new("Jane Doe", None)
    }

    #[test]
    fn the_hand_is_a_later_word_than_a_field_whose_past_nobody_knows() {
        let mut facts = sample::healthy();
        facts.people = vec![Person { id: "crm:9".into(), ..sample::person("9", "Jane Doe", "CFO") }];
        let (said, pulled) = (date(2026, 11, 20), date(2026, 11, 23));
        // First seen after the hand spoke: champion, and not gone.
        facts.people[0].champion.push(pulled, pulled, Some(true));
        facts.people[0].left.push(pulled, pulled, Some(false));
        facts.journal = vec![
            recorded(Fact::Champion { person: jane(), is: false }, said),
            recorded(Fact::Left { person: jane(), on: said }, said),
            recorded(Fact::Role { person: jane(), tier: Tier::User }, said),
        ];
        let undated = Undated::from([("crm:9".into(), "champion"), ("crm:9".into(), "left")]);
        by_hand(&undated, &mut facts);
        let jane = &facts.people[0];
        assert_eq!(jane.champion.at(pulled), Some(&false));
        assert_eq!((jane.left.at(date(2026, 11, 19)), jane.left.at(pulled)), (None, Some(&true)));
        assert_eq!(jane.tier.at(said), Some(&Tier::User));
    }

    #[test]
    fn what_the_crm_says_with_a_day_after_the_hand_is_the_later_word() {
        let mut facts = sample::healthy();
        facts.people = vec![Person { id: "crm:9".into(), ..sample::person("9", "Jane Doe", "CFO") }];
        facts.people[0].champion = Series::default();
        facts.people[0].champion.push(date(2026, 11, 22), date(2026, 11, 22), Some(true));
        facts.journal = vec![recorded(Fact::Champion { person: jane(), is: false }, date(2026, 11, 20))];
        by_hand(&Undated::new(), &mut facts);
        assert_eq!(facts.people[0].champion.at(date(2026, 11, 21)), Some(&false));
        assert_eq!(facts.people[0].champion.at(date(2026, 11, 22)), Some(&true));
    }
}
