//! The back-test: how often the model was right about the accounts that were lost.
//!
//! Decides what a case is, what was known on its day, and every figure of the report. Must not read the present into the
//! past: a case sees its account only through [`Facts::known_by`](crate::book::facts::Facts::known_by).

mod calibration;
mod case;
mod figures;
mod tally;
mod trial;

pub use calibration::{Calibration, LEAST_CASES, LEAST_LOST, fit};
pub use case::{Loss, Outcome, first_day, month_ends, outcome};
pub use figures::{Bar, Figures, LeftOut, Losses, MeasureFigure, Tenth};
pub use tally::Tally;
pub use trial::{Spec, Trial};
