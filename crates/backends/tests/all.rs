//! The tests of this crate as one program, because one program builds and links faster than many.

mod any_bytes;
mod any_fit;
mod any_formula;
mod any_lstsq;
mod bits;
mod blocks;
mod bounded;
#[cfg(feature = "controls")]
mod controls;
mod draws;
mod evaluations;
mod far_starts;
mod kronecker;
mod laws;
mod minpack;
mod nist;
mod r_overwriting;
mod redundant;
mod restricted_starts;
mod scales;
mod starts;
mod trajectories;
mod triangularize;
mod valleys;
