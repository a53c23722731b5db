//! Standings that are out of date, computed again: visible rows first, in small portions so that everybody else gets
//! their turn at the database.

use jiff::Span;
use jiff::civil::Date;

use crate::book::assess::{Context, Medians, assess_of};
use crate::book::facts::Facts;
use crate::book::ids::AccountId;
use crate::book::money::Money;
use crate::book::retention::ends;
use crate::book::standing::Standing;
use crate::ops::{Desk, OpsError};
use crate::store::{Assessed, StoreError};

impl Desk {
    /// Assesses one account on a day, with what became of its plays and was said of its flags.
    pub(super) fn assess(&self, facts: &Facts, medians: &Medians, day: Date) -> Result<Standing, StoreError> {
        let (mut actions, mut flags) = (self.store().actions_of(&facts.id)?, self.store().flags_of(&facts.id)?);
        if self.is_past() {
            // What was decided since was not known then.
            actions.retain(|action| action.on <= day);
            flags.retain(|flag| flag.on <= day);
        }
        let ctx = Context { rates: &self.shared.rates, medians, zone: self.zone(), actions: &actions, flags: &flags };
        let mut standing = assess_of(&self.eval(facts).in_book(&medians.spread), day, &ctx);
        let since = facts.customer_since.or(facts.created);
        if self.is_past() && since.is_some_and(|since| since > day) {
            // Who came later is kept out of that day's book as those are who had left, and nothing is to be done there.
            standing.former = true;
            standing.flags.clear();
            standing.offers.clear();
        }
        Ok(standing)
    }

    /// The facts of an account.
    pub(super) fn facts(&self, id: &AccountId) -> Result<Option<Facts>, StoreError> {
        self.store().facts(id, self.zone(), self.settings().currency)
    }

    /// The median ARR by segment, where an account's own is not known.
    pub(super) fn medians(&self) -> Result<Medians, StoreError> {
        self.store().medians()
    }

    /// What was just decided about an account shows at once, in lists too.
    pub(super) fn assess_now(&self, account: &AccountId) -> Result<(), OpsError> {
        self.assess_stale(std::slice::from_ref(account), 1).map(|_| ())
    }

    /// Computes up to `most` standings that are out of date, those of `first` before the others. Answers with how many
    /// were computed; 0: everything is as of today.
    pub(super) fn assess_stale(&self, first: &[AccountId], most: usize) -> Result<usize, OpsError> {
        let model = self.model().hash();
        let mut due = Vec::new();
        for id in first.iter().take(most) {
            if self.store().is_stale(id, self.day(), &model)? {
                due.push(id.clone());
            }
        }
        if due.len() < most {
            for id in self.store().stale(self.day(), &model, most)? {
                if due.len() < most && !due.contains(&id) {
                    due.push(id);
                }
            }
        }
        if due.is_empty() {
            self.store_mut().own_assessed()?;
            return Ok(0);
        }
        let medians = self.medians()?;
        let year_ago = self.day().checked_sub(Span::new().years(1)).unwrap_or(self.day());
        let mut items = Vec::with_capacity(due.len());
        let mut firsts = Vec::new();
        for id in &due {
            let version = self.store().version(id)?;
            let Some(facts) = self.facts(id)? else { continue };
            let standing = self.assess(&facts, &medians, self.day())?;
            if self.overlay.is_some() {
                firsts.extend(facts.customer_since.or(facts.created));
            }
            let (arr_start, arr_end) = ends(&facts, year_ago, self.day());
            let at_one_rate = |money: Option<Money>| money.and_then(|money| self.shared.rates.convert(money));
            items.push(Assessed {
                version,
                standing,
                arr_start: at_one_rate(arr_start),
                arr_end: at_one_rate(arr_end),
            });
        }
        if self.overlay.is_some() {
            self.first_customers(firsts.into_iter())?;
        }
        self.store_mut().put_standings(&items, &model, self.now())?;
        Ok(due.len())
    }
}
