//! A query asked of one line of the portfolio: only what is stored there is known.
//!
//! Decides nothing of its own; it is the measure that the store's SQL is held to.

use std::borrow::Cow;
use std::ops::ControlFlow;

use jiff::civil::Date;

use super::eval::{Reading, Subject};
use super::look::Item;
use super::{Expr, Field, Leaf, List, Num, Query, Term, Text, Use};
use crate::book::day::between;
use crate::book::standing::Band;
use crate::book::view::PortfolioRow;

/// A line of the portfolio, seen from a day by somebody.
#[derive(Clone, Copy, Debug)]
pub struct Line<'r> {
    pub row: &'r PortfolioRow,
    pub today: Date,
    pub me: Option<&'r str>,
}

impl Field {
    /// Whether the portfolio stores it, so that the whole book can be asked at once.
    pub fn is_stored(self) -> bool {
        use Field::{Arr, Change, Confidence, Health, Renewal, RenewalDays, RenewalLate, Touch};
        matches!(self, Health | Confidence | Change | Arr | Renewal | RenewalDays | RenewalLate | Touch)
    }
}

impl Text {
    /// Whether the portfolio stores it.
    pub fn is_stored(self) -> bool {
        matches!(self, Self::Owner | Self::Segment | Self::Name | Self::Domain)
    }
}

impl Subject for Line<'_> {
    fn today(&self) -> Date {
        self.today
    }

    fn me(&self) -> Option<&str> {
        self.me
    }

    fn number(&self, of: &Use) -> Option<Reading> {
        if !of.is_plain() {
            return None;
        }
        let row = self.row;
        let ahead = |date: Date| between(self.today, date) as f64;
        let value = match of.field {
            Field::Health => row.score,
            Field::Confidence => Some(row.confidence),
            Field::Change => row.delta_7d,
            Field::Arr => row.arr_book.map(|money| money.units()),
            Field::Renewal | Field::RenewalDays => row.renewal.map(ahead),
            Field::RenewalLate => row.renewal.map(|date| -ahead(date)).filter(|days| *days > 0.0),
            Field::Touch => row.last_touch.map(|date| -ahead(date)),
            _ => None,
        };
        value.map(Reading::bare)
    }

    fn text(&self, of: Text) -> Option<Cow<'_, str>> {
        match of {
            Text::Owner => self.row.owner.as_deref(),
            Text::Segment => self.row.segment.as_deref(),
            Text::Name => Some(self.row.name.as_str()),
            Text::Domain => self.row.domain.as_deref(),
            Text::Band => Some(self.row.band.name()),
            _ => None,
        }
        .map(Cow::Borrowed)
    }

    fn band(&self) -> Band {
        self.row.band
    }

    fn flag(&self, kind: Option<&str>) -> bool {
        kind.map_or(!self.row.flags.is_empty(), |kind| self.row.flags.iter().any(|flag| flag.kind == kind))
    }

    fn meeting_today(&self) -> bool {
        !self.row.meetings.is_empty()
    }

    fn each(&self, _: List, _: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>) {}
}

/// What the portfolio stores is answered by its line, so that a list shows what it was filtered by; all else by the facts.
#[derive(Clone, Copy)]
pub struct Both<'l, 'e, 'a> {
    pub line: Line<'l>,
    pub look: super::Look<'e, 'a>,
}

impl Subject for Both<'_, '_, '_> {
    fn today(&self) -> Date {
        self.line.today
    }

    fn me(&self) -> Option<&str> {
        self.line.me
    }

    fn number(&self, of: &Use) -> Option<Reading> {
        if of.field.is_stored() && of.is_plain() { self.line.number(of) } else { self.look.number(of) }
    }

    fn text(&self, of: Text) -> Option<Cow<'_, str>> {
        if of.is_stored() { self.line.text(of) } else { self.look.text(of) }
    }

    fn band(&self) -> Band {
        self.line.band()
    }

    fn flag(&self, kind: Option<&str>) -> bool {
        self.line.flag(kind)
    }

    fn meeting_today(&self) -> bool {
        self.line.meeting_today()
    }

    fn each(&self, list: List, see: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>) {
        self.look.each(list, see);
    }
}

impl Expr {
    /// Whether the portfolio alone can answer it.
    pub fn is_stored(&self) -> bool {
        let mut stored = true;
        self.visit(&mut |leaf| {
            stored &= match leaf {
                Leaf::Number(of) => of.field.is_stored() && of.is_plain(),
                Leaf::Text(text) => text.is_stored(),
                Leaf::List(_) | Leaf::Term(Term::Items { .. } | Term::State(_)) => false,
                Leaf::Term(Term::Compare { left, right, .. }) => {
                    matches!((left, right), (Num::Of(_), Num::Plain(_)))
                }
                Leaf::Term(Term::Within { left, .. } | Term::Known(left)) => matches!(left, Num::Of(_)),
                Leaf::Term(_) => true,
            };
        });
        stored
    }
}

impl Query {
    /// The parts that the portfolio alone can answer, and those that need the facts of every account.
    pub fn split(self) -> (Self, Self) {
        let (stored, deep): (Vec<_>, Vec<_>) = self.all.into_iter().partition(|part| part.expr.is_stored());
        (Self { all: stored }, Self { all: deep })
    }
}
