//! State, Event → update → Effects.
//!
//! Decides what every key and every answer changes on screen, and what is to be loaded or done because of it.
//! No I/O, no clock, no drawing: one thread owns the state, everybody else sends it events.

pub mod account;
mod edit;
pub mod event;
pub mod explain;
mod explain_keys;
pub mod filter;
#[cfg(test)]
pub mod fixture;
mod flags;
mod input;
pub mod layout;
pub mod list;
pub mod note;
mod note_keys;
pub mod overlay;
mod plays;
mod reading;
mod run;
pub mod state;
pub mod sync;
#[cfg(test)]
mod tests;
mod update;
pub mod walk;

pub use crate::config::keys::chord::shown as shown_keys;
pub use edit::Editor;
pub use event::{Effect, Event};
pub use state::{Screen, State, Toast, Tone};
pub use update::update;
