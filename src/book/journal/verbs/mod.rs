//! The words that begin a fact, and how what follows each is read.
//!
//! One row each in [`VERBS`]: completion, help and the README's table come from it. How forgiving the pieces are is decided
//! in `sift`; here stands only what belongs to which fact.

mod amounts;
mod people;
mod plan;
mod sift;
mod touch;
mod value;

pub use sift::{Args, Fault};

use super::fact::Fact;

/// A word that begins a fact.
pub struct Verb {
    /// Without its slash.
    pub word: &'static str,
    /// Other spellings of it.
    pub also: &'static [&'static str],
    /// What follows, for completion.
    pub shape: &'static str,
    /// What it records.
    pub says: &'static str,
    pub example: &'static str,
    pub(super) read: fn(&mut Args<'_>) -> Result<Vec<Fact>, Fault>,
}

impl Verb {
    /// Whether a typed word is this one.
    pub fn is(&self, word: &str) -> bool {
        self.word == word || self.also.contains(&word)
    }
}

macro_rules! verbs {
    ($($word:literal $([$($also:literal),*])? $shape:literal, $says:literal, $example:literal => $read:expr;)*) => {
        /// All verbs, for completion and help too.
        pub const VERBS: &[Verb] = &[$(Verb {
            word: $word,
            also: &[$($($also),*)?],
            shape: $shape,
            says: $says,
            example: $example,
            read: $read,
        }),*];
    };
}

verbs! {
    "call" ["called", "phone"] "@who 20m", "a call that took place", "/call @jane" => touch::call;
    "met" ["meeting", "meet"] "@who 45m", "a meeting that took place", "/met @jane @sam 45m" => touch::met;
    "mail" ["email", "mailed"] "@who", "a mail that was answered", "/mail @jane" => touch::mail;
    "task" ["todo"] "what fri", "something to do by a day", "/task send ROI deck fri" => touch::task;
    "promise" ["promised"] "what by day worth 120k/yr @who", "what they were told they would get", "/promise cut stock 8% by dec 31 worth 120k/yr @jane" => value::promise;
    "proof" ["proved", "proven"] "what worth 90k accepted @who", "evidence for a promise", "/proof stock down 6% worth 90k accepted @jane" => value::proof;
    "told" ["tell"] "@who promise", "who has heard of a kept promise", "/told @ann stock proof" => value::told;
    "trust" [] "+8 why", "what moved trust: up to ±20, or outage, billing, exec, post-mortem", "/trust +8 honest post-mortem" => value::trust;
    "breach" ["violation"] "what", "trust was broken, until a repair", "/breach their data was mailed to another client" => value::breach;
    "repair" ["repaired"] "what", "a breach was made good", "/repair audit shared with their CISO" => value::repair;
    "pulse" ["mood"] "green|yellow|red why", "how you feel about the account", "/pulse red sponsor went quiet" => touch::pulse;
    "health" ["override", "score"] "70 until fri why", "your own score for a while", "/health 70 until fri new sponsor not in CRM yet" => value::health;
    "forecast" ["renewal"] "commit|upside|risk|lost 400k", "your call of the renewal", "/forecast commit 400k" => value::forecast;
    "feels" ["feel", "sentiment"] "@who -1 why", "how a person feels, -2 to +2; stays on this machine", "/feels @jane -1 because support" => people::feels;
    "role" ["tier"] "@who buyer|influencer|user|builder", "which part a person plays", "/role @sam buyer" => people::role;
    "left" ["gone"] "@who", "a person left them", "/left @jane" => people::left;
    "champion" ["sponsor"] "@who", "our champion; with no before it, no longer", "/champion @sam" => people::champion;
    "values" ["value", "ranks"] "@who cost > speed", "what a person values, the most first; stays on this machine", "/values @jane cost > speed" => people::values;
    "wants" ["want", "likes"] "@who what", "what a person would like for themselves; stays on this machine", "/wants @jane speaking" => people::wants;
    "needs" ["need"] "what", "what they need most now", "/needs faster close" => people::needs;
    "job" ["jtbd"] "what @who", "a job that they want done", "/job close the books in three days @ann" => people::job;
    "goal" ["plan"] "communication|collaboration|community|company what by day", "a goal of the plan", "/goal collaboration joint roadmap session by q1" => plan::goal;
    "joint" ["commitment", "together"] "what by day @who", "a commitment that both sides share", "/joint roll-out to Lyon by q2 @jane" => plan::joint;
    "request" ["req", "wish"] "what @who", "a request to the roadmap; later: its tag and planned, shipped or told", "/request audit log export @sam" => plan::request;
    "workaround" ["gap"] "what @who", "a gap that they fill themselves", "/workaround they re-key orders in Excel @ann" => people::workaround;
    "advocacy" ["advocate"] "reference|case study|review|talk @who", "what somebody did for us; with asked or declined: what became of an ask", "/advocacy reference @jane" => plan::advocacy;
    "referral" ["referred"] "@who to whom worth 80k", "whom they brought us to", "/referral @jane to Contoso worth 80k" => plan::referral;
    "incentive" ["reward", "perk"] "what @who until day", "what somebody was given", "/incentive extended hours @sam until mar 31" => plan::incentive;
    "moment" ["event"] "go-live|kick-off|review|outage...", "a moment of truth", "/moment go-live" => plan::moment;
    "survey" [] "nps|csat|effort|repurchase|emotion|success 9 @who", "a survey answer, 0 to 10", "/survey nps 9 @jane" => plan::survey;
    "nps" [] "9 @who", "an answer to the NPS question", "/nps 9 @jane" => plan::nps;
    "csat" [] "8 @who", "an answer on satisfaction", "/csat 8 @jane" => plan::csat;
    "answer" ["answered"] "satisfied|metrics|value|repurchase|tell|gaps|serve 'words' @who", "an answer to a benchmark question", "/answer value 'fewer stock-outs' @jane" => plan::answer;
    "delight" ["delighted"] "experience|price|support|terms why @who", "what delighted, with its cause", "/delight support fixed on a Sunday @ann" => people::delight;
    "renewed" ["renew"] "-10% cause price lesson start earlier", "how a renewal ended", "/renewed -10% cause price" => value::renewed;
    "expanded" ["expand", "upsold"] "+40k cause value", "they bought more", "/expanded +40k cause value" => value::expanded;
    "churned" ["churn", "lost"] "cause price why", "they left us", "/churned cause competitor" => value::churned;
    "done" ["finished"] "PLAY how it ended", "a play, goal or commitment is done", "/done review-overdue they accepted the proof" => plan::done;
    "snooze" ["later"] "PLAY until fri because why", "a play waits", "/snooze review-overdue until fri because holiday" => plan::snooze;
    "dismiss" ["skip"] "PLAY because why", "a play is not for this account", "/dismiss review-overdue because review was by mail" => plan::dismiss;
}

#[cfg(test)]
mod tests;
