//! The ways to sign in that a connector file offers, in its order.
//!
//! Decides what a way may say and which settings it needs. It sends nothing, and only a connector that comes with Rounds
//! may run a program.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Item, Setting, Tab, template};
use crate::connect::formula::{Template, to_mj};
use crate::connect::path::Path;

/// One way to sign in, by its name: `auth.NAME`.
#[derive(Debug)]
pub(crate) struct Way {
    pub name: String,
    pub auth: Auth,
}

/// How a token is come by, and how it is sent.
// OAuth is the standard's name, not a kind of ours.
#[allow(clippy::enum_variant_names)]
#[derive(Debug)]
pub(crate) enum Auth {
    /// `Authorization: <prefix> <token>`
    Bearer { prefix: String, token: Template },
    /// Any header.
    Header { name: String, value: Template },
    /// `Authorization: Basic ...`
    Basic { user: Template, password: Template },
    /// A query parameter: lands in logs, so only where nothing else works.
    Query { name: String, value: Template },
    /// Nobody has to sign in.
    None,
    /// A token that a person or an app is given by OAuth 2, and that is renewed.
    OAuth(Box<OAuth>),
    /// A token that a program on this machine prints.
    Command(Box<Ask>),
}

/// How the sign-in itself goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// In a browser, with the answer sent to a port of this machine or pasted.
    Pkce,
    /// A code to be typed into a page on any machine.
    Device,
    /// An app of its own, without a person.
    ClientCredentials,
}

impl Grant {
    /// All, with the names that files and flags use.
    pub const ALL: [(&'static str, Self); 3] =
        [("pkce", Self::Pkce), ("device", Self::Device), ("client_credentials", Self::ClientCredentials)];
}

/// Whether a client secret is asked for when somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretNeed {
    /// The app has one.
    Needed,
    /// It may have one.
    Optional,
    /// It has none.
    None,
}

/// OAuth 2: where to ask, and how.
#[derive(Debug)]
pub(crate) struct OAuth {
    pub grants: Vec<Grant>,
    pub authorize: Option<Template>,
    pub token: Template,
    pub device: Option<Template>,
    pub scopes: Vec<Template>,
    /// The client's id and secret go into the header `Authorization: Basic`, not into the body.
    pub basic: bool,
    /// The body is JSON, not a form.
    pub json: bool,
    pub prefix: String,
    /// Values of the token's answer, for `sign_in.*`.
    pub keep: BTreeMap<String, Path>,
    pub port: Option<u16>,
    /// More parameters of the page on which people sign in.
    pub extra: Vec<(String, Template)>,
    pub secret: Option<SecretNeed>,
    /// Domains to which a kept value may lead, beside the domain of the endpoints.
    pub hosts: Vec<String>,
}

/// A program that prints a token.
#[derive(Debug)]
pub(crate) struct Ask {
    pub run: Vec<Template>,
    pub token: Path,
    /// What it prints where it hides the token.
    pub refuse: Option<String>,
    pub prefix: String,
    /// A second run, for values that `sign_in.*` holds.
    pub also: Option<(Vec<Template>, BTreeMap<String, Path>)>,
    /// The command with which a person signs in to that program.
    pub help: Option<Template>,
}

impl Way {
    /// The settings without which this way can't be gone; empty: all are given.
    pub fn missing(&self, settings: &Json) -> Vec<String> {
        let mut filled = settings.clone();
        filled["token"] = Json::from("-");
        // An empty answer is none.
        if let Some(map) = filled.as_object_mut() {
            map.retain(|_, value| value.as_str() != Some(""));
        }
        let mj = to_mj(&json!({ "settings": filled }));
        let mut missing = Vec::new();
        for template in self.templates() {
            let given = template.text(&mj).is_ok_and(|text| !text.is_empty() || !template.mentions("settings"));
            if !given {
                let names = template.names();
                let absent = names
                    .iter()
                    .filter_map(|name| name.strip_prefix("settings."))
                    .filter(|name| filled.get(name).is_none_or(|value| value.as_str().is_some_and(str::is_empty)));
                missing.extend(absent.map(str::to_owned));
            }
        }
        if matches!(self.auth, Auth::OAuth(_)) && filled["client_id"].as_str().is_none_or(str::is_empty) {
            missing.push("client_id".to_owned());
        }
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// What must have a value.
    fn templates(&self) -> Vec<&Template> {
        match &self.auth {
            Auth::Bearer { token, .. } => vec![token],
            Auth::Header { value, .. } | Auth::Query { value, .. } => vec![value],
            Auth::Basic { user, password } => vec![user, password],
            Auth::None => Vec::new(),
            Auth::OAuth(oauth) => std::iter::once(&oauth.token)
                .chain(&oauth.authorize)
                .chain(&oauth.device)
                .chain(&oauth.scopes)
                .collect(),
            Auth::Command(ask) => ask.run.iter().chain(ask.also.iter().flat_map(|(run, _)| run)).collect(),
        }
    }
}

/// Reads `auth`. `ours`: the file comes with Rounds.
pub(super) fn read(tab: &Tab<'_>, settings: &BTreeMap<String, Setting>, ours: bool) -> Vec<Way> {
    let Some(list) = tab.table("auth") else {
        if tab.get("auth").is_none() {
            tab.errors.add(1, "auth", "is missing: how the token is sent");
        }
        return Vec::new();
    };
    if list.all().is_empty() {
        list.errors.add(list.line, "auth", "names no way to sign in");
    }
    let mut ways = Vec::new();
    for (name, node) in list.all() {
        let Some(one) = Tab::of(node, list.at(name), list.errors) else { continue };
        if let Some(auth) = read_one(&one, ours) {
            let way = Way { name: name.clone(), auth };
            check_settings(&way, settings, &one);
            ways.push(way);
            // Of a way of an unknown kind no word is known.
            one.done();
        }
    }
    ways
}

fn read_one(one: &Tab<'_>, ours: bool) -> Option<Auth> {
    #[derive(Clone, Copy)]
    enum K {
        Bearer,
        Header,
        Basic,
        Query,
        None,
        OAuth,
        Command,
    }
    let kinds = [
        ("bearer", K::Bearer),
        ("header", K::Header),
        ("basic", K::Basic),
        ("query", K::Query),
        ("none", K::None),
        ("oauth", K::OAuth),
        ("command", K::Command),
    ];
    if one.get("kind").is_none() {
        one.errors.add(
            one.line,
            one.at("kind"),
            "is missing; allowed: bearer, header, basic, query, none, oauth, command",
        );
    }
    let get = |key: &'static str| one.need(key).and_then(|text| template(&text, one, key));
    Some(match one.one_of("kind", &kinds)? {
        K::Bearer => Auth::Bearer { prefix: prefix(one), token: get("token")? },
        K::Header => Auth::Header { name: one.need("name")?, value: get("value")? },
        K::Basic => Auth::Basic { user: get("user")?, password: get("password")? },
        K::Query => Auth::Query { name: one.need("name")?, value: get("value")? },
        K::None => Auth::None,
        K::OAuth => Auth::OAuth(Box::new(read_oauth(one)?)),
        K::Command => Auth::Command(Box::new(read_command(one, ours)?)),
    })
}

fn prefix(one: &Tab<'_>) -> String {
    one.text("prefix").unwrap_or_else(|| "Bearer".to_owned())
}

fn read_oauth(one: &Tab<'_>) -> Option<OAuth> {
    let get = |key: &'static str| one.text(key).and_then(|text| template(&text, one, key));
    let mut grants = Vec::new();
    let grants_line = one.get("grants").map_or(one.line, |node| node.line);
    for name in one.texts("grants") {
        match Grant::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, grant)) => grants.push(*grant),
            None => one.errors.add(
                grants_line,
                one.at("grants"),
                format!("{name:?} is unknown here; allowed: pkce, device, client_credentials"),
            ),
        }
    }
    if grants.is_empty() && one.get("grants").is_none_or(|node| matches!(&node.item, Item::List(l) if l.is_empty())) {
        one.errors.add(grants_line, one.at("grants"), "is missing; allowed: pkce, device, client_credentials");
    }
    let (authorize, token, device) = (get("authorize"), get("token"), get("device"));
    for (grant, key, there) in [
        (None, "token", token.is_some()),
        (Some(Grant::Pkce), "authorize", authorize.is_some()),
        (Some(Grant::Device), "device", device.is_some()),
    ] {
        if !there && grant.is_none_or(|grant| grants.contains(&grant)) && one.get(key).is_none() {
            one.errors.add(one.line, one.at(key), "is missing; an address is needed");
        }
    }
    let port = one.number("port").and_then(|port| {
        let port = u16::try_from(port).ok().filter(|port| *port >= 1024);
        if port.is_none() {
            one.errors.add(one.line, one.at("port"), "is no port that a program may open: 1024 to 65535");
        }
        port
    });
    let mut extra = Vec::new();
    if let Some(list) = one.table("extra") {
        for (key, node) in list.all() {
            match &node.item {
                Item::Text(text) => extra.extend(template(text, &list, key).map(|template| (key.clone(), template))),
                _ => list.wrong(key, node, "a text"),
            }
        }
    }
    let needs = [("needed", SecretNeed::Needed), ("optional", SecretNeed::Optional), ("none", SecretNeed::None)];
    Some(OAuth {
        grants,
        authorize,
        device,
        scopes: one.texts("scopes").iter().filter_map(|text| template(text, one, "scopes")).collect(),
        basic: one.one_of("client", &[("body", false), ("basic", true)]).unwrap_or(false),
        json: one.one_of("body", &[("form", false), ("json", true)]).unwrap_or(false),
        prefix: prefix(one),
        keep: super::parts::read_keep(one),
        port,
        extra,
        secret: one.one_of("secret", &needs),
        hosts: one.texts("hosts"),
        token: token?,
    })
}

fn read_command(one: &Tab<'_>, ours: bool) -> Option<Ask> {
    if !ours {
        one.errors.add(
            one.line,
            one.at("kind"),
            "a connector from the config folder can't run a program; name the program as token_command of the source in \
             config.toml, and use kind = \"bearer\" here",
        );
        // Nothing else about it would help.
        for key in ["run", "token", "refuse", "prefix", "also", "help"] {
            let _ = one.get(key);
        }
        return None;
    }
    let run = command(one);
    let token = super::need_path(one, "token");
    let also = one.table("also").map(|also| {
        let read = (command(&also), super::parts::read_keep(&also));
        also.done();
        read
    });
    Some(Ask {
        refuse: one.text("refuse"),
        prefix: prefix(one),
        help: one.text("help").and_then(|text| template(&text, one, "help")),
        run: run?,
        token: token?,
        also: match also {
            Some((run, keep)) => Some((run?, keep)),
            None => None,
        },
    })
}

fn command(tab: &Tab<'_>) -> Option<Vec<Template>> {
    let run: Vec<Template> = tab.texts("run").iter().filter_map(|text| template(text, tab, "run")).collect();
    if run.is_empty() {
        tab.errors.add(tab.line, tab.at("run"), "is missing; a list of the program and its arguments is needed");
        return None;
    }
    Some(run)
}

/// A misspelt setting would never be filled, and the way never be gone.
fn check_settings(way: &Way, settings: &BTreeMap<String, Setting>, one: &Tab<'_>) {
    let names = way.templates().into_iter().flat_map(Template::names);
    let mut wanted: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix("settings.")?.split('.').next()?.to_owned())).collect();
    if matches!(way.auth, Auth::OAuth(_)) {
        wanted.push("client_id".to_owned());
    }
    wanted.sort_unstable();
    wanted.dedup();
    for name in wanted.iter().filter(|name| !settings.contains_key(*name)) {
        one.errors.add(one.line, &one.path, format!("needs a setting {name:?} that stands under `settings`"));
    }
}

#[cfg(test)]
mod tests;
