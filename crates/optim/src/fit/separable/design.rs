//! The data of a separable model, and its sizes.

use leastwise_core::Scalar;

/// What does not depend on the functions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Design<'a, T> {
    /// q.
    pub(super) nonlinear: usize,
    /// p.
    pub(super) linear: usize,
    /// m.
    pub(super) rows: usize,
    pub(super) y: &'a [T],
    pub(super) sigmas: Option<&'a [T]>,
}

impl<'a, T: Scalar> Design<'a, T> {
    /// s.
    pub(super) fn sets(&self) -> usize {
        self.y.len() / self.rows
    }

    /// The number of sets of data that share a matrix of functions, in units of their sigmas. All of them do unless they
    /// have different sigmas.
    pub(super) fn sets_per_block(&self) -> usize {
        match self.sigmas {
            Some(sigmas) if sigmas.len() > self.rows => 1,
            _ => self.sets(),
        }
    }

    /// The standard deviations of a block, if there are any.
    fn sigmas_of_block(&self, block: usize) -> Option<&'a [T]> {
        let m = self.rows;
        self.sigmas
            .map(|sigmas| &sigmas[block * m % sigmas.len()..][..m])
    }

    /// y in units of its standard deviations.
    pub(super) fn weighted_data(&self) -> Vec<T> {
        let mut data = self.y.to_vec();
        if let Some(sigmas) = self.sigmas {
            for set in data.chunks_exact_mut(sigmas.len()) {
                divide(set, sigmas);
            }
        }
        data
    }

    /// Divides columns of m entries by the standard deviations of a block.
    pub(super) fn weigh(&self, columns: &mut [T], block: usize) {
        if let Some(sigmas) = self.sigmas_of_block(block) {
            for column in columns.chunks_exact_mut(self.rows) {
                divide(column, sigmas);
            }
        }
    }
}

fn divide<T: Scalar>(column: &mut [T], sigmas: &[T]) {
    for (entry, &sigma) in column.iter_mut().zip(sigmas) {
        *entry /= sigma;
    }
}
