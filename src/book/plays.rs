//! Plays: what to do next, with its because, and what has become of those that were offered.
//!
//! Decides which plays fit an account on a day and in which order. The plays themselves stand in `plays.toml`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::book::day::{between, plus};
use crate::book::evidence::champion_of;
use crate::book::facts::{Facts, Tier};
use crate::book::fill::{self, Words};
use crate::book::flags::{self, Condition, Rule, With};
use crate::book::model::Model;
use crate::book::money::short;
use crate::book::order::{rank, worth};
use crate::book::prepared::On;
use crate::book::score::Eval;
use crate::book::standing::{Band, Offer};
use crate::text::short_date;

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
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, try_from = "PlayFile")]
pub struct Play {
    pub id: String,
    pub when: When,
    pub title: Vec<String>,
    pub because: Vec<String>,
    pub worth: Worth,
    pub minutes: u32,
    /// Not offered again for so many days after it was done or dismissed.
    pub cooldown: u32,
    /// Due so many days after its flag appeared.
    pub due: Option<u32>,
    pub steps: Vec<Step>,
}

/// When a play fits: all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// A flag that stands.
    pub flag: Option<String>,
    /// One of these bands.
    #[serde(default)]
    pub band: Vec<Band>,
    /// A condition of its own.
    pub condition: Option<&'static Condition>,
    #[serde(default)]
    pub with: With,
    /// No flag stands at all.
    #[serde(default)]
    pub calm: bool,
    /// None of these flags stands.
    #[serde(default)]
    pub without: Vec<String>,
}

/// One step of a play.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub text: String,
    /// Days from the day the play is taken up.
    #[serde(default)]
    pub day: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlayFile {
    id: String,
    when: When,
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
    #[serde(default)]
    steps: Vec<Step>,
}

impl TryFrom<PlayFile> for Play {
    type Error = String;

    fn try_from(file: PlayFile) -> Result<Self, String> {
        let worth = match (file.kind.as_str(), file.uplift, file.gain, file.chance, file.share) {
            ("save", Some(uplift), None, None, None) => Worth::Save { uplift },
            ("growth", None, Some(gain), Some(chance), None) => Worth::Growth { gain, chance },
            ("care", None, None, None, share) => Worth::Care { share },
            _ => {
                return Err(format!(
                    "play {:?}: kind is \"save\" with `uplift`, \"growth\" with `gain` and `chance`, or \"care\" with \
                     `share` or nothing",
                    file.id
                ));
            }
        };
        Ok(Self {
            id: file.id,
            when: file.when,
            title: file.title,
            because: file.because,
            worth,
            minutes: file.minutes,
            cooldown: file.cooldown,
            due: file.due,
            steps: file.steps,
        })
    }
}

impl Play {
    /// What makes no sense in it.
    pub fn faults(&self, rules: &[Rule]) -> Vec<String> {
        let what = format!("play {:?}", self.id);
        let mut faults = Vec::new();
        let mut named = self.when.flag.iter().chain(&self.when.without);
        if let Some(kind) = named.find(|kind| !rules.iter().any(|rule| &rule.kind == *kind)) {
            // Its words are known only by its flag: what else seems wrong may be right.
            let mut known: Vec<_> = rules.iter().map(|rule| rule.kind.as_str()).collect();
            known.dedup();
            return vec![format!("{what}: there is no flag {kind:?}; there are: {}", known.join(", "))];
        }
        if let Some(condition) = self.when.condition {
            faults.extend(self.when.with.faults(&what, condition));
        }
        if self.when == When::default() {
            faults.push(format!("{what}: `when` needs a flag, a band or a condition"));
        }
        if self.title.is_empty() || self.because.is_empty() {
            faults.push(format!("{what}: needs a title and a because"));
        }
        let shares = match self.worth {
            Worth::Save { uplift } => vec![uplift],
            Worth::Growth { chance, .. } => vec![chance],
            Worth::Care { share } => share.into_iter().collect(),
        };
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) {
            faults.push(format!("{what}: uplift, chance and share are 0 to 1"));
        }
        let rules: Vec<_> = rules.iter().filter(|rule| Some(&rule.kind) == self.when.flag.as_ref()).collect();
        let steps = self.steps.iter().map(|step| &step.text);
        for name in self.title.iter().chain(&self.because).chain(steps).flat_map(|text| flags::placeholders(text)) {
            let own = self.when.condition.is_some_and(|condition| condition.words.contains(&name));
            let flag = rules.iter().any(|rule| rule.condition.words.contains(&name));
            if !own && !flag && !COMMON.contains(&name) {
                faults.push(format!("{what}: {{{name}}} is not known here; always known: {}", COMMON.join(", ")));
            }
        }
        faults
    }

    /// The thing it answers: two plays with the same one are one.
    fn topic(&self) -> &str {
        self.when.flag.as_deref().or(self.when.condition.map(|one| one.name)).unwrap_or("band")
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

/// Words that every play can use, where they are known.
pub const COMMON: &[&str] = &[
    "account",
    "owner",
    "arr",
    "renewal",
    "days_to_renewal",
    "score",
    "band",
    "buyer",
    "buyer_title",
    "influencer",
    "user",
    "champion",
    "weakest",
    "before_renewal",
];

/// The plays on offer, best first.
pub fn offers(
    eval: &Eval<'_>,
    standing: &[flags::Standing],
    band: Band,
    stakes: Stakes,
    actions: &[ActionState],
    on: On,
) -> Vec<Offer> {
    let mut common = None;
    let mut out: Vec<Offer> = Vec::new();
    for play in &eval.model.plays {
        let Some(fit) = fits(eval, play, standing, band, on) else { continue };
        let key = key(play, &fit.key, eval);
        if hidden(play, &key, actions, on.date) {
            continue;
        }
        let mut words = fit.words;
        words.extend(common.get_or_insert_with(|| common_words(eval, band, on)).clone());
        let (Some(title), Some(because)) = (fill::first(&play.title, &words), fill::first(&play.because, &words))
        else {
            continue;
        };
        let worth = worth(&eval.model.order, play.worth, stakes.arr, stakes.p_loss);
        let factors = rank(worth, stakes.near, stakes.keep, play.minutes);
        // A day that has passed would only say that the offer is old; the flag's own date says that better.
        let due = fit.since.zip(play.due).map(|(since, days)| plus(since, i64::from(days)));
        let due = due.filter(|due| *due >= on.date);
        out.push(Offer { play: play.id.clone(), title, because, key, worth, minutes: play.minutes, due, factors });
    }
    out.sort_by(|a, b| b.factors.rank.total_cmp(&a.factors.rank).then_with(|| a.play.cmp(&b.play)));
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|offer| seen.insert(offer.key.clone()));
    out
}

/// The steps of a play with their days, for an account that takes it up on `day`; none for a play that is not known.
pub fn steps(facts: &Facts, model: &Model, play: &str, day: Date) -> Vec<(String, Date)> {
    let Some(play) = model.plays.iter().find(|one| one.id == play) else { return Vec::new() };
    let (eval, on) = (&Eval::new(facts, model), On::from(day));
    let band = eval.band(on.day);
    let standing = flags::flags(eval, on);
    let mut words = fits(eval, play, &standing, band, on).map(|fit| fit.words).unwrap_or_default();
    words.extend(common_words(eval, band, on));
    let filled = |step: &Step| Some((fill::fill(&step.text, &words)?, plus(on.date, i64::from(step.day))));
    play.steps.iter().filter_map(filled).collect()
}

struct Fit {
    key: String,
    words: Words,
    since: Option<Date>,
}

fn fits(eval: &Eval<'_>, play: &Play, standing: &[flags::Standing], band: Band, on: On) -> Option<Fit> {
    let when = &play.when;
    let stands = |kind: &String| standing.iter().any(|one| &one.flag.kind == kind);
    let wrong_band = !when.band.is_empty() && !when.band.contains(&band);
    if wrong_band || (when.calm && !standing.is_empty()) || when.without.iter().any(stands) {
        return None;
    }
    let mut fit = Fit { key: String::new(), words: Words::default(), since: None };
    if let Some(kind) = &when.flag {
        let flag = standing.iter().find(|one| &one.flag.kind == kind)?;
        fit = Fit { key: flag.key.clone(), words: flag.words.clone(), since: Some(flag.flag.since) };
    }
    if let Some(condition) = when.condition {
        let (key, words) = flags::ask(eval, condition, &when.with, on)?;
        if fit.key.is_empty() {
            fit.key = key;
        }
        fit.words.extend(words);
    }
    Some(fit)
}

/// `champion-left:crm:901`; without anything smaller it is about the account as a whole.
fn key(play: &Play, rests_on: &str, eval: &Eval<'_>) -> String {
    let about = if rests_on.is_empty() { eval.facts.facts.id.as_str() } else { rests_on };
    format!("{}:{about}", play.topic())
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

fn common_words(eval: &Eval<'_>, band: Band, on: On) -> Words {
    let facts = eval.facts.facts;
    let mut out = Words::default().with("account", &facts.name).with("band", band.name());
    if let Some(owner) = facts.owner.at(on.date) {
        out.add("owner", owner);
    }
    if let Some(arr) = facts.arr.at(on.date) {
        out.add("arr", format!("{}{}", arr.currency.sign(), short(arr.units())));
    }
    if let Some(renewal) = facts.renewal.at(on.date).filter(|renewal| **renewal >= on.date) {
        out.add("renewal", short_date(*renewal, on.date));
        let days = between(on.date, *renewal);
        out.add("days_to_renewal", days.to_string());
        // Only where it is near enough to be on everybody's mind: a title that names it gives way otherwise.
        out.add("before_renewal", if days <= 120 { "before the renewal call" } else { "" });
    }
    if let Some(score) = eval.score(on.day) {
        out.add("score", format!("{score:.0}"));
    }
    // Whom to talk to: who was met last, else who is known.
    let person = |tiers: &[Tier]| {
        let last = eval.facts.last_touch_of(tiers, on).map(|(_, known, _)| known.person);
        last.or_else(|| eval.facts.of(tiers, on).next().map(|known| known.person))
    };
    if let Some(buyer) = person(&[Tier::Buyer]) {
        out.add("buyer", &buyer.name);
        out.add("buyer_title", buyer.title.as_deref().unwrap_or_default());
    }
    if let Some(influencer) = person(&[Tier::Influencer]) {
        out.add("influencer", &influencer.name);
    }
    if let Some(user) = person(&[Tier::User, Tier::Builder]) {
        out.add("user", &user.name);
    }
    if let Some((known, None)) = champion_of(&eval.facts, on) {
        out.add("champion", &known.person.name);
    }
    if let Some(weakest) = weakest(eval, on) {
        out.add("weakest", weakest);
    }
    out
}

/// The measure with the lowest score, by its label.
fn weakest<'a>(eval: &Eval<'a>, on: On) -> Option<&'a str> {
    let mut lowest: Option<(usize, f64)> = None;
    eval.readings(on, |index, _, score| {
        if lowest.is_none_or(|(_, low)| score < low) {
            lowest = Some((index, score));
        }
    });
    lowest.map(|(index, _)| eval.model.measures[index].label.as_str())
}
