//! A model for some accounts, said as what differs: `[[override]]` in `health.toml`.
//!
//! Decides which tables an override may name and how they are laid over the file; reading them is `file`'s.

use toml::{Table, Value};

/// Tables of single values.
const TABLES: [&str; 6] = ["bands", "gates", "cadence", "tiers", "order", "score"];
/// Tables of things with an id.
const LISTS: [&str; 3] = ["group", "measure", "gate"];

/// The condition of an override, and the file as it is with it.
pub fn merged(base: &Table, mut given: Table) -> Result<(String, Table), String> {
    let Some(Value::String(when)) = given.remove("when") else {
        return Err("needs `when`, a query in quotation marks, as in: when = \"segment=Enterprise age<1y\"".into());
    };
    let mut out = base.clone();
    for key in ["override", "flag"] {
        out.remove(key);
    }
    for (key, value) in given {
        let Value::Table(value) = value else {
            return Err(format!("{key}: is no table; an override may name {}", allowed()));
        };
        if TABLES.contains(&key.as_str()) {
            let Value::Table(table) = out.entry(key.clone()).or_insert_with(|| Value::Table(Table::new())) else {
                return Err(format!("{key}: is no table"));
            };
            lay(table, value);
        } else if LISTS.contains(&key.as_str()) {
            for (id, changes) in value {
                by_id(&mut out, &key, &id, changes)?;
            }
        } else {
            return Err(format!("{key:?} cannot be overridden; an override may name {}", allowed()));
        }
    }
    Ok((when, out))
}

fn allowed() -> String {
    TABLES.iter().chain(&LISTS).copied().collect::<Vec<_>>().join(", ")
}

fn lay(table: &mut Table, changes: Table) {
    for (key, value) in changes {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(changes)) => lay(inner, changes),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

fn by_id(out: &mut Table, kind: &str, id: &str, changes: Value) -> Result<(), String> {
    let Value::Table(changes) = changes else {
        return Err(format!("{kind}.{id}: is no table, as in: [override.{kind}.{id}]"));
    };
    let Some(Value::Array(all)) = out.get_mut(kind) else { return Err(format!("there is no {kind}")) };
    let ids = all.iter().filter_map(|one| one.as_table()?.get("id")?.as_str());
    let known = ids.collect::<Vec<_>>().join(", ");
    let mut tables = all.iter_mut().filter_map(Value::as_table_mut);
    let Some(table) = tables.find(|table| table.get("id").and_then(Value::as_str) == Some(id)) else {
        return Err(format!("there is no {kind} {id:?}; there are: {known}"));
    };
    // Another curve takes the place of every curve that was there.
    if changes.contains_key("curve") || changes.contains_key("steps") {
        for key in ["curve", "steps", "by"] {
            table.remove(key);
        }
    }
    lay(table, changes);
    Ok(())
}
