//! The crate `rmpfit`: MPFIT, which is MINPACK in C with bounds, ported to Rust.

use leastwise_core::Result;
use leastwise_optim::LeastSquaresProblem;
use rmpfit::{MPConfig, MPError, MPFitter, MPMaxFev, MPPar, MPResult, MPSide, MPSuccess};

use super::PeerRun;
use super::shared::{self, Counted, End};

const NAME: &str = "peer::rmpfit";

/// Minimises ‖r(x)‖² by `rmpfit` with its defaults, from `start` and with at most
/// `max_evaluations` residuals.
///
/// ftol = xtol = gtol = 1e-10, at most 200 iterations, and at most 200·(n + 1) evaluations of the
/// residual and the Jacobian together. m < n is an error.
///
/// ```
/// use leastwise_peers::rmpfit::minimize;
/// use leastwise_two_factor::TwoLayerNetSpec;
/// let drawn = TwoLayerNetSpec { nsamples: 20, ..TwoLayerNetSpec::default() }.draw::<f64>()?;
/// let run = minimize(&drawn.net, &drawn.start, 200)?;
/// assert!(run.evaluations <= 200 && run.is_success, "{run:?}");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: C. B. Markwardt, *Non-linear least squares fitting in IDL with MPFIT*, Astronomical Data
/// Analysis Software and Systems XVIII, ASP Conference Series 411 (2009).
///
/// # Errors
/// [`Error::Shape`](leastwise_core::Error::Shape) if `start` has not the problem's number of
/// parameters, and what the problem reports.
pub fn minimize<P>(problem: &P, start: &[f64], max_evaluations: usize) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    run(MPConfig::new(), problem, start, max_evaluations)
}

/// The same with ftol = xtol = `tolerance`, which is positive, without a limit of its own, and with
/// the least gtol that the crate takes.
///
/// # Errors
/// As [`minimize`], and [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) for a
/// tolerance that is none.
pub fn minimize_to<P>(
    tolerance: f64,
    problem: &P,
    start: &[f64],
    max_evaluations: usize,
) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    shared::check_tolerance(NAME, tolerance)?;
    let config = MPConfig {
        ftol: tolerance,
        xtol: tolerance,
        // Zero is refused.
        gtol: f64::MIN_POSITIVE,
        max_iter: usize::MAX,
        max_fev: MPMaxFev::NoLimit,
        ..MPConfig::new()
    };
    run(config, problem, start, max_evaluations)
}

fn run<P>(config: MPConfig, problem: &P, start: &[f64], max_evaluations: usize) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    shared::run(NAME, problem, start, max_evaluations, |counted| {
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

/// The problem as the crate takes it.
struct Target<'c, 'p, P: ?Sized> {
    counted: &'c Counted<'p, P>,
    config: MPConfig,
    parameters: Vec<MPPar>,
    /// The last point and its residual, which the crate wants again beside a Jacobian.
    last: (Vec<f64>, Option<Vec<f64>>),
}

impl<P> MPFitter for Target<'_, '_, P>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
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
        check::peer_to(NAME, minimize_to);
    }

    /// As often as by the other port of MINPACK, so none is evaluated again beside a Jacobian.
    #[test]
    fn a_residual_that_is_known_is_not_evaluated_again() {
        let tolerance = f64::EPSILON.sqrt();
        let run = check::rosenbrock(|problem, start, budget| {
            minimize_to(tolerance, problem, start, budget)
        });
        let port = check::rosenbrock(|problem, start, budget| {
            levenberg_marquardt::minimize_to(tolerance, problem, start, budget)
        });
        assert_eq!(run.evaluations, port.evaluations, "{run:?} {port:?}");
    }
}
