//! The words of a fact, taken apart: people, dates, money, words of closed lists; what is left is its text.
//!
//! Decides how forgiving the grammar is. Nothing is taken out that does not read as a whole.

use jiff::civil::Date;

use super::super::fact::PersonRef;
use super::super::parse::add;
use super::super::people::{Candidate, Found, find};
use super::super::{Item, JournalContext, Tag};
use super::amounts;
use crate::book::dates::{self, Toward};
use crate::book::ids::PersonId;
use crate::book::journal::words::ItemKind;
use crate::book::money::{Currency, Worth};

/// Something wrong: byte offset in the fact's words, and what to do.
pub struct Fault(pub usize, pub String);

impl Fault {
    /// A fault of the fact as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self(0, message.into())
    }
}

/// The words of one fact.
pub struct Args<'a> {
    pub text: &'a str,
    pub ctx: &'a JournalContext<'a>,
    /// Everybody named so far.
    pub people: Vec<PersonId>,
    /// What a tag can mean, the facts before this one with it.
    pub items: &'a [Item],
    /// Whoever this note has named as somebody new.
    pub fresh: &'a mut Vec<PersonRef>,
}

/// Words that lead to a person and are nothing without them.
const LEADS: &[&str] = &["to", "with", "from", "by", "for", "and", "&", "of"];

impl<'a> Args<'a> {
    /// The person after the `@` at `at`, and where their name ends. A name in quotes, or an address that nobody has, is
    /// somebody new.
    pub fn person(&mut self, at: usize) -> Result<(PersonRef, usize), Fault> {
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
            Found::Nobody(len) => {
                let typed = &rest[..len];
                if let Some((person, len)) = self.named_before(rest) {
                    return Ok((person, at + 1 + len));
                }
                let Some(person) = newcomer(typed) else {
                    let message =
                        format!("nobody here is called {typed}; somebody new goes in quotes: @\"First Last\"");
                    return Err(Fault(at, message));
                };
                if !self.fresh.contains(&person) {
                    self.fresh.push(person.clone());
                }
                Ok((person, at + 1 + len))
            }
        }
    }

    /// Somebody new whom this note has named already, and how many bytes after the `@` name them.
    fn named_before(&self, rest: &str) -> Option<(PersonRef, usize)> {
        let candidate =
            |one: &PersonRef| Candidate { id: "new".into(), name: one.name.clone(), email: one.email.clone() };
        let fresh: Vec<Candidate> = self.fresh.iter().map(candidate).collect();
        match find(rest, &fresh) {
            Found::One(one, len) => Some((one.reference(), len)),
            Found::Several(..) | Found::Nobody(_) => None,
        }
    }

    /// The words with the people taken out, together with what only led to them.
    pub fn sift(&mut self) -> Result<Sifted, Fault> {
        let (mut tokens, mut people): (Vec<String>, Vec<PersonRef>) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < self.text.len() {
            let rest = &self.text[at..];
            let Some(c) = rest.chars().next() else { break };
            if c.is_whitespace() || (c == ',' && tokens.is_empty()) {
                at += c.len_utf8();
                continue;
            }
            if c == '@' {
                let (person, end) = self.person(at)?;
                if !people.contains(&person) {
                    people.push(person);
                }
                while tokens.last().is_some_and(|word| LEADS.contains(&word.trim_matches(',').to_lowercase().as_str()))
                {
                    tokens.pop();
                }
                // `@jane: words` and `@jane, @sam`
                at = end + self.text[end..].chars().take_while(|c| ":,;".contains(*c)).count();
                continue;
            }
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            at += end;
        }
        let seen = |word: &String| !matches!(word.as_str(), ":" | "," | "-" | "–");
        Ok(Sifted { tokens: tokens.into_iter().filter(seen).collect(), people })
    }

    /// The words as they are, each `@` that means one person as that person's name: others will read it without our people.
    pub fn named(&mut self, words: &str) -> String {
        let mut out = String::with_capacity(words.len());
        let mut rest = words;
        while let Some(at) = rest.find('@') {
            let blank_before = rest[..at].chars().next_back().is_none_or(char::is_whitespace);
            out.push_str(&rest[..at]);
            match find(&rest[at + 1..], self.ctx.people) {
                Found::One(one, len) if blank_before => {
                    out.push_str(&one.name);
                    add(&mut self.people, one.id.clone());
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

    /// The words with people as names, taken apart.
    pub fn words(&mut self) -> Sifted {
        let text = self.text;
        let tokens = self.named(text).split_whitespace().map(str::to_owned).collect();
        Sifted { tokens, people: Vec::new() }
    }

    /// A tag for something new; something of the same note that is only being changed keeps its own.
    pub fn fresh_tag(&self, kind: ItemKind, text: &str) -> Tag {
        let mut own = self.items.iter().filter(|item| item.own && item.kind == kind);
        let same = own.clone().find(|item| item.text == text);
        if let Some(item) = same.or_else(|| own.next().filter(|_| own.next().is_none())) {
            return item.tag.clone();
        }
        let free = |tag: &Tag| self.items.iter().all(|item| item.tag != *tag);
        let (seed, name) = (self.ctx.seed, kind.name());
        let tags = (0_u64..100_000).map(|turn| Tag::of(hash(&format!("{seed}/{name}/{text}/{turn}"))));
        tags.into_iter().find(free).unwrap_or_else(|| Tag::of(0))
    }

    /// Which item of a kind is meant: by its tag, else the only one, else the one whose words fit best.
    pub fn item(&self, kind: ItemKind, words: &mut Sifted) -> Result<Tag, Fault> {
        if let Some(tag) = self.tag(words, |item| item.kind == kind) {
            return Ok(tag);
        }
        let of_kind = || self.items.iter().filter(|item| item.kind == kind);
        let open: Vec<&Item> = of_kind().filter(|item| item.open).collect();
        let all: Vec<&Item> = if open.is_empty() { of_kind().collect() } else { open };
        let name = kind.name();
        match all.as_slice() {
            [] => return Err(Fault::new(format!("no {name} is on record here: /{name} makes one"))),
            [one] => return Ok(one.tag.clone()),
            _ => {}
        }
        let fit = |item: &&Item| words.tokens.iter().filter(|word| alike(word, &item.text)).count();
        let best = all.iter().map(fit).max().unwrap_or(0);
        let fits: Vec<_> = all.iter().filter(|item| best > 0 && fit(item) == best).collect();
        if let [one] = fits.as_slice() {
            return Ok(one.tag.clone());
        }
        let listed = if fits.is_empty() { all.iter().collect() } else { fits };
        let listed: Vec<_> = listed.iter().take(4).map(|item| format!("{} ({})", item.tag, item.text)).collect();
        Err(Fault::new(format!("which {name}? Add its tag: {}", listed.join(", "))))
    }

    /// A tag among the words that means something on record; it is taken out.
    pub fn tag(&self, words: &mut Sifted, fits: impl Fn(&Item) -> bool) -> Option<Tag> {
        let known = |word: &String| {
            let tag = Tag::parse(word.trim_matches(['#', ':', ','])).filter(|_| word.len() >= 4)?;
            self.items.iter().any(|item| item.tag == tag && fits(item)).then_some(tag)
        };
        let (at, tag) = words.tokens.iter().enumerate().find_map(|(at, word)| Some((at, known(word)?)))?;
        words.tokens.remove(at);
        Some(tag)
    }
}

/// FNV-1a: the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Somebody new: `"First Last"`, `"First Last <mail>"`, or an address.
fn newcomer(typed: &str) -> Option<PersonRef> {
    if let Some(name) = typed.strip_prefix('"') {
        let name = name.trim_end_matches('"');
        return match name.split_once('<') {
            Some((name, email)) => Some(PersonRef::new(name, Some(email.trim_end_matches('>')))),
            None => (!name.trim().is_empty()).then(|| PersonRef::new(name, None)),
        };
    }
    let (local, host) = typed.split_once('@')?;
    let name = local.split(['.', '_', '-']).filter(|part| !part.is_empty()).map(|part| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    (host.contains('.') && !local.is_empty())
        .then(|| PersonRef::new(&name.collect::<Vec<String>>().join(" "), Some(typed)))
}

/// Whether a typed word is one of a text's: five letters decide, so that `savings` finds `saving`.
fn alike(word: &str, text: &str) -> bool {
    let fold =
        |word: &str| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let begin = |word: &str| word.chars().take(5).collect::<String>();
    let word = fold(word);
    word.chars().count() > 2 && text.split_whitespace().map(fold).any(|one| begin(&one) == begin(&word))
}

/// Words one by one, and whom they named.
#[derive(Debug)]
pub struct Sifted {
    pub tokens: Vec<String>,
    pub people: Vec<PersonRef>,
}

/// A word without case and the signs around it.
pub fn bare(word: &str) -> String {
    word.trim_matches([',', ':', ';', '.', '(', ')']).to_lowercase()
}

impl Sifted {
    /// What is left, as text.
    pub fn text(&self) -> String {
        self.tokens.join(" ").trim_matches([',', ';', ':', '-', '–', ' ']).to_owned()
    }

    /// What is left as a reason: without the `because` it may begin with.
    pub fn because(&mut self) -> String {
        while self
            .tokens
            .first()
            .is_some_and(|word| ["because", "since", "as", "reason", "of"].contains(&bare(word).as_str()))
        {
            self.tokens.remove(0);
        }
        self.text()
    }

    /// Takes the first of these words out, wherever it stands; whether it was there.
    pub fn take(&mut self, words: &[&str]) -> bool {
        let at = self.tokens.iter().position(|word| words.contains(&bare(word).as_str()));
        at.map(|at| self.tokens.remove(at)).is_some()
    }

    /// The day after one of these words, wherever it stands.
    pub fn day_after(&mut self, keys: &[&str], today: Date, toward: Toward) -> Option<Date> {
        for at in 0..self.tokens.len() {
            if !keys.contains(&bare(&self.tokens[at]).as_str()) {
                continue;
            }
            let longest = (self.tokens.len() - at - 1).min(4);
            for n in (1..=longest).rev() {
                if let Some(day) = dates::parse(&self.tokens[at + 1..=at + n].join(" "), today, toward) {
                    self.tokens.drain(at..=at + n);
                    return Some(day);
                }
            }
        }
        None
    }

    /// The day that the words end with.
    pub fn day_last(&mut self, today: Date, toward: Toward) -> Option<Date> {
        (1..=self.tokens.len().min(4)).rev().find_map(|n| {
            let from = self.tokens.len() - n;
            let day = dates::parse(&self.tokens[from..].join(" "), today, toward)?;
            self.tokens.truncate(from);
            Some(day)
        })
    }

    /// The day that the words begin with.
    pub fn day_first(&mut self, today: Date, toward: Toward) -> Option<Date> {
        (1..=self.tokens.len().min(4)).rev().find_map(|n| {
            let day = dates::parse(&self.tokens[..n].join(" "), today, toward)?;
            self.tokens.drain(..n);
            Some(day)
        })
    }

    /// When it is due: after `by` and the like, else at the end.
    pub fn due(&mut self, today: Date) -> Option<Date> {
        self.day_after(&["by", "due", "until", "before"], today, Toward::Future)
            .or_else(|| self.day_last(today, Toward::Future))
    }

    /// When it happened: after `on`, first or last; else today. What lies ahead has not happened.
    pub fn past(&mut self, today: Date) -> Result<Date, Fault> {
        let toward = Toward::Past;
        let day = self.day_after(&["on"], today, toward);
        let day = day.or_else(|| self.day_first(today, toward)).or_else(|| self.day_last(today, toward));
        match day {
            Some(day) if day > today => Err(Fault::new("that day lies ahead: this is recorded once it happened")),
            day => Ok(day.unwrap_or(today)),
        }
    }

    /// An amount: after `worth`, or with a currency wherever it stands.
    pub fn worth(&mut self, currency: Currency) -> Result<Option<Worth>, Fault> {
        if let Some(at) = self.tokens.iter().position(|word| ["worth", "valued"].contains(&bare(word).as_str())) {
            let skip = self.tokens.get(at + 1).is_some_and(|word| ["at", "about", "~"].contains(&bare(word).as_str()));
            let from = at + 1 + usize::from(skip);
            return match amounts::read(&self.tokens[from.min(self.tokens.len())..], currency) {
                Some(Ok((worth, used))) => {
                    self.tokens.drain(at..from + used);
                    Ok(Some(worth))
                }
                Some(Err(message)) => Err(Fault::new(message)),
                None => Err(Fault::new("an amount is missing after worth: 90k, $120k/yr, EUR 12,500")),
            };
        }
        for at in 0..self.tokens.len() {
            if let Some(Ok((worth, used))) = amounts::with_currency(&self.tokens[at..], currency) {
                self.tokens.drain(at..at + used);
                return Ok(Some(worth));
            }
        }
        Ok(None)
    }

    /// The value of a closed list that the words begin with, by any of its spellings; the longest one counts.
    pub fn lead<T: Copy>(&mut self, all: &[T], typed: fn(T) -> &'static [&'static str]) -> Option<T> {
        self.lead_at(0, all, typed)
    }

    fn lead_at<T: Copy>(&mut self, at: usize, all: &[T], typed: fn(T) -> &'static [&'static str]) -> Option<T> {
        (1..=(self.tokens.len() - at).min(3)).rev().find_map(|n| {
            let words: Vec<_> = self.tokens[at..at + n].iter().map(|word| bare(word)).collect();
            let words = words.join(" ");
            let found = all.iter().copied().find(|one| typed(*one).contains(&words.as_str()))?;
            self.tokens.drain(at..at + n);
            Some(found)
        })
    }

    /// As [`Sifted::lead`], wherever it stands.
    pub fn pick<T: Copy>(&mut self, all: &[T], typed: fn(T) -> &'static [&'static str]) -> Option<T> {
        (0..self.tokens.len()).find_map(|at| self.lead_at(at, all, typed))
    }

    /// What stands after a keyword, up to the end.
    pub fn rest_after(&mut self, keys: &[&str]) -> Option<String> {
        let at = self.tokens.iter().position(|word| keys.contains(&bare(word).as_str()))?;
        let rest = self.tokens.split_off(at);
        Some(rest[1..].join(" ")).filter(|rest| !rest.is_empty())
    }
}
