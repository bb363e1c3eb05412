//! The measurements of Leastwise, and their commands.
//!
//! [`main`] is a whole program. It reads the command line, and runs `fit`, `compare`, `diff`, `report` or a study. The
//! exit code is 0 on success, 1 if a check or a run failed, and 2 for invalid input. `cargo xtask` and `leastwise` are
//! two names of the same program.
//!
//! `compare` verifies and measures the backends with [`leastwise_harness`]. [`report()`] gives its tables and its page
//! to a program that measures a backend of its own. A study measures something else. The feature `studies` adds all
//! studies, and the peers that they measure.

#![cfg_attr(
    not(feature = "studies"),
    allow(dead_code, reason = "only the studies use some of the shared code")
)]

mod cli;
mod compare;
mod error;
#[cfg(feature = "fit")]
mod fit;
mod program;
mod publish;
mod studies;
mod terminal;

#[cfg(feature = "studies")]
mod by_size;
#[cfg(feature = "studies")]
mod cholesky;
#[cfg(feature = "studies")]
mod conformance;
#[cfg(feature = "studies")]
mod contender;
#[cfg(feature = "studies")]
mod contenders;
#[cfg(feature = "studies")]
mod contestants;
#[cfg(not(all(feature = "studies", feature = "fit")))]
mod elsewhere;
#[cfg(feature = "studies")]
mod far_starts;
#[cfg(feature = "studies")]
mod libraries;
#[cfg(feature = "studies")]
mod map;
#[cfg(feature = "studies")]
mod minpack;
#[cfg(feature = "studies")]
mod nist;
#[cfg(feature = "studies")]
mod problem_size;
#[cfg(feature = "studies")]
mod python;
#[cfg(feature = "studies")]
mod reproduce;
#[cfg(feature = "studies")]
mod rivals;
#[cfg(feature = "studies")]
mod scaling;
#[cfg(feature = "studies")]
mod separable;
#[cfg(feature = "studies")]
mod study;
#[cfg(feature = "studies")]
mod suite;
#[cfg(feature = "studies")]
mod tall;

pub use cli::{main, run};
pub use compare::report_finished as report;
pub use error::Failure;
pub use program::Program;
