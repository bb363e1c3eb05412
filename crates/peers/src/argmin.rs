//! The crate `argmin`: Gauss-Newton over nalgebra. The crate has no Levenberg-Marquardt.

use argmin::core::{
    Error as ArgminError, Executor, Jacobian, Operator, State, TerminationReason, TerminationStatus,
};
use argmin::solver::gaussnewton::{GaussNewton, GaussNewtonLS};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use leastwise_core::Result;
use leastwise_optim::LeastSquaresProblem;
use nalgebra_034::{DMatrix, DVector};

use super::PeerRun;
use super::shared::{self, Counted, End};

const NAME: &str = "peer::argmin";

/// The length of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The undamped step δ = −(JᵀJ)⁻¹·Jᵀr.
    Full,
    /// The step of Moré and Thuente's line search on [0, 1], as in argmin's own example.
    LineSearch,
}

/// Minimises ‖r(x)‖² by `argmin::solver::gaussnewton` with its defaults, from `start`, with at most
/// `max_evaluations` residuals.
///
/// The crate inverts JᵀJ, and returns an error if JᵀJ is singular. It has converged when ‖r‖ changes by less
/// than √ε, in absolute terms.
///
/// ```
/// use leastwise_peers::argmin::{Step, minimize};
/// use leastwise_testset::more_garbow_hillstrom::LinearFullRank;
/// let run = minimize(Step::Full, &LinearFullRank::new(10, 5)?, &[1.0; 5], 600)?;
/// assert!(run.is_success && (run.loss - 5.0).abs() < 1e-12, "{run:?}");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: the crate names J. Nocedal and S. J. Wright, *Numerical Optimization* (2006), §10.3.
///
/// # Errors
/// [`Error::Shape`](leastwise_core::Error::Shape) if `start` does not have one entry per parameter, and the
/// errors of the problem.
pub fn minimize<P>(
    step: Step,
    problem: &P,
    start: &[f64],
    max_evaluations: usize,
) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    // The default of the crate.
    minimize_to(step, f64::EPSILON.sqrt(), problem, start, max_evaluations)
}

/// Like [`minimize`], with `tolerance` for the absolute change of ‖r‖. It must be positive. The crate has no
/// other convergence test.
///
/// # Errors
/// As [`minimize`], and [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) for an invalid
/// tolerance.
pub fn minimize_to<P>(
    step: Step,
    tolerance: f64,
    problem: &P,
    start: &[f64],
    max_evaluations: usize,
) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    shared::check_tolerance(NAME, tolerance)?;
    shared::run(NAME, problem, start, max_evaluations, |counted| {
        let end = match step {
            Step::Full => full(tolerance, counted, start),
            Step::LineSearch => searched(tolerance, counted, start),
        };
        end.unwrap_or_else(|error| End::failed(&error))
    })
}

fn full<P>(tolerance: f64, counted: &Counted<'_, P>, start: &[f64]) -> Result<End, ArgminError>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    let solver = GaussNewton::new().with_tolerance(tolerance)?;
    let run = Executor::new(Target(counted), solver)
        .configure(|state| state.param(DVector::from_column_slice(start)))
        .timer(false)
        .run()?;
    Ok(end(run.state()))
}

fn searched<P>(tolerance: f64, counted: &Counted<'_, P>, start: &[f64]) -> Result<End, ArgminError>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    let search = MoreThuenteLineSearch::new().with_bounds(0.0, 1.0)?;
    let solver = GaussNewtonLS::new(search).with_tolerance(tolerance)?;
    let run = Executor::new(Target(counted), solver)
        .configure(|state| state.param(DVector::from_column_slice(start)))
        .timer(false)
        .run()?;
    Ok(end(run.state()))
}

fn end<S>(state: &S) -> End
where
    S: State<Param = DVector<f64>>,
{
    let status = state.get_termination_status();
    End {
        parameters: state.get_best_param().map(|x| x.as_slice().to_vec()),
        termination: status.to_string(),
        is_success: *status == TerminationStatus::Terminated(TerminationReason::SolverConverged),
    }
}

/// The problem in the form that the crate needs.
struct Target<'c, 'p, P: ?Sized>(&'c Counted<'p, P>);

impl<P> Operator for Target<'_, '_, P>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    type Param = DVector<f64>;
    type Output = DVector<f64>;

    fn apply(&self, x: &DVector<f64>) -> Result<DVector<f64>, ArgminError> {
        Ok(DVector::from_vec(self.0.residual(x.as_slice())?))
    }
}

impl<P> Jacobian for Target<'_, '_, P>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    type Param = DVector<f64>;
    type Jacobian = DMatrix<f64>;

    fn jacobian(&self, x: &DVector<f64>) -> Result<DMatrix<f64>, ArgminError> {
        let (m, n) = (self.0.residuals(), self.0.parameters());
        Ok(DMatrix::from_vec(m, n, self.0.jacobian(x.as_slice())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn the_wrapper_keeps_its_promises_by_either_step() {
        for step in [Step::Full, Step::LineSearch] {
            check::peer(NAME, |problem, start, budget| {
                minimize(step, problem, start, budget)
            });
            check::peer_to(NAME, |tolerance, problem, start, budget| {
                minimize_to(step, tolerance, problem, start, budget)
            });
        }
    }
}
