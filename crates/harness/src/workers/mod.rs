//! The processes in which the libraries run.
//!
//! Each backend has a process of its own, the same binary under another name: thread pools cannot
//! get in each other's way, and a library that crashes or hangs costs one cell.

mod bench;
mod child;
mod counting;
mod handle;
mod protocol;
mod work;

pub use child::WorkerArgs;
pub(crate) use child::run;
pub(crate) use handle::{Crew, Lost, Team, unexpected};
pub(crate) use protocol::{Reply, Request};
