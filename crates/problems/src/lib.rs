#![doc = include_str!("../README.md")]

pub mod curves;
mod digits;
pub mod far_starts;
mod gradient_test;
mod linear_net;
mod matrices;
pub mod more_garbow_hillstrom;
pub mod nist;
#[cfg(feature = "npy")]
mod npy;
pub mod number;
mod random;
mod residual;
mod shape;
mod terms;
mod two_layer_net;
mod vector;

pub use gradient_test::GradientTest;
pub use linear_net::{LinearNet, LinearNetPoint, TwoFactorNet, draw_start};
pub use matrices::{standard_normal, with_singular_values};
#[cfg(feature = "npy")]
pub use npy::{NpyBatches, NpyError};
pub use residual::{GenericResidual, WideResidual};
pub use two_layer_net::{Spectrum, TwoLayerNet, TwoLayerNetInstance, TwoLayerNetSpec};
