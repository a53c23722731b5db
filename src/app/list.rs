//! The portfolio as a window over a long list: a few screens of rows around the cursor, never the whole.
//!
//! Decides which rows to ask for, and where the cursor stands after the list changed under it.
//! Reads nothing itself: it answers what to load.

use std::collections::BTreeSet;

use crate::app::event::Effect;
use crate::book::ids::AccountId;
use crate::book::view::{Page, PageQuery, PortfolioRow, Sort};

/// The list and where we are in it.
#[derive(Clone, Debug, Default)]
pub struct List {
    pub filter: String,
    pub sort: Sort,
    pub reverse: bool,
    /// Where `rows` begins in the whole list.
    pub start: u64,
    pub rows: Vec<PortfolioRow>,
    /// How many there are; `None` until counted.
    pub total: Option<u64>,
    /// The first row on screen and the row of the cursor, as they will be once their rows are here.
    pub top: u64,
    pub cursor: u64,
    /// The last place whose rows are here: what is drawn.
    shown: (u64, u64),
    pub generation: u64,
    /// A page is on its way: from, how many.
    in_flight: Option<(u64, u64)>,
    /// The data changed while a page was on its way.
    stale: bool,
    /// The cursor was moved by hand: from then on it stays on its account.
    pub touched: bool,
    /// Rows marked as new that the cursor has passed.
    pub passed: BTreeSet<AccountId>,
    /// Marks of what is new are shown: where nearly everything is, they say nothing.
    pub marks: bool,
    /// At least one page has come.
    pub loaded: bool,
    /// Why the filter or the read failed.
    pub error: Option<String>,
    /// Where in the filter it is wrong, in characters.
    pub error_at: Option<usize>,
    /// For a filter that leaves nothing: the term without which most would be left, and how many.
    pub excludes: Option<(String, u64)>,
    /// The end was asked for before its place was known.
    to_end: bool,
}

impl List {
    /// The first and the cursor's row as they are drawn.
    pub fn shown(&self) -> (u64, u64) {
        self.shown
    }

    /// The row at a place of the whole list, if it is here.
    pub fn row(&self, at: u64) -> Option<&PortfolioRow> {
        self.rows.get(usize::try_from(at.checked_sub(self.start)?).ok()?)
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&PortfolioRow> {
        self.row(self.cursor)
    }

    /// The rows on screen.
    pub fn visible(&self, height: u64) -> impl Iterator<Item = &PortfolioRow> {
        (self.shown.0..self.shown.0 + height).map_while(|at| self.row(at))
    }

    /// What a page is asked by.
    pub fn query(&self, offset: u64, limit: u64) -> PageQuery {
        PageQuery { filter: self.filter.clone(), sort: self.sort, reverse: self.reverse, offset, limit }
    }

    /// Moves the cursor by rows.
    pub fn step(&mut self, by: i64, height: u64) -> Vec<Effect> {
        let to = self.cursor.saturating_add_signed(by);
        self.go(to, height)
    }

    /// Moves by whole screens: what was the last row becomes the first.
    pub fn page(&mut self, by: i64, height: u64) -> Vec<Effect> {
        let rows = by * (height.max(2) as i64 - 1);
        self.top = self.top.saturating_add_signed(rows).min(self.last_top(height));
        self.step(rows, height)
    }

    /// Goes to the last row, also where nobody has counted yet.
    pub fn bottom(&mut self, height: u64) -> Vec<Effect> {
        match self.total {
            Some(total) => self.go(total.saturating_sub(1), height),
            None => {
                self.to_end = true;
                vec![Effect::Count { generation: self.generation, filter: self.filter.clone() }]
            }
        }
    }

    /// Puts the cursor on a row.
    pub fn go(&mut self, to: u64, height: u64) -> Vec<Effect> {
        self.touched = true;
        let to = to.min(self.last());
        if let Some(row) = self.current().filter(|row| row.fresh && to != self.cursor) {
            self.passed.insert(row.account.clone());
        }
        self.cursor = to;
        self.settle(height)
    }

    /// The last row that is known to be there.
    fn last(&self) -> u64 {
        match self.total {
            Some(total) => total.saturating_sub(1),
            None => (self.start + self.rows.len() as u64).saturating_sub(1),
        }
    }

    fn last_top(&self, height: u64) -> u64 {
        (self.last() + 1).saturating_sub(height)
    }

    /// Keeps the cursor on screen and the rows around it here.
    pub fn settle(&mut self, height: u64) -> Vec<Effect> {
        let height = height.max(1);
        self.cursor = self.cursor.min(self.last());
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        self.top = self.top.min(self.last_top(height));
        if self.covers(self.top, self.top + height) || self.rows.is_empty() {
            self.shown = (self.top, self.cursor);
        }
        self.want(height).into_iter().collect()
    }

    /// Whether the rows of this range, as far as they exist, are here.
    fn covers(&self, from: u64, to: u64) -> bool {
        let to = self.total.map_or(to, |total| to.min(total));
        from >= self.start && to <= self.start + self.rows.len() as u64
    }

    /// Asks for the rows around the screen when less than half a screen of them is left on a side.
    fn want(&mut self, height: u64) -> Option<Effect> {
        let margin = height / 2 + 1;
        if !self.loaded || self.covers(self.top.saturating_sub(margin), self.top + height + margin) {
            return None;
        }
        let offset = self.top.saturating_sub(2 * height);
        let on_its_way = self.in_flight.is_some_and(|(from, limit)| {
            from <= self.top.saturating_sub(margin) && self.top + height + margin <= from + limit
        });
        (!on_its_way).then(|| self.load(offset, 5 * height, None))
    }

    fn load(&mut self, offset: u64, limit: u64, anchor: Option<AccountId>) -> Effect {
        self.generation += 1;
        self.in_flight = Some((offset, limit));
        Effect::LoadPage { generation: self.generation, query: self.query(offset, limit), anchor }
    }

    /// Another filter or order: from the top, and counted anew.
    pub fn restart(&mut self, height: u64) -> Vec<Effect> {
        (self.top, self.cursor, self.total) = (0, 0, None);
        (self.touched, self.to_end, self.excludes) = (false, false, None);
        let page = self.load(0, 3 * height.max(1), None);
        vec![page, Effect::Count { generation: self.generation, filter: self.filter.clone() }]
    }

    /// A page was asked for and has not come: what stands here may be of another filter.
    pub fn waits(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The data changed: the same window again, the cursor on its account once it was moved by hand.
    pub fn refresh(&mut self, height: u64) -> Vec<Effect> {
        if self.in_flight.is_some() {
            self.stale = true;
            return Vec::new();
        }
        let anchor = self.touched.then(|| self.current().map(|row| row.account.clone())).flatten();
        let offset = self.top.saturating_sub(2 * height);
        let page = self.load(offset, 5 * height.max(1), anchor);
        vec![page, Effect::Count { generation: self.generation, filter: self.filter.clone() }]
    }

    /// A page came. Answers what to load next, and whether it was the one waited for.
    pub fn arrived(
        &mut self,
        generation: u64,
        anchor: Option<(AccountId, Option<u64>)>,
        result: Result<Page, String>,
        height: u64,
    ) -> Vec<Effect> {
        if generation != self.generation {
            return Vec::new();
        }
        let limit = self.in_flight.take().map_or(u64::MAX, |(_, limit)| limit);
        let page = match result {
            Ok(page) => page,
            Err(message) => {
                self.error = Some(message);
                self.error_at = crate::book::query::parse(&self.filter).err().map(|error| error.at);
                return Vec::new();
            }
        };
        (self.error, self.error_at) = (None, None);
        self.loaded = true;
        let held = self.current().map(|row| row.account.clone());
        let screen_row = self.cursor.saturating_sub(self.top);
        self.start = page.offset;
        self.rows = page.rows;
        self.marks = self.rows.iter().filter(|row| row.fresh).count() * 2 <= self.rows.len();
        let end = self.start + self.rows.len() as u64;
        if page.total.is_some() {
            self.total = page.total;
        } else if (self.rows.len() as u64) < limit && (!self.rows.is_empty() || self.start == 0) {
            self.total = Some(end);
        } else {
            // It may have grown since it was counted.
            self.total = self.total.map(|total| total.max(end));
        }
        // Where the cursor's account is now: in these rows, or where the answer says.
        let here = held.as_ref().filter(|_| self.touched).and_then(|id| {
            let found = self.rows.iter().position(|row| row.account == *id).map(|at| self.start + at as u64);
            found.or_else(|| anchor.filter(|(account, _)| account == id).and_then(|(_, at)| at))
        });
        if let Some(at) = here {
            self.cursor = at;
            self.top = at.saturating_sub(screen_row);
        }
        let mut effects = self.settle(height);
        effects.extend(self.why_empty());
        if std::mem::take(&mut self.stale) && self.in_flight.is_none() {
            effects.extend(self.refresh(height));
        }
        effects
    }

    /// The count came.
    pub fn counted(&mut self, generation: u64, total: u64, height: u64) -> Vec<Effect> {
        // A newer page of the same filter does not make a count wrong; a newer filter forgot the total.
        if generation > self.generation {
            return Vec::new();
        }
        self.total = Some(total.max(if self.in_flight.is_none() { self.start + self.rows.len() as u64 } else { 0 }));
        if std::mem::take(&mut self.to_end) {
            return self.bottom(height);
        }
        let mut effects = self.settle(height);
        effects.extend(self.why_empty());
        effects
    }

    /// Nothing is left of several terms: which of them keeps most away.
    fn why_empty(&self) -> Option<Effect> {
        let empty = self.total == Some(0) && self.excludes.is_none() && self.filter.split_whitespace().nth(1).is_some();
        empty.then(|| Effect::Exclude { generation: self.generation, filter: self.filter.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    fn rows(from: u64, to: u64) -> Vec<PortfolioRow> {
        (from..to).map(|n| fixture::row(&format!("a{n}"), &format!("Account {n}"))).collect()
    }

    fn answer(list: &mut List, effects: &[Effect], all: &[PortfolioRow]) -> Vec<Effect> {
        let mut out = Vec::new();
        for effect in effects {
            if let Effect::LoadPage { generation, query, anchor } = effect {
                let from = (query.offset as usize).min(all.len());
                let to = (from + query.limit as usize).min(all.len());
                let page = Page { offset: query.offset, rows: all[from..to].to_vec(), total: None, rows_read: 0 };
                let anchor = anchor.clone().map(|id| {
                    let at = all.iter().position(|row| row.account == id).map(|at| at as u64);
                    (id, at)
                });
                out.extend(list.arrived(*generation, anchor, Ok(page), 10));
            }
        }
        out
    }

    fn opened(all: &[PortfolioRow]) -> List {
        let mut list = List::default();
        let effects = list.restart(10);
        answer(&mut list, &effects, all);
        list.counted(list.generation, all.len() as u64, 10);
        list
    }

    #[test]
    fn only_a_window_is_ever_here() {
        let all = rows(0, 5000);
        let mut list = opened(&all);
        for _ in 0..600 {
            let effects = list.step(1, 10);
            answer(&mut list, &effects, &all);
            assert!(list.rows.len() <= 50);
            assert_eq!(list.current().map(|row| row.name.clone()), Some(format!("Account {}", list.cursor)));
        }
        assert_eq!(list.cursor, 600);
        let effects = list.bottom(10);
        assert_eq!(list.shown(), (591, 600), "the old rows stay until the new ones are here");
        answer(&mut list, &effects, &all);
        assert_eq!(list.shown(), (4990, 4999));
        let effects = list.page(-1, 10);
        answer(&mut list, &effects, &all);
        assert_eq!(list.shown(), (4981, 4990));
    }

    #[test]
    fn a_late_answer_is_dropped() {
        let all = rows(0, 100);
        let mut list = opened(&all);
        list.filter = "a".into();
        let first = list.restart(10);
        list.filter = "ab".into();
        let second = list.restart(10);
        answer(&mut list, &second, &all[5..7]);
        answer(&mut list, &first, &all[50..60]);
        assert_eq!(list.rows.len(), 2);
        assert_eq!(list.total, Some(2));
    }

    #[test]
    fn the_cursor_stays_on_its_account() {
        let mut all = rows(0, 100);
        let mut list = opened(&all);
        list.step(20, 10);
        let held = list.current().unwrap().account.clone();
        let row = all.remove(20);
        all.insert(80, row);
        let effects = list.refresh(10);
        let more = answer(&mut list, &effects, &all);
        answer(&mut list, &more, &all);
        assert_eq!(list.cursor, 80);
        assert_eq!(list.current().unwrap().account, held);
        // Nobody has moved yet: the top stays the top.
        let mut list = opened(&all);
        all.swap(0, 50);
        let effects = list.refresh(10);
        answer(&mut list, &effects, &all);
        assert_eq!((list.cursor, list.current().unwrap().name.as_str()), (0, "Account 51"));
    }

    #[test]
    fn an_empty_list_is_no_trouble() {
        let mut list = opened(&[]);
        for effects in [list.step(1, 10), list.page(1, 10), list.bottom(10), list.step(-1, 10)] {
            assert_eq!(effects, []);
        }
        assert_eq!((list.cursor, list.top, list.current().is_none()), (0, 0, true));
    }

    #[test]
    fn changes_while_a_page_is_on_its_way_ask_once_more() {
        let all = rows(0, 100);
        let mut list = opened(&all);
        let first = list.refresh(10);
        assert_eq!(list.refresh(10), []);
        assert_eq!(list.refresh(10), []);
        let again = answer(&mut list, &first, &all);
        assert!(matches!(again.first(), Some(Effect::LoadPage { .. })));
    }
}
