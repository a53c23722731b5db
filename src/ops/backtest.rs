//! `backtest`: the model, or two side by side, on the book's own history; and the calibration that is kept of it.
//!
//! Decides which days and accounts take part, and where a calibration is kept. Every number is the book's.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Span;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::book::assess::{Context, Medians, assess_of};
use crate::book::backtest::{Calibration, Figures, LEAST_CASES, LEAST_LOST, Spec, Trial, month_ends};
use crate::book::facts::Facts;
use crate::book::ids::AccountId;
use crate::book::model::Model;
use crate::book::order::flagged;
use crate::book::score::Eval;
use crate::book::standing::{Severity, Standing};
use crate::ops::{Desk, OpsError};
use crate::store::{Store, StoreError};

/// How far back the month-ends go unless asked.
const MONTHS: i64 = 18;
/// The horizons that make sense, in days.
const HORIZONS: std::ops::RangeInclusive<i64> = 7..=730;
/// Threads beyond this wait for the disk more than they help.
const MOST_THREADS: usize = 4;

/// What to test.
#[derive(Clone, Debug, Default)]
pub struct BacktestRequest {
    /// Lost within so many days.
    pub horizon: i64,
    /// The first month whose end is looked at.
    pub from: Option<Date>,
    /// Another model file, beside the one in force.
    pub other: Option<PathBuf>,
    /// Keep its calibration, for the model in force.
    pub keep: bool,
    /// Deals the outcomes anew: what is left of the AUC is chance.
    pub shuffle: Option<u64>,
}

/// What became of the wish to keep it.
#[derive(Clone, Debug, PartialEq)]
pub enum Keep {
    NotAsked,
    Kept(Calibration),
    /// Why not.
    Refused(String),
}

/// An account that only one of two models flags.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Differs {
    pub account: AccountId,
    pub name: String,
    /// In units of the book's currency.
    pub arr_book: Option<f64>,
    pub score: Option<f64>,
    pub score_other: Option<f64>,
    pub band: &'static str,
    pub band_other: &'static str,
    /// The high flags by either.
    pub flags: Vec<String>,
    pub flags_other: Vec<String>,
    /// `this` or `other`: who flags it.
    pub flagged_by: &'static str,
}

/// Another model, beside the one in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// The file.
    pub name: String,
    pub figures: Figures,
    pub probabilities: String,
    /// Losses that both had at risk before, only the one in force, only the other, neither.
    pub caught: [usize; 4],
    /// Who would be flagged by one and not by the other, the largest first.
    pub today: Vec<Differs>,
    /// How many both flag today.
    pub both_today: usize,
}

/// A back-test's result.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktestReport {
    pub day: Date,
    pub figures: Figures,
    /// Where the probabilities come from, in words.
    pub probabilities: String,
    pub calibrated: bool,
    pub other: Option<Other>,
    pub keep: Keep,
}

/// Under which name a calibration is kept in `own.db`.
fn key(hash: &str) -> String {
    format!("calibration/{hash}")
}

/// The calibration that is kept for a model; one that cannot be read, or makes no sense, is none.
pub(super) fn kept(store: &Store, hash: &str) -> Result<Option<Calibration>, StoreError> {
    let text = store.own_meta(&key(hash))?;
    Ok(text.and_then(|text| serde_json::from_str::<Calibration>(&text).ok()).filter(Calibration::sound))
}

/// Where the probabilities of a model come from.
fn origin(model: &Model, file: &str) -> String {
    match &model.order.calibration {
        Some(kept) => format!(
            "from the back-test of {} kept for {file}: {} cases from {} to {}, {} of them lost within {} days",
            kept.on, kept.cases, kept.from, kept.to, kept.lost, kept.horizon_days
        ),
        None => format!("from the formula of {file}: no back-test is kept for it"),
    }
}

/// What one thread has found.
struct Part {
    trial: Trial,
    today: Vec<Differs>,
    both: usize,
}

impl Desk {
    /// Runs a back-test over every account of the cache, those that left included. `report`: (accounts done, of).
    pub fn backtest(
        &self,
        request: &BacktestRequest,
        report: &dyn Fn(usize, usize),
    ) -> Result<BacktestReport, OpsError> {
        if request.keep && self.settings().read_only {
            return Err(OpsError::usage("--read-only: nothing is kept"));
        }
        let day = self.day();
        let spec = spec(request, day)?;
        let ids = self.store().account_ids()?;
        if ids.is_empty() {
            return Err(OpsError::failed("there are no accounts to test on yet: rounds sync, or rounds import"));
        }
        let other = request.other.as_ref().map(|path| self.model_of(path)).transpose()?;
        let this = self.model();
        let models: Vec<&Model> = std::iter::once(this).chain(other.as_ref().map(|(model, _)| model)).collect();
        let part = self.over(&ids, &spec, &models, report)?;
        let Part { trial, mut today, both } = part;
        let figures = trial.figures(0, this, request.shuffle);
        let keep = if request.keep { self.keep(&trial, &figures)? } else { Keep::NotAsked };
        today.sort_by(|a, b| {
            let arr = |one: &Differs| one.arr_book.unwrap_or(0.0);
            arr(b).total_cmp(&arr(a)).then_with(|| a.name.cmp(&b.name)).then_with(|| a.account.cmp(&b.account))
        });
        let other = other.map(|(model, name)| Other {
            figures: trial.figures(1, &model, request.shuffle),
            probabilities: origin(&model, &name),
            caught: trial.caught_by(0, 1),
            today,
            both_today: both,
            name,
        });
        Ok(BacktestReport {
            day,
            figures,
            probabilities: origin(this, "health.toml"),
            calibrated: this.order.calibration.is_some(),
            other,
            keep,
        })
    }

    /// Forgets what was kept for the model in force. Answers with whether there was anything.
    pub fn backtest_forget(&self) -> Result<bool, OpsError> {
        if self.settings().read_only {
            return Err(OpsError::usage("--read-only: nothing is forgotten"));
        }
        Ok(self.store_mut().clear_own_meta(&key(self.model().file_hash()))?)
    }

    /// Keeps the calibration of the model in force.
    fn keep(&self, trial: &Trial, figures: &Figures) -> Result<Keep, OpsError> {
        // One loss is in several cases, which tell the same story: accounts are what counts.
        let lost = figures.losses.left + figures.losses.shrank;
        let calibration = trial.calibration(0, self.day()).filter(|_| lost >= LEAST_LOST as u64);
        let Some(calibration) = calibration else {
            return Ok(Keep::Refused(format!(
                "nothing was kept: {} cases and {lost} lost accounts say too little; {LEAST_CASES} cases and {LEAST_LOST} \
                 lost accounts are needed. Look further back with --from, or further ahead with --horizon 180d",
                figures.cases
            )));
        };
        let text = serde_json::to_string(&calibration)
            .map_err(|error| OpsError::failed(format!("the calibration cannot be written ({error})")))?;
        self.store_mut().put_own_meta(&key(self.model().file_hash()), &text)?;
        Ok(Keep::Kept(calibration))
    }

    /// Another model file, checked as the one in force is, with what is kept for it.
    fn model_of(&self, path: &PathBuf) -> Result<(Model, String), OpsError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| OpsError::usage(format!("--model {name} cannot be read ({error})")))?;
        // Plays move no score; those in force may name flags that the other file does not have.
        let model = super::sound(Model::parse(&text, ""), &text, "")
            .map_err(|error| OpsError { message: error.message.replace("health.toml", &name), ..error })?;
        let calibration = kept(&self.store(), model.file_hash())?;
        Ok((model.calibrated(calibration), name))
    }

    /// All accounts, by as many threads as help, each with its own sight of the databases.
    fn over(
        &self,
        ids: &[AccountId],
        spec: &Spec,
        models: &[&Model],
        report: &dyn Fn(usize, usize),
    ) -> Result<Part, OpsError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let helpers = (1..threads).map(|_| self.open_again()).collect::<Result<Vec<_>, _>>()?;
        let medians = self.medians()?;
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (next, done, medians) = (&next, &done, &medians);
        std::thread::scope(|scope| {
            let handles: Vec<_> = helpers
                .into_iter()
                .map(|desk| {
                    scope.spawn(move || {
                        desk.share(ids, spec, models, medians, next, &|| {
                            done.fetch_add(1, Ordering::Relaxed);
                        })
                    })
                })
                .collect();
            let mut whole = self.share(ids, spec, models, medians, next, &|| {
                report(done.fetch_add(1, Ordering::Relaxed) + 1, ids.len());
            })?;
            for handle in handles {
                let part = handle.join().map_err(|_| OpsError::failed("a thread of the back-test ended early"))??;
                whole.trial.merge(part.trial);
                whole.today.extend(part.today);
                whole.both += part.both;
            }
            Ok(whole)
        })
    }

    /// One thread's share: the next account that nobody has taken, until there is none.
    fn share(
        &self,
        ids: &[AccountId],
        spec: &Spec,
        models: &[&Model],
        medians: &Medians,
        next: &AtomicUsize,
        did: &dyn Fn(),
    ) -> Result<Part, OpsError> {
        let mut part = Part { trial: Trial::new(spec.clone(), models), today: Vec::new(), both: 0 };
        let scope = self.scope()?;
        while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(facts) = self.facts(id)? {
                part.trial.account(&facts, models, Some(&self.shared.rates));
                let owner = facts.owner.at(self.day());
                let mine = scope.owner.as_ref().is_none_or(|me| owner.is_some_and(|one| one.eq_ignore_ascii_case(me)));
                if let ([this, other], true) = (models, mine) {
                    self.side_by_side(&facts, this, other, medians, &mut part);
                }
            }
            did();
        }
        Ok(part)
    }

    /// Whom one model flags today and the other does not.
    fn side_by_side(&self, facts: &Facts, this: &Model, other: &Model, medians: &Medians, part: &mut Part) {
        let ctx = Context { rates: &self.shared.rates, medians, zone: self.zone(), actions: &[], flags: &[] };
        let look = |model: &Model| assess_of(&Eval::new(facts, model).in_money(&self.shared.rates), self.day(), &ctx);
        let (a, b) = (look(this), look(other));
        if a.former || facts.customer_since.is_some_and(|since| since > self.day()) {
            return;
        }
        let flags = |one: &Standing| -> Vec<String> {
            one.flags.iter().filter(|flag| flag.severity == Severity::High).map(|flag| flag.kind.clone()).collect()
        };
        let flagged_by = match (flagged(a.health.band, &a.flags), flagged(b.health.band, &b.flags)) {
            (true, true) => {
                part.both += 1;
                return;
            }
            (false, false) => return,
            (true, false) => "this",
            (false, true) => "other",
        };
        part.today.push(Differs {
            account: a.account.clone(),
            name: a.name.clone(),
            arr_book: a.arr_book.map(crate::book::money::Money::units),
            score: a.health.score,
            score_other: b.health.score,
            band: a.health.band.name(),
            band_other: b.health.band.name(),
            flags: flags(&a),
            flags_other: flags(&b),
            flagged_by,
        });
    }

    /// Computes every standing that is out of date: after the probabilities changed, all of them.
    pub fn reassess(&self) -> Result<(), OpsError> {
        self.assess_all(&|_| {})
    }
}

/// The days of a request.
fn spec(request: &BacktestRequest, day: Date) -> Result<Spec, OpsError> {
    if !HORIZONS.contains(&request.horizon) {
        return Err(OpsError::usage(format!(
            "--horizon {}d: from {} to {} days, as in 90d",
            request.horizon,
            HORIZONS.start(),
            HORIZONS.end()
        )));
    }
    let back = |span: Span| day.checked_sub(span).unwrap_or(day);
    let last = back(Span::new().days(request.horizon));
    let first = match request.from {
        Some(from) => from,
        None => last.checked_sub(Span::new().months(MONTHS)).unwrap_or(last),
    };
    let days = month_ends(first, last);
    if days.is_empty() {
        return Err(OpsError::usage(format!(
            "no month ends between {first} and {last}, the last day whose {} days are over: say an earlier --from, or a \
             shorter --horizon",
            request.horizon
        )));
    }
    Ok(Spec { days, horizon: request.horizon })
}

/// Rates to four places: more would be read as knowledge.
fn tidy(value: &mut Value) {
    match value {
        Value::Number(n) if n.is_f64() => {
            if let Some(rounded) = n.as_f64().and_then(|x| serde_json::Number::from_f64((x * 1e4).round() / 1e4)) {
                *n = rounded;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Object(map) => map.values_mut().for_each(tidy),
        _ => {}
    }
}

impl BacktestReport {
    /// The shape of `backtest --json`.
    pub fn shape(&self) -> Value {
        let mut out = json!(self.figures);
        if let Value::Object(map) = &mut out {
            map.insert("day".into(), json!(self.day));
            map.insert("probabilities".into(), json!(self.probabilities));
            map.insert("calibrated".into(), json!(self.calibrated));
            let kept = match &self.keep {
                Keep::NotAsked => json!({"state": "not asked"}),
                Keep::Kept(kept) => {
                    json!({"state": "kept", "cases": kept.cases, "lost": kept.lost, "knots": kept.knots})
                }
                Keep::Refused(because) => json!({"state": "refused", "because": because}),
            };
            map.insert("keep".into(), kept);
            if let Some(other) = &self.other {
                let [both, this, that, neither] = other.caught;
                let mut figures = json!(other.figures);
                if let Value::Object(figures) = &mut figures {
                    figures.insert("model".into(), json!(other.name));
                    figures.insert("probabilities".into(), json!(other.probabilities));
                }
                map.insert("other".into(), figures);
                map.insert(
                    "compare".into(),
                    json!({
                        "caught": {"both": both, "this": this, "other": that, "neither": neither},
                        "flagged_by_both": other.both_today,
                        "differs": other.today,
                    }),
                );
            }
        }
        tidy(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn request(horizon: i64, from: Option<Date>) -> BacktestRequest {
        BacktestRequest { horizon, from, ..BacktestRequest::default() }
    }

    #[test]
    fn only_days_whose_outcome_is_known_are_looked_at() {
        let today = date(2026, 11, 23);
        let days = spec(&request(90, None), today).unwrap().days;
        assert_eq!((days.first(), days.last()), (Some(&date(2025, 2, 28)), Some(&date(2026, 7, 31))));
        assert_eq!(days.len(), 18);
        let days = spec(&request(90, Some(date(2026, 6, 1))), today).unwrap().days;
        assert_eq!(days, [date(2026, 6, 30), date(2026, 7, 31)]);
        let none = spec(&request(90, Some(date(2026, 8, 1))), today).unwrap_err();
        assert!(none.exit == 2 && none.message.contains("2026-08-25"), "{none}");
        assert_eq!(spec(&request(3, None), today).unwrap_err().exit, 2);
    }

    #[test]
    fn rates_are_tidy_and_counts_whole() {
        let mut value = json!({"auc": 0.123_456_789, "n": 12, "list": [0.333_333_3], "none": null});
        tidy(&mut value);
        assert_eq!(value, json!({"auc": 0.1235, "n": 12, "list": [0.3333], "none": null}));
    }
}
