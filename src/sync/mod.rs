//! When and what to pull and push; which account a record of another source belongs to; progress.
//!
//! Decides the order of streams, what a cut-off pull goes on with, and what an unclear answer to a write is followed by.
//! It knows no vendor, keeps no state but the store's, and never waits while holding a transaction.

mod clock;
mod cursor;
mod lease;
mod matching;
mod pull;
mod push;
mod wave;

pub use clock::Clock;
pub use lease::{Lease, LeaseError};
pub use matching::{Matching, Tried, tried};
pub use pull::{PullOptions, SourceRun, pull};
pub use push::{Draft, push};
