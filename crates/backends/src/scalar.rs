//! What the libraries ask of a scalar type.

use leastwise_core::Scalar;

/// The scalar types of every library that needs no installation.
pub trait Libraries:
    Scalar
    + leastwise_blocks::AdapterScalar
    + leastwise_faer::AdapterScalar
    + leastwise_nalgebra::AdapterScalar
    + leastwise_ndarray::AdapterScalar
{
}

impl Libraries for f32 {}
impl Libraries for f64 {}
