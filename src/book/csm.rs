//! What the CSM says for themselves: an own score for a while, the call of the renewal, what became of plays.
//!
//! Decides which word counts on a day: the last one that was given, while it lasts. The computed score is never touched.

use jiff::civil::Date;

use crate::book::day::Day;
use crate::book::facts::{Facts, Recorded};
use crate::book::journal::Fact;
use crate::book::journal::words::{Call, PlayVerb};
use crate::book::money::Money;
use crate::book::plays::{ActionState, ActionStatus};
use crate::book::prepared::On;
use crate::book::score::{Eval, band};
use crate::book::standing::{Band, Overruled};

/// The CSM's call of the next renewal.
#[derive(Clone, Debug, PartialEq)]
pub struct Called {
    pub call: Call,
    /// What they expect, where they said so.
    pub amount: Option<Money>,
    pub because: String,
    pub on: Date,
    pub by: Option<String>,
}

/// The facts of a journal up to a day, the newest first.
fn newest(facts: &Facts, day: Date) -> impl Iterator<Item = &Recorded> {
    facts.journal.iter().rev().filter(move |one| one.on <= day)
}

/// The call in force on a day: the last one since the renewal before.
pub fn called(facts: &Facts, day: Date) -> Option<Called> {
    // A call is of one renewal: once that is over, it says nothing of the next.
    let over = |fact: &Fact| matches!(fact, Fact::Outcome { .. });
    for one in newest(facts, day) {
        match &one.fact {
            Fact::Forecast { call, amount, because } => {
                return Some(Called {
                    call: *call,
                    amount: *amount,
                    because: because.clone(),
                    on: one.on,
                    by: one.by.clone(),
                });
            }
            fact if over(fact) => return None,
            _ => {}
        }
    }
    None
}

/// What notes say became of plays, as decisions taken here are kept.
pub fn played(facts: &Facts, day: Date) -> impl Iterator<Item = ActionState> {
    newest(facts, day).filter_map(|one| match &one.fact {
        Fact::Play { verb, play, until, .. } => Some(ActionState {
            play: play.clone(),
            key: String::new(),
            status: match verb {
                PlayVerb::Done => ActionStatus::Done,
                PlayVerb::Snooze => ActionStatus::Snoozed,
                PlayVerb::Dismiss => ActionStatus::Dismissed,
            },
            on: one.on,
            until: *until,
        }),
        _ => None,
    })
}

impl Eval<'_> {
    /// The CSM's own score of a day, while it lasts: the last one that was given.
    pub fn over(&self, day: Day) -> Option<Overruled> {
        let date = On::day(day).date;
        newest(self.facts.facts, date).find_map(|one| match &one.fact {
            Fact::Override { score, until, because } => Some((*until >= date).then(|| Overruled {
                score: f64::from(*score),
                until: *until,
                because: because.clone(),
                by: one.by.clone(),
            })),
            _ => None,
        })?
    }

    /// The band that lists, flags and plays go by: an override's while it lasts.
    pub fn shown_band(&self, day: Day) -> Band {
        match self.over(day) {
            Some(over) => band(&self.model_on(day).bands, Some(over.score), |_| None),
            None => self.band(day),
        }
    }

    /// The score that urgency and sums go by: an override's while it lasts.
    pub fn weighed(&self, day: Day) -> Option<f64> {
        self.over(day).map(|over| over.score).or_else(|| self.score(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::assess::assess;
    use crate::book::day::{number, plus};
    use crate::book::model::Model;
    use crate::book::sample::{TODAY, ago, healthy, recorded, sinking, with_context};

    fn over(score: u8, until: Date) -> Fact {
        Fact::Override { score, until, because: "sponsor is new".into() }
    }

    #[test]
    fn band_and_urgency_follow_an_override_while_it_lasts_and_the_score_stays() {
        let model = Model::built_in_for_tests();
        let mut facts = sinking();
        let before = with_context(&[], |ctx| assess(&facts, &model, TODAY, ctx));
        facts.journal.push(recorded(ago(3), over(80, plus(TODAY, 2))));
        let after = with_context(&[], |ctx| assess(&facts, &model, TODAY, ctx));
        assert_eq!(after.health.score, before.health.score);
        assert_eq!((before.health.band, after.health.band), (Band::AtRisk, Band::Healthy));
        assert!(after.p_loss < before.p_loss && after.exposure < before.exposure);
        assert!(after.valid_until <= plus(TODAY, 3));
        let eval = Eval::new(&facts, &model);
        assert_eq!(eval.over(number(plus(TODAY, 2))).map(|over| over.score), Some(80.0));
        assert_eq!(eval.over(number(plus(TODAY, 3))), None);
        assert_eq!(eval.over(number(ago(4))), None);
        // The last word counts, and when it has run out no earlier one comes back.
        facts.journal.push(recorded(ago(1), over(30, ago(1))));
        let eval = Eval::new(&facts, &model);
        assert_eq!((eval.over(number(TODAY)), eval.shown_band(number(ago(1)))), (None, Band::AtRisk));
    }

    #[test]
    fn a_call_is_of_one_renewal() {
        let mut facts = healthy();
        assert_eq!(called(&facts, TODAY), None);
        let call = |call| Fact::Forecast { call, amount: None, because: String::new() };
        facts.journal.push(recorded(ago(40), call(Call::Risk)));
        facts.journal.push(recorded(ago(20), call(Call::Commit)));
        assert_eq!(called(&facts, ago(30)).map(|one| one.call), Some(Call::Risk));
        assert_eq!(called(&facts, TODAY).map(|one| one.call), Some(Call::Commit));
        let kind = crate::book::journal::words::OutcomeKind::Renewed;
        let (about, lesson) = (String::new(), String::new());
        facts
            .journal
            .push(recorded(ago(5), Fact::Outcome { kind, change: None, cause: None, on: ago(5), about, lesson }));
        assert_eq!(called(&facts, TODAY), None);
    }

    #[test]
    fn a_play_that_a_note_puts_off_is_not_offered() {
        let model = Model::built_in_for_tests();
        let mut facts = sinking();
        let offered = |facts: &Facts| with_context(&[], |ctx| assess(facts, &model, TODAY, ctx)).offers;
        let first = offered(&facts)[0].play.clone();
        let until = Some(plus(TODAY, 9));
        let play = Fact::Play { verb: PlayVerb::Snooze, play: first.clone(), until, because: "budget".into() };
        facts.journal.push(recorded(TODAY, play));
        assert!(offered(&facts).iter().all(|offer| offer.play != first));
    }
}
