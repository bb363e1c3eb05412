//! oxiblas 0.2.2: BLAS and LAPACK in Rust.

use leastwise_contender::{
    Answer, Call, Contract, Failure, Library, Method, Part, Parts, Wrapped, calls, rcond,
};
use leastwise_core::factor::Triangle;
use leastwise_core::{Eigen, EngineInfo, Mat, Scalar, Svd};
use oxiblas::GemmKernel;
use oxiblas::core::{Field, Real};
use oxiblas::lapack::qr::CompleteOrthogonalDecomp;
use oxiblas::lapack::solve::{TriangularKind, lstsq, solve_triangular_multiple};
use oxiblas::lapack::utils::pinv_default;
use oxiblas::prelude::{Cholesky, Mat as Dense, Qr, QrPivot, SvdDc, SymmetricEvd};

/// The scalar types that both support.
pub trait Both: Scalar + Field + Real + GemmKernel + bytemuck::Zeroable {}
impl<T: Scalar + Field + Real + GemmKernel + bytemuck::Zeroable> Both for T {}

fn dense<T: Both>(a: &Mat<T>) -> Dense<T> {
    let mut copy = Dense::zeros(a.rows(), a.cols());
    for j in 0..a.cols() {
        for i in 0..a.rows() {
            copy[(i, j)] = a[(i, j)];
        }
    }
    copy
}

fn mat<T: Both>(a: &Dense<T>) -> Mat<T> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)])
}

fn times<T: Both>(a: &Dense<T>, b: &Dense<T>) -> Dense<T> {
    let mut c = Dense::zeros(a.nrows(), b.ncols());
    oxiblas::gemm(T::of(1.0), a.as_ref(), b.as_ref(), T::of(0.0), c.as_mut());
    c
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "oxiblas",
        library: "oxiblas",
        version: "0.2.2",
        double: all(),
        single: all(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<Oxiblas, f64>::default()),
            || Box::new(Contract::<Oxiblas, f32>::default()),
        )),
    }
}

fn all<T: Both>() -> Vec<Call<T>> {
    calls(&[
        ("pinv_default · b", Method::Svd, |a, b| {
            let found = pinv_default(dense(a).as_ref()).ok();
            found
                .map(|found| mat(&times(&found.pinv, &dense(b))))
                .into()
        }),
        ("SvdDc::pseudoinverse · b", Method::Svd, |a, b| {
            let svd = SvdDc::compute(dense(a).as_ref()).ok();
            let x = svd.map(|svd| {
                let largest = svd
                    .singular_values()
                    .first()
                    .copied()
                    .unwrap_or_else(T::zero_of);
                mat(&times(&svd.pseudoinverse(rcond(a) * largest), &dense(b)))
            });
            x.into()
        }),
        (
            "CompleteOrthogonalDecomp::solve",
            Method::CompleteOrthogonal,
            |a, b| {
                let found = CompleteOrthogonalDecomp::compute(dense(a).as_ref(), rcond(a)).ok();
                found
                    .and_then(|found| found.solve(dense(b).as_ref()).ok())
                    .map(|x| mat(&x))
                    .into()
            },
        ),
        (
            "QrPivot::solve_least_squares",
            Method::CompleteOrthogonal,
            |a, b| {
                tall(a, || {
                    let qr = QrPivot::compute(dense(a).as_ref()).ok()?;
                    qr.solve_least_squares(dense(b).as_ref()).ok()
                })
            },
        ),
        ("lstsq", Method::Qr, |a, b| {
            tall(a, || {
                lstsq(dense(a).as_ref(), dense(b).as_ref())
                    .ok()
                    .map(|found| found.solution)
            })
        }),
        ("Qr::solve_least_squares", Method::Qr, |a, b| {
            tall(a, || {
                Qr::compute(dense(a).as_ref())
                    .ok()?
                    .solve_least_squares(dense(b).as_ref())
                    .ok()
            })
        }),
    ])
}

fn tall<T: Both>(a: &Mat<T>, solve: impl FnOnce() -> Option<Dense<T>>) -> Answer<T> {
    if a.rows() < a.cols() {
        return Answer::NotOffered;
    }
    solve().map(|x| mat(&x)).into()
}

/// Zero without naming the trait of either crate.
trait ZeroOf {
    fn zero_of() -> Self;
}
impl<T: Scalar> ZeroOf for T {
    fn zero_of() -> Self {
        T::of(0.0)
    }
}

/// The parts of oxiblas.
#[derive(Clone, Copy, Debug)]
pub struct Oxiblas;

impl<T: Both> Parts<T> for Oxiblas {
    const INFO: EngineInfo = EngineInfo {
        name: "oxiblas-backend",
        engine: "oxiblas-backend",
        version: "0.2.2",
        threads: 1,
        product_kernel: "oxiblas",
        methods: &[
            (Method::Svd, "Householder QR, SvdDc"),
            (Method::CompleteOrthogonal, "Householder QR, QrPivot, QR"),
            (Method::Qr, "Householder QR"),
            (Method::Cholesky, "product AᵀA, LLᵀ"),
        ],
    };

    fn product(a: &Mat<T>, b: &Mat<T>) -> Part<Mat<T>> {
        Ok(mat(&times(&dense(a), &dense(b))))
    }

    fn qr(a: &Mat<T>) -> Part<(Mat<T>, Mat<T>)> {
        let qr = Qr::compute(dense(a).as_ref()).map_err(Failure::refused)?;
        Ok((mat(&qr.q_thin()), mat(&qr.r_thin())))
    }

    fn pivoted_qr(a: &Mat<T>) -> Part<(Mat<T>, Mat<T>, Vec<usize>)> {
        let qr = QrPivot::compute(dense(a).as_ref()).map_err(Failure::refused)?;
        Ok((
            mat(&qr.q_thin()),
            mat(&qr.r_thin()),
            qr.column_permutation().to_vec(),
        ))
    }

    fn svd(a: &Mat<T>) -> Part<Svd<T>> {
        let svd = SvdDc::compute(dense(a).as_ref()).map_err(Failure::refused)?;
        Ok(Svd {
            u: mat(&svd.u_thin()),
            s: svd.singular_values().to_vec(),
            v: mat(&svd.vt_thin()).transposed(),
        })
    }

    fn eigen(a: &Mat<T>) -> Part<Eigen<T>> {
        let found = SymmetricEvd::compute(dense(a).as_ref()).map_err(Failure::refused)?;
        let vectors = found.eigenvectors();
        Ok(Eigen {
            values: found.eigenvalues().to_vec(),
            vectors: Mat::from_fn(a.rows(), a.rows(), |i, j| vectors[(i, j)]),
        })
    }

    fn cholesky(a: &Mat<T>) -> Part<Mat<T>> {
        let found = Cholesky::compute(dense(a).as_ref()).map_err(Failure::refused)?;
        Ok(mat(&found.l_factor()))
    }

    fn solve_triangular(t: &Mat<T>, triangle: Triangle, x: &Mat<T>) -> Part<Mat<T>> {
        let kind = match triangle {
            Triangle::Upper => TriangularKind::Upper,
            Triangle::Lower => TriangularKind::Lower,
        };
        let solved = solve_triangular_multiple(dense(t).as_ref(), dense(x).as_ref(), kind);
        Ok(mat(&solved.map_err(Failure::refused)?))
    }
}
