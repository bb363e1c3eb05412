//! Curves fitted from starts that are off by factors of ten and more, as people have them.

mod curve;
mod drawn;

pub use curve::Curve;
pub use drawn::{CurveFit, FarStart};
