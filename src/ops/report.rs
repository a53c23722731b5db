//! The brief before a call and the value review: what they are made of, and where they go.
//!
//! Decides what may stand in a document that leaves the house: an account without what is private, in the currency in which
//! the customer pays. How it looks is decided in `report`.

use std::path::Path;

use rust_decimal::Decimal;

use crate::book::assess::Rates;
use crate::book::facts::Facts;
use crate::book::ids::AccountId;
use crate::book::loyalty::keep::{Figures, Spread};
use crate::book::loyalty::sheet::Sheet;
use crate::book::money::Currency;
use crate::book::prepared::On;
use crate::book::score::Eval;
use crate::book::standing::Standing;
use crate::ops::{Desk, OpsError};
use crate::report::brief::{self, brief};
use crate::report::review::{self, Review};

impl Desk {
    /// The five lines of an account.
    pub(super) fn brief_lines(&self, facts: &Facts, standing: &Standing, sheet: &Sheet) -> Vec<(&'static str, String)> {
        let of = brief::Of { facts, standing, sheet, day: self.day(), currency: self.settings().currency };
        brief(&of).into_iter().map(|line| (line.label, line.text)).collect()
    }

    /// The value review of an account, ready to be laid out.
    pub fn review(&self, id: &AccountId) -> Result<Review, OpsError> {
        // What is private stays out from the beginning: no figure may rest on it.
        let facts = self.as_shown(self.known(id)?.without_private());
        let currency = facts.arr.at(self.day()).map_or(self.settings().currency, |arr| arr.currency);
        let rates = self.rates_into(currency);
        let eval = Eval::new(&facts, self.model()).in_money(&rates);
        let sheet = Sheet::of(&eval, On::from(self.day()), Figures::default(), &Spread::default());
        let me = self.me()?;
        let name = me.as_deref().map(|me| self.store().owner_name(me)).transpose()?.flatten().or(me);
        let of = review::Of { facts: &facts, sheet: &sheet, day: self.day(), currency, by: name.as_deref() };
        Ok(review::review(&of))
    }

    /// The book's rates turned so that they lead into another currency.
    fn rates_into(&self, currency: Currency) -> Rates {
        let settings = self.settings();
        let mut rates = Rates::new(currency);
        if currency == settings.currency {
            return self.shared.rates.clone();
        }
        if let Some(own) = settings.rates.get(&currency).filter(|rate| !rate.is_zero()) {
            rates.set(settings.currency, Decimal::ONE / own);
            for (other, rate) in settings.rates.iter().filter(|(other, _)| **other != currency) {
                rates.set(*other, rate / own);
            }
        }
        rates
    }

    /// Writes a document beside its place and moves it there, so that nobody ever finds half of one. A file that is there
    /// already is replaced only where it is said so.
    pub fn write_document(&self, path: &Path, text: &str, replace: bool) -> Result<(), OpsError> {
        if path.exists() && !replace {
            return Err(OpsError::usage(format!(
                "{} is there already: choose another name, or say --force",
                path.display()
            )));
        }
        let failed = |error: std::io::Error| {
            OpsError::failed(format!("{} cannot be written ({error}): choose another folder", path.display()))
        };
        let name = path.file_name().ok_or_else(|| OpsError::usage("--out needs the name of a file: review.html"))?;
        let beside = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
        std::fs::write(&beside, text).map_err(failed)?;
        std::fs::rename(&beside, path).map_err(|error| {
            // Half a document is worse than none.
            let _ = std::fs::remove_file(&beside);
            failed(error)
        })
    }
}
