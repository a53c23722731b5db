//! Whom to keep: margin, potential and strategic value, each as a percentile in the book.
//!
//! Decides the class. On fewer than two of the three nothing is said.

use serde::{Deserialize, Serialize};

use crate::book::standing::Keep;

const MARGIN: f64 = 0.4;
const POTENTIAL: f64 = 0.35;
const STRATEGIC: f64 = 0.25;

/// One account's three figures, in units of the book's currency; strategic is 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// ARR less cost to serve.
    pub margin: Option<f64>,
    pub potential: Option<f64>,
    pub strategic: Option<f64>,
}

/// What the whole book shows of each, sorted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub margin: Vec<f64>,
    pub potential: Vec<f64>,
    pub strategic: Vec<f64>,
}

/// More points than this say no more.
const POINTS: usize = 201;

impl Spread {
    /// Of all accounts of a book.
    pub fn of(book: &[Figures]) -> Self {
        let sorted = |figure: &dyn Fn(&Figures) -> Option<f64>| {
            let mut all: Vec<f64> = book.iter().filter_map(figure).filter(|value| value.is_finite()).collect();
            all.sort_by(f64::total_cmp);
            if all.len() > POINTS {
                let last = all.len() - 1;
                all = (0..POINTS).map(|at| all[at * last / (POINTS - 1)]).collect();
            }
            all
        };
        Self {
            margin: sorted(&|one| one.margin),
            potential: sorted(&|one| one.potential),
            strategic: sorted(&|one| one.strategic),
        }
    }
}

/// 0 to 100: the share of the book below, ties counted half. A book of one says nothing.
pub fn percentile(sorted: &[f64], value: f64) -> Option<f64> {
    if sorted.len() < 2 {
        return None;
    }
    let below = sorted.partition_point(|one| *one < value);
    let same = sorted.partition_point(|one| *one <= value) - below;
    Some((below as f64 + same as f64 / 2.0) * 100.0 / sorted.len() as f64)
}

/// The class, its figure from 0 to 100, and the percentiles behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class {
    pub keep: Keep,
    pub figure: f64,
    pub margin: Option<f64>,
    pub potential: Option<f64>,
    pub strategic: Option<f64>,
}

/// Places an account in its book.
pub fn class(one: Figures, book: &Spread) -> Option<Class> {
    let of = |value: Option<f64>, sorted: &[f64]| value.and_then(|value| percentile(sorted, value));
    let margin = of(one.margin, &book.margin);
    let potential = of(one.potential, &book.potential);
    let strategic = of(one.strategic, &book.strategic);
    let known: Vec<(f64, f64)> = [(margin, MARGIN), (potential, POTENTIAL), (strategic, STRATEGIC)]
        .into_iter()
        .filter_map(|(value, weight)| Some((value?, weight)))
        .collect();
    if known.len() < 2 {
        return None;
    }
    let weight: f64 = known.iter().map(|(_, weight)| weight).sum();
    let figure = known.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight;
    let keep = match figure {
        f if f >= 70.0 => Keep::Invest,
        f if f >= 55.0 => Keep::Grow,
        f if f >= 35.0 => Keep::Maintain,
        _ => Keep::Rethink,
    };
    Some(Class { keep, figure, margin, potential, strategic })
}
