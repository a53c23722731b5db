//! The canonical bullets: one tidy line for each fact, as any colleague reads it in the CRM.
//!
//! Decides their words. What is printed is read back as it was; a new kind of fact is an arm in [`bullet`] and a row in
//! [`HEADS`].

pub(super) mod body;
mod read;
#[cfg(test)]
mod tests;

use body::{Slot, delta, money, people, person, read_date, read_people, read_person, read_worth, worth};
pub use read::read_bullet;

use super::fact::{Fact, PersonRef, pulse_word};

/// Nobody in particular on their side.
pub(super) const THEY: &str = "the customer";

fn any(value: &str) -> bool {
    !value.is_empty()
}

fn a_date(value: &str) -> bool {
    read_date(value).is_some()
}

fn no_date(value: &str) -> bool {
    !value.is_empty() && read_date(value).is_none()
}

const PROMISE: &[Slot] = &[
    Slot { key: "from", fits: |value| value.contains(" → ") },
    Slot { key: "for", fits: any },
    Slot { key: "by", fits: a_date },
    Slot { key: "worth", fits: |value| read_worth(value).is_some() },
    Slot { key: "to", fits: |value| read_people(value).is_some_and(|all| !all.is_empty()) },
    Slot { key: "by", fits: no_date },
];
const PROOF: &[Slot] = &[
    Slot { key: "measured", fits: any },
    Slot { key: "worth", fits: |value| read_worth(value).is_some() },
    Slot { key: "on", fits: a_date },
    Slot { key: "accepted by", fits: |value| read_person(value).is_some() },
];
const GOAL: &[Slot] = &[Slot { key: "by", fits: a_date }, Slot { key: "owner", fits: any }];
const JOINT: &[Slot] = &[
    Slot { key: "by", fits: a_date },
    Slot { key: "with", fits: |value| read_people(value).is_some_and(|all| !all.is_empty()) },
];
const REQUEST: &[Slot] = &[Slot { key: "from", fits: |value| read_person(value).is_some() }];
const WORTH: &[Slot] = &[Slot { key: "worth", fits: |value| read_worth(value).is_some_and(|one| !one.yearly) }];
const UNTIL: &[Slot] = &[Slot { key: "until", fits: a_date }];
const ANSWER: &[Slot] = &[Slot { key: "owner", fits: any }, Slot { key: "reply by", fits: a_date }];
const OUTCOME: &[Slot] = &[Slot { key: "lesson:", fits: any }];

/// The bullet of a fact.
pub fn bullet(fact: &Fact) -> String {
    format!("* {}", words(fact))
}

/// `head: words`, or the head alone where there are none.
fn with(head: String, words: &str) -> String {
    if words.is_empty() { head } else { format!("{head}: {words}") }
}

fn by(word: &str, one: Option<&PersonRef>) -> String {
    one.map_or_else(String::new, |one| format!(" {word} {}", person(one)))
}

fn words(fact: &Fact) -> String {
    match fact {
        Fact::Touch { kind, people: who, on, minutes, about } => {
            let who = if who.is_empty() { String::new() } else { format!(" with {}", people(who)) };
            let minutes = minutes.map_or_else(String::new, |minutes| format!(", {minutes} min"));
            with(format!("{}{who} on {on}{minutes}", kind.name()), about)
        }
        Fact::Task { subject, due: Some(due) } => format!("task: {subject} by {due}"),
        Fact::Task { subject, due: None } => format!("task: {subject}"),
        Fact::Pulse { pulse, because } => with(format!("pulse {}", pulse_word(*pulse)), because),
        Fact::Promise { tag, text, metric, serves, worth: value, due, to, by } => {
            let values = [
                metric.as_ref().map(|(from, to)| format!("{from} → {to}")),
                serves.clone(),
                due.map(|due| due.to_string()),
                value.map(worth),
                (!to.is_empty()).then(|| people(to)),
                by.clone(),
            ];
            format!("promise {tag}: {}", body::print(PROMISE, text, &values))
        }
        Fact::Proof { of, text, measured, worth: value, on, accepted, by } => {
            let values = [
                measured.clone(),
                value.map(worth),
                Some(on.to_string()),
                accepted.then(|| by.as_ref().map_or_else(|| THEY.to_owned(), person)),
            ];
            format!("proof of {of}: {}", body::print(PROOF, text, &values))
        }
        Fact::Told { of, people: who, on } => format!("told of {of} on {on}: {}", people(who)),
        Fact::TrustEvent { what, on, because } => with(format!("trust {} on {on}", what.name()), because),
        Fact::Trust { amount, on, because } => with(format!("trust {amount:+} on {on}"), because),
        Fact::Breach { on, because } => with(format!("breach on {on}"), because),
        Fact::Repair { on, because } => with(format!("repair on {on}"), because),
        Fact::Override { score, until, because } => with(format!("health {score} until {until}"), because),
        Fact::Forecast { call, amount, because } => {
            let amount = amount.map_or_else(String::new, |amount| format!(" {}", money(amount)));
            with(format!("forecast {}{amount}", call.name()), because)
        }
        Fact::Feels { person: one, level, because } => with(format!("feels {} {level:+}", person(one)), because),
        Fact::Role { person: one, tier } => format!("role {}: {}", person(one), tier.name()),
        Fact::Left { person: one, on } => format!("left {} on {on}", person(one)),
        Fact::Champion { person: one, is } => {
            format!("{} {}", if *is { "champion" } else { "no champion" }, person(one))
        }
        Fact::Values { person: one, ranking } => format!("values {}: {}", person(one), ranking.join(" > ")),
        Fact::Wants { person: one, what } => format!("wants {}: {what}", person(one)),
        Fact::Needs { person: one, what } => format!("needs{}: {what}", by("of", one.as_ref())),
        Fact::Job { person: one, text } => format!("job{}: {text}", by("of", one.as_ref())),
        Fact::Workaround { person: one, text } => format!("workaround{}: {text}", by("of", one.as_ref())),
        Fact::Goal { tag, c, text, due, owner } => {
            let values = [due.map(|due| due.to_string()), owner.clone()];
            format!("goal {tag} {}: {}", c.name(), body::print(GOAL, text, &values))
        }
        Fact::Joint { tag, text, due, with } => {
            let values = [due.map(|due| due.to_string()), (!with.is_empty()).then(|| people(with))];
            format!("joint {tag}: {}", body::print(JOINT, text, &values))
        }
        Fact::Request { tag, text, person: one } => {
            format!("request {tag}: {}", body::print(REQUEST, text, &[one.as_ref().map(person)]))
        }
        Fact::Step { item, of, state, on } => format!("{} {of} is {} on {on}", item.name(), state.name()),
        Fact::Advocacy { kind, state, person: one, on, about } => {
            with(format!("advocacy {} {}{} on {on}", kind.name(), state.name(), by("by", one.as_ref())), about)
        }
        Fact::Referral { person: one, to, worth: amount, on } => {
            let line = body::print(WORTH, to, &[amount.map(money)]);
            with(format!("referral{} on {on}", by("by", one.as_ref())), &line)
        }
        Fact::Incentive { person: one, what, until } => {
            let line = body::print(UNTIL, what, &[until.map(|until| until.to_string())]);
            format!("incentive{}: {line}", by("for", one.as_ref()))
        }
        Fact::Moment { kind, on, about } => with(format!("moment {} on {on}", kind.name()), about),
        Fact::Survey { kind, value, person: one, on } => {
            format!("survey {} {value}{} on {on}", kind.name(), by("by", one.as_ref()))
        }
        Fact::Answer { question, text, person: one, owner, reply_by } => {
            let line = body::print(ANSWER, text, &[owner.clone(), reply_by.map(|day| day.to_string())]);
            with(format!("answer {}{}", question.name(), by("by", one.as_ref())), &line)
        }
        Fact::Delight { person: one, cause, about } => {
            with(format!("delight {}{}", cause.name(), by("of", one.as_ref())), about)
        }
        Fact::Outcome { kind, change, cause, on, about, lesson } => {
            let change = change.map_or_else(String::new, |change| format!(" {}", delta(change)));
            let cause = cause.map_or_else(String::new, |cause| format!(" because of {}", cause.name()));
            let line = body::print(OUTCOME, about, &[(!lesson.is_empty()).then(|| lesson.clone())]);
            with(format!("{}{change}{cause} on {on}", kind.name()), &line)
        }
        Fact::Play { verb, play, until, because } => {
            let until = until.map_or_else(String::new, |until| format!(" until {until}"));
            with(format!("play {} {play}{until}", verb.name()), because)
        }
    }
}
