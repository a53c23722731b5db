//! A filter of the portfolio, as the condition that SQLite is given: parameters are always bound, never pasted.
//!
//! Decides how a query's words stand in the table; what they mean is decided in `book`.

use rusqlite::types::Value;

use super::codec::fold;

/// A condition on the portfolio.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub(super) sql: String,
    pub(super) params: Vec<Value>,
}

impl Filter {
    /// Everything in the book.
    pub fn all() -> Self {
        Self::default()
    }

    /// Accounts whose name or domain holds every one of the words.
    pub fn words(text: &str) -> Self {
        let mut filter = Self::all();
        for word in fold(text).split_whitespace() {
            filter = filter.and(Self {
                sql: "(instr(p.name, ?) > 0 OR instr(coalesce(p.domain, ''), ?) > 0)".to_owned(),
                params: vec![Value::Text(word.to_owned()), Value::Text(word.to_owned())],
            });
        }
        filter
    }

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        if self.is_all() {
            return other;
        }
        if other.is_all() {
            return self;
        }
        let mut params = self.params;
        params.extend(other.params);
        Self { sql: format!("{} AND {}", self.sql, other.sql), params }
    }

    /// Whether it lets everything pass.
    pub fn is_all(&self) -> bool {
        self.sql.is_empty()
    }
}
