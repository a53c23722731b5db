//! The made-up book: which companies exist and everything about one of them, worked out from its number.
//! Decides what is true in the practice company's world. It keeps no records: an account is planned
//! anew from (seed, day, number) whenever it is asked for, so that 100,000 of them need no memory.

pub(crate) mod cast;
pub(crate) mod clock;
mod journal;
pub(crate) mod plan;
pub(crate) mod record;
pub(crate) mod render;
pub(crate) mod roster;
pub(crate) mod shape;
pub(crate) mod stories;
pub(crate) mod touches;

use crate::practice::kinds::{Kind, LOSER_SLOT};
use clock::Day;
use plan::Plan;
use roster::Roster;

/// How a company stands to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Pays today.
    Active,
    /// Paid once and left.
    Former,
    /// Was deleted in the CRM.
    Archived,
}

/// A whole made-up book. Cheap to make at any size.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub seed: u64,
    pub today: Day,
    pub active: u32,
    pub former: u32,
    pub archived: u32,
    /// A company whose name tries to break terminals and tables.
    pub hostile: bool,
    /// Notes have a property with unique values that clients may use as their own key.
    pub note_key: bool,
    pub roster: Roster,
}

impl World {
    pub(crate) fn new(seed: u64, today: Day, accounts: u32, hostile: bool, note_key: bool) -> Self {
        World {
            seed,
            today,
            active: accounts,
            former: accounts / 12,
            archived: accounts / 50,
            hostile,
            note_key,
            roster: Roster::new(seed, accounts, today),
        }
    }

    /// Companies of every standing; account numbers are `0..total()`.
    pub(crate) fn total(&self) -> u32 {
        self.active + self.former + self.archived
    }

    pub(crate) fn standing(&self, account: u32) -> Standing {
        if account < self.active {
            Standing::Active
        } else if account < self.active + self.former {
            Standing::Former
        } else {
            Standing::Archived
        }
    }

    pub(crate) fn plan(&self, account: u32) -> Plan {
        Plan::new(self, account)
    }

    /// Nothing in the generated book changed after this moment (epoch ms): yesterday at 22:00.
    pub(crate) fn last_change(&self) -> i64 {
        clock::at(self.today - 1, 22, 0)
    }

    /// The company that took over this id in a merge, if the id was merged away.
    pub(crate) fn merged_into(&self, id: u64) -> Option<u64> {
        let (account, slot) = Kind::Company.place(id)?;
        (slot == LOSER_SLOT && account < self.total() && self.has_loser(account)).then(|| Kind::Company.id(account, 0))
    }

    /// Whether another company record was merged into this one.
    pub(crate) fn has_loser(&self, account: u32) -> bool {
        account % 67 == 13 && self.standing(account) != Standing::Archived
    }
}

/// Makes the book of `accounts` paying customers, the same for the same arguments.
pub(crate) fn generate(accounts: u32, seed: u64, today: Day) -> World {
    World::new(seed, today, accounts, false, false)
}

#[cfg(test)]
mod tests;
