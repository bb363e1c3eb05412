//! The triangle of a damped step.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Scalar};

use crate::scratch;

/// The triangle [S d] of [R c; √λ·I 0], with SᵀS = RᵀR + λI, for one λ after the other.
#[derive(Clone, Debug)]
pub(super) struct Damped<T> {
    /// Column k is row k of [R c].
    rows: Mat<T>,
    /// Column k is row k of [S d].
    triangle: Mat<T>,
    /// Column k is row k of [√λ·I 0], while the reflections fill it.
    below: Mat<T>,
    /// One entry a column: the products of a reflection.
    products: Vec<T>,
}

impl<T: Scalar> Damped<T> {
    pub(super) fn new() -> Self {
        Self {
            rows: Mat::default(),
            triangle: Mat::default(),
            below: Mat::default(),
            products: Vec::new(),
        }
    }

    /// Takes R, n×n and upper triangular, and c.
    pub(super) fn set(&mut self, r: &Mat<T>, c: &[T]) {
        let n = c.len();
        if self.products.len() != n + 1 {
            for matrix in [&mut self.rows, &mut self.triangle, &mut self.below] {
                matrix.reshape_for_overwrite(n + 1, n);
            }
            scratch::refill(&mut self.products, n + 1, T::zero());
        }
        let rows = self.rows.data_mut().chunks_exact_mut(n + 1);
        for (k, (row, &ck)) in rows.zip(c).enumerate() {
            let columns = r.data().chunks_exact(n).skip(k);
            for (entry, column) in row[k..].iter_mut().zip(columns) {
                *entry = column[k];
            }
            row[n] = ck;
        }
    }

    /// Computes [S d] by one Householder reflection for each column. Reflection k takes row k of R and the rows 0 to k of
    /// √λ·I, which is the structure of Moré (1978), section 3. His rotations need a square root and a division for each
    /// of these rows, instead of one for each column.
    pub(super) fn eliminate(&mut self, lambda: T) {
        let width = self.products.len();
        let root = lambda.sqrt();
        self.triangle.data_mut().copy_from_slice(self.rows.data());
        let rows = self.triangle.data_mut().chunks_exact_mut(width);
        for (k, row) in rows.enumerate() {
            let (filled, rest) = self.below.data_mut().split_at_mut(k * width);
            let Some((diagonal, row)) = row[k..].split_first_mut() else {
                continue;
            };
            let column = filled.chunks_exact(width).map(|b| b[k]);
            let length = length(column, *diagonal, root);
            // The vector of the reflection is (±head, entries below/length).
            let inverse = length.recip();
            let sign = T::one().copysign(*diagonal);
            let head = T::one() + diagonal.abs() * inverse;
            let over_head = inverse / head;
            let products = &mut self.products[k + 1..];
            for (product, &entry) in products.iter_mut().zip(&*row) {
                *product = sign * entry;
            }
            for b in filled.chunks_exact(width) {
                let factor = b[k] * over_head;
                for (product, &entry) in products.iter_mut().zip(&b[k + 1..]) {
                    *product += factor * entry;
                }
            }
            *diagonal = -sign * length;
            subtract(row, sign * head, products);
            for b in filled.chunks_exact_mut(width) {
                let entry = b[k] * inverse;
                subtract(&mut b[k + 1..], entry, products);
            }
            let below = root * inverse;
            for (entry, &product) in rest[k + 1..width].iter_mut().zip(&*products) {
                *entry = -below * product;
            }
        }
    }

    /// y ← −S⁻¹·d.
    pub(super) fn solve(&self, y: &mut [T]) {
        let n = y.len();
        let rows = self.triangle.data().chunks_exact(n + 1).enumerate();
        for (k, row) in rows.rev() {
            let (unknown, known) = y.split_at_mut(k + 1);
            // The computed entries already have their sign.
            let known = row[n] + dot(&row[k + 1..n], known);
            unknown[k] = -known / row[k];
        }
    }

    /// d‖y‖/dλ = −‖S⁻ᵀ·y‖²/‖y‖ for y = y(λ): Moré (1978), eq. (5.8).
    pub(super) fn slope(&self, y: &[T], work: &mut [T]) -> T {
        let norm = euclidean(y);
        for (w, &yi) in work.iter_mut().zip(y) {
            *w = yi / norm;
        }
        self.solve_transposed(work);
        -norm * dot(work, work)
    }

    /// z ← (SᵀS)⁻¹·z.
    pub(super) fn solve_normal_equations(&self, z: &mut [T]) {
        self.solve_transposed(z);
        let n = z.len();
        for k in (0..n).rev() {
            let (known, solved) = z.split_at_mut(k + 1);
            let row = &self.triangle.col(k)[k..n];
            known[k] = (known[k] - dot(&row[1..], solved)) / row[0];
        }
    }

    /// z ← S⁻ᵀ·z.
    fn solve_transposed(&self, z: &mut [T]) {
        let n = z.len();
        let rows = self.triangle.data().chunks_exact(n + 1);
        for (k, row) in rows.enumerate() {
            let (solved, rest) = z[k..].split_at_mut(1);
            solved[0] /= row[k];
            for (zi, &entry) in rest.iter_mut().zip(&row[k + 1..n]) {
                *zi -= entry * solved[0];
            }
        }
    }
}

/// row ← row − factor·products.
#[inline]
fn subtract<T: Scalar>(row: &mut [T], factor: T, products: &[T]) {
    for (entry, &product) in row.iter_mut().zip(products) {
        *entry -= factor * product;
    }
}

/// The Euclidean length of the given entries, of which `last` > 0.
#[inline]
fn length<T: Scalar>(entries: impl Iterator<Item = T> + Clone, first: T, last: T) -> T {
    let squares = entries
        .clone()
        .fold(first * first + last * last, |sum, x| sum + x * x);
    if squares > T::min_positive_value() / T::EPSILON && squares.is_finite() {
        return squares.sqrt();
    }
    let largest = entries
        .clone()
        .fold(first.abs().max(last), |largest, x| largest.max(x.abs()));
    let scaled = entries.chain([first, last]).map(|x| x / largest);
    largest * scaled.fold(T::zero(), |sum, x| sum + x * x).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    /// R, c and λ of small integers times powers of two. R may have zeros on its diagonal.
    fn draw(random: &mut StdRng, exponent: i32) -> (Mat<f64>, Vec<f64>, f64) {
        let n = random.random_range(1..12);
        let mut integer = || f64::from(random.random_range(-3..4));
        let unit = 2f64.powi(exponent);
        let r = Mat::from_fn(n, n, |i, j| if i <= j { integer() * unit } else { 0.0 });
        let c = (0..n).map(|_| integer() * unit).collect();
        let lambda = 2f64.powi(random.random_range(-60..10)) * unit * unit;
        (r, c, lambda)
    }

    /// SᵀS = RᵀR + λI and Sᵀd = Rᵀc. Each of n reflections of at most n + 1 rows changes a column by at most 8(n + 1)·u of
    /// its length, and the products are summed from 2n terms.
    #[test]
    fn the_triangle_has_the_products_of_the_damped_matrix() {
        let mut random = StdRng::seed_from_u64(0);
        for round in 0..20_000 {
            // λ is between 2^-1020 and 2^1010, and the square of the smallest entry of R may underflow.
            let exponent = random.random_range(-480..=500);
            let (r, c, lambda) = draw(&mut random, exponent);
            let n = c.len();
            let mut damped = Damped::new();
            damped.set(&r, &c);
            damped.eliminate(lambda);
            let unit = 2f64.powi(exponent);
            let column = |j: usize| -> Vec<f64> {
                let column = if j < n { r.col(j) } else { &c };
                column.iter().map(|entry| entry / unit).collect()
            };
            let triangle = |j: usize| -> Vec<f64> {
                let rows = if j < n { j + 1 } else { n };
                (0..rows).map(|k| damped.triangle[(j, k)] / unit).collect()
            };
            let lambda = lambda / unit / unit;
            let length = |j: usize| {
                let below = if j < n { lambda } else { 0.0 };
                (dot(&column(j), &column(j)) + below).sqrt()
            };
            let bound = f64::from(u32::try_from(16 * n * (n + 1) + 4 * n).unwrap()) * f64::EPSILON;
            for i in 0..n {
                for j in i..=n {
                    let below = if i == j { lambda } else { 0.0 };
                    let expected = dot(&column(i), &column(j)) + below;
                    let error = (dot(&triangle(i), &triangle(j)) - expected).abs();
                    assert!(
                        error <= bound * length(i) * length(j),
                        "round {round}, entry ({i}, {j}) of {n}: {error:e}"
                    );
                }
            }
        }
    }
}
