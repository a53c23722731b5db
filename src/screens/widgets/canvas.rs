//! Text put into cells, by role, never outside the area.
//!
//! Decides nothing about content. Every other file draws through it, so that sizes are checked in one place.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::text;
use crate::theme::{Role, Theme, ascii};

/// A buffer with the theme that it is drawn in.
pub struct Canvas<'a> {
    pub buf: &'a mut Buffer,
    pub theme: &'a Theme,
}

impl Canvas<'_> {
    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Puts text at most `max` columns wide; the column behind it.
    pub fn put(&mut self, x: u16, y: u16, max: usize, text: &str, style: Style) -> u16 {
        let area = self.buf.area;
        if y >= area.bottom() || x >= area.right() || max == 0 {
            return x;
        }
        let room = usize::from(area.right() - x).min(max);
        let (next, _) = self.buf.set_stringn(x, y, text::cut(text, room), room, style);
        next
    }

    /// Puts text so that it ends before `right`; the column it begins at.
    pub fn put_right(&mut self, right: u16, y: u16, max: usize, text: &str, style: Style) -> u16 {
        let cut = text::cut(text, max.min(usize::from(right)));
        let x = right.saturating_sub(text::width(&cut) as u16);
        self.put(x, y, usize::from(right - x), &cut, style);
        x
    }

    /// Puts a line of styled parts; the column behind it.
    pub fn line(&mut self, x: u16, y: u16, max: usize, line: &Line<'_>) -> u16 {
        let mut at = x;
        let end = x.saturating_add(max.min(u16::MAX.into()) as u16);
        for span in &line.spans {
            if at >= end {
                break;
            }
            at = self.put(at, y, usize::from(end - at), &span.content, span.style);
        }
        at
    }

    /// Blanks a part, for what floats over it.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buf.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(self.theme.style(Role::Text));
                }
            }
        }
    }

    /// A horizontal rule.
    pub fn rule(&mut self, x: u16, y: u16, width: usize) {
        self.put(x, y, width, &"─".repeat(width), self.style(Role::Border));
    }

    /// Translates everything to ASCII.
    pub fn to_ascii(&mut self) {
        for cell in &mut self.buf.content {
            let symbol = cell.symbol();
            if !symbol.is_ascii() && !symbol.is_empty() {
                let plain = ascii(symbol, text::width(symbol));
                cell.set_symbol(plain);
            }
        }
    }
}
