//! The libraries behind the backends of Leastwise, with the calls that a user without an adapter writes. Each call uses
//! the library's own way to solve least squares and the tolerance that its documentation suggests.

mod faer;
#[cfg(feature = "lapack")]
mod lapack;
mod linfa;
mod nalgebra;

use leastwise_backends::AdapterScalar;
use leastwise_core::Backend;

use crate::library::{Call, Library, Wrapped};

/// Every registered backend, with the own calls of its library. The backend of our own kernels has none.
#[must_use]
pub fn libraries() -> Vec<Library> {
    let names = leastwise_backends::names().into_iter();
    names.filter_map(library).collect()
}

fn library(name: &'static str) -> Option<Library> {
    let info = leastwise_backends::find::<f64>(name, 1).ok()?.info();
    let (double, single): (Vec<Call<f64>>, Vec<Call<f32>>) = match name {
        "faer" => (self::faer::all(), self::faer::all()),
        "nalgebra" => (self::nalgebra::all(), self::nalgebra::all()),
        "ndarray" => (self::linfa::all(), self::linfa::all()),
        #[cfg(feature = "lapack")]
        "lapack" => (self::lapack::all(), self::lapack::all()),
        _ => (Vec::new(), Vec::new()),
    };
    Some(Library {
        name,
        library: info.engine,
        version: info.version,
        double,
        single,
        backend: Some(Wrapped::new(
            move || named::<f64>(name),
            move || named::<f32>(name),
        )),
    })
}

fn named<T: AdapterScalar>(name: &str) -> Box<dyn Backend<T>> {
    let found = leastwise_backends::find(name, 1);
    found.expect("the name comes from the list of backends")
}
