//! The lists of an account that a query can look into, and what each of their items holds.
//!
//! Decides nothing: it is the table that parser, help, completion and errors read.

use super::field::Unit;

/// A list of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Who is there on the day.
    People,
    /// Who was there and has left.
    Leavers,
    /// Opened by the day.
    Tickets,
    /// Meetings, calls and mails that took place by the day.
    Touches,
    Tasks,
    /// Opportunities.
    Deals,
    /// Taken by the day.
    Notes,
}

/// Their names, with what newest and oldest go by.
pub const LISTS: [(List, &str, &str); 7] = [
    (List::People, "people", "who is there, by when they were first known"),
    (List::Leavers, "leavers", "who has left, by when they left"),
    (List::Tickets, "tickets", "support tickets, by when they were opened"),
    (List::Touches, "touches", "meetings, calls and mails, by their day"),
    (List::Tasks, "tasks", "open and closed tasks, by their due day"),
    (List::Deals, "deals", "opportunities, by their close date"),
    (List::Notes, "notes", "notes, by their day"),
];

impl List {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        LISTS[self as usize].1
    }
}

/// What an item's field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Number(Unit),
    Text,
    /// True or not: it stands alone, as in `tickets.any(open)`.
    State,
}

/// One field of the items of a list.
#[derive(Clone, Copy, Debug)]
pub struct ItemSpec {
    pub list: List,
    pub field: ItemField,
    pub name: &'static str,
    pub holds: Holds,
    pub says: &'static str,
}

macro_rules! items {
    ($($list:ident $id:ident $name:literal $holds:expr, $says:literal;)*) => {
        /// A field of an item.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ItemField { $($id,)* }

        /// All fields of items, in the order of the enum.
        pub static ITEMS: &[ItemSpec] = &[$(ItemSpec {
            list: List::$list, field: ItemField::$id, name: $name, holds: $holds, says: $says,
        },)*];
    };
}

use Holds::{Number as N, State, Text};

items! {
    People PersonName "name" Text, "their name";
    People PersonTitle "title" Text, "their title";
    People PersonTier "tier" Text, "buyer, influencer, user or builder";
    People PersonEmail "email" Text, "their mail address";
    People PersonRole "role" Text, "the CRM's own role";
    People PersonId "id" Text, "their record";
    People PersonChampion "champion" State, "our champion";
    People PersonEngaged "engaged" State, "touched inside the cadence";
    People PersonTouch "touch" N(Unit::Days), "days since they were touched; absent: never";
    People PersonKnown "known" N(Unit::Days), "days since they are known";
    Leavers LeaverName "name" Text, "their name";
    Leavers LeaverTitle "title" Text, "their title";
    Leavers LeaverTier "tier" Text, "buyer, influencer, user or builder";
    Leavers LeaverId "id" Text, "their record";
    Leavers LeaverChampion "champion" State, "was our champion";
    Leavers LeaverLeft "left" N(Unit::Days), "days since they left";
    Tickets TicketId "id" Text, "its number";
    Tickets TicketSubject "subject" Text, "its subject";
    Tickets TicketPriority "priority" Text, "low, medium, high or urgent, as its source says";
    Tickets TicketOpen "open" State, "not closed yet";
    Tickets TicketEscalated "escalated" State, "escalated and open";
    Tickets TicketAge "age" N(Unit::Days), "days since it was opened";
    Tickets TicketClosed "closed" N(Unit::Days), "days since it was closed";
    Tickets TicketEscalation "escalation" N(Unit::Days), "days since it was escalated";
    Tickets TicketSince "since" Text, "the day of its escalation, in words";
    Touches TouchKind "kind" Text, "meeting, call or mail";
    Touches TouchTitle "title" Text, "its title";
    Touches TouchTwoWay "two_way" State, "both sides spoke";
    Touches TouchWith "with" Text, "who was there";
    Touches TouchAge "age" N(Unit::Days), "days since it took place";
    Tasks TaskSubject "subject" Text, "what is to be done";
    Tasks TaskDone "done" State, "closed";
    Tasks TaskDue "due" N(Unit::Date), "the day by which";
    Deals DealName "name" Text, "its name";
    Deals DealKind "kind" Text, "new, renewal or upsell";
    Deals DealStage "stage" Text, "its stage";
    Deals DealOpen "open" State, "not closed yet";
    Deals DealWon "won" State, "closed and won";
    Deals DealAmount "amount" N(Unit::Money), "its amount in the book's currency";
    Deals DealCloses "closes" N(Unit::Date), "the close date";
    Deals DealAge "age" N(Unit::Days), "days since it was made";
    Notes NoteText "text" Text, "its words";
    Notes NoteAuthor "author" Text, "who took it";
    Notes NoteAge "age" N(Unit::Days), "days since it was taken";
}

impl ItemField {
    /// Its row of the table.
    pub fn spec(self) -> &'static ItemSpec {
        &ITEMS[self as usize]
    }
}

/// The fields of a list's items.
pub fn fields(list: List) -> impl Iterator<Item = &'static ItemSpec> {
    ITEMS.iter().filter(move |spec| spec.list == list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_stand_in_the_order_of_their_enums() {
        for spec in ITEMS {
            assert_eq!((spec.field.spec().name, spec.field.spec().list), (spec.name, spec.list));
        }
        for (list, name, _) in LISTS {
            assert_eq!(list.name(), name);
            assert!(fields(list).count() > 2);
        }
    }
}
