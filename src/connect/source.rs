//! A source ready to run: connector, overrides, token, client, and what was discovered about it.
//!
//! Decides what is asked for (mapped fields that the source describes). It keeps no rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;

use super::answer::Answer;
pub use super::client::{Asked, Listener, Notice, Renewal};
use super::client::{Built, Client, Rules};
use super::error::ConnectError;
use super::formula::to_mj;
use super::manifest::{Asks, Auth, Errors, Limits, Manifest, Node, ReadValue, Request, Stream};
use super::mapper::Table;
use super::page::{Shared, build};
use super::setup;
use super::sign_in::{self, SignIn};
use super::trouble::Trouble;
use super::types::{DescribedField, Me, SourceConfig, Stats, StreamInfo};
use crate::book::row::Entity;

/// A connector ready to run: manifest, overrides, token, HTTP client and a limiter that all its streams share.
/// Give it to several tasks in an `Arc`. Dropping a call cancels it.
pub struct Source {
    pub(super) manifest: Manifest,
    pub(super) settings: Json,
    /// What the sign-in brought beside the token.
    pub(super) sign_in: BTreeMap<String, String>,
    /// The way that is gone, of those of the connector.
    way: usize,
    pub(super) client: Client,
    pub(super) only: BTreeMap<Entity, ReadValue>,
    off: Vec<Entity>,
    pub(super) me: OnceCell<Me>,
    pub(super) described: Mutex<HashMap<String, Arc<OnceCell<Fields>>>>,
    pub(super) tables: Mutex<HashMap<String, Arc<OnceCell<Arc<Table>>>>>,
    pub(super) found: Mutex<HashMap<String, Arc<OnceCell<Json>>>>,
}

/// What describing a stream gave: its fields, or `None` where the source doesn't let us ask.
pub(super) type Fields = Option<Arc<Vec<DescribedField>>>;

impl Source {
    /// Lays what `config.toml` says over the connector and makes it ready. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ConnectError::Config`] with every mistake in the overrides; [`ConnectError::NotSignedIn`] where the sign-in leads to
    /// a host that is none of the connector's.
    pub fn new(config: &SourceConfig, manifest: Manifest, sign_in: impl Into<SignIn>) -> Result<Self, ConnectError> {
        let sign_in = sign_in.into();
        let mut manifest = manifest;
        let errors = Errors::new("config.toml");
        let at = format!("source.{}", config.name);
        let settings = setup::settings(config, &manifest, &errors, &at);
        let way = sign_in::pick(config, &manifest, &settings, None, sign_in.way.as_deref(), &errors, &at);
        setup::override_maps(config, &mut manifest, &errors, &at);
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
        let base = setup::base(config, &manifest, &settings, &sign_in, &errors, &at);
        let ca = setup::ca(config, &errors, &at);
        let problems = errors.into_inner();
        let (Some(base), Some(way), true) = (base, way, problems.is_empty()) else {
            return Err(ConnectError::Config { problems });
        };
        let shown = format!("{} ({})", manifest.name, config.name);
        if config.url.is_none() && !sign_in.dry {
            sign_in::stays(&manifest, way, &settings, &base, &shown, config.name.as_str())?;
        }
        let client = Client::new(shown, config.name.to_string(), base, ca, &sign_in, limits);
        Ok(Self {
            manifest,
            settings,
            sign_in: sign_in.kept,
            way,
            client,
            only,
            off: config.off.clone(),
            me: OnceCell::new(),
            described: Mutex::default(),
            tables: Mutex::default(),
            found: Mutex::default(),
        })
    }

    /// Called once when the token is refused in the middle of a pull, before the pull gives up; and before the token dies,
    /// where that is known.
    pub fn on_renewal(&self, renewal: Renewal) {
        self.client.set_renew(renewal);
    }

    /// Who wants to hear when the source waits, and what it asks.
    pub fn on_notice(&self, listener: Listener) {
        self.client.set_listener(listener);
    }

    /// How people know it: `HubSpot (crm)`.
    pub fn shown(&self) -> &str {
        &self.client.at
    }

    /// Whether nobody has to sign in.
    pub fn is_open(&self) -> bool {
        matches!(self.manifest.ways[self.way].auth, Auth::None)
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
                changes: !s.changed.is_empty() || s.first.iter().any(|way| way.newest_first()),
                deletes: !s.deleted.is_empty(),
                days_again: s.by_days().map(|(again, _)| again),
                sweep_every: s.sweep().map(|every| every.as_secs()),
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
        let daily = self.client.limiter.daily();
        Stats {
            requests,
            bytes,
            left: self.client.limiter.left(),
            daily_left: daily.map(|(left, _)| left),
            daily_of: daily.and_then(|(_, of)| of),
        }
    }

    /// The record's address for people, once `me` is known.
    pub fn link(&self, entity: Entity, id: &str) -> Option<String> {
        let template = self.manifest.links.get(&entity)?;
        let me = self.me.get().map_or_else(Me::default, Clone::clone);
        let mut context = self.ground();
        (context["me"], context["id"]) = (json!(me.kept), json!(id));
        context["found"] = self.found_yet();
        template.text(&to_mj(&context)).ok()
    }

    /// The watermark of a pull of this stream that began at a moment; `None`: there is no such stream.
    pub fn watermark_at(&self, stream: &str, began: jiff::Timestamp) -> Option<String> {
        Some(format!("{}|{began}", self.print(self.manifest.stream(stream)?)))
    }

    /// What templates of a stream see.
    pub(super) async fn context(&self, stream: &Stream, more: Json) -> Result<Json, ConnectError> {
        self.context_of(&stream.asks, &stream.its, more).await
    }

    /// What templates see that stand under `its`: settings, who we are, what was found out, and `more`.
    pub(super) async fn context_of(&self, asks: &Asks, its: &Json, more: Json) -> Result<Json, ConnectError> {
        let me = if asks.me { self.me().await? } else { self.me.get().cloned().unwrap_or_default() };
        let mut context = self.ground();
        context["me"] = json!(me.kept);
        context["its"] = its.clone();
        context["found"] = self.found(&asks.found).await?;
        if let (Json::Object(into), Json::Object(more)) = (&mut context, more) {
            into.extend(more);
        }
        Ok(context)
    }

    /// What is known before anything was asked.
    pub(super) fn ground(&self) -> Json {
        json!({ "settings": self.settings, "sign_in": self.sign_in })
    }

    /// `me` where the connector needs it for reading; else what is known.
    pub(super) async fn me_if_needed(&self) -> Result<Me, ConnectError> {
        if self.manifest.needs_me { self.me().await } else { Ok(self.me.get().cloned().unwrap_or_default()) }
    }

    pub(super) fn built(&self, request: &Request, context: &Json, doing: &str) -> Result<Built, ConnectError> {
        let shared = Shared { base: &self.client.base, headers: &self.manifest.headers, calls: &self.manifest.calls };
        if !self.manifest.speaks_token(request) {
            return build(request, &shared, context).map_err(|why| self.invalid(doing, why));
        }
        // Where the vendor demands it, the token stands in a body; it goes to the same host as any other.
        build(request, &shared, &self.client.with_token(context.clone())).map_err(|why| self.invalid(doing, why))
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
        Rules {
            auth: &self.manifest.ways[self.way].auth,
            errors: &self.manifest.errors,
            words: &self.manifest.words,
            context,
        }
    }

    pub(super) fn invalid(&self, doing: &str, because: String) -> ConnectError {
        ConnectError::Invalid { at: self.client.at.clone(), doing: doing.to_owned(), because }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({}, {})", self.client.at, self.client.base)
    }
}
