//! What they say when asked: surveys by tier, the benchmark questions, what delights them.
//!
//! Decides which answers still count: two quarters. Anonymous ones stand apart from named ones.

use jiff::civil::Date;

use super::{Loyal, days};
use crate::book::facts::Tier;
use crate::book::journal::Fact;
use crate::book::journal::words::{Cause, Question, SurveyKind};

/// An answer older than this is asked for again.
pub const VALID: f64 = 180.0;

/// One survey answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<'a> {
    pub kind: SurveyKind,
    pub value: u8,
    pub on: Date,
    /// `None`: anonymous.
    pub who: Option<&'a str>,
    pub tier: Option<Tier>,
}

/// Every survey answer up to the day, oldest first.
pub fn answers<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Answer<'a>> {
    let tier_of =
        |id| loyal.eval.facts.people.iter().find(|known| &known.person.id == id).and_then(|one| one.tier(loyal.on));
    let said = loyal.journal().filter_map(|one| match &one.fact {
        Fact::Survey { kind, value, .. } => Some(Answer {
            kind: *kind,
            value: *value,
            on: one.on,
            who: loyal.name_of(one),
            tier: one.people.first().and_then(tier_of),
        }),
        _ => None,
    });
    said.collect()
}

/// The answers of a kind that still count: the newest of each person, and all anonymous ones.
pub fn counting<'a>(loyal: &Loyal<'_, 'a>, kind: SurveyKind) -> Vec<Answer<'a>> {
    let day = loyal.on.date;
    let mut out: Vec<Answer<'a>> = Vec::new();
    for one in answers(loyal).into_iter().filter(|one| one.kind == kind && days(one.on, day) <= VALID) {
        if one.who.is_some() {
            out.retain(|known| known.who != one.who);
        }
        out.push(one);
    }
    out
}

/// Net promoter score, −100 to 100, and the day of the newest answer.
pub fn nps(loyal: &Loyal<'_, '_>) -> Option<(f64, Date)> {
    let all = counting(loyal, SurveyKind::Nps);
    let newest = all.iter().map(|one| one.on).max()?;
    let count =
        |range: std::ops::RangeInclusive<u8>| all.iter().filter(|one| range.contains(&one.value)).count() as f64;
    Some(((count(9..=10) - count(0..=6)) * 100.0 / all.len() as f64, newest))
}

/// The mean of a kind, 0 to 10, and the day of the newest answer.
pub fn mean(loyal: &Loyal<'_, '_>, kind: SurveyKind) -> Option<(f64, Date)> {
    let all = counting(loyal, kind);
    let newest = all.iter().map(|one| one.on).max()?;
    Some((all.iter().map(|one| f64::from(one.value)).sum::<f64>() / all.len() as f64, newest))
}

/// Experience, 0 to 100: half emotion, a quarter success, a quarter effort; what is not known gives its weight away.
pub fn experience(loyal: &Loyal<'_, '_>) -> Option<(f64, Date)> {
    let parts = [(SurveyKind::Emotion, 0.5), (SurveyKind::Success, 0.25), (SurveyKind::Effort, 0.25)];
    let known: Vec<_> = parts.iter().filter_map(|(kind, weight)| Some((mean(loyal, *kind)?, *weight))).collect();
    let newest = known.iter().map(|((_, on), _)| *on).max()?;
    let weight: f64 = known.iter().map(|(_, weight)| weight).sum();
    Some((known.iter().map(|((value, _), weight)| value * 10.0 * weight).sum::<f64>() / weight, newest))
}

/// The benchmark questions, in the order in which they are asked.
pub const BENCHMARK: [Question; 7] = [
    Question::Satisfied,
    Question::Metrics,
    Question::Value,
    Question::Repurchase,
    Question::Tell,
    Question::Gaps,
    Question::Serve,
];

/// The four of win and loss.
pub const WIN_LOSS: [Question; 4] = [Question::WhyLoyal, Question::Keeps, Question::WouldLeave, Question::WhyLeft];

impl Question {
    /// The question in full, as it is asked.
    pub fn asks(self) -> &'static str {
        match self {
            Self::Satisfied => "how satisfied are you?",
            Self::Metrics => "how do you measure success?",
            Self::Value => "what do you value most?",
            Self::Repurchase => "would you buy it again?",
            Self::Tell => "what would you tell others?",
            Self::Gaps => "which gaps do you fill yourselves?",
            Self::Serve => "how could we serve you better?",
            Self::WhyLoyal => "why do you stay with us?",
            Self::Keeps => "what keeps you?",
            Self::WouldLeave => "what would make you leave?",
            Self::WhyLeft => "why did you leave?",
        }
    }
}

/// What was said to a question last.
#[derive(Clone, Debug, PartialEq)]
pub struct Said<'a> {
    pub question: Question,
    pub text: &'a str,
    pub who: Option<&'a str>,
    pub on: Date,
    pub owner: Option<&'a str>,
    pub reply_by: Option<Date>,
}

/// Every answer to a question, oldest first.
pub fn said<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Said<'a>> {
    let all = loyal.journal().filter_map(|one| match &one.fact {
        Fact::Answer { question, text, owner, reply_by, .. } => Some(Said {
            question: *question,
            text,
            who: loyal.name_of(one),
            on: one.on,
            owner: owner.as_deref(),
            reply_by: *reply_by,
        }),
        _ => None,
    });
    all.collect()
}

/// The benchmark questions that are to be asked again: never answered, or two quarters ago. Nobody is nagged about questions
/// that this account never began with.
pub fn to_ask(loyal: &Loyal<'_, '_>) -> Vec<Question> {
    let all = said(loyal);
    if all.is_empty() {
        return Vec::new();
    }
    let day = loyal.on.date;
    let fresh = |question: &Question| all.iter().any(|one| one.question == *question && days(one.on, day) <= VALID);
    BENCHMARK.into_iter().filter(|question| !fresh(question)).collect()
}

/// Answers that somebody of ours owes a reply to, with how many days it is late; a touch after the answer with whoever gave
/// it is the reply.
pub fn owed<'a>(loyal: &Loyal<'_, 'a>) -> Vec<(Said<'a>, i64)> {
    let facts = loyal.facts();
    let day = loyal.on.date;
    let replied = |one: &Said<'_>| {
        facts.touches.iter().any(|touch| {
            let with = |name: &str| touch.people.iter().any(|id| facts.person(id).is_some_and(|who| who.name == name));
            touch.two_way && touch.on > one.on && touch.on <= day && one.who.is_none_or(with)
        })
    };
    let owing = said(loyal).into_iter().filter(|one| one.reply_by.is_some() && !replied(one));
    owing.filter_map(|one| one.reply_by.map(|by| (days(by, day) as i64, one))).map(|(late, one)| (one, late)).collect()
}

/// What delighted, with its cause and when.
pub fn delights<'a>(loyal: &Loyal<'_, 'a>) -> Vec<(Cause, &'a str, Option<&'a str>, Date)> {
    let all = loyal.journal().filter_map(|one| match &one.fact {
        Fact::Delight { cause, about, .. } => Some((*cause, about.as_str(), loyal.name_of(one), one.on)),
        _ => None,
    });
    all.collect()
}
