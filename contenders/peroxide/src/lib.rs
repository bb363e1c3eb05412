//! peroxide 0.43.1 with its feature `O3`, over the system's OpenBLAS.

use leastwise_contender::{
    Answer, Call, Library, Method, by_columns, by_qr, by_svd, calls, row_major,
};
use leastwise_core::Mat;
use peroxide::fuga::{LinearAlgebra, Matrix, Shape, matrix};
use peroxide::traits::matrix::SolveKind;

fn dense(a: &Mat<f64>) -> Matrix {
    matrix(row_major(a), a.rows(), a.cols(), Shape::Row)
}

/// The library. It has no f32.
pub fn library() -> Library {
    Library {
        name: "peroxide",
        library: "peroxide",
        version: "0.43.1",
        double: all(),
        single: Vec::new(),
        backend: None,
    }
}

fn all() -> Vec<Call<f64>> {
    calls(&[
        ("pseudo_inv · b", Method::Svd, |a, b| {
            let x = dense(a).pseudo_inv() * dense(b);
            Answer::X(Mat::from_fn(x.nrow(), x.ncol(), |i, j| x[(i, j)]))
        }),
        ("svd, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
            let svd = dense(a).svd();
            Answer::X(by_svd(
                b,
                a.cols(),
                &svd.s,
                |i, k| svd.u[(i, k)],
                |k, j| svd.vt[(k, j)],
            ))
        }),
        ("qr, R⁻¹·Qᵀb", Method::Qr, |a, b| {
            if a.rows() < a.cols() {
                return Answer::NotOffered;
            }
            let qr = dense(a).qr();
            Answer::X(by_qr(b, a.cols(), |i, k| qr.q[(i, k)], |i, j| qr.r[(i, j)]))
        }),
        ("solve, square", Method::Qr, |a, b| {
            if a.rows() != a.cols() {
                return Answer::NotOffered;
            }
            let left = dense(a);
            by_columns(a, b, |b| Some(left.solve(b, SolveKind::LU)))
        }),
    ])
}
