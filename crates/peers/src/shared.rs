//! The parts that the peers share: how evaluations are counted and limited, and how a run ends.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use super::{PeerRun, Task};
use leastwise_core::norm::dot;
use leastwise_core::{Error, MatMut, Result};

/// A problem that counts its evaluations.
pub(super) struct Counted<'p> {
    task: Task<'p>,
    evaluations: Cell<usize>,
    jacobians: Cell<usize>,
    /// The point at which the last Jacobian was evaluated. Some peers do not report their parameters when
    /// they end with an error, but they evaluate a Jacobian at each accepted step.
    accepted: RefCell<Vec<f64>>,
    is_spent: Cell<bool>,
    error: RefCell<Option<Error>>,
}

/// No value is available: the budget is spent, or the problem returned an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no evaluation")
    }
}

impl std::error::Error for Refused {}

impl Counted<'_> {
    pub(super) fn residuals(&self) -> usize {
        self.task.problem.residuals()
    }

    pub(super) fn parameters(&self) -> usize {
        self.task.problem.parameters()
    }

    /// r(x), or a refusal that ends the run if the budget is spent.
    pub(super) fn residual(&self, x: &[f64]) -> Result<Vec<f64>, Refused> {
        let mut r = vec![0.0; self.residuals()];
        self.residual_into(x, &mut r)?;
        Ok(r)
    }

    /// Like [`residual`](Self::residual), for a peer that provides the storage.
    pub(super) fn residual_into(&self, x: &[f64], r: &mut [f64]) -> Result<(), Refused> {
        if self.evaluations.get() == self.task.max_evaluations {
            self.is_spent.set(true);
            return Err(Refused);
        }
        self.evaluations.set(self.evaluations.get() + 1);
        self.keep(self.task.problem.residual(x, r))
    }

    /// J(x), m×n, column by column.
    pub(super) fn jacobian(&self, x: &[f64]) -> Result<Vec<f64>, Refused> {
        let mut j = vec![0.0; self.residuals() * self.parameters()];
        let view = MatMut::from_col_major(&mut j, self.residuals(), self.parameters());
        self.jacobian_into(x, self.keep(view)?)?;
        Ok(j)
    }

    /// Like [`jacobian`](Self::jacobian), for a peer that provides the storage.
    pub(super) fn jacobian_into(&self, x: &[f64], j: MatMut<'_, f64>) -> Result<(), Refused> {
        self.jacobians.set(self.jacobians.get() + 1);
        self.accepted.borrow_mut().copy_from_slice(x);
        self.keep(self.task.problem.jacobian(x, j))
    }

    /// The value. An error is stored, because no peer returns it.
    fn keep<R>(&self, outcome: Result<R>) -> Result<R, Refused> {
        outcome.map_err(|error| {
            self.error.replace(Some(error));
            Refused
        })
    }
}

/// How a peer ended.
pub(super) struct End {
    /// The parameters, or `None` if the peer does not report them.
    pub(super) parameters: Option<Vec<f64>>,
    pub(super) termination: String,
    pub(super) is_success: bool,
}

impl End {
    /// The peer ended with an error instead of parameters.
    pub(super) fn failed(error: &dyn fmt::Display) -> Self {
        Self {
            parameters: None,
            termination: error.to_string(),
            is_success: false,
        }
    }

    fn panicked(payload: &(dyn Any + Send)) -> Self {
        Self::failed(&of_panic(payload))
    }
}

/// The reason of a run that a panic has ended.
pub(super) fn of_panic(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("no message"))
}

/// Runs and times `minimize`. A run that needs more than the largest number of residuals is ended.
///
/// A panic or an error of the peer ends the run without success. The result is then the point at which the
/// last Jacobian was evaluated.
///
/// # Errors
/// As [`Task`].
pub(super) fn run(
    operation: &'static str,
    task: &Task<'_>,
    minimize: impl FnOnce(&Counted<'_>) -> End,
) -> Result<PeerRun> {
    let Task {
        problem,
        start,
        max_evaluations,
        tolerance,
    } = *task;
    if let Some(tolerance) = tolerance
        && !(tolerance > 0.0 && tolerance.is_finite())
    {
        return Err(Error::InvalidArgument {
            operation,
            argument: "tolerance",
            detail: format!("must be positive and finite, but it is {tolerance}"),
        });
    }
    if start.len() != problem.parameters() {
        let (needed, given) = (problem.parameters(), start.len());
        return Err(Error::Shape {
            operation,
            argument: "start",
            detail: format!("must have {needed} entries, but it has {given}"),
        });
    }
    let counted = Counted {
        task: *task,
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
    // A peer reports the refusal as an error of the user's function.
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
