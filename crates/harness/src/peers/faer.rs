//! faer's solvers, called as its documentation shows.

use faer::Side;
use faer::linalg::solvers::{Solve, SolveLstsq};
use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};
use leastwise_faer::{from_faer, to_faer};

use crate::library::{Answer, Call, calls};

pub(super) fn all<T: AdapterScalar>() -> Vec<Call<T>> {
    calls(&[
        ("Svd::solve_lstsq", Method::Svd, svd),
        ("Svd::pseudoinverse", Method::Svd, pseudoinverse),
        (
            "ColPivQr::solve_lstsq",
            Method::CompleteOrthogonal,
            pivoted_qr,
        ),
        ("Qr::solve_lstsq", Method::Qr, qr),
        ("Llt of AᵀA", Method::Cholesky, normal_equations),
    ])
}

/// The rows of X above those of the residual.
fn head<T: AdapterScalar>(a: &Mat<T>, x: &faer::Mat<T>) -> Mat<T> {
    from_faer(x.as_ref().get(..a.cols(), ..))
}

fn svd<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let svd = to_faer(a.as_ref()).thin_svd().ok();
    svd.map(|svd| head(a, &svd.solve_lstsq(to_faer(b.as_ref()))))
        .into()
}

fn pseudoinverse<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let svd = to_faer(a.as_ref()).thin_svd().ok();
    svd.map(|svd| from_faer((svd.pseudoinverse() * to_faer(b.as_ref())).as_ref()))
        .into()
}

fn pivoted_qr<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let qr = to_faer(a.as_ref()).col_piv_qr();
    Answer::X(head(a, &qr.solve_lstsq(to_faer(b.as_ref()))))
}

fn qr<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let qr = to_faer(a.as_ref()).qr();
    Answer::X(head(a, &qr.solve_lstsq(to_faer(b.as_ref()))))
}

fn normal_equations<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let (a, b) = (to_faer(a.as_ref()), to_faer(b.as_ref()));
    let llt = (a.transpose() * a).llt(Side::Lower).ok();
    llt.map(|llt| from_faer(llt.solve(a.transpose() * b).as_ref()))
        .into()
}
