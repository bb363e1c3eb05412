//! A matrix with its thin singular value decomposition, in storage that is reused.

use leastwise_core::{Backend, Mat, MatRef, Result, Scalar, Svd, Workspace};

/// A = U·diag(s)·Vᵀ with p = min(rows, cols) columns in U and in V.
#[derive(Clone, Debug, Default)]
pub(super) struct ThinSvd<T> {
    /// The decomposition of A, or of Aᵀ if A is wide.
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

    /// Factorises without the left singular vectors, for A with at least as many rows as columns.
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
            // For small matrices, this is faster than entry by entry.
            let entries = &tall.data()[..rows * cols];
            self.overwritten.data_mut().copy_from_slice(entries);
            return Ok(());
        }
        self.overwritten.as_mut().copy_from(tall)
    }

    /// The singular values σ₁ ≥ σ₂ ≥ … ≥ 0, p of them.
    pub(super) fn values(&self) -> &[T] {
        &self.svd.s
    }

    pub(super) fn largest(&self) -> T {
        self.svd.s.first().copied().unwrap_or_else(T::zero)
    }

    /// The number of singular values above `threshold`.
    pub(super) fn rank(&self, threshold: T) -> usize {
        self.svd.s.partition_point(|&s| s > threshold)
    }

    /// The first `count` left singular vectors, as columns.
    pub(super) fn left(&self, count: usize) -> MatRef<'_, T> {
        let vectors = if self.is_wide {
            &self.svd.v
        } else {
            &self.svd.u
        };
        vectors.columns(0, count)
    }

    /// The first `count` right singular vectors, as columns.
    pub(super) fn right(&self, count: usize) -> MatRef<'_, T> {
        let vectors = if self.is_wide {
            &self.svd.u
        } else {
            &self.svd.v
        };
        vectors.columns(0, count)
    }
}
