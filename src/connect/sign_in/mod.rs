//! Signing in: which of a connector's ways is gone, what it needs, and what it gives.
//!
//! Decides how a token is come by and renewed. Where it is kept is the caller's; no token stands in an error or in a log.

mod answer;
mod browser;
mod command;
mod device;
mod flow;
mod loopback;
mod pkce;
mod renew;
mod set;

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value as Json;

pub use command::Program;
pub use flow::{Flow, Pause, Person, Step, Typed};
pub use renew::{Renewer, Vault};
pub use set::TokenSet;

use super::error::ConnectError;
use super::manifest::{Auth, Errors, Manifest, Way};
use super::setup;
use super::types::SourceConfig;

/// What a sign-in gave: the token, and what else its answer said.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// What is sent with each request.
    pub token: SecretString,
    /// `sign_in.*` of the connector file: the address that belongs to the token, for one.
    pub kept: BTreeMap<String, String>,
    /// The way that gave it; `None`: a plain token, for the way that comes first.
    pub way: Option<String>,
    /// When the token dies, where that was said.
    pub expires: Option<Timestamp>,
    pub(super) dry: bool,
}

impl From<SecretString> for SignIn {
    fn from(token: SecretString) -> Self {
        Self { token, kept: BTreeMap::new(), way: None, expires: None, dry: false }
    }
}

impl SignIn {
    /// Stands for a sign-in where nothing is sent: to check what a connector and its settings say.
    pub fn dry() -> Self {
        Self { dry: true, ..Self::from(SecretString::from("none")) }
    }
}

/// A way that is chosen, and what going it takes.
#[derive(Debug)]
pub struct Chosen {
    /// Its name: `auth.NAME`.
    pub way: String,
    /// What it takes.
    pub means: Means,
}

/// What going a way takes.
#[derive(Debug)]
pub enum Means {
    /// Nothing at all.
    Nothing,
    /// A token that somebody was given; the question for it.
    Token { ask: String },
    /// OAuth 2.
    OAuth(Box<Flow>),
    /// A program on this machine.
    Program(Box<Program>),
}

/// The way that a source goes: `wanted`, else `sign_in` in `config.toml`, else the one that `stored` names, else the first
/// whose settings are given.
///
/// # Errors
/// [`ConnectError::Config`] with the line to add or to mend.
pub fn choose(
    config: &SourceConfig,
    manifest: &Manifest,
    wanted: Option<&str>,
    stored: Option<&str>,
) -> Result<Chosen, ConnectError> {
    let errors = Errors::new("config.toml");
    let at = format!("source.{}", config.name);
    let settings = setup::settings(config, manifest, &errors, &at);
    let index = pick(config, manifest, &settings, wanted, stored, &errors, &at);
    let way = index.and_then(|index| manifest.ways.get(index));
    let means = way.and_then(|way| means(config, manifest, way, &settings, &errors, &at));
    let problems = errors.into_inner();
    match (way, means) {
        (Some(way), Some(means)) if problems.is_empty() => Ok(Chosen { way: way.name.clone(), means }),
        _ => Err(ConnectError::Config { problems }),
    }
}

fn means(
    config: &SourceConfig,
    manifest: &Manifest,
    way: &Way,
    settings: &Json,
    errors: &Errors,
    at: &str,
) -> Option<Means> {
    Some(match &way.auth {
        Auth::None => Means::Nothing,
        Auth::Bearer { .. } | Auth::Header { .. } | Auth::Basic { .. } | Auth::Query { .. } => {
            let ask = manifest.settings.values().find(|setting| setting.secret).and_then(|setting| setting.ask.clone());
            Means::Token { ask: ask.unwrap_or_else(|| format!("Token of {}", manifest.name)) }
        }
        Auth::OAuth(oauth) => {
            Means::OAuth(Box::new(Flow::new(config, manifest, &way.name, oauth, settings, errors, at)?))
        }
        Auth::Command(ask) => match Program::new(config, manifest, &way.name, ask, settings) {
            Ok(program) => Means::Program(Box::new(program)),
            Err(why) => {
                errors.add(0, format!("{at}.settings"), why);
                return None;
            }
        },
    })
}

/// The number of the way; its mistakes are told as those of `config.toml`.
pub(super) fn pick(
    config: &SourceConfig,
    manifest: &Manifest,
    settings: &Json,
    wanted: Option<&str>,
    stored: Option<&str>,
    errors: &Errors,
    at: &str,
) -> Option<usize> {
    let ways = &manifest.ways;
    let named = |name: &str| ways.iter().position(|way| way.name == name);
    let filled = |index: &usize| ways[*index].missing(settings).is_empty();
    // A setting that every way needs is asked for already.
    let told = manifest.settings.iter().any(|(name, setting)| {
        !setting.secret && !setting.optional && setting.default.is_none() && settings.get(name).is_none()
    });
    if let Some(name) = wanted.or(config.sign_in.as_deref()) {
        let Some(index) = named(name) else {
            let known: Vec<&str> = ways.iter().map(|way| way.name.as_str()).collect();
            let message = format!("{name:?} is no way to sign in to {}; allowed: {}", manifest.name, known.join(", "));
            errors.add(0, format!("{at}.sign_in"), message);
            return None;
        };
        if !filled(&index) {
            if !told {
                needs(manifest, &ways[index], settings, errors, at);
            }
            return None;
        }
        return Some(index);
    }
    let found = stored.and_then(named).filter(filled).or_else(|| (0..ways.len()).find(filled));
    if found.is_none() && !told {
        match ways.as_slice() {
            [only] => needs(manifest, only, settings, errors, at),
            several => {
                let each: Vec<String> = several
                    .iter()
                    .map(|way| format!("{} needs {}", way.name, way.missing(settings).join(" and ")))
                    .collect();
                let message = format!("no way to sign in has all it needs: {}", each.join("; "));
                errors.add(0, format!("{at}.settings"), message);
            }
        }
    }
    found
}

fn needs(manifest: &Manifest, way: &Way, settings: &Json, errors: &Errors, at: &str) {
    let source = at.strip_prefix("source.").unwrap_or(at);
    for name in way.missing(settings) {
        let known = manifest.settings.get(&name);
        let ask = known.and_then(|setting| setting.ask.as_deref()).map(|ask| format!(" ({ask})")).unwrap_or_default();
        let example = known.and_then(|setting| setting.example.as_deref()).unwrap_or("...");
        let message = format!(
            "is missing, and signing in by {} needs it{ask}: add the line {name} = \"{example}\" under \
             [source.{source}.settings] in config.toml",
            way.name
        );
        errors.add(0, format!("{at}.settings.{name}"), message);
    }
}

/// An address that a sign-in brought must be of the connector's own domains: a token that went elsewhere would be a gift.
/// What a program of this machine says is believed.
pub(super) fn stays(
    manifest: &Manifest,
    way: usize,
    settings: &Json,
    base: &url::Url,
    shown: &str,
    source: &str,
) -> Result<(), ConnectError> {
    let Some(Auth::OAuth(oauth)) = manifest.ways.get(way).map(|way| &way.auth) else { return Ok(()) };
    if !manifest.base.mentions("sign_in") {
        return Ok(());
    }
    let mj = super::formula::to_mj(&serde_json::json!({ "settings": settings }));
    let endpoints = [oauth.authorize.as_ref(), oauth.device.as_ref(), Some(&oauth.token)];
    let endpoints = endpoints.into_iter().flatten().filter_map(|template| template.text(&mj).ok());
    let homes = endpoints.filter_map(|text| domain(&url::Url::parse(&text).ok()?));
    let homes: Vec<String> = homes.chain(oauth.hosts.iter().cloned()).collect();
    let host = base.host_str().unwrap_or_default();
    if at_home(host, &homes) {
        return Ok(());
    }
    Err(ConnectError::NotSignedIn {
        at: shown.to_owned(),
        because: format!("the sign-in leads to another host, {host}; the token was not sent there"),
        then: format!("Sign in again: rounds login {source}"),
    })
}

/// Whether a value that a sign-in brought may lead to that host: one of the domains of the addresses that the connector
/// file names. A token that went anywhere else would be a gift.
pub(super) fn at_home(host: &str, homes: &[String]) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    homes.iter().any(|home| {
        let home = home.to_ascii_lowercase();
        host == home || host.strip_suffix(&home).is_some_and(|rest| rest.ends_with('.'))
    })
}

/// The domain that a host belongs to: its last two names; an address of numbers, or a single name, stands for itself.
pub(super) fn domain(url: &url::Url) -> Option<String> {
    match url.host()? {
        url::Host::Domain(name) => {
            let parts: Vec<&str> = name.trim_end_matches('.').rsplitn(3, '.').collect();
            Some(match parts.as_slice() {
                [top, second, ..] => format!("{second}.{top}"),
                _ => name.to_owned(),
            })
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stays_in_the_domain_of_its_sign_in() {
        let domain = |text: &str| domain(&url::Url::parse(text).unwrap()).unwrap();
        assert_eq!(domain("https://login.vendor.example/token"), "vendor.example");
        assert_eq!(domain("http://127.0.0.1:80/token"), "127.0.0.1");
        assert_eq!(domain("http://localhost:80/token"), "localhost");
        let homes = ["vendor.example".to_owned(), "vendorapis.example".to_owned()];
        for host in ["vendor.example", "acme.my.vendor.example", "WWW.vendorapis.example"] {
            assert!(at_home(host, &homes), "{host}");
        }
        for host in ["evilvendor.example", "vendor.example.evil.test", "example", ""] {
            assert!(!at_home(host, &homes), "{host}");
        }
    }
}
