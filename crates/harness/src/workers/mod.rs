//! The processes in which the libraries run.
//!
//! Each backend runs in a process of its own, which is the same program with other arguments. So thread pools
//! do not disturb each other, and a library that crashes or hangs costs one cell only.

mod bench;
mod child;
mod counting;
mod handle;
mod protocol;
mod work;

pub use child::WorkerArgs;
pub(crate) use child::run;
pub(crate) use handle::{Crew, Team, unexpected};
pub(crate) use protocol::{Reply, Request};
