//! nabled 0.0.11 with its own kernels.

use leastwise_contender::{Call, Library, Method, by_columns, calls};
use leastwise_core::{Mat, Scalar};
use nabled::linalg::qr::{self, QRConfig};
use nabled::linalg::svd::{self, PseudoInverseConfig};
use ndarray::{Array1, Array2};

fn array<T: Scalar>(a: &Mat<T>) -> Array2<T> {
    Array2::from_shape_fn((a.rows(), a.cols()), |index| a[index])
}

fn mat<T: Scalar>(a: &Array2<T>) -> Mat<T> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)])
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "nabled",
        library: "nabled",
        version: "0.0.11",
        double: double::all(),
        single: single::all(),
        backend: None,
    }
}

macro_rules! for_scalar {
    ($module:ident, $t:ty) => {
        mod $module {
            use super::*;

            pub(super) fn all() -> Vec<Call<$t>> {
                calls(&[
                    ("pseudo_inverse · b", Method::Svd, |a, b| {
                        let found = svd::pseudo_inverse(
                            &array(a),
                            &PseudoInverseConfig { tolerance: None },
                        );
                        found
                            .ok()
                            .map(|inverse| mat(&inverse.dot(&array(b))))
                            .into()
                    }),
                    ("solve_least_squares", Method::Qr, |a, b| {
                        let matrix = array(a);
                        by_columns(a, b, |b| {
                            let b = Array1::from(b.to_vec());
                            qr::solve_least_squares(&matrix, &b, &QRConfig::default())
                                .ok()
                                .map(|x| x.to_vec())
                        })
                    }),
                ])
            }
        }
    };
}

for_scalar!(double, f64);
for_scalar!(single, f32);
