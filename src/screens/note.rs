//! The note box at the bottom: the text, what it is understood as, and what may be completed.

use ratatui::layout::{Position, Rect};

use crate::app::layout::{note_rows, note_width};
use crate::app::note::NoteBox;
use crate::app::state::State;
use crate::book::view::NoteReceipt;
use crate::screens::widgets::lines::Row;
use crate::screens::widgets::{Canvas, float};
use crate::text;
use crate::theme::Role;

/// Draws the box; where the text cursor is.
pub fn draw(state: &State, note: &NoteBox, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let theme = canvas.theme;
    let width = note_width(area.width);
    let rows = note.editor.rows(width);
    let shown = rows.len().clamp(2, note_rows(area.height).max(2));
    let height = (shown as u16 + 3).min(area.height.saturating_sub(2));
    let place = Rect {
        x: area.x + 1,
        y: area.bottom().saturating_sub(1 + height),
        width: (width as u16 + 4).min(area.width.saturating_sub(2)),
        height,
    };
    let title = match (&note.editing, note.restored) {
        (Some(_), true) => format!("Change the note on {} · draft", note.name),
        (Some(_), false) => format!("Change the note on {}", note.name),
        (None, true) => format!("Note on {} · draft", note.name),
        (None, false) => format!("Note on {}", note.name),
    };
    let title = if note.private { format!("{title} · private: it stays on this machine") } else { title };
    // On a past day nobody should think that the note is of that day.
    let title = match state.as_of {
        Some(_) => format!("{title} · dated {}", crate::text::short_date(state.writes_on, state.today)),
        None => title,
    };
    let inner = float::frame(canvas, place, &title, if note.saving { "saving" } else { "" });
    let text_rows = usize::from(inner.height.saturating_sub(1)).max(1);
    let (row, column) = note.editor.place(width);
    let top = (row + 1).saturating_sub(text_rows);
    for (line, range) in rows.iter().skip(top).take(text_rows).enumerate() {
        let content = &note.editor.text()[range.clone()];
        let y = inner.y + line as u16;
        // Lines that are only quoted are dim: they are never read for facts.
        let style = theme.style(if content.starts_with('>') { Role::Muted } else { Role::Input });
        canvas.put(inner.x + 1, y, width, content.trim_end_matches('\n'), style);
    }
    if rows.len() == 1 && rows[0].is_empty() {
        let ghost = "what happened, in your words · @ people · / facts · # promises";
        canvas.put(inner.x + 1, inner.y, width, ghost, theme.style(Role::Muted));
    }
    let under = inner.bottom().saturating_sub(1);
    let line = match (&note.error, &note.preview) {
        (Some(error), _) => Row::new(theme).role(Role::Error, error.clone()),
        (None, Some(receipt)) => understood(receipt, Row::new(theme)),
        (None, None) => Row::new(theme),
    };
    canvas.line(inner.x + 1, under, width, &line.line());
    let at = Position { x: inner.x + 1 + column.min(width) as u16, y: inner.y + row.saturating_sub(top) as u16 };
    popup(state, note, canvas, at);
    Some(at)
}

/// What the journal read, in its own words.
fn understood<'t>(receipt: &NoteReceipt, row: Row<'t>) -> Row<'t> {
    if let Some(problem) = receipt.problems.first() {
        return row.role(Role::Watch, problem.message.clone());
    }
    if receipt.facts.is_empty() {
        return row;
    }
    let mut row = row;
    for (index, fact) in receipt.facts.iter().enumerate() {
        if index > 0 {
            row = row.role(Role::Muted, " · ");
        }
        let says = fact.get("says").and_then(|says| says.as_str()).unwrap_or("a fact");
        row = row.role(Role::Good, says.to_owned());
    }
    row
}

/// What may be completed, over the cursor.
fn popup(state: &State, note: &NoteBox, canvas: &mut Canvas<'_>, at: Position) {
    let Some(popup) = &note.popup else { return };
    let theme = canvas.theme;
    let label = popup.choices.iter().map(|choice| text::width(&choice.label)).max().unwrap_or(0).min(30);
    let about = popup.choices.iter().map(|choice| text::width(&choice.about)).max().unwrap_or(0).min(28);
    let width = (label + about + 6) as u16;
    let height = popup.choices.len() as u16 + 2;
    let x = at.x.min(state.size.0.saturating_sub(width + 1));
    let place = Rect { x, y: at.y.saturating_sub(height), width, height };
    let inner = float::frame(canvas, place, "", "tab");
    for (index, choice) in popup.choices.iter().take(usize::from(inner.height)).enumerate() {
        let y = inner.y + index as u16;
        let style = theme.style(if index == popup.index { Role::Selection } else { Role::Text });
        canvas.put(inner.x + 1, y, label, &text::pad(&choice.label, label), style);
        canvas.put(inner.x + 3 + label as u16, y, about, &choice.about, theme.style(Role::Muted));
    }
}
