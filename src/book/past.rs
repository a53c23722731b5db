//! What of an account belongs on the page of a past day.
//!
//! Decides what had not happened yet and is left out. Scores need none of this: they look at the day themselves.

use jiff::civil::Date;

use crate::book::facts::Facts;

/// Takes away what came after `day`. Notes of `written`, the day on which things are written meanwhile, stay: who takes one
/// wants to see it.
pub fn as_it_was(facts: &mut Facts, day: Date, written: Date) {
    facts.notes.retain(|note| note.on <= day || note.on == written);
    // What was planned is known from before; what only took place later is not.
    facts.touches.retain(|touch| touch.on <= day || touch.known <= day);
    facts.tickets.retain(|ticket| ticket.opened <= day);
    for ticket in &mut facts.tickets {
        ticket.closed = ticket.closed.filter(|closed| *closed <= day);
        let escalated = ticket.escalated_on.unwrap_or(ticket.opened) <= day;
        ticket.escalated &= escalated;
        ticket.escalated_on = ticket.escalated_on.filter(|_| escalated);
    }
    facts.opportunities.retain(|deal| deal.created.or(deal.close).is_none_or(|created| created <= day));
    for deal in facts.opportunities.iter_mut().filter(|deal| deal.closed && deal.close.is_some_and(|on| on > day)) {
        // It was still open then; at which stage no source says.
        (deal.closed, deal.won, deal.stage) = (false, false, None);
    }
    // No source says since when a task stands there, or when it was done.
    facts.tasks.clear();
    facts.pulses.retain(|pulse| pulse.on <= day || pulse.on == written);
    facts.people.retain(|person| {
        let met = facts.touches.iter().any(|touch| touch.on <= day && touch.people.contains(&person.id));
        met || person.created.is_none_or(|created| created <= day)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::facts::{Opportunity, Task, TouchKind};
    use crate::book::sample::{TODAY, ago, healthy, person, ticket, touch};

    #[test]
    fn a_past_day_knows_nothing_of_what_came_after_it() {
        let mut facts = healthy();
        let day = ago(60);
        facts.touches.push(touch(TouchKind::Call, ago(10), &["1"]));
        facts.touches.push(crate::book::facts::Touch { known: ago(70), ..touch(TouchKind::Meeting, ago(50), &["1"]) });
        facts.tickets = vec![ticket("1", ago(80), Some(ago(20)), true), ticket("2", ago(5), None, false)];
        facts.tickets[0].escalated_on = Some(ago(30));
        facts.people.push(crate::book::facts::Person { created: Some(ago(10)), ..person("4", "Sam Ortiz", "VP") });
        facts.tasks.push(Task { id: "k".into(), subject: "x".into(), due: None, done: true, owner: None, note: None });
        facts.opportunities.push(Opportunity {
            id: "d".into(),
            name: "Renewal".into(),
            kind: None,
            amount: None,
            close: Some(ago(20)),
            created: Some(ago(100)),
            stage: Some("closed won".into()),
            closed: true,
            won: true,
        });
        as_it_was(&mut facts, day, TODAY);
        assert!(facts.touches.iter().all(|touch| touch.on <= day || touch.on == ago(50)));
        assert!(facts.touches.iter().any(|touch| touch.on == ago(50)), "a meeting that was planned by then");
        assert_eq!(facts.tickets.len(), 1);
        assert_eq!((facts.tickets[0].closed, facts.tickets[0].escalated), (None, false));
        assert!(!facts.people.iter().any(|person| person.name == "Sam Ortiz"));
        assert!(facts.people.iter().any(|person| person.name == "Jane Doe"));
        assert!(facts.tasks.is_empty());
        let deal = &facts.opportunities[0];
        assert_eq!((deal.closed, deal.won, deal.stage.as_deref()), (false, false, None));
    }
}
