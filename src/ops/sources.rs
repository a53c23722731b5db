//! Sources made ready: connector file, settings, token; and whose token it is.
//!
//! Decides where each of these comes from. What a source holds is not its business.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::book::ids::SourceName;
use crate::book::row::Entity;
use crate::config::line_of_key;
use crate::connect::{self, ConnectError, ErrorClass, Source, SourceConfig, TextLimit, TokenSource};
use crate::ops::{Desk, OpsError};
use crate::secrets;

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

/// Who a source's token belongs to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identity {
    pub source: String,
    /// E-mail, else what the source says.
    pub who: Option<String>,
    /// Where the token was found: a variable, a command, the keyring, the encrypted file.
    pub token_from: String,
    pub error: Option<String>,
    #[serde(skip)]
    pub exit: u8,
}

/// A token that is refused in the middle of a pull may have been renewed where it is kept: looks there once more.
/// The same token again is none.
fn look_again(config: &SourceConfig, file: PathBuf, first: SecretString) -> TokenSource {
    let (name, command) = (config.name.to_string(), config.token_command.clone());
    let last = Arc::new(Mutex::new(first));
    Arc::new(move || {
        let (name, command, file, last) = (name.clone(), command.clone(), file.clone(), Arc::clone(&last));
        Box::pin(async move {
            let look = move || secrets::find(&name, command.as_deref(), &file).ok();
            let found = tokio::task::spawn_blocking(look).await.ok()??.token;
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            (found.expose_secret() != last.expose_secret()).then(|| {
                *last = found.clone();
                found
            })
        })
    })
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

    /// The token of a source, and where it was found.
    fn token(&self, config: &SourceConfig) -> Result<(SecretString, String), OpsError> {
        if let Some(token) = self.held.get(config.name.as_str()) {
            return Ok((token.clone(), "memory".to_owned()));
        }
        secrets::find(config.name.as_str(), config.token_command.as_deref(), &self.settings().token_file())
            .map(|found| (found.token, found.place.to_string()))
            .map_err(|error| OpsError { message: error.to_string(), exit: 4 })
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
        let at = format!("source.{}.with", config.name);
        connect::load_with(&text, &file, &at, &config.with).map_err(|mut problems| {
            for problem in problems.iter_mut().filter(|problem| problem.file == "config.toml") {
                (problem.file, problem.line) = (self.place_of(&problem.key), 0);
            }
            ConnectError::Config { problems }.into()
        })
    }

    /// How long a note may be in a source, as it is sent. A connector that can't be read is no reason not to save one:
    /// nothing is known of it then.
    pub(super) fn text_limit(&self, source: &SourceName) -> TextLimit {
        let manifest = self.settings().source(source.as_str()).and_then(|config| self.manifest(config).ok());
        manifest.map_or_else(TextLimit::default, |manifest| manifest.text_limit(Entity::Note, None))
    }

    /// Whether a source brings accounts, signed in or not.
    pub(super) fn has_accounts(&self, config: &SourceConfig) -> bool {
        let source =
            self.manifest(config).and_then(|manifest| self.source(config, manifest, SecretString::from("none")));
        source.is_ok_and(|source| source.entities().contains(&Entity::Account))
    }

    /// A source of a connector and what the settings say of it, whose mistakes are named by file and line.
    pub(super) fn source(
        &self,
        config: &SourceConfig,
        manifest: connect::Manifest,
        token: SecretString,
    ) -> Result<Source, OpsError> {
        Source::new(config, manifest, token).map_err(|error| match error {
            ConnectError::Config { mut problems } => {
                for problem in problems.iter_mut().filter(|problem| problem.file == "config.toml") {
                    // Merged into the connector's, a key has the line that it would have had there.
                    (problem.file, problem.line) = (self.place_of(&problem.key), 0);
                }
                ConnectError::Config { problems }.into()
            }
            other => other.into(),
        })
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
        let (token, _) = self.token(config)?;
        let source = self.source(config, manifest, token.clone())?;
        if !self.held.contains_key(config.name.as_str()) {
            source.on_token_refused(look_again(config, self.settings().token_file(), token));
        }
        Ok(source)
    }

    /// Stores a source's token where this machine keeps secrets; `ask` gives the passphrase of the encrypted file, where
    /// there is no keyring. Says where it is.
    pub fn login(
        &self,
        source: &str,
        token: &SecretString,
        ask: &dyn Fn() -> Option<SecretString>,
    ) -> Result<String, OpsError> {
        self.source_settings(source)?;
        secrets::store(source, token, &self.settings().token_file(), ask)
            .map(|place| format!("the token of {source} is in {place}; try it with: rounds whoami {source}"))
            .map_err(|error| OpsError::failed(error.to_string()))
    }

    /// Forgets a source's token. Says from where.
    pub fn logout(&self, source: &str, ask: &dyn Fn() -> Option<SecretString>) -> Result<String, OpsError> {
        self.source_settings(source)?;
        let places = secrets::forget(source, &self.settings().token_file(), ask)
            .map_err(|error| OpsError::failed(error.to_string()))?;
        if places.is_empty() {
            return Ok(format!("no token of {source} is kept here"));
        }
        let places: Vec<String> = places.iter().map(ToString::to_string).collect();
        Ok(format!(
            "the token of {source} is gone from {}; revoke it there too if it may have leaked",
            places.join(" and ")
        ))
    }

    /// Who the tokens belong to.
    pub fn whoami(&self, only: Option<&str>) -> Result<Vec<Identity>, OpsError> {
        let configs: Vec<SourceConfig> = match only {
            Some(name) => vec![self.source_settings(name)?.clone()],
            None => self.settings().sources.clone(),
        };
        let runtime = super::runtime()?;
        Ok(configs.iter().map(|config| self.identity(&runtime, config)).collect())
    }

    fn identity(&self, runtime: &tokio::runtime::Runtime, config: &SourceConfig) -> Identity {
        let mut identity =
            Identity { source: config.name.to_string(), who: None, token_from: String::new(), error: None, exit: 0 };
        let result = self.token(config).and_then(|(token, from)| {
            identity.token_from = from;
            let manifest = self.manifest(config)?;
            let source = self.source(config, manifest, token)?;
            Ok(runtime.block_on(source.me())?)
        });
        match result {
            Ok(me) => {
                // A token of an app belongs to nobody: then the account there is what can be said.
                let portal = me.kept.get("portal").map(|portal| format!("account {portal}"));
                identity.who = self.email_of(&config.name, &me).ok().flatten().or(portal);
            }
            Err(error) => {
                identity.exit = error.exit;
                identity.error = Some(error.message);
            }
        }
        identity
    }
}
