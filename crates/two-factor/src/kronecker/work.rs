//! Intermediate products of a step.

use leastwise_core::{Backend, Mat, MatRef, Result, Scalar};

use super::products::{product, weigh};

/// Storage of intermediate products.
#[derive(Clone, Debug, Default)]
pub(super) struct Work<T> {
    pub(super) ev: Mat<T>,
    pub(super) n: Mat<T>,
    pub(super) weighted: Mat<T>,
    pub(super) coefficients: Mat<T>,
    pub(super) step1: Mat<T>,
    pub(super) step2: Mat<T>,
    pub(super) inner: Mat<T>,
    pub(super) outer: Mat<T>,
    pub(super) stacked: Mat<T>,
}

impl<T: Scalar> Work<T> {
    /// E·V and N = −Uᵀ·E·V.
    pub(super) fn project<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        e: &Mat<T>,
        u: MatRef<'_, T>,
        v: MatRef<'_, T>,
    ) -> Result<()> {
        product(backend, e.as_ref(), v, &mut self.ev)?;
        product(backend, u.transpose(), self.ev.as_ref(), &mut self.n)?;
        self.n.data_mut().iter_mut().for_each(|n| *n = -*n);
        Ok(())
    }

    /// E·V ← E·V + U·(N weighed entry by entry).
    pub(super) fn add_weighted<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        u: MatRef<'_, T>,
        weight: impl Fn(usize, usize) -> T,
    ) -> Result<()> {
        weigh(&self.n, &mut self.weighted, weight);
        let weighted = self.weighted.as_ref();
        backend.matmul(T::one(), u, weighted, T::one(), self.ev.as_mut())
    }
}
