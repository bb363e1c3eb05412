//! The contracts, implemented with ndarray's matrix product and linfa-linalg's factorisations.

use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Method, Result, Scalar, Svd, Workspace, blocks, for_f32_and_f64, norm, verify,
};
use linfa_linalg::cholesky::CholeskyInplace;
use linfa_linalg::eigh::EighInto;
use linfa_linalg::qr::QRInto;
use linfa_linalg::svd::SVDInto;
use linfa_linalg::triangular::{SolveTriangularInplace, UPLO};
use ndarray_016::{Array2, ArrayBase, ArrayView2, ArrayViewMut2, Data, Ix2, ShapeBuilder};

use crate::{AdapterScalar, Ndarray, to_ndarray, to_ndarray_mut};

const ENGINE: &str = "ndarray+linfa";

impl Engine for Ndarray {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "ndarray",
            engine: ENGINE,
            version: "0.17.2+0.2.1",
            threads: 1,
            product_kernel: "matrixmultiply",
            methods: &[
                (
                    Method::Svd,
                    "Householder QR, bidiagonalisation, implicit-shift QR, verified",
                ),
                (Method::Qr, "Householder QR"),
                (Method::Cholesky, "product AᵀA, LLᵀ"),
            ],
        }
    }
}

for_f32_and_f64! {
    impl MatMul<T> for Ndarray {
        fn matmul_impl(
            &self,
            alpha: T,
            a: MatRef<'_, T>,
            b: MatRef<'_, T>,
            beta: T,
            c: MatMut<'_, T>,
        ) -> Result<()> {
            let mut c = to_ndarray_mut(c)?;
            ndarray::linalg::general_mat_mul(alpha, &to_ndarray(a)?, &to_ndarray(b)?, beta, &mut c);
            Ok(())
        }
    }
}

/// linfa-linalg uses ndarray 0.16, which views the same slices.
fn view<T>(a: MatRef<'_, T>) -> Result<ArrayView2<'_, T>> {
    let strides = (a.row_stride(), a.col_stride());
    ArrayView2::from_shape((a.rows(), a.cols()).strides(strides), a.data())
        .map_err(|error| shape_error(&error))
}

fn view_mut<T>(a: MatMut<'_, T>) -> Result<ArrayViewMut2<'_, T>> {
    let shape = (a.rows(), a.cols()).strides((a.row_stride(), a.col_stride()));
    ArrayViewMut2::from_shape(shape, a.into_data()).map_err(|error| shape_error(&error))
}

fn take<T: Scalar>(a: Mat<T>) -> Result<Array2<T>> {
    let shape = (a.rows(), a.cols());
    Array2::from_shape_vec(shape.f(), a.into_vec()).map_err(|error| shape_error(&error))
}

/// Returns the same storage if it is column-major without gaps, and a copy otherwise. Results of
/// [`take`] have no gaps, unless rows were removed.
fn into_mat<T: Scalar>(a: Array2<T>) -> Result<Mat<T>> {
    let (rows, cols) = a.dim();
    if !a.t().is_standard_layout() {
        return copy_of(&a);
    }
    let (mut data, offset) = a.into_raw_vec_and_offset();
    data.drain(..offset.unwrap_or(0));
    data.truncate(rows * cols);
    Mat::from_col_major(data, rows, cols)
}

fn copy_of<T: Scalar>(a: &ArrayBase<impl Data<Elem = T>, Ix2>) -> Result<Mat<T>> {
    let (rows, cols) = a.dim();
    if a.is_standard_layout()
        && let Some(by_rows) = a.as_slice()
    {
        return Ok(MatRef::from_row_major(by_rows, rows, cols)?.to_mat());
    }
    let mut data = Vec::with_capacity(rows * cols);
    for column in a.columns() {
        match column.as_slice() {
            Some(contiguous) => data.extend_from_slice(contiguous),
            None => data.extend(column.iter().copied()),
        }
    }
    Mat::from_col_major(data, rows, cols)
}

/// [A B], extended by rows of zeros to `rows` rows.
fn augmented<T: Scalar>(a: Mat<T>, b: &Mat<T>, rows: usize) -> Result<Mat<T>> {
    let (m, cols) = (a.rows(), a.cols() + b.cols());
    if rows == m {
        let mut data = a.into_vec();
        data.extend_from_slice(b.data());
        return Mat::from_col_major(data, rows, cols);
    }
    let mut padded = Mat::zeros(rows, cols);
    let columns = (0..a.cols()).map(|j| a.col(j));
    for (j, column) in columns.chain((0..b.cols()).map(|j| b.col(j))).enumerate() {
        padded.col_mut(j)[..m].copy_from_slice(column);
    }
    Ok(padded)
}

fn shape_error(error: &ndarray_016::ShapeError) -> Error {
    let detail = format!("is no view of ndarray 0.16: {error}");
    Error::Shape {
        operation: ENGINE,
        argument: "a",
        detail,
    }
}

fn refused(operation: &'static str, error: &linfa_linalg::LinalgError) -> Error {
    Error::WrongResult {
        operation,
        backend: ENGINE,
        detail: error.to_string(),
    }
}

/// The R of a tall A, which is overwritten.
fn r_of<T: AdapterScalar>(a: &mut Mat<T>) -> Result<Mat<T>> {
    let qr = view_mut(a.as_mut())?
        .qr_into()
        .map_err(|error| refused("qr", &error))?;
    copy_of(&qr.into_r())
}

/// Q₁ in full, because linfa-linalg keeps its product with reflectors private.
struct Factors<T> {
    q: Mat<T>,
    r: Mat<T>,
}

impl<T: AdapterScalar> QrFactors<T> for Factors<T>
where
    Ndarray: MatMul<T>,
{
    fn r(&self) -> Mat<T> {
        self.r.clone()
    }

    fn mul_q(&self, y: Mat<T>) -> Result<Mat<T>> {
        let mut x = Mat::zeros(self.q.rows(), y.cols());
        Ndarray.matmul(
            T::of(1.0),
            self.q.as_ref(),
            y.as_ref(),
            T::of(0.0),
            x.as_mut(),
        )?;
        Ok(x)
    }
}

for_f32_and_f64! {
    impl Factorizations<T> for Ndarray {
        fn qr_impl(&self, a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
            verify::or_perturbed(&a, |a| {
                let qr = take(a)?.qr_into().map_err(|error| refused("qr", &error))?;
                let (q, r) = qr.into_decomp();
                let factors = Factors {
                    q: into_mat(q)?,
                    r: into_mat(r)?,
                };
                verify::check_orthonormal(ENGINE, &factors.q)?;
                Ok(Box::new(factors) as Box<dyn QrFactors<T>>)
            })
        }

        /// QR of [A B]. Its R is [R Q₁ᵀB; 0 S], and the columns of S have the residual norms. No Q is
        /// formed. Rows of zeros are added if there are too few rows. If B is so wide that this costs
        /// more, Q is formed.
        fn triangularize_impl(&self, a: Mat<T>, b: Mat<T>) -> Result<Triangularized<T>> {
            let (m, n, k) = (a.rows(), a.cols(), b.cols());
            if k > n {
                return triangularize_with_q(*self, a, b);
            }
            let rows = m.max(n + k);
            let mut augmented = augmented(a, &b, rows)?;
            let norms: Vec<T> = (0..n + k)
                .map(|j| norm::euclidean(augmented.col(j)))
                .collect();
            let r = r_of(&mut augmented)?;
            verify::check_column_norms(ENGINE, rows, &norms, &r)?;
            let residual_norms = (0..k)
                .map(|j| norm::euclidean(&r.col(n + j)[n..]))
                .collect();
            let mut upper = r.top_rows(n).into_vec();
            let right = upper.split_off(n * n);
            Ok(Triangularized {
                r: Mat::from_col_major(upper, n, n)?,
                c: Mat::from_col_major(right, n, k)?,
                residual_norms,
                a_storage: augmented.into_vec(),
                b_storage: b.into_vec(),
            })
        }

        fn r_overwriting_impl(&self, a: &mut Mat<T>, workspace: &mut Workspace) -> Result<()> {
            let norms = workspace.get_or_insert_with(Vec::new);
            norms.clear();
            norms.extend((0..a.cols()).map(|j| norm::euclidean(a.col(j))));
            let rows = a.rows();
            *a = verify::or_perturbed(a, |mut a| {
                let r = r_of(&mut a)?;
                verify::check_column_norms(ENGINE, rows, norms, &r)?;
                Ok(r)
            })?;
            Ok(())
        }

        fn rows_per_block(&self, m: usize, n: usize) -> Option<usize> {
            blocks::rows_below_triangle(m, n)
        }

        fn pivoted_qr_impl(&self, _a: Mat<T>, _c: Mat<T>) -> Result<PivotedQr<T>> {
            Err(Error::Unsupported {
                operation: "pivoted_qr",
                backend: ENGINE,
            })
        }

        fn svd_impl(&self, a: Mat<T>) -> Result<Svd<T>> {
            verify::svd(self, &a, |a| {
                let (u, s, vt) = take(a).ok()?.svd_into(true, true).ok()?;
                let (u, v) = (into_mat(u?).ok()?, into_mat(vt?.reversed_axes()).ok()?);
                let mut svd = Svd {
                    u,
                    s: s.to_vec(),
                    v,
                };
                verify::sort_descending(&mut svd);
                Some(svd)
            })
        }

        fn symmetric_eigen_impl(&self, a: Mat<T>) -> Result<Eigen<T>> {
            verify::symmetric_eigen(self, &a, |a| {
                let (values, vectors) = take(a).ok()?.eigh_into().ok()?;
                Some(Eigen {
                    values: values.to_vec(),
                    vectors: into_mat(vectors).ok()?,
                })
            })
        }

        fn cholesky_impl(&self, mut a: Mat<T>) -> Result<Mat<T>> {
            let failed = |_| Error::NotPositiveDefinite {
                operation: "cholesky",
                argument: "a",
            };
            view_mut(a.as_mut())?.cholesky_inplace().map_err(failed)?;
            Ok(a)
        }

        fn solve_triangular_impl(
            &self,
            t: MatRef<'_, T>,
            triangle: Triangle,
            x: MatMut<'_, T>,
        ) -> Result<()> {
            let uplo = match triangle {
                Triangle::Upper => UPLO::Upper,
                Triangle::Lower => UPLO::Lower,
            };
            let failed = |error| refused("solve_triangular", &error);
            view(t)?
                .solve_triangular_inplace(&mut view_mut(x)?, uplo)
                .map_err(failed)?;
            Ok(())
        }
    }

    impl LeastSquares<T> for Ndarray {}
}

fn triangularize_with_q<T: AdapterScalar>(
    backend: Ndarray,
    a: Mat<T>,
    mut b: Mat<T>,
) -> Result<Triangularized<T>>
where
    Ndarray: Factorizations<T>,
{
    let (rows, n, k) = (a.rows(), a.cols(), b.cols());
    let factors = backend.qr_impl(a)?;
    let q = factors.mul_q(Mat::identity(n))?;
    let (one, zero) = (T::of(1.0), T::of(0.0));
    let mut c = Mat::zeros(n, k);
    backend.matmul(one, q.as_ref().transpose(), b.as_ref(), zero, c.as_mut())?;
    backend.matmul(-one, q.as_ref(), c.as_ref(), one, b.as_mut())?;
    Ok(Triangularized {
        r: factors.r(),
        c,
        residual_norms: (0..k).map(|j| norm::euclidean(b.col(j))).collect(),
        a_storage: vec![zero; rows * n],
        b_storage: b.into_vec(),
    })
}
