//! The whole contract of a backend.

use crate::{LeastSquares, MatMul, Scalar};

/// Everything that Leastwise requires of a linear-algebra library, for one scalar type.
///
/// The trait is object-safe. Every type that implements the parts implements it too. Generic code
/// takes `B: Backend<T> + ?Sized`, so that it also accepts a `&dyn Backend<f64>` chosen at run
/// time. The cost of a virtual call is negligible compared with a factorisation.
pub trait Backend<T: Scalar>: MatMul<T> + LeastSquares<T> + Send + Sync {}

impl<T: Scalar, B: MatMul<T> + LeastSquares<T> + Send + Sync + ?Sized> Backend<T> for B {}
