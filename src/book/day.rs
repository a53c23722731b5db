//! Days as numbers, so that windows and ages are plain subtraction in the inner loop of a score.
//!
//! Decides nothing but arithmetic. Must not know what day it is: that is an argument.

use jiff::civil::Date;

/// Days since 1970-01-01.
pub type Day = i32;

/// Days before the first of each month, in a year that starts in March: leap days come last and need no case.
const BEFORE: [i32; 12] = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];

/// The number of a date.
pub fn number(date: Date) -> Day {
    let month = i32::from(date.month());
    let year = i32::from(date.year()) - i32::from(month < 3);
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + BEFORE[(month - 1) as usize] + i32::from(date.day()) - 719_469
}

/// The date of a number; the ends of the calendar beyond them.
pub fn date(number: Day) -> Date {
    plus(Date::constant(1970, 1, 1), i64::from(number))
}

/// `days` later (earlier, if negative); the ends of the calendar beyond them.
pub fn plus(date: Date, days: i64) -> Date {
    let end = if days < 0 { Date::MIN } else { Date::MAX };
    let span = jiff::Span::new().try_days(days);
    span.ok().and_then(|span| date.checked_add(span).ok()).unwrap_or(end)
}

/// Whole days from `from` to `to`.
pub fn between(from: Date, to: Date) -> i64 {
    i64::from(number(to)) - i64::from(number(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as civil;

    #[test]
    fn numbers_and_dates_are_each_others_inverse() {
        assert_eq!(number(civil(1970, 1, 1)), 0);
        assert_eq!(number(civil(2000, 3, 1)), 11_017);
        for n in -200_000..200_000 {
            if n % 97 == 0 {
                assert_eq!(number(date(n)), n);
            }
        }
        let mut day = civil(2023, 12, 1);
        for _ in 0..800 {
            let next = plus(day, 1);
            assert_eq!(number(next), number(day) + 1, "{day}");
            day = next;
        }
    }
}
