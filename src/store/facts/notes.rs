//! Notes, ours and our colleagues': which of them may speak, and what each says as it stands now.
//!
//! Decides that by kind, author and mark. A note is known by its mark, so that it counts once however often it stands in
//! the CRM; the CRM's text is the truth unless a change of ours is still on its way. What it says is put into the facts
//! by `journal`.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::codec::fold;
use super::super::own::OwnNote;
use super::journal;
use super::records::{mark, owner};
use super::{Reading, Rec, on};
use crate::book::facts::{Facts, Note};
use crate::book::ids::{NoteId, SourceName};
use crate::book::journal::{Fact, ReadNote, join_pages, read_back, read_bullet};
use crate::book::row::Entity;

/// A note that may speak.
pub(super) struct Speaking<'a> {
    pub note: NoteId,
    pub at: jiff::Timestamp,
    pub author: Option<String>,
    /// What colleagues can read.
    pub facts: Vec<Fact>,
    /// What stays on this machine.
    pub kept: Vec<Fact>,
    /// All of it stays on this machine.
    pub private: bool,
    pub source: &'a SourceName,
}

/// What stands in the CRM of one note: its pages in order, each with its copies; or one record without a mark.
struct Group<'a> {
    note: Option<NoteId>,
    pages: BTreeMap<u32, Vec<&'a Rec>>,
}

impl<'a> Group<'a> {
    /// The record of each page: the oldest one.
    fn firsts(&self) -> impl Iterator<Item = &'a Rec> {
        self.pages.values().filter_map(|records| records.first().copied())
    }
}

/// Fills in notes, and everything that stands in them. `keys`: the ids that a mark may name the account by.
pub(super) fn read(reading: &Reading<'_>, keys: &[&str], own: &[OwnNote], facts: &mut Facts) -> rusqlite::Result<()> {
    let source = facts.source.clone();
    let mut speaking = Vec::new();
    let mut in_crm = HashSet::new();
    let deleted = own.iter().filter(|note| note.deleted.is_some()).map(|note| &note.id).collect::<HashSet<_>>();
    let mine = own.iter().filter(|note| note.deleted.is_none()).map(|note| (&note.id, note)).collect::<HashMap<_, _>>();

    for group in groups(reading, own) {
        let Some(first) = group.firsts().next() else { continue };
        if group.note.as_ref().is_some_and(|id| deleted.contains(id)) {
            continue;
        }
        let own = group.note.as_ref().and_then(|id| mine.get(id)).copied();
        in_crm.extend(own.map(|own| own.id.clone()));
        let trusted = group.firsts().all(|rec| trusted(reading, rec));
        let theirs = trusted.then(|| read_pages(&group, keys)).flatten();
        let read = match own {
            // What a stranger made of it is not read: what we wrote still stands.
            Some(own) if own.ahead || !trusted => read_back(&own.body, keys).or(theirs),
            _ => theirs,
        };
        let Some(at) = first.instant("at").or(own.map(|own| own.at)) else { continue };
        let marked = mark(first).map(|mark| mark.author).filter(|author| !author.is_empty());
        let author = marked.filter(|_| read.is_some()).or_else(|| writer(reading, first));
        let raw = || join_pages(group.firsts().filter_map(|rec| rec.text("body")));
        facts.notes.push(Note {
            id: first.id.clone(),
            note: group.note.clone(),
            text: read.as_ref().map_or_else(raw, |read| read.text.clone()),
            at,
            on: on(at, reading.zone),
            author: author.clone(),
            mine: own.is_some(),
            state: own.map(|own| own.state.clone()),
            copies: group.pages.values().flat_map(|page| page.iter().skip(1)).map(|rec| rec.id.clone()).collect(),
            problems: read.as_ref().map(|read| read.problems.clone()).unwrap_or_default(),
            edited_by: group.firsts().find_map(|rec| edited_by(reading, rec, author.as_deref())),
            private: own.is_some_and(|own| own.private),
        });
        let kept = own.map(kept).unwrap_or_default();
        if read.is_some() || !kept.is_empty() {
            let note = group.note.or_else(|| read.as_ref().map(|read| read.mark.note.clone()));
            speaking.extend(note.map(|note| Speaking {
                note,
                at,
                author,
                facts: read.map(|read| read.facts).unwrap_or_default(),
                kept,
                private: own.is_some_and(|own| own.private),
                source: &first.source,
            }));
        }
    }
    for note in own.iter().filter(|note| note.deleted.is_none() && !in_crm.contains(&note.id)) {
        if note.state == "sent" && deleted_there(reading, &source, note)? {
            continue;
        }
        let read = read_back(&note.body, keys);
        // One of which nothing but personal facts is left has no row in the outbox: it stays here as well.
        let private = note.private || note.state == "private";
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
            private,
        });
        let facts = read.map(|read| read.facts).unwrap_or_default();
        let (id, at, author) = (note.id.clone(), note.at, note.author.clone());
        speaking.push(Speaking { note: id, at, author, facts, kept: kept(note), private, source: &source });
    }
    facts.notes.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
    once(reading, &deleted, &mine, facts);
    speaking.sort_by(|a, b| (a.at, &a.note).cmp(&(b.at, &b.note)));
    journal::say(reading, speaking, facts);
    Ok(())
}

/// The facts of a note that stay here.
fn kept(note: &OwnNote) -> Vec<Fact> {
    note.kept.lines().filter(|line| line.starts_with("* ")).filter_map(read_bullet).collect()
}

/// Notes of the CRM, those with the same mark together, the oldest first. One of ours whose mark was taken away is known
/// by its id.
fn groups<'a>(reading: &'a Reading<'_>, own: &[OwnNote]) -> Vec<Group<'a>> {
    let by_id = own.iter().filter_map(|note| Some((note.remote.as_deref()?, &note.id))).collect::<HashMap<_, _>>();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places: HashMap<NoteId, usize> = HashMap::new();
    let mut records = reading.of(Entity::Note).iter().collect::<Vec<_>>();
    // Which one is the oldest is the source's to say: the day that a note is dated with is anybody's.
    records.sort_by_key(|rec| (rec.instant("created").or_else(|| rec.instant("at")), rec.known, rec.rec));
    for rec in records {
        let marked = mark(rec).filter(|mark| mark.part.is_none());
        let (note, page) = match (marked, by_id.get(rec.id.as_str())) {
            (Some(mark), _) => (Some(mark.note), mark.page.unwrap_or(1)),
            (None, Some(id)) => (Some((*id).clone()), 1),
            (None, None) => (None, 1),
        };
        let at = match note.as_ref().and_then(|note| places.get(note)) {
            Some(at) => *at,
            None => {
                places.extend(note.clone().map(|note| (note, groups.len())));
                groups.push(Group { note, pages: BTreeMap::new() });
                groups.len() - 1
            }
        };
        groups[at].pages.entry(page).or_default().push(rec);
    }
    groups
}

/// The pages of a note as one: what each says, in order. `None`: the first has no mark of this account.
fn read_pages(group: &Group<'_>, keys: &[&str]) -> Option<ReadNote> {
    let mut pages = group.firsts().filter_map(|rec| read_back(rec.text("body")?, keys)).collect::<Vec<_>>();
    if pages.is_empty() {
        return None;
    }
    let text = join_pages(pages.iter().map(|page| page.text.as_str()));
    let rest = pages.split_off(1);
    let mut whole = pages.pop()?;
    whole.text = text;
    for page in rest {
        whole.facts.extend(page.facts);
        whole.problems.extend(page.problems);
    }
    Some(whole)
}

/// Whether creator and last editor are active colleagues, or people whom the settings name, and the record is of the
/// source that we write notes to. Where a source does not name a creator, the owner of the note stands in; where it does
/// not name an editor, nobody but the creator is assumed.
fn trusted(reading: &Reading<'_>, rec: &Rec) -> bool {
    let named = |email: &str| reading.authors.contains(&fold(email));
    let speaks = |id: &str| match reading.owners.get(rec.source.as_str(), id) {
        Some(owner) => owner.active || owner.email.as_deref().is_some_and(named),
        None => named(id),
    };
    let creator = rec.text("author").or_else(|| rec.text("owner"));
    reading.account.parts().0 == rec.source.as_str()
        && creator.is_some_and(speaks)
        && rec.text("editor").is_none_or(speaks)
}

fn writer(reading: &Reading<'_>, rec: &Rec) -> Option<String> {
    owner(reading, rec, "author").or_else(|| owner(reading, rec, "owner"))
}

/// Who changed a note last, where that is not its author.
fn edited_by(reading: &Reading<'_>, rec: &Rec, author: Option<&str>) -> Option<String> {
    let editor = owner(reading, rec, "editor")?;
    (author != Some(editor.as_str()) && rec.text("editor") != rec.text("author")).then_some(editor)
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
