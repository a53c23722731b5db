//! Taking a person out of what was written: out of facts, out of bullets, out of free words.
//!
//! Decides what is left of a fact that names somebody who must not be named. What is only about them goes as a whole;
//! anything else stays, without them.

use super::bullets::{bullet, read_bullet};
use super::fact::{Fact, PersonRef};

/// What stands where a name stood.
pub const REDACTED: &str = "[redacted]";

/// The fact without those who are `out`; `None`: it says nothing but something about them.
pub fn without(fact: &Fact, out: &dyn Fn(&PersonRef) -> bool) -> Option<Fact> {
    let mut fact = fact.clone();
    match &mut fact {
        Fact::Touch { people, .. }
        | Fact::Promise { to: people, .. }
        | Fact::Told { people, .. }
        | Fact::Joint { with: people, .. } => people.retain(|person| !out(person)),
        Fact::Feels { person, .. }
        | Fact::Role { person, .. }
        | Fact::Left { person, .. }
        | Fact::Champion { person, .. }
        | Fact::Values { person, .. }
        | Fact::Wants { person, .. } => {
            if out(person) {
                return None;
            }
        }
        Fact::Proof { by: person, .. }
        | Fact::Needs { person, .. }
        | Fact::Job { person, .. }
        | Fact::Request { person, .. }
        | Fact::Workaround { person, .. }
        | Fact::Advocacy { person, .. }
        | Fact::Referral { person, .. }
        | Fact::Incentive { person, .. }
        | Fact::Survey { person, .. }
        | Fact::Answer { person, .. }
        | Fact::Delight { person, .. } => {
            if person.as_ref().is_some_and(out) {
                *person = None;
            }
        }
        Fact::Task { .. }
        | Fact::Pulse { .. }
        | Fact::TrustEvent { .. }
        | Fact::Trust { .. }
        | Fact::Breach { .. }
        | Fact::Repair { .. }
        | Fact::Override { .. }
        | Fact::Forecast { .. }
        | Fact::Goal { .. }
        | Fact::Step { .. }
        | Fact::Moment { .. }
        | Fact::Outcome { .. }
        | Fact::Play { .. } => {}
    }
    // A fact whose last person went says nothing where people were the point of it.
    let empty = matches!(&fact, Fact::Told { people, .. } if people.is_empty());
    (!empty).then_some(fact)
}

/// Somebody, or an account, by everything they are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    names: Vec<String>,
    emails: Vec<String>,
}

impl Named {
    /// By whole names and e-mail addresses; what is too short to be told from a word is left out.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, emails: impl IntoIterator<Item = &'a str>) -> Self {
        let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let mut named = Self {
            names: names.into_iter().map(fold).filter(|name| name.chars().count() > 2).collect(),
            emails: emails.into_iter().map(fold).filter(|email| !email.is_empty()).collect(),
        };
        named.names.sort();
        named.names.dedup();
        named.emails.sort();
        named.emails.dedup();
        named
    }

    /// Whether a bullet's person is meant: by e-mail where both have one, else by name.
    pub fn is(&self, person: &PersonRef) -> bool {
        let email = person.email.as_deref().map(str::to_lowercase);
        match email {
            Some(email) if !self.emails.is_empty() => self.emails.contains(&email),
            _ => self.names.contains(&person.name.to_lowercase()),
        }
    }

    /// Whether a text names them.
    pub fn stands_in(&self, text: &str) -> bool {
        self.all().any(|name| place(text, name, 0).is_some())
    }

    /// The text with every mention blacked out.
    pub fn redact(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for name in self.all() {
            let mut from = 0;
            while let Some((start, end)) = place(&out, name, from) {
                // `@jane.doe` goes with its sign.
                let start = if out[..start].ends_with('@') { start - 1 } else { start };
                out.replace_range(start..end, REDACTED);
                from = start + REDACTED.len();
            }
        }
        out
    }

    /// A bullet without them; `None`: it goes as a whole.
    pub fn bullet(&self, line: &str) -> Option<String> {
        let Some(fact) = read_bullet(line) else { return Some(self.redact(line)) };
        let fact = without(&fact, &|person| self.is(person))?;
        let line = self.redact(&bullet(&fact));
        // Words that were blacked out must not have made another fact of it.
        read_bullet(&line).filter(|read| read.kind() == fact.kind()).map(|_| line)
    }

    /// Lines of which those that begin with a star are bullets.
    pub fn lines(&self, text: &str) -> String {
        let kept = text
            .lines()
            .filter_map(|line| if line.starts_with("* ") { self.bullet(line) } else { Some(self.redact(line)) });
        kept.collect::<Vec<_>>().join("\n")
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.emails.iter().chain(&self.names)
    }
}

/// Where a text holds a name as whole words from a byte on, whatever its case.
fn place(text: &str, name: &str, from: usize) -> Option<(usize, usize)> {
    let boundary = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text[from..].char_indices().map(|(at, _)| from + at).find_map(|start| {
        if !boundary(text[..start].chars().next_back()) {
            return None;
        }
        let mut wanted = name.chars();
        let mut next = wanted.next();
        for (at, c) in text[start..].char_indices() {
            for lower in c.to_lowercase() {
                match next {
                    // A name broken over a line, or written with a dot as a handle, is the same name.
                    Some(' ') if lower.is_whitespace() || matches!(lower, '.' | '-' | '_') => {}
                    Some(expected) if expected == lower => {}
                    _ => return None,
                }
                next = wanted.next();
            }
            if next.is_none() {
                let end = start + at + c.len_utf8();
                return boundary(text[end..].chars().next()).then_some((start, end));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jane() -> Named {
        Named::new(["Jane Doe"], ["jane@x.example"])
    }

    #[test]
    fn mentions_go_and_the_rest_stays() {
        for (text, left) in [
            ("Met Jane Doe and Sam.", "Met [redacted] and Sam."),
            ("mail JANE@x.example, please", "mail [redacted], please"),
            ("ask @jane.doe, and jane\u{a0}doe", "ask [redacted], and [redacted]"),
            ("Jane Doering and Mary-Jane Doe", "Jane Doering and Mary-[redacted]"),
            ("Jane", "Jane"),
        ] {
            assert_eq!(jane().redact(text), left);
            assert_eq!(jane().stands_in(text), text != left, "{text}");
        }
    }

    #[test]
    fn bullets_lose_the_person_or_go() {
        for (line, left) in [
            (
                "* call with Jane Doe <jane@x.example>, Sam Ortiz on 2026-11-22: her plans",
                Some("* call with Sam Ortiz on 2026-11-22: her plans"),
            ),
            (
                "* call with Jane Doe <jane@x.example> on 2026-11-22: Jane Doe is glad",
                Some("* call on 2026-11-22: [redacted] is glad"),
            ),
            ("* task: call Jane Doe by 2026-11-27", Some("* task: call [redacted] by 2026-11-27")),
            ("* pulse red: quiet", Some("* pulse red: quiet")),
        ] {
            assert_eq!(jane().bullet(line).as_deref(), left, "{line}");
        }
        let body = "Talked to Jane Doe.\n\n* pulse red: quiet\n[rounds:1:01J:512:maya@us.example]";
        assert_eq!(jane().lines(body), body.replace("Jane Doe", REDACTED));
    }
}
