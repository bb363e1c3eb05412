//! A robust loss on any problem.

use leastwise_core::{MatMut, Result, Scalar};

use super::scale_rows;
use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::scratch::{Evaluated, Scratch};
use crate::{Bounds, LeastSquaresProblem, RobustLoss, check};

/// A problem with a [`RobustLoss`] instead of squares, written as a least-squares problem.
///
/// The residuals are r̃ᵢ = sign(rᵢ)·s·√ρ(rᵢ²/s²), so that ‖r̃‖² is Σ s²·ρ((rᵢ/s)²). The Jacobian is J̃ =
/// diag(dr̃ᵢ/drᵢ)·J. This is exact, and no weight is held fixed during a step. So the gain ratio, the
/// stopping tests and every step solver keep their meaning, and the loss of a report is the robust loss.
/// Iteratively reweighted least squares takes its weights from the last step instead; they are at least
/// (dr̃ᵢ/drᵢ)². The factors of Newton's method may be negative; see [`RobustLoss::transformed_derivative`].
///
/// If s is in units of the errors, wrap a [`Weighted`](crate::Weighted) problem. Take differences of r, not
/// of r̃, which has a kink with Huber's loss: `Robust::new(loss, FiniteDifferences::central(r))`.
///
/// Losses that are not convex have two properties. First, Tukey's loss gives a residual beyond s a row of
/// zeros. If the start has too many such residuals, J̃ does not have full rank, or is zero. Second, there are
/// several minima. So start from a fit with Huber's loss.
///
/// The constant of the loss does not change. If a reduction of data has mixed the residuals, they do not
/// belong to single samples, and outliers cannot be recognised.
///
/// r is a function only of x. The r of the last x is kept, so that the Jacobian at the same x does not
/// evaluate it again. After the first call, nothing is allocated.
///
/// References: C. Engels, H. Stewénius, D. Nistér, *Bundle adjustment rules*, Photogrammetric
/// Computer Vision (2006); C. Zach, *Robust bundle adjustment revisited*, ECCV (2014), section 2.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
/// use leastwise_optim::{Budget, FiniteDifferences, LevenbergMarquardt, ClosureResidual, minimize};
/// use leastwise_optim::{Robust, RobustLoss};
///
/// # fn main() -> Result<()> {
/// // A line through y = t at 0, 1, 2, 3, and a blunder at 4.
/// let y = [0.0, 1.0, 2.0, 3.0, 1000.0];
/// let line = ClosureResidual::new(5, 2, |x: &[f64], r: &mut [f64]| {
///     for i in 0..5 {
///         r[i] = x[0] + x[1] * i as f64 - y[i];
///     }
/// })?;
/// let problem = Robust::new(RobustLoss::cauchy(1.0)?, FiniteDifferences::central(line));
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
/// let report = minimize(&mut lm, &problem, &[0.0, 0.0], &Budget::steps(100), &mut [])?;
/// assert!((report.parameters[1] - 1.0).abs() < 1e-3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Robust<T: Scalar, P> {
    loss: RobustLoss<T>,
    problem: P,
    last: Scratch<Evaluated<T>>,
    slopes: Scratch<Vec<T>>,
}

const OPERATION: &str = "Robust";

impl<T: Scalar, P> Robust<T, P> {
    /// `problem` with `loss` applied to each residual.
    #[must_use]
    pub fn new(loss: RobustLoss<T>, problem: P) -> Self {
        Self {
            loss,
            problem,
            last: Scratch::default(),
            slopes: Scratch::default(),
        }
    }

    /// The loss.
    #[must_use]
    pub fn loss(&self) -> &RobustLoss<T> {
        &self.loss
    }

    /// The original problem, whose residuals are r.
    #[must_use]
    pub fn problem(&self) -> &P {
        &self.problem
    }

    /// r̃. A value that is not finite is returned unchanged. Tukey's loss would hide that x is outside the
    /// domain.
    fn transformed(&self, r: T) -> T {
        if r.is_finite() {
            self.loss.transformed(r)
        } else {
            r
        }
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> Robust<T, P> {
    /// J ← diag(dr̃ᵢ/drᵢ)·J.
    fn scale(&self, x: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        let mut last = self.last.take();
        if !last.is_at(x) {
            last.r.clear();
            last.r.resize(self.residuals(), T::nan());
            self.problem.residual(x, &mut last.r)?;
            last.x.clear();
            last.x.extend_from_slice(x);
        }
        let mut slopes = self.slopes.take();
        slopes.clear();
        let slope = |&ri: &T| self.loss.transformed_derivative(ri);
        slopes.extend(last.r.iter().map(slope));
        scale_rows(&mut j, &slopes);
        self.slopes.put_back(slopes);
        self.last.put_back(last);
        Ok(())
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> LeastSquaresProblem<T> for Robust<T, P> {
    forward! { self => self.problem; residuals, parameters, bounds, constant_norm, term_norm, is_observation, jacobian_error, jacobian_evaluations, draft_error, evaluate_ahead }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        check::entries(OPERATION, "x", self.parameters(), x.len())?;
        check::entries(OPERATION, "r", self.residuals(), r.len())?;
        self.problem.residual(x, r)?;
        let mut last = self.last.take();
        last.keep(x, r);
        self.last.put_back(last);
        for ri in r {
            *ri = self.transformed(*ri);
        }
        Ok(())
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.jacobian_with(x, Quality::Full, None, j)
    }

    fn jacobian_with(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        mut j: MatMut<'_, T>,
    ) -> Result<()> {
        let (m, n) = (self.residuals(), self.parameters());
        check::entries(OPERATION, "x", n, x.len())?;
        check::size(OPERATION, "j", (m, n), &j)?;
        self.problem
            .jacobian_with(x, quality, bounds, j.reborrow())?;
        self.scale(x, j)
    }
}
