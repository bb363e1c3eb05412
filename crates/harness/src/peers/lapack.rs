//! LAPACK's drivers.

use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};
use leastwise_lapack::drivers;

use crate::library::{Answer, Call, calls, rcond};

pub(super) fn all<T: AdapterScalar>() -> Vec<Call<T>> {
    calls(&[
        ("gelsd", Method::Svd, gelsd),
        ("gelsy", Method::CompleteOrthogonal, gelsy),
        ("gels", Method::Qr, gels),
    ])
}

fn gelsd<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let x = drivers::gelsd(a.clone(), b, rcond(a)).ok();
    x.map(|(x, _)| x).into()
}

fn gelsy<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    let x = drivers::gelsy(a.clone(), b, rcond(a)).ok();
    x.map(|(x, _)| x).into()
}

fn gels<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    drivers::gels(a.clone(), b).ok().into()
}
