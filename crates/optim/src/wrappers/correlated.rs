//! Data whose errors are correlated.

use leastwise_core::{Backend, Error, Mat, MatMut, MatRef, Result, Scalar};

use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::ties::Ties;
use crate::{Bounds, LeastSquaresProblem, check};

/// A problem whose data have the covariance Σ: the loss is rᵀ·Σ⁻¹·r plus the constant.
///
/// With Σ = L·Lᵀ, the residuals are L⁻¹·r, and the Jacobian is L⁻¹·J. Σ⁻¹ is not formed. For
/// [`Sigma::Relative`](crate::Sigma::Relative), Σ is known up to a factor, as in R's `gls`; a matrix of correlations is
/// enough then. For [`Sigma::Absolute`](crate::Sigma::Absolute), it is known exactly. A diagonal Σ is that of
/// [`Weighted::from_sigmas`](crate::Weighted::from_sigmas), or of [`Curve::with_sigmas`](crate::Curve::with_sigmas).
///
/// A residual is a combination of data, so robust losses do not see outliers in it. L is dense: it takes m² numbers, and
/// each evaluation m² operations for r and for each column of J.
///
/// ```
/// use leastwise_core::MatRef;
/// use leastwise_faer::Faer;
/// use leastwise_optim::{Correlated, Curve, FiniteDifferences, Fit, Sigma};
///
/// # fn main() -> leastwise_core::Result<()> {
/// // The mean of two measurements, of which the second repeats most of the error of the first.
/// let mean = Curve::new(1, |_: f64, p: &[f64]| p[0], &[0.0, 0.0], &[1.0, 2.0])?;
/// let covariance = MatRef::from_row_major(&[1.0, 1.8, 1.8, 4.0], 2, 2)?;
/// let backend = Faer::default();
/// let problem = Correlated::new(&backend, FiniteDifferences::central(mean), covariance)?;
/// let fitted = Fit::new(&backend).with_sigma_scale(Sigma::Absolute).run(&problem, &[1.0])?;
/// // (1ᵀ·Σ⁻¹·y)/(1ᵀ·Σ⁻¹·1) lies outside of the data.
/// assert!((fitted.parameters[0] - (2.2 * 1.0 - 0.8 * 2.0) / 1.4).abs() < 1e-9);
/// # Ok(())
/// # }
/// ```
///
/// Source: Å. Björck, *Numerical Methods for Least Squares Problems*, 2nd ed. (2024), section 4.2.1.
#[derive(Clone, Debug)]
pub struct Correlated<T: Scalar, P> {
    problem: P,
    /// L with rows of length 1.
    factor: Mat<T>,
    /// The lengths of the rows of L: the standard deviations of the data.
    deviations: Vec<T>,
    /// An estimate of how much L⁻¹ enlarges relative errors.
    growth: T,
}

const OPERATION: &str = "Correlated";

impl<T: Scalar, P: LeastSquaresProblem<T>> Correlated<T, P> {
    /// `problem` with data of this `covariance`, m×m, which `backend` factorises. Only its lower triangle is read for L, but
    /// it must be symmetric.
    ///
    /// # Errors
    /// [`Error::Shape`] unless the covariance is m×m, and [`Error::NonFinite`]. [`Error::InvalidArgument`] unless it is
    /// symmetric to rounding, has a positive diagonal, and is positive definite: with rows and columns divided by the
    /// standard deviations, the smallest pivot of Cholesky is above m·ε. Also the errors of the backend.
    pub fn new<B>(backend: &B, problem: P, covariance: MatRef<'_, T>) -> Result<Self>
    where
        B: Backend<T> + ?Sized,
    {
        let m = problem.residuals();
        if (covariance.rows(), covariance.cols()) != (m, m) {
            let detail = format!(
                "must be {m}x{m}, as there are {m} residuals, but it is {}x{}",
                covariance.rows(),
                covariance.cols()
            );
            return Err(Error::Shape {
                operation: OPERATION,
                argument: "covariance",
                detail,
            });
        }
        leastwise_core::norm::max_abs_finite(OPERATION, "covariance", covariance)?;
        let invalid = |detail: String| Err(check::invalid(OPERATION, "covariance", detail));
        let mut deviations = Vec::with_capacity(m);
        for i in 0..m {
            let variance = covariance[(i, i)];
            if variance <= T::zero() {
                return invalid(format!(
                    "must have positive variances, but entry ({i}, {i}) is {variance}"
                ));
            }
            deviations.push(variance.sqrt());
        }
        // Divided twice, because a product of deviations may leave the range.
        let correlation = Mat::from_fn(m, m, |i, j| {
            if i == j {
                T::one()
            } else {
                covariance[(i, j)] / deviations[i] / deviations[j]
            }
        });
        let tolerance = T::of(m as f64) * T::EPSILON;
        for (i, j) in (0..m).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let (lower, upper) = (correlation[(i, j)], correlation[(j, i)]);
            if (lower - upper).abs() > T::of(8.0) * T::EPSILON {
                return invalid(format!(
                    "must be symmetric, but entry ({i}, {j}) is {}, and ({j}, {i}) is {}",
                    covariance[(i, j)],
                    covariance[(j, i)]
                ));
            }
            if lower.abs() > T::one() + T::of(8.0) * T::EPSILON {
                return invalid(format!(
                    "must be positive definite, but the correlation of data {j} and {i} is {lower}"
                ));
            }
        }
        let refused = |pivot: String| {
            invalid(format!(
                "must be positive definite to working precision: with variances of 1, pivots of Cholesky must be above \
                 {tolerance:.1e}, but {pivot}"
            ))
        };
        let factor = match backend.cholesky(correlation.as_ref()) {
            Err(Error::NotPositiveDefinite { .. }) => return refused("one is not".to_owned()),
            factor => factor?,
        };
        let pivots = (0..m).map(|i| factor[(i, i)] * factor[(i, i)]);
        let smallest = pivots.fold(T::infinity(), T::min);
        if !(smallest > tolerance) {
            return refused(format!("the smallest is {smallest:.1e}"));
        }
        Ok(Self {
            problem,
            factor,
            deviations,
            growth: smallest.sqrt().recip(),
        })
    }

    /// The original problem.
    #[must_use]
    pub fn problem(&self) -> &P {
        &self.problem
    }
}

impl<T: Scalar, P> Correlated<T, P> {
    /// v ← L⁻¹·v.
    fn whiten(&self, v: &mut [T]) {
        for (entry, &deviation) in v.iter_mut().zip(&self.deviations) {
            *entry /= deviation;
        }
        // By columns, which are contiguous.
        for j in 0..v.len() {
            let column = self.factor.col(j);
            let solved = v[j] / column[j];
            v[j] = solved;
            for (entry, &l) in v[j + 1..].iter_mut().zip(&column[j + 1..]) {
                *entry -= l * solved;
            }
        }
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> LeastSquaresProblem<T> for Correlated<T, P> {
    forward! { self => self.problem; parameters, bounds, constant_norm, is_observation, jacobian_evaluations, evaluate_ahead }

    fn residuals(&self) -> usize {
        self.deviations.len()
    }

    fn jacobian_error(&self) -> T {
        self.problem.jacobian_error() * self.growth
    }

    fn draft_error(&self) -> Option<T> {
        self.problem.draft_error().map(|error| error * self.growth)
    }

    fn tied<'a>(&'a self, ties: &'a Ties<T>) -> Option<Box<dyn LeastSquaresProblem<T> + 'a>> {
        let problem = self.problem.tied(ties)?;
        Some(Box::new(Correlated {
            problem,
            factor: self.factor.clone(),
            deviations: self.deviations.clone(),
            growth: self.growth,
        }))
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        check::entries(OPERATION, "r", self.residuals(), r.len())?;
        self.problem.residual(x, r)?;
        self.whiten(r);
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
        check::size(OPERATION, "j", (self.residuals(), self.parameters()), &j)?;
        self.problem
            .jacobian_with(x, quality, bounds, j.reborrow())?;
        let mut copy = vec![T::zero(); self.residuals()];
        for col in 0..j.cols() {
            if let Some(column) = j.try_col_mut(col) {
                self.whiten(column);
                continue;
            }
            for (row, entry) in copy.iter_mut().enumerate() {
                *entry = j[(row, col)];
            }
            self.whiten(&mut copy);
            for (row, &entry) in copy.iter().enumerate() {
                j[(row, col)] = entry;
            }
        }
        Ok(())
    }
}
