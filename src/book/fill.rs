//! Sentences as files write them: one, or several of which the first without a hole is taken.

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
