//! Products of a matrix and a vector for the checks.

use crate::norm::{axpy, dot};
use crate::{Mat, Scalar};

const COLUMNS: usize = 4;

/// y ← y + A·x, four columns at a time, so that an entry of y is loaded and stored once for four.
pub(crate) fn add_product<T: Scalar>(a: &Mat<T>, x: &[T], y: &mut [T]) {
    for (j, factors) in x.chunks(COLUMNS).enumerate() {
        let columns = a.columns(COLUMNS * j, factors.len()).data();
        let &[p, q, r, s] = factors else {
            let rest = columns.chunks_exact(a.rows().max(1)).zip(factors);
            rest.for_each(|(column, &xj)| axpy(xj, column, y));
            return;
        };
        let [a, b, c, d] = split(columns);
        let rows = y.iter_mut().zip(a).zip(b).zip(c).zip(d);
        for ((((yi, &ai), &bi), &ci), &di) in rows {
            *yi += (ai * p + bi * q) + (ci * r + di * s);
        }
    }
}

/// y ← Aᵀ·x.
pub(crate) fn transposed_product<T: Scalar>(a: &Mat<T>, x: &[T], y: &mut [T]) {
    for (j, yj) in y.iter_mut().enumerate() {
        *yj = dot(a.col(j), x);
    }
}

/// Four columns of equal length.
fn split<T>(columns: &[T]) -> [&[T]; COLUMNS] {
    let (left, right) = columns.split_at(columns.len() / 2);
    let (a, b) = left.split_at(left.len() / 2);
    let (c, d) = right.split_at(right.len() / 2);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Integers, so that every order of summation gives the same.
    #[test]
    fn products_are_those_of_the_definition_for_every_remainder() {
        for (m, n) in [(1, 1), (3, 2), (4, 4), (5, 7), (8, 9), (13, 12), (6, 0)] {
            let a = Mat::from_fn(m, n, |i, j| (3 * i + 7 * j) as f64 - 5.0);
            let entries = |len: usize| -> Vec<f64> { (0..len).map(|i| i as f64 - 2.0).collect() };
            let (x, mut y) = (entries(n), vec![1.0; m]);
            add_product(&a, &x, &mut y);
            for (i, &yi) in y.iter().enumerate() {
                assert_eq!(yi, 1.0 + (0..n).map(|j| a[(i, j)] * x[j]).sum::<f64>());
            }
            let (x, mut y) = (entries(m), vec![f64::NAN; n]);
            transposed_product(&a, &x, &mut y);
            for (j, &yj) in y.iter().enumerate() {
                assert_eq!(yj, (0..m).map(|i| a[(i, j)] * x[i]).sum::<f64>());
            }
        }
    }
}
