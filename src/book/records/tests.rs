use jiff::civil::Date;

use super::*;
use crate::book::facts::{Facts, Pulse, PulseFact, TouchKind};
use crate::book::model::INPUTS;
use crate::book::sample::{TODAY, ago, healthy, person, sinking, ticket, touch};
use crate::book::score::Eval;

fn of(facts: &Facts, input: Input, day: Date) -> Vec<Record> {
    let model = Model::built_in_for_tests();
    let eval = Eval::new(facts, &model);
    records(input, &eval.facts, &model, On::from(day))
}

fn lines(rows: &[Record]) -> Vec<String> {
    rows.iter()
        .map(|row| match &row.ignored {
            Some(why) => format!("{} [{why}]", row.text),
            None => row.text.clone(),
        })
        .collect()
}

#[test]
fn usage_shows_its_windows_and_weeks() {
    // Working days only: 120 until 28 days ago, 182 before; known up to yesterday, a Sunday by the seats.
    let rows = of(&sinking(), Input::UsageChange, TODAY);
    assert_eq!(rows[0].text, "26 Oct to 22 Nov: 86 active a day, 28 of 28 days known");
    assert_eq!(rows[1].text, "28 Sep to 25 Oct: 130 active a day, 28 of 28 days known");
    assert!(rows[0].counts() && rows[1].counts());
    assert_eq!(rows[2].text, "week to 22 Nov: 86 active a day, 7 days known");
    assert_eq!(rows.last().unwrap().text, "usage known up to 22 Nov, 1 d before");
    assert_eq!(rows[0].source.as_deref(), Some("usage"));
    let weeks = of(&sinking(), Input::UsageTrend, TODAY);
    assert_eq!(weeks.len(), 9);
    assert_eq!(weeks[7].text, "week to 4 Oct: 130 active a day, 7 days known");
}

#[test]
fn seats_and_features_have_their_two_sides() {
    let mut facts = sinking();
    facts.seats.push(ago(10), ago(10), Some(300.0));
    facts.undated = vec!["seats".into()];
    let rows = lines(&of(&facts, Input::UsageUtilisation, TODAY));
    assert_eq!(
        rows,
        [
            "140 seats in use, as of 22 Nov",
            "300 seats licensed",
            "250 seats licensed; first seen on that day, its source keeps no history [until 13 Nov]",
        ]
    );
    let rows = of(&facts, Input::UsageBreadth, TODAY);
    assert_eq!(rows.iter().filter(|row| row.text.contains("used on 20 days of 28")).count(), 5);
    assert_eq!(rows.last().unwrap().text, "10 key features bought");
}

#[test]
fn contact_names_who_counted_and_why_the_others_did_not() {
    let mut facts = sinking();
    facts.people.push(person("9", "Max Roe", "CFO"));
    facts.touches.push(touch(TouchKind::Call, ago(70), &["9"]));
    let rows = lines(&of(&facts, Input::ContactBuyer, TODAY));
    assert_eq!(
        rows,
        [
            "Max Roe, buyer: call 70 d ago (Catch-up)",
            "Jane Doe, buyer: meeting 130 d ago (Catch-up) [somebody of this tier was met later]",
            "Sam Ortiz, buyer: known since 13 Nov [never met]",
        ]
    );
    // The champion, an influencer, left two days ago.
    let rows = lines(&of(&facts, Input::ContactInfluencer, TODAY));
    assert_eq!(rows, ["Kim Park, influencer: call 20 d ago (Catch-up) [left on 21 Nov]"]);
    let rows = lines(&of(&facts, Input::ContactInfluencer, ago(3)));
    assert_eq!(rows, ["Kim Park, influencer: call 17 d ago (Catch-up)"], "three days ago she was there");
}

#[test]
fn engagement_says_since_when() {
    // Calls with Kim 20, 110, 200 ... days ago, an influencer to be met every 60 days; Jane every 90 days.
    let rows = lines(&of(&healthy(), Input::PeopleEngaged, TODAY));
    assert_eq!(
        rows,
        [
            "Kim Park, influencer: call 20 d ago (Catch-up); in touch since 3 Nov",
            "Jane Doe, buyer: meeting 40 d ago (Catch-up); in touch since 19 Oct 25",
        ]
    );
    let rows = lines(&of(&sinking(), Input::PeopleCoverage, TODAY));
    assert_eq!(rows[0], "buyers not engaged: Jane Doe meeting 130 d ago [longer than 90 d]");
    assert!(rows[1].ends_with("; not in touch since 15 Oct [longer than 90 d]"), "{rows:?}");
    assert_eq!(rows[3], "users engaged: 84 active a day in 28 d");
}

#[test]
fn a_champion_who_left_counts_until_another_is_there() {
    let mut facts = sinking();
    let rows = lines(&of(&facts, Input::PeopleChampion, TODAY));
    assert_eq!(rows, ["Kim Park, influencer: our champion since 27 Jan, left on 21 Nov"]);
    facts.people[0].champion.push(ago(1), ago(1), Some(true));
    let rows = lines(&of(&facts, Input::PeopleChampion, TODAY));
    assert_eq!(rows[0], "Jane Doe, buyer: our champion since 22 Nov");
    assert!(rows[1].ends_with("[another champion is there]"));
}

#[test]
fn tickets_know_only_what_had_happened() {
    let mut facts = healthy();
    facts.tickets = vec![
        ticket("1", ago(200), None, false),
        ticket("2", ago(40), Some(ago(35)), false),
        ticket("3", ago(20), Some(ago(2)), true),
        ticket("4", ago(5), None, true),
    ];
    let rows = lines(&of(&facts, Input::TicketsOpened, TODAY));
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0], "4 Export stops: opened 18 Nov, escalated 18 Nov, still open");
    assert!(rows[1].starts_with("3 Export stops"), "{rows:?}");
    assert!(rows[2].ends_with("[opened more than 30 d ago]") && rows[3].starts_with("1 "), "{rows:?}");
    let rows = lines(&of(&facts, Input::TicketsEscalated, TODAY));
    assert_eq!(rows[0], "4 Export stops: opened 18 Nov, escalated 18 Nov, still open");
    assert!(rows.contains(&"3 Export stops: opened 3 Nov, escalated 3 Nov, closed 21 Nov [closed on 21 Nov]".into()));
    // Ten days ago ticket 3 was open, and nobody knew of ticket 4.
    let rows = lines(&of(&facts, Input::TicketsEscalated, ago(10)));
    assert_eq!(rows[0], "3 Export stops: opened 3 Nov, escalated 3 Nov, still open");
    assert!(!rows.iter().any(|row| row.starts_with("4 ")));
}

#[test]
fn values_of_a_field_are_newest_first() {
    let mut facts = healthy();
    facts.csat.push(ago(3), ago(3), Some(4.0));
    assert_eq!(lines(&of(&facts, Input::SurveyCsat, TODAY)), ["CSAT 4 of 10", "CSAT 8.5 of 10 [until 20 Nov]"]);
    assert_eq!(lines(&of(&facts, Input::SurveyCsat, ago(4))), ["CSAT 8.5 of 10"]);
    assert_eq!(lines(&of(&facts, Input::RenewalDays, TODAY)), ["renews on 11 Jun 27"]);
    assert_eq!(lines(&of(&facts, Input::InvoiceOverdue, TODAY)), ["invoice paid"]);
    let pulse =
        |on: Date, pulse: Pulse, because: &str| PulseFact { on, known: on, pulse, because: because.into(), by: None };
    facts.pulses = vec![pulse(ago(9), Pulse::Green, ""), pulse(ago(2), Pulse::Red, "sponsor went quiet")];
    assert_eq!(
        lines(&of(&facts, Input::Pulse, TODAY)),
        ["red: sponsor went quiet", "green [a newer one is of 21 Nov]"]
    );
}

#[test]
fn every_input_that_speaks_has_a_record_that_counts_and_none_is_of_the_future() {
    let model = Model::built_in_for_tests();
    for facts in [healthy(), sinking()] {
        let eval = Eval::new(&facts, &model);
        for back in [0, 1, 17, 60, 200, 400, 900] {
            let on = On::from(ago(back));
            for spec in INPUTS {
                let rows = records(spec.input, &eval.facts, &model, on);
                assert!(rows.iter().all(|row| row.on <= on.date), "{} {back}: {rows:?}", spec.name);
                assert!(rows.len() <= MOST);
            }
            eval.readings(on, |index, _, _| {
                let input = model.measures[index].input().unwrap();
                let rows = records(input, &eval.facts, &model, on);
                // Nobody engaged and no ticket are readings too: nought is made of records that do not count.
                let nought =
                    [Input::PeopleEngaged, Input::PeopleCoverage, Input::TicketsOpened, Input::TicketsEscalated];
                assert!(!rows.is_empty(), "{input:?} {back}");
                assert!(nought.contains(&input) || rows.iter().any(Record::counts), "{input:?} {back}: {rows:?}");
            });
        }
    }
}
