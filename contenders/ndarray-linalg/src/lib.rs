//! ndarray-linalg 0.18.1 over the system's OpenBLAS.

use leastwise_contender::{
    Answer, Call, Contract, Failure, Library, Method, Part, Parts, Wrapped, by_qr, by_svd, calls,
};
use leastwise_core::factor::Triangle;
use leastwise_core::{Eigen, EngineInfo, Mat, Scalar, Svd};
use ndarray::{Array2, ShapeBuilder};
use ndarray_linalg::cholesky::Cholesky;
use ndarray_linalg::{Diag, Eigh, Lapack, LeastSquaresSvd, QR, SVD, SolveTriangular, UPLO};

/// The scalar types that both support.
pub trait Both: Scalar + Lapack<Real = Self> {}
impl<T: Scalar + Lapack<Real = T>> Both for T {}

fn array<T: Both>(a: &Mat<T>) -> Array2<T> {
    Array2::from_shape_fn((a.rows(), a.cols()).f(), |index| a[index])
}

fn mat<T: Both>(a: &Array2<T>) -> Mat<T> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)])
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "ndarray-linalg",
        library: "ndarray-linalg",
        version: "0.18.1",
        double: all(),
        single: all(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<NdarrayLinalg, f64>::default()),
            || Box::new(Contract::<NdarrayLinalg, f32>::default()),
        )),
    }
}

fn all<T: Both>() -> Vec<Call<T>> {
    calls(&[
        ("least_squares", Method::Svd, |a, b| {
            let found = array(a).least_squares(&array(b)).ok();
            found.map(|found| mat(&found.solution)).into()
        }),
        ("svd, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
            let Ok((Some(u), s, Some(vt))) = array(a).svd(true, true) else {
                return Answer::Refused;
            };
            Answer::X(by_svd(
                b,
                a.cols(),
                &s.to_vec(),
                |i, k| u[(i, k)],
                |k, j| vt[(k, j)],
            ))
        }),
        ("qr, R⁻¹·Qᵀb", Method::Qr, |a, b| {
            if a.rows() < a.cols() {
                return Answer::NotOffered;
            }
            let found = array(a).qr().ok();
            found
                .map(|(q, r)| by_qr(b, a.cols(), |i, k| q[(i, k)], |i, j| r[(i, j)]))
                .into()
        }),
    ])
}

/// The parts of ndarray-linalg.
#[derive(Clone, Copy, Debug)]
pub struct NdarrayLinalg;

impl<T: Both> Parts<T> for NdarrayLinalg {
    const INFO: EngineInfo = EngineInfo {
        name: "ndarray-linalg-backend",
        engine: "ndarray-linalg-backend",
        version: "0.18.1",
        threads: 1,
        product_kernel: "ndarray",
        methods: &[
            (Method::Svd, "QR, svd"),
            (Method::Qr, "QR"),
            (Method::Cholesky, "product AᵀA, LLᵀ"),
        ],
    };

    fn product(a: &Mat<T>, b: &Mat<T>) -> Part<Mat<T>> {
        Ok(mat(&array(a).dot(&array(b))))
    }

    fn qr(a: &Mat<T>) -> Part<(Mat<T>, Mat<T>)> {
        let (q, r) = array(a).qr().map_err(Failure::refused)?;
        Ok((mat(&q), mat(&r)))
    }

    fn svd(a: &Mat<T>) -> Part<Svd<T>> {
        let (Some(u), s, Some(vt)) = array(a).svd(true, true).map_err(Failure::refused)? else {
            return Err(Failure::Missing);
        };
        Ok(Svd {
            u: mat(&u),
            s: s.to_vec(),
            v: mat(&vt).transposed(),
        })
    }

    fn eigen(a: &Mat<T>) -> Part<Eigen<T>> {
        let (values, vectors) = array(a).eigh(UPLO::Lower).map_err(Failure::refused)?;
        Ok(Eigen {
            values: values.to_vec(),
            vectors: mat(&vectors),
        })
    }

    fn cholesky(a: &Mat<T>) -> Part<Mat<T>> {
        Ok(mat(&array(a)
            .cholesky(UPLO::Lower)
            .map_err(Failure::refused)?))
    }

    fn solve_triangular(t: &Mat<T>, triangle: Triangle, x: &Mat<T>) -> Part<Mat<T>> {
        let uplo = match triangle {
            Triangle::Upper => UPLO::Upper,
            Triangle::Lower => UPLO::Lower,
        };
        let solved = array(t).solve_triangular(uplo, Diag::NonUnit, &array(x));
        Ok(mat(&solved.map_err(Failure::refused)?))
    }
}
