//! Who computes the segments of rows, and the fixed tree in which their results are merged.
//!
//! The tree follows from the number of rows only, so a result has the same bits for every number of threads.

use leastwise_core::{Result, blocks};
use rayon::ThreadPool;

/// Walks over the rows of problems of type `P`.
pub(crate) trait Walk<P: ?Sized> {
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
