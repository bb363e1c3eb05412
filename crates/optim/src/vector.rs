//! Sums over vectors, in independent partial sums so that they can be vectorised.

use leastwise_core::Scalar;

const LANES: usize = 8;

/// Σᵢ aᵢ·bᵢ.
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
