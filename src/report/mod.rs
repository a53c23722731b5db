//! What is handed over: the brief before a call, and the value review for the buyer, as text, Markdown and HTML.
//!
//! Decides words and layout of documents. Pure: facts in, text out; everything from outside is escaped where it is printed.

pub mod brief;
mod escape;
pub mod review;

use crate::book::money::{Currency, short};

/// `$412k` of an amount in units.
fn money(units: f64, currency: Currency) -> String {
    let sign = if units < 0.0 { "−" } else { "" };
    format!("{sign}{}{}", currency.sign(), short(units.abs()))
}

/// `1 promise`, `3 promises`.
fn count(n: usize, one: &str) -> String {
    crate::book::evidence::count(n, one)
}
