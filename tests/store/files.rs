//! The files themselves: made, narrow, refused when newer, mended when broken, read where they can't be written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rounds::book::ids::{AccountId, DraftKey, NoteId};
use rounds::book::row::Entity;
use rounds::store::{Access, Store, StoreError};

use crate::book::{Folder, account, batch, crm, note, now, on_512, text};
use crate::kill::child;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A store with an account and `notes` notes of some length.
fn filled(folder: &Folder, notes: usize) -> Store {
    let mut store = folder.open();
    store.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
    for n in 0..notes {
        store.note_save(&note(&format!("N{n:05}"), &format!("note {n} {}", "words ".repeat(80)))).unwrap();
    }
    store.draft_put(&DraftKey::Next("crm:512".into()), "half a thou", now()).unwrap();
    store
}

#[test]
fn folder_and_files_are_the_owners_alone() {
    let folder = Folder::new();
    let _store = filled(&folder, 1);
    assert_eq!(mode(&folder.path()), 0o700);
    let mut seen = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600, "{:?}", entry.file_name());
        seen += 1;
    }
    assert!(seen >= 4, "both files and their logs");
}

#[test]
fn what_is_there_is_found_again() {
    let folder = Folder::new();
    drop(filled(&folder, 3));
    let store = folder.open();
    assert_eq!(store.notes_of(&AccountId::from("crm:512")).unwrap().len(), 3);
    assert_eq!(store.draft(&DraftKey::Next("crm:512".into())).unwrap(), Some("half a thou".into()));
    assert_eq!(store.find("northwind", 5).unwrap(), vec![(AccountId::from("crm:512"), "Northwind".to_owned())]);
}

#[test]
fn a_newer_format_is_refused_and_not_touched() {
    for file in ["own.db", "cache.db"] {
        let folder = Folder::new();
        drop(filled(&folder, 1));
        let path = folder.path().join(file);
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        conn.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
        drop(conn);
        let before = fs::read(&path).unwrap();
        for access in [Access::ReadWrite, Access::ReadOnly] {
            let error = Store::open(&folder.path(), access).unwrap_err();
            assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
            assert!(error.to_string().contains(file) && error.to_string().contains("newer Rounds"), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), before, "{file}");
    }
}

#[test]
fn an_unreadable_cache_is_moved_aside_and_nothing_of_ours_is_lost() {
    type Break = fn(Vec<u8>) -> Vec<u8>;
    let breaks: [Break; 3] = [
        |mut bytes| {
            bytes[..64].fill(b'x');
            bytes
        },
        |bytes| bytes[..bytes.len() / 3].to_vec(),
        |_| b"this was never a database".to_vec(),
    ];
    for damage in breaks {
        let folder = Folder::new();
        drop(filled(&folder, 2));
        let path = folder.path().join("cache.db");
        let broken = damage(fs::read(&path).unwrap());
        fs::write(&path, &broken).unwrap();
        let opened = Store::open(&folder.path(), Access::ReadWrite).unwrap();
        assert_eq!(opened.notices.len(), 1, "{:?}", opened.notices);
        assert!(opened.notices[0].contains("moved aside to cache.db.broken-20"), "{:?}", opened.notices);
        let aside = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().contains("broken-") && !path.to_string_lossy().ends_with("m"))
            .unwrap();
        assert_eq!(fs::read(aside).unwrap(), broken);
        let mut store = opened.store;
        assert_eq!(store.notes_of(&AccountId::from("crm:512")).unwrap().len(), 2);
        assert_eq!(store.cursor(&crm(), "account").unwrap(), None);
        store.apply(&batch("account", vec![account("512", "Northwind")])).unwrap();
        drop(store);
        folder.open();
    }
}

#[test]
fn damage_found_while_reading_is_mended_at_the_next_start() {
    let folder = Folder::new();
    let mut store = filled(&folder, 0);
    let people = |n: usize| {
        (0..400).map(|i| on_512(Entity::Person, &format!("{n}-{i}"), &[("name", text(&"x".repeat(300)))])).collect()
    };
    for n in 0..5 {
        store.apply(&batch("person", people(n))).unwrap();
    }
    drop(store);
    let path = folder.path().join("cache.db");
    let mut bytes = fs::read(&path).unwrap();
    // Leaves that only the reading of the account comes to.
    let (from, to) = (bytes.len() * 3 / 4 / 4096 * 4096, bytes.len() * 9 / 10 / 4096 * 4096);
    bytes[from..to].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let opened = Store::open(&folder.path(), Access::ReadWrite).unwrap();
    assert_eq!(opened.notices, Vec::<String>::new(), "nothing is read through and through at the start");
    let id = AccountId::from("crm:512");
    let read = opened.store.facts(&id, &jiff::tz::TimeZone::UTC, rounds::book::money::Currency::USD);
    let error = read.expect_err("damage in the middle of what is read");
    assert!(error.is_corrupt() && error.to_string().contains("moved aside and pulled again"), "{error}");
    drop(opened.store);
    let notices = Store::open(&folder.path(), Access::ReadWrite).unwrap().notices;
    assert!(notices.iter().any(|notice| notice.contains("moved aside")), "{notices:?}");
}

#[test]
fn a_broken_own_db_is_kept_and_rescued() {
    type Break = fn(&mut Vec<u8>);
    // What is broken, and how many of 300 notes must be readable still.
    let breaks: [(&str, Break, usize); 5] = [
        ("header", |bytes| bytes[..100].fill(0), 300),
        ("first page", |bytes| bytes[..4096].fill(0x77), 300),
        (
            "a page in the middle",
            |bytes| {
                let middle = bytes.len() / 2 / 4096 * 4096;
                bytes[middle..middle + 4096].fill(0xee);
            },
            280,
        ),
        ("the end cut off", |bytes| bytes.truncate(bytes.len() * 3 / 4), 150),
        ("everything", |bytes| bytes.fill(1), 0),
    ];
    let whole = Folder::new();
    drop(filled(&whole, 300));
    for (what, damage, least) in breaks {
        let folder = Folder::new();
        fs::create_dir(folder.path()).unwrap();
        for name in ["own.db", "cache.db"] {
            fs::copy(whole.path().join(name), folder.path().join(name)).unwrap();
        }
        let path = folder.path().join("own.db");
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let opened = Store::open(&folder.path(), Access::ReadWrite).unwrap();
        assert_eq!(opened.notices.len(), 1, "{what}: {:?}", opened.notices);
        let notice = &opened.notices[0];
        assert!(notice.starts_with("own.db was damaged. It is kept as own.db.broken-"), "{notice}");
        let kept = notice.split_once("kept as ").unwrap().1.split_once(';').unwrap().0;
        assert_eq!(fs::read(folder.path().join(kept)).unwrap(), bytes, "{what}: the original is kept as it was");
        assert_eq!(mode(&folder.path().join(kept)), 0o600);
        let mut store = opened.store;
        let notes = store.notes_of(&AccountId::from("crm:512")).unwrap();
        assert!(notes.len() >= least, "{what}: {} notes, {notice}", notes.len());
        for note in &notes {
            assert!(note.text.starts_with("note ") && note.text.ends_with("words "), "{what}");
        }
        store.note_save(&note("NEW", "goes on")).unwrap();
        drop(store);
        let again = folder.open();
        assert!(again.note(&NoteId::from("NEW")).unwrap().is_some());
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
        assert!(!names.iter().any(|name| name.to_string_lossy().contains("rescue")), "{names:?}");
    }
}

#[test]
fn a_note_in_the_log_of_a_broken_own_db_is_rescued_too() {
    let folder = Folder::new();
    let store = filled(&folder, 20);
    // Copied while open: the notes stand in the log and not in the file.
    let copy = Folder::new();
    fs::create_dir_all(copy.path()).unwrap();
    for name in ["own.db", "own.db-wal"] {
        fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    drop(store);
    fs::write(copy.path().join("own.db.damaged"), "").unwrap();
    let path = copy.path().join("own.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes.iter_mut().take(100).for_each(|byte| *byte = 0);
    fs::write(&path, bytes).unwrap();
    let opened = Store::open(&copy.path(), Access::ReadWrite).unwrap();
    assert_eq!(opened.store.notes_of(&AccountId::from("crm:512")).unwrap().len(), 20, "{:?}", opened.notices);
}

#[test]
fn whoever_has_it_open_while_it_is_mended_saves_into_the_new_one() {
    let folder = Folder::new();
    let mut first = filled(&folder, 2);
    fs::write(folder.path().join("own.db"), vec![7; 9000]).unwrap();
    fs::remove_file(folder.path().join("own.db-wal")).unwrap();
    let second = Store::open(&folder.path(), Access::ReadWrite).unwrap();
    assert_eq!(second.notices.len(), 1);
    assert!(!first.is_current());
    first.note_save(&note("LATE", "typed meanwhile")).unwrap();
    assert!(second.store.note(&NoteId::from("LATE")).unwrap().is_some());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    fs::write(folder.path(), "a file").unwrap();
    let error = Store::open(&folder.path().join("deeper"), Access::ReadWrite).unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }) && error.to_string().contains("deeper"), "{error}");
}

#[test]
fn looking_only_makes_nothing() {
    let folder = Folder::new();
    let opened = Store::open(&folder.path(), Access::ReadOnly).unwrap();
    assert!(!folder.path().exists());
    assert_eq!(opened.notices, Vec::<String>::new());
    assert!(opened.store.drafts().unwrap().is_empty());
    let mut store = opened.store;
    assert!(matches!(store.note_save(&note("N", "no")), Err(StoreError::ReadOnly { .. })));
    drop(filled(&folder, 2));
    let mut store = Store::open(&folder.path(), Access::ReadOnly).unwrap().store;
    assert_eq!(store.notes_of(&AccountId::from("crm:512")).unwrap().len(), 2);
    assert!(matches!(store.apply(&batch("account", Vec::new())), Err(StoreError::ReadOnly { .. })));
}

/// Run as another user where this one may write everywhere.
#[test]
fn read_only_child() {
    let Some(dir) = std::env::var_os("ROUNDS_TEST_READ_ONLY") else { return };
    let opened = Store::open(Path::new(&dir), Access::ReadWrite).unwrap();
    assert_eq!(opened.notices.len(), 1, "{:?}", opened.notices);
    assert!(opened.notices[0].contains("can't be written"), "{:?}", opened.notices);
    let mut store = opened.store;
    assert!(!store.writable());
    assert_eq!(store.notes_of(&AccountId::from("crm:512")).unwrap().len(), 3);
    assert_eq!(store.find("north", 5).unwrap().len(), 1);
    let error = store.note_save(&note("N", "no")).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    assert!(error.to_string().contains("own.db") && error.to_string().contains("--data"), "{error}");
    println!("read-only: fine");
}

#[test]
fn a_read_only_disk_shows_what_is_there() {
    let folder = Folder::new();
    drop(filled(&folder, 3));
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(folder.0.path(), 0o755);
    for entry in fs::read_dir(folder.path()).unwrap() {
        set(&entry.unwrap().path(), 0o444);
    }
    set(&folder.path(), 0o555);
    let mut command = child("files::read_only_child");
    command.env("ROUNDS_TEST_READ_ONLY", folder.path());
    if fs::metadata("/proc/self").map(|meta| std::os::unix::fs::MetadataExt::uid(&meta)).unwrap_or(1) == 0 {
        // Root may write everywhere: nobody looks for it.
        std::os::unix::process::CommandExt::uid(&mut command, 65_534);
    }
    let output = command.output().unwrap();
    set(&folder.path(), 0o755);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("read-only: fine"), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_copy_and_an_export_hold_what_is_ours() {
    let folder = Folder::new();
    let store = filled(&folder, 2);
    let copy = folder.0.path().join("copy.db");
    store.backup_own(&copy).unwrap();
    assert_eq!(mode(&copy), 0o600);
    let conn = rusqlite::Connection::open(&copy).unwrap();
    assert_eq!(conn.query_row("SELECT count(*) FROM note", [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    let all = store.export_own().unwrap();
    assert_eq!(all["note"].as_array().unwrap().len(), 2);
    assert_eq!(all["note"][0]["account"], "crm:512");
    assert_eq!(all["draft"][0]["text"], "half a thou");
    assert_eq!(all["outbox"][1]["state"], "queued");
}
