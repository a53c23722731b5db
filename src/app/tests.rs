use super::fixture::*;
use super::state::Screen;
use super::*;
use crate::app::overlay::Overlay;
use crate::book::ids::DraftKey;
use crate::book::view::{Against, NoteReceipt, Sort};
use crate::command::ActVerb;
use crate::config::keys::Chord;

fn saved(effects: &[Effect]) -> Vec<(String, String)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::SaveNote { account, text, .. } => Some((account.to_string(), text.clone())),
            _ => None,
        })
        .collect()
}

#[test]
fn a_note_in_seconds() {
    let mut state = opened(80, 24);
    let effects = type_keys(&mut state, "j j k n hello_there <enter>");
    assert_eq!(saved(&effects), [("crm:2".to_owned(), "hello there".to_owned())]);
    let drafts: Vec<&str> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::KeepDraft { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(drafts.first(), Some(&"h"), "a draft is kept from the first letter");
    assert_eq!(drafts.last(), Some(&"hello there"));
    assert!(state.note.is_none());
    assert_eq!(state.toast.as_ref().unwrap().text, "note saved · queued");
    type_keys(&mut state, "j");
    assert_eq!(state.toast, None, "gone with the next key");
    assert_eq!(state.log.last().unwrap().text, "note saved · queued");
}

#[test]
fn a_note_is_kept_here_on_request() {
    let mut state = opened(80, 24);
    let effects = type_keys(&mut state, "n for_me <alt-p> <enter>");
    let private = effects.iter().find_map(|effect| match effect {
        Effect::SaveNote { private, .. } => Some(*private),
        _ => None,
    });
    assert_eq!(private, Some(true));
    // The next one is for everybody again, and a second press takes it back.
    let effects = type_keys(&mut state, "n for_all <alt-p> <alt-p> <enter>");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::SaveNote { private: false, .. })));
}

#[test]
fn keys_after_enter_wait_for_the_disk() {
    let mut state = opened(80, 24);
    type_keys(&mut state, "n hello");
    let effects = update(&mut state, Event::Key(Chord::parse("enter").unwrap()));
    assert!(matches!(effects[0], Effect::SaveNote { .. }));
    for key in ["j", "j", "n", "x"] {
        assert_eq!(update(&mut state, Event::Key(Chord::parse(key).unwrap())), []);
    }
    assert_eq!(state.list.cursor, 0);
    let receipt = NoteReceipt { id: None, state: "queued".into(), facts: Vec::new(), problems: Vec::new() };
    feed(&mut state, Event::Saved(Ok(receipt)));
    assert_eq!(state.list.cursor, 2);
    let note = state.note.as_ref().unwrap();
    assert_eq!((note.account.as_str(), note.editor.text()), ("crm:3", "x"));
}

#[test]
fn a_note_that_could_not_be_saved_is_still_in_the_box() {
    let mut state = opened(80, 24);
    type_keys(&mut state, "n hello");
    update(&mut state, Event::Key(Chord::parse("enter").unwrap()));
    feed(&mut state, Event::Saved(Err("the disk is full".into())));
    let note = state.note.as_ref().unwrap();
    assert_eq!((note.editor.text(), note.error.as_deref(), note.saving), ("hello", Some("the disk is full"), false));
}

#[test]
fn a_draft_comes_back_before_what_was_typed_meanwhile() {
    let mut state = opened(80, 24);
    let press = |state: &mut State, keys: &str| -> Vec<Effect> {
        let one = |key: &str| Event::Key(Chord::parse(key).unwrap());
        keys.split(' ').flat_map(|key| update(state, one(key))).collect()
    };
    // As long as it was not read, it is not written over, not forgotten, and no note ends it.
    let early = press(&mut state, "n esc");
    assert!(matches!(early.last(), Some(Effect::KeepDraft { behind: true, text, .. }) if text.is_empty()), "{early:?}");
    let early = press(&mut state, "n n e w enter");
    assert!(!early.iter().any(|e| matches!(e, Effect::KeepDraft { .. } | Effect::SaveNote { .. })), "{early:?}");
    let account = state.note.as_ref().unwrap().account.clone();
    feed(&mut state, Event::Draft { account: account.clone(), text: Some("kept since yesterday".into()) });
    assert_eq!(state.note.as_ref().unwrap().editor.text(), "kept since yesterday\nnew");
    assert!(state.toast.as_ref().unwrap().text.contains("enter saves it"));
    let effects = type_keys(&mut state, "<esc>");
    assert!(state.note.is_none());
    assert!(matches!(effects.last(), Some(Effect::KeepDraft { .. })));
    // Without one, an early Enter saves as soon as that is known.
    press(&mut state, "n a b enter");
    let effects = feed(&mut state, Event::Draft { account, text: None });
    assert_eq!(saved(&effects).len(), 1);
}

#[test]
fn letters_in_a_note_are_text_and_lines_break() {
    let mut state = opened(80, 24);
    type_keys(&mut state, "n q?: <alt-enter> 1/R <ctrl-j> u");
    assert_eq!(state.note.as_ref().unwrap().editor.text(), "q?:\n1/R\nu");
    assert_eq!(state.screen, Screen::Portfolio);
}

#[test]
fn pasted_text_runs_no_key_and_no_fact() {
    let mut state = opened(80, 24);
    assert_eq!(update(&mut state, Event::Paste("jjn q".into())), []);
    assert_eq!((state.list.cursor, state.note.is_none()), (0, true));
    assert!(state.toast.as_ref().unwrap().text.contains("n opens a note"));
    type_keys(&mut state, "n see:");
    feed(&mut state, Event::Paste("hi all,\r\n/task pay us fri\x1b[2J".into()));
    assert_eq!(state.note.as_ref().unwrap().editor.text(), "see:\n> hi all,\n> /task pay us fri\n");
}

#[test]
fn people_and_facts_are_completed() {
    let mut state = opened(80, 24);
    type_keys(&mut state, "n /me");
    assert!(state.note.as_ref().unwrap().popup.as_ref().unwrap().choices[0].label.starts_with("/met @who"));
    type_keys(&mut state, "<tab> @sa <tab> fine");
    assert_eq!(state.note.as_ref().unwrap().editor.text(), "/met @sam fine");
    // Who has left is not offered.
    type_keys(&mut state, "_@ja");
    let offered = |state: &State| {
        let popup = state.note.as_ref().unwrap().popup.as_ref();
        popup.map(|popup| popup.choices.iter().map(|one| one.insert.clone()).collect::<Vec<_>>()).unwrap_or_default()
    };
    assert_eq!(offered(&state), ["@\"Ja "]);
    type_keys(&mut state, "_/proof_#");
    assert_eq!(offered(&state), Vec::<String>::new(), "nothing is promised here");
    state.note.as_mut().unwrap().items = vec![("7k2a".into(), "promise", "cut stock by 8%".into())];
    type_keys(&mut state, "st");
    assert_eq!(offered(&state), ["7k2a "]);
    type_keys(&mut state, "_/re");
    assert_eq!(offered(&state), ["/repair ", "/forecast ", "/request ", "/referral ", "/incentive ", "/renewed "]);
}

#[test]
fn a_filter_that_is_still_looked_for_is_not_said_to_fit_nobody() {
    let mut state = opened(80, 24);
    let rows = state.list_rows();
    assert!(!state.list.waits());
    state.list.filter = "trust<30".into();
    let effects = state.list.restart(rows);
    assert!(state.list.waits() && effects.iter().any(|one| matches!(one, Effect::LoadPage { .. })));
}

#[test]
fn the_walk_goes_from_stop_to_stop() {
    let mut state = opened(80, 24);
    type_keys(&mut state, "<space>");
    assert_eq!((state.screen, state.target().unwrap().1.as_str()), (Screen::Round, "Northwind Traders"));
    let effects = type_keys(&mut state, "j z fri_because_legal_reads <enter>");
    let act = effects.iter().find_map(|effect| match effect {
        Effect::Act { account, play, verb, .. } => Some((account.to_string(), play.clone(), verb.clone())),
        _ => None,
    });
    let until = jiff::civil::date(2026, 11, 27);
    let verb = ActVerb::Snooze { until, because: "legal reads".into() };
    assert_eq!(act, Some(("crm:1".into(), "value-review".into(), verb)));
    type_keys(&mut state, "<space> n called <enter> <space>");
    let effects = type_keys(&mut state, "<space>");
    assert!(effects.contains(&Effect::RoundDone));
    let walk = state.walk.as_ref().unwrap();
    assert!(walk.ended());
    let walked = &walk.walked;
    assert_eq!((walked.notes, walked.waits.len(), walked.done.len()), (1, 1, 0));
    type_keys(&mut state, "<space>");
    assert_eq!(state.screen, Screen::Portfolio);
}

#[test]
fn a_question_with_a_wrong_answer_stays_open() {
    let mut state = opened(80, 24);
    let effects = type_keys(&mut state, "<space> z whenever <enter>");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Act { .. })));
    assert!(
        matches!(&state.overlay, Some(Overlay::Question { error: Some(e), .. }) if e.contains("a day comes first"))
    );
    type_keys(&mut state, "<esc>");
    assert!(state.overlay.is_none());
    assert_eq!(state.screen, Screen::Round);
}

#[test]
fn the_filter_works_as_it_is_typed_and_esc_clears_it() {
    let mut state = opened(80, 24);
    let effects = type_keys(&mut state, "j j / quartz");
    assert_eq!(effects.iter().filter(|e| matches!(e, Effect::LoadPage { .. })).count(), 6, "once a letter");
    assert_eq!(state.list.total, Some(1));
    assert_eq!(state.target().unwrap().1, "Quartz Retail");
    type_keys(&mut state, "<enter>");
    assert!(state.filter.is_none());
    type_keys(&mut state, "<esc>");
    assert_eq!((state.list.filter.as_str(), state.list.total), ("", Some(26)));
    type_keys(&mut state, "/ zz <esc>");
    assert_eq!(state.list.filter, "");
}

#[test]
fn commands_by_name_and_by_palette() {
    let mut state = opened(80, 24);
    type_keys(&mut state, ": list.sort_arr <enter>");
    assert_eq!(state.list.sort, Sort::Arr);
    type_keys(&mut state, ": list.srt <enter>");
    assert!(
        matches!(&state.overlay, Some(Overlay::Line { error: Some(e), .. }) if e.contains("did you mean list.sort"))
    );
    type_keys(&mut state, "<esc> <ctrl-p> sync_screen <enter>");
    type_keys(&mut state, "<esc> 6");
    assert_eq!(state.screen, Screen::Sync);
    type_keys(&mut state, "<backspace>");
    assert_eq!(state.screen, Screen::Portfolio);
}

#[test]
fn what_can_not_be_done_says_why() {
    let mut state = opened(80, 24);
    type_keys(&mut state, "<enter> E");
    assert!(state.toast.as_ref().unwrap().text.starts_with("only a note of yours"));
    type_keys(&mut state, "<esc> <ctrl-x>");
    assert_eq!(state.toast.as_ref().unwrap().text, "no sync is running");
    type_keys(&mut state, "g x");
    assert_eq!(state.toast.as_ref().unwrap().text, "nothing is bound to g x");
}

/// The labels of the rows on the explain page, with `>` before the one under the cursor.
fn tree(state: &State) -> Vec<String> {
    let pane = state.explain.as_ref().unwrap();
    let items = pane.items(state.view(&pane.account).unwrap());
    let mark = |at: usize| if at == pane.cursor { ">" } else { "" };
    items.iter().enumerate().map(|(at, item)| format!("{}{}{}", mark(at), "-".repeat(item.depth), item.label)).collect()
}

#[test]
fn a_score_opens_down_to_its_records() {
    for from in ["", "<enter>", "<space>", "a"] {
        let mut state = opened(120, 40);
        let effects = type_keys(&mut state, &format!("{from} e"));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::LoadAccount(id) if id.as_str() == "crm:1")));
        assert_eq!(state.screen, Screen::Explain, "{from}");
        assert_eq!(tree(&state)[..3], [">Score", "Outcomes", "-Usage trend"], "{from}");
    }
    let mut state = opened(120, 40);
    type_keys(&mut state, "e j j <right>");
    let rows = tree(&state);
    assert_eq!(rows[2..6], [">-Usage trend", "--22 Nov", "--25 Oct", "--22 Nov"]);
    assert_eq!(rows.last().unwrap(), "not known before 3 Nov: seats");
    // Right again goes in, left comes out, left again closes.
    type_keys(&mut state, "l j");
    assert_eq!(tree(&state)[4], ">--25 Oct");
    type_keys(&mut state, "h");
    assert_eq!(tree(&state)[2], ">-Usage trend");
    type_keys(&mut state, "h");
    assert_eq!(tree(&state)[3], "-Seats in use");
    type_keys(&mut state, "h h");
    assert_eq!(tree(&state)[..3], ["Score", ">Outcomes", "Relationship"]);
    type_keys(&mut state, "f");
    let shut = ["Score", ">Outcomes", "Relationship", "Experience", "Commercial", "Cap: no buyer is engaged"];
    assert_eq!(tree(&state)[..6], shut);
    assert_eq!(tree(&state)[6], "Could not speak (1)");
    type_keys(&mut state, "f");
    assert!(tree(&state).contains(&"-Satisfaction".into()) && !tree(&state).contains(&"--22 Nov".into()));
    type_keys(&mut state, "F G");
    assert!(tree(&state).iter().filter(|row| row.starts_with("--")).count() > 8);
    type_keys(&mut state, "n wrong_data <enter>");
    assert_eq!(state.screen, Screen::Explain, "a note is taken on the spot");
    type_keys(&mut state, "<esc>");
    assert_eq!(state.screen, Screen::Portfolio);
}

#[test]
fn a_score_is_compared_with_the_day_that_is_asked_for() {
    let mut state = opened(120, 40);
    let asked = |effects: &[Effect]| -> Vec<Against> {
        let one = |effect: &Effect| match effect {
            Effect::Compare { against, .. } => Some(*against),
            _ => None,
        };
        effects.iter().filter_map(one).collect()
    };
    assert_eq!(asked(&type_keys(&mut state, "e")), []);
    assert_eq!(asked(&type_keys(&mut state, "c")), [Against::Week]);
    assert_eq!(asked(&type_keys(&mut state, "c")), [Against::Rounds]);
    let pane = state.explain.as_ref().unwrap();
    let items = pane.items(state.view(&pane.account).unwrap());
    let change = |at: usize| match items[at].cells {
        explain::Cells::Then { then, now, change } => (then, now, change),
        other => panic!("{other:?}"),
    };
    assert_eq!(change(0), (Some(59.0), Some(41.0), -18.0));
    assert_eq!((items[2].label.as_str(), change(2)), ("Usage trend", (Some(13.2), Some(6.2), -7.0)));
    // Then a day is typed; one that has not come is no day to compare with.
    type_keys(&mut state, "c");
    assert!(matches!(&state.overlay, Some(Overlay::Line { field, .. }) if field.text() == "explain.against "));
    let effects = type_keys(&mut state, "1_sep <enter>");
    assert_eq!(asked(&effects), [Against::Day(jiff::civil::date(2026, 9, 1))]);
    assert_eq!(asked(&type_keys(&mut state, "c")), [], "and back to nothing");
    assert_eq!(state.explain.as_ref().unwrap().against, Against::Now);
    type_keys(&mut state, ": explain.against_2027-01-01 <enter>");
    assert!(state.toast.as_ref().unwrap().text.contains("no day before"));
    // When the data change, what is compared is read again.
    type_keys(&mut state, "c");
    assert_eq!(asked(&feed(&mut state, Event::DataChanged)), [Against::Week]);
    // A late answer of an earlier question is dropped.
    type_keys(&mut state, "c c <esc>");
    let late = Event::Compared { account: "crm:1".into(), against: Against::Week, result: Err("late".into()) };
    feed(&mut state, late);
    assert_eq!(state.explain.as_ref().unwrap().error, None);
}

#[test]
fn on_a_past_day_notes_are_dated_now_and_nothing_is_decided() {
    let mut state = opened(120, 40);
    let day = jiff::civil::date(2026, 9, 1);
    state.look_at(day);
    let tomorrow = jiff::civil::date(2026, 11, 24);
    update(&mut state, Event::Clock { now: now(), today: tomorrow });
    assert_eq!((state.today, state.writes_on), (day, tomorrow), "midnight does not move a past day");
    let effects = type_keys(&mut state, "n hello <enter>");
    assert_eq!(saved(&effects).len(), 1);
    for keys in ["<space> d", "z", "x", "R"] {
        let effects = type_keys(&mut state, keys);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Act { .. } | Effect::SyncNow)), "{keys}");
        assert!(state.overlay.is_none() && state.toast.as_ref().unwrap().text.contains("past day"), "{keys}");
    }
    assert_eq!(state.next_change(), None, "a past day does not age");
}

#[test]
fn a_task_under_the_cursor_is_closed() {
    let mut state = opened(120, 40);
    type_keys(&mut state, "a");
    let task = state.actions.rows.as_ref().unwrap().iter().position(|row| row.play == "task").unwrap();
    for _ in 0..task {
        type_keys(&mut state, "j");
    }
    type_keys(&mut state, "z");
    assert!(state.toast.as_ref().unwrap().text.starts_with("a task can only be done"));
    let effects = type_keys(&mut state, "d");
    assert!(matches!(effects[0], Effect::TaskDone { .. }), "{effects:?}");
    assert!(state.toast.as_ref().unwrap().text.contains("u takes it back"));
}

#[test]
fn my_notes_can_be_changed_on_the_timeline() {
    let mut state = opened(120, 40);
    type_keys(&mut state, "<enter> <tab> <tab> <tab> <tab>");
    let pane = state.account.as_ref().unwrap();
    let mine = pane.entries.iter().position(|entry| entry.mine.is_some()).unwrap();
    for _ in 0..mine {
        type_keys(&mut state, "j");
    }
    let effects = type_keys(&mut state, "E _x <enter>");
    assert!(
        effects.iter().any(|e| matches!(e, Effect::SaveEdit { text, .. } if text == "Jane is leaving on the 21st. x"))
    );
    let kept = |effect: &Effect| match effect {
        Effect::KeepDraft { key: DraftKey::Change(_), text, .. } => Some(text.clone()),
        Effect::KeepDraft { .. } => panic!("the next note's draft is left alone"),
        _ => None,
    };
    assert_eq!(effects.iter().filter_map(kept).next_back().as_deref(), Some("Jane is leaving on the 21st. x"));
    // Left as it was, there is nothing to keep.
    let effects = type_keys(&mut state, "E y <backspace> <esc>");
    assert_eq!(effects.iter().filter_map(kept).next_back().as_deref(), Some(""));
    let effects = type_keys(&mut state, "D");
    assert!(matches!(effects[0], Effect::DeleteNote(_)));
}

#[test]
fn what_can_not_be_undone_is_asked() {
    let mut state = opened(120, 40);
    let effects = type_keys(&mut state, "6 X n");
    assert!(!effects.iter().any(|e| matches!(e, Effect::OutboxDrop(_))));
    let effects = type_keys(&mut state, "X y");
    assert!(effects.contains(&Effect::OutboxDrop("o1".into())));
    let effects = type_keys(&mut state, "r j j C y");
    assert!(effects.contains(&Effect::OutboxRetry(Some("o1".into()))));
    assert!(effects.iter().any(|e| matches!(e, Effect::DropCopy { copy, .. } if copy == "991")));
}

#[test]
fn quitting_keeps_the_draft() {
    let mut state = opened(80, 24);
    let effects = type_keys(&mut state, "n half_a_note <ctrl-c> q");
    assert!(matches!(effects.last(), Some(Effect::Quit)));
    assert!(effects.iter().any(|e| matches!(e, Effect::KeepDraft { text, .. } if text == "half a note")));
}

#[test]
fn the_clock_wakes_only_when_the_screen_would_change() {
    let mut state = opened(80, 24);
    let synced = state.header.as_ref().unwrap().synced.unwrap().as_second();
    assert_eq!(state.next_change().unwrap().as_second(), synced + 180);
    state.focused = false;
    assert_eq!(state.next_change(), None);
}

#[test]
fn the_digest_leads_to_the_accounts() {
    let mut state = opened(80, 24);
    let effects = type_keys(&mut state, "C j j");
    assert!(effects.contains(&Effect::LoadChanges));
    assert_eq!(state.screen, Screen::Changes);
    assert_eq!(state.target().unwrap().0.as_str(), "crm:5");
    type_keys(&mut state, "<enter>");
    assert_eq!(state.screen, Screen::Account);
    type_keys(&mut state, "<esc>");
    assert_eq!(state.screen, Screen::Changes);
    // Nothing to be done about a play here, and it says so.
    type_keys(&mut state, ": action.done <enter>");
    assert_eq!(state.toast.as_ref().unwrap().text, "there is no play under the cursor");
    type_keys(&mut state, "G k k k k k k k k q");
    let mut empty = opened(80, 24);
    type_keys(&mut empty, "C");
    let nothing = crate::book::view::Digest { heading: "Since Monday".into(), since: today(), rows: Vec::new() };
    feed(&mut empty, Event::Changes(Ok(nothing)));
    assert!(empty.target().is_none());
    type_keys(&mut empty, "<enter>");
    assert!(empty.toast.is_some());
}

#[test]
fn the_factors_of_a_rank_are_one_key_away() {
    let mut state = opened(80, 24);
    type_keys(&mut state, "<space> f");
    // The made-up account carries no origins: it says that there is nothing to show.
    assert!(state.overlay.is_none() && state.toast.is_some());
    let account = state.target().unwrap().0;
    let Some(Event::Account { result: Ok(mut view), .. }) = answer(&Effect::LoadAccount(account.clone())) else {
        panic!("an account")
    };
    let line = |what: &str| [what.to_owned(), "1".to_owned(), "because".to_owned()];
    view.factors = vec![("meet-successor".into(), vec![line("worth"), line("near")])];
    feed(&mut state, Event::Account { account, result: Ok(view) });
    type_keys(&mut state, "f");
    assert!(matches!(&state.overlay, Some(Overlay::Card { lines, .. }) if lines.len() == 2));
    type_keys(&mut state, "<esc>");
    assert!(state.overlay.is_none());
    assert_eq!(state.screen, Screen::Round);
}

#[test]
fn the_filter_offers_what_fits_and_tab_takes_it() {
    let mut state = opened(80, 24);
    let effects = type_keys(&mut state, "/");
    assert!(effects.contains(&Effect::LoadWords));
    let words = crate::book::query::Vocabulary {
        flags: Some(vec!["champion-left".into(), "usage-drop".into()]),
        segments: vec!["Mid market".into(), "Enterprise".into()],
        ..Default::default()
    };
    feed(&mut state, Event::Words(Ok(words)));
    type_keys(&mut state, "is:ch");
    assert_eq!(state.offers.fitting[0].text, "champion-left");
    let effects = type_keys(&mut state, "<tab>");
    assert_eq!(state.list.filter, "is:champion-left");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::LoadPage { .. })), "it is asked for at once");
    assert!(state.offers.fitting.is_empty());
    type_keys(&mut state, "<space> segment: <down> <tab>");
    assert_eq!(state.list.filter, "is:champion-left segment:Enterprise");
    // Without anything that fits, tab does nothing.
    type_keys(&mut state, "<space> zzz <tab>");
    assert_eq!(state.list.filter, "is:champion-left segment:Enterprise zzz");
    // Half a query is not wrong yet; a whole one is.
    state.list.error = Some("owner: needs a word".into());
    type_keys(&mut state, "<space> owner:");
    assert!(state.is_typing_on());
    type_keys(&mut state, "x <enter>");
    assert!(!state.is_typing_on() && state.filter.is_none());
}
