//! The morning walk: which stop we are at, and what was done on the way.
//!
//! Decides the order of pages, when a stop needs nothing more, and what the last page says. The list of stops comes from
//! the book, which keeps how far it went.

use crate::book::ids::AccountId;
use crate::book::standing::Standing;
use crate::book::view::{Header, Mix, Over, Round, Stop, Waits, Walked};

/// A walk under way.
#[derive(Clone, Debug)]
pub struct Walk {
    pub round: Round,
    /// The stop we are at; behind the last one is the page that sums up.
    pub index: usize,
    /// The play under the cursor.
    pub offer: usize,
    /// How far it went today: kept after every step.
    pub walked: Walked,
    /// Nobody needed anything when it was opened.
    pub idle: bool,
    /// Something was done at this stop.
    acted: bool,
    /// What can be taken back, the newest last.
    trail: Vec<Step>,
}

/// Something that was done on the walk.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    what: Left,
    /// The stop was over with it.
    over: Option<AccountId>,
    /// The stop it was done at.
    at: usize,
}

/// Where it stands on the last page.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Done,
    Waits,
    Note,
}

impl Walk {
    /// At the first stop that needs something.
    pub fn new(mut round: Round, header: Option<&Header>) -> Self {
        let mut walked = std::mem::take(&mut round.walked);
        if walked.before.is_none() {
            walked.before = header.map(Mix::of);
        }
        let index = walked.over.len().min(round.stops.len());
        let idle = index == round.stops.len();
        Self { round, index, offer: 0, walked, idle, acted: false, trail: Vec::new() }
    }

    /// The stop we are at.
    pub fn stop(&self) -> Option<&Stop> {
        self.round.stops.get(self.index)
    }

    /// It is on the last page.
    pub fn ended(&self) -> bool {
        self.index >= self.round.stops.len()
    }

    /// Whether a stop needs nothing more.
    pub fn is_over(&self, account: &AccountId) -> bool {
        self.walked.over.iter().any(|seen| seen.account == *account)
    }

    /// Goes on or back; answers the accounts to have ready: this one and the next.
    pub fn go(&mut self, by: isize) -> Vec<AccountId> {
        let last = self.round.stops.len();
        self.index = self.index.saturating_add_signed(by).min(last);
        // On, past what needs nothing more; back, to wherever that is.
        while by > 0 && self.stop().is_some_and(|stop| self.is_over(&stop.account)) {
            self.index += 1;
        }
        self.offer = 0;
        self.acted = false;
        self.walked.at = self.stop().map(|stop| stop.account.clone());
        self.round.stops.iter().skip(self.index).take(2).map(|stop| stop.account.clone()).collect()
    }

    /// The stop needs nothing more today: it was seen as it stands.
    pub fn pass(&mut self, standing: &Standing) {
        if self.is_over(&standing.account) {
            return;
        }
        self.walked.over.push(Over {
            account: standing.account.clone(),
            name: standing.name.clone(),
            band: standing.health.band,
            flags: standing.flags.iter().map(|flag| flag.kind.clone()).collect(),
        });
    }

    /// The account was read again: where something was done at it and nothing is left to do, it is over. Answers with
    /// whether it is now.
    pub fn look(&mut self, standing: &Standing) -> bool {
        let here = self.stop().is_some_and(|stop| stop.account == standing.account);
        if !here || !self.acted || !standing.offers.is_empty() || self.is_over(&standing.account) {
            return false;
        }
        self.pass(standing);
        if let Some(step) = self.trail.last_mut() {
            step.over = Some(standing.account.clone());
        }
        true
    }

    /// Something was done.
    pub fn did(&mut self, name: &str, what: String) {
        self.walked.done.push((name.to_owned(), what));
        self.step(Left::Done);
    }

    /// Something waits for a day.
    pub fn put_off(&mut self, waits: Waits) {
        self.walked.waits.push(waits);
        self.step(Left::Waits);
    }

    /// A note was taken.
    pub fn noted(&mut self) {
        self.walked.notes += 1;
        self.step(Left::Note);
    }

    fn step(&mut self, what: Left) {
        self.acted |= what != Left::Note;
        self.trail.push(Step { what, over: None, at: self.index });
    }

    /// The account is over with what was just done: it was put off as a whole.
    pub fn over_with_it(&mut self, standing: &Standing) {
        self.pass(standing);
        if let Some(step) = self.trail.last_mut() {
            step.over = Some(standing.account.clone());
        }
    }

    /// What was done last is taken back: it stands on no page any more, and its stop needs something again.
    pub fn take_back(&mut self) {
        let Some(step) = self.trail.pop() else { return };
        match step.what {
            Left::Done => drop(self.walked.done.pop()),
            Left::Waits => drop(self.walked.waits.pop()),
            Left::Note => self.walked.notes = self.walked.notes.saturating_sub(1),
        }
        if let Some(account) = step.over {
            self.walked.over.retain(|seen| seen.account != account);
            self.index = step.at;
            self.acted = false;
            self.walked.at = Some(account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::{Effect, Event};
    use crate::app::fixture::*;
    use crate::app::state::Screen;
    use crate::app::update;
    use crate::book::view::Walked;

    /// The round as it would be after quitting and coming back.
    fn again(walked: Walked) -> Round {
        let now = |id: &AccountId| {
            let row = rows().into_iter().find(|row| row.account == *id)?;
            let flags = row.flags.iter().map(|flag| flag.kind.clone()).collect();
            Some(crate::book::round::Remembered { band: row.band, flags })
        };
        crate::book::round::go_on(round(), walked, now)
    }

    fn kept(effects: &[Effect]) -> Option<Walked> {
        effects.iter().rev().find_map(|effect| match effect {
            Effect::KeepWalk(walked) => Some(walked.clone()),
            _ => None,
        })
    }

    #[test]
    fn who_was_seen_stays_seen_and_it_goes_on_at_the_same_stop() {
        let mut state = opened(80, 24);
        let walked = kept(&type_keys(&mut state, "<space> <space> d agreed <enter>")).unwrap();
        assert_eq!((walked.over.len(), walked.done.len()), (1, 1));
        let mut later = opened(80, 24);
        update(&mut later, Event::Key(chord("space")));
        feed(&mut later, Event::Round(Ok(again(walked))));
        assert_eq!(later.target().unwrap().1, "Initech");
        assert_eq!(later.walk.as_ref().unwrap().index, 1, "it is the second of three");
        // Back to what was seen, and on past it.
        type_keys(&mut later, "p");
        assert_eq!(later.target().unwrap().1, "Northwind Traders");
        type_keys(&mut later, "<space>");
        assert_eq!(later.target().unwrap().1, "Initech");
    }

    #[test]
    fn where_nothing_is_left_the_account_is_off_the_queue() {
        let mut state = opened(80, 24);
        type_keys(&mut state, "<space> <space>");
        let account = state.target().unwrap().0;
        let Some(Event::Account { result: Ok(mut view), .. }) = answer(&Effect::LoadAccount(account.clone())) else {
            panic!("an account")
        };
        view.standing.offers.clear();
        // Nothing to do, and nothing was done: it stays until it was seen.
        update(&mut state, Event::Account { account: account.clone(), result: Ok(view.clone()) });
        assert!(!state.walk.as_ref().unwrap().is_over(&account));
        let Some(Event::Account { result: Ok(full), .. }) = answer(&Effect::LoadAccount(account.clone())) else {
            panic!("an account")
        };
        update(&mut state, Event::Account { account: account.clone(), result: Ok(full) });
        type_keys(&mut state, "z fri <enter>");
        let effects = update(&mut state, Event::Account { account: account.clone(), result: Ok(view) });
        assert!(state.walk.as_ref().unwrap().is_over(&account));
        let walked = kept(&effects).unwrap();
        assert_eq!(walked.waits.len(), 1);
        assert!(walked.over.iter().any(|seen| seen.account == account));
    }

    #[test]
    fn the_queue_reaches_zero_and_says_so() {
        let mut state = opened(80, 24);
        let effects = type_keys(&mut state, "<space> <space> <space> <space>");
        assert!(effects.contains(&Effect::RoundDone));
        let walked = kept(&effects).unwrap();
        assert_eq!(walked.over.len(), 3);
        let mut later = opened(80, 24);
        update(&mut later, Event::Key(chord("space")));
        feed(&mut later, Event::Round(Ok(again(walked))));
        let walk = later.walk.as_ref().unwrap();
        assert!(walk.ended() && walk.idle);
        type_keys(&mut later, "<space>");
        assert_eq!(later.screen, Screen::Portfolio);
    }

    #[test]
    fn another_day_begins_its_own_walk() {
        let mut state = opened(80, 24);
        type_keys(&mut state, "<space> <space>");
        assert_eq!(state.walk.as_ref().unwrap().index, 1);
        let tomorrow = today().tomorrow().unwrap();
        let effects = update(&mut state, Event::Clock { now: now(), today: tomorrow });
        assert!(effects.contains(&Effect::LoadRound) && state.walk.is_none());
        feed(&mut state, Event::Round(Ok(round())));
        assert_eq!(state.walk.as_ref().unwrap().index, 0);
        // Elsewhere nothing is asked for; the next walk is new all the same.
        type_keys(&mut state, "<space> 1");
        let later = tomorrow.tomorrow().unwrap();
        let effects = update(&mut state, Event::Clock { now: now(), today: later });
        assert!(!effects.contains(&Effect::LoadRound) && state.walk.is_none());
    }
}
