//! The page of one account: its tabs, and the timeline made of its facts.
//!
//! Decides what stands on the timeline and in which order. Draws nothing.

use jiff::civil::Date;

use crate::book::facts::{Facts, Person, Tier};
use crate::book::ids::{AccountId, NoteId, PersonId};
use crate::book::journal::Fact;
use crate::book::view::{AccountView, PortfolioRow};

/// A tab of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Overview,
    People,
    Value,
    Plan,
    Timeline,
}

impl Tab {
    /// All of them, from left to right.
    pub const ALL: [Self; 5] = [Self::Overview, Self::People, Self::Value, Self::Plan, Self::Timeline];

    /// Its lines scroll: there is no cursor on it.
    pub fn scrolls(self) -> bool {
        matches!(self, Self::Overview | Self::Value | Self::Plan)
    }

    /// The word on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::People => "People",
            Self::Value => "Value",
            Self::Plan => "Plan",
            Self::Timeline => "Timeline",
        }
    }

    /// The tab of that name, or beside this one (`next`, `prev`).
    pub fn named(self, name: &str) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let n = Self::ALL.len();
        match name {
            "next" => Self::ALL[(at + 1) % n],
            "prev" => Self::ALL[(at + n - 1) % n],
            _ => Self::ALL.into_iter().find(|tab| tab.name().eq_ignore_ascii_case(name)).unwrap_or(self),
        }
    }
}

/// What stands on a line of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub on: Date,
    /// note, meeting, call, mail, ticket, deal, task, pulse, and the kinds of facts that notes record.
    pub kind: &'static str,
    pub title: String,
    /// Who, which state, which source.
    pub about: String,
    /// The whole text, where there is more than the title.
    pub body: Option<String>,
    /// A note of mine: its id.
    pub mine: Option<NoteId>,
    /// queued, sent, refused...
    pub state: Option<String>,
    /// An open task: its id.
    pub task: Option<String>,
}

/// An open account.
#[derive(Clone, Debug)]
pub struct Pane {
    pub account: AccountId,
    pub name: String,
    /// What the list knew of it when it was opened: shown until the whole account is read.
    pub row: Option<Box<PortfolioRow>>,
    pub tab: Tab,
    /// The first line on screen, of what scrolls.
    pub top: usize,
    /// The cursor on the timeline or among the people.
    pub cursor: usize,
    pub entries: Vec<Entry>,
    /// Why it could not be read.
    pub error: Option<String>,
}

impl Pane {
    /// At the overview.
    pub fn new(account: AccountId, name: String) -> Self {
        Self { account, name, row: None, tab: Tab::Overview, top: 0, cursor: 0, entries: Vec::new(), error: None }
    }

    /// The entry under the cursor, on the timeline.
    pub fn entry(&self) -> Option<&Entry> {
        (self.tab == Tab::Timeline).then(|| self.entries.get(self.cursor)).flatten()
    }

    /// How many things the cursor can stand on here.
    pub fn count(&self, view: Option<&AccountView>) -> usize {
        match self.tab {
            Tab::Overview | Tab::Value | Tab::Plan => 0,
            Tab::People => view.map_or(0, |view| view.facts.people.len()),
            Tab::Timeline => self.entries.len(),
        }
    }
}

/// The people of an account by tier, those who left last; persons without a tier come at the end, in a column of `None`.
pub fn people(view: &AccountView) -> Vec<(Option<Tier>, Vec<&Person>)> {
    let today = view.standing.day;
    let tier = |id: &PersonId| view.tiers.iter().find(|(person, _)| person == id).and_then(|(_, tier)| *tier);
    let mut out: Vec<(Option<Tier>, Vec<&Person>)> = Tier::ALL.into_iter().map(|t| (Some(t), Vec::new())).collect();
    out.push((None, Vec::new()));
    for person in &view.facts.people {
        let column = tier(&person.id);
        if let Some((_, people)) = out.iter_mut().find(|(t, _)| *t == column) {
            people.push(person);
        }
    }
    for (_, people) in &mut out {
        people.sort_by_key(|p| (p.left.at(today) == Some(&true), p.champion.at(today) != Some(&true), p.name.clone()));
    }
    if out.last().is_some_and(|(_, people)| people.is_empty()) {
        out.pop();
    }
    out
}

/// The last two-way contact with a person up to a day.
pub fn last_touch(facts: &Facts, person: &PersonId, today: Date) -> Option<Date> {
    facts.touches.iter().filter(|t| t.two_way && t.on <= today && t.people.contains(person)).map(|t| t.on).max()
}

/// Everything dated, newest first; what is planned comes before today.
pub fn timeline(facts: &Facts, today: Date) -> Vec<Entry> {
    let mut out = Vec::new();
    let names = |ids: &[PersonId]| {
        let names: Vec<&str> = ids.iter().filter_map(|id| facts.person(id)).map(|p| p.name.as_str()).collect();
        names.join(", ")
    };
    let entry = |on, kind, title: &str, about: String| Entry {
        on,
        kind,
        title: title.to_owned(),
        about,
        body: None,
        mine: None,
        state: None,
        task: None,
    };
    for note in &facts.notes {
        let mut lines = note.text.trim().lines().filter(|line| !line.trim().is_empty());
        let first = lines.next().unwrap_or_default();
        // A note of nothing but facts is called by them.
        let mut kinds: Vec<&str> = Vec::new();
        for one in facts.journal.iter().filter(|one| first.is_empty() && one.note.is_some() && one.note == note.note) {
            if !kinds.contains(&one.fact.kind()) {
                kinds.push(one.fact.kind());
            }
        }
        let kinds = kinds.join(", ");
        let first = if first.is_empty() { kinds.as_str() } else { first };
        let author = if note.mine { "you".to_owned() } else { note.author.clone().unwrap_or_default() };
        out.push(Entry {
            body: (lines.next().is_some() || first.chars().count() > 40).then(|| note.text.trim().to_owned()),
            mine: note.note.clone().filter(|_| note.mine),
            state: note.state.clone(),
            ..entry(note.on, "note", first, author)
        });
    }
    // A touch that one of our notes made stands there as the note.
    let noted =
        |id: &Option<NoteId>| id.as_ref().is_some_and(|id| facts.notes.iter().any(|n| n.note.as_ref() == Some(id)));
    for touch in facts.touches.iter().filter(|touch| !noted(&touch.note)) {
        out.push(entry(touch.on, touch.kind.name(), &touch.title, names(&touch.people)));
    }
    for ticket in &facts.tickets {
        let weight = if ticket.escalated { "escalated" } else { ticket.priority.as_deref().unwrap_or("ticket") };
        if let Some(closed) = ticket.closed {
            out.push(entry(closed, "ticket", &ticket.subject, format!("solved, {weight}")));
        }
        out.push(entry(ticket.opened, "ticket", &ticket.subject, format!("opened, {weight}")));
    }
    for deal in &facts.opportunities {
        let Some(on) = deal.close.or(deal.created) else { continue };
        let amount = deal.amount.map(|m| format!("{}{}", m.currency.sign(), m.short()));
        let state = match (deal.closed, deal.won) {
            (true, true) => Some("won".to_owned()),
            (true, false) => Some("lost".to_owned()),
            _ => deal.stage.clone(),
        };
        let about: Vec<String> = [deal.kind.clone(), state, amount].into_iter().flatten().collect();
        out.push(entry(on, "deal", &deal.name, about.join(", ")));
    }
    for task in &facts.tasks {
        let Some(on) = task.due else { continue };
        let state = if task.done {
            "done"
        } else if on < today {
            "late"
        } else {
            "due"
        };
        let open = (!task.done).then(|| task.id.clone());
        out.push(Entry { task: open, ..entry(on, "task", &task.subject, state.to_owned()) });
    }
    for pulse in &facts.pulses {
        let word = match pulse.pulse {
            crate::book::facts::Pulse::Green => "green",
            crate::book::facts::Pulse::Yellow => "yellow",
            crate::book::facts::Pulse::Red => "red",
        };
        out.push(entry(pulse.on, "pulse", &format!("{word} {}", pulse.because), pulse.by.clone().unwrap_or_default()));
    }
    // Touches, tasks and pulses stand there already.
    let listed = |fact: &Fact| matches!(fact, Fact::Touch { .. } | Fact::Task { .. } | Fact::Pulse { .. });
    for one in facts.journal.iter().filter(|one| !listed(&one.fact)) {
        let by = one.by.as_deref().map(|by| by.split('@').next().unwrap_or(by).to_owned()).unwrap_or_default();
        let state = one.private.then(|| "only here".to_owned());
        out.push(Entry { state, ..entry(one.on, one.fact.kind(), &one.fact.describe(one.on), by) });
    }
    out.sort_by_key(|entry| std::cmp::Reverse(entry.on));
    out
}
