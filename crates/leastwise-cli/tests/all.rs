//! The tests of the program.

mod mpi;
