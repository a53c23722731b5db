//! The rounds: one account a page, what changed and what to do about it; at the end what came of it.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::layout::BOTTOM;
use crate::app::state::State;
use crate::app::walk::Walk;
use crate::book::money::Currency;
use crate::book::standing::{Change, Offer};
use crate::book::view::{AccountView, Mix, Waits};
use crate::command::Id;
use crate::screens::widgets::Canvas;
use crate::screens::widgets::figures::{self, glyph, money, since};
use crate::screens::widgets::lines::{Row, heading, joined, remarked};
use crate::screens::{chrome, said};
use crate::text::{self, pad_left, width};
use crate::theme::{Role, Theme};

/// Draws the page of the stop, or the last one.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let body = Rect { y: area.y + 2, height: area.height.saturating_sub(2 + BOTTOM), ..area };
    let day = match state.as_of {
        Some(day) => chrome::as_of(day),
        None => state.today.strftime("%A %-d %B").to_string(),
    };
    let Some(walk) = &state.walk else {
        let title = Row::new(canvas.theme).role(Role::Title, day).line();
        chrome::page_title(state, canvas, area, title);
        said(canvas, body, &[(Role::Muted, "Looking who needs you".to_owned())]);
        return;
    };
    progress(walk, canvas, area, &day);
    if walk.round.stops.is_empty() && walk.round.waiting.is_empty() {
        said(
            canvas,
            body,
            &[
                (Role::Title, "Nobody needs you this morning".to_owned()),
                (Role::Text, "Nothing is at risk, nothing changed, nothing is due".to_owned()),
                (Role::Muted, format!("{} looks at the book", chrome::key_of(state, Id::RoundNext))),
            ],
        );
        return;
    }
    let lines = match walk.stop() {
        Some(stop) => match state.view(&stop.account) {
            Some(view) => page(state, walk, view, canvas.theme, usize::from(area.width), usize::from(body.height)),
            None => vec![Row::new(canvas.theme).role(Role::Title, format!(" {}", stop.name)).line()],
        },
        None => end(state, walk, canvas.theme, usize::from(area.width), usize::from(body.height)),
    };
    for (index, line) in lines.iter().take(usize::from(body.height)).enumerate() {
        canvas.line(body.x, body.y + index as u16, usize::from(body.width), line);
    }
}

/// `Monday 23 November   3 of 17 ━━━───   $1.1M on this round`.
fn progress(walk: &Walk, canvas: &mut Canvas<'_>, area: Rect, day: &str) {
    let theme = canvas.theme;
    let of = walk.round.stops.len();
    let at = (walk.index + 1).min(of);
    let right = walk.round.arr.map(|arr| format!("{} on this round", money(arr))).unwrap_or_default();
    let right_at = canvas.put_right(area.right().saturating_sub(1), area.y, 30, &right, theme.style(Role::Muted));
    let x = canvas.put(area.x + 1, area.y, 30, day, theme.style(Role::Title));
    if of == 0 {
        return;
    }
    let count = if walk.ended() { format!("   {of} of {of}") } else { format!("   {at} of {of}") };
    let x = canvas.put(x, area.y, 20, &count, theme.style(Role::Text));
    let room = usize::from(right_at.saturating_sub(x + 4)).min(60);
    if room < 6 {
        return;
    }
    let done = if walk.ended() { room } else { (at * room / of).min(room) };
    let x = canvas.put(x + 2, area.y, done, &"━".repeat(done), theme.style(Role::Accent));
    canvas.put(x, area.y, room - done, &"─".repeat(room - done), theme.style(Role::Border));
}

fn page(
    state: &State,
    walk: &Walk,
    view: &AccountView,
    theme: &Theme,
    columns: usize,
    height: usize,
) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(2);
    let mut lines = head(state, view, theme, room);
    lines.push(Line::default());
    let changes = &view.changes.changes;
    let title = match changes.is_empty() {
        true => format!(" NOTHING CHANGED {}", since(view.since, state.today).to_uppercase()),
        false => " WHAT CHANGED".to_owned(),
    };
    lines.push(heading(theme, &title));
    let offers = &view.standing.offers;
    // The next steps always have their room; the smaller changes give way.
    let held = view.in_hand.len().min(3) * 2;
    let most = height.saturating_sub(lines.len() + 3 + 2 * offers.len().min(3) + held).max(2);
    // What does not even make a point is summed up in one line.
    let small = changes.iter().filter(|change| change.points.abs() < 0.5).count();
    let large = changes.len() - small;
    let shown = if large > most { most - 1 } else { large };
    let sorted = changes.iter().filter(|change| change.points.abs() >= 0.5);
    for change in sorted.clone().take(shown) {
        lines.push(changed(state, change, theme, room));
    }
    if changes.len() > shown {
        let rest: f64 =
            changes.iter().map(|c| c.points).sum::<f64>() - sorted.take(shown).map(|c| c.points).sum::<f64>();
        let n = changes.len() - shown;
        let words = if n == 1 { "one smaller change".to_owned() } else { format!("{n} smaller changes") };
        let text = format!("{}  {words}", pad_left(&text::signed(rest.round() as i64), 6));
        lines.push(Row::new(theme).role(Role::Muted, text).line());
    }
    lines.push(Line::default());
    lines.push(heading(theme, if offers.is_empty() { " NOTHING TO DO NOW" } else { " NEXT" }));
    let currency = state.header.as_ref().map_or(Currency::USD, |h| h.currency);
    for (index, offer) in offers.iter().enumerate() {
        lines.extend(play(offer, index == walk.offer, theme, room, currency));
    }
    lines.extend(in_hand(state, view, walk.offer.checked_sub(offers.len()), theme, room));
    lines.extend(more(state, view, theme, room, height.saturating_sub(lines.len())));
    lines
}

/// What was taken on, given away or put off; of what is being done, the steps with their days. `here`: the cursor.
pub(super) fn in_hand(
    state: &State,
    view: &AccountView,
    here: Option<usize>,
    theme: &Theme,
    room: usize,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if view.in_hand.is_empty() {
        return lines;
    }
    lines.push(Line::default());
    lines.push(heading(theme, " IN HAND"));
    for (index, one) in view.in_hand.iter().enumerate() {
        let until = one.until.map(|day| text::day(day, state.today)).unwrap_or_default();
        let said = match (one.state.as_str(), &one.assignee) {
            ("snoozed", _) => format!("put off, back {until}"),
            (_, Some(who)) => format!("with {}, due {until}", figures::who(who)),
            _ if until.is_empty() => "yours".to_owned(),
            _ => format!("due {until}"),
        };
        let edge = (room + 1).saturating_sub(width(&said)).min(92);
        let style = if here == Some(index) { theme.style(Role::Selection) } else { theme.style(Role::Text) };
        let late = one.state != "snoozed" && one.until.is_some_and(|day| day < state.today);
        let row = Row::new(theme)
            .role(Role::Accent, if here == Some(index) { " ▌ " } else { "   " })
            .style(style, text::cut(&one.title, edge.saturating_sub(5)))
            .to(edge)
            .role(if late { Role::Bad } else { Role::Muted }, said);
        lines.push(row.line());
        if let Some(because) = &one.because {
            lines.push(
                Row::new(theme)
                    .role(Role::Muted, format!("     {}", text::cut(because, room.saturating_sub(6))))
                    .line(),
            );
        }
        for (words, day) in &one.steps {
            let day = text::pad(&text::day(*day, state.today), 10);
            let words = text::cut(words, room.saturating_sub(18));
            lines.push(Row::new(theme).role(Role::Muted, format!("     {day}  ")).role(Role::Text, words).line());
        }
    }
    lines
}

/// Name, score and what it is about; broken between figures only.
fn head(state: &State, view: &AccountView, theme: &Theme, room: usize) -> Vec<Line<'static>> {
    let standing = &view.standing;
    let health = &standing.health;
    let name_width = width(&view.facts.name).clamp(12, 28).min(room / 2);
    let part = |role: Role, text: String| Row::new(theme).role(role, text).line();
    let difference = match (health.score, view.changes.score) {
        (Some(now), Some(then)) => Some(now - then),
        _ => None,
    };
    let score = Row::new(theme)
        .role(figures::band_role(health.band), format!("{} ", glyph(health.band)))
        .style(figures::score_style(theme, health.band, health.confidence), figures::score(health.score))
        .role(figures::delta_role(difference), format!(" {}", figures::delta(difference)))
        .role(Role::Muted, format!(" {}", since(view.since, state.today)));
    let mut parts = vec![score.line(), part(Role::Text, health.band.name().to_owned())];
    parts.push(part(Role::Muted, format!("confidence {:.0}%", health.confidence * 100.0)));
    match (standing.arr, standing.renewal) {
        (Some(arr), Some(day)) => {
            parts.push(part(Role::Text, format!("{} renews {}", money(arr), text::day(day, state.today))));
        }
        (Some(arr), None) => parts.push(part(Role::Text, format!("{} without renewal date", money(arr)))),
        (None, Some(day)) => parts.push(part(Role::Text, format!("renews {}", text::day(day, state.today)))),
        (None, None) => {}
    }
    if let Some(keep) = standing.keep {
        parts.push(part(Role::Muted, format!("{keep:?}").to_lowercase()));
    }
    for meeting in &standing.meetings {
        parts.push(part(Role::Accent, format!("{} at {}", meeting.kind.name(), meeting.time)));
    }
    let mut lines = Vec::new();
    for (index, line) in joined(theme, parts, room.saturating_sub(name_width + 3)).into_iter().enumerate() {
        let name = if index == 0 { text::cut(&view.facts.name, name_width) } else { String::new() };
        let row = Row::new(theme).role(Role::Title, format!(" {name}")).to(name_width + 3);
        lines.push(row.spans(line.spans).line());
    }
    lines
}

/// One row of what changed: points, what it was, who says so.
pub(super) fn changed(state: &State, change: &Change, theme: &Theme, room: usize) -> Line<'static> {
    let role = match change.points.round() {
        points if points < 0.0 => Role::Down,
        points if points > 0.0 => Role::Up,
        _ => Role::Muted,
    };
    let source = source(state, change.source.as_deref(), change.as_of);
    let words = if change.evidence.is_empty() { &change.label } else { &change.evidence };
    let row = Row::new(theme).role(role, format!("{}  ", pad_left(&text::signed(change.points.round() as i64), 6)));
    remarked(row, Role::Text, words, source, room)
}

/// `crm, 21 Nov`.
pub(super) fn source(state: &State, source: Option<&str>, as_of: Option<jiff::civil::Date>) -> String {
    let day = as_of.map(|day| text::short_date(day, state.today));
    [source.map(str::to_owned), day].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// One play: its title with what it is worth, and under the cursor why.
pub(super) fn play(offer: &Offer, here: bool, theme: &Theme, room: usize, currency: Currency) -> Vec<Line<'static>> {
    let worth =
        if offer.worth >= 1.0 { format!("{} · ", figures::worth(offer.worth, currency)) } else { String::new() };
    let figures = format!("{worth}{} min", offer.minutes);
    let who = offer.who.as_ref().map(|who| format!(" · {who}")).unwrap_or_default();
    let because = format!("because {}{who}", offer.because);
    let edge = (room + 1).saturating_sub(width(&figures)).min(92);
    let title = text::cut(&offer.title, edge.saturating_sub(5));
    let bar = if here { " ▌ " } else { "   " };
    let style = if here { theme.style(Role::Selection) } else { theme.style(Role::Text) };
    let row = Row::new(theme).role(Role::Accent, bar).style(style, title).to(edge).role(Role::Text, figures);
    if room >= row.width() + 3 + width(&because) {
        return vec![row.role(Role::Muted, format!(" · {because}")).line()];
    }
    let mut lines = vec![row.line()];
    if here {
        let because = text::cut(&because, room.saturating_sub(4));
        lines.push(Row::new(theme).role(Role::Muted, format!("   {because}")).line());
    }
    lines
}

/// Where there is room: what stands against it, and what was said last.
fn more(state: &State, view: &AccountView, theme: &Theme, room: usize, free: usize) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    let flags = &view.standing.flags;
    if free < 4 {
        return out;
    }
    if !flags.is_empty() {
        out.push(Line::default());
        out.push(heading(theme, " FLAGS"));
        for flag in flags.iter().take(free - 3) {
            let row =
                Row::new(theme).role(figures::severity_role(flag.severity), format!("   {}", flag.label)).to(28).role(
                    Role::Muted,
                    text::cut(
                        &format!("{} · {}", since(flag.since, state.today), flag.because),
                        room.saturating_sub(28),
                    ),
                );
            out.push(row.line());
        }
    }
    let left = free.saturating_sub(out.len());
    let entries = crate::app::account::timeline(&view.facts, state.today);
    let last: Vec<_> =
        entries.into_iter().filter(|e| e.on <= state.today).take(left.saturating_sub(3).min(6)).collect();
    if left >= 5 && !last.is_empty() {
        out.push(Line::default());
        out.push(heading(theme, " LATELY"));
        for entry in last {
            let row = Row::new(theme)
                .role(Role::Muted, format!("   {}", text::pad(&text::day(entry.on, state.today), 11)))
                .role(Role::Muted, text::pad(entry.kind, 9))
                .role(Role::Text, text::cut(&entry.title, room.saturating_sub(24)));
            out.push(row.line());
        }
    }
    out
}

/// What was done, what waits until when, how the book moved.
fn end(state: &State, walk: &Walk, theme: &Theme, columns: usize, height: usize) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(6);
    let walked = &walk.walked;
    let line = |role: Role, text: String| Row::new(theme).role(role, text).line();
    let seen = match walked.over.len() {
        0 => String::new(),
        1 => " One account seen".to_owned(),
        n => format!(" {n} accounts seen"),
    };
    let notes = match walked.notes {
        0 => String::new(),
        1 => ", 1 note taken".to_owned(),
        n => format!(", {n} notes taken"),
    };
    let dot = if seen.is_empty() { "" } else { "." };
    let title = if walk.idle { "Nobody needs you now." } else { "The rounds are done." };
    let mut lines = vec![line(Role::Title, format!(" {title}{seen}{notes}{dot}")), Line::default()];
    let book = book(state, walk, theme);
    let mut part = |title: &str, rows: Vec<(String, String)>, most: usize| {
        if rows.is_empty() {
            return;
        }
        lines.push(heading(theme, title));
        let shown = if rows.len() > most { most.saturating_sub(1) } else { rows.len() };
        for (name, what) in rows.iter().take(shown) {
            let row = Row::new(theme).bold(Role::Text, format!("   {}", text::pad(name, 22))).role(Role::Text, "  ");
            lines.push(row.role(Role::Text, text::cut(what, room.saturating_sub(24))).line());
        }
        if shown < rows.len() {
            lines.push(line(Role::Muted, format!("   and {} more", rows.len() - shown)));
        }
        lines.push(Line::default());
    };
    let waits = |all: &[Waits]| -> Vec<(String, String)> {
        let words = |one: &Waits| (one.name.clone(), format!("{} · {}", text::day(one.until, state.today), one.what));
        all.iter().map(words).collect()
    };
    // What waits for longer than this walk is told where there is nothing else to say.
    let waiting = if walked.waits.is_empty() || walk.idle { &walk.round.waiting } else { &walked.waits };
    let free = height.saturating_sub(book.len() + 8);
    let most = if waiting.is_empty() || walked.done.is_empty() { free + 3 } else { free / 2 };
    part(" DONE", walked.done.clone(), most.max(2));
    part(" WAITS", waits(waiting), most.max(2));
    if walked.done.is_empty() && waiting.is_empty() {
        lines.push(line(Role::Muted, " Nothing was done or put off.".to_owned()));
        lines.push(Line::default());
    }
    lines.extend(book);
    lines
}

/// How the book stands, and how it stood when the walk began.
fn book(state: &State, walk: &Walk, theme: &Theme) -> Vec<Line<'static>> {
    let (Some(header), Some(before)) = (&state.header, walk.walked.before) else { return Vec::new() };
    let now = Mix::of(header);
    let mut lines = vec![heading(theme, " THE BOOK")];
    let mut row = |figure: String, word: &str, was: Option<String>| {
        let was = was.map(|was| format!("  was {was}")).unwrap_or_default();
        let row = Row::new(theme).role(Role::Text, format!("   {}  {word}", pad_left(&figure, 5)));
        lines.push(row.role(Role::Muted, was).line());
    };
    if let Some(at_risk) = now.due_at_risk {
        let was = before.due_at_risk.filter(|was| *was != at_risk).map(money);
        row(money(at_risk), "due in 90 d at risk", was);
    }
    for (word, was, is) in [
        ("at risk", before.at_risk, now.at_risk),
        ("watch", before.watch, now.watch),
        ("healthy", before.healthy, now.healthy),
    ] {
        row(is.to_string(), word, (was != is).then(|| was.to_string()));
    }
    lines
}
