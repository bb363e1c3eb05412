//! What the peers share: how evaluations are counted and limited, and how a run ends.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use leastwise_core::norm::dot;
use leastwise_core::{Error, MatMut, Result};
use leastwise_optim::LeastSquaresProblem;

use super::PeerRun;

/// A problem that counts what a peer asks of it.
pub(super) struct Counted<'p, P: ?Sized> {
    problem: &'p P,
    max_evaluations: usize,
    evaluations: Cell<usize>,
    jacobians: Cell<usize>,
    /// Where the last Jacobian was evaluated. Some peers do not say how far they came when they end
    /// with an error, but they ask for a Jacobian where they accept a step.
    accepted: RefCell<Vec<f64>>,
    is_spent: Cell<bool>,
    error: RefCell<Option<Error>>,
}

/// That there is no value: the budget is spent, or the problem has reported an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no evaluation")
    }
}

impl std::error::Error for Refused {}

impl<P> Counted<'_, P>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    pub(super) fn residuals(&self) -> usize {
        self.problem.residuals()
    }

    pub(super) fn parameters(&self) -> usize {
        self.problem.parameters()
    }

    /// r(x), or none beyond the budget, which ends the run.
    pub(super) fn residual(&self, x: &[f64]) -> Result<Vec<f64>, Refused> {
        let mut r = vec![0.0; self.residuals()];
        self.residual_into(x, &mut r)?;
        Ok(r)
    }

    /// The same for a peer that has a place for it.
    pub(super) fn residual_into(&self, x: &[f64], r: &mut [f64]) -> Result<(), Refused> {
        if self.evaluations.get() == self.max_evaluations {
            self.is_spent.set(true);
            return Err(Refused);
        }
        self.evaluations.set(self.evaluations.get() + 1);
        self.keep(self.problem.residual(x, r))
    }

    /// J(x), m×n, column by column.
    pub(super) fn jacobian(&self, x: &[f64]) -> Result<Vec<f64>, Refused> {
        let mut j = vec![0.0; self.residuals() * self.parameters()];
        let view = MatMut::from_col_major(&mut j, self.residuals(), self.parameters());
        self.jacobian_into(x, self.keep(view)?)?;
        Ok(j)
    }

    /// The same for a peer that has a place for it.
    pub(super) fn jacobian_into(&self, x: &[f64], j: MatMut<'_, f64>) -> Result<(), Refused> {
        self.jacobians.set(self.jacobians.get() + 1);
        self.accepted.borrow_mut().copy_from_slice(x);
        self.keep(self.problem.jacobian(x, j))
    }

    /// The value, or the error kept: no peer hands it back.
    fn keep<R>(&self, outcome: Result<R>) -> Result<R, Refused> {
        outcome.map_err(|error| {
            self.error.replace(Some(error));
            Refused
        })
    }
}

/// How a peer ended.
pub(super) struct End {
    /// None if it does not say.
    pub(super) parameters: Option<Vec<f64>>,
    pub(super) termination: String,
    pub(super) is_success: bool,
}

impl End {
    /// With an error instead of parameters.
    pub(super) fn failed(error: &dyn fmt::Display) -> Self {
        Self {
            parameters: None,
            termination: error.to_string(),
            is_success: false,
        }
    }

    fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::failed(&format_args!("panic: {}", text.unwrap_or("no message")))
    }
}

/// Times `minimize`, which must not ask for more than `max_evaluations` residuals to get them all.
///
/// A panic of the peer ends its run without success, as an error of the peer does, where the last
/// Jacobian was evaluated.
///
/// # Errors
/// [`Error::Shape`] if `start` has not the problem's number of parameters, and what the problem
/// reports.
pub(super) fn run<'p, P>(
    operation: &'static str,
    problem: &'p P,
    start: &[f64],
    max_evaluations: usize,
    minimize: impl FnOnce(&Counted<'p, P>) -> End,
) -> Result<PeerRun>
where
    P: LeastSquaresProblem<f64> + ?Sized,
{
    if start.len() != problem.parameters() {
        let (needed, given) = (problem.parameters(), start.len());
        return Err(Error::Shape {
            operation,
            argument: "start",
            detail: format!("must have {needed} entries, but it has {given}"),
        });
    }
    let counted = Counted {
        problem,
        max_evaluations,
        evaluations: Cell::new(0),
        jacobians: Cell::new(0),
        accepted: RefCell::new(start.to_vec()),
        is_spent: Cell::new(false),
        error: RefCell::new(None),
    };
    let clock = Instant::now();
    let end = panic::catch_unwind(AssertUnwindSafe(|| minimize(&counted)));
    let seconds = clock.elapsed().as_secs_f64();
    if let Some(error) = counted.error.into_inner() {
        return Err(error);
    }
    let end = end.unwrap_or_else(|payload| End::panicked(&*payload));
    let accepted = counted.accepted.into_inner();
    let parameters = end.parameters.unwrap_or(accepted);
    let mut residual = vec![0.0; problem.residuals()];
    problem.residual(&parameters, &mut residual)?;
    // A peer calls the refusal an error of the user's function.
    let is_spent = counted.is_spent.get();
    Ok(PeerRun {
        evaluations: counted.evaluations.get(),
        jacobians: counted.jacobians.get(),
        seconds,
        loss: dot(&residual, &residual) + problem.constant_norm().powi(2),
        parameters,
        termination: if is_spent {
            format!("{max_evaluations} evaluations")
        } else {
            end.termination
        },
        is_success: end.is_success && !is_spent,
    })
}

/// # Errors
/// [`Error::InvalidArgument`] if `tolerance` is not positive and finite.
pub(super) fn check_tolerance(operation: &'static str, tolerance: f64) -> Result<()> {
    if tolerance > 0.0 && tolerance.is_finite() {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        operation,
        argument: "tolerance",
        detail: format!("must be positive and finite, but it is {tolerance}"),
    })
}
