//! What the sources cannot date: fields whose past nobody keeps, and how far back anything is known at all.
//!
//! Decides from which day a field is known and when that is worth saying. Guesses no value.

use jiff::civil::Date;

use crate::book::day::plus;
use crate::book::facts::{Facts, Series};
use crate::text::short_date;

/// A field whose past its source does not keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Undated {
    /// As the sources call it: `seats`.
    pub field: String,
    /// As people call it.
    pub label: String,
    /// The first day on which it is known.
    pub since: Date,
}

/// The words for a field that a source does not date.
fn label(field: &str) -> &str {
    match field {
        "renewal_date" => "renewal date",
        "features_bought" => "key features bought",
        "invoice_state" => "invoice",
        "invoice_due" => "invoice's due day",
        "csat" => "CSAT",
        "csat_on" => "day of the CSAT",
        "arr" => "ARR",
        other => other,
    }
}

/// The fields that are not known before some day, the newest day first.
pub fn undated(facts: &Facts) -> Vec<Undated> {
    fn first<T>(series: &Series<T>) -> Option<Date> {
        series.0.first().map(|entry| entry.on)
    }
    let since = |field: &str| match field {
        "owner" => first(&facts.owner),
        "segment" => first(&facts.segment),
        "stage" => first(&facts.stage),
        "arr" => first(&facts.arr),
        "renewal_date" => first(&facts.renewal),
        "seats" => first(&facts.seats),
        "features_bought" => first(&facts.features_bought),
        "invoice_state" => first(&facts.invoice),
        "invoice_due" => first(&facts.invoice_due),
        "csat" => first(&facts.csat),
        "champion" => facts.people.iter().filter_map(|person| first(&person.champion)).min(),
        "left" => facts.people.iter().filter_map(|person| first(&person.left)).min(),
        _ => None,
    };
    let mut out: Vec<Undated> = facts
        .undated
        .iter()
        .filter_map(|field| {
            Some(Undated { field: field.clone(), label: label(field).to_owned(), since: since(field)? })
        })
        .collect();
    out.sort_by_key(|one| std::cmp::Reverse(one.since));
    out
}

/// `not known before 3 Mar: seats, segment`: what matters when the book is looked at as of `day` and over the weeks of
/// the trend before it. `None`: everything was known then.
pub fn not_known(undated: &[Undated], day: Date) -> Option<String> {
    let horizon = plus(day, -7 * 12);
    let matter: Vec<&Undated> = undated.iter().filter(|one| one.since > horizon).collect();
    let mut parts: Vec<(Date, Vec<&str>)> = Vec::new();
    for one in matter {
        match parts.last_mut() {
            Some((since, labels)) if *since == one.since => labels.push(&one.label),
            _ => parts.push((one.since, vec![&one.label])),
        }
    }
    let said: Vec<String> = parts
        .into_iter()
        .map(|(since, labels)| format!("before {}: {}", short_date(since, day), labels.join(", ")))
        .collect();
    (!said.is_empty()).then(|| format!("not known {}", said.join("; ")))
}

/// The first day of which anything is known of an account.
pub fn first_known(facts: &Facts) -> Option<Date> {
    let usage = facts.usage.values().filter_map(|daily| daily.start);
    let touches = facts.touches.iter().map(|touch| touch.on);
    let tickets = facts.tickets.iter().map(|ticket| ticket.opened);
    let rest = [facts.created, facts.customer_since, facts.arr.0.first().map(|entry| entry.on)];
    rest.into_iter().flatten().chain(usage).chain(touches).chain(tickets).min()
}
