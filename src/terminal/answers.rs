//! An effect that touches data becomes a call of the workspace, and its result an event.
//!
//! Decides nothing but the words of what was done.

use jiff::Timestamp;

use crate::app::{Effect, Event};
use crate::ops::DraftKey;
use crate::ops::{Desk, OpsError};

/// Does what an effect asks for. What is not a matter of the workspace has no answer.
pub(super) fn answer(desk: &Desk, effect: &Effect, now: Timestamp) -> Vec<Event> {
    let one = |event: Event| vec![event];
    let done = |result: Result<String, OpsError>, undo: bool| vec![Event::Done { result: said(result), undo }];
    match effect {
        Effect::LoadPage { generation, query, anchor } => {
            let mut query = query.clone();
            let at = anchor.as_ref().map(|account| {
                let at = desk.position(&query, account).ok().flatten();
                // The window moves with the account, so that one read has them both.
                if let Some(at) = at
                    && (at < query.offset || at >= query.offset + query.limit)
                {
                    query.offset = at.saturating_sub(query.limit / 2);
                }
                (account.clone(), at)
            });
            one(Event::Page { generation: *generation, anchor: at, result: said(desk.page(&query)) })
        }
        Effect::Count { generation, filter } => {
            one(Event::Counted { generation: *generation, result: said(desk.count(filter)) })
        }
        Effect::Exclude { generation, filter } => excluded(desk, *generation, filter),
        Effect::LoadWords => one(Event::Words(said(desk.words()))),
        Effect::LoadHeader => one(Event::Header(said(desk.header()))),
        Effect::LoadAccount(account) => {
            let result = said(desk.account(account).map(Box::new));
            one(Event::Account { account: account.clone(), result })
        }
        Effect::Compare { account, against } => {
            let result = said(desk.compare(account, *against).map(Box::new));
            one(Event::Compared { account: account.clone(), against: *against, result })
        }
        Effect::LoadRound => one(Event::Round(said(desk.round()))),
        Effect::RoundDone => match desk.round_done(now) {
            Ok(()) => Vec::new(),
            Err(error) => one(Event::Notice(error.message)),
        },
        Effect::LoadActions => one(Event::Actions(said(desk.actions(None)))),
        Effect::LoadLoyalty => one(Event::Loyalty(said(desk.loyalty().map(Box::new)))),
        Effect::LoadChanges => one(Event::Changes(said(desk.changes(None, false)))),
        Effect::LoadSync => one(Event::SyncView(said(desk.sync_view()))),
        Effect::LoadDraft(account) => {
            let text = desk.draft(&DraftKey::Next(account.clone())).ok().flatten();
            one(Event::Draft { account: account.clone(), text })
        }
        Effect::LoadNoteText(note) => {
            let draft = desk.draft(&DraftKey::Change(note.clone())).ok().flatten();
            one(Event::NoteText { note: note.clone(), result: said(desk.note_text(note)), draft })
        }
        Effect::KeepDraft { key, text, behind } => match desk.draft_keep(key, text, *behind, now) {
            Ok(()) => Vec::new(),
            Err(error) => one(Event::Notice(format!("the draft is not on disk yet: {}", error.message))),
        },
        Effect::PreviewNote { generation, account, text, note } => one(Event::Previewed {
            generation: *generation,
            result: said(desk.note_preview(account, text, note.as_ref())),
        }),
        Effect::SaveNote { account, text, private } => {
            one(Event::Saved(said(desk.note_add(account, text, *private, now))))
        }
        Effect::SaveEdit { note, text } => one(Event::Saved(said(desk.note_edit(note, text, now)))),
        Effect::DeleteNote(note) => done(desk.note_delete(note, now).map(|()| "note deleted".into()), true),
        Effect::DropCopy { note, copy } => {
            done(desk.note_drop_copy(note, copy, now).map(|()| "the second copy goes with the next push".into()), false)
        }
        Effect::Act { account, play, verb, say } => {
            done(desk.act(account, play, verb, now).map(|()| say.clone()), true)
        }
        Effect::Flag { account, kind, verb, say } => {
            done(desk.flag(account, kind, verb, now).map(|_| say.clone()), true)
        }
        Effect::PutOff { account, until, because, say } => {
            done(desk.put_off(account, *until, because, now).map(|()| say.clone()), true)
        }
        Effect::KeepWalk(walked) => match desk.walk_keep(walked, now) {
            Ok(()) => Vec::new(),
            Err(error) => one(Event::Notice(error.message)),
        },
        Effect::TaskDone { account, task } => {
            done(desk.task_done(account, task, now).map(|subject| format!("done: {subject}")), true)
        }
        Effect::Undo => done(desk.undo(now), false),
        Effect::OutboxRetry(None) => match desk.outbox_retry(None, now) {
            Ok(0) | Err(_) => Vec::new(),
            Ok(_) => one(Event::DataChanged),
        },
        Effect::OutboxRetry(Some(id)) => {
            done(desk.outbox_retry(Some(id), now).map(|_| "sent again with the next push".into()), false)
        }
        Effect::OutboxDrop(id) => done(desk.outbox_drop(id, now).map(|()| "given up; it stays here".into()), false),
        Effect::SyncNow
        | Effect::SyncCancel
        | Effect::Visible(_)
        | Effect::Copy(_)
        | Effect::Redraw
        | Effect::Suspend
        | Effect::Quit => Vec::new(),
    }
}

fn said<T>(result: Result<T, OpsError>) -> Result<T, String> {
    result.map_err(|error| error.message)
}

/// The filter without each of its terms: the one without which most is left keeps most away.
fn excluded(desk: &Desk, generation: u64, filter: &str) -> Vec<Event> {
    let terms: Vec<&str> = filter.split_whitespace().collect();
    let without = |skip: usize| {
        let rest: Vec<&str> = terms.iter().enumerate().filter(|(at, _)| *at != skip).map(|(_, term)| *term).collect();
        desk.count(&rest.join(" ")).ok()
    };
    let most = terms.iter().enumerate().filter_map(|(at, term)| Some((without(at)?, *term))).max_by_key(|(n, _)| *n);
    most.into_iter().map(|(without, term)| Event::Excluded { generation, term: term.to_owned(), without }).collect()
}
