//! The shape of a scenario file. `{{ url }}` in it is the stub's address, `{{ other }}` one that must never be asked.
//!
//! Decides what may stand in it: an unknown key is an error, never overlooked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Which documented behaviour it plays.
    pub about: String,
    /// The connector's name; else that of the folder.
    pub connector: Option<String>,
    /// The path part behind the stub's address.
    #[serde(default)]
    pub base: String,
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Kept values of a sign-in.
    pub sign_in: Option<BTreeMap<String, String>>,
    /// Which way of signing in.
    pub way: Option<String>,
    /// More TOML of the source: `map`, `only`, `limits`...
    #[serde(default)]
    pub config: String,
    #[serde(default)]
    pub answer: Vec<Answer>,
    pub step: Vec<Step>,
}

/// One answer and the requests it is for. The first that fits and may still be served is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Method and path; `*` stands for any text, here and in `query`, `header` and texts of `body`.
    pub on: String,
    /// Each must be sent, a list as often as it is long.
    #[serde(default)]
    pub query: BTreeMap<String, toml::Value>,
    /// Keys of the query that must not be sent.
    #[serde(default)]
    pub without: Vec<String>,
    #[serde(default)]
    pub header: BTreeMap<String, String>,
    /// What must stand in the JSON body, lists compared whole; a form counts as an object of texts.
    #[serde(default, deserialize_with = "json")]
    pub body: Option<Json>,
    /// How often it is served; any number where nothing is said.
    pub times: Option<u64>,
    /// It need not be asked for.
    #[serde(default)]
    pub spare: bool,
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "json_text")]
    pub json: Option<String>,
    pub text: Option<String>,
    /// The body ends half way, and the connection with it.
    #[serde(default)]
    pub cut: bool,
}

/// One thing we do, and what must come of it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(rename = "do")]
    pub what: String,
    pub stream: Option<String>,
    /// Where a changed pull begins; else at the watermark of the step before on this stream.
    pub since: Option<Moment>,
    pub from: Option<Day>,
    pub to: Option<Day>,
    /// Goes on after the last page that was handed over, as after an error.
    #[serde(default)]
    pub resume: bool,

    pub entity: Option<String>,
    pub kind: Option<String>,
    pub account: Option<String>,
    #[serde(default)]
    pub people: Vec<String>,
    pub id: Option<String>,
    pub mark: Option<String>,
    #[serde(default)]
    pub fields: BTreeMap<String, toml::Value>,

    /// Rows that must have come, each as far as it is told: by `id`, with `fields`, `accounts`, `gone`...
    #[serde(default, deserialize_with = "json")]
    pub rows: Option<Json>,
    /// Exactly so many rows.
    pub count: Option<usize>,
    /// Exactly so many requests in this step.
    pub requests: Option<usize>,
    /// Parts of what is said of values that could not be read; an empty list: nothing may be said.
    pub problems: Option<Vec<String>>,
    /// Mapped fields that the source doesn't show; an empty list: none.
    pub absent: Option<Vec<String>>,
    /// It must have said so often that it waits, or more often.
    pub waits: Option<usize>,
    /// How it must end; without one, well.
    pub error: Option<String>,
    /// Parts of the error, or of why a write was not done.
    #[serde(default)]
    pub says: Vec<String>,
    pub me: Option<BTreeMap<String, String>>,
    /// What became of a write: `done` where nothing is said.
    pub outcome: Option<String>,
    /// The id it got.
    pub got: Option<String>,
    /// The ids of the records with the mark.
    pub found: Option<Vec<String>>,
}

/// A moment, as text or as TOML's own.
pub struct Moment(pub Timestamp);
/// A day, as text or as TOML's own.
pub struct Day(pub Date);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = plain(&toml::Value::deserialize(from)?);
        text.parse().map(Self).map_err(|e| serde::de::Error::custom(format!("{text:?} is no moment: {e}")))
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = plain(&toml::Value::deserialize(from)?);
        text.parse().map(Self).map_err(|e| serde::de::Error::custom(format!("{text:?} is no day: {e}")))
    }
}

impl Scenario {
    /// Reads a file's text, the two addresses filled in.
    pub fn read(text: &str, url: &str, other: &str) -> Result<Self, String> {
        let text = text.replace("{{ url }}", url).replace("{{ other }}", other);
        let read: Self = toml::from_str(&text).map_err(|e| e.to_string())?;
        if read.about.trim().is_empty() {
            return Err("about says nothing".to_owned());
        }
        if read.step.is_empty() {
            return Err("it has no [[step]]".to_owned());
        }
        for (n, answer) in read.answer.iter().enumerate() {
            let at = format!("answer {} ({})", n + 1, answer.on);
            if answer.on.split_once(' ').is_none_or(|(method, path)| {
                !["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method) || !path.starts_with(['/', '*'])
            }) {
                return Err(format!("{at}: on is no method and path such as \"GET /tickets\""));
            }
            if answer.json.is_some() && answer.text.is_some() {
                return Err(format!("{at}: json and text exclude each other"));
            }
            if answer.cut && answer.json.is_none() && answer.text.is_none() {
                return Err(format!("{at}: there is nothing to cut"));
            }
        }
        for (n, step) in read.step.iter().enumerate() {
            step.check().map_err(|why| format!("step {}: {why}", n + 1))?;
        }
        Ok(read)
    }
}

const PULLS: [&str; 4] = ["first", "changed", "deleted", "days"];
const WRITES: [&str; 3] = ["create", "update", "delete"];
const CLASSES: [&str; 8] =
    ["sign_in", "forbidden", "quota", "unreachable", "transient", "stale_cursor", "invalid", "config"];

impl Step {
    /// What is written there but would never be looked at.
    fn check(&self) -> Result<(), String> {
        let what = self.what.as_str();
        let (pull, write) = (PULLS.contains(&what), WRITES.contains(&what));
        if !pull && !write && !["me", "describe", "find"].contains(&what) {
            return Err(format!(
                "do = {what:?} is none of first changed deleted days me describe create update delete find"
            ));
        }
        let days = what == "days";
        let only = [
            ("stream", self.stream.is_some(), pull || what == "describe"),
            ("since", self.since.is_some(), what == "changed"),
            ("from", self.from.is_some(), days),
            ("to", self.to.is_some(), days),
            ("resume", self.resume, pull),
            ("rows", self.rows.is_some(), pull),
            ("count", self.count.is_some(), pull || what == "describe"),
            ("problems", self.problems.is_some(), pull),
            ("absent", self.absent.is_some(), pull || what == "describe"),
            ("error", self.error.is_some(), !write),
            ("me", self.me.is_some(), what == "me"),
            ("outcome", self.outcome.is_some(), write),
            ("got", self.got.is_some(), write),
            ("found", self.found.is_some(), what == "find"),
            ("fields", !self.fields.is_empty(), what == "create" || what == "update"),
            ("account", self.account.is_some(), what == "create" || what == "find"),
            ("people", !self.people.is_empty(), what == "create"),
            ("id", self.id.is_some(), what == "update" || what == "delete"),
            ("mark", self.mark.is_some(), what == "create" || what == "find"),
            ("kind", self.kind.is_some(), write || what == "find"),
            ("entity", self.entity.is_some(), write || what == "find" || what == "describe"),
        ];
        if let Some((key, ..)) = only.iter().find(|(_, given, may)| *given && !may) {
            return Err(format!("{key} says nothing where do = {what:?}"));
        }
        if let Some(error) = self.error.as_deref().filter(|error| !CLASSES.contains(error)) {
            return Err(format!("error = {error:?} is none of {}", CLASSES.join(" ")));
        }
        if !self.says.is_empty() && !write && self.error.is_none() {
            return Err("says is about an error, and none is wanted".to_owned());
        }
        if self.rows.as_ref().is_some_and(|rows| !rows.is_array()) {
            return Err("rows is no list".to_owned());
        }
        let needs = [
            ("stream", pull && self.stream.is_none()),
            ("stream or entity", what == "describe" && self.stream.is_none() && self.entity.is_none()),
            ("entity", (write || what == "find") && self.entity.is_none()),
            ("account", (what == "create" || what == "find") && self.account.is_none()),
            ("id", (what == "update" || what == "delete") && self.id.is_none()),
            ("found or error", what == "find" && self.found.is_none() && self.error.is_none()),
            ("from and to", days && !self.resume && (self.from.is_none() || self.to.is_none())),
        ];
        match needs.iter().find(|(_, missing)| *missing) {
            Some((key, _)) => Err(format!("{key} is missing, and do = {what:?} needs it")),
            None => Ok(()),
        }
    }
}

/// A value as the text that is sent or compared.
pub fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn ok() -> u16 {
    200
}

fn json<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Json>, D::Error> {
    let text = String::deserialize(from)?;
    serde_json::from_str(&text).map(Some).map_err(|e| serde::de::Error::custom(format!("is no JSON: {e}")))
}

/// Kept as it is written: a vendor's numbers and the order of its keys are part of its answer.
fn json_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(Some(text)),
        Err(e) => Err(serde::de::Error::custom(format!("is no JSON: {e}"))),
    }
}
