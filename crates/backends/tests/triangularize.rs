//! The checked reduction of a tall problem to a square one, on every backend.

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Error, Mat, MatRef, Scalar};
use leastwise_testset::standard_normal;

/// 30·√(mn)·u: LAPACK's threshold for what errs as √(mn)·u.
fn stable(rows: usize, cols: usize) -> f64 {
    30.0 * ((rows * cols) as f64).sqrt() * f64::UNIT_ROUNDOFF
}

fn backends() -> Vec<Box<dyn Backend<f64>>> {
    leastwise_backends::all(1)
}

/// A and B change by at most `stable` times their norms, and the lengths of columns with them.
#[test]
fn columns_keep_their_lengths_at_every_scale() {
    let (m, n, k) = (40, 5, 7);
    for scale in [1.0, 1e-300, 1e-160, 1e160, 1e300] {
        let scaled = |rows, cols, seed| {
            let mut a = standard_normal::<f64>(rows, cols, seed, 0);
            a.data_mut().iter_mut().for_each(|x| *x *= scale);
            a
        };
        let (mut a, b) = (scaled(m, n, 1), scaled(m, k, 2));
        // Rank-deficient: a column of zeros and one that repeats.
        a.col_mut(1).fill(0.0);
        let repeated = a.col(0).to_vec();
        a.col_mut(3).copy_from_slice(&repeated);
        for backend in backends() {
            let engine = backend.info().engine;
            let split = backend.triangularize(a.as_ref(), b.as_ref()).unwrap();
            for j in 0..n {
                assert!(
                    split.r.col(j)[j + 1..].iter().all(|&x| x == 0.0),
                    "{engine}"
                );
                let (before, after) = (euclidean(a.col(j)), euclidean(split.r.col(j)));
                let bound = stable(m, n) * a.frobenius_norm();
                let error = (before - after).abs();
                assert!(
                    error <= bound,
                    "{engine} at {scale:e}: {error:e} > {bound:e}"
                );
            }
            for j in 0..k {
                let before = euclidean(b.col(j));
                let after = euclidean(split.c.col(j)).hypot(split.residual_norms[j]);
                let error = (before - after).abs();
                assert!(
                    error <= stable(m, n) * before,
                    "{engine} at {scale:e}: {error:e}"
                );
            }
        }
    }
}

#[test]
fn a_matrix_of_zeros_leaves_the_right_hand_side_as_it_is() {
    let (a, b) = (Mat::zeros(3, 2), Mat::from_fn(3, 1, |i, _| i as f64 - 5.0));
    for backend in backends() {
        let split = backend.triangularize(a.as_ref(), b.as_ref()).unwrap();
        assert_eq!(split.r, Mat::zeros(2, 2));
        assert_eq!(split.c.data(), [-5.0, -4.0]);
        assert_eq!(split.residual_norms, [3.0]);
    }
}

#[test]
fn shapes_and_entries_that_do_not_fit_are_refused() {
    let mut a = standard_normal::<f64>(4, 2, 1, 0);
    let b = standard_normal::<f64>(4, 3, 2, 0);
    let empty = Mat::zeros(0, 0);
    for backend in backends() {
        let message = |a: MatRef<'_, f64>, b: MatRef<'_, f64>| {
            backend.triangularize(a, b).unwrap_err().to_string()
        };
        assert_eq!(
            message(a.as_ref().transpose(), b.as_ref()),
            "triangularize: a must have at least as many rows as columns, but it is 2x4"
        );
        assert_eq!(
            message(a.as_ref(), b.as_ref().transpose()),
            "triangularize: b must have 4 rows, as a has, but it is 3x4"
        );
        assert_eq!(
            message(empty.as_ref(), empty.as_ref()),
            "triangularize: a must have at least one row and one column, but it is 0x0"
        );
        assert_eq!(
            message(a.as_ref(), b.columns(0, 0)),
            "triangularize: b must have at least one row and one column, but it is 4x0"
        );
    }
    a[(3, 1)] = f64::INFINITY;
    for backend in backends() {
        let error = backend.triangularize(a.as_ref(), b.as_ref()).unwrap_err();
        assert!(
            matches!(
                error,
                Error::NonFinite {
                    argument: "a",
                    row: 3,
                    col: 1,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn lengths_beyond_the_range_are_an_overflow() {
    let (large, one) = (Mat::from_fn(4, 1, |_, _| f64::MAX), Mat::identity(4));
    let zero = Mat::zeros(4, 1);
    for backend in backends() {
        for (a, b, part) in [(&large, &one, "r"), (&zero, &large, "residual_norms")] {
            let error = backend.triangularize(a.as_ref(), b.as_ref()).unwrap_err();
            assert!(matches!(error, Error::Overflow { .. }), "{error}");
            let told = error.to_string();
            assert!(
                told.starts_with(&format!("triangularize: {part} with")),
                "{told}"
            );
        }
    }
}
