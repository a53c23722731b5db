//! Asks a query of an account: whatever can answer for fields and lists is a subject.
//!
//! Decides how absent values count: they fit no comparison, and a number made of them is absent.

use std::borrow::Cow;
use std::ops::ControlFlow;

use jiff::civil::Date;

use super::look::Item;
use super::{Arith, Expr, List, Num, Op, Over, Pick, Stretch, Term, Text, Unit, Use, Words};
use crate::book::day::{Day, number as day_number};
use crate::book::standing::Band;

/// A number with the days of the facts behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub value: f64,
    /// The day of the newest fact behind it; `None`: no fact stands behind it, as behind a count of nothing.
    pub as_of: Option<Day>,
    /// The day from which its evidence fades.
    pub fades: Option<Day>,
}

impl Reading {
    /// A number that rests on a fact of a day and fades from then on.
    pub fn of(value: f64, as_of: Day) -> Self {
        Self { value, as_of: Some(as_of), fades: Some(as_of) }
    }

    /// A number that rests on a fact of a day, and is in force on another.
    pub fn standing(value: f64, as_of: Day, on: Day) -> Self {
        Self { value, as_of: Some(as_of), fades: Some(on) }
    }

    /// A number behind which no fact stands.
    pub fn bare(value: f64) -> Self {
        Self { value, as_of: None, fades: None }
    }

    /// Another value, on the facts of both: as new as the newer, fading with the older.
    fn with(self, other: Self, value: f64) -> Self {
        let fades = match (self.fades, other.fades) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { value, as_of: self.as_of.max(other.as_of), fades }
    }
}

/// What can be asked.
pub trait Subject {
    /// The day it is asked on.
    fn today(&self) -> Date;
    /// Whoever is signed in.
    fn me(&self) -> Option<&str>;
    /// A number.
    fn number(&self, of: &Use) -> Option<Reading>;
    /// A text.
    fn text(&self, of: Text) -> Option<Cow<'_, str>>;
    /// The band.
    fn band(&self) -> Band;
    /// Whether a flag stands; without a kind: any.
    fn flag(&self, kind: Option<&str>) -> bool;
    /// Whether something is planned for the day.
    fn meeting_today(&self) -> bool;
    /// Hands over the items of a list.
    fn each(&self, list: List, see: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>);
}

/// Whether it holds.
pub fn holds(expr: &Expr, subject: &impl Subject) -> bool {
    At { subject, item: None }.holds(expr)
}

/// Whether one item of a list fits.
pub fn fits(test: &Expr, subject: &impl Subject, item: &Item<'_>) -> bool {
    At { subject, item: Some(item) }.holds(test)
}

/// The number it makes; `None`: absent.
pub fn number(num: &Num, subject: &impl Subject) -> Option<Reading> {
    At { subject, item: None }.number(num)
}

/// The text it makes; `None`: absent or empty.
pub fn text(words: &Words, subject: &impl Subject) -> Option<String> {
    At { subject, item: None }.text(words).map(Cow::into_owned)
}

/// Where a question is asked: of an account, or of one item of it.
struct At<'s, 'i, S> {
    subject: &'s S,
    item: Option<&'s Item<'i>>,
}

impl<S: Subject> At<'_, '_, S> {
    fn holds(&self, expr: &Expr) -> bool {
        match expr {
            Expr::All(all) => all.iter().all(|one| self.holds(one)),
            Expr::Any(any) => any.iter().any(|one| self.holds(one)),
            Expr::Not(one) => !self.holds(one),
            Expr::Term(term) => self.term(term),
        }
    }

    fn term(&self, term: &Term) -> bool {
        match term {
            Term::Word(word) => match self.item {
                Some(item) => contains(item.main(), word),
                None => [Text::Name, Text::Domain]
                    .into_iter()
                    .any(|field| self.subject.text(field).is_some_and(|text| contains(&text, word))),
            },
            Term::Compare { left, op, right } => match (self.number(left), self.number(right)) {
                (Some(a), Some(b)) => op.holds(a.value, b.value),
                _ => false,
            },
            Term::Within { left, op, days } => {
                self.number(left).is_some_and(|number| self.within(left.unit(), number.value, *op, *days))
            }
            Term::Words { of, whole, any } => self.text(of).is_some_and(|text| {
                any.iter().any(|word| if *whole { same(&text, word) } else { contains(&text, word) })
            }),
            Term::OwnerMe => {
                self.subject.me().is_some_and(|me| self.subject.text(Text::Owner).is_some_and(|owner| same(&owner, me)))
            }
            Term::Band(band) => self.subject.band() == *band,
            Term::Flag(kind) => self.subject.flag(kind.as_deref()),
            Term::MeetingToday => self.subject.meeting_today(),
            Term::Known(num) => self.number(num).is_some(),
            Term::Told(words) => self.text(words).is_some(),
            Term::Items { list, every, test } => {
                let mut found = false;
                self.subject.each(*list, &mut |item| {
                    let fits = fits(test, self.subject, &item);
                    // Of nobody at all nothing is said: `all` of an empty list does not hold.
                    found = fits;
                    if fits == *every { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                });
                found
            }
            Term::State(field) => self.item.is_some_and(|item| item.state(*field)),
        }
    }

    fn within(&self, unit: Unit, value: f64, op: Op, days: Stretch) -> bool {
        let (from, to) = days.days(self.subject.today(), unit == Unit::Date);
        let today = f64::from(day_number(self.subject.today()));
        let (from, to) = (f64::from(day_number(from)), f64::from(day_number(to)));
        // Days ago: `touch>2026-10-01` asks for longer ago than that day.
        let (value, from, to) = match unit {
            Unit::Date => (today + value, from, to),
            _ => (value, today - to, today - from),
        };
        match op {
            Op::Less => value < from,
            Op::AtMost => value <= to,
            Op::Equal => (from..=to).contains(&value),
            Op::Differs => !(from..=to).contains(&value),
            Op::AtLeast => value >= from,
            Op::More => value > to,
        }
    }

    /// The items that fit, and the newest day behind them.
    fn fitting(&self, list: List, test: Option<&Expr>, see: &mut dyn FnMut(&Item<'_>)) -> Option<Day> {
        let mut newest = None;
        self.subject.each(list, &mut |item| {
            newest = newest.max(Some(item.on()));
            if test.is_none_or(|test| fits(test, self.subject, &item)) {
                see(&item);
            }
            ControlFlow::Continue(())
        });
        newest
    }

    fn number(&self, num: &Num) -> Option<Reading> {
        match num {
            Num::Plain(value) => Some(Reading::bare(*value)),
            Num::Of(use_) => self.subject.number(use_),
            Num::Item(field) => self.item?.number(*field).map(Reading::bare),
            Num::Count(list, test) => {
                let mut count = 0.0;
                let as_of = self.fitting(*list, test.as_deref(), &mut |_| count += 1.0);
                let fades = as_of.map(|_| day_number(self.subject.today()));
                Some(Reading { value: count, as_of, fades })
            }
            Num::Pick(pick) => self.pick(pick, |item| Some(Reading::of(item.number(pick.field)?, item.on()))),
            Num::Over(over, list, field, test) => {
                let (mut sum, mut count, mut least, mut most) = (0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY);
                let as_of = self.fitting(*list, test.as_deref(), &mut |item| {
                    if let Some(value) = item.number(*field) {
                        sum += value;
                        count += 1.0;
                        least = least.min(value);
                        most = most.max(value);
                    }
                });
                let value = match over {
                    Over::Sum => sum,
                    _ if count == 0.0 => return None,
                    Over::Mean => sum / count,
                    Over::Least => least,
                    Over::Most => most,
                };
                Some(Reading { value, as_of, fades: as_of.map(|_| day_number(self.subject.today())) })
            }
            Num::Abs(one) => self.number(one).map(|one| Reading { value: one.value.abs(), ..one }),
            Num::Arith(arith, pair) => {
                let (a, b) = (self.number(&pair.0)?, self.number(&pair.1)?);
                let value = match arith {
                    Arith::Plus => a.value + b.value,
                    Arith::Minus => a.value - b.value,
                    Arith::Times => a.value * b.value,
                    Arith::Over => a.value / b.value,
                };
                value.is_finite().then(|| a.with(b, value))
            }
            Num::Least(all) => self.best(all, |a, b| a < b),
            Num::Most(all) => self.best(all, |a, b| a > b),
        }
    }

    fn best(&self, all: &[Num], better: fn(f64, f64) -> bool) -> Option<Reading> {
        all.iter().filter_map(|one| self.number(one)).reduce(|a, b| {
            let value = if better(b.value, a.value) { b.value } else { a.value };
            a.with(b, value)
        })
    }

    fn pick<T>(&self, pick: &Pick, read: impl Fn(&Item<'_>) -> Option<T>) -> Option<T> {
        let mut best: Option<(Day, T)> = None;
        self.fitting(pick.list, pick.test.as_ref(), &mut |item| {
            let on = item.on();
            let beats = best.as_ref().is_none_or(|(day, _)| if pick.newest { on >= *day } else { on < *day });
            if beats && let Some(value) = read(item) {
                best = Some((on, value));
            }
        });
        best.map(|(_, value)| value)
    }

    fn text(&self, words: &Words) -> Option<Cow<'_, str>> {
        match words {
            Words::Of(field) => self.subject.text(*field),
            Words::Item(field) => self.item?.text(*field).map(Cow::Owned),
            Words::Pick(pick) => self.pick(pick, |item| item.text(pick.field)).map(Cow::Owned),
        }
        .filter(|text| !text.is_empty())
    }
}

fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
