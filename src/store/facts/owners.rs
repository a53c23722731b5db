//! Who of ours owns accounts and may write notes that are read as facts.
//!
//! Kept in memory between readings; a counter in the cache says when it is out of date.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::super::codec::{fold, from_json};
use super::Body;
use crate::book::row::Value;

/// A colleague.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) struct Owner {
    pub email: Option<String>,
    pub name: Option<String>,
    pub active: bool,
}

impl Owner {
    /// How an account names its owner: e-mail, else name.
    pub fn label(&self) -> Option<String> {
        self.email.clone().or_else(|| self.name.clone())
    }
}

/// All colleagues, by every id that a source names them by, and by e-mail.
#[derive(Debug, Default)]
pub(in crate::store) struct Owners {
    by_id: HashMap<(String, String), Arc<Owner>>,
    by_email: HashMap<String, Arc<Owner>>,
}

impl Owners {
    /// The colleague that a source means by an id of an owner or a user, or by an e-mail address.
    pub fn get(&self, source: &str, id: &str) -> Option<&Owner> {
        let by_id = self.by_id.get(&(source.to_owned(), id.to_owned()));
        by_id.or_else(|| self.by_email.get(&fold(id))).map(Arc::as_ref)
    }

    fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut owners = Self::default();
        let mut statement = conn.prepare_cached(
            "SELECT source, id, gone IS NOT NULL, body FROM record WHERE entity = 'owner' ORDER BY rec",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (source, id, gone): (String, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let body: Body = from_json(row.get_ref(3)?.as_str()?)?;
            let text = |name: &str| match body.fields.get(name) {
                Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
                _ => None,
            };
            let full = || match (text("first_name"), text("last_name")) {
                (Some(first), Some(last)) => Some(format!("{first} {last}")),
                (first, last) => first.or(last),
            };
            let owner = Arc::new(Owner {
                email: text("email").map(|email| email.to_lowercase()),
                name: text("name").or_else(full),
                active: !gone && !matches!(body.fields.get("active"), Some(Value::Bool(false))),
            });
            if let Some(email) = &owner.email {
                // Somebody who left and came back stands there twice: the active one counts.
                let held = owners.by_email.entry(email.clone()).or_insert_with(|| Arc::clone(&owner));
                if owner.active && !held.active {
                    *held = Arc::clone(&owner);
                }
            }
            if let Some(user) = text("user") {
                owners.by_id.entry((source.clone(), user)).or_insert_with(|| Arc::clone(&owner));
            }
            owners.by_id.insert((source, id), owner);
        }
        Ok(owners)
    }
}

/// The colleagues as of some state of the cache.
#[derive(Debug, Default)]
pub(in crate::store) struct Kept {
    state: Option<String>,
    owners: Arc<Owners>,
}

impl Kept {
    /// The colleagues as of now.
    pub fn current(&mut self, conn: &Connection) -> rusqlite::Result<Arc<Owners>> {
        let state = super::super::rows::meta(conn, "owners")?.unwrap_or_default();
        if self.state.as_deref() != Some(state.as_str()) {
            self.owners = Arc::new(Owners::load(conn)?);
            self.state = Some(state);
        }
        Ok(Arc::clone(&self.owners))
    }
}
