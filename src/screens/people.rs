//! The people map: a column per tier, a card per person, an empty seat where nobody is known.

use ratatui::layout::Rect;

use crate::app::account::{Pane, last_touch, people};
use crate::app::state::State;
use crate::book::facts::{Person, Tier};
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
    if width < 8 || area.height < 4 {
        return;
    }
    let map = Rect { height: area.height.saturating_sub(2), ..area };
    let mut index = 0;
    for (at, (tier, people)) in columns.iter().enumerate() {
        let x = area.x + 1 + at as u16 * (width + gap);
        let (title, role) = (tier.map_or("unknown", Tier::name), role_of(*tier));
        let head = format!("{}S", title.to_uppercase()).replace("UNKNOWNS", "TIER NOT KNOWN");
        let style = canvas.style(Role::Muted);
        canvas.put(x, map.y, usize::from(width), &head, style);
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
        let y = area.bottom().saturating_sub(1);
        canvas.line(area.x, y, usize::from(area.width), &row.line());
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
    canvas.put(x, area.y, room, &person.name, name);
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
