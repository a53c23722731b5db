//! Paths into an answer: dots, `[]` for each, `"a.b"` for a key with dots, empty for the root.
//!
//! Decides what a path finds. It must not convert what it finds.

use serde_json::Value as Json;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(Box<str>),
    Index(usize),
    Each,
}

/// A compiled path; the default one is the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    steps: Box<[Step]>,
    text: Box<str>,
}

impl Path {
    /// Compiles; the error says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = text.trim();
        let whole = rest;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[]") {
                steps.push(Step::Each);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('"') {
                let Some((key, after)) = after.split_once('"') else {
                    return Err(format!("the path {whole:?} opens a quote that it doesn't close"));
                };
                steps.push(Step::Key(key.into()));
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (key, after) = rest.split_at(end);
                if key.is_empty() || key.chars().any(|c| c.is_whitespace() || "{}|\"]".contains(c)) {
                    return Err(format!(
                        "{whole:?} is no path; write it as a.b, a[].b or \"a.b\".c, and a formula with = before it"
                    ));
                }
                steps.push(key.parse().map_or_else(|_| Step::Key(key.into()), Step::Index));
                rest = after;
            }
            if let Some(after) = rest.strip_prefix('.') {
                if after.is_empty() {
                    return Err(format!("the path {whole:?} ends with a dot"));
                }
                rest = after;
            } else if !rest.is_empty() && !rest.starts_with('[') {
                return Err(format!("the path {whole:?} needs a dot before {rest:?}"));
            }
        }
        Ok(Self { steps: steps.into(), text: whole.into() })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it can find more than one value.
    pub fn many(&self) -> bool {
        self.steps.contains(&Step::Each)
    }

    /// The first value it finds.
    pub fn find<'a>(&self, root: &'a Json) -> Option<&'a Json> {
        let mut at = root;
        for (i, step) in self.steps.iter().enumerate() {
            at = match step {
                Step::Each => {
                    let mut found = Vec::new();
                    collect(at, &self.steps[i..], &mut found);
                    return found.into_iter().next();
                }
                step => enter(at, step)?,
            };
        }
        Some(at)
    }

    /// Takes out the first value it finds, leaving null. For paths without `[]`.
    pub fn take(&self, root: &mut Json) -> Option<Json> {
        let mut at = root;
        for step in &self.steps {
            at = match step {
                Step::Key(key) => at.get_mut(&**key)?,
                Step::Index(i) => at.get_mut(*i)?,
                Step::Each => return None,
            };
        }
        Some(at.take())
    }

    /// Every value it finds.
    pub fn all<'a>(&self, root: &'a Json) -> Vec<&'a Json> {
        let mut found = Vec::new();
        collect(root, &self.steps, &mut found);
        found
    }

    /// The path to the records that hold a list, and the path of the list in each: `a[].b[]` is `a[]` and `b`.
    pub fn in_two(&self) -> Option<(Self, Self)> {
        let steps = self.steps.strip_suffix(&[Step::Each]).unwrap_or(&self.steps);
        let at = steps.iter().rposition(|step| *step == Step::Each)?;
        let part = |steps: &[Step]| Self { steps: steps.into(), text: self.text.clone() };
        Some((part(&steps[..=at]), part(&steps[at + 1..])))
    }

    /// The keys below `under`, as far as there are only keys: `properties.owner.name` under `properties` is `owner`, `name`.
    pub fn steps_under(&self, under: &str) -> Option<Vec<&str>> {
        let mut steps = self.steps.iter();
        if !under.is_empty() {
            match steps.next() {
                Some(Step::Key(key)) if **key == *under => {}
                _ => return None,
            }
        }
        let keys: Vec<&str> = steps
            .map_while(|step| match step {
                Step::Key(key) => Some(&**key),
                Step::Index(_) | Step::Each => None,
            })
            .collect();
        (!keys.is_empty()).then_some(keys)
    }

    /// The keys on the way, where there are only keys: to write at.
    pub fn set(&self, root: &mut Json, value: Json) -> bool {
        let mut at = root;
        for step in &self.steps {
            let next = match step {
                Step::Key(key) => match at {
                    Json::Object(map) => map.entry(key.to_string()).or_insert(Json::Null),
                    _ => return false,
                },
                Step::Index(i) => match at {
                    Json::Array(list) => match list.get_mut(*i) {
                        Some(item) => item,
                        None => return false,
                    },
                    Json::Object(map) => map.entry(i.to_string()).or_insert(Json::Null),
                    _ => return false,
                },
                Step::Each => return false,
            };
            if next.is_null() {
                *next = Json::Object(serde_json::Map::new());
            }
            at = next;
        }
        *at = value;
        true
    }
}

fn enter<'a>(at: &'a Json, step: &Step) -> Option<&'a Json> {
    match step {
        Step::Key(key) => at.get(&**key),
        Step::Index(i) => at.get(i).or_else(|| at.get(i.to_string())),
        Step::Each => None,
    }
}

fn collect<'a>(at: &'a Json, steps: &[Step], found: &mut Vec<&'a Json>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(at);
        return;
    };
    match step {
        Step::Each => {
            if let Json::Array(list) = at {
                for item in list {
                    collect(item, rest, found);
                }
            }
        }
        step => {
            if let Some(next) = enter(at, step) {
                collect(next, rest, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_find_keys_indexes_and_each() {
        let root = json!({"a": {"b": [ {"c": 1}, {"c": 2}, {} ]}, "@odata.nextLink": "x"});
        assert_eq!(Path::parse("a.b[].c").unwrap().all(&root), [&json!(1), &json!(2)]);
        assert_eq!(Path::parse("a.b[].c").unwrap().find(&root), Some(&json!(1)));
        assert_eq!(Path::parse("a.b.1.c").unwrap().find(&root), Some(&json!(2)));
        assert_eq!(Path::parse("\"@odata.nextLink\"").unwrap().find(&root), Some(&json!("x")));
        assert_eq!(Path::parse("").unwrap().find(&root), Some(&root));
        assert_eq!(Path::parse("properties.arr").unwrap().steps_under("properties"), Some(vec!["arr"]));
        assert_eq!(Path::parse("Owner.Name").unwrap().steps_under(""), Some(vec!["Owner", "Name"]));
        assert_eq!(Path::parse("emails[].value").unwrap().steps_under(""), Some(vec!["emails"]));
        assert_eq!(Path::parse("arr").unwrap().steps_under("properties"), None);
    }

    #[test]
    fn a_wrong_path_is_refused_with_words() {
        for text in ["a..b", "a.", "a b", "{{ x }}", "\"a", "a[0]x"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn setting_makes_the_way() {
        let mut root = json!({"p": {"args": [0, {}]}});
        assert!(Path::parse("p.args.1.offset").unwrap().set(&mut root, json!(500)));
        assert!(Path::parse("pagination.after").unwrap().set(&mut root, json!("t")));
        assert_eq!(root, json!({"p": {"args": [0, {"offset": 500}]}, "pagination": {"after": "t"}}));
    }
}
