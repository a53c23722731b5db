//! The account under the cursor, beside the list, from what the list's row already says: nothing is read for it.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::State;
use crate::screens::widgets::Canvas;
use crate::screens::widgets::figures::{self, glyph, money, since, who};
use crate::screens::widgets::lines::{Row, heading, joined};
use crate::text::{self, wrap};
use crate::theme::Role;

/// Draws it, behind a rule at its left.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let border = canvas.style(Role::Border);
    for y in area.top()..area.bottom() {
        canvas.put(area.x, y, 1, "│", border);
    }
    let Some(row) = state.list.row(state.list.shown().1) else { return };
    let theme = canvas.theme;
    let room = usize::from(area.width.saturating_sub(4));
    let part = |role: Role, text: String| Row::new(theme).role(role, text).line();
    let mut lines: Vec<Line<'static>> = Vec::new();
    lines.push(Row::new(theme).role(Role::Title, text::cut(&row.name, room)).line());
    let score = Row::new(theme)
        .role(figures::band_role(row.band), format!("{} ", glyph(row.band)))
        .style(figures::score_style(theme, row.band, row.confidence), figures::score(row.score))
        .role(figures::delta_role(row.delta_7d), format!(" {}", figures::delta(row.delta_7d)))
        .role(Role::Text, format!(" {}", row.band.name()));
    let mut parts = vec![score.line()];
    parts.push(part(Role::Muted, format!("confidence {:.0}%", row.confidence * 100.0)));
    if let Some(arr) = row.arr {
        parts.push(part(Role::Text, money(arr)));
    }
    if let Some(renewal) = row.renewal {
        parts.push(part(Role::Text, format!("renews {}", text::day(renewal, state.today))));
    }
    let stage = figures::stage(row.stage);
    if !stage.is_empty() {
        parts.push(part(Role::Muted, format!("stage {stage}")));
    }
    if let Some(trust) = row.trust {
        parts.push(part(if trust < 30.0 { Role::Bad } else { Role::Text }, format!("trust {trust:.0}")));
    }
    if let Some(ratio) = row.return_ {
        parts.push(part(if ratio < 1.0 { Role::Watch } else { Role::Text }, format!("return ×{ratio:.1}")));
    }
    if let Some(keep) = row.keep {
        parts.push(part(Role::Text, keep.name().to_owned()));
    }
    if let Some(touch) = row.last_touch {
        parts.push(part(Role::Muted, format!("last touch {}", text::day(touch, state.today))));
    }
    if let Some(owner) = &row.owner {
        parts.push(part(Role::Muted, who(owner).to_owned()));
    }
    lines.extend(joined(theme, parts, room));
    for meeting in &row.meetings {
        let time =
            Row::new(theme).role(Role::Accent, meeting.time.clone()).role(Role::Text, format!("  {}", meeting.title));
        lines.push(time.line());
    }
    if !row.flags.is_empty() {
        lines.push(Line::default());
        lines.push(heading(theme, "FLAGS"));
    }
    for flag in &row.flags {
        let head = Row::new(theme)
            .role(figures::severity_role(flag.severity), flag.label.clone())
            .role(Role::Muted, format!("  {}", since(flag.since, state.today)));
        lines.push(head.line());
        lines.extend(wrap(&flag.because, room - 2).into_iter().map(|l| part(Role::Muted, format!("  {l}"))));
    }
    if let Some(next) = &row.next {
        lines.push(Line::default());
        lines.push(heading(theme, "NEXT"));
        for (index, line) in wrap(&next.title, room).into_iter().enumerate() {
            let style = if index == 0 { theme.bold(Role::Text) } else { theme.style(Role::Text) };
            lines.push(Row::new(theme).style(style, line).line());
        }
        let currency = state.header.as_ref().map_or(crate::book::money::Currency::USD, |h| h.currency);
        let figures = format!("{} · {} min", figures::worth(next.worth, currency), next.minutes);
        lines.push(part(Role::Text, figures));
        lines.extend(wrap(&format!("because {}", next.because), room).into_iter().map(|l| part(Role::Muted, l)));
    }
    for (index, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        canvas.line(area.x + 2, area.y + index as u16, room, line);
    }
}
