#![doc = include_str!("../README.md")]

#[cfg(feature = "openblas")]
mod backend;
#[cfg(feature = "openblas")]
pub mod drivers;
#[cfg(feature = "openblas")]
mod ffi;

#[cfg(feature = "openblas")]
pub use backend::{AdapterScalar, Lapack};

/// What errors and tables call the library.
#[cfg(feature = "openblas")]
const ENGINE: &str = "openblas";
