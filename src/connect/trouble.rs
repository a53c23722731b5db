//! What went wrong, in words: an error answer or a missing one becomes what people read.
//!
//! Decides the class of each failure and what the caller may still do about it. It tries nothing again.

use std::time::Duration;

use super::answer::{Failed, NoAnswer};
use super::client::Client;
use super::error::ConnectError;
use super::manifest::Is;
use crate::book::row::Entity;

/// Why a read ended: what the caller may still do something about stands apart.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Ask for less at a time.
    TooWide(ConnectError),
    /// Describe again, once.
    FieldGone(ConnectError),
    /// What was asked for is not there.
    Gone(ConnectError),
    Error(ConnectError),
}

impl From<ConnectError> for Trouble {
    fn from(error: ConnectError) -> Self {
        Self::Error(error)
    }
}

impl From<Trouble> for ConnectError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::TooWide(error) | Trouble::FieldGone(error) | Trouble::Gone(error) | Trouble::Error(error) => error,
        }
    }
}

/// The records that a phrase such as `pulling accounts` is about.
fn thing(doing: &str) -> String {
    let known = |word: &&str| Entity::ALL.iter().any(|e| e.plural() == *word || e.name() == *word);
    doing.split(' ').find(known).unwrap_or(doing).to_owned()
}

impl Client {
    pub(super) fn too_long(&self, pause: Duration, words: &str) -> ConnectError {
        let until = jiff::Timestamp::now().checked_add(pause).ok();
        let error = ConnectError::Quota { at: self.at.clone(), until, because: words.to_owned() };
        self.spend(until, &error);
        error
    }

    /// An error answer in words.
    pub fn error(&self, failed: Failed, doing: &str) -> ConnectError {
        let at = self.at.clone();
        match failed.is {
            Is::AuthExpired | Is::AuthWrong => {
                ConnectError::SignIn { at, name: self.name.clone(), because: failed.words }
            }
            Is::Forbidden => {
                ConnectError::Forbidden { at, stream: thing(doing), right: failed.right, because: failed.words }
            }
            Is::Quota => {
                let error = ConnectError::Quota { at, until: failed.until, because: failed.words };
                self.spend(failed.until, &error);
                error
            }
            Is::Rate | Is::Transient => ConnectError::Transient { at, doing: doing.to_owned(), because: failed.words },
            Is::StaleCursor => ConnectError::StaleCursor { at, stream: doing.to_owned(), because: failed.words },
            Is::Gone | Is::Conflict | Is::TooWide | Is::FieldGone | Is::Duplicate | Is::Invalid => {
                ConnectError::Invalid { at, doing: doing.to_owned(), because: failed.words }
            }
        }
    }

    /// A missing answer in words.
    pub fn no_answer(&self, no: NoAnswer, doing: &str) -> ConnectError {
        let (at, doing) = (self.at.clone(), doing.to_owned());
        match no {
            NoAnswer::NotSent(because) => ConnectError::Unreachable { at, because },
            NoAnswer::Cut(because) => ConnectError::Transient { at, doing, because },
            NoAnswer::TooLarge(bytes) => ConnectError::Invalid {
                at,
                doing,
                because: format!("an answer is larger than {} MB; ask for smaller pages", bytes >> 20),
            },
            NoAnswer::OtherHost(host) => ConnectError::Invalid {
                at,
                doing,
                because: format!(
                    "it points to another host, {host}; the token was not sent there. If the address has changed, set url of this source in config.toml"
                ),
            },
            NoAnswer::Ours(because) => ConnectError::Invalid { at, doing, because },
        }
    }
}
