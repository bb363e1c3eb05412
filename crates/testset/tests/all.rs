//! The tests of this crate as one program: one is built and linked faster than many.

mod check_jacobian;
mod curves;
mod far_starts;
mod more_garbow_hillstrom;
mod nist;
