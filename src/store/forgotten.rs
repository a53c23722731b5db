//! What was forgotten on request: hashes by which a sync and a reading know whom to leave out.
//!
//! Decides what is hashed: a record by its source and id, a person also by e-mail address and by name on an account.
//! Must not keep anything from which a name could be read.

use std::borrow::Cow;
use std::collections::HashSet;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::batch::Batch;
use super::codec::fold;
use crate::book::ids::AccountId;
use crate::book::journal::PersonRef;
use crate::book::row::{Entity, Row};

/// The hashes.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Forgotten(HashSet<String>);

fn print(parts: &[&str]) -> String {
    // Parts are told apart by a sign that stands in none of them.
    let hash = Sha256::digest(parts.join("\u{1f}").as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of a record.
pub(in crate::store) fn of_record(source: &str, entity: Entity, id: &str) -> String {
    print(&["record", source, entity.name(), id])
}

/// The hash of an e-mail address.
pub(in crate::store) fn of_email(email: &str) -> String {
    print(&["email", &fold(email)])
}

/// The hash of a name on an account.
pub(in crate::store) fn of_name(account: &AccountId, name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    print(&["name", account.as_str(), &fold(&name)])
}

impl Forgotten {
    pub(in crate::store) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut statement = conn.prepare_cached("SELECT hash FROM forgotten")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>().map(Self)
    }

    /// Nothing was ever forgotten.
    pub(in crate::store) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::store) fn record(&self, source: &str, entity: Entity, id: &str) -> bool {
        !self.is_empty() && self.0.contains(&of_record(source, entity, id))
    }

    /// Whether somebody whom a bullet of that account names is one of them.
    pub(in crate::store) fn person(&self, account: &AccountId, person: &PersonRef) -> bool {
        !self.is_empty()
            && match &person.email {
                Some(email) => self.0.contains(&of_email(email)),
                None => self.0.contains(&of_name(account, &person.name)),
            }
    }

    fn keeps_out(&self, source: &str, row: &Row) -> bool {
        let known = || row.text("email").is_some_and(|email| self.0.contains(&of_email(email)));
        self.record(source, row.entity, &row.id) || (row.entity == Entity::Person && known())
    }

    /// The batch without what was forgotten, and without what belongs to nothing but that.
    pub(in crate::store) fn leave_out<'a>(&self, batch: &'a Batch) -> Cow<'a, Batch> {
        if self.is_empty() {
            return Cow::Borrowed(batch);
        }
        let source = batch.source.as_str();
        let mut batch = batch.clone();
        batch.rows.retain_mut(|row| {
            if self.keeps_out(source, row) {
                return false;
            }
            let named = !row.accounts.is_empty();
            row.accounts.retain(|id| !self.record(source, Entity::Account, id));
            row.people.retain(|id| !self.record(source, Entity::Person, id));
            !(named && row.accounts.is_empty())
        });
        batch.matches.retain(|(id, _)| !self.record(source, Entity::Account, id));
        Cow::Owned(batch)
    }
}
