//! Defects of linfa-linalg 0.2.1 that the adapter works around. Each test shows the smallest
//! example of one.
//!
//! A test passes as long as the defect exists. If a test fails, a release has fixed the defect.
//! Then remove the workaround and its entry in the README.

use linfa_linalg::eigh::Eigh;
use linfa_linalg::qr::QR;
use linfa_linalg::svd::SVD;
use ndarray_016::{Array2, arr2};

/// Expected σ₁ = √126 = 11.22, and no other that is not rounding.
#[test]
fn singular_values_of_a_matrix_of_ones_are_wrong_as_success() {
    let (_, s, _) = Array2::<f64>::ones((21, 6))
        .svd(true, true)
        .expect("it ends");
    let largest = s.iter().copied().fold(0.0, f64::max);
    assert!((largest - 126f64.sqrt()).abs() > 1e-6, "mended: {largest}");
}

/// Expected V·diag(w)·Vᵀ = A.
#[test]
fn eigenvectors_of_a_nearly_diagonal_matrix_are_wrong_as_success() {
    let a = arr2(&[[1.0, 1e-7], [1e-7, 2.0f64]]);
    let (w, v) = a.eigh().expect("it ends");
    let image = v.dot(&Array2::from_diag(&w)).dot(&v.t());
    let error = (&image - &a).mapv(f64::abs).sum();
    assert!(error > 1e-12, "mended: {error:e}");
}

/// Expected QᵀQ = I.
#[test]
fn q_is_not_orthogonal_where_squares_underflow() {
    let (q, _) = Array2::<f32>::ones((5, 5))
        .qr()
        .expect("square")
        .into_decomp();
    let error = (q.t().dot(&q) - Array2::<f32>::eye(5)).mapv(f32::abs).sum();
    assert!(error > 1e-5, "mended: {error:e}");
}
