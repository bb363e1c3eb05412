//! Direct calls of the libraries, as a user without an adapter writes them. Each uses the library's own way
//! to solve least squares and the tolerance that its documentation suggests. Answers are neither checked nor
//! corrected.

mod call;
mod faer;
#[cfg(feature = "lapack")]
mod lapack;
mod linfa;
mod nalgebra;

use leastwise_backends::AdapterScalar;

use call::Calls;
pub use call::{Answer, DirectCall, Solve};

/// Every direct call, in the order of the backends.
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
