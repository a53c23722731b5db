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
use secrecy::ExposeSecret;
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
    /// What is kept there now.
    fn load(&self) -> Option<TokenSet>;
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
    asked: VecDeque<Instant>,
}

impl Renewer {
    /// For a set that is in use.
    pub fn new(flow: Flow, vault: Arc<dyn Vault>, set: TokenSet) -> Arc<Self> {
        Arc::new(Self { flow, vault, state: Mutex::new(State { set, asked: VecDeque::new() }) })
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
        let vault = Arc::clone(&self.vault);
        let kept = tokio::task::spawn_blocking(move || vault.load()).await.ok().flatten();
        if let Some(kept) = kept.filter(|kept| kept.way == state.set.way && !kept.same_token(&state.set)) {
            let lives = kept.lives(Timestamp::now());
            state.set = kept;
            if lives {
                return Ok(state.set.sign_in());
            }
        }
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
        let (vault, saved) = (Arc::clone(&self.vault), new.clone());
        let saved = tokio::task::spawn_blocking(move || vault.save(&saved)).await;
        let saved = saved.unwrap_or_else(|error| Err(error.to_string()));
        let replaced = match (&new.refresh, &state.set.refresh) {
            (Some(new), Some(old)) => new.expose_secret() != old.expose_secret(),
            (new, _) => new.is_some(),
        };
        if let Err(why) = saved {
            if replaced {
                return Err(self.flow.not_signed_in(
                    format!("a new refresh token came and can't be kept ({why})"),
                    format!("Mend that, then sign in again: rounds login {}", self.flow.source),
                ));
            }
            tracing::warn!("a renewed token of {} is used and not kept: {why}", self.flow.source);
        }
        state.set = new;
        Ok(state.set.sign_in())
    }

    fn stuck(&self, because: String) -> ConnectError {
        ConnectError::Transient { at: self.flow.at.clone(), doing: "renewing the sign-in".to_owned(), because }
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
