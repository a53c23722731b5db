//! Promise: two processes on one cache, a disk that is full or can't be written, damaged files and files of a newer
//! Rounds: each is said clearly, and nothing is lost.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{Home, Practice};
use serde_json::Value;

fn list(home: &Home) -> Vec<Value> {
    home.json(&["list", "--json"]).as_array().expect("a list").clone()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file of a folder, with its bytes. `log`: with what is only for people.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    let files = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    files.map(|path| (name(&path), std::fs::read(&path).expect("a file"))).collect()
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

fn notes_of(home: &Home, account: &str) -> Vec<String> {
    let show = home.json(&["show", account, "--json"]);
    let notes = show["notes"].as_array().expect("notes").clone();
    notes
        .iter()
        .filter(|note| note["mine"] == true)
        .filter_map(|note| note["text"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn one_syncs_at_a_time_and_reading_goes_on() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let book = list(&home);
    // Held up in the middle, for as long as this takes.
    practice.faults(r#"{"slow":1}"#);
    let before = practice.requests();
    let mut first =
        home.command(&["sync", "--full"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("rounds starts");
    while practice.requests() == before {
        std::thread::yield_now();
    }
    let second = home.run(&["sync"]);
    assert_eq!(second.status.code(), Some(7), "{}", err(&second));
    assert!(err(&second).contains(&format!("process {}", first.id())), "{}", err(&second));
    assert!(second.stdout.is_empty());
    assert_eq!(list(&home), book);
    let id = home.json(&["note", "northwind", "Written while another one syncs", "--json"])["id"].clone();
    assert!(home.json(&["outbox", "--json"])[0]["id"].is_string());
    assert!(first.try_wait().expect("its state").is_none(), "the first one still runs");
    practice.faults("{}");
    assert!(first.wait().expect("its end").success());
    // The lease is free again, and what was written meanwhile arrives.
    home.ok(&["sync"]);
    let notes = practice.notes();
    assert_eq!(notes.len(), 1);
    assert!(notes[0]["body"].as_str().expect("a body").contains(id.as_str().expect("an id")));
}

#[test]
fn read_only_writes_nothing_here_or_there() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    // Nothing is made where nothing was.
    home.ok(&["--read-only", "list"]);
    assert!(!home.data().exists());
    home.ok(&["sync"]);
    home.ok(&["note", "northwind", "From before"]);
    let (before, requests) = (contents(&home.data()), practice.requests());
    for reading in
        [&["list"][..], &["show", "northwind"], &["explain", "northwind"], &["changes"], &["outbox"], &["actions"]]
    {
        home.ok(&[&["--read-only"], reading].concat());
    }
    for writing in [
        &["sync"][..],
        &["note", "northwind", "Not to be"],
        &["task", "northwind", "call", "fri"],
        &["outbox", "retry"],
    ] {
        let output = home.run(&[&["--read-only"], writing].concat());
        assert!(!output.status.success(), "{writing:?}");
        assert!(err(&output).contains("read-only"), "{writing:?}: {}", err(&output));
    }
    // The -wal and -shm beside a file that is read are SQLite's own; nothing of ours is in them.
    let side = |name: &str, bytes: &[u8]| name.ends_with("-shm") || (name.ends_with("-wal") && bytes.is_empty());
    let changed: Vec<String> = contents(&home.data())
        .into_iter()
        .filter(|(name, bytes)| before.get(name) != Some(bytes) && !side(name, bytes))
        .map(|(n, _)| n)
        .collect();
    assert_eq!(changed, Vec::<String>::new());
    assert_eq!(practice.requests(), requests);
}

#[test]
fn a_data_folder_that_cannot_be_is_said() {
    let mut home = Home::with("");
    let file = home.config().join("a-file");
    std::fs::write(&file, "").expect("a file");
    let data = file.join("data").display().to_string();
    home.data = Some(file.join("data"));
    for command in [&["list"][..], &["note", "northwind", "x"]] {
        let output = home.run(command);
        assert_eq!(output.status.code(), Some(1), "{}", err(&output));
        assert!(err(&output).contains(&data) && err(&output).contains("--data"), "{}", err(&output));
    }
}

/// Runs a script where it may mount file systems that nobody else sees. `None` where this machine does not allow that.
fn with_mounts(home: &Home, script: &str) -> Option<Output> {
    let root = Command::new("id").arg("-u").output().ok().is_some_and(|out| out.stdout == b"0\n");
    let flags: &[&str] = if root { &["-m"] } else { &["-U", "-r", "-m"] };
    let folder = home.config().display().to_string();
    let probe = Command::new("unshare").args(flags).args(["mount", "-t", "tmpfs", "tmpfs", &folder]).output();
    if !probe.as_ref().is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: this machine lets no test mount a file system of its own ({probe:?})");
        return None;
    }
    let program = home.command(&[]);
    let mut command = Command::new("unshare");
    command.args(flags).args(["sh", "-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
    command.envs(program.get_envs().filter_map(|(key, value)| Some((key, value?)))).env("DATA", home.data());
    Some(command.stdin(Stdio::null()).output().expect("a shell"))
}

/// What a script printed, part by part: each `say` begins one with the exit code of what it ran.
fn parts(output: &Output) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split("\u{1}")
        .skip(1)
        .filter_map(|part| part.rsplit_once("exit "))
        .map(|(said, code)| (code.trim().to_owned(), said.to_owned()))
        .collect()
}

/// `try COMMAND...` runs Rounds and prints all it says, and its exit code.
const TRY: &str = "rounds() { \"$@\"; }\ntry() { printf '\\001'; \"$@\" 2>&1; echo \"exit $?\"; }\n";

#[test]
fn a_read_only_disk_is_read_and_said() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    home.ok(&["note", "northwind", "From before"]);
    let before = contents(&home.data());
    let script = format!(
        "{TRY} mount --bind \"$DATA\" \"$DATA\" && mount -o remount,ro,bind \"$DATA\" || exit 9\n\
         try \"$@\" list\ntry \"$@\" show northwind\ntry \"$@\" note northwind 'Not kept'\ntry \"$@\" sync\n"
    );
    let Some(output) = with_mounts(&home, &script) else { return };
    let parts = parts(&output);
    assert_eq!(parts.len(), 4, "{output:?}");
    for (code, said) in &parts[..2] {
        assert!(code == "0" && said.contains("Northwind") && said.contains("can't be written"), "{code}: {said}");
    }
    assert!(parts[1].1.contains("From before"));
    for (code, said) in &parts[2..] {
        assert!(code == "1" && said.contains("can't be written") | said.contains("cannot write"), "{code}: {said}");
    }
    assert_eq!(contents(&home.data()), before);
}

#[test]
fn a_full_disk_is_said_and_what_was_saved_stays() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    home.ok(&["note", "northwind", "From before"]);
    // The data on a small disk of its own; something else fills it to the last byte.
    let long = "long ".repeat(4000);
    let script = format!(
        "{TRY} kept=$(mktemp -d) && cp \"$DATA\"/* \"$kept\" && mount -t tmpfs -o size=40m tmpfs \"$DATA\" && cp \"$kept\"/* \"$DATA\" || exit 9\n\
         rm -r \"$kept\"; dd if=/dev/zero of=\"$DATA/filler\" bs=4k 2>/dev/null\n\
         try \"$@\" list\ntry \"$@\" note northwind '{long}'\ntry \"$@\" sync --full\ntry \"$@\" list\n\
         rm \"$DATA/filler\"\n\
         try \"$@\" note northwind 'After there was space'\ntry \"$@\" sync --full\ntry \"$@\" show northwind\n"
    );
    let Some(output) = with_mounts(&home, &script) else { return };
    let parts = parts(&output);
    assert_eq!(parts.len(), 7, "{output:?}");
    let (full, space) = parts.split_at(4);
    assert!(full[0].0 == "0" && full[0].1.contains("Northwind"), "{:?}", full[0]);
    for (code, said) in &full[1..3] {
        assert!(code == "1" && said.contains("full"), "{code}: {said}");
    }
    assert!(full[3].0 == "0" && full[3].1.contains("Northwind"), "{:?}", full[3]);
    assert!(space.iter().all(|(code, _)| code == "0"), "{space:?}");
    let show = &space[2].1;
    assert!(
        show.contains("From before") && show.contains("After there was space") && !show.contains("long long"),
        "{show}"
    );
    // Both are in the CRM, once each.
    assert_eq!(practice.notes().len(), 2);
}

#[test]
fn a_limit_on_the_size_of_files_is_said_like_a_full_disk() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let book = list(&home);
    // The shell ignores the signal, so that the program gets the error.
    let program = home.command(&["sync", "--full"]);
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(program.get_program())
        .args(program.get_args())
        .envs(program.get_envs().filter_map(|(key, value)| Some((key, value?))))
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(err(&output).contains("full") && err(&output).contains(".db"), "{}", err(&output));
    assert_eq!(list(&home), book);
    home.ok(&["sync", "--full"]);
    assert_eq!(list(&home), book);
}

/// The one file beside `file` that was kept of it.
fn kept(home: &Home, file: &str) -> PathBuf {
    let wanted = format!("{file}.broken-");
    let names: Vec<String> = contents(&home.data()).into_keys().filter(|name| name.starts_with(&wanted)).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    home.data().join(&names[0])
}

#[test]
fn a_damaged_cache_is_moved_aside_and_pulled_again() {
    let practice = Practice::start(&["--accounts", "20"]);
    for damage in ["garbage", "middle", "cut", "empty"] {
        let home = Home::of(&practice);
        home.ok(&["sync"]);
        let book = list(&home);
        home.ok(&["note", "northwind", "Stays on this machine", "--private"]);
        let path = home.data().join("cache.db");
        let whole = std::fs::read(&path).expect("the cache");
        let bytes = match damage {
            "garbage" => b"This is not a database, it only looks like a file. ".repeat(2000),
            "middle" => {
                let mut bytes = whole.clone();
                let (from, to) = (bytes.len() / 10, bytes.len() * 9 / 10);
                bytes[from..to].fill(0x5a);
                bytes
            }
            "cut" => whole[..whole.len() / 3].to_vec(),
            _ => Vec::new(),
        };
        std::fs::write(&path, &bytes).expect("damage");
        let output = home.run(&["sync"]);
        assert!(output.status.success(), "{damage}: {}", err(&output));
        if damage != "empty" {
            assert!(err(&output).contains("moved aside to cache.db.broken-"), "{damage}: {}", err(&output));
            assert_eq!(std::fs::read(kept(&home, "cache.db")).expect("the old one"), bytes, "{damage}");
        }
        assert_eq!(list(&home), book, "{damage}");
        assert_eq!(notes_of(&home, "northwind"), ["Stays on this machine"], "{damage}");
        // It is said once.
        assert!(!err(&home.run(&["list"])).contains("moved aside"));
    }
}

#[test]
fn a_damaged_own_file_is_kept_and_what_is_readable_is_rescued() {
    let practice = Practice::start(&["--accounts", "5"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let texts: Vec<String> = (0..40).map(|n| format!("Note number {n}: {}", "what was said ".repeat(60))).collect();
    for text in &texts {
        home.ok(&["note", "northwind", text, "--private"]);
    }
    let path = home.data().join("own.db");
    let whole = std::fs::read(&path).expect("own.db");
    let mut bytes = whole.clone();
    // Whole pages in the midst of the notes, wherever they lie among all else that the file holds.
    let place = |text: &String| whole.windows(text.len()).position(|part| part == text.as_bytes());
    let mut places: Vec<usize> = texts.iter().filter_map(|text| place(&text.trim().to_owned())).collect();
    places.sort_unstable();
    let page = |place: usize| place / 4096 * 4096;
    let (from, to) = (page(places[places.len() * 4 / 10]), page(places[places.len() * 6 / 10]));
    bytes[from..to].fill(0x5a);
    std::fs::write(&path, &bytes).expect("damage");
    let output = home.run(&["show", "northwind", "--json"]);
    assert!(output.status.success(), "{}", err(&output));
    let said = err(&output);
    assert!(said.contains("own.db was damaged") && said.contains("kept as own.db.broken-"), "{said}");
    assert_eq!(std::fs::read(kept(&home, "own.db")).expect("the old one"), bytes, "the damaged file is as it was");
    let rescued = notes_of(&home, "northwind");
    let texts: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
    assert!(rescued.iter().all(|text| texts.contains(&text.as_str())), "nothing is made up");
    // Every note of which nothing lay in the damaged part is there: it stands in the file as often as before.
    let often = |bytes: &[u8], text: &str| String::from_utf8_lossy(bytes).matches(text).count();
    let untouched: Vec<_> = texts.iter().filter(|text| often(&bytes, text) == often(&whole, text)).collect();
    assert!(untouched.len() > 10 && untouched.len() < texts.len(), "{}", untouched.len());
    let missing: Vec<_> = untouched.iter().filter(|text| !rescued.iter().any(|found| found == **text)).collect();
    assert!(missing.is_empty(), "{} rescued; {missing:?}", rescued.len());
    assert!(said.contains(&format!("{} notes", rescued.len())), "{said}: {}", rescued.len());
    // It goes on as if nothing had been.
    home.ok(&["note", "northwind", "And on", "--private"]);
    assert_eq!(notes_of(&home, "northwind").len(), rescued.len() + 1);
    assert!(!err(&home.run(&["list"])).contains("damaged"));
}

#[test]
fn files_of_a_newer_rounds_are_left_alone() {
    let practice = Practice::start(&["--accounts", "5"]);
    for file in ["cache.db", "own.db"] {
        let home = Home::of(&practice);
        home.ok(&["sync"]);
        home.ok(&["note", "northwind", "Mine", "--private"]);
        let path = home.data().join(file);
        let mut bytes = std::fs::read(&path).expect("the file");
        // The format's number, where SQLite keeps it.
        bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
        std::fs::write(&path, &bytes).expect("a newer file");
        let databases = |home: &Home| -> BTreeMap<String, Vec<u8>> {
            contents(&home.data()).into_iter().filter(|(name, _)| name.contains(".db")).collect()
        };
        let before = databases(&home);
        for command in
            [&["list"][..], &["note", "northwind", "More"], &["sync"], &["--read-only", "list"], &["export", "--own"]]
        {
            let output = home.run(command);
            assert_eq!(output.status.code(), Some(1), "{file} {command:?}: {}", err(&output));
            let said = err(&output);
            assert!(
                said.contains(file) && said.contains("newer Rounds") && said.contains("nothing was touched"),
                "{said}"
            );
            assert!(output.stdout.is_empty());
        }
        assert!(databases(&home) == before, "{file}: the files were touched");
    }
}

#[test]
fn hostile_names_do_no_harm_anywhere() {
    let practice = Practice::start(&["--accounts", "200", "--hostile"]);
    let config = practice.hello["config"].as_str().expect("config");
    let mut home = Home::with(config);
    home.env = Home::of(&practice).env.clone();
    home.ok(&["sync"]);
    let all = home.json(&["list", "--json"]);
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 200);
    let hostile = all.iter().find(|item| item["name"].as_str().is_some_and(|name| name.contains("株式会社")));
    let hostile = hostile.expect("the hostile one");
    let id = hostile["id"].as_str().expect("an id");
    home.ok(&["note", id, "A note \u{1b}[2J with \u{202e} and \u{9b}31m in it"]);
    for command in [
        &["list"][..],
        &["list", "--json"],
        &["list", "--jsonl"],
        &["list", "--csv"],
        &["list", "--markdown"],
        &["show", id],
        &["show", id, "--json"],
        &["explain", id],
        &["explain", id, "--json"],
        &["changes"],
        &["changes", "--json"],
        &["actions"],
        &["actions", "--csv"],
        &["outbox"],
        &["outbox", "--json"],
        &["export", "--own"],
        &["show", "no\u{1b}[31msuch"],
    ] {
        let output = home.run(command);
        for text in [&output.stdout, &output.stderr] {
            let text = std::str::from_utf8(text).unwrap_or_else(|error| panic!("{command:?}: {error}"));
            // Lines of CSV end as its standard says.
            let text = if command.contains(&"--csv") { text.replace("\r\n", "\n") } else { text.to_owned() };
            let bad: Vec<char> = text.chars().filter(|c| forbidden(*c)).collect();
            assert!(bad.is_empty(), "{command:?}: {bad:?} in {text}");
            for escape in ["\\u001b", "\\u009b", "\\u202e", "\\u2066", "\\x1b"] {
                assert!(!text.to_lowercase().contains(escape), "{command:?}: {escape}");
            }
        }
    }
    // The table keeps its columns: what stands left of the second one is as wide in every row.
    let table = home.ok(&["list"]);
    let mut lines = table.lines();
    let header = lines.next().expect("a header");
    let second = header.find("  ").map(|at| at + header[at..].len() - header[at..].trim_start().len());
    let second = rounds::text::width(&header[..second.expect("a second column")]);
    for line in lines {
        let mut cells = 0;
        let cut = line.char_indices().find(|(at, _)| {
            cells = rounds::text::width(&line[..*at]);
            cells >= second
        });
        assert_eq!(cells, second, "{line}");
        assert!(cut.is_some(), "{line}");
    }
}

/// Control characters and those that turn the direction of text; joiners only stand inside emoji.
fn forbidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
