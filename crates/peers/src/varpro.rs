//! The crate `varpro`: variable projection over the crate `levenberg-marquardt`.

use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use leastwise_core::{Error, Result};
use nalgebra_034::{DMatrix, DVector};
use varpro::model::SeparableModel;
use varpro::prelude::SeparableModelBuilder;
use varpro::problem::SeparableProblemBuilder;
use varpro::solvers::levmar::LevMarSolver;
use varpro::statistics::FitStatistics;

use crate::shared::of_panic;

const NAME: &str = "peer::varpro";

/// Data for a sum of exponential decays with shared lifetimes: yᵢₛ ≈ Σₖ cₖₛ·exp(−tᵢ/τₖ), and a background if there is
/// one.
#[derive(Clone, Copy, Debug)]
pub struct Decays<'d> {
    /// The m times.
    pub times: &'d [f64],
    /// m values for each set of data, one set after the other.
    pub y: &'d [f64],
    /// Whether there is a constant background.
    pub has_background: bool,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct DecayRun {
    /// The lifetimes.
    pub lifetimes: Vec<f64>,
    /// The coefficients of each set, in the order of the functions: the decays, then the background.
    pub coefficients: Vec<f64>,
    /// The wall time of the run and its statistics, without the setup of the model.
    pub seconds: f64,
    /// Whether the crate reports success.
    pub is_success: bool,
    /// Its reason, in its words.
    pub termination: String,
}

/// Runs `varpro` from the lifetimes `start`, as its documentation recommends: a model of its builder with exact
/// derivatives, and its default solver. If there is one set of data, the time includes its statistics, which it has for
/// one set only.
///
/// ```
/// use leastwise_peers::varpro::{Decays, minimize};
/// let times: Vec<f64> = (0..30).map(|i| 0.1 * f64::from(i)).collect();
/// let y: Vec<f64> = times.iter().map(|t| 2.0 * (-t / 0.7).exp() + 0.5).collect();
/// let run = minimize(Decays { times: &times, y: &y, has_background: true }, &[0.3])?;
/// assert!(run.is_success && (run.lifetimes[0] - 0.7).abs() < 1e-9, "{run:?}");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// A panic of the crate ends the run without success and without coefficients, at the start. A decay that is not finite does
/// the same, and does not reach the crate.
///
/// # Errors
/// [`Error::InvalidArgument`] if the crate refuses the model or the data.
pub fn minimize(decays: Decays<'_>, start: &[f64]) -> Result<DecayRun> {
    let begin = Instant::now();
    let run = panic::catch_unwind(AssertUnwindSafe(|| run(decays, start)));
    run.unwrap_or_else(|payload| {
        Ok(DecayRun {
            lifetimes: start.to_vec(),
            coefficients: Vec::new(),
            seconds: begin.elapsed().as_secs_f64(),
            is_success: false,
            termination: of_panic(&*payload),
        })
    })
}

fn run(decays: Decays<'_>, start: &[f64]) -> Result<DecayRun> {
    let model = model(decays, start)?;
    let sets = decays.y.len() / decays.times.len().max(1);
    if sets == 1 {
        let problem = SeparableProblemBuilder::new(model)
            .observations(DVector::from_column_slice(decays.y))
            .build()
            .map_err(|error| refused(&error))?;
        let begin = Instant::now();
        let result = LevMarSolver::default().solve(problem);
        let is_success = result.is_ok();
        let (Ok(fit) | Err(fit)) = result;
        let statistics = is_success.then(|| FitStatistics::try_from(&fit));
        let seconds = begin.elapsed().as_secs_f64();
        // It has no statistics if its matrix is singular, which is no failure of the run.
        drop(statistics);
        let coefficients = fit.linear_coefficients();
        return Ok(DecayRun {
            lifetimes: fit.nonlinear_parameters().as_slice().to_vec(),
            coefficients: coefficients.map_or(Vec::new(), |c| c.iter().copied().collect()),
            seconds,
            is_success,
            termination: format!("{:?}", fit.minimization_report.termination),
        });
    }
    let problem = SeparableProblemBuilder::mrhs(model)
        .observations(DMatrix::from_column_slice(
            decays.times.len(),
            sets,
            decays.y,
        ))
        .build()
        .map_err(|error| refused(&error))?;
    let begin = Instant::now();
    let result = LevMarSolver::default().solve(problem);
    let seconds = begin.elapsed().as_secs_f64();
    let is_success = result.is_ok();
    let (Ok(fit) | Err(fit)) = result;
    let coefficients = fit.linear_coefficients();
    Ok(DecayRun {
        lifetimes: fit.nonlinear_parameters().as_slice().to_vec(),
        coefficients: coefficients.map_or(Vec::new(), |c| c.iter().copied().collect()),
        seconds,
        is_success,
        termination: format!("{:?}", fit.minimization_report.termination),
    })
}

fn refused(error: &dyn std::error::Error) -> Error {
    leastwise_core::check::invalid(NAME, "decays", format!("were refused: {error}"))
}

fn decay(t: &DVector<f64>, tau: f64) -> DVector<f64> {
    let phi = t.map(|t| (-t / tau).exp());
    let is_finite = phi.iter().all(|entry| entry.is_finite());
    assert!(is_finite, "a decay of lifetime {tau} is not finite");
    phi
}

fn decay_by_lifetime(t: &DVector<f64>, tau: f64) -> DVector<f64> {
    t.map(|t| (-t / tau).exp() * t / (tau * tau))
}

fn model(decays: Decays<'_>, start: &[f64]) -> Result<SeparableModel<f64>> {
    let names: Vec<String> = (0..start.len()).map(|k| format!("tau{k}")).collect();
    let mut builder = SeparableModelBuilder::new(names.clone())
        .initial_parameters(start.to_vec())
        .independent_variable(DVector::from_column_slice(decays.times));
    for name in &names {
        builder = builder
            .function([name.clone()], decay)
            .partial_deriv(name, decay_by_lifetime);
    }
    if decays.has_background {
        builder =
            builder.invariant_function(|t: &DVector<f64>| DVector::from_element(t.len(), 1.0));
    }
    builder.build().map_err(|error| refused(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decay_that_overflows_does_not_reach_the_crate() {
        let times = DVector::from_column_slice(&[0.0, 1.0]);
        assert_eq!(decay(&times, 1e-3)[1], 0.0);
        let outcome = panic::catch_unwind(|| decay(&times, -1e-3));
        let message = of_panic(&*outcome.unwrap_err());
        assert!(message.contains("lifetime -0.001"), "{message}");
    }
}
