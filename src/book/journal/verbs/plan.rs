//! The plan and what is given and taken: goals, commitments, requests, advocacy, moments, surveys, answers, plays.

use super::super::Tag;
use super::super::fact::Fact;
use super::super::words::{
    AdvocacyKind, AskState, FourC, ItemKind, ItemState, MomentKind, PlayVerb, Question, SurveyKind,
};
use super::amounts;
use super::sift::{Args, Fault, Sifted, bare};
use crate::book::dates::Toward;

/// `7k2a shipped`: an item that moves on, where a tag and a state are all that is said.
pub fn step(args: &Args<'_>, item: ItemKind, words: &mut Sifted) -> Result<Option<Fact>, Fault> {
    let first = words.tokens.first().and_then(|word| Tag::parse(word.trim_start_matches('#')));
    let known = |tag: &Tag| args.items.iter().any(|one| one.kind == item && one.tag == *tag);
    let Some(of) = first.filter(known) else { return Ok(None) };
    let mut rest = Sifted { tokens: words.tokens[1..].to_vec(), people: Vec::new() };
    rest.take(&["is", "was"]);
    let Some(state) = rest.lead(ItemState::ALL, ItemState::typed) else {
        let states: Vec<_> = ItemState::ALL.iter().map(|state| state.name()).collect();
        return Err(Fault::new(format!("what became of {of}? {}", states.join(", "))));
    };
    Ok(Some(Fact::Step { item, of, state, on: rest.past(args.ctx.day)? }))
}

pub fn goal(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    if let Some(step) = step(args, ItemKind::Goal, &mut words)? {
        return Ok(vec![step]);
    }
    let example = "/goal collaboration joint roadmap session by q1";
    let c = words.lead(FourC::ALL, FourC::typed);
    let c = c.ok_or_else(|| {
        Fault::new(format!("under which C? communication, collaboration, community or company: {example}"))
    })?;
    let due = words.due(args.ctx.day);
    let owner = words.rest_after(&["owner", "owned"]);
    let text = words.text();
    if text.is_empty() {
        return Err(Fault::new(format!("which goal? {example}")));
    }
    let owner = owner.or_else(|| args.ctx.me.map(str::to_owned));
    Ok(vec![Fact::Goal { tag: args.fresh_tag(ItemKind::Goal, &text), c, text, due, owner }])
}

pub fn joint(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    if let Some(step) = step(args, ItemKind::Joint, &mut words)? {
        return Ok(vec![step]);
    }
    let due = words.due(args.ctx.day);
    let text = words.text();
    if text.is_empty() {
        return Err(Fault::new("what do both sides commit to? /joint roll-out to Lyon by q2 @jane"));
    }
    Ok(vec![Fact::Joint { tag: args.fresh_tag(ItemKind::Joint, &text), text, due, with: words.people }])
}

pub fn request(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    if let Some(step) = step(args, ItemKind::Request, &mut words)? {
        return Ok(vec![step]);
    }
    let text = words.text();
    if text.is_empty() {
        return Err(Fault::new("what do they ask for? /request audit log export @sam"));
    }
    let tag = args.fresh_tag(ItemKind::Request, &text);
    Ok(vec![Fact::Request { tag, text, person: words.people.into_iter().next() }])
}

pub fn advocacy(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    let kind = words.pick(AdvocacyKind::ALL, AdvocacyKind::typed);
    let kind =
        kind.ok_or_else(|| Fault::new("reference, case study, review, referral or talk: /advocacy reference @jane"))?;
    let state = words.pick(AskState::ALL, AskState::typed).unwrap_or(AskState::Given);
    let on = words.past(args.ctx.day)?;
    let about = words.text();
    let fact = |person| Fact::Advocacy { kind, state, person, on, about: about.clone() };
    Ok(if words.people.is_empty() {
        vec![fact(None)]
    } else {
        words.people.into_iter().map(|one| fact(Some(one))).collect()
    })
}

pub fn referral(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    let worth = words.worth(args.ctx.currency)?.map(|worth| worth.amount);
    let worth = worth.or_else(|| {
        let at = words.tokens.len().checked_sub(1)?;
        let has_unit = words.tokens[at].trim_end_matches(['k', 'K', 'm', 'M']).len() < words.tokens[at].len();
        let (worth, _) = amounts::read(&words.tokens[at..], args.ctx.currency)?.ok().filter(|_| has_unit)?;
        words.tokens.pop();
        Some(worth.amount)
    });
    let on = words.past(args.ctx.day)?;
    words
        .tokens
        .first()
        .filter(|word| ["to", "of"].contains(&bare(word).as_str()))
        .cloned()
        .map(|_| words.tokens.remove(0));
    let to = words.text();
    Ok(vec![Fact::Referral { person: words.people.into_iter().next(), to, worth, on }])
}

pub fn incentive(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    let until = words.day_after(&["until", "till", "by"], args.ctx.day, Toward::Future);
    let what = words.text();
    if what.is_empty() {
        return Err(Fault::new("what was given? /incentive extended hours @sam until mar 31"));
    }
    Ok(vec![Fact::Incentive { person: words.people.into_iter().next(), what, until }])
}

pub fn moment(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    let Some(kind) = words.lead(MomentKind::ALL, MomentKind::typed) else {
        let all: Vec<_> = MomentKind::ALL.iter().map(|kind| kind.name()).collect();
        return Err(Fault::new(format!("which moment? {}", all.join(", "))));
    };
    let on = words.past(args.ctx.day)?;
    Ok(vec![Fact::Moment { kind, on, about: words.text() }])
}

pub fn survey(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    let Some(kind) = words.lead(SurveyKind::ALL, SurveyKind::typed) else {
        let all: Vec<_> = SurveyKind::ALL.iter().map(|kind| kind.name()).collect();
        return Err(Fault::new(format!("which survey? {}: /survey nps 9 @jane", all.join(", "))));
    };
    answered(args, kind, words)
}

pub fn nps(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let words = args.sift()?;
    answered(args, SurveyKind::Nps, words)
}

pub fn csat(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let words = args.sift()?;
    answered(args, SurveyKind::Csat, words)
}

/// `9 @jane`, `9/10 by @jane on fri`.
fn answered(args: &Args<'_>, kind: SurveyKind, mut words: Sifted) -> Result<Vec<Fact>, Fault> {
    let number = |word: &String| bare(word).trim_end_matches("/10").parse::<u8>().ok();
    let said = words.tokens.iter().enumerate().find_map(|(at, word)| Some((at, number(word)?)));
    let Some((at, value)) = said.filter(|(_, value)| *value <= 10) else {
        return Err(Fault::new("an answer is 0 to 10: /survey nps 9 @jane"));
    };
    words.tokens.remove(at);
    let on = words.past(args.ctx.day)?;
    Ok(vec![Fact::Survey { kind, value, person: words.people.into_iter().next(), on }])
}

pub fn answer(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    let Some(question) = words.lead(Question::ALL, Question::typed) else {
        let all: Vec<_> = Question::ALL.iter().map(|question| question.name()).collect();
        return Err(Fault::new(format!(
            "to which question? {}: /answer value 'fewer stock-outs' @jane",
            all.join(", ")
        )));
    };
    let reply_by = words.day_after(&["reply", "by"], args.ctx.day, Toward::Future);
    let reply_by = reply_by.or_else(|| {
        let at = words.tokens.iter().position(|word| bare(word) == "reply")?;
        let mut after = Sifted { tokens: words.tokens.split_off(at + 1), people: Vec::new() };
        let day = after.day_after(&["by"], args.ctx.day, Toward::Future);
        words.tokens.extend(after.tokens);
        day
    });
    words.take(&["reply"]);
    let owner = words.rest_after(&["owner"]);
    let text = words.text();
    let text = text.trim_matches(['\'', '"', '‘', '’', '“', '”', ' ']).to_owned();
    if text.is_empty() {
        return Err(Fault::new("what did they say? /answer value 'fewer stock-outs' @jane"));
    }
    Ok(vec![Fact::Answer { question, text, person: words.people.into_iter().next(), owner, reply_by }])
}

/// The play that the words begin with: its id, or the beginning of one.
fn play_of(args: &Args<'_>, words: &mut Sifted) -> Result<String, Fault> {
    let typed = words.tokens.first().map(|word| bare(word)).unwrap_or_default();
    let ids = || args.ctx.plays.iter();
    let begins: Vec<&String> = ids().filter(|id| typed.len() > 2 && id.starts_with(&typed)).collect();
    let only = if begins.len() == 1 { begins.first().copied() } else { None };
    let found = ids().find(|id| **id == typed).or(only);
    match found {
        Some(id) => {
            words.tokens.remove(0);
            Ok(id.clone())
        }
        None if begins.len() > 1 => {
            let listed: Vec<_> = begins.iter().take(4).map(|id| id.as_str()).collect();
            Err(Fault::new(format!("{typed} fits {}: type more of it", listed.join(", "))))
        }
        None => Err(Fault::new(format!(
            "no play is called {typed:?}: its name stands beside it under actions, as in /done champion-left"
        ))),
    }
}

pub fn done(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    if let Some(of) = args.tag(&mut words, |_| true) {
        let item = args.items.iter().find(|item| item.tag == of).map_or(ItemKind::Goal, |item| item.kind);
        let on = words.past(args.ctx.day)?;
        return Ok(vec![Fact::Step { item, of, state: ItemState::Done, on }]);
    }
    let play = play_of(args, &mut words)?;
    Ok(vec![Fact::Play { verb: PlayVerb::Done, play, until: None, because: words.because() }])
}

pub fn snooze(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    let play = play_of(args, &mut words)?;
    let day = args.ctx.day;
    let until = words.day_after(&["until", "till", "to"], day, Toward::Future);
    let until = until.or_else(|| words.day_first(day, Toward::Future));
    let Some(until) = until.filter(|until| *until > day) else {
        return Err(Fault::new("until when? /snooze champion-left until fri because holiday"));
    };
    Ok(vec![Fact::Play { verb: PlayVerb::Snooze, play, until: Some(until), because: words.because() }])
}

pub fn dismiss(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    let play = play_of(args, &mut words)?;
    let because = words.because();
    if because.is_empty() {
        return Err(Fault::new("why? /dismiss champion-left because they promoted their own"));
    }
    Ok(vec![Fact::Play { verb: PlayVerb::Dismiss, play, until: None, because }])
}
