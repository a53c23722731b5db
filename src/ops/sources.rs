//! Sources made ready: connector file, settings, sign-in. And what can be asked of them without changing anything.

use std::sync::Arc;

use serde::Serialize;

use crate::book::ids::SourceName;
use crate::book::row::Entity;
use crate::config::line_of_key;
use crate::connect::{self, ConnectError, ErrorClass, Pull, SignIn, Source, SourceConfig, TextLimit};
use crate::ops::{Desk, OpsError};

/// The exit code that a failure of a source means.
pub fn exit_of(class: ErrorClass) -> u8 {
    match class {
        ErrorClass::SignIn | ErrorClass::Forbidden => 4,
        ErrorClass::Unreachable => 5,
        ErrorClass::Config => 3,
        ErrorClass::Quota | ErrorClass::Transient | ErrorClass::StaleCursor | ErrorClass::Invalid => 1,
    }
}

impl From<ConnectError> for OpsError {
    fn from(error: ConnectError) -> Self {
        Self { message: error.to_string(), exit: exit_of(error.class()) }
    }
}

/// One thing that `check` looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `config.toml`, `crm`, `crm company`.
    pub subject: String,
    /// What was found, and what to do.
    pub says: String,
    /// 0: in order; else the exit code that it means.
    pub exit: u8,
}

impl Desk {
    /// The settings of a source.
    pub fn source_settings(&self, name: &str) -> Result<&SourceConfig, OpsError> {
        self.settings().source(name).ok_or_else(|| {
            let known: Vec<&str> = self.settings().sources.iter().map(|source| source.name.as_str()).collect();
            let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
            OpsError::usage(format!("no source is called {name:?} in config.toml; there are: {known}"))
        })
    }

    /// The connector file of a source: the user's own of that name, else the built-in.
    pub(super) fn manifest(&self, config: &SourceConfig) -> Result<connect::Manifest, OpsError> {
        let connector = config.connector.as_str();
        let file = format!("connectors/{connector}.toml");
        let text = match std::fs::read_to_string(self.settings().folders.config.join(&file)) {
            Ok(text) => text,
            Err(_) => match connect::built_in(connector) {
                Some(text) => text.to_owned(),
                None => {
                    let key = format!("source.{}.connector", config.name);
                    return Err(OpsError {
                        message: format!(
                            "{} {key} = {connector:?} is not known: {} come with Rounds, or put {file} into the config folder",
                            self.place_of(&key),
                            connect::built_ins().join(", ")
                        ),
                        exit: 3,
                    });
                }
            },
        };
        connect::load(&text, &file).map_err(|problems| ConnectError::Config { problems }.into())
    }

    /// How long a note may be in a source, as it is sent. A connector that can't be read is no reason not to save one:
    /// nothing is known of it then.
    pub(super) fn text_limit(&self, source: &SourceName) -> TextLimit {
        let manifest = self.settings().source(source.as_str()).and_then(|config| self.manifest(config).ok());
        manifest.map_or_else(TextLimit::default, |manifest| manifest.text_limit(Entity::Note, None))
    }

    /// Whether a source brings accounts, signed in or not.
    pub(super) fn has_accounts(&self, config: &SourceConfig) -> bool {
        let source = self.manifest(config).and_then(|manifest| self.source(config, manifest, SignIn::dry()));
        source.is_ok_and(|source| source.entities().contains(&Entity::Account))
    }

    /// A source of a connector and what the settings say of it, whose mistakes are named by file and line.
    pub(super) fn source(
        &self,
        config: &SourceConfig,
        manifest: connect::Manifest,
        sign_in: SignIn,
    ) -> Result<Source, OpsError> {
        Source::new(config, manifest, sign_in).map_err(|error| self.placed(error))
    }

    /// Mistakes in the settings, by file and line.
    pub(super) fn placed(&self, error: ConnectError) -> OpsError {
        match error {
            ConnectError::Config { mut problems } => {
                for problem in problems.iter_mut().filter(|problem| problem.file == "config.toml") {
                    // Merged into the connector's, a key has the line that it would have had there.
                    (problem.file, problem.line) = (self.place_of(&problem.key), 0);
                }
                ConnectError::Config { problems }.into()
            }
            other => other.into(),
        }
    }

    /// Where a key stands: `config.toml:7`. What `local.toml` says is read last.
    fn place_of(&self, key: &str) -> String {
        for file in ["local.toml", "config.toml"] {
            let text = std::fs::read_to_string(self.settings().folders.config.join(file)).unwrap_or_default();
            let line = line_of_key(&text, key);
            if line > 0 {
                return format!("{file}:{line}");
            }
        }
        "config.toml".to_owned()
    }

    /// A source ready to run. Nothing is sent yet.
    pub fn connect(&self, config: &SourceConfig) -> Result<Source, OpsError> {
        let manifest = self.manifest(config)?;
        let signed = self.signed_in(config, &manifest)?;
        let source = self.source(config, manifest, signed.sign_in)?;
        if let Some(renewal) = signed.renewal {
            source.on_renewal(renewal);
        }
        Ok(source)
    }

    /// Tries everything without changing anything: files, sign-in, rights, streams, mapped fields.
    pub fn check(&self, source: Option<&str>, stream: Option<&str>, dry: bool) -> Result<Vec<Finding>, OpsError> {
        let mut findings = vec![Finding {
            subject: "config.toml".into(),
            says: format!("{} sources; the book is in {}", self.settings().sources.len(), self.settings().currency),
            exit: 0,
        }];
        findings.extend(self.model().check().into_iter().map(|says| Finding {
            subject: "health.toml".into(),
            says,
            exit: 3,
        }));
        let configs: Vec<SourceConfig> = match source {
            Some(name) => vec![self.source_settings(name)?.clone()],
            None => self.settings().sources.clone(),
        };
        let runtime = super::runtime()?;
        for config in &configs {
            let name = config.name.to_string();
            let ready = if dry {
                // Limits, settings and mapped fields are checked where a source is made; it needs a token, but sends none.
                self.manifest(config).and_then(|manifest| self.source(config, manifest, SignIn::dry())).map(|_| None)
            } else {
                self.connect(config).map(Some)
            };
            match ready {
                Err(error) => findings.push(Finding { subject: name, says: error.message, exit: error.exit }),
                Ok(None) => findings.push(Finding {
                    subject: name,
                    says: format!("connector {} is in order; nothing was sent", config.connector),
                    exit: 0,
                }),
                Ok(Some(source)) => self.check_source(&runtime, Arc::new(source), &name, stream, &mut findings),
            }
        }
        Ok(findings)
    }

    fn check_source(
        &self,
        runtime: &tokio::runtime::Runtime,
        source: Arc<Source>,
        name: &str,
        only: Option<&str>,
        findings: &mut Vec<Finding>,
    ) {
        match runtime.block_on(source.me()) {
            Err(error) => {
                let exit = exit_of(error.class());
                findings.push(Finding { subject: name.into(), says: error.to_string(), exit });
                return;
            }
            Ok(me) => {
                let who =
                    me.email().map_or_else(|| "the token is valid".to_owned(), |who| format!("signed in as {who}"));
                findings.push(Finding { subject: name.into(), says: who, exit: 0 });
            }
        }
        let mut described = Vec::<Entity>::new();
        for info in source.streams() {
            if only.is_some_and(|only| only != info.name && only != info.entity.name()) {
                continue;
            }
            let subject = format!("{name} {}", info.name);
            if !described.contains(&info.entity) {
                described.push(info.entity);
                match runtime.block_on(source.describe(info.entity)) {
                    Ok(description) => {
                        // Of the connector's own fields some are absent everywhere; what somebody wrote must be there.
                        let own = self.source_settings(name).ok().and_then(|config| config.map.get(&info.entity));
                        let asked = |field: &str| own.is_some_and(|map| map.contains_key(field));
                        let absent = description.mapped.iter().filter(|mapped| !mapped.absent.is_empty());
                        for mapped in absent.filter(|mapped| asked(&mapped.field)) {
                            let like = if mapped.like.is_empty() {
                                String::new()
                            } else {
                                format!("; names like it: {}", mapped.like.join(", "))
                            };
                            let says = format!(
                                "{} reads {}, which this token does not see{like}",
                                mapped.field,
                                mapped.absent.join(", ")
                            );
                            findings.push(Finding { subject: subject.clone(), says, exit: 3 });
                        }
                    }
                    Err(error) => {
                        let exit = exit_of(error.class());
                        findings.push(Finding { subject: subject.clone(), says: error.to_string(), exit });
                    }
                }
            }
            findings.push(first_page(runtime, &source, &info, self.today, subject));
        }
    }
}

/// One page of a stream, to see that it can be read and what it says.
fn first_page(
    runtime: &tokio::runtime::Runtime,
    source: &Arc<Source>,
    info: &connect::StreamInfo,
    today: jiff::civil::Date,
    subject: String,
) -> Finding {
    let stream = info.name.clone();
    let pull = match info.days_again {
        Some(_) => {
            let from = today.yesterday().unwrap_or(today);
            Pull::Days { stream, from, to: today, resume: None }
        }
        None => Pull::First { stream, resume: None },
    };
    let result = runtime.block_on(async {
        let (sender, mut pages) = tokio::sync::mpsc::channel(1);
        let source = Arc::clone(source);
        let pulling = tokio::spawn(async move { source.pull(pull, sender).await });
        let page = pages.recv().await;
        // One page is enough: closing the channel ends the pull.
        drop(pages);
        let end = pulling.await;
        match (page, end) {
            (Some(page), _) => Ok(page),
            (None, Ok(Err(error))) => Err(error),
            (None, _) => Ok(connect::PulledPage::default()),
        }
    });
    match result {
        Err(error) => {
            let exit = exit_of(error.class());
            Finding { subject, says: error.to_string(), exit }
        }
        Ok(page) => {
            let sample = page.rows.first().map_or_else(String::new, |row| {
                let fields: Vec<String> =
                    row.fields.iter().take(6).map(|(name, value)| format!("{name} = {}", shown(value))).collect();
                format!("; the first: {}", fields.join(", "))
            });
            let problems =
                if page.problems.is_empty() { String::new() } else { format!("; {}", page.problems.join("; ")) };
            let exit = if page.problems.is_empty() { 0 } else { 6 };
            Finding { subject, says: format!("{} rows on the first page{sample}{problems}", page.rows.len()), exit }
        }
    }
}

/// A value in a word.
fn shown(value: &crate::book::row::Value) -> String {
    use crate::book::row::Value;
    let text = match value {
        Value::Text(text) => text.clone(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Money(amount) => amount.to_string(),
        Value::Day(day) => day.to_string(),
        Value::Instant(at) => at.to_string(),
        Value::List(list) => list.join(";"),
    };
    crate::text::cut(&text, 30)
}
