//! r, J and the gradient at a point.

use leastwise_core::norm::dot;
use leastwise_core::{Mat, Result, Scalar, norm};

use crate::{Counts, Evaluation, LeastSquaresProblem, check};

/// Buffers that are kept between steps, filled with NaN before the problem writes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Linearization<T> {
    /// m×n
    pub(super) jacobian: Mat<T>,
    /// m×1
    pub(super) residual: Mat<T>,
    /// 2·Jᵀ·r
    pub(super) gradient: Vec<T>,
}

impl<T: Scalar> Linearization<T> {
    /// Makes room, or says that there is none instead of ending the process.
    pub(super) fn init<P: LeastSquaresProblem<T> + ?Sized>(
        &mut self,
        solver: &'static str,
        problem: &P,
    ) -> Result<()> {
        let (m, n) = (problem.residuals(), problem.parameters());
        if m == 0 {
            let detail = format!("must have at least one residual, but its Jacobian is {m}x{n}");
            return Err(check::invalid(solver, "problem", detail));
        }
        let mut storage = std::mem::take(&mut self.jacobian).into_vec();
        storage.clear();
        let reserved = m
            .checked_mul(n)
            .is_some_and(|count| storage.try_reserve_exact(count).is_ok());
        if !reserved {
            let detail = format!("must have a Jacobian that fits into memory, but it is {m}x{n}");
            return Err(check::invalid(solver, "problem", detail));
        }
        storage.resize(m * n, T::zero());
        self.jacobian = Mat::from_col_major(storage, m, n)?;
        self.residual.reshape_for_overwrite(m, 1);
        self.gradient.resize(n, T::zero());
        Ok(())
    }

    pub(super) fn evaluate_residual<P: LeastSquaresProblem<T> + ?Sized>(
        &mut self,
        problem: &P,
        x: &[T],
        counts: &mut Counts,
    ) -> Result<()> {
        self.residual.data_mut().fill(T::nan());
        counts.residuals += 1;
        problem.residual(x, self.residual.data_mut())
    }

    /// J and the gradient, for the residual that is there.
    pub(super) fn evaluate_jacobian<P: LeastSquaresProblem<T> + ?Sized>(
        &mut self,
        problem: &P,
        x: &[T],
        counts: &mut Counts,
    ) -> Result<Evaluation<T>> {
        self.jacobian.data_mut().fill(T::nan());
        counts.jacobians += 1;
        problem.jacobian(x, self.jacobian.as_mut())?;
        let r = self.residual.data();
        let two = T::of(2.0);
        for (j, gj) in self.gradient.iter_mut().enumerate() {
            *gj = two * dot(self.jacobian.col(j), r);
        }
        Ok(Evaluation {
            loss: dot(r, r) + problem.constant_loss(),
            gradient_norm: norm::euclidean(&self.gradient),
        })
    }
}
