//! Reads the facts out of a note as it is typed: `/call @jane`, `/task send ROI deck fri`, `/pulse red sponsor went quiet`.
//!
//! Decides where a fact begins and ends, and says what it could not understand. Nothing typed is ever lost: what is no
//! fact, or one that could not be read, stays in the text. What the words of a fact mean is read in `verbs`.

use super::fact::{Fact, PersonRef};
use super::people::{Found, find};
use super::verbs::{Args, Fault, VERBS, Verb};
use super::{Item, JournalContext};
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

/// Reads a note.
pub fn parse(typed: &str, ctx: &JournalContext<'_>) -> Parsed {
    let typed = text::clean_text(typed);
    let mut out = Parsed::default();
    // What this note itself promises can be proven further down in it, and whom it brings in can be named again.
    let mut known = (ctx.items.to_vec(), Vec::new());
    let mut lines = Vec::new();
    let mut start = 0;
    for line in typed.split('\n') {
        if line.trim_start().starts_with('>') {
            lines.push(line.to_owned());
        } else if let Some(kept) = read_line(line, (&typed, start), ctx, &mut known, &mut out) {
            lines.push(kept);
        }
        start += line.len() + 1;
    }
    out.text = lines.join("\n").trim().to_owned();
    out
}

/// Reads one line, which begins at that byte of what was typed; what is left of it, `None` when it was nothing but facts.
fn read_line(
    line: &str,
    (typed, start): (&str, usize),
    ctx: &JournalContext<'_>,
    (items, fresh): &mut (Vec<Item>, Vec<PersonRef>),
    out: &mut Parsed,
) -> Option<String> {
    let verbs = verbs_of(line);
    let first = verbs.first().map_or(line.len(), |(at, ..)| *at);
    let mut kept = line[..first].to_owned();
    mention(&line[..first], ctx, &mut out.people);
    for (index, (slash, word, verb)) in verbs.iter().enumerate() {
        let end = verbs.get(index + 1).map_or(line.len(), |(next, ..)| *next);
        let words = slash + 1 + word.len();
        let mut args = Args { text: &line[words..end], ctx, people: Vec::new(), items, fresh };
        match (verb.read)(&mut args) {
            Ok(facts) => {
                let people = args.people;
                for fact in facts.into_iter().map(Fact::clean) {
                    items.extend(Item::of(&fact));
                    out.facts.push(fact);
                }
                for id in people {
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
pub fn verbs_of(line: &str) -> Vec<(usize, &str, &'static Verb)> {
    let mut out = Vec::new();
    for (at, _) in line.match_indices('/') {
        let blank_before = line[..at].chars().next_back().is_none_or(char::is_whitespace);
        let rest = &line[at + 1..];
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        if let Some(verb) = VERBS.iter().find(|verb| blank_before && verb.is(word.trim_end_matches(':'))) {
            out.push((at, word, verb));
        }
    }
    out
}

pub(super) fn add(people: &mut Vec<PersonId>, id: PersonId) {
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

#[cfg(test)]
mod tests {
    use super::super::people::Candidate;
    use super::*;
    use crate::book::facts::Pulse;
    use jiff::civil::{Date, date};

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
        parse(typed, &JournalContext::new(DAY, &people()))
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
