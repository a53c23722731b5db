//! All that is on screen, and what the next key acts on.
//!
//! Decides which account and which play a command means, and whether a command can be done now.
//! Changed only by `update`.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::account::{Pane, Tab};
use crate::app::edit::Editor;
use crate::app::event::Event;
use crate::app::explain::Explain;
use crate::app::filter::Offers;
use crate::app::layout;
use crate::app::list::List;
use crate::app::note::NoteBox;
use crate::app::overlay::Overlay;
use crate::app::sync::{Sync, SyncRow};
use crate::app::walk::Walk;
use crate::book::ids::AccountId;
use crate::book::loyalty::whole::{OnStep, Whole};
use crate::book::view::{AccountView, ActionRow, Digest, Header};
use crate::command::{Id, Scope};
use crate::config::keys::{Chord, Keymap};

/// A screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    #[default]
    Portfolio,
    Account,
    Explain,
    Round,
    Actions,
    Changes,
    Loyalty,
    Sync,
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Calm,
    Wrong,
}

/// A line over the bottom line, gone with the next key.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub text: String,
    pub tone: Tone,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub at: Timestamp,
    pub text: String,
    pub tone: Tone,
}

/// The open tasks and plays.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    /// By date, then by rank; `None` until they came.
    pub rows: Option<Vec<ActionRow>>,
    pub cursor: usize,
    pub top: usize,
}

/// What changed since the last rounds.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// `None` until it came.
    pub digest: Option<Digest>,
    pub cursor: usize,
}

/// What the next answer of an account is waited for.
#[derive(Clone, Debug, PartialEq)]
pub enum After {
    /// Its address in the CRM is copied.
    Link(AccountId),
    /// Its five lines are shown.
    Brief(AccountId),
    /// The ledger of its trust is shown.
    Trust(AccountId),
}

/// The loyalty of the book.
#[derive(Clone, Debug, Default)]
pub struct Loyalty {
    pub whole: Option<Whole>,
    pub cursor: usize,
}

impl Loyalty {
    /// The account under the cursor, with the step it is on.
    pub fn current(&self) -> Option<&OnStep> {
        self.whole.as_ref()?.on_steps.get(self.cursor)
    }
}

/// The play that a command means.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub account: AccountId,
    pub name: String,
    /// What `act` knows it by.
    pub play: String,
    pub title: String,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct State {
    pub now: Timestamp,
    /// The day that is looked at: everything on screen is relative to it.
    pub today: Date,
    /// The past day that is looked at; `None`: today is.
    pub as_of: Option<Date>,
    /// The day that what is written is dated with.
    pub writes_on: Date,
    pub size: (u16, u16),
    pub focused: bool,
    pub keymap: Keymap,
    pub header: Option<Header>,
    pub screen: Screen,
    pub back: Vec<Screen>,
    pub list: List,
    /// The open filter field, with what the filter was before.
    pub filter: Option<Editor>,
    /// What could be typed next in it.
    pub offers: Offers,
    pub account: Option<Pane>,
    pub explain: Option<Explain>,
    pub walk: Option<Walk>,
    /// The round was asked for and has not come.
    pub walk_loading: bool,
    pub actions: Actions,
    pub changes: Changes,
    pub loyalty: Loyalty,
    pub sync: Sync,
    pub overlay: Option<Overlay>,
    pub note: Option<NoteBox>,
    pub toast: Option<Toast>,
    pub log: Vec<Said>,
    /// The keys of a sequence that has begun, and what may follow.
    pub pending: Vec<Chord>,
    pub follow: Vec<(String, &'static str)>,
    /// The accounts that are whole in memory: those on screen and the next of the walk.
    views: Vec<(AccountId, Box<AccountView>)>,
    pub(super) after: Option<After>,
    /// Keys pressed while a note is on its way to the disk.
    pub(super) held: Vec<Event>,
    /// Numbers the questions of the note box.
    pub(super) generation: u64,
    /// What was last told to be on screen.
    pub(super) told_visible: Vec<AccountId>,
}

/// Accounts kept whole.
const VIEWS: usize = 4;
/// Lines kept in the log.
const LOG: usize = 500;

impl State {
    /// Nothing read yet.
    pub fn new(now: Timestamp, today: Date, size: (u16, u16), keymap: Keymap) -> Self {
        Self {
            now,
            today,
            as_of: None,
            writes_on: today,
            size,
            focused: true,
            keymap,
            header: None,
            screen: Screen::Portfolio,
            back: Vec::new(),
            list: List::default(),
            filter: None,
            offers: Offers::default(),
            account: None,
            explain: None,
            walk: None,
            walk_loading: false,
            actions: Actions::default(),
            changes: Changes::default(),
            loyalty: Loyalty::default(),
            sync: Sync::default(),
            overlay: None,
            note: None,
            toast: None,
            log: Vec::new(),
            pending: Vec::new(),
            follow: Vec::new(),
            views: Vec::new(),
            after: None,
            held: Vec::new(),
            generation: 0,
            told_visible: Vec::new(),
        }
    }

    /// Looks at a past day; what is written stays dated with the day of the clock.
    pub fn look_at(&mut self, day: Date) {
        self.as_of = Some(day);
        self.today = day;
    }

    /// Rows of the portfolio on this screen.
    pub fn list_rows(&self) -> u64 {
        layout::list_rows(self.size.1)
    }

    /// The filter is being typed and is only not at its end yet: what is missing would stand behind it.
    pub fn is_typing_on(&self) -> bool {
        let Some(field) = &self.filter else { return false };
        let open = field.text().matches('(').count() > field.text().matches(')').count();
        let at_end = self.list.error_at.is_some_and(|at| at >= field.text().trim_end().chars().count());
        field.cursor() == field.text().len() && (open || at_end || field.text().ends_with(':'))
    }

    /// The scopes that a key is looked up in, the innermost first.
    pub fn scopes(&self) -> Vec<Scope> {
        match &self.overlay {
            Some(Overlay::Help { .. } | Overlay::Messages { .. } | Overlay::Card { .. } | Overlay::Sheet { .. }) => {
                return vec![Scope::Help];
            }
            Some(Overlay::Palette { .. }) => return vec![Scope::Palette],
            Some(Overlay::Line { .. } | Overlay::Question { .. }) => return vec![Scope::Palette],
            Some(Overlay::Confirm { .. } | Overlay::Choose { .. }) => return vec![Scope::Help],
            None => {}
        }
        if self.note.is_some() {
            return vec![Scope::Note];
        }
        if self.filter.is_some() {
            return vec![Scope::Filter];
        }
        vec![self.screen_scope(), Scope::Global]
    }

    /// The scope of the screen under what floats.
    pub fn screen_scope(&self) -> Scope {
        match self.screen {
            Screen::Portfolio => Scope::List,
            Screen::Account => Scope::Account,
            Screen::Explain => Scope::Explain,
            Screen::Round => Scope::Round,
            Screen::Actions => Scope::Actions,
            Screen::Changes => Scope::Changes,
            Screen::Loyalty => Scope::Loyalty,
            Screen::Sync => Scope::Sync,
        }
    }

    /// Says something: on screen until the next key, and in the log.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let text = crate::text::clean_line(&text.into());
        self.toast = Some(Toast { text: text.clone(), tone });
        self.note_down(tone, text);
    }

    /// Puts a line into the log only.
    pub fn note_down(&mut self, tone: Tone, text: String) {
        if self.log.last().is_some_and(|last| last.text == text) {
            return;
        }
        self.log.push(Said { at: self.now, text, tone });
        if self.log.len() > LOG {
            self.log.remove(0);
        }
    }

    /// An account that is whole in memory.
    pub fn view(&self, id: &AccountId) -> Option<&AccountView> {
        self.views.iter().find(|(known, _)| known == id).map(|(_, view)| &**view)
    }

    pub(super) fn keep_view(&mut self, id: AccountId, view: Box<AccountView>) {
        self.views.retain(|(known, _)| *known != id);
        self.views.push((id, view));
        if self.views.len() > VIEWS {
            self.views.remove(0);
        }
    }

    /// Forgets all whole accounts but those in use, and answers which these are.
    pub(super) fn used_views(&mut self) -> Vec<AccountId> {
        let mut used: Vec<AccountId> = Vec::new();
        if self.screen == Screen::Account || self.back.contains(&Screen::Account) {
            used.extend(self.account.as_ref().map(|pane| pane.account.clone()));
        }
        if self.screen == Screen::Explain || self.back.contains(&Screen::Explain) {
            used.extend(self.explain.as_ref().map(|pane| pane.account.clone()));
        }
        if self.screen == Screen::Round || self.back.contains(&Screen::Round) {
            used.extend(self.walk.as_ref().and_then(Walk::stop).map(|stop| stop.account.clone()));
        }
        used.extend(self.note.as_ref().map(|note| note.account.clone()));
        used.dedup();
        self.views.retain(|(id, _)| used.contains(id));
        used
    }

    /// The account that a command means, with its name.
    pub fn target(&self) -> Option<(AccountId, String)> {
        match self.screen {
            Screen::Portfolio => self.list.current().map(|row| (row.account.clone(), row.name.clone())),
            Screen::Account => self.account.as_ref().map(|pane| (pane.account.clone(), pane.name.clone())),
            Screen::Explain => self.explain.as_ref().map(|pane| (pane.account.clone(), pane.name.clone())),
            Screen::Round => {
                self.walk.as_ref().and_then(Walk::stop).map(|stop| (stop.account.clone(), stop.name.clone()))
            }
            Screen::Actions => self.action().map(|row| (row.account.clone(), row.name.clone())),
            Screen::Changes => {
                let row = self.changes.digest.as_ref()?.rows.get(self.changes.cursor)?;
                Some((row.account.clone(), row.name.clone()))
            }
            Screen::Loyalty => {
                let row = self.loyalty.current()?;
                Some((row.account.clone(), row.name.clone()))
            }
            Screen::Sync => match self.sync.current()? {
                SyncRow::Outbox(index) => {
                    let row = self.sync.view.as_ref()?.outbox.get(index)?;
                    (!row.account.is_empty()).then(|| (AccountId(row.account.clone()), row.name.clone()))
                }
                SyncRow::Copy { account, .. } | SyncRow::Problem(account) => {
                    let name = account.to_string();
                    Some((account, name))
                }
            },
        }
    }

    /// The row of the Actions screen under the cursor.
    pub fn action(&self) -> Option<&ActionRow> {
        self.actions.rows.as_ref()?.get(self.actions.cursor)
    }

    /// The play that a command means: under the cursor, or the first one on the account's page.
    pub fn play(&self) -> Option<Target> {
        match self.screen {
            Screen::Round => {
                let walk = self.walk.as_ref()?;
                let stop = walk.stop()?;
                let (play, title) = play_of(self.view(&stop.account)?, walk.offer)?;
                Some(Target { account: stop.account.clone(), name: stop.name.clone(), play, title })
            }
            Screen::Account => {
                let pane = self.account.as_ref().filter(|pane| pane.tab == Tab::Overview)?;
                let (play, title) = play_of(self.view(&pane.account)?, 0)?;
                Some(Target { account: pane.account.clone(), name: pane.name.clone(), play, title })
            }
            Screen::Actions => {
                // A task belongs to the CRM: it is not a play.
                let row = self.action().filter(|row| row.play != "task")?;
                Some(Target {
                    account: row.account.clone(),
                    name: row.name.clone(),
                    play: row.play.clone(),
                    title: row.title.clone(),
                })
            }
            Screen::Portfolio | Screen::Explain | Screen::Changes | Screen::Loyalty | Screen::Sync => None,
        }
    }

    /// The open task under the cursor: its account and id.
    pub fn task(&self) -> Option<(AccountId, String)> {
        match self.screen {
            Screen::Actions => {
                let row = self.action().filter(|row| row.play == "task")?;
                Some((row.account.clone(), row.id.clone()))
            }
            Screen::Account => {
                let pane = self.account.as_ref()?;
                Some((pane.account.clone(), pane.entry()?.task.clone()?))
            }
            Screen::Portfolio | Screen::Explain | Screen::Round | Screen::Changes | Screen::Loyalty | Screen::Sync => {
                None
            }
        }
    }

    /// Why a command can't be done now, in words.
    pub fn unavailable(&self, id: Id) -> Option<&'static str> {
        if let Some(why) = self.past_day(id) {
            return Some(why);
        }
        let none = |missing: bool, why: &'static str| missing.then_some(why);
        match id {
            Id::AccountOpen
            | Id::NoteAdd
            | Id::TaskAdd
            | Id::AccountExplain
            | Id::AccountLink
            | Id::AccountBrief
            | Id::AccountTrust => none(self.target().is_none(), "there is no account under the cursor"),
            Id::AccountCopy => none(self.target().is_none(), "there is nothing under the cursor"),
            Id::FlagClose | Id::FlagSnooze => {
                let page = matches!(self.screen, Screen::Account | Screen::Round);
                let view = self.target().filter(|_| page).and_then(|(account, _)| self.view(&account));
                match view {
                    None => Some("open an account: its flags are on its page"),
                    Some(view) => none(view.standing.flags.is_empty(), "no flag is shown here"),
                }
            }
            Id::AccountSnooze => none(self.target().is_none(), "there is no account under the cursor"),
            Id::ActionFactors => none(self.play().is_none(), "there is no play under the cursor"),
            Id::ActionDone if self.task().is_some() => None,
            Id::ActionDone | Id::ActionDo | Id::ActionAssign | Id::ActionSnooze | Id::ActionDismiss => {
                let why = match self.task() {
                    Some(_) => "a task can only be done; its day and owner are changed in the CRM",
                    None => "there is no play under the cursor",
                };
                none(self.play().is_none(), why)
            }
            Id::NoteEdit | Id::NoteDelete => {
                let mine = self.screen == Screen::Account
                    && self.account.as_ref().and_then(Pane::entry).is_some_and(|entry| entry.mine.is_some());
                none(!mine, "only a note of yours under the cursor of a timeline can be changed")
            }
            Id::ExplainUnfold
            | Id::ExplainFold
            | Id::ExplainFoldAll
            | Id::ExplainUnfoldAll
            | Id::ExplainAgainst
            | Id::ExplainMedian => none(self.screen != Screen::Explain, "no score is being explained"),
            Id::AccountTab => none(self.screen != Screen::Account, "no account is open"),
            Id::ListFilter | Id::ListSort | Id::ListReverse => {
                none(self.screen != Screen::Portfolio, "only the portfolio can be filtered and sorted")
            }
            Id::RoundNext | Id::RoundPrev => none(self.screen != Screen::Round, "no rounds are under way"),
            Id::SyncNow => none(self.sync.running, "a sync is running"),
            Id::SyncCancel => none(!self.sync.running, "no sync is running"),
            Id::OutboxRetry | Id::OutboxDrop => {
                let row = self.screen == Screen::Sync && matches!(self.sync.current(), Some(SyncRow::Outbox(_)));
                none(!row, "there is no row of the outbox under the cursor")
            }
            Id::NoteDropCopy => {
                let row = self.screen == Screen::Sync && matches!(self.sync.current(), Some(SyncRow::Copy { .. }));
                none(!row, "there is no second copy under the cursor")
            }
            Id::NoteSave | Id::NoteBreak | Id::NoteDraft => none(self.note.is_none(), "no note is being written"),
            Id::NotePrivate => match &self.note {
                None => Some("no note is being written"),
                Some(note) => none(note.editing.is_some(), "a saved note stays as it was: private, or for the CRM"),
            },
            Id::FieldAccept | Id::FieldLeave | Id::FieldComplete | Id::FieldNext | Id::FieldPrev => {
                Some("there is nothing to fill in")
            }
            _ => None,
        }
    }

    /// Why a command can't be done while a past day is looked at.
    fn past_day(&self, id: Id) -> Option<&'static str> {
        self.as_of?;
        match id {
            Id::ActionDone | Id::ActionDo | Id::ActionAssign | Id::ActionSnooze | Id::ActionDismiss => {
                Some("this is a past day: what is done about a play is decided today")
            }
            Id::FlagClose | Id::FlagSnooze | Id::AccountSnooze => {
                Some("this is a past day: what is said of flags and accounts is said today")
            }
            Id::SyncNow | Id::SyncCancel => Some("nothing is pulled while a past day is looked at"),
            _ => None,
        }
    }

    /// When what is on screen says something else only because time passes; `None`: not before something happens.
    pub fn next_change(&self) -> Option<Timestamp> {
        // A past day does not age.
        if !self.focused || self.as_of.is_some() {
            return None;
        }
        let synced = self.header.as_ref()?.synced?;
        let age = self.now.as_second() - synced.as_second();
        let step = match age {
            a if a < 3_600 => 60,
            a if a < 86_400 => 3_600,
            _ => 86_400,
        };
        let next = synced.as_second() + (age.div_euclid(step) + 1) * step;
        Timestamp::from_second(next).ok()
    }
}

/// The play at a place of an account's page: what is on offer first, then what is in hand.
fn play_of(view: &AccountView, at: usize) -> Option<(String, String)> {
    let offers = &view.standing.offers;
    match offers.get(at) {
        Some(offer) => Some((offer.play.clone(), offer.title.clone())),
        None => view.in_hand.get(at - offers.len()).map(|one| (one.play.clone(), one.title.clone())),
    }
}
