//! Everything dated about an account, newest first; the entry under the cursor is shown whole.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::account::{Entry, Pane};
use crate::app::state::State;
use crate::screens::said;
use crate::screens::widgets::Canvas;
use crate::screens::widgets::lines::Row;
use crate::text::{self, pad, wrap};
use crate::theme::{Role, Theme};

/// Lines that the entry under the cursor may take at most.
const BODY: usize = 12;

/// Draws the timeline.
pub fn draw(state: &State, pane: &Pane, canvas: &mut Canvas<'_>, area: Rect) {
    if pane.entries.is_empty() {
        said(
            canvas,
            area,
            &[(Role::Title, "Nothing has happened yet".to_owned()), (Role::Muted, "A note is a good start".to_owned())],
        );
        return;
    }
    let room = usize::from(area.width);
    let height = usize::from(area.height);
    // The cursor in the middle; what it opens pushes the rest down.
    let top = pane.cursor.saturating_sub(height / 2).min(pane.entries.len().saturating_sub(height));
    let mut y = 0;
    for (index, entry) in pane.entries.iter().enumerate().skip(top) {
        let here = index == pane.cursor;
        for line in entry_lines(state, entry, here, canvas.theme, room) {
            if y >= height {
                return;
            }
            canvas.line(area.x, area.y + y as u16, room, &line);
            y += 1;
        }
    }
}

fn entry_lines(state: &State, entry: &Entry, here: bool, theme: &Theme, room: usize) -> Vec<Line<'static>> {
    let day = text::day(entry.on, state.today);
    let day_role = if entry.on > state.today { Role::Accent } else { Role::Muted };
    let state_role = match entry.state.as_deref() {
        Some("refused" | "unknown") => Role::Bad,
        _ => Role::Muted,
    };
    let mut tail = entry.about.clone();
    if let Some(state) = &entry.state {
        tail = if tail.is_empty() { state.clone() } else { format!("{tail} · {state}") };
    }
    let tail = text::cut(&tail, (room / 3).max(8));
    let head = Row::new(theme)
        .role(Role::Accent, if here { " ▌ " } else { "   " })
        .role(day_role, pad(&day, 11))
        .role(Role::Muted, pad(entry.kind, 11));
    let left = room.saturating_sub(head.width() + text::width(&tail) + 3);
    let style = if here { theme.style(Role::Selection) } else { theme.style(Role::Text) };
    let edge = room.saturating_sub(text::width(&tail) + 1).min(110);
    let row = head.style(style, text::cut(&entry.title, left)).to(edge).role(state_role, tail);
    let mut lines = vec![row.line()];
    if let Some(body) = entry.body.as_ref().filter(|_| here) {
        let wrapped = wrap(body, room.saturating_sub(28).clamp(10, 90));
        let more = wrapped.len().saturating_sub(BODY);
        for line in wrapped.into_iter().take(BODY) {
            lines.push(Row::new(theme).to(25).role(Role::Text, line).line());
        }
        if more > 0 {
            lines.push(
                Row::new(theme).to(25).role(Role::Muted, format!("{more} more lines · y copies it whole")).line(),
            );
        }
    }
    lines
}
