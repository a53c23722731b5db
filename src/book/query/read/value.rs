//! Numbers and texts in a query: fields with their windows, counts and picks of lists, arithmetic.

use super::keyed::item_text;
use super::{Reader, list_of};
use crate::book::query::field::{FIELDS, FieldSpec, METRICS, TEXTS, Unit};
use crate::book::query::item::{Holds, ItemSpec, fields};
use crate::book::query::units::{Stretch, amount};
use crate::book::query::{Arith, List, Num, Op, Over, Pick, QueryError, Term, Use, Words};

/// How deep numbers may stand in each other.
const DEEPEST: usize = 32;

impl Reader<'_> {
    /// The field of that name without its arguments: exact, else `usage.<metric>.<what>`.
    pub(super) fn field_use(&self, name: &str) -> Option<Use> {
        let lower = name.to_lowercase();
        if let Some(spec) = FIELDS.iter().find(|spec| spec.name == lower) {
            return Some(Use::plain(spec.field));
        }
        let (metric, what) = lower.strip_prefix("usage.")?.rsplit_once('.')?;
        let spec = FIELDS.iter().find(|spec| spec.name.strip_prefix("usage.*.") == Some(what))?;
        let metric = METRICS.iter().find(|(said, _)| *said == metric).map_or(metric, |(_, real)| *real);
        Some(Use { metric: Some(metric.into()), ..Use::plain(spec.field) })
    }

    /// Whether a name that stands here is the beginning of a number.
    pub(super) fn names_number(&self, name: &str) -> bool {
        let item = |list| fields(list).any(|spec| spec.name.eq_ignore_ascii_case(name) && is_number(spec));
        if name.is_empty() {
            return false;
        }
        if self.list.is_some_and(item) || (self.field_use(name).is_some() && !self.is_item_text(name)) {
            return true;
        }
        let called = self.rest()[name.len()..].starts_with('(');
        if ["abs", "min", "max"].contains(&name.to_lowercase().as_str()) {
            return called;
        }
        match list_of(name).map(|(_, how)| how) {
            Some(how) if ["newest", "oldest"].contains(&how.as_str()) => Reader { ..*self }.number(None, 0).is_ok(),
            Some(how) => ["count", "sum", "mean", "min", "max"].contains(&how.as_str()),
            None => false,
        }
    }

    fn is_item_text(&self, name: &str) -> bool {
        self.list.is_some_and(|list| item_text(list, name).is_some())
    }

    /// The arithmetic sign that follows, with blanks around it, and how many bytes it takes.
    pub(super) fn arith(&self) -> Option<(usize, Arith)> {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        let blanks = rest.len() - trimmed.len();
        let after = trimmed.get(1..)?;
        if blanks == 0 || !after.starts_with(char::is_whitespace) {
            return None;
        }
        let arith = match trimmed.as_bytes().first()? {
            b'+' => Arith::Plus,
            b'-' => Arith::Minus,
            b'*' => Arith::Times,
            b'/' => Arith::Over,
            _ => return None,
        };
        Some((blanks + 1, arith))
    }

    /// A sum of products. `hint`: the unit of what it is compared with.
    pub(super) fn number(&mut self, hint: Option<Unit>, depth: usize) -> Result<Num, QueryError> {
        if depth > DEEPEST {
            return Err(self.error(self.at, "this is nested too deep", "take it apart"));
        }
        self.blanks();
        let mut left = self.product(hint, depth)?;
        while let Some((taken, arith)) = self.arith().filter(|(_, sign)| matches!(sign, Arith::Plus | Arith::Minus)) {
            self.at += taken;
            self.blanks();
            let hint = hint.or(Some(left.unit())).filter(|unit| *unit != Unit::Number);
            let right = self.product(hint, depth)?;
            left = Num::Arith(arith, Box::new((left, right)));
        }
        Ok(left)
    }

    fn product(&mut self, hint: Option<Unit>, depth: usize) -> Result<Num, QueryError> {
        let mut left = self.factor(hint, depth)?;
        while let Some((taken, arith)) = self.arith().filter(|(_, sign)| matches!(sign, Arith::Times | Arith::Over)) {
            self.at += taken;
            self.blanks();
            let right = self.factor(None, depth)?;
            left = Num::Arith(arith, Box::new((left, right)));
        }
        Ok(left)
    }

    fn factor(&mut self, hint: Option<Unit>, depth: usize) -> Result<Num, QueryError> {
        let start = self.at;
        if self.rest().starts_with('(') {
            self.at += 1;
            let inner = self.number(hint, depth + 1)?;
            self.closed(start)?;
            return Ok(inner);
        }
        if self.rest().starts_with(|c: char| c.is_ascii_digit() || "+-−.$€£".contains(c)) {
            return self.literal(hint);
        }
        let name = self.name();
        let lower = name.to_lowercase();
        if self.rest()[name.len()..].starts_with('(') && ["abs", "min", "max"].contains(&lower.as_str()) {
            return self.function(&lower, name.len(), hint, depth);
        }
        if let Some(list) = self.list
            && let Some(spec) = fields(list).find(|spec| spec.name == lower && is_number(spec))
        {
            self.at += name.len();
            return Ok(Num::Item(spec.field));
        }
        if let Some(use_) = self.field_use(name) {
            self.at += name.len();
            return self.with_window(use_).map(Num::Of);
        }
        if let Some((list, how)) = list_of(name) {
            return self.of_list(list, &how, name, depth);
        }
        if let Some(Unit::Level(_)) = hint
            && !name.is_empty()
        {
            return self.literal(hint);
        }
        if TEXTS.iter().any(|spec| spec.name == lower) {
            return Err(self.error(start, format!("{name} is a text"), format!("as in: {name}:word")));
        }
        if name.is_empty() {
            return Err(self.error(start, format!("{} is missing here", needs(hint)), "a number or a field"));
        }
        Err(self.unknown_number(name, start))
    }

    fn closed(&mut self, open: usize) -> Result<(), QueryError> {
        self.blanks();
        if !self.rest().starts_with(')') {
            return Err(self.error(open, "this parenthesis is not closed", "end it with )"));
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, hint: Option<Unit>) -> Result<Num, QueryError> {
        let start = self.at;
        let end = self.rest().find(|c: char| c.is_whitespace() || c == ')' || c == '(').unwrap_or(self.rest().len());
        let typed = self.rest()[..end].trim_end_matches(',');
        match amount(typed, hint.unwrap_or(Unit::Number)) {
            Some(value) => {
                self.at += typed.len();
                Ok(Num::Plain(value))
            }
            None => Err(self.error(start, format!("{typed:?} is not {}", needs(hint)), form(hint))),
        }
    }

    fn function(&mut self, name: &str, taken: usize, hint: Option<Unit>, depth: usize) -> Result<Num, QueryError> {
        let open = self.at + taken;
        self.at = open + 1;
        let mut all = vec![self.number(hint, depth + 1)?];
        loop {
            self.blanks();
            if !self.rest().starts_with(',') {
                break;
            }
            self.at += 1;
            all.push(self.number(hint, depth + 1)?);
        }
        self.closed(open)?;
        match (name, all.len()) {
            ("abs", 1) => Ok(Num::Abs(Box::new(all.remove(0)))),
            ("abs", _) => Err(self.error(open, "abs takes one number", "as in: abs(usage.change)")),
            ("min", _) => Ok(Num::Least(all)),
            _ => Ok(Num::Most(all)),
        }
    }

    /// `tickets.count(open)`, `deals.sum(amount, open)`, `tickets.oldest(escalated).age`.
    fn of_list(&mut self, list: List, how: &str, name: &str, depth: usize) -> Result<Num, QueryError> {
        let start = self.at;
        self.at += name.len();
        match how {
            "count" if self.rest().starts_with('(') => Ok(Num::Count(list, Some(Box::new(self.inside(list, depth)?)))),
            "count" => Ok(Num::Count(list, None)),
            "newest" | "oldest" => {
                let pick = self.pick(list, how == "newest", depth)?;
                if is_number(pick.field.spec()) {
                    return Ok(Num::Pick(Box::new(pick)));
                }
                let field = pick.field.spec().name;
                Err(self.error(start, format!("{field} of {} is no number", list.name()), "name one that is a number"))
            }
            "sum" | "mean" | "min" | "max" => {
                let over = match how {
                    "sum" => Over::Sum,
                    "mean" => Over::Mean,
                    "min" => Over::Least,
                    _ => Over::Most,
                };
                self.over(list, over, depth)
            }
            _ => Err(self.unknown_number(name, start)),
        }
    }

    fn over(&mut self, list: List, over: Over, depth: usize) -> Result<Num, QueryError> {
        let open = self.at;
        let numbers: Vec<&'static str> = fields(list).filter(|spec| is_number(spec)).map(|spec| spec.name).collect();
        let hint = format!("numbers of {}: {}", list.name(), numbers.join(", "));
        if !self.rest().starts_with('(') {
            return Err(self.error(open, "the number to look at is missing here", hint));
        }
        self.at += 1;
        self.blanks();
        let name = self.name();
        let at = self.at;
        let Some(spec) = fields(list).find(|spec| spec.name.eq_ignore_ascii_case(name) && is_number(spec)) else {
            return Err(self.error(at, format!("{name:?} is no number of {}", list.name()), hint));
        };
        self.at += name.len();
        self.blanks();
        if !self.rest().starts_with(',') {
            self.closed(open)?;
            return Ok(Num::Over(over, list, spec.field, None));
        }
        // The question behind the comma is read as a group that begins there.
        self.list = Some(list);
        let test = self.group(depth + 1);
        self.list = None;
        Ok(Num::Over(over, list, spec.field, Some(Box::new(test?))))
    }

    fn pick(&mut self, list: List, newest: bool, depth: usize) -> Result<Pick, QueryError> {
        let test = match self.rest().starts_with('(') {
            true => Some(self.inside(list, depth)?),
            false => None,
        };
        let at = self.at;
        let all: Vec<_> = fields(list).filter(|spec| spec.holds != Holds::State).collect();
        let names: Vec<_> = all.iter().map(|spec| spec.name).collect();
        let hint = format!("fields of {}: {}", list.name(), names.join(", "));
        if !self.rest().starts_with('.') {
            return Err(self.error(at, "the field to look at is missing here", hint));
        }
        self.at += 1;
        let name = self.name();
        let Some(spec) = all.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)) else {
            return Err(self.error(at + 1, format!("{} hold nothing called {name}", list.name()), hint));
        };
        self.at += name.len();
        Ok(Pick { list, newest, test, field: spec.field })
    }

    /// The window behind a field, in days: `(28d)`, `(28d, 28d)`.
    fn with_window(&mut self, mut use_: Use) -> Result<Use, QueryError> {
        if !self.rest().starts_with('(') {
            return Ok(use_);
        }
        let open = self.at;
        let spec: &FieldSpec = use_.field.spec();
        if spec.window.is_none() {
            return Err(self.error(open, format!("{} takes no window", spec.name), format!("as in: {}", spec.example)));
        }
        self.at += 1;
        let mut days = Vec::new();
        loop {
            self.blanks();
            let start = self.at;
            let end = self.rest().find([',', ')']).unwrap_or(self.rest().len());
            let typed = self.rest()[..end].trim();
            let parsed = amount(typed, Unit::Days).filter(|days| (0.0..=1100.0).contains(days));
            let Some(parsed) = parsed else {
                return Err(self.error(start, format!("{typed:?} is no window"), "days or weeks, as in: (28d)"));
            };
            days.push(parsed.round() as i32);
            self.at += end;
            if !self.rest().starts_with(',') {
                break;
            }
            self.at += 1;
        }
        self.closed(open)?;
        match days.as_slice() {
            [window] if *window > 0 => use_.window = *window,
            [window, skip] if *window > 0 => (use_.window, use_.skip) = (*window, *skip),
            _ => return Err(self.error(open, "a window is (days) or (days, days before)", "as in: (28d, 28d)")),
        }
        Ok(use_)
    }

    /// What a number is compared with.
    pub(super) fn bound(&mut self, left: Num, op: Op, depth: usize) -> Result<Term, QueryError> {
        let unit = left.unit();
        let start = self.at;
        if matches!(unit, Unit::Date | Unit::Days) {
            let (_, typed) = self.value()?;
            if let Some(days) = Stretch::parse(&typed) {
                return Ok(Term::Within { left, op, days });
            }
            self.at = start;
        }
        match self.number(Some(unit), depth) {
            Ok(right) => Ok(Term::Compare { left, op, right }),
            Err(error) => {
                // What stands there may be meant as a field: then that error says more.
                self.at = start;
                let named = self.names_number(self.name());
                let field = match &left {
                    Num::Of(use_) => Some(use_.field.spec()),
                    _ => None,
                };
                Err(match field.filter(|_| !named) {
                    Some(spec) => {
                        let message = format!("{} needs {}", spec.name, needs(Some(unit)));
                        self.error(start, message, format!("as in: {}", spec.example))
                    }
                    None => error,
                })
            }
        }
    }

    /// A text that stands here; `None`: none does, and nothing is taken.
    pub(super) fn words(&mut self) -> Result<Option<Words>, QueryError> {
        let name = self.name();
        let lower = name.to_lowercase();
        if let Some(field) = self.list.and_then(|list| item_text(list, name)) {
            self.at += name.len();
            return Ok(Some(Words::Item(field)));
        }
        if let Some(spec) = TEXTS.iter().find(|spec| spec.name == lower) {
            self.at += name.len();
            return Ok(Some(Words::Of(spec.field)));
        }
        let Some((list, how)) = list_of(name).filter(|(_, how)| ["newest", "oldest"].contains(&how.as_str())) else {
            return Ok(None);
        };
        let start = self.at;
        self.at += name.len();
        let pick = self.pick(list, how == "newest", 0)?;
        if pick.field.spec().holds == Holds::Text {
            return Ok(Some(Words::Pick(Box::new(pick))));
        }
        self.at = start;
        Ok(None)
    }
}

fn is_number(spec: &ItemSpec) -> bool {
    matches!(spec.holds, Holds::Number(_))
}

fn needs(unit: Option<Unit>) -> &'static str {
    match unit {
        Some(Unit::Share | Unit::Change) => "a share",
        Some(Unit::Money) => "an amount",
        Some(Unit::Days | Unit::Date) => "days or a date",
        Some(Unit::Level(_)) => "one of its words",
        _ => "a number",
    }
}

fn form(unit: Option<Unit>) -> String {
    match unit {
        Some(Unit::Share | Unit::Change) => "as in: 20%".into(),
        Some(Unit::Money) => "as in: 120k".into(),
        Some(Unit::Days | Unit::Date) => "as in: 90d, 2026-12-31, q1".into(),
        Some(Unit::Level(words)) => format!("there are: {}", words.join(", ")),
        _ => "as in: 5".into(),
    }
}
