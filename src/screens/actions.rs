//! All open tasks and plays, by date.

use ratatui::layout::Rect;

use crate::app::State;
use crate::app::layout::{BOTTOM, PAGE_TOP};
use crate::book::view::ActionRow;
use crate::screens::widgets::lines::{Row, follow};
use crate::screens::widgets::{Canvas, figures};
use crate::screens::{chrome, said};
use crate::text;
use crate::theme::{Role, Theme};

/// Draws the list.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let body = Rect { y: area.y + PAGE_TOP, height: area.height.saturating_sub(PAGE_TOP + BOTTOM), ..area };
    let title = Row::new(theme).role(Role::Title, "Actions");
    let Some(rows) = &state.actions.rows else {
        chrome::page_title(state, canvas, area, title.line());
        said(canvas, body, &[(Role::Muted, "Reading what is to be done".to_owned())]);
        return;
    };
    let late = rows.iter().filter(|row| row.due.is_some_and(|due| due < state.today)).count();
    let late = if late > 0 { format!(" · {late} late") } else { String::new() };
    let title = title.role(Role::Text, format!("   {} open", rows.len())).role(Role::Bad, late);
    chrome::page_title(state, canvas, area, title.line());
    if rows.is_empty() {
        said(
            canvas,
            body,
            &[
                (Role::Title, "Nothing to do".to_owned()),
                (Role::Muted, "Plays appear when something changes".to_owned()),
            ],
        );
        return;
    }
    let height = usize::from(body.height);
    let top = follow(state.actions.cursor, rows.len(), height);
    for (line, (index, row)) in rows.iter().enumerate().skip(top).take(height).enumerate() {
        let here = index == state.actions.cursor;
        let drawn = action(state, theme, row, here, usize::from(area.width));
        canvas.line(body.x, body.y + line as u16, usize::from(body.width), &drawn.line());
    }
}

fn action<'t>(state: &State, theme: &'t Theme, row: &ActionRow, here: bool, columns: usize) -> Row<'t> {
    let due = match row.due {
        Some(due) if due < state.today => format!("{} d late", (state.today - due).get_days()),
        Some(due) => text::day(due, state.today),
        None => String::new(),
    };
    let role = if row.due.is_some_and(|due| due < state.today) { Role::Bad } else { Role::Muted };
    let name_width = (columns / 5).clamp(12, 28);
    let name_style = if here { theme.style(Role::Selection) } else { theme.style(Role::Text) };
    let kind = match (row.play.as_str(), row.state.as_str()) {
        ("task", _) => "task".to_owned(),
        (_, "open") => String::new(),
        (_, state) => state.to_owned(),
    };
    let currency = state.header.as_ref().map_or(crate::book::money::Currency::USD, |h| h.currency);
    let worth =
        if row.play != "task" && row.worth >= 1.0 { figures::worth(row.worth, currency) } else { String::new() };
    let head = Row::new(theme)
        .role(Role::Accent, if here { " ▌ " } else { "   " })
        .style(name_style, text::pad(&text::cut_name(&row.name, name_width), name_width))
        .role(role, format!("  {}  ", text::pad_left(&due, 9)));
    let wide = columns >= 110;
    if !wide {
        // What it is, else what it is worth: the title needs the room.
        let room = columns.saturating_sub(head.width() + 10);
        let row_line = head.role(Role::Text, text::pad(&row.title, room));
        return match kind.is_empty() {
            true => row_line.role(Role::Text, format!(" {}", text::pad_left(&worth, 8))),
            false => row_line.role(Role::Muted, format!(" {}", text::pad_left(&kind, 8))),
        };
    }
    let room = columns.saturating_sub(head.width() + 18).min(48);
    let row_line = head
        .role(Role::Text, text::pad(&row.title, room))
        .role(Role::Muted, format!(" {}", text::pad_left(&kind, 7)))
        .role(Role::Text, format!(" {}", text::pad_left(&worth, 7)));
    if !row.because.is_empty() {
        let left = columns.saturating_sub(row_line.width() + 4);
        return row_line.role(Role::Muted, format!("   {}", text::cut(&row.because, left)));
    }
    row_line
}
