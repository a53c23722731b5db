//! Keeping pages: the same twice changes nothing, what is gone goes, merges and matches bring records home.

use jiff::civil::{Date, date};
use rounds::book::ids::{AccountId, SourceName};
use rounds::book::row::{Entity, Past, Value};
use rounds::store::{Applied, Batch, Cursor};

use crate::book::{Folder, TODAY, account, at, batch, crm, facts, noon, now, on_512, put, row, standing, text, usage};

const MODEL: &str = "m1";

fn stale(store: &rounds::store::Store) -> Vec<String> {
    let mut ids = store.stale(TODAY, MODEL, 100).unwrap().into_iter().map(|id| id.0).collect::<Vec<_>>();
    ids.sort();
    assert_eq!(store.stale_count(TODAY, MODEL).unwrap(), ids.len() as u64);
    ids
}

#[test]
fn the_same_page_twice_changes_nothing() {
    let folder = Folder::new();
    let mut store = folder.open();
    let mut page = batch(
        "all",
        vec![
            account("512", "Northwind"),
            on_512(Entity::Person, "9", &[("name", text("Jane"))]),
            usage("512", "active_users", TODAY, 4.0),
        ],
    );
    page.rows[0].history.push(Past {
        field: "arr".into(),
        at: noon(date(2026, 1, 5)),
        value: Some(Value::Number(5.0)),
        known: None,
    });
    page.cursor = Some(Cursor("p1".into()));
    let first = store.apply(&page).unwrap();
    assert_eq!(first, Applied { rows: 3, added: 3, changed: 0, gone: 0, accounts: 1 });
    assert_eq!(stale(&store), ["crm:512"]);
    put(&mut store, vec![standing("crm:512", "Northwind", Some(70.0))]);
    assert!(stale(&store).is_empty());
    let before = facts(&store, "crm:512");
    page.at = noon(date(2026, 12, 1));
    // A newer stamp of the source alone is no change either.
    page.rows[1].changed = Some(noon(date(2026, 12, 1)));
    let again = store.apply(&page).unwrap();
    assert_eq!(again, Applied { rows: 3, ..Applied::default() });
    assert!(stale(&store).is_empty());
    // As text, since days without a value are not equal to themselves.
    assert_eq!(format!("{:?}", facts(&store, "crm:512")), format!("{before:?}"));
    assert_eq!(store.cursor(&crm(), "all").unwrap(), Some(Cursor("p1".into())));
}

#[test]
fn a_change_makes_only_its_account_stale() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.apply(&batch("account", vec![account("512", "Northwind"), account("2", "Initech")])).unwrap();
    put(&mut store, vec![standing("crm:512", "Northwind", None), standing("crm:2", "Initech", None)]);
    store.apply(&batch("ticket", vec![on_512(Entity::Ticket, "t", &[("subject", text("Export stops"))])])).unwrap();
    assert_eq!(stale(&store), ["crm:512"]);
    assert!(store.is_stale(&AccountId::from("crm:512"), TODAY, MODEL).unwrap());
    assert!(!store.is_stale(&AccountId::from("crm:2"), TODAY, MODEL).unwrap());
    // What changed while it was assessed stays to be assessed.
    let version = store.version(&AccountId::from("crm:512")).unwrap();
    store.apply(&batch("ticket", vec![on_512(Entity::Ticket, "t", &[("subject", text("Import stops"))])])).unwrap();
    let late = rounds::store::Assessed {
        standing: standing("crm:512", "Northwind", None),
        version,
        arr_start: None,
        arr_end: None,
    };
    store.put_standings(&[late], MODEL, now()).unwrap();
    assert_eq!(stale(&store), ["crm:512"]);
}

#[test]
fn days_models_and_notes_of_ours_make_stale_too() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.apply(&batch("account", vec![account("512", "Northwind"), account("2", "Initech")])).unwrap();
    put(&mut store, vec![standing("crm:512", "Northwind", None), standing("crm:2", "Initech", None)]);
    assert!(stale(&store).is_empty());
    assert_eq!(store.stale(date(2026, 11, 29), MODEL, 9).unwrap().len(), 0, "the day before it expires");
    assert_eq!(store.stale(date(2026, 11, 30), MODEL, 9).unwrap().len(), 2);
    assert_eq!(store.stale(date(2026, 11, 22), MODEL, 9).unwrap().len(), 2, "a day before it was made");
    assert_eq!(store.stale(TODAY, "m2", 9).unwrap().len(), 2);
    assert_eq!(store.stale(TODAY, "a", 1).unwrap().len(), 1);
    store.note_save(&crate::book::note("N1", "hello")).unwrap();
    assert_eq!(stale(&store), ["crm:512"]);
    put(&mut store, vec![standing("crm:512", "Northwind", None)]);
    assert!(stale(&store).is_empty());
    store.own_assessed().unwrap();
    assert!(stale(&store).is_empty());
    store.note_delete(&"N1".into(), now()).unwrap();
    assert_eq!(stale(&store), ["crm:512"]);
}

#[test]
fn usage_pulled_again_writes_only_what_differs() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
    let days = |from: i8, to: i8, value: f64| {
        (from..=to).map(|n| usage("512", "active_users", date(2026, 10, n), value)).collect::<Vec<_>>()
    };
    let first = store.apply(&batch("usage", days(1, 31, 10.0))).unwrap();
    assert_eq!((first.added, first.changed), (31, 0));
    put(&mut store, vec![standing("crm:512", "Northwind", None)]);
    let same = store.apply(&batch("usage", days(30, 31, 10.0))).unwrap();
    assert_eq!((same.added, same.changed, same.accounts), (0, 0, 0));
    assert!(stale(&store).is_empty());
    let mut rows = days(31, 31, 12.0);
    rows.push(usage("512", "active_users", date(2026, 11, 1), 7.0));
    let next = store.apply(&batch("usage", rows)).unwrap();
    assert_eq!((next.added, next.changed, next.accounts), (1, 1, 1));
    let daily = &facts(&store, "crm:512").usage["active_users"];
    assert_eq!(daily.get(date(2026, 10, 30)), Some(10.0));
    assert_eq!(daily.get(date(2026, 10, 31)), Some(12.0));
    assert_eq!(daily.get(date(2026, 11, 1)), Some(7.0));
    assert_eq!(daily.last(), Some(date(2026, 11, 1)));
    assert_eq!(facts(&store, "crm:512").usage_source, Some(crm()));
}

#[test]
fn fields_without_history_keep_their_changes() {
    let folder = Folder::new();
    let mut store = folder.open();
    let with = |segment: &str, seats: f64| {
        let mut row = account("512", "Northwind");
        row.fields.insert("segment".into(), text(segment));
        row.fields.insert("seats".into(), Value::Number(seats));
        vec![row]
    };
    let (first, second, third) = (date(2026, 3, 1), date(2026, 5, 10), date(2026, 7, 20));
    store.apply(&at(first, "account", with("SMB", 10.0))).unwrap();
    store.apply(&at(second, "account", with("Mid", 10.0))).unwrap();
    store.apply(&at(third, "account", with("Mid", 25.0))).unwrap();
    let facts = facts(&store, "crm:512");
    let segment = |day: Date| facts.segment.at(day).map(String::as_str);
    assert_eq!(segment(date(2026, 2, 28)), None, "absent before it was first seen");
    assert_eq!(segment(first), Some("SMB"));
    assert_eq!(segment(date(2026, 5, 9)), Some("SMB"));
    assert_eq!(segment(second), Some("Mid"));
    assert_eq!(facts.seats.at(date(2026, 7, 19)), Some(&10.0));
    assert_eq!(facts.seats.at(third), Some(&25.0));
    assert!(facts.undated.contains(&"segment".to_owned()) && facts.undated.contains(&"seats".to_owned()));
}

#[test]
fn the_sources_own_history_counts_as_known_then() {
    let folder = Folder::new();
    let mut store = folder.open();
    let mut row = account("512", "Northwind");
    let money = |units: i64| Value::Money(units.into());
    row.fields.insert("arr".into(), money(120_000));
    row.fields.insert("currency".into(), text("EUR"));
    for (day, units) in [(date(2025, 2, 1), 80_000), (date(2026, 2, 1), 120_000)] {
        row.history.push(Past { field: "arr".into(), at: noon(day), value: Some(money(units)), known: None });
    }
    store.apply(&batch("account", vec![row.clone()])).unwrap();
    // An incremental pull tells the new value without its history; the source's stamp says when.
    row.history.clear();
    row.fields.insert("arr".into(), money(90_000));
    row.changed = Some(noon(date(2026, 11, 20)));
    store.apply(&batch("account", vec![row])).unwrap();
    let facts = facts(&store, "crm:512");
    let arr = |day: Date| facts.arr.at(day).map(|money| (money.minor / 100, money.currency.to_string()));
    assert_eq!(arr(date(2025, 1, 31)), None);
    assert_eq!(arr(date(2025, 12, 31)), Some((80_000, "EUR".into())));
    assert_eq!(arr(date(2026, 11, 19)), Some((120_000, "EUR".into())));
    assert_eq!(arr(date(2026, 11, 20)), Some((90_000, "EUR".into())));
    assert_eq!(facts.arr.entry(date(2025, 6, 1)).unwrap().known, date(2025, 2, 1));
    assert_eq!(facts.arr.entry(TODAY).unwrap().known, TODAY);
    assert!(!facts.undated.contains(&"arr".to_owned()));
}

#[test]
fn another_sources_history_speaks_of_the_time_before_the_first_was_read() {
    let folder = Folder::new();
    let mut store = folder.open();
    let mut row = account("512", "Northwind");
    row.fields.insert("seats".into(), Value::Number(40.0));
    store.apply(&batch("account", vec![row])).unwrap();
    assert_eq!(facts(&store, "crm:512").undated, ["seats"]);
    let mut told = rounds::book::row::Row::new(Entity::Account, "C7");
    told.fields.insert("seats".into(), Value::Number(30.0));
    for (day, seats) in [(date(2025, 2, 1), 25.0), (date(2026, 2, 1), 30.0), (date(2027, 1, 1), 99.0)] {
        let (at, value) = (noon(day), Some(Value::Number(seats)));
        told.history.push(Past { field: "seats".into(), at, value, known: None });
    }
    let mut page = Batch::new("import".into(), "account", vec![told], now());
    page.founds = false;
    page.matches = vec![("C7".into(), "crm:512".into())];
    store.apply(&page).unwrap();
    let facts = facts(&store, "crm:512");
    let seats = |day: Date| facts.seats.at(day).copied();
    assert_eq!(
        (seats(date(2025, 1, 31)), seats(date(2025, 6, 1)), seats(date(2026, 6, 1))),
        (None, Some(25.0), Some(30.0))
    );
    assert_eq!(seats(TODAY), Some(40.0), "from then on the CRM speaks, whatever others say");
    assert_eq!(facts.seats.at(date(2027, 6, 1)), Some(&40.0));
    assert!(facts.undated.is_empty(), "{:?}", facts.undated);
}

#[test]
fn what_a_full_pass_did_not_see_is_gone() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
    let meeting = |id: &str| on_512(Entity::Touch, id, &[("kind", text("meeting")), ("at", Value::Instant(now()))]);
    let call = |id: &str| on_512(Entity::Touch, id, &[("kind", text("call")), ("at", Value::Instant(now()))]);
    store.apply(&batch("meeting", vec![meeting("m1"), meeting("m2")])).unwrap();
    store.apply(&batch("call", vec![call("c1")])).unwrap();
    let pass = store.begin_pass(&crm(), "meeting").unwrap();
    assert_eq!(store.current_pass(&crm(), "meeting").unwrap(), pass);
    let mut page = batch("meeting", vec![meeting("m2")]);
    page.pass = Some(pass);
    store.apply(&page).unwrap();
    // What came in beside the pass, while it ran, is not swept by it.
    store.apply(&batch("meeting", vec![meeting("m3")])).unwrap();
    assert_eq!(store.sweep_stream(&crm(), "meeting", pass, now()).unwrap(), 1);
    let ids = facts(&store, "crm:512").touches.into_iter().map(|touch| touch.id).collect::<Vec<_>>();
    assert_eq!(ids, ["c1", "m2", "m3"]);
    assert_eq!(stale(&store), ["crm:512"]);
}

#[test]
fn deleted_records_go_and_may_come_back() {
    let folder = Folder::new();
    let mut store = folder.open();
    let ticket = on_512(Entity::Ticket, "t", &[("subject", text("Export stops"))]);
    store.apply(&batch("all", vec![account("512", "Northwind"), ticket.clone()])).unwrap();
    let mut gone = row(Entity::Ticket, "t", &[]);
    gone.gone = true;
    let applied = store.apply(&batch("all", vec![gone.clone()])).unwrap();
    assert_eq!((applied.gone, applied.accounts), (1, 1));
    assert!(facts(&store, "crm:512").tickets.is_empty());
    assert_eq!(store.apply(&batch("all", vec![gone])).unwrap().gone, 0);
    store.apply(&batch("all", vec![ticket])).unwrap();
    assert_eq!(facts(&store, "crm:512").tickets[0].subject, "Export stops");
    // An account that is archived has left, and is kept.
    let mut left = row(Entity::Account, "512", &[]);
    left.gone = true;
    store.apply(&batch("all", vec![left])).unwrap();
    let facts = facts(&store, "crm:512");
    assert_eq!((facts.name.as_str(), facts.churned_on), ("Northwind", Some(TODAY)));
}

#[test]
fn records_wait_for_their_account_and_are_listed() {
    let folder = Folder::new();
    let mut store = folder.open();
    let person = on_512(Entity::Person, "9", &[("name", text("Jane"))]);
    let alone = row(Entity::Ticket, "t7", &[("subject", text("Nobody's ticket"))]);
    store.apply(&batch("first", vec![person, alone, usage("512", "events", TODAY, 1.0)])).unwrap();
    let (list, total) = store.unmatched(10).unwrap();
    assert_eq!(total, 2);
    assert_eq!((list[0].id.as_str(), list[0].says.as_str()), ("512", "1 person, usage by 1 metric"));
    assert_eq!((list[1].entity.as_str(), list[1].says.as_str()), ("ticket", "Nobody's ticket"));
    assert_eq!(store.unmatched(1).unwrap().0.len(), 1);
    store.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
    let (list, total) = store.unmatched(10).unwrap();
    assert_eq!((list.len(), total), (1, 1));
    let known = facts(&store, "crm:512");
    assert_eq!((known.people.len(), known.usage.len()), (1, 1));
    // By hand, and for good: also after the cache was deleted.
    store.put_match(&crm(), Entity::Ticket, "t7", &AccountId::from("crm:512")).unwrap();
    assert_eq!(facts(&store, "crm:512").tickets.len(), 1);
    assert_eq!(store.unmatched(10).unwrap().1, 0);
    drop(store);
    for name in ["cache.db", "cache.db-wal", "cache.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    let mut store = folder.open();
    let alone = row(Entity::Ticket, "t7", &[("subject", text("Nobody's ticket"))]);
    store.apply(&batch("first", vec![alone])).unwrap();
    store.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
    assert_eq!(facts(&store, "crm:512").tickets.len(), 1);
}

#[test]
fn other_sources_find_their_account_by_what_matching_says() {
    let folder = Folder::new();
    let mut store = folder.open();
    let mut with_key = account("512", "Northwind");
    with_key.fields.insert("external_id".into(), text("grp-1"));
    let mut twin = account("3", "Twin");
    twin.fields.insert("domain".into(), text("https://www.shared.example/"));
    let mut other = account("4", "Other");
    other.fields.insert("domain".into(), text("SHARED.example"));
    store.apply(&batch("account", vec![with_key, twin, other])).unwrap();
    let index = store.match_index().unwrap();
    let northwind = AccountId::from("crm:512");
    assert_eq!(index.link(&crm(), "512"), Some(&northwind));
    assert_eq!(index.external("grp-1"), Some(&northwind));
    assert_eq!(index.domain("www.Northwind.example"), Some(&northwind));
    assert_eq!(index.domain("shared.example"), None, "two have it: no guess");

    let usage_source = SourceName::from("usage");
    let mut page = Batch::new(usage_source.clone(), "usage", vec![usage("grp-1", "events", TODAY, 3.0)], now());
    page.founds = false;
    store.apply(&page).unwrap();
    assert_eq!(store.unmatched(5).unwrap().0[0].source, "usage");
    page.matches.push(("grp-1".into(), northwind.clone()));
    store.apply(&page).unwrap();
    assert_eq!(store.account_of(&usage_source, "grp-1").unwrap(), Some(northwind.clone()));
    assert_eq!(facts(&store, "crm:512").usage_source, Some(usage_source.clone()));
    // A word by hand stands against later matching.
    store.put_match(&usage_source, Entity::Usage, "grp-1", &AccountId::from("crm:3")).unwrap();
    store.apply(&page).unwrap();
    assert_eq!(store.account_of(&usage_source, "grp-1").unwrap(), Some(AccountId::from("crm:3")));
    // An account record of a source that founds none waits for its match.
    let mut billing = Batch::new("billing".into(), "customer", vec![account("c9", "Northwind")], now());
    billing.founds = false;
    store.apply(&billing).unwrap();
    assert!(
        store
            .facts(&AccountId::from("billing:c9"), &jiff::tz::TimeZone::UTC, rounds::book::money::Currency::USD)
            .unwrap()
            .is_none()
    );
    store.forget_source(&usage_source).unwrap();
    assert!(facts(&store, "crm:3").usage.is_empty());
}

#[test]
fn a_merged_account_takes_everything_along() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.apply(&batch("account", vec![account("512", "Northwind"), account("99", "Northwind Inc")])).unwrap();
    let mut ticket = row(Entity::Ticket, "t", &[("subject", text("Export stops"))]);
    ticket.accounts.push("99".into());
    store.apply(&batch("ticket", vec![ticket, usage("99", "events", TODAY, 2.0)])).unwrap();
    let mut noted = crate::book::note("OLD", "before the merge");
    noted.account = AccountId::from("crm:99");
    noted.body = "before the merge\n[rounds:1:OLD:99:maya@us.example]".into();
    store.note_save(&noted).unwrap();
    put(&mut store, vec![standing("crm:512", "Northwind", None), standing("crm:99", "Northwind Inc", None)]);
    let mut merged = account("512", "Northwind");
    merged.merged.push("99".into());
    store.apply(&batch("account", vec![merged])).unwrap();
    let known = facts(&store, "crm:512");
    assert_eq!((known.tickets.len(), known.usage.len(), known.notes.len()), (1, 1, 1));
    assert_eq!(facts(&store, "crm:99").id.as_str(), "crm:512", "the old id still finds it");
    assert_eq!(stale(&store), ["crm:512"]);
    let page = store.page(&Default::default(), &Default::default(), &Default::default()).unwrap();
    assert_eq!(page.total, Some(1));
    assert_eq!(store.find("99", 5).unwrap()[0].0.as_str(), "crm:512");
}

#[test]
fn forgetting_a_source_leaves_what_is_ours() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
    store.note_save(&crate::book::note("N1", "ours")).unwrap();
    store.forget_source(&crm()).unwrap();
    assert!(store.find("northwind", 5).unwrap().is_empty());
    assert_eq!(store.cursor(&crm(), "account").unwrap(), None);
    assert!(store.note(&"N1".into()).unwrap().is_some());
}

#[test]
fn two_processes_write_one_after_the_other() {
    let folder = Folder::new();
    folder.open();
    let write = |name: &'static str| {
        let mut store = folder.open();
        move || {
            for n in 0..60 {
                let rows = vec![account(&format!("{name}{n}"), &format!("{name} {n}"))];
                store.apply(&batch(name, rows)).unwrap();
                store.note_save(&crate::book::note(&format!("{name}{n}"), "both")).unwrap();
            }
        }
    };
    let (a, b) = (write("a"), write("b"));
    std::thread::scope(|scope| {
        scope.spawn(a);
        scope.spawn(b);
    });
    let store = folder.open();
    assert_eq!(store.notes_of(&AccountId::from("crm:512")).unwrap().len(), 120);
    assert_eq!(store.stale_count(TODAY, MODEL).unwrap(), 120);
}

#[test]
fn another_connection_sees_that_something_changed() {
    let folder = Folder::new();
    let mut one = folder.open();
    let two = folder.open();
    let before = two.data_version().unwrap();
    one.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
    let after = two.data_version().unwrap();
    assert!(before.0 != after.0 && before.1 == after.1);
}
