//! Problems whose rows can be evaluated on their own: r and J a block of rows at a time, so that J is never stored.

mod passes;
mod rows;
mod sample;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use passes::{Bad, Layers, Size, Tall};
pub use rows::{RowFunction, RowProblem, Rows, Steps};
pub(crate) use sample::{SIZE as SAMPLE, sample};
pub(crate) use walk::{Alone, Columns, Threads, Walk};
