//! Writes the planned facts of an account as CRM records.
//! Decides property names and values, and what is linked to what. It must not invent facts:
//! dates, amounts and people come from the plan.

mod logged;
mod money;
mod parties;

pub(crate) use parties::bought as bought_features;

use super::World;
use super::plan::Plan;
use super::record::Record;
use crate::practice::kinds::Kind;

/// The record in a slot of an account; `None` when the account has no such record.
pub(crate) fn record(world: &World, plan: &Plan, kind: Kind, slot: u32) -> Option<Record> {
    let at = slot as usize;
    if at >= plan.count(kind) {
        return None;
    }
    let mut record = match kind {
        Kind::Company => parties::company(world, plan),
        Kind::Contact => parties::contact(world, plan, at),
        Kind::Deal => money::deal(world, plan, at)?,
        Kind::Ticket => money::ticket(world, plan, at)?,
        Kind::Note => logged::note(world, plan, at)?,
        Kind::Task => logged::task(world, plan, at)?,
        Kind::Meeting | Kind::Call | Kind::Email => logged::touch(world, plan, kind, at)?,
    };
    record.updated = updated(world, plan, kind, slot);
    record.archived = plan.archived.or(record.archived);
    if let Some(at) = record.archived {
        record.updated = record.updated.min(at);
    }
    Some(record)
}

/// When a record last changed, without writing it.
pub(crate) fn updated(world: &World, plan: &Plan, kind: Kind, slot: u32) -> i64 {
    let at = slot as usize;
    let raw = match kind {
        Kind::Company => parties::company_updated(plan),
        Kind::Contact => plan.people.get(at).map(|p| parties::contact_updated(plan, p)),
        Kind::Deal => plan.deals.get(at).map(|d| money::deal_updated(plan, d)),
        Kind::Ticket => plan.tickets.get(at).map(money::ticket_updated),
        Kind::Note => plan.notes.get(at).map(|n| n.at),
        Kind::Task => plan.tasks.get(at).map(|t| t.done.unwrap_or(t.created)),
        Kind::Meeting | Kind::Call | Kind::Email => plan.touches_of(kind).nth(at).map(logged::touch_updated),
    };
    raw.unwrap_or_default().min(world.last_change())
}

/// Whether a record was deleted in the CRM.
pub(crate) fn archived(plan: &Plan, kind: Kind, slot: u32) -> bool {
    plan.archived.is_some()
        || (kind == Kind::Contact && plan.people.get(slot as usize).is_some_and(|p| p.archived.is_some()))
}

/// What a record of the generated book is linked to: type and slot inside the same account.
pub(crate) fn links(plan: &Plan, from: Kind, slot: u32, to: Kind) -> Vec<u32> {
    let people = |list: &[u8]| -> Vec<u32> {
        list.iter()
            .filter(|at| plan.people.get(usize::from(**at)).is_some_and(|p| p.archived.is_none()))
            .map(|at| u32::from(*at))
            .collect()
    };
    let every =
        |kind: Kind| -> Vec<u32> { (0..plan.count(kind) as u32).filter(|s| !archived(plan, kind, *s)).collect() };
    if archived(plan, from, slot) || slot as usize >= plan.count(from) {
        return Vec::new();
    }
    match (from, to) {
        (Kind::Company, Kind::Company) => Vec::new(),
        (_, Kind::Company) => vec![0],
        (Kind::Company, _) => every(to),
        (Kind::Contact, _) => {
            every(to).into_iter().filter(|s| links(plan, to, *s, Kind::Contact).contains(&slot)).collect()
        }
        (_, Kind::Contact) => match from {
            Kind::Deal => people(&[0]),
            Kind::Ticket => plan.tickets.get(slot as usize).map(|t| people(&[t.person])).unwrap_or_default(),
            Kind::Note => plan.notes.get(slot as usize).map(|n| people(&[n.person])).unwrap_or_default(),
            Kind::Task => plan.tasks.get(slot as usize).map(|t| people(&[t.person])).unwrap_or_default(),
            _ => plan.touches_of(from).nth(slot as usize).map(|t| people(&t.people)).unwrap_or_default(),
        },
        _ => Vec::new(),
    }
}
