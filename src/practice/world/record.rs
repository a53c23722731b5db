//! A record as the CRM keeps it: properties as text, their earlier values, links.
//! Decides how values are kept and looked up. Knows nothing of HTTP.

use crate::practice::kinds::Kind;

/// One earlier (or the present) value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub value: String,
    /// Epoch ms.
    pub at: i64,
    pub source: &'static str,
    pub user: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub kind: Kind,
    pub id: u64,
    pub created: i64,
    pub updated: i64,
    pub archived: Option<i64>,
    props: Vec<(&'static str, String)>,
    /// Newest first, for the properties whose past is known.
    pub history: Vec<(&'static str, Vec<Version>)>,
}

impl Record {
    pub(crate) fn new(kind: Kind, id: u64, created: i64, updated: i64) -> Record {
        Record {
            kind,
            id,
            created,
            updated: updated.max(created),
            archived: None,
            props: Vec::with_capacity(32),
            history: Vec::new(),
        }
    }

    /// Sets a property of a record in the making, without a trace in its history.
    pub(crate) fn put(&mut self, name: &'static str, value: impl Into<String>) {
        self.props.push((name, value.into()));
    }

    /// As `put`, for what may be unknown.
    pub(crate) fn put_some(&mut self, name: &'static str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// The stored value; times and id are answered from the record itself.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        use super::clock::moment_text;
        if name == "hs_object_id" {
            return Some(self.id.to_string());
        }
        if name == self.kind.modified() {
            return Some(moment_text(self.updated));
        }
        if name == self.kind.created() {
            // A ticket or deal may carry an own date of creation.
            return Some(self.text(name).map_or_else(|| moment_text(self.created), str::to_string));
        }
        self.text(name).map(str::to_string)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.props.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    /// Changes a property and remembers what it was.
    pub(crate) fn change(&mut self, name: &'static str, value: String, at: i64, user: u64) {
        let earlier = self.versions(name);
        match self.props.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) if slot.1 == value => return,
            Some(slot) => slot.1 = value.clone(),
            None => self.props.push((name, value.clone())),
        }
        let mut versions = vec![Version { value, at, source: "API", user: Some(user) }];
        versions.extend(earlier);
        match self.history.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) => slot.1 = versions,
            None => self.history.push((name, versions)),
        }
    }

    /// Every known value of a property, newest first.
    pub(crate) fn versions(&self, name: &str) -> Vec<Version> {
        if let Some((_, versions)) = self.history.iter().find(|(n, _)| *n == name) {
            return versions.clone();
        }
        self.get(name)
            .map(|value| Version { value, at: self.created, source: "CRM_UI", user: None })
            .into_iter()
            .collect()
    }
}
