//! The table of commands itself.
//!
//! One row a command: adding one is adding a row here and its meaning in `app`.
//! Only commands that work stand here; a name is never changed once it was shipped.

use super::Arg::{Rest, Text, Word};
use super::Scope::{
    Account, Actions, Changes, Explain, Filter, Global, Help, List, Loyalty, Note, Palette, Round, Sync,
};
use super::{Arg, Kind, Scope, Spec};

macro_rules! commands {
    ($($id:ident $name:literal $short:literal $kind:ident $scopes:expr, $args:expr, $doc:literal;)*) => {
        /// Which command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Id {
            $(#[doc = $doc] $id,)*
        }

        /// Every command, in the order of the help.
        pub static TABLE: &[Spec] = &[
            $(Spec { id: Id::$id, name: $name, short: $short, doc: $doc, args: $args, scopes: $scopes, kind: Kind::$kind },)*
        ];
    };
}

const LISTS: &[Scope] = &[List, Account, Explain, Round, Actions, Changes, Loyalty, Sync, Palette, Help];
const PLAYS: &[Scope] = &[Round, Account, Actions];
const EVERYWHERE: &[Scope] = &[Global];
const FIELDS: &[Scope] = &[Note, Filter, Palette];
const NONE: &[Arg] = &[];
const SORTS: &[&str] = &["urgency", "health", "change", "arr", "renewal", "touch", "name"];
const TABS: &[&str] = &["overview", "people", "value", "plan", "timeline", "next", "prev"];
const HOW_MANY: &[Arg] = &[Arg::Number("rows")];

commands! {
    ListDown "list.down" "down" Ui LISTS, HOW_MANY, "Move down";
    ListUp "list.up" "up" Ui LISTS, HOW_MANY, "Move up";
    ListPageDown "list.page_down" "page down" Ui LISTS, NONE, "Move down by a page";
    ListPageUp "list.page_up" "page up" Ui LISTS, NONE, "Move up by a page";
    ListTop "list.top" "top" Ui LISTS, NONE, "Go to the first row";
    ListBottom "list.bottom" "bottom" Ui LISTS, NONE, "Go to the last row";
    ListFilter "list.filter" "filter" Ui &[List], &[Rest("query")], "Filter the book: plain words search names, health<60 and the like compare";
    ListSort "list.sort" "sort" Ui &[List], &[Word("by", SORTS)], "Sort by the next key, or by the one named";
    ListReverse "list.reverse" "reverse" Ui &[List], NONE, "Turn the order around";
    AccountOpen "account.open" "open" Ui &[List, Round, Actions, Changes, Loyalty, Sync], &[Text("account")], "Open the account under the cursor";
    AccountTab "account.tab" "next tab" Ui &[Account], &[Word("tab", TABS)], "Show another tab of the account";
    AccountExplain "account.explain" "explain" Ui &[List, Account, Round, Actions, Changes, Loyalty], NONE, "Show why the score is what it is";
    AccountBrief "account.brief" "brief" Ui &[List, Account, Explain, Round, Actions, Changes, Loyalty], NONE, "Five lines before the call: paid, proven, open, who agrees, what next";
    AccountTrust "account.trust" "trust" Ui &[List, Account, Explain, Round, Actions, Changes, Loyalty], NONE, "Show what moved trust: the ledger of the battery";
    ExplainUnfold "explain.unfold" "unfold" Ui &[Explain], NONE, "Open the row under the cursor: what it is made of";
    ExplainFold "explain.fold" "fold" Ui &[Explain], NONE, "Close the row, or go to the one that it belongs to";
    ExplainFoldAll "explain.fold_all" "fold all" Ui &[Explain], NONE, "Close everything; again: as it was";
    ExplainUnfoldAll "explain.unfold_all" "unfold all" Ui &[Explain], NONE, "Open everything, down to the records";
    ExplainAgainst "explain.against" "compare" Ui &[Explain], &[Rest("week, rounds, a day or now")], "Compare with seven days before, the last rounds, a day, or nothing";
    ExplainMedian "explain.median" "median" Ui &[Explain], NONE, "Show or hide the median of the segment beside every measure";
    AccountLink "account.link" "CRM" Ui &[List, Account, Explain, Round, Actions, Changes, Loyalty], NONE, "Copy the account's address in the CRM, to open it there";
    AccountCopy "account.copy" "copy" Ui &[List, Account, Explain, Round, Actions, Changes, Loyalty], NONE, "Copy what the cursor is on: name, mail address or text";
    NoteAdd "note.add" "note" Data &[List, Account, Explain, Round, Actions, Changes, Loyalty], &[Rest("text")], "Take a note on the account under the cursor";
    NoteEdit "note.edit" "edit" Data &[Account], NONE, "Change the note of yours under the cursor, also after it was sent";
    NoteDelete "note.delete" "delete" Data &[Account], NONE, "Delete the note of yours under the cursor, also in the CRM";
    NoteSave "note.save" "save" Data &[Note], NONE, "Save the note";
    NoteBreak "note.break" "new line" Ui &[Note], NONE, "Begin a new line in the note";
    NotePrivate "note.private" "private" Ui &[Note], NONE, "Keep the note on this machine; again: let it go to the CRM";
    NoteDraft "note.draft" "keep draft" Ui &[Note], NONE, "Leave the note and keep it as a draft";
    TaskAdd "task.add" "task" Data &[List, Account, Explain, Round, Actions, Changes, Loyalty], &[Rest("text")], "Add a task on the account under the cursor";
    RoundStart "round.start" "rounds" Ui EVERYWHERE, NONE, "Walk through the accounts that need you";
    RoundNext "round.next" "next" Ui &[Round], NONE, "Go to the next account of the rounds";
    RoundPrev "round.prev" "previous" Ui &[Round], NONE, "Go back to the account before";
    ActionList "action.list" "actions" Ui EVERYWHERE, NONE, "Show all open tasks and plays";
    ActionDone "action.done" "done" Data PLAYS, &[Rest("how it ended")], "The play is done, or the task: it is closed in the CRM too";
    ActionDo "action.do" "take on" Data PLAYS, NONE, "Take the play on: it stays at the top until it is done";
    ActionAssign "action.assign" "assign" Data PLAYS, &[Rest("to")], "Give the play to a colleague";
    ActionSnooze "action.snooze" "snooze" Data PLAYS, &[Rest("until and why")], "Put the play off until a day: fri, +2w, dec 31";
    ActionDismiss "action.dismiss" "dismiss" Data PLAYS, &[Rest("why")], "The play does not fit; say why";
    ActionFactors "action.factors" "why here" Ui PLAYS, NONE, "Show what the rank of the play is made of";
    FlagClose "flag.close" "close flag" Data &[Account, Round], &[Text("flag"), Rest("word")], "Close a flag: real, false alarm or too early";
    FlagSnooze "flag.snooze" "flag later" Data &[Account, Round], &[Text("flag"), Rest("until and why")], "Put a flag off until a day: fri, +2w, dec 31";
    AccountSnooze "account.snooze" "account off" Data &[List, Account, Round, Changes], &[Rest("until and why")], "Put the account off: it is on no rounds before that day";
    ChangesShow "changes.show" "changes" Ui EVERYWHERE, NONE, "What changed since your last rounds, the largest money first";
    ScreenPortfolio "screen.portfolio" "portfolio" Ui EVERYWHERE, NONE, "The book, most urgent first";
    ScreenLoyalty "screen.loyalty" "loyalty" Ui EVERYWHERE, NONE, "Pyramids, clocks, who is longest on a step, whom to keep";
    ScreenSync "screen.sync" "sync" Ui EVERYWHERE, NONE, "Sources, limits, the outbox and what did not match";
    SyncNow "sync.now" "sync now" Data EVERYWHERE, NONE, "Pull and push now, what was refused too";
    SyncCancel "sync.cancel" "cancel" Data EVERYWHERE, NONE, "Stop the running sync; what was pulled is kept";
    OutboxRetry "outbox.retry" "retry" Data &[Sync], NONE, "Send the row again";
    OutboxDrop "outbox.drop" "give up" Data &[Sync], NONE, "Give the row up: it is not sent, the note stays here";
    NoteDropCopy "note.drop_copy" "remove copy" Data &[Sync], NONE, "Remove the second copy of a note from the CRM";
    AppUndo "app.undo" "undo" Data EVERYWHERE, NONE, "Take back the last thing that has not left this machine";
    PaletteOpen "palette.open" "palette" Ui EVERYWHERE, NONE, "Find a command by its words";
    CommandLine "command.line" "command" Ui EVERYWHERE, NONE, "Type a command by its name";
    MessagesShow "messages.show" "messages" Ui EVERYWHERE, NONE, "Show what was said so far";
    HelpKeys "help.keys" "keys" Ui EVERYWHERE, NONE, "Show the keys that work here";
    FieldAccept "field.accept" "take" Ui FIELDS, NONE, "Take what is offered, or what was typed";
    FieldComplete "field.complete" "complete" Ui &[Filter], NONE, "Take the word that is marked";
    FieldNext "field.next" "next word" Ui &[Filter], NONE, "Mark the next word that fits";
    FieldPrev "field.prev" "word before" Ui &[Filter], NONE, "Mark the word before that fits";
    FieldLeave "field.leave" "leave" Ui FIELDS, NONE, "Leave the field";
    AppBack "app.back" "back" Ui EVERYWHERE, NONE, "Go back";
    AppRedraw "app.redraw" "redraw" Ui EVERYWHERE, NONE, "Draw the screen again";
    AppSuspend "app.suspend" "suspend" Ui EVERYWHERE, NONE, "Put Rounds into the background of the shell";
    AppQuit "app.quit" "quit" Ui EVERYWHERE, NONE, "Quit; drafts are kept";
    KeyNone "key.none" "nothing" Ui EVERYWHERE, NONE, "Do nothing: takes a default key away";
}
