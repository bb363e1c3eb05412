//! Operations on vectors.

use leastwise_core::Scalar;

/// target ← Σₗ cₗ·vₗ; zero for no terms.
pub(crate) fn combine<'a, T: Scalar>(
    target: &mut [T],
    terms: impl IntoIterator<Item = (T, &'a [T])>,
) {
    let mut terms = terms.into_iter();
    let Some((first, v)) = terms.next() else {
        return target.fill(T::zero());
    };
    for (t, &vi) in target.iter_mut().zip(v) {
        *t = first * vi;
    }
    for (c, v) in terms {
        for (t, &vi) in target.iter_mut().zip(v) {
            *t += c * vi;
        }
    }
}
