#![doc = include_str!("../README.md")]

mod householder;
mod jacobi;

use householder::Householder;
use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::norm::euclidean;
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Method, Result, Scalar, Svd,
};

/// The backend that uses plain loops. It is single-threaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Engine for Plain {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "plain",
            engine: "plain",
            version: env!("CARGO_PKG_VERSION"),
            threads: 1,
            product_kernel: "plain loops",
            methods: &[
                (Method::Svd, "Householder QR, one-sided Jacobi SVD"),
                (Method::CompleteOrthogonal, "Householder QR, pivoted QR, QR"),
                (Method::Qr, "Householder QR"),
                (Method::Cholesky, "product AᵀA, LLᵀ"),
            ],
        }
    }
}

impl<T: Scalar> MatMul<T> for Plain {
    fn matmul_impl(
        &self,
        alpha: T,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        beta: T,
        mut c: MatMut<'_, T>,
    ) -> Result<()> {
        for j in 0..c.cols() {
            for i in 0..c.rows() {
                let product: T = (0..a.cols()).map(|k| a[(i, k)] * b[(k, j)]).sum();
                let kept = if beta == T::zero() {
                    beta
                } else {
                    beta * c[(i, j)]
                };
                c[(i, j)] = alpha * product + kept;
            }
        }
        Ok(())
    }
}

impl<T: Scalar> Factorizations<T> for Plain {
    fn qr_impl(&self, a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
        Ok(Box::new(Householder::new(a, |_, _| ())))
    }

    fn triangularize_impl(&self, a: Mat<T>, mut b: Mat<T>) -> Result<Triangularized<T>> {
        let qr = Householder::new(a, |_, _| ());
        qr.apply_transposed(&mut b);
        let r = qr.r();
        let outside = |j| euclidean(&b.col(j)[r.cols()..]);
        Ok(Triangularized {
            c: b.top_rows(r.cols()),
            residual_norms: (0..b.cols()).map(outside).collect(),
            a_storage: qr.into_storage(),
            b_storage: b.into_vec(),
            r,
        })
    }

    fn pivoted_qr_impl(&self, a: Mat<T>, mut c: Mat<T>) -> Result<PivotedQr<T>> {
        let mut permutation: Vec<usize> = (0..a.cols()).collect();
        let qr = Householder::new(a, |a, k| {
            let longest = householder::longest_column(a, k);
            householder::swap_columns(a, k, longest);
            permutation.swap(k, longest);
        });
        qr.apply_transposed(&mut c);
        Ok(PivotedQr {
            r: qr.r(),
            c,
            permutation,
        })
    }

    fn svd_impl(&self, a: Mat<T>) -> Result<Svd<T>> {
        jacobi::svd(a)
    }

    /// For c = ‖A‖_F, A + c·I has no negative eigenvalue, so its SVD is its eigendecomposition.
    fn symmetric_eigen_impl(&self, a: Mat<T>) -> Result<Eigen<T>> {
        let n = a.rows();
        let shift = a.frobenius_norm();
        let shifted = |i, j| a[(i, j)] + if i == j { shift } else { T::zero() };
        let Svd { s, v, .. } = jacobi::svd(Mat::from_fn(n, n, shifted))?;
        Ok(Eigen {
            values: s.iter().rev().map(|&si| si - shift).collect(),
            vectors: Mat::from_fn(n, n, |i, j| v[(i, n - 1 - j)]),
        })
    }

    fn cholesky_impl(&self, a: Mat<T>) -> Result<Mat<T>> {
        let n = a.rows();
        let mut l = Mat::zeros(n, n);
        for j in 0..n {
            for i in j..n {
                let known: T = (0..j).map(|k| l[(i, k)] * l[(j, k)]).sum();
                l[(i, j)] = a[(i, j)] - known;
            }
            let pivot = l[(j, j)].sqrt();
            // With this comparison NaN fails.
            if !(pivot > T::zero()) {
                return Err(Error::NotPositiveDefinite {
                    operation: "cholesky",
                    argument: "a",
                });
            }
            l.col_mut(j)[j..].iter_mut().for_each(|x| *x /= pivot);
        }
        Ok(l)
    }

    fn solve_triangular_impl(
        &self,
        t: MatRef<'_, T>,
        triangle: Triangle,
        mut x: MatMut<'_, T>,
    ) -> Result<()> {
        let n = t.rows();
        for j in 0..x.cols() {
            for step in 0..n {
                let (i, solved) = match triangle {
                    Triangle::Upper => (n - 1 - step, n - step..n),
                    Triangle::Lower => (step, 0..step),
                };
                let known: T = solved.map(|k| t[(i, k)] * x[(k, j)]).sum();
                x[(i, j)] = (x[(i, j)] - known) / t[(i, i)];
            }
        }
        Ok(())
    }
}

impl<T: Scalar> LeastSquares<T> for Plain {}
