//! What is said of a flag or of an account as a whole: which flag, which word, until when.
//!
//! Decides what is asked, one key or one line at a time, and what an answer means. The word itself is kept by the book.

use crate::app::Editor;
use crate::app::event::Effect;
use crate::app::overlay::{About, Ask, Choice, Overlay, Then};
use crate::app::state::{Screen, State};
use crate::book::dates::{self, Toward};
use crate::book::flags::{FlagStatus, FlagVerb};
use crate::book::ids::AccountId;
use crate::book::standing::Flag;
use crate::book::view::Waits;
use crate::command::{Command, Id};
use crate::text;

/// A flag of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagTarget {
    pub account: AccountId,
    pub name: String,
    pub kind: String,
    pub label: String,
}

/// The words that close a flag, by their keys.
const WORDS: [(char, FlagStatus, &str); 3] = [
    ('r', FlagStatus::Real, "real: it is right, and is being seen to"),
    ('f', FlagStatus::FalseAlarm, "false alarm: it is wrong"),
    ('t', FlagStatus::TooEarly, "too early: ask again in two weeks"),
];

/// Asks which flag, where there are several, and then what is said of it.
pub(super) fn say(state: &mut State, command: &Command) -> Vec<Effect> {
    let Some((account, name)) = state.target() else { return Vec::new() };
    let Some(view) = state.view(&account) else { return Vec::new() };
    let of = |flag: &Flag| FlagTarget {
        account: account.clone(),
        name: name.clone(),
        kind: flag.kind.clone(),
        label: flag.label.clone(),
    };
    let flags: Vec<FlagTarget> = view.standing.flags.iter().map(of).collect();
    let named = command.text(0).and_then(|kind| flags.iter().find(|flag| flag.kind == kind).cloned());
    let only = (command.text(0).is_none() && flags.len() == 1).then(|| flags[0].clone());
    match (named.or(only), command.text(1)) {
        (Some(flag), Some(word)) => said(state, command.id, flag, word),
        (Some(flag), None) => ask(state, command.id, flag),
        (None, _) => {
            let choices = flags.iter().zip('1'..='9').map(|(flag, key)| Choice {
                key,
                words: flag.label.clone(),
                then: Then::Flag(command.id, flag.clone()),
            });
            let title = if command.id == Id::FlagClose { "Close which flag" } else { "Put off which flag" };
            state.overlay = Some(Overlay::Choose { title: title.to_owned(), name, choices: choices.collect() });
            Vec::new()
        }
    }
}

/// What a word of the `:` line means; else it is asked.
fn said(state: &mut State, id: Id, flag: FlagTarget, word: &str) -> Vec<Effect> {
    if id == Id::FlagClose {
        let status = FlagStatus::parse(&word.replace('-', " ")).filter(|status| *status != FlagStatus::Snoozed);
        return match status {
            Some(status) => close(state, &flag, status),
            None => ask(state, id, flag),
        };
    }
    let ask = question(&flag);
    snooze(state, &ask, word).unwrap_or_else(|error| {
        state.overlay = Some(line(ask, word, Some(error)));
        Vec::new()
    })
}

fn question(flag: &FlagTarget) -> Ask {
    Ask {
        command: Id::FlagSnooze,
        account: flag.account.clone(),
        name: flag.name.clone(),
        about: About::Flag(flag.kind.clone()),
        title: flag.label.clone(),
    }
}

fn line(ask: Ask, typed: &str, error: Option<String>) -> Overlay {
    let example = "fri because they migrate this week";
    Overlay::Question { ask, label: "Not before".to_owned(), example, field: Editor::new(typed.to_owned()), error }
}

/// Asks for the word, by one key, or for the day, in one line.
pub(super) fn ask(state: &mut State, id: Id, flag: FlagTarget) -> Vec<Effect> {
    state.overlay = Some(match id {
        Id::FlagClose => {
            let choice = |(key, status, words): &(char, FlagStatus, &str)| Choice {
                key: *key,
                words: (*words).to_owned(),
                then: Then::Close(flag.clone(), *status),
            };
            let (title, name) = (format!("Close: {}", flag.label), flag.name.clone());
            Overlay::Choose { title, name, choices: WORDS.iter().map(choice).collect() }
        }
        _ => line(question(&flag), "", None),
    });
    Vec::new()
}

/// A key of a short list was pressed.
pub(super) fn chosen(state: &mut State, then: Then) -> Vec<Effect> {
    match then {
        Then::Flag(id, flag) => ask(state, id, flag),
        Then::Close(flag, status) => close(state, &flag, status),
    }
}

fn close(state: &mut State, flag: &FlagTarget, status: FlagStatus) -> Vec<Effect> {
    let verb = FlagVerb::Close(status);
    if let Some(walk) = state.walk.as_mut().filter(|_| state.screen == Screen::Round) {
        walk.did(&flag.name, format!("{} · {}", flag.label, status.name()));
    }
    flagged(state, flag.account.clone(), flag.kind.clone(), &flag.label, verb)
}

fn flagged(state: &State, account: AccountId, kind: String, label: &str, verb: FlagVerb) -> Vec<Effect> {
    let say = format!("{label}: {}", verb.words(state.today));
    let mut effects = vec![Effect::Flag { account, kind, verb, say }];
    effects.extend(kept(state));
    effects
}

/// How far the walk went is kept, where one is under way.
pub(super) fn kept(state: &State) -> Option<Effect> {
    state.walk.as_ref().map(|walk| Effect::KeepWalk(walk.walked.clone()))
}

/// A day to come and the words behind it.
pub(super) fn until(given: &str, today: jiff::civil::Date) -> Result<(jiff::civil::Date, String), String> {
    let given = given.trim();
    let (until, taken) =
        dates::head(given, today, Toward::Future).ok_or_else(|| format!("a day comes first: {}", dates::FORMS))?;
    if until <= today {
        return Err("the day has to be one to come".to_owned());
    }
    let because = given[taken..].trim_start();
    Ok((until, because.strip_prefix("because ").unwrap_or(because).to_owned()))
}

/// The day until which a flag is quiet.
pub(super) fn snooze(state: &mut State, ask: &Ask, given: &str) -> Result<Vec<Effect>, String> {
    let (until, because) = until(given, state.today)?;
    let About::Flag(kind) = &ask.about else { return Ok(Vec::new()) };
    if let Some(walk) = state.walk.as_mut().filter(|_| state.screen == Screen::Round) {
        walk.put_off(Waits { name: ask.name.clone(), what: ask.title.clone(), until });
    }
    Ok(flagged(state, ask.account.clone(), kind.clone(), &ask.title, FlagVerb::Snooze { until, because }))
}

/// Puts the account off as a whole, or asks until when.
pub(super) fn put_off(state: &mut State, command: &Command) -> Vec<Effect> {
    let Some((account, name)) = state.target() else { return Vec::new() };
    let title = "The account as a whole: it is on no rounds before that day".to_owned();
    let ask = Ask { command: command.id, account, name, about: About::Account, title };
    let given = command.text(0).unwrap_or_default().to_owned();
    if !given.is_empty()
        && let Ok(effects) = put_off_until(state, &ask, &given)
    {
        return effects;
    }
    let example = "fri because legal is reading it";
    let field = Editor::new(given);
    state.overlay = Some(Overlay::Question { ask, label: "Not before".to_owned(), example, field, error: None });
    Vec::new()
}

/// The day until which an account is on no walk: this one goes on without it.
pub(super) fn put_off_until(state: &mut State, ask: &Ask, given: &str) -> Result<Vec<Effect>, String> {
    let (until, because) = until(given, state.today)?;
    let say = format!("{} put off until {}", ask.name, text::short_date(until, state.today));
    let off = Effect::PutOff { account: ask.account.clone(), until, because: because.clone(), say };
    let mut effects = Vec::new();
    let here = |state: &State| {
        state.screen == Screen::Round
            && state.walk.as_ref().and_then(|walk| walk.stop()).is_some_and(|stop| stop.account == ask.account)
    };
    if here(state) {
        let standing = state.view(&ask.account).map(|view| view.standing.clone());
        if let (Some(walk), Some(standing)) = (state.walk.as_mut(), standing) {
            let what = if because.is_empty() { "the account as a whole".to_owned() } else { because };
            walk.put_off(Waits { name: ask.name.clone(), what, until });
            walk.over_with_it(&standing);
            // How far the walk went is kept first: whoever sees that it is put off knows that it is over.
            effects.extend(super::run::walk(state, 1));
        }
    }
    effects.push(off);
    Ok(effects)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::*;
    use jiff::civil::date;

    fn said(effects: &[Effect]) -> Vec<(String, String, FlagVerb)> {
        let one = |effect: &Effect| match effect {
            Effect::Flag { account, kind, verb, .. } => Some((account.to_string(), kind.clone(), verb.clone())),
            _ => None,
        };
        effects.iter().filter_map(one).collect()
    }

    fn close(kind: &str, status: FlagStatus) -> (String, String, FlagVerb) {
        ("crm:1".into(), kind.into(), FlagVerb::Close(status))
    }

    #[test]
    fn a_flag_is_closed_with_a_key_or_two() {
        let mut state = opened(80, 24);
        // Two flags: which one, then what.
        assert_eq!(said(&type_keys(&mut state, "<enter> c 2 f")), [close("usage-drop", FlagStatus::FalseAlarm)]);
        let toast = state.toast.as_ref().unwrap().text.clone();
        assert!(
            toast.starts_with("usage −34%: closed as a false alarm") && toast.contains("u takes it back"),
            "{toast}"
        );
        assert!(state.overlay.is_none());
        // One flag: only what.
        let effects = type_keys(&mut state, "<esc> j <enter> c t");
        assert_eq!(said(&effects), [("crm:2".into(), "promise".into(), FlagVerb::Close(FlagStatus::TooEarly))]);
        // Any other key leaves it.
        for keys in ["c x", "c <esc>", "c <enter>", "c q"] {
            assert_eq!(said(&type_keys(&mut state, keys)), [], "{keys}");
            assert!(state.overlay.is_none(), "{keys}");
            assert_eq!(state.screen, Screen::Account, "{keys}");
        }
    }

    #[test]
    fn a_flag_is_put_off_until_a_day() {
        let mut state = opened(80, 24);
        let effects = type_keys(&mut state, "<enter> F 1 fri_because_Sam_is_away <enter>");
        let verb = FlagVerb::Snooze { until: date(2026, 11, 27), because: "Sam is away".into() };
        assert_eq!(said(&effects), [("crm:1".into(), "champion-left".into(), verb)]);
        let effects = type_keys(&mut state, "F 1 never <enter>");
        assert_eq!(said(&effects), []);
        assert!(matches!(&state.overlay, Some(Overlay::Question { error: Some(why), .. }) if why.contains("a day")));
        type_keys(&mut state, "<esc>");
        let effects = type_keys(&mut state, "F 1 2026-11-23 <enter>");
        assert_eq!(said(&effects), [], "today is no day to come");
    }

    #[test]
    fn the_line_says_it_in_one_go() {
        let mut state = opened(80, 24);
        let effects = type_keys(&mut state, "<enter> : flag.close_usage-drop_false-alarm <enter>");
        assert_eq!(said(&effects), [close("usage-drop", FlagStatus::FalseAlarm)]);
        let effects = type_keys(&mut state, ": flag.snooze_usage-drop_+2w_migration <enter>");
        let verb = FlagVerb::Snooze { until: date(2026, 12, 7), because: "migration".into() };
        assert_eq!(said(&effects), [("crm:1".into(), "usage-drop".into(), verb)]);
        // What it does not know it asks.
        type_keys(&mut state, ": flag.close_usage-drop_perhaps <enter>");
        assert!(matches!(&state.overlay, Some(Overlay::Choose { choices, .. }) if choices.len() == 3));
        type_keys(&mut state, "<esc> : flag.close_nothing <enter>");
        assert!(matches!(&state.overlay, Some(Overlay::Choose { choices, .. }) if choices.len() == 2));
    }

    #[test]
    fn without_a_flag_it_says_so() {
        let mut state = opened(80, 24);
        type_keys(&mut state, ": flag.close <enter>");
        assert!(state.toast.as_ref().unwrap().text.contains("open an account"));
        type_keys(&mut state, "G <enter> c");
        assert_eq!(state.toast.as_ref().unwrap().text, "no flag is shown here");
    }

    #[test]
    fn an_account_is_put_off_and_the_walk_goes_on_without_it() {
        let mut state = opened(80, 24);
        let effects = type_keys(&mut state, "<space> Z fri_legal_reads <enter>");
        let off = effects.iter().find_map(|effect| match effect {
            Effect::PutOff { account, until, because, .. } => Some((account.to_string(), *until, because.clone())),
            _ => None,
        });
        assert_eq!(off, Some(("crm:1".into(), date(2026, 11, 27), "legal reads".into())));
        assert_eq!(state.target().unwrap().1, "Initech");
        let walk = state.walk.as_ref().unwrap();
        assert_eq!((walk.walked.over.len(), walk.walked.waits.len()), (1, 1));
        let kept = effects.iter().rev().find_map(|effect| match effect {
            Effect::KeepWalk(walked) => Some(walked.clone()),
            _ => None,
        });
        assert_eq!(kept.map(|walked| (walked.over.len(), walked.at)), Some((1, Some("crm:2".into()))));
        // Taken back, it is where it was.
        type_keys(&mut state, "u");
        assert_eq!(state.target().unwrap().1, "Northwind Traders");
        assert!(state.walk.as_ref().unwrap().walked.over.is_empty());
    }
}
