//! The whole contract of a backend.

use std::fmt;

use crate::{LeastSquares, MatMul, Scalar};

/// Everything that Leastwise requires of a linear-algebra library, for one scalar type.
///
/// The trait is object-safe. Every type that implements the parts implements it too. Generic code
/// takes `B: Backend<T> + ?Sized`, so that it also accepts a `&dyn Backend<f64>` chosen at run
/// time. The cost of a virtual call is negligible compared with a factorisation.
pub trait Backend<T: Scalar>: MatMul<T> + LeastSquares<T> + Send + Sync {}

impl<T: Scalar, B: MatMul<T> + LeastSquares<T> + Send + Sync + ?Sized> Backend<T> for B {}

/// The name of the backend.
impl<T: Scalar> fmt::Debug for dyn Backend<T> + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().name)
    }
}

/// Repeats items for `T` = f32 and `T` = f64. A backend that implements the traits this way, and not for a generic `T`, is
/// compiled once, with the code of its library, in its own crate. What uses it does not compile that code again.
///
/// ```
/// # use leastwise_core::for_f32_and_f64;
/// struct Half;
///
/// trait Scale<T> {
///     fn scale(&self, x: T) -> T;
/// }
///
/// for_f32_and_f64! {
///     impl Scale<T> for Half {
///         fn scale(&self, x: T) -> T {
///             0.5 * x
///         }
///     }
/// }
/// assert_eq!((Half.scale(3_f32), Half.scale(3_f64)), (1.5, 1.5));
/// ```
#[macro_export]
macro_rules! for_f32_and_f64 {
    ($($items:tt)*) => {
        const _: () = {
            type T = f32;
            $($items)*
        };
        const _: () = {
            type T = f64;
            $($items)*
        };
    };
}
