//! The texts of an account on a day, as they stand in sentences.

use std::borrow::Cow;

use super::{Look, loyal, people};
use crate::book::day::{between, date};
use crate::book::facts::{Person, Tier, Touch};
use crate::book::query::Text;
use crate::book::reading::{self, WINDOW};
use crate::text::short_date;

/// Within so many days of the renewal everybody thinks of it.
const RENEWAL_IN_MIND: i64 = 120;

/// Reads a field; `None`: absent.
pub fn text<'l>(look: &'l Look<'_, '_>, of: Text) -> Option<Cow<'l, str>> {
    let (eval, on) = (look.eval, look.on);
    let facts = eval.facts.facts;
    let name = |person: &'l Person| Cow::Borrowed(person.name.as_str());
    let title = |person: &'l Person| person.title.as_deref().map(Cow::Borrowed);
    let id = |person: &'l Person| Cow::Borrowed(person.id.as_str());
    match of {
        Text::Owner => facts.owner.at(on.date).map(|owner| Cow::Borrowed(owner.as_str())),
        Text::Segment => facts.segment.at(on.date).map(|segment| Cow::Borrowed(segment.as_str())),
        Text::Name => Some(Cow::Borrowed(&facts.name)),
        Text::Domain => facts.domain.as_deref().map(Cow::Borrowed),
        Text::Industry => facts.industry.as_deref().map(Cow::Borrowed),
        Text::Stage => facts.stage.at(on.date).map(|stage| Cow::Borrowed(stage.as_str())),
        Text::Priority => facts.priority.at(on.date).map(|priority| Cow::Borrowed(priority.as_str())),
        Text::Band => Some(Cow::Borrowed(eval.shown_band(on.day).name())),
        Text::InvoiceState => facts.invoice.at(on.date).map(|state| Cow::Borrowed(state.as_str())),
        Text::OwnerBefore => {
            let now = facts.owner.entry(on.date)?;
            facts.owner.at(now.on.yesterday().ok()?).map(|before| Cow::Borrowed(mailbox(before)))
        }
        Text::OwnerName => facts.owner.at(on.date).map(|owner| Cow::Borrowed(mailbox(owner))),
        Text::RenewalOn => facts.renewal.at(on.date).map(|date| Cow::Owned(date.to_string())),
        Text::PulseOn => reading::pulse(&eval.facts, on).map(|pulse| Cow::Owned(pulse.on.to_string())),
        Text::ChampionName => people::champion(look).map(|(known, _)| name(known.person)),
        Text::ChampionTitle => title(people::champion(look)?.0.person),
        Text::ChampionId => people::champion(look).map(|(known, _)| id(known.person)),
        Text::ChampionLeftOn => {
            let left = people::champion(look)?.1?;
            Some(Cow::Owned(short_date(date(left), on.date)))
        }
        Text::Successor => people::successor(look).map(name),
        Text::SuccessorTitle => title(people::successor(look)?),
        Text::Buyer => people::buyer(look).map(name),
        Text::BuyerTitle => title(people::buyer(look)?),
        Text::BuyerId => people::buyer(look).map(id),
        Text::BuyerLast => {
            let (day, _, touch) = eval.facts.last_touch_of(&[Tier::Buyer], on)?;
            Some(Cow::Owned(said(touch, day, look)))
        }
        Text::Influencer => people::contact(look, &[Tier::Influencer]).map(name),
        Text::User => people::contact(look, &[Tier::User, Tier::Builder]).map(name),
        Text::EngagedWho => {
            let engaged = reading::engaged(&eval.facts, eval.model_on(on.day), on);
            let last = eval.facts.last_touch_of(&[Tier::Buyer, Tier::Influencer], on).filter(|_| engaged > 0);
            last.map(|(_, known, _)| name(known.person))
        }
        Text::LastTouch => {
            let (day, touch) = eval.facts.last_touch(on.day)?;
            Some(Cow::Owned(said(touch, day, look)))
        }
        Text::LastWho => {
            let (_, touch) = eval.facts.last_touch(on.day)?;
            touch.people.iter().find_map(|id| facts.person(id)).map(name)
        }
        Text::FeaturesUnused => {
            let as_of = eval.facts.usage.last(on.day)?;
            let window = eval.facts.usage.features(as_of - WINDOW + 1, as_of);
            let unused: Vec<_> =
                window.filter(|(_, used)| !used).map(|(name, _)| name.replace('_', " ")).take(2).collect();
            (!unused.is_empty()).then(|| Cow::Owned(unused.join(" and ")))
        }
        Text::PulseWhy => reading::pulse(&eval.facts, on).map(|pulse| Cow::Borrowed(pulse.because.as_str())),
        Text::BeforeRenewal => {
            let days = between(on.date, *facts.renewal.at(on.date)?);
            (0..=RENEWAL_IN_MIND).contains(&days).then_some(Cow::Borrowed("before the renewal call"))
        }
        Text::Weakest => weakest(look).map(Cow::Borrowed),
        of => loyal::text(look, of).map(Cow::Owned),
    }
}

/// Colleagues are called as they sign in: `maya.chen`.
fn mailbox(owner: &str) -> &str {
    owner.split_once('@').map_or(owner, |(name, _)| name)
}

fn said(touch: &Touch, day: i32, look: &Look<'_, '_>) -> String {
    format!("{} on {}", touch.kind.name(), short_date(date(day), look.on.date))
}

/// The measure with the lowest score, by its label.
fn weakest<'e>(look: &Look<'e, '_>) -> Option<&'e str> {
    let mut lowest: Option<(usize, f64)> = None;
    look.eval.readings(look.on, |index, _, score| {
        if lowest.is_none_or(|(_, low)| score < low) {
            lowest = Some((index, score));
        }
    });
    lowest.map(|(index, _)| look.eval.model.measures[index].label.as_str())
}
