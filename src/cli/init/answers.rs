//! Answers from a file, for scripts: nothing is asked, and the first wrong one ends it.
//!
//! Decides what such a file may say. An unknown key is an error with its line. No secret stands in it.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;

use crate::ops::{
    BookAnswer, BookQuestion, FieldAnswer, FieldQuestion, InitGiven, Interview, Offer, OpsError, Person, Route,
    SettingQuestion,
};

/// A file of answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    connector: Option<String>,
    name: Option<String>,
    url: Option<String>,
    way: Option<String>,
    #[serde(default, rename = "match")]
    match_: Option<String>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    book: Option<Whose>,
    #[serde(default)]
    replace: bool,
    #[serde(default)]
    sync: bool,
    #[serde(default)]
    confirm: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Whose {
    Word(String),
    Table(Table),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    me: Option<String>,
    field: Option<String>,
    value: Option<String>,
    values: Option<Vec<String>>,
    team: Option<String>,
}

/// The file, and what of it was asked for.
pub struct Answers {
    file: String,
    written: Written,
    asked: Vec<String>,
    token_stdin: bool,
    browser: bool,
}

impl Answers {
    /// Reads a file: JSON where it begins with a brace, else TOML.
    ///
    /// # Errors
    /// With file and line.
    pub fn read(path: &Path, token_stdin: bool, browser: bool) -> Result<Self, OpsError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| OpsError::usage(format!("{file} can't be read ({error})")))?;
        let written = if text.trim_start().starts_with('{') {
            serde_json::from_str(&text).map_err(|error| format!("{file}:{}: {error}", error.line()))
        } else {
            toml::from_str(&text).map_err(|error: toml::de::Error| {
                let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
                format!("{file}:{line}: {}", error.message().replace('\n', " "))
            })
        };
        let written = written.map_err(|message| OpsError { message, exit: 2 })?;
        Ok(Self { file, written, asked: Vec::new(), token_stdin, browser })
    }

    /// What is known before anything is asked: what was typed goes before what stands in the file.
    pub fn given(&self, typed: InitGiven) -> InitGiven {
        InitGiven {
            connector: typed.connector.or_else(|| self.written.connector.clone()),
            name: typed.name.or_else(|| self.written.name.clone()),
            url: typed.url.or_else(|| self.written.url.clone()),
        }
    }

    /// Whether it says that what it makes may be written.
    pub fn confirms(&self) -> bool {
        self.written.confirm
    }

    /// Whether a first sync is to follow.
    pub fn syncs(&self) -> bool {
        self.written.sync
    }

    /// Keys that nothing asked for: a misspelt field would go unseen otherwise.
    ///
    /// # Errors
    /// Names them, with those that were asked for.
    pub fn all_used(&self) -> Result<(), OpsError> {
        let known = |kind: &str, key: &String| self.asked.contains(&format!("{kind}.{key}"));
        let settings = self.written.settings.keys().filter(|key| !known("settings", key));
        let fields = self.written.fields.keys().filter(|key| !known("fields", key));
        let unused: Vec<String> =
            settings.map(|key| format!("settings.{key}")).chain(fields.map(|key| format!("fields.{key}"))).collect();
        if unused.is_empty() {
            return Ok(());
        }
        let message =
            format!("{}: {} is not asked for here; asked were {}", self.file, unused.join(", "), self.asked.join(", "));
        Err(OpsError::usage(message))
    }

    fn missing(&self, key: &str, what: &str) -> OpsError {
        OpsError::usage(format!("{}: {key} is missing: {what}", self.file))
    }
}

impl Interview for Answers {
    fn remark(&mut self, says: &str) {
        eprintln!("{says}");
    }

    fn wrong(&mut self, key: &str, error: OpsError) -> Result<(), OpsError> {
        Err(OpsError { message: format!("{}: {key}: {}", self.file, error.message), exit: error.exit })
    }

    fn connector(&mut self, offers: &[Offer]) -> Result<String, OpsError> {
        let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
        Err(self.missing("connector", &format!("one of {}", names.join(", "))))
    }

    fn chosen(&mut self, offer: &Offer) {
        if offer.untested {
            eprintln!("{}: untested, made by the documentation of {}", offer.name, offer.system);
        }
    }

    fn name(&mut self, proposed: &str) -> Result<String, OpsError> {
        Ok(proposed.to_owned())
    }

    fn replace(&mut self, name: &str, connector: &str) -> Result<bool, OpsError> {
        if self.written.replace {
            eprintln!("source {name} ({connector}) is written anew");
            return Ok(true);
        }
        Err(OpsError::usage(format!(
            "{}: name: config.toml has a source {name} already ({connector}); say replace = true to write it anew, or choose another name",
            self.file
        )))
    }

    fn way(&mut self, routes: &[Route]) -> Result<String, OpsError> {
        match (&self.written.way, routes.first()) {
            (Some(way), _) => Ok(way.clone()),
            // The first is what the connector would choose by itself, given its settings.
            (None, Some(_)) => {
                let given = |route: &&Route| route.needs.iter().all(|need| self.written.settings.contains_key(need));
                let fit = routes.iter().find(given).or(routes.first());
                Ok(fit.map(|route| route.name.clone()).unwrap_or_default())
            }
            (None, None) => Err(self.missing("way", "how to sign in")),
        }
    }

    fn setting(&mut self, question: &SettingQuestion) -> Result<Option<String>, OpsError> {
        self.asked.push(format!("settings.{}", question.name));
        match self.written.settings.get(&question.name) {
            Some(answer) => Ok(Some(answer.clone())),
            None if question.needed && question.default.is_none() => {
                Err(self.missing(&format!("settings.{}", question.name), &question.ask))
            }
            None => Ok(None),
        }
    }

    fn stored(&mut self, place: &str) -> Result<bool, OpsError> {
        if !self.token_stdin {
            eprintln!("the token is taken from {place}");
        }
        Ok(!self.token_stdin)
    }

    fn secret(&mut self, question: &str, optional: bool) -> Result<Option<SecretString>, OpsError> {
        if !self.token_stdin {
            if optional {
                return Ok(None);
            }
            let message = format!(
                "there is no token ({question}): set ROUNDS_TOKEN_<NAME>, keep it with rounds login, or say --token-stdin and pipe it in"
            );
            return Err(OpsError { message, exit: 4 });
        }
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| OpsError::usage(format!("the secret cannot be read ({error})")))?;
        let line = line.trim();
        Ok((!line.is_empty()).then(|| SecretString::from(line.to_owned())))
    }

    fn person(&mut self, way: &str) -> Result<Person, OpsError> {
        use std::io::IsTerminal;
        if !std::io::stderr().is_terminal() {
            let says = format!("signing in by {way} needs somebody at a terminal");
            return Err(OpsError { message: says, exit: 4 });
        }
        let mut person = Person::new(|step| eprintln!("{step}"));
        person.browser = self.browser;
        Ok(person)
    }

    fn passphrase(&self) -> Option<SecretString> {
        None
    }

    fn field(&mut self, question: &FieldQuestion) -> Result<FieldAnswer, OpsError> {
        self.asked.push(format!("fields.{}", question.field));
        Ok(match self.written.fields.get(question.field).map(|answer| answer.trim()) {
            None | Some("") => FieldAnswer::Keep,
            Some("auto") => FieldAnswer::Proposed,
            Some("none") => FieldAnswer::Drop,
            Some(answer) => FieldAnswer::Take(answer.to_owned()),
        })
    }

    fn matching(&mut self, now: Option<&str>) -> Result<Option<String>, OpsError> {
        Ok(self.written.match_.clone().or_else(|| now.map(str::to_owned)))
    }

    fn book(&mut self, question: &BookQuestion) -> Result<BookAnswer, OpsError> {
        let unknown = |word: &str| {
            let says = format!("{word:?} is no book: all, mine, keep, or a table with me, field and value, or team");
            OpsError::usage(format!("{}: book: {says}", self.file))
        };
        Ok(match &self.written.book {
            None if question.now.is_some() => BookAnswer::Keep,
            None => return Err(self.missing("book", "whose accounts: all, mine, a field's value or a team")),
            Some(Whose::Word(word)) => match word.as_str() {
                "all" => BookAnswer::All,
                "mine" => BookAnswer::Mine(None),
                "keep" => BookAnswer::Keep,
                other => return Err(unknown(other)),
            },
            Some(Whose::Table(table)) => match (&table.me, &table.field, &table.team) {
                (Some(me), None, None) => BookAnswer::Mine(Some(me.clone())),
                (None, None, Some(team)) => BookAnswer::Team(team.clone()),
                (None, Some(field), None) => {
                    let mut values = table.values.clone().unwrap_or_default();
                    values.extend(table.value.clone());
                    BookAnswer::Field { field: field.clone(), values }
                }
                _ => return Err(unknown("that table")),
            },
        })
    }
}
