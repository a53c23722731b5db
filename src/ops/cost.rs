//! What a sync costs where a source allows so many requests a day.
//!
//! Decides what is kept of a sync that ended well: its requests, by kind, so that the next of its kind can be foretold.

use crate::book::ids::SourceName;
use crate::book::progress::SourceSummary;
use crate::ops::{Desk, OpsError, SyncRequest};
use crate::text;

/// What a sync is likely to cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The source's name.
    pub source: String,
    /// As many as the last sync of this kind took.
    pub requests: u64,
    /// How many a day the source allows.
    pub daily_of: u64,
}

/// `1,204 requests, 0.5 % of 250,000 a day`
pub fn cost_line(requests: u64, of: u64) -> String {
    let share = requests as f64 * 100.0 / of.max(1) as f64;
    let share = if requests > 0 && share < 0.1 { "less than 0.1".to_owned() } else { format!("{share:.1}") };
    format!("{}, {share} % of {} a day", super::check::requests(requests), text::grouped(of))
}

fn key(source: &str, kind: &str) -> String {
    format!("cost/{source}/{kind}")
}

fn kind(full: bool) -> &'static str {
    if full { "full" } else { "changed" }
}

impl Desk {
    /// What a sync is likely to cost at each source that names a daily limit: as much as the last one of its kind.
    pub fn expected(&self, request: &SyncRequest) -> Result<Vec<Expected>, OpsError> {
        let mut found = Vec::new();
        for config in &self.settings().sources {
            let name = config.name.as_str();
            if !(request.sources.is_empty() || request.sources.iter().any(|wanted| wanted == name)) {
                continue;
            }
            let daily_of = self.store().meta(&key(name, "daily"))?.and_then(|of| of.parse().ok());
            if let (Some(requests), Some(daily_of)) = (self.last_cost(&config.name, request.full)?, daily_of) {
                found.push(Expected { source: name.to_owned(), requests, daily_of });
            }
        }
        Ok(found)
    }

    /// What the last sync of a kind took, where one is known.
    pub(super) fn last_cost(&self, source: &SourceName, full: bool) -> Result<Option<u64>, OpsError> {
        Ok(self.store().meta(&key(source.as_str(), kind(full)))?.and_then(|n| n.parse().ok()))
    }

    /// Keeps what a sync took. One that failed, or that went on where another was cut off, says nothing of the whole.
    pub(super) fn keep_cost(&self, summary: &SourceSummary, full: bool) -> Result<(), OpsError> {
        let (full, whole) = if full {
            (true, true)
        } else {
            let known = self.store().sources()?.into_iter().find(|record| record.name == summary.name);
            let began = known.as_ref().is_some_and(|record| record.started.is_some());
            let complete = known.is_some_and(|record| record.complete.is_some());
            (!began, !began || complete)
        };
        if whole && summary.error.is_none() {
            self.store_mut().put_meta(&key(&summary.name, kind(full)), &summary.requests.to_string())?;
        }
        if let Some(of) = summary.daily_of {
            self.store_mut().put_meta(&key(&summary.name, "daily"), &of.to_string())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_day_is_said_plainly() {
        assert_eq!(cost_line(1204, 250_000), "1,204 requests, 0.5 % of 250,000 a day");
        assert_eq!(cost_line(1, 500_000), "1 request, less than 0.1 % of 500,000 a day");
        assert_eq!(cost_line(0, 500), "0 requests, 0.0 % of 500 a day");
    }
}
