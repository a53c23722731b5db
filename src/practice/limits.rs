//! The request budgets, counted in rolling windows.
//! Decides whether one more request is within its budget. Time is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// At most `most` requests in any `span`.
#[derive(Debug)]
pub(crate) struct Rolling {
    most: usize,
    span: Duration,
    taken: VecDeque<Instant>,
}

impl Rolling {
    /// A documented budget scaled by a factor; at least one request fits.
    pub(crate) fn new(most: f64, factor: f64, span: Duration) -> Rolling {
        Rolling { most: ((most * factor).floor() as usize).max(1), span, taken: VecDeque::new() }
    }

    fn forget(&mut self, now: Instant) {
        while self.taken.front().is_some_and(|at| now.duration_since(*at) >= self.span) {
            self.taken.pop_front();
        }
    }

    /// Takes one request out of the budget; when it is used up, how long until the next fits.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.forget(now);
        if self.taken.len() < self.most {
            self.taken.push_back(now);
            return Ok(());
        }
        let first = self.taken.front().copied().unwrap_or(now);
        Err(self.span.saturating_sub(now.duration_since(first)))
    }

    pub(crate) fn most(&self) -> usize {
        self.most
    }

    pub(crate) fn left(&self) -> usize {
        self.most - self.taken.len().min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_rolls() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut five = Rolling::new(5.0, 1.0, Duration::from_secs(1));
        for n in 0..5 {
            assert!(five.take(at(n * 100)).is_ok());
        }
        assert_eq!(five.take(at(900)), Err(Duration::from_millis(100)));
        assert!(five.take(at(1000)).is_ok());
        assert!(five.take(at(1050)).is_err());
        assert_eq!((five.most(), five.left()), (5, 0));
        assert_eq!(Rolling::new(5.0, 0.01, Duration::from_secs(1)).most(), 1);
    }
}
