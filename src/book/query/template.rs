//! Sentences of rules and plays: `{...}` holds a field, or any number or text of the query language.
//!
//! Decides only that a sentence with a hole is no sentence: the next alternative is taken then.

use super::{Num, QueryError, Subject, Unit, Words, eval, read, units};

/// A sentence with its holes.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Plain(String),
    Number(Num, Unit),
    Words(Words),
}

impl Template {
    /// Reads a sentence; the error points into it.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let at = text.len() - rest.len() + open;
            let Some(length) = rest[open..].find('}') else {
                return Err(QueryError {
                    at: text[..at].chars().count(),
                    message: "this brace is not closed".into(),
                    hint: "end it with }".into(),
                });
            };
            if open > 0 {
                pieces.push(Piece::Plain(rest[..open].to_owned()));
            }
            let inside = &rest[open + 1..open + length];
            pieces.push(
                hole(inside).map_err(|error| QueryError { at: text[..=at].chars().count() + error.at, ..error })?,
            );
            rest = &rest[open + length + 1..];
        }
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// A sentence without holes.
    pub fn plain(text: &str) -> Self {
        Self { pieces: vec![Piece::Plain(text.to_owned())] }
    }

    /// The sentence for an account; `None` when something in it is not known.
    pub fn fill(&self, subject: &impl Subject) -> Option<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(text) => out.push_str(text),
                Piece::Number(num, unit) => {
                    let value = eval::number(num, subject)?.value;
                    out.push_str(&units::shown(value, *unit, subject.today()));
                }
                Piece::Words(words) => out.push_str(&eval::text(words, subject)?),
            }
        }
        Some(out)
    }

    /// What must be known before it can be filled.
    pub fn needs(&self) -> super::Needs {
        let of = |piece: &Piece| match piece {
            Piece::Plain(_) => super::Needs::Facts,
            Piece::Number(num, _) => num.needs(),
            Piece::Words(words) => super::needs(|see| words.visit(see)),
        };
        self.pieces.iter().map(of).max().unwrap_or(super::Needs::Facts)
    }
}

fn hole(inside: &str) -> Result<Piece, QueryError> {
    if let Some(words) = read::parse_text(inside)? {
        return Ok(Piece::Words(words));
    }
    let number = read::parse_number(inside)?;
    let unit = number.unit();
    Ok(Piece::Number(number, unit))
}

/// The first sentence that can be filled.
pub fn first(templates: &[Template], subject: &impl Subject) -> Option<String> {
    templates.iter().find_map(|template| template.fill(subject))
}
