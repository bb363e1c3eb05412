//! Judges answers by the reference solution in extended precision. This is done in the process that started
//! the workers, before anything is timed.

mod judging;
mod known;
mod system;
mod truths;

pub(crate) use known::Known;
pub(crate) use truths::solve;
