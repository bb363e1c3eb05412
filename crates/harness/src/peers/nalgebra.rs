//! nalgebra's decompositions. Its only least-squares solver is that of its SVD. With a QR factorisation,
//! users apply Qᵀ and solve with R.

use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};
use leastwise_nalgebra::to_nalgebra;
use nalgebra::DMatrix;

use super::call::{Answer, DirectCall, rcond};

pub(super) fn calls<T: AdapterScalar>() -> Vec<DirectCall<T>> {
    let call = |call, method, solve| DirectCall {
        backend: "nalgebra",
        call,
        method,
        solve,
    };
    vec![
        call("SVD::solve", Method::Svd, svd),
        call("ColPivQR, Qᵀb, R⁻¹", Method::CompleteOrthogonal, pivoted_qr),
        call("QR, Qᵀb, R⁻¹", Method::Qr, qr),
        call("Cholesky of AᵀA", Method::Cholesky, normal_equations),
    ]
}

fn owned<T: AdapterScalar>(a: &Mat<T>) -> DMatrix<T> {
    to_nalgebra(a.as_ref()).into_owned()
}

fn answer<T: AdapterScalar>(x: &DMatrix<T>) -> Answer<T> {
    Answer::X(Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)]))
}

fn svd<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let svd = owned(a).svd(true, true);
    let largest = svd.singular_values.max();
    match svd.solve(&owned(b), rcond(a) * largest) {
        Ok(x) => answer(&x),
        Err(_) => Answer::Refused,
    }
}

fn pivoted_qr<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    if a.rows() < a.cols() {
        return Answer::NotOffered;
    }
    let qr = owned(a).col_piv_qr();
    let mut c = owned(b);
    qr.q_tr_mul(&mut c);
    let Some(mut x) = qr
        .r()
        .solve_upper_triangular(&c.rows(0, a.cols()).into_owned())
    else {
        return Answer::Refused;
    };
    qr.p().inv_permute_rows(&mut x);
    answer(&x)
}

fn qr<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    if a.rows() < a.cols() {
        return Answer::NotOffered;
    }
    let qr = owned(a).qr();
    let mut c = owned(b);
    qr.q_tr_mul(&mut c);
    match qr
        .r()
        .solve_upper_triangular(&c.rows(0, a.cols()).into_owned())
    {
        Some(x) => answer(&x),
        None => Answer::Refused,
    }
}

fn normal_equations<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let (a, b) = (owned(a), owned(b));
    match nalgebra::Cholesky::new(a.tr_mul(&a)) {
        Some(cholesky) => answer(&cholesky.solve(&a.tr_mul(&b))),
        None => Answer::Refused,
    }
}
