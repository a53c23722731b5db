//! Usage: one row per account, metric and month, holding the daily values.
//!
//! A day's value is four bytes; a month is as long as its last known day. Pulling a day again writes only what differs.

use std::collections::HashMap;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};

use crate::book::facts::Daily;
use crate::book::row::{Row, Value};

/// Year × 12 + month − 1.
pub(in crate::store) fn month(day: Date) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month()) - 1
}

/// The first day of a month.
pub(in crate::store) fn first_day(month: i64) -> Date {
    let year = i16::try_from(month.div_euclid(12)).unwrap_or(1970);
    let number = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
    Date::new(year, number, 1).unwrap_or(Date::constant(1970, 1, 1))
}

/// The values of a month, by day; `NaN`: nothing known.
pub(in crate::store) fn decode(blob: &[u8]) -> Vec<f32> {
    blob.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn encode(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Usage rows of one page, by where they go.
#[derive(Default)]
pub(in crate::store) struct Days(HashMap<(i64, String, i64), Vec<(usize, f32)>>);

/// What came of them.
#[derive(Default)]
pub(in crate::store) struct Written {
    pub added: u64,
    pub changed: u64,
    /// The links whose usage changed.
    pub links: Vec<i64>,
}

impl Days {
    /// Takes a row for a link. A row without metric, day or a finite value says nothing.
    pub(in crate::store) fn take(&mut self, link: i64, row: &Row) {
        let (Some(metric), Some(Value::Day(day)), Some(Value::Number(value))) =
            (row.text("metric"), row.fields.get("day"), row.fields.get("value"))
        else {
            return;
        };
        let value = *value as f32;
        if value.is_finite() {
            let days = self.0.entry((link, metric.to_owned(), month(*day))).or_default();
            days.push((day.day() as usize - 1, value));
        }
    }

    /// Writes the months that differ.
    pub(in crate::store) fn write(self, conn: &Connection) -> rusqlite::Result<Written> {
        let mut read = conn.prepare_cached("SELECT days FROM usage WHERE link = ?1 AND metric = ?2 AND month = ?3")?;
        let mut put = conn.prepare_cached(
            "INSERT INTO usage(link, metric, month, days) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET days = excluded.days",
        )?;
        let mut written = Written::default();
        let mut months = self.0.into_iter().collect::<Vec<_>>();
        months.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for ((link, metric, month), days) in months {
            let old = read.query_row(params![link, metric, month], |row| row.get::<_, Vec<u8>>(0)).optional()?;
            let mut values = old.as_deref().map(decode).unwrap_or_default();
            let before = (written.added, written.changed);
            for (index, value) in days {
                if index >= values.len() {
                    values.resize(index + 1, f32::NAN);
                }
                if values[index].is_nan() {
                    written.added += 1;
                } else if values[index] != value {
                    written.changed += 1;
                }
                values[index] = value;
            }
            if before != (written.added, written.changed) {
                put.execute(params![link, metric, month, encode(&values)])?;
                if written.links.last() != Some(&link) {
                    written.links.push(link);
                }
            }
        }
        Ok(written)
    }
}

/// All usage of a link, metric by metric, with the first day of each month's values.
pub(in crate::store) fn read(conn: &Connection, link: i64, mut each: impl FnMut(&str, Daily)) -> rusqlite::Result<()> {
    let mut statement =
        conn.prepare_cached("SELECT metric, month, days FROM usage WHERE link = ?1 ORDER BY metric, month")?;
    let mut rows = statement.query([link])?;
    let mut open: Option<(String, Daily)> = None;
    while let Some(row) = rows.next()? {
        let metric = row.get_ref(0)?.as_str()?;
        if open.as_ref().is_none_or(|(name, _)| name != metric)
            && let Some((name, daily)) = open.replace((metric.to_owned(), Daily::default()))
        {
            each(&name, daily);
        }
        let first = first_day(row.get(1)?);
        let values = decode(row.get_ref(2)?.as_blob()?);
        if let Some((_, daily)) = &mut open {
            append(daily, first, &values);
        }
    }
    if let Some((name, daily)) = open {
        each(&name, daily);
    }
    Ok(())
}

/// Appends a later month's values.
fn append(daily: &mut Daily, first: Date, values: &[f32]) {
    let start = *daily.start.get_or_insert(first);
    let offset = usize::try_from((first - start).get_days()).unwrap_or(0);
    daily.values.resize(offset, f32::NAN);
    daily.values.extend_from_slice(values);
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn months_are_numbered_without_holes() {
        assert_eq!(month(date(2026, 12, 31)) + 1, month(date(2027, 1, 1)));
        assert_eq!(first_day(month(date(2024, 2, 29))), date(2024, 2, 1));
    }

    #[test]
    fn appended_months_keep_their_days() {
        let mut daily = Daily::default();
        append(&mut daily, date(2026, 1, 1), &[1.0, f32::NAN]);
        append(&mut daily, date(2026, 3, 1), &[7.0]);
        assert_eq!(daily.get(date(2026, 1, 1)), Some(1.0));
        assert_eq!(daily.get(date(2026, 2, 14)), None);
        assert_eq!(daily.get(date(2026, 3, 1)), Some(7.0));
    }
}
