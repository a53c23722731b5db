//! Filters: what the portfolio stores is asked of the database at once, everything else of the facts, account by account.
//!
//! Decides only what need not be asked again: an account whose facts did not change answers as it did.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::book::prepared::On;
use crate::book::query::{Both, Line, Look, Query, Vocabulary, parse_known};
use crate::ops::{Desk, OpsError};
use crate::store::{Filter, Version};

/// What a filter found, account by account.
#[derive(Debug, Default)]
pub(super) struct Found {
    filter: String,
    day: Option<Date>,
    /// Whether an account fits, by its key, as of a state of its facts.
    fits: HashMap<i64, (Version, bool)>,
}

impl Desk {
    /// The words that a query of this book may use. Reads nothing.
    pub(super) fn known_flags(&self) -> Vocabulary {
        Vocabulary::of_flags(self.model().flags.iter().map(|rule| rule.kind.as_str()))
    }

    /// The words that queries of this book may use: its flags, segments, owners and usage metrics.
    pub fn words(&self) -> Result<Vocabulary, OpsError> {
        let [segments, owners, metrics] = self.store().words()?;
        Ok(Vocabulary { segments, owners, metrics, ..self.known_flags() })
    }

    /// Where a query is wrong, in bytes; `None`: it is right.
    pub fn query_mistake(&self, text: &str) -> Option<usize> {
        let error = parse_known(text, &self.known_flags()).err()?;
        Some(text.char_indices().nth(error.at).map_or(text.len(), |(at, _)| at))
    }

    /// What a filter line means for the portfolio.
    pub(super) fn filter(&self, text: &str) -> Result<Filter, OpsError> {
        let query = parse_known(text, &self.known_flags()).map_err(|error| OpsError::usage(error.to_string()))?;
        let me = self.me()?;
        let (stored, deep) = query.split();
        let filter = Filter::of(&stored, self.day(), me.as_deref());
        if deep.is_all() {
            return Ok(filter);
        }
        let keys = self.fitting(text, &filter, &deep, me.as_deref())?;
        Ok(filter.among(&keys))
    }

    /// The accounts that fit, of those that the stored part leaves.
    fn fitting(&self, text: &str, stored: &Filter, deep: &Query, me: Option<&str>) -> Result<Vec<i64>, OpsError> {
        let today = self.day();
        let candidates = self.store().candidates(stored, &self.scope()?)?;
        let mut found = self.found.borrow_mut();
        if found.filter != text || found.day != Some(today) {
            *found = Found { filter: text.to_owned(), day: Some(today), fits: HashMap::new() };
        }
        let on = On::from(today);
        let spread = self.medians()?.spread;
        let mut keys = Vec::new();
        let asked = self.asked();
        for one in candidates {
            // Whoever asks has asked something else meanwhile; what was found so far is kept.
            if self.asked() != asked {
                return Err(OpsError::failed("another question came first"));
            }
            let known = found.fits.get(&one.key).filter(|(version, _)| *version == one.version);
            let fits = match known {
                Some((_, fits)) => *fits,
                None => {
                    let (Some(facts), Some(row)) = (self.facts(&one.id)?, self.store().row(&one.id)?) else { continue };
                    let eval = self.eval(&facts).in_book(&spread);
                    let line = Line { row: &row, today, me };
                    let fits = deep.matches(&Both { line, look: Look::new(&eval, on) });
                    found.fits.insert(one.key, (one.version, fits));
                    fits
                }
            };
            if fits {
                keys.push(one.key);
            }
        }
        Ok(keys)
    }
}
