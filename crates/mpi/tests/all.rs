//! The tests of this crate as one program, which builds and links faster than many.

mod nist;
#[path = "../examples/nist/part.rs"]
mod part;
mod programs;
mod tables;
