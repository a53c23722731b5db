//! The book of business, pure: facts and a day make a standing.
//!
//! Decides every number and every word about an account. Knows no clock, file, network or terminal:
//! `day` and `now` are always arguments. The plain types that cross rooms live here too
//! ([`row`], [`view`], [`progress`]).

pub mod facts;
pub mod ids;
pub mod money;
pub mod progress;
pub mod row;
pub mod standing;
pub mod view;
