//! The arrows between the rooms, who may know which library, and the clock: read from the source itself.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may use whom. A room may always use itself; `main` and `lib` may use any.
const ARROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("theme", &["text"]),
    ("secrets", &["text"]),
    ("book", &["text"]),
    ("store", &["book"]),
    ("connect", &["text", "secrets", "book"]),
    ("sync", &["connect", "store", "book"]),
    ("command", &["book"]),
    ("report", &["book", "text"]),
    ("config", &["command", "book", "connect", "theme"]),
    ("ops", &["command", "config", "connect", "secrets", "store", "sync", "book", "report", "text"]),
    ("app", &["command", "book", "config", "text"]),
    ("screens", &["app", "command", "book", "theme", "text"]),
    ("terminal", &["app", "screens", "ops", "command", "config", "theme", "text"]),
    ("cli", &["ops", "command", "config", "book", "practice", "report", "theme", "text"]),
    ("practice", &[]),
];

/// Which rooms may know a library at all; `main` may know none of these but through them.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("ratatui", &["screens", "theme", "terminal"]),
    ("crossterm", &["screens", "theme", "terminal"]),
    ("reqwest", &["connect"]),
    ("rusqlite", &["store"]),
    ("hyper", &["practice"]),
    ("keyring", &["secrets"]),
    ("clap", &["cli"]),
];

/// The files of the binary.
const DOOR: &[&str] = &["main", "demo", "log"];

/// Rooms that may ask the clock.
const CLOCK: &[&str] = &["main", "cli", "terminal", "sync", "connect", "practice"];

/// The source files by room, without their tests (`#[cfg(test)]` to the end of the file).
fn rooms() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inside = path.strip_prefix(&src).unwrap();
                let room = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
                // The door is the binary: main and the two files beside it.
                let room = if DOOR.contains(&room) { "main" } else { room }.to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
                rooms.entry(room).or_default().push((inside.to_owned(), code));
            }
        }
    }
    rooms
}

/// The lines that are code, with their numbers.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(n, line)| (n + 1, line))
}

#[test]
fn rooms_use_only_whom_they_may() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        if room == "main" || room == "lib" {
            continue;
        }
        let allowed = ARROWS.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            wrong.push(format!("src/{room}: a room without arrows: add it to architecture and to this test"));
            continue;
        };
        for (path, text) in files {
            // Both `use crate::x` and `crate::x::y` in the middle of a line; braces after `use crate::` list several.
            for (number, line) in code_lines(&text) {
                for part in line.split("crate::").skip(1) {
                    let used: Vec<&str> = match part.strip_prefix('{') {
                        Some(list) => list.split([',', '}']).map(str::trim).filter(|s| !s.is_empty()).collect(),
                        None => vec![part],
                    };
                    for used in used {
                        let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                        if name != room && !allowed.contains(&name.as_str()) {
                            wrong.push(format!("src/{}:{number}: {room} → {name}", path.display()));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that architecture does not have:\n{}", wrong.join("\n"));
}

#[test]
fn libraries_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        for (path, text) in files {
            for (number, line) in code_lines(&text) {
                for (library, allowed) in LIBRARIES {
                    let names = line.contains(&format!("{library}::")) || line.contains(&format!("{library}_util::"));
                    if names && !allowed.contains(&room.as_str()) {
                        wrong.push(format!("src/{}:{number}: {library} in {room}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "libraries outside their rooms:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_doors_ask_the_clock() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        if CLOCK.contains(&room.as_str()) {
            continue;
        }
        for (path, text) in files {
            for (number, line) in code_lines(&text) {
                let asks = ["Timestamp::now", "Zoned::now", "SystemTime::now", "Instant::now", "thread::sleep"];
                if asks.iter().any(|ask| line.contains(ask)) {
                    wrong.push(format!("src/{}:{number}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "a clock where `day` and `now` should be arguments:\n{}", wrong.join("\n"));
}

#[test]
fn colours_are_named_in_the_theme_only() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        for (path, text) in files {
            for (number, line) in code_lines(&text) {
                if room != "theme" && line.contains("Color::") {
                    wrong.push(format!("src/{}:{number}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "colours outside src/theme.rs:\n{}", wrong.join("\n"));
}

#[test]
fn connectors_have_no_vendor_in_rust() {
    let mut wrong = Vec::new();
    for (room, files) in rooms().into_iter().filter(|(room, _)| room == "connect" || room == "sync") {
        for (path, text) in files {
            for (number, line) in code_lines(&text) {
                let lower = line.to_lowercase();
                let embeds = line.contains("include_str!") || line.contains(".toml");
                if !embeds && ["hubspot", "posthog", "salesforce"].iter().any(|vendor| lower.contains(vendor)) {
                    wrong.push(format!("src/{}:{number} in {room}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "a vendor's name in the engine:\n{}", wrong.join("\n"));
}
