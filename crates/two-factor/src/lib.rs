#![doc = include_str!("../README.md")]

mod kronecker;
mod linear_net;
#[cfg(feature = "npy")]
mod npy;
mod problem;
mod reduction;
mod scaled_gradient_descent;
mod spec;

pub use kronecker::Kronecker;
pub use linear_net::{LinearNet, LinearNetPoint, Loops, TwoFactorNet, TwoLayerNet, draw_start};
#[cfg(feature = "npy")]
pub use npy::{NpyBatches, NpyError};
pub use problem::TwoFactorProblem;
pub use reduction::{Reduced, Reduction, reduce, reduce_across, reduce_batches};
pub use scaled_gradient_descent::ScaledGradientDescent;
pub use spec::{Spectrum, TwoLayerNetInstance, TwoLayerNetSpec};
