//! Sources made ready: connector file, settings, token; and whose token it is.
//!
//! Decides where each of these comes from. What a source holds is not its business.

use crate::book::ids::SourceName;
use crate::book::row::Entity;
use crate::config::line_of_key;
use crate::connect::{self, ConnectError, ErrorClass, SignIn, Source, SourceConfig, TextLimit};
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
}
