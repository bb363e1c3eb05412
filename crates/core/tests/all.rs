//! The tests of this crate as one program, because one program builds and links faster than many.

mod check;
mod factorizations;
mod least_squares;
mod matmul;
mod watched;
