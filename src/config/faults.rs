//! Where a fault of the health model or of a play stands: the model names measures, flags and plays, people look for lines.
//!
//! Decides the line only; what is a fault, the model decides.

/// A fault with its file and line before it: `plays.toml:12: play "meet-successor": ...`.
pub fn placed(fault: &str, health: &str, plays: &str) -> String {
    let kind = fault.split([' ', ':']).next().unwrap_or_default();
    let id = fault.split('"').nth(1).filter(|_| fault[kind.len()..].starts_with(" \""));
    let (file, text) = if kind == "play" { ("plays.toml", plays) } else { ("health.toml", health) };
    match line(text, kind, id) {
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
        assert_eq!(place("gates: there is no group \"x\""), "health.toml: gates: there is no group \"x\"");
    }
}
