use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::app::fixture::*;
use crate::app::{Event, State, update};
use crate::book::progress::Progress;
use crate::book::row::Entity;
use crate::theme::{Depth, Look};

fn theme() -> Theme {
    Theme::new(Look { depth: Depth::Sixteen, ascii: false })
}

/// What a person would see; the text cursor is shown as `▏` would hide what is under it, so it is listed below.
fn screen(state: &State, theme: &Theme) -> String {
    let mut buf = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
    let cursor = draw(state, theme, &mut buf);
    let mut out = String::new();
    for y in 0..state.size.1 {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..state.size.0 {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buf[(x, y)].symbol();
            line.push_str(symbol);
            skip = crate::text::width(symbol).saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if let Some(at) = cursor {
        out.push_str(&format!("cursor at {},{}\n", at.x, at.y));
    }
    out
}

/// The screens that a state can be brought to, by the keys that bring it there.
const SCREENS: &[(&str, &str)] = &[
    ("portfolio", "j"),
    ("filter", "/ blue"),
    ("filtered_to_nothing", "/ blue_zz <enter>"),
    ("round", "<space> j"),
    ("round_end", "<space> d agreed <enter> z fri <enter> n x <enter> <space> <space> <space>"),
    ("account", "<enter>"),
    ("explain", "e j j <enter> j"),
    ("explain_then", "e c c j j"),
    ("people", "<enter> <tab> j"),
    ("value", "<enter> <tab> <tab>"),
    ("plan", "<enter> <tab> <tab> <tab>"),
    ("timeline", "<enter> <tab> <tab> <tab> <tab> j j j j"),
    ("loyalty", "3 j"),
    ("brief", "b"),
    ("trust", "<enter> T"),
    ("actions", "a j"),
    ("sync", "6 j"),
    ("changes", "C j"),
    ("note", "n call_with_Sam_/task_send_deck_@sa"),
    ("palette", "<ctrl-p> note"),
    ("line", ": list.s"),
    ("question", "<space> z whenever <enter>"),
    ("help", "?"),
    ("messages", "g x M"),
    ("sequence", "g"),
    ("confirm", "6 X"),
];

fn brought(keys: &str, width: u16, height: u16) -> State {
    let mut state = opened(width, height);
    type_keys(&mut state, keys);
    state
}

#[test]
fn every_screen_at_three_sizes() {
    for (name, keys) in SCREENS {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let state = brought(keys, width, height);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen(&state, &theme()));
        }
    }
}

#[test]
fn states_that_are_designed() {
    let mut first = empty(80, 24);
    update(&mut first, Event::Progressed(Progress::Started { source: "crm".into() }));
    let pulled = Progress::Pulled {
        source: "crm".into(),
        entity: Entity::Account,
        rows: 40,
        of: Some(84),
        per_second: 120.0,
        left: Some("184 of 190 requests left".into()),
    };
    update(&mut first, Event::Progressed(pulled));
    insta::assert_snapshot!("first_sync", screen(&first, &theme()));

    let mut book = empty(80, 24);
    let rows = book.list_rows();
    book.list.restart(rows);
    let page = crate::book::view::Page { offset: 0, rows: Vec::new(), total: Some(0), rows_read: 0 };
    feed(&mut book, Event::Page { generation: 1, anchor: None, result: Ok(page) });
    insta::assert_snapshot!("empty_book", screen(&book, &theme()));

    let mut offline = opened(80, 24);
    let because =
        "crm does not answer (no route to api.example). The book of 2 min ago stays. R tries again.".to_owned();
    feed(&mut offline, Event::Progressed(Progress::Failed { source: "crm".into(), entity: None, because }));
    if let Some(header) = offline.header.as_mut() {
        header.waiting = 3;
        header.refused = 1;
        header.standings_of = Some(jiff::civil::date(2026, 11, 20));
    }
    insta::assert_snapshot!("offline", screen(&offline, &theme()));

    let mut calm = opened(80, 24);
    if let Some(header) = calm.header.as_mut() {
        header.at_risk = 0;
        header.due_at_risk = None;
    }
    insta::assert_snapshot!("nothing_at_risk", screen(&calm, &theme()));
}

#[test]
fn a_past_day_is_said_on_every_screen() {
    for (name, keys) in SCREENS {
        let mut state = opened(80, 24);
        state.look_at(jiff::civil::date(2026, 9, 1));
        type_keys(&mut state, keys);
        let drawn = screen(&state, &theme());
        assert!(drawn.lines().next().unwrap().contains("as of 1 Sep 2026"), "{name}: {drawn}");
    }
    let mut nobody = empty(80, 24);
    nobody.look_at(jiff::civil::date(2001, 1, 1));
    let rows = nobody.list_rows();
    nobody.list.restart(rows);
    let past = |behind, first| Some(crate::book::view::Past { behind, first });
    let mut shown = |past| {
        feed(&mut nobody, Event::Header(Ok(crate::book::view::Header { past, accounts: 0, ..header() })));
        let page = crate::book::view::Page { offset: 0, rows: Vec::new(), total: Some(0), rows_read: 0 };
        let generation = nobody.list.generation;
        feed(&mut nobody, Event::Page { generation, anchor: None, result: Ok(page) });
        screen(&nobody, &theme())
    };
    assert!(shown(past(9_900, None)).contains("Looking at the book as of 1 Jan 2001"));
    assert!(shown(past(9_900, None)).contains("9,900 more accounts are being looked at as of that day"));
    let done = shown(past(0, Some(jiff::civil::date(2021, 12, 9))));
    assert!(done.contains("Nothing is known of 1 Jan 2001") && done.contains("is of 9 Dec 2021"), "{done}");
}

#[test]
fn without_unicode_the_columns_stay() {
    let plain = Theme::new(Look { depth: Depth::None, ascii: true });
    let state = brought("j", 80, 24);
    let drawn = screen(&state, &plain);
    assert!(drawn.is_ascii(), "{drawn}");
    insta::assert_snapshot!("ascii", drawn);
}

#[test]
fn no_size_is_too_small() {
    let theme = theme();
    for (_, keys) in SCREENS {
        let mut state = brought(keys, 80, 24);
        for width in 0..=40 {
            for height in 0..=15 {
                update(&mut state, Event::Resized { width, height });
                screen(&state, &theme);
            }
        }
    }
    // Keys on the smallest of screens do no harm either.
    for (_, keys) in SCREENS {
        screen(&brought(keys, 1, 1), &theme);
        screen(&brought(keys, 21, 6), &theme);
    }
}

#[test]
fn no_control_byte_reaches_a_cell_and_columns_stay_aligned() {
    let state = brought("j", 80, 24);
    let mut buf = Buffer::empty(Rect::new(0, 0, 80, 24));
    draw(&state, &theme(), &mut buf);
    for cell in buf.content() {
        assert!(!cell.symbol().chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));
    }
    // The score of every row ends in the same column, whatever its name is made of.
    let column = (0..80).find(|x| buf[(*x, 3)].symbol() == "4" && buf[(*x + 1, 3)].symbol() == "1").unwrap();
    for y in 3..9 {
        assert!(matches!(buf[(column - 2, y)].symbol(), "○" | "◐" | "●" | "◌"), "row {y}");
    }
}

#[test]
fn bands_can_be_told_apart_without_colour() {
    let none = Theme::new(Look { depth: Depth::None, ascii: false });
    let drawn = screen(&brought("", 120, 40), &none);
    for sign in ["○ 9 at risk", "◐ 20 watch", "● 54 healthy"] {
        assert!(drawn.contains(sign), "{drawn}");
    }
}

#[test]
fn an_account_opens_with_what_the_list_knew() {
    let mut state = opened(80, 24);
    // Nothing is answered: the account is on screen before it is read.
    let _ = update(&mut state, Event::Key(chord("enter")));
    let text = screen(&state, &theme());
    let row = state.list.row(0).unwrap();
    assert!(!text.contains("Reading the account"), "{text}");
    for known in [&row.name, &row.flags[0].label, &row.next.as_ref().unwrap().title, row.band.name()] {
        assert!(text.contains(known), "{known}: {text}");
    }
}

#[test]
fn a_long_error_keeps_what_happened_and_what_to_do() {
    let mut state = opened(80, 24);
    let because = "HubSpot (crm) does not answer (Connection refused (os error 111)). Press R when the network is back";
    update(
        &mut state,
        Event::Progressed(Progress::Failed { source: "crm".into(), entity: None, because: because.into() }),
    );
    let text = screen(&state, &theme());
    assert!(text.contains("HubSpot (crm) does not answer. Press R when the network is back"), "{text}");
}
