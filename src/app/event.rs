//! What happened, and what is to be done about it: plain values, between the thread that owns `State` and the others.
//!
//! Events are past, effects imperative. An answer carries the generation of its question where a late one could harm.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::book::flags::FlagVerb;
use crate::book::ids::{AccountId, DraftKey, NoteId};
use crate::book::loyalty::whole::Whole;
use crate::book::progress::Progress;
use crate::book::query::Vocabulary;
use crate::book::view::{
    AccountView, ActionRow, Against, Digest, Header, NoteReceipt, Page, PageQuery, Round, SyncView, Then, Walked,
};
use crate::command::ActVerb;
use crate::config::keys::Chord;

/// An answer: what was asked for, or what to say instead.
pub type Answer<T> = Result<T, String>;

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// What time it is: comes before the events of each batch.
    Clock {
        now: Timestamp,
        today: Date,
    },
    Key(Chord),
    Paste(String),
    Resized {
        width: u16,
        height: u16,
    },
    Focused(bool),
    /// A page was read; where `anchor` stands in the order, if that was asked.
    Page {
        generation: u64,
        anchor: Option<(AccountId, Option<u64>)>,
        result: Answer<Page>,
    },
    Counted {
        generation: u64,
        result: Answer<u64>,
    },
    /// For a filter that leaves nothing: the rows that each term alone keeps away.
    Excluded {
        generation: u64,
        term: String,
        without: u64,
    },
    Header(Answer<Header>),
    Account {
        account: AccountId,
        result: Answer<Box<AccountView>>,
    },
    /// How an account stood on the day that it is compared with.
    Compared {
        account: AccountId,
        against: Against,
        result: Answer<Box<Then>>,
    },
    Round(Answer<Round>),
    Actions(Answer<Vec<ActionRow>>),
    Loyalty(Answer<Box<Whole>>),
    Changes(Answer<Digest>),
    SyncView(Answer<SyncView>),
    Words(Answer<Vocabulary>),
    Draft {
        account: AccountId,
        text: Option<String>,
    },
    /// A note of mine as it was typed, and the change of it that was begun before.
    NoteText {
        note: NoteId,
        result: Answer<Option<String>>,
        draft: Option<String>,
    },
    Previewed {
        generation: u64,
        result: Answer<NoteReceipt>,
    },
    /// The note in the box is on disk, or why not.
    Saved(Answer<NoteReceipt>),
    /// Something else was done: what to say about it.
    Done {
        result: Answer<String>,
        undo: bool,
    },
    Progressed(Progress),
    DataChanged,
    Notice(String),
}

/// Something is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    LoadPage {
        generation: u64,
        query: PageQuery,
        anchor: Option<AccountId>,
    },
    Count {
        generation: u64,
        filter: String,
    },
    /// Which of these terms keeps most away: the filter without each of them.
    Exclude {
        generation: u64,
        filter: String,
    },
    LoadHeader,
    /// The words that queries of this book may use.
    LoadWords,
    LoadAccount(AccountId),
    Compare {
        account: AccountId,
        against: Against,
    },
    LoadRound,
    RoundDone,
    LoadActions,
    LoadLoyalty,
    LoadChanges,
    LoadSync,
    LoadDraft(AccountId),
    LoadNoteText(NoteId),
    KeepDraft {
        key: DraftKey,
        text: String,
        /// The draft of before was not read yet: this goes behind it.
        behind: bool,
    },
    PreviewNote {
        generation: u64,
        account: AccountId,
        text: String,
        /// The note of mine that is being changed.
        note: Option<NoteId>,
    },
    SaveNote {
        account: AccountId,
        text: String,
        /// It stays on this machine.
        private: bool,
    },
    SaveEdit {
        note: NoteId,
        text: String,
    },
    DeleteNote(NoteId),
    DropCopy {
        note: NoteId,
        copy: String,
    },
    Act {
        account: AccountId,
        play: String,
        verb: ActVerb,
        say: String,
    },
    /// Something is said of a flag.
    Flag {
        account: AccountId,
        kind: String,
        verb: FlagVerb,
        say: String,
    },
    /// An account is put off as a whole.
    PutOff {
        account: AccountId,
        until: Date,
        because: String,
        say: String,
    },
    /// How far the walk went.
    KeepWalk(Walked),
    /// A task is closed, here and in the CRM.
    TaskDone {
        account: AccountId,
        task: String,
    },
    Undo,
    SyncNow,
    SyncCancel,
    /// One row, or all of them, quietly.
    OutboxRetry(Option<String>),
    OutboxDrop(String),
    /// These rows are on screen: their standings first.
    Visible(Vec<AccountId>),
    Copy(String),
    Redraw,
    Suspend,
    Quit,
}
