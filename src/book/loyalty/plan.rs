//! The plan: goals under the 4 C's, joint commitments, requests and what became of each, needs, jobs, workarounds.
//!
//! Decides which C is covered: by an open goal, or by what was done for it lately.

use jiff::civil::Date;

use super::{Loyal, days};
use crate::book::journal::words::{AskState, FourC, ItemKind, ItemState};
use crate::book::journal::{Fact, Tag};

/// A goal, commitment or request as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<'a> {
    pub kind: ItemKind,
    pub tag: &'a Tag,
    pub text: &'a str,
    /// Goals only.
    pub c: Option<FourC>,
    pub due: Option<Date>,
    /// Ours or theirs, by name.
    pub who: Option<&'a str>,
    pub on: Date,
    /// The last step, and when.
    pub state: Option<(ItemState, Date)>,
}

impl Item<'_> {
    /// Nothing ended it.
    pub fn open(&self) -> bool {
        !self.state.is_some_and(|(state, _)| matches!(state, ItemState::Done | ItemState::Dropped | ItemState::Told))
    }

    /// Days past its date, while it is open.
    pub fn late(&self, day: Date) -> i64 {
        self.due.filter(|_| self.open()).map_or(0, |due| (days(due, day) as i64).max(0))
    }

    /// The word for where it stands: `asked`, `planned`, `shipped`...
    pub fn stands(&self) -> &'static str {
        match (self.state, self.kind) {
            (Some((state, _)), _) => state.name(),
            (None, ItemKind::Request) => "asked",
            (None, _) => "open",
        }
    }
}

/// All goals, commitments and requests up to the day, oldest first.
pub fn items<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Item<'a>> {
    let mut out: Vec<Item<'a>> = Vec::new();
    for one in loyal.journal() {
        let (kind, tag, text, c, due, who) = match &one.fact {
            Fact::Goal { tag, c, text, due, owner } => (ItemKind::Goal, tag, text, Some(*c), *due, owner.as_deref()),
            Fact::Joint { tag, text, due, with } => {
                (ItemKind::Joint, tag, text, None, *due, with.first().map(|one| one.name.as_str()))
            }
            Fact::Request { tag, text, person } => {
                (ItemKind::Request, tag, text, None, None, person.as_ref().map(|one| one.name.as_str()))
            }
            Fact::Step { item, of, state, on } => {
                if let Some(known) = out.iter_mut().find(|known| known.kind == *item && known.tag == of) {
                    known.state = Some((*state, *on));
                }
                continue;
            }
            _ => continue,
        };
        out.push(Item { kind, tag, text, c, due, who, on: one.on, state: None });
    }
    out
}

/// Days in which something that was done still covers its C.
const LATELY: f64 = 90.0;

/// Which of the 4 C's are covered, in their order; `None`: there is no plan at all.
pub fn coverage(loyal: &Loyal<'_, '_>) -> Option<[bool; 4]> {
    let items = items(loyal);
    if items.is_empty() {
        return None;
    }
    let day = loyal.on.date;
    let goal = |c: FourC| {
        let done =
            |item: &Item<'_>| item.state.is_some_and(|(state, on)| state == ItemState::Done && days(on, day) <= LATELY);
        items.iter().any(|item| item.c == Some(c) && (item.open() || done(item)))
    };
    let of = |kind: ItemKind| items.iter().any(|item| item.kind == kind && item.open());
    let advocated = loyal
        .journal()
        .any(|one| matches!(&one.fact, Fact::Advocacy { state: AskState::Given, .. }) && days(one.on, day) <= 365.0);
    // Any two-way touch is communication; what went to everybody is not.
    let touched = loyal
        .eval
        .facts
        .last_touch(loyal.on.day)
        .is_some_and(|(touched, _)| f64::from(loyal.on.day - touched) <= LATELY);
    Some([
        goal(FourC::Communication) || touched,
        goal(FourC::Collaboration) || of(ItemKind::Joint) || of(ItemKind::Request),
        goal(FourC::Community) || advocated,
        goal(FourC::Company),
    ])
}

/// `■■□□`
pub fn squares(covered: [bool; 4]) -> String {
    covered.iter().map(|one| if *one { '■' } else { '□' }).collect()
}

/// Requests that were shipped and of which whoever asked has not been told.
pub fn shipped_untold<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Item<'a>> {
    let shipped =
        |item: &Item<'_>| item.kind == ItemKind::Request && item.state.is_some_and(|(s, _)| s == ItemState::Shipped);
    items(loyal).into_iter().filter(shipped).collect()
}

/// Needs, jobs to be done and gaps that they fill themselves: the words, who, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Voiced<'a> {
    pub text: &'a str,
    pub who: Option<&'a str>,
    pub on: Date,
}

fn voiced<'a>(loyal: &Loyal<'_, 'a>, words: impl Fn(&'a Fact) -> Option<&'a str>) -> Vec<Voiced<'a>> {
    let all =
        loyal.journal().filter_map(|one| Some(Voiced { text: words(&one.fact)?, who: loyal.name_of(one), on: one.on }));
    all.collect()
}

/// Their pressing needs, oldest first.
pub fn needs<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Voiced<'a>> {
    voiced(loyal, |fact| if let Fact::Needs { what, .. } = fact { Some(what) } else { None })
}

/// The jobs that they want done, oldest first.
pub fn jobs<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Voiced<'a>> {
    voiced(loyal, |fact| if let Fact::Job { text, .. } = fact { Some(text) } else { None })
}

/// The gaps that they fill themselves, oldest first.
pub fn workarounds<'a>(loyal: &Loyal<'_, 'a>) -> Vec<Voiced<'a>> {
    voiced(loyal, |fact| if let Fact::Workaround { text, .. } = fact { Some(text) } else { None })
}
