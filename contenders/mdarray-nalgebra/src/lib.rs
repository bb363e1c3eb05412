//! mdarray-linalg 0.2.1 over its backend nalgebra.

use leastwise_contender::{
    Answer, Call, Contract, Failure, Library, Method, Part, Parts, Wrapped, by_qr, by_svd, calls,
};
use leastwise_core::{EngineInfo, Mat, Scalar, Svd};
use mdarray::Array;
use mdarray_linalg::prelude::*;
use mdarray_linalg::svd::SVDDecomp;
use mdarray_linalg_nalgebra::Nalgebra;

/// The scalar types that both support.
pub trait Both:
    Scalar
    + num_complex::ComplexFloat<Real = Self>
    + nalgebra::RealField
    + Default
    + num_traits::MulAdd<Output = Self>
{
}
impl<
    T: Scalar
        + num_complex::ComplexFloat<Real = T>
        + nalgebra::RealField
        + Default
        + num_traits::MulAdd<Output = T>,
> Both for T
{
}

type Dense<T> = Array<T, (usize, usize)>;

fn dense<T: Both>(a: &Mat<T>) -> Dense<T> {
    Array::from_fn([a.rows(), a.cols()], |i| a[(i[0], i[1])])
}

fn mat<T: Both>(a: &Dense<T>) -> Mat<T> {
    let (rows, cols) = *a.shape();
    Mat::from_fn(rows, cols, |i, j| a[[i, j]])
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "mdarray-nalgebra",
        library: "mdarray-linalg-nalgebra",
        version: "0.2.1",
        double: all(),
        single: all(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<MdArray, f64>::default()),
            || Box::new(Contract::<MdArray, f32>::default()),
        )),
    }
}

fn all<T: Both>() -> Vec<Call<T>> {
    calls(&[
        ("svd, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
            let found = Nalgebra.svd(&mut dense(a)).ok();
            let x = found.map(|SVDDecomp { s, u, vt }| {
                let s: Vec<T> = (0..a.rows().min(a.cols())).map(|k| s[[k]]).collect();
                by_svd(b, a.cols(), &s, |i, k| u[[i, k]], |k, j| vt[[k, j]])
            });
            x.into()
        }),
        ("svd_thin, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
            let found = Nalgebra.svd_thin(&mut dense(a)).ok();
            let x = found.map(|SVDDecomp { s, u, vt }| {
                let s: Vec<T> = (0..a.rows().min(a.cols())).map(|k| s[[k]]).collect();
                by_svd(b, a.cols(), &s, |i, k| u[[i, k]], |k, j| vt[[k, j]])
            });
            x.into()
        }),
        ("qr, R⁻¹·Qᵀb", Method::Qr, |a, b| {
            if a.rows() < a.cols() {
                return Answer::NotOffered;
            }
            let (q, r) = Nalgebra.qr(&mut dense(a));
            Answer::X(by_qr(b, a.cols(), |i, k| q[[i, k]], |i, j| r[[i, j]]))
        }),
        ("solve, square", Method::Qr, |a, b| {
            if a.rows() != a.cols() {
                return Answer::NotOffered;
            }
            Nalgebra
                .solve(&mut dense(a), &dense(b))
                .ok()
                .map(|x| mat(&x))
                .into()
        }),
    ])
}

/// The parts of the library.
#[derive(Clone, Copy, Debug)]
pub struct MdArray;

impl<T: Both> Parts<T> for MdArray {
    const INFO: EngineInfo = EngineInfo {
        name: "mdarray-nalgebra-backend",
        engine: "mdarray-linalg-nalgebra-backend",
        version: "0.2.1",
        threads: 1,
        product_kernel: "mdarray-linalg-nalgebra",
        methods: &[(Method::Svd, "QR, svd")],
    };

    fn product(a: &Mat<T>, b: &Mat<T>) -> Part<Mat<T>> {
        Ok(mat(&Nalgebra.matmul(&dense(a), &dense(b)).eval()))
    }

    fn qr(a: &Mat<T>) -> Part<(Mat<T>, Mat<T>)> {
        let (q, r) = Nalgebra.qr(&mut dense(a));
        let n = a.cols();
        Ok((
            Mat::from_fn(a.rows(), n, |i, j| q[[i, j]]),
            Mat::from_fn(n, n, |i, j| r[[i, j]]),
        ))
    }

    fn svd(a: &Mat<T>) -> Part<Svd<T>> {
        let SVDDecomp { s, u, vt } = Nalgebra.svd(&mut dense(a)).map_err(Failure::refused)?;
        Ok(Svd {
            u: mat(&u),
            s: (0..a.cols()).map(|k| s[[k]]).collect(),
            v: mat(&vt).transposed(),
        })
    }
}
