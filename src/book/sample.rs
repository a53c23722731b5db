//! Made-up accounts for tests: a healthy one, a sinking one, and any one that a property test wants.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::book::assess::{Context, Medians, Rates};
use crate::book::day::{between, plus};
use crate::book::facts::{Facts, Person, Recorded, Ticket, Touch, TouchKind};
use crate::book::ids::AccountId;
use crate::book::journal::Fact;
use crate::book::money::{Currency, Money};
use crate::book::plays::ActionState;

/// The day of the tests, a Monday.
pub const TODAY: Date = date(2026, 11, 23);

/// So many days before the day of the tests.
pub fn ago(days: i64) -> Date {
    plus(TODAY, -days)
}

/// A US dollar amount.
pub fn usd(units: i64) -> Money {
    Money { minor: units * 100, currency: Currency::USD }
}

/// A person.
pub fn person(id: &str, name: &str, title: &str) -> Person {
    Person {
        id: format!("crm:{id}").as_str().into(),
        name: name.into(),
        title: Some(title.into()),
        email: None,
        phone: None,
        roles: Vec::new(),
        created: Some(ago(500)),
        champion: Default::default(),
        left: Default::default(),
        tier: Default::default(),
    }
}

/// A two-way touch.
pub fn touch(kind: TouchKind, on: Date, people: &[&str]) -> Touch {
    Touch {
        id: format!("{}-{on}", kind.name()),
        kind,
        title: "Catch-up".into(),
        at: on.at(14, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp(),
        on,
        known: on,
        people: people.iter().map(|id| format!("crm:{id}").as_str().into()).collect(),
        two_way: on <= TODAY,
        owner: None,
        note: None,
        source: "crm".into(),
    }
}

/// A fact of a note of that day.
pub fn recorded(on: Date, fact: Fact) -> Recorded {
    Recorded {
        id: format!("n-{on}"),
        note: None,
        on,
        known: on,
        by: Some("maya.chen@example.com".into()),
        private: false,
        source: "crm".into(),
        people: Vec::new(),
        fact,
    }
}

/// A ticket.
pub fn ticket(id: &str, opened: Date, closed: Option<Date>, escalated: bool) -> Ticket {
    Ticket {
        id: id.into(),
        subject: "Export stops".into(),
        priority: None,
        opened,
        closed,
        escalated,
        escalated_on: None,
        source: "crm".into(),
    }
}

/// Usage of 200 days up to yesterday: users on working days by `active`, and seats in use by `seats`.
pub fn usage(facts: &mut Facts, active: impl Fn(i64) -> f64, seats: impl Fn(i64) -> f64, features: usize) {
    facts.usage_source = Some("usage".into());
    for back in (1..=200).rev() {
        let day = ago(back);
        facts.usage.entry("seats_used".into()).or_default().set(day, seats(back) as f32);
        if day.weekday().to_monday_zero_offset() < 5 {
            facts.usage.entry("active_users".into()).or_default().set(day, active(back) as f32);
            for feature in 0..features {
                facts.usage.entry(format!("feature:f{feature}")).or_default().set(day, 3.0);
            }
        }
    }
}

/// A usual healthy customer.
pub fn healthy() -> Facts {
    let mut facts = Facts::new(AccountId::from("crm:1"), "Northwind Traders");
    facts.customer_since = Some(ago(700));
    facts.created = Some(ago(720));
    facts.owner.push(ago(700), ago(700), Some("maya.chen@example.com".into()));
    facts.segment.push(ago(700), ago(700), Some("Mid".into()));
    facts.stage.push(ago(700), ago(700), Some("customer".into()));
    facts.arr.push(ago(700), ago(700), Some(usd(120_000)));
    facts.renewal.push(ago(165), ago(165), Some(plus(TODAY, 200)));
    facts.seats.push(ago(700), ago(700), Some(250.0));
    facts.features_bought.push(ago(700), ago(700), Some(10.0));
    facts.csat.push(ago(30), ago(30), Some(8.5));
    facts.invoice.push(ago(160), ago(160), Some("paid".into()));
    facts.people = vec![
        person("1", "Jane Doe", "VP Operations"),
        person("2", "Kim Park", "Director of Supply"),
        person("3", "Ann Li", "Supply planner"),
    ];
    facts.people[1].champion.push(ago(300), ago(300), Some(true));
    usage(&mut facts, |back| 130.0 + (200 - back) as f64 * 0.02, |_| 200.0, 7);
    for back in (1..18).map(|month| month * 30) {
        facts.tickets.push(ticket(&format!("t{back}"), ago(back - 12), Some(ago(back - 14)), false));
    }
    facts.tickets.push(ticket("4412", ago(9), None, false));
    for back in [400, 310, 220, 130, 40] {
        facts.touches.push(touch(TouchKind::Meeting, ago(back), &["1"]));
        facts.touches.push(touch(TouchKind::Call, ago(back - 20), &["2"]));
        facts.touches.push(touch(TouchKind::Mail, ago(back - 25), &["3"]));
    }
    facts.touches.sort_by_key(|touch| touch.at);
    facts
}

/// The champion left, usage fell by a third, the buyer is silent.
pub fn sinking() -> Facts {
    let mut facts = healthy();
    facts.id = AccountId::from("crm:2");
    facts.arr.push(ago(300), ago(300), Some(usd(412_000)));
    facts.renewal.push(ago(340), ago(340), Some(plus(TODAY, 23)));
    facts.renewal.0.retain(|entry| entry.on == ago(340));
    facts.people[1].left.push(ago(2), ago(2), Some(true));
    facts.people.push(Person { created: Some(ago(10)), ..person("4", "Sam Ortiz", "VP Operations") });
    facts.touches.retain(|touch| between(touch.on, TODAY) > 100 || touch.people.contains(&"crm:2".into()));
    facts.usage.clear();
    usage(&mut facts, |back| if back > 28 { 182.0 } else { 120.0 }, |back| if back > 28 { 190.0 } else { 140.0 }, 5);
    facts
}

/// A context without rates, medians and actions.
pub fn with_context<T>(actions: &[ActionState], run: impl FnOnce(&Context<'_>) -> T) -> T {
    let (rates, medians, zone) = (Rates::new(Currency::USD), Medians::default(), TimeZone::UTC);
    run(&Context { rates: &rates, medians: &medians, zone: &zone, actions, flags: &[] })
}
