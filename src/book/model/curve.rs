//! From a value to a score: straight lines between points, or steps.
//!
//! Decides only interpolation; the points stand in `health.toml`. Two points with the same x are a jump there.

use serde::Deserialize;

use crate::book::query::{Unit, amount};

/// A value of a curve as it is written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Given {
    Number(f64),
    Text(String),
}

/// How a value becomes a score of 0 to 100.
#[derive(Clone, Debug, PartialEq)]
pub enum Curve {
    /// Points `[value, score]`, joined by lines; flat beyond both ends. At a jump the value itself belongs to the left.
    Curve(Vec<[f64; 2]>),
    /// `[value, score]`: the score holds from that value on; below the first, the first.
    Steps(Vec<[f64; 2]>),
}

impl Curve {
    /// The score of a value.
    pub fn score(&self, value: f64) -> f64 {
        match self {
            Self::Curve(points) => {
                let right = points.partition_point(|point| point[0] < value);
                match (right.checked_sub(1).and_then(|left| points.get(left)), points.get(right)) {
                    (Some(a), Some(b)) => a[1] + (b[1] - a[1]) * (value - a[0]) / (b[0] - a[0]),
                    (None, Some(only)) | (Some(only), None) => only[1],
                    (None, None) => 0.0,
                }
            }
            Self::Steps(points) => {
                let from = points.partition_point(|point| point[0] <= value);
                points.get(from.saturating_sub(1)).map_or(0.0, |point| point[1])
            }
        }
    }

    fn points(&self) -> &[[f64; 2]] {
        match self {
            Self::Curve(points) | Self::Steps(points) => points,
        }
    }

    /// Reads points as they are written: a value is a number in its own terms, or a text in its unit (`"-20%"`, `"90d"`).
    pub fn points_of(given: &[(Given, f64)], unit: Unit) -> Result<Vec<[f64; 2]>, String> {
        let read = |value: &Given| match value {
            Given::Number(value) => Ok(*value),
            Given::Text(text) => {
                amount(text, unit).ok_or_else(|| format!("has the value {text:?}, which its `value` cannot be"))
            }
        };
        given.iter().map(|(value, score)| Ok([read(value)?, *score])).collect()
    }

    /// What is wrong with it, if anything.
    pub fn fault(&self) -> Option<String> {
        let points = self.points();
        if points.is_empty() {
            return Some("has no points: give pairs of [value, score]".into());
        }
        if points.iter().flatten().any(|n| !n.is_finite()) {
            return Some("has a point that is no number".into());
        }
        if let Some(pair) = points.windows(2).find(|pair| pair[0][0] > pair[1][0]) {
            return Some(format!("is not sorted: {} stands before {}", pair[0][0], pair[1][0]));
        }
        let off = points.iter().find(|point| !(0.0..=100.0).contains(&point[1]))?;
        Some(format!("has the score {} at {}; scores are 0 to 100", off[1], off[0]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_flat_beyond_their_ends_and_jump_where_told() {
        let curve = Curve::Curve(vec![[0.0, 0.0], [0.5, 30.0], [0.75, 49.0], [0.75, 80.0], [1.0, 100.0]]);
        for (value, score) in
            [(-1.0, 0.0), (0.25, 15.0), (0.5, 30.0), (0.75, 49.0), (0.875, 90.0), (1.0, 100.0), (2.0, 100.0)]
        {
            assert_eq!(curve.score(value), score, "{value}");
        }
        assert!(curve.score(0.750001) >= 80.0);
    }

    #[test]
    fn steps_hold_from_their_value_on() {
        let steps = Curve::Steps(vec![[0.0, 10.0], [1.0, 50.0], [2.0, 95.0]]);
        for (value, score) in [(-1.0, 10.0), (0.0, 10.0), (0.9, 10.0), (1.0, 50.0), (2.0, 95.0), (9.0, 95.0)] {
            assert_eq!(steps.score(value), score, "{value}");
        }
    }

    #[test]
    fn faults_say_what_is_allowed() {
        assert!(Curve::Curve(vec![[1.0, 0.0], [0.0, 9.0]]).fault().unwrap().contains("not sorted"));
        assert!(Curve::Curve(vec![[1.0, 101.0]]).fault().unwrap().contains("0 to 100"));
        assert!(Curve::Steps(vec![]).fault().unwrap().contains("no points"));
    }
}
