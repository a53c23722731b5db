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

struct Event<'a> {
    on: Date,
    /// Its record: of one day, events stand in the order of theirs.
    id: &'a str,
    /// What it was, and the words that belong to it; put together only where somebody reads them.
    what: (&'static str, &'a str),
    step: Move,
    source: &'a str,
}

/// Everything that moved trust up to the day, by day and record.
fn events<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Event<'a>> {
    let facts = loyal.facts();
    let day = loyal.on.date;
    let mut out: Vec<Event<'a>> = Vec::new();
    for one in loyal.journal() {
        let (what, step) = match &one.fact {
            Fact::TrustEvent { what, because, .. } => ((what.name(), because.as_str()), Move::Add(amount_of(*what))),
            Fact::Trust { amount, because, .. } => (("by hand", because.as_str()), Move::Add(f64::from(*amount))),
            Fact::Breach { because, .. } => (("breach", because.as_str()), Move::Breach),
            Fact::Repair { because, .. } => (("repair", because.as_str()), Move::Repair),
            _ => continue,
        };
        out.push(Event { on: one.on, id: &one.id, what, step, source: one.source.as_str() });
    }
    for promise in promises(loyal) {
        let kept = promise.kept_on(loyal);
        let (id, text) = (promise.tag.0.as_str(), promise.text);
        let mut add = |on: Date, what: &'static str, amount: f64| {
            out.push(Event { on, id, what: (what, text), step: Move::Add(amount), source: NOTE });
        };
        if let Some(on) = kept {
            add(on, "kept promise", KEPT);
        }
        // The proof by which a promise is kept is one deposit, not two.
        for proof in promise.proofs.iter().filter(|proof| proof.accepted && Some(proof.on) != kept) {
            add(proof.on, "accepted proof", ACCEPTED);
        }
        let missed = promise.due.map(|due| plus(due, 1)).filter(|late| *late <= day);
        let dropped = promise.state(loyal) == super::value::State::Dropped;
        if let Some(late) = missed.filter(|late| !dropped && kept.is_none_or(|kept| kept >= *late)) {
            add(late, "missed promise", MISSED);
        }
    }
    for (ticket, seen) in facts.tickets.iter().zip(&loyal.eval.facts.tickets) {
        if let Some(on) = seen.escalated.map(date).filter(|on| *on <= day) {
            let (what, source) = (("escalation", ticket.subject.as_str()), ticket.source.as_str());
            out.push(Event { on, id: &ticket.id, what, step: Move::Add(ESCALATION), source });
        }
    }
    // A change of hands moves a charge that there is; alone it makes none.
    if !out.is_empty() {
        for pair in facts.owner.0.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            if after.on <= day && before.value.is_some() && after.value.is_some() && before.value != after.value {
                let what = ("new owner on our side", "");
                out.push(Event {
                    on: after.on,
                    id: "owner",
                    what,
                    step: Move::NewOwner,
                    source: facts.source.as_str(),
                });
            }
        }
    }
    out.sort_by_key(|event| (event.on, event.id));
    out
}

/// Where promises and what is said by hand come from.
const NOTE: &str = "note";

/// Towards 50 in so many days.
fn drift(charge: f64, days: f64) -> f64 {
    MIDDLE + (charge - MIDDLE) * 0.5_f64.powf(days / HALF)
}

/// Folds the events in their order, and hands each over with what it did; the charge of the day, the day of the last event
/// and the open breach.
fn fold<'a>(loyal: &Loyal<'_, 'a>, mut each: impl FnMut(Event<'a>, f64, f64)) -> Option<(f64, Date, Option<Date>)> {
    let events = events(loyal);
    let first = events.first()?.on;
    let (mut charge, mut at, mut breach) = (MIDDLE, first, None);
    let top = |breach: Option<Date>| if breach.is_some() { BROKEN } else { 100.0 };
    for event in events {
        let drifted = drift(charge, days(at, event.on));
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
        at = event.on;
        each(event, charge - drifted, charge);
    }
    Some((drift(charge, days(at, loyal.on.date)).clamp(0.0, top(breach)), at, breach))
}

/// The charge of the day and the day of what moved it last; `None`: nothing ever did.
pub fn charge(loyal: &Loyal<'_, '_>) -> Option<(f64, Date)> {
    fold(loyal, |_, _, _| {}).map(|(charge, last, _)| (charge, last))
}

/// The battery with its ledger; `None`: nothing ever moved it.
pub fn battery(loyal: &Loyal<'_, '_>) -> Option<Battery> {
    let mut entries = Vec::new();
    let (charge, _, breach) = fold(loyal, |event, amount, after| {
        let (what, words) = event.what;
        let what = if words.is_empty() { what.to_owned() } else { format!("{what}: {words}") };
        entries.push(Entry { on: event.on, what, amount, after, source: event.source.to_owned() });
    })?;
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
