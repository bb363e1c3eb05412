//! The minimum-norm least-squares solution, and the quality of an answer.

use std::time::{Duration, Instant};

use leastwise_core::{Mat, MatRef};
use num_traits::Float;

use crate::jacobi::{TallSvd, operations};
use crate::plain_sum::stable_backward_error;
use crate::wide::{Wide, Widen, axpy, dot, nan_max, norm, widen, zero};

/// The minimum-norm solution of min ‖A·X − B‖_F for a matrix of known rank, and A's SVD.
#[derive(Clone)]
pub struct LeastSquaresTruth<T: Widen> {
    /// Columns of 2ᵖ·A with entries of at most 1.
    a: Vec<Vec<T::Wide>>,
    /// Columns of 2^q·B with entries of at most 1.
    b: Vec<Vec<T::Wide>>,
    /// p and q: 2^(q−p)·X solves the scaled problem.
    a_exponent: i32,
    b_exponent: i32,
    rank: usize,
    /// In units of ‖A‖_F·u.
    stable_backward_error: f64,
    /// Of 2ᵖ·A.
    singular_values: Vec<T::Wide>,
    right_vectors: Vec<Vec<T::Wide>>,
    /// The components of each column of B along the left singular vectors.
    coefficients: Vec<Vec<T::Wide>>,
    /// Of the scaled problem.
    x: Vec<Vec<T::Wide>>,
}

/// The quality of an answer. Each figure is the worst over its columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// The size, in units of ‖A‖_F·u, of a smallest ΔA for which the answer minimises
    /// ‖(A + ΔA)·x − b‖: the estimate of Karlson and Waldén, right within a factor of √2.
    ///
    /// Source: R. Karlson, B. Waldén, *Estimation of optimal backward perturbation bounds for the
    /// linear least squares problem*, BIT 37 (1997).
    pub backward_error_u: f64,
    /// ‖x − x_true‖/‖x_true‖, or ‖x‖ if the true solution is zero.
    pub forward_error: f64,
    /// The forward error, divided by the largest one that a backward error of
    /// [`STABLE_BACKWARD_ERROR`](crate::STABLE_BACKWARD_ERROR) can cause: η·(2κ‖x‖ + κ‖b‖/σ₁ + κ²‖r‖/σ₁) with η = 30·√r·u and κ =
    /// σ₁/σᵣ, and with [`LeastSquaresTruth::stable_backward_error`] in place of 30 if that is
    /// larger.
    ///
    /// Source: P.-Å. Wedin, *Perturbation theory for pseudo-inverses*, BIT 13 (1973), Theorem 5.1.
    pub forward_over_bound: f64,
    /// ‖P·x‖/max(‖x‖, ‖x_true‖) with P the projection on the null space of A: how far the answer is
    /// from minimum norm. A backward error can turn the null space by η·κ, and then leaves η·κ·‖x‖
    /// of the answer in it. If the true solution is nearly zero, ‖x‖ may be larger.
    pub min_norm_excess: f64,
    /// The true ‖A·x − b‖₂ of the answer, which can differ from the value that the backend reports.
    pub residual_norm: f64,
}

impl<T: Widen> LeastSquaresTruth<T> {
    /// Solves min ‖A·X − B‖_F as a problem of numerical rank `rank`.
    ///
    /// # Panics
    /// If A or B is empty, their rows differ, or the rank exceeds the smaller dimension of A.
    #[must_use]
    pub fn new(a: MatRef<'_, T>, b: MatRef<'_, T>, rank: usize) -> Self {
        Self::unless_stopped(a, b, rank, &mut |_| true).expect("nothing stops it")
    }

    /// The same, with a callback. `go_on` is called repeatedly with the fraction of the work that
    /// is done. If it returns false, the calculation stops.
    ///
    /// # Panics
    /// As [`LeastSquaresTruth::new`].
    #[must_use]
    pub fn unless_stopped(
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        rank: usize,
        go_on: &mut dyn FnMut(f64) -> bool,
    ) -> Option<Self> {
        let smaller = a.rows().min(a.cols());
        assert!(
            b.rows() == a.rows() && b.cols() > 0 && rank <= smaller && smaller > 0,
            "no least-squares problem: a {}x{} of rank {rank}, b {}x{}",
            a.rows(),
            a.cols(),
            b.rows(),
            b.cols()
        );
        let (columns, p) = scaled_columns(a);
        let (b, q) = scaled_columns(b);
        let tall = a.rows() >= a.cols();
        let svd = if tall {
            TallSvd::unless_stopped(columns.clone(), go_on)?
        } else {
            TallSvd::unless_stopped(scaled_columns(a.transpose()).0, go_on)?
        };
        let (coefficients, right_vectors) = if tall {
            let project = |b: &Vec<T::Wide>| svd.ut_times(b.clone());
            (b.iter().map(project).collect(), svd.v.clone())
        } else {
            // A = V·Σ·Uᵀ for Aᵀ = U·Σ·Vᵀ.
            let project = |b: &Vec<T::Wide>| svd.v.iter().map(|v| dot(v, b)).collect();
            let right = (0..smaller).map(|k| svd.left_vector(k, a.cols()));
            (b.iter().map(project).collect(), right.collect())
        };
        let truth = Self {
            a: columns,
            b,
            a_exponent: p,
            b_exponent: q,
            rank,
            stable_backward_error: stable_backward_error(a),
            singular_values: svd.singular_values,
            right_vectors,
            coefficients,
            x: Vec::new(),
        };
        Some(truth.with_rank(rank))
    }

    /// An estimate of the time of [`LeastSquaresTruth::new`] for an A of that shape, from the speed
    /// of a short calculation.
    #[must_use]
    pub fn estimate(rows: usize, cols: usize) -> Duration {
        const LENGTH: usize = 1000;
        const REPEATS: usize = 50;
        // Measured at 200×200: loops over short columns, and the work between them.
        const OVERHEAD: f64 = 2.7;
        let entry = |i: usize| T::Wide::of(1.0) / T::Wide::of(i as f64 + 3.0);
        let mut x: Vec<_> = (0..LENGTH).map(entry).collect();
        let mut y = x.clone();
        let start = Instant::now();
        for _ in 0..REPEATS {
            T::Wide::rotate(entry(2), entry(3), &mut x, &mut y);
        }
        std::hint::black_box(&y);
        let a_product = start.elapsed().as_secs_f64() / (4 * LENGTH * REPEATS) as f64;
        let (triangle, sweeps) = operations(rows.max(cols), rows.min(cols));
        let seconds = OVERHEAD * a_product * (2.0 * triangle + sweeps);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// The same problem with another numerical rank.
    ///
    /// # Panics
    /// If the rank exceeds the smaller dimension of A.
    #[must_use]
    pub fn with_rank(&self, rank: usize) -> Self {
        assert!(rank <= self.singular_values.len());
        let n = self.a.len();
        let solve = |coefficients: &Vec<T::Wide>| {
            let divided = divided(coefficients, &self.singular_values, rank);
            combination(&divided, &self.right_vectors, n)
        };
        Self {
            rank,
            x: self.coefficients.iter().map(solve).collect(),
            ..self.clone()
        }
    }

    /// The larger dimension of A.
    #[must_use]
    pub fn larger_dimension(&self) -> usize {
        let rows = self.a.first().map_or(0, Vec::len);
        rows.max(self.a.len())
    }

    /// Rows and columns of X.
    #[must_use]
    pub fn solution_shape(&self) -> (usize, usize) {
        (self.a.len(), self.b.len())
    }

    /// The same problem with the numerical rank of A, which is the number of σᵢ above max(m,
    /// n)·ε·σ₁, the default of [`LstsqOptions`](leastwise_core::LstsqOptions).
    #[must_use]
    pub fn with_numerical_rank(&self) -> Self {
        let rcond = self.larger_dimension() as f64 * T::EPSILON.as_f64();
        let s = self.singular_values();
        self.with_rank(s.iter().filter(|&&si| si > rcond * s[0]).count())
    }

    /// The numerical rank of the problem.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// σ₁/σᵣ.
    #[must_use]
    pub fn condition(&self) -> f64 {
        match self.rank.checked_sub(1) {
            Some(last) => (self.singular_values[0] / self.singular_values[last]).to_nearest_f64(),
            None => 1.0,
        }
    }

    /// σᵣ₊₁/σ₁, or zero for full rank. The rank is well-defined if this is far below every rcond in
    /// use, and 1/κ is far above.
    #[must_use]
    pub fn relative_gap(&self) -> f64 {
        self.singular_values.get(self.rank).map_or(0.0, |&next| {
            (next / self.singular_values[0]).to_nearest_f64()
        })
    }

    /// σ₁ ≥ σ₂ ≥ …, min(m, n) of them.
    #[must_use]
    pub fn singular_values(&self) -> Vec<f64> {
        let values = self.singular_values.iter();
        values
            .map(|&s| scaled(s, -self.a_exponent).to_nearest_f64())
            .collect()
    }

    /// ‖A‖₂·‖X‖_F + ‖B‖_F. A backward error η of A and of B changes ‖A·X − B‖_F by at most η times
    /// this.
    #[must_use]
    pub fn residual_scale(&self) -> f64 {
        let frobenius = |columns: &[Vec<T::Wide>]| {
            let squares = columns
                .iter()
                .fold(zero(), |sum: T::Wide, c| sum + dot(c, c));
            squares.sqrt()
        };
        let scale = self.singular_values[0] * frobenius(&self.x) + frobenius(&self.b);
        scaled(scale, -self.b_exponent).to_nearest_f64()
    }

    /// The minimum-norm solution, rounded to T.
    #[must_use]
    pub fn solution(&self) -> Mat<T> {
        let n = self.a.len();
        Mat::from_fn(n, self.x.len(), |i, j| {
            T::of(scaled(self.x[j][i], self.a_exponent - self.b_exponent).to_nearest_f64())
        })
    }

    /// The quality of an answer of the right shape with finite entries.
    ///
    /// # Panics
    /// If the shape is wrong.
    #[must_use]
    pub fn judge(&self, x: &Mat<T>) -> Quality {
        assert_eq!((x.rows(), x.cols()), (self.a.len(), self.b.len()));
        let none = Quality {
            backward_error_u: 0.0,
            forward_error: 0.0,
            forward_over_bound: 0.0,
            min_norm_excess: 0.0,
            residual_norm: 0.0,
        };
        (0..self.b.len())
            .map(|j| self.judge_column(x.col(j), j))
            .fold(none, |worst, quality| Quality {
                backward_error_u: nan_max(worst.backward_error_u, quality.backward_error_u),
                forward_error: nan_max(worst.forward_error, quality.forward_error),
                forward_over_bound: nan_max(worst.forward_over_bound, quality.forward_over_bound),
                min_norm_excess: nan_max(worst.min_norm_excess, quality.min_norm_excess),
                residual_norm: worst.residual_norm.hypot(quality.residual_norm),
            })
    }

    fn judge_column(&self, x: &[T], j: usize) -> Quality {
        let x: Vec<_> = x
            .iter()
            .map(|&xi| scaled(widen(xi), self.b_exponent - self.a_exponent))
            .collect();
        let residual = self.residual(&x, j);
        let r_norm = norm(&residual);
        let x_norm = norm(&x);

        let gradient: Vec<_> = self.a.iter().map(|column| dot(column, &residual)).collect();
        let mut squared: T::Wide = zero();
        for (&s, v) in self.singular_values.iter().zip(&self.right_vectors) {
            let weight = x_norm * s * (x_norm * s) + r_norm * r_norm;
            // With this comparison NaN reaches the sum.
            if weight != zero() {
                let component = dot(v, &gradient);
                squared = squared + component * component / weight;
            }
        }
        let a_norm = norm(&self.singular_values);

        let exact = &self.x[j];
        let mut difference = x.clone();
        axpy(-T::Wide::of(1.0), exact, &mut difference);
        let error = norm(&difference);

        let mut outside = x.clone();
        for v in &self.right_vectors[..self.rank] {
            axpy(-dot(v, &x), v, &mut outside);
        }

        let exact_norm = norm(exact);
        let relative = |value: T::Wide, size: T::Wide| {
            let relative = if size > zero() { value / size } else { value };
            relative.to_nearest_f64()
        };
        let larger_norm = if x_norm > exact_norm {
            x_norm
        } else {
            exact_norm
        };
        let unit = T::UNIT_ROUNDOFF.as_f64();
        Quality {
            backward_error_u: ratio(squared.sqrt(), a_norm * T::Wide::of(unit)),
            forward_error: relative(error, exact_norm),
            forward_over_bound: ratio(error, T::Wide::of(self.forward_bound(j))),
            min_norm_excess: relative(norm(&outside), larger_norm),
            residual_norm: scaled(r_norm, -self.b_exponent).to_nearest_f64(),
        }
    }

    fn residual(&self, x: &[T::Wide], j: usize) -> Vec<T::Wide> {
        let mut residual = self.b[j].clone();
        for (column, &xi) in self.a.iter().zip(x) {
            axpy(-xi, column, &mut residual);
        }
        residual
    }

    fn forward_bound(&self, j: usize) -> f64 {
        let (x, b) = (norm(&self.x[j]), norm(&self.b[j]));
        let r = norm(&self.residual(&self.x[j], j));
        let [x, b, r] = [x, b, r].map(Wide::to_nearest_f64);
        let kappa = self.condition();
        let largest = self.singular_values[0].to_nearest_f64();
        if largest == 0.0 {
            return 0.0;
        }
        self.stable_perturbation() * (kappa * (2.0 * x + b / largest) + kappa * kappa * r / largest)
    }

    /// The largest backward error of a stable method in units of ‖A‖_F·u. This is
    /// [`STABLE_BACKWARD_ERROR`](crate::STABLE_BACKWARD_ERROR), or three times the error of summing the columns of A in plain order if that
    /// is larger, for example for hundreds of equal entries.
    #[must_use]
    pub fn stable_backward_error(&self) -> f64 {
        self.stable_backward_error
    }

    /// η, the size relative to ‖A‖₂ of a perturbation with the largest backward error of a stable
    /// method. It uses ‖A‖_F ≤ √r·‖A‖₂.
    #[must_use]
    pub fn stable_perturbation(&self) -> f64 {
        let units = self.stable_backward_error * (self.rank.max(1) as f64).sqrt();
        units * T::UNIT_ROUNDOFF.as_f64()
    }
}

/// 0/0 is a perfect answer.
fn ratio<W: Wide>(numerator: W, denominator: W) -> f64 {
    if numerator == zero() {
        return 0.0;
    }
    (numerator / denominator).to_nearest_f64()
}

fn divided<W: Wide>(coefficients: &[W], singular_values: &[W], rank: usize) -> Vec<W> {
    coefficients
        .iter()
        .zip(singular_values)
        .take(rank)
        .map(|(&c, &s)| c / s)
        .collect()
}

fn combination<W: Wide>(coefficients: &[W], vectors: &[Vec<W>], rows: usize) -> Vec<W> {
    let mut x = vec![zero(); rows];
    for (&c, v) in coefficients.iter().zip(vectors) {
        axpy(c, v, &mut x);
    }
    x
}

/// The columns, multiplied by a power of two so that the largest entry lies between ½ and 1, and
/// the exponent of this power.
fn scaled_columns<T: Widen>(a: MatRef<'_, T>) -> (Vec<Vec<T::Wide>>, i32) {
    let exponent = -exponent_of(a);
    let columns = (0..a.cols())
        .map(|j| {
            (0..a.rows())
                .map(|i| scaled(widen(a[(i, j)]), exponent))
                .collect()
        })
        .collect();
    (columns, exponent)
}

/// The smallest e with max |aᵢⱼ| < 2ᵉ; 0 for A = 0.
pub(crate) fn exponent_of<T: Widen>(a: MatRef<'_, T>) -> i32 {
    match a.iter().map(|x| x.as_f64().abs()).fold(0.0, nan_max) {
        0.0 => 0,
        largest => exponent_above(largest),
    }
}

/// The smallest e with x < 2ᵉ.
pub(crate) fn exponent_above(x: f64) -> i32 {
    let (mantissa, exponent, _) = x.integer_decode();
    let digits = 64 - mantissa.leading_zeros();
    // At most 53, so it fits.
    i32::from(exponent) + i32::try_from(digits).unwrap_or(53)
}

/// 2ᵉ·x, in steps that each are in range.
pub(crate) fn scaled<W: Wide>(mut x: W, mut exponent: i32) -> W {
    while exponent != 0 {
        let step = exponent.clamp(-1000, 1000);
        x = x * W::of(2f64.powi(step));
        exponent -= step;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::STABLE_BACKWARD_ERROR;

    /// lcm(1, …, 2n − 1)/(i + j + 1): the Hilbert matrix in integers.
    fn hilbert(n: u32) -> Mat<f64> {
        let gcd = |mut a: u32, mut b: u32| {
            while b != 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        let multiple = (1..2 * n).fold(1, |lcm, k| lcm / gcd(lcm, k) * k);
        let n = n as usize;
        Mat::from_fn(n, n, |i, j| f64::from(multiple) / (i + j + 1) as f64)
    }

    fn row_sums(a: &Mat<f64>) -> Mat<f64> {
        Mat::from_fn(a.rows(), 1, |i, _| (0..a.cols()).map(|j| a[(i, j)]).sum())
    }

    fn worst_error(truth: &LeastSquaresTruth<f64>, exact: impl Fn(usize) -> f64) -> f64 {
        let x = truth.x[0].iter().enumerate();
        x.map(|(i, &xi)| {
            let error = scaled(xi, truth.a_exponent - truth.b_exponent)
                - leastwise_testset::number::DoubleDouble::of(exact(i));
            error.abs().to_nearest_f64()
        })
        .fold(0.0, nan_max)
    }

    #[test]
    fn the_hilbert_matrix_is_solved_to_twenty_five_digits() {
        for (n, digits) in [(3, 1e-27), (4, 1e-25), (5, 1e-24)] {
            let a = hilbert(n);
            let truth = LeastSquaresTruth::new(a.as_ref(), row_sums(&a).as_ref(), n as usize);
            let error = worst_error(&truth, |_| 1.0);
            assert!(error <= digits, "n = {n}: {error:e}");
        }
    }

    #[test]
    fn a_matrix_of_ones_has_its_minimum_norm_solution_in_both_shapes() {
        for (m, n) in [(21, 6), (6, 21)] {
            let a = Mat::from_fn(m, n, |_, _| 1.0);
            let b = Mat::from_fn(m, 1, |i, _| i as f64);
            let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 1);
            // The mean of b, spread evenly.
            let entry = (m - 1) as f64 / 2.0 / n as f64;
            assert!(worst_error(&truth, |_| entry) <= 1e-28 + f64::EPSILON * entry);
            assert!(truth.relative_gap() < 1e-28 && truth.condition() == 1.0);
            let exact = truth.judge(&truth.solution());
            assert!(exact.backward_error_u <= 2.0 && exact.forward_over_bound <= 1.0);
        }
    }

    #[test]
    fn a_basic_solution_is_told_from_the_minimum_norm_one() {
        let a = Mat::from_fn(21, 6, |_, _| 1.0);
        let b = Mat::from_fn(21, 1, |i, _| i as f64);
        let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 1);
        let basic = Mat::from_fn(6, 1, |i, _| if i == 0 { 10.0 } else { 0.0 });
        let quality = truth.judge(&basic);
        // It minimises the residual too, so the backward error does not show the fault.
        assert!(quality.backward_error_u <= 2.0, "{quality:?}");
        // √(1 − 1/6): a sixth of ‖x‖² is in the row space.
        assert!(quality.min_norm_excess > 0.9 && quality.forward_over_bound > 1e10);
    }

    #[test]
    fn an_error_of_one_millionth_and_a_nan_are_seen() {
        let a = hilbert(4);
        let b = row_sums(&a);
        let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 4);
        let mut x = truth.solution();
        x[(2, 0)] *= 1.0 + 1e-6;
        let quality = truth.judge(&x);
        assert!(
            quality.backward_error_u > STABLE_BACKWARD_ERROR,
            "{quality:?}"
        );
        x[(2, 0)] = f64::NAN;
        let quality = truth.judge(&x);
        assert!(quality.backward_error_u.is_nan() && quality.forward_over_bound.is_nan());
    }

    #[test]
    fn the_figures_do_not_depend_on_the_scale() {
        let a = Mat::from_fn(7, 3, |i, j| ((i * 5 + j * 3) % 7) as f64 - 2.0);
        let b = Mat::from_fn(7, 1, |i, _| (i * i % 5) as f64);
        let answer = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 3).solution();
        let reference = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 3).judge(&answer);
        for (p, q) in [(-900, 60), (500, -500), (-1020, -1010)] {
            let times = |a: &Mat<f64>, e: i32| {
                Mat::from_fn(a.rows(), a.cols(), |i, j| scaled(a[(i, j)], e))
            };
            let (a, b, x) = (times(&a, p), times(&b, q), times(&answer, q - p));
            let quality = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 3).judge(&x);
            assert_eq!(quality.backward_error_u, reference.backward_error_u);
            assert_eq!(quality.forward_error, reference.forward_error);
        }
    }
}
