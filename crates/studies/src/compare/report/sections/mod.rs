//! The parts of a report.

mod facts;
mod group;
mod reading;
mod solution;
mod summary;
#[cfg(test)]
mod tests;

pub(super) use facts::{doubts, faults, machine, recommendations, verdict};
pub(super) use group::group;
pub(super) use reading::{caution, reading};
pub(super) use solution::solutions;
pub(super) use summary::{accuracy, adapters, crossovers, overview, sizes};
