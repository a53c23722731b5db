//! An account as it was known on a day: everything that happened or was learnt later is taken away.
//!
//! Decides what a past day may know, for the back-test. Must not look at a score, and must not forget a field: the facts
//! are taken apart by name, so that a new kind of fact has to be decided here before anything compiles.

use jiff::civil::Date;

use crate::book::facts::{Daily, Facts, Opportunity, Person, Series, Ticket, Usage};

/// The name under which usage is left out.
pub const USAGE: &str = "usage";
/// The name under which a flag on a ticket without a day is left out.
pub const ESCALATED: &str = "tickets.escalated";
/// What is taken as it stands today, because no source says since when.
pub const ASSUMED: &[&str] = &["people.title", "people.roles"];

impl<T: Clone> Series<T> {
    /// What was known on `day`: entries of that day or before that had been learnt by then.
    pub fn known_by(&self, day: Date) -> Self {
        Self(self.0.iter().filter(|entry| entry.on <= day && entry.known <= day).cloned().collect())
    }

    /// Whether something holds on `day` that was learnt only later.
    fn late(&self, day: Date) -> bool {
        self.entry(day).is_some_and(|entry| entry.known > day)
    }

    /// Whether it has entries, none of which was learnt by `day`.
    fn unseen(&self, day: Date) -> bool {
        !self.0.is_empty() && self.0.iter().all(|entry| entry.known > day)
    }
}

impl Facts {
    /// The account as it was known at the end of `day`. A fact counts if it happened by then and was known by then; what
    /// has no day of its own counts from the day on which it was first seen.
    pub fn known_by(&self, day: Date) -> Facts {
        let Facts {
            id,
            name,
            domain,
            link,
            industry,
            created,
            customer_since,
            churned_on,
            onboarding_started,
            go_live,
            owner,
            segment,
            priority,
            stage,
            arr,
            renewal,
            seats,
            features_bought,
            csat,
            invoice,
            invoice_due,
            people,
            opportunities,
            tickets,
            touches,
            tasks: _,
            notes,
            pulses,
            journal,
            cost,
            potential,
            strategic,
            usage,
            usage_source,
            source,
            undated,
        } = self;
        let by = |date: &Option<Date>| date.filter(|date| *date <= day);
        Facts {
            id: id.clone(),
            name: name.clone(),
            domain: domain.clone(),
            link: link.clone(),
            industry: industry.clone(),
            created: by(created),
            customer_since: by(customer_since),
            churned_on: by(churned_on),
            onboarding_started: by(onboarding_started),
            go_live: by(go_live),
            owner: owner.known_by(day),
            segment: segment.known_by(day),
            priority: priority.known_by(day),
            stage: stage.known_by(day),
            arr: arr.known_by(day),
            renewal: renewal.known_by(day),
            seats: seats.known_by(day),
            features_bought: features_bought.known_by(day),
            csat: csat.known_by(day),
            invoice: invoice.known_by(day),
            invoice_due: invoice_due.known_by(day),
            people: people.iter().filter_map(|person| self.person_by(person, day)).collect(),
            opportunities: opportunities.iter().filter_map(|deal| deal_by(deal, day)).collect(),
            tickets: tickets.iter().filter_map(|ticket| ticket_by(ticket, day)).collect(),
            touches: touches.iter().filter(|touch| touch.on <= day && touch.known <= day).cloned().collect(),
            // When a task was made or closed is not known: no past day can say which were open.
            tasks: Vec::new(),
            notes: notes.iter().filter(|note| note.on <= day).cloned().collect(),
            pulses: pulses.iter().filter(|pulse| pulse.on <= day && pulse.known <= day).cloned().collect(),
            journal: journal.iter().filter(|one| one.on <= day && one.known <= day).cloned().collect(),
            cost: cost.known_by(day),
            potential: potential.known_by(day),
            strategic: strategic.known_by(day),
            usage: usage_by(usage, day),
            usage_source: usage_source.clone(),
            source: source.clone(),
            undated: undated.clone(),
        }
    }

    /// Which of its fields say something today that could not be known on `day`: first seen later, or learnt later.
    pub fn left_out(&self, day: Date) -> Vec<&'static str> {
        let mut out = Vec::new();
        let mut look = |field: &'static str, late: bool, unseen: bool| {
            if late || (unseen && self.undated.iter().any(|name| name == field)) {
                out.push(field);
            }
        };
        look("owner", self.owner.late(day), self.owner.unseen(day));
        look("segment", self.segment.late(day), self.segment.unseen(day));
        look("priority", self.priority.late(day), self.priority.unseen(day));
        look("stage", self.stage.late(day), self.stage.unseen(day));
        look("arr", self.arr.late(day), self.arr.unseen(day));
        look("renewal_date", self.renewal.late(day), self.renewal.unseen(day));
        look("seats", self.seats.late(day), self.seats.unseen(day));
        look("features_bought", self.features_bought.late(day), self.features_bought.unseen(day));
        look("csat", self.csat.late(day), self.csat.unseen(day));
        look("invoice_state", self.invoice.late(day), self.invoice.unseen(day));
        look("invoice_due", self.invoice_due.late(day), self.invoice_due.unseen(day));
        look("cost", self.cost.late(day), self.cost.unseen(day));
        look("potential", self.potential.late(day), self.potential.unseen(day));
        look("strategic", self.strategic.late(day), self.strategic.unseen(day));
        let people = || self.people.iter();
        look("champion", people().any(|one| one.champion.late(day)), people().any(|one| one.champion.unseen(day)));
        look("left", people().any(|one| one.left.late(day)), people().any(|one| one.left.unseen(day)));
        if self.tickets.iter().any(|ticket| ticket.opened <= day && undated_flag(ticket)) {
            out.push(ESCALATED);
        }
        let first = self.usage.values().filter_map(|daily| daily.start).min();
        if first.is_some_and(|first| first > day) {
            out.push(USAGE);
        }
        out
    }

    /// Somebody as they were known; `None`: not in the books yet. Without a day of creation, the first touch with them
    /// says that they were known.
    fn person_by(&self, person: &Person, day: Date) -> Option<Person> {
        let met = || {
            self.touches.iter().any(|touch| touch.on <= day && touch.known <= day && touch.people.contains(&person.id))
        };
        let known = person.created.map_or_else(met, |created| created <= day);
        known.then(|| Person {
            champion: person.champion.known_by(day),
            left: person.left.known_by(day),
            tier: person.tier.known_by(day),
            ..person.clone()
        })
    }
}

/// A flag without a day of its own: nobody can say that it stood by then.
fn undated_flag(ticket: &Ticket) -> bool {
    ticket.escalated && ticket.escalated_on.is_none()
}

fn ticket_by(ticket: &Ticket, day: Date) -> Option<Ticket> {
    let escalated_on = ticket.escalated_on.filter(|on| *on <= day);
    (ticket.opened <= day).then(|| Ticket {
        closed: ticket.closed.filter(|closed| *closed <= day),
        escalated: ticket.escalated && escalated_on.is_some(),
        escalated_on,
        ..ticket.clone()
    })
}

/// A deal as it was known: one that was open then has neither the stage nor the amount of today.
fn deal_by(deal: &Opportunity, day: Date) -> Option<Opportunity> {
    let done = deal.closed && deal.close.is_some_and(|close| close <= day);
    deal.created.is_some_and(|created| created <= day).then(|| {
        if done {
            deal.clone()
        } else {
            Opportunity { amount: None, close: None, stage: None, closed: false, won: false, ..deal.clone() }
        }
    })
}

fn usage_by(usage: &Usage, day: Date) -> Usage {
    usage.iter().filter_map(|(metric, daily)| Some((metric.clone(), days_by(daily, day)?))).collect()
}

fn days_by(daily: &Daily, day: Date) -> Option<Daily> {
    let start = daily.start.filter(|start| *start <= day)?;
    let days = usize::try_from((day - start).get_days()).ok()? + 1;
    Some(Daily { start: Some(start), values: daily.values[..days.min(daily.values.len())].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::day::{number, plus};
    use crate::book::facts::{Pulse, PulseFact, TouchKind};
    use crate::book::model::Model;
    use crate::book::sample::{TODAY, ago, healthy, person, sinking, ticket, touch, usd};
    use crate::book::score::Eval;
    use proptest::prelude::*;

    fn score(facts: &Facts, day: Date) -> Option<f64> {
        let known = facts.known_by(day);
        Eval::new(&known, &Model::built_in_for_tests()).score(number(day))
    }

    #[test]
    fn what_was_learnt_later_is_refused() {
        let day = ago(60);
        let honest = healthy();
        let before = score(&honest, day);
        assert!(before.is_some());

        // A terrible survey, dated before the day and entered after it: in the account's past it counts, in a case not.
        let mut leaky = honest.clone();
        leaky.csat.push(ago(70), ago(10), Some(0.5));
        let seen = Eval::new(&leaky, &Model::built_in_for_tests()).score(number(day));
        assert_ne!(seen, Eval::new(&honest, &Model::built_in_for_tests()).score(number(day)), "the leak would tell");
        assert_eq!(score(&leaky, day), before);
        assert_eq!(leaky.left_out(day), ["csat"]);

        // The day they left, and what their leaving left behind.
        leaky.churned_on = Some(ago(20));
        leaky.stage.push(ago(20), ago(20), Some("former".into()));
        leaky.arr.push(ago(20), ago(20), Some(usd(0)));
        assert_eq!(score(&leaky, day), before);
        let known = leaky.known_by(day);
        assert_eq!((known.churned_on, known.stage.0.len(), known.arr.0.len()), (None, 1, 1));
    }

    #[test]
    fn a_field_without_history_is_absent_before_it_was_seen_and_named() {
        let mut facts = healthy();
        facts.seats.0.clear();
        facts.seats.push(ago(5), ago(5), Some(250.0));
        facts.undated.push("seats".into());
        assert_eq!(facts.known_by(ago(6)).seats.0.len(), 0);
        assert_eq!(facts.left_out(ago(6)), ["seats"]);
        assert_eq!(facts.known_by(ago(5)).seats.0.len(), 1);
        assert!(facts.left_out(ago(5)).is_empty());
        // Usage is known from the first day that was pulled on.
        assert_eq!(facts.left_out(ago(300)), ["seats", USAGE]);
    }

    #[test]
    fn tickets_people_and_usage_are_as_they_were() {
        let mut facts = healthy();
        let day = ago(60);
        facts.tickets = vec![
            ticket("closed later", ago(70), Some(ago(50)), false),
            ticket("opened later", ago(55), None, true),
            Ticket { escalated_on: Some(ago(58)), ..ticket("escalated later", ago(65), None, true) },
            ticket("flag without a day", ago(64), None, true),
        ];
        facts.people.push(crate::book::facts::Person { created: Some(ago(30)), ..person("9", "New One", "CFO") });
        facts.people[1].left.push(ago(40), ago(40), Some(true));
        let known = facts.known_by(day);
        let open: Vec<_> =
            known.tickets.iter().map(|ticket| (ticket.id.as_str(), ticket.closed, ticket.escalated)).collect();
        assert_eq!(
            open,
            [("closed later", None, false), ("escalated later", None, false), ("flag without a day", None, false)]
        );
        assert!(facts.left_out(day).contains(&ESCALATED));
        assert!(known.people.iter().all(|person| person.name != "New One" && person.left.0.is_empty()));
        assert!(known.usage.values().all(|daily| daily.last().is_none_or(|last| last <= day)));
        assert!(known.touches.iter().all(|touch| touch.on <= day));
        assert_eq!(facts.known_by(TODAY).tickets.len(), 4);
    }

    /// Something that is learnt after the day, whatever day it is dated with.
    fn later(facts: &mut Facts, day: Date, what: u8, known: i64, back: i64, x: f64) {
        let known = plus(day, known);
        let on = plus(known, -back);
        // What has no `known` of its own is dated after the day.
        let after = plus(day, 1 + back);
        match what {
            0 => facts.csat.push(on, known, Some(x * 10.0)),
            1 => facts.arr.push(on, known, Some(usd((x * 1e6) as i64))),
            2 => facts.seats.push(on, known, Some(x * 900.0)),
            3 => facts.renewal.push(on, known, Some(plus(day, (x * 400.0) as i64))),
            4 => facts.invoice.push(on, known, Some(if x < 0.5 { "overdue" } else { "paid" }.into())),
            5 => facts.segment.push(on, known, Some(if x < 0.5 { "SMB" } else { "Enterprise" }.into())),
            6 => facts.stage.push(on, known, Some("former".into())),
            7 => facts.features_bought.push(on, known, Some(1.0 + x * 30.0)),
            8 => facts.tickets.push(ticket("late", after, None, x < 0.5)),
            9 => {
                if let Some(open) =
                    facts.tickets.iter_mut().find(|ticket| ticket.closed.is_none_or(|closed| closed > day))
                {
                    open.closed = Some(after);
                    open.escalated = true;
                    open.escalated_on = Some(after);
                }
            }
            10 => facts.touches.push(crate::book::facts::Touch { known, ..touch(TouchKind::Call, on, &["1"]) }),
            11 => facts.people.push(crate::book::facts::Person { created: Some(after), ..person("77", "Late", "CEO") }),
            12 => facts.people[0].left.push(on, known, Some(true)),
            13 => facts.people[0].champion.push(on, known, Some(true)),
            14 => facts.churned_on = Some(after),
            15 => facts.go_live = Some(after),
            16 => facts.pulses.push(PulseFact { on, known, pulse: Pulse::Red, because: String::new(), by: None }),
            17 => facts.usage.entry("active_users".into()).or_default().set(after, (x * 500.0) as f32),
            18 => facts.usage.entry("seats_used".into()).or_default().set(after, (x * 500.0) as f32),
            _ => facts.invoice_due.push(on, known, Some(plus(day, -(x * 60.0) as i64))),
        }
    }

    proptest! {
        #[test]
        fn nothing_learnt_after_the_day_changes_its_score(
            sinks: bool,
            ago_days in 1_i64..180,
            facts_later in proptest::collection::vec((0_u8..20, 1_i64..60, 0_i64..120, 0.0..1.0_f64), 1..12),
        ) {
            let plain = if sinks { sinking() } else { healthy() };
            let day = ago(ago_days);
            let mut changed = plain.clone();
            for (what, known, back, x) in facts_later {
                later(&mut changed, day, what, known, back, x);
            }
            prop_assert_eq!(score(&plain, day), score(&changed, day));
            // Nor the days before it, which the band looks at.
            let model = Model::built_in_for_tests();
            let (a, b) = (plain.known_by(day), changed.known_by(day));
            prop_assert_eq!(Eval::new(&a, &model).band(number(day)), Eval::new(&b, &model).band(number(day)));
        }
    }
}
