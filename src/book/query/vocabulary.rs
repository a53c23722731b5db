//! What a query may name beside its fields: the flags of the model and the values that this book has.
//!
//! Decides nothing: the words come from the model and the store.

/// Words that are known; what is empty is not checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vocabulary {
    /// Kinds of flags; `None`: any is taken as it stands.
    pub flags: Option<Vec<String>>,
    /// Segments of the book, most accounts first.
    pub segments: Vec<String>,
    /// Owners of the book.
    pub owners: Vec<String>,
    /// Usage metrics that a source delivers.
    pub metrics: Vec<String>,
}

impl Vocabulary {
    /// Only the kinds of flags.
    pub fn of_flags<'k>(kinds: impl IntoIterator<Item = &'k str>) -> Self {
        let mut flags: Vec<String> = kinds.into_iter().map(str::to_owned).collect();
        flags.dedup();
        Self { flags: Some(flags), ..Self::default() }
    }
}
