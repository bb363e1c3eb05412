//! Levenberg-Marquardt: a control and a step solver.
//!
//! Each step replaces min ‖r(x)‖² over x ∈ ℝⁿ by the linear problem min ‖J·δ + r‖². The [`StepSolver`] solves
//! this problem. The [`Control`] decides how far its solution can be trusted.

mod adaptive;
mod control;
mod dense;
mod linearization;
mod lsmr;
mod matrix_free;
mod step_solver;
mod trust_region;

pub use adaptive::AdaptiveDamping;
pub use control::{Control, FixedStep};
pub use dense::Dense;
pub use lsmr::LsmrStop;
pub use matrix_free::MatrixFree;
pub use step_solver::{DampedStepSolver, StepSolver};
pub use trust_region::{
    BoundedStep, DenseQr, GaussNewton, Limits, Quality, TrustRegion, TrustRegionStepSolver,
};

pub(crate) use trust_region::TallQr;

use leastwise_core::{Result, Scalar};

use crate::{Counts, Evaluation, Optimizer, Progress};

/// Levenberg-Marquardt: a [`Control`] and a [`StepSolver`].
///
/// ```
/// use leastwise_core::{MatMut, Method, Result};
/// use leastwise_optim::levenberg_marquardt::{Dense, FixedStep};
/// use leastwise_optim::{Budget, LeastSquaresProblem, LevenbergMarquardt, minimize};
///
/// /// The intersection of the unit circle and the diagonal.
/// struct Circle;
/// impl LeastSquaresProblem<f64> for Circle {
///     fn residuals(&self) -> usize {
///         2
///     }
///     fn parameters(&self) -> usize {
///         2
///     }
///     fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
///         (r[0], r[1]) = (x[0] * x[0] + x[1] * x[1] - 1.0, x[0] - x[1]);
///         Ok(())
///     }
///     fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
///         (j[(0, 0)], j[(0, 1)]) = (2.0 * x[0], 2.0 * x[1]);
///         (j[(1, 0)], j[(1, 1)]) = (1.0, -1.0);
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let backend = leastwise_faer::Faer::default();
/// let mut lm = LevenbergMarquardt::new(FixedStep::new(1.0)?, Dense::new(&backend, Method::Svd));
/// let report = minimize(&mut lm, &Circle, &[3.0, 0.5], &Budget::steps(20), &mut [])?;
/// assert!(report.parameters.iter().all(|xi| (xi - 0.5f64.sqrt()).abs() < 1e-15));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LevenbergMarquardt<C, S> {
    control: C,
    solver: S,
}

impl<C, S> LevenbergMarquardt<C, S> {
    /// Combines `control` and `solver`.
    #[must_use]
    pub fn new(control: C, solver: S) -> Self {
        Self { control, solver }
    }

    /// The step solver, which has results of the last run.
    #[must_use]
    pub fn solver(&self) -> &S {
        &self.solver
    }

    pub(crate) fn into_parts(self) -> (C, S) {
        (self.control, self.solver)
    }
}

impl<T, P, C, S> Optimizer<T, P> for LevenbergMarquardt<C, S>
where
    T: Scalar,
    P: ?Sized,
    C: Control<T, P, S>,
    S: StepSolver<T, P>,
{
    fn dimension(&self, problem: &P) -> usize {
        self.solver.dimension(problem)
    }

    fn init(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        let bounds = self.solver.bounds(problem);
        self.control.check_start(bounds, x)?;
        self.solver.init(problem)?;
        self.control.prepare(&mut self.solver);
        let evaluation = self.solver.linearize(problem, x, counts)?;
        self.control.init(x, &evaluation);
        Ok(evaluation)
    }

    fn step(&mut self, problem: &P, x: &mut [T], counts: &mut Counts) -> Result<Progress<T>> {
        self.control.step(problem, &mut self.solver, x, counts)
    }

    fn radius(&self) -> Option<T> {
        self.control.radius()
    }
}
