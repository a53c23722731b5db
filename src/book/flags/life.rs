//! The life of a flag once it stands: closed with a word, put off until a day, back again.
//!
//! Decides which of the standing flags are shown on a day and which are quiet. Must not decide whether a rule holds:
//! that is known by now, with the first day of the stretch in which it does.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{LOOK_BACK, Standing};
use crate::book::day::{between, plus};
use crate::book::standing::{Flag, QuietFlag};
use crate::text::short_date;

/// A flag that came too early is shown again after so many days, if it still stands.
pub const TOO_EARLY_DAYS: i64 = 14;

/// What was said of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FlagStatus {
    /// It was right, and is being seen to.
    #[serde(rename = "real")]
    Real,
    /// It was wrong.
    #[serde(rename = "false alarm")]
    FalseAlarm,
    /// It may become right: asked again in two weeks.
    #[serde(rename = "too early")]
    TooEarly,
    /// Put off until a day.
    #[serde(rename = "snoozed")]
    Snoozed,
}

impl FlagStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Real, Self::FalseAlarm, Self::TooEarly, Self::Snoozed];

    /// The words on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::FalseAlarm => "false alarm",
            Self::TooEarly => "too early",
            Self::Snoozed => "snoozed",
        }
    }

    /// The status of those words.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What was said of one flag of an account, as our own store remembers it. Kind and key are the flag's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagState {
    pub kind: String,
    pub key: String,
    pub status: FlagStatus,
    /// The day of that decision.
    pub on: Date,
    /// Until which day it is put off (that day it is back).
    pub until: Option<Date>,
    /// Why it is put off.
    pub because: Option<String>,
}

/// What can be said of a flag.
#[derive(Clone, Debug, PartialEq)]
pub enum FlagVerb {
    /// Closed with a word.
    Close(FlagStatus),
    /// Not before that day.
    Snooze { until: Date, because: String },
    /// What was said last is forgotten.
    Reopen,
}

impl FlagVerb {
    /// The state that the flag is in after it.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Close(status) => status.name(),
            Self::Snooze { .. } => FlagStatus::Snoozed.name(),
            Self::Reopen => "open",
        }
    }

    /// The day on which the flag is shown again, if it still stands then.
    pub fn until(&self, today: Date) -> Option<Date> {
        match self {
            Self::Close(FlagStatus::TooEarly) => Some(plus(today, TOO_EARLY_DAYS)),
            Self::Snooze { until, .. } => Some(*until),
            Self::Close(_) | Self::Reopen => None,
        }
    }

    /// What it means, in words.
    pub fn words(&self, today: Date) -> String {
        match self {
            Self::Close(FlagStatus::Real) => "closed as real: quiet until it clears".to_owned(),
            Self::Close(FlagStatus::FalseAlarm) => "closed as a false alarm: quiet until it clears".to_owned(),
            Self::Close(FlagStatus::TooEarly | FlagStatus::Snoozed) => {
                let again = plus(today, TOO_EARLY_DAYS);
                format!("closed as too early: asked again on {}", short_date(again, today))
            }
            Self::Snooze { until, because } => {
                let because = if because.is_empty() { String::new() } else { format!(": {because}") };
                format!("put off until {}{because}", short_date(*until, today))
            }
            Self::Reopen => "shown again".to_owned(),
        }
    }
}

/// How often a rule was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub real: u64,
    pub false_alarm: u64,
    pub too_early: u64,
}

impl Record {
    /// `real / (real + false alarm)`; `None` before either was said.
    pub fn precision(self) -> Option<f64> {
        let said = self.real + self.false_alarm;
        (said > 0).then(|| self.real as f64 / said as f64)
    }

    /// `right 7 of 9`; `None` before anything was said.
    pub fn words(self) -> Option<String> {
        let said = self.real + self.false_alarm;
        (said > 0).then(|| format!("right {} of {said}", self.real))
    }
}

/// The standing flags of a day in two: those that are shown, and those that are quiet with why. Of several states of one
/// flag the first counts, so the newest comes first; those of later days than this are not known yet.
pub fn split(standing: &[Standing], states: &[FlagState], day: Date) -> (Vec<Flag>, Vec<QuietFlag>) {
    let (mut shown, mut quiet) = (Vec::new(), Vec::new());
    for one in standing {
        let of_it = |state: &&FlagState| state.kind == one.flag.kind && state.key == one.key && state.on <= day;
        match states.iter().find(of_it).and_then(|state| hushed(state, &one.flag, day)) {
            Some(silent) => quiet.push(silent),
            None => shown.push(one.flag.clone()),
        }
    }
    (shown, quiet)
}

/// The flag with why it is quiet; `None`: it is shown.
fn hushed(state: &FlagState, flag: &Flag, day: Date) -> Option<QuietFlag> {
    // A stretch is followed for a year: one that began earlier has held through whatever was said since.
    let unbroken = flag.since <= state.on || between(flag.since, day) >= i64::from(LOOK_BACK);
    let (holds, until) = match state.status {
        // What is put off stays quiet even where it clears and comes back.
        FlagStatus::Snoozed => (state.until.is_some_and(|until| until > day), state.until),
        FlagStatus::Real | FlagStatus::FalseAlarm => (unbroken, None),
        FlagStatus::TooEarly => {
            let again = plus(state.on, TOO_EARLY_DAYS);
            (unbroken && again > day, Some(again))
        }
    };
    holds.then(|| QuietFlag {
        flag: flag.clone(),
        status: state.status,
        on: state.on,
        until,
        why: state.because.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::assess::{Context, Medians, Rates, assess};
    use crate::book::model::Model;
    use crate::book::money::Currency;
    use crate::book::sample::{TODAY, ago, healthy, sinking};
    use crate::book::standing::{Severity, Standing as Whole};

    fn standing(kind: &str, key: &str, since: Date) -> Standing {
        let flag = Flag {
            kind: kind.into(),
            key: key.into(),
            label: kind.into(),
            severity: Severity::High,
            since,
            because: String::new(),
        };
        Standing { flag, key: key.into() }
    }

    fn said(kind: &str, key: &str, status: FlagStatus, on: Date, until: Option<Date>) -> FlagState {
        FlagState { kind: kind.into(), key: key.into(), status, on, until, because: None }
    }

    /// What is shown of one flag that has stood since then, on a day.
    fn shown(since: Date, state: &FlagState, day: Date) -> bool {
        !split(&[standing(&state.kind, &state.key, since)], std::slice::from_ref(state), day).0.is_empty()
    }

    #[test]
    fn a_closed_flag_is_quiet_while_it_holds_and_new_when_it_appears_anew() {
        for status in [FlagStatus::Real, FlagStatus::FalseAlarm, FlagStatus::TooEarly] {
            let state = said("usage-drop", "", status, ago(5), None);
            assert!(!shown(ago(9), &state, TODAY), "{status:?}");
            assert!(!shown(ago(5), &state, TODAY), "it appeared on the very day");
            assert!(shown(ago(4), &state, TODAY), "it cleared and came back: {status:?}");
            assert!(shown(ago(9), &state, ago(6)), "on the day before, nothing was said yet");
        }
        // Longer than a stretch is followed for.
        let long = said("usage-drop", "", FlagStatus::Real, ago(800), None);
        assert!(!shown(ago(366), &long, TODAY));
    }

    #[test]
    fn too_early_is_asked_again_after_two_weeks() {
        let state = said("usage-drop", "", FlagStatus::TooEarly, ago(13), None);
        assert!(!shown(ago(20), &state, TODAY));
        assert!(shown(ago(20), &state, plus(TODAY, 1)));
    }

    #[test]
    fn a_snooze_survives_the_condition_and_ends_on_its_day() {
        let state = said("usage-drop", "", FlagStatus::Snoozed, ago(5), Some(plus(TODAY, 2)));
        assert!(!shown(ago(9), &state, TODAY));
        assert!(!shown(ago(1), &state, TODAY), "it cleared and came back");
        assert!(!shown(ago(1), &state, plus(TODAY, 1)));
        assert!(shown(ago(1), &state, plus(TODAY, 2)));
    }

    #[test]
    fn the_flag_of_another_person_is_another_flag() {
        let states = [
            said("champion-left", "crm:1", FlagStatus::Snoozed, ago(1), Some(plus(TODAY, 9))),
            said("champion-left", "crm:1", FlagStatus::Real, ago(3), None),
        ];
        let two = [standing("champion-left", "crm:1", ago(9)), standing("champion-left", "crm:2", ago(9))];
        let (shown, quiet) = split(&two, &states, TODAY);
        assert_eq!(shown.iter().map(|flag| flag.key.as_str()).collect::<Vec<_>>(), ["crm:2"]);
        // The newest word counts.
        assert_eq!((quiet[0].status, quiet[0].until), (FlagStatus::Snoozed, Some(plus(TODAY, 9))));
    }

    #[test]
    fn how_often_a_rule_was_right() {
        let record = Record { real: 7, false_alarm: 2, too_early: 5 };
        assert_eq!(record.precision().map(|p| (p * 1000.0).round()), Some(778.0));
        assert_eq!(record.words().as_deref(), Some("right 7 of 9"));
        assert_eq!(Record { too_early: 3, ..Record::default() }.precision(), None);
    }

    fn whole(facts: &crate::book::facts::Facts, states: &[FlagState], day: Date) -> Whole {
        let (rates, medians, zone) = (Rates::new(Currency::USD), Medians::default(), jiff::tz::TimeZone::UTC);
        let ctx = Context { rates: &rates, medians: &medians, zone: &zone, actions: &[], flags: states };
        assess(facts, &Model::built_in_for_tests(), day, &ctx)
    }

    #[test]
    fn a_quiet_flag_offers_no_play_opens_no_door_and_still_counts() {
        let facts = sinking();
        let before = whole(&facts, &[], TODAY);
        let kinds: Vec<_> = before.flags.iter().map(|flag| flag.kind.clone()).collect();
        let state = |status| -> Vec<FlagState> {
            let until = Some(plus(TODAY, 4));
            before.flags.iter().map(|flag| said(&flag.kind, &flag.key, status, TODAY, until)).collect()
        };
        let off = whole(&facts, &state(FlagStatus::Snoozed), TODAY);
        assert!(off.flags.is_empty() && off.high());
        assert_eq!(off.quiet.iter().map(|one| one.flag.kind.clone()).collect::<Vec<_>>(), kinds);
        for offer in &off.offers {
            assert!(!kinds.iter().any(|kind| offer.key.starts_with(&format!("{kind}:"))), "{offer:?}");
            let growth = Model::built_in_for_tests().plays.into_iter().find(|play| play.id == offer.play).unwrap();
            assert!(!matches!(growth.worth, crate::book::plays::Worth::Growth { .. }), "{offer:?}");
        }
        // It says itself when they are back.
        assert!(off.valid_until <= plus(TODAY, 4));
        assert_eq!(whole(&facts, &state(FlagStatus::Snoozed), plus(TODAY, 4)).flags.len(), kinds.len());
        let wrong = whole(&facts, &state(FlagStatus::FalseAlarm), TODAY);
        assert!(!wrong.high() && wrong.flags.is_empty());
        assert_eq!(off.health, before.health, "a word changes no score");
        assert!(whole(&healthy(), &state(FlagStatus::Snoozed), TODAY).quiet.is_empty());
    }
}
