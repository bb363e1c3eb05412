//! Terms that models of several families have: values and derivatives by the parameters, which are written to `d`.

use leastwise_core::Scalar;

/// b[factor]·exp(−b[rate]·x)
pub(crate) fn decay<T: Scalar>(b: &[T], factor: usize, rate: usize, x: T, d: &mut [T]) -> T {
    d[factor] = (-b[rate] * x).exp();
    let f = b[factor] * d[factor];
    d[rate] = -x * f;
    f
}

/// b[at]·exp(−((x − b[at + 1])/b[at + 2])²)
pub(crate) fn peak<T: Scalar>(b: &[T], at: usize, x: T, d: &mut [T]) -> T {
    let z = (x - b[at + 1]) / b[at + 2];
    d[at] = (-z * z).exp();
    let f = b[at] * d[at];
    d[at + 1] = T::of(2.0) * z * f / b[at + 2];
    d[at + 2] = z * d[at + 1];
    f
}

/// A numerator of `terms` terms over 1 and a denominator of one term less.
pub(crate) fn rational<T: Scalar>(b: &[T], terms: usize, x: T, d: &mut [T]) -> T {
    let (above, below) = b.split_at(terms);
    let horner = |p: &[T]| p.iter().rev().fold(T::zero(), |sum, &c| sum * x + c);
    let below = T::one() + x * horner(below);
    let f = horner(above) / below;
    let mut power = T::one() / below;
    for k in 0..terms {
        d[k] = power;
        if k > 0 {
            d[terms + k - 1] = -f * power;
        }
        power *= x;
    }
    f
}
