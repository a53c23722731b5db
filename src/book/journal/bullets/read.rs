//! Reads a bullet back.
//!
//! Strict: what is not written as Rounds writes it is no fact, and is listed.

use jiff::civil::Date;

use super::super::fact::{Fact, PersonRef, Tag, pulse_of};
use super::super::words::{
    AdvocacyKind, AskState, Call, Cause, FourC, ItemKind, ItemState, MomentKind, OutcomeKind, PlayVerb, Question,
    SurveyKind, TrustWord,
};
use super::body::{self, read_date, read_delta, read_money, read_people, read_person, read_worth};
use super::{ANSWER, GOAL, JOINT, OUTCOME, PROMISE, PROOF, REQUEST, THEY, UNTIL, WORTH};
use crate::book::facts::{Tier, TouchKind};

/// Reads what follows the head of a bullet.
pub(super) type Read = fn(&str) -> Option<Fact>;

/// How bullets begin, and who reads on. A longer head goes before its beginning.
pub(super) const HEADS: &[(&str, Read)] = &[
    ("call", |rest| touch(TouchKind::Call, rest)),
    ("meeting", |rest| touch(TouchKind::Meeting, rest)),
    ("mail", |rest| touch(TouchKind::Mail, rest)),
    ("task:", task),
    ("pulse ", pulse),
    ("promise ", promise),
    ("proof of ", proof),
    ("told of ", told),
    ("trust ", trust),
    ("breach on ", |rest| dated(rest).map(|(on, because)| Fact::Breach { on, because })),
    ("repair on ", |rest| dated(rest).map(|(on, because)| Fact::Repair { on, because })),
    ("health ", health),
    ("forecast ", forecast),
    ("feels ", feels),
    ("role ", role),
    ("left ", left),
    ("champion ", |rest| Some(Fact::Champion { person: read_person(rest)?, is: true })),
    ("no champion ", |rest| Some(Fact::Champion { person: read_person(rest)?, is: false })),
    ("values ", values),
    ("wants ", |rest| {
        let (who, what) = rest.split_once(": ")?;
        Some(Fact::Wants { person: read_person(who)?, what: what.to_owned() })
    }),
    ("needs", |rest| whose(rest).map(|(person, what)| Fact::Needs { person, what })),
    ("job", |rest| whose(rest).map(|(person, text)| Fact::Job { person, text })),
    ("workaround", |rest| whose(rest).map(|(person, text)| Fact::Workaround { person, text })),
    ("goal ", goal),
    ("joint ", joint),
    ("request ", request),
    ("advocacy ", advocacy),
    ("referral", referral),
    ("incentive", incentive),
    ("moment ", moment),
    ("survey ", survey),
    ("answer ", answer),
    ("delight ", delight),
    ("renewed", |rest| outcome(OutcomeKind::Renewed, rest)),
    ("expanded", |rest| outcome(OutcomeKind::Expanded, rest)),
    ("churned", |rest| outcome(OutcomeKind::Churned, rest)),
    ("play ", play),
];

/// Reads one bullet, with or without its star.
pub fn read_bullet(line: &str) -> Option<Fact> {
    let line = line.trim();
    let line = line.strip_prefix("* ").unwrap_or(line);
    HEADS.iter().find_map(|(head, read)| read(line.strip_prefix(head)?)).map(Fact::clean)
}

/// Head and words: names, addresses and dates hold no `: `, so the first one ends the head.
fn split(rest: &str) -> (&str, &str) {
    rest.split_once(": ").unwrap_or((rest.trim_end_matches(':'), ""))
}

/// A value of a closed list by its canonical word alone.
fn exactly<T: Copy>(all: &[T], name: fn(T) -> &'static str, word: &str) -> Option<T> {
    all.iter().copied().find(|one| name(*one) == word)
}

/// The value of a closed list that a text begins with, and what follows it.
fn leading<'a, T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &'a str) -> Option<(T, &'a str)> {
    let fits = |one: &T| {
        let rest = text.strip_prefix(name(*one))?;
        (rest.is_empty() || rest.starts_with(' ')).then_some((*one, rest))
    };
    all.iter().filter_map(fits).min_by_key(|(_, rest)| rest.len())
}

/// ` with Jane Doe <jane@x.example>, Sam on 2026-11-22, 45 min: about it`
fn touch(kind: TouchKind, rest: &str) -> Option<Fact> {
    let (facts, about) = split(rest);
    let (facts, minutes) = match facts.strip_suffix(" min").and_then(|facts| facts.rsplit_once(", ")) {
        Some((facts, minutes)) => (facts, Some(minutes.parse().ok()?)),
        None => (facts, None),
    };
    let (who, on) = on_day(facts)?;
    let people = match who.trim() {
        "" => Vec::new(),
        who => read_people(who.strip_prefix("with ")?)?,
    };
    Some(Fact::touch(kind, people, on, minutes, about))
}

fn task(rest: &str) -> Option<Fact> {
    let subject = rest.trim();
    (!subject.is_empty()).then(|| Fact::task(subject, None))
}

fn pulse(rest: &str) -> Option<Fact> {
    let (word, because) = rest.split_once(':').unwrap_or((rest, ""));
    Some(Fact::pulse(pulse_of(word.trim())?, because))
}

/// What stands before the ` on 2026-11-22` that a head ends with, and the day.
fn on_day(head: &str) -> Option<(&str, Date)> {
    let (before, day) = match head.rsplit_once(" on ") {
        Some(parts) => parts,
        None => ("", head.strip_prefix("on ")?),
    };
    Some((before, read_date(day)?))
}

/// `2026-11-22: because`
fn dated(rest: &str) -> Option<(Date, String)> {
    let (day, because) = split(rest);
    Some((read_date(day)?, because.to_owned()))
}

/// ` of Jane Doe: words`, or `: words`.
fn whose(rest: &str) -> Option<(Option<PersonRef>, String)> {
    match rest.strip_prefix(": ") {
        Some(words) => Some((None, words.to_owned())),
        None => {
            let (who, words) = rest.strip_prefix(" of ")?.split_once(": ")?;
            Some((Some(read_person(who)?), words.to_owned()))
        }
    }
}

/// A tag and what follows it; or the step of that item.
fn tagged(item: ItemKind, rest: &str) -> Option<Result<(Tag, &str), Fact>> {
    let (tag, after) = rest.split_at_checked(4)?;
    let of = Tag::parse(tag)?;
    let Some(step) = after.strip_prefix(" is ") else { return Some(Ok((of, after))) };
    let (state, on) = on_day(step)?;
    let state = exactly(ItemState::ALL, ItemState::name, state)?;
    Some(Err(Fact::Step { item, of, state, on }))
}

fn promise(rest: &str) -> Option<Fact> {
    let (tag, after) = match tagged(ItemKind::Promise, rest)? {
        Ok(parts) => parts,
        Err(step) => return Some(step),
    };
    let (text, values) = body::read(PROMISE, after.strip_prefix(": ")?)?;
    let [metric, serves, due, worth, to, by] = <[_; 6]>::try_from(values).ok()?;
    Some(Fact::Promise {
        tag,
        text,
        metric: metric.and_then(|m: String| m.split_once(" → ").map(|(a, b)| (a.to_owned(), b.to_owned()))),
        serves,
        worth: worth.as_deref().and_then(read_worth),
        due: due.as_deref().and_then(read_date),
        to: to.as_deref().and_then(read_people).unwrap_or_default(),
        by,
    })
}

fn proof(rest: &str) -> Option<Fact> {
    let (tag, after) = rest.split_once(": ")?;
    let (text, values) = body::read(PROOF, after)?;
    let [measured, worth, on, by] = <[_; 4]>::try_from(values).ok()?;
    Some(Fact::Proof {
        of: Tag::parse(tag)?,
        text,
        measured,
        worth: worth.as_deref().and_then(read_worth),
        on: on.as_deref().and_then(read_date)?,
        accepted: by.is_some(),
        by: by.filter(|by| by != THEY).as_deref().and_then(read_person),
    })
}

fn told(rest: &str) -> Option<Fact> {
    let (head, who) = rest.split_once(": ")?;
    let (tag, on) = on_day(head)?;
    Some(Fact::Told { of: Tag::parse(tag)?, people: read_people(who)?, on })
}

fn trust(rest: &str) -> Option<Fact> {
    let (head, because) = split(rest);
    let (what, on) = on_day(head)?;
    let because = because.to_owned();
    if let Some(what) = exactly(TrustWord::ALL, TrustWord::name, what) {
        return Some(Fact::TrustEvent { what, on, because });
    }
    let amount: i8 = what.trim_start_matches('+').parse().ok()?;
    (-20..=20).contains(&amount).then_some(Fact::Trust { amount, on, because })
}

fn health(rest: &str) -> Option<Fact> {
    let (head, because) = split(rest);
    let (score, until) = head.split_once(" until ")?;
    let score = score.parse::<u8>().ok().filter(|score| *score <= 100)?;
    Some(Fact::Override { score, until: read_date(until)?, because: because.to_owned() })
}

fn forecast(rest: &str) -> Option<Fact> {
    let (head, because) = split(rest);
    let (call, amount) = leading(Call::ALL, Call::name, head)?;
    let amount = if amount.is_empty() { None } else { Some(read_money(amount)?) };
    Some(Fact::Forecast { call, amount, because: because.to_owned() })
}

fn feels(rest: &str) -> Option<Fact> {
    let (head, because) = split(rest);
    let (who, level) = head.rsplit_once(' ')?;
    let level = level.trim_start_matches('+').parse::<i8>().ok().filter(|level| (-2..=2).contains(level))?;
    Some(Fact::Feels { person: read_person(who)?, level, because: because.to_owned() })
}

fn role(rest: &str) -> Option<Fact> {
    let (who, tier) = rest.split_once(": ")?;
    let tier = Tier::ALL.into_iter().find(|one| one.name() == tier)?;
    Some(Fact::Role { person: read_person(who)?, tier })
}

fn left(rest: &str) -> Option<Fact> {
    let (who, on) = on_day(rest)?;
    Some(Fact::Left { person: read_person(who)?, on })
}

fn values(rest: &str) -> Option<Fact> {
    let (who, ranking) = rest.split_once(": ")?;
    let ranking: Vec<_> = ranking.split(" > ").map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
    (!ranking.is_empty()).then_some(())?;
    Some(Fact::Values { person: read_person(who)?, ranking })
}

fn goal(rest: &str) -> Option<Fact> {
    let (tag, after) = match tagged(ItemKind::Goal, rest)? {
        Ok(parts) => parts,
        Err(step) => return Some(step),
    };
    let (c, words) = after.strip_prefix(' ')?.split_once(": ")?;
    let (text, values) = body::read(GOAL, words)?;
    let [due, owner] = <[_; 2]>::try_from(values).ok()?;
    let due = due.as_deref().and_then(read_date);
    Some(Fact::Goal { tag, c: exactly(FourC::ALL, FourC::name, c)?, text, due, owner })
}

fn joint(rest: &str) -> Option<Fact> {
    let (tag, after) = match tagged(ItemKind::Joint, rest)? {
        Ok(parts) => parts,
        Err(step) => return Some(step),
    };
    let (text, values) = body::read(JOINT, after.strip_prefix(": ")?)?;
    let [due, with] = <[_; 2]>::try_from(values).ok()?;
    let with = with.as_deref().and_then(read_people).unwrap_or_default();
    Some(Fact::Joint { tag, text, due: due.as_deref().and_then(read_date), with })
}

fn request(rest: &str) -> Option<Fact> {
    let (tag, after) = match tagged(ItemKind::Request, rest)? {
        Ok(parts) => parts,
        Err(step) => return Some(step),
    };
    let (text, values) = body::read(REQUEST, after.strip_prefix(": ")?)?;
    Some(Fact::Request { tag, text, person: values.first().cloned().flatten().as_deref().and_then(read_person) })
}

/// A person after a word, where there is one: ` by Jane Doe`; anything else is no head of ours.
fn after(word: &str, rest: &str) -> Option<Option<PersonRef>> {
    match rest.trim() {
        "" => Some(None),
        rest => Some(Some(read_person(rest.strip_prefix(word)?.strip_prefix(' ')?)?)),
    }
}

fn advocacy(rest: &str) -> Option<Fact> {
    let (head, about) = split(rest);
    let (what, on) = on_day(head)?;
    let (kind, rest) = leading(AdvocacyKind::ALL, AdvocacyKind::name, what)?;
    let (state, rest) = leading(AskState::ALL, AskState::name, rest.trim_start())?;
    Some(Fact::Advocacy { kind, state, person: after("by", rest)?, on, about: about.to_owned() })
}

fn referral(rest: &str) -> Option<Fact> {
    let (head, line) = split(rest);
    let (who, on) = on_day(head.trim_start())?;
    let (to, values) = body::read(WORTH, line)?;
    let worth = values.first().cloned().flatten().as_deref().and_then(read_money);
    Some(Fact::Referral { person: after("by", who)?, to, worth, on })
}

fn incentive(rest: &str) -> Option<Fact> {
    let (head, line) = rest.split_once(": ")?;
    let (what, values) = body::read(UNTIL, line)?;
    let until = values.first().cloned().flatten().as_deref().and_then(read_date);
    Some(Fact::Incentive { person: after("for", head)?, what, until })
}

fn moment(rest: &str) -> Option<Fact> {
    let (head, about) = split(rest);
    let (kind, on) = on_day(head)?;
    Some(Fact::Moment { kind: exactly(MomentKind::ALL, MomentKind::name, kind)?, on, about: about.to_owned() })
}

fn survey(rest: &str) -> Option<Fact> {
    let (head, on) = on_day(rest)?;
    let (kind, rest) = leading(SurveyKind::ALL, SurveyKind::name, head)?;
    let rest = rest.trim_start();
    let (value, who) = rest.split_once(' ').unwrap_or((rest, ""));
    let value = value.parse::<u8>().ok().filter(|value| *value <= 10)?;
    Some(Fact::Survey { kind, value, person: after("by", who)?, on })
}

fn answer(rest: &str) -> Option<Fact> {
    let (head, line) = split(rest);
    let (question, who) = leading(Question::ALL, Question::name, head)?;
    let (text, values) = body::read(ANSWER, line)?;
    let [owner, reply_by] = <[_; 2]>::try_from(values).ok()?;
    let reply_by = reply_by.as_deref().and_then(read_date);
    Some(Fact::Answer { question, text, person: after("by", who)?, owner, reply_by })
}

fn delight(rest: &str) -> Option<Fact> {
    let (head, about) = split(rest);
    let (cause, who) = leading(Cause::ALL, Cause::name, head)?;
    Some(Fact::Delight { person: after("of", who)?, cause, about: about.to_owned() })
}

fn outcome(kind: OutcomeKind, rest: &str) -> Option<Fact> {
    let (head, line) = split(rest);
    let (head, on) = on_day(head.trim_start())?;
    let (change, cause) = match head.split_once("because of ") {
        Some((change, cause)) => (change.trim(), Some(exactly(Cause::ALL, Cause::name, cause.trim())?)),
        None => (head.trim(), None),
    };
    let change = if change.is_empty() { None } else { Some(read_delta(change)?) };
    let (about, values) = body::read(OUTCOME, line)?;
    let lesson = values.first().cloned().flatten().unwrap_or_default();
    Some(Fact::Outcome { kind, change, cause, on, about, lesson })
}

fn play(rest: &str) -> Option<Fact> {
    let (head, because) = split(rest);
    let (verb, rest) = leading(PlayVerb::ALL, PlayVerb::name, head)?;
    let (play, until) = match rest.trim_start().split_once(" until ") {
        Some((play, until)) => (play, Some(read_date(until)?)),
        None => (rest.trim_start(), None),
    };
    let plain = !play.is_empty() && !play.contains(char::is_whitespace);
    plain.then(|| Fact::Play { verb, play: play.to_owned(), until, because: because.to_owned() })
}
