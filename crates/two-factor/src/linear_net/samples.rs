//! The samples of a net, and the layout of their features in memory.

use std::ops::Range;

use leastwise_core::{Mat, MatMut, MatRef, Result, Scalar};

/// Which entries of a matrix of features × samples are adjacent in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Layout {
    /// Entries of a sample are adjacent, as libraries expect.
    #[default]
    Samples,
    /// Entries of a feature are adjacent. Then loops over samples can be vectorised, however small the net
    /// is.
    Features,
}

impl Layout {
    /// The first features·samples entries of `data` as a matrix.
    pub(super) fn view<T>(
        self,
        data: &[T],
        features: usize,
        samples: usize,
    ) -> Result<MatRef<'_, T>> {
        match self {
            Self::Samples => MatRef::from_col_major(data, features, samples),
            Self::Features => MatRef::from_row_major(data, features, samples),
        }
    }

    pub(super) fn view_mut<T>(
        self,
        data: &mut [T],
        features: usize,
        samples: usize,
    ) -> Result<MatMut<'_, T>> {
        match self {
            Self::Samples => MatMut::from_col_major(data, features, samples),
            Self::Features => MatMut::from_row_major(data, features, samples),
        }
    }
}

/// A matrix of features × samples.
#[derive(Debug)]
pub(super) struct Samples<T> {
    /// The columns are adjacent. They are samples or features.
    data: Mat<T>,
    layout: Layout,
}

impl<T: Scalar> Samples<T> {
    pub(super) fn new(matrix: Mat<T>, layout: Layout) -> Self {
        let data = match layout {
            Layout::Samples => matrix,
            Layout::Features => matrix.transposed(),
        };
        Self { data, layout }
    }

    pub(super) fn view(&self) -> MatRef<'_, T> {
        match self.layout {
            Layout::Samples => self.data.as_ref(),
            Layout::Features => self.data.as_ref().transpose(),
        }
    }

    /// The samples of `block`.
    pub(super) fn block(&self, block: &Range<usize>) -> Result<MatRef<'_, T>> {
        let (rows, cols) = (self.data.rows(), self.data.cols());
        match self.layout {
            Layout::Samples => {
                let data = &self.data.data()[block.start * rows..];
                MatRef::from_col_major(data, rows, block.len())
            }
            Layout::Features => {
                let data = &self.data.data()[block.start..];
                MatRef::with_strides(data, cols, block.len(), rows, 1)
            }
        }
    }

    /// target ← target − the samples of `block`, where `target` has this layout.
    pub(super) fn subtract_from(&self, target: &mut [T], block: &Range<usize>) {
        let subtract = |target: &mut [T], source: &[T]| {
            for (t, &value) in target.iter_mut().zip(source) {
                *t -= value;
            }
        };
        match self.layout {
            Layout::Samples => {
                let start = block.start * self.data.rows();
                subtract(target, &self.data.data()[start..]);
            }
            Layout::Features => {
                for (i, row) in target.chunks_exact_mut(block.len()).enumerate() {
                    subtract(row, &self.data.col(i)[block.clone()]);
                }
            }
        }
    }
}
