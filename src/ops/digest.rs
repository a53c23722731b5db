//! What moved since a day: bands, flags and scores, account by account.

use jiff::Span;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::book::changes::changes;
use crate::book::standing::Standing;
use crate::ops::{Desk, OpsError, shape};

/// Changes of the score under this many points are no news.
const WORTH_SAYING: f64 = 3.0;

impl Desk {
    /// The digest since a day; else since the last rounds, else in seven days. The largest fall first.
    pub fn changes(&self, since: Option<Date>) -> Result<Vec<Value>, OpsError> {
        let day = self.day();
        let week = day.checked_sub(Span::new().days(7)).unwrap_or(day);
        let since = match since {
            Some(since) => since,
            None => self.store().last_round(day.yesterday().unwrap_or(day))?.map_or(week, |round| round.day),
        };
        if since >= day {
            return Err(OpsError::usage(format!("{since} is not before {day}: there is nothing to compare")));
        }
        let medians = self.medians()?;
        let mut rows: Vec<(f64, Value)> = Vec::new();
        for standing in self.standings()? {
            let Some(facts) = self.facts(&standing.account)? else { continue };
            let now = if self.is_past() { self.assess(&facts, &medians, day)? } else { standing };
            let then = self.assess(&facts, &medians, since)?;
            let moved = changes(&facts, self.model(), since, day);
            let points = now.health.score.zip(then.health.score).map(|(now, then)| now - then);
            rows.extend(moves(&then, &now, points, &moved).into_iter().map(|row| (points.unwrap_or(0.0), row)));
        }
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }
}

/// What moved on one account between two standings.
fn moves(then: &Standing, now: &Standing, points: Option<f64>, moved: &crate::book::standing::Changes) -> Vec<Value> {
    let row = |kind: &str, from: Value, to: Value, points: Option<f64>, because: String, day: Date| {
        json!({
            "account": now.account, "name": now.name, "kind": kind, "from": from, "to": to, "points": points,
            "because": because, "day": day,
        })
    };
    let mut rows = Vec::new();
    // The fact that weighed most says why.
    let main = moved.changes.iter().max_by(|a, b| {
        let sign = points.unwrap_or(0.0).signum();
        (a.points * sign).total_cmp(&(b.points * sign))
    });
    let because = main.map_or_else(String::new, |change| change.evidence.clone());
    let main_day = main.and_then(|change| change.as_of).unwrap_or(now.day);
    if then.health.band != now.health.band {
        let (from, to) = (json!(then.health.band), json!(now.health.band));
        rows.push(row("band", from, to, points, because.clone(), main_day));
    } else if points.is_some_and(|points| points.abs() >= WORTH_SAYING) {
        let (from, to) = (json!(then.health.score), json!(now.health.score));
        rows.push(row("score", from, to, points, because, main_day));
    }
    for flag in now.flags.iter().filter(|flag| !then.flags.iter().any(|old| old.kind == flag.kind)) {
        rows.push(row("flag", Value::Null, json!(flag.kind), None, flag.because.clone(), flag.since));
    }
    for flag in then.flags.iter().filter(|flag| !now.flags.iter().any(|new| new.kind == flag.kind)) {
        rows.push(row("flag-cleared", json!(flag.kind), Value::Null, None, flag.label.clone(), now.day));
    }
    if let (Some(first), false) = (rows.first_mut(), moved.changes.is_empty()) {
        let details: Vec<Value> = moved.changes.iter().map(shape::change).collect();
        if let Value::Object(map) = first {
            map.insert("changes".into(), json!(details));
        }
    }
    rows
}
