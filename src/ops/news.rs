//! Telling the news: events are raised once, when the whole book is assessed, and never again.
//!
//! Decides when it may be told and for which accounts somebody has to look. What is news is decided in the book.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::book::changes::changes;
use crate::book::day::{between, plus};
use crate::book::ids::AccountId;
use crate::book::news::{Kind, News, Stand, Told, news};
use crate::book::standing::{Changes, Standing};
use crate::ops::{Desk, OpsError};
use crate::store::{Event, Telling};

/// In `own.db`: whose news is told, and since when.
const SCOPE: &str = "news_scope";
const SINCE: &str = "news_since";
/// A band is explained by what changed in so many days at most.
const EXPLAINED: i64 = 7;
/// Accounts that are told of in one transaction.
const PORTION: usize = 500;

impl Desk {
    /// Looks at the accounts that stand differently than they were told to, and raises an event for each change of state.
    /// Answers with how many were raised. Nothing is told before every source that has delivered something was read
    /// whole once; what that reading brings is taken as it is.
    pub(super) fn tell_news(&self) -> Result<u64, OpsError> {
        // What stood on a past day is no news.
        if self.is_past() || self.settings().read_only || !self.settled()? {
            return Ok(0);
        }
        let model = self.model().hash();
        let scope = self.scope()?.owner.map_or_else(|| "*".to_owned(), |owner| owner.to_lowercase());
        let same_scope = self.store().own_meta(SCOPE)?.as_deref() == Some(scope.as_str());
        let silent = !same_scope || self.store().news_is_silent()?;
        let mut due = self.store().stirred()?;
        if !same_scope {
            // Another book than before, or the first: all of it is taken as it stands.
            self.store().all_standings(|standing| {
                due.push(standing.account);
                true
            })?;
        }
        due.extend(self.store().told_to_look(self.today())?);
        due.sort();
        due.dedup();
        let mut raised = 0;
        for portion in due.chunks(PORTION) {
            let mut looked = HashMap::new();
            let mut telling = Vec::new();
            for id in portion {
                let standing = self.store().standing(id)?;
                if let Some(standing) = &standing {
                    telling.extend(self.telling(standing, &scope, &model, silent)?);
                }
                looked.insert(id.clone(), standing);
            }
            raised += self.store_mut().tell(&telling, self.now())?;
            self.store_mut().seen(&looked)?;
        }
        if due.is_empty() && silent {
            self.store_mut().seen(&HashMap::new())?;
        }
        if !same_scope {
            self.store_mut().put_own_meta(SINCE, &format!("{} {}", self.today(), self.now()))?;
            self.store_mut().put_own_meta(SCOPE, &scope)?;
        }
        Ok(raised)
    }

    /// The day and the moment since which every event of this book is known; `None`: none is yet.
    pub(super) fn news_since(&self) -> Result<Option<(Date, Timestamp)>, OpsError> {
        let kept = self.store().own_meta(SINCE)?;
        Ok(kept.and_then(|kept| {
            let (day, at) = kept.split_once(' ')?;
            Some((day.parse().ok()?, at.parse().ok()?))
        }))
    }

    /// Every source that has delivered something was read whole at least once.
    fn settled(&self) -> Result<bool, OpsError> {
        let sources = self.store().sources()?;
        let begun = |rows: &[(String, u64)]| rows.iter().any(|(_, rows)| *rows > 0);
        Ok(sources.iter().any(|source| source.complete.is_some())
            && sources.iter().all(|source| source.complete.is_some() || !begun(&source.entities)))
    }

    /// What is told of one account; `None`: it is as it was told, or was never in this book.
    fn telling(
        &self,
        standing: &Standing,
        scope: &str,
        model: &str,
        silent: bool,
    ) -> Result<Option<Telling>, OpsError> {
        let account = &standing.account;
        let before = self.store().told_of(account)?;
        let mut now = Stand::of(standing);
        let mine = scope == "*" || standing.owner.as_deref().is_some_and(|owner| owner.to_lowercase() == scope);
        let left = now.former;
        now.former |= !mine;
        if before.is_none() && now.former {
            return Ok(None);
        }
        let (after, found) = news(before.as_ref(), &now, model);
        if before.as_ref() == Some(&after) {
            return Ok(None);
        }
        let mut events = Vec::new();
        if !silent {
            for one in &found {
                events.push(self.event(standing, before.as_ref(), one, left)?);
            }
        }
        Ok(Some(Telling { account: account.clone(), before, after, events }))
    }

    fn event(&self, standing: &Standing, before: Option<&Told>, one: &News, left: bool) -> Result<Event, OpsError> {
        let mut event = Event {
            kind: one.kind.name().to_owned(),
            account: standing.account.clone(),
            from: one.from.clone(),
            to: one.to.clone(),
            points: None,
            because: one.because.clone(),
            day: self.today(),
            at: self.now(),
        };
        match one.kind {
            Kind::Band => {
                let since = before.map_or(self.today(), |told| told.day);
                let since =
                    if between(since, self.today()) > EXPLAINED { plus(self.today(), -EXPLAINED) } else { since };
                let since = if since < self.today() { since } else { plus(self.today(), -1) };
                if let Some(facts) = self.facts(&standing.account)? {
                    let moved = changes(&facts, self.model(), since, self.today());
                    event.points = standing.health.score.zip(moved.score).map(|(now, then)| now - then);
                    event.because = main_cause(&moved, event.points);
                }
            }
            Kind::Gone if !left => {
                event.because = standing
                    .owner
                    .as_ref()
                    .map_or_else(|| "nobody owns it any more".to_owned(), |owner| format!("{owner} owns it now"));
            }
            Kind::New if before.is_some_and(|told| told.former) && !left => {
                "in your book again".clone_into(&mut event.because)
            }
            _ => {}
        }
        Ok(event)
    }
}

/// The fact that weighed most in the direction of the whole.
pub(super) fn main_cause(moved: &Changes, points: Option<f64>) -> String {
    let sign = points.unwrap_or(0.0).signum();
    let main = moved.changes.iter().max_by(|a, b| (a.points * sign).total_cmp(&(b.points * sign)));
    main.map_or_else(String::new, |change| change.evidence.clone())
}

/// The accounts that an event is about.
pub(super) fn concerned(events: &[Event]) -> Vec<AccountId> {
    let mut ids: Vec<AccountId> = events.iter().map(|event| event.account.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}
