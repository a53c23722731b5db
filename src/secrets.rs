//! Where a token comes from: environment, a command, the keyring, an encrypted file, in this order.
//!
//! Decides the order and what is said when none has it. It must never print a token, nor keep one in the clear on disk;
//! the keyring is asked on a thread of its own, since a locked one may wait for ever.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use chacha20poly1305::Key;
use chacha20poly1305::aead::Generate;
use sealed::{lock, open, seal};
use secrecy::{ExposeSecret, SecretString};

use crate::text::clean_line;

mod sealed;

/// How long the keyring may take to answer.
const KEYRING_LIMIT: Duration = Duration::from_secs(3);
/// How long `token_command` may take: it may ask for a finger on a key.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
const PASSPHRASE: &str = "ROUNDS_PASSPHRASE";

/// Where a token was found or put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An environment variable, by its name.
    Environment(String),
    /// `token_command` of the source.
    Command,
    /// The system's keyring, entry `rounds/<source>`.
    Keyring,
    /// The encrypted file.
    File(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => f.write_str(name),
            Self::Command => f.write_str("token_command"),
            Self::Keyring => f.write_str("the keyring"),
            Self::File(path) => write!(f, "the encrypted file {}", path.display()),
        }
    }
}

/// A token and where it was.
#[derive(Debug)]
pub struct Found {
    /// The token.
    pub token: SecretString,
    /// Where it was.
    pub place: Place,
}

/// Why there is no token, or why it can't be kept.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// No place has one.
    #[error("there is no token for {name}. Looked at {}. Sign in: rounds login {name}", .tried.join("; "))]
    NotFound { name: String, tried: Vec<String> },
    /// The configured command gave none. The places behind it are not asked: that would hide the mistake.
    #[error("token_command of {name} gave no token: {because}")]
    Command { name: String, because: String },
    /// The encrypted file is there and can't be opened.
    #[error("{file} can't be opened: {because}")]
    File { file: String, because: String },
    /// There is no place to keep it.
    #[error("the token of {name} can't be kept: {because}")]
    NotKept { name: String, because: String },
}

/// Asks a person for the passphrase of the encrypted file; `None` when nobody is there to ask.
pub type AskPassphrase<'a> = &'a dyn Fn() -> Option<SecretString>;

/// Bytes that nobody can guess.
pub fn random() -> [u8; 32] {
    Key::generate().into()
}

/// The environment variable of a source's token: `crm-eu` is `ROUNDS_TOKEN_CRM_EU`.
pub fn variable(source: &str) -> String {
    let name: String =
        source.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("ROUNDS_TOKEN_{name}")
}

/// Finds the token of a source; the passphrase of `file` comes from `ROUNDS_PASSPHRASE` only. May take seconds.
///
/// # Errors
/// Which places were asked and why each had none.
pub fn find(source: &str, token_command: Option<&str>, file: &Path) -> Result<Found, SecretError> {
    find_asking(source, token_command, file, &|| None)
}

/// As [`find`], asking for the passphrase where the environment has none.
///
/// # Errors
/// As [`find`].
pub fn find_asking(
    source: &str,
    token_command: Option<&str>,
    file: &Path,
    ask: AskPassphrase<'_>,
) -> Result<Found, SecretError> {
    Places { environment: &|name| std::env::var(name).ok(), keyring: &SystemKeyring, file, ask }
        .find(source, token_command)
}

/// Keeps a token: in the keyring, else in the encrypted file. Says where.
///
/// # Errors
/// When neither takes it, with the reasons of both.
pub fn store(source: &str, token: &SecretString, file: &Path, ask: AskPassphrase<'_>) -> Result<Place, SecretError> {
    Places { environment: &|name| std::env::var(name).ok(), keyring: &SystemKeyring, file, ask }.store(source, token)
}

/// Keeps a renewed token where the old one was found. Says where it is now.
///
/// # Errors
/// When that place does not take it; the environment and a command never do.
pub fn replace(source: &str, token: &SecretString, place: &Place, file: &Path) -> Result<Place, SecretError> {
    Places { environment: &|name| std::env::var(name).ok(), keyring: &SystemKeyring, file, ask: &|| None }
        .replace(source, token, place)
}

/// Whether a token could be kept now: a keyring that takes one, or a passphrase that opens the encrypted file. It is asked
/// for here, before somebody signs in for nothing.
///
/// # Errors
/// As of [`store`].
pub fn can_keep(source: &str, file: &Path, ask: AskPassphrase<'_>) -> Result<(), SecretError> {
    Places { environment: &|name| std::env::var(name).ok(), keyring: &SystemKeyring, file, ask }.can_keep(source)
}

/// Removes the token of a source from keyring and file; says from where. Empty: there was none.
///
/// # Errors
/// When the encrypted file holds it and can't be opened.
pub fn forget(source: &str, file: &Path, ask: AskPassphrase<'_>) -> Result<Vec<Place>, SecretError> {
    Places { environment: &|name| std::env::var(name).ok(), keyring: &SystemKeyring, file, ask }.forget(source)
}

/// What a keyring does; the error says why not.
trait Keyring {
    fn get(&self, source: &str) -> Result<Option<SecretString>, String>;
    fn set(&self, source: &str, token: &SecretString) -> Result<(), String>;
    fn remove(&self, source: &str) -> Result<bool, String>;
}

struct Places<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    keyring: &'a dyn Keyring,
    file: &'a Path,
    ask: AskPassphrase<'a>,
}

impl Places<'_> {
    fn find(&self, source: &str, token_command: Option<&str>) -> Result<Found, SecretError> {
        let mut tried = Vec::new();
        let name = variable(source);
        match (self.environment)(&name).map(|text| text.trim().to_owned()) {
            Some(text) if !text.is_empty() => {
                return Ok(Found { token: SecretString::from(text), place: Place::Environment(name) });
            }
            Some(_) => tried.push(format!("{name} (empty)")),
            None => tried.push(format!("{name} (not set)")),
        }
        match token_command {
            Some(command) => {
                return match run(command) {
                    Ok(token) => Ok(Found { token, place: Place::Command }),
                    Err(because) => Err(SecretError::Command { name: source.to_owned(), because }),
                };
            }
            None => tried.push("token_command (none configured)".to_owned()),
        }
        match self.keyring.get(source) {
            Ok(Some(token)) => return Ok(Found { token, place: Place::Keyring }),
            Ok(None) => tried.push(format!("the keyring (no entry rounds/{source})")),
            Err(why) => tried.push(format!("the keyring ({why})")),
        }
        let place = Place::File(self.file.to_owned());
        if !self.file.exists() {
            tried.push(format!("{place} (not there)"));
            return Err(SecretError::NotFound { name: source.to_owned(), tried });
        }
        match self.passphrase() {
            None => {
                tried.push(format!("{place} (locked, and {PASSPHRASE} is not set)"));
                Err(SecretError::NotFound { name: source.to_owned(), tried })
            }
            Some(passphrase) => match open(self.file, &passphrase)?.remove(source) {
                Some(token) => Ok(Found { token: SecretString::from(token), place }),
                None => {
                    tried.push(format!("{place} (nothing for {source} in it)"));
                    Err(SecretError::NotFound { name: source.to_owned(), tried })
                }
            },
        }
    }

    fn store(&self, source: &str, token: &SecretString) -> Result<Place, SecretError> {
        let why = match self.keyring.set(source, token) {
            Ok(()) => return Ok(Place::Keyring),
            Err(why) => why,
        };
        self.keep_in_file(source, token, &why)
    }

    fn need_passphrase(&self, source: &str, why: &str) -> Result<SecretString, SecretError> {
        self.passphrase().ok_or_else(|| SecretError::NotKept {
            name: source.to_owned(),
            because: format!(
                "the keyring does not take it ({why}), and there is no passphrase for an encrypted file; set {PASSPHRASE} or {}",
                variable(source)
            ),
        })
    }

    fn keep_in_file(&self, source: &str, token: &SecretString, why: &str) -> Result<Place, SecretError> {
        let passphrase = self.need_passphrase(source, why)?;
        let _lock = lock(self.file)?;
        let mut all = if self.file.exists() { open(self.file, &passphrase)? } else { BTreeMap::new() };
        all.insert(source.to_owned(), token.expose_secret().to_owned());
        seal(self.file, &passphrase, &all)?;
        Ok(Place::File(self.file.to_owned()))
    }

    fn replace(&self, source: &str, token: &SecretString, place: &Place) -> Result<Place, SecretError> {
        let not_kept = |because: String| SecretError::NotKept { name: source.to_owned(), because };
        match place {
            Place::Environment(_) | Place::Command => Err(not_kept(format!("it comes from {place}"))),
            Place::Keyring => {
                let why = match self.keyring.set(source, token) {
                    Ok(()) => return Ok(Place::Keyring),
                    Err(why) => why,
                };
                // Longer than before, say: then the encrypted file has it, and the old one must not be found first.
                self.keep_in_file(source, token, &why)?;
                let _ = self.keyring.remove(source);
                Ok(Place::File(self.file.to_owned()))
            }
            Place::File(_) => self.keep_in_file(source, token, "the file had it"),
        }
    }

    fn can_keep(&self, source: &str) -> Result<(), SecretError> {
        // Beside the name of a source, which may hold no dot.
        let probe = format!("{source}.probe");
        let why = match self.keyring.set(&probe, &SecretString::from("probe")) {
            Ok(()) => {
                let _ = self.keyring.remove(&probe);
                return Ok(());
            }
            Err(why) => why,
        };
        let passphrase = self.need_passphrase(source, &why)?;
        if self.file.exists() { open(self.file, &passphrase).map(|_| ()) } else { Ok(()) }
    }

    fn forget(&self, source: &str) -> Result<Vec<Place>, SecretError> {
        let mut places = Vec::new();
        if self.keyring.remove(source) == Ok(true) {
            places.push(Place::Keyring);
        }
        if self.file.exists() {
            let locked = || SecretError::File {
                file: self.file.display().to_string(),
                because: format!("it is locked; set {PASSPHRASE}, or delete the file"),
            };
            let passphrase = self.passphrase().ok_or_else(locked)?;
            let _lock = lock(self.file)?;
            let mut all = open(self.file, &passphrase)?;
            if all.remove(source).is_some() {
                seal(self.file, &passphrase, &all)?;
                places.push(Place::File(self.file.to_owned()));
            }
        }
        Ok(places)
    }

    fn passphrase(&self) -> Option<SecretString> {
        (self.environment)(PASSPHRASE).filter(|text| !text.is_empty()).map(SecretString::from).or_else(|| (self.ask)())
    }
}

/// Runs a command without a shell and takes the first line that it prints.
fn run(command: &str) -> Result<SecretString, String> {
    let words =
        shlex::split(command).filter(|words| !words.is_empty()).ok_or("its quotes are not closed, or it is empty")?;
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} can't be started: {error}", clean_line(&words[0])))?;
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (tx, rx) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = out.as_mut().map_or(Ok(0), |out| out.read_to_string(&mut text));
        let _ = tx.send(read.map(|_| text));
    });
    let (said_tx, said_rx) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = err.as_mut().map_or(Ok(0), |err| err.read_to_string(&mut text));
        let _ = said_tx.send(text);
    });
    let text = match rx.recv_timeout(COMMAND_LIMIT) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => return Err(format!("what it printed can't be read: {error}")),
        Err(_) => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("it did not end within {} seconds", COMMAND_LIMIT.as_secs()));
        }
    };
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        // What a failing command prints to its error stream; never what it prints as the token.
        let said = said_rx.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let said: String = clean_line(said.lines().next().unwrap_or_default()).chars().take(200).collect();
        return Err(format!(
            "it failed ({status}){}",
            if said.is_empty() { String::new() } else { format!(": {said}") }
        ));
    }
    match text.lines().next().map(str::trim) {
        Some(token) if !token.is_empty() => Ok(SecretString::from(token.to_owned())),
        _ => Err("it printed nothing".to_owned()),
    }
}

struct SystemKeyring;

impl SystemKeyring {
    /// Asks on a thread of its own; a keyring that waits for somebody is left to wait.
    fn ask<T: Send + 'static>(
        source: &str,
        ask: impl FnOnce(keyring::Entry) -> Result<T, keyring_core::Error> + Send + 'static,
    ) -> Result<T, String> {
        let source = source.to_owned();
        let (tx, rx) = mpsc::channel();
        std::thread::spawn(move || {
            let result = match keyring::Entry::store_status() {
                Ok(()) => keyring::Entry::new("rounds", &source).and_then(ask).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            let _ = tx.send(result);
        });
        match rx.recv_timeout(KEYRING_LIMIT) {
            Ok(result) => result.map_err(|why| clean_line(&why)),
            Err(_) => Err(format!("no answer within {} seconds", KEYRING_LIMIT.as_secs())),
        }
    }
}

impl Keyring for SystemKeyring {
    fn get(&self, source: &str) -> Result<Option<SecretString>, String> {
        Self::ask(source, |entry| match entry.get_password() {
            Ok(text) => Ok(Some(SecretString::from(text))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn set(&self, source: &str, token: &SecretString) -> Result<(), String> {
        let token = token.clone();
        Self::ask(source, move |entry| entry.set_password(token.expose_secret()))
    }

    fn remove(&self, source: &str) -> Result<bool, String> {
        Self::ask(source, |entry| match entry.delete_credential() {
            Ok(()) => Ok(true),
            Err(keyring_core::Error::NoEntry) => Ok(false),
            Err(error) => Err(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A keyring that has, lacks or refuses.
    #[derive(Default)]
    struct Fake {
        kept: RefCell<BTreeMap<String, String>>,
        broken: Option<&'static str>,
    }

    impl Keyring for Fake {
        fn get(&self, source: &str) -> Result<Option<SecretString>, String> {
            self.broken
                .map_or_else(|| Ok(self.kept.borrow().get(source).cloned().map(SecretString::from)), |w| Err(w.into()))
        }

        fn set(&self, source: &str, token: &SecretString) -> Result<(), String> {
            if let Some(why) = self.broken {
                return Err(why.into());
            }
            self.kept.borrow_mut().insert(source.into(), token.expose_secret().into());
            Ok(())
        }

        fn remove(&self, source: &str) -> Result<bool, String> {
            self.broken.map_or_else(|| Ok(self.kept.borrow_mut().remove(source).is_some()), |w| Err(w.into()))
        }
    }

    fn nobody() -> Option<SecretString> {
        None
    }

    fn places<'a>(environment: &'a dyn Fn(&str) -> Option<String>, keyring: &'a Fake, file: &'a Path) -> Places<'a> {
        Places { environment, keyring, file, ask: &nobody }
    }

    #[test]
    fn variables_are_upper_case_with_underscores() {
        assert_eq!(variable("crm"), "ROUNDS_TOKEN_CRM");
        assert_eq!(variable("usage-eu.2"), "ROUNDS_TOKEN_USAGE_EU_2");
    }

    #[test]
    fn the_environment_comes_first_then_the_command_then_the_keyring() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        let keyring = Fake::default();
        keyring.set("crm", &SecretString::from("from keyring")).unwrap();
        let set = |name: &str| (name == "ROUNDS_TOKEN_CRM").then(|| " from env \n".to_owned());
        let unset = |_: &str| None;
        let of = |env: &dyn Fn(&str) -> Option<String>, command| {
            let found = places(env, &keyring, &file).find("crm", command).unwrap();
            (found.token.expose_secret().to_owned(), found.place)
        };
        assert_eq!(of(&set, Some("false")), ("from env".into(), Place::Environment("ROUNDS_TOKEN_CRM".into())));
        assert_eq!(of(&unset, Some("printf 'from command\\nmore'")), ("from command".into(), Place::Command));
        assert_eq!(of(&unset, None), ("from keyring".into(), Place::Keyring));
    }

    #[test]
    fn a_command_runs_without_a_shell_and_its_failure_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        let keyring = Fake::default();
        keyring.set("crm", &SecretString::from("from keyring")).unwrap();
        let unset = |_: &str| None;
        let of = |command| places(&unset, &keyring, &file).find("crm", Some(command));
        assert_eq!(of("echo $HOME; echo").unwrap().token.expose_secret(), "$HOME; echo");
        for (command, words) in [
            ("false", "failed"),
            ("true", "printed nothing"),
            ("no-such-program-here x", "can't be started"),
            ("echo 'open", "quotes"),
            ("ls /no/such/folder", "/no/such/folder"),
        ] {
            let error = of(command).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("crm"), "{command}: {error}");
        }
    }

    #[test]
    fn the_encrypted_file_keeps_what_the_keyring_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/secrets");
        let keyring = Fake { broken: Some("no bus"), ..Fake::default() };
        let with = |name: &str| (name == PASSPHRASE).then(|| "correct horse".to_owned());
        let kept = places(&with, &keyring, &file);
        assert_eq!(kept.store("crm", &SecretString::from("pat-1")), Ok(Place::File(file.clone())));
        kept.store("usage", &SecretString::from("phx-2")).unwrap();
        assert_eq!(kept.find("crm", None).unwrap().token.expose_secret(), "pat-1");
        assert_eq!(kept.find("usage", None).unwrap().token.expose_secret(), "phx-2");
        let raw = std::fs::read_to_string(&file).unwrap();
        assert!(!raw.contains("pat-1") && !raw.contains("crm"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }

        let wrong = |name: &str| (name == PASSPHRASE).then(|| "wrong".to_owned());
        let error = places(&wrong, &keyring, &file).find("crm", None).unwrap_err().to_string();
        assert!(error.contains("passphrase is wrong"), "{error}");
        let error = places(&|_| None, &keyring, &file).find("crm", None).unwrap_err().to_string();
        assert!(
            error.contains("no bus") && error.contains("ROUNDS_PASSPHRASE") && error.contains("rounds login crm"),
            "{error}"
        );
        let asked = Places {
            environment: &|_| None,
            keyring: &keyring,
            file: &file,
            ask: &|| Some(SecretString::from("correct horse")),
        };
        assert_eq!(asked.find("crm", None).unwrap().place, Place::File(file.clone()));

        assert_eq!(kept.forget("crm"), Ok(vec![Place::File(file.clone())]));
        assert!(kept.find("crm", None).unwrap_err().to_string().contains("nothing for crm"));
        assert_eq!(kept.find("usage", None).unwrap().token.expose_secret(), "phx-2");
        std::fs::write(&file, raw.replace("\"sealed\":\"", "\"sealed\":\"00")).unwrap();
        assert!(matches!(kept.find("usage", None), Err(SecretError::File { .. })));
    }

    #[test]
    fn without_any_place_the_reasons_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        let keyring = Fake::default();
        let error = places(&|_| None, &keyring, &file).find("crm", None).unwrap_err().to_string();
        for words in
            ["ROUNDS_TOKEN_CRM (not set)", "token_command (none configured)", "no entry rounds/crm", "not there"]
        {
            assert!(error.contains(words), "{words} in {error}");
        }
        let broken = Fake { broken: Some("locked"), ..Fake::default() };
        let error = places(&|_| None, &broken, &file).store("crm", &SecretString::from("x")).unwrap_err();
        assert!(error.to_string().contains("locked"), "{error}");
        assert!(!file.exists());
    }

    #[test]
    fn a_keyring_that_fails_is_a_reason_and_not_a_hang() {
        // Whatever this machine has, the answer comes within the limit, and a name that nobody uses isn't in it.
        assert!(!matches!(SystemKeyring.get("rounds-test-no-such-source"), Ok(Some(_))));
    }
}
