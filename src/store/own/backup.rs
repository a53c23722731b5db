//! A way out for everything that is ours: a copy of the file, or all of it as JSON.

use std::path::Path;

use rusqlite::types::ValueRef;

use super::super::migrate;
use super::super::{Store, StoreError};

/// What a backup holds, in this order. What only serves the machine (undo, marks of change) is left out.
const TABLES: [&str; 12] = [
    "note",
    "draft",
    "note_draft",
    "outbox",
    "action",
    "flag",
    "put_off",
    "event",
    "round",
    "round_line",
    "hand",
    "forgotten",
];

impl Store {
    /// Writes a whole copy of `own.db` to a file that does not exist yet.
    pub fn backup_own(&self, to: &Path) -> Result<(), StoreError> {
        self.own.read("copying own.db", |conn| conn.execute("VACUUM INTO ?1", [to.to_string_lossy()]).map(|_| ()))?;
        migrate::private(to);
        Ok(())
    }

    /// Everything that is ours, table by table, one object a row.
    pub fn export_own(&self) -> Result<serde_json::Value, StoreError> {
        self.own.read("exporting", |conn| {
            let mut all = serde_json::Map::new();
            all.insert("format".to_owned(), migrate::version(conn)?.into());
            for table in TABLES {
                let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
                let columns = statement.column_names().map(str::to_owned).collect::<Vec<_>>();
                let rows = statement
                    .query_map([], |row| {
                        let mut object = serde_json::Map::new();
                        for (n, column) in columns.iter().enumerate() {
                            let cell: serde_json::Value = match row.get_ref(n)? {
                                ValueRef::Null | ValueRef::Blob(_) => serde_json::Value::Null,
                                ValueRef::Integer(n) => n.into(),
                                ValueRef::Real(x) => x.into(),
                                ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
                            };
                            object.insert(column.clone(), cell);
                        }
                        Ok(serde_json::Value::Object(object))
                    })?
                    .collect::<Result<Vec<_>, _>>()?;
                all.insert(table.to_owned(), rows.into());
            }
            Ok(serde_json::Value::Object(all))
        })
    }
}
