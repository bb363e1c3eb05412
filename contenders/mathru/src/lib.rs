//! mathru 0.16.2 with its own kernels.

use leastwise_contender::{Answer, Call, Library, Method, calls};
use leastwise_core::Mat;
use mathru::algebra::linear::matrix::{General, Solve};

/// The library.
pub fn library() -> Library {
    Library {
        name: "mathru",
        library: "mathru",
        version: "0.16.2",
        double: double::all(),
        single: single::all(),
        backend: None,
    }
}

macro_rules! for_scalar {
    ($module:ident, $t:ty) => {
        mod $module {
            use super::*;

            fn general(a: &Mat<$t>) -> General<$t> {
                General::new(a.rows(), a.cols(), a.data().to_vec())
            }

            fn mat(a: &General<$t>) -> Mat<$t> {
                let (rows, cols) = a.dim();
                Mat::from_fn(rows, cols, |i, j| a[[i, j]])
            }

            pub(super) fn all() -> Vec<Call<$t>> {
                calls(&[
                    ("pinv · b", Method::Qr, |a, b| {
                        if a.rows() < a.cols() {
                            return Answer::NotOffered;
                        }
                        general(a)
                            .pinv()
                            .ok()
                            .map(|inverse| mat(&(&inverse * &general(b))))
                            .into()
                    }),
                    ("solve, square", Method::Qr, |a, b| {
                        if a.rows() != a.cols() {
                            return Answer::NotOffered;
                        }
                        let x: Option<General<$t>> = general(a).solve(&general(b)).ok();
                        x.map(|x| mat(&x)).into()
                    }),
                ])
            }
        }
    };
}

for_scalar!(double, f64);
for_scalar!(single, f32);
