//! The portfolio: the book, most urgent first.
//!
//! Decides which columns there is room for. Which rows are on screen is decided by `app::list`.

use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use crate::app::State;
use crate::app::layout::{BOTTOM, LIST_TOP, PREVIEW_FROM};
use crate::book::money::Currency;
use crate::book::standing::{Band, Flag};
use crate::book::view::{Past, PortfolioRow};
use crate::command::Id;
use crate::screens::widgets::figures::{self, glyph};
use crate::screens::widgets::{Canvas, lines::Row};
use crate::screens::{chrome, filter, preview, said};
use crate::text::{self, grouped, width};
use crate::theme::Role;

/// A column after the name.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Column {
    Health,
    Trend,
    Change,
    Arr,
    Renews,
    Stage,
    Flags,
    Next,
}

/// From left to right, with the least width; each stands two blanks after the one before (the trend one).
const COLUMNS: [(Column, usize); 8] = [
    (Column::Health, 4),
    (Column::Trend, 13),
    (Column::Change, 4),
    (Column::Arr, 5),
    (Column::Renews, 6),
    (Column::Stage, 5),
    (Column::Flags, 16),
    (Column::Next, 16),
];

/// What is dropped first where there is no room.
const DROPPED: [Column; 7] =
    [Column::Stage, Column::Next, Column::Flags, Column::Trend, Column::Renews, Column::Change, Column::Arr];

/// The bar, the mark of what is new, and a blank at the end.
const EDGE: usize = 4;
const NAME: (usize, usize) = (16, 28);

/// The columns of a width: the name's width, and each column with where it begins and how wide it is.
fn columns(room: usize, stages: bool) -> (usize, Vec<(Column, usize, usize)>) {
    let mut kept: Vec<(Column, usize)> = COLUMNS.to_vec();
    // Where nobody's step is known, an empty column says nothing.
    kept.retain(|(column, _)| stages || *column != Column::Stage);
    // On a narrow screen the newest weeks make room for flags that can be read.
    for (column, width) in &mut kept {
        if *column == Column::Trend && room < 96 {
            *width = 9;
        }
    }
    let gap = |column: Column| if column == Column::Trend { 1 } else { 2 };
    let taken = |kept: &[(Column, usize)]| kept.iter().map(|(c, w)| w + gap(*c)).sum::<usize>();
    for dropped in DROPPED.into_iter().chain([Column::Health]) {
        // Next to steps and flags is only worth its room when the name has what it needs.
        let least = if kept.len() == COLUMNS.len() { NAME.0 + 4 } else { NAME.0 };
        if EDGE + least + taken(&kept) <= room {
            break;
        }
        kept.retain(|(column, _)| *column != dropped);
    }
    // The stage comes back where dropping others made room again.
    if stages && !kept.iter().any(|(c, _)| *c == Column::Stage) && EDGE + 20 + taken(&kept) + 7 <= room {
        let at = kept.iter().position(|(c, _)| matches!(c, Column::Flags | Column::Next)).unwrap_or(kept.len());
        kept.insert(at, (Column::Stage, 5));
    }
    let mut name = NAME.0.min(room.saturating_sub(EDGE));
    let mut spare = room.saturating_sub(EDGE + name + taken(&kept));
    let give = |width: &mut usize, most: usize, part: usize, spare: &mut usize| {
        let more = most.saturating_sub(*width).min(part).min(*spare);
        *width += more;
        *spare -= more;
    };
    let part =
        if kept.iter().any(|(c, _)| matches!(c, Column::Flags | Column::Next)) { spare.div_ceil(3) } else { spare };
    give(&mut name, NAME.1, part, &mut spare);
    for (column, width) in &mut kept {
        match column {
            Column::Flags => {
                let part = spare.div_ceil(2);
                give(width, 26, part.max(spare.min(4)), &mut spare);
            }
            Column::Next => give(width, 60, spare, &mut spare),
            _ => {}
        }
    }
    // Where there is no next step to show, the rest goes to flags and name.
    for (column, width) in &mut kept {
        if *column == Column::Flags {
            give(width, 44, spare, &mut spare);
        }
    }
    give(&mut name, NAME.1 + 12, spare, &mut spare);
    let mut x = EDGE - 1 + name;
    let mut out = Vec::new();
    for (column, width) in kept {
        x += gap(column);
        out.push((column, x, width));
        x += width;
    }
    (name, out)
}

/// Draws the list, and the preview beside it where there is room.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    chrome::identity(state, canvas, area);
    let cursor = filter_line(state, canvas, area);
    let mut list = Rect { y: area.y + 2, height: area.height.saturating_sub(2 + BOTTOM), ..area };
    if area.width >= PREVIEW_FROM {
        let beside = (area.width * 3 / 10).clamp(46, 64);
        list.width -= beside;
        let pane = Rect { x: list.right(), y: list.y, width: beside, height: list.height };
        preview::draw(state, canvas, pane);
    }
    if state.list.rows.is_empty() {
        empty(state, canvas, list);
        filter::offered(state, canvas, area, cursor);
        return cursor;
    }
    let stages = state.list.rows.iter().any(|row| row.stage.buyers.is_some() || row.stage.users.is_some());
    let (name, columns) = columns(usize::from(list.width), stages);
    let currency = one_currency(state);
    heads(canvas, list, name, &columns, currency);
    let (top, at) = state.list.shown();
    for line in 0..list.height.saturating_sub(LIST_TOP - 2) {
        let index = top + u64::from(line);
        let Some(row) = state.list.row(index) else { break };
        let y = list.y + (LIST_TOP - 2) + line;
        draw_row(state, canvas, y, row, index == at, name, &columns, currency);
    }
    filter::offered(state, canvas, area, cursor);
    cursor
}

fn heads(
    canvas: &mut Canvas<'_>,
    list: Rect,
    name: usize,
    columns: &[(Column, usize, usize)],
    currency: Option<Currency>,
) {
    let style = canvas.style(Role::Muted);
    let y = list.y;
    canvas.put(list.x + 3, y, name, "ACCOUNT", style);
    for (column, x, width) in columns {
        let x = list.x + *x as u16;
        let head = match column {
            Column::Health => "HEALTH".to_owned(),
            Column::Trend => continue,
            Column::Change => "7d".to_owned(),
            Column::Arr => match currency {
                Some(currency) => format!("ARR {}", currency.sign().trim()),
                None => "ARR".to_owned(),
            },
            Column::Renews => "RENEWS".to_owned(),
            Column::Stage => "STAGE".to_owned(),
            Column::Flags => "FLAGS".to_owned(),
            Column::Next => "NEXT".to_owned(),
        };
        match column {
            // Numbers stand under the end of their heads.
            Column::Change | Column::Arr | Column::Renews => {
                canvas.put_right(x + *width as u16, y, width + 2, &head, style);
            }
            Column::Health => {
                canvas.put(x, y, 18, &head, style);
            }
            _ => {
                canvas.put(x, y, *width, &head, style);
            }
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn draw_row(
    state: &State,
    canvas: &mut Canvas<'_>,
    y: u16,
    row: &PortfolioRow,
    here: bool,
    name_width: usize,
    columns: &[(Column, usize, usize)],
    currency: Option<Currency>,
) {
    let theme = canvas.theme;
    let x0 = canvas.buf.area.x;
    let (text_style, muted) = (theme.style(Role::Text), theme.style(Role::Muted));
    if row.fresh && state.list.marks && !state.list.passed.contains(&row.account) {
        canvas.put(x0 + 2, y, 1, "+", theme.style(Role::Accent));
    }
    let name = text::cut_name(&row.name, name_width);
    if here {
        canvas.put(x0 + 1, y, 1, "▌", theme.style(Role::Accent));
        canvas.put(x0 + 3, y, name_width, &text::pad(&name, name_width), theme.style(Role::Selection));
    } else {
        // The name of what is in danger is bold; a calm book is calm.
        let style = if row.band == Band::AtRisk { theme.bold(Role::Text) } else { text_style };
        canvas.put(x0 + 3, y, name_width, &name, style);
    }
    for (column, x, width) in columns {
        let x = x0 + *x as u16;
        let right = x + *width as u16;
        match column {
            Column::Health => {
                canvas.put(x, y, 1, glyph(row.band), theme.style(figures::band_role(row.band)));
                let style = figures::score_style(theme, row.band, row.confidence);
                canvas.put_right(right, y, 3, &figures::score(row.score), style);
            }
            Column::Trend => {
                // The way here is quiet; where it has come to is not.
                let weeks = &row.trend[row.trend.len().saturating_sub(*width)..];
                let drawn = figures::trend(weeks);
                canvas.put(x, y, *width, &drawn, muted);
                if let Some(last) = drawn.chars().last().filter(|_| matches!(row.band, Band::AtRisk | Band::Watch)) {
                    let style = theme.style(figures::band_role(row.band));
                    canvas.put(x + weeks.len() as u16 - 1, y, 1, last.encode_utf8(&mut [0; 4]), style);
                }
            }
            Column::Change => {
                let style = theme.style(figures::delta_role(row.delta_7d));
                canvas.put_right(right, y, *width, &figures::delta(row.delta_7d), style);
            }
            Column::Arr => {
                let (text, style) = match (row.arr, currency) {
                    (Some(arr), Some(_)) => (arr.short(), text_style),
                    (Some(arr), None) => (figures::money(arr), text_style),
                    (None, _) => ("–".to_owned(), muted),
                };
                canvas.put_right(right, y, width + 1, &text, style);
            }
            Column::Renews => match row.renewal {
                Some(day) => {
                    let near = (day - state.today).get_days() <= 30;
                    let style = if near { theme.bold(Role::Text) } else { text_style };
                    canvas.put_right(right, y, *width, &figures::days(day, state.today), style);
                }
                None => {
                    canvas.put_right(right, y, *width, "–", muted);
                }
            },
            Column::Stage => {
                canvas.put(x, y, *width, &figures::stage(row.stage), muted);
            }
            Column::Flags => flags(canvas, x, y, *width, &row.flags),
            Column::Next => {
                let mut at = x;
                if let Some(meeting) = row.meetings.first() {
                    at = canvas.put(at, y, *width, &format!("{} ", meeting.time), theme.style(Role::Accent));
                }
                let left = usize::from(right.saturating_sub(at));
                let next = row.next.as_ref().map(|offer| offer.title.as_str()).unwrap_or_default();
                canvas.put(at, y, left, next, text_style);
            }
        }
    }
}

/// Short phrases in order of severity, cut at a phrase with `+2`.
fn flags(canvas: &mut Canvas<'_>, x: u16, y: u16, room: usize, flags: &[Flag]) {
    let muted = canvas.style(Role::Muted);
    let mut at = x;
    let mut used = 0;
    for (index, flag) in flags.iter().enumerate() {
        let rest = flags.len() - index - 1;
        let more = if rest > 0 { format!(" +{rest}") } else { String::new() };
        let gap = if index > 0 { 3 } else { 0 };
        let needed = gap + width(&flag.label) + width(&more);
        if index > 0 && used + needed > room {
            canvas.put(at, y, room - used, &format!(" +{}", rest + 1), muted);
            return;
        }
        if index > 0 {
            at = canvas.put(at, y, 3, " · ", muted);
        }
        let style = canvas.style(figures::severity_role(flag.severity));
        let label = text::cut(&flag.label, room.saturating_sub(used + gap + width(&more)));
        at = canvas.put(at, y, room, &label, style);
        used = usize::from(at - x);
    }
}

/// The currency of every row here, if it is one.
fn one_currency(state: &State) -> Option<Currency> {
    let mut all = state.list.rows.iter().filter_map(|row| row.arr.map(|arr| arr.currency));
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The filter, or how the book stands; at the right how many and by what.
fn filter_line(state: &State, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let y = area.y + 1;
    let theme = canvas.theme;
    let total = state.header.as_ref().map_or(0, |header| header.accounts);
    let order = format!("by {} {}", state.list.sort.name(), if state.list.reverse { "▲" } else { "▼" });
    let filtered = !state.list.filter.trim().is_empty();
    let count = match state.list.total {
        Some(left) if filtered => format!("{} of {} · {order}", grouped(left), grouped(total.max(left))),
        _ => order,
    };
    let muted = theme.style(Role::Muted);
    let x = canvas.put_right(area.right().saturating_sub(1), y, 40, &count, muted);
    let room = usize::from(x.saturating_sub(area.x + 3));
    if let Some(field) = &state.filter {
        let slash = canvas.put(area.x + 1, y, 2, "/ ", theme.style(Role::Key));
        let room = room.saturating_sub(2);
        // What is typed last stays in sight.
        let (before, after) = field.text().split_at(field.cursor());
        let over = width(before).saturating_sub(room.saturating_sub(1));
        let mut skipped = 0;
        let start = before.char_indices().find(|(_, c)| {
            let enough = skipped >= over;
            skipped += width(c.encode_utf8(&mut [0; 4]));
            enough
        });
        let before = &before[start.map_or(if over > 0 { before.len() } else { 0 }, |(at, _)| at)..];
        let wrong = state.list.error.is_some() && !state.is_typing_on();
        let style = theme.style(if wrong { Role::Error } else { Role::Input });
        let at = canvas.put(slash, y, room, before, style);
        canvas.put(at, y, room.saturating_sub(width(before)), after, style);
        // Where it is wrong, as far as that is in sight.
        let shown = over == 0;
        if let Some(wrong) = state.list.error_at.filter(|_| shown && wrong) {
            let ahead: String = field.text().chars().take(wrong).collect();
            let place = slash + width(&ahead) as u16;
            let letter = field.text().chars().nth(wrong).map_or_else(|| " ".to_owned(), |c| c.to_string());
            canvas.put(place, y, 2, &letter, theme.style(Role::Critical).add_modifier(Modifier::UNDERLINED));
        }
        return Some(Position { x: at, y });
    }
    if filtered {
        let slash = canvas.put(area.x + 1, y, 2, "/ ", muted);
        canvas.put(slash, y, room.saturating_sub(2), &state.list.filter, theme.bold(Role::Text));
        return None;
    }
    let Some(header) = &state.header else { return None };
    let mut row = Row::new(theme).role(Role::Text, " ");
    let bands = [
        (Band::AtRisk, header.at_risk),
        (Band::Watch, header.watch),
        (Band::Healthy, header.healthy),
        (Band::Unknown, header.unknown),
    ];
    for (band, n) in bands.into_iter().filter(|(_, n)| *n > 0) {
        let number = if band == Band::AtRisk { theme.bold(Role::Bad) } else { theme.style(Role::Text) };
        row = row.role(figures::band_role(band), glyph(band)).style(number, format!(" {}", grouped(n)));
        row = row.role(Role::Muted, format!(" {}   ", band.name()));
    }
    if header.at_risk == 0 && header.healthy > 0 {
        row = row.role(Role::Good, "nothing at risk").role(Role::Muted, " · a day to build on what goes well");
    }
    canvas.line(area.x, y, room + 2, &row.line());
    None
}

/// What there is to say of a past day on which nobody was there.
fn nobody(state: &State, day: jiff::civil::Date) -> Vec<(Role, String)> {
    let past = state.header.as_ref().and_then(|header| header.past);
    let on = |day: jiff::civil::Date| day.strftime("%-d %b %Y").to_string();
    match past {
        Some(past) if past.behind > 0 => vec![
            (Role::Title, format!("Looking at the book as of {}", on(day))),
            (Role::Muted, "Accounts appear here one by one".to_owned()),
        ],
        Some(Past { first: Some(first), .. }) if first > day => vec![
            (Role::Title, format!("Nothing is known of {}", on(day))),
            (Role::Text, format!("The first customer of this book is of {}", on(first))),
        ],
        _ => vec![(Role::Title, format!("Nobody was in this book on {}", on(day)))],
    }
}

/// What stands where no row does: what to do first, or why nothing is left.
fn empty(state: &State, canvas: &mut Canvas<'_>, list: Rect) {
    let key = |id| chrome::key_of(state, id);
    let line = |role: Role, text: &str| (role, text.to_owned());
    let filter = state.list.filter.trim();
    let lines: Vec<(Role, String)> = if !filter.is_empty() && state.list.waits() {
        vec![line(Role::Muted, "Looking through the book")]
    } else if !filter.is_empty() && state.list.loaded {
        let mut lines = vec![line(Role::Title, "No account fits this filter")];
        if let Some((term, without)) = &state.list.excludes {
            let text = format!("{term} keeps most away: without it {} would be left", grouped(*without));
            lines.push((Role::Text, text));
        }
        lines.push((Role::Muted, format!("{} changes it · esc clears it", key(Id::ListFilter))));
        lines
    } else if state.sync.running {
        let progress = state.sync.line.clone().unwrap_or_else(|| "asking the CRM".to_owned());
        vec![
            line(Role::Title, "The book is on its way"),
            (Role::Text, progress),
            line(Role::Muted, "Accounts appear here as they come in"),
        ]
    } else if let Some(error) = &state.list.error {
        vec![line(Role::Title, "The book could not be read"), (Role::Error, error.clone())]
    } else if !state.list.loaded {
        vec![line(Role::Muted, "Reading the book")]
    } else if let Some(day) = state.as_of {
        nobody(state, day)
    } else if let Some(error) = &state.sync.error {
        vec![
            line(Role::Title, "No accounts yet"),
            (Role::Error, error.clone()),
            (Role::Muted, format!("{} syncs again · {} shows each source", key(Id::SyncNow), key(Id::ScreenSync))),
        ]
    } else {
        vec![
            line(Role::Title, "No accounts yet"),
            (Role::Text, format!("{} syncs with the CRM", key(Id::SyncNow))),
            line(Role::Muted, "rounds check says what each source can give"),
        ]
    };
    said(canvas, list, &lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_every_width_and_drop_in_order() {
        let names = |room: usize| columns(room, true).1.into_iter().map(|(c, ..)| c).collect::<Vec<_>>();
        for room in 20..260 {
            let (name, columns) = columns(room, true);
            let end = columns.last().map_or(EDGE + name, |(_, x, width)| x + width + 1);
            assert!(end <= room, "{room}: {end}");
            assert!(name >= 12 || room < 30, "{room}: {name}");
        }
        use Column::*;
        assert_eq!(names(80), [Health, Trend, Change, Arr, Renews, Flags]);
        assert_eq!(names(120), [Health, Trend, Change, Arr, Renews, Stage, Flags, Next]);
        assert_eq!(names(50), [Health, Change, Arr, Renews]);
    }
}
