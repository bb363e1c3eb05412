//! Sizes above those of the conformance suite, where the adapter uses divide and conquer and checks
//! the SVD.

use leastwise_core::norm::euclidean;
use leastwise_core::{Factorizations, Mat, MatMul, Svd, Workspace};
use leastwise_faer::Faer;
use leastwise_testset::standard_normal;

/// ‖U·diag(s)·Vᵀ − A‖_F over ‖A‖_F.
fn error(backend: Faer, a: &Mat<f64>, svd: &Svd<f64>) -> f64 {
    let scaled = Mat::from_fn(svd.u.rows(), svd.s.len(), |i, j| svd.u[(i, j)] * svd.s[j]);
    let mut difference = a.clone();
    let (v, c) = (svd.v.as_ref().transpose(), difference.as_mut());
    backend.matmul(1.0, scaled.as_ref(), v, -1.0, c).unwrap();
    difference.frobenius_norm() / a.frobenius_norm()
}

#[test]
fn half_rank_and_full_rank_of_a_large_matrix() {
    let backend = Faer::default();
    let n = 520;
    let half = standard_normal::<f64>(n, n / 2, 0, 1);
    let mut low = Mat::zeros(n, n);
    let transposed = half.as_ref().transpose();
    backend
        .matmul(1.0, half.as_ref(), transposed, 0.0, low.as_mut())
        .unwrap();
    // Rounding errors of mean zero grow with √n (see `leastwise_core::verify`).
    let bound = 5.0 * (n as f64 + 6.0).sqrt() * f64::EPSILON / 2.0;
    for a in [low, standard_normal(n, n, 0, 2)] {
        let svd = backend.svd(a.as_ref()).unwrap();
        let found = error(backend, &a, &svd);
        assert!(found <= bound, "{found:e}");
        let (mut right, mut workspace) = (Svd::default(), Workspace::default());
        backend
            .right_svd_overwriting(&mut a.clone(), &mut right, &mut workspace)
            .unwrap();
        let difference: Vec<f64> = right.s.iter().zip(&svd.s).map(|(a, b)| a - b).collect();
        assert!(euclidean(&difference) <= 2.0 * bound * a.frobenius_norm());
    }
}
