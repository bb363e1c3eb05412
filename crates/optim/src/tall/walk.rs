//! Who computes the columns of a Jacobian, or the segments of rows and the fixed tree in which their results are merged.
//!
//! The tree follows from the number of rows only, so a result has the same bits for every number of threads.

use leastwise_core::{Result, blocks};
use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// Computes the columns of problems of type `P`.
pub(crate) trait Columns<P: ?Sized> {
    /// Calls `task` for each of `count` columns if there are threads for them. The error of the first column that has one is
    /// returned.
    fn share(
        &self,
        problem: &P,
        count: usize,
        task: &(dyn Fn(&P, usize) -> Result<()> + Sync),
    ) -> Result<()>;
}

/// Walks over the rows of problems of type `P`.
pub(crate) trait Walk<P: ?Sized>: Columns<P> {
    /// Calls `leaf` with the position of its first row and its entries of `r`, for each `segment` of entries, and merges the
    /// results. The first error in the order of the rows is returned.
    fn walk<T: Send, R: Send>(
        &self,
        problem: &P,
        r: &mut [T],
        segment: usize,
        leaf: &(impl Fn(&P, usize, &mut [T]) -> Result<R> + Sync),
        merge: &(impl Fn(R, R) -> Result<R> + Sync),
    ) -> Result<R>;
}

/// One thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alone;

/// The threads of a pool.
#[derive(Debug)]
pub(crate) struct Threads(pub(crate) ThreadPool);

/// The Jacobian evaluates what it needs.
impl<P: ?Sized> Columns<P> for Alone {
    fn share(
        &self,
        _problem: &P,
        _count: usize,
        _task: &(dyn Fn(&P, usize) -> Result<()> + Sync),
    ) -> Result<()> {
        Ok(())
    }
}

impl<P: Sync + ?Sized> Columns<P> for Threads {
    fn share(
        &self,
        problem: &P,
        count: usize,
        task: &(dyn Fn(&P, usize) -> Result<()> + Sync),
    ) -> Result<()> {
        // Every column runs, because the first error in their order is wanted.
        let columns = (0..count).into_par_iter().with_max_len(1);
        let outcomes: Vec<Result<()>> = self
            .0
            .install(|| columns.map(|col| task(problem, col)).collect());
        outcomes.into_iter().collect()
    }
}

impl<P: ?Sized> Walk<P> for Alone {
    fn walk<T: Send, R: Send>(
        &self,
        problem: &P,
        r: &mut [T],
        segment: usize,
        leaf: &(impl Fn(&P, usize, &mut [T]) -> Result<R> + Sync),
        merge: &(impl Fn(R, R) -> Result<R> + Sync),
    ) -> Result<R> {
        fn tree<P: ?Sized, T, R>(
            problem: &P,
            (first, r): (usize, &mut [T]),
            segment: usize,
            leaf: &impl Fn(&P, usize, &mut [T]) -> Result<R>,
            merge: &impl Fn(R, R) -> Result<R>,
        ) -> Result<R> {
            let Some(middle) = middle(r.len(), segment) else {
                return leaf(problem, first, r);
            };
            let (left, right) = r.split_at_mut(middle);
            let left = tree(problem, (first, left), segment, leaf, merge)?;
            let right = tree(problem, (first + middle, right), segment, leaf, merge)?;
            merge(left, right)
        }
        tree(problem, (0, r), segment, leaf, merge)
    }
}

impl<P: Sync + ?Sized> Walk<P> for Threads {
    fn walk<T: Send, R: Send>(
        &self,
        problem: &P,
        r: &mut [T],
        segment: usize,
        leaf: &(impl Fn(&P, usize, &mut [T]) -> Result<R> + Sync),
        merge: &(impl Fn(R, R) -> Result<R> + Sync),
    ) -> Result<R> {
        fn tree<P: Sync + ?Sized, T: Send, R: Send>(
            problem: &P,
            (first, r): (usize, &mut [T]),
            segment: usize,
            leaf: &(impl Fn(&P, usize, &mut [T]) -> Result<R> + Sync),
            merge: &(impl Fn(R, R) -> Result<R> + Sync),
        ) -> Result<R> {
            let Some(middle) = middle(r.len(), segment) else {
                return leaf(problem, first, r);
            };
            let (left, right) = r.split_at_mut(middle);
            let (left, right) = rayon::join(
                || tree(problem, (first, left), segment, leaf, merge),
                || tree(problem, (first + middle, right), segment, leaf, merge),
            );
            merge(left?, right?)
        }
        self.0
            .install(|| tree(problem, (0, r), segment, leaf, merge))
    }
}

/// The entries of the left branch. `None` for a single segment.
fn middle(entries: usize, segment: usize) -> Option<usize> {
    let segments = entries.div_ceil(segment);
    (segments > 1).then(|| blocks::left_branch(segments) * segment)
}
