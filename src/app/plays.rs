//! What is done about a play: at once, or after a question of one line.
//!
//! Decides what is asked and what an answer means. The play itself is kept by the book.

use crate::app::Editor;
use crate::app::event::Effect;
use crate::app::flags;
use crate::app::overlay::{About, Ask, Overlay};
use crate::app::state::{Screen, State, Target, Tone};
use crate::book::view::Waits;
use crate::command::{ActVerb, Command, Id};
use crate::text;

/// Does it, or asks what is missing.
pub(super) fn act(state: &mut State, command: &Command) -> Vec<Effect> {
    if let Some((account, task)) = state.task().filter(|_| command.id == Id::ActionDone) {
        return vec![Effect::TaskDone { account, task }];
    }
    let Some(Target { account, name, play, title }) = state.play() else { return Vec::new() };
    let ask = Ask { command: command.id, account, name, about: About::Play(play.clone()), title };
    if command.id == Id::ActionDo {
        let say = format!("taken on: {}", ask.title);
        if let Some(walk) = state.walk.as_mut().filter(|_| state.screen == Screen::Round) {
            walk.did(&ask.name, format!("{} · taken on", ask.title));
        }
        let mut effects = vec![Effect::Act { account: ask.account, play, verb: ActVerb::Do, say }];
        effects.extend(flags::kept(state));
        return effects;
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
    match ask.about {
        About::Play(_) => {}
        About::Flag(_) => return flags::snooze(state, ask, given),
        About::Account => return flags::put_off_until(state, ask, given),
    }
    let given = given.trim();
    let needed = |why: &str| if given.is_empty() { Err(why.to_owned()) } else { Ok(given.to_owned()) };
    let (verb, say) = match ask.command {
        Id::ActionSnooze => {
            let (until, because) = flags::until(given, state.today)?;
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
    let About::Play(play) = &ask.about else { return Ok(Vec::new()) };
    if let Some(walk) = state.walk.as_mut().filter(|_| state.screen == Screen::Round) {
        match &verb {
            ActVerb::Snooze { until, .. } => {
                walk.put_off(Waits { name: ask.name.clone(), what: ask.title.clone(), until: *until });
            }
            _ => walk.did(&ask.name, format!("{} · {say}", ask.title)),
        }
    }
    let say = format!("{say}: {}", ask.title);
    let mut effects = vec![Effect::Act { account: ask.account.clone(), play: play.clone(), verb, say }];
    effects.extend(flags::kept(state));
    Ok(effects)
}

/// Opens the factors of a play's rank, each with where it comes from.
pub(super) fn factors(state: &mut State) -> Vec<Effect> {
    let Some(target) = state.play() else { return Vec::new() };
    let view = state.view(&target.account);
    let known = view.and_then(|view| view.factors.iter().find(|(play, _)| *play == target.play));
    let lines = match (known, state.action()) {
        (Some((_, lines)), _) => lines.clone(),
        (None, Some(row)) => row.factors.map(crate::book::order::factor_lines).unwrap_or_default(),
        (None, None) => Vec::new(),
    };
    if lines.is_empty() {
        state.say(Tone::Calm, "it is in hand already, and has no rank");
        return Vec::new();
    }
    state.overlay = Some(Overlay::Card { title: "Why it stands here".to_owned(), name: target.title, lines });
    Vec::new()
}
