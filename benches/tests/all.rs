//! The tests of this crate as one program, which builds and links faster than many.

mod step_allocations;
mod zero_copy;
