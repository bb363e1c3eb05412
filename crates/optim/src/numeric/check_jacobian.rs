//! Compares a Jacobian with differences of its residual.

use leastwise_core::{Mat, Result, Scalar};

use super::{JacobianCheck, ResidualFunction, WithoutJacobian, evaluate, magnitude};
use crate::{LeastSquaresProblem, check};

const OPERATION: &str = "check_jacobian";

/// Compares the Jacobian of `problem` at `x` with central differences of its residual.
///
/// Let D(h) = (rᵢ(x + hⱼeⱼ) − rᵢ(x − hⱼeⱼ))/2hⱼ, with hⱼ = ε^⅓·|xⱼ|, or ε^⅓ if xⱼ = 0. The expected value of
/// an entry is
///
/// (4·D(h/2) − D(h))/3 ± (|D(h) − D(h/2)| + 3eᵢ/hⱼ).
///
/// The expansion is D(h) = ∂rᵢ + ⅙h²·∂³rᵢ + O(h⁴). So the first term of the tolerance is larger than the
/// truncation error once h is small compared with the scale of r. eᵢ bounds the error of the computed rᵢ. It
/// is four times the sum of two parts. One is the noise of rᵢ, measured by fourth differences of 17 values on
/// a line through x. The other is u·(|rᵢ| + Σⱼ|Jᵢⱼ·xⱼ|). If a residual is computed to fewer digits, its
/// tolerance is larger, and there is no false alarm. A residual of six digits or fewer is hardly checked.
///
/// Choose an x at which no entry of the residual or its derivatives is zero by chance. Do not choose a start
/// of zeros, or a perfect fit. The check costs one Jacobian and 4n + 18 residuals, and holds a few matrices
/// of m×n.
///
/// # Errors
/// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) for a problem without residuals or
/// parameters, and if `x` is not farther than 4hⱼ from the bounds of the problem, [`Error::Shape`](leastwise_core::Error::Shape) if `x` does not have n entries,
/// [`Error::NonFinite`](leastwise_core::Error::NonFinite) if `x` or the residual at `x` is not finite, and
/// the errors of the problem.
///
/// References: J. J. Moré, B. S. Garbow, K. E. Hillstrom, *User guide for MINPACK-1*, Report ANL-80-74
/// (1980), for MINPACK's `chkder`, which computes one number per residual; J. J. Moré, S. M. Wild,
/// *Estimating computational noise*, SIAM Journal on Scientific Computing 33 (2011), 1292–1314.
///
/// ```
/// use leastwise_core::{MatMut, Result};
/// use leastwise_optim::{ClosureResidual, Suspicion, check_jacobian};
///
/// # fn main() -> Result<()> {
/// let rosenbrock = ClosureResidual::new(2, 2, |x: &[f64], r: &mut [f64]| {
///     (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
/// })?
/// .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
///     (j[(0, 0)], j[(0, 1)]) = (20.0 * x[0], 10.0); // should be −20·x₁
///     (j[(1, 0)], j[(1, 1)]) = (-1.0, 0.0);
/// });
/// let check = check_jacobian(&rosenbrock, &[-1.2, 1.5])?;
/// assert!(!check.is_consistent());
/// assert_eq!((check.worst().row, check.worst().col), (0, 0));
/// assert_eq!(check.suspicion(), Some(Suspicion::Sign));
/// # Ok(())
/// # }
/// ```
pub fn check_jacobian<T, P>(problem: &P, x: &[T]) -> Result<JacobianCheck<T>>
where
    T: Scalar,
    P: LeastSquaresProblem<T> + ?Sized,
{
    let m = check::at_least_one(OPERATION, "residuals", problem.residuals())?;
    let n = check::at_least_one(OPERATION, "parameters", problem.parameters())?;
    check::entries(OPERATION, "x", n, x.len())?;
    check::finite(OPERATION, "x", x)?;
    let function = WithoutJacobian(problem);
    let mut r = vec![T::nan(); m];
    evaluate(&function, x, &mut r)?;
    check::finite(OPERATION, "residual at x", &r)?;

    let mut given = Mat::from_fn(m, n, |_, _| T::nan());
    problem.jacobian(x, given.as_mut())?;
    let steps: Vec<T> = x.iter().map(|&xj| step(xj)).collect();
    if let Some(bounds) = problem.bounds() {
        for side in [T::of(-4.0), T::of(4.0)] {
            let ends: Vec<T> = x
                .iter()
                .zip(&steps)
                .map(|(&xj, &h)| xj + side * h)
                .collect();
            bounds.check(OPERATION, "x ± 4h", &ends)?;
        }
    }
    let wide = central(&function, x, |j| steps[j])?;
    let narrow = central(&function, x, |j| steps[j] / T::of(2.0))?;
    let (three, four) = (T::of(3.0), T::of(4.0));
    let expected = Mat::from_fn(m, n, |i, j| (four * narrow[(i, j)] - wide[(i, j)]) / three);
    let noise = noise(&function, x, &steps)?;
    let errors: Vec<T> = (0..m)
        .map(|i| {
            let moved = x.iter().enumerate().map(|(j, &xj)| expected[(i, j)] * xj);
            let moved: T = moved.map(T::abs).filter(|term| term.is_finite()).sum();
            four * (noise[i] + T::UNIT_ROUNDOFF * (r[i].abs() + moved))
        })
        .collect();
    let tolerance = Mat::from_fn(m, n, |i, j| {
        let truncation = (wide[(i, j)] - narrow[(i, j)]).abs();
        truncation + three * errors[i] / steps[j]
    });
    Ok(JacobianCheck::new(given, expected, tolerance))
}

/// ε^⅓·|xⱼ|, rounded so that xⱼ + h and xⱼ + h/2 are exact.
fn step<T: Scalar>(xj: T) -> T {
    let size = magnitude(xj);
    let half = T::EPSILON.cbrt() * size / T::of(2.0);
    let half = half.max(T::min_positive_value());
    T::of(2.0) * ((size + half) - size)
}

/// (r(x + hⱼeⱼ) − r(x − hⱼeⱼ))/2hⱼ for all j.
fn central<T, P>(function: &P, x: &[T], steps: impl Fn(usize) -> T) -> Result<Mat<T>>
where
    T: Scalar,
    P: ResidualFunction<T>,
{
    let (m, n) = (function.residuals(), x.len());
    let mut point = x.to_vec();
    let mut below = vec![T::nan(); m];
    let mut differences = Mat::from_fn(m, n, |_, _| T::nan());
    for col in 0..n {
        let (high, low) = (x[col] + steps(col), x[col] - steps(col));
        let above = differences.col_mut(col);
        point[col] = high;
        evaluate(function, &point, above)?;
        point[col] = low;
        evaluate(function, &point, &mut below)?;
        point[col] = x[col];
        for (a, &b) in above.iter_mut().zip(&below) {
            *a = (*a - b) / (high - low);
        }
    }
    Ok(differences)
}

/// The largest fourth difference of each residual on a line through x, over √70. For independent errors of
/// standard deviation σ, a fourth difference has the standard deviation √(1 + 16 + 36 + 16 + 1)·σ. For a
/// smooth residual, it is of the order of the fourth power of the spacing. With 9 points instead of 17, the
/// largest is too small once in 200 000 times.
fn noise<T, P>(function: &P, x: &[T], steps: &[T]) -> Result<Vec<T>>
where
    T: Scalar,
    P: ResidualFunction<T>,
{
    const POINTS: i32 = 17;
    let m = function.residuals();
    let mut values = Vec::new();
    for t in 0..POINTS {
        let t = T::of(f64::from(t - POINTS / 2));
        let point: Vec<T> = (0..x.len()).map(|j| x[j] + t * spacing(j, steps)).collect();
        let mut r = vec![T::nan(); m];
        evaluate(function, &point, &mut r)?;
        values.push(r);
    }
    let fourth = |at: &[Vec<T>], i: usize| {
        let outer = at[0][i] + at[4][i] - T::of(4.0) * (at[1][i] + at[3][i]);
        (outer + T::of(6.0) * at[2][i]).abs()
    };
    let largest = |i: usize| {
        let differences = values.windows(5).map(|at| fourth(at, i));
        differences
            .filter(|d| d.is_finite())
            .fold(T::zero(), T::max)
    };
    Ok((0..m).map(|i| largest(i) / T::of(70.0).sqrt()).collect())
}

/// Between ¼ and ½ of the step. It is irregular, so that similar parameters do not move equally, and
/// roundings are not those of round numbers.
fn spacing<T: Scalar>(j: usize, steps: &[T]) -> T {
    const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;
    let fraction = ((j + 1) as f64 * GOLDEN_RATIO).fract();
    steps[j] * T::of(0.25 + 0.25 * fraction)
}
