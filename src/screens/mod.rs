//! Screens: one file each, drawing from `&State`.
//!
//! Decides where things stand and which words they have. Changes nothing and asks nobody.
//! [`draw`] fills a buffer and answers where the text cursor is, if text is being typed.

mod account;
mod actions;
mod changes;
mod chrome;
mod dialogs;
mod explain;
mod filter;
mod help;
mod loyalty;
mod note;
mod people;
mod plan;
mod portfolio;
mod preview;
mod round;
mod sync;
#[cfg(test)]
mod tests;
mod timeline;
mod value;
pub mod widgets;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::layout::{self, LEAST};
use crate::app::{Screen, State};
use crate::theme::{Role, Theme};
use widgets::Canvas;

/// Draws everything; where the text cursor is.
pub fn draw(state: &State, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let area = buf.area;
    let mut canvas = Canvas { buf, theme };
    canvas.clear(area);
    if area.is_empty() {
        return None;
    }
    let cursor = if area.width < LEAST.0 || area.height < LEAST.1 {
        chrome::one_line(state, &mut canvas);
        None
    } else {
        whole(state, &mut canvas, area)
    };
    if theme.ascii {
        canvas.to_ascii();
    }
    cursor.filter(|at| area.contains(*at))
}

fn whole(state: &State, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let mut cursor = None;
    match state.screen {
        Screen::Portfolio => cursor = portfolio::draw(state, canvas, area),
        Screen::Account => account::draw(state, canvas, area),
        Screen::Explain => explain::draw(state, canvas, area),
        Screen::Round => round::draw(state, canvas, area),
        Screen::Actions => actions::draw(state, canvas, area),
        Screen::Changes => changes::draw(state, canvas, area),
        Screen::Loyalty => loyalty::draw(state, canvas, area),
        Screen::Sync => sync::draw(state, canvas, area),
    }
    chrome::status(state, canvas, area);
    chrome::hints(state, canvas, area);
    if let Some(note) = &state.note {
        cursor = note::draw(state, note, canvas, area);
    }
    if let Some(overlay) = &state.overlay {
        cursor = dialogs::draw(state, overlay, canvas, area);
    }
    chrome::follow(state, canvas, area);
    cursor
}

/// The part of the screen that scrolls by rows, with the row that stands first in it: what the terminal may shift
/// instead of drawing it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scroller {
    /// The first line on screen.
    pub y: u16,
    pub rows: u16,
    /// Which row of the list stands there.
    pub top: u64,
}

/// What scrolls now, if anything does.
pub fn scroller(state: &State) -> Option<Scroller> {
    let plain = state.screen == Screen::Portfolio && state.overlay.is_none() && state.note.is_none();
    let rows = u16::try_from(state.list_rows()).ok()?;
    plain.then(|| Scroller { y: layout::LIST_TOP, rows, top: state.list.shown().0 })
}

/// A line that is no more than said, in the middle of a part: for what is empty or on its way.
fn said(canvas: &mut Canvas<'_>, area: Rect, lines: &[(Role, String)]) {
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 3;
    for (index, (role, text)) in lines.iter().enumerate() {
        let y = top + index as u16;
        if y >= area.bottom() {
            break;
        }
        let room = usize::from(area.width.saturating_sub(4));
        let text = crate::text::cut(text, room);
        let x = area.x + (area.width.saturating_sub(crate::text::width(&text) as u16)) / 2;
        let style = canvas.style(*role);
        canvas.put(x, y, room, &text, style);
    }
}
