//! Behind the invoice and the renewal date: the values that the account's own record has had.
//!
//! Decides words only.

use crate::book::prepared::{On, Prepared};
use crate::book::records::{Record, said, values};

pub(super) fn invoice(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    let mut rows = values(&facts.facts.invoice, "invoice_state", facts, on, |state| {
        format!("invoice {}", state.trim().to_lowercase())
    });
    // The day it is due matters only while there is a state to go with it.
    if !rows.is_empty() {
        rows.extend(values(&facts.facts.invoice_due, "invoice_due", facts, on, |due| {
            format!("due {}", said(*due, on))
        }));
    }
    rows.sort_by_key(|row| !row.counts());
    rows
}

pub(super) fn renewal(facts: &Prepared<'_>, on: On) -> Vec<Record> {
    values(&facts.facts.renewal, "renewal_date", facts, on, |day| format!("renews on {}", said(*day, on)))
}
