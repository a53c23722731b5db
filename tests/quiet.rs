//! Quiet: ninety days of a book, day by day, and how often it would have spoken up. A count, not a time.
//!
//! `ROUNDS_REPLAY_ACCOUNTS=1000 cargo test --test quiet -- --nocapture` prints it for a larger book.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Home, Practice, TODAY};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rounds::book::day::number;
use rounds::book::ids::AccountId;
use rounds::book::model::Model;
use rounds::book::money::Currency;
use rounds::book::news::{News, replay};
use rounds::book::score::Eval;
use rounds::config::{HEALTH, PLAYS};
use rounds::store::{Access, Store};

const DAYS: i32 = 90;
/// The accounts of one CSM.
const BOOK: f64 = 80.0;
/// Most events that a CSM sees on a day, on the average of all days.
const MOST: f64 = 5.0;

#[test]
fn a_csm_with_80_accounts_sees_few_events_a_day() {
    let accounts = std::env::var("ROUNDS_REPLAY_ACCOUNTS").unwrap_or_else(|_| "150".into());
    let practice = Practice::start(&["--accounts", &accounts]);
    let env = Home::of(&practice).env;
    let home = Home { env, ..Home::with(practice.hello["config"].as_str().expect("config")) };
    home.ok(&["sync"]);
    let list = home.json(&["list", "--json"]);
    let store = Store::open(&home.data(), Access::ReadOnly).unwrap().store;
    let model = Model::parse(HEALTH, PLAYS).unwrap();
    let today = number(TODAY.parse::<Date>().unwrap());
    let mut found: Vec<(AccountId, Date, News)> = Vec::new();
    let ids: Vec<AccountId> =
        list.as_array().unwrap().iter().map(|item| AccountId(item["id"].as_str().unwrap().to_owned())).collect();
    for id in &ids {
        let facts = store.facts(id, &TimeZone::UTC, Currency::USD).unwrap().unwrap();
        let eval = Eval::new(&facts, &model);
        found.extend(replay(&eval, today - DAYS, today).into_iter().map(|(day, news)| (id.clone(), day, news)));
    }
    let rate = found.len() as f64 / f64::from(DAYS) * BOOK / ids.len() as f64;
    let mut kinds: BTreeMap<String, (usize, BTreeSet<&AccountId>)> = BTreeMap::new();
    let mut days: BTreeMap<Date, usize> = BTreeMap::new();
    for (id, day, news) in &found {
        let of = news.to.as_deref().or(news.from.as_deref()).unwrap_or_default();
        let entry = kinds.entry(format!("{} {of}", news.kind.name())).or_default();
        entry.0 += 1;
        entry.1.insert(id);
        *days.entry(*day).or_default() += 1;
    }
    println!("{} accounts, {DAYS} days: {} events, {rate:.2} a day for {BOOK} accounts", ids.len(), found.len());
    for (kind, (count, who)) in &kinds {
        println!("  {count:>6}  {kind} ({:.1} for each account that had it)", *count as f64 / who.len() as f64);
    }
    let worst = days.values().max().copied().unwrap_or(0) as f64 * BOOK / ids.len() as f64;
    println!("  the loudest day: {worst:.1}");
    assert!(!found.is_empty(), "something happens in a quarter");
    assert!(rate < MOST, "{rate:.2} events a day");
}
