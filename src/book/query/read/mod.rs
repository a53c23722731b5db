//! Reads a query as it is typed.
//!
//! Decides what each word means, and points at the character of the first one that means nothing.

mod keyed;
mod value;

use super::field::{FIELDS, TEXTS};
use super::item::{Holds, LISTS, fields};
use super::vocabulary::Vocabulary;
use super::{Expr, List, Num, Op, Part, Query, QueryError, STATES, Term, Words};

/// Names that an error lists where none is near.
const LISTED: usize = 20;

/// How deep parentheses may stand in each other.
const DEEPEST: usize = 32;

/// Reads a query. Any kind of flag is taken as it stands.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    parse_known(text, &Vocabulary::default())
}

/// Reads a query, knowing which kinds of flags there are: another one is an error with the nearest.
pub fn parse_known(text: &str, words: &Vocabulary) -> Result<Query, QueryError> {
    Reader { text, at: 0, words, list: None }.query()
}

/// Reads a number, as measures and sentences name it.
pub fn parse_number(text: &str) -> Result<Num, QueryError> {
    let mut reader = Reader { text, at: 0, words: &Vocabulary::default(), list: None };
    let number = reader.number(None, 0)?;
    reader.ended()?;
    Ok(number)
}

/// Reads a text, as sentences name it; `None`: it is no text, but may be a number.
pub fn parse_text(text: &str) -> Result<Option<Words>, QueryError> {
    let mut reader = Reader { text, at: 0, words: &Vocabulary::default(), list: None };
    match reader.words()? {
        Some(words) => reader.ended().map(|()| Some(words)),
        None => Ok(None),
    }
}

struct Reader<'a> {
    text: &'a str,
    /// Byte offset.
    at: usize,
    words: &'a Vocabulary,
    /// The list whose items are asked, inside of `people.any( )` and the like.
    list: Option<List>,
}

const OPS: [(&str, Op); 9] = [
    ("<=", Op::AtMost),
    ("≤", Op::AtMost),
    (">=", Op::AtLeast),
    ("≥", Op::AtLeast),
    ("!=", Op::Differs),
    ("≠", Op::Differs),
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

    fn ended(&mut self) -> Result<(), QueryError> {
        self.blanks();
        if self.rest().is_empty() {
            return Ok(());
        }
        Err(self.error(self.at, format!("{:?} is too much", self.rest()), "leave it out"))
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
                    let at = self.at - 2;
                    return Err(self.error(at, "nothing stands before `or`", "as in: is:at-risk or renewal<30d"));
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
            let open = self.at;
            let group = self.group(depth);
            // What stands in parentheses may be the beginning of a sum: `(arr - 10k) / seats > 500`.
            let goes_on = self.sign().is_some() || self.arith().is_some();
            if group.is_ok() && !goes_on {
                return group;
            }
            let after = self.at;
            self.at = open;
            return match self.compare_value(depth) {
                Ok(term) => Ok(Expr::Term(term)),
                Err(_) if group.is_err() => {
                    self.at = after;
                    group
                }
                Err(error) => Err(error),
            };
        }
        self.term(depth)
    }

    /// What stands between the parenthesis here and its end.
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
                let mut part = std::mem::take(&mut all);
                any.push(if part.len() == 1 { part.remove(0) } else { Expr::All(part) });
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

    /// The sign of a comparison that follows, blanks aside; it is not taken.
    fn sign(&self) -> Option<(usize, Op)> {
        let rest = self.rest().trim_start();
        let blanks = self.rest().len() - rest.len();
        OPS.iter().find(|(sign, _)| rest.starts_with(sign)).map(|(sign, op)| (blanks + sign.len(), *op))
    }

    fn term(&mut self, depth: usize) -> Result<Expr, QueryError> {
        let start = self.at;
        if self.rest().starts_with('"') {
            return Ok(Expr::Term(Term::Word(self.quoted()?)));
        }
        let name = self.name();
        let after = &self.rest()[name.len()..];
        if !name.is_empty() && after.starts_with(':') {
            return self.keyed(name, start);
        }
        if let Some(term) = self.state_or_items(name, depth)? {
            return Ok(term);
        }
        if self.names_number(name) {
            // A plain word is a word to search for, unless it is compared: `health food` are two words.
            let plain = !name.contains('.') && !after.starts_with('(');
            let compared = {
                let ahead = Reader { at: self.at + name.len(), ..*self };
                ahead.sign().is_some() || ahead.arith().is_some()
            };
            if !plain || compared {
                return self.compare_value(depth).map(Expr::Term);
            }
        } else if let Some(expr) = self.compare_text(name)? {
            return Ok(expr);
        }
        let ahead = Reader { at: self.at + name.len(), ..*self };
        let close = OPS.iter().any(|(sign, _)| after.starts_with(sign));
        if !name.is_empty() && close && ahead.sign().is_some() {
            return Err(self.unknown_number(name, start));
        }
        let end = self.rest().find(|c: char| c.is_whitespace() || c == '(' || c == ')').unwrap_or(self.rest().len());
        if end == 0 {
            return Err(self.error(start, "something is missing here", "a word, or as in: health<50"));
        }
        if self.rest()[end..].starts_with('(') && !name.is_empty() {
            return Err(self.unknown_number(name, start));
        }
        let word = self.rest()[..end].to_owned();
        self.at += end;
        Ok(Expr::Term(Term::Word(word)))
    }

    /// A state of an item (`open`), or a question to a list (`tickets.any(open)`).
    fn state_or_items(&mut self, name: &str, depth: usize) -> Result<Option<Expr>, QueryError> {
        if let Some(list) = self.list
            && let Some(spec) = fields(list).find(|spec| spec.name.eq_ignore_ascii_case(name))
            && spec.holds == Holds::State
        {
            self.at += name.len();
            return Ok(Some(Expr::Term(Term::State(spec.field))));
        }
        let Some((list, how)) = list_of(name).filter(|(_, how)| ["any", "all", "none"].contains(&how.as_str())) else {
            return Ok(None);
        };
        self.at += name.len();
        let test = Box::new(self.inside(list, depth)?);
        let term = |every| Expr::Term(Term::Items { list, every, test });
        Ok(Some(match how.as_str() {
            "any" => term(false),
            "all" => term(true),
            _ => Expr::Not(Box::new(term(false))),
        }))
    }

    /// A question to the items of a list, in parentheses that stand here.
    fn inside(&mut self, list: List, depth: usize) -> Result<Expr, QueryError> {
        if !self.rest().starts_with('(') {
            let hint = format!("as in: {}.any({})", list.name(), example(list));
            return Err(self.error(self.at, "a question in parentheses is missing here", hint));
        }
        if self.list.is_some() {
            return Err(self.error(self.at, "a list inside of a list cannot be asked", "take it apart"));
        }
        self.list = Some(list);
        let test = self.group(depth + 1);
        self.list = None;
        test
    }

    fn compare_value(&mut self, depth: usize) -> Result<Term, QueryError> {
        let start = self.at;
        let left = self.number(None, depth)?;
        let Some((taken, op)) = self.sign() else {
            let typed = self.text[start..self.at].trim();
            return Err(self.error(start, format!("{typed} is a number: compare it"), format!("as in: {typed}>5")));
        };
        self.at += taken;
        self.blanks();
        self.bound(left, op, depth)
    }

    /// `segment=Enterprise`: the whole text, other than `segment:ent`. What is absent differs from nothing.
    fn compare_text(&mut self, name: &str) -> Result<Option<Expr>, QueryError> {
        let here = self.at;
        let Some(of) = self.words()? else { return Ok(None) };
        let Some((taken, op)) = self.sign().filter(|(_, op)| matches!(op, Op::Equal | Op::Differs)) else {
            // A text's name alone is a word to search for.
            self.at = here;
            let after = &self.rest()[name.len()..];
            if OPS.iter().any(|(sign, _)| after.starts_with(sign)) {
                return Err(self.error(
                    here,
                    format!("{name} is a text"),
                    format!("as in: {name}:word or {name}=word"),
                ));
            }
            return Ok(None);
        };
        self.at += taken;
        self.blanks();
        let (at, any) = self.several()?;
        if any.is_empty() {
            return Err(self.error(at, format!("{name} needs a word"), format!("as in: {name}=word")));
        }
        let is = Expr::Term(Term::Words { of: of.clone(), whole: true, any });
        Ok(Some(match op {
            Op::Differs => Expr::All(vec![Expr::Term(Term::Told(of)), Expr::Not(Box::new(is))]),
            _ => is,
        }))
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

    /// One word or several with commas between them.
    fn several(&mut self) -> Result<(usize, Vec<String>), QueryError> {
        let start = self.at;
        let mut all = Vec::new();
        loop {
            if self.rest().starts_with('"') {
                all.push(self.quoted()?);
            } else {
                let end =
                    self.rest().find(|c: char| c.is_whitespace() || c == ')' || c == ',').unwrap_or(self.rest().len());
                all.push(self.rest()[..end].to_owned());
                self.at += end;
            }
            if !self.rest().starts_with(',') {
                break;
            }
            self.at += 1;
        }
        all.retain(|word| !word.is_empty());
        Ok((start, all))
    }

    /// The name that stands here: words with dots between them; it is not taken.
    fn name(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
        rest[..end].trim_end_matches('.')
    }

    fn unknown_number(&self, name: &str, start: usize) -> QueryError {
        let lower = name.to_lowercase();
        if let Some((list, how)) = list_of(name).filter(|_| self.list.is_none()) {
            let all = HOWS.map(|how| (how.to_owned(), format!("{}.{how}", list.name())));
            return self.error(start, format!("{} cannot be asked for {how}", list.name()), suggest(&how, &all));
        }
        let message = match self.list {
            Some(list) => format!("{} have no number called {name}", list.name()),
            None => format!("there is no number called {name}"),
        };
        let names: Vec<(String, String)> = match self.list {
            Some(list) => fields(list)
                .filter(|spec| matches!(spec.holds, Holds::Number(_)))
                .map(|spec| (spec.name.to_owned(), spec.name.to_owned()))
                .collect(),
            None => names(),
        };
        self.error(start, message, suggest(&lower, &names))
    }
}

/// What a list can be asked for.
const HOWS: [&str; 10] = ["any", "all", "none", "count", "sum", "mean", "min", "max", "newest", "oldest"];

/// An example of a question to the items of a list.
fn example(list: List) -> &'static str {
    match list {
        List::People => "tier:buyer touch>90d",
        List::Leavers => "champion left<180d",
        List::Tickets => "open age>14d",
        List::Touches => "kind:meeting age<30d",
        List::Tasks => "not done due<0d",
        List::Deals => "open amount>10k",
        List::Notes => "age<7d",
    }
}

/// `people.any` taken apart.
fn list_of(name: &str) -> Option<(List, String)> {
    let (list, how) = name.split_once('.')?;
    let found = LISTS.iter().find(|(_, word, _)| word.eq_ignore_ascii_case(list))?;
    Some((found.0, how.to_lowercase()))
}

fn together(parts: Vec<Part>) -> Expr {
    let mut all: Vec<Expr> = parts.into_iter().map(|part| part.expr).collect();
    if all.len() == 1 { all.remove(0) } else { Expr::All(all) }
}

/// Everything that can stand before a colon or a sign, with an example.
fn names() -> Vec<(String, String)> {
    let states = STATES.iter().map(|(word, _, example)| ((*word).to_owned(), (*example).to_owned()));
    let texts = TEXTS.iter().map(|one| (one.name.to_owned(), one.example.to_owned()));
    let numbers = FIELDS.iter().map(|one| (one.name.to_owned(), one.example.to_owned()));
    texts.chain(states).chain(numbers).collect()
}

/// The example of the nearest name, or all names.
fn suggest(word: &str, names: &[(String, String)]) -> String {
    let near = names.iter().map(|(name, example)| (distance(word, name), example)).min_by_key(|(far, _)| *far);
    match near {
        Some((far, example)) if far <= 2 || far * 3 <= word.len() => format!("did you mean {example}?"),
        _ => {
            let all: Vec<_> = names.iter().take(LISTED).map(|(name, _)| name.as_str()).collect();
            let more = if names.len() > LISTED { ", and more: rounds help query" } else { "" };
            format!("there are: {}{more}", all.join(", "))
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
