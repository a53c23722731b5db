//! The digest: what became another thing since a day, the largest money first.
//!
//! Decides what is left of the events of a while, and what stands in for them where none were raised yet. Reads events
//! and stored standings; an account's facts only where a day before the first event is asked for.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::book::changes::changes_of;
use crate::book::day::{between, number, plus};
use crate::book::ids::AccountId;
use crate::book::news::{Kind, stand_on};
use crate::book::score::Eval;
use crate::book::standing::Standing;
use crate::book::view::{Digest, DigestRow};
use crate::ops::news::{concerned, main_cause};
use crate::ops::{Desk, OpsError};
use crate::store::Event;

/// A score that moved by so many points, with nothing else to say, stands in the JSON.
const SCORE: f64 = 10.0;

/// From when on.
enum Since {
    /// After the end of a day.
    Day(Date),
    /// After the rounds of a day ended.
    Rounds(Date, Timestamp),
}

impl Desk {
    /// The digest since a day; else since the last rounds before today, else in seven days. `scores`: with the scores
    /// that moved by ten points and made no other news.
    pub fn changes(&self, since: Option<Date>, scores: bool) -> Result<Digest, OpsError> {
        let day = self.day();
        let last = self.store().last_round(plus(day, -1))?;
        let (since, heading) = match (since, &last) {
            (Some(since), _) => (Since::Day(since), format!("Since {}", since.strftime("%A %-d %B"))),
            (None, Some(round)) => (
                Since::Rounds(round.day, round.at),
                format!("Since your last rounds, {}", round.day.strftime("%A %-d %B")),
            ),
            (None, None) => (Since::Day(plus(day, -7)), "In seven days: no rounds before today".to_owned()),
        };
        let from = match since {
            Since::Day(day) | Since::Rounds(day, _) => day,
        };
        if from >= day {
            return Err(OpsError::usage(format!("{from} is not before {day}: there is nothing to compare")));
        }
        let known = self.news_since()?.is_some_and(|(first, at)| match since {
            Since::Day(day) => first <= day,
            Since::Rounds(_, rounds) => at <= rounds,
        });
        let mut rows = if known && !self.is_past() {
            let events = match since {
                Since::Day(day) => self.store().events_since(day)?,
                Since::Rounds(_, at) => self.store().events_after(at)?,
            };
            self.of_events(&events)?
        } else {
            self.of_facts(from, day)?
        };
        if scores {
            let before: HashMap<AccountId, Option<f64>> = match since {
                Since::Rounds(..) if !self.is_past() => last
                    .map(|round| round.lines.into_iter().map(|(id, line)| (id, line.score)).collect())
                    .unwrap_or_default(),
                _ => HashMap::new(),
            };
            self.scores(&mut rows, &before, from)?;
        }
        let order = |row: &DigestRow| Kind::parse(&row.kind);
        rows.sort_by(|a, b| {
            let arr = |row: &DigestRow| row.arr.unwrap_or(-1.0);
            arr(b)
                .total_cmp(&arr(a))
                .then_with(|| a.name.cmp(&b.name))
                .then_with(|| a.account.cmp(&b.account))
                .then_with(|| (order(a).is_none(), order(a), a.day).cmp(&(order(b).is_none(), order(b), b.day)))
        });
        Ok(Digest { heading, since: from, rows })
    }

    /// What is left of the events: there and back again is no change.
    fn of_events(&self, events: &[Event]) -> Result<Vec<DigestRow>, OpsError> {
        let mut standings = HashMap::new();
        for id in concerned(events) {
            if let Some(standing) = self.store().standing(&id)? {
                standings.insert(id, standing);
            }
        }
        let mut rows = Vec::new();
        for event in net(events) {
            let Some(standing) = standings.get(&event.account) else { continue };
            rows.push(DigestRow {
                from: json!(event.from),
                to: json!(event.to),
                because: event.because,
                day: event.day,
                ..row(standing, &event.kind, event.points)
            });
        }
        Ok(rows)
    }

    /// Two days of the book compared, by what is known of them now.
    fn of_facts(&self, since: Date, day: Date) -> Result<Vec<DigestRow>, OpsError> {
        let mut rows = Vec::new();
        let owner = self.scope()?.owner.map(|owner| owner.to_lowercase());
        let mut all = Vec::new();
        self.store().all_standings(|standing| {
            let of = standing.owner.as_deref().map(str::to_lowercase);
            if owner.is_none() || of == owner {
                all.push(standing);
            }
            true
        })?;
        let medians = self.medians()?;
        for mut standing in all {
            let Some(facts) = self.facts(&standing.account)? else { continue };
            if facts.churned_on.is_some_and(|left| left <= since) {
                continue;
            }
            if !self.shows_stored() || standing.day > day || standing.valid_until <= day {
                standing = self.assess(&facts, &medians, day)?;
            }
            let eval = self.eval(&facts);
            rows.extend(compared(&eval, &standing, since, day));
        }
        Ok(rows)
    }

    /// Scores that moved far, of accounts that have no row yet.
    fn scores(
        &self,
        rows: &mut Vec<DigestRow>,
        before: &HashMap<AccountId, Option<f64>>,
        since: Date,
    ) -> Result<(), OpsError> {
        for standing in self.standings()? {
            let Some(now) = standing.health.score else { continue };
            if rows.iter().any(|row| row.account == standing.account) {
                continue;
            }
            let weeks = between(since, standing.day);
            let mut facts = None;
            let then = match before.get(&standing.account) {
                Some(score) => *score,
                // The trend holds the score of each week.
                None if weeks % 7 == 0 && weeks < 7 * 13 => {
                    let trend = &standing.health.trend;
                    trend.len().checked_sub(1 + (weeks / 7) as usize).and_then(|at| trend.get(at).copied().flatten())
                }
                None => {
                    facts = self.facts(&standing.account)?;
                    facts.as_ref().and_then(|facts| self.eval(facts).score(number(since)))
                }
            };
            let Some(then) = then.filter(|then| (now - then).abs() >= SCORE) else { continue };
            if facts.is_none() {
                facts = self.facts(&standing.account)?;
            }
            let moved = facts.map(|facts| changes_of(&self.eval(&facts), since, standing.day));
            let because = moved.map_or_else(String::new, |moved| main_cause(&moved, Some(now - then)));
            rows.push(DigestRow {
                from: json!(then),
                to: json!(now),
                because,
                day: standing.day,
                ..row(&standing, "score", Some(now - then))
            });
        }
        Ok(())
    }
}

fn row(standing: &Standing, kind: &str, points: Option<f64>) -> DigestRow {
    DigestRow {
        account: standing.account.clone(),
        name: standing.name.clone(),
        kind: kind.to_owned(),
        from: Value::Null,
        to: Value::Null,
        points,
        because: String::new(),
        day: standing.day,
        arr: standing.arr_book.map(crate::book::money::Money::units),
    }
}

/// One account on two days.
fn compared(eval: &Eval<'_>, standing: &Standing, since: Date, day: Date) -> Vec<DigestRow> {
    let then = stand_on(eval, number(since));
    let new = eval.facts.since.is_some_and(|first| first > number(since));
    if standing.former || then.former || new {
        let kind = match (standing.former, then.former || new) {
            (true, false) => Kind::Gone,
            (false, true) => Kind::New,
            _ => return Vec::new(),
        };
        let words = if kind == Kind::Gone { "no longer a customer" } else { "new in the book" };
        let left = eval.facts.facts.churned_on.filter(|left| kind == Kind::Gone && *left <= day);
        return vec![DigestRow {
            because: words.to_owned(),
            day: left.unwrap_or(day),
            ..row(standing, kind.name(), None)
        }];
    }
    let mut rows = Vec::new();
    if then.band != standing.health.band {
        let points = standing.health.score.zip(then.score).map(|(now, then)| now - then);
        let moved = changes_of(eval, since, day);
        rows.push(DigestRow {
            from: json!(then.band),
            to: json!(standing.health.band),
            because: main_cause(&moved, points),
            ..row(standing, Kind::Band.name(), points)
        });
    }
    for flag in standing.flags.iter().filter(|flag| !then.flags.iter().any(|old| old.kind == flag.kind)) {
        rows.push(DigestRow {
            to: json!(flag.kind),
            because: flag.because.clone(),
            day: flag.since,
            ..row(standing, Kind::Flag.name(), None)
        });
    }
    let stands = |kind: &str| {
        let quiet = standing.quiet.iter().map(|quiet| &quiet.flag);
        standing.flags.iter().chain(quiet).any(|flag| flag.kind == kind)
    };
    for old in then.flags.iter().filter(|old| !stands(&old.kind)) {
        rows.push(DigestRow {
            from: json!(old.kind),
            because: format!("was: {}", old.label),
            ..row(standing, Kind::FlagCleared.name(), None)
        });
    }
    rows
}

/// Of the bands of an account the first and the last; of a flag, and of an account as a whole, whether it is there now
/// and was not, or the other way round.
fn net(events: &[Event]) -> Vec<Event> {
    let mut of: BTreeMap<(AccountId, String), Vec<&Event>> = BTreeMap::new();
    for event in events {
        let about = match Kind::parse(&event.kind) {
            Some(Kind::Flag) => event.to.clone(),
            Some(Kind::FlagCleared) => event.from.clone(),
            Some(Kind::New | Kind::Gone) => Some("account".to_owned()),
            Some(Kind::Band) | None => Some(format!("*{}", event.kind.trim_end_matches("-cleared"))),
        };
        of.entry((event.account.clone(), about.unwrap_or_default())).or_default().push(event);
    }
    let mut out: Vec<Event> = Vec::new();
    for events in of.into_values() {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { continue };
        let band = Kind::parse(&last.kind) == Some(Kind::Band);
        if band {
            let points: Vec<f64> = events.iter().filter_map(|event| event.points).collect();
            let points = (!points.is_empty()).then(|| points.iter().sum());
            if first.from != last.to {
                out.push(Event { from: first.from.clone(), points, ..(*last).clone() });
            }
        } else if first.kind == last.kind {
            out.push((*last).clone());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn event(kind: Kind, from: Option<&str>, to: Option<&str>, day: i8) -> Event {
        Event {
            kind: kind.name().into(),
            account: AccountId::from("crm:1"),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            points: (kind == Kind::Band).then_some(-4.0),
            because: format!("on the {day}."),
            day: date(2026, 11, day),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn there_and_back_again_is_no_change() {
        let band = |from, to, day| event(Kind::Band, Some(from), Some(to), day);
        assert_eq!(net(&[band("watch", "at risk", 2), band("at risk", "watch", 5)]), []);
        let down = net(&[band("healthy", "watch", 2), band("watch", "at risk", 5)]);
        assert_eq!(down.len(), 1);
        let one = &down[0];
        assert_eq!(
            (one.from.as_deref(), one.to.as_deref(), one.points),
            (Some("healthy"), Some("at risk"), Some(-8.0))
        );
        assert_eq!(one.because, "on the 5.");
        let came = event(Kind::Flag, None, Some("usage-drop"), 2);
        let went = event(Kind::FlagCleared, Some("usage-drop"), None, 9);
        assert_eq!(net(&[came.clone(), went.clone()]), []);
        assert_eq!(net(&[went.clone(), came.clone(), went.clone()]), [went]);
        let other = event(Kind::Flag, None, Some("champion-left"), 3);
        assert_eq!(net(&[came.clone(), other.clone()]).len(), 2);
        assert_eq!(net(&[event(Kind::New, None, None, 1), event(Kind::Gone, None, None, 8)]), []);
    }
}
