//! Terms that several models share: their values, and their derivatives with respect to the parameters, which
//! are written to `d`.

use crate::number::Number;

/// b[factor]·exp(−b[rate]·x)
pub(crate) fn decay<N: Number>(b: &[N], factor: usize, rate: usize, x: N, d: &mut [N]) -> N {
    d[factor] = (-b[rate] * x).exp();
    let f = b[factor] * d[factor];
    d[rate] = -x * f;
    f
}

/// b[at]·exp(−((x − b[at + 1])/b[at + 2])²)
pub(crate) fn peak<N: Number>(b: &[N], at: usize, x: N, d: &mut [N]) -> N {
    let z = (x - b[at + 1]) / b[at + 2];
    d[at] = (-z * z).exp();
    let f = b[at] * d[at];
    d[at + 1] = N::of(2.0) * z * f / b[at + 2];
    d[at + 2] = z * d[at + 1];
    f
}

/// A polynomial of `terms` terms, over 1 plus x times a polynomial of one term less.
pub(crate) fn rational<N: Number>(b: &[N], terms: usize, x: N, d: &mut [N]) -> N {
    let (above, below) = b.split_at(terms);
    let horner = |p: &[N]| p.iter().rev().fold(N::zero(), |sum, &c| sum * x + c);
    let below = N::one() + x * horner(below);
    let f = horner(above) / below;
    let mut power = N::one() / below;
    for k in 0..terms {
        d[k] = power;
        if k > 0 {
            d[terms + k - 1] = -f * power;
        }
        power *= x;
    }
    f
}
