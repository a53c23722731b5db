//! Why a score is what it is: the tree on top, all there is to say of the row under the cursor below it.
//!
//! Decides which columns there is room for. Which rows there are is `app::explain`'s matter.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::explain::{Cells, Explain, Item, Kind};
use crate::app::layout::BOTTOM;
use crate::app::state::State;
use crate::book::view::{AccountView, Against};
use crate::command::Id;
use crate::screens::widgets::Canvas;
use crate::screens::widgets::figures::{self, glyph};
use crate::screens::widgets::lines::{Row, follow};
use crate::screens::{chrome, said};
use crate::text::{self, cut, pad_left, short_date, width};
use crate::theme::{Role, Theme};

/// Identity, what is compared, heads of the columns.
const TOP: u16 = 3;
/// Lines for the row under the cursor, where the screen is high enough.
const DETAIL: u16 = 3;
/// From this width the median always stands there.
const WIDE: usize = 110;

/// Draws the page.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let Some(pane) = &state.explain else { return };
    let Some(view) = state.view(&pane.account) else {
        chrome::page_title(state, canvas, area, Row::new(theme).role(Role::Title, pane.name.clone()).line());
        let body = Rect { y: area.y + TOP, height: area.height.saturating_sub(TOP + BOTTOM), ..area };
        let line = match &pane.error {
            Some(error) => (Role::Error, error.clone()),
            None => (Role::Muted, "Reading the account".to_owned()),
        };
        said(canvas, body, &[line]);
        return;
    };
    title(state, pane, view, canvas, area);
    let columns = usize::from(area.width);
    let line = compared_with(state, pane, theme, columns);
    canvas.line(area.x + 1, area.y + 1, columns.saturating_sub(2), &line);
    let items = pane.items(view);
    let plan = Plan::new(&items, pane, columns);
    canvas.line(area.x, area.y + 2, columns, &plan.heads(theme));
    let room = area.height.saturating_sub(TOP + BOTTOM);
    let detail = if room > 3 * DETAIL { DETAIL + 1 } else { 0 };
    let height = usize::from(room - detail);
    let top = follow(pane.cursor, items.len(), height);
    for (line, (index, item)) in items.iter().enumerate().skip(top).take(height).enumerate() {
        let drawn = plan.row(item, index == pane.cursor, theme);
        canvas.line(area.x, area.y + TOP + line as u16, columns, &drawn);
    }
    let muted = canvas.style(Role::Muted);
    if top > 0 {
        canvas.put_right(area.right(), area.y + TOP, 1, "↑", muted);
    }
    if top + height < items.len() {
        canvas.put_right(area.right(), area.y + TOP + height as u16 - 1, 1, "↓", muted);
    }
    if let Some(item) = items.get(pane.cursor).filter(|_| detail > 0) {
        let y = area.bottom().saturating_sub(BOTTOM + DETAIL);
        for (at, line) in
            text::wrap(&item.detail, columns.saturating_sub(2)).iter().take(usize::from(DETAIL)).enumerate()
        {
            canvas.put(area.x + 1, y + at as u16, columns.saturating_sub(2), line, muted);
        }
    }
}

fn title(state: &State, pane: &Explain, view: &AccountView, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let h = &view.standing.health;
    let mut row = Row::new(theme)
        .role(Role::Title, text::cut_name(&pane.name, usize::from(area.width) / 2))
        .role(figures::band_role(h.band), format!("   {} ", glyph(h.band)))
        .style(figures::score_style(theme, h.band, h.confidence), figures::score(h.score))
        .role(figures::delta_role(h.delta_7d), format!(" {}", figures::delta(h.delta_7d)))
        .role(Role::Text, format!(" {}", h.band.name()));
    let sure = format!(" · confidence {:.0}%", h.confidence * 100.0);
    if row.width() + width(&sure) + width(&chrome::freshness(state)) + 5 <= usize::from(area.width) {
        row = row.role(Role::Muted, sure);
    }
    chrome::page_title(state, canvas, area, row.line());
}

/// What the figures are compared with, and how to change that.
fn compared_with(state: &State, pane: &Explain, theme: &Theme, columns: usize) -> Line<'static> {
    let row = Row::new(theme);
    if let Some(error) = &pane.error {
        return row.role(Role::Error, cut(error, columns.saturating_sub(2))).line();
    }
    let key = chrome::key_of(state, Id::ExplainAgainst);
    let words = match (pane.against, &pane.then) {
        (Against::Now, _) => {
            return row.role(Role::Muted, format!("why it is so · {key} compares with another day")).line();
        }
        (_, None) => return row.role(Role::Muted, "reading the other day").line(),
        (asked, Some(then)) => {
            let day = short_date(then.day, state.today);
            match (asked, then.against) {
                (Against::Rounds, Against::Rounds) => format!("since your last rounds, {day}"),
                (Against::Rounds, _) => format!("no rounds before: against seven days ago, {day}"),
                (Against::Week, _) => format!("against seven days ago, {day}"),
                _ => format!("against {day}"),
            }
        }
    };
    let none = pane.then.as_ref().is_some_and(|then| then.health.score.is_none());
    let row = row.bold(Role::Text, words);
    let left = columns.saturating_sub(row.width() + 2);
    let more = match none {
        true => ": nothing was known then, so there is no difference".to_owned(),
        false => format!(" · points then, points now and the exact change · {key} goes on"),
    };
    row.role(Role::Muted, cut(&more, left)).line()
}

/// The columns that there is room for.
struct Plan {
    /// Where the figures begin.
    label: usize,
    median: bool,
    then: bool,
    columns: usize,
}

impl Plan {
    fn new(items: &[Item], pane: &Explain, columns: usize) -> Self {
        let then = items.iter().any(|item| matches!(item.cells, Cells::Then { .. }));
        let labels = items.iter().filter(|item| item.kind != Kind::Record && item.kind != Kind::Said);
        let longest = labels.map(|item| 2 * item.depth + width(&item.label)).max().unwrap_or(0);
        let label = (longest + 5).min(if columns >= WIDE { 44 } else { columns * 2 / 5 }).max(12);
        // The key takes away what stands there by itself, and brings what does not.
        Self { label, median: !then && pane.median != (columns >= WIDE), then, columns }
    }

    /// Columns of the figures: heads and widths.
    fn figures(&self) -> Vec<(&'static str, usize)> {
        if self.then {
            return vec![("THEN", 7), ("NOW", 7), ("CHANGE", 8)];
        }
        let mut all = vec![("SCORE", 6), ("WEIGHT", 7), ("POINTS", 7)];
        if self.median {
            all.push(("MEDIAN", 12));
        }
        all
    }

    fn heads(&self, theme: &Theme) -> Line<'static> {
        let mut row = Row::new(theme).to(self.label);
        for (head, columns) in self.figures() {
            row = row.role(Role::Muted, pad_left(head, columns));
        }
        row.line()
    }

    fn row(&self, item: &Item, here: bool, theme: &Theme) -> Line<'static> {
        let quiet = if item.faint { Role::Muted } else { Role::Text };
        let arrow = match item.open {
            Some(true) => "▾ ",
            Some(false) => "▸ ",
            None => "  ",
        };
        let mut row = Row::new(theme)
            .role(Role::Accent, if here { "▌" } else { " " })
            .role(Role::Muted, format!("{}{arrow}", "  ".repeat(item.depth)));
        if item.kind == Kind::Said {
            return row.role(Role::Muted, cut(&item.words_or_label(), self.columns.saturating_sub(4))).line();
        }
        let left = self.label.saturating_sub(row.width() + 1);
        row = match (here, item.kind) {
            (true, _) => row.style(theme.style(Role::Selection), cut(&item.label, left)),
            (_, Kind::Group | Kind::Score) => row.bold(Role::Text, cut(&item.label, left)),
            (_, Kind::Gate) => row.role(Role::Bad, cut(&item.label, left)),
            (_, Kind::Record | Kind::Absent) => row.role(Role::Muted, cut(&item.label, left)),
            _ => row.role(quiet, cut(&item.label, left)),
        };
        if item.kind == Kind::Record {
            // A record is words: they begin where its day ends.
            // What counts and what does not can be told apart without colour.
            let row = row.to(2 * item.depth + 12).role(quiet, if item.faint { "– " } else { "· " });
            let left = self.columns.saturating_sub(row.width() + 1);
            return row.role(quiet, cut(&item.words, left)).line();
        }
        row = self.cells(row.to(self.label), item, quiet);
        let row = row.to(self.label + self.figures().iter().map(|(_, columns)| columns).sum::<usize>() + 3);
        let left = self.columns.saturating_sub(row.width() + 1);
        let role = if item.kind == Kind::Measure && !item.faint { Role::Text } else { Role::Muted };
        row.role(role, cut(&item.words, left)).line()
    }

    fn cells<'t>(&self, row: Row<'t>, item: &Item, quiet: Role) -> Row<'t> {
        let decides = matches!(item.kind, Kind::Score | Kind::Group);
        match item.cells {
            Cells::Nothing => row,
            Cells::Why { score, share, points, median } => {
                let tone = match score {
                    _ if item.faint => Role::Stale,
                    Some(score) if score < 50.0 => Role::Bad,
                    Some(score) if score < 78.0 => Role::Watch,
                    _ => Role::Text,
                };
                let points = points.map(|n| if n < 0 { text::signed(n) } else { n.to_string() }).unwrap_or_default();
                let role = if item.kind == Kind::Gate { Role::Bad } else { quiet };
                let row =
                    row.role(tone, pad_left(&score.map(|score| format!("{score:.0}")).unwrap_or_default(), 6)).role(
                        Role::Muted,
                        pad_left(&share.map(|share| format!("{:.0}%", share * 100.0)).unwrap_or_default(), 7),
                    );
                let row =
                    if decides { row.bold(role, pad_left(&points, 7)) } else { row.role(role, pad_left(&points, 7)) };
                match median.filter(|_| self.median) {
                    // The book's median is told from the segment's by its sign.
                    Some(one) => {
                        let whose = if one.segment { " " } else { "~" };
                        row.role(Role::Muted, pad_left(&format!("{:.0} {whose}n {}", one.median, one.n), 12))
                    }
                    None => row,
                }
            }
            Cells::Then { then, now, change } => {
                let cell = |value: Option<f64>| {
                    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}").replace('-', "−"))
                };
                let (sign, role) = match change {
                    n if n.abs() < 0.05 => (String::new(), Role::Muted),
                    n if n < 0.0 => ("−".to_owned(), Role::Down),
                    _ => ("+".to_owned(), Role::Up),
                };
                let moved = if sign.is_empty() { "·".to_owned() } else { format!("{sign}{:.1}", change.abs()) };
                let row = row.role(Role::Muted, pad_left(&cell(then), 7)).role(quiet, pad_left(&cell(now), 7));
                if decides { row.bold(role, pad_left(&moved, 8)) } else { row.role(role, pad_left(&moved, 8)) }
            }
        }
    }
}

impl Item {
    fn words_or_label(&self) -> String {
        if self.words.is_empty() { self.label.clone() } else { self.words.clone() }
    }
}
