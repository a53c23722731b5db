//! The record types of the practice CRM and how their ids are laid out.
//! Decides names, id ranges and association types. An id says which account it belongs to, so that
//! any record can be made from its id alone; ids above a type's range were created by a client.

/// A record type. Companies, people, deals and tickets first, then what is logged about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Company,
    Contact,
    Deal,
    Ticket,
    Note,
    Task,
    Meeting,
    Call,
    Email,
}

struct Row {
    plural: &'static str,
    singular: &'static str,
    /// First id of the type.
    base: u64,
    /// Ids reserved for each account.
    stride: u64,
}

const ROWS: [Row; 9] = [
    Row { plural: "companies", singular: "company", base: 18_400_000_000, stride: 10 },
    Row { plural: "contacts", singular: "contact", base: 151_000_000, stride: 64 },
    Row { plural: "deals", singular: "deal", base: 30_200_000_000, stride: 16 },
    Row { plural: "tickets", singular: "ticket", base: 4_400_000_000, stride: 64 },
    Row { plural: "notes", singular: "note", base: 50_100_000_000, stride: 32 },
    Row { plural: "tasks", singular: "task", base: 60_300_000_000, stride: 16 },
    Row { plural: "meetings", singular: "meeting", base: 70_500_000_000, stride: 128 },
    Row { plural: "calls", singular: "call", base: 80_700_000_000, stride: 128 },
    Row { plural: "emails", singular: "email", base: 90_900_000_000, stride: 256 },
];

/// How far above a type's base the ids of records begin that clients create.
const CREATED: u64 = 1_000_000_000;

/// Slot of the id that a merged-away company had.
pub(crate) const LOSER_SLOT: u32 = 5;

impl Kind {
    pub(crate) const ALL: [Kind; 9] = [
        Kind::Company,
        Kind::Contact,
        Kind::Deal,
        Kind::Ticket,
        Kind::Note,
        Kind::Task,
        Kind::Meeting,
        Kind::Call,
        Kind::Email,
    ];

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// As it stands in paths: `companies`.
    pub(crate) fn plural(self) -> &'static str {
        self.row().plural
    }

    pub(crate) fn singular(self) -> &'static str {
        self.row().singular
    }

    pub(crate) fn from_path(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.plural() == text)
    }

    /// The property that holds the time of the last change.
    pub(crate) fn modified(self) -> &'static str {
        if self == Kind::Contact { "lastmodifieddate" } else { "hs_lastmodifieddate" }
    }

    /// The property that holds the time of creation.
    pub(crate) fn created(self) -> &'static str {
        if self.engagement() { "hs_createdate" } else { "createdate" }
    }

    pub(crate) fn engagement(self) -> bool {
        self >= Kind::Note
    }

    /// How many records of this type one account can have.
    pub(crate) fn room(self) -> usize {
        self.row().stride as usize
    }

    pub(crate) fn id(self, account: u32, slot: u32) -> u64 {
        self.row().base + u64::from(account) * self.row().stride + u64::from(slot)
    }

    /// Account and slot of an id of the generated book; `None` for ids outside its range.
    pub(crate) fn place(self, id: u64) -> Option<(u32, u32)> {
        let row = self.row();
        let offset = id.checked_sub(row.base).filter(|offset| *offset < CREATED)?;
        Some(((offset / row.stride) as u32, (offset % row.stride) as u32))
    }

    /// The id of the `n`th record that a client created.
    pub(crate) fn new_id(self, n: u64) -> u64 {
        self.row().base + CREATED + n * 7
    }

    /// The scope that reading or writing this type needs.
    pub(crate) fn scope(self, write: bool) -> String {
        let end = if write { "write" } else { "read" };
        match self {
            Kind::Company | Kind::Deal => format!("crm.objects.{}.{end}", self.plural()),
            Kind::Ticket => "tickets".to_string(),
            _ => format!("crm.objects.contacts.{end}"),
        }
    }
}

/// The association types from one record type to another: the default one, and the primary one where there is one.
pub(crate) fn link_types(from: Kind, to: Kind) -> Option<(u32, Option<u32>)> {
    use Kind::*;
    let plain = |id| Some((id, None));
    match (from, to) {
        (Contact, Company) => Some((279, Some(1))),
        (Company, Contact) => Some((280, Some(2))),
        (Deal, Company) => Some((341, Some(5))),
        (Company, Deal) => Some((342, Some(6))),
        (Ticket, Company) => Some((339, Some(26))),
        (Company, Ticket) => plain(340),
        (Deal, Contact) => plain(3),
        (Contact, Deal) => plain(4),
        (Ticket, Contact) => plain(16),
        (Contact, Ticket) => plain(15),
        (Deal, Ticket) => plain(27),
        (Ticket, Deal) => plain(28),
        (from, to) if from.engagement() && !to.engagement() => engagement_type(from, to).map(|id| (id, None)),
        (from, to) if to.engagement() && !from.engagement() => engagement_type(to, from).map(|id| (id - 1, None)),
        _ => None,
    }
}

fn engagement_type(from: Kind, to: Kind) -> Option<u32> {
    let column = match to {
        Kind::Company => 0,
        Kind::Contact => 1,
        Kind::Deal => 2,
        Kind::Ticket => 3,
        _ => return None,
    };
    let row = match from {
        Kind::Note => [190, 202, 214, 228],
        Kind::Task => [192, 204, 216, 230],
        Kind::Call => [182, 194, 206, 220],
        Kind::Email => [186, 198, 210, 224],
        Kind::Meeting => [188, 200, 212, 226],
        _ => return None,
    };
    Some(row[column])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_place() {
        for kind in Kind::ALL {
            for (account, slot) in [(0, 0), (83, 3), (111_999, 5)] {
                let id = kind.id(account, slot);
                assert_eq!(kind.place(id), Some((account, slot)));
            }
            assert_eq!(kind.place(kind.new_id(0)), None, "{}", kind.plural());
            assert!(kind.new_id(0) > kind.id(120_000, 0));
            assert_eq!(Kind::from_path(kind.plural()), Some(kind));
        }
    }

    #[test]
    fn association_types_are_those_of_the_documented_table() {
        assert_eq!(link_types(Kind::Note, Kind::Company), Some((190, None)));
        assert_eq!(link_types(Kind::Company, Kind::Note), Some((189, None)));
        assert_eq!(link_types(Kind::Contact, Kind::Note), Some((201, None)));
        assert_eq!(link_types(Kind::Company, Kind::Task), Some((191, None)));
        assert_eq!(link_types(Kind::Contact, Kind::Company), Some((279, Some(1))));
        assert_eq!(link_types(Kind::Note, Kind::Task), None);
    }
}
