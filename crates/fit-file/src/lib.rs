#![doc = include_str!("../README.md")]

mod args;
mod assignments;
mod columns;
mod data;
mod error;
mod fit;
mod formula;
mod json;
mod outcome;
mod picture;
mod robust;
mod start;
mod ties;

pub use args::FitArgs;
pub use error::Error;
pub use fit::run;
pub use outcome::Outcome;
