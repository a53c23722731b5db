//! Advocacy: what people did for us, what they would like for themselves, and whom nobody should ask now.
//!
//! Decides who is protected: nobody asks the same person twice in 90 days.

use jiff::civil::Date;

use super::{Loyal, days};
use crate::book::facts::Person;
use crate::book::ids::PersonId;
use crate::book::journal::Fact;
use crate::book::journal::words::{AdvocacyKind, AskState};
use crate::book::money::Money;

/// Days between two asks of one person.
pub const PROTECTED: i64 = 90;

/// One thing done for us, or an ask for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Given<'a> {
    pub kind: AdvocacyKind,
    pub state: AskState,
    pub who: Option<&'a str>,
    pub id: Option<&'a PersonId>,
    pub on: Date,
    pub about: &'a str,
    /// Referrals: what it is worth.
    pub worth: Option<Money>,
}

/// Everything up to the day, oldest first; a referral is one, too.
pub fn all<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Given<'a>> {
    let given = loyal.journal().filter_map(|one| {
        let (kind, state, about, worth) = match &one.fact {
            Fact::Advocacy { kind, state, about, .. } => (*kind, *state, about.as_str(), None),
            Fact::Referral { to, worth, .. } => (AdvocacyKind::Referral, AskState::Given, to.as_str(), *worth),
            _ => return None,
        };
        Some(Given { kind, state, who: loyal.name_of(one), id: one.people.first(), on: one.on, about, worth })
    });
    given.collect()
}

/// How many days a person is still protected from being asked; `None`: they can be asked.
pub fn protected(loyal: &Loyal<'_, '_>, person: &PersonId) -> Option<i64> {
    let day = loyal.on.date;
    let last = all(loyal).into_iter().filter(|one| one.id == Some(person)).map(|one| one.on).max()?;
    let left = PROTECTED - days(last, day) as i64;
    (left > 0).then_some(left)
}

/// What somebody would like for themselves, as said last.
pub fn wants<'a>(loyal: &Loyal<'_, 'a>) -> Vec<(&'a Person, &'a str, Date)> {
    let facts = loyal.facts();
    let mut out: Vec<(&Person, &str, Date)> = Vec::new();
    for one in loyal.journal() {
        let Fact::Wants { what, .. } = &one.fact else { continue };
        if let Some(person) = one.people.first().and_then(|id| facts.person(id)) {
            out.retain(|known| known.0.id != person.id || known.1 != what);
            out.push((person, what, one.on));
        }
    }
    let day = loyal.on.date;
    out.retain(|(person, ..)| person.left.at(day) != Some(&true));
    out
}

/// Who can be asked now, with what they would like: who wants something goes before who was only glad.
pub fn to_ask<'a>(loyal: &Loyal<'_, 'a>) -> Option<(&'a Person, &'a str)> {
    wants(loyal).into_iter().rev().find(|(person, ..)| protected(loyal, &person.id).is_none()).map(|one| (one.0, one.1))
}

/// What somebody was given, and until when.
pub fn incentives<'a>(loyal: &Loyal<'_, 'a>) -> Vec<(Option<&'a str>, &'a str, Option<Date>, Date)> {
    let all = loyal.journal().filter_map(|one| match &one.fact {
        Fact::Incentive { what, until, .. } => Some((loyal.name_of(one), what.as_str(), *until, one.on)),
        _ => None,
    });
    all.collect()
}

/// Days to the end of the incentive that ends next.
pub fn ends_next<'a>(loyal: &Loyal<'_, 'a>) -> Option<(&'a str, i64)> {
    let day = loyal.on.date;
    let ends = incentives(loyal).into_iter().filter_map(|(_, what, until, _)| Some((what, days(day, until?) as i64)));
    ends.filter(|(_, left)| *left >= 0).min_by_key(|(_, left)| *left)
}
