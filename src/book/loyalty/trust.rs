//! The relationship battery: a charge from 0 to 100 that deposits raise, withdrawals lower and time draws back to 50.
//!
//! Decides which facts move it and by how much. Without any such fact the charge is absent.

use jiff::civil::Date;

use super::value::promises;
use super::{Loyal, days};
use crate::book::day::{date, plus};
use crate::book::journal::Fact;
use crate::book::journal::words::TrustWord;

/// Days in which half of the distance to 50 is gone.
const HALF: f64 = 180.0;
const MIDDLE: f64 = 50.0;
/// The most that the charge can be while a breach is open.
const BROKEN: f64 = 20.0;

/// Amounts of what Rounds sees itself.
const KEPT: f64 = 10.0;
const ACCEPTED: f64 = 10.0;
const MISSED: f64 = -15.0;
const ESCALATION: f64 = -8.0;
/// What is left of the distance to 50 when our side changes hands.
const NEW_OWNER: f64 = 0.6;

/// The amount of a word.
fn amount_of(what: TrustWord) -> f64 {
    match what {
        TrustWord::Exec => 8.0,
        TrustWord::PostMortem => 6.0,
        TrustWord::Outage => -10.0,
        TrustWord::Billing => -6.0,
    }
}

/// What an entry does to the charge.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Move {
    Add(f64),
    Breach,
    Repair,
    NewOwner,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub on: Date,
    /// In words: `kept promise: reports in a day`.
    pub what: String,
    /// What it did to the charge, drift aside.
    pub amount: f64,
    /// The charge after it.
    pub after: f64,
    /// Where it comes from: a source's name or `note`.
    pub source: String,
}

/// The battery on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Battery {
    /// 0 to 100.
    pub charge: f64,
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// The day of a breach that nothing has repaired.
    pub breach: Option<Date>,
}

struct Event {
    on: Date,
    id: String,
    what: String,
    step: Move,
    source: String,
}

/// Everything that moved trust up to the day, by day and record.
fn events(loyal: &Loyal<'_, '_>) -> Vec<Event> {
    let facts = loyal.facts();
    let day = loyal.on.date;
    let mut out = Vec::new();
    let why =
        |head: &str, because: &str| if because.is_empty() { head.to_owned() } else { format!("{head}: {because}") };
    for one in loyal.journal() {
        let (what, step) = match &one.fact {
            Fact::TrustEvent { what, because, .. } => (why(what.name(), because), Move::Add(amount_of(*what))),
            Fact::Trust { amount, because, .. } => (why("by hand", because), Move::Add(f64::from(*amount))),
            Fact::Breach { because, .. } => (why("breach", because), Move::Breach),
            Fact::Repair { because, .. } => (why("repair", because), Move::Repair),
            _ => continue,
        };
        out.push(Event { on: one.on, id: one.id.clone(), what, step, source: one.source.to_string() });
    }
    for promise in promises(loyal) {
        let kept = promise.kept_on(loyal);
        let mut add = |on: Date, what: String, amount: f64| {
            let id = format!("{}.{}", promise.tag, out.len());
            out.push(Event { on, id, what, step: Move::Add(amount), source: "note".into() });
        };
        if let Some(on) = kept {
            add(on, format!("kept promise: {}", promise.text), KEPT);
        }
        // The proof by which a promise is kept is one deposit, not two.
        for proof in promise.proofs.iter().filter(|proof| proof.accepted && Some(proof.on) != kept) {
            add(proof.on, format!("accepted proof: {}", promise.text), ACCEPTED);
        }
        let missed = promise.due.map(|due| plus(due, 1)).filter(|late| *late <= day);
        let dropped = promise.state(loyal) == super::value::State::Dropped;
        if let Some(late) = missed.filter(|late| !dropped && kept.is_none_or(|kept| kept >= *late)) {
            add(late, format!("missed promise: {}", promise.text), MISSED);
        }
    }
    for (ticket, seen) in facts.tickets.iter().zip(&loyal.eval.facts.tickets) {
        if let Some(on) = seen.escalated.map(date).filter(|on| *on <= day) {
            let what = format!("escalation: {}", ticket.subject);
            let (id, source) = (ticket.id.clone(), ticket.source.to_string());
            out.push(Event { on, id, what, step: Move::Add(ESCALATION), source });
        }
    }
    // A change of hands moves a charge that there is; alone it makes none.
    if !out.is_empty() {
        for pair in facts.owner.0.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            if after.on <= day && before.value.is_some() && after.value.is_some() && before.value != after.value {
                let (id, source) = ("owner".to_owned(), facts.source.to_string());
                out.push(Event {
                    on: after.on,
                    id,
                    what: "new owner on our side".into(),
                    step: Move::NewOwner,
                    source,
                });
            }
        }
    }
    out.sort_by(|a, b| (a.on, &a.id).cmp(&(b.on, &b.id)));
    out
}

/// Towards 50 in so many days.
fn drift(charge: f64, days: f64) -> f64 {
    MIDDLE + (charge - MIDDLE) * 0.5_f64.powf(days / HALF)
}

/// Reads the battery; `None`: nothing ever moved it.
pub fn battery(loyal: &Loyal<'_, '_>) -> Option<Battery> {
    let events = events(loyal);
    let first = events.first()?.on;
    let (mut charge, mut at, mut breach) = (MIDDLE, first, None);
    let mut entries = Vec::with_capacity(events.len());
    for event in events {
        let drifted = drift(charge, days(at, event.on));
        let top = |breach: Option<Date>| if breach.is_some() { BROKEN } else { 100.0 };
        charge = match event.step {
            Move::Add(amount) => (drifted + amount).clamp(0.0, top(breach)),
            Move::Breach => {
                breach = Some(breach.unwrap_or(event.on));
                drifted.min(BROKEN)
            }
            Move::Repair => {
                breach = None;
                drifted.clamp(0.0, 100.0)
            }
            Move::NewOwner => (MIDDLE + NEW_OWNER * (drifted - MIDDLE)).clamp(0.0, top(breach)),
        };
        entries.push(Entry {
            on: event.on,
            what: event.what,
            amount: charge - drifted,
            after: charge,
            source: event.source,
        });
        at = event.on;
    }
    let top = if breach.is_some() { BROKEN } else { 100.0 };
    let charge = drift(charge, days(at, loyal.on.date)).clamp(0.0, top);
    Some(Battery { charge, entries, breach })
}

/// The last breach up to the day, and the repair after it.
pub fn breach(loyal: &Loyal<'_, '_>) -> Option<(Date, Option<Date>)> {
    let mut last: Option<(Date, Option<Date>)> = None;
    for one in loyal.journal() {
        match (&one.fact, &mut last) {
            (Fact::Breach { .. }, Some((_, None))) => {}
            (Fact::Breach { .. }, _) => last = Some((one.on, None)),
            (Fact::Repair { .. }, Some((_, repair @ None))) => *repair = Some(one.on),
            _ => {}
        }
    }
    last
}
