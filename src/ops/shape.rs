//! The shapes that scripts rely on: what `list` says, made from a standing.
//!
//! Names and meaning of the keys are a contract: add freely, change never. Absent is `null`, never 0.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use crate::book::money::Money;
use crate::book::standing::{Change, Flag, Health, Offer, QuietFlag, Standing};

/// One account of `list`.
#[derive(Clone, Debug, Serialize)]
pub struct ListItem {
    pub id: String,
    pub name: String,
    pub domain: Option<String>,
    pub owner: Option<String>,
    pub segment: Option<String>,
    /// The currency of `arr`.
    pub currency: Option<String>,
    /// In units of `currency`.
    pub arr: Option<f64>,
    /// In units of the book's currency.
    pub arr_book: Option<f64>,
    pub renewal_date: Option<Date>,
    pub days_to_renewal: Option<i64>,
    pub health: HealthItem,
    pub flags: Vec<FlagItem>,
    /// Those that stand and were closed or put off.
    pub quiet: Vec<QuietItem>,
    pub stage: Value,
    pub trust: Option<f64>,
    #[serde(rename = "return")]
    pub return_: Option<f64>,
    pub proof_age_days: Option<i64>,
    /// In units of the book's currency.
    pub promise_gap: Option<f64>,
    pub last_touch: Option<Date>,
    pub keep: Option<Value>,
    /// Percentile in the book, 0 to 1.
    pub urgency: Option<f64>,
    pub next: Option<NextItem>,
}

/// Health in `list`.
#[derive(Clone, Debug, Serialize)]
pub struct HealthItem {
    pub score: Option<f64>,
    pub band: &'static str,
    pub confidence: f64,
    pub delta_7d: Option<f64>,
    pub trend: Vec<Option<f64>>,
    #[serde(rename = "override")]
    pub override_: Option<Value>,
    pub gates: Vec<String>,
}

/// A flag in `list`.
#[derive(Clone, Debug, Serialize)]
pub struct FlagItem {
    pub kind: String,
    /// What lists call it: `usage −34%`.
    pub label: String,
    pub severity: Value,
    pub since: Date,
    pub because: String,
}

/// A flag that stands and is not shown, in `list`.
#[derive(Clone, Debug, Serialize)]
pub struct QuietItem {
    #[serde(flatten)]
    pub flag: FlagItem,
    /// real, false alarm, too early, snoozed.
    pub state: &'static str,
    pub on: Date,
    pub until: Option<Date>,
    pub why: Option<String>,
}

fn flag_item(flag: &Flag) -> FlagItem {
    FlagItem {
        kind: flag.kind.clone(),
        label: flag.label.clone(),
        severity: json!(flag.severity),
        since: flag.since,
        because: flag.because.clone(),
    }
}

fn quiet_item(quiet: &QuietFlag) -> QuietItem {
    QuietItem {
        flag: flag_item(&quiet.flag),
        state: quiet.status.name(),
        on: quiet.on,
        until: quiet.until,
        why: quiet.why.clone(),
    }
}

/// The next best action in `list`.
#[derive(Clone, Debug, Serialize)]
pub struct NextItem {
    pub play: String,
    pub title: String,
    pub because: String,
    pub worth: f64,
    pub minutes: u32,
    pub due: Option<Date>,
    /// Who else it takes, in words.
    pub who: Option<String>,
}

/// To a tenth: what a score carries. The sums of `explain` are made of unrounded figures.
fn tenth(n: f64) -> f64 {
    (n * 10.0).round() / 10.0
}

/// A ratio to three digits.
fn ratio(n: f64) -> f64 {
    (n * 1000.0).round() / 1000.0
}

pub(super) fn units(money: Option<Money>) -> Option<f64> {
    money.map(Money::units)
}

/// One account of `list`, with its urgency where it was computed.
pub fn list_item(standing: &Standing, today: Date, urgency: Option<f64>) -> ListItem {
    ListItem {
        id: standing.account.to_string(),
        name: standing.name.clone(),
        domain: standing.domain.clone(),
        owner: standing.owner.clone(),
        segment: standing.segment.clone(),
        currency: standing.arr.map(|arr| arr.currency.to_string()),
        arr: units(standing.arr),
        arr_book: units(standing.arr_book),
        renewal_date: standing.renewal,
        days_to_renewal: standing.renewal.map(|day| i64::from((day - today).get_days())),
        health: health_item(&standing.health),
        flags: standing.flags.iter().map(flag_item).collect(),
        quiet: standing.quiet.iter().map(quiet_item).collect(),
        stage: json!(standing.stage),
        trust: standing.trust.map(tenth),
        return_: standing.return_.map(ratio),
        proof_age_days: standing.proof_age_days,
        promise_gap: standing.gap,
        last_touch: standing.last_touch,
        keep: standing.keep.map(|keep| json!(keep)),
        urgency: urgency.map(ratio),
        next: standing.offers.first().map(next_item),
    }
}

fn health_item(health: &Health) -> HealthItem {
    HealthItem {
        score: health.score.map(tenth),
        band: health.band.name(),
        confidence: ratio(health.confidence),
        delta_7d: health.delta_7d.map(tenth),
        trend: health.trend.iter().map(|score| score.map(tenth)).collect(),
        override_: health
            .over
            .as_ref()
            .map(|over| json!({"score": over.score, "until": over.until, "because": over.because, "by": over.by})),
        gates: health.gates.iter().map(|gate| gate.id.clone()).collect(),
    }
}

pub(super) fn next_item(offer: &Offer) -> NextItem {
    NextItem {
        play: offer.play.clone(),
        title: offer.title.clone(),
        because: offer.because.clone(),
        worth: offer.worth.round(),
        minutes: offer.minutes,
        due: offer.due,
        who: offer.who.clone(),
    }
}

/// One row of what changed.
pub fn change(change: &Change) -> Value {
    json!({
        "measure": change.measure, "label": change.label, "points": change.points, "evidence": change.evidence,
        "as_of": change.as_of, "source": change.source,
    })
}
