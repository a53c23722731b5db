//! Plays: what to do next, with its because, and what has become of those that were offered.
//!
//! Decides which plays fit an account on a day and in which order. The plays themselves stand in `plays.toml`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::book::day::{between, plus};
use crate::book::facts::Facts;
use crate::book::fill;
use crate::book::flags;
use crate::book::model::{Faults, Model};
use crate::book::order::{rank, worth};
use crate::book::prepared::On;
use crate::book::query::{self, Expr, Look, Needs, Template};
use crate::book::score::Eval;
use crate::book::standing::Offer;

/// What kind of worth a play has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Worth {
    /// `ARR × p_loss × uplift`
    Save { uplift: f64 },
    /// `ARR × gain × chance`
    Growth { gain: f64, chance: f64 },
    /// A share of ARR; `None`: the model's.
    Care { share: Option<f64> },
}

/// One play.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    pub id: String,
    pub when: Expr,
    /// What it answers: two plays on the same thing are one. The first flag that it names, else itself.
    pub topic: String,
    /// What it rests on, where that is smaller than the account; a play on a flag rests on what the flag rests on.
    pub about: Option<Template>,
    pub title: Vec<Template>,
    pub because: Vec<Template>,
    pub worth: Worth,
    pub minutes: u32,
    /// Not offered again for so many days after it was done or dismissed.
    pub cooldown: u32,
    /// Due so many days after its flag appeared.
    pub due: Option<u32>,
    /// Who else it takes, in words: `with support`.
    pub who: Option<String>,
    pub steps: Vec<Step>,
}

/// One step of a play.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub text: Template,
    /// Days from the day the play is taken up.
    pub day: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    text: String,
    #[serde(default)]
    day: u32,
}

/// One play as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlayFile {
    id: String,
    when: String,
    topic: Option<String>,
    about: Option<String>,
    #[serde(deserialize_with = "fill::alternatives")]
    title: Vec<String>,
    #[serde(deserialize_with = "fill::alternatives")]
    because: Vec<String>,
    kind: String,
    uplift: Option<f64>,
    gain: Option<f64>,
    chance: Option<f64>,
    share: Option<f64>,
    minutes: u32,
    cooldown: u32,
    due: Option<u32>,
    who: Option<String>,
    #[serde(default)]
    steps: Vec<StepFile>,
}

impl PlayFile {
    /// The play, with what is wrong in it said to `faults`.
    pub fn play(self, faults: &mut Faults) -> Play {
        let place = |key: &str| format!("play {:?}: {key}", self.id);
        let worth = match (self.kind.as_str(), self.uplift, self.gain, self.chance, self.share) {
            ("save", Some(uplift), None, None, None) => Worth::Save { uplift },
            ("growth", None, Some(gain), Some(chance), None) => Worth::Growth { gain, chance },
            ("care", None, None, None, share) => Worth::Care { share },
            _ => {
                faults.add(
                    &place("kind"),
                    "is \"save\" with `uplift`, \"growth\" with `gain` and `chance`, or \"care\" with `share` or nothing",
                );
                Worth::Care { share: None }
            }
        };
        let when = faults.query(&place("when"), &self.when, Needs::Flags);
        let about = self.about.map(|about| format!("{{{about}}}"));
        let topic = self.topic.or_else(|| when.flag().map(str::to_owned)).unwrap_or_else(|| self.id.clone());
        let mut steps = Vec::new();
        for step in self.steps {
            let text = faults.sentences(&place("steps"), &[step.text], Needs::Flags).pop();
            steps.extend(text.map(|text| Step { text, day: step.day }));
        }
        Play {
            topic,
            about: about.and_then(|about| faults.sentences(&place("about"), &[about], Needs::Flags).pop()),
            title: faults.sentences(&place("title"), &self.title, Needs::Flags),
            because: faults.sentences(&place("because"), &self.because, Needs::Flags),
            id: self.id,
            when,
            worth,
            minutes: self.minutes,
            cooldown: self.cooldown,
            due: self.due,
            who: self.who,
            steps,
        }
    }
}

impl Play {
    /// What makes no sense in it.
    pub fn faults(&self) -> Vec<String> {
        let what = format!("play {:?}", self.id);
        let mut faults = Vec::new();
        for (key, missing) in [("title", self.title.is_empty()), ("because", self.because.is_empty())] {
            if missing {
                faults.push(format!("{what}: {key}: needs a sentence"));
            }
        }
        let shares = match self.worth {
            Worth::Save { uplift } => vec![uplift],
            Worth::Growth { chance, .. } => vec![chance],
            Worth::Care { share } => share.into_iter().collect(),
        };
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) {
            faults.push(format!("{what}: uplift, chance and share are 0 to 1"));
        }
        faults
    }
}

/// What became of a play that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionStatus {
    /// Taken up.
    Doing,
    /// Put off until a day.
    Snoozed,
    Done,
    Dismissed,
}

/// A play of one account in some state, as our own store remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionState {
    /// The play's id.
    pub play: String,
    /// The offer's key.
    pub key: String,
    pub status: ActionStatus,
    /// The day of that decision.
    pub on: Date,
    /// Until which day it is put off (that day it is back), or by which it is due when taken up.
    pub until: Option<Date>,
}

/// What an offer's worth hangs on.
#[derive(Clone, Copy, Debug)]
pub struct Stakes {
    /// In units of the book's currency.
    pub arr: f64,
    pub p_loss: f64,
    pub near: f64,
    pub keep: f64,
}

/// The plays on offer, best first.
pub fn offers(
    eval: &Eval<'_>,
    standing: &[flags::Standing],
    stakes: Stakes,
    actions: &[ActionState],
    on: On,
) -> Vec<Offer> {
    let stands = |kind: Option<&str>| stands(standing, kind);
    let look = Look::new(eval, on).with_flags(&stands);
    let mut out: Vec<Offer> = Vec::new();
    for play in eval.model.plays.iter().filter(|play| query::holds(&play.when, &look)) {
        let flag = standing.iter().find(|one| one.flag.kind == play.topic);
        let key = key(play, flag, &look);
        if hidden(play, &key, actions, on.date) {
            continue;
        }
        let Some((title, because)) = query::first(&play.title, &look).zip(query::first(&play.because, &look)) else {
            continue;
        };
        let worth = worth(&eval.model.order, play.worth, stakes.arr, stakes.p_loss);
        let factors = rank(worth, stakes.near, stakes.keep, play.minutes);
        // A day that has passed would only say that the offer is old; the flag's own date says that better.
        let due = flag.zip(play.due).map(|(flag, days)| plus(flag.flag.since, i64::from(days)));
        let due = due.filter(|due| *due >= on.date);
        let who = play.who.clone();
        out.push(Offer { play: play.id.clone(), title, because, key, worth, minutes: play.minutes, due, who, factors });
    }
    out.sort_by(|a, b| b.factors.rank.total_cmp(&a.factors.rank).then_with(|| a.play.cmp(&b.play)));
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|offer| seen.insert(offer.key.clone()));
    out
}

fn stands(standing: &[flags::Standing], kind: Option<&str>) -> bool {
    kind.map_or(!standing.is_empty(), |kind| standing.iter().any(|one| one.flag.kind == kind))
}

/// The steps of a play with their days, for an account that takes it up on `day`; none for a play that is not known.
pub fn steps(facts: &Facts, model: &Model, play: &str, day: Date) -> Vec<(String, Date)> {
    let Some(play) = model.plays.iter().find(|one| one.id == play) else { return Vec::new() };
    let (eval, on) = (&Eval::new(facts, model), On::from(day));
    let standing = flags::flags(eval, on);
    let stands = |kind: Option<&str>| stands(&standing, kind);
    let look = Look::new(eval, on).with_flags(&stands);
    let filled = |step: &Step| Some((step.text.fill(&look)?, plus(on.date, i64::from(step.day))));
    play.steps.iter().filter_map(filled).collect()
}

/// `champion-left:crm:901`; without anything smaller it is about the account as a whole.
fn key(play: &Play, flag: Option<&flags::Standing>, look: &Look<'_, '_>) -> String {
    let own = play.about.as_ref().and_then(|about| about.fill(look));
    let about = own.or_else(|| flag.map(|flag| flag.key.clone())).filter(|about| !about.is_empty());
    format!("{}:{}", play.topic, about.as_deref().unwrap_or(look.eval.facts.facts.id.as_str()))
}

/// A play that was put off or taken up hides its whole because; done or dismissed it hides itself for its cool-down.
fn hidden(play: &Play, key: &str, actions: &[ActionState], day: Date) -> bool {
    actions.iter().any(|action| {
        let same_because = action.play == play.id || action.key == key;
        match action.status {
            ActionStatus::Doing => same_because,
            ActionStatus::Snoozed => same_because && action.until.is_none_or(|until| until > day),
            ActionStatus::Done | ActionStatus::Dismissed => {
                action.play == play.id && between(action.on, day) < i64::from(play.cooldown)
            }
        }
    })
}
