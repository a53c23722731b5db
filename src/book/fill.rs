//! Fills `{name}` in the sentences of rules and plays.
//!
//! Decides only that a sentence with a hole is no sentence: the next alternative is taken then.

/// Names and what stands for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words(Vec<(&'static str, String)>);

impl Words {
    /// Adds a word; the first of a name counts.
    pub fn add(&mut self, name: &'static str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push((name, text));
        }
    }

    /// With a word more, for chains.
    pub fn with(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.add(name, text);
        self
    }

    /// All of another list, after the own ones.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What stands for a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, text)| text.as_str())
    }
}

/// The sentence with its names filled in; `None` when one of them is not known.
pub fn fill(template: &str, words: &Words) -> Option<String> {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let close = open + rest[open..].find('}')?;
        out.push_str(&rest[..open]);
        out.push_str(words.get(&rest[open + 1..close])?);
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    Some(out)
}

/// The first sentence that can be filled.
pub fn first(templates: &[String], words: &Words) -> Option<String> {
    templates.iter().find_map(|template| fill(template, words))
}

/// One sentence, or several alternatives of which the first that can be filled is taken.
pub fn alternatives<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Given {
        One(String),
        Several(Vec<String>),
    }
    serde::Deserialize::deserialize(d).map(|given| match given {
        Given::One(one) => vec![one],
        Given::Several(several) => several,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_with_a_hole_gives_way_to_the_next() {
        let words = Words::default().with("champion", "Jane Doe").with("empty", "");
        assert_eq!(fill("{champion} left", &words).as_deref(), Some("Jane Doe left"));
        assert_eq!(fill("Meet {empty}", &words), None);
        let both = ["Meet {successor}".to_owned(), "Who follows {champion}?".to_owned()];
        assert_eq!(first(&both, &words).as_deref(), Some("Who follows Jane Doe?"));
    }
}
