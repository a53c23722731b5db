//! What `config.toml` says of a source, laid over its connector: settings, address, fields.
//!
//! Decides what may be overridden and how a mistake is worded. Nothing is sent.

use serde_json::{Value as Json, json};
use url::Url;

use super::formula::to_mj;
use super::manifest::{Errors, FieldMap, Manifest, Node, check_field, check_table};
use super::types::SourceConfig;

pub(super) fn settings(config: &SourceConfig, manifest: &Manifest, errors: &Errors, at: &str) -> Json {
    let mut settings = serde_json::Map::new();
    for (key, value) in &config.settings {
        match manifest.settings.get(key) {
            Some(setting) if setting.secret => {
                errors.add(0, format!("{at}.settings.{key}"), "is a secret: keep it with `rounds login`, not here");
            }
            Some(_) => {
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
    errors: &Errors,
    at: &str,
) -> Option<Url> {
    let key = format!("{at}.url");
    let text = match &config.url {
        Some(url) => url.clone(),
        None => match manifest.base.text(&to_mj(&json!({ "settings": settings }))) {
            Ok(text) => text,
            Err(why) => {
                errors.add(0, key, format!("the address can't be made: {why}"));
                return None;
            }
        },
    };
    match Url::parse(&text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => Some(url),
        Ok(url) if url.scheme() == "http" && is_loopback(&url) => Some(url),
        Ok(url) if url.scheme() == "http" => {
            errors.add(
                0,
                key,
                format!(
                    "{text:?} would send the token in the clear; an address beyond this machine begins with https://"
                ),
            );
            None
        }
        Ok(_) => {
            errors.add(0, key, format!("{text:?} must begin with https:// and name a host"));
            None
        }
        Err(why) => {
            errors.add(0, key, format!("{text:?} is no address: {why}"));
            None
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
