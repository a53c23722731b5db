//! One event changes the state; what is to be done because of it is answered.
//!
//! Decides what an answer means. Keys go to `input`, commands to `run`.

use crate::app::account::timeline;
use crate::app::event::{Effect, Event};
use crate::app::explain_keys;
use crate::app::note_keys;
use crate::app::state::{After, Screen, State, Tone};
use crate::app::walk::Walk;
use crate::app::{filter, flags, input, reading, run};
use crate::book::ids::AccountId;
use crate::book::view::{AccountView, ActionRow};

/// Changes the state by one event.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = apply(state, event);
    effects.extend(tell_visible(state));
    effects
}

fn apply(state: &mut State, event: Event) -> Vec<Effect> {
    let rows = state.list_rows();
    match event {
        Event::Clock { now, today } => {
            state.now = now;
            state.writes_on = today;
            let looked_at = state.as_of.unwrap_or(today);
            if state.today != looked_at {
                state.today = looked_at;
                let mut effects = changed(state);
                // A walk is of its day: another day begins its own.
                if state.walk.take().is_some() && state.screen == Screen::Round {
                    state.walk_loading = true;
                    effects.push(Effect::LoadRound);
                }
                return effects;
            }
            Vec::new()
        }
        Event::Key(chord) => input::key(state, chord),
        Event::Paste(text) => input::paste(state, &text),
        Event::Resized { width, height } => {
            state.size = (width, height);
            let rows = state.list_rows();
            state.list.settle(rows)
        }
        Event::Focused(on) => {
            state.focused = on;
            Vec::new()
        }
        Event::Page { generation, anchor, result } => state.list.arrived(generation, anchor, result, rows),
        Event::Counted { generation, result } => match result {
            Ok(total) => state.list.counted(generation, total, rows),
            Err(_) => Vec::new(),
        },
        Event::Excluded { generation, term, without } => {
            if generation == state.list.generation && without > 0 {
                state.list.excludes = Some((term, without));
            }
            Vec::new()
        }
        Event::Words(result) => {
            // Without them fields and flags are offered all the same.
            if let Ok(words) = result {
                state.offers.words = Some(words);
                filter::look(state);
            }
            Vec::new()
        }
        Event::Header(result) => {
            match result {
                Ok(header) => state.header = Some(header),
                Err(message) => state.note_down(Tone::Wrong, message),
            }
            Vec::new()
        }
        Event::Account { account, result } => arrived(state, account, result),
        Event::Compared { account, against, result } => {
            explain_keys::compared(state, &account, against, result);
            Vec::new()
        }
        Event::Round(result) => {
            if !std::mem::take(&mut state.walk_loading) {
                return Vec::new();
            }
            match result {
                Ok(round) => {
                    let mut walk = Walk::new(round, state.header.as_ref());
                    let wanted = walk.go(0);
                    state.walk = Some(walk);
                    wanted.into_iter().filter(|id| state.view(id).is_none()).map(Effect::LoadAccount).collect()
                }
                Err(message) => {
                    state.say(Tone::Wrong, message);
                    run::back(state)
                }
            }
        }
        Event::Changes(result) => {
            match result {
                Ok(digest) => {
                    state.changes.cursor = state.changes.cursor.min(digest.rows.len().saturating_sub(1));
                    state.changes.digest = Some(digest);
                }
                Err(message) => state.say(Tone::Wrong, message),
            }
            Vec::new()
        }
        Event::Actions(result) => {
            match result {
                Ok(rows) => take_actions(state, rows),
                Err(message) => state.say(Tone::Wrong, message),
            }
            Vec::new()
        }
        Event::Loyalty(result) => {
            match result {
                Ok(whole) => {
                    state.loyalty.cursor = state.loyalty.cursor.min(whole.on_steps.len().saturating_sub(1));
                    state.loyalty.whole = Some(*whole);
                }
                Err(message) => state.say(Tone::Wrong, message),
            }
            Vec::new()
        }
        Event::SyncView(result) => {
            match result {
                Ok(view) => {
                    state.sync.view = Some(view);
                    state.sync.cursor = state.sync.cursor.min(state.sync.rows().len().saturating_sub(1));
                }
                Err(message) => state.say(Tone::Wrong, message),
            }
            Vec::new()
        }
        Event::Draft { account, text } => note_keys::draft(state, &account, text),
        Event::NoteText { note, result, draft } => note_keys::edit(state, note, result, draft),
        Event::Previewed { generation, result } => {
            if generation == state.generation
                && let (Some(note), Ok(receipt)) = (state.note.as_mut(), result)
            {
                note.preview = Some(receipt);
            }
            Vec::new()
        }
        Event::Saved(result) => note_keys::saved(state, result),
        Event::Done { result, undo } => {
            match result {
                Ok(text) => {
                    let key = state.keymap.keys_of(crate::command::Id::AppUndo, &state.scopes());
                    match key.first().filter(|_| undo) {
                        Some(key) => {
                            // What it was may be cut, how it is taken back may not.
                            let back = format!(" · {key} takes it back");
                            let room = usize::from(state.size.0).saturating_sub(2 + crate::text::width(&back));
                            state.say(Tone::Calm, format!("{}{back}", crate::text::cut(&text, room)));
                        }
                        None => state.say(Tone::Calm, text),
                    }
                }
                Err(message) => state.say(Tone::Wrong, message),
            }
            changed(state)
        }
        Event::Progressed(progress) => {
            let lists_changed = state.sync.step(&progress);
            if let Some(error) = state.sync.error.clone() {
                state.note_down(Tone::Wrong, error);
            }
            if !lists_changed {
                return Vec::new();
            }
            let mut effects = vec![Effect::LoadHeader];
            if state.screen == Screen::Sync {
                effects.push(Effect::LoadSync);
            }
            effects
        }
        Event::DataChanged => changed(state),
        Event::Notice(text) => {
            state.say(Tone::Calm, text);
            Vec::new()
        }
    }
}

/// What lists and pages show has changed: what is on screen is asked for again.
pub(super) fn changed(state: &mut State) -> Vec<Effect> {
    let rows = state.list_rows();
    let mut effects = vec![Effect::LoadHeader];
    if state.list.loaded {
        effects.extend(state.list.refresh(rows));
    }
    effects.extend(state.used_views().into_iter().map(Effect::LoadAccount));
    if state.screen == Screen::Explain || state.back.contains(&Screen::Explain) {
        effects.extend(explain_keys::comparison(state));
    }
    // While pages arrive it would be read many times over for nothing.
    if state.screen == Screen::Changes && !state.sync.running {
        effects.push(Effect::LoadChanges);
    }
    if state.screen == Screen::Actions {
        effects.push(Effect::LoadActions);
    }
    if state.screen == Screen::Loyalty && !state.sync.running {
        effects.push(Effect::LoadLoyalty);
    }
    if state.screen == Screen::Sync {
        effects.push(Effect::LoadSync);
    }
    effects
}

fn arrived(state: &mut State, account: AccountId, result: Result<Box<AccountView>, String>) -> Vec<Effect> {
    let view = match result {
        Ok(view) => view,
        Err(message) => {
            match state.account.as_mut().filter(|pane| pane.account == account) {
                Some(pane) => pane.error = Some(message),
                None if state.explain.as_ref().is_some_and(|pane| pane.account == account) => {
                    if let Some(pane) = state.explain.as_mut() {
                        pane.error = Some(message);
                    }
                }
                None => state.note_down(Tone::Wrong, message),
            }
            return Vec::new();
        }
    };
    let today = state.today;
    if let Some(pane) = state.account.as_mut().filter(|pane| pane.account == account) {
        pane.name.clone_from(&view.facts.name);
        pane.error = None;
        pane.entries = timeline(&view.facts, today);
        pane.cursor = pane.cursor.min(pane.count(Some(&view)).saturating_sub(1));
    }
    if let Some(pane) = state.explain.as_mut().filter(|pane| pane.account == account) {
        pane.name.clone_from(&view.facts.name);
        pane.cursor = pane.cursor.min(pane.items(&view).len().saturating_sub(1));
    }
    if let Some(note) = state.note.as_mut().filter(|note| note.account == account) {
        note.know(&view.facts, state.writes_on);
    }
    let mut over = false;
    if let Some(walk) = state.walk.as_mut().filter(|walk| walk.stop().is_some_and(|stop| stop.account == account)) {
        let count = view.standing.offers.len() + view.in_hand.len();
        walk.offer = walk.offer.min(count.saturating_sub(1));
        over = walk.look(&view.standing);
    }
    let link = view.facts.link.clone();
    state.keep_view(account.clone(), view);
    if state.after == Some(After::Link(account.clone())) {
        state.after = None;
        return run::copy_link(state, link);
    }
    if let Some(After::Brief(id) | After::Trust(id)) = &state.after
        && *id == account
    {
        let what = state.after.take();
        reading::show(state, &account, matches!(what, Some(After::Trust(_))));
        return Vec::new();
    }
    if over { flags::kept(state).into_iter().collect() } else { Vec::new() }
}

/// By date, what has none after that; the cursor stays on its row.
fn take_actions(state: &mut State, mut rows: Vec<ActionRow>) {
    rows.sort_by_key(|row| (row.due.is_none(), row.due));
    let held = state.action().map(|row| (row.account.clone(), row.id.clone()));
    let same = |row: &ActionRow| held.as_ref().is_some_and(|(account, id)| row.account == *account && row.id == *id);
    let cursor = rows.iter().position(same).unwrap_or(state.actions.cursor);
    state.actions.cursor = cursor.min(rows.len().saturating_sub(1));
    state.actions.rows = Some(rows);
}

/// Says which accounts are on screen, once they are others.
fn tell_visible(state: &mut State) -> Option<Effect> {
    if state.screen != Screen::Portfolio {
        return None;
    }
    let rows = state.list_rows();
    let same = {
        let mut told = state.told_visible.iter();
        state.list.visible(rows).all(|row| told.next() == Some(&row.account)) && told.next().is_none()
    };
    if same {
        return None;
    }
    state.told_visible = state.list.visible(rows).map(|row| row.account.clone()).collect();
    Some(Effect::Visible(state.told_visible.clone()))
}
