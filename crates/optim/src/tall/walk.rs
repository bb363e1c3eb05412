//! Who computes the columns of a Jacobian, or the segments of rows and the fixed tree in which their results are merged.
//!
//! The tree follows from the number of rows only, so a result has the same bits for every number of threads.

use leastwise_core::{Result, Scalar, blocks};
use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::LeastSquaresProblem;

/// A problem, and who evaluates it. A program has one copy of what uses it, whatever the types of its problems.
#[derive(Clone, Copy)]
pub(crate) enum Walk<'p, T> {
    /// One thread.
    Alone(&'p dyn LeastSquaresProblem<T>),
    /// The threads of a pool.
    Threads(&'p (dyn LeastSquaresProblem<T> + Sync), &'p ThreadPool),
}

impl<'p, T: Scalar> Walk<'p, T> {
    pub(crate) fn problem(self) -> &'p dyn LeastSquaresProblem<T> {
        match self {
            Self::Alone(problem) => problem,
            Self::Threads(problem, _) => problem,
        }
    }

    /// Calls `task` for each of `count` columns if there are threads for them. Without, the Jacobian evaluates what it needs.
    /// The error of the first column that has one is returned.
    pub(crate) fn share(
        self,
        count: usize,
        task: &(dyn Fn(&dyn LeastSquaresProblem<T>, usize) -> Result<()> + Sync),
    ) -> Result<()> {
        let Self::Threads(problem, pool) = self else {
            return Ok(());
        };
        // Every column runs, because the first error in their order is wanted.
        let columns = (0..count).into_par_iter().with_max_len(1);
        let outcomes: Vec<Result<()>> =
            pool.install(|| columns.map(|col| task(problem, col)).collect());
        outcomes.into_iter().collect()
    }

    /// Calls `leaf` with the position of its first row and its entries of `r`, for each `segment` of entries, and merges the
    /// results. The first error in the order of the rows is returned.
    pub(crate) fn walk<E: Send, R: Send>(
        self,
        r: &mut [E],
        segment: usize,
        leaf: &(impl Fn(&dyn LeastSquaresProblem<T>, usize, &mut [E]) -> Result<R> + Sync),
        merge: &(impl Fn(R, R) -> Result<R> + Sync),
    ) -> Result<R> {
        match self {
            Self::Alone(problem) => {
                let leaf = |first: usize, r: &mut [E]| leaf(problem, first, r);
                tree((0, r), segment, &leaf, merge)
            }
            Self::Threads(problem, pool) => {
                let leaf = |first: usize, r: &mut [E]| leaf(problem, first, r);
                pool.install(|| shared_tree((0, r), segment, &leaf, merge))
            }
        }
    }
}

fn tree<E, R>(
    (first, r): (usize, &mut [E]),
    segment: usize,
    leaf: &impl Fn(usize, &mut [E]) -> Result<R>,
    merge: &impl Fn(R, R) -> Result<R>,
) -> Result<R> {
    let Some(middle) = middle(r.len(), segment) else {
        return leaf(first, r);
    };
    let (left, right) = r.split_at_mut(middle);
    let left = tree((first, left), segment, leaf, merge)?;
    let right = tree((first + middle, right), segment, leaf, merge)?;
    merge(left, right)
}

/// As [`tree`], with both branches at the same time.
fn shared_tree<E: Send, R: Send>(
    (first, r): (usize, &mut [E]),
    segment: usize,
    leaf: &(impl Fn(usize, &mut [E]) -> Result<R> + Sync),
    merge: &(impl Fn(R, R) -> Result<R> + Sync),
) -> Result<R> {
    let Some(middle) = middle(r.len(), segment) else {
        return leaf(first, r);
    };
    let (left, right) = r.split_at_mut(middle);
    let (left, right) = rayon::join(
        || shared_tree((first, left), segment, leaf, merge),
        || shared_tree((first + middle, right), segment, leaf, merge),
    );
    merge(left?, right?)
}

/// The entries of the left branch. `None` for a single segment.
fn middle(entries: usize, segment: usize) -> Option<usize> {
    let segments = entries.div_ceil(segment);
    (segments > 1).then(|| blocks::left_branch(segments) * segment)
}
