//! smartcore 0.7.0: the decompositions behind its linear regression.

use leastwise_contender::{Answer, Call, Library, Method, calls};
use leastwise_core::{Mat, Scalar};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::qr::QRDecomposable;
use smartcore::linalg::traits::svd::SVDDecomposable;
use smartcore::numbers::realnum::RealNumber;

/// The scalar types that both support.
pub trait Both: Scalar + RealNumber + smartcore::numbers::floatnum::FloatNumber {}
impl<T: Scalar + RealNumber + smartcore::numbers::floatnum::FloatNumber> Both for T {}

fn dense<T: Both>(a: &Mat<T>) -> Option<DenseMatrix<T>> {
    DenseMatrix::new(a.rows(), a.cols(), a.data().to_vec(), true).ok()
}

fn head<T: Both>(a: &Mat<T>, b: &Mat<T>, x: &DenseMatrix<T>) -> Mat<T> {
    Mat::from_fn(a.cols(), b.cols(), |i, j| *x.get((i, j)))
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "smartcore",
        library: "smartcore",
        version: "0.7.0",
        double: all(),
        single: all(),
        backend: None,
    }
}

fn all<T: Both>() -> Vec<Call<T>> {
    calls(&[
        ("svd_solve", Method::Svd, |a, b| {
            let x = dense(a)
                .zip(dense(b))
                .and_then(|(left, right)| left.svd_solve(right).ok());
            x.map(|x| head(a, b, &x)).into()
        }),
        ("qr_solve_mut", Method::Qr, |a, b| {
            if a.rows() < a.cols() {
                return Answer::NotOffered;
            }
            let x = dense(a)
                .zip(dense(b))
                .and_then(|(left, right)| left.qr_solve_mut(right).ok());
            x.map(|x| head(a, b, &x)).into()
        }),
    ])
}
