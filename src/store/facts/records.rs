//! Touches, tickets, deals and tasks from their records.
//!
//! Decides what counts as a two-way touch, and when a record was known. The source knew of what happened when it
//! happened, so that a first pull does not make all of the past look like news of today.

use std::collections::HashSet;

use jiff::civil::Date;

use super::people::Canonical;
use super::series::{as_bool, currency, money, past, series};
use super::{Reading, Rec, on};
use crate::book::facts::{Facts, Opportunity, Task, Ticket, Touch, TouchKind};
use crate::book::ids::PersonId;
use crate::book::journal::Mark;
use crate::book::row::Entity;

/// Outcomes that say that nobody spoke to anybody, letters only.
const DID_NOT_HAPPEN: &[&str] = &[
    "noshow",
    "noanswer",
    "notanswered",
    "busy",
    "failed",
    "canceled",
    "cancelled",
    "rescheduled",
    "voicemail",
    "leftvoicemail",
    "leftmessage",
    "leftlivemessage",
    "wrongnumber",
    "missed",
];

/// Fills in everything that is a record of its own.
pub(super) fn read(reading: &Reading<'_>, canonical: &Canonical, facts: &mut Facts) -> rusqlite::Result<()> {
    for rec in reading.of(Entity::Touch) {
        facts.touches.extend(touch(reading, canonical, rec)?);
    }
    for rec in reading.of(Entity::Ticket) {
        facts.tickets.push(ticket(reading, rec)?);
    }
    facts.opportunities = reading.of(Entity::Opportunity).iter().map(|rec| deal(reading, rec)).collect();
    facts.tasks = reading.of(Entity::Task).iter().map(|rec| task(reading, rec)).collect();
    facts.tickets.sort_by_key(|ticket| ticket.opened);
    Ok(())
}

fn people(reading: &Reading<'_>, canonical: &Canonical, rec: &Rec) -> rusqlite::Result<Vec<PersonId>> {
    let mut seen = HashSet::new();
    let mut people = Vec::new();
    for id in &rec.body.people {
        let id = reading.person(&rec.source, id)?;
        let id = canonical.get(&id).cloned().unwrap_or(id);
        if seen.insert(id.clone()) {
            people.push(id);
        }
    }
    Ok(people)
}

/// When a record that happened on a day was known.
fn known(reading: &Reading<'_>, rec: &Rec, happened: Date) -> Date {
    on(rec.known, reading.zone).min(happened)
}

fn touch(reading: &Reading<'_>, canonical: &Canonical, rec: &Rec) -> rusqlite::Result<Option<Touch>> {
    let kind = match rec.text("kind").map(str::to_lowercase).as_deref() {
        Some("meeting") => TouchKind::Meeting,
        Some("call") => TouchKind::Call,
        Some("mail" | "email") => TouchKind::Mail,
        _ => return Ok(None),
    };
    let Some(at) = rec.instant("at") else { return Ok(None) };
    let day = on(at, reading.zone);
    let outcome = rec.text("outcome").unwrap_or_default().to_lowercase();
    let letters = outcome.chars().filter(|c| c.is_ascii_alphabetic()).collect::<String>();
    let note = mark(rec).map(|mark| mark.note);
    let two_way = match kind {
        TouchKind::Meeting | TouchKind::Call => !DID_NOT_HAPPEN.contains(&letters.as_str()),
        // One that a note of ours tells of was answered, whichever of the two stands in the CRM.
        TouchKind::Mail => rec.text("direction") == Some("in") || note.is_some(),
    };
    Ok(Some(Touch {
        id: rec.id.clone(),
        kind,
        title: rec.owned("title").unwrap_or_else(|| kind.name().to_owned()),
        at,
        on: day,
        known: known(reading, rec, day),
        people: people(reading, canonical, rec)?,
        two_way,
        owner: owner(reading, rec, "owner"),
        note,
        source: rec.source.clone(),
    }))
}

/// Who of ours a field names: e-mail, else name, else as it stands.
pub(super) fn owner(reading: &Reading<'_>, rec: &Rec, field: &str) -> Option<String> {
    let id = rec.text(field)?;
    let owner = reading.owners.get(rec.source.as_str(), id);
    owner.and_then(super::owners::Owner::label).or_else(|| Some(id.to_owned()))
}

/// The mark on a record's body: it was made of a note.
pub(super) fn mark(rec: &Rec) -> Option<Mark> {
    rec.text("body").and_then(Mark::of_body)
}

fn ticket(reading: &Reading<'_>, rec: &Rec) -> rusqlite::Result<Ticket> {
    let opened = rec.day("opened", reading.zone).unwrap_or_else(|| on(rec.known, reading.zone));
    let closed = rec.day("closed", reading.zone);
    let (flagged, dated) = (rec.flag("escalated"), rec.day("escalated_on", reading.zone));
    // Many take the flag off when they close a ticket: then the day says that it was escalated while it was open.
    let escalated = flagged || (dated.is_some() && (closed.is_some() || rec.get("escalated").is_none()));
    let escalated_on = match dated {
        None if escalated => seen_escalated(reading, rec)?,
        dated => dated.filter(|_| escalated),
    };
    Ok(Ticket {
        id: rec.id.clone(),
        subject: rec.owned("subject").unwrap_or_else(|| rec.id.clone()),
        priority: rec.owned("priority"),
        opened,
        closed,
        escalated,
        escalated_on: escalated_on.map(|day| day.max(opened)),
        source: rec.source.clone(),
    })
}

/// Since when the flag stands without a break, where it was seen being set.
fn seen_escalated(reading: &Reading<'_>, rec: &Rec) -> rusqlite::Result<Option<Date>> {
    let past = past(reading, rec)?;
    let (flag, _) = series(reading, rec, &past, "escalated", as_bool);
    let from = flag.0.iter().rposition(|entry| entry.value != Some(true)).map(|at| at + 1);
    Ok(from.and_then(|at| flag.0.get(at)).map(|entry| entry.on))
}

fn deal(reading: &Reading<'_>, rec: &Rec) -> Opportunity {
    let currency = currency(rec, reading.currency);
    Opportunity {
        id: rec.id.clone(),
        name: rec.owned("name").unwrap_or_else(|| rec.id.clone()),
        kind: rec.owned("kind"),
        amount: ["amount", "arr"].iter().find_map(|field| rec.get(field)).and_then(|value| money(value, currency)),
        close: rec.day("close_date", reading.zone),
        created: rec.day("created", reading.zone),
        stage: rec.owned("stage"),
        closed: rec.flag("closed"),
        won: rec.flag("won"),
    }
}

fn task(reading: &Reading<'_>, rec: &Rec) -> Task {
    Task {
        id: rec.id.clone(),
        subject: rec.owned("subject").unwrap_or_else(|| rec.id.clone()),
        due: rec.day("due", reading.zone),
        done: rec.flag("done"),
        owner: owner(reading, rec, "owner"),
        note: mark(rec).map(|mark| mark.note),
    }
}
