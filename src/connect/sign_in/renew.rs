//! Renews a sign-in: one at a time in this process and on this machine, and kept before it is used.
//!
//! Decides who asks. A refresh token that is replaced and then lost ends the sign-in: so the new one is kept first, and
//! whoever waited meanwhile takes what the first one got.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::SignIn;
use super::flow::Flow;
use super::set::TokenSet;
use crate::connect::client::Renewal;
use crate::connect::error::ConnectError;

/// How many renewals there may be in a minute: more never helped anybody, and vendors count them.
const MOST: usize = 3;
const MINUTE: Duration = Duration::from_secs(60);
/// How long another process may take over a renewal.
const LOCKED: Duration = Duration::from_secs(90);

/// Where a sign-in is kept. Its calls may take seconds; they run beside the network.
pub trait Vault: Send + Sync {
    /// What is kept there now. The error says why nothing is: then nothing is renewed, since a new token might not be kept
    /// either, and who signed out must stay signed out.
    fn load(&self) -> Result<TokenSet, String>;
    /// Keeps a set. The error says why not.
    fn save(&self, set: &TokenSet) -> Result<(), String>;
    /// The file by whose lock the processes of this machine wait for each other.
    fn lock_file(&self) -> PathBuf;
}

/// Renews the sign-in of one source.
pub struct Renewer {
    flow: Flow,
    vault: Arc<dyn Vault>,
    state: Mutex<State>,
}

struct State {
    /// What was given out last.
    set: TokenSet,
    /// The access token that is kept, as far as is known here: any other was put there by somebody else.
    kept: SecretString,
    /// Came in place of a refresh token that is spent, and is not kept yet.
    waiting: Option<TokenSet>,
    asked: VecDeque<Instant>,
}

impl Renewer {
    /// For a set that is in use.
    pub fn new(flow: Flow, vault: Arc<dyn Vault>, set: TokenSet) -> Arc<Self> {
        let state = State { kept: set.access.clone(), set, waiting: None, asked: VecDeque::new() };
        Arc::new(Self { flow, vault, state: Mutex::new(state) })
    }

    /// As a source wants it.
    pub fn renewal(self: &Arc<Self>) -> Renewal {
        let renewer = Arc::clone(self);
        Arc::new(move || {
            let renewer = Arc::clone(&renewer);
            Box::pin(async move { renewer.renew().await.map(Some) })
        })
    }

    /// The next token: the one that another process got meanwhile, else a new one, which is kept by then.
    ///
    /// # Errors
    /// [`ConnectError::NotSignedIn`] where somebody has to sign in again; others where trying later helps.
    pub async fn renew(self: &Arc<Self>) -> Result<SignIn, ConnectError> {
        let renewer = Arc::clone(self);
        // Apart from whoever asks: a pull that is broken off must not lose a refresh token on its way to the store.
        let done = tokio::spawn(async move { renewer.renew_now().await }).await;
        done.unwrap_or_else(|error| Err(self.stuck(format!("renewing it broke off ({error})"))))
    }

    async fn renew_now(&self) -> Result<SignIn, ConnectError> {
        let mut state = self.state.lock().await;
        let _lock = lock(&self.vault.lock_file()).await.map_err(|why| self.stuck(why))?;
        let kept = self.beside(|vault| vault.load()).await.map_err(|why| self.ended(&why))?;
        if kept.way != state.set.way {
            let because = format!("it was signed in to by {} meanwhile, no longer by {}", kept.way, state.set.way);
            return Err(self.flow.not_signed_in(because, "Start Rounds again, or sync once more".to_owned()));
        }
        if kept.access.expose_secret() != state.kept.expose_secret() {
            let lives = kept.lives(Timestamp::now());
            state.kept = kept.access.clone();
            (state.set, state.waiting) = (kept, None);
            if lives {
                return Ok(state.set.sign_in());
            }
        }
        if state.waiting.is_none() {
            let now = Instant::now();
            state.asked.retain(|at| now.duration_since(*at) < MINUTE);
            if state.asked.len() >= MOST {
                return Err(self.flow.not_signed_in(
                    format!("{MOST} new tokens within a minute were all refused"),
                    format!("See what this user may do there, then sign in again: rounds login {}", self.flow.source),
                ));
            }
            state.asked.push_back(now);
            let new = self.flow.renew(&state.set).await?;
            state.waiting = Some(new);
        }
        self.keep(&mut state).await
    }

    /// Keeps what came, and only then gives it out. What could not be kept waits: its refresh token is the only one left.
    async fn keep(&self, state: &mut State) -> Result<SignIn, ConnectError> {
        let Some(new) = state.waiting.clone() else { return Ok(state.set.sign_in()) };
        let saved = new.clone();
        match self.beside(move |vault| vault.save(&saved)).await {
            Ok(()) => state.kept = new.access.clone(),
            Err(why) if replaced(&new, &state.set) => {
                let because = format!("a new refresh token came and can't be kept ({why})");
                let then = format!("Mend that, then sign in again: {}", self.again());
                return Err(self.flow.not_signed_in(because, then));
            }
            // The refresh token that is kept is still the one that counts.
            Err(why) => tracing::warn!("a renewed token of {} is used and not kept: {why}", self.flow.source),
        }
        (state.set, state.waiting) = (new, None);
        Ok(state.set.sign_in())
    }

    /// A call of the vault, beside the network.
    async fn beside<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Vault) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let vault = Arc::clone(&self.vault);
        let called = tokio::task::spawn_blocking(move || call(&*vault)).await;
        called.unwrap_or_else(|error| Err(error.to_string()))
    }

    fn again(&self) -> String {
        format!("rounds login {}", self.flow.source)
    }

    fn ended(&self, why: &str) -> ConnectError {
        self.flow.not_signed_in(format!("the sign-in can't be renewed: {why}"), format!("Sign in: {}", self.again()))
    }

    fn stuck(&self, because: String) -> ConnectError {
        ConnectError::Transient { at: self.flow.at.clone(), doing: "renewing the sign-in".to_owned(), because }
    }
}

/// Whether the refresh token of before is spent by now.
fn replaced(new: &TokenSet, old: &TokenSet) -> bool {
    match (&new.refresh, &old.refresh) {
        (Some(new), Some(old)) => new.expose_secret() != old.expose_secret(),
        (new, _) => new.is_some(),
    }
}

/// Waits for the lock between processes. It ends with the file, or with its process.
async fn lock(path: &Path) -> Result<File, String> {
    let wrong = |error: std::io::Error| format!("{} can't be locked: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(wrong)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCKED => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(TryLockError::WouldBlock) => return Err("another Rounds has been at it for too long".to_owned()),
            Err(TryLockError::Error(error)) => return Err(wrong(error)),
        }
    }
}
