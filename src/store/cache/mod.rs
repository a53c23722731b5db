//! `cache.db`: rows as they came, the links that say whose they are, and the standings made of them.
//!
//! Everything here may be deleted and pulled again. Functions take a connection and answer with SQLite's own errors;
//! the store's methods give them their words.

pub(super) mod apply;
pub(super) mod line;
pub(super) mod links;
pub(super) mod loyal;
pub(super) mod matching;
pub(super) mod page;
pub(super) mod standings;
pub(super) mod summary;
pub(super) mod typical;
pub(super) mod usage;
