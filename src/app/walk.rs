//! The morning walk: which stop we are at, and what was done on the way.
//!
//! Decides the order of pages and what the last page says. The list of stops comes from the book.

use jiff::civil::Date;

use crate::book::ids::AccountId;
use crate::book::view::{Header, Round, Stop};

/// A walk under way.
#[derive(Clone, Debug)]
pub struct Walk {
    pub round: Round,
    /// The stop we are at; behind the last one is the page that sums up.
    pub index: usize,
    /// The play under the cursor.
    pub offer: usize,
    /// What was done on this walk: account, what.
    pub done: Vec<(String, String)>,
    /// What waits: account, what, until when.
    pub waits: Vec<(String, String, Date)>,
    /// Notes taken.
    pub notes: usize,
    /// How the book stood at the start: healthy, watch, at risk.
    pub before: Option<(u64, u64, u64)>,
}

impl Walk {
    /// At the first stop.
    pub fn new(round: Round, header: Option<&Header>) -> Self {
        Self {
            round,
            index: 0,
            offer: 0,
            done: Vec::new(),
            waits: Vec::new(),
            notes: 0,
            before: header.map(|h| (h.healthy, h.watch, h.at_risk)),
        }
    }

    /// The stop we are at.
    pub fn stop(&self) -> Option<&Stop> {
        self.round.stops.get(self.index)
    }

    /// It is on the last page.
    pub fn ended(&self) -> bool {
        self.index >= self.round.stops.len()
    }

    /// Goes on or back; answers the accounts to have ready: this one and the next.
    pub fn go(&mut self, by: isize) -> Vec<AccountId> {
        self.index = self.index.saturating_add_signed(by).min(self.round.stops.len());
        self.offer = 0;
        self.round.stops.iter().skip(self.index).take(2).map(|stop| stop.account.clone()).collect()
    }
}
