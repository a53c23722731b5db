//! Rounds: a terminal workspace for customer success managers.
//!
//! # The data's way
//! ```text
//! CRM, usage,  ──HTTP──▶ connect ──Page──▶ sync ──Batch──▶ store (SQLite) ──Facts──▶ book (pure) ──Standing──▶ app ──State──▶ screens ──▶ terminal
//! support, billing                          ▲                 │                                                 │
//!       ◀──HTTP── connect ◀──Draft── sync ◀─┴──── outbox ◀────┘ ◀───────────── ops (notes, tasks) ◀── Command ◀─┘ keys · palette · CLI
//! ```
//! One way down, one way back up. `tests/architecture.rs` holds the table of who may use whom.
//!
//! # Where to look
//! | room | what it decides |
//! |---|---|
//! | [`text`] | width, cutting and padding by grapheme; cleaning of outside text; relative dates |
//! | [`book`] | the book of business, pure: facts and a day make a standing |
//! | [`command`] | the registry: every command's name, arguments, one-line doc, scope |
//! | [`config`] | reads and checks the user's files; the embedded defaults |
//! | [`secrets`] | where a token comes from |
//! | [`theme`] | roles to styles, by what the terminal can show |
//! | [`connect`] | runs a connector: sign-in, paging, limits, mapping, writing back |
//! | [`store`] | two SQLite files: what came from outside, and what is ours |
//! | [`sync`] | when and what to pull and push; matching of records to accounts |
//! | [`ops`] | does the commands that touch data, the same for every door |
//! | [`report`] | the brief and the value review, as text, Markdown and HTML; pure |
//! | [`app`] | State, Event → update → Effects; no I/O, no clock |
//! | [`screens`] | one file per screen, drawing from `&State` |
//! | [`terminal`] | the only place that owns the terminal |
//! | [`cli`] | the command line |
//! | [`practice`] | the practice CRM: an outside system that happens to live here |

pub mod app;
pub mod book;
pub mod cli;
pub mod command;
pub mod config;
pub mod connect;
pub mod ops;
pub mod practice;
pub mod report;
pub mod screens;
pub mod secrets;
pub mod store;
pub mod sync;
pub mod terminal;
pub mod text;
pub mod theme;
