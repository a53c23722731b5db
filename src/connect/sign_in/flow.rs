//! OAuth 2 for one source: its endpoints and app, and the exchanges that give tokens.
//!
//! Decides what is sent where: codes, tokens and the app's secret only to the endpoints that the connector file names; no
//! redirect is followed. It keeps nothing.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc::UnboundedReceiver;
use url::{Url, form_urlencoded};

use super::answer::{Doing, Refusal, read};
use super::loopback::Door;
use super::pkce::{Heard, Pkce};
use super::set::TokenSet;
use super::{at_home, browser, domain};
use crate::connect::error::ConnectError;
use crate::connect::formula::{Template, plain_text, to_mj};
use crate::connect::http::{http_client, no_answer};
use crate::connect::manifest::{Errors, Grant, HttpLimits, Manifest, OAuth, SecretNeed};
use crate::connect::path::Path;
use crate::connect::setup;
use crate::connect::types::SourceConfig;

/// How long a person may take in the browser.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long an endpoint may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How long an answer may be.
const LONGEST: usize = 1 << 20;

/// OAuth 2, ready for one source.
pub struct Flow {
    /// How people know the source: `Small CRM (crm)`.
    pub(super) at: String,
    pub(super) source: String,
    pub(super) way: String,
    pub(super) grants: Vec<Grant>,
    authorize: Option<Url>,
    token: Url,
    pub(super) device: Option<Url>,
    pub(super) scopes: String,
    pub(super) client_id: String,
    secret: Option<SecretNeed>,
    basic: bool,
    json: bool,
    keep: BTreeMap<String, Path>,
    port: Option<u16>,
    extra: Vec<(String, String)>,
    homes: Vec<String>,
    ca: Option<Vec<u8>>,
}

impl std::fmt::Debug for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flow({}, {})", self.at, self.token)
    }
}

/// How a flow waits: for tests, without waiting.
pub type Pause = Box<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Lines that are typed from when it is called.
pub type Typed = Box<dyn FnOnce() -> UnboundedReceiver<String> + Send>;

/// Whoever signs in.
pub struct Person {
    /// Hears what to do.
    pub says: Box<dyn Fn(&Step) + Send + Sync>,
    /// Begins to listen to what is typed or pasted; `None`: nobody types.
    pub pasted: Option<Typed>,
    /// Whether a browser of this machine may be opened.
    pub browser: bool,
    /// How it waits between two questions.
    pub pause: Pause,
}

impl Person {
    /// Somebody who is told what to do by `says`.
    pub fn new(says: impl Fn(&Step) + Send + Sync + 'static) -> Self {
        Self {
            says: Box::new(says),
            pasted: None,
            browser: false,
            pause: Box::new(|length| Box::pin(tokio::time::sleep(length))),
        }
    }
}

/// What a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open the address; `opened`: a browser was. `paste`: what it ends up on may be pasted.
    Open { address: Url, opened: bool, paste: bool, redirect: String },
    /// Type the code into the page.
    Code { page: Url, code: String, opened: bool },
    /// How it goes.
    Remark(String),
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open { address, opened, paste, redirect } => {
                let lead = if *opened { "The browser opens. If it does not, open" } else { "Open in a browser" };
                write!(f, "{lead}:\n\n{address}\n")?;
                if *paste {
                    write!(
                        f,
                        "\nIf that browser is on another machine, it ends on a page that can't be shown. Paste the address of that \
                         page here (it begins with {redirect}), or only the code, and press Enter.\n"
                    )?;
                }
                Ok(())
            }
            Self::Code { page, code, opened } => {
                let lead = if *opened { "The browser opens. If it does not, open" } else { "Open on any machine" };
                write!(f, "{lead}:\n\n{page}\n\nand type the code: {code}\n")
            }
            Self::Remark(text) => f.write_str(text),
        }
    }
}

impl Flow {
    /// Fills in what the connector file says; its mistakes are told as those of `config.toml`.
    pub(super) fn new(
        config: &SourceConfig,
        manifest: &Manifest,
        way: &str,
        oauth: &OAuth,
        settings: &Json,
        errors: &Errors,
        at: &str,
    ) -> Option<Self> {
        let mj = to_mj(&json!({ "settings": settings }));
        let key = format!("{at}.settings");
        let fill = |template: &Template| {
            template.text(&mj).map_err(|why| errors.add(0, key.clone(), format!("signing in by {way}: {why}"))).ok()
        };
        let address = |template: &Template| {
            let text = fill(template)?;
            let whole = match text.strip_prefix('/') {
                Some(below) => {
                    let nobody = super::SignIn::from(SecretString::from(String::new()));
                    let base = setup::base(config, manifest, settings, &nobody, errors, at)?;
                    format!("{}/{below}", base.as_str().trim_end_matches('/'))
                }
                None => text,
            };
            setup::address(&whole).map_err(|why| errors.add(0, key.clone(), format!("signing in by {way}: {why}"))).ok()
        };
        let port = match settings.get("port").and_then(Json::as_str).filter(|text| !text.is_empty()) {
            None => oauth.port,
            Some(text) => match text.parse::<u16>().ok().filter(|port| *port >= 1024) {
                Some(port) => Some(port),
                None => {
                    let message = format!("{text:?} is no port that a program may open: 1024 to 65535");
                    errors.add(0, format!("{at}.settings.port"), message);
                    None
                }
            },
        };
        let authorize = match &oauth.authorize {
            Some(template) => Some(address(template)?),
            None => None,
        };
        let device = match &oauth.device {
            Some(template) => Some(address(template)?),
            None => None,
        };
        let token = address(&oauth.token)?;
        let homes = oauth.hosts.iter().cloned();
        let homes =
            homes.chain([&authorize, &device].into_iter().flatten().chain([&token]).filter_map(domain)).collect();
        Some(Self {
            at: format!("{} ({})", manifest.name, config.name),
            source: config.name.to_string(),
            way: way.to_owned(),
            grants: oauth.grants.clone(),
            authorize,
            token,
            device,
            scopes: oauth.scopes.iter().filter_map(fill).collect::<Vec<_>>().join(" "),
            client_id: settings.get("client_id").and_then(Json::as_str).unwrap_or_default().to_owned(),
            secret: oauth.secret,
            basic: oauth.basic,
            json: oauth.json,
            keep: oauth.keep.clone(),
            port,
            extra: oauth.extra.iter().filter_map(|(name, value)| Some((name.clone(), fill(value)?))).collect(),
            homes,
            ca: setup::ca(config, errors, at),
        })
    }

    /// The way's name.
    pub fn way(&self) -> &str {
        &self.way
    }

    /// How it may be gone, the best first.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether the app's secret is to be asked for.
    pub fn secret_need(&self, grant: Grant) -> SecretNeed {
        match (grant, self.secret) {
            (Grant::ClientCredentials, _) => SecretNeed::Needed,
            (_, Some(need)) => need,
            (_, None) if self.basic => SecretNeed::Needed,
            (Grant::Pkce, None) => SecretNeed::Optional,
            (Grant::Device, None) => SecretNeed::None,
        }
    }

    /// Signs in.
    ///
    /// # Errors
    /// [`ConnectError::NotSignedIn`] with what to do; [`ConnectError::Unreachable`] and [`ConnectError::Transient`] where
    /// trying later helps.
    pub async fn run(
        &self,
        grant: Grant,
        secret: Option<SecretString>,
        person: &mut Person,
    ) -> Result<TokenSet, ConnectError> {
        match grant {
            Grant::Pkce => self.pkce(secret, person).await,
            Grant::Device => self.by_device(secret, person).await,
            Grant::ClientCredentials => self.client_credentials(secret).await,
        }
    }

    /// Renews a set: with its refresh token, or as an app. What the answer leaves out stays.
    ///
    /// # Errors
    /// As of [`Flow::run`].
    pub(super) async fn renew(&self, set: &TokenSet) -> Result<TokenSet, ConnectError> {
        if set.grant == Grant::ClientCredentials {
            return self.client_credentials(set.client_secret.clone()).await;
        }
        let Some(refresh) = &set.refresh else {
            return Err(self.not_signed_in(
                "the sign-in there has ended, and none was given that could be renewed".to_owned(),
                format!("Sign in again: rounds login {}", self.source),
            ));
        };
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())];
        let answer = self.post(&self.token, &fields, set.client_secret.as_ref()).await;
        let answer = answer.map_err(|refusal| self.failed(refusal, Doing::Renewing))?;
        self.set(set.grant, &answer, set.client_secret.clone(), Some(set))
    }

    async fn client_credentials(&self, secret: Option<SecretString>) -> Result<TokenSet, ConnectError> {
        let mut fields = vec![("grant_type", "client_credentials")];
        if !self.scopes.is_empty() {
            fields.push(("scope", &self.scopes));
        }
        let answer = self.post(&self.token, &fields, secret.as_ref()).await;
        let answer = answer.map_err(|refusal| self.failed(refusal, Doing::SigningIn))?;
        self.set(Grant::ClientCredentials, &answer, secret, None)
    }

    async fn pkce(&self, secret: Option<SecretString>, person: &mut Person) -> Result<TokenSet, ConnectError> {
        let pkce = Arc::new(Pkce::new());
        let then = || {
            format!(
                "Close it, or choose another port in settings (and in the app there), then: rounds login {}",
                self.source
            )
        };
        let mut door = Door::open(self.port, Arc::clone(&pkce)).await.map_err(|why| self.not_signed_in(why, then()))?;
        let redirect = redirect(door.port);
        let Some(address) = self.page(&pkce, &redirect) else {
            return Err(self.not_signed_in("it has no page to sign in on".to_owned(), "Take another way".to_owned()));
        };
        let opened = person.browser && browser::open(&address);
        let paste = person.pasted.is_some();
        let mut typed = person.pasted.take().map(|listen| listen());
        (person.says)(&Step::Open { address, opened, paste, redirect: redirect.clone() });
        let late = tokio::time::sleep(PATIENCE);
        tokio::pin!(late);
        let code = loop {
            let heard = tokio::select! {
                heard = door.next() => heard,
                line = line_of(&mut typed) => pkce.pasted(&line),
                () = &mut late => {
                    let because = format!("nobody signed in within {} minutes", PATIENCE.as_secs() / 60);
                    return Err(self.not_signed_in(because, format!("Try once more: rounds login {}", self.source)));
                }
            };
            match heard {
                Heard::Code(code) => break SecretString::from(code),
                Heard::Refused { code, words } => {
                    return Err(self.failed(Refusal::Error { code, words }, Doing::SigningIn));
                }
                Heard::WrongState => (person.says)(&Step::Remark(
                    "That answer belongs to another sign-in. Open the address above, and paste what that one ends on."
                        .to_owned(),
                )),
                Heard::Nothing => (person.says)(&Step::Remark(
                    "There is no code in that. Paste the whole address of the page, or only the code.".to_owned(),
                )),
            }
        };
        drop(door);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect.as_str()),
            ("code_verifier", pkce.verifier.as_str()),
        ];
        let answer = self.post(&self.token, &fields, secret.as_ref()).await;
        let answer = answer.map_err(|refusal| self.failed(refusal, Doing::SigningIn))?;
        self.set(Grant::Pkce, &answer, secret, None)
    }

    /// The page on which people sign in.
    fn page(&self, pkce: &Pkce, redirect: &str) -> Option<Url> {
        let mut url = self.authorize.clone()?;
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code");
        query.append_pair("client_id", &self.client_id);
        query.append_pair("redirect_uri", redirect);
        if !self.scopes.is_empty() {
            query.append_pair("scope", &self.scopes);
        }
        query.append_pair("state", &pkce.state);
        query.append_pair("code_challenge", &pkce.challenge());
        query.append_pair("code_challenge_method", "S256");
        query.extend_pairs(&self.extra);
        drop(query);
        Some(url)
    }

    /// Where the browser comes back, as the app there must list it.
    pub(super) fn redirect_shown(&self) -> String {
        self.port.map_or_else(|| "http://localhost/callback".to_owned(), redirect)
    }

    pub(super) fn token_address(&self) -> &Url {
        &self.token
    }

    pub(super) fn token_host(&self) -> &str {
        self.token.host_str().unwrap_or_default()
    }

    /// One question to an endpoint, with the app's id and secret where the connector wants them.
    pub(super) async fn post(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        secret: Option<&SecretString>,
    ) -> Result<Json, Refusal> {
        let limits = HttpLimits::default();
        let http = http_client(&limits, url.scheme() == "http", self.ca.as_deref())?;
        let mut fields: Vec<(&str, &str)> = fields.to_vec();
        let mut request = http.post(url.clone()).timeout(LIMIT).header("accept", "application/json");
        match secret {
            Some(secret) if self.basic => {
                let pair = format!("{}:{}", encoded(&self.client_id), encoded(secret.expose_secret()));
                let mut value = reqwest::header::HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
                    .map_err(|error| Refusal::Wrong(error.to_string()))?;
                value.set_sensitive(true);
                request = request.header(reqwest::header::AUTHORIZATION, value);
            }
            secret => {
                fields.push(("client_id", &self.client_id));
                if let Some(secret) = secret {
                    fields.push(("client_secret", secret.expose_secret()));
                }
            }
        }
        request = if self.json {
            let body: serde_json::Map<String, Json> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), Json::from(*value))).collect();
            request.header("content-type", "application/json").body(Json::Object(body).to_string())
        } else {
            request.form(&fields)
        };
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + chunk.len() > LONGEST {
                return Err(Refusal::Wrong("its answer is far too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        let secret = secret.map(|secret| secret.expose_secret());
        let open = ["grant_type", "scope", "client_id", "redirect_uri"];
        let sent = fields.iter().filter(|(name, _)| !open.contains(name)).map(|(_, value)| *value);
        let sent: Vec<&str> = sent.chain(secret).collect();
        read(response.status().as_u16(), &body, &sent)
    }

    /// The tokens of an answer.
    pub(super) fn set(
        &self,
        grant: Grant,
        answer: &Json,
        client_secret: Option<SecretString>,
        before: Option<&TokenSet>,
    ) -> Result<TokenSet, ConnectError> {
        let text = |key: &str| answer.get(key).map(plain_text).filter(|text| !text.is_empty());
        let Some(access) = text("access_token") else {
            let then = format!("Try once more: rounds login {}", self.source);
            return Err(self.not_signed_in(format!("the answer of {} holds no token", self.token_host()), then));
        };
        let mut kept = before.map(|set| set.kept.clone()).unwrap_or_default();
        for (name, path) in &self.keep {
            let value = path.find(answer).map(plain_text).unwrap_or_default();
            let value = crate::text::clean_line(&value);
            if value.is_empty() {
                continue;
            }
            self.stays(&value)?;
            kept.insert(name.clone(), value);
        }
        let seconds = text("expires_in").and_then(|text| text.parse::<f64>().ok()).filter(|seconds| *seconds > 0.0);
        let length = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.min(3e8)).ok());
        Ok(TokenSet {
            way: self.way.clone(),
            grant,
            access: SecretString::from(access),
            refresh: text("refresh_token")
                .map(SecretString::from)
                .or_else(|| before.and_then(|set| set.refresh.clone())),
            expires: length.and_then(|length| Timestamp::now().checked_add(length).ok()),
            kept,
            client_secret,
            scope: text("scope").or_else(|| before.and_then(|set| set.scope.clone())),
        })
    }

    /// An address in an answer says where the token goes next: only where the connector file lets it.
    fn stays(&self, value: &str) -> Result<(), ConnectError> {
        if !value.contains("://") {
            return Ok(());
        }
        let url = setup::address(value).map_err(|why| self.astray(&why))?;
        let host = url.host_str().unwrap_or_default();
        if at_home(host, &self.homes) { Ok(()) } else { Err(self.astray(&format!("it names another host, {host}"))) }
    }

    fn astray(&self, why: &str) -> ConnectError {
        self.not_signed_in(
            format!("the answer of {} is not taken: {why}; the token was sent nowhere", self.token_host()),
            format!("If that host is right, its domain belongs into hosts of auth.{} in the connector file", self.way),
        )
    }
}

fn redirect(port: u16) -> String {
    format!("http://localhost:{port}/callback")
}

/// RFC 6749, 2.3.1: id and secret are form-encoded before they become a header.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The next line; never, where nobody types or nobody types any more.
async fn line_of(lines: &mut Option<UnboundedReceiver<String>>) -> String {
    if let Some(open) = lines {
        if let Some(line) = open.recv().await {
            return line;
        }
        *lines = None;
    }
    std::future::pending().await
}
