//! The parts that the benches share: problems that are the same for every backend, a check of the answers,
//! and settings for Criterion.
//!
//! `cargo bench -p leastwise-benches` runs all benches on one thread. `cargo bench -p leastwise-benches
//! --bench adapter_cost` runs one of them.

use std::rc::Rc;
use std::time::Duration;

use leastwise_backends::AdapterScalar;
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, LstsqOptions, Mat, Method};
use leastwise_testset::standard_normal;
use leastwise_two_factor::TwoLayerNetSpec;

/// The time for a group of cells, which take from nanoseconds to tens of milliseconds.
pub const MEASUREMENT: Duration = Duration::from_millis(1500);
/// The time before the measurement.
pub const WARM_UP: Duration = Duration::from_millis(300);
/// The smallest number of samples that Criterion accepts.
pub const SAMPLES: usize = 10;

/// The problem min ‖A·x − b‖.
pub struct Problem<T> {
    /// A, m×n.
    pub a: Mat<T>,
    /// b, one column.
    pub b: Mat<T>,
    /// The rank of A, known from its construction.
    pub rank: usize,
}

impl<T: AdapterScalar> Problem<T> {
    /// A standard normal m×n problem, which has full rank.
    #[must_use]
    pub fn new(m: usize, n: usize) -> Self {
        Self {
            a: standard_normal(m, n, 0, 0),
            b: standard_normal(m, 1, 0, 1),
            rank: m.min(n),
        }
    }

    /// The linear subproblem at the start of the published experiment, 10000×96 of rank 60. By construction,
    /// its Jacobian has a null space of k² dimensions.
    ///
    /// # Panics
    /// Never: the published sizes are valid.
    #[must_use]
    pub fn experiment() -> Self {
        let spec = TwoLayerNetSpec::default();
        let drawn = spec.draw::<T>().expect("the published sizes are valid");
        let (a, b) = drawn.linearized().expect("the net has these sizes");
        let rank = a.cols() - spec.wdim * spec.wdim;
        Self { a, b, rank }
    }

    /// Computes the answer of `backend` once, and checks that it is worth timing.
    ///
    /// The rank must be right, and the residual r must be orthogonal to the columns of A up to rounding:
    /// every method has ‖Aᵀr‖ ≤ c·u·‖A‖·(‖A‖·‖x‖ + ‖b‖). Here c = 30·√max(m, n): METHODOLOGY.md allows 30 as
    /// a modest multiple of u, and the error of a sum grows with its length. `cargo xtask compare` judges the
    /// accuracy of the answer.
    ///
    /// # Errors
    /// The refusal of the backend, or the size of the error.
    pub fn verify(
        &self,
        backend: &dyn Backend<T>,
        options: &LstsqOptions<T>,
    ) -> Result<(), String> {
        let solution = backend
            .lstsq(self.a.as_ref(), self.b.as_ref(), options)
            .map_err(|refusal| refusal.to_string())?;
        if solution.rank != self.rank {
            return Err(format!("rank {} instead of {}", solution.rank, self.rank));
        }
        let wide = |x: &[T]| -> Vec<f64> { x.iter().map(|xi| xi.as_f64()).collect() };
        let (m, n) = (self.a.rows(), self.a.cols());
        let (a, b, x) = (
            wide(self.a.data()),
            wide(self.b.data()),
            wide(solution.x.data()),
        );
        let mut r = b.clone();
        for (column, xj) in a.chunks_exact(m).zip(&x) {
            r.iter_mut()
                .zip(column)
                .for_each(|(ri, aij)| *ri -= aij * xj);
        }
        let projection: Vec<f64> = a.chunks_exact(m).map(|column| dot(column, &r)).collect();
        let (found, norm) = (euclidean(&projection), euclidean(&a));
        let c = 30.0 * (m.max(n) as f64).sqrt();
        let allowed = c * T::UNIT_ROUNDOFF.as_f64() * norm * (norm * euclidean(&x) + euclidean(&b));
        if found <= allowed {
            return Ok(());
        }
        Err(format!("‖Aᵀr‖ is {found:e}, and {allowed:e} is allowed"))
    }
}

/// Every backend, on one thread, with each of its methods.
#[must_use]
pub fn contenders<T: AdapterScalar>() -> Vec<(Rc<dyn Backend<T>>, Method)> {
    leastwise_backends::all::<T>(1)
        .into_iter()
        .map(Rc::from)
        .flat_map(|backend: Rc<dyn Backend<T>>| {
            let methods = backend.info().methods;
            methods
                .iter()
                .map(move |&(method, _)| (Rc::clone(&backend), method))
        })
        .collect()
}
