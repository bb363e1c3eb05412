//! Jacobians from differences of residuals.

use leastwise_core::{MatMut, Result, Scalar};

use super::ResidualFunction;
use super::differences::{Differences, Formula, OPERATION};
use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::ties::Ties;
use crate::wrappers::Tied;
use crate::{Bounds, LeastSquaresProblem, RowProblem, check};

/// A [`LeastSquaresProblem`] that computes its Jacobian from differences of the residual.
///
/// Let η be the relative error of the residual. It is ε unless [`with_noise`](Self::with_noise) sets another.
/// Up to a few roundings, the error of an entry Jᵢⱼ is
///
/// | | Jᵢⱼ | hⱼ at first | truncation | noise | evaluations |
/// |---|---|---|---|---|---|
/// | [`forward`](Self::forward) | (rᵢ(x + hⱼeⱼ) − rᵢ(x))/hⱼ | η^½·\|xⱼ\| | ½hⱼ·\|∂²rᵢ\| | 2η·tᵢ/hⱼ | n + 1 |
/// | [`central`](Self::central) | (rᵢ(x + hⱼeⱼ) − rᵢ(x − hⱼeⱼ))/2hⱼ | η^⅓·\|xⱼ\| | ⅙hⱼ²·\|∂³rᵢ\| | η·tᵢ/hⱼ | 2n |
///
/// with derivatives with respect to xⱼ, and tᵢ = |rᵢ| + |yᵢ| + Σⱼ|Jᵢⱼ·xⱼ|, the size of the terms of rᵢ.
///
/// **Steps follow the residual.** |xⱼ| does not give a scale for xⱼ: it can be 0, or near 0 by chance. The
/// change of r gives the scale. Only rows that change with hⱼ count. Over these rows, let c be the norm of
/// the change of r, t the norm of the tᵢ, and s the norm of |rᵢ| + |yᵢ|. (y is known for a
/// [`Curve`](crate::Curve); otherwise s = t.) Relative to the column, the noise is η·t/c, and the truncation
/// is about c/s (forward) or (c/s)² (central). Their sum is smallest near
///
/// c = s·(η·t/s)^½ or c = s·(η·t/s)^⅓.
///
/// If the c of a step is below a hundredth of that, or above sixteen times that, the step is replaced by one
/// with the right c. In most cases, this takes one or two further evaluations. If no step changes a row by
/// more than its noise, the column is zero. The best step may be beyond 2⁵²·|xⱼ|, its c may still be above
/// sixteen times the right one, or xⱼ may be at a bound. Then the column is zero unless half of this step gives it
/// to a tenth, because such a step can lead past a change of r that is no part of the derivative. If xⱼ = 0, the first
/// step is that of |xⱼ| = 1. The method is homogeneous: other units of r or x change no digit.
///
/// Near a pole, some rows bend so much over a step that truncation is far above noise, although all rows together change as
/// they should. If the residual at x was the last one that was evaluated, as in every fit, `central` sees how each row bends.
/// If the truncation error is above 10⁴ times the noise, a shorter step replaces the first one.
///
/// If the residual at x + hⱼeⱼ is not finite, x is at the edge of the domain. Then `forward` uses x − hⱼeⱼ
/// instead, and `central` uses three points on the side that is finite, for one or two more evaluations.
/// Bounds are such an edge. They come from the [`Parameters`](crate::Parameters) of a fit or from
/// [`Bounded`](crate::Bounded), outside or inside of the differences. Nothing is evaluated beyond them, and if there is
/// no room for hⱼ on either side, hⱼ is reduced. If neither side is finite, the entries are not finite, and a run ends with
/// [`Termination::NonFinite`](crate::Termination::NonFinite).
///
/// **In a fit.** [`TrustRegion`](crate::levenberg_marquardt::TrustRegion) uses central differences only for its last
/// steps, and for what it reports about the end. Before that it uses forward differences, which take n evaluations, and
/// updates, which take none.
///
/// [`Counts::residuals`](crate::Counts::residuals) includes the evaluations. The base point is evaluated
/// again, unless it was the last one. After the first call, nothing is allocated.
///
/// References: P. E. Gill, W. Murray, M. A. Saunders, M. H. Wright, *Computing forward-difference intervals
/// for numerical optimization*, SIAM Journal on Scientific and Statistical Computing 4 (1983), 310–321, for
/// steps that follow the residual; J. E. Dennis, R. B. Schnabel, *Numerical methods for unconstrained
/// optimization and nonlinear equations*, SIAM (1996), section 5.4.
///
/// ```
/// use leastwise_core::{Method, Result};
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, Dense};
/// use leastwise_optim::{Budget, FiniteDifferences, LevenbergMarquardt, ClosureResidual, minimize};
///
/// # fn main() -> Result<()> {
/// let rosenbrock = ClosureResidual::new(2, 2, |x: &[f64], r: &mut [f64]| {
///     (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
/// })?;
/// let problem = FiniteDifferences::forward(rosenbrock);
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Dense::new(&backend, Method::Qr));
/// let report = minimize(&mut lm, &problem, &[-1.2, 1.0], &Budget::steps(100), &mut [])?;
/// assert!((report.parameters[0] - 1.0).abs() < 1e-8);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FiniteDifferences<T: Scalar, P> {
    function: P,
    differences: Differences<T>,
}

impl<T: Scalar, P: ResidualFunction<T>> FiniteDifferences<T, P> {
    /// Forward differences: n + 1 evaluations, and half of the digits.
    #[must_use]
    pub fn forward(function: P) -> Self {
        Self::new(function, Formula::Forward)
    }

    /// Central differences: 2n evaluations, and two thirds of the digits.
    #[must_use]
    pub fn central(function: P) -> Self {
        Self::new(function, Formula::Central)
    }

    fn new(function: P, formula: Formula) -> Self {
        Self {
            function,
            differences: Differences::new(formula, T::EPSILON),
        }
    }

    /// Sets the relative error η of the residual, such as 1e-6 for a model that is solved to six digits. The
    /// steps grow with η.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless ε ≤ η < 1.
    pub fn with_noise(mut self, noise: T) -> Result<Self> {
        if noise < T::EPSILON {
            let detail = format!("must be at least {:e}, but it is {noise:e}", T::EPSILON);
            return Err(check::invalid(OPERATION, "noise", detail));
        }
        self.differences.noise = check::fraction(OPERATION, "noise", noise)?;
        Ok(self)
    }

    /// The residual.
    #[must_use]
    pub fn function(&self) -> &P {
        &self.function
    }

    pub(super) fn differences(&self) -> &Differences<T> {
        &self.differences
    }
}

impl<T: Scalar, P: ResidualFunction<T>> LeastSquaresProblem<T> for FiniteDifferences<T, P> {
    forward! { self => self.function; residuals, parameters, bounds, constant_norm, is_observation }

    /// η^½ or η^⅔: the error that the noise causes with the best step.
    fn jacobian_error(&self) -> T {
        self.differences.error_of(self.differences.formula)
    }

    fn jacobian_evaluations(&self) -> usize {
        self.differences.evaluations()
    }

    fn by_rows(&self) -> Option<&dyn RowProblem<T>> {
        self.function.by_rows().map(|_| self as &dyn RowProblem<T>)
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.differences.residual(&self.function, x, r)
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.jacobian_with(x, Quality::Full, None, j)
    }

    /// A draft is by forward differences.
    fn jacobian_with(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        j: MatMut<'_, T>,
    ) -> Result<()> {
        let formula = self.differences.formula_of(quality);
        self.differences
            .evaluate_jacobian(&self.function, formula, x, bounds, j)
    }

    /// The points of the first step of the column.
    fn evaluate_ahead(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        col: usize,
    ) -> Result<()> {
        self.differences
            .evaluate_ahead(&self.function, x, quality, bounds, col)
    }

    /// Differences of the untied parameters.
    fn tied<'a>(&'a self, ties: &'a Ties<T>) -> Option<Box<dyn LeastSquaresProblem<T> + 'a>> {
        // A type that does not contain P, because ties may be added again.
        let function: &dyn ResidualFunction<T> = &self.function;
        Some(Box::new(FiniteDifferences {
            function: Tied::of_function(function, ties),
            differences: Differences::new(self.differences.formula, self.differences.noise),
        }))
    }

    /// That of forward differences.
    fn draft_error(&self) -> Option<T> {
        Some(self.differences.error_of(Formula::Forward))
    }
}
