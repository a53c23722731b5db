use ratatui::style::Modifier;

use super::*;
use crate::app::fixture::{feed, opened, type_keys};
use crate::app::{Event, State};
use crate::theme::{Depth, Look};

fn side(n: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(n).unwrap()
}

/// A terminal that shows what it is sent.
struct Played {
    surface: Surface,
    screen: vt100::Parser,
    theme: Theme,
    bytes: usize,
}

impl Played {
    fn new(state: &State) -> Self {
        let theme = Theme::new(Look { depth: Depth::Sixteen, ascii: false });
        let (width, height) = state.size;
        let screen = vt100::Parser::new(side(height), side(width), 0);
        Self { surface: Surface::new(width, height), screen, theme, bytes: 0 }
    }

    /// Draws, and checks that the terminal shows exactly what was meant.
    fn draw(&mut self, state: &State) -> usize {
        let mut out = Vec::new();
        self.surface.draw(state, &self.theme, &mut out).unwrap();
        self.screen.screen_mut().set_size(side(state.size.1), side(state.size.0));
        self.screen.process(&out);
        let mut meant = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
        screens::draw(state, &self.theme, &mut meant);
        for y in 0..state.size.1 {
            let mut x = 0;
            while x < state.size.0 {
                let cell = &meant[(x, y)];
                let shown = self.screen.screen().cell(y, x).unwrap();
                let symbol = if shown.contents().is_empty() { " " } else { shown.contents() };
                assert_eq!(symbol, cell.symbol(), "at {x},{y}");
                assert_eq!(shown.inverse(), cell.modifier.contains(Modifier::REVERSED), "at {x},{y}");
                if cell.symbol() != " " {
                    assert_eq!(shown.bold(), cell.modifier.contains(Modifier::BOLD), "at {x},{y}");
                }
                x += text::width(cell.symbol()).max(1) as u16;
            }
        }
        self.bytes = out.len();
        out.len()
    }
}

/// The book without names that terminals measure differently.
fn simple(width: u16, height: u16) -> State {
    let mut state = opened(width, height);
    plain_names(&mut state);
    state
}

fn plain_names(state: &mut State) {
    for row in &mut state.list.rows {
        row.name = row.name.chars().filter(char::is_ascii).collect();
    }
}

#[test]
fn the_terminal_shows_what_was_meant_after_every_key() {
    let mut state = simple(80, 12);
    let mut played = Played::new(&state);
    played.draw(&state);
    let keys = "j j j j j j j j j j k k G g g <pagedown> / Qu <esc> n x_@ <esc> ? <esc> 6 <esc> <ctrl-p> a <esc>";
    for key in keys.split(' ') {
        type_keys(&mut state, key);
        plain_names(&mut state);
        played.draw(&state);
    }
    feed(&mut state, Event::Resized { width: 61, height: 20 });
    plain_names(&mut state);
    played.draw(&state);
}

#[test]
fn moving_the_bar_and_scrolling_cost_little() {
    let mut state = simple(120, 20);
    let mut played = Played::new(&state);
    played.draw(&state);
    for _ in 0..14 {
        type_keys(&mut state, "j");
        assert!(played.draw(&state) <= 200, "{} bytes for the bar", played.bytes);
    }
    for _ in 0..8 {
        type_keys(&mut state, "j");
        let bytes = played.draw(&state);
        assert!(bytes <= 600, "{bytes} bytes for a row scrolled up");
    }
    type_keys(&mut state, "g g");
    played.draw(&state);
    type_keys(&mut state, "G");
    played.draw(&state);
    for _ in 0..14 {
        type_keys(&mut state, "k");
        played.draw(&state);
    }
    for _ in 0..4 {
        type_keys(&mut state, "k");
        let bytes = played.draw(&state);
        assert!(bytes <= 600, "{bytes} bytes for a row scrolled down");
    }
}

#[test]
fn nothing_is_written_where_nothing_changed() {
    let mut state = simple(120, 40);
    let mut played = Played::new(&state);
    assert!(played.draw(&state) > 1_000);
    assert_eq!(played.draw(&state), 0);
    type_keys(&mut state, "k");
    assert_eq!(played.draw(&state), 0);
    type_keys(&mut state, "n");
    assert!(played.draw(&state) > 0);
    assert_eq!(played.draw(&state), 0);
}
