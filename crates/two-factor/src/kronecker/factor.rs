//! A matrix and its thin singular value decomposition, in storage that is kept.

use leastwise_core::{Backend, Mat, MatRef, Result, Scalar, Svd, Workspace};

/// A = U·diag(s)·Vᵀ with p = min(rows, cols) columns in U and in V.
#[derive(Clone, Debug, Default)]
pub(super) struct ThinSvd<T> {
    /// Of A, or of Aᵀ if A is wide.
    svd: Svd<T>,
    is_wide: bool,
    overwritten: Mat<T>,
    workspace: Workspace,
}

impl<T: Scalar> ThinSvd<T> {
    pub(super) fn factorize<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        a: MatRef<'_, T>,
    ) -> Result<()> {
        self.is_wide = a.rows() < a.cols();
        self.copy(if self.is_wide { a.transpose() } else { a })?;
        let Self {
            svd,
            overwritten,
            workspace,
            ..
        } = self;
        backend.svd_overwriting(overwritten, svd, workspace)
    }

    /// Without the left singular vectors, for A with at least as many rows as columns.
    pub(super) fn factorize_right<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        a: MatRef<'_, T>,
    ) -> Result<()> {
        self.is_wide = false;
        self.copy(a)?;
        let Self {
            svd,
            overwritten,
            workspace,
            ..
        } = self;
        backend.right_svd_overwriting(overwritten, svd, workspace)
    }

    fn copy(&mut self, tall: MatRef<'_, T>) -> Result<()> {
        let (rows, cols) = (tall.rows(), tall.cols());
        self.overwritten.reshape_for_overwrite(rows, cols);
        if tall.columns_are_contiguous() && tall.col_stride() == rows {
            // Faster than entry by entry where matrices are small.
            let entries = &tall.data()[..rows * cols];
            self.overwritten.data_mut().copy_from_slice(entries);
            return Ok(());
        }
        self.overwritten.as_mut().copy_from(tall)
    }

    /// σ₁ ≥ σ₂ ≥ … ≥ 0, p of them.
    pub(super) fn values(&self) -> &[T] {
        &self.svd.s
    }

    pub(super) fn largest(&self) -> T {
        self.svd.s.first().copied().unwrap_or_else(T::zero)
    }

    /// How many singular values exceed `threshold`.
    pub(super) fn rank(&self, threshold: T) -> usize {
        self.svd.s.partition_point(|&s| s > threshold)
    }

    /// The first `count` left singular vectors, one a column.
    pub(super) fn left(&self, count: usize) -> MatRef<'_, T> {
        let vectors = if self.is_wide {
            &self.svd.v
        } else {
            &self.svd.u
        };
        vectors.columns(0, count)
    }

    /// The first `count` right singular vectors, one a column.
    pub(super) fn right(&self, count: usize) -> MatRef<'_, T> {
        let vectors = if self.is_wide {
            &self.svd.u
        } else {
            &self.svd.v
        };
        vectors.columns(0, count)
    }
}
