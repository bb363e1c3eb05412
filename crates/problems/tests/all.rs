//! The tests of this crate as one program: one is built and linked faster than many.

mod check_jacobian;
mod curves;
mod far_starts;
mod linear_net;
mod matrix_free;
mod more_garbow_hillstrom;
mod nist;
#[cfg(feature = "npy")]
mod npy;
mod reduced;
mod two_layer_net;
