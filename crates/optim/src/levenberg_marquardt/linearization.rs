//! r, J and the gradient at a point.

use leastwise_core::norm::dot;
use leastwise_core::{Mat, MatMut, Result, Scalar, norm};

use crate::{Counts, Evaluation, LeastSquaresProblem, check, power, scratch};

/// Buffers that are kept between steps. They are filled with NaN before the problem writes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Linearization<T> {
    /// The Jacobian, m×n.
    pub(super) jacobian: Mat<T>,
    /// The residual, m×1.
    pub(super) residual: Mat<T>,
    /// The gradient 2·Jᵀ·r.
    pub(super) gradient: Vec<T>,
    /// r and J are in units of 2^exponent. The gradient and the loss are in units of 4^exponent.
    pub(super) exponent: i32,
}

impl<T: Scalar> Linearization<T> {
    /// Allocates. If there is not enough memory, it returns an error instead of ending the process.
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
        scratch::refill(&mut self.gradient, n, T::zero());
        self.exponent = 0;
        Ok(())
    }

    /// Evaluates r at `x`, in the units of the last linearisation.
    pub(super) fn evaluate_residual<P: LeastSquaresProblem<T> + ?Sized>(
        &mut self,
        problem: &P,
        x: &[T],
        counts: &mut Counts,
    ) -> Result<()> {
        self.residual.data_mut().fill(T::nan());
        counts.residuals += 1;
        problem.residual(x, self.residual.data_mut())?;
        power::scale(self.residual.data_mut(), -self.exponent);
        Ok(())
    }

    /// Evaluates J and the gradient for the current residual.
    pub(super) fn evaluate_jacobian<P: LeastSquaresProblem<T> + ?Sized>(
        &mut self,
        problem: &P,
        x: &[T],
        counts: &mut Counts,
    ) -> Result<Evaluation<T>> {
        self.evaluate_jacobian_by(problem, counts, |j| problem.jacobian(x, j))
    }

    /// The same with a J that `evaluate` writes.
    pub(super) fn evaluate_jacobian_by<P: LeastSquaresProblem<T> + ?Sized>(
        &mut self,
        problem: &P,
        counts: &mut Counts,
        evaluate: impl FnOnce(MatMut<'_, T>) -> Result<()>,
    ) -> Result<Evaluation<T>> {
        self.jacobian.data_mut().fill(T::nan());
        counts.jacobians += 1;
        let before = problem.jacobian_evaluations();
        evaluate(self.jacobian.as_mut())?;
        counts.residuals += problem.jacobian_evaluations() - before;
        power::scale(self.jacobian.data_mut(), -self.exponent);
        Ok(self.evaluation(problem))
    }

    /// The gradient and the loss, for the residual and the J that are there.
    pub(super) fn evaluation<P: LeastSquaresProblem<T> + ?Sized>(
        &mut self,
        problem: &P,
    ) -> Evaluation<T> {
        let r = self.residual.data();
        let two = T::of(2.0);
        for (j, gj) in self.gradient.iter_mut().enumerate() {
            *gj = two * dot(self.jacobian.col(j), r);
        }
        let constant = power::times(problem.constant_norm(), -self.exponent);
        Evaluation {
            loss: dot(r, r) + constant * constant,
            gradient_norm: norm::euclidean(&self.gradient),
            exponent: self.exponent,
        }
    }

    /// Takes the largest residual as the unit if squares would come near the ends of the range of `T`. It is
    /// called between the residual and the Jacobian.
    pub(super) fn choose_unit<P: LeastSquaresProblem<T> + ?Sized>(&mut self, problem: &P) {
        let constant = power::times(problem.constant_norm(), -self.exponent);
        let most = power::exponent(T::max_value());
        let r = self.residual.data();
        // One pass that can be vectorised: max² ≤ ‖r‖² ≤ m·max².
        let square = dot(r, r);
        let end = T::of(2.0).powi(2 * (most / 10));
        if square >= T::of(r.len() as f64) / end && square.max(constant * constant) < end {
            return;
        }
        let size = r.iter().fold(constant, |largest, r| largest.max(r.abs()));
        let before = self.exponent;
        if self.takes_unit_of(size) {
            power::scale(self.residual.data_mut(), before - self.exponent);
        }
    }

    /// The same, for the largest residual. Returns whether the unit changes.
    pub(super) fn takes_unit_of(&mut self, size: T) -> bool {
        let most = power::exponent(T::max_value());
        // If a value is not finite, the exponent is 0, and the driver finds the value.
        let changes = power::exponent(size).abs() > most / 10;
        if changes {
            // Half of that exponent is enough for squares. A larger shift could move J out of the range.
            let most = most / 4 * 3;
            self.exponent = (self.exponent + power::exponent(size)).clamp(-most, most);
        }
        changes
    }

    /// The loss of the residual in `r`, in the units of the last linearisation. It scales `r` to these units.
    pub(super) fn loss_of<P: LeastSquaresProblem<T> + ?Sized>(
        &self,
        problem: &P,
        r: &mut [T],
    ) -> T {
        power::scale(r, -self.exponent);
        let constant = power::times(problem.constant_norm(), -self.exponent);
        dot(r, r) + constant * constant
    }
}
