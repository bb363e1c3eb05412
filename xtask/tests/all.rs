//! The tests of this crate as one program, which builds and links faster than many.

mod command_line;
mod compare;
mod fit;
mod kills;
