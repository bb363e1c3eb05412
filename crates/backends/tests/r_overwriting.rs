//! R in place of A, on every backend.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Error, Mat, Scalar, Workspace};
use leastwise_testset::standard_normal;

/// 30·√(mn)·u: LAPACK's threshold for what errs as √(mn)·u.
fn stable(rows: usize, cols: usize) -> f64 {
    30.0 * ((rows * cols) as f64).sqrt() * f64::UNIT_ROUNDOFF
}

fn backends() -> Vec<Box<dyn Backend<f64>>> {
    leastwise_backends::all(1)
}

fn times(a: &Mat<f64>, x: &[f64], rows: impl Fn(usize) -> usize) -> Vec<f64> {
    let mut y = vec![0.0; a.rows()];
    for (j, &xj) in x.iter().enumerate() {
        for (yi, &aij) in y.iter_mut().zip(&a.col(j)[..rows(j)]) {
            *yi += aij * xj;
        }
    }
    y
}

/// Q·R = A + ΔA: | ‖R·x‖ − ‖A·x‖ | ≤ ‖ΔA‖·‖x‖ for every x, and 2n·u·‖A‖_F·‖x‖ of rounding in the products.
#[test]
fn r_keeps_all_lengths_at_every_shape_and_scale_and_the_workspace_serves_them_all() {
    for backend in backends() {
        let engine = backend.info().engine;
        let mut workspace = Workspace::default();
        for (m, n) in [(1, 1), (7, 7), (9, 2), (40, 6), (300, 20), (3, 1)] {
            for scale in [1.0, 1e-300, 1e-160, 1e160, 1e300] {
                let mut a = standard_normal::<f64>(m, n, 1, 0);
                a.data_mut().iter_mut().for_each(|x| *x *= scale);
                if n > 5 {
                    // Rank-deficient: a column of zeros and one that repeats.
                    a.col_mut(1).fill(0.0);
                    let repeated = a.col(0).to_vec();
                    a.col_mut(3).copy_from_slice(&repeated);
                }
                let mut r = a.clone();
                backend.r_overwriting(&mut r, &mut workspace).unwrap();
                let size = a.frobenius_norm();
                for seed in 0..5 {
                    let x = standard_normal::<f64>(n, 1, 2, seed);
                    let before = euclidean(&times(&a, x.data(), |_| m));
                    let after = euclidean(&times(&r, x.data(), |j| j + 1));
                    let rounding = 2.0 * n as f64 * f64::UNIT_ROUNDOFF;
                    let bound = (stable(m, n) + rounding) * size * euclidean(x.data());
                    assert!(
                        (before - after).abs() <= bound,
                        "{engine} {m}x{n} at {scale:e}: {before:e} {after:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn zeros_stay_and_what_cannot_be_factorised_is_refused() {
    for backend in backends() {
        let mut workspace = Workspace::default();
        let mut refuse = |mut a: Mat<f64>| backend.r_overwriting(&mut a, &mut workspace);
        assert_eq!(refuse(Mat::zeros(3, 2)), Ok(()));
        assert_eq!(
            refuse(Mat::identity(3).top_rows(2))
                .unwrap_err()
                .to_string(),
            "r_overwriting: a must have at least one column and as many rows as columns, but it is 2x3"
        );
        assert!(matches!(refuse(Mat::zeros(0, 0)), Err(Error::Shape { .. })));
        let mut a = standard_normal::<f64>(4, 2, 1, 0);
        a[(3, 1)] = f64::INFINITY;
        assert!(matches!(
            refuse(a),
            Err(Error::NonFinite { row: 3, col: 1, .. })
        ));
        assert_eq!(
            refuse(Mat::from_fn(4, 1, |_, _| f64::MAX))
                .unwrap_err()
                .to_string(),
            "r_overwriting: r with an entry of 2.00·2^1024 exceeds the range of f64"
        );
    }
}

/// The first rows of [R Q₁ᵀC] against [B C], by | Rᵀ·R − BᵀB | and | Rᵀ·Q₁ᵀC − BᵀC |: for columns of length 1, both are
/// at most twice the bound of the factorisation, and the products round by (m + n)·u.
#[test]
fn the_leading_r_of_normalized_columns_keeps_their_products() {
    for backend in backends() {
        let engine = backend.info().engine;
        let mut workspace = Workspace::default();
        for case in 0..400u32 {
            let size = case as usize;
            let n = 1 + size % 9;
            let cols = n + size / 9 % 4;
            let m = cols + size * 7 % 13 + if case % 40 == 0 { 400 } else { 0 };
            // Small integers: repeated and dependent columns, and columns of zeros.
            let mut a = standard_normal::<f64>(m, cols, 11, case);
            for j in 0..cols {
                a.col_mut(j).iter_mut().for_each(|x| *x = x.round());
                let norm = euclidean(a.col(j)).max(f64::MIN_POSITIVE);
                a.col_mut(j).iter_mut().for_each(|x| *x /= norm);
            }
            let mut r = a.clone();
            let done = backend.leading_r_of_normalized(&mut r, n, &mut workspace);
            assert_eq!(done, Ok(()), "{engine} {m}x{cols}, case {case}");
            let rounding = 2.0 * (m + n) as f64 * f64::UNIT_ROUNDOFF;
            let bound = 2.0 * stable(m, cols) + rounding;
            for i in 0..n {
                for j in i..cols {
                    let before = dot(a.col(i), a.col(j));
                    let after = dot(&r.col(i)[..=i], &r.col(j)[..=i]);
                    assert!(
                        (before - after).abs() <= bound,
                        "{engine} {m}x{cols}, case {case}: {before:e} {after:e}"
                    );
                }
            }
        }
        let mut refuse = |n: usize| {
            let mut a = standard_normal::<f64>(4, 2, 1, 0);
            backend.leading_r_of_normalized(&mut a, n, &mut workspace)
        };
        assert!(matches!(refuse(0), Err(Error::Shape { .. })));
        assert!(matches!(refuse(3), Err(Error::Shape { .. })));
        let mut a = Mat::from_fn(3, 2, |_, _| f64::NAN);
        let refused = backend.leading_r_of_normalized(&mut a, 1, &mut workspace);
        assert!(refused.is_err(), "{engine}");
    }
}
