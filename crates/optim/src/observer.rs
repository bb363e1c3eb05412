//! Observes a run.

use std::ops::ControlFlow;
use std::time::Duration;

use leastwise_core::Scalar;

use crate::Cancellation;

/// The state of a run after `step` steps.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record<'a, T> {
    /// The number of steps. It is 0 at the start.
    pub step: usize,
    /// The loss.
    pub loss: T,
    /// ‖∇loss‖₂.
    pub gradient_norm: T,
    /// The wall time spent in the optimiser and the problem so far, without the observers.
    pub elapsed: Duration,
    /// The parameters. In a [`Fit`](crate::Fit), those that are free.
    pub parameters: &'a [T],
    /// The radius Δ of a [`TrustRegion`](crate::levenberg_marquardt::TrustRegion) before the next step, in the unit of the
    /// residuals. It is NaN before the first step, and for an optimiser without a radius.
    pub radius: T,
}

/// Sees every record of a run, and may stop the run. This includes the record of the start, and one that is
/// not finite.
///
/// Every closure with this signature is an observer:
///
/// ```
/// use std::ops::ControlFlow;
/// use leastwise_optim::{Observer, Record};
///
/// let mut patience = 3;
/// let mut observer = |record: &Record<'_, f64>| {
///     println!("{} {:e}", record.step, record.loss);
///     patience -= 1;
///     if patience == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// };
/// let _: &mut dyn Observer<f64> = &mut observer;
/// ```
pub trait Observer<T> {
    /// Receives `record`. [`ControlFlow::Break`] stops the run.
    fn observe(&mut self, record: &Record<'_, T>) -> ControlFlow<()>;

    /// The flag of a [`Cancellation`], which also ends runs that are not observed, such as those on a sample.
    fn cancellation(&self) -> Option<Cancellation> {
        None
    }
}

impl<T, F: FnMut(&Record<'_, T>) -> ControlFlow<()>> Observer<T> for F {
    fn observe(&mut self, record: &Record<'_, T>) -> ControlFlow<()> {
        self(record)
    }
}

/// Records losses, gradient norms and times, with one entry for the start and one for each step.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct History<T> {
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    losses: Vec<T>,
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    gradient_norms: Vec<T>,
    seconds: Vec<f64>,
}

impl<T: Scalar> History<T> {
    /// An empty history.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The losses. The last one may not be finite.
    #[must_use]
    pub fn losses(&self) -> &[T] {
        &self.losses
    }

    /// The gradient norms.
    #[must_use]
    pub fn gradient_norms(&self) -> &[T] {
        &self.gradient_norms
    }

    /// The seconds since the start, without observers. The first entry is the time of the first evaluation.
    #[must_use]
    pub fn seconds(&self) -> &[f64] {
        &self.seconds
    }
}

impl<T: Scalar> Observer<T> for History<T> {
    fn observe(&mut self, record: &Record<'_, T>) -> ControlFlow<()> {
        self.losses.push(record.loss);
        self.gradient_norms.push(record.gradient_norm);
        self.seconds.push(record.elapsed.as_secs_f64());
        ControlFlow::Continue(())
    }
}

impl<T> Observer<T> for Cancellation {
    fn observe(&mut self, _: &Record<'_, T>) -> ControlFlow<()> {
        if self.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn cancellation(&self) -> Option<Cancellation> {
        Some(self.clone())
    }
}
