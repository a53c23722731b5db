//! Everything known about one account, as dated facts: what `assess` is a function of.
//!
//! Each fact says when it happened (`on`) and when we, or its source, first had it (`known`). The store makes this
//! from rows and notes; nothing here is computed from anything but the facts themselves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::book::ids::{AccountId, NoteId, PersonId, SourceName};
use crate::book::journal::Fact;
use crate::book::money::Money;

/// A value that held from a day on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// The day from which it holds.
    pub on: Date,
    /// The day on which we, or the source, first had it.
    pub known: Date,
    /// The value; `None`: emptied on that day.
    pub value: Option<T>,
}

/// How a field changed over time, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Series<T>(pub Vec<Dated<T>>);

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Series<T> {
    /// The entry in force on `day`: the last one with `on <= day`.
    pub fn entry(&self, day: Date) -> Option<&Dated<T>> {
        self.0.iter().rev().find(|dated| dated.on <= day)
    }

    /// The value in force on `day`; `None` before the first entry, and where it was emptied.
    pub fn at(&self, day: Date) -> Option<&T> {
        self.entry(day).and_then(|dated| dated.value.as_ref())
    }

    /// Adds an entry, keeping the order by day; a later one of the same day wins.
    pub fn push(&mut self, on: Date, known: Date, value: Option<T>) {
        let place = self.0.partition_point(|dated| dated.on <= on);
        self.0.insert(place, Dated { on, known, value });
    }
}

/// Which part somebody plays on the customer's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Decides and pays.
    Buyer,
    /// Has a say.
    Influencer,
    /// Uses it.
    User,
    /// Develops on it or deploys it.
    Builder,
}

impl Tier {
    /// All tiers, in the order of the people map.
    pub const ALL: [Self; 4] = [Self::Buyer, Self::Influencer, Self::User, Self::Builder];

    /// The word on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Influencer => "influencer",
            Self::User => "user",
            Self::Builder => "builder",
        }
    }
}

/// A human at the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub title: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// The CRM's own roles, as it names them.
    pub roles: Vec<String>,
    /// Known since (the CRM's creation date).
    pub created: Option<Date>,
    /// Whether they are our champion.
    pub champion: Series<bool>,
    /// Whether they have left.
    pub left: Series<bool>,
    /// Their tier by hand: it goes before roles and titles.
    pub tier: Series<Tier>,
}

/// The source of people whom nobody but a note knows.
pub const NOTES: &str = "note";

impl Person {
    /// No source knows them: a note named them.
    pub fn only_in_notes(&self) -> bool {
        self.id.parts().0 == NOTES
    }
}

/// What kind of contact a touch was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TouchKind {
    Meeting,
    Call,
    Mail,
}

impl TouchKind {
    /// The word on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Meeting => "meeting",
            Self::Call => "call",
            Self::Mail => "mail",
        }
    }
}

/// A meeting, call or mail; in the future when it is planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    /// The source's record, or the note it was taken from.
    pub id: String,
    pub kind: TouchKind,
    pub title: String,
    /// When it took (or will take) place.
    pub at: Timestamp,
    /// `at` in the book's time zone.
    pub on: Date,
    /// The day we, or the source, first had it.
    pub known: Date,
    pub people: Vec<PersonId>,
    /// A two-way interaction: a meeting or call that took place, or a mail from them.
    pub two_way: bool,
    /// Who of ours, where known.
    pub owner: Option<String>,
    /// The note of ours it came from, so that its record in the CRM counts once.
    pub note: Option<NoteId>,
    pub source: SourceName,
}

/// A support request.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub id: String,
    pub subject: String,
    /// low, medium, high, urgent; as its source says.
    pub priority: Option<String>,
    pub opened: Date,
    pub closed: Option<Date>,
    /// It was escalated, and still is while it is open.
    pub escalated: bool,
    /// The day from which it counts as escalated; `None`: not known, so from the day it was opened.
    pub escalated_on: Option<Date>,
    pub source: SourceName,
}

/// A deal.
#[derive(Clone, Debug, PartialEq)]
pub struct Opportunity {
    pub id: String,
    pub name: String,
    /// new, renewal, upsell.
    pub kind: Option<String>,
    pub amount: Option<Money>,
    pub close: Option<Date>,
    pub created: Option<Date>,
    pub stage: Option<String>,
    pub closed: bool,
    pub won: bool,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: String,
    pub subject: String,
    pub due: Option<Date>,
    pub done: bool,
    pub owner: Option<String>,
    /// The note of ours it came from.
    pub note: Option<NoteId>,
}

/// A note as it stands now, ours or a colleague's.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The source's record id, or our own note's id while it is not there yet.
    pub id: String,
    /// Our id, where it carries our mark.
    pub note: Option<NoteId>,
    /// Plain text, without bullets and mark.
    pub text: String,
    pub at: Timestamp,
    pub on: Date,
    pub author: Option<String>,
    /// Its author is me: it can be edited and deleted here.
    pub mine: bool,
    /// queued, sending, unknown, sent, refused, private; `None` for a colleague's note.
    pub state: Option<String>,
    /// Where it stands in the CRM more than once: the ids of the copies beyond the first.
    pub copies: Vec<String>,
    /// Lines that look like facts of ours but do not parse.
    pub problems: Vec<String>,
    /// Who changed it in the CRM after its author.
    pub edited_by: Option<String>,
    /// It never leaves this machine.
    pub private: bool,
}

/// The CSM's own sentiment for the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pulse {
    Green,
    Yellow,
    Red,
}

/// A pulse with its words.
#[derive(Clone, Debug, PartialEq)]
pub struct PulseFact {
    pub on: Date,
    pub known: Date,
    pub pulse: Pulse,
    pub because: String,
    pub by: Option<String>,
}

/// A fact of a note, with whom it names found again. Touches, tasks and pulses stand in lists of their own as well.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The note's id and the fact's place in it.
    pub id: String,
    pub note: Option<NoteId>,
    /// The day it happened: its own, else the day of the note.
    pub on: Date,
    /// The day it was taken down.
    pub known: Date,
    /// Who took it down: e-mail.
    pub by: Option<String>,
    /// It stays on this machine: it counts in my own score and stands in nothing that leaves it.
    pub private: bool,
    pub source: SourceName,
    /// The people it names, in the order of [`Fact::people`]; somebody unknown to the CRM stands in `people` too.
    pub people: Vec<PersonId>,
    pub fact: Fact,
}

/// Daily values of one metric, without holes in the vector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Daily {
    /// The first day.
    pub start: Option<Date>,
    /// One entry a day from `start`; `NaN`: nothing known of that day.
    pub values: Vec<f32>,
}

impl Daily {
    /// The value of a day; `None` where nothing is known.
    pub fn get(&self, day: Date) -> Option<f32> {
        let start = self.start?;
        let index = usize::try_from((day - start).get_days()).ok()?;
        self.values.get(index).copied().filter(|value| !value.is_nan())
    }

    /// The last day with a value.
    pub fn last(&self) -> Option<Date> {
        let start = self.start?;
        let index = self.values.iter().rposition(|value| !value.is_nan())?;
        start.checked_add(jiff::Span::new().days(index as i64)).ok()
    }

    /// Sets a day's value, growing either way as needed. Days before `start` shift the vector.
    pub fn set(&mut self, day: Date, value: f32) {
        let start = *self.start.get_or_insert(day);
        let offset = (day - start).get_days();
        if offset < 0 {
            let missing = offset.unsigned_abs() as usize;
            self.values.splice(0..0, std::iter::repeat_n(f32::NAN, missing));
            self.start = Some(day);
            self.values[0] = value;
        } else {
            let index = offset as usize;
            if index >= self.values.len() {
                self.values.resize(index + 1, f32::NAN);
            }
            self.values[index] = value;
        }
    }
}

/// Usage by metric: `active_users`, `events`, `seats_used`, `feature:<name>` for key features; and scores ([`is_score`]).
pub type Usage = BTreeMap<String, Daily>;

/// Whether a metric is another system's score of the account and no use of the product: it stands beside ours for
/// comparison, and a day that has only it is no day on which use was counted.
pub fn is_score(metric: &str) -> bool {
    matches!(metric, "health" | "churn_score")
}

/// Everything known about one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub id: AccountId,
    pub name: String,
    pub domain: Option<String>,
    /// Where the account opens in the CRM's own pages.
    pub link: Option<String>,
    pub industry: Option<String>,
    /// The first day anything is known of.
    pub created: Option<Date>,
    pub customer_since: Option<Date>,
    pub churned_on: Option<Date>,
    pub onboarding_started: Option<Date>,
    pub go_live: Option<Date>,
    /// Who of ours has it: e-mail, else name.
    pub owner: Series<String>,
    pub segment: Series<String>,
    /// How much care it gets, as the CRM says: 1, 2, 3; gold, silver.
    pub priority: Series<String>,
    /// Lifecycle, as the CRM says: customer, onboarding, former.
    pub stage: Series<String>,
    pub arr: Series<Money>,
    pub renewal: Series<Date>,
    pub seats: Series<f64>,
    pub features_bought: Series<f64>,
    /// 0 to 10; `on` is the day of the survey.
    pub csat: Series<f64>,
    /// paid, open, overdue.
    pub invoice: Series<String>,
    pub invoice_due: Series<Date>,
    pub people: Vec<Person>,
    pub opportunities: Vec<Opportunity>,
    pub tickets: Vec<Ticket>,
    /// Oldest first, planned ones too.
    pub touches: Vec<Touch>,
    pub tasks: Vec<Task>,
    /// Newest first.
    pub notes: Vec<Note>,
    pub pulses: Vec<PulseFact>,
    /// Everything that notes record, oldest first.
    pub journal: Vec<Recorded>,
    /// What it costs us to serve it, a year.
    pub cost: Series<Money>,
    /// What more they could buy, a year.
    pub potential: Series<Money>,
    /// How much it matters beyond its money, 0 to 100.
    pub strategic: Series<f64>,
    pub usage: Usage,
    /// The source that `usage` came from, for evidence.
    pub usage_source: Option<SourceName>,
    /// The source of the account's own record.
    pub source: SourceName,
    /// Fields without history in their source: absent before the day we first saw them.
    pub undated: Vec<String>,
}

impl Facts {
    /// An account of which nothing but its name is known.
    pub fn new(id: AccountId, name: impl Into<String>) -> Self {
        let source = SourceName::from(id.parts().0);
        Self {
            id,
            name: name.into(),
            domain: None,
            link: None,
            industry: None,
            created: None,
            customer_since: None,
            churned_on: None,
            onboarding_started: None,
            go_live: None,
            owner: Series::default(),
            segment: Series::default(),
            priority: Series::default(),
            stage: Series::default(),
            arr: Series::default(),
            renewal: Series::default(),
            seats: Series::default(),
            features_bought: Series::default(),
            csat: Series::default(),
            invoice: Series::default(),
            invoice_due: Series::default(),
            people: Vec::new(),
            opportunities: Vec::new(),
            tickets: Vec::new(),
            touches: Vec::new(),
            tasks: Vec::new(),
            notes: Vec::new(),
            pulses: Vec::new(),
            journal: Vec::new(),
            cost: Series::default(),
            potential: Series::default(),
            strategic: Series::default(),
            usage: Usage::new(),
            usage_source: None,
            source,
            undated: Vec::new(),
        }
    }

    /// The person of that id.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.people.iter().find(|person| &person.id == id)
    }
}
