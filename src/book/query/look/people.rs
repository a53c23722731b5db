//! Who is who on a day: champion, successor, buyer.

use super::Look;
use crate::book::day::Day;
use crate::book::evidence::champion_of;
use crate::book::facts::{Person, Tier};
use crate::book::prepared::Known;

/// The champion who is there; else the one who left last, and when.
pub fn champion<'e, 'a>(look: &Look<'e, 'a>) -> Option<(&'e Known<'a>, Option<Day>)> {
    champion_of(&look.eval.facts, look.on)
}

/// Who came when the champion went: a buyer, else an influencer, first known around that day or later.
pub fn successor<'a>(look: &Look<'_, 'a>) -> Option<&'a Person> {
    let left = champion(look)?.1?;
    let came = |known: &&Known<'a>| known.since().is_some_and(|since| since >= left - 45);
    let newest = |tier: Tier| look.eval.facts.of(&[tier], look.on).filter(came).max_by_key(|known| known.since());
    newest(Tier::Buyer).or_else(|| newest(Tier::Influencer)).map(|known| known.person)
}

/// Whom to talk to of these tiers: who was met last, else who is known.
pub fn contact<'a>(look: &Look<'_, 'a>, tiers: &[Tier]) -> Option<&'a Person> {
    let last = look.eval.facts.last_touch_of(tiers, look.on).map(|(_, known, _)| known.person);
    last.or_else(|| look.eval.facts.of(tiers, look.on).next().map(|known| known.person))
}

/// The buyer that silence is about: who was met last; where nobody ever was, who is known for longest.
pub fn buyer<'a>(look: &Look<'_, 'a>) -> Option<&'a Person> {
    let last = look.eval.facts.last_touch_of(&[Tier::Buyer], look.on).map(|(_, known, _)| known.person);
    let oldest = || look.eval.facts.of(&[Tier::Buyer], look.on).min_by_key(|known| known.since());
    last.or_else(|| oldest().map(|known| known.person))
}

/// The day a buyer was touched last; where none ever was, the day the first of them is known from. Nothing can be said
/// while no touch with anybody was ever recorded.
pub fn buyer_since(look: &Look<'_, '_>) -> Option<Day> {
    look.eval.facts.last_touch(look.on.day)?;
    match look.eval.facts.last_touch_of(&[Tier::Buyer], look.on) {
        Some((touched, ..)) => Some(touched),
        None => look.eval.facts.of(&[Tier::Buyer], look.on).filter_map(Known::since).min(),
    }
}
