//! The keys that work here, and what was said so far: whole pages of lines over the screen.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::state::{State, Tone};
use crate::command::Scope;
use crate::screens::widgets::lines::{Row, heading, scrolled};
use crate::screens::widgets::{Canvas, float};
use crate::text::{self, pad, width, wrap};
use crate::theme::Role;

/// All keys of the screen under the help, from the live keymap.
pub fn draw(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let scopes = [state.screen_scope(), Scope::Note, Scope::Global];
    let sections = state.keymap.help(&scopes);
    let key_width = sections.iter().flat_map(|(_, rows)| rows).map(|(keys, _)| width(keys)).max().unwrap_or(8).min(26);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let place = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    let two = place.width >= 130;
    let mut columns: Vec<Vec<Line<'static>>> = vec![Vec::new(), Vec::new()];
    for (index, (scope, rows)) in sections.into_iter().enumerate() {
        let title = match scope {
            Scope::Global => "EVERYWHERE".to_owned(),
            Scope::Note => "IN A NOTE".to_owned(),
            other => other.name().to_uppercase(),
        };
        let column = &mut columns[usize::from(two && index > 0)];
        column.push(heading(theme, &format!(" {title}")));
        for (keys, doc) in rows {
            column.push(
                Row::new(theme)
                    .role(Role::Key, format!("  {}", pad(&keys, key_width)))
                    .role(Role::Text, format!("  {doc}"))
                    .line(),
            );
        }
        column.push(Line::default());
    }
    let inner = float::frame(canvas, place, "Keys", "esc");
    if two {
        let half = inner.width / 2;
        scrolled(canvas, Rect { width: half, ..inner }, &columns[0], top);
        scrolled(canvas, Rect { x: inner.x + half, width: inner.width - half, ..inner }, &columns[1], top);
        return;
    }
    lines.extend(columns.into_iter().flatten());
    scrolled(canvas, inner, &lines, top);
}

/// Everything that was said, the newest last.
pub fn messages(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let place = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    let inner = float::frame(canvas, place, "Messages", "esc");
    if state.log.is_empty() {
        let style = theme.style(Role::Muted);
        canvas.put(inner.x + 1, inner.y, usize::from(inner.width), "Nothing was said so far", style);
        return;
    }
    let room = usize::from(inner.width.saturating_sub(18));
    let mut lines = Vec::new();
    for said in &state.log {
        let role = if said.tone == Tone::Wrong { Role::Error } else { Role::Text };
        for (index, line) in wrap(&said.text, room).into_iter().enumerate() {
            let when = if index == 0 { text::ago(said.at, state.now) } else { String::new() };
            lines.push(
                Row::new(theme)
                    .role(Role::Muted, format!(" {}", pad(&when, 13)))
                    .role(role, format!("  {line}"))
                    .line(),
            );
        }
    }
    scrolled(canvas, inner, &lines, top);
}
