//! The people of an account. Somebody whom two sources know by the same e-mail address is one person.
//!
//! Decides who is whom, and from when somebody was a champion or had left; tiers are `book`'s matter.

use std::collections::{HashMap, HashSet};

use super::series::{as_bool, past, series};
use super::{Reading, Rec};
use crate::book::facts::{Facts, Person, Series};
use crate::book::ids::PersonId;
use crate::book::row::{Entity, Value};

/// Under which id each record's person goes, where it is not their own.
pub(super) type Canonical = HashMap<PersonId, PersonId>;
/// Whose champion or leaving was only seen as it stood: nobody knows since when.
pub(super) type Undated = HashSet<(PersonId, &'static str)>;

/// Fills in the people.
pub(super) fn read(reading: &Reading<'_>, facts: &mut Facts) -> rusqlite::Result<(Canonical, Undated)> {
    let mut records = reading.of(Entity::Person).iter().collect::<Vec<_>>();
    records.sort_by_key(|rec| (rec.source != facts.source, rec.rec));
    let mut by_email: HashMap<String, usize> = HashMap::new();
    let mut canonical = Canonical::new();
    let mut undated = Undated::new();
    for rec in records {
        if reading.forgotten.record(rec.source.as_str(), Entity::Person, &rec.id) {
            continue;
        }
        let (person, seen) = person(reading, rec)?;
        undated.extend(seen.into_iter().map(|field| (person.id.clone(), field)));
        let email = person.email.as_deref().map(str::to_lowercase);
        match email.as_ref().and_then(|email| by_email.get(email)).copied() {
            Some(at) if facts.people[at].id.parts().0 != rec.source.as_str() => {
                canonical.insert(person.id.clone(), facts.people[at].id.clone());
                complete(&mut facts.people[at], person);
            }
            _ => {
                by_email.extend(email.map(|email| (email, facts.people.len())));
                facts.people.push(person);
            }
        }
    }
    Ok((canonical, undated))
}

/// What the first source does not have, the second may.
fn complete(known: &mut Person, other: Person) {
    known.title = known.title.take().or(other.title);
    known.phone = known.phone.take().or(other.phone);
    known.created = [known.created, other.created].into_iter().flatten().min();
    if known.roles.is_empty() {
        known.roles = other.roles;
    }
    if known.champion.0.is_empty() {
        known.champion = other.champion;
    }
    if known.left.0.is_empty() {
        known.left = other.left;
    }
}

/// A person, and the fields of which only the present is known.
fn person(reading: &Reading<'_>, rec: &Rec) -> rusqlite::Result<(Person, Vec<&'static str>)> {
    let past = past(reading, rec)?;
    let (champion, champion_seen) = series(reading, rec, &past, "champion", as_bool);
    let (mut left, mut left_seen) = series(reading, rec, &past, "left", as_bool);
    if let Some(day) = rec.day("left_on", reading.zone)
        && (rec.flag("left") || rec.get("left").is_none())
    {
        // The day they left is nearer than the day on which the field was found set.
        let known = left.0.last().map_or(super::on(rec.known, reading.zone), |entry| entry.known);
        left.0.retain(|entry| entry.on < day || entry.value != Some(true));
        left.push(day, known.max(day), Some(true));
        left_seen = false;
    }
    let seen = [("champion", champion_seen), ("left", left_seen)];
    let seen = seen.into_iter().filter(|(_, seen)| *seen).map(|(field, _)| field).collect();
    let full = || match (rec.text("first_name"), rec.text("last_name")) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.or(last).map(str::to_owned),
    };
    let roles = match rec.get("roles") {
        Some(Value::List(roles)) => roles.clone(),
        Some(Value::Text(role)) => vec![role.clone()],
        _ => Vec::new(),
    };
    let person = Person {
        id: PersonId::of(&rec.source, &rec.id),
        name: rec.owned("name").or_else(full).or_else(|| rec.owned("email")).unwrap_or_else(|| rec.id.clone()),
        title: rec.owned("title"),
        email: rec.owned("email"),
        phone: rec.owned("phone"),
        roles,
        created: rec.day("created", reading.zone),
        champion: trimmed(champion),
        left: trimmed(left),
        tier: Series::default(),
    };
    Ok((person, seen))
}

/// A `false` before anything else was ever said says nothing.
fn trimmed(mut series: Series<bool>) -> Series<bool> {
    if series.0.iter().all(|entry| entry.value == Some(false)) {
        series.0.truncate(1);
    }
    series
}
