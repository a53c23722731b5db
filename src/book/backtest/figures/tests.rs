//! Hand-worked books: a handful of accounts whose outcomes are known, and what the figures must be.

use super::*;
use crate::book::backtest::{Spec, month_ends};
use crate::book::day::plus;
use crate::book::facts::Facts;
use crate::book::sample::{ago, healthy, sinking, usage};

fn spec(horizon: i64) -> Spec {
    Spec { days: month_ends(ago(150), ago(horizon)), horizon }
}

fn trial_of(spec: Spec, accounts: &[Facts], models: &[&Model]) -> Trial {
    let mut trial = Trial::new(spec, models);
    accounts.iter().for_each(|facts| trial.account(facts, models, None));
    trial
}

/// A book in which those who sank left, `ago(10)`, and the healthy stayed.
fn book(stayed: usize, left: usize) -> Vec<Facts> {
    let mut accounts = vec![healthy(); stayed];
    for _ in 0..left {
        let mut facts = sinking();
        facts.churned_on = Some(ago(10));
        facts.stage.push(ago(10), ago(10), Some("former".into()));
        accounts.push(facts);
    }
    accounts
}

#[test]
fn the_lost_are_told_from_the_kept() {
    let model = Model::built_in_for_tests();
    let trial = trial_of(spec(90), &book(8, 2), &[&model]);
    let figures = trial.figures(0, &model, None);
    // The ends of June and July: both lie more than 90 days before the loss.
    assert_eq!((figures.month_ends, figures.accounts), (2, 10));
    assert_eq!((figures.cases, figures.lost), (20, 0));
    assert_eq!((figures.auc, figures.lift_worst_tenth, figures.recall), (None, None, None));

    let trial = trial_of(spec(30), &book(8, 2), &[&model]);
    let figures = trial.figures(0, &model, None);
    // The ends of June to September: what became of the end of October is not known yet.
    assert_eq!((figures.month_ends, figures.cases, figures.lost), (4, 40, 0));

    let trial = trial_of(Spec { days: month_ends(ago(150), ago(20)), horizon: 20 }, &book(8, 2), &[&model]);
    let figures = trial.figures(0, &model, None);
    // The end of October is 13 days before the loss.
    assert_eq!((figures.month_ends, figures.cases, figures.lost), (5, 50, 2));
    assert_eq!(figures.base_rate, Some(0.04));
    assert_eq!((figures.losses.left, figures.losses.shrank), (2, 0));
    let auc = figures.auc.unwrap();
    assert!(auc > 0.9, "{auc}");
    assert!(figures.lift_worst_tenth.unwrap() > 3.0);
    assert_eq!(figures.calibration.iter().map(|tenth| tenth.n).sum::<usize>(), 50);
    assert!(figures.brier.is_some_and(|brier| (0.0..=1.0).contains(&brier)));
    assert!(figures.measures.iter().any(|measure| measure.auc.is_some_and(|auc| auc > 0.9)));
    assert!(figures.measures.iter().all(|measure| measure.drop.is_none_or(|drop| drop.abs() <= 1.0)));
}

#[test]
fn a_loss_is_below_healthy_early_enough_or_it_is_not() {
    let model = Model::built_in_for_tests();
    // Left 75 days after a month-end: the one that hardly used it was below healthy then, the other was not.
    let day = ago(84).last_of_month();
    let mut facts = vec![healthy(), healthy()];
    facts[1].usage.clear();
    usage(&mut facts[1], |_| 20.0, |_| 20.0, 1);
    for one in &mut facts {
        one.churned_on = Some(plus(day, 75));
    }
    let trial = trial_of(Spec { days: vec![day], horizon: 90 }, &facts, &[&model]);
    let figures = trial.figures(0, &model, None);
    let early = &figures.bars[1];
    assert_eq!((early.id, early.value, early.n, early.met), ("lost_below_healthy_before", Some(0.5), 2, Some(false)));
    assert_eq!(figures.bars[2].value, Some(0.5));
    assert_eq!(figures.lost, 2);
}

#[test]
fn halves_of_a_book_add_up_to_the_whole() {
    let model = Model::built_in_for_tests();
    let spec = Spec { days: month_ends(ago(150), ago(20)), horizon: 20 };
    let accounts = book(6, 3);
    let whole = trial_of(spec.clone(), &accounts, &[&model]);
    let mut half = trial_of(spec.clone(), &accounts[..4], &[&model]);
    half.merge(trial_of(spec, &accounts[4..], &[&model]));
    let (mut a, mut b) = (whole.figures(0, &model, None), half.figures(0, &model, None));
    // Sums of fractions differ in their last bit by the order in which they are added.
    assert!((a.confidence.unwrap() - b.confidence.unwrap()).abs() < 1e-12);
    (a.confidence, b.confidence) = (None, None);
    assert_eq!(a, b);
    assert_eq!(whole.figures(0, &model, Some(7)).auc, half.figures(0, &model, Some(7)).auc);
}

#[test]
fn dealt_outcomes_are_chance() {
    let mut cases: Vec<Case> =
        (0..4000).map(|at| Case { score: f64::from(at) / 40.0, p: 0.1, band: Band::Watch, lost: at < 400 }).collect();
    let auc = |cases: &[Case]| {
        let mut tally = Tally::default();
        cases.iter().for_each(|case| tally.add(case.score, case.lost));
        tally.auc().unwrap()
    };
    assert!(auc(&cases) > 0.999);
    for seed in [1, 2, 3] {
        deal(&mut cases, seed);
        assert_eq!(cases.iter().filter(|case| case.lost).count(), 400);
        assert!((auc(&cases) - 0.5).abs() < 0.06, "{}", auc(&cases));
    }
}

#[test]
fn two_models_stand_side_by_side() {
    let model = Model::built_in_for_tests();
    // The second calls everybody at risk.
    let mut gloomy = model.clone();
    gloomy.bands.at_risk = 101.0;
    gloomy.bands.at_risk_kept = 101.0;
    let spec = Spec { days: month_ends(ago(150), ago(20)), horizon: 20 };
    let accounts = book(4, 2);
    let trial = trial_of(spec, &accounts, &[&model, &gloomy]);
    let (a, b) = (trial.figures(0, &model, None), trial.figures(1, &gloomy, None));
    assert_eq!(a.auc, b.auc, "the scores are the same");
    assert_eq!((b.at_risk, b.recall, b.losses.caught), (b.cases, Some(1.0), 2));
    assert_eq!(trial.caught_by(0, 1), [a.losses.caught, 0, 2 - a.losses.caught, 0]);
}
