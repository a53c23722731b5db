//! How fast and how long: rates per pool, requests at once, tries, time-outs.
//!
//! Decides numbers; the limiter and the client keep to them.

use std::time::Duration;

use super::{Errors, Node, Tab};

/// The limits of a source.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub pools: Vec<Pool>,
    pub http: HttpLimits,
}

/// A budget that some or all requests share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    /// Which paths it is for, with `*`; `None`: all.
    pub on: Option<String>,
    /// So many requests in so long.
    pub rate: Option<(u32, Duration)>,
    pub at_once: Option<u32>,
    /// Header names: how many are left, of how many, when it is full again, left today, of how many a day.
    pub remaining: Option<String>,
    pub of: Option<String>,
    pub reset: Option<(String, Reset)>,
    pub daily: Option<String>,
    pub daily_of: Option<String>,
    /// Several of these in one header.
    pub packed: Option<Packed>,
    /// The share of the day's budget at which Rounds stops: others live on it too.
    pub stop_at: Option<f64>,
}

/// What the header that tells when a budget is full again holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    Milliseconds,
    Seconds,
    /// Seconds since 1970.
    Epoch,
}

/// A header that holds several numbers, and its form: `api-usage={used}/{of}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    pub header: String,
    /// Text before each name, and the name.
    pub parts: Vec<(String, String)>,
}

impl Packed {
    fn parse(header: String, form: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = form;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| format!("{form:?} opens {{ and doesn't close it"))?;
            if !["used", "of", "left", "reset", "skip"].contains(&name) {
                return Err(format!(
                    "{{{name}}} is unknown here; allowed: {{used}}, {{of}}, {{left}}, {{reset}}, {{skip}}"
                ));
            }
            parts.push((before.to_owned(), name.to_owned()));
            rest = after;
        }
        if parts.is_empty() {
            Err(format!("{form:?} names no number, such as {{left}}"))
        } else {
            Ok(Self { header, parts })
        }
    }

    /// The numbers that a header's text holds, by name.
    pub fn read<'a>(&'a self, text: &str) -> Vec<(&'a str, u64)> {
        let mut found = Vec::new();
        let mut rest = text;
        for (before, name) in &self.parts {
            let Some(at) = rest.find(before.as_str()) else { break };
            rest = &rest[at + before.len()..];
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            match rest[..end].parse() {
                Ok(number) => found.push((name.as_str(), number)),
                Err(_) => break,
            }
            rest = &rest[end..];
        }
        found
    }
}

/// How one request is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpLimits {
    pub retry_base: Duration,
    pub retry_cap: Duration,
    pub tries: u32,
    pub connect: Duration,
    pub idle: Duration,
    pub max_bytes: usize,
    /// How long between two questions after a job; without it as the job says.
    pub poll: Option<Duration>,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            retry_base: Duration::from_secs(1),
            retry_cap: Duration::from_secs(60),
            tries: 5,
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            max_bytes: 64 << 20,
            poll: None,
        }
    }
}

impl Limits {
    /// Reads `limits`, mistakes into `errors` under the key `at`.
    pub fn read(node: &Node, errors: &Errors, at: &str) -> Self {
        let mut limits = Self { pools: Vec::new(), http: HttpLimits::default() };
        let Some(list) = Tab::of(node, at, errors) else { return limits };
        for (name, node) in list.all() {
            let Some(tab) = Tab::of(node, list.at(name), errors) else { continue };
            let header = |key: &'static str| {
                let text = tab.text(key)?;
                let name = text.strip_prefix("header:");
                if name.is_none() {
                    errors.add(tab.line, tab.at(key), format!("{text:?} must be written header:Name"));
                }
                name.map(str::to_owned)
            };
            let rate = tab.text("rate").and_then(|text| {
                let parsed = rate(&text);
                if parsed.is_none() {
                    errors.add(tab.line, tab.at("rate"), format!("{text:?} is no rate; write it as \"8 / 1s\""));
                }
                parsed
            });
            let resets =
                [("reset_ms", Reset::Milliseconds), ("reset_s", Reset::Seconds), ("reset_epoch", Reset::Epoch)];
            // All are asked for, so that a misspelt one is told all of them.
            let resets: Vec<_> = resets.into_iter().filter_map(|(key, form)| Some((header(key)?, form))).collect();
            let reset = resets.into_iter().next();
            let pool = Pool {
                on: if name == "all" { None } else { tab.need("on") },
                rate,
                at_once: tab.number("at_once").map(|n| n.clamp(1, 64) as u32),
                remaining: header("remaining"),
                of: header("of"),
                reset,
                daily: header("daily"),
                daily_of: header("daily_of"),
                packed: tab.table("packed").and_then(|packed| {
                    let read = Packed::parse(packed.need("header")?, &packed.need("form")?);
                    let read = read.map_err(|why| errors.add(packed.line, packed.at("form"), why)).ok();
                    packed.done();
                    read
                }),
                stop_at: tab.text("stop_at").and_then(|text| {
                    let share = text.trim().strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok());
                    let share = share.filter(|n| *n > 0.0 && *n <= 100.0);
                    if share.is_none() {
                        errors.add(tab.line, tab.at("stop_at"), format!("{text:?} is no share; write it as 80%"));
                    }
                    share.map(|n| n / 100.0)
                }),
            };
            if name == "all" {
                let http = &mut limits.http;
                http.retry_base = tab.span("retry_base").unwrap_or(http.retry_base);
                http.retry_cap = tab.span("retry_cap").unwrap_or(http.retry_cap);
                http.tries = tab.number("tries").map_or(http.tries, |n| n.clamp(1, 20) as u32);
                http.connect = tab.span("connect").unwrap_or(http.connect);
                http.poll = tab.span("poll").or(http.poll);
                http.idle = tab.span("idle").unwrap_or(http.idle);
                http.max_bytes = tab.number("max_bytes").map_or(http.max_bytes, |n| n.max(1024) as usize);
            }
            tab.done();
            limits.pools.push(pool);
        }
        limits
    }
}

/// `8 / 1s`, `240 / 1m`.
fn rate(text: &str) -> Option<(u32, Duration)> {
    let (n, per) = text.split_once('/')?;
    let n: f64 = n.trim().parse().ok()?;
    let mut per = super::doc::duration(per)?;
    // A scaled rate may be a fraction: one request in a longer time.
    let mut n = n;
    if n <= 0.0 || per.is_zero() {
        return None;
    }
    if n < 1.0 {
        per = per.div_f64(n);
        n = 1.0;
    }
    Some((n.min(1e6) as u32, per))
}
