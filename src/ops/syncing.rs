//! One whole sync: push what waits, pull what changed, push again, assess what moved.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;

use crate::book::ids::SourceName;
use crate::book::progress::{Progress, SourceSummary};
use crate::book::row::Entity;
use crate::connect::{Me, Source};
use crate::ops::sources::exit_of;
use crate::ops::{Desk, OpsError};
use crate::store::SourceMark;
use crate::sync::{self, Lease, LeaseError, PullOptions, SourceRun};
use crate::text;

/// How many days of usage are pulled the first time: thirteen weeks of trend, and what their measures look back on.
const BACK: u32 = 180;
/// Standings computed between two looks at anything else.
pub(super) const PORTION: usize = 100;

/// Stands for the id in the address of an account's page.
const LINK_ID: &str = "{id}";

/// What to sync.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    /// Only these sources; empty: all.
    pub sources: Vec<String>,
    /// Pull everything again.
    pub full: bool,
}

/// How a sync ended.
#[derive(Clone, Debug, Default)]
pub struct SyncOutcome {
    pub summaries: Vec<SourceSummary>,
    /// The exit code, as in the README.
    pub exit: u8,
}

impl From<LeaseError> for OpsError {
    fn from(error: LeaseError) -> Self {
        let exit = if matches!(error, LeaseError::Held { .. }) { 7 } else { 1 };
        Self { message: error.to_string(), exit }
    }
}

/// The sources of a sync: those that are ready, and for the others why not.
pub(super) struct Ready {
    pub runs: Vec<SourceRun>,
    pub failed: Vec<SourceSummary>,
    pub exits: Vec<u8>,
}

impl Desk {
    /// Syncs once, under the lease, to the end of the standings.
    pub fn sync(&self, request: &SyncRequest, report: &dyn Fn(Progress)) -> Result<SyncOutcome, OpsError> {
        self.must_be_today("a past day is not synced")?;
        if self.settings().read_only {
            return Err(OpsError::usage("--read-only: nothing is pulled or sent"));
        }
        if self.settings().sources.is_empty() {
            return Err(OpsError {
                message: "config.toml names no source: add [source.crm] with a connector (see the README), or try rounds demo"
                    .into(),
                exit: 3,
            });
        }
        for name in &request.sources {
            self.source_settings(name)?;
        }
        let _lease = Lease::take(&self.settings().folders.data)?;
        let runtime = super::runtime()?;
        let ready = self.ready(&request.sources);
        let sources: Vec<_> = ready.runs.iter().map(|run| (run.name.clone(), Arc::clone(&run.source))).collect();
        let founder = ready.runs.iter().find(|run| run.founds).map(|run| run.name.to_string());
        self.recover_outbox()?;
        let mut pushed = self.push(&runtime, &sources, report)?;
        let mut outcome = self.pull_with(&runtime, ready, request.full, &Arc::default(), report)?;
        pushed += self.push(&runtime, &sources, report)?;
        for summary in outcome.summaries.iter_mut().filter(|summary| Some(&summary.name) == founder.as_ref()) {
            summary.pushed = pushed;
        }
        self.assess_all(report)?;
        if self.store_mut().follow_medians()? > 0 {
            self.assess_all(report)?;
        }
        self.tell_news()?;
        report(Progress::Done);
        Ok(outcome)
    }

    /// Computes every standing that is out of date, and the figures over them.
    pub(super) fn assess_all(&self, report: &dyn Fn(Progress)) -> Result<(), OpsError> {
        let due = self.store().stale_count(self.day(), &self.model().hash())?;
        let mut done = 0;
        loop {
            let count = self.assess_stale(&[], PORTION)? as u64;
            if count == 0 {
                break;
            }
            done += count;
            report(Progress::Assessed { done, of: due.max(done) });
        }
        self.refresh_typical()?;
        self.refresh_summary()
    }

    /// The sources, made ready. One that cannot be does not keep the others back.
    pub(super) fn ready(&self, only: &[String]) -> Ready {
        let mut ready = Ready { runs: Vec::new(), failed: Vec::new(), exits: Vec::new() };
        let mut founded = false;
        for config in &self.settings().sources {
            let wanted = only.is_empty() || only.iter().any(|name| name == config.name.as_str());
            // The first source with accounts founds the book, whether or not it takes part now; what others know of is
            // matched to it.
            let founds = !founded && self.has_accounts(config);
            founded |= founds;
            if !wanted {
                continue;
            }
            match self.connect(config) {
                Ok(source) => {
                    ready.runs.push(SourceRun { name: config.name.clone(), source: Arc::new(source), founds });
                }
                Err(error) => {
                    ready.exits.push(error.exit);
                    ready.failed.push(SourceSummary {
                        name: config.name.to_string(),
                        error: Some(error.message),
                        ..SourceSummary::default()
                    });
                }
            }
        }
        ready
    }

    /// Pulls all sources, under a lease that the caller holds.
    pub(super) fn pull_with(
        &self,
        runtime: &tokio::runtime::Runtime,
        ready: Ready,
        full: bool,
        cancel: &Arc<AtomicBool>,
        report: &dyn Fn(Progress),
    ) -> Result<SyncOutcome, OpsError> {
        let began = self.now();
        for summary in &ready.failed {
            report(Progress::Failed {
                source: summary.name.as_str().into(),
                entity: None,
                because: summary.error.clone().unwrap_or_default(),
            });
        }
        self.learn_me(runtime, &ready.runs)?;
        let options = PullOptions { full, clock: self.clock.clone(), back: BACK, cancel: Arc::clone(cancel) };
        let pulled = sync::pull(runtime, &mut self.store_mut(), &ready.runs, &options, report)?;
        // The colleagues are here now. A host that just failed is not asked again for this.
        if ready.runs.iter().zip(&pulled.failures).any(|(run, failure)| run.founds && failure.is_none()) {
            self.learn_me(runtime, &ready.runs)?;
        }
        for (run, summary) in ready.runs.iter().zip(&pulled.summaries) {
            // Before the state: whether this was the first pass stands there.
            self.keep_cost(summary, full)?;
            self.keep_state(summary, began, run.source.stats().left)?;
            // Where an account opens in the CRM's own pages: known once the source has said who it is.
            if let Some(link) = run.source.link(Entity::Account, LINK_ID) {
                self.store_mut().put_meta(&format!("link/{}", run.name), &link)?;
            }
        }
        for summary in &ready.failed {
            self.keep_state(summary, began, None)?;
        }
        let classes = pulled.failures.iter().map(|class| class.map_or(0, exit_of));
        let exit = exit_code(&ready.exits.iter().copied().chain(classes).collect::<Vec<_>>());
        let mut summaries = ready.failed;
        summaries.extend(pulled.summaries);
        Ok(SyncOutcome { summaries, exit })
    }

    /// Writes down how a source's sync went.
    fn keep_state(&self, summary: &SourceSummary, began: Timestamp, left: Option<String>) -> Result<(), OpsError> {
        self.store_mut().put_source_state(&SourceMark {
            name: summary.name.as_str().into(),
            connector: self.source_settings(&summary.name)?.connector.clone(),
            started: began,
            ended: summary.error.is_none().then(|| self.now()),
            error: summary.error.clone(),
            left,
        })?;
        Ok(())
    }

    /// Without `me` in the settings, the user that the founding source's token belongs to is me.
    fn learn_me(&self, runtime: &tokio::runtime::Runtime, runs: &[SourceRun]) -> Result<(), OpsError> {
        let Some(run) = runs.iter().find(|run| run.founds) else { return Ok(()) };
        if self.settings().me.is_some() || self.store().meta("me")?.is_some() {
            return Ok(());
        }
        let Ok(me) = runtime.block_on(run.source.me()) else { return Ok(()) };
        if let Some(email) = self.email_of(&run.name, &me)? {
            self.store_mut().put_meta("me", &email.to_lowercase())?;
        }
        Ok(())
    }

    /// Whose token it is. Some sources say only which of their users: the colleagues say who that is, once they are here.
    pub(super) fn email_of(&self, source: &SourceName, me: &Me) -> Result<Option<String>, OpsError> {
        match (me.email(), me.user()) {
            (Some(email), _) => Ok(Some(email.to_owned())),
            (None, Some(user)) => Ok(self.store().user_email(source, user)?),
            (None, None) => Ok(None),
        }
    }

    /// Sends what waits. Answers with how much arrived.
    pub(super) fn push(
        &self,
        runtime: &tokio::runtime::Runtime,
        sources: &[(SourceName, Arc<Source>)],
        report: &dyn Fn(Progress),
    ) -> Result<u64, OpsError> {
        if self.settings().read_only {
            return Ok(0);
        }
        Ok(sync::push(runtime, &mut self.store_mut(), sources, &self.clock, self.settings().settle, report)?)
    }
}

/// 0 when all went well; the failure's own code when nothing did; else 6, partly done.
fn exit_code(exits: &[u8]) -> u8 {
    let failed: Vec<u8> = exits.iter().copied().filter(|exit| *exit != 0).collect();
    match failed.as_slice() {
        [] => 0,
        [first, ..] if failed.len() == exits.len() && [3, 4, 5].contains(first) => *first,
        _ => 6,
    }
}

/// A step of a sync in one line; `None` where there is nothing to say.
pub fn progress_line(step: &Progress) -> Option<String> {
    Some(match step {
        Progress::Started { source } => format!("{source}: started"),
        Progress::Pulled { source, entity, rows, of, per_second, left } => {
            let of = of.filter(|of| of > rows).map_or_else(String::new, |of| format!(" of ~{}", text::grouped(of)));
            let left = left.as_deref().map_or_else(String::new, |left| format!(" · {source} {left}"));
            format!("{} {}{of} · {:.0}/s{left}", entity.plural(), text::grouped(*rows), per_second)
        }
        Progress::Waiting { source, seconds, because } => format!("{source} waits {seconds:.0} s: {because}"),
        Progress::Failed { because, .. } => because.clone(),
        Progress::Pushed { account, ok: true } => format!("sent to {account}"),
        Progress::Pushed { account, ok: false } => format!("not sent to {account}"),
        Progress::Assessed { done, of } => format!("scores {} of {}", text::grouped(*done), text::grouped(*of)),
        Progress::Ended { .. } | Progress::Done => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_say_how_much_was_done() {
        assert_eq!(exit_code(&[0, 0]), 0);
        assert_eq!(exit_code(&[4]), 4);
        assert_eq!(exit_code(&[5, 5]), 5);
        assert_eq!(exit_code(&[0, 5]), 6);
        assert_eq!(exit_code(&[1]), 6, "a stream that failed leaves what was pulled before it");
    }
}
