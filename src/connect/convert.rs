//! A value of an answer becomes a value of ours: the target field says which type it is, nothing is guessed.
//!
//! Decides what counts as empty and what can't be read. Text is cleaned here, where it enters.

use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::formula::plain_text;
use super::manifest::Converter;
use crate::book::row::{Kind, Value};
use crate::text::{clean_line, clean_text};

/// How a source writes what isn't text.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'a> {
    pub empty: &'a [Json],
    /// The zone in which a moment becomes a day.
    pub zone: TimeZone,
    pub split: Option<&'a str>,
}

/// Fields whose text keeps its line breaks.
fn keeps_lines(field: &str) -> bool {
    field == "body"
}

/// Whether a value stands for nothing.
pub(crate) fn is_empty(json: &Json, reading: &Reading<'_>) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) if text.trim().is_empty() => true,
        Json::Array(list) if list.is_empty() => true,
        other => reading.empty.contains(other),
    }
}

/// Applies the named converters.
pub(crate) fn apply(converters: &[Converter], json: Json) -> Json {
    converters.iter().fold(json, |json, converter| match (&json, converter) {
        (Json::String(text), Converter::Lower) => Json::String(text.to_lowercase()),
        (Json::String(text), Converter::Plain) => Json::String(super::html::to_plain(text)),
        (Json::String(text), Converter::Host) => Json::String(host(text)),
        _ => json,
    })
}

fn host(text: &str) -> String {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '?', '#']).next().unwrap_or(text);
    let text = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    let text = text.split_once(':').map_or(text, |(host, _)| host).to_lowercase();
    text.strip_prefix("www.").map_or(text.clone(), str::to_owned)
}

/// Converts to the type of the field. `Ok(None)`: empty. The error says what was expected: `is not a number`.
pub(crate) fn convert(field: &str, kind: Kind, json: &Json, reading: &Reading<'_>) -> Result<Option<Value>, String> {
    if is_empty(json, reading) {
        return Ok(None);
    }
    let no = |what: &str| Err(format!("{} is {what}", shown(json)));
    match kind {
        Kind::Text => {
            let text = match json {
                Json::Array(list) => list.iter().map(plain_text).collect::<Vec<_>>().join(", "),
                Json::Object(_) => return no("a record, not a text"),
                other => plain_text(other),
            };
            let text = if keeps_lines(field) { clean_text(&text) } else { clean_line(&text) };
            Ok((!text.trim().is_empty()).then_some(Value::Text(text)))
        }
        Kind::Bool => match json {
            Json::Bool(b) => Ok(Some(Value::Bool(*b))),
            other => match plain_text(other).trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(Some(Value::Bool(true))),
                "false" | "no" | "0" => Ok(Some(Value::Bool(false))),
                _ => no("neither true nor false"),
            },
        },
        Kind::Number => match plain_text(json).trim().parse::<f64>() {
            Ok(n) if n.is_finite() => Ok(Some(Value::Number(n))),
            _ => no("not a number"),
        },
        Kind::Money => {
            let text = plain_text(json);
            let text = text.trim();
            match Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)) {
                Ok(amount) => Ok(Some(Value::Money(amount))),
                Err(_) => no("not a number"),
            }
        }
        Kind::Day => match day(&plain_text(json), &reading.zone) {
            Some(day) => Ok(Some(Value::Day(day))),
            None => no("not a date"),
        },
        Kind::Instant => match instant(&plain_text(json)) {
            Some(at) => Ok(Some(Value::Instant(at))),
            None => no("not a date and time"),
        },
        Kind::List => {
            let texts: Vec<String> = match json {
                Json::Array(list) => list.iter().map(plain_text).collect(),
                other => {
                    let text = plain_text(other);
                    match reading.split {
                        Some(split) => text.split(split).map(str::to_owned).collect(),
                        None => vec![text],
                    }
                }
            };
            let texts: Vec<String> =
                texts.iter().map(|text| clean_line(text.trim())).filter(|text| !text.is_empty()).collect();
            Ok((!texts.is_empty()).then_some(Value::List(texts)))
        }
    }
}

/// The first 40 characters of a value, quoted.
fn shown(json: &Json) -> String {
    let text: String = clean_line(&plain_text(json)).chars().take(40).collect();
    format!("{text:?}")
}

/// RFC 3339 with any offset, epoch milliseconds or seconds, `YYYY-MM-DD HH:MM:SS` and bare dates in UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() >= 9 && text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit()) {
        let n: i64 = text.parse().ok()?;
        return if n.abs() < 100_000_000_000 { Timestamp::from_second(n) } else { Timestamp::from_millisecond(n) }.ok();
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return at.to_zoned(TimeZone::UTC).ok().map(|z: Zoned| z.timestamp());
    }
    let at: Date = text.parse().ok()?;
    at.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp())
}

fn day(text: &str, zone: &TimeZone) -> Option<Date> {
    let text = text.trim();
    if text.len() == 10
        && let Ok(day) = text.parse()
    {
        return Some(day);
    }
    let at = instant(text)?;
    // Midnight UTC is how a bare date travels as a moment: it stays the date it says.
    if at.as_millisecond().rem_euclid(86_400_000) == 0 {
        return Some(at.to_zoned(TimeZone::UTC).date());
    }
    Some(at.to_zoned(zone.clone()).date())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reading() -> Reading<'static> {
        Reading { empty: &[], zone: TimeZone::get("Europe/Berlin").unwrap(), split: Some(";") }
    }

    fn of(kind: Kind, json: Json) -> Result<Option<Value>, String> {
        convert("x", kind, &json, &reading())
    }

    #[test]
    fn the_field_decides_the_type() {
        assert_eq!(of(Kind::Money, json!("412000.50")), Ok(Some(Value::Money("412000.50".parse().unwrap()))));
        assert_eq!(of(Kind::Number, json!("240")), Ok(Some(Value::Number(240.0))));
        assert_eq!(of(Kind::Bool, json!("true")), Ok(Some(Value::Bool(true))));
        assert_eq!(of(Kind::Text, json!("35E87")), Ok(Some(Value::Text("35E87".into()))));
        assert_eq!(
            of(Kind::Text, json!("a\u{1b}]0;owned\u{7}\nb")),
            Ok(Some(Value::Text(clean_line("a\u{1b}]0;owned\u{7}\nb"))))
        );
        assert_eq!(
            of(Kind::List, json!("CHAMPION;END_USER")),
            Ok(Some(Value::List(vec!["CHAMPION".into(), "END_USER".into()])))
        );
        for kind in [Kind::Text, Kind::Number, Kind::Day, Kind::List] {
            assert_eq!(of(kind, json!("")), Ok(None));
            assert_eq!(of(kind, Json::Null), Ok(None));
        }
        assert_eq!(of(Kind::Money, json!("12,5")), Err("\"12,5\" is not a number".into()));
        assert_eq!(of(Kind::Number, json!("inf")), Err("\"inf\" is not a number".into()));
    }

    #[test]
    fn times_are_read_as_met() {
        let at: Timestamp = "2026-11-01T10:00:00Z".parse().unwrap();
        for text in [
            "2026-11-01T10:00:00Z",
            "2026-11-01T11:00:00+01:00",
            "2026-11-01T10:00:00.000Z",
            "2026-11-01 10:00:00",
            "1793527200000",
            "1793527200",
        ] {
            assert_eq!(instant(text), Some(at), "{text}");
        }
        assert_eq!(instant("yesterday"), None);
        assert_eq!(of(Kind::Day, json!("2026-11-01")), Ok(Some(Value::Day("2026-11-01".parse().unwrap()))));
        assert_eq!(of(Kind::Day, json!("2026-10-31T23:30:00Z")), Ok(Some(Value::Day("2026-11-01".parse().unwrap()))));
        assert_eq!(of(Kind::Day, json!("2026-10-31T00:00:00Z")), Ok(Some(Value::Day("2026-10-31".parse().unwrap()))));
    }

    #[test]
    fn hosts_come_out_of_addresses() {
        for (text, wanted) in
            [("https://www.Acme.com/about?x", "acme.com"), ("acme.com:8080", "acme.com"), ("kim@acme.com", "acme.com")]
        {
            assert_eq!(apply(&[Converter::Host], json!(text)), json!(wanted));
        }
    }
}
