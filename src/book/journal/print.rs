//! A note as any colleague reads it in the CRM, and the same read back: the text, one block of bullets, the mark.
//!
//! Decides what makes a note ours. Reading is strict: the mark is the last line, the bullets stand right above it, and what
//! does not parse is listed, never guessed.

use super::bullets::{bullet, read_bullet};
use super::fact::Fact;
use super::mark::Mark;
use super::parse::Parsed;

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
    use super::super::fact::PersonRef;
    use super::*;
    use crate::book::facts::{Pulse, TouchKind};
    use jiff::civil::date;

    fn mark() -> Mark {
        Mark::new("01JABCDEF".into(), "512", "maya.chen@example.com")
    }

    fn jane() -> PersonRef {
        PersonRef::new("Jane Doe", Some("jane@x.example"))
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
}
