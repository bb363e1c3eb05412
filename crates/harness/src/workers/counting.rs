//! A backend that counts its factorisations. This count has no noise.

use std::sync::atomic::{AtomicUsize, Ordering};

use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Backend, Eigen, Engine, EngineInfo, Factorizations, LeastSquares, LstsqOptions, Mat, MatMul,
    MatMut, MatRef, Method, Result, Scalar, Svd,
};

/// The number of factorisations of a least-squares call, including retries after a wrong result.
///
/// Every adapter solves by the provided functions of [`LeastSquares`], so this wrapper makes the same calls.
pub(super) fn factorizations<T: Scalar>(
    backend: &dyn Backend<T>,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    method: Method,
) -> usize {
    let counting = Counting {
        backend,
        count: AtomicUsize::new(0),
    };
    // A refusal also takes factorisations.
    let _ = counting.lstsq(a, b, &LstsqOptions::new(method));
    counting.count.into_inner()
}

struct Counting<'b, T> {
    backend: &'b dyn Backend<T>,
    count: AtomicUsize,
}

impl<T> Counting<'_, T> {
    fn count(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }
}

impl<T: Scalar> Engine for Counting<'_, T> {
    fn info(&self) -> EngineInfo {
        self.backend.info()
    }
}

impl<T: Scalar> MatMul<T> for Counting<'_, T> {
    fn matmul_impl(
        &self,
        alpha: T,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        beta: T,
        c: MatMut<'_, T>,
    ) -> Result<()> {
        self.backend.matmul_impl(alpha, a, b, beta, c)
    }
}

impl<T: Scalar> Factorizations<T> for Counting<'_, T> {
    fn qr_impl(&self, a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
        self.count();
        self.backend.qr_impl(a)
    }

    fn triangularize_impl(&self, a: Mat<T>, b: Mat<T>) -> Result<Triangularized<T>> {
        self.count();
        self.backend.triangularize_impl(a, b)
    }

    fn pivoted_qr_impl(&self, a: Mat<T>, c: Mat<T>) -> Result<PivotedQr<T>> {
        self.count();
        self.backend.pivoted_qr_impl(a, c)
    }

    fn svd_impl(&self, a: Mat<T>) -> Result<Svd<T>> {
        self.count();
        self.backend.svd_impl(a)
    }

    fn symmetric_eigen_impl(&self, a: Mat<T>) -> Result<Eigen<T>> {
        self.count();
        self.backend.symmetric_eigen_impl(a)
    }

    fn cholesky_impl(&self, a: Mat<T>) -> Result<Mat<T>> {
        self.count();
        self.backend.cholesky_impl(a)
    }

    fn solve_triangular_impl(
        &self,
        t: MatRef<'_, T>,
        triangle: Triangle,
        x: MatMut<'_, T>,
    ) -> Result<()> {
        self.backend.solve_triangular_impl(t, triangle, x)
    }
}

impl<T: Scalar> LeastSquares<T> for Counting<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tall_svd_takes_a_qr_and_an_svd_and_a_deficient_complete_orthogonal_one_more() {
        let full = leastwise_testset::standard_normal::<f64>(20, 5, 0, 0);
        let ones = Mat::from_fn(20, 5, |_, _| 1.0);
        let b = leastwise_testset::standard_normal::<f64>(20, 1, 0, 1);
        let backends = leastwise_backends::all::<f64>(1);
        let count =
            |a: &Mat<f64>, method| factorizations(&*backends[0], a.as_ref(), b.as_ref(), method);
        assert_eq!(count(&full, Method::Svd), 2);
        assert_eq!(count(&full, Method::Qr), 1);
        assert_eq!(count(&full, Method::CompleteOrthogonal), 2);
        assert_eq!(count(&ones, Method::CompleteOrthogonal), 3);
    }
}
