//! Does the commands that touch data: the same for the terminal, the command line and scripts.
//!
//! Decides what a command means for the store and in which shape its result comes back.
//! Draws nothing, prints nothing, and never waits for the network: what must reach a CRM goes to the outbox.

mod actions;
mod assessing;
mod background;
mod backtest;
mod check;
mod cost;
mod deep;
mod digest;
mod draft;
pub mod explain;
mod flags;
mod forget;
mod import;
mod init;
pub mod loyalty;
mod news;
mod notes;
mod outbox;
mod past;
mod reads;
pub mod reference;
mod report;
mod rounds;
pub mod shape;
pub mod show;
mod sign_in;
mod sources;
mod syncing;
mod understand;

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::book::assess::Rates;
use crate::book::facts::Facts;
use crate::book::model::Model;
use crate::book::score::Eval;
use crate::config::{self, Book, Settings};
use crate::store::{Access, Overlay, Scope, Store, StoreError};
use crate::sync::Clock;

pub use crate::book::ids::DraftKey;
pub use crate::command::ActVerb;
pub use crate::connect::{Grant, Person, Route, RouteKind, SecretNeed};
pub use background::{Background, Report};
pub use backtest::{BacktestReport, BacktestRequest, Keep};
pub use check::{CheckRequest, Checkup, FieldCheck, Finding, SourceCheck, StrayRow, StreamCheck};
pub use cost::{Expected, cost_line};
pub use flags::RuleRow;
pub use forget::{ForgetReport, ForgetRow};
pub use import::{FileReport, ImportReport, ImportRequest, Problem};
pub use init::{
    BookAnswer, BookQuestion, FieldAnswer, FieldChoice, FieldQuestion, InitField, InitGiven, InitPlan, Interview,
    Offer, SettingQuestion, init,
};
pub use past::LookingBack;
pub use sign_in::{Asks, Identity, LoginPlan};
pub use syncing::{SyncOutcome, SyncRequest, progress_line};

/// Why a command could not be done, in words that say what to do now.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct OpsError {
    /// What happened, where, what now.
    pub message: String,
    /// The exit code that the command line answers with, as in the README.
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

impl From<StoreError> for OpsError {
    fn from(error: StoreError) -> Self {
        let exit = if matches!(error, StoreError::Refused(_)) { 2 } else { 1 };
        Self { message: error.to_string(), exit }
    }
}

/// What all threads of one Rounds share; nothing in it changes.
#[derive(Debug)]
struct Shared {
    settings: Settings,
    model: Model,
    rates: Rates,
    zone: TimeZone,
}

/// The opened workspace of one thread: settings, both databases, and what day it is.
///
/// Each thread opens its own ([`Desk::open_again`]); SQLite keeps them apart.
pub struct Desk {
    shared: Arc<Shared>,
    store: RefCell<Store>,
    clock: Clock,
    /// What today is: taken from the clock at the start, and again when midnight has passed.
    today: Date,
    /// The day that is looked at, where it is not today (`--as-of`).
    as_of: Option<Date>,
    /// Where the whole book of that day is kept while it is looked at.
    overlay: Option<Arc<Overlay>>,
    /// Tokens that are kept in memory only.
    held: BTreeMap<String, SecretString>,
    /// Counts the questions for a page of the portfolio: a newer one makes an older pointless.
    asked: Arc<AtomicU64>,
    /// What the last filter that needed the facts of accounts found.
    found: RefCell<deep::Found>,
}

impl Desk {
    /// Opens the workspace. The notices are calm sentences about what was found (a cache moved aside, say).
    ///
    /// `fixed`: what today is (`--today`), where it is not the clock's day.
    pub fn open(settings: Settings, fixed: Option<Date>) -> Result<(Self, Vec<String>), OpsError> {
        // Whoever writes a model of their own need not write plays for it.
        let read = if settings.plays == config::PLAYS { Model::parse_with_other_plays } else { Model::parse };
        let model = sound(read(&settings.health, &settings.plays), &settings.health, &settings.plays)?;
        let mut rates = Rates::new(settings.currency);
        for (currency, rate) in &settings.rates {
            rates.set(*currency, *rate);
        }
        let zone = settings.zone();
        let access = if settings.read_only { Access::ReadOnly } else { Access::ReadWrite };
        let mut opened = Store::open(&settings.folders.data, access)?;
        opened.store.trust(&settings.authors)?;
        let calibration = backtest::kept(&opened.store, model.file_hash())?;
        let model = model.calibrated(calibration);
        if access == Access::ReadWrite {
            // What a kill left behind of a past day that was looked at.
            crate::store::sweep(&settings.folders.data);
        }
        let shared = Arc::new(Shared { settings, model, rates, zone });
        let store = RefCell::new(opened.store);
        let clock = Clock::new(shared.zone.clone(), fixed);
        let today = clock.today();
        Ok((
            Self {
                shared,
                store,
                clock,
                today,
                as_of: None,
                overlay: None,
                held: BTreeMap::new(),
                asked: Arc::default(),
                found: RefCell::default(),
            },
            opened.notices,
        ))
    }

    /// The same workspace for another thread.
    pub fn open_again(&self) -> Result<Self, OpsError> {
        let access = if self.settings().read_only { Access::ReadOnly } else { Access::ReadWrite };
        let data = &self.settings().folders.data;
        let opened = match &self.overlay {
            Some(overlay) => Store::open_over(data, access, overlay)?,
            None => Store::open(data, access)?,
        };
        let mut opened = opened;
        opened.store.trust(&self.settings().authors)?;
        Ok(Self {
            shared: Arc::clone(&self.shared),
            store: RefCell::new(opened.store),
            clock: self.clock.clone(),
            today: self.today,
            as_of: self.as_of,
            overlay: self.overlay.clone(),
            held: self.held.clone(),
            asked: Arc::default(),
            found: RefCell::default(),
        })
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The model in force.
    pub fn model(&self) -> &Model {
        &self.shared.model
    }

    /// The book's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.shared.zone
    }

    /// What today is: what is written is dated with it.
    pub fn today(&self) -> Date {
        self.today
    }

    /// The day that is looked at: today, or `--as-of`.
    pub fn day(&self) -> Date {
        self.as_of.unwrap_or(self.today)
    }

    /// Looks at single accounts as they were on a day; [`Desk::look_back`] looks at the whole book.
    pub fn look_at(&mut self, day: Option<Date>) -> Result<(), OpsError> {
        match day.filter(|day| *day != self.today) {
            Some(day) if day > self.today => Err(past::not_past(day, self.today)),
            day => {
                self.as_of = day;
                Ok(())
            }
        }
    }

    /// Whether the book is looked at as it was.
    pub fn is_past(&self) -> bool {
        self.as_of.is_some()
    }

    /// Whether the standings that are kept are of the day that is looked at.
    fn shows_stored(&self) -> bool {
        self.overlay.is_some() || !self.is_past()
    }

    /// The moment that things are dated with: now, or this time of day on the day of `--today`.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Takes the day from the clock again. Says whether midnight has passed since.
    pub fn turn(&mut self) -> bool {
        let day = self.clock.today();
        let turned = day != self.today;
        self.today = day;
        turned
    }

    /// Opens the databases again where a damaged one was moved aside meanwhile, by us or by another Rounds. Says what was
    /// found then.
    pub fn mend(&self) -> Result<Vec<String>, OpsError> {
        if self.overlay.is_some() || self.store().is_current() {
            return Ok(Vec::new());
        }
        let access = if self.settings().read_only { Access::ReadOnly } else { Access::ReadWrite };
        let mut opened = Store::open(&self.settings().folders.data, access)?;
        opened.store.trust(&self.settings().authors)?;
        *self.store_mut() = opened.store;
        Ok(opened.notices)
    }

    /// Keeps a source's token in memory: it is asked for nowhere else and stored nowhere.
    pub fn hold_token(&mut self, source: &str, token: &str) {
        self.held.insert(source.to_owned(), SecretString::from(token.to_owned()));
    }

    /// Whose accounts: everybody's, or those of the owner that is me.
    fn scope(&self) -> Result<Scope, OpsError> {
        match self.settings().book {
            Book::Team => Ok(Scope { owner: None }),
            Book::Owner => Ok(Scope { owner: self.me()? }),
        }
    }

    /// The CRM owner that is me: the setting, else the user that the token belongs to (known after a first sync).
    pub fn me(&self) -> Result<Option<String>, OpsError> {
        match &self.settings().me {
            Some(me) => Ok(Some(me.clone())),
            None => Ok(self.store().meta("me")?),
        }
    }

    /// A counter to be raised with every question for a page: a long answer to the one before is broken off then.
    pub fn questions(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.asked)
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// The facts of an account under the model in force, with the rates of the book.
    fn eval<'a>(&'a self, facts: &'a Facts) -> Eval<'a> {
        Eval::new(facts, self.model()).in_money(&self.shared.rates)
    }

    fn store(&self) -> Ref<'_, Store> {
        self.store.borrow()
    }

    fn store_mut(&self) -> RefMut<'_, Store> {
        self.store.borrow_mut()
    }
}

/// A model that makes sense; else every mistake in it, by file and line.
fn sound(read: Result<Model, String>, health: &str, plays: &str) -> Result<Model, OpsError> {
    let wrong = |message| OpsError { message, exit: 3 };
    let model = read.map_err(wrong)?;
    let mut mistakes: Vec<String> = model.check().iter().map(|fault| config::placed(fault, health, plays)).collect();
    mistakes.dedup();
    if mistakes.is_empty() { Ok(model) } else { Err(wrong(mistakes.join("\n"))) }
}

/// The runtime of the network half; made when it is first needed, after the first frame.
fn runtime() -> Result<tokio::runtime::Runtime, OpsError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("rounds-net")
        .enable_all()
        .build()
        .map_err(|error| OpsError::failed(format!("the network half cannot start ({error})")))
}
