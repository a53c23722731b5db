//! Whose book it is: everybody's, mine, that of a value in a field, that of a team.
//!
//! Decides how each is said in `config.toml`: by `book` and `me`, or by a formula that leaves accounts out.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::Value;

use super::Interview;
use super::fields::{Mapping, named};
use super::source::{Draft, Ready};
use crate::book::row::{Entity, Row};
use crate::connect::{ConnectError, Me, Pull, Sample, in_formula, near};
use crate::ops::OpsError;

/// Pages of colleagues that are read.
const PAGES: usize = 20;
/// Values of a field that are shown in an error.
const SHOWN: usize = 6;

/// What is known before whose book it is is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookQuestion {
    /// What the settings say so far, in words; `None`: nothing.
    pub now: Option<String>,
    /// Who I am, by e-mail, as far as the sign-in or the settings say.
    pub me: Option<String>,
    /// Teams of colleagues, by name.
    pub teams: Vec<String>,
    /// How many colleagues there are; 0: unknown.
    pub colleagues: usize,
}

/// Whose accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookAnswer {
    /// As the settings say so far.
    Keep,
    /// Everybody's.
    All,
    /// Those whose owner is me, by e-mail.
    Mine(Option<String>),
    /// Those in which a field has one of these values.
    Field { field: String, values: Vec<String> },
    /// Those of the colleagues of a team.
    Team(String),
}

/// A colleague there.
#[derive(Clone, Debug)]
struct Colleague {
    id: String,
    email: Option<String>,
    user: Option<String>,
    teams: Vec<String>,
}

/// Everybody who may own accounts there.
#[derive(Clone, Debug, Default)]
pub(super) struct Colleagues(Vec<Colleague>);

/// What is to be written, and how it is told.
pub(super) struct Chosen {
    pub words: String,
    /// Keys of the top level.
    pub keys: Vec<(&'static str, Value)>,
}

/// Reads who the colleagues are; none where that is not shown.
pub(super) fn colleagues(ready: &Ready, interview: &mut dyn Interview) -> Colleagues {
    let mut all = Vec::new();
    // The book's owners are streams of the source; those with a name of their own hold who has left.
    for info in ready.source.streams().into_iter().filter(|info| info.entity == Entity::Owner && info.name == "owner") {
        match rows(ready, &info.name) {
            Ok(rows) => all.extend(rows.iter().map(Colleague::of)),
            Err(error) => interview.remark(&format!("who the colleagues are can't be read: {error}")),
        }
    }
    Colleagues(all)
}

fn rows(ready: &Ready, stream: &str) -> Result<Vec<Row>, ConnectError> {
    // A source of its own for the time of the pull: it runs as a task.
    ready.runtime.block_on(async {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let pull = Pull::First { stream: stream.to_owned(), resume: None };
        let source = Arc::clone(&ready.source);
        let pulling = tokio::spawn(async move { source.pull(pull, sender).await });
        let (mut rows, mut pages) = (Vec::new(), 0);
        while pages < PAGES
            && let Some(page) = receiver.recv().await
        {
            rows.extend(page.rows.into_iter().filter(|row| !row.gone));
            pages += 1;
        }
        drop(receiver);
        match pulling.await {
            Ok(Err(error)) if error != ConnectError::Cancelled => Err(error),
            _ => Ok(rows),
        }
    })
}

impl Colleague {
    fn of(row: &Row) -> Self {
        let text = |field: &str| row.text(field).map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
        let teams = match row.fields.get("teams") {
            Some(crate::book::row::Value::List(teams)) => teams.clone(),
            _ => Vec::new(),
        };
        Self { id: row.id.clone(), email: text("email"), user: text("user"), teams }
    }
}

impl Colleagues {
    /// How many of the values name a colleague, in words; `None`: all do, or nobody knows.
    pub fn told(&self, sample: &Sample) -> Option<String> {
        let (named, all) = self.named(sample)?;
        (named < all).then(|| format!("{named} of {all} values are ids or mail addresses of colleagues"))
    }

    fn named(&self, sample: &Sample) -> Option<(usize, usize)> {
        if self.0.is_empty() || sample.filled() == 0 {
            return None;
        }
        let known = |text: &String| {
            let lower = text.to_lowercase();
            self.0.iter().any(|one| {
                one.id == *text || one.email.as_deref() == Some(&lower) || one.user.as_deref() == Some(&lower)
            })
        };
        let texts: Vec<String> = sample.texts().collect();
        Some((texts.iter().filter(|text| known(text)).count(), texts.len()))
    }

    /// Whose token it is, by e-mail: as the source says, or as the colleague of that user.
    pub fn who(&self, me: &Me) -> Option<String> {
        // Where users and owners go by one id, only that one is given.
        let is = |one: &&Colleague, user: &str| one.user.as_deref().unwrap_or(&one.id) == user;
        let by_user = |user: &str| self.0.iter().find(|one| is(one, user))?.email.clone();
        me.email().map(str::to_lowercase).or_else(|| me.user().and_then(by_user))
    }

    fn teams(&self) -> Vec<String> {
        let teams: BTreeSet<&String> = self.0.iter().flat_map(|one| &one.teams).collect();
        teams.into_iter().cloned().collect()
    }

    fn emails(&self) -> Vec<crate::connect::DescribedField> {
        let field = |email: &String| crate::connect::DescribedField { name: email.clone(), label: None };
        self.0.iter().filter_map(|one| one.email.as_ref().map(field)).collect()
    }
}

/// Asks until it is said whose book it is.
pub(super) fn ask(
    ready: &Ready,
    draft: &mut Draft,
    colleagues: &Colleagues,
    mapped: &[Mapping],
    interview: &mut dyn Interview,
) -> Result<Chosen, OpsError> {
    let settings = ready.desk.settings();
    let owner = mapped.iter().find(|one| one.told.entity == "account" && one.told.field == "owner");
    let token = colleagues.who(&ready.me);
    let said = ["book", "me"].map(|key| key_of(ready, key));
    let now = match &said {
        [None, None] => None,
        [book, me] => {
            let me = me.as_ref().map(|me| format!(", me = {me}")).unwrap_or_default();
            Some(format!("book = {}{me}", book.as_deref().unwrap_or("owner")))
        }
    };
    let question = BookQuestion {
        now,
        me: settings.me.clone().or(token),
        teams: colleagues.teams(),
        colleagues: colleagues.0.len(),
    };
    let text = |text: &str| Value::String(text.to_owned());
    loop {
        let answer = interview.book(&question)?;
        let only = |draft: &mut Draft, formula: Option<&str>| draft.set_below(&["only", "account"], formula, None);
        let (key, taken) = match answer {
            BookAnswer::Keep => match &question.now {
                Some(now) => return Ok(Chosen { words: format!("as before: {now}"), keys: Vec::new() }),
                None => {
                    ("book", Err("the settings say nothing of it yet: all, mine, a field's value or a team".to_owned()))
                }
            },
            BookAnswer::All => {
                only(draft, None);
                return Ok(Chosen { words: "everybody's accounts".to_owned(), keys: vec![("book", text("team"))] });
            }
            BookAnswer::Mine(me) => ("book.me", mine(me.or_else(|| question.me.clone()), colleagues, owner)),
            BookAnswer::Field { field, values } => ("book.field", by_field(ready, &field, &values)),
            BookAnswer::Team(team) => ("book.team", by_team(&team, colleagues, owner)),
        };
        match taken {
            Ok(Said::Me(me)) => {
                only(draft, None);
                let keys = vec![("me", text(&me)), ("book", text("owner"))];
                return Ok(Chosen { words: format!("the accounts that {me} owns"), keys });
            }
            Ok(Said::Only(formula, words)) => {
                only(draft, Some(&formula));
                return Ok(Chosen { words, keys: vec![("book", text("team"))] });
            }
            Err(why) => interview.wrong(key, OpsError::usage(why))?,
        }
    }
}

enum Said {
    Me(String),
    Only(String, String),
}

/// A key that the file itself says.
fn key_of(ready: &Ready, key: &str) -> Option<String> {
    let file = ready.desk.settings().folders.config.join(super::FILE);
    let table: toml::Table = std::fs::read_to_string(file).ok()?.parse().ok()?;
    table.get(key)?.as_str().map(str::to_owned)
}

fn mine(me: Option<String>, colleagues: &Colleagues, owner: Option<&Mapping>) -> Result<Said, String> {
    let Some(me) = me.map(|me| me.trim().to_lowercase()).filter(|me| !me.is_empty()) else {
        return Err("whose the token is, nobody says: give your mail address as it stands there".to_owned());
    };
    if !me.contains('@') {
        return Err(format!("{me:?} is no mail address"));
    }
    let emails = colleagues.emails();
    if !emails.is_empty() && !emails.iter().any(|field| field.name == me) {
        let like = near(&me, &emails);
        let like = if like.is_empty() { String::new() } else { format!("; like it: {}", like.join(", ")) };
        return Err(format!("none of the {} colleagues there has the address {me}{like}", colleagues.0.len()));
    }
    if let Some(owner) = owner
        && owner.sample.as_ref().and_then(|sample| colleagues.named(sample)).is_some_and(|(named, _)| named == 0)
    {
        let reads = &owner.told.reads;
        return Err(format!(
            "{reads} holds neither ids nor mail addresses of colleagues, so nobody's accounts can be told by it: choose the field's value instead"
        ));
    }
    Ok(Said::Me(me))
}

fn by_field(ready: &Ready, field: &str, values: &[String]) -> Result<Said, String> {
    let Some(info) = ready.source.streams().into_iter().find(|info| info.entity == Entity::Account) else {
        return Err("there are no accounts".to_owned());
    };
    let values: Vec<&str> = values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
    if values.is_empty() {
        return Err("which value?".to_owned());
    }
    let words = |error: ConnectError| error.to_string();
    let fields = ready.runtime.block_on(ready.source.offered(&info.name)).map_err(words)?;
    let Some(found) = named(&fields, field) else {
        let like = near(field, &fields);
        let like = if like.is_empty() { String::new() } else { format!("; names like it: {}", like.join(", ")) };
        return Err(format!("accounts have no field {field:?} that this token sees{like}"));
    };
    let names = [found.name.clone()];
    let sample = ready.runtime.block_on(ready.source.sample(&info.name, &names)).map_err(words)?.into_iter().next();
    let Some(sample) = sample else { return Err(format!("{field:?} can't be looked at")) };
    let Some(path) = sample.formula() else {
        return Err(format!("{} can't stand in a formula: map it by hand, see [source.NAME.only]", found.name));
    };
    let matching = sample.texts().filter(|text| values.contains(&text.as_str())).count();
    // A first page that has all there is would show the value; what is longer may hold it further on.
    if matching == 0 {
        let there = sample.examples(SHOWN);
        return Err(format!(
            "none of the first {} accounts has {} {}; values there: {}",
            sample.rows,
            found.name,
            values.join(" or "),
            if there.is_empty() { "none".to_owned() } else { there.join(", ") }
        ));
    }
    let told = format!(
        "the accounts whose {} is {} ({matching} of the first {})",
        found.name,
        values.join(" or "),
        sample.rows
    );
    Ok(Said::Only(one_of(path, &values), told))
}

fn by_team(team: &str, colleagues: &Colleagues, owner: Option<&Mapping>) -> Result<Said, String> {
    let wanted = team.trim().to_lowercase();
    let members: Vec<&Colleague> =
        colleagues.0.iter().filter(|one| one.teams.iter().any(|team| team.to_lowercase() == wanted)).collect();
    if members.is_empty() {
        let teams = colleagues.teams();
        let there = if teams.is_empty() { "no teams are known there".to_owned() } else { teams.join(", ") };
        return Err(format!("nobody is in a team {team:?}: {there}"));
    }
    let path = owner.map(|owner| owner.told.reads.as_str()).filter(|path| in_formula(path));
    let Some(path) = path else {
        return Err("the field of the owner is no plain field: choose a field's value instead".to_owned());
    };
    // By whatever the field names them by.
    let ids = members.iter().flat_map(|one| [Some(one.id.as_str()), one.email.as_deref()]).flatten();
    let ids: Vec<&str> = match owner.and_then(|owner| owner.sample.as_ref()) {
        Some(sample) if sample.texts().any(|text| text.contains('@')) => ids.filter(|id| id.contains('@')).collect(),
        _ => members.iter().map(|one| one.id.as_str()).collect(),
    };
    let told = format!("the accounts of the {} colleagues who are in {team} today", members.len());
    Ok(Said::Only(one_of(path, &ids), told))
}

/// The formula that holds where a field has one of these values.
fn one_of(path: &str, values: &[&str]) -> String {
    let quoted: Vec<String> =
        values.iter().map(|value| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))).collect();
    format!("= ({path} | string) in [{}]", quoted.join(", "))
}
