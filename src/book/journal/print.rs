//! A note as any colleague reads it in the CRM, and the same read back: the text, one block of bullets, the mark.
//!
//! Decides the canonical bullets. Reading is strict: the mark is the last line, the bullets stand right above it, and
//! what does not parse is listed, never guessed.

use super::fact::{Fact, PersonRef, pulse_of, pulse_word};
use super::mark::Mark;
use super::parse::Parsed;
use crate::book::facts::TouchKind;

/// A note of ours, read back.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadNote {
    pub mark: Mark,
    /// The text without bullets and mark.
    pub text: String,
    pub facts: Vec<Fact>,
    /// Bullets that do not parse, as they stand.
    pub problems: Vec<String>,
}

/// The text that goes to the CRM.
pub fn render(parsed: &Parsed, mark: &Mark) -> String {
    let mut out = parsed.text.trim().to_owned();
    // The blank line keeps a list that somebody typed apart from the block of facts.
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    for fact in &parsed.facts {
        out.push_str(&bullet(fact));
        out.push('\n');
    }
    out.push_str(&mark.to_string());
    out
}

/// Title and body of the record of its own that a touch or a task gets; `part` counts the note's facts from 1.
pub fn record(fact: &Fact, mark: &Mark, part: u32) -> Option<(String, String)> {
    let about = match fact {
        Fact::Touch { about, .. } => about.as_str(),
        Fact::Task { .. } => "",
        _ => return None,
    };
    let mark = mark.for_part(part);
    let body = if about.is_empty() { mark.to_string() } else { format!("{about}\n\n{mark}") };
    Some((fact.title(), body))
}

/// The canonical bullet of a fact.
pub fn bullet(fact: &Fact) -> String {
    match fact {
        Fact::Touch { kind, people, on, minutes, about } => {
            let mut out = format!("* {}", kind.name());
            if !people.is_empty() {
                let people: Vec<_> = people.iter().map(person).collect();
                out.push_str(&format!(" with {}", people.join(", ")));
            }
            out.push_str(&format!(" on {on}"));
            if let Some(minutes) = minutes {
                out.push_str(&format!(", {minutes} min"));
            }
            if !about.is_empty() {
                out.push_str(&format!(": {about}"));
            }
            out
        }
        Fact::Task { subject, due: Some(due) } => format!("* task: {subject} by {due}"),
        Fact::Task { subject, due: None } => format!("* task: {subject}"),
        Fact::Pulse { pulse, because } if because.is_empty() => format!("* pulse {}", pulse_word(*pulse)),
        Fact::Pulse { pulse, because } => format!("* pulse {}: {because}", pulse_word(*pulse)),
        _ => format!("* {}", fact.kind()),
    }
}

fn person(person: &PersonRef) -> String {
    match &person.email {
        Some(email) => format!("{} <{email}>", person.name),
        None => person.name.clone(),
    }
}

/// Reads what follows the head of a bullet.
type Read = fn(&str) -> Option<Fact>;

/// How bullets begin, and who reads on.
const HEADS: &[(&str, Read)] = &[
    ("call", |rest| touch(TouchKind::Call, rest)),
    ("meeting", |rest| touch(TouchKind::Meeting, rest)),
    ("mail", |rest| touch(TouchKind::Mail, rest)),
    ("task:", task),
    ("pulse ", pulse),
];

/// Reads one bullet, with or without its star.
pub fn read_bullet(line: &str) -> Option<Fact> {
    let line = line.trim();
    let line = line.strip_prefix("* ").unwrap_or(line);
    HEADS.iter().find_map(|(head, read)| read(line.strip_prefix(head)?))
}

/// ` with Jane Doe <jane@x.example>, Sam on 2026-11-22, 45 min: about it`
fn touch(kind: TouchKind, rest: &str) -> Option<Fact> {
    // Names and addresses hold neither colon nor comma, so the first colon ends the facts and begins the words.
    let (facts, about) = rest.split_once(": ").unwrap_or((rest, ""));
    let (facts, minutes) = match facts.strip_suffix(" min").and_then(|facts| facts.rsplit_once(", ")) {
        Some((facts, minutes)) => (facts, Some(minutes.parse().ok()?)),
        None => (facts, None),
    };
    let (who, on) = facts.rsplit_once(" on ")?;
    let on = Some(on.trim()).filter(|on| on.len() == 10)?.parse().ok()?;
    let people = match who.trim() {
        "" => Vec::new(),
        who => who.strip_prefix("with ")?.split(", ").map(read_person).collect::<Option<_>>()?,
    };
    Some(Fact::touch(kind, people, on, minutes, about))
}

fn read_person(text: &str) -> Option<PersonRef> {
    let text = text.trim();
    match text.split_once('<') {
        Some((name, email)) => Some(PersonRef::new(name, Some(email.strip_suffix('>')?))),
        None => (!text.is_empty()).then(|| PersonRef::new(text, None)),
    }
}

fn task(rest: &str) -> Option<Fact> {
    let subject = rest.trim();
    (!subject.is_empty()).then(|| Fact::task(subject, None))
}

fn pulse(rest: &str) -> Option<Fact> {
    let (word, because) = rest.split_once(':').unwrap_or((rest, ""));
    Some(Fact::pulse(pulse_of(word.trim())?, because))
}

/// Reads a note of ours back. `None`: no mark on its last line, or one of another account. Who wrote and last edited
/// the record, and whether an older note carries the same mark, is for the caller to judge.
pub fn read_back(body: &str, accounts: &[&str]) -> Option<ReadNote> {
    let lines: Vec<&str> = body.lines().map(str::trim_end).collect();
    let last = lines.iter().rposition(|line| !line.trim().is_empty())?;
    let mark = Mark::parse(lines[last])?;
    if !accounts.contains(&mark.account.as_str()) {
        return None;
    }
    let first = lines[..last].iter().rposition(|line| !line.starts_with("* ")).map_or(0, |above| above + 1);
    let (mut facts, mut problems) = (Vec::new(), Vec::new());
    for line in &lines[first..last] {
        match read_bullet(line) {
            // What a newer Rounds means by a bullet is not for this one to say.
            Some(fact) if mark.version == 1 => facts.push(fact),
            _ => problems.push((*line).to_owned()),
        }
    }
    let text = lines[..first].join("\n").trim().to_owned();
    Some(ReadNote { mark, text, facts, problems })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::facts::Pulse;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn mark() -> Mark {
        Mark::new("01JABCDEF".into(), "512", "maya.chen@example.com")
    }

    fn jane() -> PersonRef {
        PersonRef::new("Jane Doe", Some("jane@x.example"))
    }

    #[test]
    fn the_canonical_bullets() {
        let on = date(2026, 11, 22);
        for (fact, line) in [
            (
                Fact::touch(TouchKind::Call, vec![jane()], on, None, ""),
                "* call with Jane Doe <jane@x.example> on 2026-11-22",
            ),
            (
                Fact::touch(
                    TouchKind::Meeting,
                    vec![jane(), PersonRef::new("Sam Ortiz", None)],
                    on,
                    Some(45),
                    "the renewal",
                ),
                "* meeting with Jane Doe <jane@x.example>, Sam Ortiz on 2026-11-22, 45 min: the renewal",
            ),
            (Fact::touch(TouchKind::Mail, vec![], on, None, ""), "* mail on 2026-11-22"),
            (Fact::task("send ROI deck", Some(date(2026, 11, 27))), "* task: send ROI deck by 2026-11-27"),
            (Fact::task("send ROI deck", None), "* task: send ROI deck"),
            (Fact::pulse(Pulse::Red, "sponsor went quiet"), "* pulse red: sponsor went quiet"),
            (Fact::pulse(Pulse::Green, ""), "* pulse green"),
        ] {
            assert_eq!(bullet(&fact), line);
            assert_eq!(read_bullet(line), Some(fact), "{line}");
        }
    }

    #[test]
    fn a_note_reads_well_and_back() {
        let parsed = Parsed {
            facts: vec![Fact::pulse(Pulse::Red, "quiet"), Fact::task("send deck", None)],
            text: "Long talk.\n* one thing\n* another".into(),
            ..Parsed::default()
        };
        let body = render(&parsed, &mark());
        assert_eq!(
            body,
            "Long talk.\n* one thing\n* another\n\n* pulse red: quiet\n* task: send deck\n\
             [rounds:1:01JABCDEF:512:maya.chen@example.com]"
        );
        let read = read_back(&format!("{body}\n \n"), &["512"]).unwrap();
        assert_eq!((read.facts, read.text, read.problems), (parsed.facts, parsed.text, vec![]));
    }

    #[test]
    fn only_the_last_line_of_the_right_account_makes_a_note_ours() {
        let mark = mark().to_string();
        assert_eq!(read_back(&format!("* pulse red\n{mark}\nthanks"), &["512"]), None);
        assert_eq!(read_back(&format!("* pulse red\n{mark}"), &["513"]), None);
        assert_eq!(read_back("* pulse red", &["512"]), None);
        assert_eq!(read_back("", &["512"]), None);
        // A block that is not right above the mark is text.
        let read = read_back(&format!("* pulse red\n\n{mark}"), &["9", "512"]).unwrap();
        assert!(read.facts.is_empty());
        assert_eq!(read.text, "* pulse red");
    }

    #[test]
    fn a_bullet_that_does_not_parse_is_listed() {
        let body = format!("* pulse purple\n* pulse red: ok\n* call with Jane sometime\n{}", mark());
        let read = read_back(&body, &["512"]).unwrap();
        assert_eq!(read.facts.len(), 1);
        assert_eq!(read.problems, ["* pulse purple", "* call with Jane sometime"]);
        let newer = body.replace("[rounds:1:", "[rounds:2:");
        assert_eq!(read_back(&newer, &["512"]).unwrap().problems.len(), 3);
    }

    #[test]
    fn records_carry_the_part() {
        let fact = Fact::touch(TouchKind::Call, vec![jane()], date(2026, 11, 22), None, "the renewal");
        let (title, body) = record(&fact, &mark(), 2).unwrap();
        assert_eq!(title, "Call with Jane Doe: the renewal");
        let read = Mark::of_body(&body).unwrap();
        assert_eq!((read.part, read.note.as_str()), (Some(2), "01JABCDEF"));
        assert_eq!(record(&Fact::pulse(Pulse::Red, ""), &mark(), 1), None);
    }

    prop_compose! {
        fn any_person()(name in "\\PC{0,24}", email in proptest::option::of("[a-z.]{1,8}@[a-z]{1,8}\\.example")) -> PersonRef {
            PersonRef::new(&name, email.as_deref())
        }
    }

    fn any_fact() -> impl Strategy<Value = Fact> {
        let day = (2000_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| date(y, m, d));
        let kind = prop_oneof![Just(TouchKind::Call), Just(TouchKind::Meeting), Just(TouchKind::Mail)];
        let pulse = prop_oneof![Just(Pulse::Green), Just(Pulse::Yellow), Just(Pulse::Red)];
        let words = prop_oneof!["\\PC{0,40}", "(by|on|with|:|, |min|\\*|2026-01-02| ){0,12}", "[ -~\n\t]{0,40}"];
        prop_oneof![
            (
                kind,
                proptest::collection::vec(any_person(), 0..4),
                day.clone(),
                proptest::option::of(1_u32..1440),
                words.clone()
            )
                .prop_map(|(kind, people, on, minutes, about)| Fact::touch(kind, people, on, minutes, &about)),
            (words.clone(), proptest::option::of(day)).prop_map(|(words, due)| Fact::task(&format!("do {words}"), due)),
            (pulse, words).prop_map(|(pulse, words)| Fact::pulse(pulse, &words)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_it_was(facts in proptest::collection::vec(any_fact(), 0..5), text in "[ -~\n]{0,60}") {
            for fact in &facts {
                let line = bullet(fact);
                prop_assert_eq!(read_bullet(&line), Some(fact.clone()), "{}", line);
            }
            let parsed = Parsed { facts, text: text.trim().to_owned(), ..Parsed::default() };
            let read = read_back(&render(&parsed, &mark()), &["512"]).unwrap();
            prop_assert_eq!(read.facts, parsed.facts);
            prop_assert!(read.problems.is_empty());
        }

        #[test]
        fn nothing_that_comes_back_from_outside_panics(body in "\\PC{0,80}", line in "\\* (call|mail|meeting|task:|pulse )\\PC{0,40}") {
            read_back(&format!("{body}\n{line}\n{}", mark()), &["512"]);
            read_bullet(&line);
        }
    }
}
