//! What Leastwise measures, and the commands that measure it.
//!
//! [`main`] is all of a program: it reads the command line, runs `compare`, `diff`, `report`, `conformance`
//! or a study, and ends with 0, with 1 where a check or a run failed, or with 2 for a request that cannot be
//! met. `cargo xtask` and `leastwise` are two names of the same program.
//!
//! `compare` verifies and measures the backends by [`leastwise_harness`]. A study measures something else; the
//! feature `studies` adds them all, and the peers that they measure.

#![cfg_attr(
    not(feature = "studies"),
    allow(dead_code, reason = "some of what is shared serves the studies only")
)]

mod cli;
mod compare;
mod conformance;
mod error;
mod program;
mod publish;
mod studies;
mod terminal;

#[cfg(feature = "studies")]
mod by_size;
#[cfg(feature = "studies")]
mod cholesky;
#[cfg(feature = "studies")]
mod contender;
#[cfg(feature = "studies")]
mod contestants;
#[cfg(not(feature = "studies"))]
mod elsewhere;
#[cfg(feature = "studies")]
mod far_starts;
#[cfg(feature = "studies")]
mod map;
#[cfg(feature = "studies")]
mod minpack;
#[cfg(feature = "studies")]
mod nist;
#[cfg(feature = "studies")]
mod problem_size;
#[cfg(feature = "studies")]
mod reproduce;
#[cfg(feature = "studies")]
mod rivals;
#[cfg(feature = "studies")]
mod scaling;
#[cfg(feature = "studies")]
mod study;
#[cfg(feature = "studies")]
mod suite;

pub use cli::{main, run};
pub use error::Failure;
pub use program::Program;
