//! A filter of the portfolio, as the condition that SQLite is given: parameters are always bound, never pasted.
//!
//! Decides how a query's words stand in the table; what they mean is decided in `book`, and its `matches` is the measure.

use jiff::civil::Date;
use rusqlite::types::Value as Sql;

use super::codec::{day, fold};
use crate::book::query::{Expr, Field, Num, Op, Query, Stretch, Term, Text, Unit, Use, Words};

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

    /// A query that the portfolio alone can answer, seen from a day; of any other, what it can. `me`: the owner who is
    /// signed in.
    pub fn of(query: &Query, today: Date, me: Option<&str>) -> Self {
        let mut making = Making { date: today, today: day(today), me: me.map(fold), params: Vec::new() };
        let parts = query.all.iter().map(|part| making.expr(&part.expr)).collect::<Vec<_>>();
        Self { sql: parts.join(" AND "), params: making.params }
    }

    /// With only these accounts left, by their keys.
    pub fn among(mut self, keys: &[i64]) -> Self {
        let and = if self.sql.is_empty() { "" } else { " AND " };
        self.sql.push_str(and);
        self.sql.push_str("p.account IN (SELECT value FROM json_each(?))");
        let keys = keys.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        self.params.push(Sql::Text(format!("[{keys}]")));
        self
    }

    /// Whether it lets everything pass.
    pub fn is_all(&self) -> bool {
        self.sql.is_empty()
    }
}

struct Making {
    date: Date,
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
            Term::Compare { left: Num::Of(of), op, right: Num::Plain(value) } => self.compare(of, *op, *value),
            Term::Within { left: Num::Of(of), op, days } => self.within(of, *op, *days),
            Term::Words { of: Words::Of(field), whole, any } => {
                let Some(column) = column(*field) else { return "0".to_owned() };
                let parts: Vec<String> = any.iter().map(|word| self.words(column, word, *whole)).collect();
                format!("({})", parts.join(" OR "))
            }
            Term::OwnerMe => match self.me.clone() {
                Some(me) => format!("(p.owner IS {})", self.bind(me)),
                None => "0".to_owned(),
            },
            Term::Band(band) => format!("(p.band = {})", self.bind(band.name().to_owned())),
            Term::Flag(Some(kind)) => format!("(instr(p.flags, {}) > 0)", self.bind(format!(" {kind} "))),
            Term::Flag(None) => "(trim(p.flags) <> '')".to_owned(),
            // Meetings of a standing of another day are not today's.
            Term::MeetingToday => format!("(p.meetings > 0 AND p.day = {})", self.bind(self.today)),
            Term::Known(Num::Of(of)) => format!("({} IS NOT NULL)", self.number(of)),
            Term::Told(Words::Of(field)) => {
                column(*field).map_or_else(|| "0".to_owned(), |column| format!("(coalesce({column}, '') <> '')"))
            }
            // What needs the facts is never handed to this room; asked all the same, it holds for nobody.
            Term::Compare { .. }
            | Term::Within { .. }
            | Term::Words { .. }
            | Term::Known(_)
            | Term::Told(_)
            | Term::Items { .. }
            | Term::State(_) => "0".to_owned(),
        }
    }

    fn words(&mut self, column: &str, word: &str, whole: bool) -> String {
        if whole {
            return format!("coalesce({column} = {}, 0)", self.bind(word.to_lowercase()));
        }
        self.holds(column, word)
    }

    fn holds(&mut self, column: &str, part: &str) -> String {
        format!("(instr(coalesce({column}, ''), {}) > 0 AND {column} IS NOT NULL)", self.bind(part.to_lowercase()))
    }

    /// A field in its unit; one that is not stored is known of nobody.
    fn number(&mut self, of: &Use) -> String {
        match of.field {
            _ if !of.is_plain() => "NULL".to_owned(),
            Field::Health => "p.score".to_owned(),
            Field::Confidence => "p.confidence".to_owned(),
            Field::Change => "p.delta".to_owned(),
            Field::Arr => "(p.arr * 1.0 / p.scale)".to_owned(),
            Field::Renewal | Field::RenewalDays => format!("(p.renewal - {})", self.bind(self.today)),
            Field::RenewalLate => {
                let late = format!("({} - p.renewal)", self.bind(self.today));
                format!("(CASE WHEN {late} > 0 THEN {} - p.renewal END)", self.bind(self.today))
            }
            // Never touched stands as the smallest number, for the order.
            Field::Touch => format!("({} - nullif(p.touch, {}))", self.bind(self.today), i32::MIN),
            _ => "NULL".to_owned(),
        }
    }

    /// A day against a stretch of days. Days ago count backwards: `touch>2026-10-01` asks for longer ago than that day.
    fn within(&mut self, of: &Use, op: Op, days: Stretch) -> String {
        let ahead = of.field.spec().unit == Unit::Date;
        let (from, to) = days.days(self.date, ahead);
        let (from, to) = (day(from) - self.today, day(to) - self.today);
        let back = matches!(of.field, Field::Touch | Field::RenewalLate);
        let (from, to) = if back { (-to, -from) } else { (from, to) };
        let (from, to) = (from as f64, to as f64);
        match op {
            Op::Less => self.compare(of, Op::Less, from),
            Op::AtMost => self.compare(of, Op::AtMost, to),
            Op::AtLeast => self.compare(of, Op::AtLeast, from),
            Op::More => self.compare(of, Op::More, to),
            Op::Equal => {
                format!("({} AND {})", self.compare(of, Op::AtLeast, from), self.compare(of, Op::AtMost, to))
            }
            Op::Differs => {
                format!("({} OR {})", self.compare(of, Op::Less, from), self.compare(of, Op::More, to))
            }
        }
    }

    fn compare(&mut self, of: &Use, op: Op, value: f64) -> String {
        let number = self.number(of);
        let value = self.bind(value);
        match op {
            Op::Equal => format!("coalesce(abs({number} - {value}) < 1e-9, 0)"),
            Op::Differs => format!("coalesce(abs({number} - {value}) >= 1e-9, 0)"),
            // The same room for rounding as in `book`: 0.1 + 0.2 is at most 0.3.
            Op::AtMost => format!("coalesce({number} < {value} + 1e-9, 0)"),
            Op::AtLeast => format!("coalesce({number} > {value} - 1e-9, 0)"),
            Op::Less => format!("coalesce({number} <= {value} - 1e-9, 0)"),
            Op::More => format!("coalesce({number} >= {value} + 1e-9, 0)"),
        }
    }
}

/// The column of a text, folded; `None`: it is not stored.
fn column(field: Text) -> Option<&'static str> {
    Some(match field {
        Text::Owner => "p.owner",
        Text::Segment => "fold(p.segment)",
        Text::Name => "p.name",
        Text::Domain => "p.domain",
        _ => return None,
    })
}
