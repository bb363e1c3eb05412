//! The tests of this crate, as one program.

#[cfg(feature = "mpi")]
mod across;
mod fits;
mod folder;
mod guesses;
mod mistakes;
mod ties;
