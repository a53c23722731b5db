//! The portfolio in windows: every sort, absent values last, the top line, freshness.

use jiff::civil::{Date, date};
use rounds::book::money::Currency;
use rounds::book::query::{Line, parse};
use rounds::book::standing::{MeasureResult, Severity, Standing};
use rounds::book::typical::Median;
use rounds::book::view::{PageQuery, Sort};
use rounds::store::{Assessed, Filter, Scope, SourceMark, Store};

use crate::book::{Folder, TODAY, account, batch, crm, flag, now, put, standing, usd};

/// Nine accounts, each sort with absent values in it, half of them Omar's.
fn filled(folder: &Folder) -> Store {
    let mut store = folder.open();
    store.apply(&batch("account", (0..9).map(|n| account(&n.to_string(), &format!("Co {n}"))).collect())).unwrap();
    let standings = (0..9_i64).map(|n| {
        let score = (n % 4 != 3).then_some(((n * 37) % 90) as f64);
        let mut one = standing(&format!("crm:{n}"), &format!("Co {}", (n * 5) % 9), score);
        one.exposure = ((n * 31) % 50) as f64;
        one.health.delta_7d = (n % 3 != 0).then_some((n * 7 % 11) as f64 - 5.0);
        one.arr_book = (n % 5 != 4).then(|| usd(10_000 * (n * 3 % 7)));
        one.renewal = (n % 3 != 1).then(|| date(2026, 12, 1).checked_add(jiff::Span::new().days(n * 11 % 60)).unwrap());
        one.last_touch = (n % 4 != 0).then(|| date(2026, 10, 1).checked_add(jiff::Span::new().days(n * 5)).unwrap());
        if n % 2 == 1 {
            one.owner = Some("Omar@us.example".into());
        }
        one
    });
    put(&mut store, standings.collect());
    store
}

/// What a sort looks at, as a number that grows; `None`: absent.
fn key(sort: Sort, one: &rounds::book::view::PortfolioRow, exposure: f64) -> Option<f64> {
    let day = |day: Option<Date>| day.map(|day| f64::from((day - date(2000, 1, 1)).get_days()));
    match sort {
        Sort::Urgency => Some(-exposure),
        Sort::Name => None,
        Sort::Health => one.score,
        Sort::Change => one.delta_7d,
        Sort::Arr => one.arr_book.map(|money| -money.units()),
        Sort::Renewal => day(one.renewal),
        Sort::Touch => Some(day(one.last_touch).unwrap_or(f64::MIN)),
    }
}

#[test]
fn every_sort_both_ways_in_windows_of_every_size() {
    let folder = Folder::new();
    let store = filled(&folder);
    let mut exposures = std::collections::HashMap::new();
    store
        .all_standings(|one: Standing| {
            exposures.insert(one.account.clone(), one.exposure);
            true
        })
        .unwrap();
    for scope in [Scope::team(), Scope::of("omar@us.example"), Scope::of("MAYA@us.example")] {
        let total = store.count(&Filter::all(), &scope).unwrap();
        assert_eq!(
            total,
            if scope.owner.is_none() {
                9
            } else if scope.owner.as_deref() == Some("omar@us.example") {
                4
            } else {
                5
            }
        );
        for sort in Sort::ALL {
            for reverse in [false, true] {
                let ask = |offset, limit| {
                    let query = PageQuery { sort, reverse, offset, limit, ..PageQuery::default() };
                    store.page(&query, &Filter::all(), &scope).unwrap()
                };
                let whole = ask(0, 100);
                assert_eq!((whole.rows.len() as u64, whole.total), (total, Some(total)));
                let keys = whole.rows.iter().map(|row| key(sort, row, exposures[&row.account])).collect::<Vec<_>>();
                if sort == Sort::Name {
                    let names = whole.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
                    assert!(names.windows(2).all(|pair| if reverse { pair[0] >= pair[1] } else { pair[0] <= pair[1] }));
                } else {
                    let known = keys.iter().flatten().collect::<Vec<_>>();
                    let in_order = |a: &f64, b: &f64| if reverse { a >= b } else { a <= b };
                    assert!(known.windows(2).all(|pair| in_order(pair[0], pair[1])), "{sort:?} {reverse} {keys:?}");
                    let first_absent = keys.iter().position(Option::is_none).unwrap_or(keys.len());
                    assert!(keys[first_absent..].iter().all(Option::is_none), "absent ones last: {sort:?} {keys:?}");
                }
                // Every window shows the same order, whichever way it is reached.
                for limit in 1..=4 {
                    for offset in (0..12).chain([3, 0, 8, 5]) {
                        let window = ask(offset, limit);
                        let from = (offset as usize).min(whole.rows.len());
                        let to = (from + limit as usize).min(whole.rows.len());
                        assert_eq!(window.rows, whole.rows[from..to], "{sort:?} {reverse} {offset} {limit}");
                    }
                }
                for (place, row) in whole.rows.iter().enumerate() {
                    let query = PageQuery { sort, reverse, ..PageQuery::default() };
                    let found = store.position(&query, &Filter::all(), &scope, &row.account).unwrap();
                    assert_eq!(found, Some(place as u64), "{sort:?} {reverse}");
                }
            }
        }
    }
}

#[test]
fn filters_leave_the_order_and_are_counted() {
    let folder = Folder::new();
    let store = filled(&folder);
    let query = parse("health<50 owner:omar or arr>=60k").unwrap();
    let filter = Filter::of(&query, TODAY, Some("maya@us.example"));
    let whole = store.page(&PageQuery { limit: 100, ..PageQuery::default() }, &Filter::all(), &Scope::team()).unwrap();
    let fitting = whole
        .rows
        .into_iter()
        .filter(|row| query.matches(&Line { row, today: TODAY, me: Some("maya@us.example") }))
        .collect::<Vec<_>>();
    assert!(!fitting.is_empty() && fitting.len() < 9);
    let page = store.page(&PageQuery { limit: 100, ..PageQuery::default() }, &filter, &Scope::team()).unwrap();
    assert_eq!((page.rows.as_slice(), page.total), (fitting.as_slice(), None));
    assert_eq!(store.count(&filter, &Scope::team()).unwrap(), fitting.len() as u64);
    for (offset, row) in fitting.iter().enumerate() {
        let query = PageQuery { offset: offset as u64, limit: 1, ..PageQuery::default() };
        assert_eq!(&store.page(&query, &filter, &Scope::team()).unwrap().rows[0], row);
        let place = store.position(&PageQuery::default(), &filter, &Scope::team(), &row.account).unwrap();
        assert_eq!(place, Some(offset as u64));
    }
    let out = store.position(
        &PageQuery::default(),
        &Filter::of(&parse("zzz").unwrap(), TODAY, None),
        &Scope::team(),
        &"crm:1".into(),
    );
    assert_eq!(out.unwrap(), None);
}

#[test]
fn a_page_after_a_change_shows_the_change() {
    let folder = Folder::new();
    let mut store = filled(&folder);
    let ask = |store: &Store, offset| {
        let query = PageQuery { offset, limit: 3, ..PageQuery::default() };
        store.page(&query, &Filter::all(), &Scope::team()).unwrap()
    };
    let second = ask(&store, 3);
    let mut urgent = standing("crm:0", "Co 0", Some(1.0));
    urgent.exposure = 1e9;
    put(&mut store, vec![urgent]);
    assert_eq!(ask(&store, 0).rows[0].account.as_str(), "crm:0");
    assert_ne!(ask(&store, 3).rows, second.rows);
    // By another connection, too.
    let mut other = folder.open();
    let mut more = standing("crm:1", "Co 1", Some(1.0));
    more.exposure = 2e9;
    put(&mut other, vec![more]);
    assert_eq!(ask(&store, 0).rows[0].account.as_str(), "crm:1");
}

#[test]
fn who_left_is_kept_and_not_listed() {
    let folder = Folder::new();
    let mut store = filled(&folder);
    put(&mut store, vec![Standing { former: true, ..standing("crm:3", "Co 3", Some(20.0)) }]);
    let page = store.page(&PageQuery { limit: 20, ..PageQuery::default() }, &Filter::all(), &Scope::team()).unwrap();
    assert_eq!((page.total, page.rows.len()), (Some(8), 8));
    assert!(store.row(&"crm:3".into()).unwrap().is_none());
    assert!(store.standing(&"crm:3".into()).unwrap().unwrap().former);
    put(&mut store, vec![standing("crm:3", "Co 3", Some(20.0))]);
    assert_eq!(store.count(&Filter::all(), &Scope::team()).unwrap(), 9);
}

#[test]
fn standings_come_as_they_were_kept() {
    let folder = Folder::new();
    let mut store = filled(&folder);
    let mut one = standing("crm:2", "Co 2", Some(41.3));
    one.flags = vec![flag("champion-left", Severity::High)];
    put(&mut store, vec![one.clone()]);
    assert_eq!(store.standing(&"crm:2".into()).unwrap(), Some(one.clone()));
    let row = store.row(&"crm:2".into()).unwrap().unwrap();
    assert_eq!((row.score, &row.flags, row.trend.len()), (Some(41.3), &one.flags, 13));
    let mut names = Vec::new();
    let query = PageQuery { sort: Sort::Name, limit: u64::MAX, ..PageQuery::default() };
    store
        .standings_in(&query, &Filter::all(), &Scope::team(), |standing| {
            names.push(standing.name);
            names.len() < 4
        })
        .unwrap();
    assert_eq!(names.len(), 4);
    assert!(names.is_sorted());
}

#[test]
fn a_row_is_fresh_when_it_moved_in_the_newest_sync() {
    let folder = Folder::new();
    let mut store = filled(&folder);
    let began = |store: &mut Store, at| {
        let mark = SourceMark {
            name: crm(),
            connector: "hubspot".into(),
            started: at,
            ended: Some(at),
            error: None,
            left: None,
        };
        store.put_source_state(&mark).unwrap();
    };
    let later = |minutes: i64| now().checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap();
    let assess = |store: &mut Store, score, at| {
        let item = Assessed {
            version: store.version(&"crm:0".into()).unwrap(),
            standing: standing("crm:0", "Co 0", Some(score)),
            arr_start: None,
            arr_end: None,
        };
        store.put_standings(&[item], "m1", at).unwrap();
        store.row(&"crm:0".into()).unwrap().unwrap().fresh
    };
    // A first sync: scores move as facts come in, and once more after its end.
    assert!(!assess(&mut store, 20.0, later(1)));
    store.apply(&batch("account", vec![account("0", "Co 0 Ltd")])).unwrap();
    assert!(!assess(&mut store, 50.0, later(2)));
    store.apply(&batch("account", vec![account("0", "Co 0 Inc")])).unwrap();
    began(&mut store, later(3));
    assert!(!assess(&mut store, 60.0, later(4)), "what was still to be computed is no news either");
    // The second one: what moves now is marked, and stays so until the one after it.
    assert!(!assess(&mut store, 60.2, later(5)), "no whole point: not worth a mark");
    assess(&mut store, 30.0, later(6));
    began(&mut store, later(7));
    assert!(assess(&mut store, 30.0, later(8)), "looked at again, still new");
    began(&mut store, later(9));
    assert!(!store.row(&"crm:0".into()).unwrap().unwrap().fresh);
    // A night passes between two syncs: what moved with the day is marked, too.
    assess(&mut store, 40.0, later(600));
    began(&mut store, later(601));
    assert!(store.row(&"crm:0".into()).unwrap().unwrap().fresh);
    let sources = store.sources().unwrap();
    assert_eq!((sources[0].complete, sources[0].entities.clone()), (Some(later(601)), vec![("account".to_owned(), 9)]));
}

#[test]
fn the_top_line() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.apply(&batch("account", (0..5).map(|n| account(&n.to_string(), "Co")).collect())).unwrap();
    let item = |n: usize, arr: Option<i64>, start: Option<i64>, end: Option<i64>, former: bool| {
        let mut standing = standing(&format!("crm:{n}"), "Co", Some(if n == 0 { 40.0 } else { 80.0 }));
        standing.arr_book = arr.map(usd);
        standing.renewal = (n < 2).then_some(date(2026, 12, 20));
        standing.former = former;
        (standing, start.map(usd), end.map(usd))
    };
    let items = [
        item(0, Some(80), Some(100), Some(80), false),
        item(1, Some(150), Some(100), Some(150), false),
        item(2, Some(50), Some(0), Some(50), false),
        item(3, None, Some(100), Some(0), true),
        item(4, Some(20), None, Some(20), false),
    ];
    let assessed = items.map(|(standing, arr_start, arr_end)| Assessed {
        version: store.version(&standing.account).unwrap(),
        standing,
        arr_start,
        arr_end,
    });
    store.put_standings(&assessed, "m1", now()).unwrap();
    let header = |store: &Store| store.header(&Scope::team(), "team", TODAY, Currency::USD).unwrap();
    assert_eq!((header(&store).accounts, header(&store).arr), (4, None), "not computed yet");
    store.refresh_summary(&Scope::team(), TODAY).unwrap();
    store.note_save(&crate::book::note("N1", "waits")).unwrap();
    let top = header(&store);
    assert_eq!((top.accounts, top.arr, top.due_at_risk), (4, Some(usd(300)), Some(usd(80))));
    // 300 at the start: 80 + 100 + 0 of it kept, 80 + 150 + 0 there now.
    assert_eq!((top.grr, top.nrr), (Some(0.6), Some(230.0 / 300.0)));
    assert_eq!((top.at_risk, top.healthy, top.no_arr, top.no_renewal, top.waiting), (1, 3, 0, 2, 1));
    assert_eq!(top.standings_of, None);
    assert_eq!(
        store.header(&Scope::team(), "team", date(2026, 12, 24), Currency::USD).unwrap().standings_of,
        Some(TODAY)
    );
    assert_eq!(store.medians().unwrap().all, Some(65.0));
    assert_eq!(store.medians().unwrap().by_segment["Mid"], 65.0);
    // Where too little is known of the start, nothing is claimed.
    let mut big = standing("crm:4", "Co", Some(80.0));
    big.arr_book = Some(usd(5_000));
    put(&mut store, vec![big]);
    store.refresh_summary(&Scope::team(), TODAY).unwrap();
    assert_eq!((header(&store).grr, header(&store).nrr), (None, None));
}

#[test]
fn urgency_is_a_percentile_of_the_book() {
    let folder = Folder::new();
    let store = filled(&folder);
    let all = store.percentiles(&Scope::team()).unwrap();
    let (mut low, mut high) = (f64::MAX, f64::MIN);
    store
        .all_standings(|one| {
            low = low.min(one.exposure);
            high = high.max(one.exposure);
            true
        })
        .unwrap();
    assert_eq!((all.of(low), all.of(high)), (0.0, 1.0));
    assert!(all.of((low + high) / 2.0) > 0.0);
}

#[test]
fn what_is_usual_is_one_row_by_segment() {
    let folder = Folder::new();
    let mut store = folder.open();
    let rows = (0..7).map(|n| account(&n.to_string(), &format!("Acme {n}"))).collect();
    store.apply(&batch("accounts", rows)).unwrap();
    let measured = |n: usize, segment: &str, trend: Option<f64>| {
        let mut one = standing(&format!("crm:{n}"), "Acme", Some(10.0 * n as f64));
        one.segment = Some(segment.to_owned());
        one.health.measures = vec![MeasureResult {
            id: "trend".into(),
            label: "trend".into(),
            group: "outcomes".into(),
            weight: 1.0,
            effective_weight: 1.0,
            score: trend,
            points: 0.0,
            evidence: String::new(),
            as_of: None,
            freshness: 1.0,
            source: None,
        }];
        one
    };
    let mut all: Vec<Standing> = (0..5).map(|n| measured(n, "Mid", Some(20.0 * n as f64))).collect();
    all.push(measured(5, "Small", Some(97.26)));
    // One who left is no longer usual.
    all.push(Standing { former: true, ..measured(6, "Mid", Some(0.0)) });
    put(&mut store, all);
    assert_eq!(store.typical(Some("Mid")).unwrap(), None, "not before it was computed");
    store.refresh_typical(&["trend"], "m1").unwrap();
    let mid = store.typical(Some("Mid")).unwrap().unwrap();
    assert_eq!(mid.score, Some(Median { median: 20.0, n: 5, segment: true }));
    assert_eq!(mid.measures["trend"], Median { median: 40.0, n: 5, segment: true });
    for other in [Some("Small"), Some("Unheard of"), None] {
        let usual = store.typical(other).unwrap().unwrap();
        assert_eq!(usual.measures["trend"], Median { median: 50.0, n: 6, segment: false }, "{other:?}");
    }
    // Figures of another model are not mixed in.
    store.refresh_typical(&["trend"], "m2").unwrap();
    assert_eq!(store.typical(Some("Mid")).unwrap().unwrap().score, None);
}
