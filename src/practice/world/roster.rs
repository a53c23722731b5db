//! The people on our side: who has accounts, who left, in which team.
//! Decides owners and which account belongs to whom. The first owner is always Maya Chen, who has
//! the first 84 accounts; the rest of a larger book is spread over her colleagues.

use super::clock::{self, Day};
use crate::practice::dice::{Dice, roll};
use crate::practice::words::people::{NameAt, mail_name};

/// Accounts of the first owner.
pub(crate) const FIRST_BOOK: u32 = 84;
const PER_OWNER: u32 = 65;
const MOST_OWNERS: u32 = 200;
const TEAM_SIZE: usize = 8;
const TEAMS: [&str; 10] =
    ["Mountain", "Harbour", "Prairie", "Delta", "Forest", "Canyon", "Island", "Valley", "Coast", "Lakes"];

#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub id: u64,
    pub user_id: u64,
    pub email: String,
    pub first: String,
    pub last: String,
    pub team: usize,
    /// Left our company.
    pub archived: bool,
    /// A shared queue and no person.
    pub queue: bool,
    pub created: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Roster {
    pub owners: Vec<Owner>,
    /// How many of them carry accounts today; they come first.
    pub carrying: usize,
    /// How many left; they come next.
    pub gone: usize,
}

impl Roster {
    pub(crate) fn new(seed: u64, accounts: u32, today: Day) -> Self {
        let others = accounts.saturating_sub(FIRST_BOOK).div_ceil(PER_OWNER);
        let carrying = (1 + others.max(4)).min(MOST_OWNERS) as usize;
        let gone = 3 + carrying / 20;
        let mut owners = Vec::with_capacity(carrying + gone + 1);
        let mut mails = std::collections::HashSet::new();
        for at in 0..carrying + gone {
            let mut dice = Dice::new(seed, at as u64, 20);
            let name = NameAt::draw(&mut dice);
            let (first, last) = if at == 0 { ("Maya", "Chen") } else { (name.first(), name.last()) };
            let mut local = mail_name(first, last);
            while !mails.insert(local.clone()) {
                local.push_str(&(at % 10).to_string());
            }
            owners.push(Owner {
                id: 77_000_100 + at as u64 * 13,
                user_id: 9_100_200 + at as u64 * 31,
                email: format!("{local}@example.com"),
                first: first.to_string(),
                last: last.to_string(),
                team: at / TEAM_SIZE,
                archived: at >= carrying,
                queue: false,
                created: clock::at(today - 900 - dice.between(0, 900) as Day, 9, 0),
            });
        }
        owners.push(Owner {
            id: 77_900_001,
            user_id: 0,
            email: String::new(),
            first: "Support".into(),
            last: "Queue".into(),
            team: 0,
            archived: false,
            queue: true,
            created: clock::at(today - 1500, 9, 0),
        });
        Roster { owners, carrying, gone }
    }

    /// Index of the owner of an account.
    pub(crate) fn owner_of(&self, seed: u64, account: u32, active: u32) -> usize {
        // Former and archived companies follow the same rule with a number of their own.
        let number = if account < active { account } else { (account - active) * 12 };
        if number < FIRST_BOOK || active <= FIRST_BOOK || self.carrying < 2 {
            return 0;
        }
        1 + (roll(seed, u64::from(account), 21) % (self.carrying as u64 - 1)) as usize
    }

    /// Index of an owner who has left, for the time before today's owner.
    pub(crate) fn predecessor(&self, seed: u64, account: u32) -> usize {
        self.carrying + (roll(seed, u64::from(account), 22) % self.gone as u64) as usize
    }

    pub(crate) fn queue(&self) -> usize {
        self.owners.len() - 1
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Owner> {
        let id: u64 = id.parse().ok()?;
        self.owners.iter().find(|owner| owner.id == id)
    }

    pub(crate) fn team_name(team: usize) -> String {
        match team / TEAMS.len() {
            0 => TEAMS[team].to_string(),
            round => format!("{} {}", TEAMS[team % TEAMS.len()], round + 1),
        }
    }

    pub(crate) fn team_id(team: usize) -> u64 {
        5_400 + team as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_book_is_all_mayas_and_a_large_one_is_shared() {
        let small = Roster::new(1, 84, 20_000);
        assert_eq!(small.owners[0].email, "maya.chen@example.com");
        assert!((0..93).all(|account| small.owner_of(1, account, 84) == 0));
        let large = Roster::new(1, 10_000, 20_000);
        let mut counts = vec![0u32; large.carrying];
        (0..10_000).for_each(|account| counts[large.owner_of(1, account, 10_000)] += 1);
        assert_eq!(counts[0], FIRST_BOOK);
        assert!(counts[1..].iter().all(|n| (30..=110).contains(n)), "{counts:?}");
        assert!(Roster::new(1, 100_000, 20_000).carrying <= 200);
    }

    #[test]
    fn no_two_owners_share_id_or_mail() {
        let roster = Roster::new(3, 100_000, 20_000);
        let ids: std::collections::HashSet<_> = roster.owners.iter().map(|o| o.id).collect();
        let mails: std::collections::HashSet<_> = roster.owners.iter().map(|o| &o.email).collect();
        assert_eq!(ids.len(), roster.owners.len());
        assert_eq!(mails.len(), roster.owners.len());
        assert!(roster.owners.iter().any(|o| o.archived));
    }
}
