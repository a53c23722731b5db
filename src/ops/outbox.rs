//! What waits to reach the CRM, why, and what is done about it.

use std::time::Duration;

use jiff::Timestamp;

use crate::book::view::OutboxRow;
use crate::ops::{Desk, OpsError};

impl Desk {
    /// What waits to reach the CRM.
    pub fn outbox(&self) -> Result<Vec<OutboxRow>, OpsError> {
        Ok(self.store().outbox_list(0)?)
    }

    /// Sends a refused or waiting row again at the next push; `None`: all of them.
    pub fn outbox_retry(&self, id: Option<&str>, now: Timestamp) -> Result<u64, OpsError> {
        self.may_write()?;
        let count = self.store_mut().outbox_retry(id, now)?;
        match (count, id) {
            (0, Some(id)) => {
                Err(OpsError::usage(format!("nothing with the id {id} waits: rounds outbox lists what does")))
            }
            _ => Ok(count),
        }
    }

    /// Gives a row up: it will not be sent. The note itself stays here.
    pub fn outbox_drop(&self, id: &str, now: Timestamp) -> Result<(), OpsError> {
        self.may_write()?;
        Ok(self.store_mut().outbox_drop(id, now)?)
    }

    /// After a crash: what was on its way is unknown now, and what was forgotten goes out of the cache too. Only for the
    /// holder of the lease.
    pub(super) fn recover_outbox(&self) -> Result<(), OpsError> {
        self.store_mut().sweep_forgotten()?;
        self.store_mut().outbox_recover(self.now(), self.settings().settle)?;
        Ok(())
    }

    /// How long until the next row may be sent; `None`: nothing waits.
    pub(super) fn next_push_in(&self, now: Timestamp) -> Option<Duration> {
        let next = self.store().outbox_next().ok().flatten()?;
        let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
        // A row that could not be sent for want of a source is due all the time: a pause, so that nothing spins.
        Some(wait.max(Duration::from_secs(1)))
    }

    /// Everything that is ours, for a backup.
    pub fn export_own(&self) -> Result<serde_json::Value, OpsError> {
        Ok(self.store().export_own()?)
    }

    /// Takes back the last `act`, note or deletion that has not left the machine. Says what it took back.
    pub fn undo(&self, now: Timestamp) -> Result<String, OpsError> {
        self.may_write()?;
        match self.store_mut().undo(now)? {
            Some(what) => Ok(format!("took back {what}")),
            None => Err(OpsError::usage("there is nothing to take back")),
        }
    }
}
