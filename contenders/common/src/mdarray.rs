//! mdarray-linalg 0.2.1 over one of its backends, which have the same traits.

use std::marker::PhantomData;

use leastwise_core::{EngineInfo, Mat, Method, Scalar, Svd};
use mdarray::Array;
use mdarray_linalg::prelude::*;
use mdarray_linalg::svd::SVDDecomp;

use crate::{Answer, Call, Contract, Failure, Library, Part, Parts, Wrapped, by_qr, by_svd, calls};

/// What a backend of mdarray-linalg has for a scalar type.
pub trait Solves<T>:
    mdarray_linalg::SVD<T, usize, SingularValue = T>
    + mdarray_linalg::QR<T, usize, usize>
    + mdarray_linalg::Solve<T, usize>
    + mdarray_linalg::Contract<T>
    + Default
{
}

impl<B, T> Solves<T> for B where
    B: mdarray_linalg::SVD<T, usize, SingularValue = T>
        + mdarray_linalg::QR<T, usize, usize>
        + mdarray_linalg::Solve<T, usize>
        + mdarray_linalg::Contract<T>
        + Default
{
}

/// mdarray-linalg over a backend.
pub trait Over: Copy + Send + Sync + 'static {
    /// The backend.
    type Backend: Solves<f32> + Solves<f64>;
    /// The description under the contract.
    const INFO: EngineInfo;
}

type Dense<T> = Array<T, (usize, usize)>;

fn dense<T: Scalar>(a: &Mat<T>) -> Dense<T> {
    Array::from_fn([a.rows(), a.cols()], |i| a[(i[0], i[1])])
}

fn mat<T: Scalar>(a: &Dense<T>) -> Mat<T> {
    let (rows, cols) = *a.shape();
    Mat::from_fn(rows, cols, |i, j| a[[i, j]])
}

/// The library over the backend of `O`. `name` is that of the contender, and `library` that of the crate.
pub fn library<O: Over>(name: &'static str, library: &'static str) -> Library {
    Library {
        name,
        library,
        version: O::INFO.version,
        double: all::<O::Backend, f64>(),
        single: all::<O::Backend, f32>(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<MdArray<O>, f64>::default()),
            || Box::new(Contract::<MdArray<O>, f32>::default()),
        )),
    }
}

fn all<B: Solves<T>, T: Scalar>() -> Vec<Call<T>> {
    calls(&[
        ("svd, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
            solved(a, b, B::default().svd(&mut dense(a)).ok())
        }),
        ("svd_thin, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
            solved(a, b, B::default().svd_thin(&mut dense(a)).ok())
        }),
        ("qr, R⁻¹·Qᵀb", Method::Qr, |a, b| {
            if a.rows() < a.cols() {
                return Answer::NotOffered;
            }
            let (q, r) = B::default().qr(&mut dense(a));
            Answer::X(by_qr(b, a.cols(), |i, k| q[[i, k]], |i, j| r[[i, j]]))
        }),
        ("solve, square", Method::Qr, |a, b| {
            if a.rows() != a.cols() {
                return Answer::NotOffered;
            }
            let x = B::default().solve(&mut dense(a), &dense(b)).ok();
            x.map(|x| mat(&x)).into()
        }),
    ])
}

fn solved<T: Scalar>(a: &Mat<T>, b: &Mat<T>, found: Option<SVDDecomp<T, T, usize>>) -> Answer<T> {
    let x = found.map(|SVDDecomp { s, u, vt }| {
        let s: Vec<T> = (0..a.rows().min(a.cols())).map(|k| s[[k]]).collect();
        by_svd(b, a.cols(), &s, |i, k| u[[i, k]], |k, j| vt[[k, j]])
    });
    x.into()
}

fn product<B: Solves<T>, T: Scalar>(a: &Mat<T>, b: &Mat<T>) -> Mat<T> {
    mat(&B::default().matmul(&dense(a), &dense(b)).eval())
}

fn thin_qr<B: Solves<T>, T: Scalar>(a: &Mat<T>) -> (Mat<T>, Mat<T>) {
    let (q, r) = B::default().qr(&mut dense(a));
    let n = a.cols();
    (
        Mat::from_fn(a.rows(), n, |i, j| q[[i, j]]),
        Mat::from_fn(n, n, |i, j| r[[i, j]]),
    )
}

fn square_svd<B: Solves<T>, T: Scalar>(a: &Mat<T>) -> Part<Svd<T>> {
    let found = B::default().svd(&mut dense(a));
    let SVDDecomp { s, u, vt } = found.map_err(Failure::refused)?;
    Ok(Svd {
        u: mat(&u),
        s: (0..a.cols()).map(|k| s[[k]]).collect(),
        v: mat(&vt).transposed(),
    })
}

/// The parts of the library.
#[derive(Clone, Copy, Debug)]
pub struct MdArray<O>(PhantomData<fn() -> O>);

impl<O: Over, T: Scalar> Parts<T> for MdArray<O>
where
    O::Backend: Solves<T>,
{
    const INFO: EngineInfo = O::INFO;

    fn product(a: &Mat<T>, b: &Mat<T>) -> Part<Mat<T>> {
        Ok(product::<O::Backend, T>(a, b))
    }

    fn qr(a: &Mat<T>) -> Part<(Mat<T>, Mat<T>)> {
        Ok(thin_qr::<O::Backend, T>(a))
    }

    fn svd(a: &Mat<T>) -> Part<Svd<T>> {
        square_svd::<O::Backend, T>(a)
    }
}
