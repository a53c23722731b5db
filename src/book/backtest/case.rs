//! What a case is: an account on the last day of a month, and what became of it within the horizon.
//!
//! Decides who was a customer on a day and what counts as lost. Sees the whole truth, later days included: what the
//! score may see is decided elsewhere.

use jiff::civil::Date;

use crate::book::assess::former;
use crate::book::day::{between, plus};
use crate::book::facts::Facts;
use crate::book::retention::{Arr, arr_on};

/// ARR under this share of what it was is a loss: down by more than 20 %.
const KEPT_SHARE: f64 = 0.8;

/// How an account was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It left.
    Left,
    /// It pays less than four fifths of what it did.
    Shrank,
}

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Kept,
    /// Lost, and after how many days.
    Lost(Loss, i64),
}

impl Outcome {
    /// Whether it was lost, either way.
    pub fn lost(self) -> bool {
        matches!(self, Self::Lost(..))
    }
}

/// The last days of the months from `from` to `to`, both included.
pub fn month_ends(from: Date, to: Date) -> Vec<Date> {
    let mut days = Vec::new();
    let mut day = from.last_of_month();
    while day <= to {
        days.push(day);
        let Ok(next) = day.tomorrow() else { break };
        day = next.last_of_month();
    }
    days
}

/// The first day on which anything is known of an account.
pub fn first_day(facts: &Facts) -> Option<Date> {
    let arr = facts.arr.0.first().map(|entry| entry.on);
    [facts.created, facts.customer_since, arr].into_iter().flatten().min()
}

/// What became of an account within `horizon` days after `day`; `None`: it was no customer then.
pub fn outcome(facts: &Facts, day: Date, horizon: i64) -> Option<Outcome> {
    let paid = match arr_on(facts, day) {
        Arr::None => return None,
        Arr::Is(money) if money.minor <= 0 => return None,
        Arr::Is(money) => Some(money),
        Arr::Unknown => None,
    };
    if first_day(facts).is_none_or(|first| first > day) {
        return None;
    }
    let end = plus(day, horizon);
    let shrunk = |on: Date| match (paid, facts.arr.at(on)) {
        (Some(before), Some(after)) if before.currency == after.currency => {
            (after.minor as f64) < KEPT_SHARE * before.minor as f64
        }
        _ => false,
    };
    // Somebody who left and came back inside the horizon was lost all the same; who paid less for a while was not.
    let turns = turns(facts, day, end);
    if let Some(left) = turns.iter().find(|on| former(facts, **on)) {
        return Some(Outcome::Lost(Loss::Left, between(day, *left)));
    }
    if !shrunk(end) {
        return Some(Outcome::Kept);
    }
    let on = turns.iter().find(|on| shrunk(**on)).copied().unwrap_or(end);
    Some(Outcome::Lost(Loss::Shrank, between(day, on)))
}

/// The days after `day` on which the account may have been lost, in order: only what changes on a day can decide.
fn turns(facts: &Facts, day: Date, end: Date) -> Vec<Date> {
    let stages = facts.stage.0.iter().map(|entry| entry.on);
    let arr = facts.arr.0.iter().map(|entry| entry.on);
    let mut days: Vec<Date> =
        facts.churned_on.into_iter().chain(stages).chain(arr).filter(|on| *on > day && *on <= end).collect();
    days.sort_unstable();
    days.dedup();
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::sample::{TODAY, ago, healthy, usd};
    use jiff::civil::date;

    #[test]
    fn months_end_on_their_last_days() {
        assert_eq!(
            month_ends(date(2025, 12, 31), date(2026, 3, 30)),
            [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]
        );
        assert_eq!(month_ends(date(2026, 3, 2), date(2026, 3, 31)), [date(2026, 3, 31)]);
        assert_eq!(month_ends(date(2026, 3, 2), date(2026, 3, 30)), []);
    }

    #[test]
    fn a_customer_is_kept_or_lost_and_a_stranger_is_no_case() {
        let mut facts = healthy();
        assert_eq!(outcome(&facts, ago(100), 90), Some(Outcome::Kept));
        assert_eq!(outcome(&facts, ago(730), 90), None, "nothing was known of it");
        assert_eq!(outcome(&facts, ago(710), 90), None, "it was no customer yet");

        facts.arr.push(ago(50), ago(50), Some(usd(96_000)));
        assert_eq!(outcome(&facts, ago(100), 90), Some(Outcome::Kept), "down by exactly 20 % is kept");
        facts.arr.push(ago(40), ago(40), Some(usd(95_999)));
        assert_eq!(outcome(&facts, ago(100), 90), Some(Outcome::Lost(Loss::Shrank, 60)));
        assert_eq!(outcome(&facts, ago(100), 55), Some(Outcome::Kept), "not within so many days");
        facts.arr.push(ago(20), ago(20), Some(usd(120_000)));
        assert_eq!(outcome(&facts, ago(100), 90), Some(Outcome::Kept), "it grew back in time");

        facts.churned_on = Some(ago(15));
        assert_eq!(outcome(&facts, ago(100), 90), Some(Outcome::Lost(Loss::Left, 85)));
        assert_eq!(outcome(&facts, ago(15), 10), None, "it had left");
        assert_eq!(outcome(&facts, ago(106), 90), Some(Outcome::Kept));
        assert_eq!(outcome(&facts, TODAY, 90), None);
    }

    #[test]
    fn the_stage_tells_of_a_loss_too_and_coming_back_does_not_undo_it() {
        let mut facts = healthy();
        facts.stage.push(ago(80), ago(80), Some("former_customer".into()));
        facts.stage.push(ago(30), ago(30), Some("customer".into()));
        assert_eq!(outcome(&facts, ago(120), 90), Some(Outcome::Lost(Loss::Left, 40)));
        assert_eq!(outcome(&facts, ago(60), 30), None, "gone at the time");
        assert_eq!(outcome(&facts, ago(25), 20), Some(Outcome::Kept));
    }
}
