//! Signing in to sources: which way is gone, where its tokens are kept, and whom they belong to.
//!
//! Decides where a sign-in is looked for and how it is proved. How tokens are come by is `connect`'s, how they are kept
//! `secrets`'.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::connect::{
    self, Grant, Manifest, Me, Means, Person, Program, Renewal, Renewer, SecretNeed, SignIn, SourceConfig, TokenSet,
    Vault,
};
use crate::ops::{Desk, OpsError};
use crate::secrets::{self, Place, SecretError};

/// Who a source's token belongs to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identity {
    pub source: String,
    /// E-mail, else what the source says.
    pub who: Option<String>,
    /// Where the token was found: a variable, a command, the keyring, the encrypted file.
    pub token_from: String,
    pub error: Option<String>,
    #[serde(skip)]
    pub exit: u8,
}

/// What a sign-in is to ask before it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    Nothing,
    /// A token; the question.
    Token(String),
    /// The secret of an app.
    AppSecret(SecretNeed),
}

/// A sign-in that is about to happen.
#[derive(Debug)]
pub struct LoginPlan {
    /// The connector's way.
    pub way: String,
    /// What is to be asked first.
    pub asks: Asks,
    /// Somebody has to look at a page: there must be somebody.
    pub needs_person: bool,
    pub(super) config: SourceConfig,
    grant: Option<Grant>,
    means: Means,
}

/// What a sign-in brought, before anything of it is kept.
#[derive(Debug)]
pub(super) struct Gained {
    pub sign_in: SignIn,
    /// What to keep; `None`: nothing has to be.
    secret: Option<SecretString>,
    /// How the sentence about where it is kept begins, or all of it.
    says: String,
}

/// A source's sign-in.
pub(super) struct Signed {
    pub sign_in: SignIn,
    /// Where its token was found.
    pub from: String,
    pub renewal: Option<Renewal>,
}

/// Where the sign-in of a source is kept on this machine.
struct Kept {
    source: String,
    command: Option<String>,
    file: PathBuf,
    lock: PathBuf,
    place: Mutex<Place>,
}

impl Vault for Kept {
    fn load(&self) -> Result<TokenSet, String> {
        let found = secrets::find(&self.source, self.command.as_deref(), &self.file).map_err(|error| match error {
            SecretError::NotFound { tried, .. } => {
                format!("it is kept nowhere any more; looked at {}", tried.join("; "))
            }
            other => other.to_string(),
        })?;
        let set = TokenSet::parse(&found.token).ok_or_else(|| format!("a plain token is in {} now", found.place))?;
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = found.place;
        Ok(set)
    }

    fn save(&self, set: &TokenSet) -> Result<(), String> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        *place =
            secrets::replace(&self.source, &set.to_text(), &place, &self.file).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn lock_file(&self) -> PathBuf {
        self.lock.clone()
    }
}

/// A token that is refused in the middle of a pull may have been renewed where it is kept: looks there once more.
/// The same token again is none.
fn look_again(config: &SourceConfig, file: PathBuf, first: SecretString) -> Renewal {
    let (name, command) = (config.name.to_string(), config.token_command.clone());
    let last = Arc::new(Mutex::new(first));
    Arc::new(move || {
        let (name, command, file, last) = (name.clone(), command.clone(), file.clone(), Arc::clone(&last));
        Box::pin(async move {
            let look = move || secrets::find(&name, command.as_deref(), &file).ok();
            let Some(found) = tokio::task::spawn_blocking(look).await.ok().flatten() else { return Ok(None) };
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if found.token.expose_secret() == last.expose_secret() {
                return Ok(None);
            }
            *last = found.token.clone();
            let set = TokenSet::parse(&found.token);
            Ok(Some(set.map_or_else(|| SignIn::from(found.token), |set| set.sign_in())))
        })
    })
}

impl Desk {
    fn chosen(
        &self,
        config: &SourceConfig,
        manifest: &Manifest,
        wanted: Option<&str>,
        stored: Option<&str>,
    ) -> Result<connect::Chosen, OpsError> {
        connect::choose(config, manifest, wanted, stored).map_err(|error| self.placed(error))
    }

    /// The sign-in of a source as it is kept, with what renews it. May take seconds.
    pub(super) fn signed_in(&self, config: &SourceConfig, manifest: &Manifest) -> Result<Signed, OpsError> {
        let name = config.name.as_str();
        if let Some(token) = self.held.get(name) {
            return Ok(Signed { sign_in: token.clone().into(), from: "memory".to_owned(), renewal: None });
        }
        match self.chosen(config, manifest, None, None)?.means {
            Means::Nothing => {
                let sign_in = SignIn::from(SecretString::from(String::new()));
                return Ok(Signed { sign_in, from: "none is needed".to_owned(), renewal: None });
            }
            Means::Program(program) => return by_program(&program),
            Means::Token { .. } | Means::OAuth(_) => {}
        }
        let file = self.settings().token_file();
        let found = secrets::find(name, config.token_command.as_deref(), &file)
            .map_err(|error| OpsError { message: error.to_string(), exit: 4 })?;
        let from = found.place.to_string();
        let Some(set) = TokenSet::parse(&found.token) else {
            let renewal = Some(look_again(config, file, found.token.clone()));
            return Ok(Signed { sign_in: found.token.into(), from, renewal });
        };
        let chosen = self.chosen(config, manifest, None, Some(&set.way))?;
        let flow = match chosen.means {
            Means::OAuth(flow) if chosen.way == set.way => flow,
            _ => {
                let message = format!(
                    "{name} was signed in to by {}, and now goes by {}. Sign in again: rounds login {name}",
                    set.way, chosen.way
                );
                return Err(OpsError { message, exit: 4 });
            }
        };
        let vault = Kept {
            source: name.to_owned(),
            command: config.token_command.clone(),
            lock: file.with_file_name(format!("sign-in-{name}.lock")),
            file,
            place: Mutex::new(found.place),
        };
        let sign_in = set.sign_in();
        Ok(Signed { sign_in, from, renewal: Some(Renewer::new(*flow, Arc::new(vault), set).renewal()) })
    }

    /// What signing in to a source takes, by the way of that name (or `pkce`, `device`, `client_credentials`); else by the
    /// way that it was signed in to before, or that comes first.
    pub fn login_plan(&self, source: &str, way: Option<&str>) -> Result<LoginPlan, OpsError> {
        let config = self.source_settings(source)?.clone();
        let manifest = self.manifest(&config)?;
        let named = Grant::ALL.iter().find(|(name, _)| Some(*name) == way).map(|(_, grant)| *grant);
        let of_grant = |grant: Grant| manifest.ways().find(|(_, grants)| grants.contains(&grant)).map(|(name, _)| name);
        let by_name = manifest.ways().any(|(name, _)| Some(name) == way);
        let (wanted, named) = if by_name { (way, None) } else { (named.and_then(of_grant).or(way), named) };
        let before = match wanted {
            Some(_) => None,
            None => secrets::find(source, config.token_command.as_deref(), &self.settings().token_file())
                .ok()
                .and_then(|found| TokenSet::parse(&found.token)),
        };
        let chosen = self.chosen(&config, &manifest, wanted, before.as_ref().map(|set| set.way.as_str()))?;
        let before = before.filter(|set| set.way == chosen.way).map(|set| set.grant);
        let mut plan = LoginPlan {
            way: chosen.way,
            asks: Asks::Nothing,
            needs_person: false,
            config,
            grant: None,
            means: chosen.means,
        };
        match &plan.means {
            Means::Nothing | Means::Program(_) => {}
            Means::Token { ask } => plan.asks = Asks::Token(ask.clone()),
            Means::OAuth(flow) => {
                let offered = |grant: &Grant| flow.grants().contains(grant);
                let grant = named.or(before).filter(offered).or_else(|| flow.grants().first().copied());
                let Some(grant) = grant else {
                    return Err(OpsError::usage(format!("auth.{} of the connector names no grant", plan.way)));
                };
                plan.asks = match flow.secret_need(grant) {
                    SecretNeed::None => Asks::Nothing,
                    need => Asks::AppSecret(need),
                };
                plan.needs_person = grant != Grant::ClientCredentials;
                plan.grant = Some(grant);
            }
        }
        Ok(plan)
    }

    /// Signs in as planned, keeps what came of it where this machine keeps secrets, and proves it. `answer` is what was
    /// asked for, `ask` gives the passphrase of the encrypted file where there is no keyring. Says who it is.
    pub fn login(
        &self,
        plan: LoginPlan,
        answer: Option<SecretString>,
        mut person: Person,
        ask: &dyn Fn() -> Option<SecretString>,
    ) -> Result<String, OpsError> {
        let name = plan.config.name.as_str();
        // Proved by the way that was gone, whatever the settings name.
        let config = &SourceConfig { sign_in: Some(plan.way.clone()), ..plan.config.clone() };
        let manifest = self.manifest(config)?;
        let runtime = super::runtime()?;
        self.can_keep(&plan, ask)?;
        let gained = self.obtain(&runtime, &plan, answer, &mut person)?;
        let kept = self.keep_sign_in(name, &gained, ask)?;
        let sign_in = gained.sign_in;
        let stored = sign_in.way.clone();
        let source = self.source(config, self.manifest(config)?, sign_in)?;
        let me = runtime.block_on(source.me()).map_err(|error| {
            let error = OpsError::from(error);
            OpsError { message: format!("{kept}, but it is not proved: {}", error.message), exit: error.exit }
        })?;
        let who = self.who(config, &me).map(|who| format!(" as {who}")).unwrap_or_default();
        let mut said = format!("signed in to {}{who}; {kept}", source.shown());
        if let Some(first) = self.comes_first(config, &plan.means) {
            said.push_str(&format!("\n{first} comes first, though: without it, this sign-in is used"));
        }
        let used = self.chosen(&plan.config, &manifest, None, stored.as_deref())?.way;
        if used != plan.way {
            said.push_str(&format!(
                "\n{name} goes by {used} so far: for this way add the line sign_in = \"{}\" under [source.{name}] in config.toml",
                plan.way
            ));
        }
        Ok(said)
    }

    /// Whether what this sign-in will bring can be kept: asked before somebody signs in for nothing.
    pub(super) fn can_keep(&self, plan: &LoginPlan, ask: &dyn Fn() -> Option<SecretString>) -> Result<(), OpsError> {
        if !matches!(plan.means, Means::OAuth(_)) {
            return Ok(());
        }
        secrets::can_keep(plan.config.name.as_str(), &self.settings().token_file(), ask)
            .map_err(|error| OpsError::failed(error.to_string()))
    }

    /// Goes the way that was planned, and keeps nothing.
    pub(super) fn obtain(
        &self,
        runtime: &tokio::runtime::Runtime,
        plan: &LoginPlan,
        answer: Option<SecretString>,
        person: &mut Person,
    ) -> Result<Gained, OpsError> {
        Ok(match &plan.means {
            Means::Nothing => Gained {
                sign_in: SignIn::from(SecretString::from(String::new())),
                secret: None,
                says: "nothing had to be kept".to_owned(),
            },
            Means::Program(program) => Gained {
                sign_in: by_program(program)?.sign_in,
                secret: None,
                says: format!("{} is asked each time, nothing is kept", program.name()),
            },
            Means::Token { .. } => {
                let token = answer.ok_or_else(|| OpsError::usage("no token was given: nothing was stored"))?;
                Gained { sign_in: SignIn::from(token.clone()), secret: Some(token), says: "the token is in".to_owned() }
            }
            Means::OAuth(flow) => {
                let set = runtime.block_on(flow.run(plan.grant.unwrap_or(Grant::Pkce), answer, person))?;
                let config = &SourceConfig { sign_in: Some(plan.way.clone()), ..plan.config.clone() };
                // Before it is kept: it must lead to this source's own hosts.
                self.source(config, self.manifest(config)?, set.sign_in())?;
                Gained { sign_in: set.sign_in(), secret: Some(set.to_text()), says: "the sign-in is in".to_owned() }
            }
        })
    }

    /// Keeps what a sign-in brought where this machine keeps secrets. Says where.
    pub(super) fn keep_sign_in(
        &self,
        name: &str,
        gained: &Gained,
        ask: &dyn Fn() -> Option<SecretString>,
    ) -> Result<String, OpsError> {
        let Some(secret) = &gained.secret else { return Ok(gained.says.clone()) };
        let place = secrets::store(name, secret, &self.settings().token_file(), ask)
            .map_err(|error| OpsError::failed(error.to_string()))?;
        Ok(format!("{} {place}", gained.says))
    }

    /// What is asked before keyring and file, where something is kept there.
    fn comes_first(&self, config: &SourceConfig, means: &Means) -> Option<String> {
        if !matches!(means, Means::Token { .. } | Means::OAuth(_)) {
            return None;
        }
        let found = secrets::find(config.name.as_str(), config.token_command.as_deref(), &self.settings().token_file());
        match found.ok()?.place {
            place @ (Place::Environment(_) | Place::Command) => Some(place.to_string()),
            Place::Keyring | Place::File(_) => None,
        }
    }

    /// Forgets a source's token. Says from where.
    pub fn logout(&self, source: &str, ask: &dyn Fn() -> Option<SecretString>) -> Result<String, OpsError> {
        self.source_settings(source)?;
        let places = secrets::forget(source, &self.settings().token_file(), ask)
            .map_err(|error| OpsError::failed(error.to_string()))?;
        if places.is_empty() {
            return Ok(format!("no token of {source} is kept here"));
        }
        let places: Vec<String> = places.iter().map(ToString::to_string).collect();
        Ok(format!(
            "the token of {source} is gone from {}; revoke it there too if it may have leaked",
            places.join(" and ")
        ))
    }

    /// Who the tokens belong to.
    pub fn whoami(&self, only: Option<&str>) -> Result<Vec<Identity>, OpsError> {
        let configs: Vec<SourceConfig> = match only {
            Some(name) => vec![self.source_settings(name)?.clone()],
            None => self.settings().sources.clone(),
        };
        let runtime = super::runtime()?;
        Ok(configs.iter().map(|config| self.identity(&runtime, config)).collect())
    }

    fn identity(&self, runtime: &tokio::runtime::Runtime, config: &SourceConfig) -> Identity {
        let mut identity =
            Identity { source: config.name.to_string(), who: None, token_from: String::new(), error: None, exit: 0 };
        let result = self.manifest(config).and_then(|manifest| {
            let signed = self.signed_in(config, &manifest)?;
            identity.token_from = signed.from;
            let source = self.source(config, manifest, signed.sign_in)?;
            if let Some(renewal) = signed.renewal {
                source.on_renewal(renewal);
            }
            Ok(runtime.block_on(source.me())?)
        });
        match result {
            Ok(me) => identity.who = self.who(config, &me),
            Err(error) => {
                identity.exit = error.exit;
                identity.error = Some(error.message);
            }
        }
        identity
    }

    /// Whom a token belongs to. That of an app belongs to nobody: then the account there is what can be said.
    pub(super) fn who(&self, config: &SourceConfig, me: &Me) -> Option<String> {
        let portal = me.kept.get("portal").map(|portal| format!("account {portal}"));
        let user = me.user().map(|user| format!("user {user}"));
        self.email_of(&config.name, me).ok().flatten().or(portal).or(user)
    }
}

fn by_program(program: &Program) -> Result<Signed, OpsError> {
    let sign_in = program.sign_in()?;
    let renewal = Some(program.renewal(sign_in.token.clone()));
    Ok(Signed { sign_in, from: program.name().to_owned(), renewal })
}
