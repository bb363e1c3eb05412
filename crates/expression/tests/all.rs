//! The tests of this crate, as one program.

mod derivatives;
mod grammar;
mod mistakes;
mod python;
