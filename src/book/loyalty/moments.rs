//! Moments of truth and the reassurance after a purchase.
//!
//! Decides which moments an account had, from notes and from dates of the CRM, and which reassurance is due.

use jiff::civil::Date;

use super::{Loyal, days};
use crate::book::day::{date, plus};
use crate::book::journal::Fact;
use crate::book::journal::words::{MomentKind, OutcomeKind};

/// A moment: what, when, and what was said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment<'a> {
    pub kind: MomentKind,
    pub on: Date,
    pub about: &'a str,
    /// Somebody took it down; else it comes from a date.
    pub noted: bool,
}

/// Every moment up to the day, oldest first; one that was noted goes before the same one from a date near it.
pub fn all<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Moment<'a>> {
    let facts = loyal.facts();
    let day = loyal.on.date;
    let noted = loyal.journal().filter_map(|one| match &one.fact {
        Fact::Moment { kind, about, .. } => Some(Moment { kind: *kind, on: one.on, about, noted: true }),
        _ => None,
    });
    let mut out: Vec<Moment<'a>> = noted.collect();
    let escalated = loyal.eval.facts.tickets.iter().filter_map(|ticket| ticket.escalated).min().map(date);
    let known = [
        (MomentKind::Purchase, facts.customer_since),
        (MomentKind::KickOff, facts.onboarding_started),
        (MomentKind::GoLive, facts.go_live),
        (MomentKind::FirstEscalation, escalated),
    ];
    for (kind, on) in known {
        let Some(on) = on.filter(|on| *on <= day) else { continue };
        if !out.iter().any(|one| one.kind == kind && days(one.on, on).abs() <= 30.0) {
            out.push(Moment { kind, on, about: "", noted: false });
        }
    }
    out.sort_by_key(|one| one.on);
    out
}

/// A moment of the last days that nobody has asked about: no emotion was recorded since.
pub fn unfelt<'a>(loyal: &Loyal<'_, 'a>) -> Option<Moment<'a>> {
    use crate::book::journal::words::SurveyKind;
    let day = loyal.on.date;
    let felt = |since: Date| {
        loyal.journal().any(|one| {
            let said = matches!(&one.fact, Fact::Survey { kind: SurveyKind::Emotion, .. } | Fact::Feels { .. });
            said && one.on >= since
        })
    };
    let recent = all(loyal).into_iter().filter(|one| (1.0..=21.0).contains(&days(one.on, day)));
    recent.rev().find(|one| !felt(one.on))
}

/// A purchase that reassurance follows: what it was, and when.
fn purchases(loyal: &Loyal<'_, '_>) -> Vec<(&'static str, Date)> {
    let facts = loyal.facts();
    let mut out: Vec<(&'static str, Date)> = facts.customer_since.map(|on| ("purchase", on)).into_iter().collect();
    for one in loyal.journal() {
        match &one.fact {
            Fact::Outcome { kind: OutcomeKind::Renewed, .. } => out.push(("renewal", one.on)),
            Fact::Outcome { kind: OutcomeKind::Expanded, .. } => out.push(("expansion", one.on)),
            _ => {}
        }
    }
    for deal in facts.opportunities.iter().filter(|deal| deal.won && deal.closed) {
        let kind = deal.kind.as_deref().unwrap_or_default().to_lowercase();
        let what = match () {
            () if kind.contains("renew") => "renewal",
            () if kind.contains("up") || kind.contains("expan") => "expansion",
            () => continue,
        };
        out.extend(deal.close.map(|on| (what, on)));
    }
    out
}

/// A reassurance that is due: after what, which of the three, and since how many days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reassurance {
    pub after: &'static str,
    pub on: Date,
    /// 7, 30 or 90.
    pub step: i64,
    pub late: i64,
}

/// When each is due, and the days in which a two-way touch counts as it.
const STEPS: [(i64, i64, i64); 3] = [(7, 0, 30), (30, 18, 90), (90, 60, 120)];

/// The reassurance that is due on the day, the newest purchase first; none once a touch was made or its time is over.
pub fn reassurance(loyal: &Loyal<'_, '_>) -> Option<Reassurance> {
    let day = loyal.on.date;
    let facts = loyal.facts();
    let mut bought = purchases(loyal);
    bought.retain(|(_, on)| *on <= day && days(*on, day) <= 120.0);
    bought.sort_by_key(|(_, on)| std::cmp::Reverse(*on));
    let touched = |from: Date, to: Date| {
        facts.touches.iter().any(|touch| touch.two_way && touch.on > from && touch.on <= to && touch.on <= day)
    };
    bought.into_iter().find_map(|(after, on)| {
        let age = days(on, day) as i64;
        STEPS.iter().rev().find_map(|(step, from, to)| {
            let open = age >= *step && age <= *to && !touched(plus(on, *from), plus(on, *to));
            open.then_some(Reassurance { after, on, step: *step, late: age - step })
        })
    })
}
