//! What `config.toml` says of a source, laid over its connector: settings, address, fields.
//!
//! Decides what may be overridden and how a mistake is worded. Nothing is sent.

use serde_json::{Value as Json, json};
use url::Url;

use super::formula::to_mj;
use super::manifest::{Errors, FieldMap, Manifest, Node, check_field, check_table};
use super::sign_in::SignIn;
use super::types::SourceConfig;

pub(super) fn settings(config: &SourceConfig, manifest: &Manifest, errors: &Errors, at: &str) -> Json {
    let mut settings = serde_json::Map::new();
    for (key, value) in &config.settings {
        match manifest.settings.get(key) {
            Some(setting) if setting.secret => {
                errors.add(0, format!("{at}.settings.{key}"), "is a secret: keep it with `rounds login`, not here");
            }
            Some(setting) => {
                if !setting.takes(value) {
                    let message = format!("{value:?} is not one of the answers: {}", setting.choices.join(", "));
                    errors.add(0, format!("{at}.settings.{key}"), message);
                }
                settings.insert(key.clone(), Json::from(value.as_str()));
            }
            None => {
                let allowed: Vec<&str> =
                    manifest.settings.iter().filter(|(_, s)| !s.secret).map(|(k, _)| k.as_str()).collect();
                errors.add(
                    0,
                    format!("{at}.settings.{key}"),
                    format!("is no setting of {}; allowed: {}", manifest.name, allowed.join(", ")),
                );
            }
        }
    }
    for (key, setting) in &manifest.settings {
        if setting.secret || settings.contains_key(key) {
            continue;
        }
        match &setting.default {
            Some(default) => {
                settings.insert(key.clone(), Json::from(default.as_str()));
            }
            None if setting.optional => {}
            None => errors.add(
                0,
                format!("{at}.settings.{key}"),
                format!("is missing: {}", setting.ask.as_deref().unwrap_or("the connector needs it")),
            ),
        }
    }
    Json::Object(settings)
}

pub(super) fn override_maps(config: &SourceConfig, manifest: &mut Manifest, errors: &Errors, at: &str) {
    for (entity, fields) in &config.map {
        if !manifest.streams.iter().any(|s| s.entity == *entity) {
            let message = format!("{} has no stream of {}", manifest.name, entity.plural());
            errors.add(0, format!("{at}.map.{}", entity.name()), message);
            continue;
        }
        for (field, value) in fields {
            let key = format!("{at}.map.{}.{field}", entity.name());
            if let Err(why) = check_field(*entity, field) {
                errors.add(0, key, why);
                continue;
            }
            let node = Node::from_toml(value);
            let streams = manifest.streams.iter_mut().filter(|s| s.entity == *entity);
            for (i, stream) in streams.enumerate() {
                // Every stream of the entity gets it; its mistakes are said once.
                let quiet = Errors::new("");
                let errors = if i == 0 { errors } else { &quiet };
                if let Some(read) = FieldMap::read(&node, &key, errors) {
                    check_table(&read, &manifest.tables, &node, &key, errors);
                    stream.map.insert(field.clone(), read);
                }
            }
        }
    }
}

pub(super) fn base(
    config: &SourceConfig,
    manifest: &Manifest,
    settings: &Json,
    sign_in: &SignIn,
    errors: &Errors,
    at: &str,
) -> Option<Url> {
    let key = format!("{at}.url");
    let text = match &config.url {
        Some(url) => url.clone(),
        // Nothing is sent: any address serves.
        None if sign_in.dry && manifest.base.mentions("sign_in") => "https://sign-in.invalid".to_owned(),
        None => match manifest.base.text(&to_mj(&json!({ "settings": settings, "sign_in": sign_in.kept }))) {
            Ok(text) => text,
            Err(why) => {
                let then = if manifest.base.mentions("sign_in") {
                    format!("; the sign-in gives it: rounds login {}", config.name)
                } else {
                    String::new()
                };
                errors.add(0, key, format!("the address can't be made: {why}{then}"));
                return None;
            }
        },
    };
    address(&text).map_err(|why| errors.add(0, key, why)).ok()
}

/// An address to which secrets may be sent.
pub(super) fn address(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => Ok(url),
        Ok(url) if url.scheme() == "http" && is_loopback(&url) => Ok(url),
        Ok(url) if url.scheme() == "http" => Err(format!(
            "{text:?} would send the token in the clear; an address beyond this machine begins with https://"
        )),
        Ok(_) => Err(format!("{text:?} must begin with https:// and name a host")),
        Err(why) => Err(format!("{text:?} is no address: {why}")),
    }
}

/// The certificates that the user trusts beside the system's.
pub(super) fn ca(config: &SourceConfig, errors: &Errors, at: &str) -> Option<Vec<u8>> {
    let file = config.ca_file.as_ref()?;
    std::fs::read(file)
        .map_err(|error| errors.add(0, format!("{at}.ca_file"), format!("{} can't be read: {error}", file.display())))
        .ok()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
