//! The contracts of leastwise-core, implemented with the routines of LAPACK.

use std::cell::Cell;

use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Method, Result, Scalar, Svd, Workspace, for_f32_and_f64, norm, verify,
};

use crate::{ENGINE, ffi};

/// The scalar types that both Leastwise and LAPACK support: f32 and f64.
pub trait AdapterScalar: Scalar + ffi::Routines {}
impl<T: Scalar + ffi::Routines> AdapterScalar for T {}

/// The backend that uses the system's OpenBLAS.
///
/// OpenBLAS has one number of threads for the whole process. The backend that was created last
/// decides it for all of them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Lapack;

impl Lapack {
    /// The backend. It allows OpenBLAS `threads` threads in this process. 0 counts as 1.
    #[must_use]
    pub fn with_threads(threads: usize) -> Self {
        ffi::set_threads(threads);
        Self
    }
}

impl Default for Lapack {
    /// One thread.
    fn default() -> Self {
        Self::with_threads(1)
    }
}

impl Engine for Lapack {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "lapack",
            engine: ENGINE,
            version: ffi::version(),
            threads: ffi::threads(),
            product_kernel: "OpenBLAS",
            methods: &[
                (
                    Method::Svd,
                    "geqrf, gesdd of R, verified, gesvj where it fails",
                ),
                (
                    Method::CompleteOrthogonal,
                    "geqrf, geqp3 on R, geqrf of its leading rows",
                ),
                (Method::Qr, "geqrf, ormqr, trsm"),
                (Method::Cholesky, "syrk, potrf, trsm"),
            ],
        }
    }
}

for_f32_and_f64! {
    impl MatMul<T> for Lapack {
        fn matmul_impl(
            &self,
            alpha: T,
            a: MatRef<'_, T>,
            b: MatRef<'_, T>,
            beta: T,
            c: MatMut<'_, T>,
        ) -> Result<()> {
            if beta == 0.0 && same(a, b.transpose()) {
                return ffi::syrk(alpha, a, c);
            }
            ffi::gemm(alpha, a, b, beta, c)
        }
    }
}

/// Whether two views have the same entries in memory.
fn same<T>(a: MatRef<'_, T>, b: MatRef<'_, T>) -> bool {
    let layout = |x: MatRef<'_, T>| (x.rows(), x.cols(), x.row_stride(), x.col_stride());
    std::ptr::eq(a.data().as_ptr(), b.data().as_ptr()) && layout(a) == layout(b)
}

struct Factors<T> {
    packed: Mat<T>,
    tau: Vec<T>,
}

impl<T: AdapterScalar> QrFactors<T> for Factors<T> {
    fn r(&self) -> Mat<T> {
        upper_triangle(&self.packed)
    }

    fn mul_q(&self, y: Mat<T>) -> Result<Mat<T>> {
        let mut x = with_rows(&y, self.packed.rows());
        ffi::ormqr(&self.packed, &self.tau, false, &mut x)?;
        Ok(x)
    }
}

for_f32_and_f64! {
    impl Factorizations<T> for Lapack {
        fn qr_impl(&self, mut a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
            let tau = ffi::geqrf(&mut a)?;
            Ok(Box::new(Factors { packed: a, tau }))
        }

        fn r_overwriting_impl(&self, a: &mut Mat<T>, _workspace: &mut Workspace) -> Result<()> {
            ffi::geqrf(a).map(drop)
        }

        fn triangularize_impl(&self, mut a: Mat<T>, mut b: Mat<T>) -> Result<Triangularized<T>> {
            let n = a.cols();
            let tau = ffi::geqrf(&mut a)?;
            ffi::ormqr(&a, &tau, true, &mut b)?;
            Ok(Triangularized {
                r: upper_triangle(&a),
                c: b.top_rows(n),
                residual_norms: norms_below(&b, n),
                a_storage: a.into_vec(),
                b_storage: b.into_vec(),
            })
        }

        fn pivoted_qr_impl(&self, mut a: Mat<T>, mut c: Mat<T>) -> Result<PivotedQr<T>> {
            let (permutation, tau) = ffi::geqp3(&mut a)?;
            ffi::ormqr(&a, &tau, true, &mut c)?;
            Ok(PivotedQr {
                r: upper_triangle(&a),
                c,
                permutation,
            })
        }

        fn svd_impl(&self, a: Mat<T>) -> Result<Svd<T>> {
            let first = Cell::new(true);
            verify::svd(self, &a, |mut a| {
                if !first.replace(false) {
                    let (s, v) = ffi::gesvj(&mut a).ok()?;
                    return Some(Svd { u: a, s, v });
                }
                let (u, s, v_transposed) = ffi::gesdd(&mut a).ok()?;
                let v = v_transposed.transposed();
                Some(Svd { u, s, v })
            })
        }

        fn symmetric_eigen_impl(&self, mut a: Mat<T>) -> Result<Eigen<T>> {
            let values = ffi::syevd(&mut a)?;
            Ok(Eigen { values, vectors: a })
        }

        fn cholesky_impl(&self, mut a: Mat<T>) -> Result<Mat<T>> {
            ffi::potrf(&mut a)?;
            for j in 1..a.cols() {
                a.col_mut(j)[..j].fill(0.0);
            }
            Ok(a)
        }

        fn solve_triangular_impl(
            &self,
            t: MatRef<'_, T>,
            triangle: Triangle,
            x: MatMut<'_, T>,
        ) -> Result<()> {
            let diagonal = t.rows().min(t.cols());
            if (0..diagonal).any(|i| t[(i, i)] == 0.0) {
                return Err(Error::InvalidArgument {
                    operation: "solve_triangular",
                    argument: "t",
                    detail: "must have no zero on its diagonal".to_owned(),
                });
            }
            ffi::trsm(t, triangle == Triangle::Upper, x)
        }
    }

    impl LeastSquares<T> for Lapack {}
}

/// The leading square of `packed` with zeros below its diagonal.
fn upper_triangle<T: Scalar>(packed: &Mat<T>) -> Mat<T> {
    let mut r = packed.top_rows(packed.cols());
    for j in 0..r.cols() {
        r.col_mut(j)[j + 1..].fill(T::zero());
    }
    r
}

/// A copy with zeros below the rows of `a`, which are at most `rows`.
fn with_rows<T: Scalar>(a: &Mat<T>, rows: usize) -> Mat<T> {
    let mut longer = Mat::zeros(rows, a.cols());
    for j in 0..a.cols() {
        longer.col_mut(j)[..a.rows()].copy_from_slice(a.col(j));
    }
    longer
}

fn norms_below<T: Scalar>(b: &Mat<T>, row: usize) -> Vec<T> {
    let columns = 0..b.cols();
    columns.map(|j| norm::euclidean(&b.col(j)[row..])).collect()
}
