//! The processes in which the libraries run: one for each backend.

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
