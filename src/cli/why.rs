//! `explain` for people: the tree of the score, down to the records, and what changed.
//!
//! Decides layout and rounding; every figure and word comes from the book.

use crate::book::compared::{Moved, compared};
use crate::book::records::Record;
use crate::book::typical::Median;
use crate::book::undated::not_known;
use crate::book::view::Explanation;
use crate::book::why::{GroupWhy, MeasureWhy};
use crate::cli::human::{points, score_line};
use crate::text::{pad, pad_left, short_date};

/// The whole text.
pub fn explain(explained: &Explanation) -> String {
    let Explanation { standing, why, typical, .. } = explained;
    let mut out = format!("{}  {}\n", standing.name, score_line(&standing.health));
    let usual = typical.as_ref().and_then(|usual| usual.score.as_ref()).map(|median| {
        let whose = match (&standing.segment, median.segment) {
            (Some(segment), true) => format!("{segment} accounts"),
            _ => "the book".to_owned(),
        };
        format!("median of {whose} {:.0} (n {})", median.median, median.n)
    });
    let said: Vec<String> = [Some(format!("as of {}", standing.day)), usual].into_iter().flatten().collect();
    out.push_str(&format!("{}\n", said.join(" · ")));
    if let Some(silent) = &why.silent {
        out.push_str(&format!("{silent}\n"));
    }
    for group in &why.groups {
        head(group, &mut out);
        for one in &group.measures {
            let median = typical.as_ref().and_then(|usual| usual.measures.get(&one.id));
            measure(one, median, explained, &mut out);
        }
    }
    if !why.gates.is_empty() {
        out.push_str("\nCapped\n");
        for gate in &why.gates {
            let takes = pad_left(&crate::text::signed(gate.whole), 4);
            out.push_str(&format!("  {} {takes} points, at most {:.0}\n", pad(&gate.label, 38), gate.cap));
        }
    }
    if !why.absent.is_empty() {
        out.push_str("\nCould not speak\n");
        for one in &why.absent {
            out.push_str(&format!("  {} {}; {}\n", pad(&one.label, 24), one.missing, one.went));
            records(&one.records, explained, &mut out);
        }
    }
    if let Some(words) = not_known(&why.undated, standing.day) {
        out.push_str(&format!("\n{words}\n"));
    }
    changed(explained, &mut out);
    out
}

fn head(group: &GroupWhy, out: &mut String) {
    let weight = if group.moved.is_empty() { format!("{:.0}%", group.share * 100.0) } else { group.moved.clone() };
    let label = pad(&group.label, 26);
    out.push_str(&format!("\n{label} {:>3.0}       {:>3} points · weighs {weight}\n", group.mean, group.whole));
}

fn measure(one: &MeasureWhy, median: Option<&Median>, explained: &Explanation, out: &mut String) {
    let today = explained.standing.day;
    let day = one.as_of.map(|day| short_date(day, today));
    let fresh = (one.freshness < 0.995).then(|| format!("{:.0}% fresh", one.freshness * 100.0));
    let usual = median.map(|median| format!("median {:.0}", median.median));
    let from: Vec<String> = [one.source.clone(), day, fresh, usual].into_iter().flatten().collect();
    let from = if from.is_empty() { String::new() } else { format!("  ({})", from.join(", ")) };
    let weight = format!("{:.0}%", one.share * 100.0);
    out.push_str(&format!(
        "  {} {:>3.0} {} {:>3}  {}{from}\n",
        pad(&one.label, 24),
        one.score,
        pad_left(&weight, 5),
        one.whole,
        one.evidence,
    ));
    records(&one.records, explained, out);
}

fn records(rows: &[Record], explained: &Explanation, out: &mut String) {
    for row in rows {
        let day = short_date(row.on, explained.standing.day);
        let from = row.source.as_ref().map_or_else(String::new, |source| format!("  ({source})"));
        let (mark, why) = row.ignored.as_ref().map_or(("·", String::new()), |why| ("–", format!("  [{why}]")));
        out.push_str(&format!("      {mark} {} {}{why}{from}\n", pad_left(&day, 9), row.text));
    }
}

fn changed(explained: &Explanation, out: &mut String) {
    let Explanation { standing, why, then, .. } = explained;
    out.push_str(&format!("\nWhat changed since {}\n", then.day));
    let health = &standing.health;
    let Some(all) = compared(why, &health.measures, &health.gates, then) else {
        out.push_str("  there is nothing to compare: one of the two days has no score\n");
        return;
    };
    let cell =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}").replace('-', "−"));
    let mut line = |row: &Moved, indent: usize| {
        let label = format!("{}{}", " ".repeat(indent), row.label);
        let (was, is) = (pad_left(&cell(row.then), 6), pad_left(&cell(row.now), 6));
        let text = format!("{} {was} {is} {}  {}", pad(&label, 28), pad_left(&points(row.change), 6), row.evidence);
        out.push_str(&format!("{}\n", text.trim_end()));
    };
    line(&Moved { label: "Score".into(), ..all.score.clone() }, 2);
    for (head, rows) in &all.groups {
        line(head, 2);
        for row in rows.iter().filter(|row| row.change.abs() >= 0.05) {
            line(row, 4);
        }
    }
    for row in &all.gates {
        line(row, 2);
    }
}
