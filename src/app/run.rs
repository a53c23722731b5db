//! What each command does to the state.
//!
//! Decides by one exhaustive match; what touches data becomes an effect. Plays are in `plays`, notes in `note_keys`.

use crate::app::account::{Pane, Tab, people};
use crate::app::event::Effect;
use crate::app::layout;
use crate::app::overlay::{self, Item, Overlay};
use crate::app::state::{After, Screen, State, Tone};
use crate::app::sync::SyncRow;
use crate::app::walk::Walk;
use crate::app::{Editor, explain_keys, filter, flags, note_keys, plays, reading};
use crate::book::ids::AccountId;
use crate::book::view::Sort;
use crate::command::{Command, Id, TABLE};

/// Runs a command, or says why it can't be done now.
pub(super) fn command(state: &mut State, command: &Command) -> Vec<Effect> {
    // Fields answer for themselves; everything else is asked first.
    let in_field =
        matches!(command.id, Id::FieldAccept | Id::FieldLeave | Id::FieldComplete | Id::FieldNext | Id::FieldPrev);
    if let Some(why) = state.unavailable(command.id).filter(|_| !in_field) {
        state.say(Tone::Calm, why);
        return Vec::new();
    }
    match command.id {
        Id::ListDown => step(state, command.number(0, 1)),
        Id::ListUp => step(state, -command.number(0, 1)),
        Id::ListPageDown => page(state, 1),
        Id::ListPageUp => page(state, -1),
        Id::ListTop => end(state, false),
        Id::ListBottom => end(state, true),
        Id::ListFilter => set_filter(state, command.text(0)),
        Id::ListSort => sort(state, command.sort(0)),
        Id::ListReverse => {
            state.list.reverse = !state.list.reverse;
            restart(state)
        }
        Id::AccountOpen => open(state, command.text(0)),
        Id::AccountExplain => match state.target() {
            Some((account, name)) => explain_keys::open(state, account, name),
            None => Vec::new(),
        },
        Id::ExplainUnfold
        | Id::ExplainFold
        | Id::ExplainFoldAll
        | Id::ExplainUnfoldAll
        | Id::ExplainAgainst
        | Id::ExplainMedian => explain_keys::command(state, command),
        Id::AccountTab => {
            if let Some(pane) = state.account.as_mut() {
                pane.tab = pane.tab.named(command.text(0).unwrap_or("next"));
                (pane.top, pane.cursor) = (0, 0);
            }
            Vec::new()
        }
        Id::AccountLink => link(state),
        Id::AccountCopy => copy(state),
        Id::NoteAdd => write(state, command.text(0).unwrap_or_default()),
        Id::TaskAdd => write(state, &format!("/task {}", command.text(0).unwrap_or_default())),
        Id::NoteEdit => mine(state).map(Effect::LoadNoteText).into_iter().collect(),
        Id::NoteDelete => mine(state).map(Effect::DeleteNote).into_iter().collect(),
        Id::NoteSave => note_keys::save(state),
        Id::NoteBreak => note_keys::line_break(state),
        Id::NotePrivate => note_keys::private(state),
        Id::NoteDraft => note_keys::leave(state),
        Id::RoundStart => round(state),
        Id::RoundNext => walk(state, 1),
        Id::RoundPrev => walk(state, -1),
        Id::ActionDone | Id::ActionDo | Id::ActionAssign | Id::ActionSnooze | Id::ActionDismiss => {
            plays::act(state, command)
        }
        Id::ActionFactors => plays::factors(state),
        Id::FlagClose | Id::FlagSnooze => flags::say(state, command),
        Id::AccountSnooze => flags::put_off(state, command),
        Id::ActionList => {
            show(state, Screen::Actions);
            vec![Effect::LoadActions]
        }
        Id::ChangesShow => {
            show(state, Screen::Changes);
            vec![Effect::LoadChanges]
        }
        Id::ScreenPortfolio => {
            state.screen = Screen::Portfolio;
            state.back.clear();
            Vec::new()
        }
        Id::ScreenLoyalty => {
            show(state, Screen::Loyalty);
            vec![Effect::LoadLoyalty]
        }
        Id::AccountBrief | Id::AccountTrust => reading::open(state, command.id == Id::AccountTrust),
        Id::ScreenSync => {
            show(state, Screen::Sync);
            vec![Effect::LoadSync]
        }
        Id::SyncNow => {
            state.say(Tone::Calm, "syncing");
            vec![Effect::SyncNow]
        }
        Id::SyncCancel => {
            state.say(Tone::Calm, "the sync stops at the next page; what was pulled is kept");
            vec![Effect::SyncCancel]
        }
        Id::OutboxRetry | Id::OutboxDrop | Id::NoteDropCopy => outbox(state, command.id),
        Id::AppUndo => {
            if let Some(walk) = state.walk.as_mut().filter(|_| state.screen == Screen::Round) {
                walk.take_back();
            }
            let mut effects = vec![Effect::Undo];
            effects.extend(flags::kept(state));
            effects
        }
        Id::PaletteOpen => palette(state),
        Id::CommandLine => {
            state.overlay = Some(Overlay::Line { field: Editor::default(), error: None });
            Vec::new()
        }
        Id::MessagesShow => {
            let rows = layout::body_rows(state.size.1, layout::PAGE_TOP);
            state.overlay = Some(Overlay::Messages { top: state.log.len().saturating_sub(rows) });
            Vec::new()
        }
        Id::HelpKeys => {
            state.overlay = Some(Overlay::Help { top: 0 });
            Vec::new()
        }
        Id::FieldAccept => accept(state),
        Id::FieldComplete => match filter::take(state) {
            true => super::input::typed(state),
            false => Vec::new(),
        },
        Id::FieldNext | Id::FieldPrev => {
            filter::step(state, if command.id == Id::FieldNext { 1 } else { -1 });
            Vec::new()
        }
        Id::FieldLeave => leave(state),
        Id::AppBack => back(state),
        Id::AppRedraw => vec![Effect::Redraw],
        Id::AppSuspend => vec![Effect::Suspend],
        Id::AppQuit => quit(state),
        Id::KeyNone => Vec::new(),
    }
}

/// Leaves: an open note stays as a draft.
fn quit(state: &mut State) -> Vec<Effect> {
    let mut effects = if state.note.is_some() { note_keys::leave(state) } else { Vec::new() };
    effects.push(Effect::Quit);
    effects
}

pub(super) fn show(state: &mut State, screen: Screen) {
    if state.screen != screen {
        state.back.retain(|old| *old != screen);
        state.back.push(state.screen);
        state.screen = screen;
    }
}

/// One step back: what floats, then the screen before, then the filter.
pub(super) fn back(state: &mut State) -> Vec<Effect> {
    if state.overlay.take().is_some() {
        return Vec::new();
    }
    match state.back.pop() {
        Some(screen) => {
            state.screen = screen;
            Vec::new()
        }
        None if state.screen != Screen::Portfolio => {
            state.screen = Screen::Portfolio;
            Vec::new()
        }
        None if !state.list.filter.is_empty() => {
            state.list.filter.clear();
            restart(state)
        }
        None => Vec::new(),
    }
}

fn restart(state: &mut State) -> Vec<Effect> {
    let rows = state.list_rows();
    state.list.restart(rows)
}

/// The number of things the cursor of this screen moves over; `None`: lines scroll instead.
fn clamp(at: usize, by: i64, count: usize) -> usize {
    at.saturating_add_signed(by as isize).min(count.saturating_sub(1))
}

fn step(state: &mut State, by: i64) -> Vec<Effect> {
    match &mut state.overlay {
        Some(Overlay::Help { top } | Overlay::Messages { top } | Overlay::Sheet { top, .. }) => {
            *top = top.saturating_add_signed(by as isize);
            return Vec::new();
        }
        Some(Overlay::Palette { found, cursor, .. }) => {
            *cursor = clamp(*cursor, by, found.len());
            return Vec::new();
        }
        Some(_) => return Vec::new(),
        None => {}
    }
    let rows = state.list_rows();
    match state.screen {
        Screen::Portfolio => return state.list.step(by, rows),
        Screen::Account => {
            let count = state.account.as_ref().map_or(0, |pane| pane.count(state.view(&pane.account)));
            if let Some(pane) = state.account.as_mut() {
                match pane.tab {
                    tab if tab.scrolls() => pane.top = pane.top.saturating_add_signed(by as isize),
                    _ => pane.cursor = clamp(pane.cursor, by, count),
                }
            }
        }
        Screen::Explain => explain_keys::step(state, by),
        Screen::Round => {
            let offers = state.walk.as_ref().and_then(Walk::stop).and_then(|stop| state.view(&stop.account));
            let count = offers.map_or(0, |view| view.standing.offers.len() + view.in_hand.len());
            if let Some(walk) = state.walk.as_mut() {
                walk.offer = clamp(walk.offer, by, count);
            }
        }
        Screen::Changes => {
            let count = state.changes.digest.as_ref().map_or(0, |digest| digest.rows.len());
            state.changes.cursor = clamp(state.changes.cursor, by, count);
        }
        Screen::Actions => {
            let count = state.actions.rows.as_ref().map_or(0, Vec::len);
            state.actions.cursor = clamp(state.actions.cursor, by, count);
        }
        Screen::Loyalty => {
            let count = state.loyalty.whole.as_ref().map_or(0, |whole| whole.on_steps.len());
            state.loyalty.cursor = clamp(state.loyalty.cursor, by, count);
        }
        Screen::Sync => {
            // Without rows to stand on, the page itself moves.
            let count = state.sync.rows().len();
            state.sync.top = if count == 0 { state.sync.top.saturating_add_signed(by as isize) } else { 0 };
            state.sync.cursor = clamp(state.sync.cursor, by, count);
        }
    }
    Vec::new()
}

fn page(state: &mut State, by: i64) -> Vec<Effect> {
    if state.screen == Screen::Portfolio && state.overlay.is_none() {
        let rows = state.list_rows();
        return state.list.page(by, rows);
    }
    let rows = layout::body_rows(state.size.1, layout::ACCOUNT_TOP) as i64;
    step(state, by * (rows - 1).max(1))
}

fn end(state: &mut State, bottom: bool) -> Vec<Effect> {
    if state.screen == Screen::Portfolio && state.overlay.is_none() {
        let rows = state.list_rows();
        return if bottom { state.list.bottom(rows) } else { state.list.go(0, rows) };
    }
    // Screens clamp what is drawn; a page is never longer than this.
    step(state, if bottom { 100_000 } else { -100_000 })
}

fn set_filter(state: &mut State, query: Option<&str>) -> Vec<Effect> {
    match query {
        Some(query) => {
            state.list.filter = query.to_owned();
            restart(state)
        }
        None => filter::open(state),
    }
}

fn sort(state: &mut State, by: Option<Sort>) -> Vec<Effect> {
    let at = Sort::ALL.iter().position(|sort| *sort == state.list.sort).unwrap_or(0);
    state.list.sort = by.unwrap_or(Sort::ALL[(at + 1) % Sort::ALL.len()]);
    state.list.reverse = false;
    restart(state)
}

fn open(state: &mut State, named: Option<&str>) -> Vec<Effect> {
    let target = match named {
        Some(id) => Some((AccountId::from(id), id.to_owned())),
        None => state.target(),
    };
    let Some((account, name)) = target else { return Vec::new() };
    let known = state.view(&account).is_some();
    let same = state.account.as_ref().is_some_and(|pane| pane.account == account);
    if !same {
        let mut pane = Pane::new(account.clone(), name);
        pane.row = state.list.rows.iter().find(|row| row.account == account).map(|row| Box::new(row.clone()));
        state.account = Some(pane);
    } else if let Some(pane) = state.account.as_mut() {
        (pane.tab, pane.top, pane.cursor) = (Tab::Overview, 0, 0);
    }
    show(state, Screen::Account);
    if known && let Some(view) = state.view(&account) {
        let entries = crate::app::account::timeline(&view.facts, state.today);
        if let Some(pane) = state.account.as_mut() {
            pane.entries = entries;
        }
    }
    vec![Effect::LoadAccount(account)]
}

fn link(state: &mut State) -> Vec<Effect> {
    let Some((account, _)) = state.target() else { return Vec::new() };
    match state.view(&account).map(|view| view.facts.link.clone()) {
        Some(link) => copy_link(state, link),
        None => {
            state.after = Some(After::Link(account.clone()));
            vec![Effect::LoadAccount(account)]
        }
    }
}

/// The address goes to the clipboard and on screen: a program can't know which browser is meant.
pub(super) fn copy_link(state: &mut State, link: Option<String>) -> Vec<Effect> {
    match link {
        Some(link) => {
            state.say(Tone::Calm, format!("{link} · sent to the terminal's clipboard"));
            vec![Effect::Copy(link)]
        }
        None => {
            state.say(Tone::Calm, "the source of this account gives no address for it");
            Vec::new()
        }
    }
}

fn copy(state: &mut State) -> Vec<Effect> {
    let on_page = (state.screen == Screen::Account).then_some(()).and_then(|()| {
        let pane = state.account.as_ref()?;
        match pane.tab {
            Tab::Overview | Tab::Value | Tab::Plan => None,
            Tab::People => {
                let columns = people(state.view(&pane.account)?);
                let person = columns.into_iter().flat_map(|(_, people)| people).nth(pane.cursor)?;
                Some(person.email.clone().unwrap_or_else(|| person.name.clone()))
            }
            Tab::Timeline => pane.entry().map(|entry| entry.body.clone().unwrap_or_else(|| entry.title.clone())),
        }
    });
    let Some(text) = on_page.or_else(|| state.target().map(|(_, name)| name)) else { return Vec::new() };
    let said = crate::text::cut(&crate::text::clean_line(&text), 40);
    state.say(Tone::Calm, format!("{said} · sent to the terminal's clipboard"));
    vec![Effect::Copy(text)]
}

fn write(state: &mut State, text: &str) -> Vec<Effect> {
    let Some((account, name)) = state.target() else { return Vec::new() };
    note_keys::open(state, account, name, text)
}

fn mine(state: &State) -> Option<crate::book::ids::NoteId> {
    state.account.as_ref()?.entry()?.mine.clone()
}

fn round(state: &mut State) -> Vec<Effect> {
    show(state, Screen::Round);
    // A walk that was left goes on where it was.
    if state.walk.as_ref().is_some_and(|walk| !walk.ended()) {
        return walk(state, 0);
    }
    state.walk = None;
    state.walk_loading = true;
    vec![Effect::LoadRound]
}

/// Goes to another stop. Who was seen needs nothing more today.
pub(super) fn walk(state: &mut State, by: isize) -> Vec<Effect> {
    let here = state.walk.as_ref().and_then(Walk::stop).filter(|_| by > 0).map(|stop| stop.account.clone());
    let seen = here.and_then(|account| state.view(&account)).map(|view| view.standing.clone());
    let Some(walk) = state.walk.as_mut() else { return Vec::new() };
    if walk.ended() && by > 0 {
        state.walk = None;
        state.back.clear();
        state.screen = Screen::Portfolio;
        return Vec::new();
    }
    if let Some(standing) = &seen {
        walk.pass(standing);
    }
    let wanted = walk.go(by);
    let ended = walk.ended();
    let mut effects: Vec<Effect> =
        wanted.into_iter().filter(|id| state.view(id).is_none()).map(Effect::LoadAccount).collect();
    effects.extend(flags::kept(state));
    if ended {
        effects.extend([Effect::RoundDone, Effect::LoadHeader]);
    }
    effects
}

fn outbox(state: &mut State, id: Id) -> Vec<Effect> {
    match (state.sync.current(), id) {
        (Some(SyncRow::Outbox(index)), Id::OutboxRetry | Id::OutboxDrop) => {
            let Some(row) = state.sync.view.as_ref().and_then(|view| view.outbox.get(index)) else {
                return Vec::new();
            };
            if id == Id::OutboxRetry {
                return vec![Effect::OutboxRetry(Some(row.id.clone()))];
            }
            let text = format!("Give up sending this {} on {}? It stays on this machine only.", row.kind, row.name);
            state.overlay = Some(Overlay::Confirm { text, then: Effect::OutboxDrop(row.id.clone()) });
            Vec::new()
        }
        (Some(SyncRow::Copy { note, copy, .. }), Id::NoteDropCopy) => {
            let text = "Remove the second copy of this note from the CRM? The first stays.".to_owned();
            state.overlay = Some(Overlay::Confirm { text, then: Effect::DropCopy { note, copy } });
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn palette(state: &mut State) -> Vec<Effect> {
    let scopes = state.scopes();
    let hidden = [
        Id::KeyNone,
        Id::FieldAccept,
        Id::FieldLeave,
        Id::FieldComplete,
        Id::FieldNext,
        Id::FieldPrev,
        Id::NoteSave,
        Id::NoteBreak,
        Id::NotePrivate,
        Id::NoteDraft,
    ];
    let items = TABLE.iter().filter(|spec| !hidden.contains(&spec.id)).map(|spec| Item {
        id: spec.id,
        keys: state.keymap.keys_of(spec.id, &scopes).first().cloned().unwrap_or_default(),
        disabled: state.unavailable(spec.id).map(str::to_owned),
    });
    // What can be done now comes first.
    let (can, not): (Vec<Item>, Vec<Item>) = items.partition(|item| item.disabled.is_none());
    state.overlay = Some(overlay::palette(can.into_iter().chain(not).collect()));
    Vec::new()
}

fn accept(state: &mut State) -> Vec<Effect> {
    match state.overlay.take() {
        Some(Overlay::Palette { items, found, cursor, .. }) => {
            match found.get(cursor).and_then(|&index| items.get(index)) {
                Some(item) => command(state, &Command::new(item.id)),
                None => Vec::new(),
            }
        }
        Some(Overlay::Line { field, .. }) => {
            let line = field.text().trim().to_owned();
            if line.is_empty() {
                return Vec::new();
            }
            let completed = match overlay::completions(&line).as_slice() {
                [one] if !line.contains(char::is_whitespace) => one.name().to_owned(),
                _ => line,
            };
            match Command::parse(&completed) {
                Ok(parsed) => command(state, &parsed),
                Err(error) => {
                    state.overlay = Some(Overlay::Line { field, error: Some(error.to_string()) });
                    Vec::new()
                }
            }
        }
        Some(Overlay::Question { ask, label, example, field, .. }) => match plays::answer(state, &ask, field.text()) {
            Ok(effects) => effects,
            Err(error) => {
                let error = Some(error);
                state.overlay = Some(Overlay::Question { ask, label, example, field, error });
                Vec::new()
            }
        },
        other => {
            state.overlay = other;
            if state.note.is_some() {
                return note_keys::accept(state);
            }
            state.filter = None;
            Vec::new()
        }
    }
}

fn leave(state: &mut State) -> Vec<Effect> {
    if state.overlay.take().is_some() {
        return Vec::new();
    }
    if state.filter.take().is_some() && !state.list.filter.is_empty() {
        state.list.filter.clear();
        return restart(state);
    }
    Vec::new()
}
