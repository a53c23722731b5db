//! Texts of a query language: values go in only as its literals, quoted and escaped by type.
//!
//! Decides which values stand bare: names that the connector itself wrote or the source described, and moments of the
//! sync. Everything else is data and can't leave its quotes.

use minijinja::value::Value as Mj;
use serde_json::Value as Json;

use super::{Errors, Node, Tab};
use crate::connect::formula::{Formula, NoValue, Piece, Template, plain_text};

/// How a language writes its literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Salesforce's query language, and those that quote like it: `'O\'Brien'`, lists in brackets.
    Soql,
    /// OData: `'O''Brien'`.
    Odata,
    /// No quoting at all.
    Plain,
}

const LANGUAGES: [(&str, Language); 3] =
    [("soql", Language::Soql), ("odata", Language::Odata), ("plain", Language::Plain)];

/// A compiled text.
#[derive(Debug)]
pub(crate) struct LanguageText {
    language: Language,
    template: Template,
}

impl LanguageText {
    pub fn read(node: &Node, at: &str, errors: &Errors) -> Option<Self> {
        let tab = Tab::of(node, at, errors)?;
        let language = tab.one_of("language", &LANGUAGES);
        let template = tab.need("text").and_then(|text| super::template(&text, &tab, "text"));
        tab.done();
        Some(Self { language: language?, template: template? })
    }

    pub fn mentions(&self, name: &str) -> bool {
        self.template.mentions(name)
    }

    /// The text with its values in it.
    pub fn text(&self, mj: &Mj) -> Result<String, String> {
        let one = |formula: &Formula| {
            let json = match formula.eval(mj) {
                Ok(Json::Null) | Err(NoValue::Undefined) => {
                    return Err(format!("{{{{ {} }}}} has no value", formula.text()));
                }
                Ok(json) => json,
                Err(NoValue::Failed(why)) => return Err(why),
            };
            match Trust::of(formula.text()) {
                // The connector's author wrote it, as the text around it.
                Trust::Author => Ok(plain_text(&json)),
                Trust::Names => self.language.bare(&json),
                Trust::None => Ok(self.language.literal(&json)),
            }
        };
        match &self.template {
            Template::Fixed(json) => Ok(plain_text(json)),
            Template::Lone(formula) => one(formula),
            Template::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Plain(text) => Ok(text.clone()),
                    Piece::Value(formula) => one(formula),
                })
                .collect(),
        }
    }
}

/// Whose text a value is.
enum Trust {
    /// A constant of the stream.
    Author,
    /// Names and moments: as they stand, once it is sure that they are nothing else.
    Names,
    None,
}

impl Trust {
    fn of(formula: &str) -> Self {
        let formula = formula.trim();
        if matches!(formula, "since" | "until" | "fields" | "window.from" | "window.to") || formula.ends_with("| bare")
        {
            Self::Names
        } else if formula.starts_with("its.")
            && formula.bytes().all(|b| b.is_ascii_alphanumeric() || b"._".contains(&b))
        {
            Self::Author
        } else {
            Self::None
        }
    }
}

impl Language {
    /// A name, a list of names or a moment, as it stands; anything with a quote or a bracket is refused.
    fn bare(self, json: &Json) -> Result<String, String> {
        let text = match json {
            Json::Array(list) => {
                let between = if self == Self::Soql { ", " } else { "," };
                list.iter().map(plain_text).collect::<Vec<_>>().join(between)
            }
            other => plain_text(other),
        };
        match text.chars().find(|c| !(c.is_alphanumeric() || "_.,:+-$@/() ".contains(*c))) {
            None => Ok(text),
            Some(c) => Err(format!("{text:?} holds {c:?}, which no name has")),
        }
    }

    fn literal(self, json: &Json) -> String {
        match (self, json) {
            (Self::Plain, other) => plain_text(other),
            (_, Json::Null) => "null".to_owned(),
            (_, Json::Array(list)) => {
                format!("({})", list.iter().map(|v| self.literal(v)).collect::<Vec<_>>().join(","))
            }
            (Self::Soql, Json::String(text)) => {
                let mut out = String::with_capacity(text.len() + 2);
                out.push('\'');
                for c in text.chars() {
                    match c {
                        '\\' | '\'' => out.extend(['\\', c]),
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        '\t' => out.push_str("\\t"),
                        c => out.push(c),
                    }
                }
                out.push('\'');
                out
            }
            (Self::Odata, Json::String(text)) => format!("'{}'", text.replace('\'', "''")),
            (_, other) => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connect::formula::to_mj;

    fn text(language: Language, text: &str, context: &Json) -> Result<String, String> {
        LanguageText { language, template: Template::parse(text).unwrap() }.text(&to_mj(context))
    }

    #[test]
    fn values_cannot_leave_their_quotes() {
        let context = json!({"id": "x' OR Name != '\\", "ids": ["a", "b'c"], "n": 3, "since": "2026-11-01T00:00:00Z"});
        assert_eq!(text(Language::Soql, "Id = {{ id }}", &context).unwrap(), "Id = 'x\\' OR Name != \\'\\\\'");
        assert_eq!(text(Language::Odata, "id eq {{ id }}", &context).unwrap(), "id eq 'x'' OR Name != ''\\'");
        assert_eq!(text(Language::Soql, "Id IN {{ ids }}", &context).unwrap(), "Id IN ('a','b\\'c')");
        assert_eq!(
            text(Language::Soql, "t >= {{ since }} LIMIT {{ n }}", &context).unwrap(),
            "t >= 2026-11-01T00:00:00Z LIMIT 3"
        );
    }

    #[test]
    fn names_stand_bare_and_only_names() {
        let context = json!({"fields": ["Id", "Owner.Name"], "its": {"object": "Account"}, "bad": "a'b"});
        assert_eq!(
            text(Language::Soql, "SELECT {{ fields }} FROM {{ its.object }}", &context).unwrap(),
            "SELECT Id, Owner.Name FROM Account"
        );
        assert_eq!(text(Language::Odata, "{{ fields }}", &context).unwrap(), "Id,Owner.Name");
        assert!(text(Language::Soql, "{{ bad | bare }}", &context).is_err());
        assert!(text(Language::Soql, "a {{ absent }}", &context).unwrap_err().contains("absent"));
    }
}
