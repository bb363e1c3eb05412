#![doc = include_str!("../README.md")]

// The layers, from the lowest to the highest. A module uses only modules above it in this list.
pub mod error;
pub mod model;

pub mod machine;
pub mod statistics;

pub mod record;

pub mod analysis;
pub mod capacity;
mod direct;
mod files;
pub mod library;
#[cfg(feature = "peers")]
pub mod peers;
pub mod process;
pub mod progress;
mod registry;
#[doc(hidden)]
pub mod samples;
pub mod store;
pub mod terminal;

mod args;
mod cases;
pub mod diff;

mod judge;
mod plan;

mod contenders;
mod workers;

mod turns;

mod measure;

mod solution;

mod finished;

mod comparison;

pub use args::ComparisonArgs;
pub use comparison::{Comparison, command_line};
pub use error::{Error, Result};
pub use finished::{Finished, WrittenSolution};
pub use workers::WorkerArgs;
