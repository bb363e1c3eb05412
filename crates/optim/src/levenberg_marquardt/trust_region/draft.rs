//! How good the Jacobian has to be, and the secant update that saves one.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Scalar};

/// How J was obtained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// From the problem, to all digits that it has.
    #[default]
    Full,
    /// From the problem, with fewer evaluations and digits.
    Draft,
    /// From the one before and the change of r along the step.
    Secant,
}

/// J at one point after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Drafts<T> {
    pub(super) quality: Quality,
    /// Whether the problem has any.
    pub(super) are_possible: bool,
    /// How good the next J has to be.
    pub(super) demanded: Quality,
    /// Updates in a row.
    pub(super) updates: usize,
    /// Where J is.
    pub(super) x: Vec<T>,
    step: Vec<T>,
    error: Vec<T>,
}

/// An update is made where the linear model was off by at most this part of the change of r that it said.
const RIGHT: f64 = 0.1;

impl<T: Scalar> Drafts<T> {
    /// The most updates in a row: n directions are all there are.
    fn most(n: usize) -> usize {
        n.max(2)
    }

    /// Takes J to `x`, r having changed from `before` to `after`, where the linear model was right about the step, and
    /// says whether it was: the smallest change, in units in which columns have length 1, for which J·δ is the change of r.
    ///
    /// Source: C. G. Broyden, *A class of methods for solving nonlinear simultaneous equations*, Math. Comp. 19 (1965).
    pub(super) fn update(
        &mut self,
        jacobian: &mut Mat<T>,
        column_norms: &[T],
        x: &[T],
        (before, after): (&[T], &[T]),
    ) -> bool {
        if self.x.len() != x.len() || self.updates >= Self::most(x.len()) {
            return false;
        }
        self.step.clear();
        let moves = x.iter().zip(&self.x);
        self.step.extend(moves.map(|(&to, &from)| to - from));
        self.error.clear();
        self.error.resize(before.len(), T::zero());
        for (j, &step) in self.step.iter().enumerate() {
            for (image, &entry) in self.error.iter_mut().zip(jacobian.col(j)) {
                *image += entry * step;
            }
        }
        let expected = euclidean(&self.error);
        for (error, (&before, &after)) in self.error.iter_mut().zip(before.iter().zip(after)) {
            *error = (after - before) - *error;
        }
        // Written so that NaN is refused.
        if !(euclidean(&self.error) <= T::of(RIGHT) * expected) {
            return false;
        }
        for (step, &norm) in self.step.iter_mut().zip(column_norms) {
            *step *= norm;
        }
        let length = euclidean(&self.step);
        if !(length.is_normal() && dot(&self.step, &self.step).is_normal()) {
            return false;
        }
        for (j, (&step, &norm)) in self.step.iter().zip(column_norms).enumerate() {
            let part = step / length * norm / length;
            for (entry, &error) in jacobian.col_mut(j).iter_mut().zip(&self.error) {
                *entry += part * error;
            }
        }
        self.updates += 1;
        true
    }
}
