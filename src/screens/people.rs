//! The people map: a column per tier, a card per person, an empty seat where nobody is known.

use ratatui::layout::Rect;

use crate::app::account::{Pane, last_touch, people};
use crate::app::state::State;
use crate::book::facts::{Person, Tier};
use crate::book::loyalty::sheet::PersonRow;
use crate::book::view::AccountView;
use crate::screens::widgets::Canvas;
use crate::screens::widgets::lines::Row;
use crate::text;
use crate::theme::Role;

/// Lines of a card, with the blank under it.
const CARD: u16 = 4;

fn role_of(tier: Option<Tier>) -> Role {
    match tier {
        Some(Tier::Buyer | Tier::Influencer) => Role::Buyers,
        Some(Tier::User) => Role::Users,
        Some(Tier::Builder) => Role::Builders,
        None => Role::Muted,
    }
}

/// Draws the map, and the person under the cursor in a line below.
pub fn draw(state: &State, pane: &Pane, view: &AccountView, canvas: &mut Canvas<'_>, area: Rect) {
    let columns = people(view);
    let n = columns.len() as u16;
    let gap = 2;
    let width = ((area.width.saturating_sub(2 + gap * (n - 1))) / n).min(34);
    if width < 8 || area.height < 5 {
        return;
    }
    let map = Rect { height: area.height.saturating_sub(3), ..area };
    let mut index = 0;
    for (at, (tier, people)) in columns.iter().enumerate() {
        let x = area.x + 1 + at as u16 * (width + gap);
        let (title, role) = (tier.map_or("unknown", Tier::name), role_of(*tier));
        let head = format!("{}S", title.to_uppercase()).replace("UNKNOWNS", "TIER NOT KNOWN");
        let style = canvas.style(Role::Muted);
        let end = canvas.put(x, map.y, usize::from(width), &head, style);
        // How the tier feels, and whether it holds the others back.
        let felt = view.sheet.tiers.iter().find(|one| Some(one.tier) == *tier).and_then(|one| one.loyalty);
        if let Some(felt) = felt {
            let weakest = view.sheet.weakest.is_some_and(|(weakest, _)| Some(weakest) == *tier);
            let role = if felt < 45.0 { Role::Bad } else { Role::Text };
            let words = if weakest { format!(" {felt:.0} weakest") } else { format!(" {felt:.0}") };
            let style = canvas.style(role);
            canvas.put(end, map.y, usize::from((x + width).saturating_sub(end)), &words, style);
        }
        // The column scrolls so that the card under the cursor is whole.
        let cards = usize::from((map.height.saturating_sub(1)) / CARD).max(1);
        let local = pane.cursor.checked_sub(index).filter(|local| *local < people.len()).unwrap_or(0);
        let first = (local + 1).saturating_sub(cards);
        for (place, person) in people.iter().enumerate().skip(first).take(cards) {
            let y = map.y + 1 + (place - first) as u16 * CARD;
            let here = index + place == pane.cursor;
            card(state, view, person, canvas, Rect { x, y, width, height: CARD }, role, here);
        }
        let rest = people.len().saturating_sub(first + cards);
        if rest > 0 {
            let style = canvas.style(Role::Muted);
            canvas.put_right(x + width, map.y, usize::from(width), &format!("+{rest}"), style);
        }
        if people.is_empty() {
            seat(*tier, canvas, Rect { x, y: map.y + 1, width, height: CARD });
        }
        index += people.len();
    }
    let under = columns.iter().flat_map(|(_, people)| people).nth(pane.cursor);
    if let Some(person) = under {
        let mut row = Row::new(canvas.theme).bold(Role::Text, format!(" {}", person.name));
        // What reaches them comes first: the title stands on the card as well.
        for part in [&person.email, &person.phone, &person.title].into_iter().flatten() {
            row = row.role(Role::Muted, " · ").role(Role::Text, part.clone());
        }
        let y = area.bottom().saturating_sub(2);
        canvas.line(area.x, y, usize::from(area.width), &row.line());
        if let Some(one) = view.sheet.people.iter().find(|one| one.id == person.id) {
            let words = text::cut(&format!(" {}", known(state, one)), usize::from(area.width));
            let style = canvas.style(Role::Muted);
            canvas.put(area.x, y + 1, usize::from(area.width), &words, style);
        }
    }
}

fn card(
    state: &State,
    view: &AccountView,
    person: &Person,
    canvas: &mut Canvas<'_>,
    area: Rect,
    role: Role,
    here: bool,
) {
    let theme = canvas.theme;
    let left = person.left.at(state.today) == Some(&true);
    let champion = person.champion.at(state.today) == Some(&true);
    let bar = if here { "▌" } else { "│" };
    let bar_role = if here {
        Role::Accent
    } else if left {
        Role::Muted
    } else {
        role
    };
    let room = usize::from(area.width.saturating_sub(2));
    for line in 0..CARD - 1 {
        let style = theme.style(bar_role);
        canvas.put(area.x, area.y + line, 1, bar, style);
    }
    let x = area.x + 2;
    let name = match (here, left) {
        (true, _) => theme.style(Role::Selection),
        (_, true) => theme.style(Role::Muted),
        _ => theme.bold(Role::Text),
    };
    let felt = view.sheet.people.iter().find(|one| one.id == person.id).and_then(|one| one.feelings.last());
    let mark = felt.filter(|_| !left).map(|felt| level(felt.level));
    let taken = mark.map_or(0, |(words, _)| text::width(words) + 1);
    canvas.put(x, area.y, room.saturating_sub(taken), &text::cut(&person.name, room.saturating_sub(taken)), name);
    if let Some((words, role)) = mark {
        let style = theme.style(role);
        canvas.put_right(area.right(), area.y, taken, words, style);
    }
    let title = person.title.as_deref().unwrap_or("no title");
    canvas.put(x, area.y + 1, room, title, theme.style(Role::Muted));
    let touch = last_touch(&view.facts, &person.id, state.today);
    let (words, role) = match touch {
        _ if left => ("left".to_owned(), Role::Bad),
        Some(day) => {
            let days = (state.today - day).get_days();
            let ago = if days == 0 { "today".to_owned() } else { format!("{days} d ago") };
            let long = format!("touched {ago}");
            let words = if champion || text::width(&long) > room { ago } else { long };
            (words, if days > 60 { Role::Watch } else { Role::Text })
        }
        None => ("never touched".to_owned(), Role::Watch),
    };
    let mark = if champion && !left { "champion · " } else { "" };
    let at = canvas.put(x, area.y + 2, room, mark, theme.bold(Role::Good));
    canvas.put(at, area.y + 2, room.saturating_sub(text::width(mark)), &words, theme.style(role));
}

/// How somebody feels, as a sign with a shape of its own: `++`, `+`, `·`, `−`, `−−`.
fn level(level: i8) -> (&'static str, Role) {
    match level {
        2.. => ("++", Role::Good),
        1 => ("+", Role::Good),
        0 => ("·", Role::Text),
        -1 => ("−", Role::Watch),
        _ => ("−−", Role::Bad),
    }
}

/// What is known of the person under the cursor: how they feel and why, what they value and would like.
fn known(state: &State, row: &PersonRow) -> String {
    let mut parts = Vec::new();
    if let Some(felt) = row.feelings.last() {
        let because = if felt.because.is_empty() { String::new() } else { format!(": {}", felt.because) };
        let private = if felt.private { ", only here" } else { "" };
        parts.push(format!(
            "feels {} since {}{private}{because}",
            level(felt.level).0,
            text::short_date(felt.on, state.today)
        ));
    }
    if !row.values.is_empty() {
        parts.push(format!("values {}", row.values.join(" > ")));
    }
    if !row.wants.is_empty() {
        parts.push(format!("would like {}", row.wants.join(", ")));
    }
    if let Some(days) = row.protected {
        parts.push(format!("not to be asked for {days} d"));
    }
    if parts.is_empty() {
        return "nothing noted: /feels, /values, /wants, /role, /champion".to_owned();
    }
    parts.join(" · ")
}

/// A seat that nobody is known to sit in.
fn seat(tier: Option<Tier>, canvas: &mut Canvas<'_>, area: Rect) {
    let style = canvas.style(Role::Muted);
    let room = usize::from(area.width.saturating_sub(2));
    for line in 0..CARD - 1 {
        canvas.put(area.x, area.y + line, 1, "┊", style);
    }
    let word = tier.map_or("person", Tier::name);
    canvas.put(area.x + 2, area.y, room, "empty seat", style);
    canvas.put(area.x + 2, area.y + 1, room, &format!("no {word} known"), style);
}
