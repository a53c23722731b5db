//! The smaller tables of a connector: settings, who signed in, small lists to look words up in.
//!
//! Decides what each may say. What is asked and when is the source's.

use std::collections::BTreeMap;

use super::found::Asks;
use super::{Grant, Item, Paged, ReadValue, Request, Tab, map, need_path, path};
use crate::connect::path::Path;

/// A setting that a user gives or leaves at its default.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// The question `init` asks.
    pub ask: Option<String>,
    /// What an answer looks like.
    pub example: Option<String>,
    /// The value when none is given.
    pub default: Option<String>,
    /// It is the token, and comes from the places where tokens are kept.
    pub secret: bool,
    /// It may be left out.
    pub optional: bool,
    /// The answers that there are; empty: any.
    pub choices: Vec<String>,
}

/// A way to sign in, as a person chooses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name: `auth.NAME`.
    pub name: String,
    /// How it is gone.
    pub kind: RouteKind,
    /// The settings that it needs and that have no default.
    pub needs: Vec<String>,
}

/// How a way to sign in is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// Nothing is needed.
    Nothing,
    /// A token, key or password that somebody was given.
    Token,
    /// OAuth 2, by these grants.
    OAuth(Vec<Grant>),
    /// A program of this machine is asked; its name, where that is fixed.
    Program(Option<String>),
}

/// The call that proves a sign-in, and what is kept of its answer.
#[derive(Debug)]
pub(crate) struct MeSpec {
    pub asks: Asks,
    pub request: Request,
    /// Must be there: a 200 may be nobody.
    pub must: Path,
    pub keep: BTreeMap<String, ReadValue>,
    /// A second call that may fail: not every token belongs to somebody.
    pub also: Option<(Request, BTreeMap<String, ReadValue>)>,
}

/// A small table that fields are looked up in (stages, statuses).
#[derive(Debug)]
pub(crate) struct TableSpec {
    pub asks: Asks,
    pub pull: Paged,
    /// Lists inside a row: each entry is a row of its own and sees the outer one as `parent`.
    pub each: Option<Path>,
    pub key: ReadValue,
    pub show: BTreeMap<String, ReadValue>,
}

impl Setting {
    /// The question, and what an answer looks like.
    pub fn says(&self) -> String {
        let mut says = self.ask.clone().unwrap_or_default();
        if !self.choices.is_empty() {
            says.push_str(&format!(" ({})", self.choices.join(", ")));
        } else if let Some(example) = &self.example {
            says.push_str(&format!(" (such as {example})"));
        }
        match &self.default {
            Some(default) => says.push_str(&format!("; {default} if nothing is said")),
            None if self.optional => says.push_str("; may be left out"),
            None => {}
        }
        says.trim_start_matches("; ").to_owned()
    }

    /// Whether that may be an answer.
    pub fn takes(&self, answer: &str) -> bool {
        self.choices.is_empty() || self.choices.iter().any(|choice| choice == answer)
    }
}

pub(super) fn read_settings(tab: &Tab<'_>) -> BTreeMap<String, Setting> {
    let mut settings = BTreeMap::new();
    let Some(list) = tab.table("settings") else { return settings };
    for (key, node) in list.all() {
        if let Some(one) = Tab::of(node, list.at(key), list.errors) {
            let setting = Setting {
                ask: one.text("ask"),
                example: one.text("example"),
                default: one.text("default"),
                secret: one.flag("secret").unwrap_or(false),
                optional: one.flag("optional").unwrap_or(false),
                choices: one.texts("choices"),
            };
            if let Some(default) = setting.default.as_ref().filter(|default| !setting.takes(default)) {
                let message = format!("{default:?} is none of the choices: {}", setting.choices.join(", "));
                one.errors.add(one.line, one.at("default"), message);
            }
            one.done();
            settings.insert(key.clone(), setting);
        }
    }
    settings
}

pub(super) fn read_me(me: Tab<'_>) -> Option<MeSpec> {
    let request = Request::read(&me);
    let must = need_path(&me, "must");
    let keep = values(&me, "keep");
    let also = me.table("also").and_then(|also| {
        let found = Request::read(&also).map(|request| (request, values(&also, "keep")));
        also.done();
        found
    });
    me.done();
    Some(MeSpec { asks: Asks::default(), request: request?, must: must?, keep, also })
}

/// Paths by name, of `keep`.
pub(super) fn read_keep(tab: &Tab<'_>) -> BTreeMap<String, Path> {
    by_name(tab, "keep", "a path", Path::parse)
}

/// Paths and formulas by name.
fn values(tab: &Tab<'_>, key: &'static str) -> BTreeMap<String, ReadValue> {
    by_name(tab, key, "a path or a formula", ReadValue::parse)
}

fn by_name<T>(
    tab: &Tab<'_>,
    key: &'static str,
    what: &str,
    parse: fn(&str) -> Result<T, String>,
) -> BTreeMap<String, T> {
    let mut found = BTreeMap::new();
    let Some(list) = tab.table(key) else { return found };
    for (name, node) in list.all() {
        match &node.item {
            Item::Text(text) => match parse(text) {
                Ok(value) => {
                    found.insert(name.clone(), value);
                }
                Err(why) => list.errors.add(node.line, list.at(name), why),
            },
            _ => list.wrong(name, node, what),
        }
    }
    found
}

pub(super) fn read_table(tab: Tab<'_>) -> Option<TableSpec> {
    let pull = Paged::read(&tab);
    let each = path(&tab, "each");
    let key = map::read_value_of(&tab, "key");
    let show = values(&tab, "show");
    tab.done();
    Some(TableSpec { asks: Asks::default(), pull: pull?, each, key: key?, show })
}
