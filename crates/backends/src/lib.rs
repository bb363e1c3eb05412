#![doc = include_str!("../README.md")]

#[cfg(feature = "controls")]
pub mod controls;
mod scalar;

use leastwise_blocks::Blocks;
use leastwise_core::{Backend, for_f32_and_f64};
use leastwise_faer::Faer;
#[cfg(feature = "lapack")]
use leastwise_lapack::{AdapterScalar as OptionalScalar, Lapack};
use leastwise_nalgebra::Nalgebra;
use leastwise_ndarray::Ndarray;

pub use scalar::Libraries;

#[cfg(not(feature = "lapack"))]
use leastwise_core::Scalar as OptionalScalar;

/// The scalar types that every registered backend has: f32 and f64.
pub trait AdapterScalar: Libraries + OptionalScalar {
    /// The backends that [`all`] returns.
    fn backends(threads: usize) -> Vec<Box<dyn Backend<Self>>>;

    /// The least squares of every library by hand, but of LAPACK, whose adapter is the same calls.
    #[cfg(feature = "controls")]
    fn least_squares_by_hand() -> Vec<controls::Control<Self>>;

    /// The products of every library by hand, but of LAPACK.
    #[cfg(feature = "controls")]
    fn products_by_hand() -> Vec<controls::ProductControl<Self>>;
}

/// Every backend of this build. Each library may use `threads` threads, if it supports threads.
#[must_use]
pub fn all<T: AdapterScalar>(threads: usize) -> Vec<Box<dyn Backend<T>>> {
    T::backends(threads)
}

for_f32_and_f64! {
    impl AdapterScalar for T {
        fn backends(threads: usize) -> Vec<Box<dyn Backend<Self>>> {
            vec![
                Box::new(Faer::with_threads(threads)),
                Box::new(Nalgebra),
                Box::new(Ndarray),
                Box::new(Blocks),
                #[cfg(feature = "lapack")]
                Box::new(Lapack::with_threads(threads)),
            ]
        }

        #[cfg(feature = "controls")]
        fn least_squares_by_hand() -> Vec<controls::Control<Self>> {
            controls::least_squares()
        }

        #[cfg(feature = "controls")]
        fn products_by_hand() -> Vec<controls::ProductControl<Self>> {
            controls::products()
        }
    }
}

/// The names of the backends, in the order of [`all`].
#[must_use]
pub fn names() -> Vec<&'static str> {
    let backends = all::<f64>(1).into_iter();
    backends.map(|backend| backend.info().name).collect()
}

/// The backend with this name.
///
/// # Errors
/// [`UnknownBackend`], which lists the known names.
pub fn find<T: AdapterScalar>(
    name: &str,
    threads: usize,
) -> Result<Box<dyn Backend<T>>, UnknownBackend> {
    all(threads)
        .into_iter()
        .find(|backend| backend.info().name == name)
        .ok_or_else(|| UnknownBackend {
            name: name.to_owned(),
            known: names(),
        })
}

/// The error for a name that no backend has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown backend {name:?}; the backends are {}", known.join(", "))]
pub struct UnknownBackend {
    name: String,
    known: Vec<&'static str>,
}
