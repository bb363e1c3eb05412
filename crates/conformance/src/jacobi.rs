//! A = U·Σ·Vᵀ by Householder QR and one-sided Jacobi.
//!
//! One-sided Jacobi is the slowest algorithm for an SVD, and the most accurate (J. Demmel, K.
//! Veselić, *Jacobi's method is more accurate than QR*, SIAM J. Matrix Anal. Appl. 13 (1992)). None
//! of the libraries under test uses it.

use std::cmp::Ordering;

use crate::wide::{Wide, axpy, dot, norm, zero};

/// A limit on the sweeps. Jacobi converges quadratically and takes about ten.
const SWEEPS: usize = 60;
const USUAL_SWEEPS: f64 = 10.0;

/// The SVD of a tall matrix, with U = Q·[U_R; 0] kept as the reflectors of Q and U_R.
pub(crate) struct TallSvd<W> {
    /// Each of length √2, or zero.
    reflectors: Vec<Vec<W>>,
    /// Columns of U_R. They are orthogonal for all singular values. A column of zeros has no
    /// direction left.
    u: Vec<Vec<W>>,
    /// In descending order.
    pub(crate) singular_values: Vec<W>,
    /// Columns of V.
    pub(crate) v: Vec<Vec<W>>,
}

impl<W: Wide> TallSvd<W> {
    /// Of the matrix with these columns, each at least as long as there are columns, and entries
    /// whose squares are in range.
    pub(crate) fn new(columns: Vec<Vec<W>>) -> Self {
        let never = &mut |_| true;
        Self::unless_stopped(columns, never).expect("nothing stops it")
    }

    /// The same, with a callback. `go_on` is called repeatedly with the fraction of the work that
    /// is done. If it returns false, the calculation stops.
    pub(crate) fn unless_stopped(
        mut columns: Vec<Vec<W>>,
        go_on: &mut dyn FnMut(f64) -> bool,
    ) -> Option<Self> {
        let n = columns.len();
        let (triangle, sweeps) = operations(columns.first().map_or(0, Vec::len), n);
        let share = triangle / (triangle + sweeps);
        let reflectors = triangularize(&mut columns, &mut |done| go_on(done * share))?;
        for (j, column) in columns.iter_mut().enumerate() {
            column.truncate(n);
            column[j + 1..].fill(zero());
        }
        let mut v: Vec<Vec<W>> = (0..n).map(|j| unit_vector(j, n)).collect();
        orthogonalize(&mut columns, &mut v, &mut |done| {
            go_on(share + done * (1.0 - share))
        })?;

        let lengths: Vec<W> = columns.iter().map(|column| norm(column)).collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&i, &j| {
            lengths[j]
                .partial_cmp(&lengths[i])
                .unwrap_or(Ordering::Equal)
        });
        let mut u: Vec<Vec<W>> = Vec::with_capacity(n);
        for &j in &order {
            let direction = if lengths[j] > lengths[order[0]] * W::of(W::ROUNDOFF) {
                columns[j].iter().map(|&x| x / lengths[j]).collect()
            } else {
                orthogonal_direction(columns[j].clone(), &u)
            };
            u.push(direction);
        }
        Some(Self {
            reflectors,
            u,
            singular_values: order.iter().map(|&j| lengths[j]).collect(),
            v: order.iter().map(|&j| v[j].clone()).collect(),
        })
    }

    /// Uᵀ·b. The entry of a zero singular value is zero.
    pub(crate) fn ut_times(&self, mut b: Vec<W>) -> Vec<W> {
        for (k, reflector) in self.reflectors.iter().enumerate() {
            reflect(reflector, &mut b[k..]);
        }
        self.u.iter().map(|u| dot(u, &b[..u.len()])).collect()
    }

    /// Column `k` of U, for a singular value that is not zero.
    pub(crate) fn left_vector(&self, k: usize, rows: usize) -> Vec<W> {
        let mut x = self.u[k].clone();
        x.resize(rows, zero());
        for (k, reflector) in self.reflectors.iter().enumerate().rev() {
            reflect(reflector, &mut x[k..]);
        }
        x
    }
}

fn unit_vector<W: Wide>(j: usize, n: usize) -> Vec<W> {
    let mut e = vec![zero(); n];
    e[j] = W::of(1.0);
    e
}

/// The number of products in the QR factorisation of an m×n matrix, m ≥ n, and in the usual number
/// of sweeps.
pub(crate) fn operations(m: usize, n: usize) -> (f64, f64) {
    let (m, n) = (m as f64, n as f64);
    // A pair of columns takes three products of vectors and two rotations of two vectors.
    (n * n * (m - n / 3.0), USUAL_SWEEPS * 0.5 * n * n * 11.0 * n)
}

fn triangularize<W: Wide>(
    columns: &mut [Vec<W>],
    go_on: &mut dyn FnMut(f64) -> bool,
) -> Option<Vec<Vec<W>>> {
    let n = columns.len();
    let mut reflectors = Vec::with_capacity(n);
    for k in 0..n {
        if !go_on(k as f64 / n as f64) {
            return None;
        }
        let (done, rest) = columns.split_at_mut(k + 1);
        let tail = &mut done[k][k..];
        let length = norm(tail);
        let mut v = tail.to_vec();
        tail.fill(zero());
        if length > zero() {
            let signed_length = if v[0] < zero() { -length } else { length };
            tail[0] = -signed_length;
            v[0] = v[0] + signed_length;
            let scale = W::of(2.0).sqrt() / norm(&v);
            for x in &mut v {
                *x = *x * scale;
            }
        }
        for column in rest {
            reflect(&v, &mut column[k..]);
        }
        reflectors.push(v);
    }
    Some(reflectors)
}

/// x ← (I − v·vᵀ)·x.
fn reflect<W: Wide>(v: &[W], x: &mut [W]) {
    axpy(-dot(v, x), v, x);
}

/// A direction for a column that consists of rounding errors. Its parts along `others` are removed.
///
/// Such a column is not orthogonal to the others, because it consists of rounding errors again
/// after its last rotation.
fn orthogonal_direction<W: Wide>(mut column: Vec<W>, others: &[Vec<W>]) -> Vec<W> {
    // The first two leave rounding errors, which have a direction of their own; the third makes that orthogonal.
    const PASSES: usize = 4;
    for _ in 0..PASSES {
        let length = norm(&column);
        if length == zero() {
            break;
        }
        for x in &mut column {
            *x = *x / length;
        }
        for u in others {
            axpy(-dot(u, &column), u, &mut column);
        }
    }
    column
}

/// Rotates pairs of columns until all are orthogonal, and those of `v` with them.
fn orthogonalize<W: Wide>(
    columns: &mut [Vec<W>],
    v: &mut [Vec<W>],
    go_on: &mut dyn FnMut(f64) -> bool,
) -> Option<()> {
    let n = columns.len();
    let negligible_cosine = W::of(W::ROUNDOFF * n as f64);
    let square = |column: &Vec<W>| dot(column, column);
    let mut squares: Vec<W> = columns.iter().map(square).collect();
    let largest = squares
        .iter()
        .fold(zero(), |a: W, &b| if b > a { b } else { a });
    // The squared length below which a column is nothing but rounding errors of rounding errors.
    let noise = largest * W::of(W::ROUNDOFF.powi(4));
    for sweep in 0..SWEEPS {
        let mut rotated = false;
        for j in 1..n {
            let in_sweep = (j * j) as f64 / (n * n) as f64;
            if !go_on(((sweep as f64 + in_sweep) / USUAL_SWEEPS).min(1.0)) {
                return None;
            }
            for i in 0..j {
                let (a, b) = (squares[i], squares[j]);
                if a <= noise || b <= noise {
                    continue;
                }
                let product = dot(&columns[i], &columns[j]);
                if product.abs() <= negligible_cosine * (a * b).sqrt() {
                    continue;
                }
                rotated = true;
                // t = tan θ is the smaller root of t² + 2ζt − 1 = 0 (Golub, Van Loan, §8.6.3).
                let zeta = (b - a) / (W::of(2.0) * product);
                let sign = if zeta < zero() {
                    -W::of(1.0)
                } else {
                    W::of(1.0)
                };
                let t = sign / (zeta.abs() + (W::of(1.0) + zeta * zeta).sqrt());
                let c = W::of(1.0) / (W::of(1.0) + t * t).sqrt();
                rotate(columns, i, j, c, c * t);
                rotate(v, i, j, c, c * t);
                squares[i] = square(&columns[i]);
                squares[j] = square(&columns[j]);
            }
        }
        if !rotated {
            break;
        }
    }
    Some(())
}

fn rotate<W: Wide>(columns: &mut [Vec<W>], i: usize, j: usize, c: W, s: W) {
    let (left, right) = columns.split_at_mut(j);
    W::rotate(c, s, &mut left[i], &mut right[0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastwise_testset::number::DoubleDouble;

    #[test]
    fn singular_values_that_are_integers_are_found_to_thirty_digits() {
        let rational =
            |a: i32, b: i32| DoubleDouble::of(f64::from(a)) / DoubleDouble::of(f64::from(b));
        let (c, s) = (rational(3, 5), rational(4, 5));
        // G·diag(3, 1)·Gᵀ with G = [c −s; s c], and below it a row of zeros.
        let [three, two, zero] = [3.0, 2.0, 0.0].map(DoubleDouble::of);
        let first = vec![three * c * c + s * s, two * c * s, zero];
        let second = vec![two * c * s, three * s * s + c * c, zero];
        let svd = TallSvd::new(vec![first, second]);
        for (found, exact) in svd.singular_values.iter().zip([3.0, 1.0]) {
            let error = (*found - DoubleDouble::of(exact)).abs().to_nearest_f64();
            assert!(error <= 1e-29, "{error:e}");
        }
    }

    #[test]
    fn factors_are_orthogonal_and_multiply_to_the_matrix() {
        let (m, n) = (9, 5);
        // Rank 4: the last column is the sum of the first two.
        let entry = |i: usize, j: usize| ((i * 7 + j * j * 5 + i * j) % 11) as f64 - 5.0;
        let columns: Vec<Vec<DoubleDouble>> = (0..n)
            .map(|j| {
                let value = |i| {
                    if j < 4 {
                        entry(i, j)
                    } else {
                        entry(i, 0) + entry(i, 1)
                    }
                };
                (0..m).map(|i| DoubleDouble::of(value(i))).collect()
            })
            .collect();
        let svd = TallSvd::new(columns.clone());
        let s: Vec<f64> = svd
            .singular_values
            .iter()
            .map(|s| s.to_nearest_f64())
            .collect();
        assert!(s.is_sorted_by(|a, b| a >= b) && s[3] > 1e-2 * s[0]);
        // n operations on a vector of norm σ₁ in each of the m rows and sweeps.
        let bound = 1e3 * (m * n) as f64 * DoubleDouble::ROUNDOFF;
        assert!(s[4] <= bound * s[0], "{:e}", s[4]);
        let left: Vec<_> = (0..4).map(|k| svd.left_vector(k, m)).collect();
        for (i, u) in left.iter().enumerate() {
            for (j, w) in left.iter().enumerate() {
                let expected = DoubleDouble::of(f64::from(u8::from(i == j)));
                for product in [dot(u, w), dot(&svd.v[i], &svd.v[j])] {
                    assert!((product - expected).abs().to_nearest_f64() <= bound);
                }
            }
        }
        for (j, column) in columns.iter().enumerate() {
            let mut rest = column.clone();
            for (k, u) in left.iter().enumerate() {
                axpy(-svd.singular_values[k] * svd.v[k][j], u, &mut rest);
            }
            assert!(norm(&rest).to_nearest_f64() <= bound * s[0]);
        }
    }

    #[test]
    fn directions_of_noise_are_orthogonal_to_the_others() {
        let third = DoubleDouble::of(1.0) / DoubleDouble::of(3.0);
        for (m, n) in [(5, 3), (21, 6), (6, 6), (4, 1)] {
            // Equal columns: one singular value, and n − 1 of rounding errors of rounding errors.
            let column: Vec<_> = (0..m)
                .map(|i| third * DoubleDouble::of(f64::from(i + 1)))
                .collect();
            let svd = TallSvd::new(vec![column; n]);
            for i in 0..n {
                for j in 0..i {
                    let cosine = dot(&svd.u[i], &svd.u[j]).abs().to_nearest_f64();
                    assert!(
                        cosine <= 8.0 * n as f64 * DoubleDouble::ROUNDOFF,
                        "{m}x{n}: {cosine:e}"
                    );
                }
            }
        }
    }
}
