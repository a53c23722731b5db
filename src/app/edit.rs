//! A text being typed: one line or many, with its cursor.
//!
//! Decides what editing keys do to a text, by grapheme, and how it wraps to a width.
//! Knows nothing of notes or filters; saves nothing.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::config::keys::{Chord, Key};
use crate::text;

/// A text and the cursor in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Editor {
    text: String,
    /// A byte offset at a grapheme boundary.
    cursor: usize,
    /// The column that up and down try to keep.
    goal: Option<usize>,
}

impl Editor {
    /// With the cursor at the end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text, goal: None }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cursor's byte offset.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// What stands before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Puts text in at the cursor, cleaned of control bytes.
    pub fn insert(&mut self, text: &str) {
        let clean = text::clean_text(text);
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
        self.goal = None;
    }

    /// Replaces a part of the text, and stands behind it.
    pub fn replace(&mut self, range: Range<usize>, with: &str) {
        self.text.replace_range(range.clone(), with);
        self.cursor = range.start + with.len();
        self.goal = None;
    }

    /// Puts text before everything else, without moving the cursor in what is there.
    pub fn prepend(&mut self, text: &str) {
        self.text.insert_str(0, text);
        self.cursor += text.len();
    }

    /// Does what an editing key says; whether it was one. `width` is the width that the text wraps to.
    pub fn key(&mut self, chord: Chord, width: usize) -> bool {
        let word = chord.ctrl || chord.alt;
        let keep_goal = matches!(chord.key, Key::Up | Key::Down);
        match (chord.key, chord.ctrl, chord.alt) {
            (Key::Char(c), false, false) => self.insert(c.encode_utf8(&mut [0; 4])),
            (Key::Backspace, ..) if word => self.cut(self.word_left()..self.cursor),
            (Key::Char('w'), true, _) => self.cut(self.word_left()..self.cursor),
            (Key::Char('h'), true, _) | (Key::Backspace, ..) => self.cut(self.left()..self.cursor),
            (Key::Delete, ..) | (Key::Char('d'), true, _) => self.cut(self.cursor..self.right()),
            (Key::Char('u'), true, _) => self.cut(self.line_start()..self.cursor),
            (Key::Char('k'), true, _) => self.cut(self.cursor..self.line_end()),
            (Key::Left, ..) if word => self.cursor = self.word_left(),
            (Key::Right, ..) if word => self.cursor = self.word_right(),
            (Key::Char('b'), false, true) => self.cursor = self.word_left(),
            (Key::Char('f'), false, true) => self.cursor = self.word_right(),
            (Key::Left, ..) | (Key::Char('b'), true, _) => self.cursor = self.left(),
            (Key::Right, ..) | (Key::Char('f'), true, _) => self.cursor = self.right(),
            (Key::Home, ..) | (Key::Char('a'), true, _) => self.cursor = self.line_start(),
            (Key::End, ..) | (Key::Char('e'), true, _) => self.cursor = self.line_end(),
            (Key::Up, ..) => self.vertical(-1, width),
            (Key::Down, ..) => self.vertical(1, width),
            _ => return false,
        }
        if !keep_goal {
            self.goal = None;
        }
        true
    }

    fn cut(&mut self, range: Range<usize>) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    fn left(&self) -> usize {
        self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    fn word_left(&self) -> usize {
        let words = self.before().split_word_bound_indices();
        words.rev().find(|(_, word)| !word.trim().is_empty()).map_or(0, |(at, _)| at)
    }

    fn word_right(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let mut words = rest.split_word_bound_indices().filter(|(_, word)| !word.trim().is_empty());
        words.next().map_or(self.text.len(), |(at, word)| self.cursor + at + word.len())
    }

    fn line_start(&self) -> usize {
        self.before().rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn vertical(&mut self, by: isize, width: usize) {
        let rows = self.rows(width);
        let (row, column) = self.place(width);
        let goal = *self.goal.get_or_insert(column);
        let Some(range) = row.checked_add_signed(by).and_then(|row| rows.get(row)) else {
            self.cursor = if by < 0 { 0 } else { self.text.len() };
            return;
        };
        let mut used = 0;
        self.cursor = range.start;
        for grapheme in self.text[range.clone()].graphemes(true) {
            if used + text::width(grapheme) > goal {
                break;
            }
            used += text::width(grapheme);
            self.cursor += grapheme.len();
        }
    }

    /// The rows that the text wraps to: byte ranges without the line breaks. There is always one.
    pub fn rows(&self, width: usize) -> Vec<Range<usize>> {
        let width = width.max(2);
        let mut rows = Vec::new();
        let mut start = 0;
        for line in self.text.split('\n') {
            let mut from = start;
            let mut used = 0;
            // Where the last word of the row began: the place to break at.
            let mut blank = None;
            for (at, grapheme) in line.grapheme_indices(true) {
                let at = start + at;
                let columns = text::width(grapheme);
                if used + columns > width {
                    let cut = blank.filter(|&cut| cut > from).unwrap_or(at);
                    rows.push(from..cut);
                    used = text::width(&self.text[cut..at]);
                    from = cut;
                    blank = None;
                }
                used += columns;
                if grapheme.trim().is_empty() {
                    blank = Some(at + grapheme.len());
                }
            }
            rows.push(from..start + line.len());
            start += line.len() + 1;
        }
        rows
    }

    /// The cursor's row and column when wrapped to `width`.
    pub fn place(&self, width: usize) -> (usize, usize) {
        let rows = self.rows(width);
        let row = rows.iter().rposition(|range| range.start <= self.cursor).unwrap_or(0);
        let start = rows.get(row).map_or(0, |range| range.start);
        (row, text::width(&self.text[start..self.cursor]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(editor: &mut Editor, keys: &str) {
        for word in keys.split(' ') {
            assert!(editor.key(Chord::parse(word).unwrap(), 10), "{word}");
        }
    }

    #[test]
    fn editing_goes_by_grapheme_and_word() {
        let mut e = Editor::new("Zürich 👩\u{200d}💻x");
        keys(&mut e, "left backspace");
        assert_eq!((e.text(), e.cursor()), ("Zürich x", "Zürich ".len()));
        keys(&mut e, "ctrl-w");
        assert_eq!(e.text(), "x");
        e.insert("a\x1b[31mb\u{7}");
        assert_eq!(e.text(), "abx");
        keys(&mut e, "home delete end ctrl-u");
        assert_eq!(e.text(), "");
        keys(&mut e, "backspace left right up down");
        assert_eq!((e.text(), e.cursor()), ("", 0));
        assert!(!e.key(Chord::plain(Key::Enter), 10));
    }

    #[test]
    fn wrapping_breaks_at_blanks_and_keeps_every_byte() {
        let e = Editor::new("one two three\n\n北京公司北京");
        let rows: Vec<&str> = e.rows(8).into_iter().map(|r| &e.text()[r]).collect();
        assert_eq!(rows, ["one two ", "three", "", "北京公司", "北京"]);
        assert_eq!(e.place(8), (4, 4));
        assert_eq!(Editor::default().rows(8).len(), 1);
        assert_eq!(Editor::new("a\n").place(8), (1, 0));
    }

    #[test]
    fn up_and_down_keep_the_column() {
        let mut e = Editor::new("long line\nab\nlong line");
        keys(&mut e, "up");
        assert_eq!(e.before(), "long line\nab");
        keys(&mut e, "up");
        assert_eq!(e.before(), "long line");
    }
}
