//! The store's promises: nothing saved is lost, nothing pulled is skipped, and broken files are said and mended.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod book;
mod facts;
mod files;
mod journal;
mod kill;
mod outbox;
mod overlay;
mod pages;
mod pull;
