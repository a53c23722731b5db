//! A key press or a paste: to the field that has it, or through the keymap to a command.
//!
//! Decides who gets a key. What a command does is in `run`; what a note does with one in `note_keys`.

use crate::app::event::{Effect, Event};
use crate::app::overlay::{self, Overlay};
use crate::app::state::{State, Tone};
use crate::app::{filter, flags, note_keys, run};
use crate::command::Id;
use crate::config::keys::{Chord, Key, Resolved, chord};

/// One key press.
pub(super) fn key(state: &mut State, pressed: Chord) -> Vec<Effect> {
    // While a note is on its way to the disk, keys wait: they are meant for what comes after.
    if state.note.as_ref().is_some_and(|note| note.saving) {
        state.held.push(Event::Key(pressed));
        return Vec::new();
    }
    state.toast = None;
    if let Some(Overlay::Confirm { .. }) = &state.overlay {
        return confirm(state, pressed);
    }
    if let Some(Overlay::Choose { .. }) = &state.overlay {
        return choose(state, pressed);
    }
    let scopes = state.scopes();
    let text = scopes.first().is_some_and(|scope| scope.takes_text());
    if text && pressed.text().is_some() && state.pending.is_empty() {
        return edit(state, pressed);
    }
    let mut keys = std::mem::take(&mut state.pending);
    let begun = !keys.is_empty();
    state.follow.clear();
    keys.push(pressed);
    match state.keymap.resolve(&keys, &scopes) {
        Resolved::Run(command) => run::command(state, &command),
        Resolved::Pending(follow) => {
            state.pending = keys;
            state.follow = follow;
            Vec::new()
        }
        Resolved::Nothing if text => edit(state, pressed),
        Resolved::Nothing => {
            // Leaving a sequence with Esc says nothing.
            if begun && pressed.key != Key::Esc {
                state.say(Tone::Calm, format!("nothing is bound to {}", chord::shown(&keys)));
            }
            Vec::new()
        }
    }
}

/// Pasted text goes into the open field; anywhere else it would run keys, so it is refused.
pub(super) fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if let Some(note) = &mut state.note {
        if note.saving {
            state.held.push(Event::Paste(text.to_owned()));
            return Vec::new();
        }
        note.paste(text);
        return note_keys::changed(state);
    }
    let line = crate::text::clean_line(text);
    match field(state) {
        Some(editor) => {
            editor.insert(&line);
            typed(state)
        }
        None => {
            let keys = state.keymap.keys_of(Id::NoteAdd, &state.scopes());
            let how = keys.first().map(|key| format!("; {key} opens a note to paste into")).unwrap_or_default();
            state.say(Tone::Calm, format!("pasted text is only taken where text is typed{how}"));
            Vec::new()
        }
    }
}

/// The open one-line field.
fn field(state: &mut State) -> Option<&mut crate::app::Editor> {
    match &mut state.overlay {
        Some(Overlay::Palette { field, .. } | Overlay::Line { field, .. } | Overlay::Question { field, .. }) => {
            Some(field)
        }
        Some(_) => None,
        None => state.filter.as_mut(),
    }
}

fn edit(state: &mut State, pressed: Chord) -> Vec<Effect> {
    if state.overlay.is_none() && state.note.is_some() {
        return note_keys::edit_key(state, pressed);
    }
    let over = state.overlay.is_some();
    let Some(editor) = field(state) else { return Vec::new() };
    // Backspace in an empty `:` line leaves it, as everywhere.
    if over && editor.text().is_empty() && pressed.key == Key::Backspace {
        state.overlay = None;
        return Vec::new();
    }
    if !editor.key(pressed, usize::MAX / 2) {
        return Vec::new();
    }
    typed(state)
}

/// The text of a one-line field changed.
pub(super) fn typed(state: &mut State) -> Vec<Effect> {
    match &mut state.overlay {
        Some(Overlay::Palette { field, items, found, cursor }) => {
            *found = overlay::search(items, field.text());
            *cursor = 0;
            Vec::new()
        }
        Some(Overlay::Line { error, .. } | Overlay::Question { error, .. }) => {
            *error = None;
            Vec::new()
        }
        Some(_) => Vec::new(),
        None => {
            let Some(text) = state.filter.as_ref().map(|field| field.text().to_owned()) else { return Vec::new() };
            filter::look(state);
            if text == state.list.filter {
                return Vec::new();
            }
            state.list.filter = text;
            let rows = state.list_rows();
            state.list.restart(rows)
        }
    }
}

fn confirm(state: &mut State, pressed: Chord) -> Vec<Effect> {
    let Some(Overlay::Confirm { then, .. }) = state.overlay.take() else { return Vec::new() };
    match pressed.text() {
        Some('y' | 'Y') => vec![then],
        _ => {
            state.say(Tone::Calm, "nothing was changed");
            Vec::new()
        }
    }
}

/// One key of a short list. Any other leaves it as it was.
fn choose(state: &mut State, pressed: Chord) -> Vec<Effect> {
    let Some(Overlay::Choose { choices, .. }) = state.overlay.take() else { return Vec::new() };
    match choices.into_iter().find(|choice| pressed.text() == Some(choice.key)) {
        Some(choice) => flags::chosen(state, choice.then),
        None => {
            state.say(Tone::Calm, "nothing was changed");
            Vec::new()
        }
    }
}
