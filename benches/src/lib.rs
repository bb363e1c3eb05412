//! What the benches share: problems, the same for every backend, and Criterion-sized settings.
//!
//! `cargo bench -p leastwise-benches` runs them all on one thread, and
//! `cargo bench -p leastwise-benches --bench adapter_cost` one. Answers are verified by
//! `cargo xtask compare`, not here.

use std::time::Duration;

use leastwise_backends::AdapterScalar;
use leastwise_core::{Backend, Mat, Method};
use leastwise_problems::standard_normal;

/// Seconds for a group of cells that take from nanoseconds to tens of milliseconds.
pub const MEASUREMENT: Duration = Duration::from_millis(1500);
/// Before the measurement.
pub const WARM_UP: Duration = Duration::from_millis(300);
/// The fewest that Criterion takes.
pub const SAMPLES: usize = 10;

/// min ‖A·x − b‖ of full rank.
pub struct Problem<T> {
    /// Standard normal.
    pub a: Mat<T>,
    /// Standard normal, one column.
    pub b: Mat<T>,
}

impl<T: AdapterScalar> Problem<T> {
    /// An m×n problem, the same in every run.
    #[must_use]
    pub fn new(m: usize, n: usize) -> Self {
        Self {
            a: standard_normal(m, n, 0, 0),
            b: standard_normal(m, 1, 0, 1),
        }
    }
}

/// Every backend, on one thread, with each of its methods.
#[must_use]
pub fn contenders<T: AdapterScalar>() -> Vec<(Box<dyn Backend<T>>, Method)> {
    leastwise_backends::all::<T>(1)
        .into_iter()
        .flat_map(|backend| {
            let name = backend.info().name;
            let methods = backend.info().methods;
            methods.iter().filter_map(move |&(method, _)| {
                Some((leastwise_backends::find::<T>(name, 1).ok()?, method))
            })
        })
        .collect()
}
