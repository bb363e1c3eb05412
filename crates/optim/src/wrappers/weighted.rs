//! Weights of residuals.

use leastwise_core::{MatMut, Result, Scalar};

use super::scale_rows;
use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::{Bounds, LeastSquaresProblem, Pilot, RowFunction, RowProblem, Rows, Steps, check};

/// A problem whose residuals are wᵢ·rᵢ, and whose Jacobian is diag(w)·J.
///
/// The loss is Σ wᵢ²·rᵢ² plus the constant of the original problem. **Some packages call wᵢ² a weight**; pass
/// its square root here. If rᵢ has an error of standard deviation σᵢ, [`from_sigmas`](Self::from_sigmas)
/// makes all residuals equally reliable, with errors of 1.
///
/// A weight of 0 removes a residual from the loss, and it is not counted as an observation of a
/// [`Fit`](crate::Fit). A residual that is NaN remains NaN.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_optim::{FiniteDifferences, LeastSquaresProblem, ClosureResidual, Weighted};
///
/// # fn main() -> Result<()> {
/// let distances = ClosureResidual::new(2, 1, |x: &[f64], r: &mut [f64]| {
///     (r[0], r[1]) = (x[0] - 1.0, x[0] - 3.0);
/// })?;
/// let problem = Weighted::from_sigmas(FiniteDifferences::central(distances), &[0.5, 4.0])?;
/// let mut r = [0.0; 2];
/// problem.residual(&[2.0], &mut r)?;
/// assert_eq!(r, [2.0, -0.25]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Weighted<T, P> {
    problem: P,
    weights: Vec<T>,
}

const OPERATION: &str = "Weighted";

impl<T: Scalar, P: LeastSquaresProblem<T>> Weighted<T, P> {
    /// The problem with the residuals wᵢ·rᵢ.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless there are m weights, and
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if one is negative or not
    /// finite.
    pub fn new(problem: P, weights: &[T]) -> Result<Self> {
        check::entries(OPERATION, "weights", problem.residuals(), weights.len())?;
        for (i, &weight) in weights.iter().enumerate() {
            if !(weight >= T::zero() && weight.is_finite()) {
                let detail = format!("must be at least 0 and finite, but entry {i} is {weight}");
                return Err(check::invalid(OPERATION, "weights", detail));
            }
        }
        let weights = weights.to_vec();
        Ok(Self { problem, weights })
    }

    /// The problem with the residuals rᵢ/σᵢ, with the weights wᵢ = 1/σᵢ.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless there are m standard deviations, and
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if one is not positive
    /// and finite, or so small that 1/σᵢ is not finite.
    pub fn from_sigmas(problem: P, sigmas: &[T]) -> Result<Self> {
        check::entries(OPERATION, "sigmas", problem.residuals(), sigmas.len())?;
        let weights: Vec<T> = sigmas.iter().map(|sigma| sigma.recip()).collect();
        for (i, (&sigma, weight)) in sigmas.iter().zip(&weights).enumerate() {
            if !(sigma > T::zero() && sigma.is_finite() && weight.is_finite()) {
                let detail = format!(
                    "must be positive and finite with a finite 1/σ, but entry {i} is {sigma:e}"
                );
                return Err(check::invalid(OPERATION, "sigmas", detail));
            }
        }
        Ok(Self { problem, weights })
    }

    /// The original problem.
    #[must_use]
    pub fn problem(&self) -> &P {
        &self.problem
    }

    /// The weights w.
    #[must_use]
    pub fn weights(&self) -> &[T] {
        &self.weights
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> LeastSquaresProblem<T> for Weighted<T, P> {
    forward! { self => self.problem; parameters, bounds, constant_norm, jacobian_error, jacobian_evaluations, draft_error, evaluate_ahead }

    fn residuals(&self) -> usize {
        self.weights.len()
    }

    fn is_observation(&self, row: usize) -> bool {
        self.weights[row] > T::zero() && self.problem.is_observation(row)
    }

    fn by_rows(&self) -> Option<&dyn RowProblem<T>> {
        self.problem.by_rows().map(|_| self as &dyn RowProblem<T>)
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        check::entries(OPERATION, "x", self.parameters(), x.len())?;
        check::entries(OPERATION, "r", self.residuals(), r.len())?;
        self.problem.residual(x, r)?;
        for (ri, &weight) in r.iter_mut().zip(&self.weights) {
            *ri *= weight;
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
        let (m, n) = (self.weights.len(), self.problem.parameters());
        check::entries(OPERATION, "x", n, x.len())?;
        check::size(OPERATION, "j", (m, n), &j)?;
        self.problem
            .jacobian_with(x, quality, bounds, j.reborrow())?;
        scale_rows(&mut j, &self.weights);
        Ok(())
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> Weighted<T, P> {
    fn rows_of_problem(&self) -> Result<&dyn RowProblem<T>> {
        self.problem.by_rows().ok_or_else(|| {
            let detail = "must evaluate rows on their own".to_owned();
            check::invalid(OPERATION, "problem", detail)
        })
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> RowFunction<T> for Weighted<T, P> {
    fn residual_rows(&self, x: &[T], rows: Rows<'_>, r: &mut [T]) -> Result<()> {
        self.rows_of_problem()?.residual_rows(x, rows, r)?;
        let count = r.len();
        for (ri, &weight) in r.iter_mut().zip(rows.of(&self.weights, count)) {
            *ri *= weight;
        }
        Ok(())
    }

    fn data_sizes_of_rows(&self, rows: Rows<'_>, sizes: &mut [T]) -> bool {
        let Some(problem) = self.problem.by_rows() else {
            return false;
        };
        let is_known = problem.data_sizes_of_rows(rows, sizes);
        let count = sizes.len();
        for (size, &weight) in sizes.iter_mut().zip(rows.of(&self.weights, count)) {
            *size *= weight;
        }
        is_known
    }

    fn is_streamed(&self) -> bool {
        let problem = self.problem.by_rows();
        problem.is_some_and(RowFunction::is_streamed)
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> RowProblem<T> for Weighted<T, P> {
    fn steps(
        &self,
        x: &[T],
        bounds: Option<&Bounds<T>>,
        is_draft: bool,
        pilot: Pilot<'_>,
    ) -> Result<Steps<T>> {
        self.rows_of_problem()?.steps(x, bounds, is_draft, pilot)
    }

    fn jacobian_rows(
        &self,
        x: &[T],
        steps: &Steps<T>,
        rows: Rows<'_>,
        r: &[T],
        mut j: MatMut<'_, T>,
    ) -> Result<()> {
        let problem = self.rows_of_problem()?;
        // A weight of 0 does not give the residual without it.
        let mut without_weights = vec![T::nan(); r.len()];
        problem.residual_rows(x, rows, &mut without_weights)?;
        problem.jacobian_rows(x, steps, rows, &without_weights, j.reborrow())?;
        let weights: Vec<T> = rows.of(&self.weights, r.len()).copied().collect();
        scale_rows(&mut j, &weights);
        Ok(())
    }
}
