//! Taking back the last change that has not left the machine: the rows it touched, as they were before.
//!
//! Decides whether a change can still be taken back. A row that is on its way, or arrived, cannot be called back.

use jiff::Timestamp;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde::{Deserialize, Serialize};

use super::super::codec::{from_json, json, ms};
use super::super::{Store, StoreError};
use super::touch;

/// How many changes are remembered.
const KEPT: i64 = 50;

type Cells = serde_json::Map<String, serde_json::Value>;

/// Rows of one table that a key picks.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Rows {
    table: String,
    /// Columns and the values that they have in these rows.
    key: Vec<(String, String)>,
    rows: Vec<Cells>,
}

/// The rows that a change is about to touch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Before {
    account: String,
    tables: Vec<Rows>,
}

impl Before {
    /// A note with its rows of the outbox.
    pub(super) fn note(conn: &Connection, id: &str) -> rusqlite::Result<Self> {
        let tables = vec![snap(conn, "note", &[("id", id)])?, snap(conn, "outbox", &[("note", id)])?];
        Ok(Self { account: String::new(), tables })
    }

    /// One row of the outbox.
    pub(super) fn outbox(conn: &Connection, id: &str) -> rusqlite::Result<Self> {
        Ok(Self { account: String::new(), tables: vec![snap(conn, "outbox", &[("id", id)])?] })
    }

    /// What was decided about a play.
    pub(super) fn action(conn: &Connection, account: &str, play: &str, key: &str) -> rusqlite::Result<Self> {
        let tables = vec![snap(conn, "action", &[("account", account), ("play", play), ("key", key)])?];
        Ok(Self { account: String::new(), tables })
    }

    /// What was said of one flag.
    pub(super) fn flag(conn: &Connection, account: &str, kind: &str, key: &str) -> rusqlite::Result<Self> {
        let tables = vec![snap(conn, "flag", &[("account", account), ("kind", kind), ("key", key)])?];
        Ok(Self { account: String::new(), tables })
    }

    /// What was said of all flags of a kind.
    pub(super) fn flags(conn: &Connection, account: &str, kind: &str) -> rusqlite::Result<Self> {
        let tables = vec![snap(conn, "flag", &[("account", account), ("kind", kind)])?];
        Ok(Self { account: String::new(), tables })
    }

    /// Until when an account is put off.
    pub(super) fn put_off(conn: &Connection, account: &str) -> rusqlite::Result<Self> {
        Ok(Self { account: String::new(), tables: vec![snap(conn, "put_off", &[("account", account)])?] })
    }

    /// Remembers it, now that the change is made. `says` what would be taken back.
    pub(super) fn keep(mut self, conn: &Connection, says: &str, account: &str, at: Timestamp) -> rusqlite::Result<()> {
        self.account = account.to_owned();
        conn.prepare_cached("INSERT INTO undo(at, says, body) VALUES (?1, ?2, ?3)")?.execute(params![
            ms(at),
            says,
            json(&self)?
        ])?;
        let newest = conn.last_insert_rowid();
        conn.prepare_cached("DELETE FROM undo WHERE seq <= ?1")?.execute([newest - KEPT])?;
        Ok(())
    }
}

fn condition(key: &[(String, String)]) -> String {
    let parts = key.iter().enumerate().map(|(n, (column, _))| format!("\"{column}\" = ?{}", n + 1));
    parts.collect::<Vec<_>>().join(" AND ")
}

fn snap(conn: &Connection, table: &str, key: &[(&str, &str)]) -> rusqlite::Result<Rows> {
    let key = key.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
    let mut statement = conn.prepare_cached(&format!("SELECT * FROM {table} WHERE {}", condition(&key)))?;
    let columns = statement.column_names().map(str::to_owned).collect::<Vec<_>>();
    let values = key.iter().map(|(_, value)| value.clone());
    let rows = statement
        .query_map(params_from_iter(values), |row| {
            let mut cells = Cells::new();
            for (n, column) in columns.iter().enumerate() {
                let cell = match row.get_ref(n)? {
                    ValueRef::Null | ValueRef::Blob(_) => serde_json::Value::Null,
                    ValueRef::Integer(n) => n.into(),
                    ValueRef::Real(x) => x.into(),
                    ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
                };
                cells.insert(column.clone(), cell);
            }
            Ok(cells)
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Rows { table: table.to_owned(), key, rows })
}

fn put_back(conn: &Connection, before: &Rows) -> rusqlite::Result<()> {
    let key = before.key.iter().map(|(_, value)| value.clone());
    conn.execute(&format!("DELETE FROM {} WHERE {}", before.table, condition(&before.key)), params_from_iter(key))?;
    for cells in &before.rows {
        let columns = cells.keys().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let marks = vec!["?"; cells.len()].join(", ");
        let values = cells.values().map(|cell| match cell {
            serde_json::Value::Number(n) => {
                n.as_i64().map_or_else(|| n.as_f64().map_or(Value::Null, Value::Real), Value::Integer)
            }
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Bool(bit) => Value::Integer(i64::from(*bit)),
            _ => Value::Null,
        });
        conn.execute(&format!("INSERT INTO {} ({columns}) VALUES ({marks})", before.table), params_from_iter(values))?;
    }
    Ok(())
}

/// Whether a row of the outbox has moved on since the change: then it has left, or is leaving.
fn has_left(now: &Rows, before: &Rows) -> bool {
    let text = |cells: &Cells, name: &str| cells.get(name).and_then(|cell| cell.as_str().map(str::to_owned));
    now.rows.iter().any(|row| {
        let id = text(row, "id");
        let was = before.rows.iter().find(|old| text(old, "id") == id);
        let same = was
            .is_some_and(|old| text(old, "state") == text(row, "state") && text(old, "remote") == text(row, "remote"));
        let waits = text(row, "state").as_deref() == Some("queued")
            && (text(row, "remote").is_none() || text(row, "action").as_deref() != Some("create"));
        !same && !waits
    })
}

impl Store {
    /// Takes back the newest change (note, edit, deletion, decision about a play). Answers with what it was; `None`:
    /// there is nothing to take back.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it has left the machine; it is then not offered again.
    pub fn undo(&mut self, _now: Timestamp) -> Result<Option<String>, StoreError> {
        let own = self.own_mut()?;
        let outcome = own.write("taking back", |tx| {
            let newest: Option<(i64, String, String)> = tx
                .query_row("SELECT seq, says, body FROM undo ORDER BY seq DESC LIMIT 1", [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            let Some((seq, says, body)) = newest else { return Ok(Ok(None)) };
            let before: Before = from_json(&body)?;
            tx.execute("DELETE FROM undo WHERE seq = ?1", [seq])?;
            for old in before.tables.iter().filter(|rows| rows.table == "outbox") {
                let key = old.key.iter().map(|(column, value)| (column.as_str(), value.as_str())).collect::<Vec<_>>();
                if has_left(&snap(tx, "outbox", &key)?, old) {
                    return Ok(Err(says));
                }
            }
            for rows in &before.tables {
                put_back(tx, rows)?;
            }
            touch(tx, &before.account)?;
            Ok(Ok(Some(says)))
        })?;
        outcome.map_err(|says| {
            StoreError::Refused(format!("{says} has left this machine already: change it as it stands now"))
        })
    }
}
