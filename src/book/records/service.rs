//! Behind tickets, satisfaction and the pulse.
//!
//! Decides which tickets are worth a row, and in which words.

use crate::book::day::date;
use crate::book::evidence::number;
use crate::book::facts::{Pulse, Ticket};
use crate::book::prepared::{On, Prepared, TicketDays};
use crate::book::reading;
use crate::book::records::{Record, said, said_day, values};

/// Days back in which tickets that do not count are shown all the same.
const LOOK_BACK: i32 = 90;

/// `4412 Exports time out: opened 11 Nov, escalated 12 Nov, closed 21 Nov`.
fn ticket(ticket: &Ticket, days: TicketDays, on: On) -> Record {
    let mut text = format!("{} {}: opened {}", ticket.id, ticket.subject, said_day(days.opened, on));
    if let Some(day) = days.escalated.filter(|day| *day <= on.day) {
        text.push_str(&format!(", escalated {}", said_day(day, on)));
    }
    match days.closed.filter(|day| *day <= on.day) {
        Some(day) => text.push_str(&format!(", closed {}", said_day(day, on))),
        None => text.push_str(", still open"),
    }
    Record::new(date(days.opened), text).from(Some(ticket.source.to_string())).id(&ticket.id)
}

fn tickets(
    facts: &Prepared<'_>,
    on: On,
    keep: impl Fn(TicketDays) -> bool,
    why_not: impl Fn(TicketDays) -> Option<String>,
) -> Vec<Record> {
    let all = facts.facts.tickets.iter().zip(&facts.tickets).filter(|(_, days)| days.opened <= on.day && keep(**days));
    let mut rows: Vec<_> =
        all.map(|(one, days)| Record { ignored: why_not(*days), ..ticket(one, *days, on) }).collect();
    rows.sort_by_key(|row| (!row.counts(), std::cmp::Reverse(row.on)));
    rows
}

pub(super) fn opened(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let inside = |days: TicketDays| on.day - days.opened < 30;
    tickets(
        facts,
        on,
        |days| on.day - days.opened < LOOK_BACK || days.open(on.day),
        |days| (!inside(days)).then(|| "opened more than 30 d ago".to_owned()),
    )
}

pub(super) fn escalated(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let ever = |days: TicketDays| days.escalated.is_some_and(|day| day <= on.day);
    let why_not = |days: TicketDays| match days.closed {
        _ if days.escalated(on.day) => None,
        Some(day) if day <= on.day => Some(format!("closed on {}", said_day(day, on))),
        _ => Some("not escalated".to_owned()),
    };
    let worth = |days: TicketDays| days.open(on.day) || (ever(days) && on.day - days.opened < LOOK_BACK);
    let mut rows = tickets(facts, on, worth, why_not);
    if rows.is_empty() {
        // That support knows them at all is what the nought rests on.
        rows = tickets(facts, on, |_| true, why_not);
        rows.truncate(1);
    }
    rows
}

pub(super) fn csat(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    values(&facts.facts.csat, "csat", facts, on, |value| format!("CSAT {} of 10", number(*value)))
}

pub(super) fn pulse(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let current = reading::pulse(facts, on);
    let mut rows: Vec<_> = facts
        .facts
        .pulses
        .iter()
        .filter(|pulse| pulse.on <= on.date)
        .map(|pulse| {
            let word = match pulse.pulse {
                Pulse::Red => "red",
                Pulse::Yellow => "yellow",
                Pulse::Green => "green",
            };
            let mut text = word.to_owned();
            if !pulse.because.is_empty() {
                text.push_str(&format!(": {}", pulse.because));
            }
            if let Some(by) = &pulse.by {
                text.push_str(&format!(" ({})", by.split('@').next().unwrap_or(by)));
            }
            // The note it stands in, where only one of that day can be meant.
            let mut notes = facts
                .facts
                .notes
                .iter()
                .filter(|note| note.on == pulse.on && note.author == pulse.by && note.text.contains("/pulse"));
            let note = notes.next().filter(|_| notes.next().is_none());
            let mut row = Record::new(pulse.on, text).from(Some("note".to_owned()));
            row.id = note.map(|note| note.note.as_ref().map_or_else(|| note.id.clone(), |id| id.0.clone()));
            if current.is_some_and(|one| std::ptr::eq(one, pulse)) {
                row
            } else {
                row.but(current.map_or_else(String::new, |one| format!("a newer one is of {}", said(one.on, on))))
            }
        })
        .collect();
    rows.reverse();
    rows.sort_by_key(|row| (!row.counts(), std::cmp::Reverse(row.on)));
    rows
}
