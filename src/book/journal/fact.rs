//! The facts that a note can carry.
//!
//! Decides their shape, whom they name and on which day they hold. Their words on screen stand in `tell`, those in the CRM in
//! `bullets`.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::words::{
    AdvocacyKind, AskState, Call, Cause, FourC, ItemKind, ItemState, MomentKind, OutcomeKind, PlayVerb, Question,
    SurveyKind, TrustWord,
};
use crate::book::facts::{Pulse, Tier, TouchKind};
use crate::book::money::{Money, Worth};
use crate::text;

/// The short name by which a promise, goal, commitment or request is meant again: `7k2a`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(pub String);

impl Tag {
    /// A tag of four letters or digits without those that look alike; anything else is none.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        (text.len() == 4 && text.bytes().all(plain) && text.bytes().any(|b| b.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
    }

    /// The tag that a number makes, without letters that look alike.
    pub fn of(mut number: u64) -> Self {
        const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
        const DIGITS: &[u8] = b"23456789";
        let tag = [DIGITS, LETTERS, DIGITS, LETTERS].map(|set| {
            let at = number % set.len() as u64;
            number /= set.len() as u64;
            char::from(set[at as usize])
        });
        Self(tag.iter().collect())
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person as a bullet names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRef {
    pub name: String,
    pub email: Option<String>,
}

impl PersonRef {
    /// A clean one: the signs that separate people in a bullet are taken out of the name.
    pub fn new(name: &str, email: Option<&str>) -> Self {
        let plain = |text: &str| line(&text.replace(['<', '>', ',', ':'], " "));
        let email = email.map(|email| plain(email).replace(' ', "")).filter(|email| email.contains('@'));
        let mut name = plain(name);
        if name.is_empty() {
            name = email.clone().unwrap_or_else(|| "somebody".into());
        }
        Self { name, email }
    }
}

/// One clean line with single blanks: what a bullet can carry and give back unchanged.
pub(super) fn line(words: &str) -> String {
    text::clean_text(words).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One recorded fact. People are named as a bullet names them; days are the day of the note where none was typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A call, meeting or mail that took place.
    Touch {
        kind: TouchKind,
        people: Vec<PersonRef>,
        on: Date,
        minutes: Option<u32>,
        /// What it was about; may be empty.
        about: String,
    },
    /// Something to do.
    Task {
        subject: String,
        due: Option<Date>,
    },
    /// The CSM's own sentiment, from the day of the note on.
    Pulse {
        pulse: Pulse,
        because: String,
    },
    /// What the customer was told they would get.
    Promise {
        tag: Tag,
        text: String,
        /// Where the metric stood, and where it is to stand: `3d → 1d`.
        metric: Option<(String, String)>,
        /// The value or job that it serves, where one was named.
        serves: Option<String>,
        worth: Option<Worth>,
        due: Option<Date>,
        to: Vec<PersonRef>,
        /// Who of ours promised it: e-mail or name.
        by: Option<String>,
    },
    /// Dated evidence of a promise.
    Proof {
        of: Tag,
        text: String,
        /// The measured value: `6%`.
        measured: Option<String>,
        worth: Option<Worth>,
        on: Date,
        /// The customer agreed to it; who, where named.
        accepted: bool,
        by: Option<PersonRef>,
    },
    /// Who has heard of a kept promise.
    Told {
        of: Tag,
        people: Vec<PersonRef>,
        on: Date,
    },
    /// Something that moved trust, of a known kind.
    TrustEvent {
        what: TrustWord,
        on: Date,
        because: String,
    },
    /// Trust moved by hand, at most 20 either way.
    Trust {
        amount: i8,
        on: Date,
        because: String,
    },
    /// Trust was broken: it stays broken until a repair.
    Breach {
        on: Date,
        because: String,
    },
    Repair {
        on: Date,
        because: String,
    },
    /// The CSM's own score for a while.
    Override {
        score: u8,
        until: Date,
        because: String,
    },
    /// The CSM's call of the next renewal.
    Forecast {
        call: Call,
        amount: Option<Money>,
        because: String,
    },
    /// How a person feels about us, -2 to +2. Personal.
    Feels {
        person: PersonRef,
        level: i8,
        because: String,
    },
    Role {
        person: PersonRef,
        tier: Tier,
    },
    Left {
        person: PersonRef,
        on: Date,
    },
    /// Our champion, or no longer.
    Champion {
        person: PersonRef,
        is: bool,
    },
    /// What a person values, the most first. Personal.
    Values {
        person: PersonRef,
        ranking: Vec<String>,
    },
    /// What a person would like for themselves: speaking, a case study. Personal.
    Wants {
        person: PersonRef,
        what: String,
    },
    /// A pressing need of the customer.
    Needs {
        person: Option<PersonRef>,
        what: String,
    },
    /// A job that they want done with it.
    Job {
        person: Option<PersonRef>,
        text: String,
    },
    /// A goal of the plan, under one of the 4 C's.
    Goal {
        tag: Tag,
        c: FourC,
        text: String,
        due: Option<Date>,
        owner: Option<String>,
    },
    /// A commitment that both sides share.
    Joint {
        tag: Tag,
        text: String,
        due: Option<Date>,
        with: Vec<PersonRef>,
    },
    /// A request to the roadmap.
    Request {
        tag: Tag,
        text: String,
        person: Option<PersonRef>,
    },
    /// A promise, goal, commitment or request moved on.
    Step {
        item: ItemKind,
        of: Tag,
        state: ItemState,
        on: Date,
    },
    /// A gap that they fill themselves.
    Workaround {
        person: Option<PersonRef>,
        text: String,
    },
    /// Something given for us in public or in private, or an ask for it.
    Advocacy {
        kind: AdvocacyKind,
        state: AskState,
        person: Option<PersonRef>,
        on: Date,
        about: String,
    },
    /// A referral: by whom, to whom, how much.
    Referral {
        person: Option<PersonRef>,
        to: String,
        worth: Option<Money>,
        on: Date,
    },
    /// Something given to somebody in return or in advance: extended hours, custom pricing until a day.
    Incentive {
        person: Option<PersonRef>,
        what: String,
        until: Option<Date>,
    },
    /// A moment of truth.
    Moment {
        kind: MomentKind,
        on: Date,
        about: String,
    },
    /// An answer to a survey, 0 to 10; without a person it was anonymous.
    Survey {
        kind: SurveyKind,
        value: u8,
        person: Option<PersonRef>,
        on: Date,
    },
    /// An answer to a benchmark question, and by when somebody of ours replies.
    Answer {
        question: Question,
        text: String,
        person: Option<PersonRef>,
        owner: Option<String>,
        reply_by: Option<Date>,
    },
    /// Something that delighted, with its cause.
    Delight {
        person: Option<PersonRef>,
        cause: Cause,
        about: String,
    },
    /// How a renewal ended. `change`: share of what was due (-0.1), or an amount.
    Outcome {
        kind: OutcomeKind,
        change: Option<Delta>,
        cause: Option<Cause>,
        on: Date,
        about: String,
        lesson: String,
    },
    /// What became of a play.
    Play {
        verb: PlayVerb,
        play: String,
        until: Option<Date>,
        because: String,
    },
}

/// By how much money moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delta {
    /// A share in basis points: -1000 is -10 %.
    Share(i32),
    Money(Money),
}

impl Fact {
    /// A task with a clean subject; a date that a subject ends with is its due date.
    pub fn task(subject: &str, due: Option<Date>) -> Self {
        let subject = line(subject);
        match (due, subject.rsplit_once(" by ")) {
            (None, Some((before, date))) if date.len() == 10 => match date.parse() {
                Ok(due) => Self::Task { subject: before.trim_end().to_owned(), due: Some(due) },
                Err(_) => Self::Task { subject, due },
            },
            _ => Self::Task { subject, due },
        }
    }

    /// A touch with clean words.
    pub fn touch(kind: TouchKind, people: Vec<PersonRef>, on: Date, minutes: Option<u32>, about: &str) -> Self {
        Self::Touch { kind, people, on, minutes, about: line(about) }
    }

    /// A pulse with clean words.
    pub fn pulse(pulse: Pulse, because: &str) -> Self {
        Self::Pulse { pulse, because: line(because) }
    }

    /// The word of its kind in JSON: `call`, `task`, `promise`...
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Touch { kind, .. } => kind.name(),
            Self::Task { .. } => "task",
            Self::Pulse { .. } => "pulse",
            Self::Promise { .. } => "promise",
            Self::Proof { .. } => "proof",
            Self::Told { .. } => "told",
            Self::Trust { .. } | Self::TrustEvent { .. } => "trust",
            Self::Breach { .. } => "breach",
            Self::Repair { .. } => "repair",
            Self::Override { .. } => "health",
            Self::Forecast { .. } => "forecast",
            Self::Feels { .. } => "feels",
            Self::Role { .. } => "role",
            Self::Left { .. } => "left",
            Self::Champion { .. } => "champion",
            Self::Values { .. } => "values",
            Self::Wants { .. } => "wants",
            Self::Needs { .. } => "needs",
            Self::Job { .. } => "job",
            Self::Goal { .. } => "goal",
            Self::Joint { .. } => "joint",
            Self::Request { .. } => "request",
            Self::Step { item, .. } => item.name(),
            Self::Workaround { .. } => "workaround",
            Self::Advocacy { .. } => "advocacy",
            Self::Referral { .. } => "referral",
            Self::Incentive { .. } => "incentive",
            Self::Moment { .. } => "moment",
            Self::Survey { .. } => "survey",
            Self::Answer { .. } => "answer",
            Self::Delight { .. } => "delight",
            Self::Outcome { kind, .. } => kind.name(),
            Self::Play { verb, .. } => verb.name(),
        }
    }

    /// Everybody it names, in the order of its bullet.
    pub fn people(&self) -> Vec<&PersonRef> {
        match self {
            Self::Touch { people, .. }
            | Self::Promise { to: people, .. }
            | Self::Told { people, .. }
            | Self::Joint { with: people, .. } => people.iter().collect(),
            Self::Feels { person, .. }
            | Self::Role { person, .. }
            | Self::Left { person, .. }
            | Self::Champion { person, .. }
            | Self::Values { person, .. }
            | Self::Wants { person, .. } => vec![person],
            Self::Proof { by: person, .. }
            | Self::Needs { person, .. }
            | Self::Job { person, .. }
            | Self::Request { person, .. }
            | Self::Workaround { person, .. }
            | Self::Advocacy { person, .. }
            | Self::Referral { person, .. }
            | Self::Incentive { person, .. }
            | Self::Survey { person, .. }
            | Self::Answer { person, .. }
            | Self::Delight { person, .. } => person.iter().collect(),
            Self::Task { .. }
            | Self::Pulse { .. }
            | Self::TrustEvent { .. }
            | Self::Trust { .. }
            | Self::Breach { .. }
            | Self::Repair { .. }
            | Self::Override { .. }
            | Self::Forecast { .. }
            | Self::Goal { .. }
            | Self::Step { .. }
            | Self::Moment { .. }
            | Self::Outcome { .. }
            | Self::Play { .. } => Vec::new(),
        }
    }

    /// The day it happened, where it carries one of its own; else the day of its note stands.
    pub fn on(&self) -> Option<Date> {
        match self {
            Self::Touch { on, .. }
            | Self::Proof { on, .. }
            | Self::Told { on, .. }
            | Self::TrustEvent { on, .. }
            | Self::Trust { on, .. }
            | Self::Breach { on, .. }
            | Self::Repair { on, .. }
            | Self::Left { on, .. }
            | Self::Step { on, .. }
            | Self::Advocacy { on, .. }
            | Self::Referral { on, .. }
            | Self::Moment { on, .. }
            | Self::Survey { on, .. }
            | Self::Outcome { on, .. } => Some(*on),
            _ => None,
        }
    }

    /// What a person feels or wants for themselves: it stays on this machine unless the settings share it.
    pub fn is_personal(&self) -> bool {
        matches!(self, Self::Feels { .. } | Self::Wants { .. } | Self::Values { .. })
    }
}

/// The word for a pulse.
pub fn pulse_word(pulse: Pulse) -> &'static str {
    match pulse {
        Pulse::Green => "green",
        Pulse::Yellow => "yellow",
        Pulse::Red => "red",
    }
}

/// The pulse of a word.
pub fn pulse_of(word: &str) -> Option<Pulse> {
    match word.to_lowercase().as_str() {
        "green" => Some(Pulse::Green),
        "yellow" | "amber" => Some(Pulse::Yellow),
        "red" => Some(Pulse::Red),
        _ => None,
    }
}
