//! Where a fault of the health model or of a play stands: the model names measures, flags and plays, people look for lines.
//!
//! Decides the line only; what is a fault, the model decides.

/// A fault with its file and line before it: `plays.toml:12: play "meet-successor": ...`.
pub fn placed(fault: &str, health: &str, plays: &str) -> String {
    let kind = fault.split([' ', ':']).next().unwrap_or_default();
    let id = fault.split('"').nth(1).filter(|_| fault[kind.len()..].starts_with(" \""));
    let (file, text) = if kind == "play" { ("plays.toml", plays) } else { ("health.toml", health) };
    let key = fault.split(": ").nth(1).filter(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    let found = match kind {
        "override" => of_override(text, fault),
        _ => line(text, kind, id),
    };
    match key.and_then(|key| key_below(text, found, key)).unwrap_or(found) {
        0 => format!("{file}: {fault}"),
        line => format!("{file}:{line}: {fault}"),
    }
}

/// The line on which a table is named, or where `[kind]` begins; the last one, where a name stands twice. 0: nowhere.
fn line(text: &str, kind: &str, id: Option<&str>) -> usize {
    let mut found = 0;
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let name = header.trim_start_matches('[').split([']', '.']).next().unwrap_or_default().trim();
            inside = name == kind;
            if inside && id.is_none() && found == 0 {
                found = at + 1;
            }
        }
        let named = |id: &str| {
            let (key, value) = line.split_once('=')?;
            let value = value.trim_start().strip_prefix('"')?;
            Some(["id", "kind"].contains(&key.trim()) && value.split('"').next() == Some(id))
        };
        if inside && id.and_then(named) == Some(true) {
            found = at + 1;
        }
    }
    found
}

/// The line of a key in the table that a line stands in: between its header and the next one of another name.
fn key_below(text: &str, line: usize, key: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let here = line.checked_sub(1)?;
    let name = |header: &str| header.trim_matches(['[', ']']).split('.').next().unwrap_or_default().to_owned();
    let from = (0..=here).rev().find(|at| lines.get(*at).is_some_and(|line| line.starts_with('[')))?;
    let own = name(lines[from]);
    // `[[measure.by]]` belongs to the measure above it, the next `[[measure]]` does not.
    let ends = |line: &&str| line.starts_with('[') && (name(line) != own || !line.contains('.'));
    let to = lines[from + 1..].iter().position(ends).map_or(lines.len(), |at| from + 1 + at);
    let named = |line: &str| line.split_once('=').is_some_and(|(left, _)| left.trim() == key);
    (from..to).find(|at| named(lines[*at])).map(|at| at + 1)
}

/// The line of the n-th `[[override]]`, as in `override 2: when: ...`.
fn of_override(text: &str, fault: &str) -> usize {
    let which = fault.split([' ', ':']).nth(1).and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
    let mut found = text.lines().enumerate().filter(|(_, line)| line.trim() == "[[override]]");
    found.nth(which.saturating_sub(1)).map_or(0, |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_leads_to_its_line() {
        let health = "[bands]\nat_risk = 1\n[[measure]]\nid = \"a\"\n[[flag]]\nkind = \"a\"\n[[measure]]\nid = \"a\"\n";
        let place = |fault| placed(fault, health, "[[play]]\nid = \"a\"\n");
        assert_eq!(place("bands: not in order"), "health.toml:1: bands: not in order");
        assert_eq!(place("measure \"a\" stands twice"), "health.toml:8: measure \"a\" stands twice");
        assert_eq!(place("flag \"a\": needs a label"), "health.toml:6: flag \"a\": needs a label");
        assert_eq!(place("play \"a\": needs a title"), "plays.toml:2: play \"a\": needs a title");
        assert_eq!(place("measure \"a\": value: broken"), "health.toml:8: measure \"a\": value: broken");
        let health = "[[measure]]\nvalue = \"x\"\nid = \"a\"\n[[measure.by]]\nwhen = \"y\"\n[[override]]\nwhen = 1\n";
        let place = |fault| placed(fault, health, "");
        assert_eq!(place("measure \"a\": value: broken"), "health.toml:2: measure \"a\": value: broken");
        assert_eq!(place("measure \"a\": when: broken"), "health.toml:5: measure \"a\": when: broken");
        assert_eq!(place("override 1: when: broken"), "health.toml:7: override 1: when: broken");
        assert_eq!(place("gates: there is no group \"x\""), "health.toml: gates: there is no group \"x\"");
    }
}
