//! The crate `basin`: Levenberg-Marquardt with a choice of libraries and factorisations.

use std::marker::PhantomData;

use basin::{
    DenseMatrix, EvaluationKind, Executor, FactorizePivotedQr, Jacobian, LevenbergMarquardt,
    LevenbergMarquardtQr, PointState, Residual, Solver,
};
use faer::{Col, ColRef, Mat, MatRef};
use leastwise_core::Result;
use nalgebra::{DMatrix, DVector};

use super::shared::{self, Counted, End, Refused};
use super::{PeerRun, Task};

const NAME: &str = "peer::basin";

/// The library with which basin computes. Its algorithms for ndarray are those of [`Algebra::Own`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algebra {
    /// basin's own code over `Vec`, without dependencies. This is basin's default.
    Own,
    /// nalgebra.
    Nalgebra,
    /// faer.
    Faer,
}

/// How basin solves for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factorization {
    /// Cholesky of JᵀJ + μD. This is basin's default.
    Cholesky,
    /// QR with column pivoting of J, and then of R stacked on √(μD).
    PivotedQr,
}

/// Runs `basin::LevenbergMarquardt`.
///
/// The radius of the trust region follows MINPACK's lmder, and λ comes from bracketing. By default, the only active
/// convergence test is ‖Jᵀr‖∞ ≤ 1e-8, in absolute terms. A tolerance is for the relative reduction of the loss and the
/// relative radius of the trust region (MINPACK's ftol and xtol), with 0 for the gradient.
///
/// ```
/// use leastwise_peers::{Task, basin::{Algebra, Factorization, minimize}};
/// use leastwise_two_factor::TwoLayerNetSpec;
/// let drawn = TwoLayerNetSpec { nsamples: 20, ..TwoLayerNetSpec::default() }.draw::<f64>()?;
/// let task = Task { problem: &drawn.net, start: &drawn.start, max_evaluations: 200, tolerance: None };
/// let run = minimize(Algebra::Own, Factorization::PivotedQr, &task)?;
/// assert!(run.evaluations <= 200 && run.is_success, "{run:?}");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: J. Larsson, *Basin: Efficient and Extensible Numerical Optimization in Rust*,
/// arXiv:2608.11279 (2026).
///
/// # Errors
/// As [`Task`].
pub fn minimize(
    algebra: Algebra,
    factorization: Factorization,
    task: &Task<'_>,
) -> Result<PeerRun> {
    shared::run(NAME, task, |counted| match algebra {
        Algebra::Own => by::<Own>(factorization, task, counted),
        Algebra::Nalgebra => by::<Nalgebra>(factorization, task, counted),
        Algebra::Faer => by::<Faer>(factorization, task, counted),
    })
}

fn by<'c, A>(factorization: Factorization, task: &Task<'_>, counted: &'c Counted<'c>) -> End
where
    A: Storage,
    LevenbergMarquardt<A::Vector, A::Matrix>:
        Solver<Target<'c, A>, PointState<A::Vector>, Error = Refused>,
    LevenbergMarquardtQr<A::Vector, A::Matrix>:
        Solver<Target<'c, A>, PointState<A::Vector>, Error = Refused>,
{
    let mut solver = LevenbergMarquardt::new();
    if let Some(tolerance) = task.tolerance {
        solver = solver
            .with_relative_model_reduction_tolerance(tolerance)
            .with_relative_trust_radius_tolerance(tolerance)
            .with_absolute_gradient_tolerance(0.0);
    }
    match factorization {
        Factorization::Cholesky => execute(solver, task, counted),
        Factorization::PivotedQr => execute(solver.with_pivoted_qr(), task, counted),
    }
}

fn execute<'c, A, S>(solver: S, task: &Task<'_>, counted: &'c Counted<'c>) -> End
where
    A: Storage,
    S: Solver<Target<'c, A>, PointState<A::Vector>, Error = Refused>,
{
    let target = Target {
        counted,
        algebra: PhantomData,
    };
    let start = PointState::new(A::vector(task.start.to_vec()));
    let executor = Executor::new(target, solver, start)
        // The default of 1000 iterations is below the budgets used here.
        .max_iter(u64::MAX)
        .max_evaluations(EvaluationKind::Residual, task.max_evaluations as u64);
    match executor.run() {
        Ok(result) => {
            let termination = &result.report.termination;
            End {
                parameters: Some(A::entries(result.param()).to_vec()),
                termination: format!("{:?}", termination.code()),
                is_success: termination.is_converged(),
            }
        }
        Err(refused) => End::failed(&refused),
    }
}

/// The types of an [`Algebra`].
trait Storage {
    type Vector: Clone;
    type Matrix: FactorizePivotedQr<Self::Vector, f64>;

    fn vector(entries: Vec<f64>) -> Self::Vector;
    fn entries(vector: &Self::Vector) -> &[f64];
    /// A matrix from its entries, column by column.
    fn matrix(rows: usize, cols: usize, entries: Vec<f64>) -> Self::Matrix;
}

struct Own;

impl Storage for Own {
    type Vector = Vec<f64>;
    type Matrix = DenseMatrix;

    fn vector(entries: Vec<f64>) -> Vec<f64> {
        entries
    }

    fn entries(vector: &Vec<f64>) -> &[f64] {
        vector
    }

    fn matrix(rows: usize, cols: usize, entries: Vec<f64>) -> DenseMatrix {
        DenseMatrix::from_fn(rows, cols, |i, j| entries[i + j * rows])
    }
}

struct Nalgebra;

impl Storage for Nalgebra {
    type Vector = DVector<f64>;
    type Matrix = DMatrix<f64>;

    fn vector(entries: Vec<f64>) -> DVector<f64> {
        DVector::from_vec(entries)
    }

    fn entries(vector: &DVector<f64>) -> &[f64] {
        vector.as_slice()
    }

    fn matrix(rows: usize, cols: usize, entries: Vec<f64>) -> DMatrix<f64> {
        DMatrix::from_vec(rows, cols, entries)
    }
}

struct Faer;

impl Storage for Faer {
    type Vector = Col<f64>;
    type Matrix = Mat<f64>;

    fn vector(entries: Vec<f64>) -> Col<f64> {
        ColRef::from_slice(&entries).to_owned()
    }

    fn entries(vector: &Col<f64>) -> &[f64] {
        let contiguous = vector.try_as_col_major();
        contiguous.expect("a Col is contiguous").as_slice()
    }

    fn matrix(rows: usize, cols: usize, entries: Vec<f64>) -> Mat<f64> {
        MatRef::from_column_major_slice(&entries, rows, cols).to_owned()
    }
}

/// The problem in the form that the crate needs.
struct Target<'c, A> {
    counted: &'c Counted<'c>,
    algebra: PhantomData<A>,
}

impl<A: Storage> Residual for Target<'_, A> {
    type Param = A::Vector;
    type Output = A::Vector;
    type Error = Refused;

    fn residual(&self, x: &A::Vector) -> Result<A::Vector, Refused> {
        self.counted.residual(A::entries(x)).map(A::vector)
    }
}

impl<A: Storage> Jacobian for Target<'_, A> {
    type Jacobian = A::Matrix;

    fn jacobian(&self, x: &A::Vector) -> Result<A::Matrix, Refused> {
        let (m, n) = (self.counted.residuals(), self.counted.parameters());
        let entries = self.counted.jacobian(A::entries(x))?;
        Ok(A::matrix(m, n, entries))
    }
}

#[cfg(test)]
mod tests {
    use leastwise_core::Mat;
    use leastwise_core::norm::dot;

    use super::*;
    use crate::check;

    const ALL: [(Algebra, Factorization); 6] = [
        (Algebra::Own, Factorization::Cholesky),
        (Algebra::Nalgebra, Factorization::Cholesky),
        (Algebra::Faer, Factorization::Cholesky),
        (Algebra::Own, Factorization::PivotedQr),
        (Algebra::Nalgebra, Factorization::PivotedQr),
        (Algebra::Faer, Factorization::PivotedQr),
    ];

    #[test]
    fn the_wrapper_keeps_its_promises_by_every_algebra_and_factorization() {
        for (algebra, factorization) in ALL {
            check::peer(NAME, |task| minimize(algebra, factorization, task));
        }
    }

    /// On Powell's singular function, each step halves x, and ‖Jᵀr‖ ~ ‖x‖³. So, by default, a run ends at
    /// most one step below 1e-8: a factor of 8, with some slack. The relative tests never hold there.
    #[test]
    fn the_default_ends_by_the_absolute_gradient_and_a_tolerance_does_not() {
        let powell = check::named("Powell singular");
        let (problem, start) = (&*powell.problem, powell.start());
        let gradient = |run: PeerRun| {
            let (mut r, mut j) = ([0.0; 4], Mat::zeros(4, 4));
            problem.residual(&run.parameters, &mut r).unwrap();
            problem.jacobian(&run.parameters, j.as_mut()).unwrap();
            let columns = j.data().chunks_exact(4).map(|column| dot(column, &r).abs());
            columns.fold(0.0, f64::max)
        };
        for (algebra, factorization) in ALL {
            let mut task = Task {
                problem,
                start: &start,
                max_evaluations: 500,
                tolerance: None,
            };
            let norm = gradient(minimize(algebra, factorization, &task).unwrap());
            assert!((1e-8 / 20.0..=1e-8).contains(&norm), "{norm:e}");
            task.tolerance = Some(f64::EPSILON.sqrt());
            let norm = gradient(minimize(algebra, factorization, &task).unwrap());
            assert!(norm < 1e-8 / 20.0, "{norm:e}");
        }
    }
}
