//! An account without what is private: what may stand in anything that leaves this machine.
//!
//! Decides what of the facts is left when everything that only I may know is taken out. Must not forget a list that a
//! private note fills.

use std::collections::HashSet;

use crate::book::facts::Facts;
use crate::book::ids::PersonId;
use crate::book::journal::Fact;

impl Facts {
    /// The account as a colleague could know it: without private notes, without facts that are kept here, and without
    /// people, touches, tasks, pulses and words about people that stand in nothing else.
    pub fn without_private(&self) -> Facts {
        let mut facts = self.clone();
        let (private, shared): (Vec<_>, Vec<_>) = self.journal.iter().cloned().partition(|recorded| recorded.private);
        let ids = private.iter().map(|recorded| recorded.id.as_str()).collect::<HashSet<_>>();
        facts.notes.retain(|note| !note.private);
        facts.touches.retain(|touch| !ids.contains(touch.id.as_str()));
        facts.tasks.retain(|task| !ids.contains(task.id.as_str()));
        for recorded in &private {
            match &recorded.fact {
                Fact::Pulse { pulse, because } => {
                    let same = facts.pulses.iter().position(|one| {
                        one.pulse == *pulse
                            && one.because == *because
                            && one.known == recorded.known
                            && one.by == recorded.by
                    });
                    same.map(|at| facts.pulses.remove(at));
                }
                Fact::Role { tier, .. } => {
                    for person in facts.people.iter_mut().filter(|person| recorded.people.contains(&person.id)) {
                        let said = |on, value: &Option<_>| on == recorded.on && *value == Some(*tier);
                        let at = person.tier.0.iter().position(|entry| said(entry.on, &entry.value));
                        at.map(|at| person.tier.0.remove(at));
                    }
                }
                Fact::Left { .. } | Fact::Champion { .. } => {
                    let is = !matches!(&recorded.fact, Fact::Champion { is: false, .. });
                    let champion = matches!(&recorded.fact, Fact::Champion { .. });
                    for person in facts.people.iter_mut().filter(|person| recorded.people.contains(&person.id)) {
                        let series = if champion { &mut person.champion } else { &mut person.left };
                        let at = series.0.iter().position(|entry| entry.on == recorded.on && entry.value == Some(is));
                        at.map(|at| series.0.remove(at));
                    }
                }
                _ => {}
            }
        }
        // Whom nobody but a private note knows is nobody else's to know.
        let named = |id: &PersonId| {
            let shared = shared.iter().any(|recorded| recorded.people.contains(id));
            shared || !private.iter().any(|recorded| recorded.people.contains(id))
        };
        facts.people.retain(|person| !person.only_in_notes() || named(&person.id));
        facts.journal = shared;
        facts
    }
}
