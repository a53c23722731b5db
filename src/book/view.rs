//! What lists and screens are given: plain values, ready to be drawn or printed, that carry no behaviour.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::book::facts::Facts;
use crate::book::flags::Record;
use crate::book::ids::{AccountId, NoteId};
use crate::book::loyalty::sheet::Sheet;
use crate::book::money::{Currency, Money};
use crate::book::news::Kind;
use crate::book::progress::Progress;
use crate::book::standing::{Band, Changes, Flag, Health, Keep, Meeting, Offer, Stages, Standing};
use crate::book::typical::Typical;
use crate::book::why::Why;

/// By what the portfolio is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Most urgent first.
    #[default]
    Urgency,
    Name,
    /// Lowest first.
    Health,
    /// Steepest fall over seven days first.
    Change,
    /// Largest first.
    Arr,
    /// Soonest first.
    Renewal,
    /// Longest silence first.
    Touch,
}

impl Sort {
    /// All of them, in the order in which `s` steps through.
    pub const ALL: [Self; 7] =
        [Self::Urgency, Self::Health, Self::Change, Self::Arr, Self::Renewal, Self::Touch, Self::Name];

    /// The word on screen, in `--sort` and in `list.sort`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::Name => "name",
            Self::Health => "health",
            Self::Change => "change",
            Self::Arr => "arr",
            Self::Renewal => "renewal",
            Self::Touch => "touch",
        }
    }

    /// The sort of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

/// One line of the portfolio.
#[derive(Clone, Debug, PartialEq)]
pub struct PortfolioRow {
    pub account: AccountId,
    pub name: String,
    pub domain: Option<String>,
    pub owner: Option<String>,
    pub segment: Option<String>,
    /// The day its standing is about.
    pub day: Date,
    pub score: Option<f64>,
    pub band: Band,
    pub confidence: f64,
    pub delta_7d: Option<f64>,
    /// Thirteen weekly scores, oldest first.
    pub trend: Vec<Option<f64>>,
    pub arr: Option<Money>,
    pub arr_book: Option<Money>,
    pub renewal: Option<Date>,
    pub stage: Stages,
    pub trust: Option<f64>,
    pub return_: Option<f64>,
    pub keep: Option<Keep>,
    pub flags: Vec<Flag>,
    pub next: Option<Offer>,
    pub last_touch: Option<Date>,
    pub meetings: Vec<Meeting>,
    /// Changed since the last complete sync before this one, and not yet passed by the cursor.
    pub fresh: bool,
}

/// What a page of the portfolio is asked by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageQuery {
    /// The filter line as typed; empty: everything in the book.
    pub filter: String,
    pub sort: Sort,
    /// The other way round.
    pub reverse: bool,
    pub offset: u64,
    pub limit: u64,
}

/// A window of the portfolio.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub offset: u64,
    pub rows: Vec<PortfolioRow>,
    /// How many rows the filter leaves; `None` until it was counted (the first page does not wait for it).
    pub total: Option<u64>,
    /// Rows read from the database to answer this, for tests.
    pub rows_read: u64,
}

/// The top line: whose book, how much, how it stands, how fresh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// `maya.chen`, or `team`.
    pub who: String,
    pub accounts: u64,
    pub arr: Option<Money>,
    pub currency: Currency,
    /// ARR of accounts that are at risk or have a high flag and renew within 90 days.
    pub due_at_risk: Option<Money>,
    /// Gross retention over twelve months, as a ratio; `None` where under 80 % of the ARR can be followed.
    pub grr: Option<f64>,
    /// Net retention over twelve months, as a ratio.
    pub nrr: Option<f64>,
    pub healthy: u64,
    pub watch: u64,
    pub at_risk: u64,
    pub unknown: u64,
    /// Accounts without ARR or renewal date, to be mended.
    pub no_arr: u64,
    pub no_renewal: u64,
    pub meetings_today: u64,
    /// The end of the last complete sync.
    pub synced: Option<Timestamp>,
    /// The day that the standings on screen are about, where it is not today.
    pub standings_of: Option<Date>,
    /// Notes, touches and tasks that wait to reach the CRM.
    pub waiting: u64,
    /// Of these, the ones that it refused.
    pub refused: u64,
    /// It is the practice book.
    pub practice: bool,
    /// How far a past day is looked at; `None`: it is today.
    pub past: Option<Past>,
}

/// A past day that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Accounts that were not looked at yet.
    pub behind: u64,
    /// The first day on which somebody was a customer, as far as accounts were looked at.
    pub first: Option<Date>,
}

/// One account, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountView {
    pub facts: Facts,
    pub standing: Standing,
    /// Against the last rounds, or seven days before.
    pub changes: Changes,
    /// What the changes are counted from, in words: `since Friday`.
    pub since: Date,
    /// The unfinished note, if one is kept.
    pub draft: Option<String>,
    /// The account as a whole is put off until a day, and why.
    pub put_off: Option<(Date, Option<String>)>,
    /// How often each rule was right, by its kind.
    pub records: Vec<(String, Record)>,
    /// Plays that were taken on, given away or put off.
    pub in_hand: Vec<InHand>,
    /// What the rank of each offer is made of: what, how much, where it comes from.
    pub factors: Vec<(String, Vec<[String; 3]>)>,
    /// Who each tier is, by person: computed from roles and titles.
    pub tiers: Vec<(crate::book::ids::PersonId, Option<crate::book::facts::Tier>)>,
    /// Why the score is what it is, down to the records.
    pub why: Why,
    /// What is usual for accounts like it; `None`: not computed yet.
    pub typical: Option<Typical>,
    /// Promises, people, trust, the pyramid, the plan.
    pub sheet: Sheet,
    /// The five lines before a call: label and words.
    pub brief: Vec<(&'static str, String)>,
}

/// What a score is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// Nothing: why it is what it is.
    #[default]
    Now,
    /// Seven days before.
    Week,
    /// The last rounds; where there were none, seven days before.
    Rounds,
    /// A day.
    Day(Date),
}

/// How an account stood on an earlier day, and what changed since.
#[derive(Clone, Debug, PartialEq)]
pub struct Then {
    /// With what it is compared: seven days before, where rounds were asked for and there were none.
    pub against: Against,
    pub day: Date,
    pub health: Health,
    /// The rows add up to the difference of the two scores.
    pub changes: Changes,
}

/// Everything that `explain` says of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub standing: Standing,
    pub why: Why,
    pub typical: Option<Typical>,
    pub then: Then,
}

/// A play that somebody took up, or put off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InHand {
    pub play: String,
    pub title: String,
    /// doing, assigned, snoozed.
    pub state: String,
    /// The day of that decision.
    pub on: Date,
    /// When it is due, or back.
    pub until: Option<Date>,
    /// Why it was put off.
    pub because: Option<String>,
    pub assignee: Option<String>,
    /// What is to be done, by when.
    pub steps: Vec<(String, Date)>,
}

/// What changed, and since when in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// `Since your last rounds, Friday 20 November`.
    pub heading: String,
    pub since: Date,
    pub rows: Vec<DigestRow>,
}

/// One change; the JSON of `rounds changes`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DigestRow {
    pub account: AccountId,
    pub name: String,
    /// `band`, `flag`, `flag-cleared`, `new`, `gone`; `score` in JSON only.
    pub kind: String,
    pub from: serde_json::Value,
    pub to: serde_json::Value,
    pub points: Option<f64>,
    pub because: String,
    pub day: Date,
    /// In units of the book's currency.
    pub arr: Option<f64>,
}

impl DigestRow {
    /// The change in a few words: `watch → at risk`, `champion left`.
    pub fn says(&self) -> String {
        let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().replace('-', " ");
        match Kind::parse(&self.kind) {
            Some(Kind::Band) => format!("{} → {}", word(&self.from), word(&self.to)),
            Some(Kind::Flag) => word(&self.to),
            Some(Kind::FlagCleared) => format!("no longer {}", word(&self.from)),
            Some(Kind::New) => "new in the book".to_owned(),
            Some(Kind::Gone) => "left the book".to_owned(),
            None => {
                let score =
                    |value: &serde_json::Value| value.as_f64().map_or_else(String::new, |score| format!("{score:.0}"));
                format!("{} → {}", score(&self.from), score(&self.to))
            }
        }
    }
}

/// Why an account is on the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    AtRisk,
    BandChanged,
    FlagChanged,
    ActionDue,
    Meeting,
}

/// The morning walk: which accounts need me, in the order of the day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Round {
    /// Those that need nothing more today come first, then those that do.
    pub stops: Vec<Stop>,
    /// How far it went today.
    pub walked: Walked,
    /// Everything of the book that waits for a day: account, what, until when; the nearest first.
    pub waiting: Vec<Waits>,
    /// ARR on this round, in the book's currency.
    pub arr: Option<Money>,
    /// The last rounds, where there was one.
    pub last: Option<Date>,
}

/// How far the walk of a day went: kept, so that it goes on where it was after quitting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Walked {
    /// The accounts that need nothing more today, in the order in which they were seen, as they stood then.
    pub over: Vec<Over>,
    /// The stop where it was left.
    pub at: Option<AccountId>,
    /// What was done: account, what.
    pub done: Vec<(String, String)>,
    pub waits: Vec<Waits>,
    /// Notes taken.
    pub notes: usize,
    /// How the book stood at the start.
    pub before: Option<Mix>,
}

/// An account that was seen on a walk, as it stood then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    pub account: AccountId,
    pub name: String,
    pub band: Band,
    /// The kinds of the flags that stood.
    pub flags: Vec<String>,
}

/// Something that waits for a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// The account's name.
    pub name: String,
    pub what: String,
    pub until: Date,
}

/// How a book is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mix {
    pub healthy: u64,
    pub watch: u64,
    pub at_risk: u64,
    /// ARR that is flagged and due within 90 days.
    pub due_at_risk: Option<Money>,
}

impl Mix {
    /// That of a top line.
    pub fn of(header: &Header) -> Self {
        Self { healthy: header.healthy, watch: header.watch, at_risk: header.at_risk, due_at_risk: header.due_at_risk }
    }
}

/// One stop of the round.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    pub account: AccountId,
    pub name: String,
    pub reasons: Vec<Reason>,
}

/// What waits to reach the CRM; the JSON of `rounds outbox`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutboxRow {
    pub id: String,
    pub account: String,
    /// The account's name, where it is known.
    pub name: String,
    /// `note` or `task` (a call, meeting or mail record counts as `note`).
    pub kind: String,
    /// queued, sending, unknown, sent, refused.
    pub state: String,
    pub attempts: u32,
    pub because: Option<String>,
    pub since: Timestamp,
    /// The first words of it.
    pub text: String,
}

/// How a source stands.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceState {
    pub name: String,
    pub connector: String,
    pub synced: Option<Timestamp>,
    pub rows: u64,
    pub error: Option<String>,
    /// `61 of 190 requests left`.
    pub left: Option<String>,
    /// Rows by entity.
    pub entities: Vec<(String, u64)>,
}

/// The Sync screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncView {
    pub sources: Vec<SourceState>,
    /// Records that found no account: source, entity, id, what they say.
    pub unmatched: Vec<Unmatched>,
    pub unmatched_total: u64,
    pub outbox: Vec<OutboxRow>,
    /// Notes whose bullets did not parse: account, line.
    pub problems: Vec<(AccountId, String)>,
    /// Notes that stand in the CRM more than once: note, account, ids of the copies.
    pub copies: Vec<(NoteId, AccountId, Vec<String>)>,
}

/// A record that found no account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unmatched {
    pub source: String,
    pub entity: String,
    pub id: String,
    pub says: String,
}

/// How a running sync stands, folded from its [`Progress`] for one line on screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncStatus {
    pub running: bool,
    pub last: Option<Progress>,
    /// The newest error, until the next sync starts.
    pub error: Option<String>,
}

/// What a saved note was understood as; the JSON of `rounds note`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoteReceipt {
    pub id: Option<NoteId>,
    /// queued, sent, refused, private.
    pub state: String,
    pub facts: Vec<serde_json::Value>,
    pub problems: Vec<NoteProblem>,
}

/// Something in a note that was not understood; the note is saved all the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoteProblem {
    /// Character offset in the note.
    pub at: usize,
    pub message: String,
}

/// An open task, or a play in some state; the JSON of `rounds actions`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActionRow {
    pub id: String,
    pub account: AccountId,
    /// The account's name.
    pub name: String,
    /// The play's id, or `task`.
    pub play: String,
    pub title: String,
    pub because: String,
    pub due: Option<Date>,
    /// open, doing, snoozed, done, dismissed.
    pub state: String,
    pub worth: f64,
    pub factors: Option<crate::book::standing::Factors>,
}
