//! The loyalty model: what makes people stay, read from dated facts on any day.
//!
//! Decides promises, trust, sentiment, the pyramid, the plan, and what follows from them. Pure: facts, a model and a day in,
//! values out; with nothing to go by a value is absent, never zero. One file each, so that each idea can be read alone.

pub mod advocacy;
pub mod handover;
pub mod keep;
pub mod moments;
pub mod people;
pub mod plan;
pub mod pyramid;
pub mod sheet;
pub mod trust;
pub mod value;
pub mod voice;
pub mod whole;
pub mod winloss;

use jiff::civil::Date;

use crate::book::facts::{Facts, Recorded};
use crate::book::money::Money;
use crate::book::prepared::On;
use crate::book::score::Eval;

/// An account on a day, for the figures of loyalty.
#[derive(Clone, Copy)]
pub struct Loyal<'e, 'a> {
    pub eval: &'e Eval<'a>,
    pub on: On,
}

impl<'e, 'a> Loyal<'e, 'a> {
    /// That account on that day.
    pub fn new(eval: &'e Eval<'a>, on: On) -> Self {
        Self { eval, on }
    }

    /// Everything known of it.
    pub fn facts(&self) -> &'a Facts {
        self.eval.facts.facts
    }

    /// What notes recorded up to the day, oldest first.
    pub fn journal(&self) -> impl DoubleEndedIterator<Item = &'a Recorded> + use<'a> {
        let day = self.on.date;
        self.facts().journal.iter().filter(move |one| one.on <= day)
    }

    /// An amount in units of the book's currency; absent where no rate is set.
    pub fn units(&self, money: Money) -> Option<f64> {
        match self.eval.rates {
            Some(rates) => rates.convert(money).map(Money::units),
            None => Some(money.units()),
        }
    }

    /// The name of somebody by their id, as the account knows them.
    pub fn name_of(&self, recorded: &Recorded) -> Option<&'a str> {
        recorded.people.first().and_then(|id| self.facts().person(id)).map(|person| person.name.as_str())
    }
}

/// Whole days between two dates, as a number.
pub(super) fn days(from: Date, to: Date) -> f64 {
    crate::book::day::between(from, to) as f64
}

#[cfg(test)]
mod tests;
