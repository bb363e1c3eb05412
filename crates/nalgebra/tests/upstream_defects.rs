//! Defects of nalgebra 0.35.0 that the adapter works around. Each test shows the smallest example
//! of one.
//!
//! A test passes as long as the defect exists. If a test fails, a release has fixed the defect.
//! Then remove the workaround and its entry in the README.
//!
//! Two defects have no test, because a test must not trigger them: `axpy` with a strided column
//! writes out of bounds (dimforge/nalgebra#1616), and `solve` panics.

use leastwise_core::{LeastSquares, LstsqOptions, Method};
use leastwise_nalgebra::{Nalgebra, from_nalgebra};
use nalgebra::DMatrix;

/// dimforge/nalgebra#1172. Expected σ₁ = √126 = 11.22, and no other.
#[test]
fn singular_values_of_a_matrix_of_ones_are_wrong_as_success() {
    let svd = DMatrix::<f64>::from_element(6, 21, 1.0)
        .try_svd(true, true, 5.0 * f64::EPSILON, 1000)
        .expect("it converges");
    let error = (svd.singular_values[0] - 126f64.sqrt()).abs();
    assert!(error > 1.0, "mended: σ₁ = {}", svd.singular_values[0]);
}

/// Expected Q·R = A.
#[test]
fn a_column_whose_square_underflows_gives_q_a_sign_that_r_has_not() {
    let a = DMatrix::from_row_slice(2, 2, &[-1e-200, 1.0, 0.0, 0.0]);
    let qr = a.clone().qr();
    let image = qr.q() * qr.r();
    assert!((image - a).norm() > 1.0, "mended");
}

/// Expected eigenvalues 8 and 0.
#[test]
fn eigenvalues_of_a_matrix_of_ones_in_f32_are_nan() {
    let ones = DMatrix::<f32>::from_element(8, 8, 1.0);
    let eigen = ones.symmetric_eigen();
    assert!(eigen.eigenvalues.iter().any(|w| w.is_nan()), "mended");
}

/// `QR::solve` of nalgebra panics for a matrix that is not square. The adapter does not call it.
#[test]
fn the_adapter_solves_by_a_factorisation_that_is_not_square() {
    let a = DMatrix::<f64>::from_fn(3, 2, |i, j| (i + 2 * j) as f64);
    let b = DMatrix::from_element(3, 1, 1.0);
    let (a, b) = (from_nalgebra(&a).unwrap(), from_nalgebra(&b).unwrap());
    let options = LstsqOptions::new(Method::Qr);
    let x = Nalgebra.lstsq(a, b, &options).unwrap().x;
    // A·(−½, ½) = (1, 1, 1), and κ₂(A) is 6.
    let error = (x[(0, 0)] + 0.5).hypot(x[(1, 0)] - 0.5);
    assert!(error <= 30.0 * 6.0 * f64::EPSILON, "{x:?}");
}
