//! The keys that work here, and what was said so far: whole pages of lines over the screen.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::account::Tab;
use crate::app::state::{Screen, State, Tone};
use crate::command::Scope;
use crate::screens::widgets::lines::{Row, heading, scrolled};
use crate::screens::widgets::{Canvas, float};
use crate::text::{self, pad, width, wrap};
use crate::theme::Role;

/// All keys of the screen under the help, from the live keymap.
pub fn draw(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let scopes = [state.screen_scope(), Scope::Note, Scope::Global];
    let sections = state.keymap.help(&scopes);
    let key_width = sections.iter().flat_map(|(_, rows)| rows).map(|(keys, _)| width(keys)).max().unwrap_or(8).min(26);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let place = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    let two = place.width >= 130;
    let mut columns: Vec<Vec<Line<'static>>> = vec![Vec::new(), Vec::new()];
    for (index, (scope, rows)) in sections.into_iter().enumerate() {
        let title = match scope {
            Scope::Global => "EVERYWHERE".to_owned(),
            Scope::Note => "IN A NOTE".to_owned(),
            other => other.name().to_uppercase(),
        };
        let column = &mut columns[usize::from(two && index > 0)];
        column.push(heading(theme, &format!(" {title}")));
        for (keys, doc) in rows {
            column.push(
                Row::new(theme)
                    .role(Role::Key, format!("  {}", pad(&keys, key_width)))
                    .role(Role::Text, format!("  {doc}"))
                    .line(),
            );
        }
        column.push(Line::default());
    }
    let meaning = meaning(state);
    if !meaning.is_empty() {
        let room = usize::from(if two { place.width / 2 } else { place.width }).saturating_sub(6);
        let mut said = vec![heading(theme, " WHAT IT MEANS")];
        for words in meaning {
            said.extend(
                wrap(words, room).into_iter().map(|line| Row::new(theme).role(Role::Text, format!("  {line}")).line()),
            );
        }
        said.push(Line::default());
        columns[0].splice(0..0, said);
    }
    let inner = float::frame(canvas, place, "Keys", "esc");
    if two {
        let half = inner.width / 2;
        scrolled(canvas, Rect { width: half, ..inner }, &columns[0], top);
        scrolled(canvas, Rect { x: inner.x + half, width: inner.width - half, ..inner }, &columns[1], top);
        return;
    }
    lines.extend(columns.into_iter().flatten());
    scrolled(canvas, inner, &lines, top);
}

/// What a page's figures mean, where they are not plain from their names.
fn meaning(state: &State) -> &'static [&'static str] {
    let tab = state.account.as_ref().map(|pane| pane.tab);
    match (state.screen, tab) {
        (Screen::Loyalty, _) => &[
            "A pyramid counts accounts by how far their buyers, users or builders have climbed: an evaluator looks, a beginner \
             has bought or signed up, a regular is live or had the ah-ha, a champion has accepted a proof or was delighted in \
             the last twelve months.",
            "A clock runs from step to step, where both days are known. On pace: within the target, or the book's median; \
             stuck: slower than three of four.",
            "Keep is margin, potential and strategic value, each by its place in the book: invest, grow, maintain, rethink.",
        ],
        (Screen::Account, Some(Tab::Value)) => &[
            "A promise is kept once what was accepted reaches its worth. The gap is what is missing of those that are due; more \
             than was promised of one makes up for no other.",
            "The return is accepted worth over what they paid, both of the last twelve months; a yearly worth counts by the \
             day for a year after its proof, then it wants a new one.",
        ],
        (Screen::Account, Some(Tab::People)) => &[
            "A column for each tier, a card for each person: how they feel (++ to −−), when they were touched last. The figure \
             beside a tier is how it feels, 0 to 100; it takes two people, or one buyer. Feelings fade to 50 in months.",
            "The relationship counts for no more than its weakest known tier and ten points.",
        ],
        (Screen::Account, Some(Tab::Plan)) => &[
            "The four C's: communication (what is sent for them), collaboration (what is done together), community (a role \
             among others), company (our house behind them). A full square has an open goal, or was cared for lately.",
            "Expected, of a renewal, is your call 90 days before, else the ARR weighed by the chance to keep it.",
        ],
        _ => &[],
    }
}

/// Everything that was said, the newest last.
pub fn messages(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let place = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    let inner = float::frame(canvas, place, "Messages", "esc");
    if state.log.is_empty() {
        let style = theme.style(Role::Muted);
        canvas.put(inner.x + 1, inner.y, usize::from(inner.width), "Nothing was said so far", style);
        return;
    }
    let room = usize::from(inner.width.saturating_sub(18));
    let mut lines = Vec::new();
    for said in &state.log {
        let role = if said.tone == Tone::Wrong { Role::Error } else { Role::Text };
        for (index, line) in wrap(&said.text, room).into_iter().enumerate() {
            let when = if index == 0 { text::ago(said.at, state.now) } else { String::new() };
            lines.push(
                Row::new(theme)
                    .role(Role::Muted, format!(" {}", pad(&when, 13)))
                    .role(role, format!("  {line}"))
                    .line(),
            );
        }
    }
    scrolled(canvas, inner, &lines, top);
}
