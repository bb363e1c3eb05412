//! Problems from closures, Jacobians from differences, and the check of a Jacobian.

mod by_rows;
mod check_jacobian;
mod difference;
mod differences;
mod finite_differences;
mod jacobian_check;
mod reaction;
mod residual;

pub use check_jacobian::check_jacobian;
pub(crate) use difference::Difference;
pub use finite_differences::FiniteDifferences;
pub use jacobian_check::{JacobianCheck, JacobianEntry, Suspicion};
pub use residual::{ClosureResidual, ResidualFunction, WithoutJacobian};

use leastwise_core::{Result, Scalar};

/// Writes r(x) to `r`, and returns whether x and all entries of r are finite. An entry that the function does
/// not write is NaN, not a value of another point.
fn evaluate<T, P>(function: &P, x: &[T], r: &mut [T]) -> Result<bool>
where
    T: Scalar,
    P: ResidualFunction<T> + ?Sized,
{
    r.fill(T::nan());
    function.residual(x, r)?;
    Ok(are_finite(x, r))
}

fn are_finite<T: Scalar>(x: &[T], r: &[T]) -> bool {
    x.iter().chain(r).all(|value| value.is_finite())
}

/// |xⱼ|, or 1 if xⱼ = 0, because 0 gives no scale for xⱼ.
fn magnitude<T: Scalar>(xj: T) -> T {
    if xj == T::zero() { T::one() } else { xj.abs() }
}
