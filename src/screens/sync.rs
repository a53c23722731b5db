//! Sources and how fresh they are; what waits to reach the CRM and why; what did not match or parse.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::layout::{BOTTOM, PAGE_TOP};
use crate::app::state::State;
use crate::book::row::Entity;
use crate::book::view::{OutboxRow, SourceState, SyncView};
use crate::screens::widgets::Canvas;
use crate::screens::widgets::lines::{Row, heading, scrolled};
use crate::screens::{chrome, said};
use crate::text::{self, ago, grouped, pad, wrap};
use crate::theme::{Role, Theme};

/// Draws the page.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let body = Rect { y: area.y + PAGE_TOP, height: area.height.saturating_sub(PAGE_TOP + BOTTOM), ..area };
    let mut title = Row::new(theme).role(Role::Title, "Sync");
    if state.sync.running {
        let line = state.sync.line.clone().unwrap_or_else(|| "running".to_owned());
        title = title.role(Role::Text, format!("   {line}"));
    }
    chrome::page_title(state, canvas, area, title.line());
    let Some(view) = &state.sync.view else {
        said(canvas, body, &[(Role::Muted, "Reading how the sources stand".to_owned())]);
        return;
    };
    let room = usize::from(area.width.saturating_sub(2));
    let (lines, cursor) = page(state, view, theme, room);
    let height = usize::from(body.height);
    // The row under the cursor is on screen; without one the page scrolls.
    let top = match cursor {
        Some(at) => at.saturating_sub(height.saturating_sub(3)),
        None => state.sync.top,
    };
    scrolled(canvas, body, &lines, top);
}

fn page(state: &State, view: &SyncView, theme: &Theme, room: usize) -> (Vec<Line<'static>>, Option<usize>) {
    let mut lines = vec![heading(theme, " SOURCES")];
    if view.sources.is_empty() {
        lines.push(Row::new(theme).role(Role::Text, "   No source is set up · rounds init asks for one").line());
    }
    for source in &view.sources {
        lines.extend(source_lines(state, source, theme, room));
    }
    let mut row = 0;
    let mut cursor = None;
    let mut bar = |lines: &[Line<'static>]| {
        let here = row == state.sync.cursor;
        if here {
            cursor = Some(lines.len());
        }
        row += 1;
        here
    };
    lines.push(Line::default());
    lines
        .push(heading(theme, if view.outbox.is_empty() { " NOTHING WAITS FOR THE CRM" } else { " WAITS FOR THE CRM" }));
    for out in &view.outbox {
        let here = bar(&lines);
        lines.extend(outbox_lines(state, out, here, theme, room));
    }
    if !view.copies.is_empty() {
        lines.push(Line::default());
        lines.push(heading(theme, " STAND TWICE IN THE CRM, COUNTED ONCE"));
    }
    for (note, account, copies) in &view.copies {
        for copy in copies {
            let here = bar(&lines);
            let text = format!("copy {copy} of note {}", text::cut(note.as_str(), 12));
            lines.push(mark(theme, here, &name(state, account.as_str()), text, Role::Text, room));
        }
    }
    if !view.problems.is_empty() {
        lines.push(Line::default());
        lines.push(heading(theme, " NOTES WITH A LINE THAT IS NOT UNDERSTOOD"));
    }
    for (account, line) in &view.problems {
        let here = bar(&lines);
        lines.push(mark(theme, here, &name(state, account.as_str()), line.clone(), Role::Text, room));
    }
    if view.unmatched_total > 0 {
        lines.push(Line::default());
        lines.push(heading(theme, &unmatched(view.unmatched_total)));
    }
    for record in &view.unmatched {
        let what = match record.source == record.entity {
            true => record.source.clone(),
            false => format!("{} {}", record.source, record.entity),
        };
        lines.push(mark(theme, false, &what, format!("{} · {}", record.id, record.says), Role::Muted, room));
    }
    let shown = view.unmatched.len() as u64;
    if view.unmatched_total > shown {
        let text = format!("   {} more · rounds check lists them all", grouped(view.unmatched_total - shown));
        lines.push(Row::new(theme).role(Role::Muted, text).line());
    }
    (lines, cursor)
}

/// How many records found no account.
fn unmatched(n: u64) -> String {
    if n == 1 { " 1 RECORD FOUND NO ACCOUNT".to_owned() } else { format!(" {} RECORDS FOUND NO ACCOUNT", grouped(n)) }
}

/// What people call some of an entity.
fn counted(entity: &str, n: u64) -> String {
    let word = match Entity::parse(entity) {
        Some(Entity::Usage) => "usage figures",
        Some(known) if n != 1 => known.plural(),
        _ => entity,
    };
    format!("{} {word}", grouped(n))
}

/// An account by its name, where the list has it.
fn name(state: &State, id: &str) -> String {
    let row = state.list.rows.iter().find(|row| row.account.as_str() == id);
    row.map_or_else(|| id.to_owned(), |row| row.name.clone())
}

fn source_lines(state: &State, source: &SourceState, theme: &Theme, room: usize) -> Vec<Line<'static>> {
    let fresh = source.synced.map_or_else(|| "not synced yet".to_owned(), |at| ago(at, state.now));
    let (sign, role) = match (&source.error, source.synced) {
        (Some(_), _) => ("○", Role::Bad),
        (None, Some(_)) => ("●", Role::Good),
        (None, None) => ("◌", Role::Muted),
    };
    let entities: Vec<String> = source.entities.iter().map(|(entity, n)| counted(entity, *n)).collect();
    let mut row = Row::new(theme)
        .role(Role::Text, "   ")
        .role(role, format!("{sign} "))
        .bold(Role::Text, pad(&source.name, 12))
        .role(Role::Muted, format!(" {}", pad(&source.connector, 12)))
        .role(Role::Text, format!(" {}", pad(&fresh, 14)));
    if let Some(left) = &source.left {
        row = row.role(Role::Muted, format!(" {left}"));
    }
    let mut lines = vec![row.line()];
    if !entities.is_empty() {
        let text = text::cut(&entities.join(" · "), room.saturating_sub(5));
        lines.push(Row::new(theme).role(Role::Muted, format!("     {text}")).line());
    }
    if let Some(error) = &source.error {
        lines.extend(
            wrap(error, room.saturating_sub(5))
                .into_iter()
                .map(|l| Row::new(theme).role(Role::Error, format!("     {l}")).line()),
        );
    }
    lines
}

fn mark(theme: &Theme, here: bool, name: &str, text: String, role: Role, room: usize) -> Line<'static> {
    let style = if here { theme.style(Role::Selection) } else { theme.style(Role::Text) };
    let head = Row::new(theme).role(Role::Accent, if here { " ▌ " } else { "   " }).style(style, pad(name, 22));
    let left = room.saturating_sub(head.width() + 2);
    head.role(role, format!("  {}", text::cut(&text, left))).line()
}

fn outbox_lines(state: &State, row: &OutboxRow, here: bool, theme: &Theme, room: usize) -> Vec<Line<'static>> {
    let tries = match row.attempts {
        0 => String::new(),
        1 => " · tried once".to_owned(),
        n => format!(" · tried {n} times"),
    };
    let role = if row.state == "refused" { Role::Bad } else { Role::Text };
    let tail = format!("{} · {} · {}{tries}", row.kind, row.state, ago(row.since, state.now));
    let mut lines = vec![mark(theme, here, &row.name, row.text.clone(), Role::Text, room.saturating_sub(2))];
    let mut detail = Row::new(theme).role(role, format!("     {tail}"));
    if let Some(because) = &row.because {
        let left = room.saturating_sub(detail.width() + 3);
        detail = detail.role(Role::Muted, " · ").role(role, text::cut(because, left));
    }
    lines.push(detail.line());
    lines
}
