//! A token that a program on this machine prints.
//!
//! Decides how it is run: without a shell, within a bound, its standard output only. What it prints is never repeated, but
//! for the message of its failure.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};

use super::SignIn;
use crate::connect::client::Renewal;
use crate::connect::error::ConnectError;
use crate::connect::formula::{Template, plain_text, to_mj};
use crate::connect::manifest::{Ask, Manifest};
use crate::connect::path::Path;
use crate::connect::program::{self, NotRun};
use crate::connect::types::SourceConfig;
use crate::text::clean_line;

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(20);
/// How much it may print.
const LONGEST: usize = 1 << 20;

/// A program that signs in, ready to run.
#[derive(Clone, Debug)]
pub struct Program {
    at: String,
    source: String,
    way: String,
    run: Vec<String>,
    token: Path,
    refuse: Option<String>,
    also: Option<(Vec<String>, BTreeMap<String, Path>)>,
    help: Option<String>,
    limit: Duration,
}

impl Program {
    pub(super) fn new(
        config: &SourceConfig,
        manifest: &Manifest,
        way: &str,
        ask: &Ask,
        settings: &Json,
    ) -> Result<Self, String> {
        let mj = to_mj(&json!({ "settings": settings }));
        let fill = |list: &[Template]| list.iter().map(|template| template.text(&mj)).collect::<Result<Vec<_>, _>>();
        let also = match &ask.also {
            Some((run, keep)) => Some((fill(run)?, keep.clone())),
            None => None,
        };
        Ok(Self {
            at: format!("{} ({})", manifest.name, config.name),
            source: config.name.to_string(),
            way: way.to_owned(),
            run: fill(&ask.run)?,
            token: ask.token.clone(),
            refuse: ask.refuse.clone(),
            also,
            help: ask.help.as_ref().map(|help| help.text(&mj)).transpose()?,
            limit: LIMIT,
        })
    }

    /// The program's name.
    pub fn name(&self) -> &str {
        self.run.first().map_or("", String::as_str)
    }

    /// Runs it. May take seconds.
    ///
    /// # Errors
    /// [`ConnectError::NotSignedIn`] with what the program said and what to do.
    pub fn sign_in(&self) -> Result<SignIn, ConnectError> {
        let answer = self.ask(&self.run)?;
        let token = self.token.find(&answer).map(plain_text).unwrap_or_default();
        let token = token.trim();
        if token.is_empty() {
            return Err(self.failed(format!("{} printed no token", self.name())));
        }
        if self.refuse.as_ref().is_some_and(|prefix| token.starts_with(prefix.as_str())) {
            return Err(self.failed(format!("{} hides the token; a newer version of it may show it", self.name())));
        }
        let mut signed = SignIn { way: Some(self.way.clone()), ..SignIn::from(SecretString::from(token.to_owned())) };
        if let Some((run, keep)) = &self.also {
            let answer = self.ask(run)?;
            for (name, path) in keep {
                let value = path.find(&answer).map(plain_text).unwrap_or_default();
                let value = clean_line(&value);
                if !value.is_empty() && !value.contains(token) {
                    signed.kept.insert(name.clone(), value);
                }
            }
        }
        Ok(signed)
    }

    /// Runs it again when the token is refused; the same token once more is none.
    pub fn renewal(&self, first: SecretString) -> Renewal {
        let (program, last) = (self.clone(), Arc::new(Mutex::new(first)));
        Arc::new(move || {
            let (program, last) = (program.clone(), Arc::clone(&last));
            Box::pin(async move {
                let run = program.clone();
                let signed = tokio::task::spawn_blocking(move || run.sign_in()).await;
                let signed = signed.unwrap_or_else(|error| Err(program.failed(error.to_string())))?;
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if signed.token.expose_secret() == last.expose_secret() {
                    return Ok(None);
                }
                *last = signed.token.clone();
                Ok(Some(signed))
            })
        })
    }

    fn failed(&self, because: String) -> ConnectError {
        let then = match &self.help {
            Some(help) => format!("Sign in with it: {help}"),
            None => format!("Sign in with {}, then: rounds login {}", self.name(), self.source),
        };
        ConnectError::NotSignedIn { at: self.at.clone(), because, then }
    }

    fn ask(&self, words: &[String]) -> Result<Json, ConnectError> {
        let name = clean_line(words.first().map_or("", String::as_str));
        let ran = program::run(words, self.limit, LONGEST).map_err(|why| match why {
            NotRun::Missing => ConnectError::NotSignedIn {
                at: self.at.clone(),
                because: format!("{name} is not installed, or not on the PATH"),
                then: format!("Install it, or sign in another way: rounds login {} --way NAME", self.source),
            },
            NotRun::Other(why) => self.failed(format!("{name} {why}")),
        })?;
        let json: Option<Json> = serde_json::from_slice(&ran.out).ok();
        if ran.ended_well {
            return json.ok_or_else(|| self.failed(format!("what {name} printed is no JSON")));
        }
        // Of a failure only its message is repeated: the rest may hold a token.
        let said = json.as_ref().and_then(|json| json.get("message")).map(plain_text).filter(|text| !text.is_empty());
        let said = said.or_else(|| ran.err.lines().find(|line| !line.trim().is_empty()).map(str::to_owned));
        let said: String = clean_line(&said.unwrap_or_default()).chars().take(300).collect();
        Err(self.failed(if said.is_empty() { format!("{name} failed") } else { format!("{name} says: {said}") }))
    }
}

#[cfg(test)]
mod tests;
