//! Vectors in double-double, and matrices of f64 times them.

use leastwise_core::{Mat, norm};

use crate::double::{Accumulator, Factor};

/// So many rows of a vector in two terms stay in the nearest cache.
const BLOCK: usize = 1024;

/// The relative error of a term of a sum in double-double, as [`crate::Wide::ROUNDOFF`] has it.
pub(super) const ROUNDOFF: f64 = f64::EPSILON * f64::EPSILON * 4.0;

/// A vector in two terms, apart from each other so that loops over them are vectorised.
#[derive(Clone, Debug)]
pub(super) struct Long {
    pub(super) high: Vec<f64>,
    pub(super) low: Vec<f64>,
}

impl Long {
    pub(super) fn zeros(len: usize) -> Self {
        Self {
            high: vec![0.0; len],
            low: vec![0.0; len],
        }
    }

    pub(super) fn of(values: &[f64]) -> Self {
        Self {
            high: values.to_vec(),
            low: vec![0.0; values.len()],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.high.len()
    }

    pub(super) fn norm(&self) -> f64 {
        norm::euclidean(&self.high)
    }

    pub(super) fn add(&mut self, values: &[f64]) {
        for ((h, l), &v) in self.high.iter_mut().zip(&mut self.low).zip(values) {
            let (sum, lost) = two_sum(*h, v);
            (*h, *l) = two_sum(sum, *l + lost);
        }
    }

    pub(super) fn subtract(&mut self, other: &Self) {
        let terms = other.high.iter().zip(&other.low);
        for ((h, l), (&oh, &ol)) in self.high.iter_mut().zip(&mut self.low).zip(terms) {
            let (sum, lost) = two_sum(*h, -oh);
            (*h, *l) = two_sum(sum, (*l - ol) + lost);
        }
    }

    /// Each entry times the f64 beside it.
    pub(super) fn scale(&mut self, factors: &[f64]) {
        for ((h, l), &factor) in self.high.iter_mut().zip(&mut self.low).zip(factors) {
            let mut product = Accumulator::ZERO;
            let x = Factor::of_terms(*h, *l);
            product.add_product_with_f64(x, Factor::of_terms(factor, 0.0));
            (*h, *l) = two_sum(product.high, product.low);
        }
    }

    fn normalize(&mut self) {
        for (h, l) in self.high.iter_mut().zip(&mut self.low) {
            (*h, *l) = two_sum(*h, *l);
        }
    }
}

#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let added = sum - a;
    (sum, (a - (sum - added)) + (b - added))
}

/// A·x
pub(super) fn times(a: &Mat<f64>, x: &Long) -> Long {
    let mut y = Long::zeros(a.rows());
    let factors: Vec<Factor> = x
        .high
        .iter()
        .zip(&x.low)
        .map(|(&h, &l)| Factor::of_terms(h, l))
        .collect();
    let blocks = y.high.chunks_mut(BLOCK).zip(y.low.chunks_mut(BLOCK));
    for (k, (high, low)) in blocks.enumerate() {
        let rows = k * BLOCK..k * BLOCK + high.len();
        for (j, &factor) in factors.iter().enumerate() {
            add_multiple(factor, &a.col(j)[rows.clone()], high, low);
        }
    }
    y.normalize();
    y
}

fn add_multiple(factor: Factor, column: &[f64], high: &mut [f64], low: &mut [f64]) {
    for ((&a, h), l) in column.iter().zip(high).zip(low) {
        let mut sum = Accumulator { high: *h, low: *l };
        sum.add_product_with_f64(factor, Factor::of_terms(a, 0.0));
        (*h, *l) = (sum.high, sum.low);
    }
}

/// Aᵀ·y
pub(super) fn transposed_times(a: &Mat<f64>, y: &Long) -> Long {
    let mut x = Long::zeros(a.cols());
    let blocks = y.high.chunks(BLOCK).zip(y.low.chunks(BLOCK));
    for (k, (high, low)) in blocks.enumerate() {
        let rows = k * BLOCK..k * BLOCK + high.len();
        for j in 0..a.cols() {
            let part = dot(&a.col(j)[rows.clone()], high, low);
            let (sum, lost) = two_sum(x.high[j], part.high);
            x.high[j] = sum;
            x.low[j] += lost + part.low;
        }
    }
    x.normalize();
    x
}

fn dot(column: &[f64], high: &[f64], low: &[f64]) -> Accumulator {
    const LANES: usize = 4;
    let mut sums = [Accumulator::ZERO; LANES];
    let whole = column.len() / LANES * LANES;
    let chunks = column[..whole].chunks_exact(LANES);
    let terms = high[..whole]
        .chunks_exact(LANES)
        .zip(low[..whole].chunks_exact(LANES));
    for (a, (h, l)) in chunks.zip(terms) {
        for k in 0..LANES {
            let y = Factor::of_terms(h[k], l[k]);
            sums[k].add_product_with_f64(y, Factor::of_terms(a[k], 0.0));
        }
    }
    for i in whole..column.len() {
        let y = Factor::of_terms(high[i], low[i]);
        sums[0].add_product_with_f64(y, Factor::of_terms(column[i], 0.0));
    }
    let [mut total, rest @ ..] = sums;
    for part in rest {
        let (sum, lost) = two_sum(total.high, part.high);
        (total.high, total.low) = (sum, total.low + (lost + part.low));
    }
    total
}

#[cfg(test)]
mod tests {
    use leastwise_testset::number::DoubleDouble;
    use leastwise_testset::standard_normal;

    use super::*;
    use crate::wide::Wide;

    #[test]
    fn products_have_the_digits_of_double_double() {
        for (m, n) in [(1, 1), (5, 3), (3, 7), (2100, 9), (1024, 2), (1030, 1)] {
            let a = standard_normal::<f64>(m, n, 1, 0);
            let mut x = Long::of(standard_normal::<f64>(n, 1, 2, 0).data());
            x.scale(standard_normal::<f64>(n, 1, 3, 0).data());
            let mut y = times(&a, &x);
            let back = transposed_times(&a, &y);
            let number =
                |v: &Long, i: usize| DoubleDouble::of(v.high[i]) + DoubleDouble::of(v.low[i]);
            let bound = |terms: usize| 8.0 * terms as f64 * ROUNDOFF;
            for i in 0..m {
                let products = (0..n).map(|j| DoubleDouble::of(a[(i, j)]) * number(&x, j));
                let size: f64 = products.clone().map(|p| p.abs().to_nearest_f64()).sum();
                let error = (products.sum::<DoubleDouble>() - number(&y, i)).abs();
                assert!(error.to_nearest_f64() <= bound(n) * size);
            }
            for j in 0..n {
                let products = (0..m).map(|i| DoubleDouble::of(a[(i, j)]) * number(&y, i));
                let size: f64 = products.clone().map(|p| p.abs().to_nearest_f64()).sum();
                let error = (products.sum::<DoubleDouble>() - number(&back, j)).abs();
                assert!(error.to_nearest_f64() <= bound(m) * size);
            }
            let same = y.clone();
            y.subtract(&same);
            assert_eq!(y.norm(), 0.0);
        }
    }
}
