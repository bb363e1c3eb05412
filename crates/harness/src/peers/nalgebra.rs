//! nalgebra's decompositions. Its only least-squares solver is that of its SVD. With a QR factorisation,
//! users apply Qᵀ and solve with R.

use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};
use leastwise_nalgebra::to_nalgebra;
use nalgebra::DMatrix;

use crate::library::{Answer, Call, calls, rcond};

pub(super) fn all<T: AdapterScalar>() -> Vec<Call<T>> {
    calls(&[
        ("SVD::solve", Method::Svd, svd),
        ("ColPivQR, Qᵀb, R⁻¹", Method::CompleteOrthogonal, pivoted_qr),
        ("QR, Qᵀb, R⁻¹", Method::Qr, qr),
        ("Cholesky of AᵀA", Method::Cholesky, normal_equations),
    ])
}

fn owned<T: AdapterScalar>(a: &Mat<T>) -> DMatrix<T> {
    to_nalgebra(a.as_ref()).into_owned()
}

fn mat<T: AdapterScalar>(x: &DMatrix<T>) -> Mat<T> {
    Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)])
}

fn svd<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let svd = owned(a).svd(true, true);
    let largest = svd.singular_values.max();
    let x = svd.solve(&owned(b), rcond(a) * largest).ok();
    x.map(|x| mat(&x)).into()
}

/// Applies Qᵀ to B, and solves with R.
fn by_factors<T: AdapterScalar>(
    a: &Mat<T>,
    b: &Mat<T>,
    r: &DMatrix<T>,
    apply: impl FnOnce(&mut DMatrix<T>),
) -> Option<DMatrix<T>> {
    let mut c = owned(b);
    apply(&mut c);
    r.solve_upper_triangular(&c.rows(0, a.cols()).into_owned())
}

fn pivoted_qr<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    if a.rows() < a.cols() {
        return Answer::NotOffered;
    }
    let qr = owned(a).col_piv_qr();
    let x = by_factors(a, b, &qr.r(), |c| qr.q_tr_mul(c));
    x.map(|mut x| {
        qr.p().inv_permute_rows(&mut x);
        mat(&x)
    })
    .into()
}

fn qr<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    if a.rows() < a.cols() {
        return Answer::NotOffered;
    }
    let qr = owned(a).qr();
    let x = by_factors(a, b, &qr.r(), |c| qr.q_tr_mul(c));
    x.map(|x| mat(&x)).into()
}

fn normal_equations<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let (a, b) = (owned(a), owned(b));
    let cholesky = nalgebra::Cholesky::new(a.tr_mul(&a));
    let x = cholesky.map(|cholesky| mat(&cholesky.solve(&a.tr_mul(&b))));
    x.into()
}
