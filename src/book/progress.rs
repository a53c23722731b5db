//! What a running sync says about itself: plain values that cross rooms.

use crate::book::ids::SourceName;
use crate::book::row::Entity;

/// One step of a running sync.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A source began.
    Started { source: SourceName },
    /// A page was kept: totals of this stream so far.
    Pulled {
        source: SourceName,
        entity: Entity,
        rows: u64,
        /// About how many there will be, where the source says so.
        of: Option<u64>,
        /// Rows per second since the stream began.
        per_second: f64,
        /// `61 of 190 requests left`, where the source says so.
        left: Option<String>,
    },
    /// A stream waits (rate limit, back-off): until when, in seconds from now, and why.
    Waiting { source: SourceName, seconds: f64, because: String },
    /// A stream ended with an error; what was pulled is kept.
    Failed { source: SourceName, entity: Option<Entity>, because: String },
    /// A note, touch or task was sent, or refused.
    Pushed { account: String, ok: bool },
    /// Accounts whose standing was computed: so far, of how many.
    Assessed { done: u64, of: u64 },
    /// A source ended.
    Ended { source: SourceName, summary: SourceSummary },
    /// All sources ended.
    Done,
}

/// What one source did in one sync; also the JSON of `rounds sync`.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct SourceSummary {
    /// The source's name.
    pub name: String,
    /// Rows received.
    pub pulled: u64,
    /// Rows that differed from what was known.
    pub changed: u64,
    /// Records that are gone.
    pub deleted: u64,
    /// Notes, touches and tasks sent.
    pub pushed: u64,
    /// HTTP requests made, retries included.
    pub requests: u64,
    /// Bytes of answers, as received.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// What failed, with what to do; `None` when all went well.
    pub error: Option<String>,
    /// Requests that the source allows for the rest of the day, where it says so.
    pub daily_left: Option<u64>,
    /// Requests that it allows a day, where it says so.
    pub daily_of: Option<u64>,
}
