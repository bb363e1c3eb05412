//! The tests of this crate as one program, which builds and links faster than many.

mod programs;
mod tables;
