//! Matrices whose singular values, singular vectors and least-squares solutions are known exactly.
//!
//! A Sylvester-Hadamard matrix has entries ±1 and orthogonal columns. With U and V two of them,
//! rows and columns permuted and changed in sign at random, and powers of two dᵢ,
//! A = Σ dᵢ·uᵢ·vᵢᵀ has the singular values √(mn)·dᵢ, and as long as the span of the dᵢ fits the
//! digits of the scalar type no entry of A, of x = Σ zᵢ·vᵢ or of b = A·x is rounded for small
//! integers zᵢ.

use leastwise_core::norm::euclidean;
use leastwise_core::{Mat, Scalar, Solution};

use super::bounds::Sizes;
use super::draw::{generator, integer, permutation, sign};
use super::measure::{assert_within, in_f64, product, values, vector_distance};

/// A = Σ dᵢ·uᵢ·vᵢᵀ, m×n of rank r, m and n powers of two.
pub(crate) struct Exact<T> {
    pub(crate) a: Mat<T>,
    /// dᵢ, descending: r of them.
    d: Vec<f64>,
    /// m×m and n×n, columns orthogonal and of norm √m and √n; the first r are the uᵢ and vᵢ.
    u: Mat<f64>,
    v: Mat<f64>,
    case: String,
}

/// B = A·X + residual, for X in the row space of A.
pub(crate) struct RightHandSides<T> {
    pub(crate) b: Mat<T>,
    pub(crate) x: Mat<f64>,
    residual_norms: Vec<f64>,
}

impl<T: Scalar> Exact<T> {
    /// Singular values evenly spaced on a logarithmic scale, up to rounding of the exponents: κ₂ is
    /// `2^log_condition`.
    pub(crate) fn new((m, n): (usize, usize), rank: usize, log_condition: u32, seed: u64) -> Self {
        let mut rng = generator(seed);
        let mut hadamard = |size: usize| {
            let (rows, columns) = (permutation(&mut rng, size), permutation(&mut rng, size));
            let row_signs: Vec<f64> = (0..size).map(|_| sign(&mut rng)).collect();
            let column_signs: Vec<f64> = (0..size).map(|_| sign(&mut rng)).collect();
            Mat::from_fn(size, size, |i, j| {
                let overlap = (rows[i] & columns[j]).count_ones();
                row_signs[i] * column_signs[j] * if overlap % 2 == 0 { 1.0 } else { -1.0 }
            })
        };
        let (u, v) = (hadamard(m), hadamard(n));
        let span = f64::from(log_condition);
        let step = span / rank.saturating_sub(1).max(1) as f64;
        let d: Vec<f64> = (0..rank)
            .map(|i| (-(i as f64 * step).round()).exp2())
            .collect();
        let a = Mat::from_fn(m, n, |i, j| {
            exactly((0..rank).map(|l| u[(i, l)] * d[l] * v[(j, l)]).sum())
        });
        let case = format!("{m}x{n} of rank {rank}, condition 2^{log_condition}, seed {seed}");
        Self { a, d, u, v, case }
    }

    pub(crate) fn case(&self) -> &str {
        &self.case
    }

    pub(crate) fn rank(&self) -> usize {
        self.d.len()
    }

    /// min(m, n) singular values.
    pub(crate) fn singular_values(&self) -> Vec<f64> {
        let (m, n) = (self.a.rows(), self.a.cols());
        let scale = ((m * n) as f64).sqrt();
        let mut s: Vec<f64> = self.d.iter().map(|di| di * scale).collect();
        s.resize(m.min(n), 0.0);
        s
    }

    /// `count` right-hand sides, of which every other has a residual of a similar size if the range
    /// of A is not everything.
    pub(crate) fn right_hand_sides(&self, count: usize, seed: u64) -> RightHandSides<T> {
        let mut rng = generator(seed);
        let (m, n, rank) = (self.a.rows(), self.a.cols(), self.rank());
        let z = Mat::from_fn(
            n,
            count,
            |l, _| {
                if l < rank { integer(&mut rng, 3) } else { 0.0 }
            },
        );
        let image = Mat::from_fn(m, count, |l, j| {
            if l < rank {
                n as f64 * self.d[l] * z[(l, j)]
            } else if l == rank && j % 2 == 1 {
                2.0
            } else {
                0.0
            }
        });
        let outside = if rank < m {
            2.0 * (m as f64).sqrt()
        } else {
            0.0
        };
        let b = product(&self.u, &image);
        RightHandSides {
            b: Mat::from_fn(m, count, |i, j| exactly(b[(i, j)])),
            x: product(&self.v, &z),
            residual_norms: (0..count)
                .map(|j| if j % 2 == 1 { outside } else { 0.0 })
                .collect(),
        }
    }

    /// What the error of the solution for right-hand side j depends on.
    pub(crate) fn sizes(&self, sides: &RightHandSides<T>, j: usize) -> Sizes {
        let singular_values = self.singular_values();
        Sizes {
            rows: self.a.rows(),
            cols: self.a.cols(),
            frobenius: euclidean(&singular_values),
            smallest: singular_values[self.rank() - 1],
            x: euclidean(sides.x.col(j)),
            b: sides
                .b
                .as_ref()
                .try_col(j)
                .map_or(0.0, |b| euclidean(&values(b))),
            residual: sides.residual_norms[j],
        }
    }

    /// Asserts rank, solution, residual norms and singular values.
    pub(crate) fn assert_solved(&self, sides: &RightHandSides<T>, found: &Solution<T>) {
        let case = format!("{} by {}", self.case, found.method);
        assert_eq!(found.rank, self.rank(), "{case}");
        let x = in_f64(found.x.as_ref());
        assert_eq!(
            (x.rows(), x.cols()),
            (self.a.cols(), sides.x.cols()),
            "{case}"
        );
        for j in 0..x.cols() {
            let sizes = self.sizes(sides, j);
            assert_within(
                format_args!("{case}: x, column {j}"),
                vector_distance(x.col(j), sides.x.col(j)),
                sizes.forward_error::<T>(found.method),
            );
            if let Some(norms) = &found.residual_norms {
                assert_within(
                    format_args!("{case}: residual norm {j}"),
                    (norms[j].as_f64() - sizes.residual).abs(),
                    sizes.residual_error::<T>(euclidean(x.col(j))),
                );
            }
        }
        if let Some(s) = &found.singular_values {
            let truth = self.singular_values();
            assert_eq!(s.len(), truth.len(), "{case}");
            // Each is moved by at most ‖ΔA‖ (Weyl).
            let bound = self.sizes(sides, 0).eta::<T>() * euclidean(&truth);
            for (si, ti) in s.iter().zip(&truth) {
                assert_within(format_args!("{case}: s"), (si.as_f64() - ti).abs(), bound);
            }
        }
    }
}

/// `value` as `T`, where that is no rounding.
pub(crate) fn exactly<T: Scalar>(value: f64) -> T {
    let converted = T::of(value);
    assert_eq!(converted.as_f64(), value, "does not fit {}", T::NAME);
    converted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traps::measure::singular_values;

    #[test]
    fn the_construction_has_the_singular_values_it_claims() {
        let problem = Exact::<f64>::new((16, 8), 8, 10, 3);
        let found = singular_values(&problem.a);
        for (s, t) in found.iter().zip(problem.singular_values()) {
            assert_within("s", (s / t - 1.0).abs(), 1000.0 * 16.0 * f64::EPSILON);
        }
        let sides = problem.right_hand_sides(2, 4);
        let ax = product(&problem.a, &sides.x);
        let error = vector_distance(ax.col(0), sides.b.col(0));
        assert_eq!(error, 0.0);
    }
}
