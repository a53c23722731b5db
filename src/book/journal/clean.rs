//! Facts made clean: single lines, no signs that a bullet uses itself, values inside their bounds.
//!
//! Decides what of a value a bullet can carry and give back unchanged. Everything that makes a fact passes through here.

use super::bullets::body::read_date;
use super::fact::{Fact, PersonRef, line};

/// What stands where words are missing.
const NO_WORDS: &str = "–";

fn some_words(words: &mut String) {
    *words = line(words);
    if words.is_empty() {
        *words = NO_WORDS.to_owned();
    }
}

fn maybe(words: &mut Option<String>) {
    *words = words.as_deref().map(line).filter(|words| !words.is_empty());
}

/// A colleague; a date is none.
fn colleague(words: &mut Option<String>) {
    maybe(words);
    *words = words.take().filter(|words| read_date(words).is_none());
}

fn one(person: &mut PersonRef) {
    *person = PersonRef::new(&person.name, person.email.as_deref());
}

fn all(people: &mut Vec<PersonRef>) {
    people.iter_mut().for_each(one);
    let mut seen: Vec<PersonRef> = Vec::new();
    people.retain(|person| !seen.contains(person) && (seen.push(person.clone()), true).1);
}

impl Fact {
    /// The fact as a bullet can carry it.
    pub fn clean(mut self) -> Self {
        match &mut self {
            Self::Touch { people, about, .. } => {
                all(people);
                *about = line(about);
            }
            Self::Task { subject, due } => return Self::task(subject, *due),
            Self::Pulse { because, .. }
            | Self::TrustEvent { because, .. }
            | Self::Breach { because, .. }
            | Self::Repair { because, .. }
            | Self::Forecast { because, .. } => *because = line(because),
            Self::Trust { amount, because, .. } => {
                *amount = (*amount).clamp(-20, 20);
                *because = line(because);
            }
            Self::Override { score, because, .. } => {
                *score = (*score).min(100);
                *because = line(because);
            }
            Self::Feels { person, level, because } => {
                one(person);
                *level = (*level).clamp(-2, 2);
                *because = line(because);
            }
            Self::Promise { text, metric, serves, to, by, .. } => {
                some_words(text);
                all(to);
                maybe(serves);
                colleague(by);
                let side = |text: &str| line(&text.replace('→', " "));
                *metric = metric.take().map(|(from, to)| (side(&from), side(&to)));
                *metric = metric.take().filter(|(from, to)| !from.is_empty() && !to.is_empty());
            }
            Self::Proof { text, measured, accepted, by, .. } => {
                *text = line(text);
                maybe(measured);
                by.iter_mut().for_each(one);
                *by = by.take().filter(|by| *accepted && by.name != super::bullets::THEY);
            }
            Self::Told { people, .. } => all(people),
            Self::Role { person, .. } | Self::Left { person, .. } | Self::Champion { person, .. } => one(person),
            Self::Values { person, ranking } => {
                one(person);
                let plain = ranking.iter().map(|value| line(&value.replace('>', " ")));
                *ranking = plain.filter(|value| !value.is_empty()).collect();
                if ranking.is_empty() {
                    ranking.push(NO_WORDS.to_owned());
                }
            }
            Self::Wants { person, what } => {
                one(person);
                some_words(what);
            }
            Self::Needs { person, what: text } | Self::Job { person, text } | Self::Workaround { person, text } => {
                person.iter_mut().for_each(one);
                some_words(text);
            }
            Self::Goal { text, owner, .. } => {
                some_words(text);
                maybe(owner);
            }
            Self::Joint { text, with, .. } => {
                some_words(text);
                all(with);
            }
            Self::Request { text, person, .. } => {
                some_words(text);
                person.iter_mut().for_each(one);
            }
            Self::Incentive { person, what, .. } => {
                person.iter_mut().for_each(one);
                some_words(what);
            }
            Self::Advocacy { person, about, .. } | Self::Delight { person, about, .. } => {
                person.iter_mut().for_each(one);
                *about = line(about);
            }
            Self::Referral { person, to, .. } => {
                person.iter_mut().for_each(one);
                *to = line(to);
            }
            Self::Moment { about, .. } => *about = line(about),
            Self::Survey { value, person, .. } => {
                person.iter_mut().for_each(one);
                *value = (*value).min(10);
            }
            Self::Answer { text, person, owner, .. } => {
                person.iter_mut().for_each(one);
                *text = line(text);
                maybe(owner);
            }
            Self::Outcome { about, lesson, .. } => {
                *about = line(about);
                *lesson = line(lesson);
            }
            Self::Play { play, because, .. } => {
                *play = line(&play.replace(':', " ")).replace(' ', "-");
                *because = line(because);
            }
            Self::Step { .. } => {}
        }
        self
    }
}
