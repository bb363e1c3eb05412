//! Stops a run from elsewhere.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Observer, Record};

/// A flag that ends runs between two steps, from another thread, a signal or a user interface.
///
/// Clones share the flag. As an [`Observer`], it ends a run with
/// [`Termination::Observer`](crate::Termination::Observer), and the result is that of the last step. It does
/// not interrupt an evaluation.
///
/// ```
/// use std::thread;
/// use std::time::Duration;
/// use leastwise_faer::Faer;
/// use leastwise_optim::{Cancellation, Curve, FiniteDifferences, Fit, Termination};
///
/// # fn main() -> leastwise_core::Result<()> {
/// let cancellation = Cancellation::new();
/// let watchdog = {
///     let cancellation = cancellation.clone();
///     thread::spawn(move || {
///         thread::sleep(Duration::from_millis(20));
///         cancellation.cancel();
///     })
/// };
///
/// let t = [0.0, 1.0, 2.0, 3.0];
/// let slow = |t: f64, p: &[f64]| {
///     thread::sleep(Duration::from_millis(1));
///     p[0] * (-p[1] * t).exp()
/// };
/// let curve = Curve::new(2, slow, &t, &[5.0, 3.1, 1.8, 1.2])?;
/// let problem = FiniteDifferences::central(curve);
/// let backend = Faer::default();
/// let fitted =
///     Fit::new(&backend).run_observed(&problem, &[1.0, 9.0], &mut [&mut cancellation.clone()])?;
///
/// watchdog.join().expect("it does not panic");
/// assert_eq!(fitted.termination, Termination::Observer);
/// assert!(!fitted.is_success() && fitted.loss.is_finite());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// A flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every run that a clone of this observes. Runs that begin later end at their start.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
