//! (room)

pub mod keys;
