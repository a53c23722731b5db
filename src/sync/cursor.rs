//! How far a stream has been read: what the sync writes into the store's cursor, and what to pull next because of it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::connect::Pull;

/// Which part of a stream's work a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// A full pass.
    First,
    /// What changed since the watermark.
    Changed,
    /// What is gone.
    Deleted,
    /// Days of usage.
    Days,
}

/// The cursor of one stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progressed {
    /// Where the next pull of changes begins; kept only after a last page.
    pub watermark: Option<String>,
    /// A pull that was cut off, and where it goes on.
    pub cut: Option<Cut>,
    /// Usage: the last day that was pulled whole.
    pub until: Option<Date>,
    /// When everything that is there was last listed, so that what is not is known to be gone.
    #[serde(default)]
    pub swept: Option<Timestamp>,
}

/// A pull that was cut off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    pub phase: Phase,
    /// The connector's own words for where to go on.
    pub resume: String,
    /// Usage: the window.
    pub from: Option<Date>,
    pub to: Option<Date>,
    /// The number of the full pass.
    pub pass: Option<u64>,
}

impl Progressed {
    /// From the store's text; what cannot be read is a stream that was never pulled.
    pub fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// As the store's text.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What to pull of rows: the rest of what was cut off, else what changed, else everything.
    pub fn rows(&self, stream: &str, changes: bool) -> (Phase, Pull) {
        let stream = stream.to_owned();
        let cut = self.cut.as_ref();
        let resume = |phase: Phase| cut.filter(|cut| cut.phase == phase).map(|cut| cut.resume.clone());
        match (&self.watermark, changes) {
            (Some(since), true) => {
                let resume = resume(Phase::Changed);
                (Phase::Changed, Pull::Changed { stream, since: since.clone(), resume })
            }
            _ => (Phase::First, Pull::First { stream, resume: resume(Phase::First) }),
        }
    }

    /// Whether what is there must be listed again, so that what is not is known to be gone. A list that was cut off goes on.
    pub fn sweep_due(&self, every: u64, now: Timestamp) -> bool {
        self.cut.as_ref().is_some_and(|cut| cut.phase == Phase::Deleted)
            || self.swept.is_none_or(|at| now.duration_since(at).as_secs() >= i64::try_from(every).unwrap_or(i64::MAX))
    }

    /// What to pull of days: the rest of a window that was cut off, else from the last `again` closed days on; the first
    /// time `back` days. `None` where there is no closed day yet.
    pub fn days(&self, stream: &str, today: Date, again: u32, back: u32) -> Option<Pull> {
        let ago = |days: u32| today.checked_sub(jiff::Span::new().days(i64::from(days))).unwrap_or(today);
        let stream = stream.to_owned();
        if let Some(Cut { phase: Phase::Days, resume, from: Some(from), to: Some(to), .. }) = &self.cut {
            return Some(Pull::Days { stream, from: *from, to: *to, resume: Some(resume.clone()) });
        }
        let from = match self.until {
            // The day after the last whole one, less the days that late events may still change.
            Some(until) => until.min(ago(1)).checked_sub(jiff::Span::new().days(i64::from(again) - 1)).unwrap_or(until),
            None => ago(back),
        };
        (from < today).then_some(Pull::Days { stream, from, to: today, resume: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn first_then_changes_and_on_after_a_cut() {
        let mut cursor = Progressed::default();
        assert_eq!(cursor.rows("company", true).0, Phase::First);
        cursor.cut = Some(Cut { phase: Phase::First, resume: "p7".into(), from: None, to: None, pass: None });
        assert_eq!(cursor.rows("company", true).1, Pull::First { stream: "company".into(), resume: Some("p7".into()) });
        let again = Progressed::read(Some(&cursor.write()));
        assert_eq!(again, cursor);
        cursor = Progressed { watermark: Some("w".into()), ..Progressed::default() };
        assert_eq!(
            cursor.rows("company", true).1,
            Pull::Changed { stream: "company".into(), since: "w".into(), resume: None }
        );
        assert_eq!(cursor.rows("company", false).0, Phase::First, "a stream without changes is pulled whole");
        assert_eq!(Progressed::read(Some("{not json")), Progressed::default());
    }

    #[test]
    fn what_is_there_is_listed_when_the_time_has_come() {
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let mut cursor = Progressed::default();
        assert!(cursor.sweep_due(86_400, now));
        cursor.swept = Some("2026-11-22T09:00:01Z".parse().unwrap());
        assert!(!cursor.sweep_due(86_400, now));
        cursor.swept = Some("2026-11-22T09:00:00Z".parse().unwrap());
        assert!(cursor.sweep_due(86_400, now));
        cursor.swept = Some(now);
        cursor.cut = Some(Cut { phase: Phase::Deleted, resume: "p2".into(), from: None, to: None, pass: Some(3) });
        assert!(cursor.sweep_due(86_400, now), "a list that was cut off goes on");
    }

    #[test]
    fn the_last_two_closed_days_are_pulled_again() {
        let mut cursor = Progressed::default();
        let window = |cursor: &Progressed| match cursor.days("usage", TODAY, 2, 180) {
            Some(Pull::Days { from, to, .. }) => Some((from, to)),
            _ => None,
        };
        assert_eq!(window(&cursor), Some((date(2026, 5, 27), TODAY)));
        cursor.until = Some(date(2026, 11, 22));
        assert_eq!(window(&cursor), Some((date(2026, 11, 21), TODAY)));
        cursor.until = Some(date(2026, 11, 10));
        assert_eq!(window(&cursor), Some((date(2026, 11, 9), TODAY)), "after a holiday the gap is filled");
        cursor.until = Some(date(2026, 12, 24));
        assert_eq!(window(&cursor), Some((date(2026, 11, 21), TODAY)), "a clock that ran ahead leaves no hole");
    }
}
