//! The records that the last sync found no account for, and by which keys it was looked for.
//!
//! Decides the words; the keys and their order are the sync's own.

use serde::Serialize;

use crate::book::ids::SourceName;
use crate::ops::{Desk, OpsError};
use crate::sync::{Tried, tried};
use crate::text;

/// How many are listed.
const MOST: usize = 1000;

/// Those of one source.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Strays {
    pub total: u64,
    /// It founds the book: its records belong to its own accounts, and nothing else is tried.
    pub founds: bool,
    pub rows: Vec<StrayRow>,
}

/// A record, or an id that records name their account by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrayRow {
    pub entity: String,
    pub id: String,
    /// What it is, or what hangs on it.
    pub says: String,
    /// The keys that were tried, in their order, each with what came of it.
    pub tried: Vec<StrayKey>,
}

/// A key that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrayKey {
    /// `stored link`, `external id`, `domain`.
    pub key: &'static str,
    pub value: String,
    pub because: &'static str,
}

impl From<Tried> for StrayKey {
    fn from(tried: Tried) -> Self {
        Self { key: tried.key, value: tried.value, because: tried.because }
    }
}

impl Desk {
    pub(super) fn strays(&self, source: &SourceName, founds: bool) -> Result<Strays, OpsError> {
        let store = self.store();
        let (found, total) = store.strays(source, MOST)?;
        let index = if found.is_empty() || founds { Default::default() } else { store.match_index()? };
        let rows = found.into_iter().map(|stray| {
            let tried = if stray.nameless || founds {
                Vec::new()
            } else {
                tried(&index, &stray.id, stray.external.as_deref(), stray.domain.as_deref())
            };
            let tried = tried.into_iter().map(StrayKey::from).collect();
            StrayRow { entity: stray.entity, id: stray.id, says: stray.says, tried }
        });
        Ok(Strays { total, founds, rows: rows.collect() })
    }
}

impl Strays {
    /// In a sentence.
    pub fn words(&self) -> String {
        let n = text::grouped(self.total);
        let records = if self.total == 1 { "record or id" } else { "records or ids" };
        if self.founds {
            format!("{n} {records} of the last sync belong to no account that was pulled")
        } else {
            format!(
                "{n} {records} of the last sync found no account; a stored link, the external id and the domain are tried, in this order"
            )
        }
    }
}

impl StrayRow {
    /// Which keys were tried and why none served.
    pub fn because(&self, founds: bool) -> String {
        if self.tried.is_empty() {
            let why = if founds { "its account is not among those that were pulled" } else { "it names no account" };
            return why.to_owned();
        }
        let one = |key: &StrayKey| match key.key {
            "stored link" => "no stored link".to_owned(),
            name => format!("{name} {:?}: {}", key.value, key.because),
        };
        self.tried.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}
