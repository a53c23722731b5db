//! A health model that a company has published, written in `health.toml` alone: accounts worked through it by hand.

use crate::book::assess::{assess, health_on};
use crate::book::changes::changes;
use crate::book::facts::{Facts, Pulse, PulseFact, TouchKind};
use crate::book::ids::AccountId;
use crate::book::model::Model;
use crate::book::sample::{TODAY, ago, person, ticket, touch, with_context};
use crate::book::standing::Band;

const HEALTH: &str = include_str!("../../tests/configs/valid/health-published.toml");

/// What is known of an account, in the terms of that model.
#[derive(Clone, Default)]
struct Known {
    age: i64,
    priority: &'static str,
    segment: &'static str,
    /// Share of the licences in use, and of their users who come back.
    licences: Option<f64>,
    active: Option<f64>,
    touched: Option<i64>,
    pulse: Option<(Pulse, i64)>,
    /// Open escalated tickets; without it no ticket was ever opened.
    escalated: Option<usize>,
}

fn facts(known: &Known) -> Facts {
    let mut facts = Facts::new(AccountId::from("crm:1"), "Northwind Traders");
    let start = ago(known.age);
    facts.customer_since = Some(start);
    if !known.priority.is_empty() {
        facts.priority.push(start, start, Some(known.priority.into()));
    }
    if !known.segment.is_empty() {
        facts.segment.push(start, start, Some(known.segment.into()));
    }
    if known.licences.is_some() || known.active.is_some() {
        let used = known.licences.unwrap_or(0.5) * 1000.0;
        for back in 1..=20 {
            facts.usage.entry("seats_used".into()).or_default().set(ago(back), used as f32);
            if let Some(active) = known.active {
                facts.usage.entry("monthly_users".into()).or_default().set(ago(back), (used * active) as f32);
            }
        }
        if known.licences.is_some() {
            facts.seats.push(start, start, Some(1000.0));
        }
    }
    facts.people.push(person("1", "Jane Doe", "VP Operations"));
    facts.touches.extend(known.touched.map(|back| touch(TouchKind::Call, ago(back), &["1"])));
    facts.pulses.extend(known.pulse.map(|(pulse, back)| PulseFact {
        on: ago(back),
        known: ago(back),
        pulse,
        because: "sponsor went quiet".into(),
        by: None,
    }));
    if let Some(open) = known.escalated {
        facts.tickets.push(ticket("t0", ago(12), Some(ago(10)), false));
        facts.tickets.extend((0..open).map(|n| ticket(&format!("e{n}"), ago(9), None, true)));
    }
    facts
}

/// The accounts, with the score worked out by hand, to a hundredth.
fn accounts() -> Vec<(&'static str, Known, Option<f64>, Band)> {
    let usual = Known {
        age: 300,
        priority: "2",
        licences: Some(0.76),
        active: Some(0.85),
        touched: Some(70),
        pulse: Some((Pulse::Green, 5)),
        escalated: Some(0),
        ..Known::default()
    };
    let third_month = Known {
        age: 120,
        priority: "1",
        licences: Some(0.3),
        active: Some(0.6),
        touched: Some(40),
        pulse: Some((Pulse::Green, 5)),
        escalated: Some(0),
        ..Known::default()
    };
    vec![
        // Nothing in the first 30 days, whatever is known.
        ("in its first month", Known { age: 20, ..usual.clone() }, None, Band::Unknown),
        // Licences are not judged in the first 60 days: (50·100 + 20·100) / 70.
        (
            "six weeks old",
            Known {
                age: 45,
                priority: "1",
                licences: Some(0.05),
                active: Some(0.85),
                touched: Some(10),
                ..Known::default()
            },
            Some(100.0),
            Band::Healthy,
        ),
        // Licences 30 % yellow, users 60 % yellow, cadence 40 d yellow, pulse green, no escalation:
        // (50·50 + 20·50 + 20·100 + 10·100) / 100.
        ("third month", third_month.clone(), Some(65.0), Band::Watch),
        // The same use at seven months is red: product (60·0 + 40·50) / 100 = 20; (50·20 + 1000 + 2000 + 1000) / 100.
        ("seventh month", Known { age: 210, ..third_month.clone() }, Some(50.0), Band::Watch),
        // 74 % at ten months is red, users green: product 40; cadence at priority 2 green, pulse yellow, one escalation:
        // (50·40 + 20·100 + 20·50 + 10·50) / 100.
        (
            "tenth month, licences short",
            Known {
                licences: Some(0.74),
                touched: Some(40),
                pulse: Some((Pulse::Yellow, 5)),
                escalated: Some(1),
                ..usual.clone()
            },
            Some(55.0),
            Band::Watch,
        ),
        // (50·100 + 20·50 + 20·100 + 10·100) / 100.
        ("usual", usual.clone(), Some(90.0), Band::Healthy),
        // A red pulse makes the mean (5000 + 1000 + 0 + 1000) / 100 = 70, and then vetoes.
        ("the CSM says red", Known { pulse: Some((Pulse::Red, 5)), ..usual.clone() }, Some(49.0), Band::AtRisk),
        // The veto and the sentiment end after 90 days: (5000 + 1000 + 1000) / 80.
        ("an old red", Known { pulse: Some((Pulse::Red, 100)), ..usual.clone() }, Some(87.5), Band::Healthy),
        // Priority 3: 150 d yellow; users red: product 60; (50·60 + 20·50) / 70.
        (
            "priority 3",
            Known {
                age: 400,
                priority: "3",
                licences: Some(0.8),
                active: Some(0.4),
                touched: Some(150),
                ..Known::default()
            },
            Some(57.142857),
            Band::Watch,
        ),
        // The same silence at priority 1 is red: (50·60 + 0) / 70.
        (
            "priority 1",
            Known {
                age: 400,
                priority: "1",
                licences: Some(0.8),
                active: Some(0.4),
                touched: Some(150),
                ..Known::default()
            },
            Some(42.857143),
            Band::AtRisk,
        ),
        // All red but a yellow pulse: 20·50 / 100.
        (
            "all but gone",
            Known {
                age: 150,
                priority: "1",
                licences: Some(0.09),
                active: Some(0.2),
                touched: Some(61),
                pulse: Some((Pulse::Yellow, 5)),
                escalated: Some(2),
                ..Known::default()
            },
            Some(10.0),
            Band::AtRisk,
        ),
        // The last touch is over a year old and no longer speaks: product (60·100 + 40·50) / 100 = 80, pulse of 89 days;
        // (50·80 + 20·100) / 70.
        (
            "long silent",
            Known {
                age: 130,
                priority: "1",
                licences: Some(0.6),
                active: Some(0.5),
                touched: Some(400),
                pulse: Some((Pulse::Green, 89)),
                ..Known::default()
            },
            Some(85.714286),
            Band::Healthy,
        ),
        // No product data at all: (20·100 + 20·50) / 40.
        (
            "no product data",
            Known { age: 200, priority: "2", touched: Some(10), pulse: Some((Pulse::Yellow, 5)), ..Known::default() },
            Some(75.0),
            Band::Healthy,
        ),
        // Exactly 10 % counts as yellow in the first half year: product (60·50 + 40·50) / 100 = 50.
        (
            "exactly ten per cent",
            Known { age: 150, licences: Some(0.1), active: Some(0.5), ..Known::default() },
            Some(50.0),
            Band::Watch,
        ),
        // Another band for one segment: the same 87.5 is not healthy there.
        (
            "public sector",
            Known { segment: "Public sector", pulse: Some((Pulse::Red, 100)), ..usual.clone() },
            Some(87.5),
            Band::Watch,
        ),
        // A pulse of 91 days has ended, one of 90 still speaks in full: here (5000 + 1000 + 1000) / 80.
        ("an ended pulse", Known { pulse: Some((Pulse::Yellow, 91)), ..usual }, Some(87.5), Band::Healthy),
    ]
}

#[test]
fn accounts_worked_by_hand() {
    let model = Model::parse(HEALTH, "").unwrap();
    assert_eq!(model.check(), Vec::<String>::new());
    for (name, known, score, band) in accounts() {
        let health = health_on(&facts(&known), &model, TODAY);
        let close = match (health.score, score) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-4,
            (a, b) => a == b,
        };
        assert!(close, "{name}: {:?}, by hand {score:?}: {:#?}", health.score, health.measures);
        assert_eq!(health.band, band, "{name}");
    }
}

#[test]
fn what_is_said_of_them_is_in_the_words_of_the_model() {
    let model = Model::parse(HEALTH, "").unwrap();
    let all = accounts();
    let usual = &all.iter().find(|one| one.0 == "usual").unwrap().1;
    let red = Known { pulse: Some((Pulse::Red, 5)), ..usual.clone() };
    let standing = with_context(&[], |ctx| assess(&facts(&red), &model, TODAY, ctx));
    assert_eq!(standing.health.gates[0].label, "the CSM says red");
    assert_eq!(standing.flags[0].because, "sponsor went quiet");
    let evidence = |id: &str| standing.health.measures.iter().find(|one| one.id == id).unwrap().evidence.clone();
    assert_eq!(evidence("active"), "646 of 760 users came back in 28 d");
    assert_eq!(evidence("escalations"), "0 escalated and open");
    // The veto came with the pulse: both stand among the changes, and all of them add up.
    let moved = changes(&facts(&red), &model, ago(6), TODAY);
    let sum: f64 = moved.changes.iter().map(|one| one.points).sum();
    let before = moved.score.unwrap();
    assert!((before + sum - standing.health.score.unwrap()).abs() < 1e-9);
    assert!(moved.changes.iter().any(|one| one.measure == "csm-red"), "{:?}", moved.changes);
}

#[test]
fn an_expression_opens_into_its_very_records() {
    let model = Model::parse(HEALTH, "").unwrap();
    let known = &accounts().into_iter().find(|one| one.0 == "tenth month, licences short").unwrap().1;
    let facts = facts(known);
    let eval = crate::book::score::Eval::new(&facts, &model);
    let on = crate::book::prepared::On::from(TODAY);
    let records = |id: &str| {
        let measure = model.measures.iter().find(|one| one.id == id).unwrap();
        crate::book::records::of_measure(measure, &eval, on)
    };
    let tickets = records("escalations");
    assert_eq!(
        tickets.iter().map(|one| (one.id.as_deref(), one.counts())).collect::<Vec<_>>(),
        [(Some("e0"), true), (Some("t0"), false)]
    );
    let active: Vec<_> = records("active").into_iter().map(|one| one.text).collect();
    assert!(active.contains(&"usage.monthly_users.last: 629".to_owned()), "{active:?}");
    assert!(active.contains(&"seats.used: 740".to_owned()), "{active:?}");
}
