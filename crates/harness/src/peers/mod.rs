//! Each library as its users call it without an adapter: its own way to solve least squares, with the tolerance that
//! its documentation suggests. Nothing is checked or corrected.

mod call;
mod faer;
#[cfg(feature = "lapack")]
mod lapack;
mod linfa;
mod nalgebra;

use leastwise_backends::AdapterScalar;

use call::Calls;
pub use call::{Answer, DirectCall, Solve};

/// Every call, library by library in the order of the backends.
#[must_use]
pub fn all<T: AdapterScalar>() -> Vec<DirectCall<T>> {
    let libraries = [
        ("faer", self::faer::calls()),
        ("nalgebra", self::nalgebra::calls()),
        ("ndarray", self::linfa::calls()),
        #[cfg(feature = "lapack")]
        ("lapack", self::lapack::calls()),
    ];
    let of_library = |(backend, calls): (_, Calls<T>)| {
        calls
            .into_iter()
            .map(move |(call, method, solve)| DirectCall {
                backend,
                call,
                method,
                solve,
            })
    };
    libraries.into_iter().flat_map(of_library).collect()
}
