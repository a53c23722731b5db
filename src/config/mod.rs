//! Reads and checks the user's files; the defaults are embedded in the same format.
//!
//! Decides what the settings are. Hand-written files are never written to, but for what `init` has shown and somebody has
//! confirmed; what Rounds itself must remember goes to `local.toml` in the same folder, read last. An unknown key is an
//! error with file and line.

pub mod edit;
mod faults;
mod file;
pub mod keys;
mod paths;
mod settings;

pub use faults::placed;
pub use file::{Problem, line_of_key};
pub use paths::{Folders, folders};
pub use settings::{Book, Settings};

/// The default health model, in the format of the user's `health.toml`.
pub const HEALTH: &str = include_str!("health.toml");
/// An annotated model for software that is sold by the seat.
pub const MODEL_SEATS: &str = include_str!("models/seats.toml");
/// An annotated model for software that is paid by what is consumed.
pub const MODEL_CONSUMPTION: &str = include_str!("models/consumption.toml");
/// The default plays, in the format of the user's `plays.toml`.
pub const PLAYS: &str = include_str!("plays.toml");
