//! Whom an `@` means: by full name, first name, last name or the beginning of the e-mail address.
//!
//! Decides only where exactly one person fits. Never a guess between two.

use super::fact::PersonRef;
use crate::book::facts::Person;
use crate::book::ids::PersonId;

/// Somebody who can be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub id: PersonId,
    pub name: String,
    pub email: Option<String>,
}

impl From<&Person> for Candidate {
    fn from(person: &Person) -> Self {
        Self { id: person.id.clone(), name: person.name.clone(), email: person.email.clone() }
    }
}

impl Candidate {
    fn email(&self) -> String {
        self.email.as_deref().unwrap_or_default().to_lowercase()
    }

    /// As a bullet names them.
    pub fn reference(&self) -> PersonRef {
        PersonRef::new(&self.name, self.email.as_deref())
    }
}

/// What stands after an `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// One person, and how many bytes after the `@` name them.
    One(&'a Candidate, usize),
    /// Several: their names.
    Several(Vec<&'a Candidate>, usize),
    /// Nobody.
    Nobody(usize),
}

/// Who is meant by the text after an `@`.
pub fn find<'a>(rest: &str, people: &'a [Candidate]) -> Found<'a> {
    // In quotes it is one name, whatever it holds.
    if let Some(inside) = rest.strip_prefix('"') {
        let (name, len) = inside.split_once('"').map_or((inside, rest.len()), |(name, _)| (name, name.len() + 2));
        let fits = people.iter().filter(|one| one.name.eq_ignore_ascii_case(name.trim())).collect();
        return chosen(fits, len);
    }
    // A full name may hold blanks, so it is looked for before the word ends; the longest one counts.
    let full: Vec<_> = people.iter().filter_map(|one| Some((one, starts_with(rest, &one.name)?))).collect();
    if let Some(longest) = full.iter().map(|(_, len)| *len).max() {
        let fits: Vec<_> = full.iter().filter(|(_, len)| *len == longest).map(|(one, _)| *one).collect();
        return chosen(fits, longest);
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let word = rest[..end].trim_end_matches([',', ';', '.', '!', '?', ')', ':']);
    let typed = word.to_lowercase();
    if typed.is_empty() {
        return Found::Nobody(0);
    }
    let exact = |one: &&Candidate| {
        let name = one.name.to_lowercase();
        let email = one.email();
        let joined = typed.replace(['.', '-', '_'], " ");
        email == typed
            || email.split('@').next() == Some(typed.as_str()).filter(|_| email.contains('@'))
            || joined == name
            || name.split_whitespace().next() == Some(typed.as_str())
            || name.split_whitespace().last() == Some(typed.as_str())
    };
    let begins = |one: &&Candidate| {
        one.name.to_lowercase().split_whitespace().any(|part| part.starts_with(&typed))
            || one.email().starts_with(&typed)
    };
    let mut fits: Vec<_> = people.iter().filter(exact).collect();
    if fits.is_empty() {
        fits = people.iter().filter(begins).collect();
    }
    chosen(fits, word.len())
}

fn chosen(fits: Vec<&Candidate>, len: usize) -> Found<'_> {
    match fits.as_slice() {
        [] => Found::Nobody(len),
        [one] => Found::One(one, len),
        _ => Found::Several(fits, len),
    }
}

/// How many bytes of `text` are `name`, whatever its case, if a word ends there.
fn starts_with(text: &str, name: &str) -> Option<usize> {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    let mut expected = letters.next()?;
    for (at, c) in text.char_indices() {
        for lower in c.to_lowercase() {
            if lower != expected {
                return None;
            }
            match letters.next() {
                Some(next) => expected = next,
                None => {
                    let end = at + c.len_utf8();
                    let boundary = text[end..].chars().next().is_none_or(|next| !next.is_alphanumeric());
                    return boundary.then_some(end);
                }
            }
        }
    }
    None
}

/// The people that bullets name, found again by e-mail address, else by a name that only one has.
pub fn ids(references: &[PersonRef], people: &[Candidate]) -> Vec<PersonId> {
    let found = references.iter().filter_map(|reference| {
        let email = reference.email.as_deref().map(str::to_lowercase);
        let by_email = people.iter().find(|one| email.is_some() && Some(one.email()) == email);
        by_email.or_else(|| {
            let mut named = people.iter().filter(|one| one.reference().name.eq_ignore_ascii_case(&reference.name));
            named.next().filter(|_| named.next().is_none())
        })
    });
    found.map(|one| one.id.clone()).collect()
}
