//! The gradient test that success has to pass.

use leastwise_core::Mat;
use leastwise_core::norm::{dot, euclidean};
use leastwise_optim::LeastSquaresProblem;

/// The largest |rᵀJ·eⱼ|/(‖r‖·‖J·eⱼ‖) at x, and what a decrease of the loss that rounding hides allows it to
/// be: the root of 10·ε·(1 + ‖(‖J·eⱼ‖·xⱼ)ⱼ‖/‖r‖).
pub(crate) fn largest_cosine<P: LeastSquaresProblem<f64> + ?Sized>(
    problem: &P,
    x: &[f64],
) -> (f64, f64) {
    let (m, n) = (problem.residuals(), problem.parameters());
    let (mut r, mut j) = (vec![0.0; m], Mat::zeros(m, n));
    problem.residual(x, &mut r).unwrap();
    problem.jacobian(x, j.as_mut()).unwrap();
    let norm = euclidean(&r);
    let lengths: Vec<f64> = (0..n).map(|col| euclidean(j.col(col))).collect();
    // A column of zeros is orthogonal to everything.
    let columns = lengths
        .iter()
        .enumerate()
        .filter(|(_, length)| **length > 0.0);
    let cosines = columns.map(|(col, length)| (dot(j.col(col), &r) / length / norm).abs());
    let terms = lengths.iter().zip(x).map(|(length, xj)| length * xj);
    let cancelled = 1.0 + euclidean(&terms.collect::<Vec<_>>()) / norm;
    let bound = (10.0 * f64::EPSILON * cancelled).sqrt();
    (cosines.fold(0.0, f64::max), bound)
}
