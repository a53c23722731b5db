//! An answer of a source, read whole within a bound; and which error it is.
//!
//! Decides nothing about tries: it says what came back.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use serde_json::Value as Json;
use url::Url;

use super::body;
use super::formula::plain_text;
use super::manifest::{Decode, ErrorRule, Is, Words};

/// What came back, body read to its end.
#[derive(Debug)]
pub(crate) struct Raw {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub url: Url,
    pub body: Vec<u8>,
    /// From sending to the end of the answer.
    pub took: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The request never went out: nothing was done.
    NotSent(String),
    /// It went out; the answer was cut, late or missing.
    Cut(String),
    /// The answer is larger than the bound.
    TooLarge(usize),
    /// It points to another host, where the token must not go.
    OtherHost(String),
    /// Our own request can't be made.
    Ours(String),
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub headers: reqwest::header::HeaderMap,
    pub url: Url,
    /// `Null` for an empty body.
    pub json: Json,
}

/// An answer that is an error.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub is: Is,
    /// The vendor's words, its number for this call, cleaned and bounded.
    pub words: String,
    pub right: Option<String>,
    pub retry_after: Option<Duration>,
    pub until: Option<Timestamp>,
}

/// Reads a header as text.
pub(crate) fn header(headers: &reqwest::header::HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
}

/// The source's own clock.
pub(crate) fn date(headers: &reqwest::header::HeaderMap) -> Option<Timestamp> {
    http_date(&header(headers, "date")?)
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// Sorts an answer: good, or which error. `expand` fills `{{ }}` of a rule's `until`.
pub(crate) fn judge(
    raw: Raw,
    decode: Decode,
    rules: &[ErrorRule],
    words: &Words,
    expand: &dyn Fn(&super::formula::Template) -> Option<String>,
) -> Result<Answer, Failed> {
    let good = (200..300).contains(&raw.status);
    let empty = raw.body.iter().all(u8::is_ascii_whitespace);
    let parsed: Result<Json, String> = match decode {
        _ if empty => Ok(Json::Null),
        // What is no success is JSON, if anything, whatever was asked for.
        Decode::Csv if good => body::csv(&raw.body),
        Decode::JsonLines if good => body::json_lines(&raw.body),
        _ => serde_json::from_slice(&raw.body).map_err(|error| error.to_string()),
    };
    let nothing = Json::Null;
    let json = parsed.as_ref().unwrap_or(&nothing);
    let get = |name: &str| header(&raw.headers, name);
    let rule = if !good || rules.iter().any(ErrorRule::reads_success) {
        let text = String::from_utf8_lossy(&raw.body);
        rules
            .iter()
            .filter(|rule| !good || rule.reads_success())
            .find(|rule| rule.matches(raw.status, &get, &text, json))
    } else {
        None
    };
    if good && rule.is_none() {
        return match parsed {
            Ok(json) => Ok(Answer { headers: raw.headers, url: raw.url, json }),
            Err(error) => Err(Failed {
                is: Is::Transient,
                words: format!("the answer is cut off or not what was asked for: {error}"),
                right: None,
                retry_after: None,
                until: None,
            }),
        };
    }
    let now = date(&raw.headers).unwrap_or_else(Timestamp::now);
    let rights: Vec<String> = words.rights.iter().flat_map(|p| p.all(json)).flat_map(texts).collect();
    Err(Failed {
        is: rule.map_or_else(|| super::manifest::by_status(raw.status), |rule| rule.is),
        words: say(&raw, json, words),
        right: (!rights.is_empty()).then(|| crate::text::clean_line(&rights.join(", "))),
        retry_after: get("retry-after").and_then(|text| retry_after(&text, now)),
        until: rule.and_then(|r| r.until.as_ref()).and_then(expand).and_then(|text| until(&text, now)),
    })
}

fn texts(json: &Json) -> Vec<String> {
    match json {
        Json::Array(list) => list.iter().map(plain_text).collect(),
        other => vec![plain_text(other)],
    }
}

/// The status and the vendor's words, at most 500 characters, its own number for the call at the end.
fn say(raw: &Raw, json: &Json, words: &Words) -> String {
    let first = |paths: &[super::path::Path]| {
        paths.iter().filter_map(|p| p.find(json)).map(plain_text).find(|text| !text.trim().is_empty())
    };
    let in_header =
        || words.header.as_ref().and_then(|name| header(&raw.headers, name)).filter(|t| !t.trim().is_empty());
    let text = first(&words.message).or_else(in_header).unwrap_or_else(|| {
        let body = String::from_utf8_lossy(&raw.body);
        if json.is_null() { super::html::to_plain(&body) } else { body.into_owned() }
    });
    let text: String = crate::text::clean_line(&text).chars().take(500).collect();
    let mut out = raw.status.to_string();
    if !text.is_empty() {
        out = format!("{out}: {text}");
    }
    if let Some(trace) = first(&words.trace) {
        out = format!("{out}; correlationId {}", crate::text::clean_line(&trace));
    }
    out
}

/// Seconds, or an HTTP date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.clamp(0.0, 1e7)).ok();
    }
    let at = http_date(text)?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// `midnight in Europe/Berlin`, `rolling 24h`.
fn until(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Some(zone) = text.strip_prefix("midnight in ") {
        let zone = jiff::tz::TimeZone::get(zone.trim()).unwrap_or(jiff::tz::TimeZone::UTC);
        let tomorrow = now.to_zoned(zone.clone()).date().checked_add(1.day()).ok()?;
        return tomorrow.to_zoned(zone).ok().map(|z| z.timestamp());
    }
    now.checked_add(24.hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 22 Nov 2026 10:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 22 Nov 2026 09:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn a_quota_ends_at_midnight_over_there() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(until("midnight in Europe/Berlin", now), Some("2026-11-22T23:00:00Z".parse().unwrap()));
        assert_eq!(until("rolling 24h", now), Some("2026-11-23T10:00:00Z".parse().unwrap()));
    }
}
