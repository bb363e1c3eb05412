//! The tests of this crate as one program, because one program builds and links faster than many.

mod book;
mod examples;
mod one_line;
