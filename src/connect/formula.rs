//! Formulas (`= ...`) and texts with `{{ ... }}`: compiled once, strict about what is missing.
//!
//! Decides how a value of the template language becomes JSON and back. It never guesses a type from text.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use minijinja::value::{Value as Mj, ValueKind};
use minijinja::{Environment, ErrorKind, Expression, UndefinedBehavior};
use serde_json::Value as Json;

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        // Marks a value of a query text as a name: the text checks that it is one.
        env.add_filter("bare", |value: Mj| -> Mj { value });
        env.add_filter("as_objects", |ids: Vec<Mj>, key: String| -> Mj {
            ids.into_iter().map(|id| Mj::from(BTreeMap::from([(key.clone(), id)]))).collect()
        });
        env
    })
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Formula {
    text: String,
    compiled: Expression<'static, 'static>,
}

/// Why an expression gave nothing.
#[derive(Debug, PartialEq)]
pub(crate) enum NoValue {
    /// It named something that isn't there.
    Undefined,
    /// It failed: the words.
    Failed(String),
}

impl Formula {
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().to_owned();
        let compiled = environment()
            .compile_expression_owned(text.clone())
            .map_err(|e| format!("the formula {text:?} can't be read: {e}"))?;
        Ok(Self { text, compiled })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names it needs, with the dotted part as far as it is plain (`properties.arr`).
    pub fn needs(&self) -> Vec<String> {
        let mut names: Vec<String> = self.compiled.undeclared_variables(true).into_iter().collect();
        names.extend(sliced(&self.text));
        names.sort_unstable();
        names.dedup();
        names
    }

    pub fn eval(&self, context: &Mj) -> Result<Json, NoValue> {
        match self.compiled.eval(context.clone()) {
            Ok(value) if value.is_undefined() => Err(NoValue::Undefined),
            Ok(value) => to_json(&value).ok_or_else(|| NoValue::Failed(format!("{:?} has no plain result", self.text))),
            Err(error) if error.kind() == ErrorKind::UndefinedError => Err(NoValue::Undefined),
            Err(error) => Err(NoValue::Failed(format!("the formula {:?} failed: {error}", self.text))),
        }
    }
}

/// The names that a slice is taken of (`Id[:15]`): the template language does not count them among what a formula needs.
fn sliced(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut quote = None;
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => (quote, start) = (Some(c), None),
            (None, c) if c.is_alphanumeric() || c == '_' || c == '.' => {
                start.get_or_insert(at);
            }
            (None, c) => {
                if let (Some(from), '[') = (start, c)
                    && text[at..].split(']').next().is_some_and(|inside| inside.contains(':'))
                    && text[from..].starts_with(|c: char| c.is_alphabetic() || c == '_')
                {
                    names.push(text[from..at].to_owned());
                }
                start = None;
            }
        }
    }
    names
}

/// JSON as a value of the template language.
pub(crate) fn to_mj(json: &Json) -> Mj {
    match json {
        Json::Null => Mj::from(()),
        Json::Bool(b) => Mj::from(*b),
        Json::Number(n) => n
            .as_i64()
            .map(Mj::from)
            .or_else(|| n.as_u64().map(Mj::from))
            .unwrap_or_else(|| Mj::from(n.as_f64().unwrap_or(f64::NAN))),
        Json::String(text) => Mj::from(text.as_str()),
        Json::Array(list) => list.iter().map(to_mj).collect(),
        Json::Object(map) => map.iter().map(|(k, v)| (k.clone(), to_mj(v))).collect::<BTreeMap<_, _>>().into(),
    }
}

fn to_json(value: &Mj) -> Option<Json> {
    Some(match value.kind() {
        ValueKind::None | ValueKind::Undefined => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => {
            if let Ok(n) = i64::try_from(value.clone()) {
                // A float that happens to be whole stays a number all the same.
                Json::from(n)
            } else {
                serde_json::Number::from_f64(f64::try_from(value.clone()).ok()?).map(Json::Number)?
            }
        }
        ValueKind::String => Json::String(value.as_str()?.to_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            Json::Array(value.try_iter().ok()?.map(|v| to_json(&v)).collect::<Option<_>>()?)
        }
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            for key in value.try_iter().ok()? {
                let item = value.get_item(&key).ok()?;
                map.insert(key.to_string(), to_json(&item)?);
            }
            Json::Object(map)
        }
        _ => return None,
    })
}

/// What stands in a request: plain text goes as it stands, `{{ x }}` puts a value in.
#[derive(Debug)]
pub(crate) enum Template {
    /// No braces.
    Fixed(Json),
    /// Nothing but one `{{ x }}`: x keeps its type.
    Lone(Formula),
    /// Text around values: text.
    Text(Vec<Piece>),
}

#[derive(Debug)]
pub(crate) enum Piece {
    Plain(String),
    Value(Formula),
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.contains("{{") {
            return Ok(Self::Fixed(Json::String(text.to_owned())));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let Some(length) = rest[start..].find("}}") else {
                return Err(format!("{text:?} opens {{{{ and doesn't close it"));
            };
            if start > 0 {
                pieces.push(Piece::Plain(rest[..start].to_owned()));
            }
            pieces.push(Piece::Value(Formula::parse(&rest[start + 2..start + length])?));
            rest = &rest[start + length + 2..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        Ok(match (pieces.pop(), pieces.is_empty()) {
            (Some(Piece::Value(formula)), true) => Self::Lone(formula),
            (Some(last), _) => {
                pieces.push(last);
                Self::Text(pieces)
            }
            (None, _) => Self::Fixed(Json::String(String::new())),
        })
    }

    /// Its text, where it has no formula in it.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Fixed(json) => json.as_str(),
            _ => None,
        }
    }

    /// The value; `None` when it is nothing but one value that isn't there.
    pub fn eval(&self, context: &Mj) -> Result<Option<Json>, String> {
        match self {
            Self::Fixed(json) => Ok(Some(json.clone())),
            Self::Lone(formula) => match formula.eval(context) {
                Ok(Json::Null) | Err(NoValue::Undefined) => Ok(None),
                Ok(json) => Ok(Some(json)),
                Err(NoValue::Failed(why)) => Err(why),
            },
            Self::Text(_) => self.text(context).map(|text| Some(Json::String(text))),
        }
    }

    /// The value as text; something missing is an error that names it.
    pub fn text(&self, context: &Mj) -> Result<String, String> {
        let one = |formula: &Formula| match formula.eval(context) {
            Ok(Json::Null) | Err(NoValue::Undefined) => Err(format!("{{{{ {} }}}} has no value", formula.text())),
            Ok(json) => Ok(plain_text(&json)),
            Err(NoValue::Failed(why)) => Err(why),
        };
        match self {
            Self::Fixed(json) => Ok(plain_text(json)),
            Self::Lone(formula) => one(formula),
            Self::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Plain(text) => Ok(text.clone()),
                    Piece::Value(formula) => one(formula),
                })
                .collect(),
        }
    }

    /// Every name that it needs, dotted (`settings.token`).
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Lone(formula) => formula.needs(),
            Self::Text(pieces) => pieces
                .iter()
                .flat_map(|piece| match piece {
                    Piece::Value(formula) => formula.needs(),
                    Piece::Plain(_) => Vec::new(),
                })
                .collect(),
        }
    }

    /// Whether it names `name` (`settings.token`, `me`).
    pub fn mentions(&self, name: &str) -> bool {
        let one = |formula: &Formula| {
            formula.needs().iter().any(|n| n == name || n.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
        };
        match self {
            Self::Fixed(_) => false,
            Self::Lone(formula) => one(formula),
            Self::Text(pieces) => pieces.iter().any(|p| matches!(p, Piece::Value(f) if one(f))),
        }
    }
}

/// A scalar as text, without quotes.
pub(crate) fn plain_text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lone_value_keeps_its_type_and_mixed_text_is_text() {
        let context = to_mj(&json!({"ids": ["1", "2"], "n": 3, "id": "00012E4", "none": null}));
        assert_eq!(Template::parse("{{ ids }}").unwrap().eval(&context), Ok(Some(json!(["1", "2"]))));
        assert_eq!(Template::parse("{{ n }}").unwrap().eval(&context), Ok(Some(json!(3))));
        assert_eq!(Template::parse("{{ id }}").unwrap().eval(&context), Ok(Some(json!("00012E4"))));
        assert_eq!(Template::parse("a/{{ n }}/b").unwrap().eval(&context), Ok(Some(json!("a/3/b"))));
        assert_eq!(Template::parse("{from} {x}").unwrap().eval(&context), Ok(Some(json!("{from} {x}"))));
        assert_eq!(Template::parse("{{ none }}").unwrap().eval(&context), Ok(None));
        assert_eq!(Template::parse("{{ absent }}").unwrap().eval(&context), Ok(None));
        assert!(Template::parse("a {{ absent }}").unwrap().eval(&context).is_err());
        assert_eq!(
            Template::parse("{{ ids | as_objects('id') }}").unwrap().eval(&context),
            Ok(Some(json!([{"id": "1"}, {"id": "2"}])))
        );
        assert!(Template::parse("{{ x").is_err());
    }

    #[test]
    fn what_a_slice_is_taken_of_is_needed() {
        let needs = |text: &str| Formula::parse(text).unwrap().needs();
        assert_eq!(needs("Id[:15]"), ["Id"]);
        assert_eq!(needs("(Account.Name | default('a[:1]'))[:3] ~ b.c[1:]"), ["Account.Name", "b.c"]);
        assert_eq!(needs("list[0]"), ["list"]);
    }

    #[test]
    fn a_formula_tells_missing_from_wrong() {
        let formula = Formula::parse("properties.a ~ '/' ~ properties.b").unwrap();
        assert_eq!(formula.eval(&to_mj(&json!({"properties": {"a": "x", "b": "y"}}))), Ok(json!("x/y")));
        assert_eq!(formula.eval(&to_mj(&json!({"properties": {"a": "x"}}))), Err(NoValue::Undefined));
        assert_eq!(formula.needs(), ["properties.a", "properties.b"]);
        assert!(Formula::parse("a b c").is_err());
    }
}
