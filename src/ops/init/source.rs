//! Which source it is, what its connector has to be told, and the sign-in.
//!
//! Decides which questions a connector needs answered: those of the way that is gone, and those of nobody else's. A sign-in
//! that fails is asked for again, with what may have been wrong; nothing of it is kept here.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use tokio::runtime::Runtime;
use toml::Table;

use super::{FILE, InitGiven, Interview};
use crate::book::row::Entity;
use crate::config::Settings;
use crate::connect::{self, ErrorClass, Manifest, Me, Route, RouteKind, SignIn, Source, SourceConfig, Status};
use crate::ops::sign_in::Gained;
use crate::ops::sources::exit_of;
use crate::ops::{Asks, Desk, OpsError, SecretNeed};

/// A connector on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub name: String,
    /// The outside system's name.
    pub system: String,
    pub about: String,
    /// Never run against the real thing.
    pub untested: bool,
    /// A file in the config folder.
    pub own: bool,
    /// Rights to grant there.
    pub needs: Vec<String>,
}

/// What a connector wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingQuestion {
    pub name: String,
    pub ask: String,
    pub example: Option<String>,
    /// What no answer means.
    pub default: Option<String>,
    pub choices: Vec<String>,
    /// There must be an answer.
    pub needed: bool,
}

/// The source as it will be written.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: String,
    pub table: Table,
    /// What is said behind a value, by its path.
    pub notes: BTreeMap<String, String>,
    pub replaced: bool,
}

/// A source that is signed in to.
pub(super) struct Ready {
    pub desk: Desk,
    pub runtime: Runtime,
    pub source: Arc<Source>,
    pub me: Me,
    pub way: String,
    pub gained: Option<Gained>,
    pub kept: Option<String>,
    sign_in: SignIn,
}

impl Ready {
    pub fn sign_in(&self) -> SignIn {
        self.sign_in.clone()
    }
}

impl Draft {
    pub fn new(name: &str, connector: &str) -> Self {
        let mut draft = Self { name: name.to_owned(), table: Table::new(), notes: BTreeMap::new(), replaced: false };
        draft.set_text("connector", Some(connector));
        draft
    }

    pub fn connector(&self) -> String {
        self.text("connector").unwrap_or_default()
    }

    /// Names the way where it is not the one that would be gone by itself.
    pub fn route_if_needed(&mut self, ready: &Ready) {
        self.set_text("sign_in", None);
        let Ok(config) = self.config() else { return };
        let Ok(manifest) = ready.desk.manifest(&config) else { return };
        let by_itself = connect::choose(&config, &manifest, None, None).ok().map(|chosen| chosen.way);
        if by_itself.as_deref() != Some(ready.way.as_str()) {
            self.set_text("sign_in", Some(&ready.way.clone()));
        }
    }
}

/// The connectors: those that come with Rounds, and the files of the config folder, which win.
fn offers(desk: &Desk) -> Vec<(Offer, Option<String>)> {
    let mut names: Vec<(String, bool)> = connect::built_ins().iter().map(|name| ((*name).to_owned(), false)).collect();
    let folder = desk.settings().folders.config.join("connectors");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.file_name();
        if let Some(name) = file.to_str().and_then(|name| name.strip_suffix(".toml")) {
            names.retain(|(known, _)| known != name);
            names.push((name.to_owned(), true));
        }
    }
    names.sort();
    let offer = |(name, own): (String, bool)| {
        let (offer, mistake) = match desk.manifest(&SourceConfig::new("new", &name)) {
            Ok(manifest) => (offer(&name, own, &manifest), None),
            Err(error) => {
                let about = "has mistakes".to_owned();
                let system = name.clone();
                (Offer { name, system, about, untested: true, own, needs: Vec::new() }, Some(error.message))
            }
        };
        (offer, mistake)
    };
    names.into_iter().map(offer).collect()
}

fn offer(name: &str, own: bool, manifest: &Manifest) -> Offer {
    let head = manifest.head();
    Offer {
        name: name.to_owned(),
        system: manifest.name().to_owned(),
        about: head.about.clone().unwrap_or_default(),
        untested: head.status == Status::Untested,
        own,
        needs: head.needs.clone(),
    }
}

/// Which connector, under which name.
pub(super) fn choose(
    desk: &Desk,
    before: &str,
    given: &InitGiven,
    interview: &mut dyn Interview,
) -> Result<Draft, OpsError> {
    let offers = offers(desk);
    let shown: Vec<Offer> = offers.iter().map(|(offer, _)| offer.clone()).collect();
    let mut known = given.connector.clone();
    let offer = loop {
        let answer = match known.take() {
            Some(name) => name,
            None => interview.connector(&shown)?,
        };
        match offers.iter().find(|(offer, _)| offer.name == answer) {
            Some((offer, None)) => break offer,
            Some((_, Some(mistake))) => interview.wrong("connector", OpsError { message: mistake.clone(), exit: 3 })?,
            None => {
                let names: Vec<&str> = shown.iter().map(|offer| offer.name.as_str()).collect();
                let says = format!("{answer:?} is no connector; there are {}", names.join(", "));
                interview.wrong("connector", OpsError::usage(says))?;
            }
        }
    };
    interview.chosen(offer);
    let manifest = desk.manifest(&SourceConfig::new("new", &offer.name))?;
    let taken = |name: &str| desk.settings().source(name).is_some();
    let brings = manifest.entities();
    let first = if brings.contains(&Entity::Account) && brings.contains(&Entity::Owner) { "crm" } else { &offer.name };
    let proposed = [first, &offer.name].into_iter().find(|name| !taken(name)).unwrap_or(first);
    let mut known = given.name.clone();
    let mut draft = loop {
        let name = match known.take() {
            Some(name) => name,
            None => interview.name(proposed)?,
        };
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            let says = format!("{name:?} is no name for a source: letters, digits, - and _");
            interview.wrong("name", OpsError::usage(says))?;
            continue;
        }
        let Some(old) = desk.settings().source(name) else { break Draft::new(name, &offer.name) };
        let all = before.parse::<Table>().unwrap_or_default();
        let table = all.get("source").and_then(|all| all.get(name)).and_then(toml::Value::as_table).cloned();
        let Some(table) = table else {
            let says = format!("local.toml has a source {name:?}, and is read after {FILE}: choose another name");
            interview.wrong("name", OpsError::usage(says))?;
            continue;
        };
        if interview.replace(name, &old.connector)? {
            let mut draft = Draft::new(name, &offer.name);
            // What was set by hand and is not asked for stays, where the connector is the same.
            if old.connector == offer.name {
                draft.table = table;
            }
            draft.replaced = true;
            break draft;
        }
    };
    if let Some(url) = &given.url {
        draft.set_text("url", Some(url));
    }
    Ok(draft)
}

/// Settings and sign-in, until somebody is signed in.
pub(super) fn sign_in(
    settings: &Settings,
    fixed: Option<Date>,
    draft: &mut Draft,
    interview: &mut dyn Interview,
) -> Result<Ready, OpsError> {
    let runtime = crate::ops::runtime()?;
    let mut way = None;
    // A token that was refused is not offered again.
    let mut refused = false;
    loop {
        let (desk, manifest) = desk(settings, fixed, draft)?;
        let routes = manifest.routes();
        let route = match &way {
            Some(route) => Route::clone(route),
            None => route(&routes, interview)?,
        };
        way = Some(route.clone());
        ask_settings(&manifest, &routes, &route, draft, interview)?;
        draft.set_text("sign_in", Some(&route.name));
        drop(desk);
        let (desk, manifest) = self::desk(settings, fixed, draft)?;
        let config = draft.config()?;
        if let Err(error) = desk.source(&config, manifest, SignIn::dry()) {
            interview.wrong("settings", error)?;
            continue;
        }
        match signed(&runtime, desk, &config, &route, refused, interview) {
            Ok((desk, source, sign_in, gained, kept, me)) => {
                let way = route.name;
                return Ok(Ready { desk, runtime, source: Arc::new(source), me, way, gained, kept, sign_in });
            }
            Err(Failed::Ends(error)) => return Err(error),
            Err(Failed::Again(key, error)) => {
                refused = refused || error.exit == 4;
                interview.wrong(key, error)?;
                // Somebody may have taken the wrong way altogether.
                way = None;
            }
        }
    }
}

/// A workspace that has the draft among its sources.
fn desk(settings: &Settings, fixed: Option<Date>, draft: &Draft) -> Result<(Desk, Manifest), OpsError> {
    let mut with = settings.clone();
    with.sources.retain(|source| source.name.as_str() != draft.name);
    with.sources.push(draft.config()?);
    let (desk, _) = Desk::open(with, fixed)?;
    let manifest = desk.manifest(&draft.config()?)?;
    Ok((desk, manifest))
}

fn route(routes: &[Route], interview: &mut dyn Interview) -> Result<Route, OpsError> {
    loop {
        let answer = match routes {
            [only] => return Ok(only.clone()),
            several => interview.way(several)?,
        };
        if let Some(route) = routes.iter().find(|route| route.name == answer) {
            return Ok(route.clone());
        }
        let names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
        interview.wrong(
            "way",
            OpsError::usage(format!("{answer:?} is no way to sign in; there are {}", names.join(", "))),
        )?;
    }
}

/// The settings that this way needs, and those that belong to no other way.
fn ask_settings(
    manifest: &Manifest,
    routes: &[Route],
    route: &Route,
    draft: &mut Draft,
    interview: &mut dyn Interview,
) -> Result<(), OpsError> {
    for (name, setting) in manifest.settings().iter().filter(|(_, setting)| !setting.secret) {
        let needed = route.needs.contains(name) || (setting.default.is_none() && !setting.optional);
        let of_another = routes.iter().any(|other| other.needs.contains(name));
        let Some(ask) = setting.ask.as_ref().filter(|_| needed || !of_another) else { continue };
        let before = draft.table.get("settings").and_then(|all| all.get(name)).and_then(toml::Value::as_str);
        let question = SettingQuestion {
            name: name.clone(),
            ask: ask.clone(),
            example: setting.example.clone(),
            default: before.map(str::to_owned).or_else(|| setting.default.clone()),
            choices: setting.choices.clone(),
            needed,
        };
        let answer = loop {
            let answer = interview.setting(&question)?.map(|answer| answer.trim().to_owned());
            let answer = answer.filter(|answer| !answer.is_empty()).or_else(|| question.default.clone());
            let wrong = match &answer {
                Some(answer) if !setting.takes(answer) => {
                    format!("{answer:?} is not one of the answers: {}", setting.choices.join(", "))
                }
                None if needed => "there must be an answer".to_owned(),
                _ => break answer,
            };
            interview.wrong(&format!("settings.{name}"), OpsError::usage(wrong))?;
        };
        let written = answer.filter(|answer| Some(answer) != setting.default.as_ref());
        draft.set_below(&["settings", name], written.as_deref(), None);
    }
    Ok(())
}

enum Failed {
    Ends(OpsError),
    Again(&'static str, OpsError),
}

impl From<OpsError> for Failed {
    fn from(error: OpsError) -> Self {
        Self::Ends(error)
    }
}

type Signed = (Desk, Source, SignIn, Option<Gained>, Option<String>, Me);

/// One try.
fn signed(
    runtime: &Runtime,
    desk: Desk,
    config: &SourceConfig,
    route: &Route,
    refused: bool,
    interview: &mut dyn Interview,
) -> Result<Signed, Failed> {
    let asks_nothing = matches!(route.kind, RouteKind::Nothing | RouteKind::Program(_));
    let there = if refused || asks_nothing { None } else { desk.signed_in(config, &desk.manifest(config)?).ok() };
    let there = match there {
        Some(there) if interview.stored(&there.from)? => Some(there),
        _ => None,
    };
    let (sign_in, gained, kept, renewal) = match there {
        Some(there) => (there.sign_in, None, Some(there.from), there.renewal),
        None => {
            let again = |error| Failed::Again("way", error);
            let plan = desk.login_plan(config.name.as_str(), Some(&route.name)).map_err(again)?;
            let answer = match &plan.asks {
                Asks::Nothing => None,
                Asks::Token(ask) => Some(needed(interview, ask)?),
                Asks::AppSecret(SecretNeed::Needed) => Some(needed(interview, "Client secret of the app")?),
                Asks::AppSecret(_) => interview.secret("Client secret of the app (empty if it has none)", true)?,
            };
            if plan.needs_person {
                desk.can_keep(&plan, &|| interview.passphrase())?;
            }
            let mut person = match plan.needs_person {
                true => interview.person(&route.name)?,
                false => crate::connect::Person::new(|_| {}),
            };
            let gained = desk.obtain(runtime, &plan, answer, &mut person).map_err(again)?;
            (gained.sign_in.clone(), Some(gained), None, None)
        }
    };
    let source = desk.source(config, desk.manifest(config)?, sign_in.clone())?;
    if let Some(renewal) = renewal {
        source.on_renewal(renewal);
    }
    let me = runtime.block_on(source.me()).map_err(|error| {
        let key = if error.class() == ErrorClass::SignIn { "token" } else { "settings" };
        Failed::Again(key, OpsError { message: error.to_string(), exit: exit_of(error.class()) })
    })?;
    Ok((desk, source, sign_in, gained, kept, me))
}

fn needed(interview: &mut dyn Interview, question: &str) -> Result<secrecy::SecretString, OpsError> {
    loop {
        if let Some(secret) = interview.secret(question, false)? {
            return Ok(secret);
        }
        interview.wrong("token", OpsError { message: "nothing was given".to_owned(), exit: 4 })?;
    }
}
