//! Changes of a matrix by rounding errors.

use crate::{Error, Mat, Result, Scalar};

/// Calls `solve(0)` and, as long as the adapter finds the answer of its library wrong, `solve(1)` and `solve(2)`. The
/// argument is how often A is to be [`perturb`]ed.
pub(crate) fn up_to_twice<R>(solve: impl Fn(usize) -> Result<R>) -> Result<R> {
    (1..=2).fold(solve(0), |outcome, times| match outcome {
        Err(Error::WrongResult { .. }) => solve(times),
        outcome => outcome,
    })
}

/// Returns the result of `factorize` for A if it is right, and otherwise for a copy that is [`perturb`]ed once or twice.
///
/// # Errors
/// The errors of `factorize` for the last matrix.
pub fn or_perturbed<T: Scalar, F>(
    a: &Mat<T>,
    factorize: impl Fn(Mat<T>) -> Result<F>,
) -> Result<F> {
    up_to_twice(|times| {
        let mut a = a.clone();
        (0..times).for_each(|_| perturb(&mut a));
        factorize(a)
    })
}

/// A ← A + ΔA with ‖ΔA‖_F ≤ 4u·‖A‖_F. This is not larger than rounding errors.
///
/// This helps with libraries whose reflectors lose orthogonality if the squares of the remainder of
/// a column underflow. The perturbation makes the remainder large enough. An entry changes by about
/// one unit in its last place, because a smaller change would be rounded away. A zero changes by
/// u·max|aᵢⱼ|/√(mn).
pub fn perturb<T: Scalar>(a: &mut Mat<T>) {
    let magnitudes = a.data().iter().map(|x| x.abs());
    let largest = magnitudes.fold(T::zero(), T::max);
    let entries = a.data().len();
    // The entries of a probe are at most 3/2.
    let least = largest * T::UNIT_ROUNDOFF / T::of(1.5 * (entries as f64).sqrt());
    for (x, p) in a.data_mut().iter_mut().zip(probe::<T>(entries, 2)) {
        *x += p * (T::EPSILON * x.abs() + least);
    }
}

/// The magnitudes of the entries lie between ½ and 3/2. A hash gives signs and magnitudes.
/// Neighbouring entries must be independent, because the errors of factorisations often have the
/// same size in neighbouring columns.
///
/// Source: SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, *Fast splittable pseudorandom number
/// generators*, OOPSLA 2014).
pub(crate) fn probe<T: Scalar>(n: usize, seed: u64) -> impl Iterator<Item = T> {
    let entry = move |j: u64| {
        let mut z = (j + 1 + (seed << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        // 52 bits are the fraction of a number in [1, 2).
        let magnitude = f64::from_bits((z >> 12) | 1f64.to_bits()) - 0.5;
        T::of(if z & 1 == 0 { magnitude } else { -magnitude })
    };
    (0..n as u64).map(entry)
}
