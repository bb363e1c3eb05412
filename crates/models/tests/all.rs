//! The tests of this crate, as one program.

mod derivatives;
mod draws;
mod guesses;
mod search;
mod starts;
