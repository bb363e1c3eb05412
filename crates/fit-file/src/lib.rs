#![doc = include_str!("../README.md")]

#[cfg(feature = "mpi")]
mod across;
mod args;
mod assignments;
mod columns;
mod data;
mod error;
mod fit;
mod formula;
mod json;
mod outcome;
#[cfg(feature = "mpi")]
mod part;
mod picture;
mod robust;
mod start;
mod ties;

#[cfg(feature = "mpi")]
pub use across::run_across;
pub use args::FitArgs;
pub use error::Error;
pub use fit::run;
pub use outcome::Outcome;
