//! Curve fits whose starting points are wrong by factors of ten and more, as in practice.

mod curve;
mod drawn;

pub use curve::Curve;
pub use drawn::{CurveFit, FarStart};
