//! How the sync stands: one line folded from its steps, and the cursor on the Sync screen.
//!
//! Decides the words of the line. Counts and rates come from the steps themselves.

use crate::book::ids::{AccountId, NoteId};
use crate::book::progress::Progress;
use crate::book::view::SyncView;
use crate::text;

/// The sync as the screen knows it.
#[derive(Clone, Debug, Default)]
pub struct Sync {
    pub running: bool,
    /// What it does just now, in a line.
    pub line: Option<String>,
    /// The newest error, until the next sync goes well.
    pub error: Option<String>,
    pub view: Option<SyncView>,
    /// The cursor over the rows that something can be done about.
    pub cursor: usize,
    pub top: usize,
}

/// A row of the Sync screen that something can be done about.
#[derive(Clone, Debug, PartialEq)]
pub enum SyncRow {
    Outbox(usize),
    Copy { note: NoteId, account: AccountId, copy: String },
    Problem(AccountId),
}

impl Sync {
    /// One more step. Answers whether a list of sources, kept somewhere, is old now.
    pub fn step(&mut self, progress: &Progress) -> bool {
        match progress {
            Progress::Started { source } => {
                if !self.running {
                    self.error = None;
                }
                self.running = true;
                self.line = Some(format!("{source} · asking what changed"));
                false
            }
            Progress::Pulled { source, entity, rows, of, per_second, left } => {
                self.running = true;
                let of = of.map(|of| format!(" of ~{}", text::grouped(of.max(*rows)))).unwrap_or_default();
                let rate = if *per_second >= 1.0 { format!(" · {per_second:.0}/s") } else { String::new() };
                let left = left.as_ref().map(|left| format!(" · {left}")).unwrap_or_default();
                self.line = Some(format!("{source} · {} {}{of}{rate}{left}", entity.plural(), text::grouped(*rows)));
                false
            }
            Progress::Waiting { source, seconds, because } => {
                self.running = true;
                self.line = Some(format!("{source} waits {seconds:.0} s · {because}"));
                false
            }
            Progress::Failed { because, .. } => {
                self.error = Some(because.clone());
                true
            }
            Progress::Pushed { .. } => true,
            Progress::Assessed { done, of } => {
                self.line = (done < of)
                    .then(|| format!("working out health · {} of {}", text::grouped(*done), text::grouped(*of)));
                false
            }
            Progress::Ended { summary, .. } => {
                if let Some(error) = &summary.error {
                    self.error = Some(error.clone());
                }
                true
            }
            Progress::Done => {
                self.running = false;
                self.line = None;
                true
            }
        }
    }

    /// The rows that something can be done about, from top to bottom.
    pub fn rows(&self) -> Vec<SyncRow> {
        let Some(view) = &self.view else { return Vec::new() };
        let outbox = (0..view.outbox.len()).map(SyncRow::Outbox);
        let copies = view.copies.iter().flat_map(|(note, account, copies)| {
            let row =
                |copy: &String| SyncRow::Copy { note: note.clone(), account: account.clone(), copy: copy.clone() };
            copies.iter().map(row)
        });
        let problems = view.problems.iter().map(|(account, _)| SyncRow::Problem(account.clone()));
        outbox.chain(copies).chain(problems).collect()
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<SyncRow> {
        self.rows().into_iter().nth(self.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::row::Entity;

    #[test]
    fn a_step_is_a_line_with_counts_and_rate() {
        let mut sync = Sync::default();
        sync.step(&Progress::Pulled {
            source: "crm".into(),
            entity: Entity::Person,
            rows: 4_120,
            of: Some(8_000),
            per_second: 310.4,
            left: Some("61 of 190 requests left".into()),
        });
        assert_eq!(sync.line.as_deref(), Some("crm · people 4,120 of ~8,000 · 310/s · 61 of 190 requests left"));
        assert!(sync.running);
        sync.step(&Progress::Failed { source: "crm".into(), entity: None, because: "crm refused the token".into() });
        sync.step(&Progress::Done);
        assert_eq!((sync.running, sync.line.clone()), (false, None));
        assert_eq!(sync.error.as_deref(), Some("crm refused the token"));
    }
}
