//! A key with its modifiers, as it is written in `keys.toml` and shown on screen.
//!
//! Decides the notation and the one form that equal presses have (Shift+a is `A`).
//! Knows no terminal library: `terminal` translates.

use std::fmt;

/// A key without modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// A key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    pub key: Key,
    pub ctrl: bool,
    pub alt: bool,
    /// Only for keys that are no characters: a shifted character is another character.
    pub shift: bool,
}

const NAMES: &[(&str, Key, &str)] = &[
    ("space", Key::Char(' '), "space"),
    ("enter", Key::Enter, "⏎"),
    ("esc", Key::Esc, "esc"),
    ("tab", Key::Tab, "tab"),
    ("backspace", Key::Backspace, "bksp"),
    ("delete", Key::Delete, "del"),
    ("insert", Key::Insert, "ins"),
    ("up", Key::Up, "↑"),
    ("down", Key::Down, "↓"),
    ("left", Key::Left, "←"),
    ("right", Key::Right, "→"),
    ("home", Key::Home, "home"),
    ("end", Key::End, "end"),
    ("pageup", Key::PageUp, "pgup"),
    ("pagedown", Key::PageDown, "pgdn"),
];

impl Chord {
    /// A key without modifiers.
    pub fn plain(key: Key) -> Self {
        Self { key, ctrl: false, alt: false, shift: false }
    }

    /// A character without modifiers.
    pub fn char(c: char) -> Self {
        Self::plain(Key::Char(c))
    }

    /// The one form that equal presses have.
    pub fn new(key: Key, ctrl: bool, alt: bool, shift: bool) -> Self {
        match key {
            Key::Char(c) if shift && c.is_lowercase() => {
                let upper = c.to_uppercase().next().unwrap_or(c);
                Self { key: Key::Char(upper), ctrl, alt, shift: false }
            }
            Key::Char(_) => Self { key, ctrl, alt, shift: false },
            _ => Self { key, ctrl, alt, shift },
        }
    }

    /// The character that a text field takes from it.
    pub fn text(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Reads `ctrl-p`, `alt-enter`, `G`, `space`, `-`, `f5`.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        while let Some((head, tail)) = rest.split_once('-') {
            if tail.is_empty() {
                break;
            }
            match head.to_ascii_lowercase().as_str() {
                "ctrl" | "c" => ctrl = true,
                "alt" | "a" => alt = true,
                "shift" | "s" => shift = true,
                _ => return None,
            }
            rest = tail;
        }
        let mut chars = rest.chars();
        let key = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && c != ' ' => Key::Char(c),
            _ => {
                let lower = rest.to_ascii_lowercase();
                match NAMES.iter().find(|(name, ..)| *name == lower) {
                    Some((_, key, _)) => *key,
                    None => Key::F(lower.strip_prefix('f')?.parse().ok().filter(|n| (1..=24).contains(n))?),
                }
            }
        };
        Some(Self::new(key, ctrl, alt, shift))
    }

    /// The notation of `keys.toml`.
    pub fn written(self) -> String {
        self.spell(|(name, ..)| name)
    }

    fn spell(self, word: impl Fn(&(&'static str, Key, &'static str)) -> &'static str) -> String {
        let mut out = String::new();
        for (on, prefix) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if on {
                out.push_str(prefix);
            }
        }
        match (NAMES.iter().find(|(_, key, _)| *key == self.key), self.key) {
            (Some(row), _) => out.push_str(word(row)),
            (None, Key::Char(c)) => out.push(c),
            (None, Key::F(n)) => out.push_str(&format!("f{n}")),
            (None, _) => {}
        }
        out
    }
}

/// As it is shown in the bottom line.
impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spell(|(_, _, shown)| shown))
    }
}

/// Reads a sequence: `g g`, `ctrl-p`.
pub fn sequence(text: &str) -> Result<Vec<Chord>, String> {
    let chords = text
        .split_whitespace()
        .map(|word| Chord::parse(word).ok_or_else(|| word.to_owned()))
        .collect::<Result<Vec<_>, _>>()?;
    if chords.is_empty() { Err(String::new()) } else { Ok(chords) }
}

/// A sequence as it is shown.
pub fn shown(chords: &[Chord]) -> String {
    chords.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written() {
        for text in ["g", "G", "ctrl-p", "alt-enter", "space", "-", "ctrl--", "f5", "shift-tab", "ctrl-alt-x", "?"] {
            let chord = Chord::parse(text).unwrap();
            assert_eq!(chord.written(), text);
            assert_eq!(Chord::parse(&chord.written()), Some(chord));
        }
        assert_eq!(Chord::parse("shift-a"), Some(Chord::char('A')));
        for wrong in ["", "ctr-p", "f99", "ab", "enterr"] {
            assert_eq!(Chord::parse(wrong), None, "{wrong}");
        }
        assert_eq!(shown(&sequence("g g").unwrap()), "g g");
        assert_eq!(sequence("g ctr-x"), Err("ctr-x".into()));
    }
}
