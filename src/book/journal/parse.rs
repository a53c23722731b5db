//! Reads the facts out of a note as it is typed: `/call @jane`, `/task send ROI deck fri`, `/pulse red sponsor went quiet`.
//!
//! Decides where a fact begins and ends, and says what it could not understand. Nothing typed is ever lost: what is no
//! fact, or one that could not be read, stays in the text.

use jiff::civil::Date;

use super::JournalContext;
use super::fact::{Fact, PersonRef, pulse_of};
use super::people::{Found, find};
use crate::book::dates::{FORMS, Toward, head, tail};
use crate::book::facts::TouchKind;
use crate::book::ids::PersonId;
use crate::book::view::NoteProblem;
use crate::text;

/// What a typed note was understood as.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The facts, in the order in which they were typed.
    pub facts: Vec<Fact>,
    pub problems: Vec<NoteProblem>,
    /// The text without the facts that were understood.
    pub text: String,
    /// Everybody named, in facts or elsewhere with an `@`.
    pub people: Vec<PersonId>,
}

/// A word that begins a fact.
pub struct Verb {
    /// Without its slash.
    pub word: &'static str,
    /// What it records.
    pub says: &'static str,
    pub example: &'static str,
    read: fn(&mut Args<'_>) -> Result<Fact, Fault>,
}

/// All verbs, for completion and help too.
pub const VERBS: &[Verb] = &[
    Verb {
        word: "call",
        says: "a call that took place",
        example: "/call @jane",
        read: |args| touch(args, TouchKind::Call),
    },
    Verb {
        word: "met",
        says: "a meeting that took place",
        example: "/met @jane @sam 45m",
        read: |args| touch(args, TouchKind::Meeting),
    },
    Verb {
        word: "mail",
        says: "a mail that was answered",
        example: "/mail @jane",
        read: |args| touch(args, TouchKind::Mail),
    },
    Verb { word: "task", says: "something to do by a day", example: "/task send ROI deck fri", read: task },
    Verb {
        word: "pulse",
        says: "how you feel about the account",
        example: "/pulse red sponsor went quiet",
        read: pulse,
    },
];

/// Something wrong: byte offset in the fact's words, and what to do.
struct Fault(usize, String);

/// The words of one fact.
struct Args<'a> {
    text: &'a str,
    ctx: &'a JournalContext<'a>,
    /// Everybody named so far.
    people: Vec<PersonId>,
}

/// Reads a note.
pub fn parse(typed: &str, ctx: &JournalContext<'_>) -> Parsed {
    let typed = text::clean_text(typed);
    let mut out = Parsed::default();
    let mut lines = Vec::new();
    let mut start = 0;
    for line in typed.split('\n') {
        if line.trim_start().starts_with('>') {
            lines.push(line.to_owned());
        } else if let Some(kept) = read_line(line, &typed, start, ctx, &mut out) {
            lines.push(kept);
        }
        start += line.len() + 1;
    }
    out.text = lines.join("\n").trim().to_owned();
    out
}

/// Reads one line; what is left of it, `None` when it was nothing but facts.
fn read_line(line: &str, typed: &str, start: usize, ctx: &JournalContext<'_>, out: &mut Parsed) -> Option<String> {
    let verbs = verbs(line);
    let first = verbs.first().map_or(line.len(), |(at, _)| *at);
    let mut kept = line[..first].to_owned();
    mention(&line[..first], ctx, &mut out.people);
    for (index, (slash, verb)) in verbs.iter().enumerate() {
        let end = verbs.get(index + 1).map_or(line.len(), |(next, _)| *next);
        let words = slash + 1 + verb.word.len();
        let mut args = Args { text: &line[words..end], ctx, people: Vec::new() };
        match (verb.read)(&mut args) {
            Ok(fact) => {
                out.facts.push(fact);
                for id in args.people {
                    add(&mut out.people, id);
                }
            }
            Err(Fault(offset, message)) => {
                let at = typed[..start + words + offset].chars().count();
                out.problems.push(NoteProblem { at, message });
                mention(&line[words..end], ctx, &mut out.people);
                kept.push_str(&line[*slash..end]);
            }
        }
    }
    let kept = kept.trim_end();
    (!kept.is_empty() || verbs.is_empty()).then(|| kept.to_owned())
}

/// The verbs of a line: a slash after a blank (or first), a known word, and a blank (or nothing) after it.
fn verbs(line: &str) -> Vec<(usize, &'static Verb)> {
    let mut out = Vec::new();
    for (at, _) in line.match_indices('/') {
        let blank_before = line[..at].chars().next_back().is_none_or(char::is_whitespace);
        let rest = &line[at + 1..];
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        if let Some(verb) = VERBS.iter().find(|verb| blank_before && verb.word == word) {
            out.push((at, verb));
        }
    }
    out
}

fn add(people: &mut Vec<PersonId>, id: PersonId) {
    if !people.contains(&id) {
        people.push(id);
    }
}

/// Everybody named with an `@` after a blank, where one person fits; anything else is text.
fn mention(words: &str, ctx: &JournalContext<'_>, people: &mut Vec<PersonId>) {
    for (at, _) in words.match_indices('@') {
        let blank_before = words[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(');
        if let (true, Found::One(one, _)) = (blank_before, find(&words[at + 1..], ctx.people)) {
            add(people, one.id.clone());
        }
    }
}

impl Args<'_> {
    /// The person after the `@` at `at`, and where their name ends.
    fn person(&mut self, at: usize) -> Result<(PersonRef, usize), Fault> {
        let rest = &self.text[at + 1..];
        match find(rest, self.ctx.people) {
            Found::One(one, len) => {
                add(&mut self.people, one.id.clone());
                Ok((one.reference(), at + 1 + len))
            }
            Found::Several(fits, len) => {
                let names: Vec<_> = fits
                    .iter()
                    .take(4)
                    .map(|one| match &one.email {
                        Some(email) => format!("{} <{email}>", one.name),
                        None => one.name.clone(),
                    })
                    .collect();
                Err(Fault(at, format!("@{} fits {}: type more of the name", &rest[..len], names.join(" and "))))
            }
            Found::Nobody(0) => Err(Fault(at, "a name is missing after @".into())),
            Found::Nobody(len) => Err(Fault(at, format!("nobody here is called {}", &rest[..len]))),
        }
    }
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
    let about = named(args, about);
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

fn task(args: &mut Args<'_>) -> Result<Fact, Fault> {
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
    let subject = named(args, subject);
    Ok(Fact::task(&subject, due))
}

fn pulse(args: &mut Args<'_>) -> Result<Fact, Fault> {
    let words = args.text.trim();
    let (word, because) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let Some(pulse) = pulse_of(word.trim_end_matches([':', ','])) else {
        return Err(Fault(0, "a pulse is green, yellow or red: /pulse red sponsor went quiet".into()));
    };
    let because = named(args, because);
    Ok(Fact::pulse(pulse, &because))
}

/// The words with each `@` that means one person as that person's name: others will read it without our people.
fn named(args: &mut Args<'_>, words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find('@') {
        let blank_before = rest[..at].chars().next_back().is_none_or(char::is_whitespace);
        out.push_str(&rest[..at]);
        match find(&rest[at + 1..], args.ctx.people) {
            Found::One(one, len) if blank_before => {
                out.push_str(&one.name);
                add(&mut args.people, one.id.clone());
                rest = &rest[at + 1 + len..];
            }
            _ => {
                out.push('@');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::super::people::Candidate;
    use super::*;
    use crate::book::facts::Pulse;
    use jiff::civil::date;

    // A Sunday.
    const DAY: Date = date(2026, 11, 22);

    fn people() -> Vec<Candidate> {
        let one = |id: &str, name: &str, email: &str| Candidate {
            id: id.into(),
            name: name.into(),
            email: Some(email.into()),
        };
        vec![
            one("crm:1", "Jane Doe", "jane.doe@northwind.example"),
            one("crm:2", "Sam Ortiz", "sortiz@northwind.example"),
            one("crm:3", "Ann Li", "ann@northwind.example"),
            one("crm:4", "Ann Marie Li", "amli@northwind.example"),
        ]
    }

    fn read(typed: &str) -> Parsed {
        parse(typed, &JournalContext { day: DAY, people: &people() })
    }

    fn said(typed: &str) -> Vec<String> {
        read(typed).facts.iter().map(|fact| fact.describe(DAY)).collect()
    }

    #[test]
    fn touches_with_people_days_and_minutes() {
        for (typed, expected) in [
            ("/call @jane", "call with Jane Doe"),
            ("/met @jane @sam 45m", "meeting with Jane Doe and Sam Ortiz, 45 min"),
            (
                "/met with @jane, @sam and @ann@northwind.example 1h30",
                "meeting with Jane Doe, Sam Ortiz and Ann Li, 90 min",
            ),
            ("/mail @sortiz fri", "mail with Sam Ortiz, 2 d ago"),
            ("/call yesterday @Jane Doe about the renewal", "call with Jane Doe, yesterday: about the renewal"),
            ("/call @jane.doe: she told @sam 20m", "call with Jane Doe, 20 min: she told Sam Ortiz"),
            ("/call", "call"),
            ("/met @Ann Marie Li 15min", "meeting with Ann Marie Li, 15 min"),
        ] {
            assert_eq!(said(typed), [expected], "{typed}");
        }
    }

    #[test]
    fn tasks_and_pulses() {
        assert_eq!(said("/task send ROI deck fri"), ["task: send ROI deck by Fri 27 Nov"]);
        assert_eq!(said("/task send ROI deck by dec 31"), ["task: send ROI deck by Thu 31 Dec"]);
        assert_eq!(said("/task call @jane back"), ["task: call Jane Doe back, no date"]);
        assert_eq!(said("/pulse red sponsor went quiet"), ["pulse red: sponsor went quiet"]);
        assert_eq!(said("/pulse Amber"), ["pulse yellow"]);
        assert_eq!(read("/pulse green").facts, [Fact::Pulse { pulse: Pulse::Green, because: String::new() }]);
    }

    #[test]
    fn facts_stand_anywhere_after_a_blank_and_run_to_the_next() {
        let note = read("Good talk /call @jane /task send deck fri\nshe is happy\n/pulse green");
        assert_eq!(note.facts.len(), 3);
        assert_eq!(note.text, "Good talk\nshe is happy");
        assert_eq!(note.people, ["crm:1".into()]);
        assert!(note.problems.is_empty());
    }

    #[test]
    fn what_is_no_fact_is_text() {
        for typed in
            ["and/call her", "see https://x.example/call now", "/calling", "/unknown @jane", "> /call @jane", "a/b"]
        {
            let note = read(typed);
            assert!(note.facts.is_empty() && note.problems.is_empty(), "{typed}");
            assert_eq!(note.text, typed);
        }
        // Somebody named in plain text is somebody the note is about.
        assert_eq!(read("met @sam by chance").people, ["crm:2".into()]);
    }

    #[test]
    fn what_cannot_be_read_stays_in_the_text_with_a_problem_at_its_place() {
        for (typed, at, says) in [
            ("é /call @ann", 8, "fits Ann Li <ann@northwind.example> and Ann Marie Li"),
            ("/call @bob", 6, "nobody here is called bob"),
            ("/call @", 6, "a name is missing"),
            ("/pulse meh", 6, "green, yellow or red"),
            ("/task fri", 5, "a task needs words"),
            ("/met @jane tomorrow", 11, "lies ahead"),
            ("ok\n/pulse blue", 9, "green, yellow or red"),
        ] {
            let note = read(typed);
            assert!(note.facts.is_empty(), "{typed}");
            assert_eq!(note.text, typed);
            assert_eq!(note.problems.len(), 1);
            assert_eq!(note.problems[0].at, at, "{typed}: {}", note.problems[0].message);
            assert!(note.problems[0].message.contains(says), "{typed}: {}", note.problems[0].message);
        }
        // The other facts of the note are read all the same.
        let note = read("/call @bob /task send deck fri");
        assert_eq!((note.facts.len(), note.problems.len(), note.text.as_str()), (1, 1, "/call @bob"));
    }

    #[test]
    fn control_bytes_do_not_come_through() {
        let note = read("hi\u{1b}]0;owned\u{7} there /pulse red \u{202e}evil");
        assert_eq!(note.text, "hi there");
        assert_eq!(note.facts, [Fact::Pulse { pulse: Pulse::Red, because: "evil".into() }]);
    }
}
