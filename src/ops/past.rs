//! Looking back: the book as it was on a day, assessed into a file of its own that goes when the looking ends.
//!
//! Decides what is assessed before the first page is shown and what can't be done meanwhile. The cache itself is only read.

use std::cell::RefCell;
use std::sync::Arc;

use jiff::civil::Date;

use crate::book::facts::Facts;
use crate::book::past::as_it_was;
use crate::book::progress::Progress;
use crate::book::view::Past;
use crate::ops::{Desk, OpsError};
use crate::store::{Access, Overlay, Store};

/// In the day's own file: the first day on which somebody was a customer, as far as accounts were looked at.
const FIRST: &str = "first_customer";

/// Accounts that are assessed before the first page is drawn: a book of one CSM is whole at once, a larger one goes on
/// behind the screen.
const AT_ONCE: usize = 150;

/// Holds the day's own file; it is removed when this is dropped, whoever else still reads it.
#[derive(Debug)]
pub struct LookingBack(Arc<Overlay>);

impl Drop for LookingBack {
    fn drop(&mut self) {
        self.0.remove();
    }
}

impl Desk {
    /// Looks at the whole book as it was on a day. What is most urgent today is assessed at once, the rest by
    /// [`crate::ops::Background`] or [`Desk::look_back_whole`].
    pub fn look_back(&mut self, day: Date) -> Result<LookingBack, OpsError> {
        if day >= self.today {
            return Err(not_past(day, self.today));
        }
        let data = &self.settings().folders.data;
        let access = if self.settings().read_only { Access::ReadOnly } else { Access::ReadWrite };
        let overlay = Arc::new(Overlay::create(data, access)?);
        let opened = Store::open_over(data, access, &overlay)?;
        let held = LookingBack(Arc::clone(&overlay));
        self.as_of = Some(day);
        self.store = RefCell::new(opened.store);
        self.overlay = Some(overlay);
        let first = self.store().urgent_today(&self.scope()?, AT_ONCE)?;
        if self.assess_stale(&first, AT_ONCE)? > 0 {
            self.refresh_summary()?;
            self.refresh_typical()?;
        }
        Ok(held)
    }

    /// As [`Desk::look_back`], with every account assessed before it answers.
    pub fn look_back_whole(&mut self, day: Date, report: &dyn Fn(Progress)) -> Result<LookingBack, OpsError> {
        let held = self.look_back(day)?;
        self.assess_all(report)?;
        Ok(held)
    }

    /// How far the looking back is; `None`: today is looked at.
    pub(super) fn past(&self) -> Result<Option<Past>, OpsError> {
        if self.overlay.is_none() {
            return Ok(None);
        }
        let store = self.store();
        let first = store.meta(FIRST)?.and_then(|day| day.parse().ok());
        Ok(Some(Past { behind: store.waiting_accounts()?, first }))
    }

    /// What there is to say where a past day has nobody; `None`: there is somebody, or today is looked at.
    pub fn nobody_yet(&self) -> Result<Option<String>, OpsError> {
        let Some(Past { first, .. }) = self.past()? else { return Ok(None) };
        Ok(first
            .filter(|first| *first > self.day())
            .map(|first| format!("nothing is known of {}: the first customer of this book is of {first}", self.day())))
    }

    /// Keeps the first day on which any of these was a customer.
    pub(super) fn first_customers(&self, days: impl Iterator<Item = Date>) -> Result<(), OpsError> {
        let known = self.store().meta(FIRST)?.and_then(|day| day.parse::<Date>().ok());
        if let Some(first) = days.chain(known).min().filter(|first| Some(*first) != known) {
            self.store_mut().put_meta(FIRST, &first.to_string())?;
        }
        Ok(())
    }

    /// The facts as a page of the day shows them.
    pub(super) fn as_shown(&self, mut facts: Facts) -> Facts {
        if self.is_past() {
            as_it_was(&mut facts, self.day(), self.today);
        }
        facts
    }

    /// Refuses what makes no sense on a past day.
    pub(super) fn must_be_today(&self, what: &str) -> Result<(), OpsError> {
        if !self.is_past() {
            return Ok(());
        }
        Err(OpsError::usage(format!("the book is shown as of {}: {what}; leave --as-of out", self.day())))
    }
}

/// A day that has not passed yet can't be looked back at.
pub(super) fn not_past(day: Date, today: Date) -> OpsError {
    OpsError::usage(format!("--as-of: {day} is not before today ({today}): only what has passed can be looked back at"))
}
