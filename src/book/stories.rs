//! Whole accounts through the shipped model: the numbers and words that a CSM would expect.

use proptest::prelude::*;

use crate::book::assess::{assess, assess_of, health_on};
use crate::book::changes::changes;
use crate::book::day::plus;
use crate::book::facts::{Facts, Pulse, PulseFact, TouchKind};
use crate::book::ids::AccountId;
use crate::book::model::Model;
use crate::book::plays::{ActionState, ActionStatus};
use crate::book::sample::{TODAY, ago, healthy, person, sinking, ticket, touch, usage, usd, with_context};
use crate::book::score::Eval;
use crate::book::standing::{Band, Severity, Standing};

fn standing(facts: &Facts) -> Standing {
    let model = Model::built_in_for_tests();
    with_context(&[], |ctx| assess(facts, &model, TODAY, ctx))
}

fn shown(standing: &Standing) -> String {
    let health = &standing.health;
    let mut out = format!("{:?} {:.2}\n", health.score, health.confidence);
    for one in &health.measures {
        out += &format!("  {:20} {:?} {:.2} {:.1}  {}\n", one.id, one.score, one.freshness, one.points, one.evidence);
    }
    for gate in &health.gates {
        out += &format!("  {} {:.1}\n", gate.id, gate.points);
    }
    for flag in &standing.flags {
        out += &format!("  [{:?}] {} since {}: {}\n", flag.severity, flag.label, flag.since, flag.because);
    }
    for offer in &standing.offers {
        out += &format!("  > {} ({}) {:.0} {:?}\n", offer.title, offer.because, offer.worth, offer.due);
    }
    out
}

#[test]
fn a_usual_customer_is_healthy_and_calm() {
    let standing = standing(&healthy());
    let score = standing.health.score.unwrap();
    assert!(score >= 80.0, "{}", shown(&standing));
    assert_eq!(standing.health.band, Band::Healthy);
    // Nothing was noted of promises, trust and feelings: the score says that it could not hear them.
    assert!((0.68..0.75).contains(&standing.health.confidence), "{}", shown(&standing));
    assert!(standing.flags.is_empty(), "{}", shown(&standing));
    assert_eq!(standing.health.trend.len(), 13);
    assert!(standing.health.trend.iter().flatten().count() >= 12);
    assert_eq!(standing.last_touch, Some(ago(15)));
}

#[test]
fn a_sinking_one_is_in_the_low_forties_and_says_why() {
    let facts = sinking();
    let standing = standing(&facts);
    let score = standing.health.score.unwrap();
    assert!((38.0..45.0).contains(&score), "{}", shown(&standing));
    assert_eq!(standing.health.band, Band::AtRisk);
    let labels: Vec<_> = standing.flags.iter().map(|flag| flag.label.as_str()).collect();
    assert!(labels.contains(&"champion left") && labels.contains(&"usage −34%"), "{}", shown(&standing));
    assert!(labels.contains(&"buyer silent 130 d") && labels.contains(&"renewal at risk"), "{}", shown(&standing));
    let left = standing.flags.iter().find(|flag| flag.kind == "champion-left").unwrap();
    assert_eq!((left.since, left.severity), (ago(2), Severity::High));
    let top = &standing.offers[0];
    assert_eq!(top.title, "Meet Sam Ortiz, new VP Operations, before the renewal call");
    assert_eq!(top.key, "champion-left:crm:2");
    assert_eq!(top.because, "our champion Kim Park left on 21 Nov");
    let evidence = |id: &str| &standing.health.measures.iter().find(|one| one.id == id).unwrap().evidence;
    assert_eq!(evidence("usage-change"), "daily active users 130 → 86 in 28 d");
    assert_eq!(evidence("champion"), "Kim Park (influencer, our champion) left on 21 Nov");
    assert_eq!(evidence("pulse"), "no pulse given");
}

#[test]
fn points_and_gates_add_up_and_the_changes_to_the_difference() {
    let model = Model::built_in_for_tests();
    for facts in [healthy(), sinking()] {
        for back in [0, 3, 40, 150] {
            let health = health_on(&facts, &model, ago(back));
            let sum: f64 = health.measures.iter().map(|one| one.points).sum();
            let gates: f64 = health.gates.iter().map(|gate| gate.points).sum();
            assert!((sum + gates - health.score.unwrap()).abs() < 1e-9);
            let changes = changes(&facts, &model, ago(back), TODAY);
            let moved: f64 = changes.changes.iter().map(|change| change.points).sum();
            let now = health_on(&facts, &model, TODAY).score.unwrap();
            assert!((moved - (now - changes.score.unwrap())).abs() < 1e-9);
        }
    }
}

#[test]
fn what_changed_is_told_in_facts() {
    let model = Model::built_in_for_tests();
    let changes = changes(&sinking(), &model, ago(3), TODAY);
    let champion = changes.changes.iter().find(|change| change.measure == "champion").unwrap();
    assert!(champion.points < -2.0);
    assert_eq!(champion.evidence, "Kim Park (influencer, our champion) left on 21 Nov");
    assert_eq!((champion.as_of, champion.source.as_deref()), (Some(ago(2)), Some("crm")));
    let nothing_then = super::changes::changes(&healthy(), &model, ago(900), TODAY);
    assert_eq!(nothing_then.score, None);
    assert_eq!(nothing_then.changes[0].label, "first score");
}

#[test]
fn a_red_pulse_holds_the_score_until_a_newer_one() {
    let mut facts = healthy();
    let pulse = |back, pulse| PulseFact {
        on: ago(back),
        known: ago(back),
        pulse,
        because: "sponsor went quiet".into(),
        by: None,
    };
    facts.pulses.push(pulse(150, Pulse::Red));
    let red = standing(&facts);
    assert_eq!((red.health.score, red.health.band), (Some(49.0), Band::AtRisk));
    assert_eq!(red.health.gates[0].id, "red-pulse");
    facts.pulses.push(pulse(1, Pulse::Yellow));
    assert!(standing(&facts).health.score.unwrap() > 75.0);
}

#[test]
fn usage_alone_is_sure_of_little_and_nothing_known_is_no_score() {
    let mut facts = Facts::new(AccountId::from("crm:9"), "Umbrella Health");
    let standing_of_nothing = standing(&facts);
    assert_eq!((standing_of_nothing.health.score, standing_of_nothing.health.band), (None, Band::Unknown));
    assert_eq!(standing_of_nothing.health.confidence, 0.0);
    usage(&mut facts, |_| 20.0, |_| 30.0, 0);
    let with_usage = standing(&facts);
    assert!(with_usage.health.score.is_some() && with_usage.health.faint());
}

#[test]
fn more_flags_from_the_facts_of_their_own() {
    let mut facts = healthy();
    facts.tickets.push(ticket("77", ago(12), None, true));
    facts.invoice.push(ago(8), ago(8), Some("overdue".into()));
    facts.invoice_due.push(ago(30), ago(30), Some(ago(10)));
    facts.owner.push(ago(5), ago(5), Some("ben.ito@example.com".into()));
    facts.seats.push(ago(60), ago(60), Some(500.0));
    let one = standing(&facts);
    let flag = |kind: &str| one.flags.iter().find(|flag| flag.kind == kind).unwrap_or_else(|| panic!("{kind}"));
    assert_eq!(flag("escalation-open").because, "ticket 77 “Export stops” has been escalated since 11 Nov");
    assert_eq!(flag("escalation-open").since, ago(12));
    assert_eq!((flag("invoice-overdue").label.as_str(), flag("invoice-overdue").since), ("invoice 10 d late", ago(5)));
    assert_eq!(flag("new-owner").because, "ben.ito took over from maya.chen 5 d ago");
    assert_eq!(
        (flag("unused-licences").because.as_str(), flag("unused-licences").since),
        ("200 of 500 seats used in 28 days", ago(60))
    );
    assert!(one.flags.windows(2).all(|pair| pair[0].severity >= pair[1].severity));
}

#[test]
fn onboarding_that_drags_and_a_silent_account() {
    let mut facts = Facts::new(AccountId::from("crm:5"), "Initech");
    facts.customer_since = Some(ago(130));
    facts.onboarding_started = Some(ago(120));
    facts.stage.push(ago(130), ago(130), Some("onboarding".into()));
    facts.seats.push(ago(130), ago(130), Some(100.0));
    facts.people = vec![person("1", "Ann Li", "VP Finance")];
    facts.touches.push(touch(TouchKind::Call, ago(70), &["1"]));
    let one = standing(&facts);
    let late = one.flags.iter().find(|flag| flag.kind == "onboarding-late").unwrap();
    assert_eq!((late.because.as_str(), late.since), ("120 d since the start and not yet live", ago(29)));
    let silent = one.flags.iter().find(|flag| flag.kind == "silent-account").unwrap();
    assert_eq!((silent.label.as_str(), silent.since), ("nobody called in 70 d", ago(9)));
    assert_eq!(silent.because, format!("the last was a call on 14 Sep with Ann Li"));
    // A quarter of the seats is active: that is live, with or without a date.
    usage(&mut facts, |_| 20.0, |_| 30.0, 0);
    assert!(!standing(&facts).flags.iter().any(|flag| flag.kind == "onboarding-late"));
}

#[test]
fn a_snoozed_because_is_gone_until_its_day() {
    let (facts, model) = (sinking(), Model::built_in_for_tests());
    let offer = standing(&facts).offers[0].clone();
    let mut action = ActionState {
        play: offer.play.clone(),
        key: offer.key.clone(),
        status: ActionStatus::Snoozed,
        on: ago(1),
        until: Some(plus(TODAY, 1)),
    };
    let with = |action: &ActionState| {
        let actions = [action.clone()];
        with_context(&actions, |ctx| assess(&facts, &model, TODAY, ctx).offers)
    };
    assert!(with(&action).iter().all(|one| one.key != offer.key));
    action.until = Some(TODAY);
    assert_eq!(with(&action)[0].key, offer.key);
    // Done: another play may answer the same because, this one rests for its cool-down.
    action.status = ActionStatus::Done;
    let after = with(&action);
    assert!(after.iter().any(|one| one.key == offer.key && one.play != offer.play));
    action.on = ago(60);
    assert_eq!(with(&action)[0].play, offer.play);
}

#[test]
fn two_plays_with_one_because_are_one() {
    let offers = standing(&sinking()).offers;
    let keys: std::collections::BTreeSet<_> = offers.iter().map(|offer| &offer.key).collect();
    assert_eq!(keys.len(), offers.len());
    assert!(offers.windows(2).all(|pair| pair[0].factors.rank >= pair[1].factors.rank));
}

#[test]
fn a_former_customer_keeps_its_history_and_raises_nothing() {
    let mut facts = sinking();
    facts.churned_on = Some(ago(1));
    let one = standing(&facts);
    assert!(one.former && one.flags.is_empty() && one.offers.is_empty());
    assert!(one.health.score.is_some());
}

#[test]
fn meetings_of_the_day_by_time() {
    let mut facts = healthy();
    facts.touches.push(touch(TouchKind::Meeting, TODAY, &["1"]));
    let one = standing(&facts);
    assert_eq!((one.meetings.len(), one.meetings[0].time.as_str()), (1, "14:00"));
    assert_eq!(one.valid_until, plus(TODAY, 1));
    // Whether it takes place will be known tomorrow; a meeting that a note tells of has taken place.
    assert_eq!(one.last_touch, Some(ago(15)));
    let model = Model::built_in_for_tests();
    let tomorrow = with_context(&[], |ctx| assess(&facts, &model, plus(TODAY, 1), ctx));
    assert_eq!(tomorrow.last_touch, Some(TODAY));
    facts.touches.last_mut().unwrap().note = Some("01J".into());
    assert_eq!(standing(&facts).last_touch, Some(TODAY));
}

#[test]
fn a_renewal_that_passed_is_not_forgotten() {
    let mut facts = healthy();
    facts.renewal.push(ago(100), ago(100), Some(ago(20)));
    let one = standing(&facts);
    let flag = one.flags.iter().find(|flag| flag.kind == "renewal-passed").unwrap();
    assert_eq!((flag.label.as_str(), flag.severity, flag.since), ("renewal 20 d late", Severity::High, ago(19)));
    assert_eq!(one.offers[0].title, "Settle the renewal of 3 Nov with Jane Doe, or write down what holds it");
}

#[test]
fn an_unknown_arr_takes_the_median_and_is_marked() {
    let (mut facts, model) = (healthy(), Model::built_in_for_tests());
    facts.arr.0.clear();
    let (rates, zone) = (super::assess::Rates::new(usd(0).currency), jiff::tz::TimeZone::UTC);
    let medians = super::assess::Medians {
        by_segment: [("Mid".to_owned(), 90_000.0)].into(),
        all: Some(1.0),
        ..Default::default()
    };
    let ctx = super::assess::Context { rates: &rates, medians: &medians, zone: &zone, actions: &[], flags: &[] };
    let one = assess(&facts, &model, TODAY, &ctx);
    assert!(one.exposure_estimated && one.arr.is_none());
    assert!((one.exposure - 90_000.0 * one.p_loss * one.near).abs() < 1e-6);
}

#[test]
fn a_standing_of_a_quiet_account_holds_for_days() {
    let mut facts = Facts::new(AccountId::from("crm:7"), "Quiet");
    facts.customer_since = Some(ago(900));
    facts.csat.push(ago(20), ago(20), Some(9.0));
    facts.invoice.push(ago(20), ago(20), Some("paid".into()));
    facts.renewal.push(ago(20), ago(20), Some(plus(TODAY, 900)));
    let one = standing(&facts);
    assert!(one.valid_until > plus(TODAY, 10), "{}", one.valid_until);
}

#[test]
fn an_assessment_folds_few_days() {
    let model = Model::built_in_for_tests();
    let mut most = 0;
    for facts in [healthy(), sinking()] {
        let eval = Eval::new(&facts, &model);
        with_context(&[], |ctx| assess_of(&eval, TODAY, ctx));
        most = most.max(eval.folds());
    }
    // 13 weeks, the day itself twice, and the two weeks that the band may ask for, for each day a flag looks back.
    assert!(most <= 150, "{most}");
}

prop_compose! {
    fn any_facts()(
        since in 0_i64..900, arr in proptest::option::of(1_i64..900_000), renewal in proptest::option::of(-40_i64..400),
        level in proptest::option::of((1.0_f64..300.0, 0.0_f64..2.0)), seats in proptest::option::of(1.0_f64..400.0),
        touches in proptest::collection::vec((0_i64..500, 0_usize..4), 0..12),
        tickets in proptest::collection::vec((0_i64..200, proptest::option::of(0_i64..60), any::<bool>()), 0..9),
        csat in proptest::option::of((0_i64..300, 0.0_f64..10.0)), left in proptest::option::of(0_i64..300),
        pulse in proptest::option::of((0_i64..200, 0_u8..3)), invoice in proptest::option::of((0_i64..90, 0_usize..3)),
    ) -> Facts {
        let mut facts = healthy();
        facts.touches.clear();
        facts.tickets.clear();
        facts.usage.clear();
        for series in [&mut facts.csat, &mut facts.seats] {
            series.0.clear();
        }
        facts.arr.0.clear();
        facts.renewal.0.clear();
        facts.invoice.0.clear();
        facts.customer_since = Some(ago(since));
        facts.arr.push(ago(since), ago(since), arr.map(usd));
        facts.renewal.push(ago(since), ago(since), renewal.map(|days| plus(TODAY, days)));
        facts.seats.push(ago(since), ago(since), seats);
        if let Some((users, factor)) = level {
            usage(&mut facts, |back| if back > 30 { users } else { users * factor }, |_| users * 1.2, 4);
        }
        for (back, who) in touches {
            let id = ["1", "2", "3", "9"][who];
            facts.touches.push(touch(TouchKind::Call, ago(back), &[id]));
        }
        for (index, (back, open, escalated)) in tickets.into_iter().enumerate() {
            facts.tickets.push(ticket(&index.to_string(), ago(back), open.map(|days| plus(ago(back), days)), escalated));
        }
        if let Some((back, value)) = csat {
            facts.csat.push(ago(back), ago(back), Some(value));
        }
        if let Some(back) = left {
            facts.people[1].left.push(ago(back), ago(back), Some(true));
        }
        if let Some((back, level)) = pulse {
            let pulse = [Pulse::Green, Pulse::Yellow, Pulse::Red][usize::from(level)];
            facts.pulses.push(PulseFact { on: ago(back), known: ago(back), pulse, because: String::new(), by: None });
        }
        if let Some((back, state)) = invoice {
            facts.invoice.push(ago(back), ago(back), Some(["paid", "open", "overdue"][state].into()));
        }
        facts
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_account_has_a_score_of_0_to_100_that_adds_up(facts in any_facts(), back in 0_i64..120) {
        let model = Model::built_in_for_tests();
        let (then, now) = (health_on(&facts, &model, ago(back)), health_on(&facts, &model, TODAY));
        for health in [&then, &now] {
            if let Some(score) = health.score {
                prop_assert!((0.0..=100.0).contains(&score));
                let sum: f64 = health.measures.iter().map(|one| one.points).sum();
                let gates: f64 = health.gates.iter().map(|gate| gate.points).sum();
                prop_assert!((sum + gates - score).abs() < 1e-9);
            }
        }
        let changes = changes(&facts, &model, ago(back), TODAY);
        if let (Some(a), Some(b)) = (then.score, now.score) {
            let moved: f64 = changes.changes.iter().map(|change| change.points).sum();
            prop_assert!((moved - (b - a)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_standing_holds_until_it_says(facts in any_facts()) {
        let model = Model::built_in_for_tests();
        with_context(&[], |ctx| {
            let eval = Eval::new(&facts, &model);
            let one = assess_of(&eval, TODAY, ctx);
            prop_assert!(one.valid_until > TODAY);
            let mut day = plus(TODAY, 1);
            while day < one.valid_until {
                let later = assess(&facts, &model, day, ctx);
                prop_assert_eq!(later.health.score.map(f64::round), one.health.score.map(f64::round));
                prop_assert_eq!(&later.flags, &one.flags);
                let said = |one: &Standing| -> Vec<_> {
                    one.offers.iter().map(|offer| (offer.title.clone(), offer.because.clone(), offer.due)).collect()
                };
                prop_assert_eq!(said(&later), said(&one));
                prop_assert_eq!(later.health.band, one.health.band);
                day = plus(day, 1);
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_absent_takes_nothing_but_by_a_named_gate(facts in any_facts(), which in 0_usize..6) {
        let model = Model::built_in_for_tests();
        let mut poorer = facts.clone();
        match which {
            0 => poorer.usage.clear(),
            1 => poorer.csat.0.clear(),
            2 => poorer.tickets.clear(),
            3 => poorer.pulses.clear(),
            4 => poorer.invoice.0.clear(),
            _ => poorer.renewal.0.clear(),
        }
        let health = health_on(&poorer, &model, TODAY);
        if let Some(score) = health.score {
            // The mean lies between the worst and the best that is known; only a gate with a name takes from it.
            let present: Vec<f64> = health.measures.iter().filter_map(|one| one.score).collect();
            let worst = present.iter().copied().fold(f64::INFINITY, f64::min);
            let taken: f64 = health.gates.iter().map(|gate| gate.points).sum();
            prop_assert!(score - taken >= worst - 1e-9, "{score} {taken} {worst}");
            prop_assert!(health.gates.iter().all(|gate| !gate.label.is_empty() && gate.points <= 0.0));
            for measure in health.measures.iter().filter(|one| one.score.is_none()) {
                prop_assert_eq!((measure.points, measure.effective_weight), (0.0, 0.0));
            }
        }
    }

    #[test]
    fn a_better_value_never_lowers_its_measure(a in -1.0_f64..1.0, b in -1.0_f64..1.0, months in -1.0_f64..40.0) {
        // Tickets are left out: none is not better than one.
        let better_is_more = [
            ("usage-change", 1.0), ("usage-trend", 0.1), ("utilisation", 1.0), ("breadth", 1.0), ("engaged", 5.0),
            ("coverage", 1.0), ("champion", 1.0), ("csat", 10.0), ("pulse", 2.0), ("renewal", 400.0),
            ("return", 5.0), ("trust", 100.0), ("buyer-feeling", 100.0), ("user-feeling", 100.0), ("nps", 100.0),
            ("experience", 100.0),
        ];
        let better_is_less = [
            ("buyer-contact", 3.0), ("influencer-contact", 3.0), ("user-contact", 3.0), ("escalations", 5.0),
            ("invoice", 90.0), ("promises", 3.0), ("proof-age", 400.0),
        ];
        let model = Model::built_in_for_tests();
        let score = |id: &str, value: f64| {
            let measure = model.measures.iter().find(|one| one.id == id).unwrap();
            measure.curve_for(Some("Mid"), Some(months), |_| true).score(value)
        };
        let (low, high) = (a.min(b), a.max(b));
        for (id, most) in better_is_more {
            prop_assert!(score(id, low * most) <= score(id, high * most), "{id}");
        }
        for (id, most) in better_is_less {
            prop_assert!(score(id, low * most) >= score(id, high * most), "{id}");
        }
        let known = better_is_more.len() + better_is_less.len() + 1;
        prop_assert_eq!(known, model.measures.len(), "a measure is not covered here");
    }
}

#[test]
fn licence_use_is_judged_by_the_age_of_the_account() {
    let model = Model::built_in_for_tests();
    let measure = model.measures.iter().find(|one| one.id == "utilisation").unwrap();
    let colour = |share: f64, months: f64| match measure.curve_for(None, Some(months), |_| false).score(share) {
        score if score < model.bands.at_risk => "red",
        score if score < model.bands.healthy => "yellow",
        _ => "green",
    };
    for (share, by_age) in [
        (0.09, ["red", "red", "red"]),
        (0.11, ["yellow", "red", "red"]),
        (0.49, ["yellow", "red", "red"]),
        (0.51, ["green", "yellow", "red"]),
        (0.74, ["green", "yellow", "red"]),
        (0.76, ["green", "green", "green"]),
    ] {
        assert_eq!([3.0, 7.0, 10.0].map(|months| colour(share, months)), by_age, "{share}");
    }
}

#[test]
fn a_falling_account_is_worse_than_a_steady_one_that_uses_less() {
    let (mut falling, mut steady) = (healthy(), healthy());
    falling.usage.clear();
    steady.usage.clear();
    usage(&mut falling, |back| 100.0 + back.min(60) as f64, |_| 187.0, 7);
    usage(&mut steady, |_| 60.0, |_| 150.0, 7);
    assert!(standing(&falling).health.score.unwrap() < standing(&steady).health.score.unwrap() - 3.0);
}

#[test]
fn a_field_without_history_is_named_where_it_appears() {
    let (mut facts, model) = (healthy(), Model::built_in_for_tests());
    facts.csat.0.clear();
    facts.csat.push(ago(1), ago(1), Some(4.0));
    facts.undated.push("csat".into());
    let changes = changes(&facts, &model, ago(5), TODAY);
    let csat = changes.changes.iter().find(|change| change.measure == "csat").unwrap();
    assert_eq!(csat.evidence, "CSAT 4 of 10; first seen on 22 Nov, its source keeps no history");
}

#[test]
fn the_steps_of_a_play_have_words_and_days() {
    let (facts, model) = (sinking(), Model::built_in_for_tests());
    let steps = super::plays::steps(&facts, &model, "meet-successor", TODAY);
    assert_eq!(steps[0], ("Write to Sam Ortiz: who we are, and one result that is theirs now".into(), TODAY));
    assert_eq!(steps[2].1, plus(TODAY, 10));
    assert!(super::plays::steps(&facts, &model, "no-such-play", TODAY).is_empty());
}
