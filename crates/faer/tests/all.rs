//! The tests of this crate as one program, because one program builds and links faster than many.

mod conformance;
mod large_svd;
mod upstream_defects;
