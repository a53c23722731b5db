//! The CRM's memory: the generated book, and on top of it what clients have written since the start.
//! Decides what is true of a record now, and what lists and search can already see of it.
//! Only records that were touched are kept; all others are worked out when asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;

use super::kinds::{Kind, link_types};
use super::world::clock::{self, MS_PER_DAY};
use super::world::plan::Plan;
use super::world::record::Record;
use super::world::{World, render};

/// A link to create: type of the other record, its id, association types (empty = the default ones).
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub to: Kind,
    pub id: u64,
    pub types: Vec<u32>,
}

#[derive(Debug, Default)]
struct Overlay {
    records: BTreeMap<(Kind, u64), Record>,
    /// Invisible to lists and search until this moment (epoch ms).
    hidden: HashMap<(Kind, u64), i64>,
    links: HashMap<(Kind, u64, Kind), BTreeMap<u64, Vec<u32>>>,
    /// Records that clients merged away, with the one that took them over.
    merged: HashMap<(Kind, u64), u64>,
    made: [u64; 9],
}

/// Ids with the moment of their last change, for one record type.
type Index = Vec<(u64, i64)>;

pub(crate) struct Live {
    pub world: World,
    overlay: Mutex<Overlay>,
    index: OnceLock<Vec<Index>>,
    domains: OnceLock<HashMap<String, u32>>,
    /// How far this server's clock runs ahead of the wall clock, in ms.
    ahead: i64,
    /// The user whose token is used, as creator and last editor of what is written.
    pub user: u64,
    /// Who writes, where that is somebody else for a while; 0: the user of the token.
    acting: AtomicU64,
}

/// What a row of a search is known by before the record is written out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub id: u64,
    pub updated: i64,
}

impl Live {
    pub(crate) fn new(world: World, user: u64) -> Live {
        let wall = clock::day_of_ms(Timestamp::now().as_millisecond());
        let ahead = i64::from((world.today - wall).max(0)) * MS_PER_DAY;
        Live {
            world,
            overlay: Mutex::default(),
            index: OnceLock::new(),
            domains: OnceLock::new(),
            ahead,
            user,
            acting: AtomicU64::new(0),
        }
    }

    /// From now on this user writes, whoever's the token is; 0: the user of the token again.
    pub(crate) fn act_as(&self, user: u64) {
        self.acting.store(user, Ordering::Relaxed);
    }

    fn writer(&self) -> u64 {
        match self.acting.load(Ordering::Relaxed) {
            0 => self.user,
            user => user,
        }
    }

    /// This server's clock, epoch ms: never before the day that the book plays on.
    pub(crate) fn now(&self) -> i64 {
        Timestamp::now().as_millisecond() + self.ahead
    }

    fn lock(&self) -> MutexGuard<'_, Overlay> {
        // A panic while holding the lock leaves whole records: go on with them.
        self.overlay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record as it is now, archived or not; a merged-away id answers with its winner.
    pub(crate) fn get(&self, kind: Kind, id: u64) -> Option<Record> {
        let id = self.winner(kind, id);
        if let Some(record) = self.lock().records.get(&(kind, id)) {
            return Some(record.clone());
        }
        self.generated(kind, id)
    }

    /// The record that an id stands for after all merges.
    fn winner(&self, kind: Kind, id: u64) -> u64 {
        let mut id = if kind == Kind::Company { self.world.merged_into(id).unwrap_or(id) } else { id };
        let overlay = self.lock();
        while let Some(into) = overlay.merged.get(&(kind, id)) {
            id = *into;
        }
        id
    }

    fn generated(&self, kind: Kind, id: u64) -> Option<Record> {
        let (account, slot) = kind.place(id)?;
        if account >= self.world.total() {
            return None;
        }
        render::record(&self.world, &self.world.plan(account), kind, slot)
    }

    /// Up to `limit` records from id `from` on, by id, and the id of the one after them.
    pub(crate) fn page(&self, kind: Kind, from: u64, archived: bool, limit: usize) -> (Vec<Record>, Option<u64>) {
        let mut out = Vec::with_capacity(limit + 1);
        let (mut account, mut slot) = match kind.place(from) {
            Some(place) => place,
            None if from < kind.id(0, 0) => (0, 0),
            None => (self.world.total(), 0),
        };
        let now = self.now();
        let overlay = self.lock();
        while account < self.world.total() && out.len() <= limit {
            let plan = self.world.plan(account);
            while (slot as usize) < plan.count(kind) && out.len() <= limit {
                let key = (kind, kind.id(account, slot));
                if overlay.merged.contains_key(&key) {
                    // It is part of another record now.
                } else if let Some(record) = overlay.records.get(&key) {
                    if record.archived.is_some() == archived && overlay.visible(key, now) {
                        out.push(record.clone());
                    }
                } else if render::archived(&plan, kind, slot) == archived {
                    out.extend(render::record(&self.world, &plan, kind, slot));
                }
                slot += 1;
            }
            (account, slot) = (account + 1, 0);
        }
        let first_made = kind.new_id(0).max(from);
        for (key, record) in overlay.records.range((kind, first_made)..=(kind, u64::MAX)) {
            if out.len() > limit {
                break;
            }
            let there = overlay.visible(*key, now) && !overlay.merged.contains_key(key);
            if record.archived.is_some() == archived && there {
                out.push(record.clone());
            }
        }
        let next = (out.len() > limit).then(|| out.pop()).flatten().map(|record| record.id);
        (out, next)
    }

    /// The living records of a type that search can see and that `keep` lets through, in the order of ids.
    /// `keep` is asked first, since it is asked of every record there is.
    pub(crate) fn candidates(&self, kind: Kind, keep: impl Fn(&Candidate) -> bool) -> Vec<Candidate> {
        let index = &self.index.get_or_init(|| self.build_index())[kind as usize];
        let overlay = self.lock();
        let now = self.now();
        let mut out: Vec<Candidate> = index
            .iter()
            .map(|(id, updated)| Candidate { id: *id, updated: *updated })
            .filter(|candidate| keep(candidate) && !overlay.records.contains_key(&(kind, candidate.id)))
            .filter(|candidate| !overlay.merged.contains_key(&(kind, candidate.id)))
            .collect();
        let touched = overlay.records.range((kind, 0)..=(kind, u64::MAX));
        out.extend(
            touched
                .filter(|(key, record)| record.archived.is_none() && overlay.visible(**key, now))
                .filter(|(key, _)| !overlay.merged.contains_key(key))
                .map(|((_, id), record)| Candidate { id: *id, updated: record.updated })
                .filter(|candidate| keep(candidate)),
        );
        out.sort_by_key(|candidate| candidate.id);
        out
    }

    fn build_index(&self) -> Vec<Index> {
        let mut all: Vec<Index> = vec![Vec::new(); Kind::ALL.len()];
        for account in 0..self.world.total() {
            let plan = self.world.plan(account);
            for kind in Kind::ALL {
                for slot in 0..plan.count(kind) as u32 {
                    if !render::archived(&plan, kind, slot) {
                        let updated = render::updated(&self.world, &plan, kind, slot);
                        all[kind as usize].push((kind.id(account, slot), updated));
                    }
                }
            }
        }
        all
    }

    /// The person with this mail address.
    pub(crate) fn contact_by_email(&self, email: &str) -> Option<u64> {
        let email = email.to_lowercase();
        let written = {
            let overlay = self.lock();
            let mut people = overlay.records.range((Kind::Contact, 0)..=(Kind::Contact, u64::MAX));
            people
                .find(|(_, r)| r.archived.is_none() && r.text("email").is_some_and(|e| e.eq_ignore_ascii_case(&email)))
                .map(|((_, id), _)| *id)
        };
        if written.is_some() {
            return written;
        }
        let (local, domain) = email.split_once('@')?;
        let domains = self.domains.get_or_init(|| {
            (0..self.world.total()).map(|account| (self.world.plan(account).naming.domain, account)).collect()
        });
        let account = *domains.get(domain)?;
        let plan = self.world.plan(account);
        let slot = plan.people.iter().position(|p| p.local == local && p.archived.is_none())? as u32;
        let id = Kind::Contact.id(account, slot);
        // Someone may have given the person another address since.
        (!self.lock().records.contains_key(&(Kind::Contact, id))).then_some(id)
    }

    /// The living record whose unique property has this value, among those that clients wrote.
    pub(crate) fn by_unique(&self, kind: Kind, name: &str, value: &str) -> Option<u64> {
        if kind == Kind::Contact && name == "email" {
            return self.contact_by_email(value);
        }
        let overlay = self.lock();
        let mut all = overlay.records.range((kind, 0)..=(kind, u64::MAX));
        all.find(|(_, r)| r.archived.is_none() && r.text(name) == Some(value)).map(|((_, id), _)| *id)
    }

    /// Writes a new record with its links. `lag` ms pass before lists and search see it.
    pub(crate) fn create(&self, kind: Kind, values: Vec<(&'static str, String)>, links: &[Link], lag: i64) -> Record {
        let now = self.now();
        let mut overlay = self.lock();
        let id = kind.new_id(overlay.made[kind as usize]);
        overlay.made[kind as usize] += 1;
        let mut record = Record::new(kind, id, now, now);
        for (name, value) in values {
            record.put(name, value);
        }
        if kind.engagement() {
            record.put("hs_created_by_user_id", self.writer().to_string());
            record.put("hs_updated_by_user_id", self.writer().to_string());
        }
        overlay.records.insert((kind, id), record.clone());
        if lag > 0 {
            overlay.hidden.insert((kind, id), now + lag);
        }
        for link in links {
            overlay.link((kind, id), link);
        }
        record
    }

    /// Changes properties of a living record; `None` when there is none.
    pub(crate) fn change(&self, kind: Kind, id: u64, values: Vec<(&'static str, String)>, lag: i64) -> Option<Record> {
        let mut record = self.get(kind, id).filter(|record| record.archived.is_none())?;
        let now = self.now();
        for (name, value) in values {
            record.change(name, value, now, self.writer());
        }
        if kind.engagement() {
            record.change("hs_updated_by_user_id", self.writer().to_string(), now, self.writer());
        }
        record.updated = now;
        let mut overlay = self.lock();
        let id = record.id;
        overlay.records.insert((kind, id), record.clone());
        if lag > 0 {
            overlay.hidden.insert((kind, id), now + lag);
        }
        Some(record)
    }

    /// Deletes a record the way the CRM does: it is kept as archived. True when it was living.
    pub(crate) fn archive(&self, kind: Kind, id: u64) -> bool {
        let Some(mut record) = self.get(kind, id).filter(|record| record.archived.is_none()) else {
            return false;
        };
        let now = self.now();
        record.archived = Some(now);
        record.updated = now;
        self.lock().records.insert((kind, record.id), record);
        true
    }

    /// Makes one record of two: the second one's id and links go over to the first. `None` when one is not living.
    pub(crate) fn merge(&self, kind: Kind, winner: u64, loser: u64) -> Option<Record> {
        let living = |id| self.get(kind, id).filter(|record| record.archived.is_none());
        let (mut record, loser) = (living(winner)?, living(loser)?.id);
        if record.id == loser {
            return None;
        }
        let now = self.now();
        let before = record.text("hs_merged_object_ids").map(str::to_owned);
        let all: Vec<String> = before.into_iter().chain([loser.to_string()]).collect();
        record.put("hs_merged_object_ids", all.join(";"));
        record.updated = now;
        let mut overlay = self.lock();
        overlay.merged.insert((kind, loser), record.id);
        overlay.records.insert((kind, record.id), record.clone());
        Some(record)
    }

    /// Links two records that exist.
    pub(crate) fn link(&self, kind: Kind, id: u64, link: &Link) {
        self.lock().link((kind, id), link);
    }

    /// What a living record is linked to: ids and association types, by id. What was merged into it counts as its own.
    pub(crate) fn links(&self, kind: Kind, id: u64, to: Kind) -> Vec<(u64, Vec<u32>)> {
        let id = self.winner(kind, id);
        let mut parts = vec![id];
        {
            let overlay = self.lock();
            if overlay.records.get(&(kind, id)).is_some_and(|record| record.archived.is_some()) {
                return Vec::new();
            }
            let mut at = 0;
            while let Some(part) = parts.get(at).copied() {
                let into = overlay.merged.iter().filter(|((k, _), into)| *k == kind && **into == part);
                parts.extend(into.map(|((_, from), _)| *from));
                at += 1;
            }
        }
        let mut out: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for (other, types) in parts.into_iter().flat_map(|part| self.links_of(kind, part, to)) {
            let slot = out.entry(self.winner(to, other)).or_default();
            slot.extend(types.iter().filter(|t| !slot.contains(t)).copied().collect::<Vec<_>>());
        }
        out.into_iter().collect()
    }

    /// The links of one id, merges left aside.
    fn links_of(&self, kind: Kind, id: u64, to: Kind) -> Vec<(u64, Vec<u32>)> {
        let mut out: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        if let Some((account, slot)) = kind.place(id).filter(|(account, _)| *account < self.world.total()) {
            let plan: Plan = self.world.plan(account);
            if let Some((plain, primary)) = link_types(kind, to) {
                for other in render::links(&plan, kind, slot, to) {
                    out.insert(to.id(account, other), primary.into_iter().chain([plain]).collect());
                }
            }
        }
        let overlay = self.lock();
        for (other, types) in overlay.links.get(&(kind, id, to)).into_iter().flatten() {
            let slot = out.entry(*other).or_default();
            slot.extend(types.iter().filter(|t| !slot.contains(t)).copied().collect::<Vec<_>>());
        }
        out.retain(|other, _| overlay.records.get(&(to, *other)).is_none_or(|record| record.archived.is_none()));
        out.into_iter().collect()
    }

    /// What clients created, in the order of creation, with links to companies and people.
    pub(crate) fn written(&self, kind: Kind) -> Vec<Record> {
        let overlay = self.lock();
        overlay.records.range((kind, kind.new_id(0))..=(kind, u64::MAX)).map(|(_, record)| record.clone()).collect()
    }

    /// Ids that a written record is linked to, also when it or they are archived.
    pub(crate) fn written_links(&self, kind: Kind, id: u64, to: Kind) -> Vec<u64> {
        self.lock().links.get(&(kind, id, to)).into_iter().flatten().map(|(other, _)| *other).collect()
    }
}

impl Overlay {
    fn visible(&self, key: (Kind, u64), now: i64) -> bool {
        self.hidden.get(&key).is_none_or(|until| *until <= now)
    }

    fn link(&mut self, from: (Kind, u64), link: &Link) {
        let forth = if link.types.is_empty() { default_types(from.0, link.to) } else { link.types.clone() };
        let back = default_types(link.to, from.0);
        let mut add = |key, other, types: Vec<u32>| {
            let slot: &mut Vec<u32> = self.links.entry(key).or_default().entry(other).or_default();
            slot.extend(types.into_iter().filter(|t| !slot.contains(t)).collect::<Vec<_>>());
        };
        add((from.0, from.1, link.to), link.id, forth);
        add((link.to, link.id, from.0), from.1, back);
    }
}

fn default_types(from: Kind, to: Kind) -> Vec<u32> {
    link_types(from, to).map(|(plain, _)| plain).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::world::generate;

    fn live() -> Live {
        Live::new(generate(20, 1, 20_600), 5)
    }

    #[test]
    fn pages_meet_every_record_once_and_in_order() {
        let live = live();
        let made = live.create(Kind::Contact, vec![("email", "new@x.example".into())], &[], 0).id;
        let (mut from, mut ids) = (0, Vec::new());
        loop {
            let (page, next) = live.page(Kind::Contact, from, false, 7);
            ids.extend(page.iter().map(|record| record.id));
            match next {
                Some(next) => from = next,
                None => break,
            }
        }
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(ids.last(), Some(&made));
        assert_eq!(ids, live.candidates(Kind::Contact, |_| true).iter().map(|c| c.id).collect::<Vec<_>>());
    }

    #[test]
    fn a_lagging_record_is_readable_but_not_listed() {
        let live = live();
        let id = live.create(Kind::Note, vec![("hs_note_body", "x".into())], &[], 60_000).id;
        assert!(live.get(Kind::Note, id).is_some());
        assert!(live.candidates(Kind::Note, |_| true).iter().all(|c| c.id != id));
        assert!(live.page(Kind::Note, id, false, 5).0.is_empty());
    }

    #[test]
    fn an_archived_record_leaves_lists_links_and_search() {
        let live = live();
        let company = Kind::Company.id(3, 0);
        let link = Link { to: Kind::Company, id: company, types: vec![190] };
        let note = live.create(Kind::Note, vec![], &[link], 0).id;
        assert!(
            live.links(Kind::Company, company, Kind::Note).iter().any(|(id, types)| *id == note && types == &[189])
        );
        assert!(live.archive(Kind::Note, note));
        assert!(!live.archive(Kind::Note, note));
        assert!(live.links(Kind::Company, company, Kind::Note).iter().all(|(id, _)| *id != note));
        assert_eq!(live.page(Kind::Note, note, true, 5).0.len(), 1);
    }

    #[test]
    fn a_merged_id_answers_with_the_winner() {
        let live = live();
        let winner = live.get(Kind::Company, Kind::Company.id(13, 5)).unwrap();
        assert_eq!(winner.id, Kind::Company.id(13, 0));
        assert_eq!(winner.text("hs_merged_object_ids"), Some(Kind::Company.id(13, 5).to_string().as_str()));
    }

    #[test]
    fn what_is_merged_is_one_record_with_the_links_of_both() {
        let live = live();
        let (winner, loser) = (Kind::Company.id(3, 0), Kind::Company.id(4, 0));
        let people = |id| live.links(Kind::Company, id, Kind::Contact).len();
        let both = people(winner) + people(loser);
        assert!(people(loser) > 0);
        assert_eq!(live.merge(Kind::Company, winner, loser).unwrap().id, winner);
        assert_eq!(live.get(Kind::Company, loser).unwrap().id, winner);
        assert_eq!(people(winner), both);
        let person = live.links(Kind::Company, loser, Kind::Contact).pop().unwrap().0;
        assert_eq!(live.links(Kind::Contact, person, Kind::Company)[0].0, winner);
        for archived in [false, true] {
            assert!(live.page(Kind::Company, loser, archived, 1).0.iter().all(|record| record.id != loser));
        }
        assert!(live.candidates(Kind::Company, |_| true).iter().all(|c| c.id != loser));
        assert!(live.merge(Kind::Company, winner, loser).is_none());
    }

    #[test]
    fn links_lead_there_and_back() {
        let live = live();
        for account in 0..20 {
            let company = Kind::Company.id(account, 0);
            for (contact, types) in live.links(Kind::Company, company, Kind::Contact) {
                assert_eq!(types, [2, 280]);
                assert_eq!(live.links(Kind::Contact, contact, Kind::Company), [(company, vec![1, 279])]);
                for (meeting, _) in live.links(Kind::Contact, contact, Kind::Meeting) {
                    assert!(live.links(Kind::Meeting, meeting, Kind::Contact).iter().any(|(id, _)| *id == contact));
                }
            }
        }
    }
}
