//! Many fits of the same kind: the pixels of an image stack, the wells of a plate, a series of measurements.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use leastwise_core::{Error, Mat, Result, Scalar};
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::builder::{Fit, Work};
use super::{Cancellation, Fitted};
use crate::caught::{OPERATION, caught};
use crate::tall::Walk;
use crate::{Counts, LeastSquaresProblem, Observer, Termination, check};

/// The starts of many fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Starts<'a, T> {
    /// All fits start at the same n parameters.
    Shared(&'a [T]),
    /// Each fit has its own start: n parameters of the first fit, then n of the second, and so on.
    Each(&'a [T]),
    /// The fits form rows of `row` fits, like the pixels of an image. The first fit of a row starts at `first`, which
    /// has n parameters. Every other fit starts at the parameters of the fit before it if that fit succeeded, and at
    /// `first` otherwise. If a fit does not succeed from the parameters of its neighbour, it is run again from `first`.
    ///
    /// One thread fits a whole row, so the results do not depend on the number of threads.
    Neighbour {
        /// The start of the first fit in each row.
        first: &'a [T],
        /// The number of fits in a row.
        row: usize,
    },
}

/// The options of [`Fit::run_many`].
///
/// By default, there is one thread for each processor, no cancellation and no report of progress.
#[derive(Clone, Default)]
pub struct Many<'a> {
    threads: usize,
    cancellation: Option<Cancellation>,
    progress: Option<&'a (dyn Fn(usize) + Sync)>,
}

impl<'a> Many<'a> {
    /// The default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of threads. 0 means one thread for each processor.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Once `cancellation` is [cancelled](Cancellation::cancel), running fits end, and no other fit begins.
    #[must_use]
    pub fn with_cancellation(self, cancellation: &Cancellation) -> Self {
        Self {
            cancellation: Some(cancellation.clone()),
            ..self
        }
    }

    /// After each fit, its thread calls `progress` with the number of fits that have ended. Calls from several threads
    /// may arrive out of order.
    #[must_use]
    pub fn with_progress(self, progress: &'a (dyn Fn(usize) + Sync)) -> Self {
        Self {
            progress: Some(progress),
            ..self
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancellation
            .as_ref()
            .is_some_and(Cancellation::is_cancelled)
    }
}

impl fmt::Debug for Many<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Many")
            .field("threads", &self.threads)
            .field("cancellation", &self.cancellation)
            .field("has_progress", &self.progress.is_some())
            .finish()
    }
}

/// The results of many fits: a row or an entry for each fit, in their order.
///
/// If a fit failed with an error or did not begin, its numbers are NaN.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FittedMany<T> {
    /// The parameters, a row for each fit and a column for each parameter.
    pub parameters: Mat<T>,
    /// Their standard errors, as [`Fitted::standard_errors`].
    pub standard_errors: Mat<T>,
    /// ‖r‖², as [`Fitted::loss`].
    pub losses: Vec<T>,
    /// As [`Fitted::residual_standard_error`].
    pub residual_standard_errors: Vec<T>,
    /// The reason why each fit ended, or its error. A fit that did not begin because of a cancellation has
    /// [`Termination::Observer`].
    pub terminations: Vec<Result<Termination>>,
    /// The numbers of evaluations of each fit.
    pub counts: Vec<Counts>,
}

impl<T: Scalar> FittedMany<T> {
    /// The number of fits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.terminations.len()
    }

    /// Whether there are no fits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terminations.is_empty()
    }

    /// Whether fit `k` has passed a test for a minimum. It is false if there is no fit `k`.
    #[must_use]
    pub fn is_success(&self, k: usize) -> bool {
        matches!(self.terminations.get(k), Some(Ok(reason)) if reason.is_success())
    }

    /// The number of fits that have passed a test for a minimum.
    #[must_use]
    pub fn successes(&self) -> usize {
        (0..self.len()).filter(|&k| self.is_success(k)).count()
    }
}

/// The number of fits that share a work space, if no start depends on another fit.
const BLOCK: usize = 64;

/// The results of one fit. Parameters and standard errors are empty if there are none.
struct One<T> {
    parameters: Vec<T>,
    standard_errors: Vec<T>,
    loss: T,
    residual_standard_error: T,
    termination: Result<Termination>,
    counts: Counts,
}

impl<T: Scalar> One<T> {
    fn without_result(termination: Result<Termination>) -> Self {
        Self {
            parameters: Vec::new(),
            standard_errors: Vec::new(),
            loss: T::nan(),
            residual_standard_error: T::nan(),
            termination,
            counts: Counts::default(),
        }
    }
}

impl<T: Scalar> From<Fitted<T>> for One<T> {
    fn from(fitted: Fitted<T>) -> Self {
        Self {
            standard_errors: fitted.standard_errors().to_vec(),
            loss: fitted.loss,
            residual_standard_error: fitted.residual_standard_error(),
            termination: Ok(fitted.termination),
            counts: fitted.counts,
            parameters: fitted.parameters,
        }
    }
}

/// Fits a problem.
type Run<'a, T> = dyn FnMut(&dyn LeastSquaresProblem<T>) -> Result<Fitted<T>> + 'a;

/// Calls a function with the problem of an index.
type WithProblem<'a, T> = dyn Fn(usize, &mut Run<'_, T>) -> Result<Fitted<T>> + Sync + 'a;

impl<'b, T: Scalar> Fit<'b, T> {
    /// Fits `count` problems, where `problem(k)` is the one with index k. Returns their parameters as columns. Each runs from
    /// one start.
    ///
    /// Each result has the same bits as that of [`run`](Self::run) from the same start, for any number of threads. A fit
    /// that fails, panics or leaves its domain does not stop the others. Its error is in [`FittedMany::terminations`].
    /// Each thread keeps its work space between fits. For bounds or held parameters, give each problem as
    /// [`Bounded`](crate::Bounded) or [`FixedParameters`](crate::FixedParameters).
    ///
    /// ```
    /// use leastwise_faer::Faer;
    /// use leastwise_optim::{Curve, FiniteDifferences, Fit, Many, Starts};
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// // Three decays at the same times.
    /// let t = [0.0, 1.0, 2.0, 3.0, 4.0];
    /// let y = [[5.1, 3.0, 1.9, 1.1, 0.7], [2.0, 1.5, 1.1, 0.8, 0.6], [4.0, 1.5, 0.5, 0.2, 0.1]];
    /// let decay = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp();
    ///
    /// let backend = Faer::default();
    /// let problem = |k: usize| Ok(FiniteDifferences::central(Curve::new(2, decay, &t, &y[k])?));
    /// let fitted =
    ///     Fit::new(&backend).run_many(y.len(), problem, Starts::Shared(&[1.0, 1.0]), &Many::new())?;
    /// assert_eq!(fitted.successes(), 3);
    /// // The rates, a column.
    /// let rates = fitted.parameters.col(1);
    /// assert!(rates[1] < rates[0] && rates[0] < rates[2]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] unless [`Starts::Each`] has the same number of parameters for each fit.
    /// [`Error::InvalidArgument`] if a row of [`Starts::Neighbour`] has no fits, or if the system cannot start the threads.
    /// The errors of single fits are part of the result.
    pub fn run_many<P, F>(
        &self,
        count: usize,
        problem: F,
        starts: Starts<'_, T>,
        many: &Many<'_>,
    ) -> Result<FittedMany<T>>
    where
        P: LeastSquaresProblem<T>,
        F: Fn(usize) -> Result<P> + Sync,
    {
        let with_problem = |k: usize, run: &mut Run<'_, T>| {
            let problem = caught("problem", || problem(k))??;
            run(&problem)
        };
        self.run_each(count, &with_problem, starts, many)
    }

    /// As [`run_many`](Self::run_many), where `with_problem` calls a function with the problem of an index. A program has one
    /// copy of this for all types of problems.
    fn run_each(
        &self,
        count: usize,
        with_problem: &WithProblem<'_, T>,
        starts: Starts<'_, T>,
        many: &Many<'_>,
    ) -> Result<FittedMany<T>> {
        let (n, block) = sizes(count, starts)?;
        let pool = ThreadPoolBuilder::new().num_threads(many.threads).build();
        let pool = pool.map_err(|error| {
            let detail = format!("must be a number of threads that the system can start: {error}");
            check::invalid(OPERATION, "threads", detail)
        })?;
        let ended = AtomicUsize::new(0);
        let run_block = |block: Range<usize>| {
            let mut work = Work::default();
            let mut results: Vec<One<T>> = Vec::with_capacity(block.len());
            for k in block {
                let one = match starts {
                    _ if many.is_cancelled() => One::without_result(Ok(Termination::Observer)),
                    Starts::Shared(start) => self.one(&mut work, with_problem, (k, start), many),
                    Starts::Each(all) => {
                        self.one(&mut work, with_problem, (k, &all[k * n..][..n]), many)
                    }
                    Starts::Neighbour { first, .. } => {
                        let before = results.last().filter(|one| is_success(one));
                        let near = before.map(|one| {
                            self.one(&mut work, with_problem, (k, &one.parameters), many)
                        });
                        match near {
                            Some(one) if is_success(&one) || many.is_cancelled() => one,
                            _ => self.one(&mut work, with_problem, (k, first), many),
                        }
                    }
                };
                results.push(one);
                let ended = ended.fetch_add(1, Ordering::Relaxed) + 1;
                if let Some(progress) = many.progress {
                    progress(ended);
                }
            }
            results
        };
        let blocks = 0..count.div_ceil(block);
        let results: Vec<Vec<One<T>>> = pool.install(|| {
            let ranges = blocks
                .into_par_iter()
                .map(|b| b * block..count.min((b + 1) * block));
            ranges.map(run_block).collect()
        });
        Ok(columns(n, results.into_iter().flatten().collect()))
    }

    /// Runs fit `k` from `start`.
    fn one(
        &self,
        work: &mut Work<'b, T>,
        with_problem: &WithProblem<'_, T>,
        (k, start): (usize, &[T]),
        many: &Many<'_>,
    ) -> One<T> {
        let fitted = with_problem(k, &mut |problem| {
            let mut cancellation = many.cancellation.clone();
            let observer = cancellation
                .as_mut()
                .map(|flag| flag as &mut dyn Observer<T>);
            let mut observers: Vec<_> = observer.into_iter().collect();
            self.run_in(work, Walk::Alone(problem), start.into(), &mut observers)
        });
        match fitted {
            Ok(fitted) => fitted.into(),
            Err(error) => One::without_result(Err(error)),
        }
    }
}

fn is_success<T>(one: &One<T>) -> bool {
    matches!(one.termination, Ok(reason) if reason.is_success())
}

/// The number of parameters, and the number of fits that one thread runs in sequence.
fn sizes<T: Scalar>(count: usize, starts: Starts<'_, T>) -> Result<(usize, usize)> {
    match starts {
        Starts::Shared(start) => Ok((start.len(), BLOCK)),
        Starts::Neighbour { first, row } => {
            let row = check::at_least_one(OPERATION, "row", row)?;
            Ok((first.len(), row))
        }
        Starts::Each(all) => {
            let n = all.len().checked_div(count).unwrap_or(0);
            if n * count != all.len() {
                return Err(Error::Shape {
                    operation: OPERATION,
                    argument: "starts",
                    detail: format!(
                        "must have as many entries for each of {count} fits, but it has {}",
                        all.len()
                    ),
                });
            }
            Ok((n, BLOCK))
        }
    }
}

fn columns<T: Scalar>(n: usize, results: Vec<One<T>>) -> FittedMany<T> {
    let count = results.len();
    let entry = |v: &[T], j: usize| v.get(j).copied().unwrap_or(T::nan());
    FittedMany {
        parameters: Mat::from_fn(count, n, |k, j| entry(&results[k].parameters, j)),
        standard_errors: Mat::from_fn(count, n, |k, j| entry(&results[k].standard_errors, j)),
        losses: results.iter().map(|one| one.loss).collect(),
        residual_standard_errors: results
            .iter()
            .map(|one| one.residual_standard_error)
            .collect(),
        counts: results.iter().map(|one| one.counts).collect(),
        terminations: results.into_iter().map(|one| one.termination).collect(),
    }
}
