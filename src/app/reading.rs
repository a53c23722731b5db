//! What is read of an account before a call: the five lines, and the ledger of trust.
//!
//! Decides what they show, and waits for the account where it is not whole in memory yet.

use crate::app::event::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::{After, State};
use crate::book::ids::AccountId;

/// Shows what is read of an account before a call: at once where it is whole in memory, else when it has come.
pub(super) fn open(state: &mut State, trust: bool) -> Vec<Effect> {
    let Some((account, _)) = state.target() else { return Vec::new() };
    if state.view(&account).is_some() {
        show(state, &account, trust);
        return Vec::new();
    }
    state.after = Some(if trust { After::Trust(account.clone()) } else { After::Brief(account.clone()) });
    vec![Effect::LoadAccount(account)]
}

/// The five lines, or the ledger of trust with the newest entry first.
pub(super) fn show(state: &mut State, account: &AccountId, trust: bool) {
    let Some(view) = state.view(account) else { return };
    let name = view.facts.name.clone();
    let day = |on| crate::text::day(on, state.today);
    let (title, lines) = if trust {
        let lines = match &view.sheet.trust {
            None => vec![(String::new(), "nothing has moved trust yet: /trust +8 why, /promise, /proof".to_owned())],
            Some(battery) => battery
                .entries
                .iter()
                .rev()
                .map(|one| {
                    let amount = crate::text::signed(one.amount.round() as i64);
                    (day(one.on), format!("{amount} → {:.0}   {}", one.after, one.what))
                })
                .collect(),
        };
        let charge = view.sheet.trust.as_ref().map(|battery| battery.charge);
        let title = match charge {
            None => "Trust".to_owned(),
            Some(charge) if charge < 30.0 => {
                format!("Trust {charge:.0}: recharge first, nothing that sells is offered")
            }
            Some(charge) => format!("Trust {charge:.0}: drifts to 50 by itself"),
        };
        (title, lines)
    } else {
        let lines = view.brief.iter().map(|(label, text)| ((*label).to_owned(), text.clone())).collect();
        ("Before the call".to_owned(), lines)
    };
    state.overlay = Some(Overlay::Sheet { title, name, lines, top: 0 });
}
