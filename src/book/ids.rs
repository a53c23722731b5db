//! Newtypes for the ids that cross rooms, so that a person's id is never taken for an account's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

id!(
    /// An account: `<source>:<id there>` of the record it was first known by, e.g. `crm:512`. The same on every machine
    /// that names the source alike, so that notes still find their account after `cache.db` was deleted.
    AccountId
);
id!(
    /// A person: `<source>:<id there>`.
    PersonId
);
id!(
    /// A note of ours: a ULID, made when the note is saved.
    NoteId
);
id!(
    /// A source's name in `config.toml`, e.g. `crm`.
    SourceName
);

/// What an unfinished text is: the next note of an account, or a change of a note that was saved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DraftKey {
    Next(AccountId),
    Change(NoteId),
}

impl AccountId {
    /// The account that `source` calls `id`.
    pub fn of(source: &SourceName, id: &str) -> Self {
        Self(format!("{source}:{id}"))
    }

    /// The source's name and the source's own id. The source name never holds a colon (the config refuses it).
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or(("", &self.0))
    }
}

impl PersonId {
    /// The person that `source` calls `id`.
    pub fn of(source: &SourceName, id: &str) -> Self {
        Self(format!("{source}:{id}"))
    }

    /// The source's name and the source's own id.
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or(("", &self.0))
    }
}
