//! Notes, ours and our colleagues', and the facts that stand in them.
//!
//! Decides which notes may speak: by kind, author and mark. A note is known by its mark, so that it counts
//! once however often it stands in the CRM; the CRM's text is the truth unless a change of ours is still on its way.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::super::own::OwnNote;
use super::records::{mark, owner};
use super::{Reading, Rec, on};
use crate::book::facts::{Facts, Note, PulseFact, Recorded, Task, Touch};
use crate::book::ids::{NoteId, SourceName};
use crate::book::journal::{Candidate, Fact, ReadNote, ids, read_back};
use crate::book::row::Entity;

/// A note that may speak.
struct Speaking<'a> {
    note: NoteId,
    at: jiff::Timestamp,
    author: Option<String>,
    read: ReadNote,
    source: &'a SourceName,
}

/// Fills in notes, and the touches, tasks and pulses that stand in them. `keys`: the ids that a mark may name the
/// account by.
pub(super) fn read(reading: &Reading<'_>, keys: &[&str], own: &[OwnNote], facts: &mut Facts) -> rusqlite::Result<()> {
    let source = facts.source.clone();
    let mut speaking = Vec::new();
    let mut in_crm = HashSet::new();
    let deleted = own.iter().filter(|note| note.deleted.is_some()).map(|note| &note.id).collect::<HashSet<_>>();
    let mine = own.iter().filter(|note| note.deleted.is_none()).map(|note| (&note.id, note)).collect::<HashMap<_, _>>();

    for group in by_mark(reading) {
        let Some((first, copies)) = group.split_first() else { continue };
        let marked = mark(first).filter(|mark| mark.part.is_none());
        let id = marked.as_ref().map(|mark| mark.note.clone());
        if id.as_ref().is_some_and(|id| deleted.contains(id)) {
            continue;
        }
        let own = id.as_ref().and_then(|id| mine.get(id)).copied();
        in_crm.extend(own.map(|own| own.id.clone()));
        let theirs = first.text("body").filter(|_| trusted(reading, first)).and_then(|body| read_back(body, keys));
        let read = match own {
            Some(own) if own.ahead || theirs.is_none() => read_back(&own.body, keys).or(theirs),
            _ => theirs,
        };
        let Some(at) = first.instant("at").or(own.map(|own| own.at)) else { continue };
        let author = marked.map(|mark| mark.author).filter(|author| !author.is_empty());
        let author = author.filter(|_| read.is_some()).or_else(|| writer(reading, first));
        let text = read.as_ref().map_or_else(|| first.owned("body").unwrap_or_default(), |read| read.text.clone());
        facts.notes.push(Note {
            id: first.id.clone(),
            note: id,
            text,
            at,
            on: on(at, reading.zone),
            author: author.clone(),
            mine: own.is_some(),
            state: own.map(|own| own.state.clone()),
            copies: copies.iter().map(|rec| rec.id.clone()).collect(),
            problems: read.as_ref().map(|read| read.problems.clone()).unwrap_or_default(),
            edited_by: None,
            private: own.is_some_and(|own| own.private),
        });
        if let Some(read) = read {
            speaking.push(Speaking { note: read.mark.note.clone(), at, author, read, source: &first.source });
        }
    }
    for note in own.iter().filter(|note| note.deleted.is_none() && !in_crm.contains(&note.id)) {
        if note.state == "sent" && deleted_there(reading, &source, note)? {
            continue;
        }
        let read = read_back(&note.body, keys);
        facts.notes.push(Note {
            id: note.id.0.clone(),
            note: Some(note.id.clone()),
            text: read.as_ref().map_or_else(|| note.text.clone(), |read| read.text.clone()),
            at: note.at,
            on: on(note.at, reading.zone),
            author: note.author.clone(),
            mine: true,
            state: Some(note.state.clone()),
            copies: Vec::new(),
            problems: read.as_ref().map(|read| read.problems.clone()).unwrap_or_default(),
            edited_by: None,
            private: note.private,
        });
        if let Some(read) = read {
            let (note, at, author) = (note.id.clone(), note.at, note.author.clone());
            speaking.push(Speaking { note, at, author, read, source: &source });
        }
    }
    facts.notes.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
    once(reading, &deleted, &mine, facts);
    say(reading, &speaking, facts);
    facts.touches.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
    facts.pulses.sort_by_key(|pulse| pulse.on);
    facts.journal.sort_by(|a, b| (a.on, &a.id).cmp(&(b.on, &b.id)));
    Ok(())
}

/// Notes of the CRM, those with the same mark together, the oldest first.
fn by_mark<'a>(reading: &'a Reading<'_>) -> Vec<Vec<&'a Rec>> {
    let mut groups: Vec<Vec<&Rec>> = Vec::new();
    let mut places: HashMap<NoteId, usize> = HashMap::new();
    let mut records = reading.of(Entity::Note).iter().collect::<Vec<_>>();
    records.sort_by_key(|rec| (rec.instant("at"), rec.known, rec.rec));
    for rec in records {
        match mark(rec).filter(|mark| mark.part.is_none()) {
            Some(mark) => match places.get(&mark.note) {
                Some(at) => groups[*at].push(rec),
                None => {
                    places.insert(mark.note, groups.len());
                    groups.push(vec![rec]);
                }
            },
            None => groups.push(vec![rec]),
        }
    }
    groups
}

/// Whether creator and last editor are active colleagues. Where a source does not name a creator, the owner of the note
/// stands in; where it does not name an editor, nobody but the creator is assumed.
fn trusted(reading: &Reading<'_>, rec: &Rec) -> bool {
    let active = |id: &str| reading.owners.get(rec.source.as_str(), id).is_some_and(|owner| owner.active);
    let creator = rec.text("author").or_else(|| rec.text("owner"));
    creator.is_some_and(active) && rec.text("editor").is_none_or(active)
}

fn writer(reading: &Reading<'_>, rec: &Rec) -> Option<String> {
    owner(reading, rec, "author").or_else(|| owner(reading, rec, "owner"))
}

/// Whether a note that had arrived was deleted in the CRM since.
fn deleted_there(reading: &Reading<'_>, source: &SourceName, note: &OwnNote) -> rusqlite::Result<bool> {
    let Some(remote) = &note.remote else { return Ok(false) };
    reading
        .conn
        .prepare_cached("SELECT 1 FROM record WHERE source = ?1 AND entity = 'note' AND id = ?2 AND gone IS NOT NULL")?
        .exists([source.as_str(), remote.as_str()])
}

/// Records that were made of a note: one for each part of it, and none of a note that was deleted.
fn once(reading: &Reading<'_>, deleted: &HashSet<&NoteId>, mine: &HashMap<&NoteId, &OwnNote>, facts: &mut Facts) {
    for entity in [Entity::Touch, Entity::Task] {
        let mut seen = HashSet::new();
        let mut drop = HashSet::new();
        for rec in reading.of(entity) {
            let Some(mark) = mark(rec) else { continue };
            let again = !seen.insert((mark.note.clone(), mark.part));
            if again || (deleted.contains(&mark.note) && !mine.contains_key(&mark.note)) {
                drop.insert((rec.source.clone(), rec.id.clone()));
            }
        }
        if entity == Entity::Touch {
            facts.touches.retain(|touch| !drop.contains(&(touch.source.clone(), touch.id.clone())));
        } else {
            facts.tasks.retain(|task| !drop.iter().any(|(_, id)| *id == task.id));
        }
    }
}

/// The facts of the notes; those that have a record of their own in the CRM stand there already.
fn say(reading: &Reading<'_>, speaking: &[Speaking<'_>], facts: &mut Facts) {
    let recorded = [Entity::Touch, Entity::Task]
        .into_iter()
        .flat_map(|entity| reading.of(entity).iter().filter_map(mark))
        .map(|mark| (mark.note, mark.part))
        .collect::<HashSet<_>>();
    let candidates = facts
        .people
        .iter()
        .map(|person| Candidate { id: person.id.clone(), name: person.name.clone(), email: person.email.clone() })
        .collect::<Vec<_>>();
    for note in speaking {
        let written = on(note.at, reading.zone);
        for (part, fact) in (1_u32..).zip(&note.read.facts) {
            if recorded.contains(&(note.note.clone(), Some(part))) {
                continue;
            }
            let id = format!("{}.{part}", note.note);
            facts.journal.push(Recorded {
                id: id.clone(),
                note: Some(note.note.clone()),
                on: fact.on().unwrap_or(written),
                known: written,
                by: note.author.clone(),
                private: false,
                source: note.source.clone(),
                people: ids(&fact.people().into_iter().cloned().collect::<Vec<_>>(), &candidates),
                fact: fact.clone(),
            });
            match fact {
                Fact::Touch { kind, people, on: day, .. } => facts.touches.push(Touch {
                    id,
                    kind: *kind,
                    title: fact.title(),
                    at: if *day == written { note.at } else { noon(*day, reading, note.at) },
                    on: *day,
                    known: written.max(*day),
                    people: ids(people, &candidates),
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
}

fn noon(day: Date, reading: &Reading<'_>, fallback: jiff::Timestamp) -> jiff::Timestamp {
    day.at(12, 0, 0, 0).to_zoned(reading.zone.clone()).map_or(fallback, |noon| noon.timestamp())
}
