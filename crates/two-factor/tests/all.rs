//! The tests of this crate as one program, which builds and links faster than many.

mod linear_net;
mod loops;
mod matrix_free;
#[cfg(feature = "npy")]
mod npy;
mod reduced;
mod reduction;
mod reduction_across;
mod scaled_gradient_descent;
mod two_layer_net;
