//! The tests of this crate as one program: one is built and linked faster than many.

mod linear_net;
mod loops;
mod matrix_free;
#[cfg(feature = "npy")]
mod npy;
mod reduced;
mod reduction;
mod scaled_gradient_descent;
mod two_layer_net;
