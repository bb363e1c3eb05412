//! Separable models: the coefficients follow from the other parameters by linear least squares.

mod basis;
mod design;
mod model;
mod projection;
mod reduced;
mod run;
mod statistics;

pub use model::Separable;
