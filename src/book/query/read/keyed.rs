//! What stands before and after a colon: `owner:me`, `is:at-risk`, `pulse:red`, `renewal:q1`, `has:champion`.

use super::{OPS, Reader, names, suggest};
use crate::book::query::field::{FIELDS, TEXTS, Text, Unit};
use crate::book::query::item::{Holds, LISTS, fields};
use crate::book::query::units::{Stretch, amount};
use crate::book::query::{Expr, Field, ItemField, Num, Op, QueryError, Term, Use, Words};
use crate::book::standing::Band;

impl Reader<'_> {
    /// A term with a colon behind its name, which stands here.
    pub(super) fn keyed(&mut self, name: &str, start: usize) -> Result<Expr, QueryError> {
        let lower = name.to_lowercase();
        self.at += name.len() + 1;
        if let Some(list) = self.list {
            if let Some(spec) = fields(list).find(|spec| spec.name == lower) {
                return match spec.holds {
                    Holds::Text => self.holds(Words::Item(spec.field), name, &format!("{name}:word")),
                    Holds::Number(unit) => self.number_after(Num::Item(spec.field), unit, name, start),
                    Holds::State => Err(self.error(start, format!("{name} stands alone"), format!("as in: {name}"))),
                };
            }
            if lower == "is" {
                return self.item_state(list);
            }
            if !TEXTS.iter().any(|spec| spec.name == lower) && !FIELDS.iter().any(|spec| spec.name == lower) {
                let all: Vec<_> = fields(list).map(|spec| (spec.name.to_owned(), format!("{}:", spec.name))).collect();
                let message = format!("{} hold nothing called {name}", list.name());
                return Err(self.error(start, message, suggest(&lower, &all)));
            }
        }
        match lower.as_str() {
            "is" | "flag" | "has" | "no" | "band" => return self.state(&lower),
            _ => {}
        }
        if let Some(spec) = TEXTS.iter().find(|spec| spec.name == lower) {
            if spec.field == Text::Owner && self.rest().get(..2).is_some_and(|me| me.eq_ignore_ascii_case("me")) {
                let after = self.rest().get(2..).unwrap_or_default();
                if after.is_empty() || after.starts_with(|c: char| c.is_whitespace() || c == ')') {
                    self.at += 2;
                    return Ok(Expr::Term(Term::OwnerMe));
                }
            }
            return self.holds(Words::Of(spec.field), name, spec.example);
        }
        match self.field_use(name) {
            Some(use_) => {
                let unit = use_.field.spec().unit;
                self.number_after(Num::Of(use_), unit, name, start)
            }
            None => Err(self.error(start, format!("there is nothing called {name}"), suggest(&lower, &names()))),
        }
    }

    /// `segment:mid,enterprise`: the text holds one of these.
    fn holds(&mut self, of: Words, name: &str, example: &str) -> Result<Expr, QueryError> {
        let (at, any) = self.several()?;
        if any.is_empty() {
            return Err(self.error(at, format!("{name}: needs a word"), format!("as in: {example}")));
        }
        Ok(Expr::Term(Term::Words { of, whole: false, any }))
    }

    /// A number before a colon: `health:<50`, `pulse:red`, `renewal:q1`.
    fn number_after(&mut self, left: Num, unit: Unit, name: &str, start: usize) -> Result<Expr, QueryError> {
        if let Some((sign, op)) = OPS.iter().find(|(sign, _)| self.rest().starts_with(sign)) {
            self.at += sign.len();
            return self.bound(left, *op, 0).map(Expr::Term);
        }
        let here = self.at;
        let (_, typed) = self.value()?;
        if matches!(unit, Unit::Date | Unit::Days)
            && let Some(days) = Stretch::parse(&typed)
        {
            return Ok(Expr::Term(Term::Within { left, op: Op::Equal, days }));
        }
        if let Unit::Level(words) = unit {
            let Some(level) = amount(&typed, unit) else {
                return Err(self.error(
                    here,
                    format!("{typed} is no {name}"),
                    format!("there are: {}", words.join(", ")),
                ));
            };
            return Ok(Expr::Term(Term::Compare { left, op: Op::Equal, right: Num::Plain(level) }));
        }
        let example = FIELDS.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)).map(|spec| spec.example);
        let hint = example.map_or_else(|| format!("as in: {name}>5"), |example| format!("as in: {example}"));
        Err(self.error(start, format!("{name} is a number"), hint))
    }

    fn item_state(&mut self, list: crate::book::query::List) -> Result<Expr, QueryError> {
        let (at, word) = self.value()?;
        let lower = word.to_lowercase();
        let states = || fields(list).filter(|spec| spec.holds == Holds::State);
        match states().find(|spec| spec.name == lower) {
            Some(spec) => Ok(Expr::Term(Term::State(spec.field))),
            None => {
                let all: Vec<_> = states().map(|spec| (spec.name.to_owned(), spec.name.to_owned())).collect();
                Err(self.error(at, format!("{} are never {word}", list.name()), suggest(&lower, &all)))
            }
        }
    }

    fn state(&mut self, key: &str) -> Result<Expr, QueryError> {
        let (at, value) = self.value()?;
        let folded = value.to_lowercase();
        if value.is_empty() {
            let example = match key {
                "band" => "band:watch",
                "flag" => "flag:champion-left",
                "has" => "has:renewal",
                "no" => "no:renewal",
                _ => "is:at-risk",
            };
            return Err(self.error(at, format!("{key}: needs a word"), format!("as in: {example}")));
        }
        let band = || Band::parse(&folded.replace(['-', '_'], " "));
        match key {
            "band" => match band() {
                Some(band) => Ok(Expr::Term(Term::Band(band))),
                None => {
                    Err(self.error(at, format!("{value} is no band"), "there are: healthy, watch, at-risk, unknown"))
                }
            },
            "no" => self.known(at, &folded).map(|term| Expr::Not(Box::new(Expr::Term(term)))),
            "has" => self.known(at, &folded).map(Expr::Term),
            "is" if folded == "meeting" => Ok(Expr::Term(Term::MeetingToday)),
            "is" if band().is_some() => Ok(band().map_or(Expr::All(Vec::new()), |band| Expr::Term(Term::Band(band)))),
            _ => self.flag(at, folded).map(Expr::Term),
        }
    }

    fn flag(&self, at: usize, kind: String) -> Result<Term, QueryError> {
        match &self.words.flags {
            Some(kinds) if !kinds.contains(&kind) => {
                let known = ["healthy", "watch", "at-risk", "unknown", "meeting"];
                let all = known.into_iter().map(str::to_owned).chain(kinds.iter().cloned());
                let all: Vec<_> = all.map(|kind| (kind.clone(), kind)).collect();
                Err(self.error(at, format!("there is no flag or state called {kind}"), suggest(&kind, &all)))
            }
            _ => Ok(Term::Flag(Some(kind))),
        }
    }

    /// Something that is known of an account: a number, a text, a flag, an item of a list.
    fn known(&self, at: usize, name: &str) -> Result<Term, QueryError> {
        if name == "flag" || name == "flags" {
            return Ok(Term::Flag(None));
        }
        if let Some((list, ..)) = LISTS.iter().find(|(_, word, _)| *word == name) {
            let count = Num::Count(*list, None);
            return Ok(Term::Compare { left: count, op: Op::More, right: Num::Plain(0.0) });
        }
        // The same word may name a number and a text: `champion` is known where somebody is there.
        if name == "champion" {
            let there = Num::Of(Use::plain(Field::Champion));
            return Ok(Term::Compare { left: there, op: Op::Equal, right: Num::Plain(1.0) });
        }
        if let Some(use_) = self.field_use(name) {
            return Ok(Term::Known(Num::Of(use_)));
        }
        if let Some(spec) = TEXTS.iter().find(|spec| spec.name == name) {
            return Ok(Term::Told(Words::Of(spec.field)));
        }
        let all: Vec<_> = FIELDS
            .iter()
            .map(|one| one.name)
            .chain(TEXTS.iter().map(|one| one.name))
            .chain(LISTS.iter().map(|one| one.1))
            .map(|name| (name.to_owned(), name.to_owned()))
            .collect();
        Err(self.error(at, format!("{name} is no field"), suggest(name, &all)))
    }
}

/// The item's field of that name, where it holds a text.
pub(super) fn item_text(list: crate::book::query::List, name: &str) -> Option<ItemField> {
    fields(list).find(|spec| spec.name.eq_ignore_ascii_case(name) && spec.holds == Holds::Text).map(|spec| spec.field)
}
