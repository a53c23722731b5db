//! A query asked of everything known about an account, on any day.
//!
//! Decides nothing about health: numbers of measures come from `reading`. It runs for hundreds of days: only texts allocate.

mod items;
mod loyal;
mod numbers;
mod people;
mod texts;

use std::borrow::Cow;
use std::ops::ControlFlow;

use jiff::civil::Date;

use super::eval::{Reading, Subject};
use super::{List, Text, Use};
use crate::book::prepared::On;
use crate::book::score::Eval;
use crate::book::standing::Band;
pub use items::Item;

/// The flags of the day, asked by kind; `None` as kind: any.
pub type Stands<'e> = &'e dyn Fn(Option<&str>) -> bool;

/// An account on a day.
#[derive(Clone, Copy)]
pub struct Look<'e, 'a> {
    pub eval: &'e Eval<'a>,
    pub on: On,
    /// The flags that stand, where they are known already.
    pub flags: Option<Stands<'e>>,
    /// Whoever is signed in.
    pub me: Option<&'e str>,
}

impl<'e, 'a> Look<'e, 'a> {
    /// Facts and score of a day; no flag stands.
    pub fn new(eval: &'e Eval<'a>, on: On) -> Self {
        Self { eval, on, flags: None, me: None }
    }

    /// With the flags of the day.
    pub fn with_flags(self, flags: Stands<'e>) -> Self {
        Self { flags: Some(flags), ..self }
    }
}

impl Subject for Look<'_, '_> {
    fn today(&self) -> Date {
        self.on.date
    }

    fn me(&self) -> Option<&str> {
        self.me
    }

    fn number(&self, of: &Use) -> Option<Reading> {
        numbers::number(self, of)
    }

    fn text(&self, of: Text) -> Option<Cow<'_, str>> {
        texts::text(self, of)
    }

    fn band(&self) -> Band {
        self.eval.shown_band(self.on.day)
    }

    fn flag(&self, kind: Option<&str>) -> bool {
        self.flags.is_some_and(|stands| stands(kind))
    }

    fn meeting_today(&self) -> bool {
        let planned = |touch: &crate::book::facts::Touch| {
            touch.on == self.on.date && touch.kind != crate::book::facts::TouchKind::Mail
        };
        self.eval.facts.facts.touches.iter().any(planned)
    }

    fn each(&self, list: List, see: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>) {
        items::each(self, list, see);
    }
}
