//! Does the commands that touch data: the same for the terminal, the command line and scripts.
//!
//! Decides what a command means for the store and in which shape its result comes back (`cli.md`).
//! Draws nothing, prints nothing, and never waits for the network: what must reach a CRM goes to the outbox.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::book::ids::{AccountId, NoteId};
use crate::book::view::{
    AccountView, ActionRow, Header, NoteReceipt, OutboxRow, Page, PageQuery, PortfolioRow, Round, SyncView,
};

/// Why a command could not be done, in words that say what to do now.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct OpsError {
    /// What happened, where, what now.
    pub message: String,
    /// The exit code that the command line answers with (`cli.md`).
    pub exit: u8,
}

impl OpsError {
    /// A failure with exit code 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit: 1 }
    }

    /// Wrong use, with exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit: 2 }
    }
}

/// What is done about a play.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionVerb {
    /// It is being done: it stays on the list, at the top.
    Do,
    /// Somebody else takes it.
    Assign(String),
    /// Not before that day.
    Snooze { until: Date, because: String },
    /// Not wanted; why.
    Dismiss(String),
    /// Done; how it ended.
    Done(String),
}

/// The opened workspace of one thread: settings, both databases, and what day it is.
///
/// Each thread opens its own ([`Desk::open_again`]); SQLite keeps them apart.
pub struct Desk {
    /// Where `cache.db` and `own.db` are.
    pub data: PathBuf,
    /// What today is: the clock's day, unless `--today` says otherwise.
    pub today: Date,
}

impl Desk {
    /// The same workspace for another thread.
    pub fn open_again(&self) -> Result<Self, OpsError> {
        Err(OpsError::failed("the workspace is not open"))
    }

    /// A window of the portfolio: one indexed read.
    pub fn page(&self, query: &PageQuery) -> Result<Page, OpsError> {
        let _ = query;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// How many rows the filter leaves.
    pub fn count(&self, filter: &str) -> Result<u64, OpsError> {
        let _ = filter;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Where an account stands in the order of a query, if it is in it: so that the cursor stays on it after a change.
    pub fn position(&self, query: &PageQuery, account: &AccountId) -> Result<Option<u64>, OpsError> {
        let _ = (query, account);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// The top line.
    pub fn header(&self) -> Result<Header, OpsError> {
        Err(OpsError::failed("the workspace is not open"))
    }

    /// One account, whole, with its standing as of today.
    pub fn account(&self, id: &AccountId) -> Result<AccountView, OpsError> {
        let _ = id;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// One line of the portfolio, for the preview and for rows that changed.
    pub fn row(&self, id: &AccountId) -> Result<Option<PortfolioRow>, OpsError> {
        let _ = id;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// The morning walk as of now.
    pub fn round(&self) -> Result<Round, OpsError> {
        Err(OpsError::failed("the workspace is not open"))
    }

    /// The walk is over: what is on the list now is what the next walk compares with.
    pub fn round_done(&self, now: Timestamp) -> Result<(), OpsError> {
        let _ = now;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// What a note would be understood as; saves nothing.
    pub fn note_preview(&self, account: &AccountId, text: &str, now: Timestamp) -> Result<NoteReceipt, OpsError> {
        let _ = (account, text, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Saves a note and what must reach the CRM because of it, in one transaction: when this returns it is on disk.
    pub fn note_add(
        &self,
        account: &AccountId,
        text: &str,
        private: bool,
        now: Timestamp,
    ) -> Result<NoteReceipt, OpsError> {
        let _ = (account, text, private, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Changes a note of mine, also after it was sent.
    pub fn note_edit(&self, note: &NoteId, text: &str, now: Timestamp) -> Result<NoteReceipt, OpsError> {
        let _ = (note, text, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Deletes a note of mine, also in the CRM.
    pub fn note_delete(&self, note: &NoteId, now: Timestamp) -> Result<(), OpsError> {
        let _ = (note, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// The text of a note of mine as it was typed, for editing it.
    pub fn note_text(&self, note: &NoteId) -> Result<Option<String>, OpsError> {
        let _ = note;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Removes a second copy of a note from the CRM.
    pub fn note_drop_copy(&self, note: &NoteId, copy: &str, now: Timestamp) -> Result<(), OpsError> {
        let _ = (note, copy, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Keeps the unfinished note of an account; an empty one is forgotten.
    pub fn draft_keep(&self, account: &AccountId, text: &str, now: Timestamp) -> Result<(), OpsError> {
        let _ = (account, text, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// The unfinished note of an account.
    pub fn draft(&self, account: &AccountId) -> Result<Option<String>, OpsError> {
        let _ = account;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// All unfinished notes: account, its name, text.
    pub fn drafts(&self) -> Result<Vec<(AccountId, String, String)>, OpsError> {
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Open tasks and plays, best first; of one account or of the whole book.
    pub fn actions(&self, account: Option<&AccountId>) -> Result<Vec<ActionRow>, OpsError> {
        let _ = account;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Does something about a play on offer.
    pub fn act(&self, account: &AccountId, play: &str, verb: &ActionVerb, now: Timestamp) -> Result<(), OpsError> {
        let _ = (account, play, verb, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Takes back the last `act`, note or deletion that has not left the machine. Says what it took back.
    pub fn undo(&self, now: Timestamp) -> Result<String, OpsError> {
        let _ = now;
        Err(OpsError::failed("the workspace is not open"))
    }

    /// The Sync screen.
    pub fn sync_view(&self) -> Result<SyncView, OpsError> {
        Err(OpsError::failed("the workspace is not open"))
    }

    /// What waits to reach the CRM.
    pub fn outbox(&self) -> Result<Vec<OutboxRow>, OpsError> {
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Sends a refused or waiting row again at the next push; `None`: all of them.
    pub fn outbox_retry(&self, id: Option<&str>, now: Timestamp) -> Result<u64, OpsError> {
        let _ = (id, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Gives a row up: it will not be sent. The note itself stays here.
    pub fn outbox_drop(&self, id: &str, now: Timestamp) -> Result<(), OpsError> {
        let _ = (id, now);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// The accounts whose name, id or domain fits; best first, at most `limit`.
    pub fn find(&self, what: &str, limit: usize) -> Result<Vec<(AccountId, String)>, OpsError> {
        let _ = (what, limit);
        Err(OpsError::failed("the workspace is not open"))
    }
}

/// The background half of a running Rounds: syncs and assesses on its own thread, and reports by callback.
pub struct Background {
    _private: (),
}

/// What the background half says.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// A step of a sync.
    Progress(crate::book::progress::Progress),
    /// What lists show has changed (rows kept, standings computed): ask again. At most some times a second.
    DataChanged,
    /// Something to say calmly: another Rounds syncs, the disk is read-only, the cache was pulled again.
    Notice(String),
}

impl Background {
    /// Starts it: syncs now, then every 15 minutes, on [`Background::sync_now`], and after a note.
    pub fn start(desk: &Desk, report: impl Fn(Report) + Send + Sync + 'static) -> Result<Self, OpsError> {
        let _ = (desk, &report);
        Err(OpsError::failed("the workspace is not open"))
    }

    /// Syncs now (`R`).
    pub fn sync_now(&self) {}

    /// Something waits in the outbox: push it.
    pub fn push_now(&self) {}

    /// Ends the running sync at the next page; what was pulled is kept.
    pub fn cancel(&self) {}

    /// These rows are on screen: assess them first.
    pub fn visible(&self, accounts: Vec<AccountId>) {
        let _ = accounts;
    }
}
