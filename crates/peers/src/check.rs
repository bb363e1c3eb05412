//! The checks that the tests of every wrapper share.

use std::cell::{Cell, RefCell};

use leastwise_core::norm::dot;
use leastwise_core::{Error, MatMut, Result};
use leastwise_optim::LeastSquaresProblem;
use leastwise_testset::more_garbow_hillstrom::{MinpackRun, minpack_runs};

use super::{PeerRun, Task};

/// Enough for every peer in these tests.
const BUDGET: usize = 300;

/// The first run of MINPACK's driver with this name.
pub(super) fn named(name: &str) -> MinpackRun<f64> {
    let mut runs = minpack_runs().into_iter();
    let run = runs.find(|run| run.to_string().starts_with(name));
    run.expect("MINPACK's driver has this run")
}

/// Checks Rosenbrock's function from its standard start. The peer must solve it and report success.
pub(super) fn rosenbrock(
    minimize: impl Fn(&Task<'_>) -> Result<PeerRun>,
    tolerance: Option<f64>,
) -> PeerRun {
    let rosenbrock = named("Rosenbrock");
    let run = minimize(&Task {
        problem: &*rosenbrock.problem,
        start: &rosenbrock.start(),
        max_evaluations: BUDGET,
        tolerance,
    });
    let run = run.unwrap();
    assert!(rosenbrock.is_solved(run.loss).unwrap(), "{run:?}");
    assert!(run.is_success && run.seconds > 0.0, "{run:?}");
    run
}

/// Checks that evaluations are counted and limited, that a run ends at its reported parameters, that errors
/// of the problem are returned, that panics are caught, and that a tolerance is used and validated.
pub(super) fn peer(operation: &str, minimize: impl Fn(&Task<'_>) -> Result<PeerRun>) {
    let problem = named("Rosenbrock");
    let start = problem.start();
    let task = Task {
        problem: &*problem.problem,
        start: &start,
        max_evaluations: BUDGET,
        tolerance: None,
    };
    let spied = |spy: &Spy| {
        minimize(&Task {
            problem: spy,
            ..task
        })
    };
    let run = rosenbrock(&minimize, None);
    let end = loss(task.problem, &run.parameters);
    assert_eq!(run.loss, end, "{operation}");

    let spy = Spy::new(Trouble::None);
    let again = spied(&spy).unwrap();
    assert_eq!(again.parameters, run.parameters, "{operation}");
    // One more evaluation, for the loss at the end.
    assert_eq!(spy.residuals.get(), run.evaluations + 1, "{operation}");
    assert_eq!(spy.jacobians.get(), run.jacobians, "{operation}");

    let limited = minimize(&Task {
        max_evaluations: 2,
        ..task
    });
    let limited = limited.unwrap();
    assert_eq!(limited.evaluations, 2, "{operation}");
    assert!(!limited.is_success, "{operation}: {limited:?}");
    let end = loss(task.problem, &limited.parameters);
    assert_eq!(limited.loss, end, "{operation}");

    let broken = spied(&Spy::new(Trouble::Error));
    assert_eq!(broken.unwrap_err(), trouble(), "{operation}");

    let spy = Spy::new(Trouble::Panic);
    let panicked = spied(&spy).unwrap();
    assert_eq!(panicked.termination, "panic: the third Jacobian");
    assert_eq!(panicked.parameters, *spy.last.borrow(), "{operation}");
    assert!(!panicked.is_success && panicked.jacobians == 3);
    let end = loss(task.problem, &panicked.parameters);
    assert_eq!(panicked.loss, end, "{operation}");

    let start = &start[1..];
    let short = minimize(&Task { start, ..task }).unwrap_err();
    assert!(
        matches!(short, Error::Shape { operation: named, .. } if named == operation),
        "{short}"
    );

    let to = |tolerance| {
        minimize(&Task {
            tolerance: Some(tolerance),
            ..task
        })
    };
    let fine = rosenbrock(&minimize, Some(1e-10));
    // With this tolerance, every change is small.
    let coarse = to(1e6).unwrap();
    assert!(coarse.evaluations < fine.evaluations, "{coarse:?} {fine:?}");
    for tolerance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refusal = to(tolerance).unwrap_err();
        assert!(
            matches!(refusal, Error::InvalidArgument { operation: named, .. } if named == operation),
            "{refusal}"
        );
    }
}

fn loss(problem: &dyn LeastSquaresProblem<f64>, x: &[f64]) -> f64 {
    let mut r = vec![0.0; problem.residuals()];
    problem.residual(x, &mut r).unwrap();
    dot(&r, &r)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    Error,
    Panic,
}

fn trouble() -> Error {
    Error::InvalidArgument {
        operation: "Spy::jacobian",
        argument: "x",
        detail: "the third Jacobian".to_owned(),
    }
}

/// Rosenbrock's function. It counts its evaluations, and fails at the third Jacobian.
struct Spy {
    run: MinpackRun<f64>,
    trouble: Trouble,
    residuals: Cell<usize>,
    jacobians: Cell<usize>,
    /// The point at which the last Jacobian was evaluated.
    last: RefCell<Vec<f64>>,
}

impl Spy {
    fn new(trouble: Trouble) -> Self {
        Self {
            run: named("Rosenbrock"),
            trouble,
            residuals: Cell::new(0),
            jacobians: Cell::new(0),
            last: RefCell::new(Vec::new()),
        }
    }
}

impl LeastSquaresProblem<f64> for Spy {
    fn residuals(&self) -> usize {
        self.run.problem.residuals()
    }

    fn parameters(&self) -> usize {
        self.run.problem.parameters()
    }

    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        self.residuals.set(self.residuals.get() + 1);
        self.run.problem.residual(x, r)
    }

    fn jacobian(&self, x: &[f64], j: MatMut<'_, f64>) -> Result<()> {
        self.jacobians.set(self.jacobians.get() + 1);
        self.last.replace(x.to_vec());
        match (self.jacobians.get(), self.trouble) {
            (3, Trouble::Error) => Err(trouble()),
            (3, Trouble::Panic) => panic!("the third Jacobian"),
            _ => self.run.problem.jacobian(x, j),
        }
    }
}
