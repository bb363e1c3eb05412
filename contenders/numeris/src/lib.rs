//! numeris 0.6.0: its matrices of dynamic size.

use leastwise_contender::{Answer, Call, Library, Method, by_columns, by_svd, calls};
use leastwise_core::Mat;
use numeris::{DynMatrix, DynVector};

/// The library.
pub fn library() -> Library {
    Library {
        name: "numeris",
        library: "numeris",
        version: "0.6.0",
        double: double::all(),
        single: single::all(),
        backend: None,
    }
}

macro_rules! for_scalar {
    ($module:ident, $t:ty) => {
        mod $module {
            use super::*;

            fn dense(a: &Mat<$t>) -> DynMatrix<$t> {
                DynMatrix::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)])
            }

            pub(super) fn all() -> Vec<Call<$t>> {
                calls(&[
                    ("svd, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
                        let found = dense(a).svd().ok();
                        let x = found.map(|svd| {
                            let (u, vt) = (svd.u(), svd.vt());
                            by_svd(
                                b,
                                a.cols(),
                                svd.singular_values(),
                                |i, k| u[(i, k)],
                                |k, j| vt[(k, j)],
                            )
                        });
                        x.into()
                    }),
                    ("DynQr::solve", Method::Qr, |a, b| {
                        if a.rows() < a.cols() {
                            return Answer::NotOffered;
                        }
                        let Ok(qr) = dense(a).qr() else {
                            return Answer::Refused;
                        };
                        by_columns(a, b, |b| {
                            let x = qr.solve(&DynVector::from_slice(b));
                            Some((0..a.cols()).map(|i| x[i]).collect())
                        })
                    }),
                ])
            }
        }
    };
}

for_scalar!(double, f64);
for_scalar!(single, f32);
