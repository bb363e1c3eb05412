#![doc = include_str!("../README.md")]

mod jacobi;
mod least_squares;
mod product;
mod wide;

pub use least_squares::{LeastSquaresTruth, Quality, STABLE_BACKWARD_ERROR};
pub use product::product_error;
pub use wide::{Wide, Widen};
