//! What floats over a screen: a bordered part with a title in its border.

use ratatui::layout::Rect;

use crate::screens::widgets::Canvas;
use crate::theme::Role;

/// Clears a part, draws its border with a title, and answers the room inside.
pub fn frame(canvas: &mut Canvas<'_>, area: Rect, title: &str, foot: &str) -> Rect {
    let area = area.intersection(canvas.buf.area);
    if area.width < 4 || area.height < 3 {
        canvas.clear(area);
        return area;
    }
    canvas.clear(area);
    let style = canvas.style(Role::BorderFocus);
    let inner = usize::from(area.width - 2);
    let (left, right, bottom) = (area.x, area.right() - 1, area.bottom() - 1);
    canvas.put(left, area.y, inner + 2, &format!("╭{}╮", "─".repeat(inner)), style);
    canvas.put(left, bottom, inner + 2, &format!("╰{}╯", "─".repeat(inner)), style);
    for y in area.y + 1..bottom {
        canvas.put(left, y, 1, "│", style);
        canvas.put(right, y, 1, "│", style);
    }
    if !title.is_empty() && inner > 4 {
        let title_style = canvas.theme.bold(Role::Title);
        canvas.put(left + 2, area.y, inner - 2, &format!(" {title} "), title_style);
    }
    if !foot.is_empty() && inner > 4 {
        let muted = canvas.style(Role::Muted);
        canvas.put_right(right.saturating_sub(1), bottom, inner - 2, &format!(" {foot} "), muted);
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}

/// A part of that size in the middle of the width, at a third of the height.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 3, width, height }
}
