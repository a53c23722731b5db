//! The morning walk in the real program: put off, killed, gone on with, and the end where nobody needs anything.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice, Terminal};

/// A small book, so that its walk is short.
fn book() -> (Practice, Home) {
    let practice = Practice::start(&["--accounts", "12"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    (practice, home)
}

/// `3 of 7` on the head line.
fn place(terminal: &Terminal) -> Option<(usize, usize)> {
    let text = terminal.text();
    let mut words = text.lines().next()?.split_whitespace().collect::<Vec<_>>().into_iter().rev();
    let mut after = None;
    while let Some(word) = words.next() {
        if word == "of" {
            return Some((words.next()?.parse().ok()?, after?));
        }
        after = word.parse().ok();
    }
    None
}

fn begin(home: &Home, at: usize) -> (Terminal, usize) {
    let mut terminal = home.open(100, 30);
    terminal.wait_for("Northwind Traders");
    terminal.keys(" ");
    terminal.wait_for(&format!(" {at} of "));
    let of = place(&terminal).expect("a place on the walk").1;
    (terminal, of)
}

#[test]
fn a_walk_survives_a_kill_and_reaches_its_end() {
    let (_practice, home) = book();
    let (mut terminal, of) = begin(&home, 1);
    assert!(of > 1, "a walk of several");
    terminal.wait_for("WHAT CHANGED");
    terminal.keys("Z");
    terminal.wait_for("Not before");
    terminal.keys("+1w legal is reading it\r");
    terminal.wait_for(&format!(" 2 of {of}"));
    // On disk before the next page is drawn, or soon after: what was put off is asked of another process.
    let waits = |home: &Home| home.json(&["show", "northwind", "--json"])["snoozed"]["until"].clone();
    while waits(&home) != "2026-11-30" {
        std::thread::yield_now();
    }
    terminal.wait_for("put off until 30 Nov");
    terminal.kill();

    let (mut terminal, again) = begin(&home, 2);
    assert_eq!(again, of, "the one that was put off is counted, and not asked again");
    for at in 2..of {
        terminal.wait_for(&format!(" {at} of {of}"));
        terminal.wait("its page", |screen| {
            let text = screen.contents();
            text.contains("NEXT") || text.contains("NOTHING TO DO NOW")
        });
        terminal.keys(" ");
    }
    terminal.wait_for(&format!(" {of} of {of}"));
    terminal.wait("its page", |screen| {
        let text = screen.contents();
        text.contains("NEXT") || text.contains("NOTHING TO DO NOW")
    });
    terminal.keys(" ");
    terminal.wait_for("The rounds are done.");
    terminal.wait_for("legal is reading it");
    terminal.keys(" ");
    terminal.wait_for("ACCOUNT");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);

    // The queue is empty for today, and says what waits.
    let mut terminal = home.open(100, 30);
    terminal.wait_for("Northwind Traders");
    terminal.keys(" ");
    terminal.wait_for("Nobody needs you now.");
    terminal.wait_for("legal is reading it");
    terminal.keys(" q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_read_only_walk_keeps_nothing_and_says_so() {
    let (_practice, home) = book();
    let env = home.env.clone();
    let text = |path: std::path::PathBuf| path.display().to_string();
    let (config, data) = (text(home.config()), text(home.data()));
    let arguments = ["--config", &config, "--data", &data, "--today", common::TODAY, "--read-only"];
    let mut terminal = Terminal::start(&arguments, &env, 100, 30);
    terminal.wait_for("Northwind Traders");
    terminal.keys(" ");
    terminal.wait_for("WHAT CHANGED");
    terminal.keys("Z");
    terminal.wait_for("Not before");
    terminal.keys("fri\r");
    terminal.wait_for("--read-only");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    assert!(home.json(&["show", "northwind", "--json"])["snoozed"].is_null());
}

#[test]
fn the_running_program_tells_the_news_once_too() {
    let practice = Practice::start(&["--accounts", "40"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let later = Home { today: Some("2026-12-14".into()), data: Some(home.data()), ..Home::of(&practice) };
    let told = || {
        let rows = later.json(&["changes", "--since", "2026-11-23", "--json"]);
        rows.as_array().expect("rows").iter().filter(|row| row["kind"] != "score").count()
    };
    // Nothing is told before somebody looks at the whole book of that day.
    assert_eq!(told(), 0);
    let mut terminals = [later.open(100, 30), later.open(100, 30)];
    for terminal in &terminals {
        terminal.wait_for("Northwind Traders");
    }
    let started = std::time::Instant::now();
    while told() == 0 {
        assert!(started.elapsed() < common::PATIENCE, "no news came");
        std::thread::yield_now();
    }
    for terminal in &mut terminals {
        terminal.keys("q");
        assert_eq!(terminal.end(), 0);
    }
    let count = told();
    later.ok(&["sync"]);
    assert_eq!(told(), count, "what was told is not told again");
}
