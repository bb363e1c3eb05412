//! A backend under the contract, made of the parts of a library.

use std::marker::PhantomData;

use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::norm::euclidean;
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Result, Scalar, Svd, verify,
};

/// The result of a part.
pub type Part<X> = std::result::Result<X, Failure>;

/// The reason why a part has no result.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The library has no such function.
    Missing,
    /// The library returned this error.
    Refused(String),
}

impl Failure {
    /// The error of a library, as text.
    pub fn refused(error: impl std::fmt::Debug) -> Self {
        Self::Refused(format!("{error:?}"))
    }
}

/// The parts of a library. Each is one call of it, and a part that the library lacks is not emulated.
pub trait Parts<T: Scalar>: Copy + Send + Sync + 'static {
    /// The description of the library.
    const INFO: EngineInfo;

    /// A·B.
    fn product(a: &Mat<T>, b: &Mat<T>) -> Part<Mat<T>>;

    /// Thin Q and R of a tall A.
    fn qr(_a: &Mat<T>) -> Part<(Mat<T>, Mat<T>)> {
        Err(Failure::Missing)
    }

    /// Q, R and the permutation of a square A by column pivoting: column j of A·P is column `permutation[j]` of A.
    fn pivoted_qr(_a: &Mat<T>) -> Part<(Mat<T>, Mat<T>, Vec<usize>)> {
        Err(Failure::Missing)
    }

    /// The thin SVD of a square A.
    fn svd(_a: &Mat<T>) -> Part<Svd<T>> {
        Err(Failure::Missing)
    }

    /// Eigenvalues and eigenvectors of a symmetric A, in any order.
    fn eigen(_a: &Mat<T>) -> Part<Eigen<T>> {
        Err(Failure::Missing)
    }

    /// The lower triangular factor of Cholesky.
    fn cholesky(_a: &Mat<T>) -> Part<Mat<T>> {
        Err(Failure::Missing)
    }

    /// T⁻¹·X for a triangular T.
    fn solve_triangular(_t: &Mat<T>, _triangle: Triangle, _x: &Mat<T>) -> Part<Mat<T>> {
        Err(Failure::Missing)
    }
}

/// The backend that computes with the parts `P`.
#[derive(Clone, Copy, Debug)]
pub struct Contract<P, T>(PhantomData<fn() -> (P, T)>);

impl<P, T> Default for Contract<P, T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<P: Parts<T>, T: Scalar> Contract<P, T> {
    fn error(failure: Failure, operation: &'static str) -> Error {
        match failure {
            Failure::Missing => Error::Unsupported {
                operation,
                backend: P::INFO.name,
            },
            Failure::Refused(detail) => Error::WrongResult {
                operation,
                backend: P::INFO.name,
                detail,
            },
        }
    }
}

impl<P: Parts<T>, T: Scalar> Engine for Contract<P, T> {
    fn info(&self) -> EngineInfo {
        P::INFO
    }
}

impl<P: Parts<T>, T: Scalar> MatMul<T> for Contract<P, T> {
    fn matmul_impl(
        &self,
        alpha: T,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        beta: T,
        mut c: MatMut<'_, T>,
    ) -> Result<()> {
        let product = P::product(&a.to_mat(), &b.to_mat())
            .map_err(|failure| Self::error(failure, "matmul"))?;
        for j in 0..c.cols() {
            for i in 0..c.rows() {
                let kept = if beta == T::zero() {
                    beta
                } else {
                    beta * c[(i, j)]
                };
                c[(i, j)] = alpha * product[(i, j)] + kept;
            }
        }
        Ok(())
    }
}

struct Factors<P, T> {
    q: Mat<T>,
    r: Mat<T>,
    parts: PhantomData<fn() -> P>,
}

impl<P: Parts<T>, T: Scalar> QrFactors<T> for Factors<P, T> {
    fn r(&self) -> Mat<T> {
        self.r.clone()
    }

    fn mul_q(&self, y: Mat<T>) -> Result<Mat<T>> {
        P::product(&self.q, &y).map_err(|failure| Contract::<P, T>::error(failure, "mul_q"))
    }
}

impl<P: Parts<T>, T: Scalar> Factorizations<T> for Contract<P, T> {
    fn qr_impl(&self, a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
        let (q, r) = P::qr(&a).map_err(|failure| Self::error(failure, "qr"))?;
        Ok(Box::new(Factors::<P, T> {
            q,
            r,
            parts: PhantomData,
        }))
    }

    fn triangularize_impl(&self, a: Mat<T>, b: Mat<T>) -> Result<Triangularized<T>> {
        let error = |failure| Self::error(failure, "triangularize");
        let (q, r) = P::qr(&a).map_err(error)?;
        let c = P::product(&q.transposed(), &b).map_err(error)?;
        let inside = P::product(&q, &c).map_err(error)?;
        let outside = |j: usize| {
            let rest = b.col(j).iter().zip(inside.col(j)).map(|(&x, &y)| x - y);
            euclidean(&rest.collect::<Vec<T>>())
        };
        Ok(Triangularized {
            residual_norms: (0..b.cols()).map(outside).collect(),
            r,
            c,
            a_storage: a.into_vec(),
            b_storage: b.into_vec(),
        })
    }

    fn pivoted_qr_impl(&self, a: Mat<T>, c: Mat<T>) -> Result<PivotedQr<T>> {
        let error = |failure| Self::error(failure, "pivoted_qr");
        let (q, r, permutation) = P::pivoted_qr(&a).map_err(error)?;
        let c = P::product(&q.transposed(), &c).map_err(error)?;
        Ok(PivotedQr { r, c, permutation })
    }

    fn svd_impl(&self, a: Mat<T>) -> Result<Svd<T>> {
        let mut svd = P::svd(&a).map_err(|failure| Self::error(failure, "svd"))?;
        verify::sort_descending(&mut svd);
        Ok(svd)
    }

    fn symmetric_eigen_impl(&self, a: Mat<T>) -> Result<Eigen<T>> {
        let Eigen { values, vectors } =
            P::eigen(&a).map_err(|failure| Self::error(failure, "symmetric_eigen"))?;
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&i, &j| {
            values[i]
                .partial_cmp(&values[j])
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        Ok(Eigen {
            values: order.iter().map(|&i| values[i]).collect(),
            vectors: Mat::from_fn(vectors.rows(), vectors.cols(), |i, j| {
                vectors[(i, order[j])]
            }),
        })
    }

    fn cholesky_impl(&self, a: Mat<T>) -> Result<Mat<T>> {
        P::cholesky(&a).map_err(|failure| match failure {
            Failure::Missing => Self::error(Failure::Missing, "cholesky"),
            Failure::Refused(_) => Error::NotPositiveDefinite {
                operation: "cholesky",
                argument: "a",
            },
        })
    }

    fn solve_triangular_impl(
        &self,
        t: MatRef<'_, T>,
        triangle: Triangle,
        mut x: MatMut<'_, T>,
    ) -> Result<()> {
        let right = x.as_ref().to_mat();
        let solved = P::solve_triangular(&t.to_mat(), triangle, &right)
            .map_err(|failure| Self::error(failure, "solve_triangular"))?;
        for j in 0..x.cols() {
            for i in 0..x.rows() {
                x[(i, j)] = solved[(i, j)];
            }
        }
        Ok(())
    }
}

impl<P: Parts<T>, T: Scalar> LeastSquares<T> for Contract<P, T> {}
