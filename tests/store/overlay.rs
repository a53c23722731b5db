//! A past day over the cache: a file of its own, the cache untouched, nothing left behind.

use jiff::civil::date;
use rounds::book::ids::AccountId;
use rounds::book::row::Entity;
use rounds::store::{Access, Overlay, Scope, Store, sweep};

use crate::book::{Folder, account, batch, now, on_512, out, put, standing, text};

fn filled(folder: &Folder) -> Store {
    let mut store = folder.open();
    let mut rows = vec![account("512", "Acme"), account("513", "Blue")];
    rows.push(on_512(Entity::Person, "1", &[("name", text("Jane Doe"))]));
    store.apply(&batch("accounts", rows)).unwrap();
    put(&mut store, vec![standing("crm:512", "Acme", Some(40.0)), standing("crm:513", "Blue", Some(90.0))]);
    store
}

fn folders(folder: &Folder) -> Vec<String> {
    let all = std::fs::read_dir(folder.path()).unwrap().flatten();
    all.map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("as-of-"))
        .collect()
}

#[test]
fn what_is_kept_of_a_past_day_is_not_in_the_cache() {
    let folder = Folder::new();
    let real = filled(&folder);
    let overlay = Overlay::create(&folder.path(), Access::ReadWrite).unwrap();
    let mut past = Store::open_over(&folder.path(), Access::ReadWrite, &overlay).unwrap().store;
    assert_eq!(past.waiting_accounts().unwrap(), 2, "everybody is to be assessed");
    assert_eq!(past.standing(&AccountId::from("crm:512")).unwrap(), None, "no figure of today is shown as one of then");
    let urgent = past.urgent_today(&Scope::team(), 1).unwrap();
    assert_eq!(urgent, [AccountId::from("crm:512")]);
    let facts = past.facts(&urgent[0], &jiff::tz::TimeZone::UTC, rounds::book::money::Currency::USD).unwrap().unwrap();
    assert_eq!(facts.people.len(), 1, "facts are the cache's");

    let mut then = standing("crm:512", "Acme", Some(77.0));
    then.day = date(2026, 9, 1);
    put(&mut past, vec![then]);
    past.put_meta("looked", "yes").unwrap();
    assert_eq!(past.standing(&urgent[0]).unwrap().unwrap().health.score, Some(77.0));
    assert_eq!(past.waiting_accounts().unwrap(), 1);
    assert_eq!(real.standing(&urgent[0]).unwrap().unwrap().health.score, Some(40.0));
    assert_eq!(real.meta("looked").unwrap(), None);
    assert_eq!(real.waiting_accounts().unwrap(), 0, "and nobody is to be assessed anew for today");
    // What is ours is ours on any day.
    past.outbox_add(&"crm:512".into(), None, &out("o1", "note", "{}"), now()).unwrap();
    assert_eq!(real.outbox_list(9).unwrap().len(), 1);

    drop(past);
    drop(overlay);
    assert_eq!(folders(&folder), Vec::<String>::new());
}

#[test]
fn what_a_kill_left_behind_goes_and_what_is_in_use_stays() {
    let folder = Folder::new();
    drop(filled(&folder));
    let overlay = Overlay::create(&folder.path(), Access::ReadWrite).unwrap();
    let left = folder.path().join("as-of-1-0");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("lock"), "").unwrap();
    std::fs::write(left.join("cache.db"), "half").unwrap();
    assert_eq!(folders(&folder).len(), 2);
    sweep(&folder.path());
    assert_eq!(folders(&folder).len(), 1, "the one in use");
    assert!(Store::open_over(&folder.path(), Access::ReadWrite, &overlay).is_ok());
}

#[test]
fn a_folder_that_must_not_be_written_is_not() {
    let folder = Folder::new();
    drop(filled(&folder));
    let overlay = Overlay::create(&folder.path(), Access::ReadOnly).unwrap();
    assert_eq!(folders(&folder), Vec::<String>::new());
    let mut past = Store::open_over(&folder.path(), Access::ReadOnly, &overlay).unwrap().store;
    put(&mut past, vec![standing("crm:513", "Blue", Some(61.0))]);
    assert_eq!(past.standing(&AccountId::from("crm:513")).unwrap().unwrap().health.score, Some(61.0));
}
