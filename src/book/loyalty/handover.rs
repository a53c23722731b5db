//! A change of hands on our side: what whoever takes over must know first.
//!
//! Decides what belongs on the list. Personal words are in it only as far as they are known here.

use jiff::civil::Date;

use super::value::{State, promises};
use super::{Loyal, advocacy, people, plan};
use crate::book::facts::Tier;

/// Open promises, what each person values, next touches.
#[derive(Clone, Debug, PartialEq)]
pub struct Handover {
    pub from: Option<String>,
    pub to: Option<String>,
    pub on: Date,
    /// Each a line: what, and its words.
    pub lines: Vec<(&'static str, String)>,
}

/// The list, for a change within so many days; `None`: nobody took over.
pub fn handover(loyal: &Loyal<'_, '_>, within: f64) -> Option<Handover> {
    let facts = loyal.facts();
    let day = loyal.on.date;
    let now = facts.owner.entry(day)?;
    let before = facts.owner.at(now.on.yesterday().ok()?)?;
    let changed = now.value.as_ref().is_some_and(|owner| owner != before);
    if !changed || super::days(now.on, day) > within {
        return None;
    }
    let mut lines = Vec::new();
    for promise in promises(loyal) {
        let state = promise.state(loyal);
        if !matches!(state, State::Kept | State::Dropped) {
            let due =
                promise.due.map_or_else(String::new, |due| format!(", due {}", crate::text::short_date(due, day)));
            let to = if promise.to.is_empty() { String::new() } else { format!(", to {}", promise.to.join(" and ")) };
            lines.push(("open promise", format!("{}{to}{due} ({})", promise.text, state.name())));
        }
    }
    for item in plan::items(loyal).into_iter().filter(plan::Item::open) {
        lines.push(("on the plan", format!("{} ({})", item.text, item.stands())));
    }
    for tier in Tier::ALL {
        for ranking in people::current(loyal, tier) {
            lines.push(("values", format!("{}: {}", ranking.person.name, ranking.values.join(" > "))));
        }
    }
    for (person, what, _) in advocacy::wants(loyal) {
        lines.push(("would like", format!("{}: {what}", person.name)));
    }
    let model = loyal.eval.model_on(loyal.on.day);
    for known in loyal.eval.facts.of(&[Tier::Buyer, Tier::Influencer], loyal.on) {
        let Some(tier) = known.tier(loyal.on) else { continue };
        let next = match known.last_touch(loyal.on.day) {
            None => "never met".to_owned(),
            Some((touched, _)) => {
                let due = f64::from(touched) + model.cadence.of(tier) - f64::from(loyal.on.day);
                if due < 0.0 { format!("{:.0} d overdue", -due) } else { format!("due in {due:.0} d") }
            }
        };
        lines.push(("next touch", format!("{}, {}: {next}", known.person.name, tier.name())));
    }
    Some(Handover { from: Some(before.clone()), to: now.value.clone(), on: now.on, lines })
}
