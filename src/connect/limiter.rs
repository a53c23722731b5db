//! Keeps to a source's limits: rates per pool, requests at once, one pause that all its streams share.
//!
//! Decides when a request may go; it sends nothing.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::manifest::Pool;

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
    /// Left today, of how many.
    daily: (Option<u64>, Option<u64>),
}

impl Limiter {
    pub fn new(pools: Vec<Pool>) -> Self {
        let slots = pools.iter().map(|p| p.at_once.map(|n| Semaphore::new(n as usize))).collect();
        let sent = pools.iter().map(|_| VecDeque::new()).collect();
        Self { pools, slots, state: Mutex::new(State { sent, paused: None, left: None, daily: (None, None) }) }
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
            let number =
                |name: &Option<String>| name.as_ref().and_then(|n| header(n)).and_then(|v| v.trim().parse().ok());
            let left: Option<u64> = number(&pool.remaining);
            let of: Option<u64> = number(&pool.of);
            let daily: Option<u64> = number(&pool.daily);
            let said = match (left, of, daily) {
                (Some(left), Some(of), _) => Some(format!("{left} of {of} requests left")),
                (Some(left), None, _) => Some(format!("{left} requests left")),
                (None, _, Some(daily)) => Some(format!("{daily} requests left today")),
                (None, _, None) => None,
            };
            if said.is_some() {
                self.lock().left = said;
            }
            if daily.is_some() {
                self.lock().daily = (daily, number(&pool.daily_of));
            }
            // The last places of a budget that others use too: let it fill again before a 429 comes.
            if left.is_some_and(|left| left <= 1) {
                let window: u64 = number(&pool.reset_ms).unwrap_or(1000);
                self.pause(Duration::from_millis(window.min(10_000) / 4), "its budget of requests is nearly used up");
            }
        }
    }

    /// Requests left today, of how many, as the newest answer said.
    pub fn daily(&self) -> (Option<u64>, Option<u64>) {
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
}
