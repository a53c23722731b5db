//! Faults on request: what goes wrong, and how often.
//! Decides which fault a request meets. Carrying it out is `serve`'s work.

use std::str::FromStr;

use super::dice::share;

/// One way in which a service can fail its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// 429, with and without `Retry-After` in turns.
    TooMany,
    /// 500 with an HTML body.
    Broken,
    /// The connection is cut before an answer.
    Reset,
    /// The JSON is cut off in the middle.
    Truncate,
    /// The body dribbles in.
    Slow,
    /// The write is done, and the connection is cut before the answer.
    LostReply,
    /// 504, yet the write is done some seconds later.
    LateCommit,
    /// Written rows stay out of lists and search for some seconds.
    Lag,
    /// 401, though the token is good.
    Unauthorized,
}

const NAMES: [(&str, FaultKind); 9] = [
    ("429", FaultKind::TooMany),
    ("500", FaultKind::Broken),
    ("reset", FaultKind::Reset),
    ("truncate", FaultKind::Truncate),
    ("slow", FaultKind::Slow),
    ("lost-reply", FaultKind::LostReply),
    ("late-commit", FaultKind::LateCommit),
    ("lag", FaultKind::Lag),
    ("401", FaultKind::Unauthorized),
];

impl FromStr for FaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        NAMES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind).ok_or_else(|| {
            let all: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            format!("there is no fault called \"{text}\"; there are {}", all.join(", "))
        })
    }
}

impl std::fmt::Display for FaultKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = NAMES.iter().find(|(_, kind)| kind == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// Reads `KIND=RATE`, a rate being the share of requests from 0 to 1 that meet the fault.
///
/// # Errors
/// A sentence that says what was wrong, for the command line.
pub fn parse_fault(text: &str) -> Result<(FaultKind, f64), String> {
    let (kind, rate) = text
        .split_once('=')
        .ok_or_else(|| format!("\"{text}\" is not KIND=RATE: write for example 429=0.1 for one request in ten"))?;
    let kind = kind.trim().parse()?;
    match rate.trim().parse::<f64>() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok((kind, rate)),
        _ => Err(format!("the rate of {kind} must be a number from 0 to 1, not \"{}\"", rate.trim())),
    }
}

impl FaultKind {
    /// Whether only requests that write can meet it.
    pub(crate) fn writes_only(self) -> bool {
        matches!(self, FaultKind::LostReply | FaultKind::LateCommit | FaultKind::Lag)
    }
}

/// The fault that request number `n` meets. Each kind is drawn on its own; the first that falls is met.
pub(crate) fn draw(faults: &[(FaultKind, f64)], seed: u64, n: u64, writes: bool) -> Option<FaultKind> {
    let possible = faults.iter().filter(|(kind, _)| writes || !kind.writes_only());
    possible.filter(|(kind, rate)| share(seed ^ 0xfa17, n, *kind as u64) < *rate).map(|(kind, _)| *kind).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_back_as_written_and_mistakes_are_named() {
        for (name, kind) in NAMES {
            assert_eq!(parse_fault(&format!("{name}=0.25")), Ok((kind, 0.25)));
            assert_eq!(kind.to_string(), name);
        }
        assert!(parse_fault("429").unwrap_err().contains("KIND=RATE"));
        assert!(parse_fault("flood=0.5").unwrap_err().contains("lost-reply"));
        assert!(parse_fault("500=2").unwrap_err().contains("from 0 to 1"));
    }

    #[test]
    fn the_rate_is_met_and_reads_meet_no_write_fault() {
        let faults = [(FaultKind::Broken, 0.2), (FaultKind::LostReply, 1.0)];
        let hits = (0..5000).filter(|n| draw(&faults, 1, *n, false) == Some(FaultKind::Broken)).count();
        assert!((850..1150).contains(&hits), "{hits}");
        assert!((0..100).all(|n| draw(&faults, 1, n, false) != Some(FaultKind::LostReply)));
        assert!((0..100).all(|n| draw(&faults, 1, n, true).is_some()));
    }
}
