//! The parts of a comparison, as plain data. This module imports nothing of this crate.

mod case;
mod contender;
mod fault;
mod operation;
mod outcome;
mod scalar_type;
mod status;

pub(crate) use case::{Case, NetSize, Problem, TableFlags};
pub use contender::Contender;
pub(crate) use fault::Fault;
pub use operation::Operation;
pub(crate) use outcome::Outcome;
pub use scalar_type::ScalarType;
pub use status::Status;
