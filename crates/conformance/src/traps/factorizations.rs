//! QR, SVD, eigendecompositions and Cholesky.
//!
//! A decomposition is right if it satisfies its definition to working precision: its parts
//! reproduce A, and its vectors are orthonormal.

use leastwise_core::factor::Triangle;
use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Mat, MatRef, Scalar, Svd, Workspace};

use super::bounds::{gamma, stable};
use super::draw::{generator, integer, normal, symmetric};
use super::exact::{Exact, exactly};
use super::measure::{
    assert_eigen, assert_orthonormal, assert_svd, assert_within, distance, in_f64, inner_products,
    product, scaled_columns, singular_values, values, vector_distance,
};

const SHAPES: [(usize, usize); 12] = [
    (1, 1),
    (2, 1),
    (2, 2),
    (5, 3),
    (6, 6),
    (7, 2),
    (8, 7),
    (33, 5),
    (33, 33),
    (70, 66),
    (200, 3),
    (500, 20),
];

/// Exponents over the whole range: squares leave it from the middle ones on, and the outer ones leave
/// room for sums of entries and for all digits of small ones. Odd ones too.
fn extremes<T: Scalar>() -> [f64; 6] {
    if T::NAME == "f32" {
        [117.0, 60.0, 15.0, -15.0, -60.0, -90.0]
    } else {
        [1013.0, 500.0, 265.0, -301.0, -500.0, -950.0]
    }
}

/// Q₁·R = A + ΔA with R upper triangular and Q₁ orthonormal, and Q₁ applied to any matrix.
pub fn qr<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, (m, n)) in (0..).zip(SHAPES) {
        let a = normal::<T>(&mut generator(seed), m, n);
        let case = format!("{m}x{n}, seed {seed}");
        let factors = backend.qr(a.as_ref()).unwrap();
        let r = factors.r();
        assert_eq!((r.rows(), r.cols()), (n, n), "{case}");
        let below = (0..n).any(|j| r.col(j)[j + 1..].iter().any(|&x| x != T::zero()));
        assert!(!below, "{case}: r has entries below its diagonal");
        let q = in_f64(factors.mul_q(Mat::identity(n)).unwrap().as_ref());
        assert_eq!((q.rows(), q.cols()), (m, n), "{case}");
        assert_orthonormal::<T>(&case, &q);
        let bound = stable::<T>(m, n) * in_f64(a.as_ref()).frobenius_norm();
        let image = in_f64(factors.mul_q(r.clone()).unwrap().as_ref());
        let error = distance(&image, &in_f64(a.as_ref()));
        assert_within(format_args!("{case}: mul_q(r) − a"), error, bound);
        let error = distance(&product(&q, &in_f64(r.as_ref())), &in_f64(a.as_ref()));
        assert_within(format_args!("{case}: q·r − a"), error, bound);
        let one_row = Mat::from_fn(n, 1, |_, _| T::one());
        let sums = in_f64(factors.mul_q(one_row).unwrap().as_ref());
        let ones = Mat::from_fn(n, 1, |_, _| 1.0);
        let bound = stable::<T>(m, n) * (n as f64).sqrt();
        assert_within(&case, distance(&sums, &product(&q, &ones)), bound);
    }
}

fn svd_of<T: Scalar>(backend: &dyn Backend<T>, case: &str, a: &Mat<T>) {
    let svd = backend
        .svd(a.as_ref())
        .unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_svd(case, &in_f64(a.as_ref()), &svd);
}

/// min(m, n) vectors on both sides, for tall, square and wide matrices.
pub fn svd_thin<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, (m, n)) in (0..).zip(SHAPES) {
        let a = normal::<T>(&mut generator(seed), m, n);
        svd_of(backend, &format!("{m}x{n}, seed {seed}"), &a);
        let a = a.transposed();
        svd_of(backend, &format!("{n}x{m}, seed {seed}"), &a);
    }
    for (seed, (m, n)) in (0..).zip([(32, 8), (8, 8), (8, 32)]) {
        let problem = Exact::<T>::new((m, n), 5, 9, seed);
        svd_of(backend, problem.case(), &problem.a);
    }
}

/// The same into storage that is used again, from one shape and scale to the next.
pub fn svd_overwriting<T: Scalar>(backend: &'static dyn Backend<T>) {
    let (mut svd, mut workspace) = (Svd::default(), Workspace::default());
    let mut check = |case: &str, a: &Mat<T>| {
        backend
            .svd_overwriting(&mut a.clone(), &mut svd, &mut workspace)
            .unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_svd(case, &in_f64(a.as_ref()), &svd);
        let (first, u) = (svd.s.clone(), svd.u.clone());
        backend
            .right_svd_overwriting(&mut a.clone(), &mut svd, &mut workspace)
            .unwrap_or_else(|error| panic!("{case}, right: {error}"));
        // A·V has orthogonal columns of the lengths σ, whose directions are U.
        let images = product(&in_f64(a.as_ref()), &in_f64(svd.v.as_ref()));
        assert_orthonormal::<T>(case, &in_f64(svd.v.as_ref()));
        let lengths: Vec<f64> = (0..a.cols()).map(|j| euclidean(images.col(j))).collect();
        let norm = in_f64(a.as_ref()).frobenius_norm();
        let bound = stable::<T>(a.rows(), a.cols()) * norm;
        let found = values(&svd.s);
        assert_within(case, vector_distance(&lengths, &found), 2.0 * bound);
        let before = values(&first);
        assert_within(case, vector_distance(&before, &found), 2.0 * bound);
        svd.u = u;
    };
    for (seed, (m, n)) in (0..).zip(SHAPES) {
        let a = normal::<T>(&mut generator(seed), m, n);
        check(&format!("{m}x{n}, seed {seed}"), &a);
        check(&format!("{m}x{n} of zeros"), &Mat::zeros(m, n));
    }
    for exponent in extremes::<T>() {
        let mut a = normal::<T>(&mut generator(7), 9, 4);
        let factor = T::of(2.0).powf(T::of(exponent));
        a.data_mut().iter_mut().for_each(|x| *x *= factor);
        check(&format!("9x4 times 2^{exponent}"), &a);
    }
    let wide = backend.svd_overwriting(&mut Mat::zeros(2, 3), &mut svd, &mut workspace);
    assert!(matches!(wide, Err(leastwise_core::Error::Shape { .. })));
}

/// Half of the singular values are zero. For such matrices, faer's divide and conquer, which begins
/// at 128, returns values that are wrong by up to 1.5e-5·σ₁.
pub fn svd_of_half_rank<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, n) in (0..).zip([127, 128, 140, 200]) {
        let half = normal::<T>(&mut generator(seed), n, n / 2);
        let a = Mat::from_fn(n, n, |i, j| {
            (0..n / 2)
                .map(|l| half[(i, l)] * half[(j, l)])
                .fold(T::zero(), |sum, x| sum + x)
        });
        svd_of(backend, &format!("{n}x{n} of half rank"), &a);
    }
}

/// One ordinary random 3×3 in some six hundred has close singular values for which nalgebra's SVD is
/// wrong by up to 1e-11, also after any rotation of the matrix.
pub fn svd_of_many_small<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (m, n) in [(2, 2), (3, 3), (6, 3), (4, 4), (5, 5)] {
        for seed in 0..1000 {
            let a = normal::<T>(&mut generator(seed), m, n);
            svd_of(backend, &format!("{m}x{n}, seed {seed}"), &a);
        }
    }
}

/// σ = (√(mn), 0, …): some implementations of implicit-shift QR return others as success
/// (dimforge/nalgebra#1172).
pub fn svd_of_ones<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (m, n) in [(6, 21), (21, 6), (5, 5), (8, 8), (4, 4), (1, 9), (9, 1)] {
        let a = Mat::from_fn(m, n, |_, _| T::one());
        let case = format!("{m}x{n} of ones");
        svd_of(backend, &case, &a);
        let s = values(&backend.svd(a.as_ref()).unwrap().s);
        let norm = ((m * n) as f64).sqrt();
        let mut truth = vec![0.0; s.len()];
        truth[0] = norm;
        // Singular values are moved by at most ‖ΔA‖ (Weyl, Hoffman, Wielandt).
        let bound = stable::<T>(m, n) * norm;
        assert_within(&case, vector_distance(&s, &truth), bound);
    }
}

/// σ = 0, and still orthonormal vectors.
pub fn svd_of_zero<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (m, n) in [(1, 1), (4, 4), (7, 3), (3, 7), (40, 40)] {
        let a = Mat::zeros(m, n);
        let case = format!("{m}x{n} of zeros");
        svd_of(backend, &case, &a);
        let svd = backend.svd(a.as_ref()).unwrap();
        assert!(svd.s.iter().all(|&s| s == T::zero()), "{case}: {:?}", svd.s);
    }
}

/// Random, zero and of rank one; the upper triangle is not read.
pub fn symmetric_eigen<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, n) in (0..).zip([1, 2, 3, 6, 8, 33, 70]) {
        let random = symmetric::<T>(&mut generator(seed), n);
        let ones = Mat::from_fn(n, n, |_, _| T::one());
        for (name, a) in [
            ("random", random),
            ("zero", Mat::zeros(n, n)),
            ("ones", ones),
        ] {
            let case = format!("{name} {n}x{n}, seed {seed}");
            let lower = Mat::from_fn(n, n, |i, j| if i < j { T::of(99.0) } else { a[(i, j)] });
            let eigen = backend
                .symmetric_eigen(lower.as_ref())
                .unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eigen(&case, &in_f64(a.as_ref()), &eigen);
        }
    }
}

/// M = H·diag(w)·H/n with a Hadamard matrix H: no entry is rounded.
fn exact_symmetric<T: Scalar>(n: usize, seed: u64) -> (Mat<f64>, Vec<f64>) {
    let mut rng = generator(seed);
    let mut w: Vec<f64> = (0..n).map(|_| integer(&mut rng, 9)).collect();
    w.sort_by(f64::total_cmp);
    let h = Mat::from_fn(n, n, |i, j| {
        if (i & j).count_ones() % 2 == 0 {
            1.0
        } else {
            -1.0
        }
    });
    let scaled: Vec<f64> = w.iter().map(|wi| wi / n as f64).collect();
    let symmetric = product(&scaled_columns(&h, &scaled), &h);
    for entry in symmetric.data() {
        let _: T = exactly(*entry);
    }
    (symmetric, w)
}

fn rounded<T: Scalar>(a: &Mat<f64>) -> Mat<T> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)]))
}

/// Eigenvalues with repetitions that are known exactly.
pub fn eigenvalues_known_exactly<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, n) in (0..).zip([1, 2, 4, 8, 16, 32]) {
        let (symmetric, w) = exact_symmetric::<T>(n, seed);
        let case = format!("{n}x{n}, seed {seed}");
        let found = backend
            .symmetric_eigen(rounded::<T>(&symmetric).as_ref())
            .unwrap();
        // ‖ŵ − w‖₂ ≤ ‖ΔA‖_F (Hoffman, Wielandt; Golub, Van Loan, Theorem 8.1.4).
        let bound = stable::<T>(n, n) * symmetric.frobenius_norm();
        assert_within(&case, vector_distance(&values(&found.values), &w), bound);
    }
}

/// GᵀG for a G of n + 5 rows.
fn drawn_gram(n: usize, seed: u64) -> Mat<f64> {
    let g = normal::<f64>(&mut generator(seed), n + 5, n);
    inner_products(&g, &g)
}

/// L·Lᵀ = A + ΔA with |ΔA| ≤ γ_{n+1}·|L||L|ᵀ (Higham, Theorem 10.3), and ‖|L||L|ᵀ‖_F ≤ trace(A).
pub fn cholesky<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, n) in (0..).zip([1, 2, 3, 6, 8, 33, 70, 130]) {
        let gram = drawn_gram(n, seed);
        // Only the lower triangle is meaningful.
        let a = Mat::from_fn(n, n, |i, j| T::of(if i < j { 99.0 } else { gram[(i, j)] }));
        let case = format!("{n}x{n}, seed {seed}");
        let l = backend.cholesky(a.as_ref()).unwrap();
        let above = (0..n).any(|j| l.col(j)[..j].iter().any(|&x| x != T::zero()));
        assert!(!above, "{case}: l has entries above its diagonal");
        let l = in_f64(l.as_ref());
        assert!(
            (0..n).all(|i| l[(i, i)] > 0.0),
            "{case}: a diagonal entry is not positive"
        );
        let truth = Mat::from_fn(n, n, |i, j| a[(i.max(j), i.min(j))].as_f64());
        let trace: f64 = (0..n).map(|i| truth[(i, i)]).sum();
        let error = distance(&product(&l, &l.transposed()), &truth);
        // Twice: the product that is measured with is rounded too.
        assert_within(&case, error, 2.0 * gamma::<T>(n + 1) * trace);
    }
}

/// QR, SVD, eigenvalues and Cholesky of entries of every size.
pub fn entries_near_the_ends_of_the_range<T: Scalar>(backend: &'static dyn Backend<T>) {
    for exponent in extremes::<T>() {
        let scale = exponent.exp2();
        let times = |a: &Mat<T>, scale: f64| {
            Mat::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)].as_f64() * scale))
        };
        let back = |x: &mut [T], scale: f64| {
            // In f64, where the product is in range for either scalar type.
            for xi in x {
                *xi = T::of(xi.as_f64() / scale);
            }
        };
        for (seed, (m, n)) in (0..).zip([(1, 1), (5, 5), (20, 6), (6, 20)]) {
            let a = normal::<T>(&mut generator(seed), m, n);
            let case = format!("{m}x{n} times 2^{exponent}, seed {seed}");
            let scaled = times(&a, scale);
            let mut svd = backend.svd(scaled.as_ref()).unwrap();
            back(&mut svd.s, scale);
            assert_svd(&case, &in_f64(a.as_ref()), &svd);
            if m < n {
                continue;
            }
            let factors = backend.qr(scaled.as_ref()).unwrap();
            let mut r = factors.r();
            back(r.data_mut(), scale);
            let q = in_f64(factors.mul_q(Mat::identity(n)).unwrap().as_ref());
            assert_orthonormal::<T>(&case, &q);
            let error = distance(&product(&q, &in_f64(r.as_ref())), &in_f64(a.as_ref()));
            let bound = stable::<T>(m, n) * in_f64(a.as_ref()).frobenius_norm();
            assert_within(format_args!("{case}: q·r − a"), error, bound);
            // Q₁ applied to a matrix of that size.
            let mut image = factors.mul_q(times(&r, scale)).unwrap();
            back(image.data_mut(), scale);
            let error = distance(&in_f64(image.as_ref()), &in_f64(a.as_ref()));
            assert_within(format_args!("{case}: mul_q(r) − a"), error, bound);
        }
        for (seed, n) in (0..).zip([1, 2, 9]) {
            let case = format!("{n}x{n} times 2^{exponent}, seed {seed}");
            let a = symmetric::<T>(&mut generator(seed), n);
            let mut eigen = backend.symmetric_eigen(times(&a, scale).as_ref()).unwrap();
            back(&mut eigen.values, scale);
            assert_eigen(&case, &in_f64(a.as_ref()), &eigen);

            let gram = drawn_gram(n, seed);
            let a = Mat::from_fn(n, n, |i, j| T::of(gram[(i, j)]));
            let l = backend.cholesky(times(&a, scale).as_ref()).unwrap();
            let root = (exponent / 2.0).exp2();
            let l = Mat::from_fn(n, n, |i, j| l[(i, j)].as_f64() / root);
            let trace: f64 = (0..n).map(|i| gram[(i, i)]).sum();
            let error = distance(&product(&l, &l.transposed()), &in_f64(a.as_ref()));
            // Twice: the product that is measured with, and the root, are rounded too.
            assert_within(&case, error, 2.0 * gamma::<T>(n + 1) * trace);
        }
    }
}

/// Factorisations that are documented to read the lower triangle must not read the entries above
/// the diagonal. A triangular solve must not read the other triangle. Both are tested column by
/// column and row by row.
pub fn what_is_not_read_does_not_matter<T: Scalar>(backend: &'static dyn Backend<T>) {
    let largest = T::max_value();
    for (seed, n) in (0..).zip([1, 2, 3, 5, 8, 33, 70]) {
        let gram = drawn_gram(n, seed);
        let clean = Mat::from_fn(n, n, |i, j| T::of(gram[(i.max(j), i.min(j))]));
        let (eigen, l) = (
            backend.symmetric_eigen(clean.as_ref()).unwrap(),
            backend.cholesky(clean.as_ref()).unwrap(),
        );
        let sides = normal::<T>(&mut generator(seed + 1), n, 2);
        let solve = |t: MatRef<'_, T>, triangle| {
            let mut x = sides.clone();
            backend
                .solve_triangular_impl(t, triangle, x.as_mut())
                .unwrap();
            x
        };
        let (lower, upper) = (
            solve(l.as_ref(), Triangle::Lower),
            solve(l.as_ref().transpose(), Triangle::Upper),
        );
        for unread in [T::nan(), T::infinity(), largest, -largest.sqrt(), T::zero()] {
            let case = format!("{n}x{n}, seed {seed}, {unread:e} above the diagonal");
            let spoil =
                |a: &Mat<T>| Mat::from_fn(n, n, |i, j| if i < j { unread } else { a[(i, j)] });
            let (a, t) = (spoil(&clean), spoil(&l));
            // The same entries, stored row after row.
            let (a_by_rows, t_by_rows) = (a.transposed(), t.transposed());
            for (a, t) in [
                (a.as_ref(), t.as_ref()),
                (
                    a_by_rows.as_ref().transpose(),
                    t_by_rows.as_ref().transpose(),
                ),
            ] {
                assert_eq!(backend.symmetric_eigen(a).as_ref(), Ok(&eigen), "{case}");
                assert_eq!(backend.cholesky(a).as_ref(), Ok(&l), "{case}");
                let bound = 2.0 * solve_error::<T>(&l, &lower);
                let error = distance(
                    &in_f64(solve(t, Triangle::Lower).as_ref()),
                    &in_f64(lower.as_ref()),
                );
                assert_within(format_args!("{case}: lower"), error, bound);
                let bound = 2.0 * solve_error::<T>(&l, &upper);
                let error = distance(
                    &in_f64(solve(t.transpose(), Triangle::Upper).as_ref()),
                    &in_f64(upper.as_ref()),
                );
                assert_within(format_args!("{case}: upper"), error, bound);
            }
        }
    }
}

/// A bound of the error of T⁻¹·B for a T with the singular values of L: T + ΔT with |ΔT| ≤ γₙ·|T|
/// (Higham, Theorem 8.5) moves X by at most γₙ·κ_F·‖X‖_F to first order.
fn solve_error<T: Scalar>(l: &Mat<T>, x: &Mat<T>) -> f64 {
    let s = singular_values(&in_f64(l.as_ref()));
    let smallest = s.last().copied().unwrap_or(0.0);
    let norm = in_f64(l.as_ref()).frobenius_norm();
    gamma::<T>(l.cols() + 1) * norm / smallest * in_f64(x.as_ref()).frobenius_norm()
}
