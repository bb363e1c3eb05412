//! Problems whose rows can be evaluated on their own: r and J a block of rows at a time, so that J is never stored.

mod passes;
mod rows;
mod sample;
mod team;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use passes::{Bad, Evaluated, Layers, Tall};
pub use rows::{Pilot, RowFunction, RowProblem, Rows, Steps};
pub(crate) use sample::{SIZE as SAMPLE, Sample};
pub(crate) use team::{Part, Team};
pub(crate) use walk::Walk;
