//! The tests of this crate as one program, because one program builds and links faster than many.

mod conformance;
mod upstream_defects;
