//! Vectors in double-double, and matrices of f64 times them.
//!
//! [`Arch::dispatch`] runs a loop compiled for the vector instructions of the processor; sums and products
//! are the same with and without them.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is compiled without these instructions"
)]

use std::ops::Range;

use leastwise_core::{Mat, norm};
use pulp::{Arch, Simd, WithSimd};

use crate::double::{Accumulator, Factor};

/// The number of terms of products that take milliseconds.
pub(super) const WORK: usize = 1 << 20;

/// This many rows of a vector in two terms stay in the nearest cache.
const BLOCK: usize = 512;

/// The relative error of a term of a sum in double-double; see [`crate::Wide::ROUNDOFF`].
pub(super) const ROUNDOFF: f64 = f64::EPSILON * f64::EPSILON * 4.0;

/// A vector in two terms. The terms are stored separately, so that loops over them are vectorised.
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

#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let added = sum - a;
    (sum, (a - (sum - added)) + (b - added))
}

/// A·x
pub(super) fn times(a: &Mat<f64>, x: &Long) -> Long {
    times_each(a, 0..a.cols(), std::slice::from_ref(x)).remove(0)
}

/// A₁·xₖ, A₁ these columns of A, which are read once for all xₖ.
pub(super) fn times_each(a: &Mat<f64>, columns: Range<usize>, x: &[Long]) -> Vec<Long> {
    Product {
        a,
        columns,
        is_transposed: false,
        factors: x,
        images: vec![Long::zeros(a.rows()); x.len()],
    }
    .run()
}

/// Aᵀ·y
pub(super) fn transposed_times(a: &Mat<f64>, y: &Long) -> Long {
    transposed_times_each(a, 0..a.cols(), std::slice::from_ref(y)).remove(0)
}

/// A₁ᵀ·yₖ, A₁ these columns of A, which are read once for all yₖ.
pub(super) fn transposed_times_each(a: &Mat<f64>, columns: Range<usize>, y: &[Long]) -> Vec<Long> {
    Product {
        images: vec![Long::zeros(columns.len()); y.len()],
        a,
        columns,
        is_transposed: true,
        factors: y,
    }
    .run()
}

/// The products of these columns of A, or of their transpose, with each of the factors.
struct Product<'a> {
    a: &'a Mat<f64>,
    columns: Range<usize>,
    is_transposed: bool,
    factors: &'a [Long],
    images: Vec<Long>,
}

impl Product<'_> {
    fn run(mut self) -> Vec<Long> {
        Arch::new().dispatch(&mut self);
        self.images.iter_mut().for_each(Long::normalize);
        self.images
    }
}

impl WithSimd for &mut Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for start in (0..self.a.rows()).step_by(BLOCK) {
            let rows = start..self.a.rows().min(start + BLOCK);
            for (k, j) in self.columns.clone().enumerate() {
                let column = &self.a.col(j)[rows.clone()];
                for (factor, image) in self.factors.iter().zip(&mut self.images) {
                    if self.is_transposed {
                        add_dot::<S>(column, factor, rows.clone(), image, k);
                    } else {
                        add_multiple::<S>(column, factor, k, image, rows.clone());
                    }
                }
            }
        }
    }
}

/// yᵢ ← yᵢ + aᵢ·xₖ over these rows.
#[inline(always)]
fn add_multiple<S: Simd>(column: &[f64], x: &Long, k: usize, y: &mut Long, rows: Range<usize>) {
    let factor = (x.high[k], x.low[k]);
    let (high, low) = (&mut y.high[rows.clone()], &mut y.low[rows]);
    for ((&a, h), l) in column.iter().zip(high).zip(low) {
        let mut sum = Accumulator { high: *h, low: *l };
        add_product::<S>(&mut sum, factor, a);
        (*h, *l) = (sum.high, sum.low);
    }
}

/// xₖ ← xₖ + Σᵢ aᵢ·yᵢ over these rows.
#[inline(always)]
fn add_dot<S: Simd>(column: &[f64], y: &Long, rows: Range<usize>, x: &mut Long, k: usize) {
    let part = dot::<S>(column, &y.high[rows.clone()], &y.low[rows]);
    let (sum, lost) = two_sum(x.high[k], part.high);
    x.high[k] = sum;
    x.low[k] += lost + part.low;
}

#[inline(always)]
fn add_product<S: Simd>(sum: &mut Accumulator, x: (f64, f64), y: f64) {
    if S::IS_SCALAR {
        sum.add_product_with_f64(Factor::of_terms(x.0, x.1), Factor::of_terms(y, 0.0));
    } else {
        sum.add_fused_product_with_f64(x, y);
    }
}

#[inline(always)]
fn dot<S: Simd>(column: &[f64], high: &[f64], low: &[f64]) -> Accumulator {
    const LANES: usize = 16;
    let (mut sums, mut rests) = ([0.0; LANES], [0.0; LANES]);
    let whole = column.len() / LANES * LANES;
    let chunks = column[..whole].chunks_exact(LANES);
    let terms = high[..whole]
        .chunks_exact(LANES)
        .zip(low[..whole].chunks_exact(LANES));
    for (a, (h, l)) in chunks.zip(terms) {
        for k in 0..LANES {
            let mut sum = Accumulator {
                high: sums[k],
                low: rests[k],
            };
            add_product::<S>(&mut sum, (h[k], l[k]), a[k]);
            (sums[k], rests[k]) = (sum.high, sum.low);
        }
    }
    let mut total = Accumulator::ZERO;
    for i in whole..column.len() {
        add_product::<S>(&mut total, (high[i], low[i]), column[i]);
    }
    for (&part, rest) in sums.iter().zip(rests) {
        let (sum, lost) = two_sum(total.high, part);
        (total.high, total.low) = (sum, total.low + (lost + rest));
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
