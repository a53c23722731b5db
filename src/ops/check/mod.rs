//! `check`: tries everything without changing anything, and explains what each mapped field reads.
//!
//! Decides what is tried, in which order, and which finding means which exit code. It pulls by the very code of the sync,
//! keeps none of the rows, and writes nothing here or there.

mod lost;
mod strays;
mod stream;

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::runtime::Runtime;

use crate::connect::{Asked, ErrorClass, Manifest, Notice, SignIn, Source, SourceConfig, Status};
use crate::ops::sources::exit_of;
use crate::ops::{Desk, OpsError};
use crate::text;

pub use strays::{StrayRow, Strays};
pub use stream::{FieldCheck, StreamCheck};

/// What to check.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// Only this source.
    pub source: Option<String>,
    /// Only this stream, or the streams of this kind of record.
    pub stream: Option<String>,
    /// Files only: nothing is sent.
    pub dry_run: bool,
}

/// One thing that was looked at, in a sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `config.toml`, `crm`, `crm company`.
    pub subject: String,
    /// What was found, and what to do.
    pub says: String,
    /// 0: in order; else the exit code that it means.
    pub exit: u8,
}

/// Everything that was found; also the JSON of `rounds check`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checkup {
    pub findings: Vec<Finding>,
    pub sources: Vec<SourceCheck>,
}

/// What was found out about one source.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SourceCheck {
    pub name: String,
    pub connector: String,
    /// Nobody has run the connector against the real thing yet.
    pub untested: bool,
    /// Who the token belongs to, where the source says so.
    pub who: Option<String>,
    /// `61 of 190 requests left`, where the source says so.
    pub left: Option<String>,
    pub daily_left: Option<u64>,
    pub daily_of: Option<u64>,
    pub full_pass: FullPass,
    pub streams: Vec<StreamCheck>,
    /// What does not work for want of a right.
    pub lost: Vec<Lost>,
    /// What the last sync found no account for.
    pub unmatched: Strays,
    /// Every request that this check made.
    pub requests: Vec<Asked>,
}

/// What pulling everything costs, in requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FullPass {
    /// About how many, over the streams that could be counted; `None`: none could.
    pub requests: Option<u64>,
    /// Streams whose source says no total.
    pub unknown: Vec<String>,
    /// What the last one cost, where there was one.
    pub last: Option<u64>,
}

/// A stream that this token may not read, and what is missing for that reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    pub stream: String,
    /// `without tickets: no flags of escalation, no open tickets`
    pub means: String,
    pub because: String,
}

impl Checkup {
    /// What the command line answers with.
    pub fn exit(&self) -> u8 {
        self.findings.iter().map(|finding| finding.exit).max().unwrap_or(0)
    }

    fn say(&mut self, subject: impl Into<String>, says: impl Into<String>, exit: u8) {
        self.findings.push(Finding { subject: subject.into(), says: says.into(), exit });
    }
}

/// What a source asked while it was checked.
type Heard = Arc<Mutex<Vec<Asked>>>;

fn taken(heard: &Heard) -> Vec<Asked> {
    std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Desk {
    /// Tries everything without changing anything: files, sign-in, rights, streams, mapped fields, matching.
    pub fn check(&self, request: &CheckRequest) -> Result<Checkup, OpsError> {
        let mut checkup = Checkup::default();
        let count = self.settings().sources.len();
        let sources = if count == 1 { "1 source".to_owned() } else { format!("{count} sources") };
        checkup.say("config.toml", format!("{sources}; the book is in {}", self.settings().currency), 0);
        for fault in self.model().check() {
            checkup.say("health.toml", fault, 3);
        }
        let configs: Vec<SourceConfig> = match &request.source {
            Some(name) => vec![self.source_settings(name)?.clone()],
            None => self.settings().sources.clone(),
        };
        let founder = self.settings().sources.iter().find(|config| self.has_accounts(config)).map(|c| c.name.clone());
        let runtime = super::runtime()?;
        for config in &configs {
            if request.dry_run {
                // Limits, settings and mapped fields are checked where a source is made; it needs a token, but sends none.
                let made = self.manifest(config).and_then(|manifest| {
                    let untested = untested(&manifest).map_or_else(String::new, |says| format!("; {says}"));
                    Ok((self.source(config, manifest, SignIn::dry())?, untested))
                });
                match made {
                    Ok((source, untested)) => {
                        known(&source, config, request.stream.as_deref())?;
                        let says = format!("connector {} is in order; nothing was sent{untested}", config.connector);
                        checkup.say(config.name.as_str(), says, 0);
                    }
                    Err(error) => checkup.say(config.name.as_str(), error.message, error.exit),
                }
                continue;
            }
            match self.connect(config) {
                Ok(source) => {
                    known(&source, config, request.stream.as_deref())?;
                    if let Some(says) = untested(&self.manifest(config)?) {
                        checkup.say(config.name.as_str(), format!("connector {} is {says}", config.connector), 0);
                    }
                    let founds = founder.as_ref() == Some(&config.name);
                    let one = self.check_source(&runtime, Arc::new(source), config, request, founds, &mut checkup)?;
                    checkup.sources.push(one);
                }
                Err(error) => checkup.say(config.name.as_str(), error.message, error.exit),
            }
        }
        Ok(checkup)
    }

    fn check_source(
        &self,
        runtime: &Runtime,
        source: Arc<Source>,
        config: &SourceConfig,
        request: &CheckRequest,
        founds: bool,
        checkup: &mut Checkup,
    ) -> Result<SourceCheck, OpsError> {
        let name = config.name.as_str();
        let heard = Heard::default();
        let hears = Arc::clone(&heard);
        source.on_notice(Arc::new(move |notice| {
            if let Notice::Asked(asked) = notice {
                hears.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
            }
        }));
        let mut found = SourceCheck {
            name: name.to_owned(),
            connector: config.connector.clone(),
            untested: untested(&self.manifest(config)?).is_some(),
            ..SourceCheck::default()
        };
        let me = runtime.block_on(source.me());
        found.requests = taken(&heard);
        match me {
            Err(error) => {
                checkup.say(name, error.to_string(), exit_of(error.class()));
                return Ok(found);
            }
            Ok(me) => {
                found.who = self.email_of(&config.name, &me).ok().flatten();
                // A token of an app belongs to nobody: then the account there is what can be said.
                let says = match (&found.who, me.kept.get("portal")) {
                    (Some(who), _) => format!("signed in as {who}"),
                    (None, Some(portal)) => format!("the token is valid, for account {portal}"),
                    (None, None) if source.is_open() => "no sign-in is needed".to_owned(),
                    (None, None) => "the token is valid".to_owned(),
                };
                checkup.say(name, says, 0);
            }
        }
        for info in source.streams() {
            if request.stream.as_deref().is_some_and(|only| only != info.name && only != info.entity.name()) {
                continue;
            }
            let described = runtime.block_on(source.describe_stream(&info.name));
            found.requests.extend(taken(&heard));
            let mut stream = stream::look(runtime, &source, &info, self.today);
            let asked = taken(&heard);
            let counted = self.counted(config, &source, &info)?;
            stream.cost = stream::cost(&stream, asked.len() as u64, counted);
            found.requests.extend(asked);
            let subject = format!("{name} {}", info.name);
            match described {
                Ok(described) => {
                    let own = config.map.get(&info.entity);
                    stream.describe(&described, &|field: &str| own.is_some_and(|map| map.contains_key(field)));
                }
                Err(error) => checkup.say(&subject, error.to_string(), exit_of(error.class())),
            }
            if stream.class == Some(ErrorClass::Forbidden) {
                found.lost.push(Lost {
                    stream: info.name.clone(),
                    means: lost::means(info.entity, &info.name),
                    because: stream.error.clone().unwrap_or_default(),
                });
            }
            stream.say(&subject, checkup);
            found.streams.push(stream);
        }
        let stats = source.stats();
        (found.left, found.daily_left, found.daily_of) = (stats.left, stats.daily_left, stats.daily_of);
        if request.stream.is_none() {
            found.full_pass = FullPass::of(&found.streams, self.last_cost(&config.name, true)?);
            checkup.say(name, found.full_pass.words(), 0);
            found.unmatched = self.strays(&config.name, founds)?;
            if found.unmatched.total > 0 {
                checkup.say(name, found.unmatched.words(), 0);
            }
        }
        if let Some(says) = budget(&found) {
            checkup.say(name, says, 0);
        }
        Ok(found)
    }

    /// How many records of a stream are here, where it is the only one of its kind.
    fn counted(
        &self,
        config: &SourceConfig,
        source: &Source,
        info: &crate::connect::StreamInfo,
    ) -> Result<Option<u64>, OpsError> {
        let alone = source.streams().iter().filter(|other| other.entity == info.entity).count() == 1;
        let record = self.store().sources()?.into_iter().find(|record| record.name == config.name.as_str());
        let rows = record.and_then(|record| {
            record.entities.iter().find(|(entity, _)| entity == info.entity.name()).map(|(_, rows)| *rows)
        });
        Ok(rows.filter(|_| alone))
    }
}

/// What is to be said of a connector that was only made by documentation.
fn untested(manifest: &Manifest) -> Option<String> {
    let says = || format!("untested: made by the documentation of {}", manifest.name());
    (manifest.head().status == Status::Untested).then(says)
}

/// A stream that was asked for must be one.
fn known(source: &Source, config: &SourceConfig, only: Option<&str>) -> Result<(), OpsError> {
    let Some(only) = only else { return Ok(()) };
    let streams = source.streams();
    if streams.iter().any(|info| info.name == only || info.entity.name() == only) {
        return Ok(());
    }
    let names: Vec<&str> = streams.iter().map(|info| info.name.as_str()).collect();
    Err(OpsError::usage(format!("{} has no stream {only:?}; there are {}", config.name, names.join(", "))))
}

/// What is left of the source's limits.
fn budget(found: &SourceCheck) -> Option<String> {
    let made = format!("this check made {}", requests(found.requests.len() as u64));
    match (found.daily_left, found.daily_of, &found.left) {
        (Some(left), Some(of), _) => {
            Some(format!("{} of {} requests left today; {made}", text::grouped(left), text::grouped(of)))
        }
        (Some(left), None, _) => Some(format!("{} requests left today; {made}", text::grouped(left))),
        (None, _, Some(left)) => Some(format!("{left}; {made}")),
        (None, _, None) => (!found.requests.is_empty()).then_some(made),
    }
}

/// `1 request`, `1,204 requests`.
pub(super) fn requests(n: u64) -> String {
    if n == 1 { "1 request".to_owned() } else { format!("{} requests", text::grouped(n)) }
}

impl FullPass {
    fn of(streams: &[StreamCheck], last: Option<u64>) -> Self {
        let known: Vec<u64> = streams.iter().filter_map(|stream| stream.cost).collect();
        let open = streams.iter().filter(|stream| stream.cost.is_none() && stream.error.is_none());
        Self {
            requests: (!known.is_empty()).then(|| known.iter().sum()),
            unknown: open.map(|stream| stream.name.clone()).collect(),
            last,
        }
    }

    /// In a sentence.
    pub fn words(&self) -> String {
        let last = self.last.map_or_else(String::new, |n| format!("; the last one took {}", requests(n)));
        match (self.requests, self.unknown.as_slice()) {
            (Some(n), []) => format!("pulling everything costs about {}{last}", requests(n)),
            (Some(n), open) => format!(
                "pulling everything costs about {}, and for {} an unknown number: no total is said there{last}",
                requests(n),
                open.join(", ")
            ),
            (None, _) => format!("what pulling everything costs is unknown: no total is said{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_a_full_pass_is_said_plainly() {
        let stream = |name: &str, cost: Option<u64>| StreamCheck { name: name.into(), cost, ..StreamCheck::default() };
        let words = |streams: &[StreamCheck], last| FullPass::of(streams, last).words();
        assert_eq!(
            words(&[stream("account", Some(1200)), stream("note", Some(4))], None),
            "pulling everything costs about 1,204 requests"
        );
        assert_eq!(
            words(&[stream("account", Some(1)), stream("call", None)], Some(310)),
            "pulling everything costs about 1 request, and for call an unknown number: no total is said there; the last one took 310 requests"
        );
        assert_eq!(words(&[stream("call", None)], None), "what pulling everything costs is unknown: no total is said");
        let refused = StreamCheck { name: "ticket".into(), error: Some("no".into()), ..StreamCheck::default() };
        assert_eq!(FullPass::of(&[refused], None).unknown, Vec::<String>::new(), "what is refused costs nothing");
    }
}
