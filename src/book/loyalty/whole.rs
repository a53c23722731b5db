//! The loyalty of a whole book: pyramids with counts and ARR, what clocks usually take, who is stuck longest, whom to keep,
//! and how much hangs on a few.
//!
//! Decides how accounts add up. Each account comes as one small row, so that ten thousand are summed in a moment.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::keep::Figures;
use super::pyramid::{Clock, Group, Pace, Rules, Usual, usual};
use crate::book::ids::AccountId;
use crate::book::money::Money;
use crate::book::standing::{Keep, Stage, Stages, Timed};

/// One account's loyalty, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoyalRow {
    pub account: AccountId,
    pub name: String,
    pub segment: Option<String>,
    /// In the book's currency.
    pub arr: Option<Money>,
    pub stage: Stages,
    pub keep: Option<Keep>,
    pub figures: Figures,
    pub timed: Vec<Timed>,
    pub trust: Option<f64>,
    pub gap: Option<f64>,
    #[serde(rename = "return")]
    pub return_: Option<f64>,
    pub proof_age: Option<i64>,
}

/// How many accounts, and how much ARR in units of the book's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Part {
    pub accounts: u64,
    pub arr: f64,
}

impl Part {
    fn add(&mut self, arr: Option<Money>) {
        self.accounts += 1;
        self.arr += arr.map_or(0.0, Money::units);
    }
}

/// One pyramid: evaluator to champion, and those of whom nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Pyramid {
    pub group: Group,
    pub steps: [Part; 4],
    pub unknown: Part,
}

/// What a clock takes in this book.
#[derive(Clone, Debug, PartialEq)]
pub struct Takes {
    pub group: Group,
    pub id: &'static str,
    pub says: &'static str,
    /// From the settings; where none is set, the median stands in.
    pub target: Option<f64>,
    pub usual: Option<Usual>,
    pub running: usize,
}

/// A step that an account is still on.
#[derive(Clone, Debug, PartialEq)]
pub struct OnStep {
    pub account: AccountId,
    pub name: String,
    pub arr: Option<Money>,
    pub group: Group,
    pub from: Stage,
    pub clock: &'static str,
    pub days: f64,
    pub target: Option<f64>,
    /// `None`: there is nothing to compare with.
    pub pace: Option<Pace>,
    pub needs: &'static str,
}

/// The whole book.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    pub accounts: u64,
    pub pyramids: Vec<Pyramid>,
    pub clocks: Vec<Takes>,
    /// The longest over their target first.
    pub on_steps: Vec<OnStep>,
    /// By class, the best first; then those that cannot be placed.
    pub keep: Vec<(Option<Keep>, Part)>,
    /// The share of ARR that the five largest bring; `None`: no ARR is known.
    pub top_five: Option<f64>,
    /// The largest account, and its share: what the book loses if this one leaves.
    pub largest: Option<(AccountId, String, f64)>,
    /// What is missing of promises that are due, in units of the book's currency, and on how many accounts.
    pub gap: (f64, u64),
    /// Accounts whose trust is under 30.
    pub low_trust: u64,
    /// Accounts with a promise on record, and those of them with a return of at least 1.
    pub proven: (u64, u64),
}

const STEPS: [Stage; 4] = [Stage::Evaluator, Stage::Beginner, Stage::Regular, Stage::Champion];

fn clock_of(id: &str) -> Option<(Group, usize, &'static str, &'static str)> {
    Group::ALL.into_iter().find_map(|group| {
        let at = group.clocks().iter().position(|(known, _)| *known == id)?;
        let (id, says) = group.clocks()[at];
        Some((group, at, id, says))
    })
}

/// Adds up a book.
pub fn whole(rows: &[LoyalRow], rules: &Rules, day: Date) -> Whole {
    let pyramids = Group::ALL.into_iter().map(|group| pyramid(rows, group)).collect::<Vec<_>>();
    let timed: Vec<(&LoyalRow, Clock)> = rows
        .iter()
        .flat_map(|row| row.timed.iter().map(move |timed| (row, timed)))
        .filter_map(|(row, timed)| {
            let (group, _, id, says) = clock_of(&timed.clock)?;
            let ended = timed.ended.filter(|ended| *ended <= day);
            Some((row, Clock { group, id, says, from: timed.from, started: timed.started, ended }))
        })
        .collect();
    let mut clocks = Vec::new();
    for group in Group::ALL {
        for (id, says) in group.clocks() {
            let of = || timed.iter().map(|(_, clock)| clock).filter(|clock| clock.id == id);
            if of().next().is_some() {
                let running = of().filter(|clock| clock.ended.is_none()).count();
                clocks.push(Takes {
                    group,
                    id,
                    says,
                    target: rules.target(id, None),
                    usual: usual(of(), day),
                    running,
                });
            }
        }
    }
    let mut on_steps: Vec<OnStep> = timed
        .iter()
        .filter(|(_, clock)| clock.ended.is_none())
        .map(|(row, clock)| {
            let takes = clocks.iter().find(|takes| takes.id == clock.id).and_then(|takes| takes.usual);
            let target = rules.target(clock.id, row.segment.as_deref()).or(takes.map(|usual| usual.median));
            let days = clock.days(day);
            let p75 = takes.map(|usual| usual.p75);
            OnStep {
                account: row.account.clone(),
                name: row.name.clone(),
                arr: row.arr,
                group: clock.group,
                from: clock.from,
                clock: clock.says,
                days,
                target,
                pace: target.map(|target| Pace::of(days, target, p75.unwrap_or(target * 1.5))),
                needs: clock.group.needs(clock.from),
            }
        })
        .collect();
    let over = |one: &OnStep| one.target.map_or(0.0, |target| one.days - target);
    on_steps.sort_by(|a, b| over(b).total_cmp(&over(a)).then_with(|| a.name.cmp(&b.name)));
    let mut keep: Vec<(Option<Keep>, Part)> =
        Keep::ALL.into_iter().map(|class| (Some(class), Part::default())).collect();
    keep.push((None, Part::default()));
    for row in rows {
        if let Some((_, part)) = keep.iter_mut().find(|(class, _)| *class == row.keep) {
            part.add(row.arr);
        }
    }
    let mut amounts: Vec<(&LoyalRow, f64)> = rows.iter().filter_map(|row| Some((row, row.arr?.units()))).collect();
    amounts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let total: f64 = amounts.iter().map(|one| one.1).sum();
    let share = |units: f64| (total > 0.0).then(|| units / total);
    let gaps = || rows.iter().filter_map(|row| row.gap).filter(|gap| *gap > 0.0);
    Whole {
        accounts: rows.len() as u64,
        pyramids,
        clocks,
        on_steps,
        keep,
        top_five: share(amounts.iter().take(5).map(|one| one.1).sum()),
        largest: amounts.first().and_then(|(row, units)| Some((row.account.clone(), row.name.clone(), share(*units)?))),
        gap: (gaps().sum(), gaps().count() as u64),
        low_trust: rows.iter().filter(|row| row.trust.is_some_and(|trust| trust < 30.0)).count() as u64,
        proven: (
            rows.iter().filter(|row| row.gap.is_some()).count() as u64,
            rows.iter().filter(|row| row.return_.is_some_and(|ratio| ratio >= 1.0)).count() as u64,
        ),
    }
}

fn pyramid(rows: &[LoyalRow], group: Group) -> Pyramid {
    let mut out = Pyramid { group, steps: Default::default(), unknown: Part::default() };
    for row in rows {
        let stage = match group {
            Group::Buyers => row.stage.buyers,
            Group::Users => row.stage.users,
            Group::Builders => row.stage.builders,
        };
        match stage.and_then(|stage| STEPS.iter().position(|step| *step == stage)) {
            Some(at) => out.steps[at].add(row.arr),
            None => out.unknown.add(row.arr),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::sample::{TODAY, ago, usd};

    fn row(
        name: &str,
        arr: i64,
        buyers: Option<Stage>,
        keep: Option<Keep>,
        timed: &[(&str, i64, Option<i64>)],
    ) -> LoyalRow {
        LoyalRow {
            account: AccountId::from(format!("crm:{name}").as_str()),
            name: name.into(),
            segment: None,
            arr: Some(usd(arr)),
            stage: Stages { buyers, ..Stages::default() },
            keep,
            figures: Figures::default(),
            timed: timed
                .iter()
                .map(|(clock, started, ended)| Timed {
                    clock: (*clock).into(),
                    from: Stage::Beginner,
                    started: ago(*started),
                    ended: ended.map(ago),
                })
                .collect(),
            trust: Some(20.0),
            gap: Some(10.0),
            return_: Some(1.2),
            proof_age: None,
        }
    }

    #[test]
    fn a_book_adds_up() {
        let champion = Some(Stage::Champion);
        let rows = [
            row("a", 100, champion, Some(Keep::Invest), &[("go-live", 200, Some(170))]),
            row("b", 50, Some(Stage::Beginner), None, &[("go-live", 90, None)]),
            row("c", 50, None, None, &[("go-live", 100, Some(50)), ("not-a-clock", 1, None)]),
            row("d", 10, champion, None, &[("go-live", 10, None)]),
        ];
        let whole = whole(&rows, &Rules::default(), TODAY);
        let buyers = &whole.pyramids[0];
        assert_eq!(
            (buyers.steps[3], buyers.steps[1].accounts, buyers.unknown.accounts),
            (Part { accounts: 2, arr: 110.0 }, 1, 1)
        );
        assert_eq!(whole.clocks.len(), 1);
        let usual = whole.clocks[0].usual.unwrap();
        assert_eq!((usual.median, usual.n, usual.longer, whole.clocks[0].running), (40.0, 2, 1, 2));
        // Without a target the median stands in: b is 50 days over it.
        let on: Vec<_> = whole.on_steps.iter().map(|one| (one.name.as_str(), one.days, one.pace)).collect();
        assert_eq!(on, [("b", 90.0, Some(Pace::Stuck)), ("d", 10.0, Some(Pace::OnPace))]);
        assert_eq!(whole.keep[0].1.accounts + whole.keep[4].1.accounts, 4);
        assert_eq!((whole.top_five, whole.gap, whole.low_trust, whole.proven), (Some(1.0), (40.0, 4), 4, (4, 4)));
        assert_eq!(whole.largest.map(|one| one.1).as_deref(), Some("a"));
        let mut empty = super::whole(&[], &Rules::default(), TODAY);
        assert_eq!((empty.accounts, empty.top_five, empty.largest.take()), (0, None, None));
    }
}
