//! nalgebra-lapack 0.28.0 over the system's OpenBLAS.

use leastwise_contender::{
    Answer, Call, Contract, Failure, Library, Method, Part, Parts, Wrapped, calls, rcond,
};
use leastwise_core::{EngineInfo, Mat, Scalar, Svd};
use nalgebra::{DMatrix, Dyn};
use nalgebra_lapack::colpiv_qr::ColPivQR;
use nalgebra_lapack::qr::QrDecomposition;
use nalgebra_lapack::{QR, SVD};

fn owned<T: Scalar + nalgebra::Scalar>(a: &Mat<T>) -> DMatrix<T> {
    DMatrix::from_column_slice(a.rows(), a.cols(), a.data())
}

fn mat<T: Scalar + nalgebra::Scalar>(a: &DMatrix<T>) -> Mat<T> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)])
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "nalgebra-lapack",
        library: "nalgebra-lapack",
        version: "0.28.0",
        double: double::all(),
        single: single::all(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<NalgebraLapack, f64>::default()),
            || Box::new(Contract::<NalgebraLapack, f32>::default()),
        )),
    }
}

/// The parts of nalgebra-lapack.
#[derive(Clone, Copy, Debug)]
pub struct NalgebraLapack;

macro_rules! for_scalar {
    ($module:ident, $t:ty) => {
        mod $module {
            use super::*;

            pub(super) fn all() -> Vec<Call<$t>> {
                calls(&[
                    ("SVD::pseudo_inverse · b", Method::Svd, |a, b| {
                        let svd = SVD::new(owned(a));
                        let x = svd.map(|svd| {
                            let largest = svd.singular_values.max();
                            mat(&(svd.pseudo_inverse(rcond(a) * largest) * owned(b)))
                        });
                        x.into()
                    }),
                    ("ColPivQR::solve", Method::CompleteOrthogonal, |a, b| {
                        if a.rows() < a.cols() {
                            return Answer::NotOffered;
                        }
                        let qr = ColPivQR::new(owned(a)).ok();
                        qr.and_then(|qr| qr.solve(owned(b)).ok())
                            .map(|x| mat(&x))
                            .into()
                    }),
                    ("QR::solve", Method::Qr, |a, b| {
                        if a.rows() < a.cols() {
                            return Answer::NotOffered;
                        }
                        let qr: Option<QR<$t, Dyn, Dyn>> = QR::new(owned(a)).ok();
                        qr.and_then(|qr| qr.solve(owned(b)).ok())
                            .map(|x| mat(&x))
                            .into()
                    }),
                ])
            }

            impl Parts<$t> for NalgebraLapack {
                const INFO: EngineInfo = EngineInfo {
                    name: "nalgebra-lapack-backend",
                    engine: "nalgebra-lapack-backend",
                    version: "0.28.0",
                    threads: 1,
                    product_kernel: "nalgebra",
                    methods: &[(Method::Svd, "QR, SVD")],
                };

                fn product(a: &Mat<$t>, b: &Mat<$t>) -> Part<Mat<$t>> {
                    Ok(mat(&(owned(a) * owned(b))))
                }

                fn qr(a: &Mat<$t>) -> Part<(Mat<$t>, Mat<$t>)> {
                    let qr: QR<$t, Dyn, Dyn> = QR::new(owned(a)).map_err(Failure::refused)?;
                    Ok((mat(&qr.q()), mat(&qr.r())))
                }

                fn svd(a: &Mat<$t>) -> Part<Svd<$t>> {
                    let svd = SVD::new(owned(a)).ok_or_else(|| Failure::refused("None"))?;
                    Ok(Svd {
                        u: mat(&svd.u),
                        s: svd.singular_values.iter().copied().collect(),
                        v: mat(&svd.vt).transposed(),
                    })
                }
            }
        }
    };
}

for_scalar!(double, f64);
for_scalar!(single, f32);
