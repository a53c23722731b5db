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
    /// Header names: how many are left, of how many, how many milliseconds until it is full again, left today.
    pub remaining: Option<String>,
    pub of: Option<String>,
    pub reset_ms: Option<String>,
    pub daily: Option<String>,
    /// Header name: how many there are a day.
    pub daily_of: Option<String>,
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
            let pool = Pool {
                on: if name == "all" { None } else { tab.need("on") },
                rate,
                at_once: tab.number("at_once").map(|n| n.clamp(1, 64) as u32),
                remaining: header("remaining"),
                of: header("of"),
                reset_ms: header("reset_ms"),
                daily: header("daily"),
                daily_of: header("daily_of"),
            };
            if name == "all" {
                let http = &mut limits.http;
                http.retry_base = tab.span("retry_base").unwrap_or(http.retry_base);
                http.retry_cap = tab.span("retry_cap").unwrap_or(http.retry_cap);
                http.tries = tab.number("tries").map_or(http.tries, |n| n.clamp(1, 20) as u32);
                http.connect = tab.span("connect").unwrap_or(http.connect);
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
