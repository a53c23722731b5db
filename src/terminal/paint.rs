//! What differs between two frames, as the fewest bytes that make a terminal show the second.
//!
//! Decides how cells become bytes: one synchronized update a frame, a shifted region where a list scrolled, erasing
//! where a line ends. Knows nothing of what the cells mean.

use std::io::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

use crate::app::State;
use crate::screens::{self, Scroller};
use crate::text;
use crate::theme::Theme;
use crate::theme::ansi::{self, Pen};

/// The frame on screen, and the one that is being made.
pub(super) struct Surface {
    shown: Buffer,
    next: Buffer,
    scroller: Option<Scroller>,
    cursor: Option<Position>,
    /// What is on screen is not known: all of it is drawn again.
    unknown: bool,
}

impl Surface {
    /// For a terminal of that size, of which nothing is known.
    pub fn new(width: u16, height: u16) -> Self {
        let area = Rect::new(0, 0, width, height);
        Self { shown: Buffer::empty(area), next: Buffer::empty(area), scroller: None, cursor: None, unknown: true }
    }

    /// Forgets what is on screen.
    pub fn forget(&mut self) {
        self.unknown = true;
    }

    /// Draws the state. Nothing is written where nothing changed.
    pub fn draw(&mut self, state: &State, theme: &Theme, out: &mut impl Write) -> std::io::Result<()> {
        let area = Rect::new(0, 0, state.size.0, state.size.1);
        if self.next.area != area {
            self.next.resize(area);
            self.shown = Buffer::empty(area);
            self.unknown = true;
        }
        self.next.reset();
        let cursor = screens::draw(state, theme, &mut self.next);
        self.next.content.iter_mut().for_each(ansi::plain_blank);
        let scroller = screens::scroller(state);
        let bytes = self.bytes(cursor, scroller);
        std::mem::swap(&mut self.shown, &mut self.next);
        (self.cursor, self.scroller, self.unknown) = (cursor, scroller, false);
        if bytes.is_empty() {
            return Ok(());
        }
        out.write_all(&bytes)?;
        out.flush()
    }

    fn bytes(&mut self, cursor: Option<Position>, scroller: Option<Scroller>) -> Vec<u8> {
        let mut writer = Writer::new();
        if self.unknown {
            writer.out.extend_from_slice(b"\x1b[m\x1b[r\x1b[2J");
            self.shown.reset();
        } else if let Some(shift) = self.shift(scroller) {
            shift.write(&mut writer);
        }
        writer.differences(&self.shown, &self.next);
        writer.pen.turn(Pen::default(), &mut writer.out);
        let moved = cursor != self.cursor || !writer.out.is_empty();
        match cursor {
            Some(at) if moved || self.unknown => {
                writer.place = None;
                writer.go(at.x, at.y);
                if self.cursor.is_none() || self.unknown {
                    writer.out.extend_from_slice(b"\x1b[?25h");
                }
            }
            None if self.cursor.is_some() => writer.out.extend_from_slice(b"\x1b[?25l"),
            _ => {}
        }
        if writer.out.is_empty() {
            return writer.out;
        }
        [b"\x1b[?2026h".as_slice(), &writer.out, b"\x1b[?2026l"].concat()
    }

    /// The shift that saves drawing, if one does; what is known to be on screen is shifted with it.
    fn shift(&mut self, scroller: Option<Scroller>) -> Option<Shift> {
        let (before, after) = (self.scroller?, scroller?);
        if before.y != after.y || before.rows != after.rows || before.top == after.top {
            return None;
        }
        let rows = u64::from(after.rows);
        let by = before.top.abs_diff(after.top);
        if by >= rows || after.y + after.rows > self.shown.area.height {
            return None;
        }
        let shift = Shift { y: after.y, rows: after.rows, by: by as u16, up: after.top > before.top };
        let mut shifted = self.shown.clone();
        shift.apply(&mut shifted);
        let still = self.shown.diff(&self.next).len();
        // A dozen cells pay for the region and back.
        if shifted.diff(&self.next).len() + 12 >= still {
            return None;
        }
        self.shown = shifted;
        Some(shift)
    }
}

/// Lines that move up or down inside a region.
struct Shift {
    y: u16,
    rows: u16,
    by: u16,
    up: bool,
}

impl Shift {
    fn write(&self, writer: &mut Writer) {
        let end = if self.up { 'S' } else { 'T' };
        let text = format!("\x1b[{};{}r\x1b[{}{end}\x1b[r", self.y + 1, self.y + self.rows, self.by);
        writer.out.extend_from_slice(text.as_bytes());
        // Setting a region puts the cursor somewhere.
        writer.place = None;
    }

    fn apply(&self, buffer: &mut Buffer) {
        let width = usize::from(buffer.area.width);
        let start = usize::from(self.y) * width;
        let end = start + usize::from(self.rows) * width;
        let by = usize::from(self.by) * width;
        let Some(region) = buffer.content.get_mut(start..end) else { return };
        if self.up {
            region.rotate_left(by);
            let at = region.len() - by;
            region[at..].iter_mut().for_each(Cell::reset);
        } else {
            region.rotate_right(by);
            region[..by].iter_mut().for_each(Cell::reset);
        }
    }
}

/// Bytes in the making, with where the terminal's cursor and pen are.
struct Writer {
    out: Vec<u8>,
    pen: Pen,
    place: Option<(u16, u16)>,
}

impl Writer {
    fn new() -> Self {
        Self { out: Vec::new(), pen: Pen::default(), place: None }
    }

    fn differences(&mut self, shown: &Buffer, next: &Buffer) {
        let changes = shown.diff(next);
        let width = next.area.width;
        let mut changes = changes.as_slice();
        while let Some((_, y, _)) = changes.first() {
            let y = *y;
            let end = changes.iter().position(|(_, other, _)| *other != y).unwrap_or(changes.len());
            let (row, rest) = changes.split_at(end);
            changes = rest;
            // Behind this column the line is empty.
            let tail = (0..width).rev().find(|x| next[(*x, y)] != Cell::EMPTY).map_or(0, |x| x + 1);
            let in_tail = row.iter().filter(|(x, ..)| *x >= tail).count();
            for (x, y, cell) in row {
                if *x >= tail && in_tail > 4 {
                    self.go(*x, *y);
                    self.pen.turn(Pen::default(), &mut self.out);
                    self.out.extend_from_slice(b"\x1b[K");
                    break;
                }
                self.step_over(next, *x, *y);
                self.cell(*x, *y, cell, width);
            }
        }
    }

    /// Over a few cells that stay as they are it is shorter to write them again than to jump.
    fn step_over(&mut self, next: &Buffer, x: u16, y: u16) {
        let Some((at, line)) = self.place else { return };
        if line != y || at >= x || x - at > 3 {
            return;
        }
        let same = (at..x).all(|x| {
            let cell = &next[(x, y)];
            cell.symbol().is_ascii() && cell.symbol().len() == 1 && Pen::of(cell) == self.pen
        });
        if same {
            for x in at..x {
                self.out.extend_from_slice(next[(x, y)].symbol().as_bytes());
            }
            self.place = Some((x, y));
        }
    }

    fn cell(&mut self, x: u16, y: u16, cell: &Cell, width: u16) {
        self.go(x, y);
        self.pen.turn(Pen::of(cell), &mut self.out);
        let symbol = cell.symbol();
        self.out.extend_from_slice(symbol.as_bytes());
        // Terminals do not agree how far a joined or double sign moves them, nor where they are behind the last column.
        let sure = symbol.chars().nth(1).is_none() && text::width(symbol) == 1 && x + 1 < width;
        self.place = sure.then_some((x + 1, y));
    }

    fn go(&mut self, x: u16, y: u16) {
        let bytes = match self.place {
            Some((at, line)) if line == y && at == x => return,
            Some((at, line)) if line == y && at < x => match x - at {
                1 => "\x1b[C".to_owned(),
                n => format!("\x1b[{n}C"),
            },
            Some((_, line)) if line + 1 == y && x == 0 => "\r\n".to_owned(),
            _ if x == 0 => format!("\x1b[{}H", y + 1),
            _ => format!("\x1b[{};{}H", y + 1, x + 1),
        };
        self.out.extend_from_slice(bytes.as_bytes());
        self.place = Some((x, y));
    }
}

#[cfg(test)]
mod tests;
