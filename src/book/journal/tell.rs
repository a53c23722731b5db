//! Facts in words: for the line under the note box, the timeline, and JSON.
//!
//! Decides words only. A day is said where it is not the day that the reader looks from.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::fact::{Delta, Fact, PersonRef, pulse_word};
use crate::book::facts::TouchKind;
use crate::book::money::{Money, Worth};
use crate::text;

/// `$120k`, `€4.5k`.
fn money(amount: Money) -> String {
    format!("{}{}", amount.currency.sign(), amount.short())
}

/// `$120k a year`
fn worth(worth: Worth) -> String {
    format!("{}{}", money(worth.amount), if worth.yearly { " a year" } else { "" })
}

/// `: because`, or nothing.
fn because(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

fn of(word: &str, person: Option<&PersonRef>) -> String {
    person.map_or_else(String::new, |person| format!(" {word} {}", person.name))
}

/// `Jane Doe`, `Jane Doe and Sam Ortiz`, `Jane Doe, Sam Ortiz and Ann Li`.
pub fn names(people: &[PersonRef]) -> String {
    match people.split_last() {
        None => String::new(),
        Some((one, [])) => one.name.clone(),
        Some((last, before)) => {
            let before: Vec<_> = before.iter().map(|person| person.name.as_str()).collect();
            format!("{} and {}", before.join(", "), last.name)
        }
    }
}

fn delta(change: Delta) -> String {
    match change {
        Delta::Share(points) if points % 100 == 0 => format!("{:+}%", points / 100).replace('-', "−"),
        Delta::Share(points) => format!("{:+.1}%", f64::from(points) / 100.0).replace('-', "−"),
        Delta::Money(amount) => {
            let sign = if amount.minor < 0 { "−" } else { "+" };
            format!("{sign}{}", money(Money { minor: amount.minor.abs(), ..amount }))
        }
    }
}

impl Fact {
    /// The title of its record in the CRM: `Call with Jane Doe`, or the subject of a task.
    pub fn title(&self) -> String {
        match self {
            Self::Touch { kind, people, about, .. } => {
                let kind = match kind {
                    TouchKind::Meeting => "Meeting",
                    TouchKind::Call => "Call",
                    TouchKind::Mail => "Mail",
                };
                match (people.is_empty(), about.is_empty()) {
                    (true, true) => kind.to_owned(),
                    (true, false) => format!("{kind}: {about}"),
                    (false, true) => format!("{kind} with {}", names(people)),
                    (false, false) => format!("{kind} with {}: {about}", names(people)),
                }
            }
            Self::Task { subject, .. } => subject.clone(),
            _ => self.kind().to_owned(),
        }
    }

    /// What was understood, as somebody reads it on a day.
    pub fn describe(&self, today: Date) -> String {
        let on = |day: Date| if day == today { String::new() } else { format!(", {}", text::day(day, today)) };
        let by = |day: Option<Date>| {
            let said = |day: Date| format!(" by {} {}", day.strftime("%a"), text::short_date(day, today));
            day.map_or_else(String::new, said)
        };
        match self {
            Self::Touch { kind, people, on: day, minutes, about } => {
                let who = if people.is_empty() { String::new() } else { format!(" with {}", names(people)) };
                let minutes = minutes.map_or_else(String::new, |minutes| format!(", {minutes} min"));
                format!("{}{who}{}{minutes}{}", kind.name(), on(*day), because(about))
            }
            Self::Task { subject, due: None } => format!("task: {subject}, no date"),
            Self::Task { subject, due } => format!("task: {subject}{}", by(*due)),
            Self::Pulse { pulse, because: why } => format!("pulse {}{}", pulse_word(*pulse), because(why)),
            Self::Promise { tag, text, metric, serves, worth: value, due, to, by: who } => {
                let metric = metric.as_ref().map_or_else(String::new, |(from, to)| format!(" ({from} → {to})"));
                let serves = serves.as_ref().map_or_else(String::new, |what| format!(" for {what}"));
                let value = value.map_or_else(String::new, |value| format!(", worth {}", worth(value)));
                let to = if to.is_empty() { String::new() } else { format!(", to {}", names(to)) };
                let who = who.as_ref().map_or_else(String::new, |who| format!(", by {who}"));
                format!("promise {tag}: {text}{metric}{serves}{}{value}{to}{who}", by(*due))
            }
            Self::Proof { of: tag, text, measured, worth: value, on: day, accepted, by: who } => {
                let measured = measured.as_ref().map_or_else(String::new, |value| format!(", measured {value}"));
                let value = value.map_or_else(String::new, |value| format!(", worth {}", worth(value)));
                let accepted = match (accepted, who) {
                    (true, Some(who)) => format!(", accepted by {}", who.name),
                    (true, None) => ", accepted".to_owned(),
                    (false, _) => ", not accepted yet".to_owned(),
                };
                format!("proof of {tag}{}{measured}{value}{accepted}{}", because(text), on(*day))
            }
            Self::Told { of: tag, people, on: day } => format!("{} told of {tag}{}", names(people), on(*day)),
            Self::TrustEvent { what, on: day, because: why } => {
                format!("trust, {}{}{}", what.name(), on(*day), because(why))
            }
            Self::Trust { amount, on: day, because: why } => {
                let amount = format!("{amount:+}").replace('-', "−");
                format!("trust {amount}{}{}", on(*day), because(why))
            }
            Self::Breach { on: day, because: why } => format!("breach of trust{}{}", on(*day), because(why)),
            Self::Repair { on: day, because: why } => format!("breach repaired{}{}", on(*day), because(why)),
            Self::Override { score, until, because: why } => {
                format!("your own score {score} until {}{}", text::short_date(*until, today), because(why))
            }
            Self::Forecast { call, amount, because: why } => {
                let amount = amount.map_or_else(String::new, |amount| format!(" {}", money(amount)));
                format!("renewal called {}{amount}{}", call.name(), because(why))
            }
            Self::Feels { person, level, because: why } => {
                let level = format!("{level:+}").replace('-', "−").replace("+0", "0");
                format!("{} feels {level}{}", person.name, because(why))
            }
            Self::Role { person, tier } => format!("{} is a {}", person.name, tier.name()).replace("a in", "an in"),
            Self::Left { person, on: day } => format!("{} left{}", person.name, on(*day)),
            Self::Champion { person, is: true } => format!("{} is our champion", person.name),
            Self::Champion { person, is: false } => format!("{} is no longer our champion", person.name),
            Self::Values { person, ranking } => format!("{} values {}", person.name, ranking.join(" > ")),
            Self::Wants { person, what } => format!("{} would like {what}", person.name),
            Self::Needs { person, what } => format!("they need {what}{}", of("–", person.as_ref())),
            Self::Job { person, text } => format!("job to be done: {text}{}", of("–", person.as_ref())),
            Self::Goal { tag, c, text, due, owner } => {
                let owner = owner.as_ref().map_or_else(String::new, |owner| format!(", {owner}"));
                format!("goal {tag}, {}: {text}{}{owner}", c.name(), by(*due))
            }
            Self::Joint { tag, text, due, with } => {
                let with = if with.is_empty() { String::new() } else { format!(", with {}", names(with)) };
                format!("joint commitment {tag}: {text}{}{with}", by(*due))
            }
            Self::Request { tag, text, person } => format!("request {tag}: {text}{}", of("from", person.as_ref())),
            Self::Step { item, of: tag, state, on: day } => {
                format!("{} {tag} is {}{}", item.name(), state.name(), on(*day))
            }
            Self::Workaround { person, text } => format!("they work around: {text}{}", of("–", person.as_ref())),
            Self::Advocacy { kind, state, person, on: day, about } => {
                let who = of("by", person.as_ref());
                format!("{} {}{who}{}{}", kind.name(), state.name(), on(*day), because(about))
            }
            Self::Referral { person, to, worth: amount, on: day } => {
                let to = if to.is_empty() { String::new() } else { format!(" to {to}") };
                let amount = amount.map_or_else(String::new, |amount| format!(", {}", money(amount)));
                format!("referral{}{to}{amount}{}", of("by", person.as_ref()), on(*day))
            }
            Self::Incentive { person, what, until } => {
                let until = until.map_or_else(String::new, |day| format!(" until {}", text::short_date(day, today)));
                format!("incentive{}: {what}{until}", of("for", person.as_ref()))
            }
            Self::Moment { kind, on: day, about } => format!("{}{}{}", kind.name(), on(*day), because(about)),
            Self::Survey { kind, value, person, on: day } => {
                let kind = if kind.name().len() <= 4 { kind.name().to_uppercase() } else { kind.name().to_owned() };
                let who = if person.is_some() { of("by", person.as_ref()) } else { ", anonymous".to_owned() };
                format!("survey {kind} {value}{who}{}", on(*day))
            }
            Self::Answer { question, text, person, owner, reply_by } => {
                let owner = owner.as_ref().map_or_else(String::new, |owner| format!(", {owner}"));
                let reply = reply_by.map_or_else(String::new, |day| format!(", reply{}", by(Some(day))));
                format!("answer on {}{}{}{owner}{reply}", question.name(), of("by", person.as_ref()), because(text))
            }
            Self::Delight { person, cause, about } => {
                format!("delighted by {}{}{}", cause.name(), of("–", person.as_ref()), because(about))
            }
            Self::Outcome { kind, change, cause, on: day, about, lesson } => {
                let change = change.map_or_else(String::new, |change| format!(" {}", delta(change)));
                let cause = cause.map_or_else(String::new, |cause| format!(" because of {}", cause.name()));
                let lesson = if lesson.is_empty() { String::new() } else { format!("; to change: {lesson}") };
                format!("{}{change}{cause}{}{}{lesson}", kind.name(), on(*day), because(about))
            }
            Self::Play { verb, play, until, because: why } => {
                let until = until.map_or_else(String::new, |day| format!(" until {}", text::short_date(day, today)));
                format!("play {play}: {}{until}{}", verb.name(), because(why))
            }
        }
    }

    /// The shape of `facts` in the JSON of `rounds note`.
    pub fn to_json(&self) -> Value {
        let words = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let mut value = match self {
            Self::Touch { people, minutes, about, .. } => {
                json!({"people": all(people), "minutes": minutes, "about": words(about)})
            }
            Self::Task { subject, due } => json!({"subject": subject, "due": due}),
            Self::Pulse { pulse, because } => json!({"pulse": pulse_word(*pulse), "because": because}),
            Self::Promise { tag, text, metric, serves, worth, due, to, by } => json!({
                "tag": tag, "text": text, "baseline": metric.as_ref().map(|m| &m.0), "target": metric.as_ref().map(|m| &m.1),
                "serves": serves, "worth": worth.map(worth_json), "due": due, "to": all(to), "by": by,
            }),
            Self::Proof { of, text, measured, worth, accepted, by, .. } => json!({
                "of": of, "text": words(text), "measured": measured, "worth": worth.map(worth_json),
                "accepted": accepted, "by": by.as_ref().map(who),
            }),
            Self::Told { of, people, .. } => json!({"of": of, "people": all(people)}),
            Self::TrustEvent { what, because, .. } => json!({"what": what.name(), "because": words(because)}),
            Self::Trust { amount, because, .. } => json!({"amount": amount, "because": words(because)}),
            Self::Breach { because, .. } | Self::Repair { because, .. } => json!({"because": words(because)}),
            Self::Override { score, until, because } => {
                json!({"score": score, "until": until, "because": words(because)})
            }
            Self::Forecast { call, amount, because } => {
                json!({"call": call.name(), "amount": amount.map(money_json), "because": words(because)})
            }
            Self::Feels { person, level, because } => {
                json!({"person": who(person), "level": level, "because": words(because)})
            }
            Self::Role { person, tier } => json!({"person": who(person), "tier": tier.name()}),
            Self::Left { person, .. } => json!({"person": who(person)}),
            Self::Champion { person, is } => json!({"person": who(person), "is": is}),
            Self::Values { person, ranking } => json!({"person": who(person), "ranking": ranking}),
            Self::Wants { person, what } => json!({"person": who(person), "what": what}),
            Self::Needs { person, what } => json!({"person": person.as_ref().map(who), "what": what}),
            Self::Job { person, text } | Self::Workaround { person, text } => {
                json!({"person": person.as_ref().map(who), "text": text})
            }
            Self::Goal { tag, c, text, due, owner } => {
                json!({"tag": tag, "c": c.name(), "text": text, "due": due, "owner": owner})
            }
            Self::Joint { tag, text, due, with } => json!({"tag": tag, "text": text, "due": due, "with": all(with)}),
            Self::Request { tag, text, person } => {
                json!({"tag": tag, "text": text, "person": person.as_ref().map(who)})
            }
            Self::Step { of, state, .. } => json!({"of": of, "state": state.name()}),
            Self::Advocacy { kind, state, person, about, .. } => json!({
                "advocacy": kind.name(), "state": state.name(), "person": person.as_ref().map(who), "about": words(about),
            }),
            Self::Referral { person, to, worth, .. } => {
                json!({"person": person.as_ref().map(who), "to": words(to), "worth": worth.map(money_json)})
            }
            Self::Incentive { person, what, until } => {
                json!({"person": person.as_ref().map(who), "what": what, "until": until})
            }
            Self::Moment { kind, about, .. } => json!({"moment": kind.name(), "about": words(about)}),
            Self::Survey { kind, value, person, .. } => {
                json!({"survey": kind.name(), "value": value, "person": person.as_ref().map(who)})
            }
            Self::Answer { question, text, person, owner, reply_by } => json!({
                "question": question.name(), "text": text, "person": person.as_ref().map(who), "owner": owner,
                "reply_by": reply_by,
            }),
            Self::Delight { person, cause, about } => {
                json!({"person": person.as_ref().map(who), "cause": cause.name(), "about": words(about)})
            }
            Self::Outcome { change, cause, about, lesson, .. } => json!({
                "change": change.and_then(|change| match change {
                    Delta::Share(points) => Some(f64::from(points) / 10_000.0),
                    Delta::Money(_) => None,
                }),
                "amount": change.and_then(|change| match change {
                    Delta::Money(amount) => Some(money_json(amount)),
                    Delta::Share(_) => None,
                }),
                "cause": cause.map(super::words::Cause::name), "about": words(about), "lesson": words(lesson),
            }),
            Self::Play { play, until, because, .. } => {
                json!({"play": play, "until": until, "because": words(because)})
            }
        };
        if let Value::Object(map) = &mut value {
            map.insert("kind".into(), json!(self.kind()));
            if let Some(on) = self.on() {
                map.insert("on".into(), json!(on));
            }
        }
        value
    }
}

fn who(person: &PersonRef) -> Value {
    json!({"name": person.name, "email": person.email})
}

fn all(people: &[PersonRef]) -> Vec<Value> {
    people.iter().map(who).collect()
}

fn money_json(amount: Money) -> Value {
    json!({"amount": amount.units(), "currency": amount.currency})
}

fn worth_json(worth: Worth) -> Value {
    json!({"amount": worth.amount.units(), "currency": worth.amount.currency, "yearly": worth.yearly})
}
