//! How values stand in columns: days and moments as numbers, structures as JSON, and a hash that never changes.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days since 1970-01-01.
pub(super) fn day(date: Date) -> i64 {
    i64::from((date - EPOCH).get_days())
}

/// The date of a day number; the ends of the calendar beyond them.
pub(super) fn date(day: i64) -> Date {
    let end = if day < 0 { Date::MIN } else { Date::MAX };
    jiff::Span::new().try_days(day).ok().and_then(|span| EPOCH.checked_add(span).ok()).unwrap_or(end)
}

/// Milliseconds since 1970.
pub(super) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The moment of a number of milliseconds; 1970 for one outside the calendar.
pub(super) fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// JSON into a column.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// JSON out of a column.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

/// Lower case, for names that are looked up and sorted.
pub(super) fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// FNV-1a: the same on every machine and in every version, so that an upgrade does not make every row look changed.
pub(super) fn hash(bytes: &[u8]) -> i64 {
    let folded = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    folded as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_inverse() {
        for n in [-40_000, -1, 0, 1, 20_779, 60_000] {
            assert_eq!(day(date(n)), n);
        }
        assert_eq!(day(Date::constant(2026, 11, 22)), 20_779);
        assert_eq!(date(i64::MAX), Date::MAX);
    }

    #[test]
    fn the_hash_is_fnv() {
        assert_eq!(hash(b"") as u64, 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"a") as u64, 0xaf63_dc4c_8601_ec8c);
    }
}
