//! Filtering 100,000 accounts as it is typed, beside a plain substring scan over their names in memory:
//! `cargo bench --bench filter [-- ACCOUNTS]`. Prints milliseconds and the ratio; nothing here passes or fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::time::Instant;

use jiff::civil::date;
use jiff::tz::TimeZone;
use rounds::book::assess::{Context, Medians, Rates, assess};
use rounds::book::facts::Facts;
use rounds::book::ids::AccountId;
use rounds::book::model::Model;
use rounds::book::money::{Currency, Money};
use rounds::book::query::parse;
use rounds::book::row::{Entity, Row, Value};
use rounds::book::view::PageQuery;
use rounds::config;
use rounds::store::{Access, Assessed, Batch, Filter, Scope, Store};

const FIRST: [&str; 16] = [
    "North", "South", "Amber", "Cedar", "Stone", "River", "Iron", "Silver", "Maple", "Harbour", "Bright", "Clear",
    "High", "Lake", "Moor", "Pine",
];
const SECOND: [&str; 16] = [
    "wind", "field", "gate", "brook", "mark", "ford", "bridge", "hill", "wood", "haven", "crest", "dale", "port",
    "mouth", "well", "burn",
];
const THIRD: [&str; 12] = [
    "Traders",
    "Energy",
    "Labs",
    "Foods",
    "Logistics",
    "Health",
    "Systems",
    "Bank",
    "Media",
    "Legal",
    "Textiles",
    "Works",
];

fn name(n: usize) -> String {
    format!("{}{} {} {n}", FIRST[n % 16], SECOND[n / 16 % 16], THIRD[n / 7 % 12])
}

fn main() {
    let accounts: usize = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(folder.path(), Access::ReadWrite).expect("a store").store;
    let model = Model::parse(config::HEALTH, config::PLAYS).expect("the model");
    let today = date(2026, 11, 23);
    let (zone, rates, medians) = (TimeZone::UTC, Rates::new(Currency::USD), Medians::default());
    let ctx = Context { rates: &rates, medians: &medians, zone: &zone, actions: &[], flags: &[] };
    let names: Vec<String> = (0..accounts).map(name).collect();
    for chunk in (0..accounts).collect::<Vec<_>>().chunks(5000) {
        let rows = chunk.iter().map(|n| {
            let mut row = Row::new(Entity::Account, n.to_string());
            row.fields.insert("name".into(), Value::Text(names[*n].clone()));
            row
        });
        let at = "2026-11-23T08:00:00Z".parse().expect("a moment");
        let batch = Batch::new("crm".into(), "account", rows.collect(), at);
        store.apply(&batch).expect("rows");
        let standings = chunk.iter().map(|n| {
            let id = AccountId::from(format!("crm:{n}"));
            let mut facts = Facts::new(id.clone(), names[*n].clone());
            let money = Money { minor: (n * 7919 % 900_000) as i64 * 100, currency: Currency::USD };
            facts.arr.push(date(2025, 1, 1), date(2025, 1, 1), Some(money));
            facts.csat.push(date(2026, 11, 1), date(2026, 11, 1), Some((n % 11) as f64));
            facts.renewal.push(
                date(2025, 1, 1),
                date(2025, 1, 1),
                Some(rounds::book::day::plus(today, (n * 37 % 400) as i64)),
            );
            let standing = assess(&facts, &model, today, &ctx);
            Assessed { version: store.version(&id).expect("a version"), standing, arr_start: None, arr_end: None }
        });
        let standings: Vec<Assessed> = standings.collect();
        store.put_standings(&standings, "bench", "2026-11-23T08:00:00Z".parse().expect("a moment")).expect("standings");
    }
    println!("{accounts} accounts; first page of 40 and the count, in ms; a scan of all names in memory beside it");
    println!("{:34} {:>8} {:>8} {:>8} {:>8} {:>7}", "typed", "page", "count", "scan", "hits", "ratio");
    for typed in [
        "n",
        "no",
        "nor",
        "north",
        "northw",
        "northwind",
        "northwind tr",
        "northwind traders 4",
        "zzz",
        "health<50",
        "health<50 renewal<90d",
        "health<50 renewal<90d nor",
        "arr>500k -is:healthy",
        "is:at-risk or renewal:q1",
        "no:renewal",
    ] {
        let filter = Filter::of(&parse(typed).expect("a query"), today, None);
        let query = PageQuery { filter: typed.to_owned(), limit: 40, ..PageQuery::default() };
        let best = |run: &mut dyn FnMut()| {
            (0..5)
                .map(|_| {
                    let begun = Instant::now();
                    run();
                    begun.elapsed().as_secs_f64() * 1e3
                })
                .fold(f64::INFINITY, f64::min)
        };
        let page = best(&mut || {
            std::hint::black_box(store.page(&query, &filter, &Scope::team()).expect("a page"));
        });
        let mut hits = 0;
        let count = best(&mut || hits = store.count(&filter, &Scope::team()).expect("a count"));
        let word = typed.split_whitespace().next_back().unwrap_or_default().to_lowercase();
        let scan = best(&mut || {
            std::hint::black_box(names.iter().filter(|name| name.to_lowercase().contains(&word)).count());
        });
        println!("{typed:34} {page:>8.2} {count:>8.2} {scan:>8.2} {hits:>8} {:>7.2}", (page + count) / scan);
    }
}
