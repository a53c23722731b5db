//! A source ready to run: connector, overrides, token, client, and what was discovered about it.
//!
//! Decides what is asked for (mapped fields that the source describes). It keeps no rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;
use url::Url;

use super::answer::Answer;
use super::client::{Built, Client, Rules, Trouble};
pub use super::client::{Listener, Notice, TokenSource};
use super::error::{ConnectError, ErrorClass};
use super::formula::{plain_text, to_mj};
use super::manifest::{Errors, FieldMap, Limits, Manifest, Node, Paged, ReadValue, Request, Since, Stream};
use super::mapper::Table;
use super::page::{Seen, Walk, build, records};
use super::types::{Described, DescribedField, Mapped, Me, SourceConfig, Stats, StreamInfo};
use crate::book::row::Entity;

/// A connector ready to run: manifest, overrides, token, HTTP client and a limiter that all its streams share.
/// Give it to several tasks in an `Arc`. Dropping a call cancels it.
pub struct Source {
    pub(super) manifest: Manifest,
    pub(super) settings: Json,
    pub(super) client: Client,
    pub(super) only: BTreeMap<Entity, ReadValue>,
    off: Vec<Entity>,
    me: OnceCell<Me>,
    described: Mutex<HashMap<String, Arc<OnceCell<Seen1>>>>,
    tables: Mutex<HashMap<String, Arc<OnceCell<Arc<Table>>>>>,
}

/// What describing a stream gave: its fields, or `None` where the source doesn't let us ask.
type Seen1 = Option<Arc<Vec<DescribedField>>>;

impl Source {
    /// Lays what `config.toml` says over the connector and makes it ready. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ConnectError::Config`] with every mistake in the overrides.
    pub fn new(config: &SourceConfig, manifest: Manifest, token: SecretString) -> Result<Self, ConnectError> {
        let mut manifest = manifest;
        let errors = Errors::new("config.toml");
        let at = format!("source.{}", config.name);
        let settings = settings(config, &manifest, &errors, &at);
        override_maps(config, &mut manifest, &errors, &at);
        let only = config
            .only
            .iter()
            .filter_map(|(entity, text)| match ReadValue::parse(text) {
                Ok(read) => Some((*entity, read)),
                Err(why) => {
                    errors.add(0, format!("{at}.only.{}", entity.name()), why);
                    None
                }
            })
            .collect();
        let mut limits = manifest.limits.clone();
        limits.merge(&Node::from_toml(&toml::Value::Table(config.limits.clone())));
        let limits = Limits::read(&limits, &errors, &format!("{at}.limits"));
        let base = base(config, &manifest, &settings, &errors, &at);
        let ca = config.ca_file.as_ref().and_then(|file| match std::fs::read(file) {
            Ok(pem) => Some(pem),
            Err(error) => {
                errors.add(0, format!("{at}.ca_file"), format!("{} can't be read: {error}", file.display()));
                None
            }
        });
        let problems = errors.into_inner();
        let (Some(base), true) = (base, problems.is_empty()) else { return Err(ConnectError::Config { problems }) };
        let shown = format!("{} ({})", manifest.name, config.name);
        let client = Client::new(shown, config.name.to_string(), base, ca, token, limits);
        Ok(Self {
            manifest,
            settings,
            client,
            only,
            off: config.off.clone(),
            me: OnceCell::new(),
            described: Mutex::default(),
            tables: Mutex::default(),
        })
    }

    /// Called once when the token is refused in the middle of a pull, before the pull gives up.
    pub fn on_token_refused(&self, renew: TokenSource) {
        self.client.set_renew(renew);
    }

    /// Who wants to hear when the source waits.
    pub fn on_notice(&self, listener: Listener) {
        self.client.set_listener(listener);
    }

    /// How people know it: `HubSpot (crm)`.
    pub fn shown(&self) -> &str {
        &self.client.at
    }

    /// The streams it can pull, in the order in which a first pull wants them.
    pub fn streams(&self) -> Vec<StreamInfo> {
        let mut streams: Vec<StreamInfo> = self
            .manifest
            .streams
            .iter()
            .filter(|s| !self.off.contains(&s.entity))
            .map(|s| StreamInfo {
                name: s.name.clone(),
                entity: s.entity,
                changes: s.changed.is_some(),
                deletes: s.deleted.is_some(),
                days_again: match s.first.since {
                    Since::Days { again, .. } => Some(again),
                    Since::None | Since::Filter { .. } => None,
                },
            })
            .collect();
        streams.sort_by_key(|s| Entity::ALL.iter().position(|e| *e == s.entity));
        streams
    }

    /// The entities of its streams.
    pub fn entities(&self) -> Vec<Entity> {
        let mut entities: Vec<Entity> = self.streams().iter().map(|s| s.entity).collect();
        entities.dedup();
        entities
    }

    /// What it has done since it was made.
    pub fn stats(&self) -> Stats {
        let (requests, bytes) = self.client.counts();
        Stats { requests, bytes, left: self.client.limiter.left() }
    }

    /// The sign-in test, and what is kept of its answer. Asked once; a connector without such a call gives an empty one.
    pub async fn me(&self) -> Result<Me, ConnectError> {
        self.me.get_or_try_init(|| self.ask_me()).await.cloned()
    }

    async fn ask_me(&self) -> Result<Me, ConnectError> {
        let Some(spec) = &self.manifest.me else { return Ok(Me::default()) };
        let context = json!({ "settings": self.settings });
        let answer = self.read_with(&spec.request, &context, "signing in").await?;
        let must = spec.must.find(&answer.json);
        if must.is_none_or(|v| v.is_null() || v == &Json::Bool(false)) {
            return Err(ConnectError::SignIn {
                at: self.client.at.clone(),
                name: self.client.name.clone(),
                because: format!("the answer names nobody: {} is missing", spec.must.text()),
            });
        }
        let kept = spec
            .keep
            .iter()
            .filter_map(|(key, path)| {
                let text = crate::text::clean_line(&plain_text(path.find(&answer.json)?));
                (!text.is_empty()).then(|| (key.clone(), text))
            })
            .collect();
        Ok(Me { kept })
    }

    /// The record's address for people, once `me` is known.
    pub fn link(&self, entity: Entity, id: &str) -> Option<String> {
        let template = self.manifest.links.get(&entity)?;
        let me = self.me.get().map_or_else(Me::default, Clone::clone);
        template.text(&to_mj(&json!({ "settings": self.settings, "me": me.kept, "id": id }))).ok()
    }

    /// What the source says of the records of all streams of an entity, and which mapped fields are absent there.
    pub async fn describe(&self, entity: Entity) -> Result<Described, ConnectError> {
        let mut described = Described::default();
        for stream in self.manifest.streams.iter().filter(|s| s.entity == entity) {
            let fields = self.described(stream).await?;
            let names: BTreeSet<&str> = fields.iter().flat_map(|f| f.iter()).map(|f| f.name.as_str()).collect();
            let under = stream.describe.as_ref().map_or("", |d| d.under.as_str());
            for (field, map) in &stream.map {
                let absent: Vec<String> = match &fields {
                    Some(_) => map.names_under(under).into_iter().filter(|n| !names.contains(n.as_str())).collect(),
                    None => Vec::new(),
                };
                let like =
                    absent.iter().flat_map(|n| near(n, fields.as_deref().map_or(&[], |f| f.as_slice()))).collect();
                described.mapped.push(Mapped { field: field.clone(), reads: map.text(), absent, like });
            }
            described.fields.extend(fields.iter().flat_map(|f| f.iter().cloned()));
        }
        Ok(described)
    }

    /// The described fields of a stream, asked once; `None` where the source has no such call or forbids it.
    pub(super) async fn described(&self, stream: &Stream) -> Result<Seen1, ConnectError> {
        let cell = {
            let mut cells = self.described.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(cells.entry(stream.name.clone()).or_default())
        };
        cell.get_or_try_init(|| async {
            let Some(spec) = &stream.describe else { return Ok(None) };
            let context = self.context(stream, json!({})).await?;
            let answer = match self
                .read_with(&spec.request, &context, &format!("describing {}", stream.entity.plural()))
                .await
            {
                Ok(answer) => answer,
                // Without the right to describe, everything mapped is asked for, as it stands.
                Err(error) if error.class() == ErrorClass::Forbidden => return Ok(None),
                Err(error) => return Err(error),
            };
            let fields = spec
                .rows
                .find(&answer.json)
                .and_then(Json::as_array)
                .ok_or_else(|| self.invalid("describing", format!("the answer has no list at {:?}", spec.rows.text())))?
                .iter()
                .filter_map(|row| {
                    Some(DescribedField {
                        name: plain_text(spec.name.find(row)?),
                        label: spec
                            .label
                            .as_ref()
                            .and_then(|l| l.find(row))
                            .map(|l| crate::text::clean_line(&plain_text(l))),
                    })
                })
                .collect();
            Ok(Some(Arc::new(fields)))
        })
        .await
        .cloned()
    }

    /// Forgets what was described: a field is gone.
    pub(super) fn forget_described(&self, stream: &Stream) {
        self.described.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&stream.name);
    }

    /// The names to ask for, and the mapped fields that are not there (`arr (properties.annual_value)`).
    pub(super) async fn select(&self, stream: &Stream) -> Result<(Vec<String>, Vec<String>), ConnectError> {
        let described = self.described(stream).await?;
        let under = stream.describe.as_ref().map_or("", |d| d.under.as_str());
        let there = |name: &str| described.as_ref().is_none_or(|fields| fields.iter().any(|f| f.name == name));
        let mut wanted = BTreeSet::new();
        let mut absent = Vec::new();
        let only = self.only.get(&stream.entity).map(|read| read.names_under(under)).unwrap_or_default();
        for (field, map) in &stream.map {
            let names = map.names_under(under);
            // Ids that were merged away are no field of ours that anybody would miss.
            if field != "merged" && !names.is_empty() && !names.iter().any(|name| there(name)) {
                absent.push(format!("{field} ({})", map.text()));
            }
            wanted.extend(names);
        }
        wanted.extend(only);
        Ok((wanted.into_iter().filter(|name| there(name)).collect(), absent))
    }

    /// A table, read once.
    pub(super) async fn table(&self, name: &str) -> Result<Arc<Table>, ConnectError> {
        let cell = {
            let mut cells = self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(cells.entry(name.to_owned()).or_default())
        };
        cell.get_or_try_init(|| self.read_table(name)).await.cloned()
    }

    async fn read_table(&self, name: &str) -> Result<Arc<Table>, ConnectError> {
        let mut table = Table::new();
        let Some(spec) = self.manifest.tables.get(name) else { return Ok(Arc::new(table)) };
        let context = json!({ "settings": self.settings, "me": self.me_if_needed().await?.kept });
        let doing = format!("reading the table {name}");
        for record in self.read_all(&spec.pull, &context, &doing).await? {
            let inner: Vec<Json> = match &spec.each {
                None => vec![record.clone()],
                Some(each) => each
                    .find(&record)
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten()
                    .map(|item| {
                        let mut item = item.clone();
                        if item.is_object() {
                            item["parent"] = record.clone();
                        }
                        item
                    })
                    .collect(),
            };
            for row in inner {
                let mj = || to_mj(&row);
                let Ok(Some(key)) = spec.key.eval(&row, &mj) else { continue };
                let columns = spec
                    .show
                    .iter()
                    .filter_map(|(column, read)| Some((column.clone(), read.eval(&row, &mj).ok()??)))
                    .collect();
                table.insert(plain_text(&key), columns);
            }
        }
        Ok(Arc::new(table))
    }

    /// Reads all pages of a small list.
    async fn read_all(&self, paged: &Paged, context: &Json, doing: &str) -> Result<Vec<Json>, ConnectError> {
        let mut all = Vec::new();
        let mut walk = Walk::default();
        loop {
            let mut built = self.built(&paged.request, context, doing)?;
            walk.place(&paged.next, &mut built).map_err(|why| self.invalid(doing, why))?;
            let mut answer = self.read(&built, context, doing).await?;
            let outer = answer.json.clone();
            let rows = records(&paged.rows, &mut answer).map_err(|why| self.invalid(doing, why))?;
            let seen = Seen {
                answer: &outer,
                headers: &answer.headers,
                url: &answer.url,
                last: rows.last(),
                count: rows.len(),
                first_id: None,
                last_id: None,
            };
            let on = walk.after(&paged.next, &seen).map_err(|why| self.invalid(doing, why))?;
            all.extend(rows);
            match on {
                Some(on) => walk = on,
                None => return Ok(all),
            }
        }
    }

    /// What templates of a stream see.
    pub(super) async fn context(&self, stream: &Stream, more: Json) -> Result<Json, ConnectError> {
        let me = self.me_if_needed().await?;
        let mut context = json!({ "settings": self.settings, "me": me.kept, "its": stream.its });
        if let (Json::Object(into), Json::Object(more)) = (&mut context, more) {
            into.extend(more);
        }
        Ok(context)
    }

    /// `me` where the connector needs it for reading; else what is known.
    pub(super) async fn me_if_needed(&self) -> Result<Me, ConnectError> {
        let needed = self.manifest.values.zone.as_ref().is_some_and(|t| t.mentions("me"));
        if needed { self.me().await } else { Ok(self.me.get().cloned().unwrap_or_default()) }
    }

    pub(super) fn built(&self, request: &Request, context: &Json, doing: &str) -> Result<Built, ConnectError> {
        build(request, &self.client.base, context).map_err(|why| self.invalid(doing, why))
    }

    pub(super) async fn read(&self, built: &Built, context: &Json, doing: &str) -> Result<Answer, Trouble> {
        self.client.read(built, &self.rules(context), doing).await
    }

    pub(super) async fn read_with(
        &self,
        request: &Request,
        context: &Json,
        doing: &str,
    ) -> Result<Answer, ConnectError> {
        let built = self.built(request, context, doing)?;
        self.read(&built, context, doing).await.map_err(ConnectError::from)
    }

    pub(super) fn rules<'a>(&'a self, context: &'a Json) -> Rules<'a> {
        Rules { auth: &self.manifest.auth, errors: &self.manifest.errors, words: &self.manifest.words, context }
    }

    pub(super) fn invalid(&self, doing: &str, because: String) -> ConnectError {
        ConnectError::Invalid { at: self.client.at.clone(), doing: doing.to_owned(), because }
    }
}

fn settings(config: &SourceConfig, manifest: &Manifest, errors: &Errors, at: &str) -> Json {
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

fn override_maps(config: &SourceConfig, manifest: &mut Manifest, errors: &Errors, at: &str) {
    for (entity, fields) in &config.map {
        if !manifest.streams.iter().any(|s| s.entity == *entity) {
            let message = format!("{} has no stream of {}", manifest.name, entity.plural());
            errors.add(0, format!("{at}.map.{}", entity.name()), message);
            continue;
        }
        for (field, value) in fields {
            let key = format!("{at}.map.{}.{field}", entity.name());
            if let Err(why) = super::manifest::check_field(*entity, field) {
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
                    super::manifest::check_table(&read, &manifest.tables, &node, &key, errors);
                    stream.map.insert(field.clone(), read);
                }
            }
        }
    }
}

fn base(config: &SourceConfig, manifest: &Manifest, settings: &Json, errors: &Errors, at: &str) -> Option<Url> {
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

/// Up to three described names that share words with a name that isn't there.
fn near(name: &str, fields: &[DescribedField]) -> Vec<String> {
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).map(str::to_owned).collect()
    };
    let wanted = words(name);
    let mut scored: Vec<(usize, &str)> = fields
        .iter()
        .map(|field| {
            let mut there = words(&field.name);
            there.extend(field.label.iter().flat_map(|l| words(l)));
            (
                wanted
                    .iter()
                    .filter(|w| there.iter().any(|t| t.contains(w.as_str()) || w.contains(t.as_str())))
                    .count(),
                field.name.as_str(),
            )
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({}, {})", self.client.at, self.client.base)
    }
}
