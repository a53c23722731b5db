//! The digest: what became another thing since the last rounds, the largest money first.

use ratatui::layout::Rect;

use crate::app::State;
use crate::app::layout::{BOTTOM, PAGE_TOP};
use crate::book::money::{Currency, short};
use crate::book::news::Kind;
use crate::book::view::DigestRow;
use crate::command::Id;
use crate::screens::widgets::Canvas;
use crate::screens::widgets::lines::{Row, follow};
use crate::screens::{chrome, said};
use crate::text::{self, pad, pad_left};
use crate::theme::{Role, Theme};

/// Draws the list.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let body = Rect { y: area.y + PAGE_TOP, height: area.height.saturating_sub(PAGE_TOP + BOTTOM), ..area };
    let Some(digest) = &state.changes.digest else {
        chrome::page_title(state, canvas, area, Row::new(theme).role(Role::Title, "Changes").line());
        said(canvas, body, &[(Role::Muted, "Reading what changed".to_owned())]);
        return;
    };
    let count = match digest.rows.len() {
        0 => String::new(),
        1 => "   1 change".to_owned(),
        n => format!("   {n} changes"),
    };
    let title = Row::new(theme).role(Role::Title, digest.heading.clone());
    chrome::page_title(state, canvas, area, title.role(Role::Text, count).line());
    if digest.rows.is_empty() {
        said(
            canvas,
            body,
            &[
                (Role::Title, "Nothing became another thing".to_owned()),
                (Role::Muted, format!("{} walks through who needs you", chrome::key_of(state, Id::RoundStart))),
            ],
        );
        return;
    }
    let columns = usize::from(area.width);
    // On a narrow screen the row under the cursor has its reason in a line of its own.
    let narrow = columns < WIDE;
    let height = usize::from(body.height).saturating_sub(usize::from(narrow));
    let top = follow(state.changes.cursor, digest.rows.len(), height);
    let mut above = None;
    let mut y = body.y;
    for (index, row) in digest.rows.iter().enumerate().skip(top).take(height) {
        // The name stands once, before the first of its changes on screen.
        let again = above == Some(&row.account);
        above = Some(&row.account);
        let here = index == state.changes.cursor;
        canvas.line(body.x, y, columns, &change(state, theme, row, here, again, columns).line());
        y += 1;
        if here && narrow && !row.because.is_empty() {
            let because = text::cut(&row.because, columns.saturating_sub(4));
            canvas.line(body.x, y, columns, &Row::new(theme).role(Role::Muted, format!("   {because}")).line());
            y += 1;
        }
    }
}

/// From this width on the reasons stand beside the changes.
const WIDE: usize = 110;

fn change<'t>(state: &State, theme: &'t Theme, row: &DigestRow, here: bool, again: bool, columns: usize) -> Row<'t> {
    let currency = state.header.as_ref().map_or(Currency::USD, |header| header.currency);
    let name_width = (columns / 5).clamp(12, 28);
    let name = if again && !here { String::new() } else { text::cut_name(&row.name, name_width) };
    let style = if here { theme.style(Role::Selection) } else { theme.style(Role::Text) };
    let arr = row.arr.filter(|_| !again).map_or_else(String::new, |arr| format!("{}{}", currency.sign(), short(arr)));
    // A flag that appeared and a band that fell are bad news, what cleared and rose is good.
    let role = match (Kind::parse(&row.kind), row.points) {
        (Some(Kind::Flag | Kind::Gone), _) => Role::Down,
        (Some(Kind::FlagCleared), _) => Role::Up,
        (_, Some(points)) if points < 0.0 => Role::Down,
        (_, Some(points)) if points > 0.0 => Role::Up,
        _ => Role::Text,
    };
    let points = row.points.map_or_else(String::new, |points| text::signed(points.round() as i64));
    let what_width = (columns / 4).clamp(28, 30);
    let line = Row::new(theme)
        .role(Role::Accent, if here { " ▌ " } else { "   " })
        .style(style, pad(&name, name_width))
        .role(Role::Text, format!(" {}", pad_left(&arr, 6)))
        .role(role, format!("  {}", pad(&row.says(), what_width)))
        .role(role, format!(" {}", pad_left(&points, 4)));
    let day = format!("  {}", pad_left(&text::day(row.day, state.today), 9));
    if columns < WIDE {
        return line.role(Role::Muted, day);
    }
    let room = columns.saturating_sub(line.width() + text::width(&day) + 3);
    line.role(Role::Muted, format!("  {}", pad(&row.because, room))).role(Role::Muted, day)
}
