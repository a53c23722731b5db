//! What floats: palette, the `:` line, questions of one line, yes or no.

use ratatui::layout::{Position, Rect};

use crate::app::overlay::{Item, Overlay, completions};
use crate::app::{Editor, State};
use crate::screens::help;
use crate::screens::widgets::{Canvas, float};
use crate::text::{self, width};
use crate::theme::Role;

/// Draws what floats; where the text cursor is.
pub fn draw(state: &State, overlay: &Overlay, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    match overlay {
        Overlay::Help { top } => {
            help::draw(state, *top, canvas, area);
            None
        }
        Overlay::Messages { top } => {
            help::messages(state, *top, canvas, area);
            None
        }
        Overlay::Palette { field, items, found, cursor } => Some(palette(field, items, found, *cursor, canvas, area)),
        Overlay::Line { field, error } => Some(line(field, error.as_deref(), canvas, area)),
        Overlay::Question { ask, label, example, field, error } => {
            let place = low(area, 5);
            let inner = float::frame(canvas, place, label, &ask.name);
            let muted = canvas.style(Role::Muted);
            let room = usize::from(inner.width.saturating_sub(2));
            canvas.put(inner.x + 1, inner.y, room, &ask.title, muted);
            let at = typed(field, canvas, inner.x + 1, inner.y + 1, room, example);
            if let Some(error) = error {
                let style = canvas.style(Role::Error);
                canvas.put(inner.x + 1, inner.y + 2, room, error, style);
            }
            Some(at)
        }
        Overlay::Choose { title, name, choices } => {
            let place = low(area, choices.len() as u16 + 3);
            let inner = float::frame(canvas, place, title, name);
            let room = usize::from(inner.width.saturating_sub(5));
            let (key, words, muted) = (canvas.style(Role::Key), canvas.style(Role::Text), canvas.style(Role::Muted));
            for (index, choice) in choices.iter().enumerate() {
                let y = inner.y + index as u16;
                canvas.put(inner.x + 1, y, 1, &choice.key.to_string(), key);
                canvas.put(inner.x + 4, y, room, &choice.words, words);
            }
            let y = inner.bottom().saturating_sub(1);
            canvas.put(inner.x + 1, y, room, "any other key leaves it as it is", muted);
            None
        }
        Overlay::Card { title, name, lines } => {
            let place = low(area, lines.len() as u16 + 3);
            let inner = float::frame(canvas, place, title, "esc");
            let room = usize::from(inner.width.saturating_sub(2));
            let (strong, words, muted) =
                (canvas.style(Role::Title), canvas.style(Role::Text), canvas.style(Role::Muted));
            canvas.put(inner.x + 1, inner.y, room, name, strong);
            for (index, [what, value, from]) in lines.iter().enumerate() {
                let y = inner.y + 1 + index as u16;
                canvas.put(inner.x + 1, y, 7, what, muted);
                canvas.put(inner.x + 9, y, 8, &text::pad_left(value, 8), words);
                canvas.put(inner.x + 19, y, room.saturating_sub(18), from, muted);
            }
            None
        }
        Overlay::Sheet { title, name, lines, top } => {
            let room = usize::from(area.width.saturating_sub(6)).clamp(10, 110);
            let label = lines.iter().map(|(label, _)| text::width(label)).max().unwrap_or(0).min(12);
            let words = room.saturating_sub(label + 3).max(8);
            let mut rows: Vec<(&str, String)> = Vec::new();
            for (label, said) in lines {
                let wrapped = text::wrap(said, words);
                rows.extend(
                    wrapped.into_iter().enumerate().map(|(at, line)| (if at == 0 { label.as_str() } else { "" }, line)),
                );
            }
            let height = (rows.len() as u16 + 3).min(area.height.saturating_sub(2));
            let place = float::centred(area, room as u16 + 2, height);
            let inner = float::frame(canvas, place, title, "esc");
            let (strong, plain, muted) =
                (canvas.style(Role::Title), canvas.style(Role::Text), canvas.style(Role::Muted));
            canvas.put(inner.x + 1, inner.y, room, name, strong);
            let shown = usize::from(inner.height.saturating_sub(1));
            let top = (*top).min(rows.len().saturating_sub(shown));
            for (at, (label_of, line)) in rows.iter().skip(top).take(shown).enumerate() {
                let y = inner.y + 1 + at as u16;
                canvas.put(inner.x + 1, y, label, label_of, muted);
                canvas.put(inner.x + 2 + label as u16, y, words, line, plain);
            }
            None
        }
        Overlay::Confirm { text: question, .. } => {
            let room = usize::from(area.width.saturating_sub(8)).clamp(4, 70);
            let lines = text::wrap(question, room);
            let place = float::centred(area, room as u16 + 4, lines.len() as u16 + 3);
            let inner = float::frame(canvas, place, "", "");
            let style = canvas.style(Role::Text);
            for (index, line) in lines.iter().enumerate() {
                canvas.put(inner.x + 1, inner.y + index as u16, room, line, style);
            }
            let key = canvas.style(Role::Key);
            let y = inner.bottom().saturating_sub(1);
            let x = canvas.put(inner.x + 1, y, 1, "y", key);
            let muted = canvas.style(Role::Muted);
            canvas.put(x + 1, y, room, "yes   any other key: no", muted);
            None
        }
    }
}

/// A part at the bottom, over the hints.
fn low(area: Rect, height: u16) -> Rect {
    let height = height.min(area.height);
    Rect {
        x: area.x + 1,
        y: area.bottom().saturating_sub(1 + height).max(area.y),
        width: area.width.saturating_sub(2).min(90),
        height,
    }
}

/// A field of one line; where its cursor is. The end of a long text stays in sight.
fn typed(field: &Editor, canvas: &mut Canvas<'_>, x: u16, y: u16, room: usize, ghost: &str) -> Position {
    let before = field.before();
    let mut start = 0;
    while width(&before[start..]) >= room.max(1) {
        start += before[start..].chars().next().map_or(1, char::len_utf8);
        if start >= before.len() {
            break;
        }
    }
    let (input, muted) = (canvas.style(Role::Input), canvas.style(Role::Muted));
    let text = &field.text()[start.min(field.text().len())..];
    if field.text().is_empty() {
        canvas.put(x, y, room, ghost, muted);
    } else {
        canvas.put(x, y, room, text, input);
    }
    Position { x: x + width(&before[start.min(before.len())..]) as u16, y }
}

fn palette(
    field: &Editor,
    items: &[Item],
    found: &[usize],
    cursor: usize,
    canvas: &mut Canvas<'_>,
    area: Rect,
) -> Position {
    let theme = canvas.theme;
    let height = area.height.saturating_sub(4).clamp(4, 18);
    let place = float::centred(area, area.width.saturating_sub(4).min(96), height);
    let inner = float::frame(canvas, place, "Commands", &format!("{} of {}", found.len(), items.len()));
    let room = usize::from(inner.width.saturating_sub(2));
    let at = typed(field, canvas, inner.x + 1, inner.y, room, "what do you want to do");
    let rows = usize::from(inner.height.saturating_sub(2));
    let top = (cursor + 1).saturating_sub(rows.max(1));
    if found.is_empty() {
        canvas.put(inner.x + 1, inner.y + 2, room, "no command fits", theme.style(Role::Muted));
    }
    for (line, (place, &index)) in found.iter().enumerate().skip(top).take(rows).enumerate() {
        let Some(item) = items.get(index) else { continue };
        let y = inner.y + 2 + line as u16;
        let spec = item.id.spec();
        let here = place == cursor;
        if here {
            canvas.put(inner.x, y, 1, "▌", theme.style(Role::Accent));
        }
        let name = match (here, &item.disabled) {
            (true, _) => theme.style(Role::Selection),
            (false, Some(_)) => theme.style(Role::Muted),
            (false, None) => theme.style(Role::Text),
        };
        canvas.put(inner.x + 1, y, 18, spec.name, name);
        let keys_at = canvas.put_right(inner.right().saturating_sub(1), y, 12, &item.keys, theme.style(Role::Key));
        let left = usize::from(keys_at.saturating_sub(inner.x + 21));
        let words = item.disabled.as_deref().unwrap_or(spec.doc);
        canvas.put(inner.x + 20, y, left, words, theme.style(Role::Muted));
    }
    at
}

/// The `:` line over the hints, with what it may become.
fn line(field: &Editor, error: Option<&str>, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let found = completions(field.text());
    let shown = if error.is_some() { 1 } else { found.len().clamp(1, 6) };
    let place = low(area, shown as u16 + 3);
    let inner = float::frame(canvas, place, "Command", "");
    let room = usize::from(inner.width.saturating_sub(4));
    let key = canvas.style(Role::Key);
    canvas.put(inner.x + 1, inner.y, 1, ":", key);
    let at = typed(field, canvas, inner.x + 2, inner.y, room, "");
    let (muted, text_style) = (canvas.style(Role::Muted), canvas.style(Role::Text));
    if let Some(error) = error {
        let style = canvas.style(Role::Error);
        canvas.put(inner.x + 2, inner.y + 1, room, error, style);
        return at;
    }
    if found.is_empty() {
        canvas.put(inner.x + 2, inner.y + 1, room, "no command begins like this", muted);
    }
    for (index, id) in found.iter().take(shown).enumerate() {
        let spec = id.spec();
        let y = inner.y + 1 + index as u16;
        let args: Vec<String> = spec.args.iter().map(|arg| format!("[{}]", arg.name())).collect();
        let call = format!("{} {}", spec.name, args.join(" "));
        canvas.put(inner.x + 2, y, 30, &call, text_style);
        canvas.put(inner.x + 33, y, room.saturating_sub(31), spec.doc, muted);
    }
    at
}
