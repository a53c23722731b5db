//! The facts that a note can carry.
//!
//! Decides their shape, their words on screen and in JSON. Values are always clean: one line, no marks of our own.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::book::facts::{Pulse, TouchKind};
use crate::text;

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
fn line(words: &str) -> String {
    text::clean_text(words).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One recorded fact.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    Task { subject: String, due: Option<Date> },
    /// The CSM's own sentiment, from the day of the note on.
    Pulse { pulse: Pulse, because: String },
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

    /// `call`, `meeting`, `mail`, `task`, `pulse`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Touch { kind, .. } => kind.name(),
            Self::Task { .. } => "task",
            Self::Pulse { .. } => "pulse",
        }
    }

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
            Self::Pulse { pulse, .. } => format!("Pulse {}", pulse_word(*pulse)),
        }
    }

    /// What was understood, for the line under the note box.
    pub fn describe(&self, today: Date) -> String {
        match self {
            Self::Touch { kind, people, on, minutes, about } => {
                let mut out = kind.name().to_owned();
                if !people.is_empty() {
                    out = format!("{out} with {}", names(people));
                }
                if *on != today {
                    out = format!("{out}, {}", text::day(*on, today));
                }
                if let Some(minutes) = minutes {
                    out = format!("{out}, {minutes} min");
                }
                if about.is_empty() { out } else { format!("{out}: {about}") }
            }
            Self::Task { subject, due: Some(due) } => {
                let weekday = due.strftime("%a");
                format!("task: {subject} by {weekday} {}", text::short_date(*due, today))
            }
            Self::Task { subject, due: None } => format!("task: {subject}, no date"),
            Self::Pulse { pulse, because } if because.is_empty() => format!("pulse {}", pulse_word(*pulse)),
            Self::Pulse { pulse, because } => format!("pulse {}: {because}", pulse_word(*pulse)),
        }
    }

    /// The shape of `facts` in the JSON of `rounds note`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Touch { kind, people, on, minutes, about } => {
                let people: Vec<_> =
                    people.iter().map(|person| json!({"name": person.name, "email": person.email})).collect();
                let about = Some(about).filter(|about| !about.is_empty());
                json!({"kind": kind.name(), "people": people, "on": on, "minutes": minutes, "about": about})
            }
            Self::Task { subject, due } => json!({"kind": "task", "subject": subject, "due": due}),
            Self::Pulse { pulse, because } => {
                json!({"kind": "pulse", "pulse": pulse_word(*pulse), "because": because})
            }
        }
    }
}

/// `Jane Doe`, `Jane Doe and Sam Ortiz`, `Jane Doe, Sam Ortiz and Ann Li`.
fn names(people: &[PersonRef]) -> String {
    match people.split_last() {
        None => String::new(),
        Some((one, [])) => one.name.clone(),
        Some((last, before)) => {
            let before: Vec<_> = before.iter().map(|person| person.name.as_str()).collect();
            format!("{} and {}", before.join(", "), last.name)
        }
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
