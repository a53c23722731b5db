//! What the commands of the explain page do.
//!
//! Decides what is read for a comparison. Which rows there are is in `explain`.

use crate::app::Editor;
use crate::app::event::Effect;
use crate::app::explain::Explain;
use crate::app::overlay::Overlay;
use crate::app::state::{Screen, State, Tone};
use crate::book::dates::{self, Toward};
use crate::book::ids::AccountId;
use crate::book::view::{AccountView, Against, Then};
use crate::command::{Command, Id};

/// Opens the page on an account.
pub(super) fn open(state: &mut State, account: AccountId, name: String) -> Vec<Effect> {
    let same = state.explain.as_ref().is_some_and(|pane| pane.account == account);
    if !same {
        // The median stays beside the measures from account to account: who wants it once wants it again.
        let median = state.explain.as_ref().is_some_and(|pane| pane.median);
        let mut pane = Explain::new(account.clone(), name);
        pane.median = median;
        state.explain = Some(pane);
    }
    super::run::show(state, Screen::Explain);
    let mut effects = vec![Effect::LoadAccount(account)];
    effects.extend(comparison(state));
    effects
}

/// One of the page's own commands.
pub(super) fn command(state: &mut State, command: &Command) -> Vec<Effect> {
    if command.id == Id::ExplainAgainst {
        return against(state, command.text(0));
    }
    if command.id == Id::ExplainMedian {
        if let Some(pane) = state.explain.as_mut() {
            pane.median = !pane.median;
        }
        return Vec::new();
    }
    with_view(state, |pane, view| match command.id {
        Id::ExplainUnfold => pane.unfold(view),
        Id::ExplainFold => pane.fold(view),
        Id::ExplainFoldAll => pane.fold_all(view),
        _ => pane.unfold_all(view),
    });
    Vec::new()
}

/// Moves the cursor.
pub(super) fn step(state: &mut State, by: i64) {
    with_view(state, |pane, view| {
        let last = pane.items(view).len().saturating_sub(1);
        pane.cursor = pane.cursor.saturating_add_signed(by as isize).min(last);
    });
}

fn with_view(state: &mut State, change: impl FnOnce(&mut Explain, &AccountView)) {
    let Some(mut pane) = state.explain.take() else { return };
    if let Some(view) = state.view(&pane.account) {
        change(&mut pane, view);
    }
    state.explain = Some(pane);
}

fn against(state: &mut State, given: Option<&str>) -> Vec<Effect> {
    let today = state.today;
    let Some(pane) = state.explain.as_mut() else { return Vec::new() };
    let next = match given.map(|given| given.trim().to_lowercase()).as_deref() {
        None | Some("") => pane.next_against(),
        Some("now") => Some(Against::Now),
        Some("week") => Some(Against::Week),
        Some("rounds") => Some(Against::Rounds),
        Some(day) => match dates::parse(day, today, Toward::Past).filter(|day| *day < today) {
            Some(day) => Some(Against::Day(day)),
            None => {
                state.say(
                    Tone::Wrong,
                    format!("{day:?} is no day before the one that is looked at: write it as 1 sep or 2026-09-01"),
                );
                return Vec::new();
            }
        },
    };
    let Some(next) = next else {
        state.overlay = Some(Overlay::Line { field: Editor::new("explain.against ".to_owned()), error: None });
        return Vec::new();
    };
    (pane.against, pane.then, pane.error) = (next, None, None);
    comparison(state)
}

/// What the page is compared with is to be read.
pub(super) fn comparison(state: &State) -> Vec<Effect> {
    let pane = state.explain.as_ref().filter(|pane| pane.against != Against::Now);
    pane.map(|pane| Effect::Compare { account: pane.account.clone(), against: pane.against }).into_iter().collect()
}

/// It was read.
pub(super) fn compared(state: &mut State, account: &AccountId, against: Against, result: Result<Box<Then>, String>) {
    let Some(mut pane) = state.explain.take() else { return };
    if pane.account == *account && pane.against == against {
        match result {
            Ok(then) => match state.view(account) {
                Some(view) => pane.keep_cursor(view, |pane| pane.then = Some(then)),
                None => pane.then = Some(then),
            },
            Err(message) => pane.error = Some(message),
        }
    }
    state.explain = Some(pane);
}
