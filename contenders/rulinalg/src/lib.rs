//! rulinalg 0.4.2, whose last release is of 2018.

use leastwise_contender::{
    Answer, Call, Contract, Failure, Library, Method, Part, Parts, Wrapped, by_columns, by_qr,
    by_svd, calls, row_major,
};
use leastwise_core::{EngineInfo, Mat, Scalar, Svd};
use rulinalg::matrix::{BaseMatrix, Matrix};
use rulinalg::vector::Vector;

fn matrix<T: Scalar>(a: &Mat<T>) -> Matrix<T> {
    Matrix::new(a.rows(), a.cols(), row_major(a))
}

fn mat<T: Scalar>(a: &Matrix<T>) -> Mat<T> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[[i, j]])
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "rulinalg",
        library: "rulinalg",
        version: "0.4.2",
        double: double::all(),
        single: single::all(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<Rulinalg, f64>::default()),
            || Box::new(Contract::<Rulinalg, f32>::default()),
        )),
    }
}

/// The parts of rulinalg.
#[derive(Clone, Copy, Debug)]
pub struct Rulinalg;

macro_rules! for_scalar {
    ($module:ident, $t:ty) => {
        mod $module {
            use super::*;

            pub(super) fn all() -> Vec<Call<$t>> {
                calls(&[
                    ("svd, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
                        let found = matrix(a).svd().ok();
                        let x = found.map(|(sigma, u, v)| {
                            let s: Vec<$t> =
                                (0..a.rows().min(a.cols())).map(|k| sigma[[k, k]]).collect();
                            by_svd(b, a.cols(), &s, |i, k| u[[i, k]], |k, j| v[[j, k]])
                        });
                        x.into()
                    }),
                    ("qr_decomp, R⁻¹·Qᵀb", Method::Qr, |a, b| {
                        if a.rows() < a.cols() {
                            return Answer::NotOffered;
                        }
                        let found = matrix(a).qr_decomp().ok();
                        found
                            .map(|(q, r)| by_qr(b, a.cols(), |i, k| q[[i, k]], |i, j| r[[i, j]]))
                            .into()
                    }),
                    ("solve, square", Method::Qr, |a, b| {
                        if a.rows() != a.cols() {
                            return Answer::NotOffered;
                        }
                        by_columns(a, b, |b| {
                            matrix(a)
                                .solve(Vector::new(b.to_vec()))
                                .ok()
                                .map(|x| x.into_vec())
                        })
                    }),
                ])
            }

            impl Parts<$t> for Rulinalg {
                const INFO: EngineInfo = EngineInfo {
                    name: "rulinalg-backend",
                    engine: "rulinalg-backend",
                    version: "0.4.2",
                    threads: 1,
                    product_kernel: "matrixmultiply",
                    methods: &[(Method::Svd, "QR, svd")],
                };

                fn product(a: &Mat<$t>, b: &Mat<$t>) -> Part<Mat<$t>> {
                    Ok(mat(&(matrix(a) * matrix(b))))
                }

                fn qr(a: &Mat<$t>) -> Part<(Mat<$t>, Mat<$t>)> {
                    let (q, r) = matrix(a).qr_decomp().map_err(Failure::refused)?;
                    let n = a.cols();
                    Ok((
                        Mat::from_fn(a.rows(), n, |i, j| q[[i, j]]),
                        Mat::from_fn(n, n, |i, j| if i <= j { r[[i, j]] } else { 0.0 }),
                    ))
                }

                fn svd(a: &Mat<$t>) -> Part<Svd<$t>> {
                    let (sigma, u, v) = matrix(a).svd().map_err(Failure::refused)?;
                    Ok(Svd {
                        u: mat(&u),
                        s: (0..a.rows()).map(|k| sigma[[k, k]]).collect(),
                        v: mat(&v),
                    })
                }
            }
        }
    };
}

for_scalar!(double, f64);
for_scalar!(single, f32);
