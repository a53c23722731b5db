//! What is done about a play: at once, or after a question of one line.
//!
//! Decides what is asked and what an answer means. The play itself is kept by the book.

use crate::app::Editor;
use crate::app::event::Effect;
use crate::app::overlay::{Ask, Overlay};
use crate::app::state::{Screen, State, Target};
use crate::book::dates::{self, Toward};
use crate::command::{ActVerb, Command, Id};
use crate::text;

/// Does it, or asks what is missing.
pub(super) fn act(state: &mut State, command: &Command) -> Vec<Effect> {
    if let Some((account, task)) = state.task().filter(|_| command.id == Id::ActionDone) {
        return vec![Effect::TaskDone { account, task }];
    }
    let Some(Target { account, name, play, title }) = state.play() else { return Vec::new() };
    let ask = Ask { command: command.id, account, name, play, title };
    if command.id == Id::ActionDo {
        let say = format!("taken on: {}", ask.title);
        return vec![Effect::Act { account: ask.account, play: ask.play, verb: ActVerb::Do, say }];
    }
    if let Some(given) = command.text(0)
        && let Ok(effects) = answer(state, &ask, given)
    {
        return effects;
    }
    let (label, example) = match command.id {
        Id::ActionSnooze => ("Not before", "fri because legal is reading it"),
        Id::ActionDismiss => ("Why it does not fit", "they have no such team"),
        Id::ActionAssign => ("Who takes it", "sam.ortiz@example.com"),
        _ => ("How it ended", "agreed on a review in January; may stay empty"),
    };
    let field = Editor::new(command.text(0).unwrap_or_default());
    state.overlay = Some(Overlay::Question { ask, label: label.to_owned(), example, field, error: None });
    Vec::new()
}

/// What the answer to the question means; what is missing otherwise.
pub(super) fn answer(state: &mut State, ask: &Ask, given: &str) -> Result<Vec<Effect>, String> {
    let given = given.trim();
    let needed = |why: &str| if given.is_empty() { Err(why.to_owned()) } else { Ok(given.to_owned()) };
    let (verb, say) = match ask.command {
        Id::ActionSnooze => {
            let (until, taken) = dates::head(given, state.today, Toward::Future)
                .ok_or_else(|| format!("a day comes first: {}", dates::FORMS))?;
            let because = given[taken..].trim_start();
            if until <= state.today {
                return Err("the day has to be one to come".to_owned());
            }
            let because = because.strip_prefix("because ").unwrap_or(because).to_owned();
            let say = format!("put off until {}", text::short_date(until, state.today));
            (ActVerb::Snooze { until, because }, say)
        }
        Id::ActionDismiss => {
            (ActVerb::Dismiss(needed("a few words say why, so that it is not offered again")?), "dismissed".into())
        }
        Id::ActionAssign => {
            let to = needed("the name or mail address of a colleague")?;
            let say = format!("given to {to}");
            (ActVerb::Assign(to), say)
        }
        _ => (ActVerb::Done(given.to_owned()), "done".to_owned()),
    };
    if let Some(walk) = state.walk.as_mut().filter(|_| state.screen == Screen::Round) {
        match &verb {
            ActVerb::Snooze { until, .. } => walk.waits.push((ask.name.clone(), ask.title.clone(), *until)),
            _ => walk.done.push((ask.name.clone(), format!("{} · {say}", ask.title))),
        }
    }
    let say = format!("{say}: {}", ask.title);
    Ok(vec![Effect::Act { account: ask.account.clone(), play: ask.play.clone(), verb, say }])
}
