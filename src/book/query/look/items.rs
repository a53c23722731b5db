//! The lists of an account on a day, item by item.

use std::ops::ControlFlow;

use super::Look;
use super::numbers::units;
use crate::book::day::{Day, date, number as day_number};
use crate::book::facts::{Note, Opportunity, Task, Ticket, Touch};
use crate::book::prepared::{Known, TicketDays};
use crate::book::query::{ItemField, List};
use crate::text::short_date;

/// One item with the look it is seen in.
#[derive(Clone, Copy)]
pub struct Item<'i> {
    look: &'i Look<'i, 'i>,
    what: What<'i>,
}

#[derive(Clone, Copy)]
enum What<'i> {
    Person(&'i Known<'i>),
    Leaver(&'i Known<'i>, Day),
    Ticket(&'i Ticket, TicketDays),
    Touch(&'i Touch),
    Task(&'i Task),
    Deal(&'i Opportunity),
    Note(&'i Note),
}

/// Hands over the items of a list that are known on the day.
pub fn each(look: &Look<'_, '_>, list: List, see: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>) {
    let (prepared, on) = (&look.eval.facts, look.on);
    let facts = prepared.facts;
    let mut each = |what: What<'_>| see(Item { look, what }).is_break();
    match list {
        List::People => {
            prepared.people.iter().filter(|known| known.present(on)).any(|known| each(What::Person(known)));
        }
        List::Leavers => {
            let left = |known: &Known<'_>| {
                let entry = known.person.left.entry(on.date).filter(|entry| entry.value == Some(true))?;
                Some(day_number(entry.on))
            };
            prepared.people.iter().any(|known| left(known).is_some_and(|day| each(What::Leaver(known, day))));
        }
        List::Tickets => {
            let tickets = facts.tickets.iter().zip(&prepared.tickets);
            tickets.filter(|(_, days)| days.opened <= on.day).any(|(ticket, days)| each(What::Ticket(ticket, *days)));
        }
        List::Touches => {
            facts.touches.iter().filter(|touch| touch.on <= on.date).any(|touch| each(What::Touch(touch)));
        }
        List::Tasks => {
            facts.tasks.iter().any(|task| each(What::Task(task)));
        }
        List::Deals => {
            let known = |deal: &&Opportunity| deal.created.is_none_or(|created| created <= on.date);
            facts.opportunities.iter().filter(known).any(|deal| each(What::Deal(deal)));
        }
        List::Notes => {
            facts.notes.iter().filter(|note| note.on <= on.date).any(|note| each(What::Note(note)));
        }
    }
}

impl Item<'_> {
    /// The day that newest and oldest go by.
    pub fn on(&self) -> Day {
        let today = self.look.on.day;
        match self.what {
            What::Person(known) => known.since().unwrap_or(today),
            What::Leaver(_, left) => left,
            What::Ticket(_, days) => days.opened,
            What::Touch(touch) => day_number(touch.on),
            What::Task(task) => task.due.map_or(today, day_number),
            What::Deal(deal) => deal.close.or(deal.created).map_or(today, day_number),
            What::Note(note) => day_number(note.on),
        }
    }

    /// The words that plain search looks in.
    pub fn main(&self) -> &str {
        match &self.what {
            What::Person(known) | What::Leaver(known, _) => &known.person.name,
            What::Ticket(ticket, _) => &ticket.subject,
            What::Touch(touch) => &touch.title,
            What::Task(task) => &task.subject,
            What::Deal(deal) => &deal.name,
            What::Note(note) => &note.text,
        }
    }

    /// Its record at its source, where it has one.
    pub fn id(&self) -> Option<String> {
        let id = match &self.what {
            What::Person(known) | What::Leaver(known, _) => known.person.id.as_str(),
            What::Ticket(ticket, _) => &ticket.id,
            What::Touch(touch) => &touch.id,
            What::Task(task) => &task.id,
            What::Deal(deal) => &deal.id,
            What::Note(note) => &note.id,
        };
        (!id.is_empty()).then(|| id.to_owned())
    }

    /// Where it comes from.
    pub fn source(&self) -> Option<String> {
        Some(match &self.what {
            What::Ticket(ticket, _) => ticket.source.to_string(),
            What::Touch(touch) => touch.source.to_string(),
            What::Note(_) => "note".to_owned(),
            What::Person(_) | What::Leaver(..) | What::Task(_) | What::Deal(_) => {
                self.look.eval.facts.facts.source.to_string()
            }
        })
    }

    /// A number of it; `None`: absent, or another list's.
    pub fn number(&self, field: ItemField) -> Option<f64> {
        let today = self.look.on.day;
        let since = |day: Day| Some(f64::from(today - day));
        let ahead = |day: Day| Some(f64::from(day - today));
        match (field, self.what) {
            (ItemField::PersonTouch, What::Person(known)) => since(known.last_touch(today)?.0),
            (ItemField::PersonKnown, What::Person(known)) => since(known.since()?),
            (ItemField::LeaverLeft, What::Leaver(_, left)) => since(left),
            (ItemField::TicketAge, What::Ticket(_, days)) => since(days.opened),
            (ItemField::TicketClosed, What::Ticket(_, days)) => since(days.closed.filter(|day| *day <= today)?),
            (ItemField::TicketEscalation, What::Ticket(_, days)) => since(days.escalated.filter(|day| *day <= today)?),
            (ItemField::TouchAge, What::Touch(touch)) => since(day_number(touch.on)),
            (ItemField::TaskDue, What::Task(task)) => ahead(day_number(task.due?)),
            (ItemField::DealAmount, What::Deal(deal)) => units(self.look, deal.amount?),
            (ItemField::DealCloses, What::Deal(deal)) => ahead(day_number(deal.close?)),
            (ItemField::DealAge, What::Deal(deal)) => since(day_number(deal.created?)),
            (ItemField::NoteAge, What::Note(note)) => since(day_number(note.on)),
            _ => None,
        }
    }

    /// A text of it; `None`: absent, or another list's.
    pub fn text(&self, field: ItemField) -> Option<String> {
        let own = |text: &str| Some(text.to_owned());
        match (field, self.what) {
            (ItemField::PersonName, What::Person(known)) | (ItemField::LeaverName, What::Leaver(known, _)) => {
                own(&known.person.name)
            }
            (ItemField::PersonTitle, What::Person(known)) | (ItemField::LeaverTitle, What::Leaver(known, _)) => {
                known.person.title.clone()
            }
            (ItemField::PersonTier, What::Person(known)) | (ItemField::LeaverTier, What::Leaver(known, _)) => {
                own(known.tier(self.look.on)?.name())
            }
            (ItemField::PersonId, What::Person(known)) | (ItemField::LeaverId, What::Leaver(known, _)) => {
                own(known.person.id.as_str())
            }
            (ItemField::PersonEmail, What::Person(known)) => known.person.email.clone(),
            (ItemField::PersonRole, What::Person(known)) => Some(known.person.roles.join(", ")),
            (ItemField::TicketId, What::Ticket(ticket, _)) => own(&ticket.id),
            (ItemField::TicketSubject, What::Ticket(ticket, _)) => own(&ticket.subject),
            (ItemField::TicketPriority, What::Ticket(ticket, _)) => ticket.priority.clone(),
            (ItemField::TicketSince, What::Ticket(_, days)) => {
                Some(short_date(date(days.escalated?), self.look.on.date))
            }
            (ItemField::TouchKind, What::Touch(touch)) => own(touch.kind.name()),
            (ItemField::TouchTitle, What::Touch(touch)) => own(&touch.title),
            (ItemField::TouchWith, What::Touch(touch)) => {
                let facts = self.look.eval.facts.facts;
                let names: Vec<_> =
                    touch.people.iter().filter_map(|id| facts.person(id)).map(|person| person.name.as_str()).collect();
                Some(names.join(", "))
            }
            (ItemField::TaskSubject, What::Task(task)) => own(&task.subject),
            (ItemField::DealName, What::Deal(deal)) => own(&deal.name),
            (ItemField::DealKind, What::Deal(deal)) => deal.kind.clone(),
            (ItemField::DealStage, What::Deal(deal)) => deal.stage.clone(),
            (ItemField::NoteText, What::Note(note)) => own(&note.text),
            (ItemField::NoteAuthor, What::Note(note)) => note.author.clone(),
            _ => None,
        }
    }

    /// A state of it; another list's does not hold.
    pub fn state(&self, field: ItemField) -> bool {
        let (eval, on) = (self.look.eval, self.look.on);
        // What was closed later was open on the day.
        let closed = |deal: &Opportunity| deal.closed && deal.close.is_none_or(|close| close <= on.date);
        match (field, self.what) {
            (ItemField::PersonChampion, What::Person(known)) | (ItemField::LeaverChampion, What::Leaver(known, _)) => {
                known.person.champion.at(on.date) == Some(&true)
            }
            (ItemField::PersonEngaged, What::Person(known)) => {
                let cadence = known.tier(on).map_or(0.0, |tier| eval.model_on(on.day).cadence.of(tier));
                known.last_touch(on.day).is_some_and(|(touched, _)| f64::from(on.day - touched) <= cadence)
            }
            (ItemField::TicketOpen, What::Ticket(_, days)) => days.open(on.day),
            (ItemField::TicketEscalated, What::Ticket(_, days)) => days.escalated(on.day),
            (ItemField::TouchTwoWay, What::Touch(touch)) => touch.two_way,
            (ItemField::TaskDone, What::Task(task)) => task.done,
            (ItemField::DealOpen, What::Deal(deal)) => !closed(deal),
            (ItemField::DealWon, What::Deal(deal)) => closed(deal) && deal.won,
            _ => false,
        }
    }
}
