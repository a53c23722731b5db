//! The names that a query can use, with their units.
//!
//! Decides nothing: it is the table that parser, help and error messages read.

/// A field that holds a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    Health,
    Confidence,
    Change,
    Arr,
    Renewal,
    Touch,
}

/// A field that holds a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Text {
    Owner,
    Segment,
    Name,
    Domain,
}

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `50`
    Points,
    /// `40%` or `0.4`; stored as a ratio.
    Share,
    /// `100k`, `1.5M`; units of the book's currency.
    Money,
    /// `90d`, `6w`, `3m`, or a date.
    Days,
}

/// One field that holds a number.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    pub name: &'static str,
    pub field: Field,
    pub unit: Unit,
    pub says: &'static str,
    pub example: &'static str,
}

const fn row(name: &'static str, field: Field, unit: Unit, says: &'static str, example: &'static str) -> FieldSpec {
    FieldSpec { name, field, unit, says, example }
}

/// All fields that hold numbers.
pub const FIELDS: [FieldSpec; 6] = [
    row("health", Field::Health, Unit::Points, "the score, 0 to 100", "health<50"),
    row("confidence", Field::Confidence, Unit::Share, "how sure the score is", "confidence<40%"),
    row("change", Field::Change, Unit::Points, "the score against seven days before", "change<-5"),
    row("arr", Field::Arr, Unit::Money, "ARR in the book's currency", "arr>100k"),
    row("renewal", Field::Renewal, Unit::Days, "days to the renewal", "renewal<90d"),
    row("touch", Field::Touch, Unit::Days, "days since anybody was touched", "touch>30d"),
];

/// All fields that hold texts, and those that name a state.
pub const TEXTS: [(&str, Option<Text>, &str); 8] = [
    ("owner", Some(Text::Owner), "owner:me"),
    ("segment", Some(Text::Segment), "segment:enterprise"),
    ("name", Some(Text::Name), "name:northwind"),
    ("domain", Some(Text::Domain), "domain:northwind.example"),
    ("band", None, "band:watch"),
    ("is", None, "is:at-risk"),
    ("flag", None, "flag:champion-left"),
    ("no", None, "no:renewal"),
];
