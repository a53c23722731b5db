//! A vendor with OAuth 2 on loopback: it checks what a vendor checks, and remembers what it gave.
//!
//! Decides only what is right by the RFCs (6749, 7636, 8628); what goes wrong is the test's to say, through [`Vendor::hook`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::common::{self, Home};
use crate::stub::{Answer, Asked, Stub};

pub const CLIENT: &str = "rounds-app";
pub const SECRET: &str = "app-secret-5Qv+8/w=";
pub const PLAIN: &str = "api-key-canary-77aa";

/// The connector of this vendor.
pub const CONNECTOR: &str = r#"connector = 1
name = "Small CRM"
base.url = "{{ settings.api }}"
me = { get = "/me", must = "id", keep = { user = "id", email = "email" } }
words = { message = ["message"] }
limits.all = { rate = "10000 / 1s", retry_base = "1ms", retry_cap = "2ms" }
[settings]
api = { ask = "Address of the API" }
login = { ask = "Address to sign in at" }
client_id = { ask = "Client id of the app", example = "rounds-app", optional = true }
token = { ask = "API key", secret = true, optional = true }
[auth.web]
kind = "oauth"
grants = ["pkce", "device"]
authorize = "{{ settings.login }}/authorize"
device = "{{ settings.login }}/device"
token = "{{ settings.login }}/token"
scopes = ["crm.read", "offline_access"]
secret = "none"
keep = { site = "site" }
[auth.app]
kind = "oauth"
grants = ["client_credentials"]
token = "{{ settings.login }}/token"
scopes = ["crm.read"]
client = "basic"
[auth.key]
kind = "bearer"
token = "{{ settings.token }}"
[streams.account]
map = { id = "id", name = "name", domain = "domain" }
first = { get = "/accounts", rows = "list", next = { kind = "cursor", read = "body:after", send = "query:after", stop = "absent" } }
"#;

/// What a test changes: an answer of its own, else the vendor's.
pub type Hook = Box<dyn Fn(&Asked, &mut Books) -> Option<Answer> + Send + Sync>;

/// What the vendor knows.
#[derive(Default)]
pub struct Books {
    /// Codes with the challenge and the redirect that they belong to.
    pub codes: BTreeMap<String, (String, String)>,
    /// Access tokens that are good.
    pub access: BTreeSet<String>,
    /// Refresh tokens that are good; one that is used is gone.
    pub refresh: BTreeSet<String>,
    /// What every token answer says of its age.
    pub expires_in: Option<u64>,
    /// Every secret that it ever gave or was sent.
    pub secrets: BTreeSet<String>,
    made: usize,
}

impl Books {
    /// A new pair of tokens.
    pub fn give(&mut self, refresh: bool) -> Json {
        self.made += 1;
        let access = format!("canary-access-{}-b7e1", self.made);
        self.access.insert(access.clone());
        self.secrets.insert(access.clone());
        let mut answer = json!({ "access_token": access, "token_type": "Bearer", "scope": "crm.read" });
        if refresh {
            let token = format!("canary-refresh-{}-c9d4", self.made);
            self.refresh.insert(token.clone());
            self.secrets.insert(token.clone());
            answer["refresh_token"] = json!(token);
        }
        if let Some(seconds) = self.expires_in {
            answer["expires_in"] = json!(seconds);
        }
        answer
    }
}

pub struct Vendor {
    pub stub: Stub,
    pub books: Arc<Mutex<Books>>,
}

impl Vendor {
    pub fn start() -> Self {
        Self::hook(Box::new(|_, _| None))
    }

    /// One that first asks the test.
    pub fn hook(hook: Hook) -> Self {
        let books: Arc<Mutex<Books>> = Arc::default();
        let shared = Arc::clone(&books);
        let stub = Stub::start(move |asked, _| {
            let mut books = shared.lock().unwrap();
            hook(asked, &mut books).unwrap_or_else(|| answer(asked, &mut books))
        });
        Self { stub, books }
    }

    pub fn url(&self) -> &str {
        &self.stub.url
    }

    /// The fields of every question to the token's endpoint.
    pub fn tokens_asked(&self) -> Vec<BTreeMap<String, String>> {
        self.stub.to("/token").iter().map(form).collect()
    }

    /// How often a token was renewed.
    pub fn renewals(&self) -> usize {
        self.tokens_asked().iter().filter(|fields| fields["grant_type"] == "refresh_token").count()
    }

    /// A workspace whose only source is this vendor, with a passphrase for its encrypted file.
    pub fn home(&self) -> Home {
        self.home_with("")
    }

    /// The same, with these lines under `[source.crm]`.
    pub fn home_with(&self, lines: &str) -> Home {
        let mut home = Home::with(&format!(
            "book = \"team\"\n[source.crm]\nconnector = \"smallcrm\"\n{lines}\n[source.crm.settings]\napi = \"{0}\"\n\
             login = \"{0}\"\nclient_id = \"{CLIENT}\"\n",
            self.url()
        ));
        std::fs::create_dir_all(home.config().join("connectors")).unwrap();
        std::fs::write(home.config().join("connectors/smallcrm.toml"), CONNECTOR).unwrap();
        home.env.insert("ROUNDS_PASSPHRASE".into(), PASSPHRASE.into());
        home
    }
}

pub const PASSPHRASE: &str = "canary passphrase 3f";

/// The fields of a body as a form.
pub fn form(asked: &Asked) -> BTreeMap<String, String> {
    form_urlencoded::parse(asked.text.as_bytes()).into_owned().collect()
}

pub fn refuse(status: u16, error: &str, words: &str) -> Answer {
    Answer::Json(status, json!({ "error": error, "error_description": words }))
}

/// The token that a request was sent with.
pub fn bearer(asked: &Asked) -> &str {
    asked.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
}

fn answer(asked: &Asked, books: &mut Books) -> Answer {
    match asked.path.as_str() {
        "/token" => token(asked, books),
        "/device" => Answer::Json(
            200,
            json!({ "device_code": "canary-device-code", "user_code": "WDJB-MJHT", "verification_uri": "https://small.example/device",
                    "expires_in": 900, "interval": 1 }),
        ),
        _ if bearer(asked) != PLAIN && !books.access.contains(bearer(asked)) => {
            Answer::Json(401, json!({ "message": format!("token {} is not good", bearer(asked)) }))
        }
        "/me" => Answer::Json(200, json!({ "id": 7, "email": "maya.chen@example.com" })),
        "/accounts" => match asked.query("after") {
            None => Answer::Json(
                200,
                json!({ "list": [{ "id": "1", "name": "Acme", "domain": "acme.example" }], "after": "1" }),
            ),
            Some(_) => Answer::Json(200, json!({ "list": [{ "id": "2", "name": "Beta", "domain": "beta.example" }] })),
        },
        other => Answer::Json(404, json!({ "message": format!("no {other}") })),
    }
}

fn token(asked: &Asked, books: &mut Books) -> Answer {
    let fields = form(asked);
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", encoded(SECRET))));
    match field("grant_type") {
        "client_credentials" => match asked.header("authorization") {
            Some(sent) if sent == basic => Answer::Json(200, books.give(false)),
            _ => refuse(401, "invalid_client", "unknown client or wrong secret"),
        },
        _ if field("client_id") != CLIENT => refuse(401, "invalid_client", "unknown client"),
        "authorization_code" => {
            let Some((challenge, redirect)) = books.codes.remove(field("code")) else {
                return refuse(400, "invalid_grant", "unknown code");
            };
            books.secrets.insert(field("code_verifier").to_owned());
            if URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier"))) != challenge {
                return refuse(400, "invalid_grant", "code_verifier does not match");
            }
            if redirect != field("redirect_uri") {
                return refuse(400, "invalid_grant", "redirect_uri does not match");
            }
            Answer::Json(200, books.give(true))
        }
        "refresh_token" => {
            if !books.refresh.remove(field("refresh_token")) {
                return refuse(400, "invalid_grant", &format!("{} is spent", field("refresh_token")));
            }
            Answer::Json(200, books.give(true))
        }
        "urn:ietf:params:oauth:grant-type:device_code" if field("device_code") == "canary-device-code" => {
            Answer::Json(200, books.give(true))
        }
        other => refuse(400, "unsupported_grant_type", other),
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The page on which somebody signed in: what its address asked for, checked, and where the browser goes next.
pub struct Page {
    pub query: BTreeMap<String, String>,
}

impl Page {
    /// Reads the address as the vendor would.
    pub fn open(address: &Url, vendor: &Vendor) -> Self {
        assert!(address.as_str().starts_with(&format!("{}/authorize?", vendor.url())), "{address}");
        let query: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("scope", "crm.read offline_access"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(query[name], value, "{address}");
        }
        assert!(query["state"].len() >= 32 && query["code_challenge"].len() == 43, "{address}");
        assert!(query["redirect_uri"].starts_with("http://localhost:"), "{address}");
        Self { query }
    }

    /// The vendor's code for whoever signed in.
    pub fn code(&self, vendor: &Vendor, code: &str) -> String {
        let belongs = (self.query["code_challenge"].clone(), self.query["redirect_uri"].clone());
        let mut books = vendor.books.lock().unwrap();
        books.codes.insert(code.to_owned(), belongs);
        books.secrets.insert(code.to_owned());
        code.to_owned()
    }

    /// Where the browser is sent with that answer.
    pub fn redirect(&self, answer: &[(&str, &str)]) -> Url {
        let mut url = Url::parse(&self.query["redirect_uri"]).unwrap();
        url.query_pairs_mut().extend_pairs(answer);
        url
    }

    /// The browser goes there; the page that it shows.
    pub fn visit(&self, answer: &[(&str, &str)]) -> String {
        let url = self.redirect(answer);
        let at = format!("http://localhost:{}", url.port().unwrap());
        common::http(&at, "GET", &format!("{}?{}", url.path(), url.query().unwrap()), "", None)
    }

    pub fn state(&self) -> &str {
        &self.query["state"]
    }
}
