//! The tests of this crate, as one program.

mod fits;
mod folder;
mod guesses;
mod mistakes;
mod ties;
