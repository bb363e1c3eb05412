//! Products and weights of the entries of small matrices.

use leastwise_core::{Backend, Mat, MatRef, Result, Scalar};

/// c ← a·b.
pub(super) fn product<T: Scalar, B: Backend<T> + ?Sized>(
    backend: &B,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: &mut Mat<T>,
) -> Result<()> {
    c.reshape_for_overwrite(a.rows(), b.cols());
    backend.matmul(T::one(), a, b, T::zero(), c.as_mut())
}

/// Multiplies column j of `a` by `factor(j)`.
pub(super) fn scale_columns<T: Scalar>(a: &mut Mat<T>, factor: impl Fn(usize) -> T) {
    for j in 0..a.cols() {
        let factor = factor(j);
        a.col_mut(j).iter_mut().for_each(|x| *x *= factor);
    }
}

/// target ← source·weight(i, j), entry by entry.
pub(super) fn weigh<T: Scalar>(
    source: &Mat<T>,
    target: &mut Mat<T>,
    weight: impl Fn(usize, usize) -> T,
) {
    target.reshape_for_overwrite(source.rows(), source.cols());
    for j in 0..source.cols() {
        let columns = target.col_mut(j).iter_mut().zip(source.col(j));
        for (i, (t, &s)) in columns.enumerate() {
            *t = s * weight(i, j);
        }
    }
}

/// x/(a² + b²). `hypot` is used only if the squares are not accurate in the range of T.
pub(super) fn over_squares<T: Scalar>(x: T, a: T, b: T) -> T {
    let sum = a * a + b * b;
    if sum > T::min_positive_value() / T::EPSILON && sum < T::max_value() {
        return x / sum;
    }
    let h = a.hypot(b);
    x / h / h
}
