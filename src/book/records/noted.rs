//! Behind trust, promises, feelings and surveys: what notes recorded, and what of it counts.
//!
//! Decides words and order. Which facts count is asked of `loyalty`.

use super::{Record, said};
use crate::book::facts::Tier;
use crate::book::journal::words::SurveyKind;
use crate::book::loyalty::value::{Ledger, Promised, State};
use crate::book::loyalty::{Loyal, people, trust, voice};
use crate::book::prepared::On;
use crate::book::query::Field;
use crate::book::score::Eval;
use crate::text;

/// The source of what people wrote down.
const NOTE: &str = "note";

/// The records behind a field that notes fill; none where it has none of its own.
pub fn rows(field: Field, eval: &Eval<'_>, on: On) -> Vec<Record> {
    let loyal = Loyal::new(eval, on);
    match field {
        Field::Trust | Field::BreachAge => ledger(&loyal),
        Field::PromiseGap | Field::PromiseLate | Field::PromiseCount | Field::PromiseDue | Field::PromiseAge => {
            Ledger::of(&loyal).map(|ledger| promises(&ledger, &loyal, on)).unwrap_or_default()
        }
        Field::Return | Field::ProofAge | Field::ProofStreak | Field::ProofUntold => {
            // What nothing proves yet stands there as a promise: it is what the figure lacks.
            let rows = |ledger: Ledger<'_>| {
                let mut rows = proofs(&ledger);
                rows.extend(promises(&ledger, &loyal, on));
                rows
            };
            Ledger::of(&loyal).map(rows).unwrap_or_default()
        }
        Field::LoyaltyBuyers => feelings(&loyal, Tier::Buyer, on),
        Field::LoyaltyInfluencers => feelings(&loyal, Tier::Influencer, on),
        Field::LoyaltyUsers => feelings(&loyal, Tier::User, on),
        Field::Nps => answers(&loyal, &[SurveyKind::Nps]),
        Field::Repurchase => answers(&loyal, &[SurveyKind::Repurchase]),
        Field::Experience => answers(&loyal, &[SurveyKind::Emotion, SurveyKind::Success, SurveyKind::Effort]),
        _ => Vec::new(),
    }
}

fn ledger(loyal: &Loyal<'_, '_>) -> Vec<Record> {
    let entries = trust::battery(loyal).map(|battery| battery.entries).unwrap_or_default();
    let row = |one: trust::Entry| {
        let amount = text::signed(one.amount.round() as i64);
        Record::new(one.on, format!("{amount} → {:.0}: {}", one.after, one.what)).from(Some(one.source))
    };
    entries.into_iter().rev().map(row).collect()
}

fn promises(ledger: &Ledger<'_>, loyal: &Loyal<'_, '_>, on: On) -> Vec<Record> {
    let row = |one: &Promised<'_>| {
        let due = one.due.map_or_else(String::new, |due| format!(", due {}", said(due, on)));
        let worth = one.worth.map_or_else(String::new, |worth| {
            let per = if worth.yearly { " a year" } else { "" };
            format!(", worth {}{}{per}", worth.amount.currency.sign(), worth.amount.short())
        });
        let state = one.state(loyal);
        let row = Record::new(one.on, format!("promise {}: {}{worth}{due}", one.tag, one.text)).from(Some(NOTE.into()));
        match state {
            State::Late | State::Broken => row,
            other => row.but(other.name()),
        }
    };
    let mut rows: Vec<Record> = ledger.promises.iter().rev().map(row).collect();
    rows.sort_by_key(|row| row.ignored.is_some());
    rows
}

fn proofs(ledger: &Ledger<'_>) -> Vec<Record> {
    let all = ledger.promises.iter().flat_map(|promise| promise.proofs.iter().map(move |proof| (promise, proof)));
    let mut rows: Vec<Record> = all
        .map(|(promise, proof)| {
            let worth = proof.worth.map_or_else(String::new, |worth| {
                let per = if worth.yearly { " a year" } else { "" };
                format!(", {}{}{per}", worth.amount.currency.sign(), worth.amount.short())
            });
            let by = proof.by.map_or_else(String::new, |by| format!(", accepted by {by}"));
            let words = format!("proof of “{}”{worth}{by}", promise.text);
            let row = Record::new(proof.on, words).from(Some(NOTE.into()));
            if proof.accepted { row } else { row.but("not accepted yet") }
        })
        .collect();
    rows.sort_by_key(|row| (row.ignored.is_some(), std::cmp::Reverse(row.on)));
    rows
}

fn feelings(loyal: &Loyal<'_, '_>, tier: Tier, on: On) -> Vec<Record> {
    let tiers = [tier];
    let mut rows = Vec::new();
    for known in loyal.eval.facts.of(&tiers, on) {
        let all = people::feelings(loyal, &known.person.id);
        for (at, one) in all.iter().enumerate() {
            let level = text::signed(i64::from(one.level));
            let because = if one.because.is_empty() { String::new() } else { format!(": {}", one.because) };
            let here = if one.private { " (known here alone)" } else { "" };
            let row =
                Record::new(one.on, format!("{} {level}{because}{here}", known.person.name)).from(Some(NOTE.into()));
            rows.push(match all.get(at + 1) {
                Some(next) => row.but(format!("until {}", said(next.on, on))),
                None => row,
            });
        }
    }
    rows.sort_by_key(|row| (row.ignored.is_some(), std::cmp::Reverse(row.on)));
    rows
}

fn answers(loyal: &Loyal<'_, '_>, kinds: &[SurveyKind]) -> Vec<Record> {
    let counting: Vec<_> = kinds.iter().flat_map(|kind| voice::counting(loyal, *kind)).collect();
    let all = voice::answers(loyal).into_iter().filter(|one| kinds.contains(&one.kind));
    let mut rows: Vec<Record> = all
        .map(|one| {
            let who = one.who.unwrap_or("anonymous");
            let row = Record::new(one.on, format!("{} {}, {who}", one.kind.name(), one.value)).from(Some(NOTE.into()));
            if counting.contains(&one) { row } else { row.but("answered again since, or older than two quarters") }
        })
        .collect();
    rows.sort_by_key(|row| (row.ignored.is_some(), std::cmp::Reverse(row.on)));
    rows
}
