//! The tests of this crate as one program, which builds and links faster than many.

mod check_jacobian;
mod curves;
mod far_starts;
mod more_garbow_hillstrom;
mod nist;
