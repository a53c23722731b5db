//! A line of the portfolio as it is kept: everything a row shows, and nothing more, so that a page reads few bytes.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::book::ids::AccountId;
use crate::book::money::Money;
use crate::book::standing::{Band, Flag, Keep, Meeting, Offer, Stages, Standing};
use crate::book::view::PortfolioRow;

/// The stored shape of a [`PortfolioRow`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Line {
    account: AccountId,
    name: String,
    domain: Option<String>,
    owner: Option<String>,
    segment: Option<String>,
    day: Date,
    score: Option<f64>,
    band: Band,
    confidence: f64,
    delta_7d: Option<f64>,
    trend: Vec<Option<f64>>,
    arr: Option<Money>,
    arr_book: Option<Money>,
    renewal: Option<Date>,
    stage: Stages,
    trust: Option<f64>,
    return_: Option<f64>,
    keep: Option<Keep>,
    flags: Vec<Flag>,
    next: Option<Offer>,
    last_touch: Option<Date>,
    meetings: Vec<Meeting>,
}

impl Line {
    pub(in crate::store) fn of(standing: &Standing) -> Self {
        Self {
            account: standing.account.clone(),
            name: standing.name.clone(),
            domain: standing.domain.clone(),
            owner: standing.owner.clone(),
            segment: standing.segment.clone(),
            day: standing.day,
            score: standing.health.score,
            band: standing.health.band,
            confidence: standing.health.confidence,
            delta_7d: standing.health.delta_7d,
            trend: standing.health.trend.clone(),
            arr: standing.arr,
            arr_book: standing.arr_book,
            renewal: standing.renewal,
            stage: standing.stage,
            // A tenth is all that is shown.
            trust: standing.trust.map(f64::round),
            return_: standing.return_.map(|ratio| (ratio * 10.0).round() / 10.0),
            keep: standing.keep,
            flags: standing.flags.clone(),
            next: standing.offers.first().cloned(),
            last_touch: standing.last_touch,
            meetings: standing.meetings.clone(),
        }
    }

    /// Whether a person would say that something happened to the account between two lines.
    pub(in crate::store) fn moved(&self, old: &Self) -> bool {
        let whole = |score: Option<f64>| score.map(f64::round);
        let kinds = |line: &Self| line.flags.iter().map(|flag| flag.kind.clone()).collect::<Vec<_>>();
        whole(self.score) != whole(old.score) || self.band != old.band || kinds(self) != kinds(old)
    }

    pub(in crate::store) fn row(self, fresh: bool) -> PortfolioRow {
        PortfolioRow {
            account: self.account,
            name: self.name,
            domain: self.domain,
            owner: self.owner,
            segment: self.segment,
            day: self.day,
            score: self.score,
            band: self.band,
            confidence: self.confidence,
            delta_7d: self.delta_7d,
            trend: self.trend,
            arr: self.arr,
            arr_book: self.arr_book,
            renewal: self.renewal,
            stage: self.stage,
            trust: self.trust,
            return_: self.return_,
            keep: self.keep,
            flags: self.flags,
            next: self.next,
            last_touch: self.last_touch,
            meetings: self.meetings,
            fresh,
        }
    }
}
