//! scirs2-linalg 0.6.5: the linear algebra of SciRS2.

use leastwise_contender::{
    Call, Contract, Failure, Library, Method, Part, Parts, Wrapped, by_columns, by_qr, by_svd,
    calls,
};
use leastwise_core::{Eigen, EngineInfo, Mat, Scalar, Svd};
use scirs2_core::ndarray::{Array1, Array2, ScalarOperand};
use scirs2_linalg::{cholesky, eigh, lstsq, qr, svd};
use std::iter::Sum;

/// The scalar types that both support.
pub trait Both:
    Scalar
    + scirs2_core::numeric::Float
    + scirs2_core::numeric::NumAssign
    + ScalarOperand
    + Sum
    + Send
    + Sync
    + 'static
{
}
impl<
    T: Scalar
        + scirs2_core::numeric::Float
        + scirs2_core::numeric::NumAssign
        + ScalarOperand
        + Sum
        + Send
        + Sync
        + 'static,
> Both for T
{
}

fn array<T: Both>(a: &Mat<T>) -> Array2<T> {
    Array2::from_shape_fn((a.rows(), a.cols()), |index| a[index])
}

fn mat<T: Both>(a: &Array2<T>) -> Mat<T> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)])
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "scirs2",
        library: "scirs2-linalg",
        version: "0.6.5",
        double: all(),
        single: all(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<Scirs2, f64>::default()),
            || Box::new(Contract::<Scirs2, f32>::default()),
        )),
    }
}

fn all<T: Both>() -> Vec<Call<T>> {
    calls(&[
        ("lstsq", Method::Svd, |a, b| {
            let a_view = array(a);
            by_columns(a, b, |b| {
                let b = Array1::from(b.to_vec());
                lstsq(&a_view.view(), &b.view(), None)
                    .ok()
                    .map(|found| found.x.to_vec())
            })
        }),
        ("svd, V·Σ⁺·Uᵀb", Method::Svd, |a, b| {
            let found = svd(&array(a).view(), false, None).ok();
            let x = found.map(|(u, s, vt)| {
                by_svd(
                    b,
                    a.cols(),
                    &s.to_vec(),
                    |i, k| u[(i, k)],
                    |k, j| vt[(k, j)],
                )
            });
            x.into()
        }),
        ("qr, R⁻¹·Qᵀb", Method::Qr, |a, b| {
            if a.rows() < a.cols() {
                return leastwise_contender::Answer::NotOffered;
            }
            let found = qr(&array(a).view(), None).ok();
            found
                .map(|(q, r)| by_qr(b, a.cols(), |i, k| q[(i, k)], |i, j| r[(i, j)]))
                .into()
        }),
    ])
}

/// The parts of scirs2-linalg.
#[derive(Clone, Copy, Debug)]
pub struct Scirs2;

impl<T: Both> Parts<T> for Scirs2 {
    const INFO: EngineInfo = EngineInfo {
        name: "scirs2-backend",
        engine: "scirs2-linalg-backend",
        version: "0.6.5",
        threads: 1,
        product_kernel: "ndarray",
        methods: &[(Method::Svd, "QR, svd")],
    };

    fn product(a: &Mat<T>, b: &Mat<T>) -> Part<Mat<T>> {
        Ok(mat(&array(a).dot(&array(b))))
    }

    fn qr(a: &Mat<T>) -> Part<(Mat<T>, Mat<T>)> {
        let (q, r) = qr(&array(a).view(), None).map_err(Failure::refused)?;
        let n = a.cols();
        Ok((
            Mat::from_fn(a.rows(), n, |i, j| q[(i, j)]),
            Mat::from_fn(n, n, |i, j| if i <= j { r[(i, j)] } else { T::of(0.0) }),
        ))
    }

    fn svd(a: &Mat<T>) -> Part<Svd<T>> {
        let (u, s, vt) = svd(&array(a).view(), false, None).map_err(Failure::refused)?;
        Ok(Svd {
            u: mat(&u),
            s: s.to_vec(),
            v: mat(&vt).transposed(),
        })
    }

    fn eigen(a: &Mat<T>) -> Part<Eigen<T>> {
        let (values, vectors) = eigh(&array(a).view(), None).map_err(Failure::refused)?;
        Ok(Eigen {
            values: values.to_vec(),
            vectors: mat(&vectors),
        })
    }

    fn cholesky(a: &Mat<T>) -> Part<Mat<T>> {
        Ok(mat(
            &cholesky(&array(a).view(), None).map_err(Failure::refused)?
        ))
    }
}
