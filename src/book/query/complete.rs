//! What could be typed next in a query: fields, states, values of this book.
//!
//! Decides which words fit the place of the cursor. Must not read anything: the words are given.

use super::PULSES;
use super::field::{FIELDS, METRICS, STATES, TEXTS};
use super::item::{Holds, LISTS, List, fields};
use super::vocabulary::Vocabulary;

/// How many are offered.
const MOST: usize = 40;

/// One thing that could be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The character from which it takes the place of what was typed.
    pub from: usize,
    pub text: String,
    /// What it is, in a few words.
    pub says: String,
}

/// What fits at the cursor (a character offset), nearest first. Nothing where nothing was begun.
pub fn complete(text: &str, cursor: usize, words: &Vocabulary) -> Vec<Completion> {
    let typed: Vec<char> = text.chars().take(cursor).collect();
    let quotes = typed.iter().filter(|c| **c == '"').count();
    let start = typed.iter().rposition(|c| c.is_whitespace() || "(,".contains(*c)).map_or(0, |at| at + 1);
    let mut from = start;
    while typed.get(from).is_some_and(|c| "-!".contains(*c)) {
        from += 1;
    }
    let token: String = typed[from..].iter().collect::<String>().to_lowercase();
    if token.is_empty() || quotes % 2 == 1 {
        return Vec::new();
    }
    let list = list_at(&typed[..start]);
    let offered = match token.split_once(':') {
        Some((key, begun)) => values(key, begun, list, words)
            .into_iter()
            .map(|(value, says)| Completion {
                from: from + key.chars().count() + 1,
                text: if value.contains(char::is_whitespace) { format!("\"{value}\"") } else { value },
                says,
            })
            .collect(),
        None if token.contains(['<', '>', '=', '≤', '≥']) => Vec::new(),
        None => names(&token, list, words)
            .into_iter()
            .map(|(text, says)| Completion { from, text, says })
            .collect::<Vec<_>>(),
    };
    // What stands there whole needs no help.
    if offered.iter().any(|one| one.text.to_lowercase() == token[token.find(':').map_or(0, |at| at + 1)..]) {
        return Vec::new();
    }
    offered
}

/// The list whose parentheses are open at the end of a text.
fn list_at(typed: &[char]) -> Option<List> {
    let mut depth = 0_i32;
    for (at, c) in typed.iter().enumerate().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => {
                let word: String = typed[..at]
                    .iter()
                    .rev()
                    .take_while(|c| c.is_alphanumeric() || "._".contains(**c))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect();
                let (list, _) = word.split_once('.')?;
                return LISTS.iter().find(|(_, name, _)| name.eq_ignore_ascii_case(list)).map(|found| found.0);
            }
            _ => {}
        }
    }
    None
}

/// Those that begin with what was typed, then those of which a part after a dot does, then those that hold it.
fn ranked(begun: &str, all: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut found: Vec<(usize, (String, String))> = all
        .filter_map(|(name, says)| {
            let lower = name.to_lowercase();
            let rank = if lower.starts_with(begun) {
                0
            } else if lower.split(['.', ' ', '-']).any(|part| part.starts_with(begun)) {
                1
            } else if begun.len() > 1 && lower.contains(begun) {
                2
            } else {
                return None;
            };
            Some((rank, (name, says)))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    let mut seen = std::collections::HashSet::new();
    found.into_iter().map(|(_, one)| one).filter(|one| seen.insert(one.0.clone())).take(MOST).collect()
}

fn names(begun: &str, list: Option<List>, words: &Vocabulary) -> Vec<(String, String)> {
    if let Some(list) = list {
        let all = fields(list).map(|spec| {
            let end = if spec.holds == Holds::Text { ":" } else { "" };
            (format!("{}{end}", spec.name), spec.says.to_owned())
        });
        return ranked(begun, all);
    }
    let states = STATES.iter().map(|(name, says, _)| (format!("{name}:"), (*says).to_owned()));
    let texts = TEXTS.iter().map(|spec| (format!("{}:", spec.name), spec.says.to_owned()));
    let plain = FIELDS.iter().filter(|spec| !spec.name.contains('*'));
    let numbers = plain.map(|spec| (spec.name.to_owned(), spec.says.to_owned()));
    let lists = LISTS.iter().flat_map(|(_, name, says)| {
        ["any(", "all(", "count("].map(|how| (format!("{name}.{how}"), format!("{}, one by one", short(says))))
    });
    let metrics = words.metrics.iter().flat_map(|metric| {
        let short = METRICS.iter().find(|(_, real)| real == metric).map(|(said, _)| *said);
        let said = short.unwrap_or_else(|| metric.strip_prefix("feature:").unwrap_or(metric));
        let usable = said.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        let specs = FIELDS.iter().filter(move |spec| usable && spec.name.starts_with("usage.*."));
        specs
            .map(move |spec| (spec.name.replace('*', said), spec.says.split(',').next().unwrap_or_default().to_owned()))
    });
    ranked(begun, numbers.chain(states).chain(texts).chain(lists).chain(metrics))
}

fn short(says: &str) -> &str {
    says.split(", by").next().unwrap_or(says)
}

fn values(key: &str, begun: &str, list: Option<List>, words: &Vocabulary) -> Vec<(String, String)> {
    let plain = |all: &[&str], says: &str| -> Vec<(String, String)> {
        all.iter().map(|one| ((*one).to_owned(), says.to_owned())).collect()
    };
    let bands = || plain(&["healthy", "watch", "at-risk", "unknown"], "band");
    let flags = || words.flags.iter().flatten().map(|kind| (kind.clone(), "flag".to_owned()));
    let all: Vec<(String, String)> = match (list, key) {
        (Some(List::People | List::Leavers), "tier") => plain(&["buyer", "influencer", "user", "builder"], "tier"),
        (Some(List::Tickets), "priority") => plain(&["low", "medium", "high", "urgent"], "priority"),
        (Some(List::Touches), "kind") => plain(&["meeting", "call", "mail"], "kind"),
        (Some(_), _) => Vec::new(),
        (None, "is") => {
            bands().into_iter().chain(flags()).chain(plain(&["meeting"], "a meeting or call today")).collect()
        }
        (None, "band") => bands(),
        (None, "flag") => flags().collect(),
        (None, "has" | "no") => {
            let numbers = FIELDS.iter().filter(|spec| !spec.name.contains('*')).map(|spec| (spec.name, spec.says));
            let texts = TEXTS.iter().map(|spec| (spec.name, spec.says));
            let lists = LISTS.iter().map(|(_, name, says)| (*name, short(says)));
            numbers
                .chain(texts)
                .chain(lists)
                .chain([("flag", "any flag")])
                .map(|(name, says)| (name.to_owned(), says.to_owned()))
                .collect()
        }
        (None, "owner") => {
            let me = [("me".to_owned(), "whoever is signed in".to_owned())];
            me.into_iter().chain(words.owners.iter().map(|owner| (owner.clone(), "owner".to_owned()))).collect()
        }
        (None, "segment") => words.segments.iter().map(|one| (one.clone(), "segment".to_owned())).collect(),
        (None, "pulse" | "pulse.before") => plain(PULSES, "pulse"),
        (None, "renewal") => plain(&["q1", "q2", "q3", "q4"], "quarter"),
        (None, _) => Vec::new(),
    };
    if begun.is_empty() { all.into_iter().take(MOST).collect() } else { ranked(begun, all.into_iter()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::query::parse;

    fn words() -> Vocabulary {
        Vocabulary {
            flags: Some(vec!["champion-left".into(), "usage-drop".into()]),
            segments: vec!["Enterprise".into(), "Mid market".into()],
            owners: vec!["maya.chen@example.com".into()],
            metrics: vec!["active_users".into(), "feature:exports".into()],
        }
    }

    fn offered(text: &str) -> Vec<String> {
        complete(text, text.chars().count(), &words()).into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn fields_states_and_values_by_their_place() {
        assert_eq!(offered("hea")[0], "health");
        assert!(offered("health<50 ren").contains(&"renewal".to_owned()));
        assert!(offered("is:cha").contains(&"champion-left".to_owned()));
        assert_eq!(offered("segment:mid"), ["\"Mid market\""]);
        assert!(offered("owner:").contains(&"me".to_owned()));
        assert!(offered("people.any(ti").contains(&"tier:".to_owned()));
        assert_eq!(offered("people.any(tier:buy"), ["buyer"]);
        assert!(offered("people.any(tier:buyer) ti").contains(&"tickets.any(".to_owned()));
        assert!(offered("exports").contains(&"usage.exports.mean".to_owned()));
        assert!(offered("").is_empty() && offered("health<").is_empty() && offered("health").is_empty());
        assert!(offered("\"hea").is_empty());
    }

    #[test]
    fn it_takes_the_place_of_what_was_typed() {
        let one = &complete("é -is:cha", 9, &words())[0];
        assert_eq!((one.from, one.text.as_str()), (6, "champion-left"));
        // The cursor stands inside: what is behind it stays out of it.
        assert_eq!(complete("hea renewal<90d", 3, &words())[0].from, 0);
    }

    #[test]
    fn every_field_that_is_offered_can_be_read() {
        for spec in FIELDS {
            parse(spec.example).unwrap_or_else(|error| panic!("{}: {error}", spec.example));
        }
        for spec in TEXTS {
            parse(spec.example).unwrap_or_else(|error| panic!("{}: {error}", spec.example));
        }
    }
}
