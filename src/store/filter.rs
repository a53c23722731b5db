//! A filter of the portfolio, as the condition that SQLite is given: parameters are always bound, never pasted.
//!
//! Decides how a query's words stand in the table; what they mean is decided in `book`, and its `matches` is the measure.

use jiff::civil::Date;
use rusqlite::types::Value as Sql;

use super::codec::{day, fold};
use crate::book::query::{Expr, Field, Op, Query, Term, Text, Value};

/// A condition on the portfolio (`p`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub(super) sql: String,
    pub(super) params: Vec<Sql>,
}

impl Filter {
    /// Everything in the book.
    pub fn all() -> Self {
        Self::default()
    }

    /// A query, seen from a day. `me`: the owner who is signed in.
    pub fn of(query: &Query, today: Date, me: Option<&str>) -> Self {
        let mut making = Making { today: day(today), me: me.map(fold), params: Vec::new() };
        let parts = query.all.iter().map(|part| making.expr(&part.expr)).collect::<Vec<_>>();
        Self { sql: parts.join(" AND "), params: making.params }
    }

    /// Whether it lets everything pass.
    pub fn is_all(&self) -> bool {
        self.sql.is_empty()
    }
}

struct Making {
    today: i64,
    me: Option<String>,
    params: Vec<Sql>,
}

impl Making {
    fn bind(&mut self, value: impl Into<Sql>) -> &'static str {
        self.params.push(value.into());
        "?"
    }

    /// Every expression is 0 or 1, never NULL: an absent value fits no comparison, and `not` of that fits.
    fn expr(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::All(all) => self.joined(all, " AND ", "1"),
            Expr::Any(any) => self.joined(any, " OR ", "0"),
            Expr::Not(one) => format!("NOT {}", self.expr(one)),
            Expr::Term(term) => self.term(term),
        }
    }

    fn joined(&mut self, all: &[Expr], with: &str, none: &str) -> String {
        let parts = all.iter().map(|one| self.expr(one)).collect::<Vec<_>>();
        if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(with)) }
    }

    fn term(&mut self, term: &Term) -> String {
        match term {
            Term::Word(word) => {
                let (name, domain) = (self.holds("p.name", word), self.holds("p.domain", word));
                format!("({name} OR {domain})")
            }
            Term::Compare { field, op, value } => self.compare(*field, *op, *value),
            Term::Text { field, value } => {
                let column = match field {
                    Text::Owner => "p.owner",
                    Text::Segment => "fold(p.segment)",
                    Text::Name => "p.name",
                    Text::Domain => "p.domain",
                };
                self.holds(column, value)
            }
            Term::OwnerMe => match self.me.clone() {
                Some(me) => format!("(p.owner IS {})", self.bind(me)),
                None => "0".to_owned(),
            },
            Term::Band(band) => format!("(p.band = {})", self.bind(band.name().to_owned())),
            Term::Flag(kind) => format!("(instr(p.flags, {}) > 0)", self.bind(format!(" {kind} "))),
            // Meetings of a standing of another day are not today's.
            Term::MeetingToday => format!("(p.meetings > 0 AND p.day = {})", self.bind(self.today)),
            Term::Unknown(field) => format!("({} IS NULL)", self.number(*field)),
        }
    }

    fn holds(&mut self, column: &str, part: &str) -> String {
        format!("(instr(coalesce({column}, ''), {}) > 0 AND {column} IS NOT NULL)", self.bind(part.to_lowercase()))
    }

    /// A field in its unit.
    fn number(&mut self, field: Field) -> String {
        match field {
            Field::Health => "p.score".to_owned(),
            Field::Confidence => "p.confidence".to_owned(),
            Field::Change => "p.delta".to_owned(),
            Field::Arr => "(p.arr * 1.0 / p.scale)".to_owned(),
            Field::Renewal => format!("(p.renewal - {})", self.bind(self.today)),
            // Never touched stands as the smallest number, for the order.
            Field::Touch => format!("({} - nullif(p.touch, {}))", self.bind(self.today), i32::MIN),
        }
    }

    fn compare(&mut self, field: Field, op: Op, value: Value) -> String {
        let value = match value {
            Value::Number(value) => value,
            Value::Date(date) if field == Field::Touch => (self.today - day(date)) as f64,
            Value::Date(date) => (day(date) - self.today) as f64,
        };
        let number = self.number(field);
        let value = self.bind(value);
        match op {
            Op::Equal => format!("coalesce(abs({number} - {value}) < 1e-9, 0)"),
            _ => format!("coalesce({number} {} {value}, 0)", op.sign()),
        }
    }
}
