//! The factors at a point.

use leastwise_core::{Backend, Mat, MatRef, Result, Scalar, norm};

use super::inputs::Inputs;
use super::products::{product, weigh};

/// W₁, Ŵ₂, Ŵ₂·S, F and E at the parameters x.
#[derive(Clone, Debug, Default)]
pub(super) struct Point<T> {
    pub(super) x: Vec<T>,
    /// ‖F‖²
    pub(super) loss: T,
    pub(super) w1: Mat<T>,
    pub(super) w2: Mat<T>,
    pub(super) scaled_w2: Mat<T>,
    pub(super) f: Mat<T>,
    pub(super) e: Mat<T>,
}

impl<T: Scalar> Point<T> {
    /// Evaluates everything except E at the parameters `x`.
    pub(super) fn evaluate<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        inputs: &Inputs<T>,
        (m, k, n): (usize, usize, usize),
        x: &[T],
    ) -> Result<()> {
        // If an error occurs, the values here belong to no point.
        self.x.clear();
        let (w1, w2) = x.split_at(m * k);
        self.w1.reshape_for_overwrite(m, k);
        self.w1.data_mut().copy_from_slice(w1);
        let w2 = MatRef::from_col_major(w2, k, n)?;
        product(backend, w2, inputs.basis.as_ref(), &mut self.w2)?;
        weigh(&self.w2, &mut self.scaled_w2, |_, j| inputs.s[j]);
        let target = &inputs.negative_target;
        self.f.reshape_for_overwrite(m, target.cols());
        self.f.data_mut().copy_from_slice(target.data());
        let (w1, scaled_w2) = (self.w1.as_ref(), self.scaled_w2.as_ref());
        backend.matmul(T::one(), w1, scaled_w2, T::one(), self.f.as_mut())?;
        self.loss = norm::squared(self.f.data());
        self.x.extend_from_slice(x);
        Ok(())
    }
}
