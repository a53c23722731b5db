//! The real program in a pseudo-terminal against the practice CRM: first frame, notes, drafts, resizing, endings.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, PATIENCE, Practice, Terminal};
use serde_json::Value;

/// A synced book of twenty accounts, and its CRM.
fn book() -> (Practice, Home) {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    (practice, home)
}

/// Waits until a question to another process is answered with yes.
fn until(what: &str, mut yes: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !yes() {
        assert!(started.elapsed() < PATIENCE, "{what} did not come");
        std::thread::yield_now();
    }
}

fn draft_of(home: &Home) -> Option<String> {
    let own = home.json(&["export", "--own"]);
    own["draft"].as_array()?.first()?["text"].as_str().map(str::to_owned)
}

#[test]
fn the_book_is_there_without_a_key_and_the_terminal_is_asked_nothing() {
    let (_practice, home) = book();
    let mut terminal = home.open(80, 24);
    terminal.wait_for("Northwind Traders");
    terminal
        .wait("one line of identity", |screen| screen.rows(0, 80).next().is_some_and(|row| row.contains("maya.chen")));
    // A question to the terminal would stand in its output: device attributes, cursor position, colours.
    let asked = terminal.output();
    for question in ["\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[6n", "\x1b]10;?", "\x1b]11;?", "\x1b[?u", "\x1b[14t", "$p"] {
        assert!(!asked.contains(question), "the terminal was asked {question:?}");
    }
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.restored(), "quit leaves the terminal as it was");
}

#[test]
fn a_note_typed_here_is_in_the_crm() {
    let (practice, home) = book();
    let mut terminal = home.open(120, 40);
    terminal.wait_for("Northwind Traders");
    terminal.keys("n");
    terminal.wait_for("Note on Northwind Traders");
    terminal.keys("Sponsor is worried /call @sam about dates");
    terminal.wait_for("call with Sam Ortiz");
    terminal.keys("\r");
    terminal.wait("the box closes", |screen| !screen.contents().contains("Note on Northwind Traders"));
    // It was on disk before the box closed; it reaches the CRM without another key.
    let own = home.json(&["export", "--own"]);
    assert_eq!(own["note"].as_array().map(Vec::len), Some(1), "{own:#}");
    until("the note in the CRM", || practice.notes().len() == 1);
    let note = &practice.notes()[0];
    assert!(note["body"].as_str().is_some_and(|body| body.contains("Sponsor is worried")), "{note:#}");
    assert_eq!(note["contacts"].as_array().map(Vec::len), Some(1), "{note:#}");
    until("its call record", || practice.state()["calls"].as_array().is_some_and(|calls| calls.len() == 1));
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_draft_survives_kill_9() {
    let (_practice, home) = book();
    let mut terminal = home.open(100, 30);
    terminal.wait_for("Northwind Traders");
    terminal.keys("n");
    terminal.wait_for("Note on Northwind Traders");
    terminal.keys("half a thought");
    terminal.wait_for("half a thought");
    until("the draft on disk", || draft_of(&home).as_deref() == Some("half a thought"));
    terminal.kill();
    let mut again = home.open(100, 30);
    again.wait_for("Northwind Traders");
    again.keys("n");
    again.wait_for("half a thought");
    // Saved, the draft is gone.
    again.keys(", now whole\r");
    again.wait("the box closes", |screen| !screen.contents().contains("Note on Northwind Traders"));
    let own = home.json(&["export", "--own"]);
    assert_eq!(own["note"][0]["text"], "half a thought, now whole");
    assert_eq!(draft_of(&home), None);
}

#[test]
fn a_change_of_a_sent_note_survives_kill_9_and_arrives() {
    let (practice, home) = book();
    home.ok(&["note", "northwind", "Sponsor is worried"]);
    home.ok(&["sync", "crm"]);
    let own_draft = |home: &Home| {
        let own = home.json(&["export", "--own"]);
        own["note_draft"].as_array().and_then(|rows| rows.first()?["text"].as_str().map(str::to_owned))
    };
    // Northwind's note on its timeline: the newest entry that is mine.
    let to_the_box = |terminal: &mut Terminal, title: &str| {
        terminal.wait_for("Northwind Traders");
        terminal.keys("\r\t\t\t\t");
        terminal.wait_for("Sponsor is worried");
        for _ in 0..40 {
            terminal.keys("E");
            let settled = |screen: &vt100::Screen| {
                let text = screen.contents();
                text.contains(title) || text.contains("only a note of yours")
            };
            terminal.wait("the box or a no", settled);
            if terminal.text().contains(title) {
                return;
            }
            terminal.keys("j");
            terminal.wait("the no is gone", |screen| !screen.contents().contains("only a note of yours"));
        }
        panic!("no note of mine on the timeline:\n{}", terminal.text());
    };
    let mut terminal = home.open(100, 30);
    to_the_box(&mut terminal, "Change the note on");
    terminal.keys(", and says so");
    until("the change on disk", || own_draft(&home).as_deref() == Some("Sponsor is worried, and says so"));
    terminal.kill();
    let mut again = home.open(100, 30);
    to_the_box(&mut again, "Change the note on");
    again.wait_for("Sponsor is worried, and says so");
    // Left with Esc it is kept still; the note itself stays as it was until Enter.
    again.keys("\x1b");
    again.wait_for("kept as a draft");
    assert!(practice.notes()[0]["body"].as_str().is_some_and(|body| !body.contains("says so")));
    again.keys("E");
    again.wait_for("Change the note on Northwind Traders · draft");
    again.keys("\r");
    until("the change in the CRM", || {
        practice.notes()[0]["body"].as_str().is_some_and(|body| body.contains("worried, and says so"))
    });
    assert_eq!(own_draft(&home), None);
    assert_eq!(practice.notes().len(), 1);
    again.keys("q");
    assert_eq!(again.end(), 0);
}

#[test]
fn escape_keeps_the_draft_and_a_paste_runs_no_keys() {
    let (_practice, home) = book();
    let mut terminal = home.open(100, 30);
    terminal.wait_for("Northwind Traders");
    // Outside a text field a paste is not taken for keys: a q in it does not quit.
    terminal.keys("\x1b[200~qqq\x1b[201~");
    terminal.keys("n");
    terminal.wait_for("Note on Northwind Traders");
    terminal.keys("\x1b[200~pasted /task not a fact\nsecond line\x1b[201~");
    terminal.wait_for("second line");
    terminal.keys("\x1b");
    terminal.wait("the box closes", |screen| !screen.contents().contains("Note on Northwind Traders"));
    until("the draft on disk", || draft_of(&home).is_some_and(|draft| draft.contains("second line")));
    assert_eq!(home.json(&["export", "--own"])["note"], Value::Array(Vec::new()));
}

#[test]
fn every_ending_leaves_the_terminal_as_it_was() {
    let (_practice, home) = book();
    for signal in ["TERM", "INT", "HUP"] {
        let mut terminal = home.open(80, 24);
        terminal.wait_for("Northwind Traders");
        terminal.signal(signal);
        terminal.end();
        assert!(terminal.restored(), "SIG{signal}");
    }
}

#[test]
fn suspended_and_resumed_it_shows_the_book_again() {
    let (_practice, home) = book();
    let mut terminal = home.open(80, 24);
    terminal.wait_for("Northwind Traders");
    terminal.keys("\x1a");
    terminal.wait("the main screen", |screen| !screen.alternate_screen());
    until("the stop", || terminal.stopped());
    terminal.signal("CONT");
    terminal
        .wait("the book again", |screen| screen.alternate_screen() && screen.contents().contains("Northwind Traders"));
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn it_follows_the_size_down_to_one_line_and_back() {
    let (_practice, home) = book();
    let mut terminal = home.open(120, 40);
    terminal.wait_for("Northwind Traders");
    terminal.resize(40, 10);
    terminal
        .wait("the small book", |screen| screen.rows(0, 40).count() == 10 && screen.contents().contains("Northwind"));
    terminal.resize(18, 4);
    terminal.wait("one line that works", |screen| !screen.contents().trim().is_empty());
    terminal.resize(200, 60);
    terminal.wait_for("Northwind Traders");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn the_first_start_fills_while_it_syncs_and_a_dead_network_is_said() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home::of(&practice);
    let mut terminal = home.open(100, 30);
    terminal.wait_for("Northwind Traders");
    terminal.wait_for("just now");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    drop(practice);
    // Offline: what is known is shown, notes are taken, and what failed stands in one line.
    let mut terminal = home.open(100, 30);
    terminal.wait_for("Northwind Traders");
    terminal.wait_for("does not answer");
    terminal.keys("n");
    terminal.wait_for("Note on Northwind Traders");
    terminal.keys("on a plane\r");
    terminal.wait("the box closes", |screen| !screen.contents().contains("Note on Northwind Traders"));
    assert_eq!(home.json(&["outbox", "--json"])[0]["state"], "queued");
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn without_a_terminal_it_says_so() {
    let (_practice, home) = book();
    let output = home.run(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("rounds list"), "{output:?}");
}

/// `o` opens nothing on the machine that Rounds runs on, which may be a jump host: the address goes to the terminal of
/// whoever sits there.
#[test]
fn the_address_of_an_account_goes_to_the_terminals_clipboard() {
    let (_practice, home) = book();
    let show = home.json(&["show", "northwind", "--json"]);
    let link = show["link"].as_str().expect("an address").to_owned();
    assert!(link.starts_with("https://app.practice-crm.example/contacts/"), "{link}");
    let home = Home {
        env: [("SSH_TTY".to_owned(), "/dev/pts/9".to_owned())].into_iter().chain(home.env.clone()).collect(),
        ..home
    };
    let mut terminal = home.open(120, 30);
    terminal.wait_for("Northwind Traders");
    terminal.keys("o");
    terminal.wait_for("sent to the terminal's clipboard");
    let sent = terminal.output();
    let coded =
        sent.split("\x1b]52;c;").nth(1).expect("the address is offered").split(['\x07', '\x1b']).next().unwrap();
    assert_eq!(decoded(coded), link);
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
}

/// Base64, as terminals take it.
fn decoded(text: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for c in text.trim_end_matches('=').chars() {
        held = held << 6 | LETTERS.find(c).expect("base64") as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    String::from_utf8(bytes).expect("text")
}
