//! The morning walk: who needs me today, how far it went, and what the next walk compares with.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::book::ids::AccountId;
use crate::book::plays::ActionStatus;
use crate::book::round::{Remembered, Walker, go_on, stops};
use crate::book::standing::Standing;
use crate::book::view::{Round, Waits, Walked};
use crate::ops::{Desk, OpsError};
use crate::store::{Decision, PutOff, RoundLine};

impl Desk {
    /// The morning walk as of now, as far as it went today.
    pub fn round(&self) -> Result<Round, OpsError> {
        let today = self.day();
        let standings = self.standings()?;
        let last = self.store().last_round(today.yesterday().unwrap_or(today))?;
        let remembered: HashMap<_, _> = last
            .iter()
            .flat_map(|round| &round.lines)
            .map(|(id, line)| (id.clone(), Remembered { band: line.band, flags: line.flags.clone() }))
            .collect();
        let mut tasks: HashSet<AccountId> = self.store().tasks_due(today, self.zone())?.into_iter().collect();
        let mut decided: HashMap<AccountId, Vec<Decision>> = HashMap::new();
        for decision in self.store().decisions()? {
            decided.entry(decision.account.clone()).or_default().push(decision);
        }
        let mut put_off = self.store().put_offs()?;
        let mut walked = self.store().walked(today)?;
        if self.is_past() {
            // A past day is walked as if for the first time, without what was decided since.
            tasks.clear();
            decided.clear();
            put_off.clear();
            walked = Walked::default();
        }
        let last = last.map(|round| round.day);
        let walkers = standings.iter().map(|standing| {
            let decided = decided.get(&standing.account).map_or(&[][..], Vec::as_slice);
            let off = put_off.get(&standing.account);
            Walker {
                account: &standing.account,
                name: &standing.name,
                band: standing.health.band,
                flags: &standing.flags,
                quiet: &standing.quiet,
                meeting_today: !standing.meetings.is_empty(),
                action_due: tasks.contains(&standing.account)
                    || decided.iter().any(|one| is_due(one, standing, today))
                    || off.is_some_and(|off| is_back(off, last, today)),
                in_hand: standing.offers.is_empty() && decided.iter().any(|one| waits(one, today)),
                snoozed_until: off.map(|off| off.until),
                arr: standing.arr_book,
                exposure: standing.exposure,
                remembered: remembered.get(&standing.account),
            }
        });
        let round = stops(walkers, today, last, self.settings().currency);
        let now = |id: &AccountId| {
            let standing = standings.iter().find(|standing| standing.account == *id)?;
            let flags = standing.flags.iter().map(|flag| flag.kind.clone()).collect();
            Some(Remembered { band: standing.health.band, flags })
        };
        let round = go_on(round, walked, now);
        Ok(Round { waiting: waiting(&standings, &decided, &put_off, today), ..round })
    }

    /// Keeps how far the walk went. Without a place to write, it is only forgotten at the end.
    pub fn walk_keep(&self, walked: &Walked, now: Timestamp) -> Result<(), OpsError> {
        if self.is_past() || self.settings().read_only || !self.store().writable() {
            return Ok(());
        }
        Ok(self.store_mut().walked_put(self.today(), walked, now)?)
    }

    /// The walk is over: what is on the list now is what the next walk compares with.
    pub fn round_done(&self, now: Timestamp) -> Result<(), OpsError> {
        if self.is_past() {
            // Walking through a past day is a look: the next walk compares with what was really walked.
            return Ok(());
        }
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

/// A play in hand is due, or one that was put off is on offer again.
fn is_due(one: &Decision, standing: &Standing, today: Date) -> bool {
    let due = one.state.until.is_some_and(|until| until <= today);
    match one.state.status {
        ActionStatus::Doing => due,
        ActionStatus::Snoozed => due && standing.offers.iter().any(|offer| offer.play == one.state.play),
        ActionStatus::Done | ActionStatus::Dismissed => false,
    }
}

/// A play that is in hand or put off, to a later day.
fn waits(one: &Decision, today: Date) -> bool {
    matches!(one.state.status, ActionStatus::Doing | ActionStatus::Snoozed)
        && one.state.until.is_none_or(|until| until > today)
}

/// An account that was put off is back: until the first walk after its day.
fn is_back(off: &PutOff, last: Option<Date>, today: Date) -> bool {
    off.until <= today && last.map_or(off.until == today, |last| off.until > last)
}

/// Everything that waits for a day, the nearest first.
fn waiting(
    standings: &[Standing],
    decided: &HashMap<AccountId, Vec<Decision>>,
    put_off: &HashMap<AccountId, PutOff>,
    today: Date,
) -> Vec<Waits> {
    let mut out = Vec::new();
    for standing in standings {
        let mut add = |what: String, until: Option<Date>| {
            if let Some(until) = until.filter(|until| *until > today) {
                out.push(Waits { name: standing.name.clone(), what, until });
            }
        };
        if let Some(off) = put_off.get(&standing.account) {
            add(off.because.clone().unwrap_or_else(|| "put off as a whole".to_owned()), Some(off.until));
        }
        for one in decided.get(&standing.account).into_iter().flatten().filter(|one| waits(one, today)) {
            add(one.title.clone(), one.state.until);
        }
        for quiet in &standing.quiet {
            add(quiet.flag.label.clone(), quiet.until);
        }
    }
    out.sort_by(|a, b| (a.until, &a.name).cmp(&(b.until, &b.name)));
    out
}
