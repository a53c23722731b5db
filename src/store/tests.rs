//! What only the inside can show: the plans of the statements, how many rows they read at 100,000 accounts, a full disk.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::cache::page::{Order, plans};
use super::cache::standings::STALE;
use super::codec::day;
use super::*;
use crate::book::ids::{AccountId, NoteId};
use crate::book::query::{Line, parse};
use crate::book::row::{Entity, Row, Value};
use crate::book::view::{PageQuery, Sort};

const TODAY: Date = date(2026, 11, 23);

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn opened() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Access::ReadWrite).unwrap().store;
    (folder, store)
}

/// Accounts with standings, written directly: what they say is made up by SQL.
fn fill(store: &mut Store, accounts: i64) {
    let body = || {
        let mut standing = standing(0, &Made::default());
        standing.flags.clear();
        standing.offers.clear();
        serde_json::to_string(&cache::line::Line::of(&standing)).unwrap()
    };
    let line = body();
    store.cache.conn().execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -300000").unwrap();
    store
        .cache
        .write("filling", |tx| {
            tx.execute(
                "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
                 INSERT INTO account(account, id, name, fold, dirty) SELECT n, 'crm:' || n, 'Company ' || n, 'company ' || n, 0 FROM n",
                [accounts],
            )?;
            tx.execute(
                "INSERT INTO portfolio(account, place, owner, name, domain, segment, band, score, confidence, delta, arr, currency,
                   scale, renewal, touch, exposure, flags, high, meetings, day, moved)
                 SELECT account, account, 'owner' || (account % 50) || '@us.example', fold, 'c' || account || '.example', 'Mid',
                   CASE account % 3 WHEN 0 THEN 'at risk' ELSE 'watch' END,
                   CASE WHEN account % 17 THEN (account * 7919) % 100 END, 0.8,
                   CASE WHEN account % 13 THEN (account * 31) % 40 - 20 END,
                   CASE WHEN account % 11 THEN (account * 104729) % 1000000 END, 'USD', 100,
                   CASE WHEN account % 7 THEN ?1 + (account * 37) % 400 END,
                   ?1 - (account * 13) % 300, (account * 7907) % 100000, ' champion-left ', 1, 0, ?1, NULL
                 FROM account",
                [day(TODAY)],
            )?;
            tx.execute("INSERT INTO line(account, body) SELECT account, ?1 FROM account", [&line])?;
            tx.execute(
                "INSERT INTO standing(account, day, valid_until, model, version, own, owner, former, body)
                 SELECT account, ?1, ?1 + 1, 'm1', 1, 0, NULL, 0, '{}' FROM account",
                [day(TODAY)],
            )
        })
        .unwrap();
}

fn plan(store: &Store, sql: &str, values: Vec<rusqlite::types::Value>) -> String {
    let mut statement = store.cache.conn().prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let lines = statement
        .query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3))
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    lines.join("\n")
}

#[test]
fn every_sort_is_an_index_in_both_scopes_and_both_ways() {
    let (_folder, store) = opened();
    let filter = Filter::all();
    for sort in Sort::ALL {
        for reverse in [false, true] {
            for owner in [None, Some("maya@us.example".to_owned())] {
                let own = owner.is_some();
                for (sql, values) in plans(&Order { sort, reverse, owner, filter: &filter }) {
                    let plan = plan(&store, &sql, values);
                    assert!(!plan.contains("TEMP B-TREE"), "{sort:?} {reverse}: {plan}\n{sql}");
                    let index = if own { "INDEX own_" } else { "INDEX by_" };
                    assert!(plan.contains(index), "{sort:?}: {plan}");
                    assert_eq!(sql.contains("(?, ?)"), plan.contains(",place)"), "entered at the place: {plan}\n{sql}");
                    // An owner's rows are searched for; the whole book's are walked in the order of the index.
                    assert!(!own || plan.starts_with("SEARCH"), "{plan}");
                }
            }
        }
    }
}

#[test]
fn looking_for_what_is_out_of_date_reads_nothing_else() {
    let (_folder, store) = opened();
    for (sql, by_model) in STALE {
        let value = if *by_model { "m".to_owned().into() } else { 1_i64.into() };
        let plan = plan(&store, sql, vec![value]);
        // The index of the dirty ones holds nothing but them: it is read whole.
        let covered = plan.starts_with("SEARCH") && plan.contains("COVERING INDEX");
        assert!(covered || plan.contains("account_dirty"), "{plan}");
    }
    for (sql, index) in [
        (
            "SELECT rec FROM record INDEXED BY record_due WHERE due < 5 AND due IS NOT NULL AND gone IS NULL",
            "record_due",
        ),
        ("SELECT 1 FROM link WHERE source = 'a' AND id = 'b'", "sqlite_autoindex_link_1"),
        ("SELECT rec FROM belongs WHERE link = 1", "PRIMARY KEY"),
        ("SELECT * FROM usage WHERE link = 1", "PRIMARY KEY"),
    ] {
        let plan = plan(&store, sql, Vec::new());
        assert!(plan.starts_with("SEARCH") && plan.contains(index), "{plan}");
    }
}

#[test]
fn a_page_of_100_000_accounts_reads_a_page() {
    let (_folder, mut store) = opened();
    fill(&mut store, 100_000);
    let ask = |sort, reverse, offset, scope: &Scope| {
        let query = PageQuery { sort, reverse, offset, limit: 40, ..PageQuery::default() };
        store.page(&query, &Filter::all(), scope).unwrap()
    };
    for scope in [Scope::team(), Scope::of("owner7@us.example")] {
        for sort in Sort::ALL {
            for reverse in [false, true] {
                let first = ask(sort, reverse, 0, &scope);
                assert_eq!(first.rows.len(), 40);
                assert_eq!(first.total, Some(if scope.owner.is_some() { 2_000 } else { 100_000 }));
                assert!(first.rows_read <= 82, "{sort:?} {reverse}: {}", first.rows_read);
                // The end, and page after page, are as near as the beginning.
                let end = ask(sort, reverse, first.total.unwrap() - 40, &scope);
                assert_eq!(end.rows.len(), 40);
                assert!(end.rows_read <= 82, "{sort:?} {reverse}: {}", end.rows_read);
                for page in 1..20 {
                    let next = ask(sort, reverse, page * 40, &scope);
                    assert!(next.rows_read <= 82, "{sort:?} {reverse} {page}: {}", next.rows_read);
                }
            }
        }
    }
    // On the first start of a new day, too: what is there is shown, and the next to be assessed are found by index.
    let tomorrow = TODAY.tomorrow().unwrap();
    let header = store.header(&Scope::team(), "team", tomorrow, crate::book::money::Currency::USD).unwrap();
    assert_eq!((header.standings_of, header.accounts), (Some(TODAY), 100_000));
    assert_eq!(store.stale(tomorrow, "m1", 40).unwrap().len(), 40);
    assert_eq!(store.stale_count(tomorrow, "m1").unwrap(), 100_000);
    assert_eq!(store.stale_count(TODAY, "m1").unwrap(), 0);
    // A filter that a third fits reads about three rows for each that it shows, after it has seen that they are not few.
    let filter = Filter::of(&parse("is:at-risk").unwrap(), TODAY, None);
    let page = store.page(&PageQuery { limit: 40, ..PageQuery::default() }, &filter, &Scope::team()).unwrap();
    assert_eq!((page.rows.len(), page.total), (40, None));
    assert!(page.rows_read < 1_000, "{}", page.rows_read);
    // One that hardly any fits reads the table, and then knows them all.
    let rarely = Filter::of(&parse("\"company 7777\"").unwrap(), TODAY, None);
    let rare =
        |offset| store.page(&PageQuery { offset, limit: 5, ..PageQuery::default() }, &rarely, &Scope::team()).unwrap();
    let (first, second, behind) = (rare(0), rare(5), rare(11));
    assert_eq!((first.rows.len(), second.rows.len(), behind.rows.len()), (5, 5, 0));
    assert!(first.rows_read < 200_100 && second.rows_read < 20, "{} {}", first.rows_read, second.rows_read);
    assert_eq!(store.count(&filter, &Scope::team()).unwrap(), 33_333);
    assert_eq!(store.find("company 7777", 3).unwrap().len(), 1);
    assert_eq!(store.find("pany 777", 3).unwrap().len(), 3);
}

fn long_note(id: &str) -> NewNote {
    NewNote {
        id: NoteId::from(id),
        account: AccountId::from("crm:1"),
        text: "word ".repeat(20_000),
        body: String::new(),
        kept: String::new(),
        private: true,
        author: None,
        at: now(),
        out: Vec::new(),
    }
}

#[test]
fn a_full_disk_says_so_and_keeps_what_was_saved() {
    let (folder, mut store) = opened();
    store.note_save(&long_note("A")).unwrap();
    let limit = |db: &Db| {
        let pages: i64 = db.conn().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        db.conn().query_row(&format!("PRAGMA max_page_count = {}", pages + 2), [], |_| Ok(())).unwrap();
    };
    limit(&store.own);
    limit(&store.cache);
    let error = store.note_save(&long_note("B")).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains("own.db") && error.to_string().contains("free some space"), "{error}");
    let rows = (0..2000).map(|n| {
        let mut row = Row::new(Entity::Account, n.to_string());
        row.fields.insert("name".into(), Value::Text(format!("Company {n}")));
        row
    });
    let mut page = Batch::new("crm".into(), "account", rows.collect(), now());
    page.cursor = Some(Cursor("next".into()));
    assert!(matches!(store.apply(&page), Err(StoreError::Full { .. })));
    assert_eq!(store.cursor(&"crm".into(), "account").unwrap(), None, "no cursor without its rows");
    assert!(store.find("Company 1", 1).unwrap().is_empty());
    // With space again, the same is done as if nothing had been.
    for db in [&store.own, &store.cache] {
        db.conn().query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(())).unwrap();
    }
    store.note_save(&long_note("B")).unwrap();
    assert_eq!(store.apply(&page).unwrap().added, 2000);
    drop(store);
    let store = Store::open(folder.path(), Access::ReadWrite).unwrap().store;
    assert_eq!(store.notes_of(&"crm:1".into()).unwrap().len(), 2);
}

#[test]
fn both_files_are_as_durable_as_they_promise() {
    let (_folder, store) = opened();
    let pragma = |db: &Db, name: &str| {
        db.conn().query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
    };
    for db in [&store.cache, &store.own] {
        assert_eq!(pragma(db, "journal_mode"), "wal".to_owned().into());
        assert_eq!(pragma(db, "foreign_keys"), 1_i64.into());
        assert_eq!(pragma(db, "busy_timeout"), 5_000_i64.into());
    }
    assert_eq!(pragma(&store.own, "synchronous"), 2_i64.into(), "FULL");
}

#[test]
fn an_older_own_db_is_copied_before_it_changes() {
    let (folder, mut store) = opened();
    store.note_save(&long_note("A")).unwrap();
    drop(store);
    let mut db = Db::create(&folder.path().join("own.db"), Which::Own).unwrap();
    migrate::keep_copy(&db, 1).unwrap();
    let copy = rusqlite::Connection::open(folder.path().join("own.db.format-1")).unwrap();
    assert_eq!(copy.query_row("SELECT count(*) FROM note", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    // A migration that was done stays done.
    migrate::run(db.conn_mut(), Which::Own).unwrap();
    assert_eq!(migrate::version(db.conn()).unwrap(), migrate::steps(Which::Own).len() as i64);
}

fn standing(n: usize, made: &Made) -> crate::book::standing::Standing {
    let mut standing = crate::book::sample::with_context(&[], |ctx| {
        let model = crate::book::model::Model::built_in_for_tests();
        crate::book::assess::assess(&crate::book::sample::sinking(), &model, TODAY, ctx)
    });
    standing.account = AccountId(format!("crm:{n}"));
    standing.name = format!("{} {n}", ["Ünal", "Northwind", "O'Brien %_"][n % 3]);
    standing.domain = n.is_multiple_of(2).then(|| format!("Co{n}.example"));
    standing.owner = (!n.is_multiple_of(4)).then(|| "Maya@us.example".to_owned());
    standing.health.score = made.score;
    standing.health.delta_7d = made.delta;
    standing.arr_book = made.arr.map(crate::book::sample::usd);
    standing.renewal = made.renewal.map(crate::book::sample::ago);
    standing.last_touch = made.touch.map(crate::book::sample::ago);
    if made.flagless {
        standing.flags.clear();
    }
    standing
}

#[derive(Clone, Debug, Default)]
struct Made {
    score: Option<f64>,
    delta: Option<f64>,
    arr: Option<i64>,
    renewal: Option<i64>,
    touch: Option<i64>,
    flagless: bool,
}

fn made() -> impl Strategy<Value = Made> {
    let maybe = |range: std::ops::Range<i64>| proptest::option::of(range);
    (maybe(0..100), maybe(-20..20), maybe(0..500), maybe(-100..100), maybe(0..100), any::<bool>()).prop_map(
        |(score, delta, arr, renewal, touch, flagless)| Made {
            score: score.map(|n| n as f64),
            delta: delta.map(|n| n as f64),
            arr,
            renewal,
            touch,
            flagless,
        },
    )
}

fn query() -> impl Strategy<Value = String> {
    let number = |name: &'static str, unit: &'static str| {
        (prop_oneof![Just("<"), Just("<="), Just("="), Just(">="), Just(">")], -20..120_i64)
            .prop_map(move |(op, n)| format!("{name}{op}{n}{unit}"))
    };
    let term = prop_oneof![
        number("health", ""),
        number("change", ""),
        number("arr", ""),
        number("renewal", "d"),
        number("touch", "d"),
        number("confidence", "%"),
        Just("renewal<2026-12-01".to_owned()),
        Just("touch>=2026-11-01".to_owned()),
        Just("north".to_owned()),
        Just("\"o'brien %_\"".to_owned()),
        Just("ÜNAL".to_owned()),
        Just("owner:maya".to_owned()),
        Just("owner:me".to_owned()),
        Just("segment:MID".to_owned()),
        Just("domain:co2".to_owned()),
        Just("is:champion-left".to_owned()),
        Just("is:at-risk".to_owned()),
        Just("is:meeting".to_owned()),
        Just("no:arr".to_owned()),
        Just("no:touch".to_owned()),
        Just("no:health".to_owned()),
    ];
    let signed = (any::<bool>(), term).prop_map(|(not, term)| if not { format!("not {term}") } else { term });
    proptest::collection::vec((signed, any::<bool>()), 1..5).prop_map(|terms| {
        let mut text = String::new();
        for (n, (term, or)) in terms.iter().enumerate() {
            if n > 0 {
                text.push_str(if *or { " or " } else { " " });
            }
            text.push_str(term);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// What SQL leaves is what `book` says fits.
    #[test]
    fn a_filter_means_what_the_query_says(
        all in proptest::collection::vec(made(), 1..12),
        queries in proptest::collection::vec(query(), 12),
    ) {
        let (_folder, mut store) = opened();
        let rows = (0..all.len()).map(|n| {
            let mut row = Row::new(Entity::Account, n.to_string());
            row.fields.insert("name".into(), Value::Text("x".into()));
            row
        });
        store.apply(&Batch::new("crm".into(), "account", rows.collect(), now())).unwrap();
        let items = all.iter().enumerate().map(|(n, made)| {
            let standing = standing(n, made);
            Assessed { version: store.version(&standing.account).unwrap(), standing, arr_start: None, arr_end: None }
        });
        let items = items.collect::<Vec<_>>();
        store.put_standings(&items, "m", now()).unwrap();
        let everything = PageQuery { limit: 100, ..PageQuery::default() };
        for (n, text) in queries.into_iter().enumerate() {
            // Every sort both ways, in its turn: a filter takes rows away and leaves the order.
            let everything = PageQuery { sort: Sort::ALL[n % 7], reverse: n % 2 == 1, ..everything.clone() };
            let whole = store.page(&everything, &Filter::all(), &Scope::team()).unwrap().rows;
            prop_assert_eq!(whole.len(), all.len());
            let query = parse(&text).unwrap();
            let me = Some("Maya@us.example");
            let filter = Filter::of(&query, TODAY, me);
            let left = store.page(&everything, &filter, &Scope::team()).unwrap().rows;
            let fitting = whole.iter().filter(|row| query.matches(&Line { row, today: TODAY, me })).cloned().collect::<Vec<_>>();
            prop_assert_eq!(&left, &fitting, "{}", text);
            prop_assert_eq!(store.count(&filter, &Scope::team()).unwrap(), fitting.len() as u64);
        }
    }
}
