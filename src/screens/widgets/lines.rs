//! Lines of styled parts: put together, joined by dots, scrolled.
//!
//! Decides how a page of lines fits its room. What the lines say is the screens' matter.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::screens::widgets::Canvas;
use crate::text;
use crate::theme::{Role, Theme};

/// A line being put together.
#[derive(Clone, Debug)]
pub struct Row<'t> {
    theme: &'t Theme,
    spans: Vec<Span<'static>>,
    width: usize,
}

impl<'t> Row<'t> {
    /// Empty.
    pub fn new(theme: &'t Theme) -> Self {
        Self { theme, spans: Vec::new(), width: 0 }
    }

    /// More text in a role.
    pub fn role(self, role: Role, text: impl Into<String>) -> Self {
        let style = self.theme.style(role);
        self.style(style, text)
    }

    /// More text in bold.
    pub fn bold(self, role: Role, text: impl Into<String>) -> Self {
        let style = self.theme.bold(role);
        self.style(style, text)
    }

    /// More text in a style.
    pub fn style(mut self, style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        self.width += text::width(&text);
        self.spans.push(Span::styled(text, style));
        self
    }

    /// More parts.
    pub fn spans(mut self, spans: Vec<Span<'static>>) -> Self {
        for span in spans {
            self.width += text::width(&span.content);
            self.spans.push(span);
        }
        self
    }

    /// Blanks up to a column.
    pub fn to(self, column: usize) -> Self {
        let gap = column.saturating_sub(self.width);
        if gap == 0 { self } else { self.style(Style::new(), " ".repeat(gap)) }
    }

    /// Columns so far.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The finished line.
    pub fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }
}

/// Parts joined by ` · `, broken to a width between parts only.
pub fn joined(theme: &Theme, parts: Vec<Line<'static>>, width: usize) -> Vec<Line<'static>> {
    let mut out: Vec<Line<'static>> = Vec::new();
    let mut used = 0;
    for part in parts {
        let columns: usize = part.spans.iter().map(|span| text::width(&span.content)).sum();
        match out.last_mut() {
            Some(line) if used + 3 + columns <= width => {
                line.spans.push(Span::styled(" · ", theme.style(Role::Muted)));
                line.spans.extend(part.spans);
                used += 3 + columns;
            }
            _ => {
                out.push(part);
                used = columns;
            }
        }
    }
    out
}

/// Text with a quiet remark at the right end of the line, or at a readable distance where the line is long.
pub fn remarked(row: Row<'_>, role: Role, words: &str, remark: String, room: usize) -> Line<'static> {
    const FAR: usize = 96;
    let edge = (room + 1).saturating_sub(text::width(&remark)).min(FAR);
    let left = edge.saturating_sub(row.width() + 2);
    row.role(role, text::cut(words, left)).to(edge).role(Role::Muted, remark).line()
}

/// A heading of a section.
pub fn heading(theme: &Theme, text: &str) -> Line<'static> {
    Row::new(theme).role(Role::Muted, text.to_owned()).line()
}

/// Draws lines from `top` on, clamped so that the last page is full; says at the right where more is.
pub fn scrolled(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'static>], top: usize) {
    let height = usize::from(area.height);
    let top = top.min(lines.len().saturating_sub(height));
    for (index, line) in lines.iter().skip(top).take(height).enumerate() {
        canvas.line(area.x, area.y + index as u16, usize::from(area.width), line);
    }
    let muted = canvas.style(Role::Muted);
    if top > 0 && height > 2 {
        canvas.put_right(area.right(), area.y, 1, "↑", muted);
    }
    if top + height < lines.len() && height > 2 {
        canvas.put_right(area.right(), area.bottom().saturating_sub(1), 1, "↓", muted);
    }
}

/// The first line to draw so that `cursor` is on screen, with the last page full.
pub fn follow(cursor: usize, count: usize, height: usize) -> usize {
    let height = height.max(1);
    // The cursor walks in the middle; at the ends the list stands still.
    cursor.saturating_sub(height / 2).min(count.saturating_sub(height))
}
