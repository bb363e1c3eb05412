//! The whole contract of a backend.

use crate::{LeastSquares, MatMul, Scalar};

/// Everything that Leastwise requires of a linear-algebra library, for one scalar type.
///
/// The trait is object-safe. Every type that implements the parts implements it too. Generic code
/// takes `B: Backend<T> + ?Sized`, so that it also accepts a `&dyn Backend<f64>` chosen at run
/// time. The cost of a virtual call is negligible compared with a factorisation.
pub trait Backend<T: Scalar>: MatMul<T> + LeastSquares<T> + Send + Sync {}

impl<T: Scalar, B: MatMul<T> + LeastSquares<T> + Send + Sync + ?Sized> Backend<T> for B {}

/// Converts a backend to `Box<dyn Backend<f32>>` and `Box<dyn Backend<f64>>` with [`From`].
///
/// The conversions are not generic, so the code of the library is compiled once, in the crate of the backend. A crate
/// that passes the backend itself to generic code compiles that code again.
///
/// ```
/// # use leastwise_core::{Backend, boxed_backend};
/// fn names(backend: Box<dyn Backend<f64>>) -> String {
///     backend.info().name.to_owned()
/// }
/// ```
#[macro_export]
macro_rules! boxed_backend {
    ($backend:ty) => {
        impl From<$backend> for Box<dyn $crate::Backend<f32>> {
            fn from(backend: $backend) -> Self {
                Box::new(backend)
            }
        }

        impl From<$backend> for Box<dyn $crate::Backend<f64>> {
            fn from(backend: $backend) -> Self {
                Box::new(backend)
            }
        }
    };
}
