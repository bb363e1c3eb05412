//! The tests of this crate as one program, because one program builds and links faster than many.

mod broken_backends;
mod certificate;
mod polish;
mod verdict;
mod verdict_limits;
