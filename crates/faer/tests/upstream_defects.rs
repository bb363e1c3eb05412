//! Defects of faer 0.24.4 that the adapter works around. Each test shows the smallest example of
//! one.
//!
//! A test passes as long as the defect exists. If a test fails, a release has fixed the defect.
//! Then remove the workaround and its entry in the README.
//!
//! One defect has no test, because a test must not make a library panic: the product of matrices of
//! `fx128`, faer's quadruple precision, panics outside faer's own test build.

use faer::linalg::solvers::SolveLstsq;
use faer::{ColRef, Mat, MatMut};
use leastwise_faer::to_faer;
use leastwise_optim::LeastSquaresProblem;
use leastwise_two_factor::TwoLayerNetSpec;

/// Expected (1, 1).
#[test]
fn the_plain_qr_solves_as_if_nearly_collinear_columns_were_one() {
    let m = 10_000;
    let first = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    let second = |i: usize| if i % 4 < 2 { 1.0 } else { -1.0 };
    let a = Mat::from_fn(m, 2, |i, j| first(i) + 0.01 * j as f32 * second(i));
    let b = Mat::from_fn(m, 1, |i, _| a[(i, 0)] + a[(i, 1)]);
    let x = a.qr().solve_lstsq(&b);
    let error = (x[(0, 0)] - 1.0f32).abs();
    assert!(error > 0.5, "mended: x = ({}, {})", x[(0, 0)], x[(1, 0)]);
    let x = a.col_piv_qr().solve_lstsq(&b);
    assert!((x[(0, 0)] - 1.0).abs() < 1e-2, "the pivoted one is right");
}

/// Expected a zero R.
#[test]
fn the_pivoted_qr_of_a_zero_matrix_is_nan() {
    let qr = Mat::<f64>::zeros(3, 3).col_piv_qr();
    let any_nan = (0..3).any(|j| (0..3).any(|i| qr.R()[(i, j)].is_nan()));
    let basis_nan = (0..3).any(|j| (0..3).any(|i| qr.compute_Q()[(i, j)].is_nan()));
    assert!(any_nan || basis_nan, "mended");
}

/// Expected an error of about 1e-14. Half of the singular values are zero, and divide and conquer,
/// which begins at 128, returns wrong values as success.
#[test]
fn the_svd_of_half_rank_is_wrong_from_128_on() {
    let error = |n: usize| {
        let half = leastwise_testset::standard_normal::<f64>(n, n / 2, 0, 1);
        let half = to_faer(half.as_ref());
        let a = half * half.transpose();
        let svd = a.thin_svd().unwrap();
        let product = svd.U() * svd.S() * svd.V().transpose();
        (product - &a).norm_l2() / a.norm_l2()
    };
    assert!(error(127) < 1e-13);
    assert!(error(128) > 1e-5, "mended");
}

/// Expected an SVD. The singular values of a 4×4 block are those of the whole, three times each.
#[test]
fn the_svd_of_repeated_blocks_does_not_converge() {
    let block = [
        [2.0, -2.0, -2.0, 0.0],
        [-1.0, 2.0, -1.0, 1.0],
        [2.0, -2.0, 0.0, 0.0],
        [-1.0, -2.0, -2.0, 1.0],
    ];
    let entry = |i: usize, j: usize| {
        if i % 3 == j / 4 {
            block[i / 3][j % 4]
        } else {
            0.0
        }
    };
    let a = Mat::<f64>::from_fn(12, 12, entry);
    assert!(a.thin_svd().is_err(), "mended");
    let reversed = Mat::from_fn(12, 12, |i, j| a[(i, 11 - j)]);
    assert!(reversed.thin_svd().is_ok(), "the columns in another order");
}

/// Expected entry (0, 1) beside entry (0, 0).
#[test]
fn a_mutable_row_major_view_with_stride_swaps_its_strides() {
    let mut data: Vec<f64> = (0..15).map(f64::from).collect();
    let view = MatMut::from_row_major_slice_with_stride_mut(&mut data, 3, 3, 5);
    let (row_stride, col_stride) = (view.row_stride(), view.col_stride());
    assert_eq!((row_stride, col_stride), (1, 5), "mended");
}

/// Expected a refusal or a solution; the matrix has rank 60, and its QR factorisation exists.
#[test]
fn the_plain_qr_solves_the_published_jacobian_with_nan() {
    let drawn = TwoLayerNetSpec::default().draw::<f64>().unwrap();
    let (m, n) = (drawn.net.residuals(), drawn.net.parameters());
    let (mut a, mut b) = (leastwise_core::Mat::zeros(m, n), vec![0.0; m]);
    drawn.net.jacobian(&drawn.start, a.as_mut()).unwrap();
    drawn.net.residual(&drawn.start, &mut b).unwrap();
    let x = to_faer(a.as_ref()).qr().solve_lstsq(ColRef::from_slice(&b));
    assert!((0..n).any(|j| x[j].is_nan()), "mended");
}
