//! What is usual: the median of every measure and of the score, by segment, so that one account can stand beside its like.
//!
//! Decides whose median speaks: the segment's where at least five accounts of it have the figure, else the book's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Fewer accounts of a segment than this make no median: the book's stands in.
pub const LEAST: usize = 5;

/// One median.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Median {
    pub median: f64,
    /// How many accounts have the figure.
    pub n: u64,
    /// It is the segment's; else the whole book's.
    pub segment: bool,
}

/// What is usual for accounts of one segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Typical {
    /// Of the score, 0 to 100.
    pub score: Option<Median>,
    /// Of each measure's score, by the measure's id.
    pub measures: BTreeMap<String, Median>,
}

/// One account's figures: its segment, its score, and the score of each measure in the model's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    pub segment: Option<String>,
    pub score: Option<f64>,
    pub measures: Vec<Option<f64>>,
}

/// The medians for every segment, and under `None` for accounts of no segment or of one that is too small.
pub fn typical(ids: &[&str], book: &[Figures]) -> BTreeMap<Option<String>, Typical> {
    // The score stands behind the measures as one more figure.
    let figure =
        |one: &Figures, at: usize| if at < ids.len() { one.measures.get(at).copied().flatten() } else { one.score };
    let mut segments: BTreeMap<Option<&str>, Vec<&Figures>> = BTreeMap::new();
    for one in book {
        if let Some(segment) = &one.segment {
            segments.entry(Some(segment)).or_default().push(one);
        }
    }
    let whole: Vec<Option<Median>> =
        (0..=ids.len()).map(|at| median(book.iter().filter_map(|one| figure(one, at)).collect(), false)).collect();
    segments.entry(None).or_default();
    let mut out = BTreeMap::new();
    for (segment, members) in segments {
        let of = |at: usize| {
            let own: Vec<f64> = members.iter().filter_map(|one| figure(one, at)).collect();
            if own.len() >= LEAST { median(own, true) } else { whole[at] }
        };
        let measures = ids.iter().enumerate().filter_map(|(at, id)| Some(((*id).to_owned(), of(at)?))).collect();
        out.insert(segment.map(str::to_owned), Typical { score: of(ids.len()), measures });
    }
    out
}

fn median(mut values: Vec<f64>, segment: bool) -> Option<Median> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let high = *values.get(middle)?;
    let low = if values.len().is_multiple_of(2) { values[middle - 1] } else { high };
    Some(Median { median: (low + high) / 2.0, n: values.len() as u64, segment })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(segment: Option<&str>, score: f64, trend: Option<f64>) -> Figures {
        Figures { segment: segment.map(str::to_owned), score: Some(score), measures: vec![trend, None] }
    }

    #[test]
    fn a_segment_speaks_from_five_accounts_on() {
        let mut book: Vec<_> = [30.0, 50.0, 60.0, 70.0].map(|score| one(Some("Mid"), score, Some(score))).into();
        book.push(one(Some("Small"), 90.0, Some(10.0)));
        let all = typical(&["trend", "csat"], &book);
        let mid = &all[&Some("Mid".to_owned())];
        assert_eq!(mid.score, Some(Median { median: 60.0, n: 5, segment: false }), "four are too few");
        book.push(one(Some("Mid"), 80.0, None));
        let all = typical(&["trend", "csat"], &book);
        let mid = &all[&Some("Mid".to_owned())];
        assert_eq!(mid.score, Some(Median { median: 60.0, n: 5, segment: true }));
        // Four of the five have a trend: (30, 50, 60, 70) and the 10 of another segment.
        assert_eq!(mid.measures["trend"], Median { median: 50.0, n: 5, segment: false });
        assert!(!mid.measures.contains_key("csat"), "nobody has one");
        assert_eq!(all[&None].score, Some(Median { median: 65.0, n: 6, segment: false }));
        assert_eq!(all[&Some("Small".to_owned())].score, all[&None].score);
        assert!(typical(&["trend"], &[])[&None].score.is_none());
    }
}
