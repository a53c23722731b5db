//! The query language of the filter line: `health<50 renewal<90d is:champion-left owner:me northwind`.
//!
//! Decides what a query says and whether one line of the portfolio fits. How it becomes SQL is for the store.

mod field;
mod read;

use jiff::civil::Date;

use crate::book::day::between;
use crate::book::standing::Band;
use crate::book::view::PortfolioRow;
pub use field::{FIELDS, Field, FieldSpec, Text, Unit};
pub use read::{parse, parse_known};

/// A query: all of its parts must hold; without any, everything fits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    pub all: Vec<Part>,
}

/// One part of a query, as typed and as understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// As it was typed, to say which part leaves nothing.
    pub text: String,
    pub expr: Expr,
}

/// An expression. An absent value fits no comparison; `not` of that fits.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Term(Term),
}

/// The smallest thing that can be asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// Name or domain holds this, whatever its case.
    Word(String),
    /// A number against a number in the field's unit.
    Compare { field: Field, op: Op, value: Value },
    /// A text holds this, whatever its case.
    Text { field: Text, value: String },
    /// The accounts of whoever is signed in.
    OwnerMe,
    /// In this band.
    Band(Band),
    /// A flag of this kind stands.
    Flag(String),
    /// A meeting or call today.
    MeetingToday,
    /// A value is not known.
    Unknown(Field),
}

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl Op {
    /// As it is typed, and as SQL has it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }

    /// Whether it holds.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::Equal => (a - b).abs() < 1e-9,
            Self::AtLeast => a >= b,
            Self::More => a > b,
        }
    }
}

/// What a field is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// In the field's unit: points, a ratio, units of the book's currency, days.
    Number(f64),
    /// For fields that are days away from today.
    Date(Date),
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {hint}")]
pub struct QueryError {
    /// Character offset in the text.
    pub at: usize,
    pub message: String,
    /// What could be typed instead.
    pub hint: String,
}

impl Query {
    /// Whether a line of the portfolio fits, seen from a day. `me`: the owner who is signed in.
    pub fn matches(&self, row: &PortfolioRow, today: Date, me: Option<&str>) -> bool {
        self.all.iter().all(|part| part.expr.matches(row, today, me))
    }

    /// Whether everything fits.
    pub fn is_all(&self) -> bool {
        self.all.is_empty()
    }
}

impl Expr {
    /// Whether a line of the portfolio fits.
    pub fn matches(&self, row: &PortfolioRow, today: Date, me: Option<&str>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.matches(row, today, me)),
            Self::Any(any) => any.iter().any(|one| one.matches(row, today, me)),
            Self::Not(one) => !one.matches(row, today, me),
            Self::Term(term) => term.matches(row, today, me),
        }
    }
}

impl Term {
    fn matches(&self, row: &PortfolioRow, today: Date, me: Option<&str>) -> bool {
        let holds = |text: Option<&str>, part: &str| {
            text.is_some_and(|text| text.to_lowercase().contains(&part.to_lowercase()))
        };
        match self {
            Self::Word(word) => holds(Some(&row.name), word) || holds(row.domain.as_deref(), word),
            Self::Compare { field, op, value } => number_of(*field, row, today).is_some_and(|number| {
                let value = match value {
                    Value::Number(value) => *value,
                    Value::Date(date) if *field == Field::Touch => between(*date, today) as f64,
                    Value::Date(date) => between(today, *date) as f64,
                };
                op.holds(number, value)
            }),
            Self::Text { field: Text::Owner, value } => holds(row.owner.as_deref(), value),
            Self::Text { field: Text::Segment, value } => holds(row.segment.as_deref(), value),
            Self::Text { field: Text::Name, value } => holds(Some(&row.name), value),
            Self::Text { field: Text::Domain, value } => holds(row.domain.as_deref(), value),
            Self::OwnerMe => me.is_some() && row.owner.as_deref() == me,
            Self::Band(band) => row.band == *band,
            Self::Flag(kind) => row.flags.iter().any(|flag| &flag.kind == kind),
            Self::MeetingToday => !row.meetings.is_empty(),
            Self::Unknown(field) => number_of(*field, row, today).is_none(),
        }
    }
}

/// The number of a field in its unit.
fn number_of(field: Field, row: &PortfolioRow, today: Date) -> Option<f64> {
    match field {
        Field::Health => row.score,
        Field::Confidence => Some(row.confidence),
        Field::Change => row.delta_7d,
        Field::Arr => row.arr_book.map(|money| money.units()),
        Field::Renewal => row.renewal.map(|date| between(today, date) as f64),
        Field::Touch => row.last_touch.map(|date| between(date, today) as f64),
    }
}

#[cfg(test)]
mod tests;
