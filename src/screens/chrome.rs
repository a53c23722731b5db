//! What stands around every screen: the line of identity, the status line, the keys that work here.
//!
//! Decides what of it is dropped first where there is little room.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::overlay::Overlay;
use crate::app::{Screen, State, Tone};
use crate::book::view::Header;
use crate::command::{Id, Scope};
use crate::screens::widgets::figures::money;
use crate::screens::widgets::lines::Row;
use crate::screens::widgets::{Canvas, float};
use crate::text::{self, ago, width};
use crate::theme::Role;

/// Whose book, how much, how it stands; at the right how fresh.
pub fn identity(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    // The book comes first: what stands at the right gives way part by part.
    let book_width = state.header.as_ref().map_or(0, |header| 14 + width(&book(header)));
    let room = usize::from(area.width).saturating_sub(book_width + 2);
    let right = freshness_in(state, room);
    let right_at = canvas.put_right(area.right().saturating_sub(1), area.y, 60, &right, age_style(state, canvas));
    let room = usize::from(right_at).saturating_sub(2);
    let name = Row::new(theme).role(Role::Text, " ").bold(Role::Accent, "Rounds");
    let Some(header) = &state.header else {
        canvas.line(area.x, area.y, room, &name.line());
        return;
    };
    let mut row = name.role(Role::Text, "   ").bold(Role::Title, book(header));
    let risk = header.due_at_risk.filter(|m| m.minor > 0).map(|m| {
        let amount = money(m);
        (format!("   due in 90 d at risk {amount}"), format!("   at risk {amount}"))
    });
    let percent = |name: &str, ratio: Option<f64>| ratio.map(|r| format!("{name} {:.1}%", r * 100.0));
    let rates: Vec<String> = [percent("GRR", header.grr), percent("NRR", header.nrr)].into_iter().flatten().collect();
    let rates = if rates.is_empty() { String::new() } else { format!("   {}", rates.join("  ")) };
    // The money at risk decides; the rates are for those who have the room.
    let (long, short) = risk.unwrap_or_default();
    let left = room.saturating_sub(row.width());
    let risk = [long, short].into_iter().find(|text| text::width(text) <= left).unwrap_or_default();
    if text::width(&rates) + text::width(&risk) <= left {
        row = row.role(Role::Text, rates);
    }
    row = row.role(Role::Bad, risk);
    canvas.line(area.x, area.y, room, &row.line());
}

/// `maya.chen · 84 accounts · $6.2M`.
fn book(header: &Header) -> String {
    let arr = header.arr.map(|arr| format!(" · {}", money(arr))).unwrap_or_default();
    format!("{} · {} accounts{arr}", header.who, text::grouped(header.accounts))
}

/// As much of how fresh it is as there is room for; the age itself goes last.
fn freshness_in(state: &State, room: usize) -> String {
    let whole = freshness(state);
    let mut parts: Vec<&str> = whole.split(" · ").collect();
    let joined = |parts: &[&str]| parts.join(" · ");
    // Meetings stand in the rows as well, and the practice book knows what it is.
    while parts.len() > 1 && width(&joined(&parts)) > room {
        let at = parts.iter().position(|part| part.contains("meeting")).unwrap_or(0);
        parts.remove(at);
    }
    joined(&parts)
}

/// `as of 1 Sep 2026`, with its year: nobody should take it for today.
pub fn as_of(day: jiff::civil::Date) -> String {
    format!("as of {}", day.strftime("%-d %b %Y"))
}

/// A past day stands out, an age does not.
fn age_style(state: &State, canvas: &Canvas<'_>) -> Style {
    if state.as_of.is_some() { canvas.theme.bold(Role::Accent) } else { canvas.style(Role::Muted) }
}

/// `practice · 2 meetings · 2 min ago`; on a past day `practice · as of 1 Sep 2026`.
pub fn freshness(state: &State) -> String {
    let Some(header) = &state.header else { return state.as_of.map(as_of).unwrap_or_default() };
    let mut parts = Vec::new();
    if header.practice {
        parts.push("practice".to_owned());
    }
    if let Some(day) = state.as_of {
        parts.push(as_of(day));
        return parts.join(" · ");
    }
    if let Some(day) = header.standings_of {
        parts.push(format!("health of {}", text::short_date(day, state.today)));
    }
    match header.meetings_today {
        0 => {}
        1 => parts.push("1 meeting".to_owned()),
        n => parts.push(format!("{n} meetings")),
    }
    match header.synced {
        _ if state.sync.running => parts.push("syncing".to_owned()),
        Some(synced) => parts.push(ago(synced, state.now)),
        None => parts.push("not synced yet".to_owned()),
    }
    parts.join(" · ")
}

/// The line over the hints: what was just said, else what goes on, else what waits.
pub fn status(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    if area.height < 3 {
        return;
    }
    let y = area.bottom() - 2;
    let right = area.right().saturating_sub(1);
    let room = usize::from(right.saturating_sub(area.x + 1));
    let (role, text) = saying(state).unwrap_or((Role::Muted, String::new()));
    // What waits gives way to what is said.
    let waits = state.header.as_ref().map(waiting).unwrap_or_default();
    if let Some((role, waits)) = waits.into_iter().find(|(_, waits)| width(waits) + 2 + width(&text) <= room) {
        let style = canvas.style(role);
        canvas.put_right(right, y, room, &waits, style);
    }
    let style = canvas.style(role);
    let text = if width(&text) > room { without_detail(&text) } else { text };
    canvas.put(area.x + 1, y, room, &text, style);
}

/// Without the last thing in brackets: what happened and what to do matter more than what the system calls it. The Sync
/// screen has it all.
fn without_detail(text: &str) -> String {
    let Some(close) = text.rfind(')') else { return text.to_owned() };
    let mut depth = 0_usize;
    let open = text[..=close].char_indices().rev().find(|(_, letter)| {
        match letter {
            ')' => depth += 1,
            '(' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    match open {
        Some((open, _)) => format!("{}{}", text[..open].trim_end(), &text[close + 1..]),
        None => text.to_owned(),
    }
}

/// What waits for the CRM, in words that take less and less room.
fn waiting(header: &Header) -> Vec<(Role, String)> {
    let n = text::grouped(header.waiting);
    let verb = if header.waiting == 1 { "waits" } else { "wait" };
    match (header.waiting, header.refused) {
        (0, _) => Vec::new(),
        (_, 0) => vec![(Role::Muted, format!("{n} {verb} for the CRM")), (Role::Muted, format!("{n} {verb}"))],
        (_, refused) => {
            let refused = format!("{refused} refused");
            vec![(Role::Bad, format!("{n} {verb} for the CRM · {refused}")), (Role::Bad, refused)]
        }
    }
}

/// What was just said, else what failed, else what goes on, else what is to be mended.
fn saying(state: &State) -> Option<(Role, String)> {
    if let Some(toast) = &state.toast {
        return Some((if toast.tone == Tone::Wrong { Role::Error } else { Role::Text }, toast.text.clone()));
    }
    let list = state.list.error.as_ref().filter(|_| state.screen == Screen::Portfolio);
    let sync = state.sync.error.as_ref().filter(|_| state.screen != Screen::Sync);
    if let Some(error) = list.or(sync) {
        // What is still being typed is not wrong, only not at its end.
        let role = if list.is_some() && state.is_typing_on() { Role::Muted } else { Role::Error };
        return Some((role, error.clone()));
    }
    let progress = state.sync.line.clone().filter(|_| state.sync.running);
    progress.or_else(|| behind(state)).or_else(|| mend(state)).map(|text| (Role::Muted, text))
}

/// How much of a past day is still to be looked at.
fn behind(state: &State) -> Option<String> {
    let past = state.header.as_ref()?.past.filter(|past| past.behind > 0)?;
    let verb = if past.behind == 1 { "account is" } else { "accounts are" };
    Some(format!("{} more {verb} being looked at as of that day", text::grouped(past.behind)))
}

/// Accounts that can't be counted: to be mended.
fn mend(state: &State) -> Option<String> {
    if state.screen != Screen::Portfolio {
        return None;
    }
    let header = state.header.as_ref()?;
    let of = |n: u64, what: &str| (n > 0).then(|| format!("{} without {what}", text::grouped(n)));
    let parts: Vec<String> =
        [of(header.no_arr, "ARR"), of(header.no_renewal, "renewal date")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{} · not in the sums until the CRM has it", parts.join(", ")))
}

/// The keys that work here.
pub fn hints(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let y = area.bottom().saturating_sub(1);
    let scopes = state.scopes();
    // In a field the hints are few and stand with it; on a screen what can't be done now is not offered.
    let field = scopes.first().is_some_and(|scope: &Scope| scope.takes_text());
    let (key, word) = (canvas.style(Role::Key), canvas.style(Role::Muted));
    let mut shown = state.keymap.hints(&scopes, |id| field || state.unavailable(id).is_none());
    for hint in &mut shown {
        hint.word = field_word(state, hint.id).unwrap_or(hint.word);
        if canvas.theme.ascii {
            // The sign of the key has no letter that would not be taken for another key.
            hint.keys = hint.keys.replace('⏎', "enter");
        }
    }
    let wide = |gap: usize| -> usize {
        shown.iter().map(|h| text::width(&h.keys) + 1 + text::width(h.word) + gap).sum::<usize>() + 1
    };
    let room = usize::from(area.width);
    let gap = [3, 2].into_iter().find(|gap| wide(*gap) <= room + gap).unwrap_or(2);
    let last = shown.len().saturating_sub(1);
    let last_width = shown.last().map_or(0, |h| text::width(&h.keys) + 1 + text::width(h.word));
    let mut x = area.x + 1;
    for (index, hint) in shown.iter().enumerate() {
        let needed = text::width(&hint.keys) + 1 + text::width(hint.word);
        // The last one leads to all the others: it keeps its room.
        let end = usize::from(x) + needed + if index < last { gap + last_width } else { 0 };
        if end > room {
            continue;
        }
        x = canvas.put(x, y, room, &hint.keys, key);
        x = canvas.put(x + 1, y, room, hint.word, word);
        x += gap as u16;
    }
}

/// What taking and leaving mean in the field that is open.
fn field_word(state: &State, id: Id) -> Option<&'static str> {
    let (accept, leave) = match &state.overlay {
        Some(Overlay::Palette { .. } | Overlay::Line { .. }) => ("run", "leave"),
        Some(Overlay::Question { .. }) => ("done", "leave"),
        Some(_) => return None,
        None if state.note.is_none() && state.filter.is_some() => ("keep", "clear"),
        None => ("complete", "leave"),
    };
    match id {
        Id::FieldAccept => Some(accept),
        Id::FieldLeave => Some(leave),
        _ => None,
    }
}

/// What may follow the keys pressed so far.
pub fn follow(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    if state.pending.is_empty() || area.height < 6 {
        return;
    }
    let begun = crate::app::shown_keys(&state.pending);
    let key = state.follow.iter().map(|(keys, _)| text::width(keys)).max().unwrap_or(1);
    let word = state.follow.iter().map(|(_, word)| text::width(word)).max().unwrap_or(1);
    let width = (key + word + 5).max(text::width(&begun) + 6) as u16;
    let height = (state.follow.len() as u16 + 2).min(area.height - 2);
    let place = Rect {
        x: area.right().saturating_sub(width + 1),
        y: area.bottom() - 2 - height.min(area.height - 2),
        width,
        height,
    };
    let inner = float::frame(canvas, place, &begun, "");
    let (key_style, word_style) = (canvas.style(Role::Key), canvas.style(Role::Text));
    for (index, (keys, what)) in state.follow.iter().take(usize::from(inner.height)).enumerate() {
        let y = inner.y + index as u16;
        canvas.put(inner.x + 1, y, key, keys, key_style);
        canvas.put(inner.x + 2 + key as u16, y, word, what, word_style);
    }
}

/// Where nothing else fits: the account under the cursor, or what was said.
pub fn one_line(state: &State, canvas: &mut Canvas<'_>) {
    let area = canvas.buf.area;
    let text = match (&state.note, &state.toast, state.target()) {
        (Some(note), ..) => note.editor.text().lines().last().unwrap_or_default().to_owned(),
        (None, Some(toast), _) => toast.text.clone(),
        (None, None, Some((_, name))) => {
            let score = state.list.current().map(|row| crate::screens::widgets::figures::score(row.score));
            format!("{} {name}", score.unwrap_or_default()).trim().to_owned()
        }
        (None, None, None) => "Rounds".to_owned(),
    };
    let text = match state.as_of {
        Some(day) => format!("{text} · {}", as_of(day)),
        None => text,
    };
    canvas.put(area.x, area.y, usize::from(area.width), &text, Style::new());
}

/// A quiet line of keys for a page that has nothing else to say.
pub fn key_of(state: &State, id: crate::command::Id) -> String {
    let scopes = [state.screen_scope(), Scope::Global];
    state.keymap.keys_of(id, &scopes).into_iter().next().unwrap_or_default()
}

/// The first line of a page that is not the portfolio: what it is, and how fresh.
pub fn page_title(state: &State, canvas: &mut Canvas<'_>, area: Rect, title: Line<'static>) {
    let right = freshness(state);
    let style = age_style(state, canvas);
    let x = canvas.put_right(area.right().saturating_sub(1), area.y, 60, &right, style);
    canvas.line(area.x + 1, area.y, usize::from(x.saturating_sub(area.x + 3)), &title);
}
