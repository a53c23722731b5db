//! What is said of flags and of accounts as a whole: closed, put off, opened again; and how often a rule was right.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::book::flags::{FlagState, FlagStatus, FlagVerb, Record};
use crate::book::ids::AccountId;
use crate::book::standing::Severity;
use crate::ops::{Desk, OpsError};
use crate::store::{FlagWord, PutOff};
use crate::text;

/// A rule of the model with how it fared; the JSON of `rounds flags`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleRow {
    pub kind: String,
    /// The lowest that it begins with.
    pub severity: Severity,
    /// How many accounts it is shown on now.
    pub standing: u64,
    /// Of how many accounts it is quiet.
    pub quiet: u64,
    pub real: u64,
    pub false_alarm: u64,
    pub too_early: u64,
    /// `real / (real + false alarm)`; absent before either was said.
    pub precision: Option<f64>,
}

impl Desk {
    /// Says something of a flag that stands. Answers with its words.
    pub fn flag(&self, account: &AccountId, kind: &str, verb: &FlagVerb, now: Timestamp) -> Result<String, OpsError> {
        self.must_be_today("what is said of flags and accounts is said today")?;
        self.may_write()?;
        let today = self.today();
        let facts = self.known(account)?;
        let standing = self.assess(&facts, &self.medians()?, today)?;
        let quiet = standing.quiet.iter().map(|quiet| &quiet.flag);
        let Some(flag) = standing.flags.iter().chain(quiet).find(|flag| flag.kind == kind) else {
            if *verb == FlagVerb::Reopen
                && self.store_mut().flag_reopen(account, kind, &format!("opening {kind} again"), now)?
            {
                return Ok(kind.replace('-', " "));
            }
            let known: Vec<&str> = standing
                .flags
                .iter()
                .map(|flag| flag.kind.as_str())
                .chain(standing.quiet.iter().map(|quiet| quiet.flag.kind.as_str()))
                .collect();
            let stand =
                if known.is_empty() { "none stands".to_owned() } else { format!("there stand: {}", known.join(", ")) };
            return Err(OpsError::usage(format!("{} has no flag {kind:?}; {stand}", standing.name)));
        };
        let (status, until, because) = match verb {
            FlagVerb::Close(status) => (*status, None, None),
            FlagVerb::Snooze { until, because } => {
                self.ahead(*until)?;
                (FlagStatus::Snoozed, Some(*until), Some(because.clone()).filter(|because| !because.is_empty()))
            }
            FlagVerb::Reopen => {
                let says = format!("opening \"{}\" again", flag.label);
                if !self.store_mut().flag_reopen(account, kind, &says, now)? {
                    return Err(OpsError::usage(format!("nothing was said of {:?}: it is shown", flag.label)));
                }
                self.assess_now(account)?;
                return Ok(flag.label.clone());
            }
        };
        let state = FlagState { kind: flag.kind.clone(), key: flag.key.clone(), status, on: today, until, because };
        let word = FlagWord { account: account.clone(), state, since: flag.since, at: now };
        self.store_mut().flag_put(&word, &format!("\"{}\" {}", flag.label, verb.words(today)))?;
        self.assess_now(account)?;
        Ok(flag.label.clone())
    }

    /// How often each rule was right, by its kind.
    pub fn flag_records(&self) -> Result<Vec<(String, Record)>, OpsError> {
        Ok(self.store().flag_records()?.into_iter().collect())
    }

    /// Every rule of the model, with how it fared in this book.
    pub fn rules(&self) -> Result<Vec<RuleRow>, OpsError> {
        let records = self.store().flag_records()?;
        let mut rows: Vec<RuleRow> = Vec::new();
        for rule in &self.model().flags {
            // Several rules of one kind are one flag.
            match rows.iter_mut().find(|row| row.kind == rule.kind) {
                Some(row) => row.severity = row.severity.min(rule.severity),
                None => {
                    let record = records.get(&rule.kind).copied().unwrap_or_default();
                    rows.push(RuleRow {
                        kind: rule.kind.clone(),
                        severity: rule.severity,
                        standing: 0,
                        quiet: 0,
                        real: record.real,
                        false_alarm: record.false_alarm,
                        too_early: record.too_early,
                        precision: record.precision(),
                    });
                }
            }
        }
        for standing in self.standings()? {
            for row in &mut rows {
                row.standing += u64::from(standing.flags.iter().any(|flag| flag.kind == row.kind));
                row.quiet += u64::from(standing.quiet.iter().any(|quiet| quiet.flag.kind == row.kind));
            }
        }
        Ok(rows)
    }

    /// Puts an account off until a day: it is on no walk before.
    pub fn put_off(&self, account: &AccountId, until: Date, because: &str, now: Timestamp) -> Result<(), OpsError> {
        self.must_be_today("what is said of flags and accounts is said today")?;
        self.may_write()?;
        self.ahead(until)?;
        let name = self.known(account)?.name;
        let because = Some(because.trim().to_owned()).filter(|because| !because.is_empty());
        let what = PutOff { account: account.clone(), until, because, on: self.today() };
        let says = format!("{name} put off until {}", text::short_date(until, self.today()));
        Ok(self.store_mut().put_off(&what, &says, now)?)
    }

    /// Takes an account up again.
    pub fn take_up(&self, account: &AccountId, now: Timestamp) -> Result<(), OpsError> {
        self.must_be_today("what is said of flags and accounts is said today")?;
        self.may_write()?;
        let name = self.known(account)?.name;
        if !self.store_mut().put_off_end(account, &format!("{name} taken up again"), now)? {
            return Err(OpsError::usage(format!("{name} is not put off")));
        }
        Ok(())
    }

    /// Until when an account is put off, with why; `None`: it is not.
    pub fn put_off_until(&self, account: &AccountId) -> Result<Option<(Date, Option<String>)>, OpsError> {
        let found = self.store().put_off_of(account)?;
        Ok(found.filter(|off| off.on <= self.day() && off.until > self.day()).map(|off| (off.until, off.because)))
    }

    /// A day that something is put off to has to be one to come.
    pub(super) fn ahead(&self, until: Date) -> Result<(), OpsError> {
        if until <= self.today() {
            return Err(OpsError::usage(format!("{until} is not after today: say a later day")));
        }
        Ok(())
    }
}
