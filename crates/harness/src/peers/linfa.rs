//! linfa-linalg's least squares, and its SVD and Cholesky factorisation, with the remaining steps written
//! out.

use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};
use linfa_linalg::cholesky::SolveCInplace;
use linfa_linalg::qr::LeastSquaresQrInto;
use linfa_linalg::svd::SVD;
use ndarray_016::{Array2, ShapeBuilder};

use crate::library::{Answer, Call, calls, rcond};

pub(super) fn all<T: AdapterScalar>() -> Vec<Call<T>> {
    calls(&[
        ("svd, V·Σ⁺·Uᵀb", Method::Svd, svd),
        ("least_squares", Method::Qr, least_squares),
        ("solvec of AᵀA", Method::Cholesky, normal_equations),
    ])
}

fn owned<T: AdapterScalar>(a: &Mat<T>) -> Array2<T> {
    Array2::from_shape_fn((a.rows(), a.cols()).f(), |index| a[index])
}

fn mat<T: AdapterScalar>(x: &Array2<T>) -> Mat<T> {
    Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)])
}

fn svd<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let Ok((Some(u), s, Some(vt))) = owned(a).svd(true, true) else {
        return Answer::Refused;
    };
    let larger = |x, y| if y > x { y } else { x };
    let largest = s.iter().copied().fold(T::zero(), larger);
    let mut c = u.t().dot(&owned(b));
    for (mut row, &si) in c.rows_mut().into_iter().zip(&s) {
        let kept = si > rcond(a) * largest;
        row.mapv_inplace(|ci| if kept { ci / si } else { T::zero() });
    }
    Answer::X(mat(&vt.t().dot(&c)))
}

fn least_squares<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let x = owned(a).least_squares_into(owned(b)).ok();
    x.map(|x| mat(&x)).into()
}

fn normal_equations<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let (a, b) = (owned(a), owned(b));
    let mut gram = a.t().dot(&a);
    let x = gram.solvec_into(a.t().dot(&b)).ok();
    x.map(|x| mat(&x)).into()
}
