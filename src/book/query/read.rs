//! Reads a query as it is typed.
//!
//! Decides what each word means, and points at the character of the first one that means nothing.

use super::field::{FIELDS, Field, FieldSpec, TEXTS, Text, Unit};
use super::{Expr, Op, Part, Query, QueryError, Term, Value};
use crate::book::standing::Band;

/// How deep parentheses may stand in each other.
const DEEPEST: usize = 32;

/// Reads a query. Any kind of flag is taken as it stands.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    Reader { text, at: 0, kinds: None }.query()
}

/// Reads a query, knowing which kinds of flags there are: another one is an error with the nearest.
pub fn parse_known(text: &str, kinds: &[&str]) -> Result<Query, QueryError> {
    Reader { text, at: 0, kinds: Some(kinds) }.query()
}

struct Reader<'a> {
    text: &'a str,
    /// Byte offset.
    at: usize,
    kinds: Option<&'a [&'a str]>,
}

const OPS: [(&str, Op); 7] = [
    ("<=", Op::AtMost),
    ("≤", Op::AtMost),
    (">=", Op::AtLeast),
    ("≥", Op::AtLeast),
    ("<", Op::Less),
    (">", Op::More),
    ("=", Op::Equal),
];

impl<'a> Reader<'a> {
    fn error(&self, at: usize, message: impl Into<String>, hint: impl Into<String>) -> QueryError {
        QueryError { at: self.text[..at].chars().count(), message: message.into(), hint: hint.into() }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// The word `or`, `and` or `not`, if it stands here; a field of that name does not.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let fits = rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && rest[word.len()..].starts_with(|c: char| c.is_whitespace() || c == '(');
        if fits {
            self.at += word.len();
        }
        fits
    }

    fn query(mut self) -> Result<Query, QueryError> {
        let mut all = Vec::new();
        let mut any: Vec<Expr> = Vec::new();
        let start = self.text.len() - self.text.trim_start().len();
        loop {
            self.blanks();
            if self.rest().is_empty() {
                break;
            }
            if self.rest().starts_with(')') {
                return Err(self.error(self.at, "this parenthesis was never opened", "leave it out"));
            }
            if self.keyword("or") {
                if all.is_empty() {
                    return Err(self.error(
                        self.at - 2,
                        "nothing stands before `or`",
                        "as in: is:at-risk or renewal<30d",
                    ));
                }
                any.push(together(std::mem::take(&mut all)));
                continue;
            }
            self.keyword("and");
            self.blanks();
            let from = self.at;
            let expr = self.one(0)?;
            all.push(Part { text: self.text[from..self.at].to_owned(), expr });
        }
        if any.is_empty() {
            return Ok(Query { all });
        }
        if all.is_empty() {
            return Err(self.error(self.text.len(), "nothing stands after `or`", "as in: is:at-risk or renewal<30d"));
        }
        any.push(together(all));
        let text = self.text[start..].trim_end().to_owned();
        Ok(Query { all: vec![Part { text, expr: Expr::Any(any) }] })
    }

    /// One term, with `not` or `-` before it, or a whole in parentheses.
    fn one(&mut self, depth: usize) -> Result<Expr, QueryError> {
        self.blanks();
        if depth > DEEPEST {
            return Err(self.error(self.at, "this is nested too deep", "take it apart"));
        }
        if self.keyword("not") {
            return Ok(Expr::Not(Box::new(self.one(depth + 1)?)));
        }
        let rest = self.rest();
        if let Some(after) = rest.strip_prefix(['-', '!'])
            && after.starts_with(|c: char| c.is_alphabetic() || "(\"".contains(c))
        {
            self.at += 1;
            return Ok(Expr::Not(Box::new(self.one(depth + 1)?)));
        }
        if rest.starts_with('(') {
            return self.group(depth);
        }
        self.term().map(Expr::Term)
    }

    fn group(&mut self, depth: usize) -> Result<Expr, QueryError> {
        let open = self.at;
        self.at += 1;
        let (mut all, mut any) = (Vec::new(), Vec::new());
        loop {
            self.blanks();
            if self.rest().is_empty() {
                return Err(self.error(open, "this parenthesis is not closed", "end it with )"));
            }
            let closes = self.rest().starts_with(')');
            if closes || self.keyword("or") {
                if all.is_empty() {
                    return Err(self.error(self.at, "something is missing here", "as in: (is:at-risk or renewal<30d)"));
                }
                any.push(Expr::All(std::mem::take(&mut all)));
                if closes {
                    self.at += 1;
                    break;
                }
                continue;
            }
            self.keyword("and");
            all.push(self.one(depth + 1)?);
        }
        Ok(match any.len() {
            1 => any.remove(0),
            _ => Expr::Any(any),
        })
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        let start = self.at;
        if self.rest().starts_with('"') {
            return Ok(Term::Word(self.quoted()?));
        }
        let name_end = self.rest().find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
        let name = &self.rest()[..name_end.unwrap_or(self.rest().len())];
        let after = &self.rest()[name.len()..];
        if let Some(value) = after.strip_prefix(':').filter(|_| !name.is_empty()) {
            self.at += name.len() + 1;
            if FIELDS.iter().any(|one| one.name.eq_ignore_ascii_case(name)) && value.starts_with(['<', '>', '=']) {
                return self.comparison(name, start);
            }
            return self.text_term(name, start);
        }
        // `health < 50` is meant as `health<50`.
        let spaced = after.trim_start();
        let known = FIELDS.iter().any(|one| one.name.eq_ignore_ascii_case(name));
        let op_follows = |text: &str| OPS.iter().any(|(sign, _)| text.starts_with(sign));
        if !name.is_empty() && (op_follows(after) || (known && op_follows(spaced))) {
            self.at += name.len() + (after.len() - spaced.len());
            return self.comparison(name, start);
        }
        let end = self.rest().find(|c: char| c.is_whitespace() || c == '(' || c == ')').unwrap_or(self.rest().len());
        if end == 0 {
            return Err(self.error(start, "something is missing here", "a word, or as in: health<50"));
        }
        let word = self.rest()[..end].to_owned();
        self.at += end;
        Ok(Term::Word(word))
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        let inside = &self.rest()[1..];
        let Some(end) = inside.find('"') else {
            return Err(self.error(self.at, "this quotation mark is not closed", "end it with \""));
        };
        self.at += end + 2;
        Ok(inside[..end].to_owned())
    }

    /// The word after an operator or a colon.
    fn value(&mut self) -> Result<(usize, String), QueryError> {
        let start = self.at;
        if self.rest().starts_with('"') {
            return Ok((start, self.quoted()?));
        }
        let end = self.rest().find(|c: char| c.is_whitespace() || c == ')').unwrap_or(self.rest().len());
        self.at += end;
        Ok((start, self.text[start..self.at].to_owned()))
    }

    fn comparison(&mut self, name: &str, start: usize) -> Result<Term, QueryError> {
        let lower = name.to_lowercase();
        let Some(spec) = FIELDS.iter().find(|one| one.name == lower) else {
            let message = format!("there is no number called {name}");
            return Err(self.error(start, message, suggest(&lower, FIELDS.iter().map(|one| (one.name, one.example)))));
        };
        let (sign, op) = OPS.iter().find(|(sign, _)| self.rest().starts_with(sign)).copied().unwrap_or(("", Op::Equal));
        self.at += sign.len();
        self.blanks();
        let (at, value) = self.value()?;
        let value = number(&value, spec).ok_or_else(|| {
            let message = format!("{} needs {}", spec.name, needs(spec.unit));
            self.error(at, message, format!("as in: {}", spec.example))
        })?;
        Ok(Term::Compare { field: spec.field, op, value })
    }

    fn text_term(&mut self, name: &str, start: usize) -> Result<Term, QueryError> {
        let lower = name.to_lowercase();
        let known = TEXTS.iter().find(|(word, ..)| *word == lower);
        if let Some(spec) = FIELDS.iter().find(|one| one.name == lower) {
            let message = format!("{} is a number", spec.name);
            return Err(self.error(start, message, format!("as in: {}", spec.example)));
        }
        let Some((_, field, example)) = known else {
            let all = TEXTS.iter().map(|(word, _, example)| (*word, *example));
            let all = all.chain(FIELDS.iter().map(|one| (one.name, one.example)));
            return Err(self.error(start, format!("there is nothing called {name}"), suggest(&lower, all)));
        };
        let (at, value) = self.value()?;
        if value.is_empty() {
            return Err(self.error(at, format!("{name}: needs a word"), format!("as in: {example}")));
        }
        let folded = value.to_lowercase();
        match (field, lower.as_str()) {
            (Some(Text::Owner), _) if folded == "me" => Ok(Term::OwnerMe),
            (Some(field), _) => Ok(Term::Text { field: *field, value }),
            (None, "band") => band(&folded).map(Term::Band).ok_or_else(|| {
                self.error(at, format!("{value} is no band"), "there are: healthy, watch, at-risk, unknown")
            }),
            (None, "no") => field_of(&folded).map(Term::Unknown).ok_or_else(|| {
                let fields = FIELDS.iter().map(|one| (one.name, one.name));
                self.error(at, format!("{value} is no field"), suggest(&folded, fields))
            }),
            (None, "is") if folded == "meeting" => Ok(Term::MeetingToday),
            (None, word) => match band(&folded).filter(|_| word == "is") {
                Some(band) => Ok(Term::Band(band)),
                None => self.flag(at, folded),
            },
        }
    }

    fn flag(&self, at: usize, kind: String) -> Result<Term, QueryError> {
        match self.kinds {
            Some(kinds) if !kinds.contains(&kind.as_str()) => {
                let known = ["healthy", "watch", "at-risk", "unknown", "meeting"];
                let all = known.into_iter().chain(kinds.iter().copied()).map(|kind| (kind, kind));
                Err(self.error(at, format!("there is no flag or state called {kind}"), suggest(&kind, all)))
            }
            _ => Ok(Term::Flag(kind)),
        }
    }
}

fn together(parts: Vec<Part>) -> Expr {
    Expr::All(parts.into_iter().map(|part| part.expr).collect())
}

fn field_of(name: &str) -> Option<Field> {
    FIELDS.iter().find(|one| one.name == name).map(|one| one.field)
}

fn band(word: &str) -> Option<Band> {
    Band::parse(&word.replace(['-', '_'], " "))
}

fn needs(unit: Unit) -> &'static str {
    match unit {
        Unit::Points => "a number",
        Unit::Share => "a share",
        Unit::Money => "an amount",
        Unit::Days => "days or a date",
    }
}

fn number(text: &str, spec: &FieldSpec) -> Option<Value> {
    let text = text.replace('−', "-").replace([',', '_'], "");
    let scaled = |units: &[(&str, f64)]| {
        let lower = text.to_lowercase();
        let (digits, factor) = units
            .iter()
            .find_map(|(unit, factor)| lower.strip_suffix(unit).map(|digits| (digits.to_owned(), *factor)))
            .unwrap_or((lower, 1.0));
        // "inf" and "nan" are numbers to Rust, and nonsense here.
        let plain = digits.chars().all(|c| c.is_ascii_digit() || "+-.".contains(c));
        digits.parse::<f64>().ok().filter(|n| plain && n.is_finite()).map(|n| Value::Number(n * factor))
    };
    match spec.unit {
        Unit::Points => scaled(&[]),
        Unit::Share => match scaled(&[("%", 0.01)])? {
            // `confidence<40` can only mean per cent.
            Value::Number(n) if n > 1.0 => Some(Value::Number(n / 100.0)),
            other => Some(other),
        },
        Unit::Money => {
            let text = text.trim_start_matches(['$', '€', '£']);
            let spec = FieldSpec { unit: Unit::Points, ..*spec };
            let (digits, factor) = [("k", 1e3), ("m", 1e6), ("b", 1e9)]
                .iter()
                .find_map(|(unit, factor)| Some((text.to_lowercase().strip_suffix(unit)?.to_owned(), *factor)))
                .unwrap_or((text.to_owned(), 1.0));
            match number(&digits, &spec)? {
                Value::Number(n) => Some(Value::Number(n * factor)),
                Value::Date(_) => None,
            }
        }
        Unit::Days => match text.parse() {
            Ok(date) if text.len() == 10 => Some(Value::Date(date)),
            _ => scaled(&[("d", 1.0), ("w", 7.0), ("m", 30.0), ("y", 365.0)]),
        },
    }
}

/// The example of the nearest name, or all names.
fn suggest<'a>(word: &str, names: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let names: Vec<_> = names.collect();
    let near = names.iter().map(|(name, example)| (distance(word, name), example)).min_by_key(|(far, _)| *far);
    match near {
        Some((far, example)) if far <= 2 || far * 3 <= word.len() => format!("did you mean {example}?"),
        _ => {
            let all: Vec<_> = names.iter().map(|(name, _)| *name).collect();
            format!("there are: {}", all.join(", "))
        }
    }
}

/// How many letters must be changed, added or taken away.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
