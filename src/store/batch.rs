//! What a sync hands over and gets back: one page of rows with the cursor that follows it.

use jiff::Timestamp;

use crate::book::ids::{AccountId, SourceName};
use crate::book::row::Row;

/// How far a stream has been read, in the connector's own words: the store keeps the text and never looks into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// One page of one stream. Kept in one transaction with its cursor: a crash repeats a page and never skips one.
#[derive(Clone, Debug)]
pub struct Batch {
    pub source: SourceName,
    /// The stream's name in the connector file.
    pub stream: String,
    pub rows: Vec<Row>,
    /// Where to go on after this page; `None` leaves the stored cursor as it is.
    pub cursor: Option<Cursor>,
    /// The number of the running full pass ([`crate::store::Store::begin_pass`]): what it sees survives the sweep.
    pub pass: Option<u64>,
    /// The rows only say that they are still there.
    pub seen_only: bool,
    /// Account records of this source are accounts of the book, also where they match no other.
    pub founds: bool,
    /// Which account an id of this source is, as found by matching (id there, account).
    pub matches: Vec<(String, AccountId)>,
    /// When the page arrived: from then on its facts are known.
    pub at: Timestamp,
}

impl Batch {
    /// A page without matches, outside a full pass, whose account records are accounts of the book.
    pub fn new(source: SourceName, stream: impl Into<String>, rows: Vec<Row>, at: Timestamp) -> Self {
        Self {
            source,
            stream: stream.into(),
            rows,
            cursor: None,
            pass: None,
            seen_only: false,
            founds: true,
            matches: Vec::new(),
            at,
        }
    }
}

/// What a page changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows in the page.
    pub rows: u64,
    /// Records, or days of usage, that are new.
    pub added: u64,
    /// Records, or days of usage, that differ from what was known.
    pub changed: u64,
    /// Records that are gone.
    pub gone: u64,
    /// Accounts whose facts changed.
    pub accounts: u64,
}
