//! Worked examples of every figure of loyalty, with its edges.

use jiff::civil::Date;

use super::people::{Contagion, contagion, disagreement, distance, migrations, moved, tier_loyalty, weakest};
use super::pyramid::{Group, Pace, Rules, climb, clocks, stages, usual};
use super::value::{Ledger, State, returned};
use super::*;
use crate::book::assess::Rates;
use crate::book::day::plus;
use crate::book::facts::{Facts, Tier};
use crate::book::journal::words::{
    AdvocacyKind, AskState, Cause, ItemKind, ItemState, MomentKind, OutcomeKind, SurveyKind,
};
use crate::book::journal::{Delta, Fact, PersonRef, Tag};
use crate::book::model::Model;
use crate::book::money::{Currency, Money, Worth};
use crate::book::sample::{TODAY, ago, healthy, recorded, usd};
use crate::book::standing::{Keep, Stage};

/// What a figure says of these facts on a day.
fn on<T>(facts: &Facts, day: Date, read: impl FnOnce(&Loyal<'_, '_>) -> T) -> T {
    let model = Model::built_in_for_tests();
    let rates = Rates::new(Currency::USD);
    let eval = Eval::new(facts, &model).in_money(&rates);
    read(&Loyal::new(&eval, On::from(day)))
}

fn jane() -> PersonRef {
    PersonRef::new("Jane Doe", None)
}

/// A note of that day; who it names is found by name.
fn note(facts: &mut Facts, on: Date, fact: Fact) {
    let mut one = recorded(on, fact);
    let named = one.fact.people().into_iter().cloned().collect::<Vec<_>>();
    one.people = named
        .iter()
        .filter_map(|who| facts.people.iter().find(|one| one.name == who.name))
        .map(|one| one.id.clone())
        .collect();
    one.id = format!("{:04}", facts.journal.len());
    facts.journal.push(one);
    facts.journal.sort_by_key(|one| one.on);
}

fn tag(text: &str) -> Tag {
    Tag(text.into())
}

fn yearly(units: i64) -> Option<Worth> {
    Some(Worth { amount: usd(units), yearly: true })
}

fn once(units: i64) -> Option<Worth> {
    Some(Worth { amount: usd(units), yearly: false })
}

fn promise(facts: &mut Facts, on: Date, of: &str, worth: Option<Worth>, due: Option<Date>) {
    let fact = Fact::Promise {
        tag: tag(of),
        text: format!("cut {of}"),
        metric: None,
        serves: None,
        worth,
        due,
        to: vec![jane()],
        by: None,
    };
    note(facts, on, fact);
}

fn proof(facts: &mut Facts, on: Date, of: &str, worth: Option<Worth>, accepted: bool) {
    let by = accepted.then(jane);
    note(facts, on, Fact::Proof { of: tag(of), text: String::new(), measured: None, worth, on, accepted, by });
}

/// A customer for 700 days at $120k a year, without escalations.
fn customer() -> Facts {
    let mut facts = healthy();
    facts.tickets.clear();
    facts
}

fn about(value: Option<f64>, expected: f64, within: f64) {
    let value = value.expect("a value");
    assert!((value - expected).abs() <= within, "{value} is not about {expected}");
}

fn charge(facts: &Facts, day: Date) -> Option<f64> {
    on(facts, day, |loyal| trust::battery(loyal).map(|battery| battery.charge))
}

fn trust_of(amount: i8, day: Date) -> Fact {
    Fact::Trust { amount, on: day, because: String::new() }
}

#[test]
fn trust_by_the_worked_examples() {
    assert_eq!(charge(&customer(), TODAY), None, "nothing ever moved it");
    // 50, then +10 every 30 days, 24 times: 100, not 136; an outage that day: 90.
    let mut facts = customer();
    for back in (0..24).rev() {
        note(&mut facts, ago(back * 30), trust_of(10, ago(back * 30)));
    }
    about(charge(&facts, TODAY), 100.0, 1e-9);
    let outage = crate::book::journal::words::TrustWord::Outage;
    note(&mut facts, TODAY, Fact::TrustEvent { what: outage, on: TODAY, because: String::new() });
    about(charge(&facts, TODAY), 90.0, 1e-9);
    // A breach drops it to 20; repaired the next day it rises, to about 35 after 180 days.
    let (breach, repair) = (plus(TODAY, 1), plus(TODAY, 2));
    note(&mut facts, breach, Fact::Breach { on: breach, because: "data left".into() });
    about(charge(&facts, breach), 20.0, 1e-9);
    about(charge(&facts, plus(breach, 400)), 20.0, 1e-9);
    note(&mut facts, repair, Fact::Repair { on: repair, because: String::new() });
    about(charge(&facts, repair), 20.0, 0.2);
    about(charge(&facts, plus(repair, 180)), 35.0, 0.2);
    // What lies ahead has not happened.
    assert_eq!(on(&facts, TODAY, |loyal| trust::battery(loyal).unwrap().breach), None);
}

#[test]
fn breach_and_repair_of_one_day_stand_in_their_order() {
    let mut facts = customer();
    note(&mut facts, ago(5), trust_of(20, ago(5)));
    note(&mut facts, ago(5), Fact::Breach { on: ago(5), because: String::new() });
    note(&mut facts, ago(5), Fact::Repair { on: ago(5), because: String::new() });
    let battery = on(&facts, ago(5), trust::battery).unwrap();
    assert_eq!((battery.charge, battery.breach, battery.entries.len()), (20.0, None, 3));
    note(&mut facts, ago(5), trust_of(15, ago(5)));
    about(charge(&facts, ago(5)), 35.0, 1e-9);
}

#[test]
fn promises_and_owners_move_trust_by_themselves() {
    let mut facts = customer();
    promise(&mut facts, ago(60), "2a3b", once(100), Some(ago(10)));
    assert_eq!(charge(&facts, ago(11)), None, "not due yet, not proven");
    about(charge(&facts, ago(9)), 35.0, 0.1);
    proof(&mut facts, ago(5), "2a3b", once(100), true);
    // −15 when it was missed, +10 when it was kept after all; its proof is the same deposit.
    let ledger = on(&facts, TODAY, trust::battery).unwrap();
    assert_eq!(ledger.entries.iter().map(|one| one.amount.round()).collect::<Vec<_>>(), [-15.0, 10.0]);
    facts.owner.push(ago(2), ago(2), Some("ben@example.com".into()));
    let before = charge(&facts, ago(3)).unwrap();
    about(charge(&facts, ago(2)), 50.0 + 0.6 * (before - 50.0), 0.2);
    let mut facts = customer();
    facts.owner.push(ago(2), ago(2), Some("ben@example.com".into()));
    assert_eq!(charge(&facts, TODAY), None, "a change of hands alone is no event");
}

#[test]
fn the_gap_is_summed_by_promise() {
    let mut facts = customer();
    assert!(on(&facts, TODAY, |loyal| Ledger::of(loyal).is_none()));
    // Over-delivery beside a broken promise makes up for nothing.
    promise(&mut facts, ago(400), "2a3b", yearly(100_000), Some(ago(200)));
    promise(&mut facts, ago(400), "3b4c", yearly(50_000), Some(ago(100)));
    promise(&mut facts, ago(10), "4c5d", yearly(70_000), Some(plus(TODAY, 90)));
    proof(&mut facts, ago(150), "3b4c", yearly(90_000), true);
    proof(&mut facts, ago(140), "2a3b", yearly(30_000), true);
    proof(&mut facts, ago(130), "2a3b", yearly(60_000), false);
    on(&facts, TODAY, |loyal| {
        let ledger = Ledger::of(loyal).unwrap();
        assert_eq!(ledger.gap(loyal), 70_000.0);
        let states: Vec<_> = ledger.promises.iter().map(|one| one.state(loyal)).collect();
        assert_eq!(states, [State::Broken, State::Kept, State::OnTrack]);
        assert_eq!(ledger.promises[0].claimed(loyal), 60_000.0);
        assert_eq!(ledger.late(loyal).iter().map(|one| one.tag.0.as_str()).collect::<Vec<_>>(), ["2a3b"]);
    });
    // A later yearly proof takes the place of the one before; amounts that come once add up.
    proof(&mut facts, ago(20), "2a3b", yearly(80_000), true);
    proof(&mut facts, ago(10), "2a3b", once(5_000), true);
    proof(&mut facts, ago(9), "2a3b", once(5_000), true);
    on(&facts, TODAY, |loyal| assert_eq!(Ledger::of(loyal).unwrap().gap(loyal), 10_000.0));
    // Given up by agreement, nothing is missing; what is late for 90 days is broken.
    let step = Fact::Step { item: ItemKind::Promise, of: tag("2a3b"), state: ItemState::Dropped, on: ago(1) };
    note(&mut facts, ago(1), step);
    on(&facts, TODAY, |loyal| assert_eq!(Ledger::of(loyal).unwrap().gap(loyal), 0.0));
    on(&facts, ago(150), |loyal| assert_eq!(Ledger::of(loyal).unwrap().promises[0].state(loyal), State::Late));
}

#[test]
fn the_return_is_accepted_worth_over_the_cost_of_the_contract() {
    let mut facts = customer();
    assert_eq!(on(&facts, TODAY, returned), None, "nothing was promised");
    promise(&mut facts, ago(500), "2a3b", yearly(240_000), Some(ago(300)));
    assert_eq!(on(&facts, TODAY, returned), Some(0.0));
    // $240k a year for the last half year, over $120k: ×1.0; a claim counts for nothing.
    proof(&mut facts, ago(182), "2a3b", yearly(240_000), true);
    proof(&mut facts, ago(100), "2a3b", once(500_000), false);
    about(on(&facts, TODAY, returned), 1.0, 0.01);
    // A proof that was accepted 13 months ago has run out but for what fell into the window.
    let mut old = customer();
    promise(&mut old, ago(600), "2a3b", yearly(120_000), Some(ago(500)));
    proof(&mut old, ago(395), "2a3b", yearly(120_000), true);
    about(on(&old, TODAY, returned), 335.0 / 365.0, 0.01);
    about(on(&old, plus(TODAY, 340), returned), 0.0, 1e-9);
    // More proof never lowers it; a proof of a day to come counts from that day.
    proof(&mut old, plus(TODAY, 5), "2a3b", once(60_000), true);
    about(on(&old, TODAY, returned), 335.0 / 365.0, 0.01);
    about(on(&old, plus(TODAY, 5), returned), 330.0 / 365.0 + 0.5, 0.01);
}

#[test]
fn the_return_of_a_three_year_contract_a_new_one_and_another_currency() {
    // ARR is a year's share whatever the term: three years for $360k cost $120k in the window.
    let mut facts = customer();
    facts.renewal.push(ago(300), ago(300), Some(plus(TODAY, 800)));
    promise(&mut facts, ago(300), "2a3b", once(60_000), None);
    proof(&mut facts, ago(30), "2a3b", once(60_000), true);
    about(on(&facts, TODAY, returned), 0.5, 0.001);
    // Absent in the first 90 days, then over the days of the contract alone.
    facts.customer_since = Some(ago(80));
    assert_eq!(on(&facts, TODAY, returned), None);
    facts.customer_since = Some(ago(181));
    about(on(&facts, TODAY, returned), 60_000.0 / (120_000.0 * 182.0 / 365.0), 0.001);
    // Absent without a cost.
    facts.arr.0.clear();
    assert_eq!(on(&facts, TODAY, returned), None);
    // Another currency counts at its rate; without one it is left out, and not taken for dollars.
    let eur = |units: i64| {
        Some(Worth { amount: Money { minor: units * 100, currency: Currency::parse("EUR").unwrap() }, yearly: false })
    };
    let mut facts = customer();
    promise(&mut facts, ago(300), "2a3b", eur(100_000), None);
    proof(&mut facts, ago(30), "2a3b", eur(60_000), true);
    about(on(&facts, TODAY, returned), 0.0, 1e-9);
    let model = Model::built_in_for_tests();
    let mut rates = Rates::new(Currency::USD);
    rates.set(Currency::parse("EUR").unwrap(), "1.10".parse().unwrap());
    let eval = Eval::new(&facts, &model).in_money(&rates);
    about(returned(&Loyal::new(&eval, On::from(TODAY))), 66_000.0 / 120_000.0, 0.001);
}

#[test]
fn proof_grows_old_and_streaks_are_of_quarters() {
    let mut facts = customer();
    promise(&mut facts, ago(600), "2a3b", None, None);
    let streak = |facts: &Facts, day| on(facts, day, |loyal| Ledger::of(loyal).unwrap().streak(day));
    assert_eq!(streak(&facts, TODAY), 0);
    for back in [100, 190, 280] {
        proof(&mut facts, ago(back), "2a3b", once(1), true);
    }
    // 15 Aug, 17 May, 16 Feb: three in a row, though nothing was proven in this quarter yet.
    assert_eq!(streak(&facts, TODAY), 3);
    assert_eq!(streak(&facts, plus(TODAY, 60)), 0, "a whole quarter without");
    proof(&mut facts, ago(3), "2a3b", once(1), true);
    assert_eq!(streak(&facts, TODAY), 4);
    on(&facts, TODAY, |loyal| {
        let ledger = Ledger::of(loyal).unwrap();
        assert_eq!(ledger.proven_on(), Some(ago(3)));
        // Jane accepted it and knows; Kim, an influencer, was not told.
        let untold = ledger.untold(loyal);
        assert_eq!(untold.len(), 1);
        assert_eq!(untold[0].1, ["Kim Park"]);
    });
    note(
        &mut facts,
        ago(1),
        Fact::Told { of: tag("2a3b"), people: vec![PersonRef::new("Kim Park", None)], on: ago(1) },
    );
    on(&facts, TODAY, |loyal| assert!(Ledger::of(loyal).unwrap().untold(loyal).is_empty()));
}

fn feels(facts: &mut Facts, day: Date, name: &str, level: i8) {
    note(facts, day, Fact::Feels { person: PersonRef::new(name, None), level, because: String::new() });
}

#[test]
fn a_tier_is_known_by_two_people_or_one_buyer() {
    let mut facts = customer();
    let of = |facts: &Facts, tier, day| on(facts, day, |loyal| tier_loyalty(loyal, tier));
    assert_eq!(of(&facts, Tier::Buyer, TODAY), None);
    feels(&mut facts, TODAY, "Jane Doe", 2);
    assert_eq!(of(&facts, Tier::Buyer, TODAY), Some(100.0));
    // Half forgotten after 90 days; before it was said nothing is known.
    about(of(&facts, Tier::Buyer, plus(TODAY, 90)), 75.0, 1e-9);
    assert_eq!(of(&facts, Tier::Buyer, ago(1)), None);
    feels(&mut facts, TODAY, "Ann Li", -2);
    assert_eq!(of(&facts, Tier::User, TODAY), None, "one user is not the users");
    facts.people.push(crate::book::sample::person("4", "Bo Berg", "Supply planner"));
    feels(&mut facts, TODAY, "Bo Berg", 0);
    assert_eq!(of(&facts, Tier::User, TODAY), Some(25.0));
    assert_eq!(on(&facts, TODAY, weakest), Some((Tier::User, 25.0)));
    // Who has left speaks no more.
    facts.people[2].left.push(TODAY, TODAY, Some(true));
    assert_eq!(of(&facts, Tier::User, TODAY), None);
    // The score is held by the weakest tier.
    let model = Model::built_in_for_tests();
    let mut facts = customer();
    let before = Eval::new(&facts, &model).folded(On::from(TODAY)).unwrap();
    feels(&mut facts, TODAY, "Jane Doe", -2);
    let after = Eval::new(&facts, &model).folded(On::from(TODAY)).unwrap();
    assert_eq!((before.tier_cap, after.tier_cap.map(|cap| cap.0)), (None, Some(10.0)));
    assert!(after.score < before.score - 10.0);
}

#[test]
fn opinions_travel_both_ways() {
    let mut facts = customer();
    facts.people.push(crate::book::sample::person("4", "Bo Berg", "Supply planner"));
    feels(&mut facts, ago(60), "Ann Li", 1);
    feels(&mut facts, ago(60), "Bo Berg", 1);
    assert_eq!(on(&facts, TODAY, contagion), None);
    feels(&mut facts, ago(5), "Ann Li", -1);
    feels(&mut facts, ago(5), "Bo Berg", -1);
    assert_eq!(on(&facts, TODAY, contagion), Some(Contagion::Up));
    // A buyer who is down already needs no warning; a glad one can win the users over.
    feels(&mut facts, ago(4), "Jane Doe", -2);
    assert_eq!(on(&facts, TODAY, contagion), None);
    let mut facts = customer();
    facts.people.push(crate::book::sample::person("4", "Bo Berg", "Supply planner"));
    for name in ["Ann Li", "Bo Berg"] {
        feels(&mut facts, ago(5), name, 0);
    }
    feels(&mut facts, ago(5), "Jane Doe", 2);
    assert_eq!(on(&facts, TODAY, contagion), Some(Contagion::Glad));
    feels(&mut facts, ago(4), "Jane Doe", -1);
    assert_eq!(on(&facts, TODAY, contagion), Some(Contagion::Cool));
}

fn values(facts: &mut Facts, day: Date, name: &str, ranking: &[&str]) {
    let ranking = ranking.iter().map(|one| (*one).to_owned()).collect();
    note(facts, day, Fact::Values { person: PersonRef::new(name, None), ranking });
}

#[test]
fn what_people_value_moves_with_direction_and_speed() {
    let list = |words: &[&str]| words.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    assert_eq!(distance(&list(&["a", "b", "c"]), &list(&["a", "b", "c"])), 0.0);
    assert_eq!(distance(&list(&["a", "b", "c"]), &list(&["c", "b", "a"])), 1.0);
    assert!((distance(&list(&["a", "b", "c"]), &list(&["b", "a", "c"])) - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(distance(&[], &list(&["a"])), 0.0);
    let mut facts = customer();
    assert!(on(&facts, TODAY, |loyal| moved(loyal).is_none()));
    values(&mut facts, ago(100), "Jane Doe", &["cost", "speed", "support"]);
    assert!(on(&facts, TODAY, |loyal| migrations(loyal).is_empty()), "asked once, nothing has moved");
    values(&mut facts, ago(10), "Jane Doe", &["speed", "cost", "support"]);
    values(&mut facts, ago(8), "Ann Li", &["support"]);
    on(&facts, TODAY, |loyal| {
        let all = migrations(loyal);
        assert_eq!((all.len(), all[0].rose.as_slice(), all[0].fell.as_slice()), (1, &["speed"][..], &["cost"][..]));
        assert!((all[0].speed - 1.0 / 3.0).abs() < 1e-9, "one of three pairs in 90 days");
        assert_eq!(disagreement(loyal), Some(("speed", "support")));
        let moved = moved(loyal).unwrap();
        assert_eq!((moved.from, moved.to), (Some("cost"), "speed"));
    });
    // Nothing that is promised serves what the buyer values most.
    let mut facts = customer();
    values(&mut facts, ago(10), "Jane Doe", &["speed"]);
    assert!(on(&facts, TODAY, |loyal| moved(loyal).is_none()), "nothing is promised");
    promise(&mut facts, ago(9), "2a3b", None, None);
    assert_eq!(on(&facts, TODAY, |loyal| moved(loyal).map(|one| one.to.to_owned())).as_deref(), Some("speed"));
    promise(&mut facts, ago(9), "speed", None, None);
    assert!(on(&facts, TODAY, |loyal| moved(loyal).is_none()));
}

#[test]
fn buyers_climb_on_dates_of_the_crm_and_accepted_proof() {
    let rules = Rules::default();
    let mut facts = customer();
    facts.usage.clear();
    let of = |facts: &Facts, day| on(facts, day, |loyal| climb(loyal, &rules, Group::Buyers)).unwrap();
    assert_eq!(of(&facts, TODAY).stage, Stage::Beginner);
    assert!(on(&facts, TODAY, |loyal| climb(loyal, &rules, Group::Builders)).is_none());
    note(&mut facts, ago(600), Fact::Moment { kind: MomentKind::GoLive, on: ago(600), about: String::new() });
    promise(&mut facts, ago(500), "2a3b", None, None);
    proof(&mut facts, ago(300), "2a3b", once(1), true);
    let champion = of(&facts, TODAY);
    assert_eq!(
        (champion.stage, champion.entered),
        (Stage::Champion, [None, Some(ago(700)), Some(ago(600)), Some(ago(300))])
    );
    // It lasts while the proof is under twelve months old.
    assert_eq!(of(&facts, plus(TODAY, 64)).stage, Stage::Champion);
    assert_eq!(of(&facts, plus(TODAY, 65)).stage, Stage::Regular);
    let all = on(&facts, TODAY, |loyal| clocks(loyal, &rules));
    let took: Vec<_> =
        all.iter().filter(|one| one.group == Group::Buyers).map(|one| (one.id, one.days(TODAY))).collect();
    // The evaluation began on a day that nobody knows: no clock of it.
    assert_eq!(took, [("go-live", 100.0), ("value-proof", 300.0)]);
}

#[test]
fn users_climb_on_usage_and_delight_and_a_later_step_implies_the_earlier() {
    let rules = Rules::default();
    let mut facts = customer();
    let of = |facts: &Facts, day| on(facts, day, |loyal| stages(loyal, &rules));
    assert_eq!(of(&facts, TODAY).users, Some(Stage::Beginner), "three people on a key feature are no tenth of 130");
    facts.usage.entry("feature:f0".into()).or_default().set(ago(30), 14.0);
    assert_eq!(of(&facts, TODAY).users, Some(Stage::Regular));
    assert_eq!(of(&facts, ago(31)).users, Some(Stage::Beginner));
    let survey = |value, person| Fact::Survey { kind: SurveyKind::Nps, value, person, on: ago(10) };
    note(&mut facts, ago(10), survey(9, Some(PersonRef::new("Ann Li", None))));
    assert_eq!(of(&facts, TODAY).users, Some(Stage::Champion));
    let mut bare = customer();
    bare.usage.clear();
    assert_eq!(of(&bare, TODAY).users, None);
    note(&mut bare, ago(10), survey(10, None));
    assert_eq!(of(&bare, TODAY).users, Some(Stage::Champion));
    assert!(on(&bare, TODAY, |loyal| clocks(loyal, &rules)).iter().all(|one| one.group != Group::Users));
}

#[test]
fn a_breach_throws_every_pyramid_back_one_step_not_below_beginner() {
    let rules = Rules::default();
    let mut facts = customer();
    facts.usage.clear();
    note(&mut facts, ago(600), Fact::Moment { kind: MomentKind::GoLive, on: ago(600), about: String::new() });
    promise(&mut facts, ago(500), "2a3b", None, None);
    proof(&mut facts, ago(100), "2a3b", once(1), true);
    note(&mut facts, ago(50), Fact::Breach { on: ago(50), because: String::new() });
    let of = |facts: &Facts, day| on(facts, day, |loyal| climb(loyal, &rules, Group::Buyers)).unwrap();
    assert_eq!(of(&facts, ago(51)).stage, Stage::Champion);
    assert_eq!((of(&facts, ago(50)).stage, of(&facts, ago(50)).set_back), (Stage::Regular, true));
    // A repair alone regains nothing; the test of the step, met after it, does.
    note(&mut facts, ago(40), Fact::Repair { on: ago(40), because: String::new() });
    assert_eq!(of(&facts, TODAY).stage, Stage::Regular);
    proof(&mut facts, ago(20), "2a3b", once(1), true);
    assert_eq!(of(&facts, TODAY).stage, Stage::Champion);
    let mut young = customer();
    young.usage.clear();
    note(&mut young, ago(50), Fact::Breach { on: ago(50), because: String::new() });
    assert_eq!(of(&young, TODAY).stage, Stage::Beginner);
}

#[test]
fn clocks_stand_beside_what_is_usual() {
    let clock = |took: i64, ended: bool| pyramid::Clock {
        group: Group::Buyers,
        id: "go-live",
        says: "time to go-live",
        from: Stage::Beginner,
        started: ago(took),
        ended: ended.then_some(TODAY),
    };
    let all = [clock(20, true), clock(40, true), clock(60, true), clock(100, true), clock(70, false), clock(10, false)];
    let of = usual(all.iter(), TODAY).unwrap();
    assert_eq!((of.median, of.p75, of.n, of.longer), (50.0, 70.0, 4, 1));
    assert_eq!(usual(all[4..].iter(), TODAY), None);
    let pace = |days| Pace::of(days, of.median, of.p75);
    assert_eq!([pace(50.0), pace(70.0), pace(71.0)], [Pace::OnPace, Pace::Behind, Pace::Stuck]);
    let rules: Rules = toml::from_str("[targets]\ngo-live = 60\n[segment.Enterprise]\ngo-live = 120").unwrap();
    assert_eq!((rules.target("go-live", Some("enterprise")), rules.target("go-live", None)), (Some(120.0), Some(60.0)));
}

#[test]
fn keep_classes_are_percentiles_in_the_book() {
    use super::keep::{Figures, Spread, class, percentile};
    let one = |margin: f64, potential: Option<f64>| Figures { margin: Some(margin), potential, strategic: None };
    let book: Vec<Figures> = (1..=10).map(|at| one(f64::from(at) * 10.0, Some(f64::from(at)))).collect();
    let spread = Spread::of(&book);
    assert_eq!(percentile(&spread.margin, 100.0), Some(95.0));
    let keep = |figures| class(figures, &spread).map(|class| class.keep);
    assert_eq!(keep(one(100.0, Some(10.0))), Some(Keep::Invest));
    assert_eq!(keep(one(70.0, Some(6.0))), Some(Keep::Grow));
    assert_eq!(keep(one(50.0, Some(5.0))), Some(Keep::Maintain));
    assert_eq!(keep(one(10.0, Some(1.0))), Some(Keep::Rethink));
    // Never on fewer than two of the three, nor in a book of one.
    assert_eq!(keep(one(100.0, None)), None);
    assert_eq!(class(one(1.0, Some(1.0)), &Spread::of(&book[..1])), None);
    let figure = class(one(100.0, Some(1.0)), &spread).unwrap().figure;
    assert!((figure - (0.4 * 95.0 + 0.35 * 5.0) / 0.75).abs() < 1e-9, "the third gives its weight away");
}

#[test]
fn nobody_is_asked_twice_in_ninety_days() {
    let mut facts = customer();
    let left = |facts: &Facts, day| on(facts, day, |loyal| advocacy::protected(loyal, &facts.people[0].id));
    assert_eq!(left(&facts, TODAY), None);
    let asked = Fact::Advocacy {
        kind: AdvocacyKind::Reference,
        state: AskState::Declined,
        person: Some(jane()),
        on: ago(80),
        about: String::new(),
    };
    note(&mut facts, ago(80), asked);
    assert_eq!((left(&facts, TODAY), left(&facts, plus(TODAY, 10)), left(&facts, ago(81))), (Some(10), None, None));
    note(&mut facts, ago(5), Fact::Wants { person: jane(), what: "speaking".into() });
    assert!(on(&facts, TODAY, |loyal| advocacy::to_ask(loyal).is_none()));
    assert_eq!(
        on(&facts, plus(TODAY, 10), |loyal| advocacy::to_ask(loyal).map(|one| one.1.to_owned())).as_deref(),
        Some("speaking")
    );
}

#[test]
fn the_plan_covers_the_four_cs() {
    let mut facts = customer();
    let touches = std::mem::take(&mut facts.touches);
    let squares = |facts: &Facts| on(facts, TODAY, |loyal| plan::coverage(loyal).map(plan::squares));
    assert_eq!(squares(&facts), None);
    let goal = |of: &str, c| Fact::Goal { tag: tag(of), c, text: "x".into(), due: Some(ago(3)), owner: None };
    use crate::book::journal::words::FourC;
    note(&mut facts, ago(200), goal("2a3b", FourC::Communication));
    note(&mut facts, ago(20), Fact::Request { tag: tag("3b4c"), text: "audit log".into(), person: Some(jane()) });
    assert_eq!(squares(&facts).as_deref(), Some("■■□□"));
    on(&facts, TODAY, |loyal| assert_eq!(plan::items(loyal)[0].late(TODAY), 3));
    let step = |item, of: &str, state, day| Fact::Step { item, of: tag(of), state, on: day };
    note(&mut facts, ago(100), step(ItemKind::Goal, "2a3b", ItemState::Done, ago(100)));
    note(&mut facts, ago(5), step(ItemKind::Request, "3b4c", ItemState::Shipped, ago(5)));
    assert_eq!(squares(&facts).as_deref(), Some("□■□□"));
    on(&facts, TODAY, |loyal| assert_eq!(plan::shipped_untold(loyal).len(), 1));
    note(&mut facts, ago(1), step(ItemKind::Request, "3b4c", ItemState::Told, ago(1)));
    on(&facts, TODAY, |loyal| assert!(plan::shipped_untold(loyal).is_empty()));
    // A two-way touch is communication, too; the request that was told is no collaboration any more.
    facts.touches = touches;
    assert_eq!(squares(&facts).as_deref(), Some("■□□□"));
}

#[test]
fn reassurance_is_due_at_seven_thirty_and_ninety_days() {
    let mut facts = customer();
    facts.touches.clear();
    facts.customer_since = Some(ago(40));
    let due = |facts: &Facts, day| on(facts, day, moments::reassurance).map(|one| (one.after, one.step, one.late));
    assert_eq!(due(&facts, ago(34)), None);
    assert_eq!(due(&facts, ago(33)), Some(("purchase", 7, 0)));
    assert_eq!(due(&facts, TODAY), Some(("purchase", 30, 10)));
    let mut touched = facts.clone();
    touched.touches.push(crate::book::sample::touch(crate::book::facts::TouchKind::Call, ago(12), &["1"]));
    assert_eq!(due(&touched, TODAY), None);
    assert_eq!(due(&touched, plus(TODAY, 51)), Some(("purchase", 90, 1)));
    assert_eq!(due(&touched, plus(TODAY, 90)), None, "its time is over");
}

#[test]
fn win_and_loss_beside_what_was_expected_ninety_days_before() {
    let mut facts = customer();
    let outcome = |kind, change| Fact::Outcome {
        kind,
        change,
        cause: Some(Cause::Price),
        on: ago(5),
        about: String::new(),
        lesson: String::new(),
    };
    let mut by_call = facts.clone();
    let call = crate::book::journal::words::Call::Commit;
    note(&mut by_call, ago(120), Fact::Forecast { call, amount: Some(usd(110_000)), because: String::new() });
    note(&mut by_call, ago(5), outcome(OutcomeKind::Renewed, Some(Delta::Share(-1_000))));
    let read = |loyal: &Loyal<'_, '_>| {
        let one = winloss::all(loyal).remove(0);
        (one.expected, one.actual, one.variance(), one.called)
    };
    assert_eq!(on(&by_call, TODAY, read), (Some(110_000.0), Some(108_000.0), Some(-2_000.0), true));
    note(&mut facts, ago(5), outcome(OutcomeKind::Churned, None));
    let (expected, actual, _, called) = on(&facts, TODAY, read);
    assert!(!called && actual == Some(0.0) && expected.unwrap() > 60_000.0);
}

#[test]
fn surveys_count_for_two_quarters_and_answers_are_owed_a_reply() {
    let mut facts = customer();
    let survey = |kind, value, who: Option<&str>, day| Fact::Survey {
        kind,
        value,
        person: who.map(|name| PersonRef::new(name, None)),
        on: day,
    };
    assert_eq!(on(&facts, TODAY, voice::nps), None);
    note(&mut facts, ago(181), survey(SurveyKind::Nps, 0, None, ago(181)));
    note(&mut facts, ago(90), survey(SurveyKind::Nps, 3, Some("Jane Doe"), ago(90)));
    note(&mut facts, ago(30), survey(SurveyKind::Nps, 10, Some("Jane Doe"), ago(30)));
    note(&mut facts, ago(20), survey(SurveyKind::Nps, 8, None, ago(20)));
    assert_eq!(on(&facts, TODAY, voice::nps), Some((50.0, ago(20))));
    note(&mut facts, ago(20), survey(SurveyKind::Emotion, 8, None, ago(20)));
    note(&mut facts, ago(20), survey(SurveyKind::Effort, 4, None, ago(20)));
    // Emotion weighs twice as much as effort; success is not known.
    about(on(&facts, TODAY, voice::experience).map(|one| one.0), (80.0 * 0.5 + 40.0 * 0.25) / 0.75, 1e-9);
    use crate::book::journal::words::Question;
    let answer = |reply_by| Fact::Answer {
        question: Question::Gaps,
        text: "exports".into(),
        person: Some(jane()),
        owner: None,
        reply_by,
    };
    note(&mut facts, ago(19), answer(Some(ago(9))));
    on(&facts, TODAY, |loyal| {
        assert_eq!(voice::owed(loyal).iter().map(|one| one.1).collect::<Vec<_>>(), [9]);
        assert_eq!(voice::to_ask(loyal).len(), 6);
    });
    facts.touches.push(crate::book::sample::touch(crate::book::facts::TouchKind::Call, ago(2), &["1"]));
    on(&facts, TODAY, |loyal| assert!(voice::owed(loyal).is_empty()));
}

#[test]
fn whoever_takes_over_gets_the_list() {
    let mut facts = customer();
    promise(&mut facts, ago(60), "2a3b", once(1), Some(plus(TODAY, 9)));
    values(&mut facts, ago(30), "Jane Doe", &["cost", "speed"]);
    assert!(on(&facts, TODAY, |loyal| handover::handover(loyal, 60.0)).is_none());
    facts.owner.push(ago(4), ago(4), Some("ben@example.com".into()));
    let list = on(&facts, TODAY, |loyal| handover::handover(loyal, 60.0)).unwrap();
    let kinds: Vec<_> = list.lines.iter().map(|one| one.0).collect();
    assert_eq!(kinds, ["open promise", "values", "next touch", "next touch"]);
    assert!(on(&facts, plus(TODAY, 90), |loyal| handover::handover(loyal, 60.0)).is_none());
}

#[test]
fn queries_ask_for_all_of_it() {
    use crate::book::query::{Look, parse};
    let mut facts = customer();
    promise(&mut facts, ago(400), "2a3b", yearly(100_000), Some(ago(20)));
    promise(&mut facts, ago(300), "3b4c", None, Some(plus(TODAY, 9)));
    proof(&mut facts, ago(100), "2a3b", yearly(60_000), true);
    feels(&mut facts, ago(5), "Jane Doe", -1);
    values(&mut facts, ago(90), "Jane Doe", &["cost", "speed"]);
    values(&mut facts, ago(8), "Jane Doe", &["speed", "cost"]);
    note(&mut facts, ago(40), Fact::Wants { person: PersonRef::new("Kim Park", None), what: "speaking".into() });
    note(&mut facts, ago(30), Fact::Survey { kind: SurveyKind::Nps, value: 9, person: None, on: ago(30) });
    note(&mut facts, ago(3), Fact::Breach { on: ago(3), because: "data left".into() });
    let model = Model::built_in_for_tests();
    let rates = Rates::new(Currency::USD);
    let eval = Eval::new(&facts, &model).in_money(&rates);
    let look = Look::new(&eval, On::from(TODAY));
    for (query, fits) in [
        ("promise.gap=40k", true),
        ("promise.late=20d promise.late.text:2a3b promise.late.to:jane", true),
        ("promise.due<=9d promise.due.text:3b4c promise.count=2", true),
        ("proof.age=100d proof.streak=1 proof.last:2a3b", true),
        ("return>0.1 return<0.2", true),
        ("trust<=20 breach.age=3d breach.why:data", true),
        // Champions both, thrown back by the breach.
        ("stage.buyers:regular stage.users:regular", true),
        ("stage.buyers:champion", false),
        ("no:stage.builders", true),
        ("loyalty.buyers<50 loyalty.weakest.tier:buyer no:loyalty.users", true),
        ("value.moved=8d value.moved.from:cost value.moved.to:speed", true),
        ("survey.nps=100 no:survey.experience", true),
        ("want:speaking want.who:kim", true),
        ("no:plan.covered no:requests.open no:reply.late", true),
        ("loyalty.where:alone", false),
    ] {
        assert_eq!(parse(query).unwrap().matches(&look), fits, "{query}");
    }
    // Without a journal all of it is absent, and no comparison fits.
    let bare = customer();
    let eval = Eval::new(&bare, &model).in_money(&rates);
    let look = Look::new(&eval, On::from(TODAY));
    for query in ["trust<100", "promise.gap>=0", "return>=0", "proof.age>=0d", "loyalty.weakest>=0", "plan.covered>=0"]
    {
        assert!(!parse(query).unwrap().matches(&look), "{query}");
    }
}

#[test]
fn what_stands_behind_the_new_measures_is_shown_record_by_record() {
    let mut facts = customer();
    promise(&mut facts, ago(400), "2a3b", yearly(100_000), Some(ago(20)));
    proof(&mut facts, ago(100), "2a3b", yearly(60_000), true);
    feels(&mut facts, ago(50), "Jane Doe", 2);
    feels(&mut facts, ago(5), "Jane Doe", -1);
    let model = Model::built_in_for_tests();
    let eval = Eval::new(&facts, &model);
    let rows = |id: &str| {
        let measure = model.measures.iter().find(|one| one.id == id).unwrap();
        let all = crate::book::records::of_measure(measure, &eval, On::from(TODAY));
        all.into_iter().map(|row| (row.text.clone(), row.counts())).collect::<Vec<_>>()
    };
    assert_eq!(
        rows("trust"),
        [("−15 → 42: missed promise: cut 2a3b".into(), true), ("+10 → 60: accepted proof: cut 2a3b".into(), true)]
    );
    assert_eq!(rows("buyer-feeling"), [("Jane Doe −1".into(), true), ("Jane Doe +2".into(), false)]);
    assert_eq!(rows("proof-age")[0], ("proof of “cut 2a3b”, $60k a year, accepted by Jane Doe".into(), true));
    assert!(rows("promises")[0].0.starts_with("promise 2a3b: cut 2a3b, worth $100k a year, due"));
}
