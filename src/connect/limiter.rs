//! Keeps to a source's limits: rates per pool, requests at once, one pause that all its streams share.
//!
//! Decides when a request may go; it sends nothing.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::manifest::{Pool, Reset};

/// The limiter of one source.
#[derive(Debug)]
pub(crate) struct Limiter {
    pools: Vec<Pool>,
    slots: Vec<Option<Semaphore>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When requests of each pool went out, as far back as its window.
    sent: Vec<VecDeque<Instant>>,
    paused: Option<(Instant, String)>,
    left: Option<String>,
    /// What is left of the day's budget, and of how many.
    daily: Option<(u64, Option<u64>)>,
    /// The budget is used up to the share that Rounds may use.
    reserved: Option<String>,
}

/// What an answer says of a budget.
#[derive(Debug, Default)]
struct Heard {
    left: Option<u64>,
    of: Option<u64>,
    /// How long until it is full again.
    reset: Option<Duration>,
    daily: Option<u64>,
    daily_of: Option<u64>,
}

impl Heard {
    fn of(pool: &Pool, header: &dyn Fn(&str) -> Option<String>) -> Self {
        let number =
            |name: &Option<String>| name.as_ref().and_then(|n| header(n)).and_then(|v| v.trim().parse::<u64>().ok());
        let mut heard = Self {
            left: number(&pool.remaining),
            of: number(&pool.of),
            reset: None,
            daily: number(&pool.daily),
            daily_of: number(&pool.daily_of),
        };
        let mut reset = pool.reset.as_ref().and_then(|(name, kind)| Some((header(name)?.trim().parse().ok()?, *kind)));
        if let Some(packed) = &pool.packed
            && let Some(text) = header(&packed.header)
        {
            let numbers = packed.read(&text);
            let get = |name: &str| numbers.iter().find(|(n, _)| *n == name).map(|(_, number)| *number);
            let of = get("of");
            // What is told as used is told of a day; what is told as left, of a short while.
            if let Some(used) = get("used") {
                (heard.daily, heard.daily_of) = (of.map(|of| of.saturating_sub(used)), of);
            }
            if let Some(left) = get("left") {
                (heard.left, heard.of) = (Some(left), of);
            }
            reset = reset.or_else(|| get("reset").map(|n| (n, Reset::Seconds)));
        }
        heard.reset = reset.map(|(number, kind): (u64, Reset)| match kind {
            Reset::Milliseconds => Duration::from_millis(number),
            Reset::Seconds => Duration::from_secs(number),
            Reset::Epoch => {
                let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0);
                Duration::from_secs(number.saturating_sub(now))
            }
        });
        heard
    }
}

impl Limiter {
    pub fn new(pools: Vec<Pool>) -> Self {
        let slots = pools.iter().map(|p| p.at_once.map(|n| Semaphore::new(n as usize))).collect();
        let sent = pools.iter().map(|_| VecDeque::new()).collect();
        Self { pools, slots, state: Mutex::new(State { sent, paused: None, left: None, daily: None, reserved: None }) }
    }

    /// Waits until a request to `path` may go. Hold what it returns until the answer is read. `wait` hears of pauses.
    pub async fn enter(&self, path: &str, wait: &(dyn Fn(Duration, &str) + Sync)) -> Vec<SemaphorePermit<'_>> {
        let mine: Vec<usize> = (0..self.pools.len()).filter(|i| self.applies(*i, path)).collect();
        let mut permits = Vec::new();
        for i in &mine {
            if let Some(slots) = &self.slots[*i]
                && let Ok(permit) = slots.acquire().await
            {
                permits.push(permit);
            }
        }
        let mut told = false;
        while let Some((pause, because)) = self.try_enter(&mine) {
            if let Some(because) = because
                && !told
            {
                wait(pause, &because);
                told = true;
            }
            tokio::time::sleep(pause).await;
        }
        permits
    }

    fn applies(&self, pool: usize, path: &str) -> bool {
        self.pools[pool].on.as_ref().is_none_or(|pattern| matches(pattern, path))
    }

    /// Takes a place in every pool, or says how long to wait.
    fn try_enter(&self, mine: &[usize]) -> Option<(Duration, Option<String>)> {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some((until, because)) = &state.paused {
            if *until > now {
                return Some((*until - now, Some(because.clone())));
            }
            state.paused = None;
        }
        let mut wait = Duration::ZERO;
        for &i in mine {
            let Some((count, per)) = self.pools[i].rate else { continue };
            // A little more than the window: the other side counts arrivals, and those are not evenly late.
            let window = per + per / 50;
            let sent = &mut state.sent[i];
            while sent.front().is_some_and(|at| now.duration_since(*at) >= window) {
                sent.pop_front();
            }
            if sent.len() >= count as usize
                && let Some(oldest) = sent.front()
            {
                wait = wait.max((*oldest + window).saturating_duration_since(now)).max(Duration::from_millis(1));
            }
        }
        if !wait.is_zero() {
            return Some((wait, None));
        }
        for &i in mine {
            if self.pools[i].rate.is_some() {
                state.sent[i].push_back(now);
            }
        }
        None
    }

    /// All streams of this source wait.
    pub fn pause(&self, length: Duration, because: &str) {
        let mut state = self.lock();
        let until = Instant::now() + length;
        if state.paused.as_ref().is_none_or(|(old, _)| *old < until) {
            state.paused = Some((until, because.to_owned()));
        }
    }

    /// How long a pause still lasts.
    pub fn paused(&self) -> Option<(Duration, String)> {
        let state = self.lock();
        let (until, because) = state.paused.as_ref()?;
        let left = until.checked_duration_since(Instant::now())?;
        (!left.is_zero()).then(|| (left, because.clone()))
    }

    /// Reads what an answer says of the budget.
    pub fn heard(&self, path: &str, header: &dyn Fn(&str) -> Option<String>) {
        for (i, pool) in self.pools.iter().enumerate() {
            if !self.applies(i, path) {
                continue;
            }
            let heard = Heard::of(pool, header);
            let said = match (heard.left, heard.of, heard.daily) {
                (Some(left), Some(of), _) => Some(format!("{left} of {of} requests left")),
                (Some(left), None, _) => Some(format!("{left} requests left")),
                (None, _, Some(daily)) => Some(match heard.daily_of {
                    Some(of) => format!("{daily} of {of} requests left today"),
                    None => format!("{daily} requests left today"),
                }),
                (None, _, None) => None,
            };
            if let Some(said) = said {
                self.lock().left = Some(said);
            }
            if let Some(daily) = heard.daily {
                self.keep_reserve(pool, daily, heard.daily_of);
            }
            // The last places of a budget that others use too: let it fill again before a 429 comes.
            if heard.left.is_some_and(|left| left <= 1) {
                let window = heard.reset.unwrap_or(Duration::from_secs(1));
                self.pause(window.min(Duration::from_secs(10)) / 4, "its budget of requests is nearly used up");
            }
        }
    }

    fn keep_reserve(&self, pool: &Pool, left: u64, of: Option<u64>) {
        let mut state = self.lock();
        state.daily = Some((left, of));
        state.reserved = match (pool.stop_at, of) {
            (Some(share), Some(of)) if of > 0 && (of - left.min(of)) as f64 >= share * of as f64 => Some(format!(
                "{} of its {of} requests of the day are used; the rest is left to others, as stop_at = {:.0}% says",
                of - left.min(of),
                share * 100.0
            )),
            _ => None,
        };
    }

    /// Why no more requests of this day are ours.
    pub fn reserved(&self) -> Option<String> {
        self.lock().reserved.clone()
    }

    /// What is left of the day's budget, and of how many, where the source says so.
    pub fn daily(&self) -> Option<(u64, Option<u64>)> {
        self.lock().daily
    }

    pub fn left(&self) -> Option<String> {
        self.lock().left.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// `*` stands for any text.
fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return true };
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_paths() {
        for (pattern, path, wanted) in [
            ("*/search", "/crm/objects/companies/search", true),
            ("*/search", "/crm/objects/companies/searches", false),
            ("/a/*/c*", "/a/b/cd", true),
            ("/a", "/a", true),
            ("/a", "/ab", false),
        ] {
            assert_eq!(matches(pattern, path), wanted, "{pattern} {path}");
        }
    }

    #[tokio::test]
    async fn a_pool_lets_through_what_its_rate_allows() {
        let pool = |on: Option<&str>, n| Pool {
            on: on.map(Into::into),
            rate: Some((n, Duration::from_millis(80))),
            ..Pool::default()
        };
        let limiter = Limiter::new(vec![pool(None, 8), pool(Some("*/search"), 4)]);
        let start = Instant::now();
        for _ in 0..4 {
            limiter.enter("/x/search", &|_, _| {}).await;
        }
        for _ in 0..4 {
            limiter.enter("/x/list", &|_, _| {}).await;
        }
        limiter.enter("/x/search", &|_, _| {}).await;
        assert!(start.elapsed() >= Duration::from_millis(80));
    }

    #[tokio::test]
    async fn a_pause_is_shared_and_said() {
        let limiter = Limiter::new(Vec::new());
        limiter.pause(Duration::from_millis(30), "429");
        let start = Instant::now();
        let told = Mutex::new(Vec::new());
        limiter.enter("/a", &|d, why| told.lock().unwrap().push((d, why.to_owned()))).await;
        assert!(start.elapsed() >= Duration::from_millis(30));
        assert_eq!(told.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_is_left_is_said() {
        let limiter = Limiter::new(vec![Pool { remaining: Some("R".into()), of: Some("M".into()), ..Pool::default() }]);
        limiter.heard("/", &|name| Some(if name == "R" { "61" } else { "190" }.to_owned()));
        assert_eq!(limiter.left().as_deref(), Some("61 of 190 requests left"));
    }

    #[test]
    fn a_share_of_the_day_is_left_to_others() {
        let limits =
            "[all]\npacked = { header = \"Sforce-Limit-Info\", form = \"api-usage={used}/{of}\" }\nstop_at = \"80%\"";
        let errors = super::super::manifest::Errors::new("x.toml");
        let node = super::super::manifest::Node::parse(limits, "x.toml").unwrap();
        let limiter = Limiter::new(super::super::manifest::Limits::read(&node, &errors, "limits").pools);
        assert!(errors.into_inner().is_empty());
        limiter.heard("/", &|_| Some("api-usage=79999/100000; per-app-api-usage=17/250(appName=x)".to_owned()));
        assert_eq!((limiter.daily(), limiter.reserved()), (Some((20_001, Some(100_000))), None));
        assert_eq!(limiter.left().as_deref(), Some("20001 of 100000 requests left today"));
        limiter.heard("/", &|_| Some("api-usage=80000/100000".to_owned()));
        assert!(limiter.reserved().unwrap().contains("80000 of its 100000"));
    }
}
