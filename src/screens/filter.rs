//! What floats under the filter field: the words that fit where the cursor stands.
//!
//! Decides only where they stand; which fit is decided in `book`, which is marked in `app`.

use ratatui::layout::{Position, Rect};

use crate::app::State;
use crate::app::layout::BOTTOM;
use crate::screens::widgets::Canvas;
use crate::screens::widgets::float::frame;
use crate::text::width;
use crate::theme::Role;

/// The words that fit where the cursor stands, over the list: each with what it is.
pub fn offered(state: &State, canvas: &mut Canvas<'_>, area: Rect, cursor: Option<Position>) {
    let (words, marked) = state.offers.window();
    let Some(cursor) = cursor.filter(|_| state.filter.is_some() && !words.is_empty()) else { return };
    let theme = canvas.theme;
    let name = words.iter().map(|one| width(&one.text)).max().unwrap_or(0).min(30);
    let says = words.iter().map(|one| width(&one.says)).max().unwrap_or(0).min(60);
    let wide = (name + says + 5).min(usize::from(area.width).saturating_sub(2)) as u16;
    // Under what is typed, as far to the left as it has to be.
    let typed = state.offers.fitting.first().map_or(0, |one| one.from);
    let typed: String = state.filter.iter().flat_map(|field| field.text().chars().take(typed)).collect();
    let x = (area.x + 1 + width(&typed) as u16).min(area.right().saturating_sub(wide + 2));
    let room = area.bottom().saturating_sub(cursor.y + 3 + BOTTOM);
    let lines = (words.len() as u16).min(room);
    if lines == 0 {
        return;
    }
    let more = state.offers.fitting.len() - usize::from(lines);
    let foot = if more > 0 { format!("{more} more") } else { String::new() };
    let inside = frame(canvas, Rect { x, y: cursor.y + 1, width: wide + 2, height: lines + 2 }, "", &foot);
    for (at, one) in words.iter().enumerate().take(usize::from(lines)) {
        let (x, y) = (inside.x, inside.y + at as u16);
        let here = at == marked;
        let bar = if here { "▌" } else { " " };
        canvas.put(x, y, 1, bar, theme.style(Role::Accent));
        let style = if here { theme.bold(Role::Text) } else { theme.style(Role::Text) };
        canvas.put(x + 1, y, name, &one.text, style);
        let left = usize::from(inside.width).saturating_sub(name + 4);
        canvas.put(x + 3 + name as u16, y, left, &one.says, theme.style(Role::Muted));
    }
}
