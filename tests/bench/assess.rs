//! What assessing a book costs beside reading the same facts: `cargo bench --bench assess -- DATA_FOLDER`.
//!
//! DATA_FOLDER is what a sync left (`rounds practice`, then `rounds sync --data DATA_FOLDER`). Prints milliseconds of CPU
//! time on one thread and their ratio; nothing here passes or fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use rounds::book::assess::{Context, Medians, Rates, assess_of};
use rounds::book::day::number;
use rounds::book::model::Model;
use rounds::book::money::Currency;
use rounds::book::prepared::On;
use rounds::book::score::Eval;
use rounds::config;
use rounds::store::{Access, Filter, Scope, Store};

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from) else {
        println!("assess: name a data folder that a sync has filled: cargo bench --bench assess -- DATA_FOLDER");
        return;
    };
    let store = Store::open(&folder, Access::ReadOnly).expect("the folder").store;
    let model = Model::parse(config::HEALTH, config::PLAYS).expect("the model");
    let (zone, rates, medians) = (TimeZone::UTC, Rates::new(Currency::USD), Medians::default());
    let ctx = Context { rates: &rates, medians: &medians, zone: &zone, actions: &[], flags: &[] };
    let accounts = store.candidates(&Filter::all(), &Scope::team()).expect("the accounts");
    let mut today = None;
    let mut holding = 0_usize;
    store
        .all_standings(|standing| {
            today = today.max(Some(standing.day));
            holding += usize::from(!standing.former && number(standing.valid_until) > number(standing.day) + 1);
            true
        })
        .expect("the standings");
    let today = today.expect("a standing");
    let [mut reading, mut scoring, mut weeks, mut whole] = [Duration::ZERO; 4];
    let (mut folds, mut known) = (0, 0_usize);
    for one in &accounts {
        let begun = Instant::now();
        let Some(facts) = store.facts(&one.id, &zone, Currency::USD).expect("the facts") else { continue };
        reading += begun.elapsed();
        known += 1;

        let begun = Instant::now();
        let eval = Eval::new(&facts, &model);
        std::hint::black_box(eval.score(number(today)));
        scoring += begun.elapsed();

        let begun = Instant::now();
        let eval = Eval::new(&facts, &model);
        for week in 0..13 {
            std::hint::black_box(eval.score(On::from(today).day - 7 * week));
        }
        weeks += begun.elapsed();

        let begun = Instant::now();
        let eval = Eval::new(&facts, &model).in_money(&rates);
        std::hint::black_box(assess_of(&eval, today, &ctx));
        whole += begun.elapsed();
        folds += eval.folds();
    }
    let row = |what: &str, time: Duration| {
        let each = time.as_secs_f64() * 1e6 / known.max(1) as f64;
        let ratio = time.as_secs_f64() / reading.as_secs_f64().max(1e-9);
        println!("{what:44} {:>9.0} ms {each:>9.1} µs each {ratio:>6.2} × reading", time.as_secs_f64() * 1e3);
    };
    println!("{known} accounts as of {today}");
    row("reading the facts from SQLite", reading);
    row("the score of today", scoring);
    row("the scores of 13 weeks", weeks);
    row("all of it: 13 weeks, flags, plays, valid until", whole);
    println!("{:.1} days folded per account", f64::from(folds) / known.max(1) as f64);
    println!("{holding} of {known} standings still hold after midnight");
}
