//! The book of business, pure: facts and a day make a standing.
//!
//! Decides every number and every word about an account. Knows no clock, file, network or terminal:
//! `day` and `now` are always arguments. The plain types that cross rooms live here too
//! ([`row`], [`view`], [`progress`]).

pub mod assess;
pub mod backtest;
pub mod changes;
pub mod compared;
pub mod csm;
pub mod dates;
pub mod day;
pub mod evidence;
pub mod facts;
pub mod fill;
pub mod flags;
pub mod ids;
pub mod journal;
pub mod known;
pub mod loyalty;
pub mod model;
pub mod money;
pub mod news;
pub mod order;
pub mod past;
pub mod plays;
pub mod prepared;
pub mod private;
pub mod progress;
#[cfg(test)]
mod published;
pub mod query;
pub mod reading;
pub mod records;
pub mod retention;
pub mod round;
pub mod row;
#[cfg(test)]
pub mod sample;
pub mod score;
pub mod standing;
#[cfg(test)]
mod stories;
pub mod tiers;
pub mod typical;
pub mod undated;
pub mod view;
pub mod why;
