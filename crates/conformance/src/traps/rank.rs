//! The rank of a matrix, and the minimum-norm solution or a refusal.

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, LstsqOptions, Mat, Method, Scalar};
use leastwise_optim::LeastSquaresProblem;
use leastwise_two_factor::TwoLayerNetSpec;

use super::bounds::{Sizes, default_rcond, gamma, stable, unit};
use super::draw::{generator, integer};
use super::exact::{Exact, exactly};
use super::measure::{
    assert_within, in_f64, inner_products, product, singular_values, values, vector_distance,
};
use super::{assert_refused, methods, solve, solved_or_refused};

/// A = [a, a + δ·g] with 10⁴ rows, a and g orthogonal and of the same length, b = A·(1, 1).
///
/// faer's own QR drops a column whose remaining norm is at most 16·m·ε of it, here 3.5e-11 in f64
/// and 2e-2 in f32, and gives x = (2, 0); δ is below that. With [a g] orthogonal,
/// κ + 1/κ = (2 + δ²)/δ, so that max(m, n)·ε·κ < 1: A has full rank by the default rcond.
pub fn nearly_collinear_columns<T: Scalar>(backend: &'static dyn Backend<T>) {
    let m = 10_000;
    let delta: f64 = if T::NAME == "f32" { -7.0 } else { -36.0 };
    let delta = delta.exp2();
    let mut rng = generator(1);
    // Pairs of rows (p, q) and (−q, p) make a and g orthogonal without rounding; p is not zero.
    let (mut first, mut second) = (vec![0.0; m], vec![0.0; m]);
    for i in (0..m).step_by(2) {
        let (p, q) = (integer(&mut rng, 1000) + 1001.0, integer(&mut rng, 1000));
        (first[i], first[i + 1]) = (p, q);
        (second[i], second[i + 1]) = (p - delta * q, q + delta * p);
    }
    let a = Mat::from_fn(m, 2, |i, j| exactly::<T>([first[i], second[i]][j]));
    let b = Mat::from_fn(m, 1, |i, _| exactly::<T>(first[i] + second[i]));
    let length = euclidean(&first);
    let kappa = (2.0 + delta * delta) / delta;
    assert!(default_rcond::<T>(m, 2) * kappa < 1.0);
    let frobenius = length * (2.0 + delta * delta).sqrt();
    let sizes = Sizes {
        rows: m,
        cols: 2,
        frobenius,
        smallest: frobenius / kappa,
        x: 2f64.sqrt(),
        b: euclidean(&values(b.data())),
        residual: 0.0,
    };
    for method in methods(backend) {
        for rcond in [None, Some(T::zero())] {
            let case = format!("{method}, rcond {rcond:?}, seed 1");
            let options = LstsqOptions { method, rcond };
            let result = backend.lstsq(a.as_ref(), b.as_ref(), &options);
            if method == Method::Cholesky {
                // κ² is beyond 1/u.
                assert_refused(&case, &result);
                continue;
            }
            let found = result.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(found.rank, 2, "{case}");
            let error = vector_distance(&values(found.x.data()), &[1.0, 1.0]);
            assert_within(&case, error, sizes.forward_error::<T>(method));
        }
        // If rcond is larger than 1/κ, only the common direction remains: A without its second
        // singular direction is within δ of it, and so is its minimum-norm solution.
        let case = format!("{method}, rcond 16/κ, seed 1");
        let options = LstsqOptions {
            method,
            rcond: Some(T::of(16.0 / kappa)),
        };
        let result = backend.lstsq(a.as_ref(), b.as_ref(), &options);
        let Some(found) = solved_or_refused(&case, method, result) else {
            continue;
        };
        assert_eq!(found.rank, 1, "{case}");
        let error = vector_distance(&values(found.x.data()), &[1.0, 1.0]);
        // σ₁ ≥ ‖A‖_F/√2; A loses at most δ·‖a‖ ≤ δ·σ₁ besides η·‖A‖_F, b = A·x too: three terms of
        // the perturbation bound.
        let perturbation = 2f64.sqrt() * sizes.eta::<T>() + delta;
        let bound = 3.0 * perturbation / (1.0 - perturbation) * 2f64.sqrt();
        assert_within(&case, error, bound);
    }
}

/// A = e·eᵀ of rank 1, σ₁ = √(mn): the minimum-norm solution has n equal entries mean(b)/n.
pub fn matrices_of_ones<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (m, n) in [(6, 21), (21, 6), (5, 5), (8, 8), (4, 4), (2, 2), (100, 7)] {
        let a = Mat::from_fn(m, n, |_, _| T::one());
        let b = Mat::from_fn(m, 1, |i, _| T::of((i * i % 7) as f64 + 1.0));
        let b64 = values(b.data());
        let mean = b64.iter().sum::<f64>() / m as f64;
        let x = vec![mean / n as f64; n];
        let norm = ((m * n) as f64).sqrt();
        let residual: Vec<f64> = b64.iter().map(|bi| bi - mean).collect();
        let sizes = Sizes {
            rows: m,
            cols: n,
            frobenius: norm,
            smallest: norm,
            x: euclidean(&x),
            b: euclidean(&b64),
            residual: euclidean(&residual),
        };
        for method in methods(backend) {
            let case = format!("{m}x{n} of ones, {method}");
            let result = solve(backend, &a, &b, method);
            let Some(found) = solved_or_refused(&case, method, result) else {
                continue;
            };
            assert_eq!(found.rank, 1, "{case}");
            let error = vector_distance(&values(found.x.data()), &x);
            assert_within(&case, error, sizes.forward_error::<T>(method));
            if let Some(s) = &found.singular_values {
                let mut truth = vec![0.0; m.min(n)];
                truth[0] = norm;
                let bound = stable::<T>(m, n) * norm;
                assert_within(&case, vector_distance(&values(s), &truth), bound);
            }
            if let Some(norms) = &found.residual_norms {
                let error = (norms[0].as_f64() - sizes.residual).abs();
                let length = euclidean(&values(found.x.data()));
                assert_within(&case, error, sizes.residual_error::<T>(length));
            }
        }
    }
}

/// A = 0: x = 0 of rank 0, and the residual is b.
pub fn zero_matrices<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (m, n) in [(1, 1), (4, 4), (7, 3), (3, 7), (50, 2)] {
        let a = Mat::<T>::zeros(m, n);
        let b = Mat::from_fn(m, 2, |i, j| T::of((i + 3 * j) as f64));
        for method in methods(backend) {
            let case = format!("{m}x{n} of zeros, {method}");
            let result = solve(backend, &a, &b, method);
            let Some(found) = solved_or_refused(&case, method, result) else {
                continue;
            };
            assert_eq!((found.rank, found.x), (0, Mat::zeros(n, 2)), "{case}");
            let norms = values(&found.residual_norms.unwrap_or_default());
            for (j, norm) in norms.into_iter().enumerate() {
                let truth = euclidean(&values(b.col(j)));
                // γ of m squares, halved by the root, and the root: less than γ_{m+2}.
                assert_within(&case, (norm - truth).abs(), gamma::<T>(m + 2) * truth);
            }
        }
    }
}

/// Full row rank, few and many right-hand sides; the solutions are in the row space.
pub fn wide_with_many_right_hand_sides<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, (m, n)) in (0..).zip([(1, 4), (4, 8), (8, 64), (16, 32)]) {
        for count in [1, 3, 40] {
            let problem = Exact::<T>::new((m, n), m, 3, seed);
            let sides = problem.right_hand_sides(count, seed);
            for method in methods(backend) {
                let found = solve(backend, &problem.a, &sides.b, method)
                    .unwrap_or_else(|error| panic!("{}, {method}: {error}", problem.case()));
                problem.assert_solved(&sides, &found);
            }
        }
    }
}

/// Tall, square and wide, with right-hand sides in and out of the range.
pub fn rank_deficient<T: Scalar>(backend: &'static dyn Backend<T>) {
    let shapes = [
        (64, 8),
        (8, 8),
        (8, 64),
        (32, 32),
        (128, 16),
        (16, 128),
        (2, 2),
    ];
    for (seed, (m, n)) in (0..).zip(shapes) {
        for rank in [1, 5, 7, 15] {
            if rank >= m.min(n) {
                continue;
            }
            let problem = Exact::<T>::new((m, n), rank, 5, seed);
            let sides = problem.right_hand_sides(4, seed);
            for method in methods(backend) {
                let case = format!("{}, {method}", problem.case());
                let result = solve(backend, &problem.a, &sides.b, method);
                if let Some(found) = solved_or_refused(&case, method, result) {
                    problem.assert_solved(&sides, &found);
                }
            }
        }
    }
}

/// κ from 1 to 2³³ ≈ 1e10 (2¹² in f32): below 1/(max(m, n)·ε) everything but Cholesky accepts;
/// Cholesky accepts below and refuses above 1/√(max(m, n)·ε), with a factor of 8 either way for
/// the condition estimate.
pub fn prescribed_conditions<T: Scalar>(backend: &'static dyn Backend<T>) {
    let logs: &[u32] = if T::NAME == "f32" {
        &[0, 2, 4, 8, 12]
    } else {
        &[0, 2, 8, 16, 19, 24, 28, 33]
    };
    for (seed, &(m, n)) in (0..).zip(&[(64, 8), (8, 8), (8, 64)]) {
        for &log in logs {
            let problem = Exact::<T>::new((m, n), 8, log, seed);
            let sides = problem.right_hand_sides(2, seed);
            let kappa = f64::from(log).exp2();
            let limit = default_rcond::<T>(m, n).sqrt().recip();
            for method in methods(backend) {
                let case = format!("{}, {method}", problem.case());
                let result = solve(backend, &problem.a, &sides.b, method);
                if method == Method::Cholesky && kappa >= 8.0 * limit {
                    assert_refused(&case, &result);
                    continue;
                }
                if method == Method::Cholesky && 8.0 * kappa > limit {
                    // So near its limit it may accept or refuse, and κ²·u guarantees no digit.
                    continue;
                }
                let found = result.unwrap_or_else(|error| panic!("{case}: {error}"));
                problem.assert_solved(&sides, &found);
            }
        }
    }
}

/// Kahan's matrix diag(1, s, s², …)·(I − c·N) with N the ones above the diagonal, s = 0.8, c = 0.6.
fn kahan<T: Scalar>(n: usize) -> Mat<T> {
    Mat::from_fn(n, n, |i, j| {
        let power = 0.8f64.powi(i32::try_from(i).unwrap_or(i32::MAX));
        T::of(match i.cmp(&j) {
            std::cmp::Ordering::Less => -0.6 * power,
            std::cmp::Ordering::Equal => power,
            std::cmp::Ordering::Greater => 0.0,
        })
    })
}

/// ‖K⁻¹‖_∞ of a triangular M-matrix, K⁻¹ ≥ 0: the largest entry of K⁻¹e, by sums of positive terms.
fn inverse_norm(k: &Mat<f64>) -> f64 {
    let n = k.cols();
    let mut x = vec![1.0; n];
    for j in (0..n).rev() {
        x[j] /= k[(j, j)];
        for i in 0..j {
            x[i] -= k[(i, j)] * x[j];
        }
    }
    x.into_iter().fold(0.0, f64::max)
}

/// Sizes at which Kahan's matrix has full rank to working precision, though its condition number is
/// far above the ratio of its diagonal entries.
pub fn kahans_matrix<T: Scalar>(backend: &'static dyn Backend<T>) {
    for n in if T::NAME == "f32" {
        [2, 5, 7]
    } else {
        [2, 10, 25]
    } {
        let a = kahan::<T>(n);
        let exact = in_f64(a.as_ref());
        let ones = Mat::from_fn(n, 1, |_, _| 1.0);
        let image = product(&exact, &ones);
        let b = Mat::from_fn(n, 1, |i, _| T::of(image[(i, 0)]));
        // ‖K⁻¹‖₂ ≤ √n·‖K⁻¹‖_∞. The rounding of b, at most γ_n·|A||x|, is within the η·‖b‖ of the
        // bound or less than n·u·‖A‖_F·‖x‖, which is added to b here.
        let frobenius = exact.frobenius_norm();
        let length = (n as f64).sqrt();
        let sizes = Sizes {
            rows: n,
            cols: n,
            frobenius,
            smallest: (length * inverse_norm(&exact)).recip(),
            x: length,
            b: euclidean(image.col(0)) + frobenius * length,
            residual: 0.0,
        };
        for method in methods(backend) {
            let case = format!("Kahan's matrix {n}x{n}, {method}");
            let result = solve(backend, &a, &b, method);
            // Between the two bounds of κ, the normal equations may accept or refuse.
            let kappa = frobenius / sizes.smallest;
            let limit = default_rcond::<T>(n, n).sqrt().recip();
            if method == Method::Cholesky && 8.0 * kappa > limit {
                if let Ok(found) = result {
                    let error = vector_distance(&values(found.x.data()), ones.col(0));
                    let condition = kappa * kappa * 4.0 * gamma::<T>(3 * n + 1);
                    assert_within(&case, error, condition * length);
                }
                continue;
            }
            let found = result.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(found.rank, n, "{case}");
            let error = vector_distance(&values(found.x.data()), ones.col(0));
            assert_within(&case, error, sizes.forward_error::<T>(method));
        }
    }
}

/// Sizes at which σ_min/σ₁ ≤ √n/‖K⁻¹‖_∞ is far below rcond while the smallest diagonal entry,
/// 0.8ⁿ⁻¹, is far above it. A test of only the diagonal accepts the matrix and returns a wrong
/// result.
pub fn hidden_deficiency_of_kahans_matrix<T: Scalar>(backend: &'static dyn Backend<T>) {
    let n = if T::NAME == "f32" { 40 } else { 90 };
    let a = kahan::<T>(n);
    let exact = in_f64(a.as_ref());
    let rcond = default_rcond::<T>(n, n);
    assert!(exact[(n - 1, n - 1)] > 30.0 * rcond);
    assert!((n as f64).sqrt() / inverse_norm(&exact) < rcond / 1000.0);
    let ones = Mat::from_fn(n, 1, |_, _| 1.0);
    let image = product(&exact, &ones);
    let b = Mat::from_fn(n, 1, |i, _| T::of(image[(i, 0)]));
    let frobenius = exact.frobenius_norm();
    for method in methods(backend) {
        let case = format!("Kahan's matrix {n}x{n}, {method}");
        let result = solve(backend, &a, &b, method);
        let Some(found) = solved_or_refused(&case, method, result) else {
            continue;
        };
        assert!(found.rank < n, "{case}: rank {}", found.rank);
        let x = in_f64(found.x.as_ref());
        // What is kept has singular values above rcond·σ₁, σ₁ ≥ ‖A‖_F/√n, so that errors of η·‖A‖_F
        // grow to at most η·√n/rcond, where without truncation they grow to 1e9 and more.
        let eta = stable::<T>(n, n) + rcond;
        let length = (n as f64).sqrt();
        let bound = length * (1.0 + 2.0 * eta * length / rcond);
        assert_within(format_args!("{case}: ‖x‖"), euclidean(x.col(0)), bound);
        let residual = vector_distance(product(&exact, &x).col(0), image.col(0));
        let bound = eta * frobenius * (length + euclidean(x.col(0)));
        assert_within(format_args!("{case}: residual"), residual, bound);
    }
}

/// The Jacobian of the published experiment, 10000×96 of rank 60 by construction: (W₁·M, −M·W₂) is
/// in its null space for every 6×6 M.
pub fn published_jacobian<T: Scalar>(backend: &'static dyn Backend<T>) {
    const RANK: usize = 60;
    let drawn = TwoLayerNetSpec::default().draw::<T>().unwrap();
    let (net, start) = (&drawn.net, &drawn.start);
    let (m, n) = (net.residuals(), net.parameters());
    let mut j = Mat::zeros(m, n);
    net.jacobian(start, j.as_mut()).unwrap();
    let mut r = vec![T::zero(); m];
    net.residual(start, &mut r).unwrap();
    let b = Mat::from_fn(m, 1, |i, _| -r[i]);

    // J·Jᵀ = (X ⊗ I)ᵀ·(W₂ᵀW₂ ⊗ I + I ⊗ W₁W₁ᵀ)·(X ⊗ I), so that σ_r ≥ σ_min(X)·σ_min(W₂).
    let (w1, w2) = net.weights(start).unwrap();
    let (w1, w2) = (in_f64(w1), in_f64(w2));
    let last = |a: &Mat<f64>| singular_values(a).pop().unwrap_or_default();
    let smallest = last(&in_f64(net.x().transpose())) * last(&w2);
    let exact = in_f64(j.as_ref());
    let frobenius = exact.frobenius_norm();
    // Entries of W₂·X are rounded by γ₆·|W₂||X|, those of X·W₁ by u.
    let h = product(
        &Mat::from_fn(6, 6, |p, q| w2[(p, q)].abs()),
        &absolute(net.x()),
    );
    let noise = gamma::<T>(6) * h.frobenius_norm() * (net.outputs() as f64).sqrt()
        + unit::<T>() * frobenius;
    let eta = stable::<T>(m, n) + default_rcond::<T>(m, n);
    assert!(
        smallest > 2.0 * default_rcond::<T>(m, n) * frobenius,
        "the draw has no gap after {RANK} singular values"
    );

    for method in methods(backend) {
        let case = format!("published Jacobian, {method}");
        let result = solve(backend, &j, &b, method);
        let Some(found) = solved_or_refused(&case, method, result) else {
            continue;
        };
        assert_eq!(found.rank, RANK, "{case}");
        let x = in_f64(found.x.as_ref());
        let length = euclidean(x.col(0));
        let mut residual = product(&exact, &x);
        for (ri, bi) in residual.data_mut().iter_mut().zip(b.data()) {
            *ri -= bi.as_f64();
        }
        // x solves the problem for J + E: Jᵀ(Jx − b) = −JᵀEx − Eᵀ((J + E)x − b), and ‖E‖ ≤ η·‖J‖_F.
        let gradient = euclidean(inner_products(&exact, &residual).data());
        let bound = eta * frobenius * (frobenius * length + 2.0 * euclidean(residual.data()));
        assert_within(format_args!("{case}: gradient"), gradient, bound);
        // x = (J + E)ᵀ·w with ‖w‖ ≤ ‖x‖/σ_r, so that zᵀx = (Jz)ᵀw + zᵀEᵀw for z in the null space,
        // where J·z is the noise of J's entries.
        let tilt = (eta * frobenius + noise) / (smallest - eta * frobenius).max(0.0);
        for p in 0..6 {
            for q in 0..6 {
                let z = null_vector(&w1, &w2, p, q);
                let projection = leastwise_core::norm::dot(&z, x.col(0)).abs();
                let bound = tilt * euclidean(&z) * length;
                assert_within(format_args!("{case}: null space"), projection, bound);
            }
        }
    }
}

fn absolute<T: Scalar>(a: leastwise_core::MatRef<'_, T>) -> Mat<f64> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)].as_f64().abs())
}

/// vec(W₁·M) and vec(−M·W₂) for M with a single one at (p, q).
fn null_vector(w1: &Mat<f64>, w2: &Mat<f64>, p: usize, q: usize) -> Vec<f64> {
    let unit = Mat::from_fn(6, 6, |i, j| f64::from(u8::from((i, j) == (p, q))));
    let mut z = product(w1, &unit).into_vec();
    z.extend(product(&unit, w2).data().iter().map(|x| -x));
    z
}
