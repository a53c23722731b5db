//! Sends requests: the token only to its own host, within the limits, reads tried again by the rules.
//!
//! Decides tries and pauses. It must not know what a request is for, and never retries a write.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value as Json;
use url::Url;

use super::answer::{Answer, Failed, NoAnswer, Raw, header, judge};
use super::error::ConnectError;
use super::formula::{Template, to_mj};
use super::http::{http_client, method, method_name, no_answer, why};
use super::limiter::Limiter;
use super::local::Local;
use super::manifest::{Auth, Decode, ErrorRule, HttpLimits, Is, Limits, Method, Words};
use super::path::Path;
use super::sign_in::SignIn;
use super::trouble::Trouble;

/// A request ready to go.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub json: Option<Json>,
    pub form: Option<Vec<(String, String)>>,
    /// What the answer is written in.
    pub decode: Decode,
    /// Where the answer proper stands in what comes back.
    pub unwrap: Option<Path>,
    /// The answer comes from this machine.
    pub local: Option<Local>,
}

impl Built {
    /// Puts the renewed token where the old one stands in the body: some vendors want it there.
    fn change_token(&mut self, old: &SecretString, new: &SecretString) {
        let (old, new) = (old.expose_secret(), new.expose_secret());
        if old.is_empty() {
            return;
        }
        if let Some(json) = &mut self.json {
            change_text(json, old, new);
        }
        for (_, value) in self.form.iter_mut().flatten() {
            if value == old {
                new.clone_into(value);
            }
        }
    }
}

fn change_text(json: &mut Json, old: &str, new: &str) {
    match json {
        Json::String(text) if text == old => new.clone_into(text),
        Json::Array(list) => list.iter_mut().for_each(|json| change_text(json, old, new)),
        Json::Object(map) => map.values_mut().for_each(|json| change_text(json, old, new)),
        _ => {}
    }
}

/// Gives a new sign-in where the token is refused or about to die. `None`: there is no other.
pub type Renewal =
    Arc<dyn Fn() -> std::pin::Pin<Box<dyn Future<Output = Result<Option<SignIn>, ConnectError>> + Send>> + Send + Sync>;

/// A token that dies within that time is renewed before it is sent.
const EARLY: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// Who hears what a source says.
pub type Listener = Arc<dyn Fn(Notice) + Send + Sync>;

/// What a source says while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// It waits, and why: a limit, a pause the source asked for, a try after a failure.
    Waiting { seconds: f64, because: String },
    /// A read was answered, or not.
    Asked(Asked),
}

/// One request for reading, as it may be shown: no token, header or body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    /// `GET`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// HTTP status; `None`: no answer came.
    pub status: Option<u16>,
    /// From sending to the end of the answer; what was waited for a limit beforehand is not in it.
    pub ms: u64,
    /// How many entries the longest list of a good answer has, at its root or one level below.
    pub rows: Option<u64>,
}

pub(crate) struct Client {
    /// How people know the source: `HubSpot (crm)`.
    pub at: String,
    pub name: String,
    pub base: Url,
    http: tokio::sync::OnceCell<reqwest::Client>,
    ca: Option<Vec<u8>>,
    token: RwLock<Held>,
    renew: RwLock<Option<Renewal>>,
    /// How often the token was renewed; the lock lets one stream renew while the others wait for it.
    renewed: tokio::sync::Mutex<u64>,
    generation: AtomicU64,
    /// The generation after the last one that was to be renewed before it died: once is enough.
    early: AtomicU64,
    listener: RwLock<Option<Listener>>,
    pub limiter: Limiter,
    pub http_limits: HttpLimits,
    requests: AtomicU64,
    bytes: AtomicU64,
    spent_quota: Mutex<Option<(jiff::Timestamp, ConnectError)>>,
    /// The token of that generation was refused, and there is no other: nothing more is asked with it.
    refused: Mutex<Option<(u64, ConnectError)>>,
}

/// The token in use.
struct Held {
    token: SecretString,
    expires: Option<jiff::Timestamp>,
}

/// What the client needs of the connector to judge answers and to sign requests.
pub(crate) struct Rules<'a> {
    pub auth: &'a Auth,
    pub errors: &'a [ErrorRule],
    pub words: &'a Words,
    /// `settings` and `me`.
    pub context: &'a Json,
}

impl Client {
    pub fn new(at: String, name: String, base: Url, ca: Option<Vec<u8>>, sign_in: &SignIn, limits: Limits) -> Self {
        Self {
            at,
            name,
            base,
            http: tokio::sync::OnceCell::new(),
            ca,
            token: RwLock::new(Held { token: sign_in.token.clone(), expires: sign_in.expires }),
            renew: RwLock::new(None),
            renewed: tokio::sync::Mutex::new(0),
            generation: AtomicU64::new(0),
            early: AtomicU64::new(0),
            listener: RwLock::new(None),
            limiter: Limiter::new(limits.pools),
            http_limits: limits.http,
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            spent_quota: Mutex::new(None),
            refused: Mutex::new(None),
        }
    }

    pub fn set_renew(&self, renew: Renewal) {
        *self.renew.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(renew);
    }

    pub fn set_listener(&self, listener: Listener) {
        *self.listener.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(listener);
    }

    pub fn counts(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    fn say(&self, notice: impl FnOnce() -> Notice) {
        let listener = self.listener.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener(notice());
        }
    }

    pub fn say_wait(&self, length: Duration, because: &str) {
        self.say(|| Notice::Waiting { seconds: length.as_secs_f64(), because: format!("{}: {because}", self.at) });
    }

    /// Tells of a request. The address is the one before signing, and a token that a connector puts in it is left out.
    fn say_asked(&self, built: &Built, status: Option<u16>, took: Duration, answer: Option<&Answer>) {
        self.say(|| {
            let mut path = built.url.path().to_owned();
            if let Some(query) = built.url.query() {
                path.push('?');
                path.push_str(query);
            }
            let held = self.token.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let token = held.token.expose_secret();
            if !token.is_empty() {
                path = path.replace(token, "…");
            }
            Notice::Asked(Asked {
                method: method_name(built.method),
                path,
                status,
                ms: took.as_millis().try_into().unwrap_or(u64::MAX),
                rows: answer.and_then(|answer| longest_list(&answer.json)),
            })
        });
    }

    /// Whether the token may go there: the same scheme, host and port.
    pub fn is_ours(&self, url: &Url) -> bool {
        url.scheme() == self.base.scheme()
            && url.host_str() == self.base.host_str()
            && url.port_or_known_default() == self.base.port_or_known_default()
    }

    /// One exchange, within the limits, no second try.
    pub async fn exchange(&self, built: &Built, rules: &Rules<'_>) -> Result<Raw, NoAnswer> {
        if let Some(local) = &built.local {
            self.requests.fetch_add(1, Ordering::Relaxed);
            let raw = local.read(built.url.clone(), self.http_limits.max_bytes).await?;
            self.bytes.fetch_add(raw.body.len() as u64, Ordering::Relaxed);
            return Ok(raw);
        }
        self.renew_early().await;
        let _places = self.limiter.enter(built.url.path(), &|length, why| self.say_wait(length, why)).await;
        let mut url = built.url.clone();
        for _ in 0..5 {
            let raw = self.once(built, &url, rules).await?;
            let to =
                matches!(raw.status, 301 | 302 | 303 | 307 | 308).then(|| header(&raw.headers, "location")).flatten();
            let Some(to) = to else { return Ok(raw) };
            let next =
                raw.url.join(&to).map_err(|e| NoAnswer::Ours(format!("the redirect to {to:?} is no address: {e}")))?;
            if !self.is_ours(&next) {
                return Err(NoAnswer::OtherHost(next.host_str().unwrap_or("an unnamed host").to_owned()));
            }
            if built.method != Method::Get {
                return Ok(raw);
            }
            url = next;
        }
        Err(NoAnswer::Ours("it redirects in a circle".to_owned()))
    }

    async fn once(&self, built: &Built, url: &Url, rules: &Rules<'_>) -> Result<Raw, NoAnswer> {
        if !self.is_ours(url) {
            return Err(NoAnswer::OtherHost(url.host_str().unwrap_or("an unnamed host").to_owned()));
        }
        let http = self.http.get_or_try_init(|| async { self.build() }).await?;
        let mut request = http.request(method(built.method), url.clone());
        for (name, value) in &built.headers {
            request = request.header(name, value);
        }
        if let Some(json) = &built.json {
            let body = serde_json::to_vec(json).map_err(|e| NoAnswer::Ours(e.to_string()))?;
            request = request.header("content-type", "application/json").body(body);
        }
        if let Some(form) = &built.form {
            request = request.form(form);
        }
        let named = built.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept"));
        let request = if named { request } else { request.header("accept", "application/json") };
        let request = self.sign(request, rules).map_err(NoAnswer::Ours)?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let mut response = request.send().await.map_err(|e| no_answer(&e))?;
        let (status, headers, url) = (response.status().as_u16(), response.headers().clone(), response.url().clone());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    self.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                    if body.len() + chunk.len() > self.http_limits.max_bytes {
                        return Err(NoAnswer::TooLarge(self.http_limits.max_bytes));
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                Err(error) => return Err(NoAnswer::Cut(why(&error))),
            }
        }
        self.limiter.heard(url.path(), &|name| header(&headers, name));
        Ok(Raw { status, headers, url, body, took: sent.elapsed() })
    }

    fn build(&self) -> Result<reqwest::Client, NoAnswer> {
        http_client(&self.http_limits, self.base.scheme() == "http", self.ca.as_deref())
    }

    fn sign(&self, request: reqwest::RequestBuilder, rules: &Rules<'_>) -> Result<reqwest::RequestBuilder, String> {
        let mj = to_mj(&self.with_token(rules.context.clone()));
        let secret = |text: String| {
            let mut value = HeaderValue::from_str(&text)
                .map_err(|_| "the token holds characters that no header may hold".to_owned())?;
            value.set_sensitive(true);
            Ok::<_, String>(value)
        };
        Ok(match rules.auth {
            Auth::Bearer { prefix, token } => {
                request.header(reqwest::header::AUTHORIZATION, secret(format!("{prefix} {}", token.text(&mj)?))?)
            }
            Auth::Header { name, value } => {
                let name = HeaderName::try_from(name.as_str()).map_err(|e| e.to_string())?;
                request.header(name, secret(value.text(&mj)?)?)
            }
            Auth::Basic { user, password } => request.basic_auth(user.text(&mj)?, Some(password.text(&mj)?)),
            Auth::Query { name, value } => request.query(&[(name, value.text(&mj)?)]),
            Auth::None => request,
            Auth::OAuth(oauth) => request.header(reqwest::header::AUTHORIZATION, secret(self.prefixed(&oauth.prefix))?),
            Auth::Command(ask) => request.header(reqwest::header::AUTHORIZATION, secret(self.prefixed(&ask.prefix))?),
        })
    }

    fn prefixed(&self, prefix: &str) -> String {
        let held = self.token.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        format!("{prefix} {}", held.token.expose_secret())
    }

    /// `settings.token` filled in.
    fn token(&self) -> SecretString {
        self.token.read().unwrap_or_else(std::sync::PoisonError::into_inner).token.clone()
    }

    pub fn with_token(&self, mut context: Json) -> Json {
        let held = self.token.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        context["settings"]["token"] = Json::from(held.token.expose_secret());
        context
    }

    /// Judges one answer.
    pub fn judge(&self, raw: Raw, built: &Built, rules: &Rules<'_>) -> Result<Answer, Failed> {
        let expand = |template: &Template| template.text(&to_mj(rules.context)).ok();
        let mut answer = judge(raw, built.decode, rules.errors, rules.words, &expand).map_err(|mut failed| {
            // Too many, and nothing left of the day: waiting a second does not help.
            if failed.is == Is::Rate && self.limiter.daily().is_some_and(|(left, _)| left == 0) {
                failed.is = Is::Quota;
            }
            failed.words = self.without_token(failed.words);
            failed
        })?;
        if let Some(path) = &built.unwrap {
            answer.json = path.take(&mut answer.json).unwrap_or_default();
        }
        Ok(answer)
    }

    /// What a source says of a refusal, without the token that it may have been sent back.
    fn without_token(&self, words: String) -> String {
        let held = self.token.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        match held.token.expose_secret() {
            // A shorter one is a word like any other.
            token if token.len() >= 8 && words.contains(token) => words.replace(token, "***"),
            _ => words,
        }
    }

    /// Which token is in use: a number that grows with each renewal.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The token of `generation` was refused: asks for another, unless somebody did meanwhile. True: try again.
    ///
    /// # Errors
    /// Why there can be no other, where whoever renews knows more than that.
    pub async fn renew(&self, generation: u64) -> Result<bool, ConnectError> {
        let mut renewed = self.renewed.lock().await;
        if self.generation() > generation {
            return Ok(true);
        }
        let renew = self.renew.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let Some(renew) = renew else { return Ok(false) };
        let Some(new) = renew().await? else { return Ok(false) };
        *self.token.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Held { token: new.token, expires: new.expires };
        *renewed += 1;
        self.generation.store(*renewed, Ordering::Release);
        Ok(true)
    }

    /// Renews a token that is about to die. A failure is none yet: the old one may still be good, and its refusal is told.
    async fn renew_early(&self) {
        let expires = self.token.read().unwrap_or_else(std::sync::PoisonError::into_inner).expires;
        let generation = self.generation();
        let dies = expires.is_some_and(|at| at.duration_since(jiff::Timestamp::now()) <= EARLY);
        if dies && self.early.swap(generation + 1, Ordering::AcqRel) != generation + 1 {
            let _ = self.renew(generation).await;
        }
    }

    /// A quota that is spent: no request goes out until it ends.
    pub fn spent(&self) -> Option<ConnectError> {
        let mut spent = self.spent_quota.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (until, error) = spent.as_ref()?;
        if *until > jiff::Timestamp::now() {
            return Some(error.clone());
        }
        *spent = None;
        None
    }

    /// The share of the day's budget that is left to others.
    fn reserve(&self) -> Option<ConnectError> {
        let because = self.limiter.reserved()?;
        Some(ConnectError::Quota { at: self.at.clone(), until: None, because })
    }

    /// The refusal of the token in use: other streams need not be told one by one.
    fn refused(&self) -> Option<ConnectError> {
        let refused = self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        refused.as_ref().filter(|(generation, _)| *generation == self.generation()).map(|(_, error)| error.clone())
    }

    fn refuse(&self, generation: u64, error: ConnectError) -> ConnectError {
        *self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((generation, error.clone()));
        error
    }

    pub(super) fn spend(&self, until: Option<jiff::Timestamp>, error: &ConnectError) {
        if let Some(until) = until {
            let mut spent = self.spent_quota.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *spent = Some((until, error.clone()));
        }
    }

    /// A read: tried again by the rules. `doing` says what it is for: `pulling accounts`.
    pub async fn read(&self, built: &Built, rules: &Rules<'_>, doing: &str) -> Result<Answer, Trouble> {
        if let Some(error) = self.spent().or_else(|| self.reserve()) {
            return Err(error.into());
        }
        let mut built = Cow::Borrowed(built);
        let mut renewed = false;
        let mut tries = 0;
        loop {
            if let Some(error) = self.refused() {
                return Err(error.into());
            }
            tries += 1;
            let last = tries >= self.http_limits.tries;
            let generation = self.generation();
            let begun = Instant::now();
            let exchanged = self.exchange(&built, rules).await;
            let (status, took) = match &exchanged {
                Ok(raw) => (Some(raw.status), raw.took),
                Err(_) => (None, begun.elapsed()),
            };
            let judged = exchanged.map(|raw| self.judge(raw, &built, rules));
            self.say_asked(&built, status, took, judged.as_ref().ok().and_then(|judged| judged.as_ref().ok()));
            let (pause, because) = match judged {
                Ok(judged) => match judged {
                    Ok(answer) => return Ok(answer),
                    Err(failed) => match failed.is {
                        Is::AuthExpired if !renewed => {
                            renewed = true;
                            let before = self.token();
                            let error = match self.renew(generation).await {
                                Ok(true) => {
                                    tries -= 1;
                                    built.to_mut().change_token(&before, &self.token());
                                    continue;
                                }
                                Ok(false) => self.error(failed, doing),
                                Err(error) => error,
                            };
                            return Err(self.refuse(generation, error).into());
                        }
                        Is::AuthExpired | Is::AuthWrong => {
                            return Err(self.refuse(generation, self.error(failed, doing)).into());
                        }
                        Is::Rate | Is::Transient if !last => {
                            let pause = failed.retry_after.unwrap_or_else(|| self.backoff(tries));
                            if pause > self.http_limits.retry_cap.max(Duration::from_secs(120)) {
                                return Err(self.too_long(pause, &failed.words).into());
                            }
                            if failed.is == Is::Rate {
                                self.limiter.pause(pause, &failed.words);
                            }
                            (pause, failed.words)
                        }
                        Is::Gone => return Err(Trouble::Gone(self.error(failed, doing))),
                        Is::TooWide => return Err(Trouble::TooWide(self.error(failed, doing))),
                        Is::FieldGone => return Err(Trouble::FieldGone(self.error(failed, doing))),
                        _ => return Err(self.error(failed, doing).into()),
                    },
                },
                // A host that can't be reached is said sooner: each try may take the whole connect time-out.
                Err(NoAnswer::NotSent(_)) if tries < 3 && !last => (self.backoff(tries), "no connection".to_owned()),
                Err(NoAnswer::Cut(_)) if !last => {
                    (self.backoff(tries), "no answer, or one that was cut off".to_owned())
                }
                Err(no) => return Err(self.no_answer(no, doing).into()),
            };
            self.say_wait(pause, &because);
            tokio::time::sleep(pause).await;
        }
    }

    /// Exponential with full jitter.
    pub fn backoff(&self, tries: u32) -> Duration {
        let ceiling = self
            .http_limits
            .retry_base
            .saturating_mul(1_u32.checked_shl(tries.saturating_sub(1).min(16)).unwrap_or(u32::MAX))
            .min(self.http_limits.retry_cap);
        // The random half of a ULID: no more is needed to keep two clients apart.
        let random = (ulid::Ulid::generate().random() & 0xffff) as f64 / f64::from(0xffff);
        ceiling.mul_f64(random)
    }
}

/// How many entries the longest list has, at the root of an answer or one level below.
fn longest_list(json: &Json) -> Option<u64> {
    let length = |json: &Json| json.as_array().map(|list| list.len() as u64);
    length(json).or_else(|| json.as_object()?.values().filter_map(length).max())
}
