//! The tests of this crate as one program: one is built and linked faster than many.

mod own_backend;
