//! Retention of a cohort closed at the window's start: GRR, NRR, logo, and over how much of the book they are known.
//!
//! Decides the rates from what each account paid at both ends, at one exchange rate. Renewal rates are another thing.

use jiff::civil::Date;

use crate::book::assess::former;
use crate::book::facts::Facts;
use crate::book::money::Money;

/// What one account paid a year at both ends of the window, in units of one currency at one rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// `None`: not known; 0: it was no customer then.
    pub start: Option<f64>,
    /// `None`: not known; 0: it has left.
    pub end: Option<f64>,
}

/// The rates, as ratios.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retention {
    /// `Σ min(end, start) / Σ start`
    pub grr: Option<f64>,
    /// `Σ end / Σ start`
    pub nrr: Option<f64>,
    /// Accounts with an end above 0 over accounts.
    pub logo: Option<f64>,
    /// Accounts that the rates rest on: those whose two ends are known and whose start was above 0.
    pub accounts: usize,
    /// These, and those that may belong to the cohort but whose start or end is not known.
    pub of_accounts: usize,
    /// How much of the ARR is known at both ends.
    pub arr_share: Option<f64>,
    pub start: f64,
    pub end: f64,
    /// What was gained by accounts that grew.
    pub expansion: f64,
}

/// Under this share of ARR the rates are not shown.
const LEAST_SHARE: f64 = 0.8;

/// The rates of a cohort. Accounts that were no customers at the start count on neither side.
pub fn retention(accounts: impl IntoIterator<Item = Ends>) -> Retention {
    let mut out = Retention::default();
    let (mut kept, mut stayed, mut unknown) = (0.0, 0, 0.0);
    for one in accounts {
        match (one.start, one.end) {
            (Some(start), _) if start <= 0.0 => {}
            (Some(start), Some(end)) => {
                out.accounts += 1;
                out.of_accounts += 1;
                out.start += start;
                out.end += end;
                kept += end.min(start);
                out.expansion += (end - start).max(0.0);
                stayed += usize::from(end > 0.0);
            }
            // One end stands in for the other in the share only: how much could not be followed.
            (start, end) => {
                out.of_accounts += 1;
                unknown += start.or(end).unwrap_or(0.0);
            }
        }
    }
    if out.start > 0.0 {
        let share = out.start / (out.start + unknown);
        out.arr_share = Some(share);
        if share >= LEAST_SHARE {
            out.grr = Some(kept / out.start);
            out.nrr = Some(out.end / out.start);
            out.logo = Some(stayed as f64 / out.accounts as f64);
        }
    }
    out
}

/// ARR of a day: the last known on or before it; nothing after it has left, and nothing before it was a customer.
pub fn arr_on(facts: &Facts, day: Date) -> Arr {
    let paid = facts.arr.at(day);
    // A customer who came back has a first day after the first contract: what was paid on a day before it counts.
    let not_yet = facts.customer_since.is_some_and(|since| since > day) && paid.is_none_or(|money| money.minor == 0);
    if former(facts, day) || not_yet {
        return Arr::None;
    }
    paid.map_or(Arr::Unknown, |money| Arr::Is(*money))
}

/// What an account paid at both ends of a window; `None`: not known. No customer: 0, in the currency of the other end.
pub fn ends(facts: &Facts, start: Date, end: Date) -> (Option<Money>, Option<Money>) {
    let money = |day: Date| match arr_on(facts, day) {
        Arr::Is(money) => Some(money),
        Arr::None => {
            // A rate is needed only for what is paid; an amount of nothing takes the currency that was ever named.
            let any = facts.arr.0.iter().rev().find_map(|entry| entry.value);
            any.map(|money| Money { minor: 0, currency: money.currency })
        }
        Arr::Unknown => None,
    };
    (money(start), money(end))
}

/// The ARR of an account on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arr {
    Is(Money),
    /// No customer on that day.
    None,
    Unknown,
}

impl Arr {
    /// In units of the currency that `convert` makes of it; no rate: not known.
    pub fn units(self, convert: impl Fn(Money) -> Option<Money>) -> Option<f64> {
        match self {
            Self::Is(money) => convert(money).map(Money::units),
            Self::None => Some(0.0),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::sample::{TODAY, ago, healthy, usd};
    use proptest::prelude::*;

    fn ends(start: f64, end: f64) -> Ends {
        Ends { start: Some(start), end: Some(end) }
    }

    #[test]
    fn the_minimum_is_taken_by_account_before_summing() {
        // 100 → 150, 100 → 50, 100 → 0 (left), 0 → 80 (new).
        let rates = retention([ends(100.0, 150.0), ends(100.0, 50.0), ends(100.0, 0.0), ends(0.0, 80.0)]);
        assert_eq!(rates.grr, Some(0.5));
        assert!((rates.nrr.unwrap() - 200.0 / 300.0).abs() < 1e-12);
        assert!((rates.logo.unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!((rates.accounts, rates.of_accounts), (3, 3));
    }

    #[test]
    fn under_four_fifths_of_the_arr_there_is_no_rate() {
        let unknown = Ends { start: None, end: Some(30.0) };
        let rates = retention([ends(100.0, 90.0), unknown]);
        assert_eq!((rates.grr, rates.of_accounts), (None, 2));
        assert!((rates.arr_share.unwrap() - 100.0 / 130.0).abs() < 1e-12);
        assert!(retention([ends(100.0, 90.0), Ends { start: None, end: Some(25.0) }]).grr.is_some());
        assert_eq!(retention([]).grr, None);
    }

    #[test]
    fn arr_of_a_day_is_the_last_known_one() {
        let mut facts = healthy();
        facts.arr.push(ago(100), ago(100), Some(usd(150_000)));
        assert_eq!(arr_on(&facts, ago(101)), Arr::Is(usd(120_000)));
        assert_eq!(arr_on(&facts, TODAY), Arr::Is(usd(150_000)));
        assert_eq!(arr_on(&facts, ago(701)), Arr::None);
        facts.churned_on = Some(ago(1));
        assert_eq!(arr_on(&facts, TODAY).units(Some), Some(0.0));
        facts.churned_on = None;
        facts.arr.0.clear();
        assert_eq!(arr_on(&facts, TODAY).units(Some), None);
    }

    proptest! {
        #[test]
        fn nrr_is_grr_and_expansion(pairs in proptest::collection::vec((1.0..1e6, 0.0..1e6), 1..40)) {
            let rates = retention(pairs.into_iter().map(|(start, end)| ends(start, end)));
            let (grr, nrr) = (rates.grr.unwrap(), rates.nrr.unwrap());
            prop_assert!((nrr - grr - rates.expansion / rates.start).abs() < 1e-9);
            prop_assert!(grr <= 1.0 + 1e-12 && grr <= nrr + 1e-12);
        }
    }
}
