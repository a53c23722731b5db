//! What `assess` answers: where an account stands on a day, with everything that made it so.
//!
//! Stored as JSON beside the columns that lists sort by; the shapes of `list` and `explain` in the CLI come from here.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::book::facts::TouchKind;
use crate::book::flags::FlagStatus;
use crate::book::ids::AccountId;
use crate::book::loyalty::keep::Figures;
use crate::book::money::Money;
use crate::text::short_date;

/// Health in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Band {
    /// Under 50 (kept up to 53).
    #[serde(rename = "at risk")]
    AtRisk,
    /// Between.
    #[serde(rename = "watch")]
    Watch,
    /// From 78 (kept down to 75).
    #[serde(rename = "healthy")]
    Healthy,
    /// No measure could speak.
    #[serde(rename = "unknown")]
    Unknown,
}

impl Band {
    /// The word on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::AtRisk => "at risk",
            Self::Watch => "watch",
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
        }
    }

    /// The band of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::AtRisk, Self::Watch, Self::Healthy, Self::Unknown].into_iter().find(|band| band.name() == name)
    }
}

/// How much a flag matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    High,
}

impl Severity {
    /// The word on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A risk flag that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    /// The rule's id, e.g. `champion-left`.
    pub kind: String,
    /// What it rests on (a person, a ticket): with account and kind its identity; empty: the account as a whole.
    #[serde(default)]
    pub key: String,
    /// A short phrase, e.g. `champion left`.
    pub label: String,
    pub severity: Severity,
    /// Since which day the rule holds.
    pub since: Date,
    /// The evidence, in a sentence.
    pub because: String,
}

/// A flag that stands and is not shown, with why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuietFlag {
    #[serde(flatten)]
    pub flag: Flag,
    pub status: FlagStatus,
    /// The day of that decision.
    pub on: Date,
    /// The day on which it is shown again, if it still stands then.
    pub until: Option<Date>,
    /// In the words of whoever put it off.
    pub why: Option<String>,
}

/// One measure of the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureResult {
    pub id: String,
    /// The words on screen.
    pub label: String,
    pub group: String,
    /// Its weight inside the group.
    pub weight: f64,
    /// Its share of the mean after freshness and absences, 0 to 1; all of them add up to 1.
    pub effective_weight: f64,
    /// 0 to 100; `None`: nothing to go by.
    pub score: Option<f64>,
    /// Its share of the mean, in points.
    pub points: f64,
    /// The facts in words, e.g. `weekly active users 182 → 121`; for an absent one: what is missing.
    pub evidence: String,
    /// The day of the newest fact behind it.
    pub as_of: Option<Date>,
    /// Freshness, 1 (new) to 0 (ended).
    pub freshness: f64,
    /// The source's name, or `note`.
    pub source: Option<String>,
}

/// A cap that took effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub id: String,
    /// The words on screen.
    pub label: String,
    /// The highest score it allows.
    pub cap: f64,
    /// Its effect, in points (0 or less).
    pub points: f64,
}

/// One row of what changed between two days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The measure's or gate's id.
    pub measure: String,
    /// The words on screen.
    pub label: String,
    pub points: f64,
    /// What made it, in words.
    pub evidence: String,
    /// The day of the fact behind it.
    pub as_of: Option<Date>,
    pub source: Option<String>,
}

/// The change between two days, exact: the rows add up to the difference of the scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    pub day: Date,
    pub score: Option<f64>,
    pub changes: Vec<Change>,
}

/// The CSM's own score, which band, urgency and sums follow while it lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overruled {
    /// 0 to 100.
    pub score: f64,
    /// The last day on which it counts.
    pub until: Date,
    pub because: String,
    /// Who gave it: e-mail.
    pub by: Option<String>,
}

/// The health of an account on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// 0 to 100; `None`: no measure could speak.
    pub score: Option<f64>,
    pub band: Band,
    /// How much of the model could speak, 0 to 1.
    pub confidence: f64,
    pub measures: Vec<MeasureResult>,
    pub gates: Vec<Gate>,
    /// The CSM's own score: `band` follows it, `score` stays the computed one.
    #[serde(default, rename = "override")]
    pub over: Option<Overruled>,
    /// Against seven days before.
    pub delta_7d: Option<f64>,
    /// Thirteen weekly scores, oldest first, the last one today.
    pub trend: Vec<Option<f64>>,
}

impl Health {
    /// Under 40 % the score is shown faint.
    pub fn faint(&self) -> bool {
        self.confidence < 0.4
    }
}

/// How far buyers, users and builders have climbed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    pub buyers: Option<Stage>,
    pub users: Option<Stage>,
    pub builders: Option<Stage>,
}

/// A step of the loyalty pyramid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Evaluator,
    Beginner,
    Regular,
    Champion,
}

impl Stage {
    /// The letter in the portfolio: E, B, R, C.
    pub fn letter(self) -> char {
        match self {
            Self::Evaluator => 'E',
            Self::Beginner => 'B',
            Self::Regular => 'R',
            Self::Champion => 'C',
        }
    }
}

/// Whether an account is worth keeping at any cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    Invest,
    Grow,
    Maintain,
    Rethink,
}

impl Keep {
    /// All classes, the best first.
    pub const ALL: [Self; 4] = [Self::Invest, Self::Grow, Self::Maintain, Self::Rethink];

    /// The word on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invest => "invest",
            Self::Grow => "grow",
            Self::Maintain => "maintain",
            Self::Rethink => "rethink",
        }
    }
}

/// A clock of the pyramid, as it is kept for the whole book's medians.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// Its id: `go-live`.
    pub clock: String,
    /// The step it runs from.
    pub from: Stage,
    pub started: Date,
    /// `None`: still running.
    pub ended: Option<Date>,
}

/// What made a play's rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// In units of the book's currency.
    pub worth: f64,
    pub near: f64,
    pub keep: f64,
    pub minutes: u32,
    /// `worth × near × keep / √max(15, minutes)`
    pub rank: f64,
}

/// A play on offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// The play's id in `plays.toml`.
    pub play: String,
    pub title: String,
    pub because: String,
    /// What the because rests on: with account and play, the identity of the offer (`champion-left:crm:901`).
    pub key: String,
    /// In units of the book's currency.
    pub worth: f64,
    pub minutes: u32,
    pub due: Option<Date>,
    /// Who else it takes, in words.
    #[serde(default)]
    pub who: Option<String>,
    pub factors: Factors,
}

/// A meeting or call planned for the day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meeting {
    pub kind: TouchKind,
    pub title: String,
    /// In the book's time zone, `14:00`.
    pub time: String,
}

/// Where an account stands on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub account: AccountId,
    pub name: String,
    pub domain: Option<String>,
    pub owner: Option<String>,
    pub segment: Option<String>,
    /// The day it is about.
    pub day: Date,
    /// The next day on which one of its inputs crosses a breakpoint: until the day before, it holds as it is.
    pub valid_until: Date,
    pub health: Health,
    /// Most severe first.
    pub flags: Vec<Flag>,
    /// Those that stand and were closed or put off.
    #[serde(default)]
    pub quiet: Vec<QuietFlag>,
    pub stage: Stages,
    /// 0 to 100.
    pub trust: Option<f64>,
    #[serde(rename = "return")]
    pub return_: Option<f64>,
    pub proof_age_days: Option<i64>,
    pub last_touch: Option<Date>,
    /// What is missing of the promises that are due, in units of the book's currency.
    #[serde(default)]
    pub gap: Option<f64>,
    pub keep: Option<Keep>,
    /// What the keep class is made of.
    #[serde(default)]
    pub figures: Figures,
    /// The clocks of the pyramid whose beginning is known.
    #[serde(default)]
    pub timed: Vec<Timed>,
    pub arr: Option<Money>,
    /// In the book's currency; `None` where no rate is set.
    pub arr_book: Option<Money>,
    pub renewal: Option<Date>,
    pub p_loss: f64,
    pub near: f64,
    /// `ARR × p_loss × near × keep`, in units of the book's currency: what urgency is the percentile of.
    pub exposure: f64,
    /// ARR was unknown: the segment's median stands in.
    pub exposure_estimated: bool,
    /// Best first.
    pub offers: Vec<Offer>,
    /// Planned for the day, by time.
    pub meetings: Vec<Meeting>,
    /// It has left: it is kept for history, and not in the portfolio.
    pub former: bool,
}

impl QuietFlag {
    /// Why it is not shown: `put off until 4 Dec: legal is reading it`, `a false alarm, said on 20 Nov`.
    pub fn words(&self, today: Date) -> String {
        let said = short_date(self.on, today);
        match (self.status, self.until) {
            (FlagStatus::Snoozed, until) => {
                let until = until.map_or_else(String::new, |until| format!(" until {}", short_date(until, today)));
                let why = self.why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
                format!("put off{until}{why}")
            }
            (FlagStatus::TooEarly, Some(until)) => {
                format!("too early, said on {said}; asked again on {}", short_date(until, today))
            }
            (FlagStatus::TooEarly, None) => format!("too early, said on {said}"),
            (FlagStatus::Real, _) => format!("real, said on {said}; quiet until it clears"),
            (FlagStatus::FalseAlarm, _) => format!("a false alarm, said on {said}; quiet until it clears"),
        }
    }
}

impl Standing {
    /// Whether a high flag stands that counts in the sums: one that was put off does, a false alarm does not.
    pub fn high(&self) -> bool {
        let counted = |quiet: &&QuietFlag| quiet.status != FlagStatus::FalseAlarm;
        let quiet = self.quiet.iter().filter(counted).map(|quiet| &quiet.flag);
        self.flags.iter().chain(quiet).any(|flag| flag.severity == Severity::High)
    }
}
