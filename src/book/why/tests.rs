use super::*;
use crate::book::assess::health_on;
use crate::book::facts::{Facts, Pulse, PulseFact};
use crate::book::sample::{TODAY, ago, healthy, sinking};
use crate::book::undated::not_known;

fn tree(facts: &Facts, day: Date) -> Why {
    let model = Model::built_in_for_tests();
    let health = health_on(facts, &model, day);
    why(&Eval::new(facts, &model), &health, day)
}

/// Points and whole points add up on every level.
fn adds_up(why: &Why) {
    let Some(score) = why.score else { return };
    let gates: f64 = why.gates.iter().map(|gate| gate.points).sum();
    let groups: f64 = why.groups.iter().map(|group| group.points).sum();
    assert!((groups + gates - score).abs() < 1e-9, "{why:#?}");
    let whole: i64 = why.groups.iter().map(|group| group.whole).chain(why.gates.iter().map(|gate| gate.whole)).sum();
    assert_eq!(whole, score.round() as i64);
    for group in &why.groups {
        let points: f64 = group.measures.iter().map(|measure| measure.points).sum();
        assert!((points - group.points).abs() < 1e-9);
        assert_eq!(group.measures.iter().map(|measure| measure.whole).sum::<i64>(), group.whole, "{group:#?}");
        assert!(group.measures.iter().all(|measure| (measure.whole as f64 - measure.points).abs() < 2.0));
        assert!((group.mean * group.share - group.points).abs() < 1e-9);
    }
    let share: f64 = why.groups.iter().map(|group| group.share).sum();
    assert!((share - 1.0).abs() < 1e-9);
    let measures = why.groups.iter().flat_map(|group| &group.measures);
    let nominal: f64 = measures.map(|measure| measure.nominal).chain(why.absent.iter().map(|one| one.nominal)).sum();
    assert!((nominal - 1.0).abs() < 1e-9, "every measure stands somewhere");
}

#[test]
fn the_tree_adds_up_on_every_level_and_on_every_day() {
    for facts in [healthy(), sinking()] {
        for back in [0, 1, 5, 30, 61, 120, 190, 400, 690] {
            adds_up(&tree(&facts, ago(back)));
        }
    }
}

#[test]
fn weight_that_moved_is_said_in_words() {
    let mut facts = healthy();
    facts.invoice.0.clear();
    facts.renewal.0.clear();
    facts.csat.0.clear();
    let why = tree(&facts, TODAY);
    // Commercial, 10 of 100, cannot speak: Outcomes has 40 of 90.
    let outcomes = &why.groups[0];
    assert_eq!((outcomes.id.as_str(), why.groups.len()), ("outcomes", 3));
    assert!((outcomes.share - 4.0 / 9.0).abs() < 1e-9 && (outcomes.nominal - 0.4).abs() < 1e-9);
    assert_eq!(outcomes.moved, "44% instead of 40%: Commercial could not speak");
    let absent: Vec<_> = why.absent.iter().map(|one| (one.id.as_str(), one.went.as_str())).collect();
    assert!(absent.contains(&("csat", "its 4% went to the rest of Experience")), "{absent:?}");
    assert!(absent.contains(&("invoice", "its 5% went to Outcomes, Relationship and Experience")), "{absent:?}");
    assert_eq!(why.absent.iter().find(|one| one.id == "csat").unwrap().missing, "no CSAT known");
    adds_up(&why);
}

#[test]
fn fading_facts_give_weight_away() {
    // Usage is known up to 40 days ago: at 60 days it ends, so that it has two thirds of its weight left.
    let mut facts = healthy();
    for daily in facts.usage.values_mut() {
        let last = daily.start.map(|start| crate::book::day::between(start, ago(40))).unwrap();
        daily.values.truncate(usize::try_from(last).unwrap() + 1);
    }
    let why = tree(&facts, TODAY);
    let outcomes = why.groups.iter().find(|group| group.id == "outcomes").unwrap();
    assert!((outcomes.freshness - 2.0 / 3.0).abs() < 0.04, "{}", outcomes.freshness);
    assert!(outcomes.share < outcomes.nominal);
    assert!(outcomes.moved.ends_with("instead of 40%: its facts are fading"), "{}", outcomes.moved);
    let others = why.groups.iter().find(|group| group.id == "relationship").unwrap();
    assert!(others.moved.ends_with("Outcomes is fading"), "{}", others.moved);
    let seats = outcomes.measures.iter().find(|measure| measure.id == "utilisation").unwrap();
    assert_eq!(seats.age, Some(40));
    adds_up(&why);
}

#[test]
fn gates_stand_by_name_with_what_they_take() {
    let mut facts = healthy();
    let because = "sponsor went quiet".to_owned();
    facts.pulses = vec![PulseFact { on: ago(2), known: ago(2), pulse: Pulse::Red, because, by: None }];
    let why = tree(&facts, TODAY);
    assert_eq!(why.score, Some(49.0));
    assert_eq!((why.gates[0].id.as_str(), why.gates[0].cap), ("red-pulse", 49.0));
    assert!(why.gates[0].points < -10.0);
    adds_up(&why);
    let experience = why.groups.iter().find(|group| group.id == "experience").unwrap();
    let pulse = experience.measures.iter().find(|measure| measure.id == "pulse").unwrap();
    assert_eq!(pulse.records[0].text, "red: sponsor went quiet");
}

#[test]
fn a_day_before_the_customer_was_one_says_so() {
    let why = tree(&healthy(), ago(705));
    assert_eq!(why.score, None);
    assert!(why.groups.is_empty() && why.gates.is_empty());
    assert_eq!(why.silent.as_deref(), Some("no score: not a customer before 23 Dec"));
    assert!(why.absent.iter().all(|one| one.records.iter().all(|row| !row.counts())));
}

#[test]
fn what_the_sources_do_not_date_is_named() {
    let mut facts = healthy();
    facts.undated = vec!["seats".into(), "segment".into(), "arr".into()];
    facts.seats.0[0].on = ago(20);
    facts.segment.0[0].on = ago(20);
    let why = tree(&facts, TODAY);
    let fields: Vec<_> = why.undated.iter().map(|one| (one.label.as_str(), one.since)).collect();
    assert_eq!(fields, [("seats", ago(20)), ("segment", ago(20)), ("ARR", ago(700))]);
    assert_eq!(not_known(&why.undated, TODAY).as_deref(), Some("not known before 3 Nov: seats, segment"));
    // Long ago nothing of it was known; in half a year nobody asks any more.
    assert!(not_known(&why.undated, ago(100)).unwrap().contains("seats, segment"));
    assert_eq!(not_known(&why.undated, crate::book::day::plus(TODAY, 180)), None);
    assert_eq!(crate::book::undated::first_known(&facts), Some(ago(720)));
}

#[test]
fn numbers_are_split_by_largest_remainder() {
    assert_eq!(split(&[6.2, 13.8, 7.5, 8.0, 6.1], 42), [6, 14, 8, 8, 6]);
    assert_eq!(split(&[6.2, 13.8, 7.5, 8.0, 6.1], 41), [6, 14, 7, 8, 6]);
    assert_eq!(split(&[0.4, -14.3], -14), [0, -14]);
    assert_eq!(split(&[3.1, 4.6], 6), [2, 4], "what is taken comes from the smallest remainder");
    assert_eq!(split(&[1.0], 4), [4]);
    assert!(split(&[], 3).is_empty());
}
