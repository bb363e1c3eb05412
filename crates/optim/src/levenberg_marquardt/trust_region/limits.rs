//! Limits of a step.

use leastwise_core::Scalar;

/// lⱼ ≤ δⱼ ≤ uⱼ for a step δ, with lⱼ ≤ 0 ≤ uⱼ. There are n of each, with ∓∞ where there is no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits<'a, T> {
    /// The lower limits l.
    pub lower: &'a [T],
    /// The upper limits u.
    pub upper: &'a [T],
}

impl<T: Scalar> Limits<'_, T> {
    /// Whether parameter j is at a bound that descent would cross. Descent is against `gradient`, the entry
    /// of the gradient.
    #[must_use]
    pub fn blocks(&self, j: usize, gradient: T) -> bool {
        let zero = T::zero();
        (self.lower[j] == zero && gradient >= zero) || (self.upper[j] == zero && gradient <= zero)
    }
}
