//! Promise: a mistake in a file of the user's is named by file and line, with what is allowed; `tests/configs` holds both
//! kinds of files, and beside each wrong one what is said of it. `ROUNDS_GOLDEN=write` writes that down anew.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::{Path, PathBuf};

use common::Home;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
        .collect();
    files.sort();
    files
}

/// Puts a file where its name says it belongs, and checks it. The exit code, and what was said of mistakes.
fn check(file: &Path) -> (Option<i32>, String) {
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).expect("the file");
    let kind = name.split('-').next().expect("a kind");
    let home = match kind {
        "config" => Home::with(&text),
        "connector" => {
            let home = Home::with("[source.crm]\nconnector = \"own\"\n");
            std::fs::create_dir_all(home.config().join("connectors")).expect("a folder");
            std::fs::write(home.config().join("connectors/own.toml"), &text).expect("the connector");
            home
        }
        "keys" | "health" | "plays" => {
            let home = Home::with("");
            std::fs::write(home.config().join(format!("{kind}.toml")), &text).expect("the file");
            home
        }
        other => panic!("{name}: what is a {other}?"),
    };
    let command: &[&str] = if kind == "keys" { &["keys", "--check"] } else { &["check", "--dry-run"] };
    let output = home.run(command);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = out
        .lines()
        .filter(|line| !line.starts_with("ok  ") && *line != "keys.toml: no mistakes")
        .chain(std::str::from_utf8(&output.stderr).unwrap().lines());
    let said: String = said.map(|line| format!("{}\n", line.trim_end())).collect();
    (output.status.code(), said)
}

#[test]
fn what_is_right_is_taken() {
    for file in files("valid") {
        let (code, said) = check(&file);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{}", file.display());
    }
}

#[test]
fn what_is_wrong_is_named_by_file_and_line() {
    let write = std::env::var("ROUNDS_GOLDEN").is_ok_and(|how| how == "write");
    let mut wrong = Vec::new();
    for file in files("invalid") {
        let (code, said) = check(&file);
        let golden = file.with_extension("txt");
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let kind = name.split('-').next().expect("a kind").to_owned();
        let there = if kind == "connector" { "connectors/own.toml:".to_owned() } else { format!("{kind}.toml:") };
        let numbered = said
            .match_indices(&there)
            .any(|(at, _)| said[at + there.len()..].starts_with(|c: char| c.is_ascii_digit()));
        if code != Some(3) || !numbered {
            wrong.push(format!("{name}: exit {code:?}, no {there}LINE in:\n{said}"));
        }
        if write {
            std::fs::write(&golden, &said).expect("the golden file");
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != said {
            wrong.push(format!("{name} says now:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
