#![doc = include_str!("../README.md")]

use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Method, Result, Scalar, Svd, Workspace, blocks, for_f32_and_f64, norm, verify,
};
use nalgebra::linalg::{Cholesky, ColPivQR, QR, SVD, SymmetricEigen};
use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut, Dyn};

/// The scalar types that both Leastwise and nalgebra support: f32 and f64.
pub trait AdapterScalar: Scalar + nalgebra::RealField {}
impl<T: Scalar + nalgebra::RealField> AdapterScalar for T {}

/// The backend that uses nalgebra. It is single-threaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nalgebra;

/// A strided view, as nalgebra names it.
pub type View<'a, T> = DMatrixView<'a, T, Dyn, Dyn>;
/// A mutable strided view, as nalgebra names it.
pub type ViewMut<'a, T> = DMatrixViewMut<'a, T, Dyn, Dyn>;

/// Views the same memory as a matrix of nalgebra.
#[must_use]
pub fn to_nalgebra<T: Scalar>(a: MatRef<'_, T>) -> View<'_, T> {
    let strides = (a.row_stride(), a.col_stride());
    View::from_slice_with_strides(a.data(), a.rows(), a.cols(), strides.0, strides.1)
}

/// Views the same memory as a mutable matrix of nalgebra.
#[must_use]
pub fn to_nalgebra_mut<T: Scalar>(a: MatMut<'_, T>) -> ViewMut<'_, T> {
    let (rows, cols, row_stride, col_stride) = (a.rows(), a.cols(), a.row_stride(), a.col_stride());
    ViewMut::from_slice_with_strides_mut(a.into_data(), rows, cols, row_stride, col_stride)
}

/// Views a matrix of nalgebra, which stores it column after column without padding.
///
/// # Errors
/// None for a `DMatrix`; the constructor's own checks are passed on.
pub fn from_nalgebra<T: Scalar>(a: &DMatrix<T>) -> Result<MatRef<'_, T>> {
    MatRef::from_col_major(a.as_slice(), a.nrows(), a.ncols())
}

/// Views a matrix of nalgebra for writing.
///
/// # Errors
/// None for a `DMatrix`; the constructor's own checks are passed on.
pub fn from_nalgebra_mut<T: Scalar>(a: &mut DMatrix<T>) -> Result<MatMut<'_, T>> {
    let (rows, cols) = a.shape();
    MatMut::from_col_major(a.as_mut_slice(), rows, cols)
}

fn take<T: Scalar>(a: Mat<T>) -> DMatrix<T> {
    let (rows, cols) = (a.rows(), a.cols());
    DMatrix::from_vec(rows, cols, a.into_vec())
}

fn give<T: Scalar>(a: DMatrix<T>) -> Result<Mat<T>> {
    let (rows, cols) = a.shape();
    Mat::from_col_major(a.data.into(), rows, cols)
}

impl Engine for Nalgebra {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "nalgebra",
            engine: "nalgebra",
            version: "0.35.0",
            threads: 1,
            product_kernel: "matrixmultiply",
            methods: &[
                (
                    Method::Svd,
                    "Householder QR, bidiagonalisation, implicit-shift QR, verified",
                ),
                (
                    Method::CompleteOrthogonal,
                    "Householder QR, QR pivoted on entries, QR",
                ),
                (Method::Qr, "Householder QR"),
                (Method::Cholesky, "product AᵀA, LLᵀ"),
            ],
        }
    }
}

for_f32_and_f64! {
    impl MatMul<T> for Nalgebra {
        fn matmul_impl(
            &self,
            alpha: T,
            a: MatRef<'_, T>,
            b: MatRef<'_, T>,
            beta: T,
            c: MatMut<'_, T>,
        ) -> Result<()> {
            let smallest = a.rows().min(a.cols()).min(b.cols());
            let mut c = to_nalgebra_mut(c);
            if a.row_stride() == 1 || smallest > VECTOR_PATH {
                c.gemm(alpha, &to_nalgebra(a), &to_nalgebra(b), beta);
            } else {
                c.gemm_tr(alpha, &to_nalgebra(a.transpose()), &to_nalgebra(b), beta);
            }
            Ok(())
        }
    }
}

/// If a dimension is at most this large, `gemm` calls `axpy` column by column. `axpy` writes out of
/// bounds if the entries of a column are not adjacent (dimforge/nalgebra#1616). This number is not
/// part of nalgebra's interface, so the workspace pins the version.
const VECTOR_PATH: usize = 5;

struct Factors<T: AdapterScalar> {
    qr: QR<T, Dyn, Dyn>,
}

/// The sign of each row for which `QR::q` and `QR::q_tr_mul` are wrong, if there is such a row.
///
/// A column whose square underflows gets no reflector. Nevertheless, all rows from there on get the
/// sign of its first entry. R does not have this sign, because its diagonal consists of absolute
/// values.
fn spurious_signs<T: Scalar>(packed_diagonal: &[T], r: &Mat<T>) -> Option<Vec<T>> {
    let spurious = |i: usize| r[(i, i)] == T::zero() && packed_diagonal[i].is_sign_negative();
    let first = (0..r.cols()).find(|&i| spurious(i))?;
    let mut sign = T::one();
    let signs = (0..r.cols()).map(|i| {
        if i >= first && spurious(i) {
            sign = -sign;
        }
        sign
    });
    Some(signs.collect())
}

fn packed_diagonal<T: AdapterScalar>(qr: &QR<T, Dyn, Dyn>) -> Vec<T> {
    let packed = qr.qr_internal();
    (0..packed.ncols()).map(|i| packed[(i, i)]).collect()
}

fn scale_rows<T: Scalar>(a: &mut Mat<T>, signs: &[T]) {
    for j in 0..a.cols() {
        for (x, &sign) in a.col_mut(j).iter_mut().zip(signs) {
            *x *= sign;
        }
    }
}

impl<T: AdapterScalar> QrFactors<T> for Factors<T> {
    fn r(&self) -> Mat<T> {
        let r = self.qr.r();
        Mat::from_fn(r.nrows(), r.ncols(), |i, j| r[(i, j)])
    }

    fn mul_q(&self, mut y: Mat<T>) -> Result<Mat<T>> {
        if let Some(signs) = spurious_signs(&packed_diagonal(&self.qr), &self.r()) {
            scale_rows(&mut y, &signs);
        }
        let mut x = DMatrix::zeros(self.qr.qr_internal().nrows(), y.cols());
        x.gemm(
            T::of(1.0),
            &self.qr.q(),
            &to_nalgebra(y.as_ref()),
            T::of(0.0),
        );
        give(x)
    }
}

for_f32_and_f64! {
    impl Factorizations<T> for Nalgebra {
        fn qr_impl(&self, a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
            Ok(Box::new(Factors {
                qr: QR::new(take(a)),
            }))
        }

        fn triangularize_impl(&self, a: Mat<T>, b: Mat<T>) -> Result<Triangularized<T>> {
            let n = a.cols();
            let qr = QR::new(take(a));
            let mut b = take(b);
            qr.q_tr_mul(&mut b);
            let diagonal = packed_diagonal(&qr);
            let r = give(qr.unpack_r())?;
            let b = give(b)?;
            let residual_norms = (0..b.cols())
                .map(|j| norm::euclidean(&b.col(j)[n..]))
                .collect();
            let (mut c, b) = if b.rows() == n {
                (b, Mat::default())
            } else {
                (b.top_rows(n), b)
            };
            if let Some(signs) = spurious_signs(&diagonal, &r) {
                scale_rows(&mut c, &signs);
            }
            Ok(Triangularized {
                r,
                c,
                residual_norms,
                // R has taken the storage of A.
                a_storage: Vec::new(),
                b_storage: b.into_vec(),
            })
        }

        fn r_overwriting_impl(&self, a: &mut Mat<T>, _workspace: &mut Workspace) -> Result<()> {
            *a = give(QR::new(take(std::mem::take(a))).unpack_r())?;
            Ok(())
        }

        fn rows_per_block(&self, m: usize, n: usize) -> Option<usize> {
            blocks::rows_below_triangle(m, n)
        }

        fn pivoted_qr_impl(&self, a: Mat<T>, c: Mat<T>) -> Result<PivotedQr<T>> {
            let n = a.cols();
            let qr = ColPivQR::new(take(a));
            let mut c = take(c);
            qr.q_tr_mul(&mut c);
            let mut permutation = nalgebra::RowDVector::from_fn(n, |_, j| j);
            qr.p().permute_columns(&mut permutation);
            Ok(PivotedQr {
                permutation: permutation.iter().copied().collect(),
                r: give(qr.unpack_r())?,
                c: give(c)?,
            })
        }

        fn svd_impl(&self, a: Mat<T>) -> Result<Svd<T>> {
            verify::svd(self, &a, |a| {
                let limit = iteration_limit(a.cols());
                let tolerance = 5.0 * T::EPSILON;
                // The sorted variant panics on a singular value that is NaN.
                let svd = SVD::try_new_unordered(take(a), true, true, tolerance, limit)?;
                let mut svd = Svd {
                    u: give(svd.u?).ok()?,
                    s: svd.singular_values.iter().copied().collect(),
                    v: give(svd.v_t?.transpose()).ok()?,
                };
                verify::sort_descending(&mut svd);
                Some(svd)
            })
        }

        fn symmetric_eigen_impl(&self, a: Mat<T>) -> Result<Eigen<T>> {
            verify::symmetric_eigen(self, &a, |a| {
                let limit = iteration_limit(a.cols());
                let eigen = SymmetricEigen::try_new(take(a), T::EPSILON, limit)?;
                let values = eigen.eigenvalues.iter().copied().collect();
                Some(Eigen {
                    values,
                    vectors: give(eigen.eigenvectors).ok()?,
                })
            })
        }

        fn cholesky_impl(&self, a: Mat<T>) -> Result<Mat<T>> {
            let failed = Error::NotPositiveDefinite {
                operation: "cholesky",
                argument: "a",
            };
            give(Cholesky::new(take(a)).ok_or(failed)?.unpack())
        }

        fn solve_triangular_impl(
            &self,
            t: MatRef<'_, T>,
            triangle: Triangle,
            x: MatMut<'_, T>,
        ) -> Result<()> {
            let mut x = to_nalgebra_mut(x);
            let solved = if t.row_stride() == 1 {
                let t = to_nalgebra(t);
                match triangle {
                    Triangle::Upper => t.solve_upper_triangular_mut(&mut x),
                    Triangle::Lower => t.solve_lower_triangular_mut(&mut x),
                }
            } else {
                // `axpy` is not used, because it needs adjacent entries; see VECTOR_PATH.
                let t = to_nalgebra(t.transpose());
                match triangle {
                    Triangle::Upper => t.tr_solve_lower_triangular_mut(&mut x),
                    Triangle::Lower => t.tr_solve_upper_triangular_mut(&mut x),
                }
            };
            if solved {
                return Ok(());
            }
            Err(Error::InvalidArgument {
                operation: "solve_triangular",
                argument: "t",
                detail: "must have no zero on its diagonal".to_owned(),
            })
        }
    }

    impl LeastSquares<T> for Nalgebra {}
}

/// Thousands of hard matrices all converged within 3·n + 13 iterations. Without a limit, some calls
/// never return.
fn iteration_limit(n: usize) -> usize {
    200 + 50 * n
}
