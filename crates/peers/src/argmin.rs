//! The crate `argmin`: Gauss-Newton over nalgebra. The crate has no Levenberg-Marquardt.

use argmin::core::{
    Error as ArgminError, Executor, Jacobian, Operator, State, TerminationReason, TerminationStatus,
};
use argmin::solver::gaussnewton::{GaussNewton, GaussNewtonLS};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use leastwise_core::Result;
use nalgebra_034::{DMatrix, DVector};

use super::shared::{self, Counted, End};
use super::{PeerRun, Task};

const NAME: &str = "peer::argmin";

/// The length of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The undamped step δ = −(JᵀJ)⁻¹·Jᵀr.
    Full,
    /// The step of Moré and Thuente's line search on [0, 1], as in argmin's own example.
    LineSearch,
}

/// Runs `argmin::solver::gaussnewton`.
///
/// The crate inverts JᵀJ, and returns an error if JᵀJ is singular. It has converged when ‖r‖ changes by less
/// than the tolerance, in absolute terms. The default is √ε. The crate has no other convergence test.
///
/// ```
/// use leastwise_peers::{Task, argmin::{Step, minimize}};
/// use leastwise_testset::more_garbow_hillstrom::LinearFullRank;
/// let problem = &LinearFullRank::new(10, 5)?;
/// let task = Task { problem, start: &[1.0; 5], max_evaluations: 600, tolerance: None };
/// let run = minimize(Step::Full, &task)?;
/// assert!(run.is_success && (run.loss - 5.0).abs() < 1e-12, "{run:?}");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: the crate names J. Nocedal and S. J. Wright, *Numerical Optimization* (2006), §10.3.
///
/// # Errors
/// As [`Task`].
pub fn minimize(step: Step, task: &Task<'_>) -> Result<PeerRun> {
    let tolerance = task.tolerance.unwrap_or(f64::EPSILON.sqrt());
    shared::run(NAME, task, |counted| {
        let end = match step {
            Step::Full => full(tolerance, counted, task.start),
            Step::LineSearch => searched(tolerance, counted, task.start),
        };
        end.unwrap_or_else(|error| End::failed(&error))
    })
}

fn full(tolerance: f64, counted: &Counted<'_>, start: &[f64]) -> Result<End, ArgminError> {
    let solver = GaussNewton::new().with_tolerance(tolerance)?;
    let run = Executor::new(Target(counted), solver)
        .configure(|state| state.param(DVector::from_column_slice(start)))
        .timer(false)
        .run()?;
    Ok(end(run.state()))
}

fn searched(tolerance: f64, counted: &Counted<'_>, start: &[f64]) -> Result<End, ArgminError> {
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
struct Target<'c>(&'c Counted<'c>);

impl Operator for Target<'_> {
    type Param = DVector<f64>;
    type Output = DVector<f64>;

    fn apply(&self, x: &DVector<f64>) -> Result<DVector<f64>, ArgminError> {
        Ok(DVector::from_vec(self.0.residual(x.as_slice())?))
    }
}

impl Jacobian for Target<'_> {
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
            check::peer(NAME, |task| minimize(step, task));
        }
    }
}
