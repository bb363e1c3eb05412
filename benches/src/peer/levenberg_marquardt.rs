//! The crate `levenberg-marquardt`: MINPACK's algorithm over nalgebra.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use leastwise_core::norm::dot;
use leastwise_core::{Error, MatMut, Result};
use leastwise_optim::LeastSquaresProblem;
use levenberg_marquardt::LevenbergMarquardt;
use nalgebra_034::storage::Owned;
use nalgebra_034::{DMatrix, DVector, Dyn};

use super::PeerRun;

/// Minimises ‖r(x)‖² by `levenberg_marquardt::LevenbergMarquardt` with its defaults, from `start`
/// and with at most `max_evaluations` residuals.
///
/// The crate follows MINPACK's lmder: the Jacobian by QR with column pivoting, λ from a trust region
/// in the metric of the scaled columns. An evaluation is a trial step. It hands out the Jacobian and
/// the residual as matrices of their own, so that every one is an allocation.
///
/// ```
/// use leastwise_benches::peer::levenberg_marquardt::minimize;
/// use leastwise_problems::TwoLayerNetSpec;
/// let drawn = TwoLayerNetSpec { nsamples: 20, ..TwoLayerNetSpec::default() }.draw::<f64>()?;
/// let run = minimize(&drawn.net, &drawn.start, 200)?;
/// assert!(run.evaluations <= 200 && run.loss < 1e-20, "{run:?}");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: J. J. Moré, *The Levenberg-Marquardt algorithm: implementation and theory*, Numerical
/// Analysis, Lecture Notes in Mathematics 630 (1978).
///
/// # Errors
/// [`Error::Shape`] if `start` has not the problem's number of parameters, and what the problem
/// reports.
pub fn minimize<P>(problem: &P, start: &[f64], max_evaluations: usize) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    run(LevenbergMarquardt::new(), problem, start, max_evaluations)
}

/// The same with ftol = xtol = `tolerance`, which is positive, and gtol = 0.
///
/// # Errors
/// As [`minimize`].
pub fn minimize_to<P>(
    tolerance: f64,
    problem: &P,
    start: &[f64],
    max_evaluations: usize,
) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    if !(tolerance > 0.0 && tolerance.is_finite()) {
        return Err(Error::InvalidArgument {
            operation: "peer::levenberg_marquardt",
            argument: "tolerance",
            detail: format!("must be positive and finite, but it is {tolerance}"),
        });
    }
    // The crate panics on tolerances that it does not take.
    let optimizer = LevenbergMarquardt::new()
        .with_ftol(tolerance)
        .with_xtol(tolerance);
    run(optimizer.with_gtol(0.0), problem, start, max_evaluations)
}

fn run<P>(
    optimizer: LevenbergMarquardt<f64>,
    problem: &P,
    start: &[f64],
    max_evaluations: usize,
) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    if start.len() != problem.parameters() {
        let (needed, given) = (problem.parameters(), start.len());
        return Err(Error::Shape {
            operation: "peer::levenberg_marquardt",
            argument: "start",
            detail: format!("must have {needed} entries, but it has {given}"),
        });
    }
    let target = Target {
        problem,
        x: DVector::from_column_slice(start),
        max_evaluations,
        evaluations: Cell::new(0),
        jacobians: Cell::new(0),
        error: RefCell::new(None),
    };
    let clock = Instant::now();
    let (target, report) = optimizer.minimize(target);
    let seconds = clock.elapsed().as_secs_f64();
    if let Some(error) = target.error.into_inner() {
        return Err(error);
    }
    let mut residual = vec![0.0; problem.residuals()];
    problem.residual(target.x.as_slice(), &mut residual)?;
    Ok(PeerRun {
        evaluations: target.evaluations.get(),
        jacobians: target.jacobians.get(),
        seconds,
        loss: dot(&residual, &residual) + problem.constant_loss(),
        parameters: target.x.as_slice().to_vec(),
        termination: format!("{:?}", report.termination),
        is_success: report.termination.was_successful(),
    })
}

/// The problem as the crate takes it.
struct Target<'p, P: ?Sized> {
    problem: &'p P,
    x: DVector<f64>,
    max_evaluations: usize,
    evaluations: Cell<usize>,
    jacobians: Cell<usize>,
    error: RefCell<Option<Error>>,
}

impl<P: ?Sized> Target<'_, P> {
    /// The value, or none and the error kept: the crate takes no errors.
    fn keep<R>(&self, outcome: Result<R>) -> Option<R> {
        outcome
            .map_err(|error| self.error.replace(Some(error)))
            .ok()
    }
}

impl<P> levenberg_marquardt::LeastSquaresProblem<f64, Dyn, Dyn> for Target<'_, P>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, x: &DVector<f64>) {
        self.x.copy_from(x);
    }

    fn params(&self) -> DVector<f64> {
        self.x.clone()
    }

    /// None beyond the budget, which ends the run.
    fn residuals(&self) -> Option<DVector<f64>> {
        if self.evaluations.get() == self.max_evaluations {
            return None;
        }
        self.evaluations.set(self.evaluations.get() + 1);
        let mut r = vec![0.0; self.problem.residuals()];
        self.keep(self.problem.residual(self.x.as_slice(), &mut r))?;
        Some(DVector::from_vec(r))
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        self.jacobians.set(self.jacobians.get() + 1);
        let (m, n) = (self.problem.residuals(), self.problem.parameters());
        let mut j = vec![0.0; m * n];
        let view = self.keep(MatMut::from_col_major(&mut j, m, n))?;
        self.keep(self.problem.jacobian(self.x.as_slice(), view))?;
        Some(DMatrix::from_vec(m, n, j))
    }
}

#[cfg(test)]
mod tests {
    use leastwise_core::Mat;
    use leastwise_core::norm::euclidean;
    use leastwise_problems::{TwoLayerNetInstance, TwoLayerNetSpec};

    use super::*;

    fn drawn() -> TwoLayerNetInstance<f64> {
        let spec = TwoLayerNetSpec {
            nsamples: 20,
            ..TwoLayerNetSpec::default()
        };
        spec.draw().unwrap()
    }

    /// The crate ends when a step is below 30·ε of ‖x‖, and such a step changes r by at most
    /// ‖J‖·30·ε·‖x‖; the residual itself is zero at a solution.
    #[test]
    fn a_residual_that_can_be_brought_to_zero_is() {
        let drawn = drawn();
        let run = minimize(&drawn.net, &drawn.start, 1000).unwrap();
        let mut j = Mat::zeros(drawn.net.residuals(), drawn.net.parameters());
        drawn.net.jacobian(&run.parameters, j.as_mut()).unwrap();
        let bound = euclidean(j.data()) * 30.0 * f64::EPSILON * euclidean(&run.parameters);
        assert!(run.loss.sqrt() <= bound, "{} of {bound}", run.loss.sqrt());
        assert!(run.jacobians <= run.evaluations && run.seconds > 0.0);
    }

    #[test]
    fn a_budget_ends_the_run_where_it_is() {
        let drawn = drawn();
        let run = minimize(&drawn.net, &drawn.start, 3).unwrap();
        assert_eq!(run.evaluations, 3);
        let mut r = vec![0.0; drawn.net.residuals()];
        drawn.net.residual(&run.parameters, &mut r).unwrap();
        assert_eq!(run.loss, dot(&r, &r));
        assert!(matches!(
            minimize(&drawn.net, &drawn.start[1..], 3),
            Err(Error::Shape { .. })
        ));
    }
}
