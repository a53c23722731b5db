//! Everything that loyalty says of one account on a day, as plain values: what screens, JSON, the brief and the review show.
//!
//! Decides nothing; it asks each part once and keeps the answers. Money is in units of the book's currency.

use jiff::civil::Date;
use serde::Serialize;

use super::people::{Contagion, Feeling};
use super::pyramid::{Climb, Clock, Rules};
use super::trust::Battery;
use super::value::{Ledger, State};
use super::{Loyal, advocacy, handover, keep, moments, people, plan, pyramid, trust, value, voice, winloss};
use crate::book::csm::{Called, called};
use crate::book::day::{between, date};
use crate::book::facts::{Facts, Tier};
use crate::book::ids::PersonId;
use crate::book::journal::words::{ItemKind, SurveyKind};
use crate::book::prepared::On;
use crate::book::score::Eval;

/// A proof as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProofRow {
    pub of: String,
    pub on: Date,
    pub text: String,
    pub measured: Option<String>,
    pub worth: Option<f64>,
    pub yearly: bool,
    pub accepted: bool,
    pub by: Option<String>,
    /// Who took it down.
    pub noted: Option<String>,
}

/// A promise as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PromiseRow {
    pub tag: String,
    pub text: String,
    pub baseline: Option<String>,
    pub target: Option<String>,
    pub serves: Option<String>,
    pub worth: Option<f64>,
    pub yearly: bool,
    pub accepted: f64,
    pub claimed: f64,
    pub gap: Option<f64>,
    pub due: Option<Date>,
    pub to: Vec<String>,
    pub by: Option<String>,
    pub on: Date,
    #[serde(serialize_with = "state_name")]
    pub state: State,
    pub late_days: i64,
    /// Kept, and who among buyers and influencers has not heard it.
    pub untold: Vec<String>,
    #[serde(skip)]
    pub proofs: Vec<ProofRow>,
}

fn state_name<S: serde::Serializer>(state: &State, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(state.name())
}

/// What somebody felt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Felt {
    pub level: i8,
    pub on: Date,
    pub because: String,
    /// It is known on this machine alone.
    pub private: bool,
}

/// Somebody on the people map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonRow {
    pub id: PersonId,
    pub name: String,
    pub title: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub tier: Option<Tier>,
    pub champion: bool,
    pub left: Option<Date>,
    /// First known so many days ago.
    pub known_days: Option<i64>,
    pub touched: Option<Date>,
    pub engaged: bool,
    /// Oldest first.
    pub feelings: Vec<Felt>,
    pub values: Vec<String>,
    pub wants: Vec<String>,
    /// Nobody should ask them for so many days.
    pub protected: Option<i64>,
}

/// A tier of the people map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TierRow {
    pub tier: Tier,
    pub expected: bool,
    pub engaged: bool,
    /// 0 to 100; `None`: not known.
    pub loyalty: Option<f64>,
}

/// How a person's values moved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MovedRow {
    pub who: String,
    pub before: Vec<String>,
    pub now: Vec<String>,
    pub since: Date,
    pub on: Date,
    /// Rank distance per 90 days.
    pub speed: f64,
    pub rose: Vec<String>,
    pub fell: Vec<String>,
}

/// A goal, commitment or request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemRow {
    pub kind: &'static str,
    pub tag: String,
    pub text: String,
    /// Goals: under which of the 4 C's.
    pub c: Option<&'static str>,
    pub due: Option<Date>,
    pub who: Option<String>,
    pub on: Date,
    pub state: &'static str,
    pub open: bool,
    pub late_days: i64,
}

/// Words of theirs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SaidRow {
    pub what: String,
    pub text: String,
    pub who: Option<String>,
    pub on: Date,
}

/// How a renewal ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndedRow {
    pub kind: &'static str,
    pub on: Date,
    pub due: Option<f64>,
    pub expected: Option<f64>,
    /// The expectation was the CSM's call; else the model's.
    pub called: bool,
    pub actual: Option<f64>,
    pub variance: Option<f64>,
    pub cause: Option<&'static str>,
    pub about: String,
    pub lesson: String,
}

/// A clock as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClockRow {
    pub id: &'static str,
    pub says: &'static str,
    pub days: f64,
    pub running: bool,
    pub target: Option<f64>,
}

/// Value in figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValueFigures {
    pub promised: f64,
    pub accepted: f64,
    pub gap: f64,
    #[serde(rename = "return")]
    pub returned: Option<f64>,
    /// The window of the return, with what was accepted and paid in it.
    pub from: Option<Date>,
    pub accrued: Option<f64>,
    pub cost: Option<f64>,
    pub proof_age_days: Option<i64>,
    pub streak: usize,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// `None`: nothing was ever promised.
    pub value: Option<ValueFigures>,
    pub promises: Vec<PromiseRow>,
    /// Promised and proven at the end of each month, oldest first.
    pub months: Vec<(Date, f64, f64)>,
    pub trust: Option<Battery>,
    pub climbs: Vec<Climb>,
    pub clocks: Vec<(Clock, Option<f64>)>,
    pub people: Vec<PersonRow>,
    pub tiers: Vec<TierRow>,
    pub weakest: Option<(Tier, f64)>,
    pub contagion: Option<Contagion>,
    pub moved: Vec<MovedRow>,
    /// Where buyers and users disagree: the top value of each.
    pub apart: Option<(String, String)>,
    /// `None`: there is no plan.
    pub covered: Option<[bool; 4]>,
    pub items: Vec<ItemRow>,
    pub needs: Vec<SaidRow>,
    pub jobs: Vec<SaidRow>,
    pub workarounds: Vec<SaidRow>,
    pub answers: Vec<SaidRow>,
    /// The benchmark questions to ask again.
    pub to_ask: Vec<&'static str>,
    /// Answers that we owe a reply to, and how late it is.
    pub owed: Vec<(SaidRow, i64)>,
    pub nps: Option<f64>,
    /// How many answers stand behind it, and how many of them are anonymous.
    pub nps_answers: (usize, usize),
    pub experience: Option<f64>,
    pub repurchase: Option<f64>,
    pub delights: Vec<SaidRow>,
    pub advocacy: Vec<SaidRow>,
    pub incentives: Vec<SaidRow>,
    pub moments: Vec<SaidRow>,
    pub reassurance: Option<moments::Reassurance>,
    pub ended: Vec<EndedRow>,
    /// The four questions of win and loss, with the last answer to each.
    pub win_loss: Vec<(&'static str, Option<SaidRow>)>,
    pub handover: Option<handover::Handover>,
    pub called: Option<Called>,
    pub class: Option<keep::Class>,
}

fn said(what: &str, text: &str, who: Option<&str>, on: Date) -> SaidRow {
    SaidRow { what: what.to_owned(), text: text.to_owned(), who: who.map(str::to_owned), on }
}

impl Sheet {
    /// Reads all of it. `spread`: what keep classes are percentiles of.
    pub fn of(eval: &Eval<'_>, on: On, figures: keep::Figures, spread: &keep::Spread) -> Self {
        let loyal = &Loyal::new(eval, on);
        let rules = &eval.model_on(on.day).pyramid;
        let segment = loyal.facts().segment.at(on.date).map(String::as_str);
        let ledger = Ledger::of(loyal);
        let nps = voice::counting(loyal, SurveyKind::Nps);
        let voiced = |what: &str, all: Vec<plan::Voiced<'_>>| -> Vec<SaidRow> {
            all.into_iter().map(|one| said(what, one.text, one.who, one.on)).collect()
        };
        Self {
            value: ledger.as_ref().map(|ledger| value_figures(loyal, ledger)),
            promises: ledger.as_ref().map(|ledger| promises(loyal, ledger)).unwrap_or_default(),
            months: if ledger.is_some() { value::months(loyal, 13) } else { Vec::new() },
            trust: trust::battery(loyal),
            climbs: pyramid::climbs(loyal, rules),
            clocks: clocks(loyal, rules, segment),
            people: people_rows(loyal),
            tiers: tiers(loyal),
            weakest: people::weakest(loyal),
            contagion: people::contagion(loyal),
            moved: people::migrations(loyal).into_iter().map(moved).collect(),
            apart: people::disagreement(loyal).map(|(a, b)| (a.to_owned(), b.to_owned())),
            covered: plan::coverage(loyal),
            items: plan::items(loyal).iter().map(|item| item_row(item, on.date)).collect(),
            needs: voiced("need", plan::needs(loyal)),
            jobs: voiced("job", plan::jobs(loyal)),
            workarounds: voiced("workaround", plan::workarounds(loyal)),
            answers: voice::said(loyal)
                .iter()
                .map(|one| said(one.question.asks(), one.text, one.who, one.on))
                .collect(),
            to_ask: voice::to_ask(loyal).into_iter().map(|one| one.asks()).collect(),
            owed: voice::owed(loyal)
                .into_iter()
                .map(|(one, late)| (said(one.question.asks(), one.text, one.who, one.on), late))
                .collect(),
            nps: voice::nps(loyal).map(|one| one.0),
            nps_answers: (nps.len(), nps.iter().filter(|one| one.who.is_none()).count()),
            experience: voice::experience(loyal).map(|one| one.0),
            repurchase: voice::mean(loyal, SurveyKind::Repurchase).map(|one| one.0),
            delights: voice::delights(loyal)
                .into_iter()
                .map(|(cause, about, who, on)| said(cause.name(), about, who, on))
                .collect(),
            advocacy: advocacy::all(loyal)
                .into_iter()
                .map(|one| said(&format!("{} {}", one.kind.name(), one.state.name()), one.about, one.who, one.on))
                .collect(),
            incentives: advocacy::incentives(loyal)
                .into_iter()
                .map(|(who, what, until, on)| {
                    let until = until.map_or_else(String::new, |until| format!(" until {until}"));
                    said("incentive", &format!("{what}{until}"), who, on)
                })
                .collect(),
            moments: moments::all(loyal)
                .into_iter()
                .map(|one| said(one.kind.name(), one.about, None, one.on))
                .collect(),
            reassurance: moments::reassurance(loyal),
            ended: winloss::all(loyal).iter().map(ended).collect(),
            win_loss: winloss::questions(loyal)
                .into_iter()
                .map(|(question, answer)| {
                    (question.asks(), answer.map(|one| said(question.asks(), one.text, one.who, one.on)))
                })
                .collect(),
            handover: handover::handover(loyal, 60.0),
            called: called(loyal.facts(), on.date),
            class: keep::class(figures, spread),
        }
    }

    /// Every proof, oldest first.
    pub fn proofs(&self) -> Vec<&ProofRow> {
        let mut all: Vec<&ProofRow> = self.promises.iter().flat_map(|promise| &promise.proofs).collect();
        all.sort_by_key(|proof| proof.on);
        all
    }
}

fn value_figures(loyal: &Loyal<'_, '_>, ledger: &Ledger<'_>) -> ValueFigures {
    let day = loyal.on.date;
    let window = value::window(loyal);
    ValueFigures {
        promised: ledger.promised(loyal),
        accepted: ledger.accepted(loyal),
        gap: ledger.gap(loyal),
        returned: value::returned(loyal),
        from: window.map(|(from, _)| from),
        accrued: window.map(|(from, to)| ledger.accrued(loyal, from, to)),
        cost: window.and_then(|(from, to)| value::cost(loyal, from, to)),
        proof_age_days: ledger.proven_on().map(|on| between(on, day)),
        streak: ledger.streak(day),
    }
}

fn promises(loyal: &Loyal<'_, '_>, ledger: &Ledger<'_>) -> Vec<PromiseRow> {
    let untold = ledger.untold(loyal);
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    ledger
        .promises
        .iter()
        .map(|one| PromiseRow {
            tag: one.tag.to_string(),
            text: one.text.to_owned(),
            baseline: one.metric.map(|metric| metric.0.clone()),
            target: one.metric.map(|metric| metric.1.clone()),
            serves: one.serves.map(str::to_owned),
            worth: one.worth(loyal),
            yearly: one.worth.is_some_and(|worth| worth.yearly),
            accepted: one.accepted(loyal),
            claimed: one.claimed(loyal),
            gap: one.gap(loyal),
            due: one.due,
            to: own(&one.to),
            by: one.by.map(str::to_owned),
            on: one.on,
            state: one.state(loyal),
            late_days: if matches!(one.state(loyal), State::Late | State::Broken) { one.late_days() } else { 0 },
            untold: untold
                .iter()
                .find(|(promise, _)| promise.tag == one.tag)
                .map(|(_, who)| own(who))
                .unwrap_or_default(),
            proofs: one
                .proofs
                .iter()
                .map(|proof| ProofRow {
                    of: one.tag.to_string(),
                    on: proof.on,
                    text: proof.text.to_owned(),
                    measured: proof.measured.map(str::to_owned),
                    worth: proof.worth.and_then(|worth| loyal.units(worth.amount)),
                    yearly: proof.worth.is_some_and(|worth| worth.yearly),
                    accepted: proof.accepted,
                    by: proof.by.map(str::to_owned),
                    noted: proof.noted.map(str::to_owned),
                })
                .collect(),
        })
        .collect()
}

fn clocks(loyal: &Loyal<'_, '_>, rules: &Rules, segment: Option<&str>) -> Vec<(Clock, Option<f64>)> {
    pyramid::clocks(loyal, rules).into_iter().map(|clock| (clock, rules.target(clock.id, segment))).collect()
}

fn people_rows(loyal: &Loyal<'_, '_>) -> Vec<PersonRow> {
    let (on, day) = (loyal.on, loyal.on.date);
    let model = loyal.eval.model_on(on.day);
    let rankings = people::rankings(loyal);
    let wants = advocacy::wants(loyal);
    loyal
        .eval
        .facts
        .people
        .iter()
        .map(|known| {
            let person = known.person;
            let tier = known.tier(on);
            let touched = known.last_touch(on.day).map(|(day, _)| date(day));
            let felt = |one: Feeling<'_>| Felt {
                level: one.level,
                on: one.on,
                because: one.because.to_owned(),
                private: one.private,
            };
            PersonRow {
                id: person.id.clone(),
                name: person.name.clone(),
                title: person.title.clone(),
                email: person.email.clone(),
                phone: person.phone.clone(),
                tier,
                champion: person.champion.at(day) == Some(&true),
                left: person.left.entry(day).filter(|entry| entry.value == Some(true)).map(|entry| entry.on),
                known_days: known.since().map(|since| i64::from(on.day - since)),
                touched,
                engaged: tier
                    .zip(touched)
                    .is_some_and(|(tier, touched)| between(touched, day) as f64 <= model.cadence.of(tier)),
                feelings: people::feelings(loyal, &person.id).into_iter().map(felt).collect(),
                values: rankings
                    .iter()
                    .rfind(|one| one.person.id == person.id)
                    .map(|one| one.values.to_vec())
                    .unwrap_or_default(),
                wants: wants.iter().filter(|one| one.0.id == person.id).map(|one| one.1.to_owned()).collect(),
                protected: advocacy::protected(loyal, &person.id),
            }
        })
        .collect()
}

fn tiers(loyal: &Loyal<'_, '_>) -> Vec<TierRow> {
    let model = loyal.eval.model_on(loyal.on.day);
    let facts: &Facts = loyal.facts();
    let expected = model.tiers.expected(facts.segment.at(loyal.on.date).map(String::as_str));
    Tier::ALL
        .into_iter()
        .map(|tier| TierRow {
            tier,
            expected: expected.contains(&tier),
            engaged: crate::book::reading::tier_engaged(&loyal.eval.facts, model, tier, loyal.on),
            loyalty: people::tier_loyalty(loyal, tier),
        })
        .collect()
}

fn moved(one: people::Migration<'_>) -> MovedRow {
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    MovedRow {
        who: one.now.person.name.clone(),
        before: one.before.values.to_vec(),
        now: one.now.values.to_vec(),
        since: one.before.on,
        on: one.now.on,
        speed: one.speed,
        rose: own(&one.rose),
        fell: own(&one.fell),
    }
}

fn item_row(item: &plan::Item<'_>, day: Date) -> ItemRow {
    ItemRow {
        kind: item.kind.name(),
        tag: item.tag.to_string(),
        text: item.text.to_owned(),
        c: item.c.map(|c| c.name()),
        due: item.due,
        who: item.who.map(str::to_owned),
        on: item.on,
        state: item.stands(),
        open: item.open() && !(item.kind == ItemKind::Request && item.stands() == "shipped"),
        late_days: item.late(day),
    }
}

fn ended(one: &winloss::Ended<'_>) -> EndedRow {
    EndedRow {
        kind: one.kind.name(),
        on: one.on,
        due: one.due,
        expected: one.expected,
        called: one.called,
        actual: one.actual,
        variance: one.variance(),
        cause: one.cause.map(|cause| cause.name()),
        about: one.about.to_owned(),
        lesson: one.lesson.to_owned(),
    }
}
