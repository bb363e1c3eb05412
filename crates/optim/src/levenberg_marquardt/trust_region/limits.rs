//! How far each parameter may move.

use leastwise_core::Scalar;

/// lⱼ ≤ δⱼ ≤ uⱼ for a step δ, with lⱼ ≤ 0 ≤ uⱼ, n each; ∓∞ where there is no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits<'a, T> {
    /// l
    pub lower: &'a [T],
    /// u
    pub upper: &'a [T],
}

impl<T: Scalar> Limits<'_, T> {
    /// Whether parameter j is at a bound, and descent, against the gradient's entry `gradient`, would lead across it.
    #[must_use]
    pub fn blocks(&self, j: usize, gradient: T) -> bool {
        let zero = T::zero();
        (self.lower[j] == zero && gradient >= zero) || (self.upper[j] == zero && gradient <= zero)
    }
}
