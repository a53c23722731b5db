//! What the screens share: a canvas, figures in cells, lists of lines, what floats.

pub mod canvas;
pub mod figures;
pub mod float;
pub mod lines;

pub use canvas::Canvas;
