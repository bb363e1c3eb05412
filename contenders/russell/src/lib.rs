//! russell_lab 5.0.0 with its default kernels in Rust.

use leastwise_contender::{
    Answer, Call, Contract, Failure, Library, Method, Part, Parts, Wrapped, by_columns, calls,
};
use leastwise_core::{Eigen, EngineInfo, Mat, Svd};
use russell_lab::{
    Matrix, Vector, mat_cholesky, mat_eigen_sym, mat_mat_mul, mat_pseudo_inverse, mat_svd,
    solve_lin_sys,
};

fn matrix(a: &Mat<f64>) -> Matrix {
    Matrix::initialized(a.rows(), a.cols(), |i, j| a[(i, j)])
}

fn mat(a: &Matrix) -> Mat<f64> {
    Mat::from_fn(a.nrow(), a.ncol(), |i, j| a.get(i, j))
}

/// The library. It has no f32.
pub fn library() -> Library {
    Library {
        name: "russell",
        library: "russell_lab",
        version: "5.0.0",
        double: all(),
        single: Vec::new(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<Russell, f64>::default()),
            || Box::new(Contract::<Russell, f32>::default()),
        )),
    }
}

fn all() -> Vec<Call<f64>> {
    calls(&[
        ("mat_pseudo_inverse · b", Method::Svd, |a, b| {
            let mut inverse = Matrix::new(a.cols(), a.rows());
            let mut x = Matrix::new(a.cols(), b.cols());
            let solved = mat_pseudo_inverse(&mut inverse, &mut matrix(a))
                .and_then(|()| mat_mat_mul(&mut x, 1.0, &inverse, &matrix(b), 0.0));
            solved.ok().map(|()| mat(&x)).into()
        }),
        ("solve_lin_sys, square", Method::Qr, |a, b| {
            if a.rows() != a.cols() {
                return Answer::NotOffered;
            }
            by_columns(a, b, |b| {
                let mut x = Vector::from(&b.to_vec());
                solve_lin_sys(&mut x, &mut matrix(a))
                    .ok()
                    .map(|()| x.as_data().clone())
            })
        }),
    ])
}

/// The parts of russell_lab.
#[derive(Clone, Copy, Debug)]
pub struct Russell;

const INFO: EngineInfo = EngineInfo {
    name: "russell-backend",
    engine: "russell_lab-backend",
    version: "5.0.0",
    threads: 1,
    product_kernel: "russell_lab",
    methods: &[],
};

impl Parts<f64> for Russell {
    const INFO: EngineInfo = INFO;

    fn product(a: &Mat<f64>, b: &Mat<f64>) -> Part<Mat<f64>> {
        let mut c = Matrix::new(a.rows(), b.cols());
        mat_mat_mul(&mut c, 1.0, &matrix(a), &matrix(b), 0.0).map_err(Failure::refused)?;
        Ok(mat(&c))
    }

    fn svd(a: &Mat<f64>) -> Part<Svd<f64>> {
        let n = a.rows();
        let (mut s, mut u, mut vt) = (Vector::new(n), Matrix::new(n, n), Matrix::new(n, n));
        mat_svd(&mut s, &mut u, &mut vt, &mut matrix(a)).map_err(Failure::refused)?;
        Ok(Svd {
            u: mat(&u),
            s: s.as_data().clone(),
            v: mat(&vt).transposed(),
        })
    }

    fn eigen(a: &Mat<f64>) -> Part<Eigen<f64>> {
        let (mut values, mut vectors) = (Vector::new(a.rows()), matrix(a));
        mat_eigen_sym(&mut values, &mut vectors, false).map_err(Failure::refused)?;
        Ok(Eigen {
            values: values.as_data().clone(),
            vectors: mat(&vectors),
        })
    }

    fn cholesky(a: &Mat<f64>) -> Part<Mat<f64>> {
        let mut l = matrix(a);
        mat_cholesky(&mut l, false).map_err(Failure::refused)?;
        Ok(Mat::from_fn(a.rows(), a.rows(), |i, j| {
            if i >= j { l.get(i, j) } else { 0.0 }
        }))
    }
}

impl Parts<f32> for Russell {
    const INFO: EngineInfo = INFO;

    fn product(_a: &Mat<f32>, _b: &Mat<f32>) -> Part<Mat<f32>> {
        Err(Failure::Missing)
    }
}
