//! Contact and the day's work: calls, meetings, mails, tasks, the CSM's own pulse.

use super::super::fact::{Fact, pulse_of};
use super::sift::{Args, Fault};
use crate::book::dates::{FORMS, Toward, head, tail};
use crate::book::facts::TouchKind;
use jiff::civil::Date;

pub fn call(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    touch(args, TouchKind::Call).map(|fact| vec![fact])
}

pub fn met(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    touch(args, TouchKind::Meeting).map(|fact| vec![fact])
}

pub fn mail(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    touch(args, TouchKind::Mail).map(|fact| vec![fact])
}

/// People, a duration and a date in any order, then what it was about.
fn touch(args: &mut Args<'_>, kind: TouchKind) -> Result<Fact, Fault> {
    let day = args.ctx.day;
    let (mut people, mut on, mut minutes) = (Vec::new(), None, None);
    let mut at = 0;
    loop {
        let rest = &args.text[at..];
        let skipped = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
        at += skipped;
        let rest = &args.text[at..];
        let word = &rest[..rest.find([' ', '\t', ',']).unwrap_or(rest.len())];
        if word.starts_with('@') {
            let (person, end) = args.person(at)?;
            if !people.contains(&person) {
                people.push(person);
            }
            at = end;
        } else if let Some(n) = duration(word).filter(|_| minutes.is_none()) {
            minutes = Some(n);
            at += word.len();
        } else if let Some((date, len)) = head(rest, day, Toward::Past).filter(|_| on.is_none()) {
            on = Some((date, at));
            at += len;
        } else if ["with", "and", "&", "on"].contains(&word) && {
            let next = rest[word.len()..].trim_start();
            next.starts_with('@') || (word == "on" && head(next, day, Toward::Past).is_some())
        } {
            at += word.len();
        } else {
            break;
        }
    }
    let mut about = args.text[at..].trim().trim_start_matches([':', '-', '–']).trim();
    if let Some((before, last)) = about.rsplit_once(' ').filter(|_| minutes.is_none())
        && let Some(n) = duration(last)
    {
        minutes = Some(n);
        about = before.trim_end();
    }
    if let Some((_, at)) = on.filter(|(date, _)| *date > day) {
        return Err(Fault(at, "that day lies ahead: a touch is recorded once it took place, /task plans one".into()));
    }
    let about = args.named(about);
    Ok(Fact::touch(kind, people, on.map_or(day, |(date, _)| date), minutes, &about))
}

/// `45m`, `90min`, `1h`, `1h30`; in minutes.
fn duration(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    let least = |n: u32| (1..=24 * 60).contains(&n).then_some(n);
    if let Some((hours, minutes)) = word.split_once('h') {
        let minutes = minutes.trim_end_matches("min").trim_end_matches('m');
        let minutes = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
        return least(
            hours.parse::<u32>().ok().filter(|hours| *hours <= 24)? * 60 + Some(minutes).filter(|m| *m < 60)?,
        );
    }
    least(word.strip_suffix("min").or_else(|| word.strip_suffix('m'))?.parse().ok()?)
}

pub fn task(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let words = args.text.trim();
    let (subject, due) = match tail(words, args.ctx.day, Toward::Future) {
        Some((subject, due)) => (subject, Some(due)),
        None => (words, None),
    };
    if subject.is_empty() {
        return Err(Fault(0, format!("a task needs words: /task send ROI deck fri (dates: {FORMS})")));
    }
    if due.is_some_and(|due: Date| due < args.ctx.day) {
        return Err(Fault(0, "that day has passed: a task is due today or later".into()));
    }
    let subject = args.named(subject);
    Ok(vec![Fact::task(&subject, due)])
}

pub fn pulse(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let words = args.text.trim();
    let (word, because) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let Some(pulse) = pulse_of(word.trim_end_matches([':', ','])) else {
        return Err(Fault(0, "a pulse is green, yellow or red: /pulse red sponsor went quiet".into()));
    };
    let because = args.named(because);
    Ok(vec![Fact::pulse(pulse, &because)])
}
