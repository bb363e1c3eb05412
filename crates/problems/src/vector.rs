//! Operations on vectors.

use leastwise_core::Scalar;

const LANES: usize = 8;

/// Σᵢ aᵢ·bᵢ in independent partial sums, so that it can be vectorised.
pub(crate) fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    let mut partial = [T::zero(); LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: T = a_blocks
        .remainder()
        .iter()
        .zip(b_blocks.remainder())
        .map(|(&x, &y)| x * y)
        .sum();
    for (x, y) in a_blocks.zip(b_blocks) {
        for lane in 0..LANES {
            partial[lane] += x[lane] * y[lane];
        }
    }
    partial.into_iter().sum::<T>() + tail
}

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
