#![doc = include_str!("../README.md")]

pub mod curves;
mod digits;
pub mod far_starts;
mod gradient_test;
mod matrices;
pub mod more_garbow_hillstrom;
pub mod nist;
pub mod number;
mod residual;
mod terms;

pub use gradient_test::GradientTest;
pub use matrices::{standard_normal, with_singular_values};
pub use residual::{GenericResidual, WideResidual};
