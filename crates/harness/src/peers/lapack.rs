//! LAPACK's drivers.

use leastwise_backends::AdapterScalar;
use leastwise_core::{Error, Mat, Method};
use leastwise_lapack::drivers;

use super::call::{Answer, DirectCall, rcond};

pub(super) fn calls<T: AdapterScalar>() -> Vec<DirectCall<T>> {
    let call = |call, method, solve| DirectCall {
        backend: "lapack",
        call,
        method,
        solve,
    };
    vec![
        call("gelsd", Method::Svd, gelsd),
        call("gelsy", Method::CompleteOrthogonal, gelsy),
        call("gels", Method::Qr, gels),
    ]
}

fn gelsd<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    answer(drivers::gelsd(a.clone(), b, rcond(a)).map(|(x, _)| x))
}

fn gelsy<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    answer(drivers::gelsy(a.clone(), b, rcond(a)).map(|(x, _)| x))
}

fn gels<T: AdapterScalar>(a: &Mat<T>, b: &Mat<T>) -> Answer<T> {
    answer(drivers::gels(a.clone(), b))
}

fn answer<T>(outcome: Result<Mat<T>, Error>) -> Answer<T> {
    outcome.map_or(Answer::Refused, Answer::X)
}
