#![doc = include_str!("../README.md")]

mod bracket;
mod certificate;
mod double;
mod jacobi;
mod least_squares;
mod plain_sum;
mod polish;
mod product;
#[cfg(feature = "suite")]
pub mod suite;
#[cfg(feature = "suite")]
pub mod traps;
pub mod verdict;
mod versions;
mod wide;

pub use bracket::Bracket;
pub use certificate::Certificate;
pub use least_squares::{LeastSquaresTruth, Quality};
pub use plain_sum::STABLE_BACKWARD_ERROR;
pub use polish::{Claim, Judge, Judgement};
pub use product::product_error;
pub use versions::assert_versions;
pub use wide::{Wide, Widen};
