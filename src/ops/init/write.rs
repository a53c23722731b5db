//! A source as the text that stands in `config.toml`.
//!
//! Decides the order of its keys and how they are laid out. It changes no file.

use std::collections::BTreeMap;
use std::fmt::Write;

use toml::{Table, Value};

use super::source::Draft;
use crate::connect::SourceConfig;
use crate::ops::OpsError;

impl Draft {
    /// A text among its keys.
    pub fn text(&self, key: &str) -> Option<String> {
        self.table.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    /// Sets a text, or takes it out.
    pub fn set_text(&mut self, key: &str, value: Option<&str>) {
        match value.filter(|value| !value.trim().is_empty()) {
            Some(value) => {
                self.table.insert(key.to_owned(), Value::String(value.trim().to_owned()));
            }
            None => {
                self.table.remove(key);
            }
        }
    }

    /// Sets a text below its tables, or takes it out; what is empty then goes with it. `note` is said behind it.
    pub fn set_below(&mut self, path: &[&str], value: Option<&str>, note: Option<&str>) {
        self.notes.remove(&path.join("."));
        if let Some(note) = note {
            self.notes.insert(path.join("."), note.to_owned());
        }
        put(&mut self.table, path, value);
    }

    /// As the rest of Rounds reads it.
    pub fn config(&self) -> Result<SourceConfig, OpsError> {
        let mut config: SourceConfig = Value::Table(self.table.clone())
            .try_into()
            .map_err(|error: toml::de::Error| OpsError { message: error.message().to_owned(), exit: 3 })?;
        config.name = self.name.as_str().into();
        Ok(config)
    }

    /// Its tables.
    pub fn block(&self) -> String {
        let mut out = String::new();
        lay(&mut out, &format!("source.{}", self.name), "", &self.table, &self.notes);
        out
    }
}

fn put(table: &mut Table, path: &[&str], value: Option<&str>) {
    let Some((key, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        match value {
            Some(value) => {
                table.insert((*key).to_owned(), Value::String(value.to_owned()));
            }
            None => {
                table.remove(*key);
            }
        }
        return;
    }
    if value.is_none() && !table.contains_key(*key) {
        return;
    }
    let below = table.entry((*key).to_owned()).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(below) = below {
        put(below, rest, value);
        if below.is_empty() {
            table.remove(*key);
        }
    }
}

fn lay(out: &mut String, header: &str, path: &str, table: &Table, notes: &BTreeMap<String, String>) {
    // The tables of a source and those right below them have a header of their own; what is deeper is a value.
    let depth = path.split('.').filter(|part| !part.is_empty()).count();
    let headed = |value: &Value| value.as_table().is_some_and(|below| depth < 2 && !below.is_empty());
    let (below, mut own): (Vec<_>, Vec<_>) = table.iter().partition(|(_, value)| headed(value));
    if !own.is_empty() || below.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "[{header}]");
    }
    own.sort_by_key(|(key, _)| (key.as_str() != "connector", key.as_str() != "url"));
    for (key, value) in own {
        let note = notes.get(&joined(path, key)).map(|note| format!(" # {note}")).unwrap_or_default();
        let _ = writeln!(out, "{} = {value}{note}", quoted(key));
    }
    for (key, value) in below {
        if let Value::Table(table) = value {
            lay(out, &format!("{header}.{}", quoted(key)), &joined(path, key), table, notes);
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A key as TOML takes it.
fn quoted(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { key.to_owned() } else { Value::String(key.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_laid_out_as_a_person_would_write_it() {
        let mut draft = Draft::new("crm", "hubspot");
        draft.set_text("url", Some("https://crm.example"));
        draft.set_below(&["settings", "region"], Some("eu"), None);
        draft.set_below(&["map", "account", "arr"], Some("properties.\"a b\""), Some("What they pay"));
        draft.set_below(&["only", "account"], Some("= x in ['1']"), None);
        let block = draft.block();
        assert_eq!(
            block,
            "[source.crm]\nconnector = \"hubspot\"\nurl = \"https://crm.example\"\n\n[source.crm.map.account]\n\
             arr = 'properties.\"a b\"' # What they pay\n\n[source.crm.only]\naccount = \"= x in ['1']\"\n\n\
             [source.crm.settings]\nregion = \"eu\"\n"
        );
        let read: Table = block.parse().unwrap();
        assert_eq!(read["source"]["crm"].as_table(), Some(&draft.table));
        draft.set_below(&["map", "account", "arr"], None, None);
        assert!(!draft.block().contains("map"), "what is empty is not written");
    }

    #[test]
    fn what_was_there_already_stays_as_it_is() {
        let text = "connector = \"hubspot\"\nlimits.all = { rate = \"1 / 1s\" }\noff = [\"usage\"]\n\
                    map.account.stage = { path = \"a\", values = { x = \"y\" } }\n\
                    with.streams.ticket = { use = \"cursor\", first = { get = \"/x\" } }\n";
        let draft = Draft { table: text.parse().unwrap(), ..Draft::new("crm", "hubspot") };
        let read: Table = draft.block().parse().unwrap();
        assert_eq!(read["source"]["crm"].as_table(), Some(&draft.table), "{}", draft.block());
        assert!(draft.config().is_ok());
    }
}
