//! Numbers as people type them and as they are shown, by their unit.
//!
//! Decides only the form; a number that is nonsense is none. Absent is never a number.

use jiff::civil::Date;

use super::Unit;
use crate::book::day::plus;
use crate::book::evidence::number as figure;
use crate::book::money::short;
use crate::text::short_date;

/// A month in days, as ages are counted.
pub const MONTH: f64 = 30.4375;

/// A number as typed, in the unit of what it is compared with; `None`: it is none.
pub fn amount(text: &str, unit: Unit) -> Option<f64> {
    let text = text.replace('−', "-").replace([',', '_'], "");
    let lower = text.to_lowercase();
    let days: &[(&str, f64)] = &[("d", 1.0), ("w", 7.0), ("m", MONTH), ("y", 365.25)];
    match unit {
        Unit::Points => scaled(&lower, &[]),
        Unit::Share | Unit::Change => {
            // `confidence<40` can only mean per cent.
            let ratio = scaled(&lower, &[("%", 0.01)])?;
            Some(if ratio.abs() > 1.0 && !lower.ends_with('%') { ratio / 100.0 } else { ratio })
        }
        Unit::Money => scaled(lower.trim_start_matches(['$', '€', '£']), &[("k", 1e3), ("m", 1e6), ("b", 1e9)]),
        Unit::Days | Unit::Date => scaled(&lower, days),
        Unit::Number => scaled(&lower, &[("%", 0.01), ("k", 1e3), ("d", 1.0), ("w", 7.0)]),
        Unit::Level(words) => {
            words.iter().position(|word| *word == lower).map(|at| at as f64).or_else(|| scaled(&lower, &[]))
        }
    }
}

/// Digits with one of these units behind them, or none.
fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let found = units.iter().find_map(|(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, *factor)));
    let (digits, factor) = found.unwrap_or((text, 1.0));
    // "inf" and "nan" are numbers to Rust, and nonsense here.
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || "+-.".contains(c));
    digits.parse::<f64>().ok().filter(|n| plain && n.is_finite()).map(|n| n * factor)
}

/// A stretch of days as typed; which one it is depends on the day it is asked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// From the first to the last day: a date, a month, a year, a quarter of a year.
    Fixed(Date, Date),
    /// `q1`: the running one; else the next where days to come are meant, and the last where not.
    Quarter(i8),
    /// `today`, `tomorrow`, `yesterday`: so many days later.
    Day(i32),
}

impl Stretch {
    /// A date, a month, a quarter, a year, `today`; `None`: it is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        if let Ok(date) = lower.parse::<Date>()
            && lower.len() == 10
        {
            return Some(Self::Fixed(date, date));
        }
        let quarter = |digit: &str| digit.parse::<i8>().ok().filter(|n| (1..=4).contains(n));
        let year = |digits: &str| {
            let plain = digits.len() == 4 && digits.chars().all(|c| c.is_ascii_digit());
            digits.parse::<i16>().ok().filter(|year| plain && *year > 0)
        };
        match lower.as_str() {
            "today" => return Some(Self::Day(0)),
            "tomorrow" => return Some(Self::Day(1)),
            "yesterday" => return Some(Self::Day(-1)),
            _ => {}
        }
        if let Some(rest) = lower.strip_prefix('q') {
            let (digit, rest) = rest.split_at_checked(1)?;
            let which = quarter(digit)?;
            return match rest {
                "" => Some(Self::Quarter(which)),
                _ => months(year(rest.strip_prefix('-').unwrap_or(rest))?, which * 3 - 2, 3),
            };
        }
        match lower.split_once('-') {
            Some((y, rest)) => match rest.strip_prefix('q') {
                Some(digit) => months(year(y)?, quarter(digit)? * 3 - 2, 3),
                None if rest.len() == 2 => months(year(y)?, rest.parse().ok()?, 1),
                None => None,
            },
            None => months(year(&lower)?, 1, 12),
        }
    }

    /// Its first and last day, seen from a day. `ahead`: days to come are meant.
    pub fn days(self, today: Date, ahead: bool) -> (Date, Date) {
        match self {
            Self::Fixed(from, to) => (from, to),
            Self::Day(later) => (plus(today, i64::from(later)), plus(today, i64::from(later))),
            Self::Quarter(which) => {
                let of = |year: i16| match months(year, which * 3 - 2, 3) {
                    Some(Self::Fixed(from, to)) => (from, to),
                    _ => (today, today),
                };
                let here = of(today.year());
                match ahead {
                    true if here.1 < today => of(today.year() + 1),
                    false if here.0 > today => of(today.year() - 1),
                    _ => here,
                }
            }
        }
    }
}

fn months(year: i16, month: i8, count: i8) -> Option<Stretch> {
    let from = Date::new(year, month, 1).ok()?;
    let last = i16::from(month) - 1 + i16::from(count);
    let next = Date::new(year + last / 12, (last % 12 + 1) as i8, 1).ok()?;
    Some(Stretch::Fixed(from, next.yesterday().ok()?))
}

/// A number for a sentence. `today` is the day it is said on.
pub fn shown(value: f64, unit: Unit, today: Date) -> String {
    match unit {
        Unit::Points => format!("{:.0}", value).replace('-', "−"),
        Unit::Share => format!("{:.0}%", value * 100.0),
        Unit::Change => match (value * 100.0).round() {
            n if n < 0.0 => format!("−{:.0}%", -n),
            n if n > 0.0 => format!("+{n:.0}%"),
            _ => "0%".into(),
        },
        Unit::Money => short(value),
        Unit::Days => format!("{:.0}", value),
        Unit::Date => short_date(plus(today, value.round() as i64), today),
        Unit::Number => figure(value),
        Unit::Level(words) => words.get(value.round().max(0.0) as usize).copied().unwrap_or("unknown").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn numbers_in_their_units() {
        for (text, unit, value) in [
            ("50", Unit::Points, 50.0),
            ("−5", Unit::Points, -5.0),
            ("40%", Unit::Share, 0.4),
            ("40", Unit::Share, 0.4),
            ("0.4", Unit::Share, 0.4),
            ("-20%", Unit::Change, -0.2),
            ("150%", Unit::Change, 1.5),
            ("$1.5M", Unit::Money, 1_500_000.0),
            ("120k", Unit::Money, 120_000.0),
            ("6w", Unit::Days, 42.0),
            ("6m", Unit::Days, 182.625),
            ("yellow", Unit::Level(&["red", "yellow"]), 1.0),
        ] {
            assert_eq!(amount(text, unit), Some(value), "{text}");
        }
        for (text, unit) in [("inf", Unit::Money), ("abc", Unit::Points), ("", Unit::Days), ("5%", Unit::Points)] {
            assert_eq!(amount(text, unit), None, "{text}");
        }
    }

    #[test]
    fn stretches_of_days() {
        let today = date(2026, 11, 23);
        let at = |text: &str, ahead| {
            let (from, to) = Stretch::parse(text)?.days(today, ahead);
            Some(format!("{from} {to}"))
        };
        assert_eq!(at("2026-12-31", true).as_deref(), Some("2026-12-31 2026-12-31"));
        assert_eq!(at("q4", true).as_deref(), Some("2026-10-01 2026-12-31"));
        assert_eq!(at("q1", true).as_deref(), Some("2027-01-01 2027-03-31"));
        assert_eq!(at("q1", false).as_deref(), Some("2026-01-01 2026-03-31"));
        assert_eq!(at("q1-2028", true).as_deref(), Some("2028-01-01 2028-03-31"));
        assert_eq!(at("2027-q2", true).as_deref(), Some("2027-04-01 2027-06-30"));
        assert_eq!(at("2026-12", true).as_deref(), Some("2026-12-01 2026-12-31"));
        assert_eq!(at("2027", true).as_deref(), Some("2027-01-01 2027-12-31"));
        for nonsense in ["soon", "q5", "2026-13", "20261231", "qé", "q", "2026-q9"] {
            assert_eq!(at(nonsense, true), None, "{nonsense}");
        }
    }

    #[test]
    fn what_is_shown() {
        let today = date(2026, 11, 23);
        for (value, unit, text) in [
            (41.3, Unit::Points, "41"),
            (0.86, Unit::Share, "86%"),
            (-0.34, Unit::Change, "−34%"),
            (412_000.0, Unit::Money, "412k"),
            (23.0, Unit::Days, "23"),
            (22.0, Unit::Date, "15 Dec"),
            (86.4, Unit::Number, "86"),
            (3.4, Unit::Number, "3.4"),
            (0.0, Unit::Level(&["red"]), "red"),
        ] {
            assert_eq!(shown(value, unit, today), text);
        }
    }
}
