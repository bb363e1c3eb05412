//! The tests of this crate, as one program.

mod fits;
mod folder;
mod mistakes;
mod ties;
