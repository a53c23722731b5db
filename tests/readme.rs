//! The README shows the real program: its picture of the portfolio is what the program draws, and its keys are bound.
//!
//! `UPDATE_README=1 cargo test --test readme` writes the picture anew.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::{Home, Practice};

const BEGIN: &str = "<!-- the real screen -->\n```text\n";
const END: &str = "```\n<!-- end of the screen -->";

/// Ages ("just now", "2 min ago") and what stands behind the flags, where the hour of the day's meetings shows, are not part
/// of the picture's promise.
fn steady(line: &str) -> String {
    let line: String = line.split("practice").next().unwrap_or(line).chars().take(86).collect();
    line.trim_end().to_owned()
}

#[test]
fn the_picture_is_the_real_screen() {
    let practice = Practice::start(&["--accounts", "84"]);
    let home = Home::of(&practice);
    home.set("practice = true");
    home.ok(&["sync"]);
    let mut terminal = home.open(110, 22);
    terminal.wait_for("Northwind Traders");
    // The first frame is what was last known; the sync behind it changes nothing, and says so in the top line.
    // A frame arrives in portions: it is whole when its last line is there.
    terminal.wait("the age of the data", |screen| {
        let rows: Vec<String> = screen.rows(0, 110).collect();
        rows.first().is_some_and(|row| row.contains("just now") || row.contains("min ago"))
            && rows.last().is_some_and(|row| row.contains("? keys"))
    });
    let screen: Vec<String> = terminal.text().lines().map(|line| line.trim_end().to_owned()).collect();
    terminal.keys("q");
    terminal.end();

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the README has its picture");
    let (shown, after) = rest.split_once(END).expect("the picture ends");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}\n{END}{after}", screen.join("\n"))).unwrap();
        return;
    }
    let shown: Vec<String> = shown.lines().map(steady).collect();
    let drawn: Vec<String> = screen.iter().map(|line| steady(line)).collect();
    assert_eq!(shown, drawn, "the README's picture is old: UPDATE_README=1 cargo test --test readme");
}

#[test]
fn the_commands_it_names_are_known() {
    let readme = include_str!("../README.md");
    let home = Home::with("");
    let mut seen = 0;
    for line in readme.lines().filter(|line| line.starts_with("rounds ")) {
        for command in line.split("&&").map(str::trim) {
            let name = command.split_whitespace().nth(1).unwrap_or_default();
            let output = home.run(&[name, "--help"]);
            assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
            seen += 1;
        }
    }
    assert!(seen >= 5, "the README shows commands");
}

#[test]
fn its_queries_and_its_model_can_be_read() {
    let readme = include_str!("../README.md");
    let block = |begin: &str, kind: &str| {
        let rest =
            readme.split_once(begin).expect("the section").1.split_once(&format!("```{kind}\n")).expect("a block").1;
        rest.split_once("```").expect("its end").0
    };
    let queries: Vec<&str> = block("## Ask for anything", "text").lines().collect();
    assert!(queries.len() >= 5);
    for line in queries {
        let query = line.split("   ").next().unwrap_or_default();
        rounds::book::query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    let own = format!("{}\n{}", rounds::config::HEALTH, block("## Your own model", "toml"));
    let model = rounds::book::model::Model::parse(&own, rounds::config::PLAYS).expect("a model");
    assert_eq!(model.check(), Vec::<String>::new());
}
