//! The suite. It has thousands of cases. Each is compared with a reference solution by every
//! metric.
//!
//! A *check* compares one figure with one bound, for example `f64/lstsq/hilbert-8/svd/backward
//! error`. All checks run, and all failures are reported at once. A panic of the backend is a
//! failure of its case.

mod cases;
mod factorizations;
mod least_squares;
mod products;
mod recorder;

use leastwise_core::{Backend, Scalar, for_f32_and_f64};

use crate::Widen;
use recorder::Recorder;

pub use cases::Case;
pub use recorder::{Exclusion, FILTER, Failure, Report};

/// The least-squares problems of the suite, without the methods and without the checks of factorisations.
#[must_use]
pub fn problems<T: Scalar>() -> Vec<Case<T>> {
    cases::all()
}

/// The scalar types of the suite: f32 and f64.
pub trait SuiteScalar: Widen {
    /// As [`run_chosen`]. It is not generic, so callers do not compile the suite.
    #[doc(hidden)]
    fn run(backend: &dyn Backend<Self>, exclusions: &[Exclusion], filter: Option<&str>) -> Report;
}

for_f32_and_f64! {
    impl SuiteScalar for T {
        fn run(
            backend: &dyn Backend<Self>,
            exclusions: &[Exclusion],
            filter: Option<&str>,
        ) -> Report {
            run_checks(backend, exclusions, filter)
        }
    }
}

/// Runs every check of the suite for one scalar type.
pub fn run<T: SuiteScalar>(backend: &dyn Backend<T>, exclusions: &[Exclusion]) -> Report {
    run_chosen(backend, exclusions, std::env::var(FILTER).ok().as_deref())
}

/// Runs the cases whose names contain `filter`, and all of them without one.
pub fn run_chosen<T: SuiteScalar>(
    backend: &dyn Backend<T>,
    exclusions: &[Exclusion],
    filter: Option<&str>,
) -> Report {
    T::run(backend, exclusions, filter)
}

fn run_checks<T: Widen>(
    backend: &dyn Backend<T>,
    exclusions: &[Exclusion],
    filter: Option<&str>,
) -> Report {
    let mut recorder = Recorder::new(exclusions, filter);
    products::run(backend, &mut recorder);
    least_squares::run(backend, &mut recorder);
    factorizations::run(backend, &mut recorder);
    recorder.finish(T::NAME)
}
