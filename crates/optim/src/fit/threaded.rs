//! A fit on several threads.

use leastwise_core::{Result, Scalar};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::builder::{Fit, Work};
use super::{Fitted, Parameters};
use crate::caught::OPERATION;
use crate::tall::Walk;
use crate::{LeastSquaresProblem, Observer, check};

/// A [`Fit`] that evaluates problems on several threads; see [`Fit::with_threads`].
#[derive(Clone, Debug)]
pub struct ThreadedFit<'b, T: Scalar> {
    fit: Fit<'b, T>,
    threads: usize,
}

impl<'b, T: Scalar> Fit<'b, T> {
    /// The same fit on this number of threads; 0 means one for each processor. Set the other options before.
    ///
    /// The model must be [`Sync`]. The result has the same bits for every number of threads, and is that of
    /// [`run`](Self::run).
    ///
    /// **Several starts.** The threads share the starts of [`with_starts`](Self::with_starts).
    ///
    /// **Tall problems.** Residuals, derivatives and factorisations are computed by segments of rows. The segments follow
    /// from the numbers of rows and parameters, and their results are merged in a fixed order. A problem is tall if its rows
    /// can be evaluated on their own ([`by_rows`](LeastSquaresProblem::by_rows)), as those of a [`Curve`](crate::Curve), and
    /// if J has at least 2¹⁸ entries and 64 rows for each column.
    ///
    /// **Other problems.** The threads share the columns of a Jacobian by
    /// [`FiniteDifferences`](crate::FiniteDifferences), whatever residual they are of. This pays if the residual takes 50 µs
    /// or more. Each column evaluates its first differences. If one needs a better step, the search for it follows on one
    /// thread. The evaluations of a Jacobian are kept until it is complete: n or 2n vectors of m numbers. Residuals, exact
    /// derivatives and steps run on one thread.
    ///
    /// ```
    /// use leastwise_faer::Faer;
    /// use leastwise_optim::{Curve, FiniteDifferences, Fit};
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// let t: Vec<f64> = (0..200_000).map(|i| f64::from(i) * 1e-5).collect();
    /// let y: Vec<f64> = t.iter().map(|t| 3.0 * (-t).exp() + 1e-3 * (1e6 * t).sin()).collect();
    /// let decay = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp();
    /// let problem = FiniteDifferences::central(Curve::new(2, decay, &t, &y)?);
    ///
    /// let backend = Faer::default();
    /// let fitted = Fit::new(&backend).with_threads(2).run(&problem, &[1.0, 0.5])?;
    /// assert!(fitted.is_success());
    /// assert!((fitted.parameters[1] - 1.0).abs() < 1e-4);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_threads(self, threads: usize) -> ThreadedFit<'b, T> {
        ThreadedFit { fit: self, threads }
    }
}

impl<T: Scalar> ThreadedFit<'_, T> {
    /// As [`Fit::run`].
    ///
    /// # Errors
    /// As [`Fit::run`]. [`InvalidArgument`](leastwise_core::Error::InvalidArgument) if the system does not provide the
    /// threads.
    pub fn run<P>(&self, problem: &P, start: impl Into<Parameters<T>>) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + Sync + ?Sized,
    {
        self.run_observed(problem, start, &mut [])
    }

    /// As [`Fit::run_observed`].
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_observed<P>(
        &self,
        problem: &P,
        start: impl Into<Parameters<T>>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + Sync + ?Sized,
    {
        let parameters = start.into();
        let pool = self.pool()?;
        let problem: &(dyn LeastSquaresProblem<T> + Sync) = &problem;
        let fitted = if self.fit.starts > 1 {
            self.run_starts(&pool, problem, &parameters, observers)?
        } else {
            let walk = Walk::Threads(problem, &pool);
            let mut work = Work::default();
            self.fit.run_in(&mut work, walk, parameters, observers)?
        };
        Ok(self.fit.with_its_profiles(fitted, |free, profile| {
            let each = free.par_iter().map(|&j| profile(problem, j));
            pool.install(|| each.collect())
        }))
    }

    pub(super) fn fit(&self) -> &Fit<'_, T> {
        &self.fit
    }

    pub(super) fn pool(&self) -> Result<ThreadPool> {
        let pool = ThreadPoolBuilder::new().num_threads(self.threads).build();
        pool.map_err(|error| {
            let detail = format!(
                "must be available, but the system refuses {}: {error}",
                self.threads
            );
            check::invalid(OPERATION, "threads", detail)
        })
    }
}
