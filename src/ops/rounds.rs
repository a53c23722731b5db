//! The morning walk: who needs me today, and what the next walk compares with.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::book::ids::AccountId;
use crate::book::plays::ActionStatus;
use crate::book::round::{Remembered, Walker, stops};
use crate::book::view::Round;
use crate::ops::{Desk, OpsError};
use crate::store::RoundLine;

impl Desk {
    /// The morning walk as of now.
    pub fn round(&self) -> Result<Round, OpsError> {
        let today = self.today();
        let standings = self.standings()?;
        let last = self.store().last_round(today.yesterday().unwrap_or(today))?;
        let remembered: HashMap<_, _> = last
            .iter()
            .flat_map(|round| &round.lines)
            .map(|(id, line)| (id.clone(), Remembered { band: line.band, flags: line.flags.clone() }))
            .collect();
        let mut due: HashSet<AccountId> = self.store().tasks_due(today, self.zone())?.into_iter().collect();
        for decision in self.store().decisions()? {
            let back =
                decision.state.status == ActionStatus::Snoozed && decision.state.until.is_some_and(|day| day <= today);
            if back {
                due.insert(decision.account);
            }
        }
        let walkers = standings.iter().map(|standing| Walker {
            account: &standing.account,
            name: &standing.name,
            band: standing.health.band,
            flags: &standing.flags,
            meeting_today: !standing.meetings.is_empty(),
            action_due: due.contains(&standing.account),
            snoozed_until: None,
            arr: standing.arr_book,
            exposure: standing.exposure,
            remembered: remembered.get(&standing.account),
        });
        Ok(stops(walkers, today, last.map(|round| round.day), self.settings().currency))
    }

    /// The walk is over: what is on the list now is what the next walk compares with.
    pub fn round_done(&self, now: Timestamp) -> Result<(), OpsError> {
        self.may_write()?;
        let lines: Vec<RoundLine> = self
            .standings()?
            .iter()
            .map(|standing| RoundLine {
                account: standing.account.clone(),
                band: standing.health.band,
                flags: standing.flags.iter().map(|flag| flag.kind.clone()).collect(),
                score: standing.health.score,
            })
            .collect();
        Ok(self.store_mut().round_put(self.today(), now, &lines)?)
    }
}
