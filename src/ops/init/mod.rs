//! `init`: connects a source by asking. Which connector, its settings, the sign-in, the company's own fields, whose book;
//! then the change of `config.toml` that says so.
//!
//! Decides the order of the questions, what an answer may be and what is written. It neither prints nor reads a terminal:
//! whoever answers is an [`Interview`]. Nothing is kept, here or there, before [`InitPlan::commit`].

mod book;
mod fields;
mod source;
mod write;

use std::path::PathBuf;

use jiff::civil::Date;
use secrecy::SecretString;
use serde::Serialize;

pub use book::{BookAnswer, BookQuestion};
pub use fields::{FieldAnswer, FieldChoice, FieldQuestion};
pub use source::{Offer, SettingQuestion};

use crate::config::{Settings, edit};
use crate::connect::{Person, Route};
use crate::ops::sign_in::Gained;
use crate::ops::{Desk, OpsError};

/// The file that is changed.
const FILE: &str = "config.toml";

/// Answers that are known before anything is asked.
#[derive(Clone, Debug, Default)]
pub struct InitGiven {
    pub connector: Option<String>,
    pub name: Option<String>,
    /// The system's address, where it is not the connector's own.
    pub url: Option<String>,
}

/// Whoever answers: a person, or a file. Asking again is the asker's: after [`Interview::wrong`] the same question comes
/// once more.
pub trait Interview {
    /// Something to know, between two questions.
    fn remark(&mut self, says: &str);
    /// The last answer under that key can't be taken. Fails where nobody could give another one.
    ///
    /// # Errors
    /// What was wrong, for those who can't be asked again.
    fn wrong(&mut self, key: &str, error: OpsError) -> Result<(), OpsError>;
    /// Which connector; one of the names.
    ///
    /// # Errors
    /// As all questions: where there is no answer any more.
    fn connector(&mut self, offers: &[Offer]) -> Result<String, OpsError>;
    /// What the chosen one brings and needs.
    fn chosen(&mut self, offer: &Offer);
    /// What the source is called in `config.toml`.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn name(&mut self, proposed: &str) -> Result<String, OpsError>;
    /// Whether the source of that name, which reads another connector or the same, may be written anew.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn replace(&mut self, name: &str, connector: &str) -> Result<bool, OpsError>;
    /// Which way to sign in.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn way(&mut self, routes: &[Route]) -> Result<String, OpsError>;
    /// The answer to a setting; `None`: its default, or nothing.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn setting(&mut self, question: &SettingQuestion) -> Result<Option<String>, OpsError>;
    /// Whether the token that is kept already is the one.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn stored(&mut self, place: &str) -> Result<bool, OpsError>;
    /// A secret that is not shown.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn secret(&mut self, question: &str, optional: bool) -> Result<Option<SecretString>, OpsError>;
    /// Who signs in, where that takes a browser or a code; `way` is for the error where nobody can.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn person(&mut self, way: &str) -> Result<Person, OpsError>;
    /// The passphrase of the encrypted file, where there is no keyring.
    fn passphrase(&self) -> Option<SecretString>;
    /// Which of their fields is one of ours.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn field(&mut self, question: &FieldQuestion) -> Result<FieldAnswer, OpsError>;
    /// How records find their account; `None`: by domain.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn matching(&mut self, now: Option<&str>) -> Result<Option<String>, OpsError>;
    /// Whose accounts.
    ///
    /// # Errors
    /// See [`Interview::connector`].
    fn book(&mut self, question: &BookQuestion) -> Result<BookAnswer, OpsError>;
}

/// One of our fields, as it is to be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InitField {
    pub entity: String,
    pub field: String,
    /// What stands in `config.toml`; for what is read already, what reads it.
    pub reads: String,
    /// How many records of a first page have it, of how many; `None`: a formula of one's own, not tried.
    pub filled: Option<usize>,
    pub rows: Option<usize>,
    pub examples: Vec<String>,
}

/// Everything that would be written, and nothing of it is yet.
pub struct InitPlan {
    pub name: String,
    pub connector: String,
    /// The file that changes.
    pub file: PathBuf,
    /// Its text before and after.
    before: String,
    after: String,
    /// A source of that name was there.
    pub replaced: bool,
    /// The way of signing in.
    pub way: String,
    /// Who signed in, where the source says so.
    pub who: Option<String>,
    /// The fields that were decided on.
    pub fields: Vec<InitField>,
    /// Whose book, in words; `None`: not asked.
    pub book: Option<String>,
    desk: Desk,
    gained: Option<Gained>,
    /// Where the token is that was there already.
    kept: Option<String>,
}

impl InitPlan {
    /// What changes in the file, line by line; empty: it says so already.
    pub fn difference(&self) -> String {
        edit::difference(&self.before, &self.after)
    }

    /// Keeps the sign-in and writes the file. Says where the sign-in is.
    ///
    /// # Errors
    /// Where the sign-in can't be kept (nothing is written then), or the file can't be changed.
    pub fn commit(&self, interview: &dyn Interview) -> Result<String, OpsError> {
        if self.desk.settings().read_only {
            return Err(OpsError::usage("--read-only writes nothing: leave it out, or say --dry-run"));
        }
        let kept = match (&self.gained, &self.kept) {
            (Some(gained), _) => self.desk.keep_sign_in(&self.name, gained, &|| interview.passphrase())?,
            (None, Some(place)) => format!("the token is in {place}"),
            (None, None) => "nothing had to be kept".to_owned(),
        };
        edit::replace(&self.file, &self.before, &self.after)
            .map_err(|why| OpsError::failed(format!("{why}. ({kept}.)")))?;
        Ok(kept)
    }
}

/// Asks, signs in and looks, and says what would be written.
///
/// # Errors
/// Where the interview ends, or an answer is wrong that can't be asked for again.
pub fn init(
    settings: &Settings,
    fixed: Option<Date>,
    given: &InitGiven,
    interview: &mut dyn Interview,
) -> Result<InitPlan, OpsError> {
    let file = settings.folders.config.join(FILE);
    let before = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(OpsError::failed(format!("{} can't be read ({error})", file.display()))),
    };
    let (desk, _) = Desk::open(settings.clone(), fixed)?;
    let mut draft = source::choose(&desk, &before, given, interview)?;
    let ready = source::sign_in(settings, fixed, &mut draft, interview)?;
    let brings = ready.source.entities();
    let accounts = brings.contains(&crate::book::row::Entity::Account);
    let colleagues = book::colleagues(&ready, interview);
    let who = colleagues.who(&ready.me).or_else(|| ready.desk.who(draft.config().as_ref().ok()?, &ready.me));
    let as_whom = who.as_ref().map_or_else(String::new, |who| format!(" as {who}"));
    interview.remark(&format!("signed in to {}{as_whom}", ready.source.shown()));
    let mapped = fields::ask(&ready, &mut draft, &colleagues, interview)?;
    if !accounts && !brings.is_empty() {
        let now = draft.text("match");
        draft.set_text("match", interview.matching(now.as_deref())?.as_deref());
    }
    let mut after = before.clone();
    let mut words = None;
    if accounts {
        let chosen = book::ask(&ready, &mut draft, &colleagues, &mapped, interview)?;
        words = Some(chosen.words);
        let last = std::fs::read_to_string(settings.folders.config.join("local.toml")).unwrap_or_default();
        let last = last.parse::<toml::Table>().unwrap_or_default();
        for (key, value) in chosen.keys {
            if last.contains_key(key) {
                interview.remark(&format!("local.toml says {key} as well, and is read after {FILE}: that one counts"));
            }
            after = edit::set_key(&after, key, &value).map_err(|why| cannot(&why))?;
        }
    }
    draft.route_if_needed(&ready);
    after = edit::put_source(&after, &draft.name, &draft.block()).map_err(|why| cannot(&why))?;
    // What is written is read before it is written: a settings file in error would be worse than none.
    if let Some(problem) = settings.mistakes(FILE, &after).first() {
        return Err(OpsError { message: format!("{problem}; nothing was written"), exit: 3 });
    }
    ready.desk.source(&draft.config()?, ready.desk.manifest(&draft.config()?)?, ready.sign_in())?;
    Ok(InitPlan {
        name: draft.name.clone(),
        connector: draft.connector(),
        file,
        before,
        after,
        replaced: draft.replaced,
        way: ready.way,
        who,
        fields: mapped.into_iter().map(|one| one.told).collect(),
        book: words,
        desk: ready.desk,
        gained: ready.gained,
        kept: ready.kept,
    })
}

fn cannot(why: &str) -> OpsError {
    OpsError { message: format!("{FILE}: {why}; nothing was written"), exit: 3 }
}
