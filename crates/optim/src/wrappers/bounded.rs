//! Bounds of the parameters of any problem.

use leastwise_core::{MatMut, Result, Scalar};

use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::{Bounds, LeastSquaresProblem, ResidualFunction, RowFunction, RowProblem};

/// A problem whose parameters have bounds.
///
/// [`TrustRegion`](crate::levenberg_marquardt::TrustRegion) keeps the bounds. If P computes its Jacobian by
/// [`FiniteDifferences`](crate::FiniteDifferences), the differences keep them as well. If P has bounds itself, both
/// hold. Controls that cannot keep bounds refuse this problem. A [`Fit`](crate::Fit) does not need this type: its
/// [`Parameters`](crate::Parameters) have bounds.
///
/// If P is a [`LeastSquaresProblem`], this is one too. If P is a [`ResidualFunction`], this is one too, for use in
/// [`FiniteDifferences`](crate::FiniteDifferences).
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
/// use leastwise_optim::{Bounded, Bounds, Budget, ClosureResidual, FiniteDifferences, LevenbergMarquardt, minimize};
///
/// # fn main() -> Result<()> {
/// // √x is defined only for x ≥ 0.
/// let root = ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| r[0] = x[0].sqrt() + 1.0)?;
/// let problem = Bounded::new(FiniteDifferences::central(root), Bounds::new(&[0.0], &[4.0])?)?;
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
/// let report = minimize(&mut lm, &problem, &[2.0], &Budget::steps(50), &mut [])?;
/// assert_eq!(report.parameters, [0.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Bounded<T, P> {
    problem: P,
    bounds: Bounds<T>,
}

const OPERATION: &str = "Bounded";

impl<T: Scalar, P> Bounded<T, P> {
    /// `problem` within `bounds`.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless the bounds are for n parameters.
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if `problem` has bounds that leave no room
    /// within these.
    pub fn new(problem: P, bounds: Bounds<T>) -> Result<Self>
    where
        P: LeastSquaresProblem<T>,
    {
        let bounds = bounds.on(OPERATION, problem.parameters(), problem.bounds())?;
        Ok(Self { problem, bounds })
    }

    /// Like [`new`](Self::new), for a residual without a Jacobian.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_function(function: P, bounds: Bounds<T>) -> Result<Self>
    where
        P: ResidualFunction<T>,
    {
        let bounds = bounds.on(OPERATION, function.parameters(), function.bounds())?;
        Ok(Self {
            problem: function,
            bounds,
        })
    }

    /// The original problem.
    #[must_use]
    pub fn problem(&self) -> &P {
        &self.problem
    }
}

impl<T: Scalar, P: ResidualFunction<T>> ResidualFunction<T> for Bounded<T, P> {
    forward! { self => self.problem; residuals, parameters, constant_norm, data_sizes, is_observation, residual }

    fn bounds(&self) -> Option<&Bounds<T>> {
        Some(&self.bounds)
    }

    fn by_rows(&self) -> Option<&dyn RowFunction<T>> {
        self.problem.by_rows()
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> LeastSquaresProblem<T> for Bounded<T, P> {
    forward! { self => self.problem; residuals, parameters, constant_norm, term_norm, is_observation, jacobian_error, jacobian_evaluations, draft_error, residual }

    fn bounds(&self) -> Option<&Bounds<T>> {
        Some(&self.bounds)
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.jacobian_with(x, Quality::Full, None, j)
    }

    fn jacobian_with(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        j: MatMut<'_, T>,
    ) -> Result<()> {
        let bounds = bounds.or(Some(&self.bounds));
        self.problem.jacobian_with(x, quality, bounds, j)
    }

    fn evaluate_ahead(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        col: usize,
    ) -> Result<()> {
        let bounds = bounds.or(Some(&self.bounds));
        self.problem.evaluate_ahead(x, quality, bounds, col)
    }

    /// A caller passes the bounds to the steps of differences.
    fn by_rows(&self) -> Option<&dyn RowProblem<T>> {
        self.problem.by_rows()
    }
}
