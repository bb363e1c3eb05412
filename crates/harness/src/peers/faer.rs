//! faer's solvers, called as its documentation shows.

use faer::Side;
use faer::linalg::solvers::{Solve, SolveLstsq};
use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};
use leastwise_faer::{from_faer, to_faer};

use super::call::{Answer, DirectCall};

pub(super) fn calls<T: AdapterScalar>() -> Vec<DirectCall<T>> {
    let call = |call, method, solve| DirectCall {
        backend: "faer",
        call,
        method,
        solve,
    };
    vec![
        call("Svd::solve_lstsq", Method::Svd, svd),
        call("Svd::pseudoinverse", Method::Svd, pseudoinverse),
        call(
            "ColPivQr::solve_lstsq",
            Method::CompleteOrthogonal,
            pivoted_qr,
        ),
        call("Qr::solve_lstsq", Method::Qr, qr),
        call("Llt of AᵀA", Method::Cholesky, normal_equations),
    ]
}

fn svd<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    match to_faer(a.as_ref()).thin_svd() {
        Ok(svd) => Answer::X(from_faer(
            svd.solve_lstsq(to_faer(b.as_ref()))
                .as_ref()
                .get(..a.cols(), ..),
        )),
        Err(_) => Answer::Refused,
    }
}

fn pseudoinverse<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    match to_faer(a.as_ref()).thin_svd() {
        Ok(svd) => Answer::X(from_faer(
            (svd.pseudoinverse() * to_faer(b.as_ref())).as_ref(),
        )),
        Err(_) => Answer::Refused,
    }
}

fn pivoted_qr<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let x = to_faer(a.as_ref())
        .col_piv_qr()
        .solve_lstsq(to_faer(b.as_ref()));
    Answer::X(from_faer(x.as_ref().get(..a.cols(), ..)))
}

fn qr<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let x = to_faer(a.as_ref()).qr().solve_lstsq(to_faer(b.as_ref()));
    Answer::X(from_faer(x.as_ref().get(..a.cols(), ..)))
}

fn normal_equations<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let (a, b) = (to_faer(a.as_ref()), to_faer(b.as_ref()));
    let gram = a.transpose() * a;
    match gram.llt(Side::Lower) {
        Ok(llt) => Answer::X(from_faer(llt.solve(a.transpose() * b).as_ref())),
        Err(_) => Answer::Refused,
    }
}
