//! The crate `levenberg-marquardt`: MINPACK's algorithm over nalgebra.

use leastwise_core::Result;
use levenberg_marquardt::LevenbergMarquardt;
use nalgebra_034::storage::Owned;
use nalgebra_034::{DMatrix, DVector, Dyn};

use super::shared::{self, Counted, End};
use super::{PeerRun, Task};

const NAME: &str = "peer::levenberg_marquardt";

/// Runs `levenberg_marquardt::LevenbergMarquardt`. A tolerance is ftol = xtol, with gtol = 0.
///
/// The crate follows MINPACK's lmder: QR with column pivoting of the Jacobian, and λ from a trust region in
/// the metric of the scaled columns. An evaluation is a trial step. The crate takes the Jacobian and the
/// residual as new matrices, so every evaluation allocates.
///
/// ```
/// use leastwise_peers::{Task, levenberg_marquardt::minimize};
/// use leastwise_two_factor::TwoLayerNetSpec;
/// let drawn = TwoLayerNetSpec { nsamples: 20, ..TwoLayerNetSpec::default() }.draw::<f64>()?;
/// let task = Task { problem: &drawn.net, start: &drawn.start, max_evaluations: 200, tolerance: None };
/// let run = minimize(&task)?;
/// assert!(run.evaluations <= 200 && run.loss < 1e-20, "{run:?}");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: J. J. Moré, *The Levenberg-Marquardt algorithm: implementation and theory*, Numerical
/// Analysis, Lecture Notes in Mathematics 630 (1978).
///
/// # Errors
/// As [`Task`].
pub fn minimize(task: &Task<'_>) -> Result<PeerRun> {
    shared::run(NAME, task, |counted| {
        let mut optimizer = LevenbergMarquardt::new();
        if let Some(tolerance) = task.tolerance {
            // The crate panics on tolerances that it does not accept.
            optimizer = optimizer
                .with_ftol(tolerance)
                .with_xtol(tolerance)
                .with_gtol(0.0);
        }
        let target = Target {
            counted,
            x: DVector::from_column_slice(task.start),
        };
        let (target, report) = optimizer.minimize(target);
        End {
            parameters: Some(target.x.as_slice().to_vec()),
            termination: format!("{:?}", report.termination),
            is_success: report.termination.was_successful(),
        }
    })
}

/// The problem in the form that the crate needs.
struct Target<'c> {
    counted: &'c Counted<'c>,
    x: DVector<f64>,
}

impl levenberg_marquardt::LeastSquaresProblem<f64, Dyn, Dyn> for Target<'_> {
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, x: &DVector<f64>) {
        self.x.copy_from(x);
    }

    fn params(&self) -> DVector<f64> {
        self.x.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        let residual = self.counted.residual(self.x.as_slice());
        residual.ok().map(DVector::from_vec)
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let (m, n) = (self.counted.residuals(), self.counted.parameters());
        let entries = self.counted.jacobian(self.x.as_slice()).ok()?;
        Some(DMatrix::from_vec(m, n, entries))
    }
}

#[cfg(test)]
mod tests {
    use leastwise_core::Mat;
    use leastwise_core::norm::euclidean;
    use leastwise_optim::LeastSquaresProblem;
    use leastwise_two_factor::TwoLayerNetSpec;

    use super::*;
    use crate::check;

    /// The crate ends when a step is below 30·ε of ‖x‖. Such a step changes r by at most ‖J‖·30·ε·‖x‖. The
    /// residual is zero at a solution.
    #[test]
    fn a_residual_that_can_be_brought_to_zero_is() {
        let spec = TwoLayerNetSpec {
            nsamples: 20,
            ..TwoLayerNetSpec::default()
        };
        let drawn = spec.draw::<f64>().unwrap();
        let task = Task {
            problem: &drawn.net,
            start: &drawn.start,
            max_evaluations: 1000,
            tolerance: None,
        };
        let run = minimize(&task).unwrap();
        let mut j = Mat::zeros(drawn.net.residuals(), drawn.net.parameters());
        drawn.net.jacobian(&run.parameters, j.as_mut()).unwrap();
        let bound = euclidean(j.data()) * 30.0 * f64::EPSILON * euclidean(&run.parameters);
        assert!(run.loss.sqrt() <= bound, "{} of {bound}", run.loss.sqrt());
        assert!(run.jacobians <= run.evaluations && run.seconds > 0.0);
    }

    #[test]
    fn the_wrapper_keeps_its_promises() {
        check::peer(NAME, minimize);
    }
}
