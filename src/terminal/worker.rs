//! The thread that reads and writes the book for the screens, one thing after the other.
//!
//! Decides which questions have become pointless: of those that replace each other only the last is answered.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use jiff::Timestamp;

use super::Message;
use super::answers::answer;
use crate::app::Effect;
use crate::ops::Desk;
use crate::ops::DraftKey;

struct Job {
    effect: Effect,
    now: Timestamp,
}

/// The thread, from outside.
pub(super) struct Worker {
    jobs: Option<Sender<Job>>,
    /// Raised with every question for a page, so that a long search for an older one ends.
    questions: Arc<AtomicU64>,
    ended: Receiver<()>,
}

impl Worker {
    /// Starts it on a workspace of its own.
    pub fn start(mut desk: Desk, answers: Sender<Message>) -> Self {
        let (jobs, queue) = channel::<Job>();
        let (end, ended) = channel();
        let questions = desk.questions();
        std::thread::spawn(move || {
            while let Ok(first) = queue.recv() {
                let mut waiting = VecDeque::from([first]);
                while let Some(job) = waiting.pop_front() {
                    waiting.extend(queue.try_iter());
                    if waiting.iter().any(|later| replaces(&later.effect, &job.effect)) {
                        continue;
                    }
                    // A night may have passed since it was opened.
                    desk.turn();
                    for event in answer(&desk, &job.effect, job.now) {
                        if answers.send(Message::Answer(event)).is_err() {
                            break;
                        }
                    }
                }
            }
            let _ = end.send(());
        });
        Self { jobs: Some(jobs), questions, ended }
    }

    /// Asks for something; the answer comes as a message.
    pub fn ask(&self, effect: Effect, now: Timestamp) {
        if matches!(effect, Effect::LoadPage { .. }) {
            self.questions.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job { effect, now });
        }
    }

    /// Lets it do what it was asked, at most for a while.
    pub fn finish(&mut self, patience: Duration) {
        self.jobs = None;
        let _ = self.ended.recv_timeout(patience);
    }
}

/// Whether a later question makes an earlier one pointless.
fn replaces(later: &Effect, earlier: &Effect) -> bool {
    match (later, earlier) {
        (Effect::LoadPage { .. }, Effect::LoadPage { .. })
        | (Effect::Count { .. }, Effect::Count { .. })
        | (Effect::Exclude { .. } | Effect::Count { .. }, Effect::Exclude { .. })
        | (Effect::LoadHeader, Effect::LoadHeader)
        | (Effect::LoadActions, Effect::LoadActions)
        | (Effect::LoadLoyalty, Effect::LoadLoyalty)
        | (Effect::LoadChanges, Effect::LoadChanges)
        | (Effect::LoadSync, Effect::LoadSync)
        | (Effect::KeepWalk(_), Effect::KeepWalk(_))
        | (Effect::PreviewNote { .. }, Effect::PreviewNote { .. }) => true,
        (Effect::LoadAccount(a), Effect::LoadAccount(b)) => a == b,
        // What goes behind a draft of before is no part of a later one.
        (Effect::KeepDraft { key: a, .. }, Effect::KeepDraft { key: b, behind: false, .. }) => a == b,
        // The note itself is what the draft would have become.
        (Effect::SaveNote { account, .. }, Effect::KeepDraft { key: DraftKey::Next(b), behind: false, .. }) => {
            account == b
        }
        (Effect::SaveEdit { note, .. }, Effect::KeepDraft { key: DraftKey::Change(b), .. }) => note == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_draft_is_written_and_no_note_is_ever_skipped() {
        let of = |account: &str| DraftKey::Next(account.into());
        let draft = |text: &str| Effect::KeepDraft { key: of("crm:1"), text: text.into(), behind: false };
        let note = Effect::SaveNote { account: "crm:1".into(), text: "done".into(), private: false };
        assert!(replaces(&draft("ab"), &draft("a")));
        assert!(!replaces(&Effect::KeepDraft { key: of("crm:2"), text: "x".into(), behind: false }, &draft("a")));
        let behind = Effect::KeepDraft { key: of("crm:1"), text: "a".into(), behind: true };
        assert!(!replaces(&draft("ab"), &behind) && !replaces(&note, &behind));
        assert!(replaces(&note, &draft("a")));
        assert!(!replaces(&note, &note));
        assert!(!replaces(&draft("a"), &note));
        assert!(!replaces(&Effect::Undo, &Effect::Undo));
    }
}
