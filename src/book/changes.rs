//! What changed between two days, exactly: the rows add up to the difference of the two scores.
//!
//! Decides the split by the formula of the book. A measure that is absent on one day takes its other day's score there.

use jiff::civil::Date;

use crate::book::day::date;
use crate::book::evidence::{self, Evidence, evidence};
use crate::book::facts::{Facts, Series};
use crate::book::model::{Input, MAX_MEASURES, Model};
use crate::book::prepared::{On, Prepared};
use crate::book::reading::{self, Reading};
use crate::book::score::{CapKind, Eval, Folded, TIER_CAP};
use crate::book::standing::{Change, Changes};
use crate::text::short_date;

/// The change of the score from one day to another. Where one of them has no score there is no difference: one row of
/// no points says so.
pub fn changes(facts: &Facts, model: &Model, from: Date, to: Date) -> Changes {
    changes_of(&Eval::new(facts, model), from, to)
}

/// As [`changes`], for an account that is prepared already.
pub fn changes_of(eval: &Eval<'_>, from: Date, to: Date) -> Changes {
    let (a, b) = (Side::new(eval, from), Side::new(eval, to));
    let (Some(x), Some(y)) = (&a.folded, &b.folded) else {
        let score = a.folded.map(|folded| folded.score);
        let first = b.folded.is_some().then(|| Change {
            measure: "score".into(),
            label: "first score".into(),
            points: 0.0,
            evidence: "first score: nothing was known on the day it is compared with".into(),
            as_of: Some(to),
            source: None,
        });
        return Changes { day: from, score, changes: first.into_iter().collect() };
    };
    let middle = (x.mean + y.mean) / 2.0;
    let mut out = Vec::new();
    for (index, measure) in eval.model.measures.iter().enumerate() {
        let (before, after) = (a.spoken[index], b.spoken[index]);
        let Some((sa, sb)) = before.or(after).zip(after.or(before)).map(|(a, b)| (a.1, b.1)) else { continue };
        // Each day has its own weights: an override may begin or end between them.
        let share = |side: &Side, folded: &Folded, spoken: Option<(Reading, f64)>| {
            let measure = &eval.model_on(side.on.day).measures[index];
            spoken.map_or(0.0, |(reading, _)| folded.share(measure.group, measure.weight, reading.freshness))
        };
        let (wa, wb) = (share(&a, x, before), share(&b, y, after));
        let points = part(wa, sa, wb, sb, middle);
        if points.abs() < 1e-12 {
            continue;
        }
        let words = |side: &Side, spoken: Option<(Reading, f64)>| {
            evidence(measure, eval, side.on, spoken.as_ref().map(|(reading, _)| reading))
        };
        let Evidence { text, source } = words(&b, after);
        let said = match (before, after) {
            (None, Some(_)) => {
                match measure.inputs.iter().find_map(|input| first_seen(eval.facts.facts, *input, from, to)) {
                    Some(day) => {
                        format!("{text}; first seen on {}, its source keeps no history", short_date(day, to))
                    }
                    None => text,
                }
            }
            (Some(_), None) => match measure.input().and_then(|input| went(&eval.facts, input, a.on, b.on)) {
                Some(who) => format!("{who} left; {text}"),
                None => format!("{text}: no longer counted"),
            },
            (Some(_), Some(_)) if (sa - sb).abs() < 1e-9 => {
                let (was, now) = ((wa * 100.0).round(), (wb * 100.0).round());
                match was == now {
                    true => format!("{text}; weighs a little {} than before", if wb > wa { "more" } else { "less" }),
                    false => format!("{text}; makes {now}% of the score now, was {was}%"),
                }
            }
            (Some((was, _)), Some((is, _))) => match measure.input() {
                Some(Input::TicketsEscalated) if is.value < was.value => {
                    evidence::solved(&eval.facts, a.on, b.on).unwrap_or(text)
                }
                Some(Input::PeopleCoverage) => {
                    evidence::coverage_moved(&eval.facts, eval.model_on(b.on.day), a.on, b.on).unwrap_or(text)
                }
                Some(input) => match evidence::was(input, &eval.facts, a.on, &was, b.on) {
                    Some(before) if (was.value - is.value).abs() > 1e-9 => format!("{text}, was {before}"),
                    _ => text,
                },
                None => text,
            },
            (None, None) => text,
        };
        let newest = after.or(before).map(|(reading, _)| date(reading.as_of));
        let source = source.or_else(|| words(&a, before).source);
        out.push(Change {
            measure: measure.id.clone(),
            label: measure.label.clone(),
            points,
            evidence: said,
            as_of: newest,
            source,
        });
    }
    out.extend(gates(eval.model, x, y, to));
    out.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    Changes { day: from, score: Some(x.score), changes: out }
}

/// `avg(w)·Δs + Δw·(avg(s) − m)`
fn part(wa: f64, sa: f64, wb: f64, sb: f64, middle: f64) -> f64 {
    (wa + wb) / 2.0 * (sb - sa) + (wb - wa) * ((sa + sb) / 2.0 - middle)
}

/// The day on which the field behind a measure was first seen, where its source keeps no history and that day lies
/// after `from`: that the measure was absent before says nothing about the customer.
fn first_seen(facts: &Facts, input: Input, from: Date, to: Date) -> Option<Date> {
    fn first<T>(series: &Series<T>) -> Option<Date> {
        series.0.first().map(|entry| entry.on)
    }
    let (field, seen) = match input {
        Input::UsageUtilisation => ("seats", first(&facts.seats)),
        Input::UsageBreadth => ("features_bought", first(&facts.features_bought)),
        Input::PeopleChampion => ("champion", facts.people.iter().filter_map(|one| first(&one.champion)).min()),
        Input::SurveyCsat => ("csat", first(&facts.csat)),
        Input::InvoiceOverdue => ("invoice_state", first(&facts.invoice)),
        Input::RenewalDays => ("renewal_date", first(&facts.renewal)),
        _ => return None,
    };
    seen.filter(|day| *day > from && *day <= to && facts.undated.iter().any(|name| name == field))
}

/// Who was last met of the people a contact measure is about, where they have left since.
fn went<'f>(facts: &Prepared<'f>, input: Input, from: On, to: On) -> Option<&'f str> {
    let (_, known, _) = facts.last_touch_of(reading::tiers_of(input), from)?;
    (!known.present(to)).then_some(known.person.name.as_str())
}

fn gates(model: &Model, x: &Folded, y: &Folded, to: Date) -> Vec<Change> {
    let row = |id: &str, label: &str, before: Option<(f64, f64)>, after: Option<(f64, f64)>| {
        let points = after.map_or(0.0, |(_, points)| points) - before.map_or(0.0, |(_, points)| points);
        let evidence = match (before, after) {
            (None, Some((cap, _))) => format!("{label}: capped at {cap:.0} now"),
            (Some((cap, _)), None) => format!("{label}: no longer capped at {cap:.0}"),
            (Some((was, _)), Some((cap, _))) if (was - cap).abs() >= 0.5 => {
                format!("{label}: capped at {cap:.0}, was {was:.0}")
            }
            (_, after) => format!("{label}: capped at {:.0} on both days", after.map_or(0.0, |(cap, _)| cap)),
        };
        (points.abs() >= 1e-12).then(|| Change {
            measure: id.to_owned(),
            label: label.to_owned(),
            points,
            evidence,
            as_of: Some(to),
            source: None,
        })
    };
    let cap =
        |folded: &Folded, kind: CapKind| folded.cap.filter(|cap| cap.kind == kind).map(|cap| (cap.cap, cap.points));
    let whole =
        CapKind::all(model).filter_map(|kind| row(kind.id(model), kind.label(model), cap(x, kind), cap(y, kind)));
    whole.chain(row(TIER_CAP.0, TIER_CAP.1, x.tier_cap, y.tier_cap)).collect()
}

/// One of the two days.
struct Side {
    on: On,
    folded: Option<Folded>,
    spoken: [Option<(Reading, f64)>; MAX_MEASURES],
}

impl Side {
    fn new(eval: &Eval<'_>, day: Date) -> Self {
        let on = On::from(day);
        let mut spoken = [None; MAX_MEASURES];
        eval.readings(on, |index, reading, score| spoken[index] = Some((reading, score)));
        // The same rule as for any score: before the customer was one there is none.
        let folded = eval.score(on.day).and_then(|_| eval.folded(on));
        Self { on, folded, spoken }
    }
}

/// Points as whole numbers for the screen, by largest remainder: they add up to the rounded sum.
pub fn whole(points: &[f64]) -> Vec<i64> {
    let target = points.iter().sum::<f64>().round() as i64;
    let mut out: Vec<i64> = points.iter().map(|point| point.floor() as i64).collect();
    let mut order: Vec<usize> = (0..points.len()).collect();
    let rest = |index: &usize| points[*index] - points[*index].floor();
    order.sort_by(|a, b| rest(b).total_cmp(&rest(a)));
    let missing = usize::try_from(target - out.iter().sum::<i64>()).unwrap_or(0);
    for index in order.into_iter().cycle().take(if points.is_empty() { 0 } else { missing }) {
        out[index] += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_b_is_not_a_rise_of_a() {
        // A (w 50, s 90) and B (w 50, s 30) make 60; B ends, and the score is 90.
        let middle = (60.0 + 90.0) / 2.0;
        let a = part(0.5, 90.0, 1.0, 90.0, middle);
        let b = part(0.5, 30.0, 0.0, 30.0, middle);
        assert_eq!((a, b), (7.5, 22.5));
    }

    #[test]
    fn whole_numbers_add_up_by_largest_remainder() {
        assert_eq!(whole(&[7.5, 22.5]), [8, 22]);
        assert_eq!(whole(&[-9.4, -6.8, -3.9, 2.1]), [-9, -7, -4, 2]);
        assert_eq!(whole(&[0.4, 0.4, 0.4]).iter().sum::<i64>(), 1);
        assert_eq!(whole(&[]), Vec::<i64>::new());
    }
}
