//! The crate `rmpfit`: MPFIT, which is MINPACK in C with bounds, ported to Rust.

use leastwise_core::Result;
use rmpfit::{MPConfig, MPError, MPFitter, MPMaxFev, MPPar, MPResult, MPSide, MPSuccess};

use super::shared::{self, Counted, End};
use super::{PeerRun, Task};

const NAME: &str = "peer::rmpfit";

/// Runs `rmpfit`. A tolerance is ftol = xtol, with the smallest gtol that the crate accepts, and without the crate's own
/// limits.
///
/// The defaults are ftol = xtol = gtol = 1e-10, at most 200 iterations, and at most 200·(n + 1) evaluations
/// of the residual and the Jacobian together. m < n is an error.
///
/// ```
/// use leastwise_peers::{Task, rmpfit::minimize};
/// use leastwise_two_factor::TwoLayerNetSpec;
/// let drawn = TwoLayerNetSpec { nsamples: 20, ..TwoLayerNetSpec::default() }.draw::<f64>()?;
/// let task = Task { problem: &drawn.net, start: &drawn.start, max_evaluations: 200, tolerance: None };
/// let run = minimize(&task)?;
/// assert!(run.evaluations <= 200 && run.is_success, "{run:?}");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: C. B. Markwardt, *Non-linear least squares fitting in IDL with MPFIT*, Astronomical Data
/// Analysis Software and Systems XVIII, ASP Conference Series 411 (2009).
///
/// # Errors
/// As [`Task`].
pub fn minimize(task: &Task<'_>) -> Result<PeerRun> {
    let config = match task.tolerance {
        Some(tolerance) => MPConfig {
            ftol: tolerance,
            xtol: tolerance,
            // The crate refuses zero.
            gtol: f64::MIN_POSITIVE,
            max_iter: usize::MAX,
            max_fev: MPMaxFev::NoLimit,
            ..MPConfig::new()
        },
        None => MPConfig::new(),
    };
    shared::run(NAME, task, |counted| {
        let start = task.start;
        let exact = || MPPar {
            side: MPSide::User,
            ..MPPar::new()
        };
        let mut target = Target {
            counted,
            config,
            parameters: start.iter().map(|_| exact()).collect(),
            last: (start.to_vec(), None),
        };
        let mut x = start.to_vec();
        match target.mpfit(&mut x) {
            Ok(status) => End {
                parameters: Some(x),
                is_success: matches!(
                    status.success,
                    MPSuccess::Chi | MPSuccess::Par | MPSuccess::Both | MPSuccess::Dir
                ),
                termination: status.success.to_string(),
            },
            Err(error) => End::failed(&error),
        }
    })
}

/// The problem in the form that the crate needs.
struct Target<'c> {
    counted: &'c Counted<'c>,
    config: MPConfig,
    parameters: Vec<MPPar>,
    /// The last point and its residual. The crate needs this residual again together with a Jacobian.
    last: (Vec<f64>, Option<Vec<f64>>),
}

impl MPFitter for Target<'_> {
    fn eval(&mut self, x: &[f64], r: &mut [f64]) -> MPResult<()> {
        let evaluated = self.counted.residual_into(x, r);
        evaluated.map_err(|_| MPError::Eval)?;
        self.last.0.copy_from_slice(x);
        match &mut self.last.1 {
            Some(kept) => kept.copy_from_slice(r),
            none => *none = Some(r.to_vec()),
        }
        Ok(())
    }

    fn number_of_points(&self) -> usize {
        self.counted.residuals()
    }

    fn config(&self) -> &MPConfig {
        &self.config
    }

    fn parameters(&self) -> &[MPPar] {
        &self.parameters
    }

    fn jacobian(
        &mut self,
        x: &[f64],
        r: &mut [f64],
        columns: &mut [Option<Vec<f64>>],
    ) -> MPResult<()> {
        match &self.last {
            (at, Some(kept)) if at == x => r.copy_from_slice(kept),
            _ => self.eval(x, r)?,
        }
        let j = self.counted.jacobian(x).map_err(|_| MPError::Eval)?;
        for (column, entries) in columns.iter_mut().zip(j.chunks_exact(r.len())) {
            if let Some(column) = column {
                column.copy_from_slice(entries);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check, levenberg_marquardt};

    #[test]
    fn the_wrapper_keeps_its_promises() {
        check::peer(NAME, minimize);
    }

    /// It has as many evaluations as the other port of MINPACK. So no residual is evaluated again with a
    /// Jacobian.
    #[test]
    fn a_residual_that_is_known_is_not_evaluated_again() {
        let tolerance = Some(f64::EPSILON.sqrt());
        let run = check::rosenbrock(minimize, tolerance);
        let port = check::rosenbrock(levenberg_marquardt::minimize, tolerance);
        assert_eq!(run.evaluations, port.evaluations, "{run:?} {port:?}");
    }
}
