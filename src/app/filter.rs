//! The filter field: what is typed, and what could be typed next.
//!
//! Decides which of the offered words is taken. What fits a place in a query is decided in `book`.

use crate::app::edit::Editor;
use crate::app::event::Effect;
use crate::app::state::State;
use crate::book::query::{Completion, Vocabulary, complete};

/// Words that are offered at once.
pub const SHOWN: usize = 8;

/// The words of this book, and those that fit where the cursor stands.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    /// What queries of this book may name; `None`: not read yet.
    pub words: Option<Vocabulary>,
    pub fitting: Vec<Completion>,
    /// The one that would be taken.
    pub at: usize,
}

impl Offers {
    /// The words that are in sight, and which of them would be taken.
    pub fn window(&self) -> (&[Completion], usize) {
        let from = (self.at + 1).saturating_sub(SHOWN);
        let to = (from + SHOWN).min(self.fitting.len());
        (&self.fitting[from..to], self.at - from)
    }
}

/// Opens the field on the filter in force.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    state.filter = Some(Editor::new(state.list.filter.clone()));
    (state.offers.fitting, state.offers.at) = (Vec::new(), 0);
    vec![Effect::LoadWords]
}

/// Looks again at what fits.
pub(super) fn look(state: &mut State) {
    let Some(field) = &state.filter else { return };
    let cursor = field.text()[..field.cursor()].chars().count();
    let none = Vocabulary::default();
    state.offers.fitting = complete(field.text(), cursor, state.offers.words.as_ref().unwrap_or(&none));
    state.offers.at = 0;
}

/// Another of the offered words.
pub(super) fn step(state: &mut State, by: i64) {
    let last = state.offers.fitting.len().saturating_sub(1) as i64;
    state.offers.at = (state.offers.at as i64 + by).clamp(0, last) as usize;
}

/// Takes the word that is marked; without one nothing happens.
pub(super) fn take(state: &mut State) -> bool {
    let Some(one) = state.offers.fitting.get(state.offers.at).cloned() else { return false };
    let Some(field) = state.filter.as_mut() else { return false };
    let from = field.text().char_indices().nth(one.from).map_or(field.text().len(), |(at, _)| at);
    let to = field.cursor().max(from);
    field.replace(from..to, &one.text);
    state.offers.fitting.clear();
    true
}
