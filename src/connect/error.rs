//! What went wrong with a source, in words that say what happened, where, and what to do.
//!
//! Decides classes and wording; never holds a token.

use jiff::Timestamp;

use super::manifest::ManifestError;

/// What kind of failure it is: decides what the sync does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The token is refused: nothing of this source works until somebody signs in.
    SignIn,
    /// A right is missing for one stream; others go on.
    Forbidden,
    /// A budget is used up until a moment.
    Quota,
    /// No answer at all.
    Unreachable,
    /// It may work later.
    Transient,
    /// The saved watermark no longer serves: a full pass is needed.
    StaleCursor,
    /// The source does not understand us, or we it.
    Invalid,
    /// The connector or `config.toml` is wrong.
    Config,
}

/// A failure of a source. `at` is how people know it: `HubSpot (crm)`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConnectError {
    /// See [`ErrorClass::SignIn`].
    #[error("{at} refused the token ({because}). Sign in again: rounds login {name}")]
    SignIn { at: String, name: String, because: String },
    /// See [`ErrorClass::SignIn`]: there is no token to be refused. `then` is what to do.
    #[error("{at}: {because}. {then}")]
    NotSignedIn { at: String, because: String, then: String },
    /// See [`ErrorClass::Forbidden`].
    #[error("{at} does not show {stream} to this token ({because}). {}", grant(.right))]
    Forbidden { at: String, stream: String, right: Option<String>, because: String },
    /// See [`ErrorClass::Quota`].
    #[error("{at} allows no more requests for now ({because}). {}", goes_on(.until))]
    Quota { at: String, until: Option<Timestamp>, because: String },
    /// See [`ErrorClass::Unreachable`].
    #[error("{at} does not answer ({because}). What is here stays; press R when the network is back")]
    Unreachable { at: String, because: String },
    /// See [`ErrorClass::Transient`].
    #[error("{at} failed while {doing} ({because}). What was pulled is kept; the next sync goes on from there")]
    Transient { at: String, doing: String, because: String },
    /// See [`ErrorClass::StaleCursor`].
    #[error("{at}: {because}; everything of {stream} is pulled again")]
    StaleCursor { at: String, stream: String, because: String },
    /// See [`ErrorClass::Invalid`].
    #[error("{at}: {doing} did not work: {because}")]
    Invalid { at: String, doing: String, because: String },
    /// See [`ErrorClass::Config`].
    #[error("{}", lines(.problems))]
    Config { problems: Vec<ManifestError> },
    /// Whoever asked for the pages is no longer listening.
    #[error("the pull was cancelled")]
    Cancelled,
}

impl ConnectError {
    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::SignIn { .. } | Self::NotSignedIn { .. } => ErrorClass::SignIn,
            Self::Forbidden { .. } => ErrorClass::Forbidden,
            Self::Quota { .. } => ErrorClass::Quota,
            Self::Unreachable { .. } => ErrorClass::Unreachable,
            Self::Transient { .. } | Self::Cancelled => ErrorClass::Transient,
            Self::StaleCursor { .. } => ErrorClass::StaleCursor,
            Self::Invalid { .. } => ErrorClass::Invalid,
            Self::Config { .. } => ErrorClass::Config,
        }
    }
}

fn grant(right: &Option<String>) -> String {
    match right {
        Some(right) => format!("Grant the token {right}, then press R"),
        None => "Grant the token the right to read it, then press R".to_owned(),
    }
}

fn goes_on(at: &Option<Timestamp>) -> String {
    match at {
        Some(at) => format!("The next sync after {} goes on", at.strftime("%Y-%m-%d %H:%M UTC")),
        None => "The next sync goes on".to_owned(),
    }
}

fn lines(problems: &[ManifestError]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
