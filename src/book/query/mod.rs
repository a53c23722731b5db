//! The one query language: filter line, rules, plays, measures, command line.
//! `health<50 renewal<90d is:champion-left people.any(tier:buyer touch>90d) northwind`
//!
//! Decides what a query says and whether an account fits, on any day. How it becomes SQL is for the store.

mod behind;
mod complete;
mod eval;
mod field;
mod item;
mod look;
mod read;
mod row;
mod template;
mod units;
mod vocabulary;

use crate::book::standing::Band;
pub use behind::{Behind, behind};
pub use complete::{Completion, complete};
pub use eval::{Reading, Subject, holds, number, text};
pub use field::{FIELDS, Field, FieldSpec, Needs, PULSES, STATES, TEXTS, Text, Unit};
pub use item::{Holds, ITEMS, ItemField, LISTS, List};
pub use look::Look;
pub use read::{parse, parse_known, parse_number, parse_text};
pub use row::{Both, Line};
pub use template::{Template, first};
pub use units::{Stretch, amount, shown};
pub use vocabulary::Vocabulary;

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
    /// Name or domain holds this, whatever its case; of an item: its main words.
    Word(String),
    /// A number against another.
    Compare { left: Num, op: Op, right: Num },
    /// A day against a stretch of days: before it, inside it, after it.
    Within { left: Num, op: Op, days: Stretch },
    /// A text holds (or is) one of these, whatever its case.
    Words { of: Words, whole: bool, any: Vec<String> },
    /// The accounts of whoever is signed in.
    OwnerMe,
    /// In this band.
    Band(Band),
    /// A flag of this kind stands; without a kind: any.
    Flag(Option<String>),
    /// A meeting or call today.
    MeetingToday,
    /// A number is known.
    Known(Num),
    /// A text is known.
    Told(Words),
    /// Some (or all) items of a list fit.
    Items { list: List, every: bool, test: Box<Expr> },
    /// A state of the item at hand.
    State(ItemField),
}

/// A number that can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Num {
    Plain(f64),
    Of(Use),
    /// Of the item at hand.
    Item(ItemField),
    /// How many items fit.
    Count(List, Option<Box<Expr>>),
    /// A field of the newest or oldest item that fits.
    Pick(Box<Pick>),
    /// A field over the items that fit.
    Over(Over, List, ItemField, Option<Box<Expr>>),
    Abs(Box<Num>),
    Arith(Arith, Box<(Num, Num)>),
    /// The smallest of several; absent ones are left out.
    Least(Vec<Num>),
    /// The largest of several; absent ones are left out.
    Most(Vec<Num>),
}

/// A text that can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Words {
    Of(Text),
    Item(ItemField),
    Pick(Box<Pick>),
}

/// A field of the newest or oldest item that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    pub list: List,
    pub newest: bool,
    pub test: Option<Expr>,
    pub field: ItemField,
}

/// How several numbers become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Sum,
    Mean,
    Least,
    Most,
}

/// Arithmetic, signs with blanks around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arith {
    Plus,
    Minus,
    Times,
    Over,
}

/// A field with its window.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    pub field: Field,
    /// Days looked at.
    pub window: i32,
    /// Days left out before that, counted from the day.
    pub skip: i32,
    /// The usage metric, where the name has one.
    pub metric: Option<Box<str>>,
}

impl Use {
    /// The field as it is without arguments.
    pub fn plain(field: Field) -> Self {
        Self { field, window: field.spec().window.unwrap_or(0), skip: 0, metric: None }
    }

    /// Whether it stands without arguments.
    pub fn is_plain(&self) -> bool {
        *self == Self::plain(self.field)
    }
}

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Less,
    AtMost,
    Equal,
    Differs,
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
            Self::Differs => "!=",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }

    /// Whether it holds.
    pub fn holds(self, a: f64, b: f64) -> bool {
        let same = (a - b).abs() < 1e-9;
        match self {
            Self::Less => a < b && !same,
            Self::AtMost => a <= b || same,
            Self::Equal => same,
            Self::Differs => !same,
            Self::AtLeast => a >= b || same,
            Self::More => a > b && !same,
        }
    }
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
    /// Whether an account fits.
    pub fn matches(&self, subject: &impl Subject) -> bool {
        self.all.iter().all(|part| holds(&part.expr, subject))
    }

    /// Whether everything fits.
    pub fn is_all(&self) -> bool {
        self.all.is_empty()
    }

    /// As one expression.
    pub fn expr(self) -> Expr {
        let mut all: Vec<Expr> = self.all.into_iter().map(|part| part.expr).collect();
        if all.len() == 1 { all.remove(0) } else { Expr::All(all) }
    }
}

impl Expr {
    /// Everything that it is made of, from the outside in.
    pub fn visit(&self, see: &mut dyn FnMut(Leaf<'_>)) {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().for_each(|one| one.visit(see)),
            Self::Not(one) => one.visit(see),
            Self::Term(term) => {
                see(Leaf::Term(term));
                match term {
                    Term::Compare { left, right, .. } => {
                        left.visit(see);
                        right.visit(see);
                    }
                    Term::Within { left, .. } | Term::Known(left) => left.visit(see),
                    Term::Words { of, .. } | Term::Told(of) => of.visit(see),
                    Term::Items { test, .. } => test.visit(see),
                    _ => {}
                }
            }
        }
    }

    /// What must be known before it can be asked.
    pub fn needs(&self) -> Needs {
        needs(|see| self.visit(see))
    }

    /// The first flag that must stand for it to hold: what a play built on it answers.
    pub fn flag(&self) -> Option<&str> {
        match self {
            Self::All(all) => all.iter().find_map(Self::flag),
            Self::Term(Term::Flag(kind)) => kind.as_deref(),
            _ => None,
        }
    }
}

/// A part of an expression, for whoever walks through it.
#[derive(Clone, Copy, Debug)]
pub enum Leaf<'e> {
    Term(&'e Term),
    Number(&'e Use),
    Text(Text),
    /// A list is looked into.
    List(List),
}

impl Num {
    /// Everything that it is made of.
    pub fn visit(&self, see: &mut dyn FnMut(Leaf<'_>)) {
        match self {
            Self::Plain(_) | Self::Item(_) => {}
            Self::Of(use_) => see(Leaf::Number(use_)),
            Self::Count(list, test) | Self::Over(_, list, _, test) => {
                see(Leaf::List(*list));
                if let Some(test) = test {
                    test.visit(see);
                }
            }
            Self::Pick(pick) => pick.visit(see),
            Self::Abs(one) => one.visit(see),
            Self::Arith(_, pair) => {
                pair.0.visit(see);
                pair.1.visit(see);
            }
            Self::Least(all) | Self::Most(all) => all.iter().for_each(|one| one.visit(see)),
        }
    }

    /// What must be known before it can be asked.
    pub fn needs(&self) -> Needs {
        needs(|see| self.visit(see))
    }

    /// Its unit.
    pub fn unit(&self) -> Unit {
        match self {
            Self::Plain(_) | Self::Count(..) => Unit::Number,
            Self::Of(use_) => use_.field.spec().unit,
            Self::Item(field) | Self::Over(_, _, field, _) => unit_of(*field),
            Self::Pick(pick) => unit_of(pick.field),
            Self::Abs(one) => match one.unit() {
                Unit::Change => Unit::Share,
                unit => unit,
            },
            Self::Arith(Arith::Plus | Arith::Minus, pair) => match (pair.0.unit(), pair.1.unit()) {
                (Unit::Number, other) => other,
                (unit, _) => unit,
            },
            // Shares of shares, money by seats: what comes out is a plain number, unless one side is only a factor.
            Self::Arith(Arith::Times, pair) => match (&pair.0, &pair.1) {
                (Self::Plain(_), other) | (other, Self::Plain(_)) => other.unit(),
                _ => Unit::Number,
            },
            Self::Arith(Arith::Over, pair) => match (pair.0.unit(), pair.1.unit()) {
                (unit, _) if matches!(pair.1, Self::Plain(_)) => unit,
                (a, b) if a == b => Unit::Share,
                _ => Unit::Number,
            },
            Self::Least(all) | Self::Most(all) => all.first().map_or(Unit::Number, Self::unit),
        }
    }
}

impl Words {
    fn visit(&self, see: &mut dyn FnMut(Leaf<'_>)) {
        match self {
            Self::Of(text) => see(Leaf::Text(*text)),
            Self::Item(_) => {}
            Self::Pick(pick) => pick.visit(see),
        }
    }
}

impl Pick {
    fn visit(&self, see: &mut dyn FnMut(Leaf<'_>)) {
        see(Leaf::List(self.list));
        if let Some(test) = &self.test {
            test.visit(see);
        }
    }
}

fn unit_of(field: ItemField) -> Unit {
    match field.spec().holds {
        Holds::Number(unit) => unit,
        Holds::Text | Holds::State => Unit::Number,
    }
}

fn needs(visit: impl FnOnce(&mut dyn FnMut(Leaf<'_>))) -> Needs {
    let mut most = Needs::Facts;
    visit(&mut |leaf| {
        most = most.max(match leaf {
            Leaf::Term(Term::Flag(_)) => Needs::Flags,
            Leaf::Term(Term::Band(_)) => Needs::Score,
            Leaf::Term(_) | Leaf::List(_) => Needs::Facts,
            Leaf::Number(use_) => use_.field.spec().needs,
            Leaf::Text(text) => text.spec().needs,
        });
    });
    most
}

#[cfg(test)]
mod tests;
