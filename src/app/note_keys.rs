//! What keys and answers do to the note box.
//!
//! Decides when the box opens, closes and keeps its draft: from the first letter on there is one, and a note counts as
//! saved only when it is on disk.

use crate::app::event::Effect;
use crate::app::flags;
use crate::app::layout;
use crate::app::note::NoteBox;
use crate::app::state::{Screen, State, Tone};
use crate::app::update::{self, update};
use crate::book::ids::{AccountId, NoteId};
use crate::book::view::NoteReceipt;
use crate::config::keys::{Chord, Key};

/// Opens the box for an account; `text` is there already.
pub(super) fn open(state: &mut State, account: AccountId, name: String, text: &str) -> Vec<Effect> {
    let mut note = NoteBox::new(account.clone(), name, text);
    let mut effects = Vec::new();
    match state.view(&account) {
        Some(view) => {
            note.know(&view.facts, state.writes_on);
        }
        None => effects.push(Effect::LoadAccount(account.clone())),
    }
    effects.push(Effect::LoadDraft(account));
    state.note = Some(note);
    if !text.is_empty() {
        effects.extend(changed(state));
    }
    effects
}

/// An editing key.
pub(super) fn edit_key(state: &mut State, pressed: Chord) -> Vec<Effect> {
    let width = layout::note_width(state.size.0);
    let Some(note) = state.note.as_mut() else { return Vec::new() };
    if let (Some(popup), Key::Up | Key::Down) = (note.popup.as_mut(), pressed.key) {
        let last = popup.choices.len().saturating_sub(1);
        popup.index = if pressed.key == Key::Up { popup.index.saturating_sub(1) } else { (popup.index + 1).min(last) };
        return Vec::new();
    }
    let before = note.editor.text().to_owned();
    note.editor.key(pressed, width);
    if note.editor.text() == before {
        note.popup = None;
        return Vec::new();
    }
    changed(state)
}

/// The text changed: the draft is kept and the text looked at.
pub(super) fn changed(state: &mut State) -> Vec<Effect> {
    let Some(note) = state.note.as_mut() else { return Vec::new() };
    note.error = None;
    note.offer();
    state.generation += 1;
    let (account, text) = (note.account.clone(), note.editor.text().to_owned());
    let mut effects = Vec::new();
    // Until the draft of before was read, nothing is written over it.
    if note.ready {
        effects.push(Effect::KeepDraft { key: note.key(), text: note.draft(), behind: false });
    }
    if text.trim().is_empty() {
        note.preview = None;
    } else {
        let note = note.editing.clone();
        effects.push(Effect::PreviewNote { generation: state.generation, account, text, note });
    }
    effects
}

/// Keeps the note on this machine, or lets it go to the CRM after all.
pub(super) fn private(state: &mut State) -> Vec<Effect> {
    if let Some(note) = state.note.as_mut().filter(|note| note.editing.is_none()) {
        note.private = !note.private;
    }
    Vec::new()
}

/// A new line.
pub(super) fn line_break(state: &mut State) -> Vec<Effect> {
    let Some(note) = state.note.as_mut() else { return Vec::new() };
    note.editor.insert("\n");
    changed(state)
}

/// Takes what is offered at the cursor.
pub(super) fn accept(state: &mut State) -> Vec<Effect> {
    match state.note.as_mut().is_some_and(NoteBox::accept) {
        true => changed(state),
        false => Vec::new(),
    }
}

/// Leaves the box; the draft stays.
pub(super) fn leave(state: &mut State) -> Vec<Effect> {
    let Some(note) = state.note.take() else { return Vec::new() };
    let text = note.draft();
    match (&note.editing, text.trim().is_empty()) {
        (Some(_), true) => state.say(Tone::Calm, "the note stays as it was"),
        (Some(_), false) => state.say(Tone::Calm, "the change is kept as a draft; the note stays as it was"),
        (None, false) => state.say(Tone::Calm, format!("draft kept for {}", note.name)),
        (None, true) => {}
    }
    vec![Effect::KeepDraft { key: note.key(), text, behind: !note.ready }]
}

/// Enter: sends the text to the disk; the box stays until it is there.
pub(super) fn save(state: &mut State) -> Vec<Effect> {
    let Some(note) = state.note.as_mut() else { return Vec::new() };
    let text = note.editor.text().trim_end().to_owned();
    if text.trim().is_empty() {
        if note.editing.is_some() {
            note.error = Some("an empty note can't be saved; D on the timeline deletes it".to_owned());
            return Vec::new();
        }
        return leave(state);
    }
    // Saving ends the draft: what stands in it must have been seen.
    if !note.ready {
        note.save_when_ready = true;
        return Vec::new();
    }
    note.saving = true;
    note.popup = None;
    note.error = None;
    match note.editing.clone() {
        Some(id) => vec![Effect::SaveEdit { note: id, text }],
        None => vec![Effect::SaveNote { account: note.account.clone(), text, private: note.private }],
    }
}

/// It is on disk, or it is not.
pub(super) fn saved(state: &mut State, result: Result<NoteReceipt, String>) -> Vec<Effect> {
    let Some(mut note) = state.note.take() else { return Vec::new() };
    let mut effects = Vec::new();
    match result {
        Ok(receipt) => {
            let problems = match receipt.problems.as_slice() {
                [] => String::new(),
                [one] => format!(" · {}", one.message),
                [first, rest @ ..] => format!(" · {} and {} more", first.message, rest.len()),
            };
            state.say(Tone::Calm, format!("note saved · {}{problems}", receipt.state));
            if let Some(walk) = state.walk.as_mut().filter(|_| state.screen == Screen::Round) {
                walk.noted();
            }
            effects.extend(flags::kept(state));
            effects.extend(update::changed(state));
        }
        Err(message) => {
            note.saving = false;
            state.note_down(Tone::Wrong, message.clone());
            note.error = Some(message);
            state.note = Some(note);
        }
    }
    // What was pressed meanwhile is done now, in its order.
    let toast = state.toast.clone();
    for event in std::mem::take(&mut state.held) {
        effects.extend(update(state, event));
    }
    if state.toast.is_none() {
        state.toast = toast;
    }
    effects
}

/// The unfinished note of the account was read.
pub(super) fn draft(state: &mut State, account: &AccountId, text: Option<String>) -> Vec<Effect> {
    let Some(note) = state.note.as_mut().filter(|note| note.account == *account && !note.saving) else {
        return Vec::new();
    };
    if note.editing.is_some() || note.ready {
        return Vec::new();
    }
    note.ready = true;
    let save = std::mem::take(&mut note.save_when_ready);
    let before = note.editor.text().to_owned();
    note.restore(&text.unwrap_or_default());
    if note.editor.text() != before {
        if save {
            state.say(Tone::Calm, "a draft stood here: both are in the note now, enter saves it");
        }
        return changed(state);
    }
    match (save, before.trim().is_empty()) {
        (true, _) => self::save(state),
        (false, false) => changed(state),
        (false, true) => Vec::new(),
    }
}

/// The text of a note of mine was read, for changing it.
pub(super) fn edit(
    state: &mut State,
    id: NoteId,
    result: Result<Option<String>, String>,
    draft: Option<String>,
) -> Vec<Effect> {
    let (account, name) = match (&result, state.account.as_ref()) {
        (Ok(Some(_)), Some(pane)) => (pane.account.clone(), pane.name.clone()),
        _ => {
            let why = result.err().unwrap_or_else(|| "the text of this note is not on this machine".to_owned());
            state.say(Tone::Wrong, why);
            return Vec::new();
        }
    };
    let text = result.ok().flatten().unwrap_or_default();
    let mut note = NoteBox::change(id, account.clone(), name, &text, draft.as_deref());
    if let Some(view) = state.view(&account) {
        note.know(&view.facts, state.writes_on);
    }
    state.note = Some(note);
    Vec::new()
}
