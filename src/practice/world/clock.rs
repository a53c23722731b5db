//! Days and moments of the made-up book as plain numbers, and how the CRM writes them.
//! Decides formats only. It must not ask what time it is: that is the server's business.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Days since 1970-01-01 (UTC, the practice company's time zone).
pub(crate) type Day = i32;

pub(crate) const MS_PER_DAY: i64 = 86_400_000;

pub(crate) fn day_of(date: Date) -> Day {
    date.to_zoned(TimeZone::UTC).map(|z| day_of_ms(z.timestamp().as_millisecond())).unwrap_or_default()
}

pub(crate) fn day_of_ms(ms: i64) -> Day {
    ms.div_euclid(MS_PER_DAY) as Day
}

/// A moment of a day, in epoch milliseconds.
pub(crate) fn at(day: Day, hour: i64, minute: i64) -> i64 {
    i64::from(day) * MS_PER_DAY + (hour * 60 + minute) * 60_000
}

/// `2026-11-22`
pub(crate) fn day_text(day: Day) -> String {
    date_of(day).to_string()
}

pub(crate) fn date_of(day: Day) -> Date {
    stamp(i64::from(day) * MS_PER_DAY).to_zoned(TimeZone::UTC).date()
}

fn stamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// `2026-11-22T10:00:00.123Z`
pub(crate) fn moment_text(ms: i64) -> String {
    format!("{:.3}", stamp(ms))
}

/// Monday is 0.
pub(crate) fn weekday(day: Day) -> u8 {
    (day + 3).rem_euclid(7) as u8
}

/// The same day, or the Friday before when it falls on a weekend.
pub(crate) fn working_day(day: Day) -> Day {
    match weekday(day) {
        5 => day - 1,
        6 => day - 2,
        _ => day,
    }
}

/// Epoch milliseconds of what a client may write as a moment: digits, RFC 3339, or a date alone.
pub(crate) fn parse_moment(text: &str) -> Option<i64> {
    if let Ok(ms) = text.parse::<i64>() {
        return Some(ms);
    }
    if let Ok(date) = parse_date(text).ok_or(()) {
        return Some(i64::from(date) * MS_PER_DAY);
    }
    text.parse::<Timestamp>().ok().map(|t| t.as_millisecond())
}

/// A day written as `2026-11-22`.
pub(crate) fn parse_date(text: &str) -> Option<Day> {
    (text.len() == 10).then(|| text.parse::<Date>().ok().map(day_of)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_read_back_as_written() {
        let day = parse_date("2026-11-23").unwrap();
        assert_eq!(day_text(day), "2026-11-23");
        assert_eq!(weekday(day), 0); // a Monday
        assert_eq!(working_day(day - 1), day - 3);
        let ms = at(day, 14, 30);
        assert_eq!(moment_text(ms), "2026-11-23T14:30:00.000Z");
        assert_eq!(parse_moment(&moment_text(ms)), Some(ms));
        assert_eq!(parse_moment(&ms.to_string()), Some(ms));
        assert_eq!(parse_moment("2026-11-23"), Some(at(day, 0, 0)));
        assert_eq!(parse_moment("next week"), None);
    }
}
