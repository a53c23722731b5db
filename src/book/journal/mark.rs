//! The mark: the last line of everything that Rounds writes, by which it knows its own again.
//!
//! Decides its form, `[rounds:1:<note>[.<part>|~<page>]:<account key>:<author>]`: a part is the record of one fact, a page
//! goes on with a note that was too long for one record. Must not decide whether to believe it.

use std::fmt;

use crate::book::ids::NoteId;

/// Version, note, account and author; with a part where it stands on the record of a single fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub version: u32,
    pub note: NoteId,
    /// Which fact of the note, from 1: on call, meeting and task records.
    pub part: Option<u32>,
    /// Which page of a long note, from 2; the first page carries the mark of the note itself.
    pub page: Option<u32>,
    /// The account's id in its source.
    pub account: String,
    /// The author's e-mail address.
    pub author: String,
}

impl Mark {
    /// The mark of a whole note.
    pub fn new(note: NoteId, account: &str, author: &str) -> Self {
        let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace() && !"[]".contains(*c)).collect::<String>();
        Self {
            version: 1,
            note,
            part: None,
            page: None,
            account: plain(account),
            author: plain(author).replace(':', ""),
        }
    }

    /// The mark for the record of its fact number `part`, from 1.
    pub fn for_part(&self, part: u32) -> Self {
        Self { part: Some(part), ..self.clone() }
    }

    /// The mark for page `page` of a long note, from 1.
    pub fn for_page(&self, page: u32) -> Self {
        Self { page: (page > 1).then_some(page), ..self.clone() }
    }

    /// The note and its page as one word, for lists of what stands where: `01J...`, `01J...~2`.
    pub fn place(&self) -> String {
        match self.page {
            Some(page) => format!("{}~{page}", self.note),
            None => self.note.to_string(),
        }
    }

    /// Reads a line that is a mark and nothing else.
    pub fn parse(line: &str) -> Option<Self> {
        let inside = line.trim().strip_prefix("[rounds:")?.strip_suffix(']')?;
        if inside.contains(['[', ']']) || inside.contains(char::is_whitespace) {
            return None;
        }
        let (version, rest) = inside.split_once(':')?;
        let (note, rest) = rest.split_once(':')?;
        let (account, author) = rest.rsplit_once(':')?;
        let (note, part, page) = match (note.split_once('.'), note.split_once('~')) {
            (Some((note, part)), _) => (note, Some(part.parse().ok()?), None),
            (None, Some((note, page))) => (note, None, Some(page.parse().ok().filter(|page| *page > 1)?)),
            (None, None) => (note, None, None),
        };
        let plain = !note.is_empty() && note.bytes().all(|b| b.is_ascii_alphanumeric());
        let version = version.parse().ok()?;
        (plain && !account.is_empty()).then(|| Self {
            version,
            note: NoteId::from(note),
            part,
            page,
            account: account.to_owned(),
            author: author.to_owned(),
        })
    }

    /// The mark on the last line of a body that is not empty.
    pub fn of_body(body: &str) -> Option<Self> {
        body.lines().rev().find(|line| !line.trim().is_empty()).and_then(Self::parse)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[rounds:{}:{}", self.version, self.place())?;
        if let Some(part) = self.part {
            write!(f, ".{part}")?;
        }
        write!(f, ":{}:{}]", self.account, self.author)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let mark = Mark::new("01JABC".into(), "512", "maya.chen@example.com");
        assert_eq!(mark.to_string(), "[rounds:1:01JABC:512:maya.chen@example.com]");
        assert_eq!(Mark::parse(&mark.to_string()), Some(mark.clone()));
        let part = mark.for_part(2);
        assert_eq!(part.to_string(), "[rounds:1:01JABC.2:512:maya.chen@example.com]");
        assert_eq!(Mark::parse(&format!("  {part}\r")), Some(part));
        let page = mark.for_page(2);
        assert_eq!(page.to_string(), "[rounds:1:01JABC~2:512:maya.chen@example.com]");
        assert_eq!(Mark::parse(&page.to_string()), Some(page));
        assert_eq!(mark.for_page(1), mark);
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for line in [
            "",
            "[rounds:1:01J:512]",
            "[rounds:x:01J:512:a]",
            "see [rounds:1:01J:512:a@b]",
            "[rounds:1:01J:512:a@b] .",
            "[rounds:1:0 1:512:a]",
            "[rounds:1::512:a]",
            "[rounds:1:01J.x:512:a]",
            "[rounds:1:01J~1:512:a]",
            "[rounds:1:01J~x:512:a]",
        ] {
            assert_eq!(Mark::parse(line), None, "{line}");
        }
    }
}
