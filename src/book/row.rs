//! The neutral rows that connectors deliver and the store keeps: one shape for every outside system.
//!
//! A row is what one record says, by our own field names. It decides names and types of fields; it draws no conclusion.
//! Money is a decimal beside a `currency` field; the book makes [`crate::book::money::Money`] of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entity {
    /// A customer.
    Account,
    /// A human at a customer.
    Person,
    /// A colleague: who owns accounts and writes notes.
    Owner,
    /// A deal: new, renewal, upsell.
    Opportunity,
    /// A support request.
    Ticket,
    /// A meeting, call or mail.
    Touch,
    /// A note on an account.
    Note,
    /// Something to do by a day.
    Task,
    /// One day of one usage metric of one account.
    Usage,
}

impl Entity {
    /// Every entity, in the order in which a first pull wants them.
    pub const ALL: [Self; 9] = [
        Self::Owner,
        Self::Account,
        Self::Person,
        Self::Opportunity,
        Self::Ticket,
        Self::Touch,
        Self::Note,
        Self::Task,
        Self::Usage,
    ];

    /// The name used in connector files, config and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Person => "person",
            Self::Owner => "owner",
            Self::Opportunity => "opportunity",
            Self::Ticket => "ticket",
            Self::Touch => "touch",
            Self::Note => "note",
            Self::Task => "task",
            Self::Usage => "usage",
        }
    }

    /// What people call several of them.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Person => "people",
            Self::Owner => "owners",
            Self::Opportunity => "opportunities",
            Self::Ticket => "tickets",
            Self::Touch => "touches",
            Self::Note => "notes",
            Self::Task => "tasks",
            Self::Usage => "usage",
        }
    }

    /// The entity of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }
}

/// What a field holds. The target field knows its type, so no type is ever guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text, cleaned where it enters.
    Text,
    /// `true` or `false`.
    Bool,
    /// A plain number (seats, a survey value).
    Number,
    /// An amount in units of the row's `currency`.
    Money,
    /// A civil date.
    Day,
    /// A moment, UTC.
    Instant,
    /// Several texts.
    List,
}

/// One field's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// [`Kind::Text`]
    #[serde(rename = "s")]
    Text(String),
    /// [`Kind::Bool`]
    #[serde(rename = "b")]
    Bool(bool),
    /// [`Kind::Number`]
    #[serde(rename = "n")]
    Number(f64),
    /// [`Kind::Money`], in units of the row's currency.
    #[serde(rename = "m")]
    Money(Decimal),
    /// [`Kind::Day`]
    #[serde(rename = "d")]
    Day(Date),
    /// [`Kind::Instant`]
    #[serde(rename = "i")]
    Instant(Timestamp),
    /// [`Kind::List`]
    #[serde(rename = "l")]
    List(Vec<String>),
}

/// A field of an entity: its name and its type.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name in connector files and in `config.toml`.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}

/// The fields of an entity besides `id`, `changed`, `account` (the owning account's id in the same source) and
/// `people` (ids in the same source), which every row may have. `title` of a touch is what stands on the timeline.
pub fn fields(entity: Entity) -> &'static [Field] {
    use Kind::*;
    const ACCOUNT: &[Field] = &[
        field("name", Text),
        field("domain", Text),
        field("owner", Text), // the owner's id in the same source
        field("segment", Text),
        field("priority", Text), // how much care it gets: 1, 2, 3; gold, silver
        field("industry", Text),
        field("stage", Text), // lifecycle: customer, onboarding, former ...
        field("currency", Text),
        field("arr", Money),
        field("cost", Money),       // what serving it costs, a year
        field("potential", Money),  // what more it could buy, a year
        field("strategic", Number), // how much it matters beyond its money, 0 to 100
        field("renewal_date", Day),
        field("created", Day),
        field("customer_since", Day),
        field("churned_on", Day),
        field("onboarding_started", Day),
        field("go_live", Day),
        field("seats", Number),
        field("features_bought", Number),
        field("csat", Number), // 0 to 10
        field("csat_on", Day),
        field("invoice_state", Text), // paid, open, overdue
        field("invoice_due", Day),
        field("external_id", Text), // the key other systems know this account by
    ];
    const PERSON: &[Field] = &[
        field("name", Text),
        field("first_name", Text),
        field("last_name", Text),
        field("title", Text),
        field("email", Text),
        field("phone", Text),
        field("roles", List), // the CRM's own roles; the book makes a tier of them
        field("champion", Bool),
        field("left", Bool),
        field("left_on", Day),
        field("created", Day),
    ];
    const OWNER: &[Field] = &[
        field("name", Text),
        field("first_name", Text),
        field("last_name", Text),
        field("email", Text),
        field("teams", List),
        field("active", Bool),
        field("user", Text), // the id by which the source names its editors, where it differs
    ];
    const OPPORTUNITY: &[Field] = &[
        field("name", Text),
        field("kind", Text), // new, renewal, upsell
        field("amount", Money),
        field("arr", Money),
        field("currency", Text),
        field("close_date", Day),
        field("stage", Text),
        field("closed", Bool),
        field("won", Bool),
        field("owner", Text),
        field("created", Day),
    ];
    const TICKET: &[Field] = &[
        field("subject", Text),
        field("status", Text),
        field("priority", Text), // low, medium, high, urgent
        field("opened", Instant),
        field("closed", Instant),
        field("escalated", Bool),
        field("escalated_on", Day),
        field("owner", Text),
    ];
    const TOUCH: &[Field] = &[
        field("kind", Text), // meeting, call, mail
        field("title", Text),
        field("body", Text),
        field("at", Instant),
        field("ends", Instant),
        field("direction", Text), // in, out
        field("outcome", Text),
        field("owner", Text),
    ];
    const NOTE: &[Field] = &[
        field("body", Text),
        field("at", Instant),
        field("created", Instant), // when the source itself first had it, whatever day it is dated with
        field("owner", Text),
        field("author", Text),
        field("editor", Text),
    ];
    const TASK: &[Field] = &[
        field("subject", Text),
        field("body", Text),
        field("due", Instant),
        field("done", Bool),
        field("owner", Text),
    ];
    const USAGE: &[Field] = &[
        field("metric", Text), // active_users, events, seats_used, feature:<name>
        field("day", Day),
        field("value", Number),
    ];
    match entity {
        Entity::Account => ACCOUNT,
        Entity::Person => PERSON,
        Entity::Owner => OWNER,
        Entity::Opportunity => OPPORTUNITY,
        Entity::Ticket => TICKET,
        Entity::Touch => TOUCH,
        Entity::Note => NOTE,
        Entity::Task => TASK,
        Entity::Usage => USAGE,
    }
}

/// A past value of a field, from a source that keeps history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// The field's name.
    pub field: String,
    /// When it took this value.
    pub at: Timestamp,
    /// The value; `None` when it was emptied.
    pub value: Option<Value>,
    /// When it was learnt, where that was later than `at`; else `at` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Timestamp>,
}

/// One record as its source has it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub entity: Entity,
    /// The source's own id. For usage: `<account>/<metric>/<day>`.
    pub id: String,
    /// When the source last changed it, where it says so.
    pub changed: Option<Timestamp>,
    /// The ids (in the same source) of the accounts it belongs to; usage: the group key.
    pub accounts: Vec<String>,
    /// The ids (in the same source) of the people it is about.
    pub people: Vec<String>,
    /// The fields that had a value, by our names.
    pub fields: BTreeMap<String, Value>,
    /// Earlier values of fields, oldest first, where the source keeps them.
    pub history: Vec<Past>,
    /// Ids that were merged into this record: whatever named them now means this one.
    pub merged: Vec<String>,
    /// The record that this one was merged into, where the loser tells of it.
    pub into: Option<String>,
    /// The source says that it is gone (deleted, archived).
    pub gone: bool,
}

impl Row {
    /// An empty row.
    pub fn new(entity: Entity, id: impl Into<String>) -> Self {
        Self {
            entity,
            id: id.into(),
            changed: None,
            accounts: Vec::new(),
            people: Vec::new(),
            fields: BTreeMap::new(),
            history: Vec::new(),
            merged: Vec::new(),
            into: None,
            gone: false,
        }
    }

    /// The text of a field.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.fields.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}
