//! The quality of the Jacobian, and the secant update that replaces one.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Scalar};

/// How J was obtained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// J comes from the problem, with all digits that the problem provides.
    #[default]
    Full,
    /// J comes from the problem, with fewer evaluations and fewer digits.
    Draft,
    /// J comes from the previous J and the change of r along the step.
    Secant,
    /// J is the full one of the point before the last step, which was negligible.
    Kept,
}

impl Quality {
    /// Whether J has all digits that the problem provides.
    #[must_use]
    pub fn is_full(self) -> bool {
        matches!(self, Self::Full | Self::Kept)
    }
}

/// The state of J from one point to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Drafts<T> {
    pub(super) quality: Quality,
    /// Whether the problem has any.
    pub(super) are_possible: bool,
    /// The least quality of the next J.
    pub(super) demanded: Quality,
    /// The number of updates since J was last evaluated.
    pub(super) updates: usize,
    /// The point of J.
    pub(super) x: Vec<T>,
    step: Vec<T>,
    error: Vec<T>,
}

/// J is updated if the error of the linear model was at most this fraction of the change of r that it predicted.
const RIGHT: f64 = 0.1;

impl<T: Scalar> Drafts<T> {
    /// The largest number of successive updates. After n updates, each direction may have been updated.
    fn most(n: usize) -> usize {
        n.max(2)
    }

    /// Updates J for the step to `x`, along which r changed from `before` to `after`. Returns false, and leaves J as it
    /// is, if the linear model was not accurate for this step. The update is the smallest change for which J·δ is the
    /// change of r, in units in which the columns have length 1.
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
