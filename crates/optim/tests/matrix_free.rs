//! Laws of the matrix-free step, on general problems.

use leastwise_core::{Error, Mat, MatMut, Result, Scalar};
use leastwise_optim::levenberg_marquardt::{
    AdaptiveDamping, DampedStepSolver, FixedStep, LsmrStop, MatrixFree, StepSolver,
};
use leastwise_optim::{
    Budget, Counts, JacobianProducts, LeastSquaresProblem, LevenbergMarquardt, Quantity,
    Termination, minimize,
};

/// r(x) = A·x − b, with a count of the products.
struct Affine<T> {
    a: Mat<T>,
    b: Vec<T>,
}

impl<T: Scalar> Affine<T> {
    fn diagonal(entries: &[T], b: &[T]) -> Self {
        let n = entries.len();
        let entry = |i: usize, j: usize| if i == j { entries[i] } else { T::zero() };
        Self {
            a: Mat::from_fn(n, n, entry),
            b: b.to_vec(),
        }
    }
}

impl<T: Scalar> LeastSquaresProblem<T> for Affine<T> {
    fn residuals(&self) -> usize {
        self.a.rows()
    }

    fn parameters(&self) -> usize {
        self.a.cols()
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.jacobian_times(&mut (), x, r)?;
        for (ri, &bi) in r.iter_mut().zip(&self.b) {
            *ri -= bi;
        }
        Ok(())
    }

    fn jacobian(&self, _: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        j.copy_from(self.a.as_ref())
    }
}

impl<T: Scalar> JacobianProducts<T> for Affine<T> {
    type Point = ();

    fn linearize(&self, x: &[T], r: &mut [T], (): &mut ()) -> Result<()> {
        self.residual(x, r)
    }

    fn jacobian_times(&self, (): &mut (), v: &[T], jv: &mut [T]) -> Result<()> {
        for (i, jvi) in jv.iter_mut().enumerate() {
            *jvi = v
                .iter()
                .enumerate()
                .map(|(j, &vj)| self.a[(i, j)] * vj)
                .sum();
        }
        Ok(())
    }

    fn transposed_jacobian_times(&self, (): &mut (), u: &[T], jtu: &mut [T]) -> Result<()> {
        for (j, jtuj) in jtu.iter_mut().enumerate() {
            *jtuj = self.a.col(j).iter().zip(u).map(|(&a, &ui)| a * ui).sum();
        }
        Ok(())
    }
}

fn direction<T: Scalar>(
    solver: &mut MatrixFree<T, ()>,
    problem: &Affine<T>,
    x: &[T],
) -> Result<Vec<T>> {
    let mut counts = Counts::default();
    let mut delta = vec![T::nan(); problem.parameters()];
    solver.init(problem)?;
    solver.linearize(problem, x, &mut counts)?;
    solver.direction(problem, &mut delta, &mut counts)?;
    Ok(delta)
}

/// A diagonal of k distinct entries takes k iterations, so fewer leave an error. Every iterate is better than
/// the one before, in ‖Jᵀ·(J·δ + r)‖ and in ‖J·δ + r‖.
#[test]
fn the_iteration_limit_is_kept_and_reported_and_more_iterations_are_better() {
    let entries: Vec<f64> = (1..=10).map(f64::from).collect();
    let problem = Affine::diagonal(&entries, &[1.0; 10]);
    let mut last = (f64::INFINITY, f64::INFINITY);
    for limit in 1..10 {
        let mut solver = MatrixFree::new().with_iteration_limit(limit).unwrap();
        let delta = direction(&mut solver, &problem, &[0.0; 10]).unwrap();
        assert_eq!(solver.last_iterations(), Some(limit));
        assert_eq!(solver.last_stop(), Some(LsmrStop::IterationLimit));
        let residuals = entries.iter().zip(&delta).map(|(a, d)| a * d - 1.0);
        let gradients = residuals.clone().zip(&entries).map(|(r, a)| a * r);
        let now = (
            residuals.map(|r| r * r).sum::<f64>(),
            gradients.map(|g| g * g).sum::<f64>(),
        );
        assert!(
            now.0 < last.0 && now.1 < last.1,
            "{limit}: {now:?} {last:?}"
        );
        last = now;
    }
    let mut solver = MatrixFree::new();
    let delta = direction(&mut solver, &problem, &[0.0; 10]).unwrap();
    assert!(matches!(
        solver.last_stop(),
        Some(LsmrStop::Compatible | LsmrStop::LeastSquares)
    ));
    for (a, d) in entries.iter().zip(&delta) {
        // κ = 10 and tolerances of ε, with ten iterations of a dozen roundings.
        assert!(
            (a * d - 1.0).abs() <= 10.0 * 120.0 * f64::EPSILON,
            "{a} {d}"
        );
    }
}

/// Larger tolerances stop earlier, at the promised accuracy: a compatible system has ‖r̄‖ ≤ btol·‖r‖ +
/// atol·‖J‖_F·‖δ‖, or less because of the gradient.
#[test]
fn tolerances_are_kept() {
    // κ = 2. More digits take more iterations, but fewer than 40.
    let entries: Vec<f64> = (1..=40).map(|i| 1.0 + f64::from(i) / 40.0).collect();
    let problem = Affine::diagonal(&entries, &[1.0; 40]);
    let mut iterations = Vec::new();
    for tolerance in [1e-1, 1e-2, 1e-4, 1e-8] {
        let mut solver = MatrixFree::new()
            .with_tolerances(tolerance, tolerance)
            .unwrap();
        let delta = direction(&mut solver, &problem, &[0.0; 40]).unwrap();
        let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let r: Vec<f64> = entries
            .iter()
            .zip(&delta)
            .map(|(a, d)| a * d - 1.0)
            .collect();
        let g: Vec<f64> = entries.iter().zip(&r).map(|(a, r)| a * r).collect();
        // The recurrences and the products differ by roundings far below 1e-8.
        let slack = 1.0 + 1e-4;
        let promised = match solver.last_stop() {
            Some(LsmrStop::Compatible) => {
                let bound = tolerance * (40f64.sqrt() + norm(&entries) * norm(&delta));
                norm(&r) <= slack * bound
            }
            Some(LsmrStop::LeastSquares) => {
                norm(&g) <= slack * tolerance * norm(&entries) * norm(&r)
            }
            _ => false,
        };
        assert!(promised, "{tolerance:e}: {:?}", solver.last_stop());
        iterations.extend(solver.last_iterations());
    }
    assert!(iterations.is_sorted_by(|a, b| a < b), "{iterations:?}");
}

#[test]
fn a_zero_gradient_gives_a_zero_step() {
    // r = (0, −1) at x = 0 is orthogonal to the range of J.
    let a = Mat::from_fn(2, 1, |i, _| if i == 0 { 1.0 } else { 0.0 });
    let stationary = Affine {
        a,
        b: vec![0.0, 1.0],
    };
    let solved = Affine::diagonal(&[1.0], &[0.0]);
    for problem in [stationary, solved] {
        let mut solver = MatrixFree::new();
        assert_eq!(direction(&mut solver, &problem, &[0.0]), Ok(vec![0.0]));
        assert_eq!(solver.last_stop(), Some(LsmrStop::Zero));
        assert_eq!(solver.last_iterations(), Some(0));
        assert_eq!(solver.curvature(&problem), Ok(0.0));
        let mut delta = [f64::NAN];
        let counts = &mut Counts::default();
        solver
            .damped_direction(&problem, 0.5, &mut delta, counts)
            .unwrap();
        assert_eq!(delta, [0.0]);
    }
}

/// δ = −Jᵀ·r/(σ² + λ) for a J of one entry, at any scale. Squares of the entries would leave the range.
#[test]
fn scales_whose_squares_leave_the_range_do_not_matter() {
    for (entry, b) in [
        (1e-200, 1e-200),
        (1e200, 1e200),
        (1e-200, 1e100),
        (1e200, 1e-100),
    ] {
        let problem = Affine::diagonal(&[entry, entry / 2.0], &[b, b]);
        let delta = direction(&mut MatrixFree::new(), &problem, &[0.0; 2]).unwrap();
        for (d, expected) in delta.iter().zip([b / entry, 2.0 * b / entry] as [f64; 2]) {
            // κ = 2 and two iterations of a dozen roundings.
            assert!(
                (d / expected - 1.0).abs() <= 48.0 * f64::EPSILON,
                "{entry:e} {b:e}: {d:e}"
            );
        }
    }
    let problem = Affine::diagonal(&[1e-200], &[1e200]);
    let error = direction(&mut MatrixFree::new(), &problem, &[0.0]).unwrap_err();
    assert!(matches!(error, Error::Overflow { .. }), "{error}");
    let mut lm = LevenbergMarquardt::new(FixedStep::new(1.0).unwrap(), MatrixFree::new());
    let report = minimize(&mut lm, &problem, &[0.0], &Budget::steps(3), &mut []);
    // The loss itself exceeds the range here.
    let quantity = Quantity::Loss;
    assert_eq!(
        report.unwrap().termination,
        Termination::NonFinite { quantity }
    );
}

#[test]
fn what_is_not_finite_is_refused_and_not_looped_on() {
    let problem = Affine::diagonal(&[1.0, 2.0], &[f64::NAN, 0.0]);
    let error = direction(&mut MatrixFree::new(), &problem, &[0.0; 2]).unwrap_err();
    assert!(
        matches!(
            error,
            Error::NonFinite {
                argument: "b",
                row: 0,
                ..
            }
        ),
        "{error}"
    );
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), MatrixFree::new());
    let report = minimize(&mut lm, &problem, &[0.0; 2], &Budget::steps(9), &mut []).unwrap();
    let quantity = Quantity::Loss;
    assert_eq!(report.termination, Termination::NonFinite { quantity });
    assert_eq!((report.steps, report.counts.solves), (0, 0));

    let problem = Affine::diagonal(&[1.0, f64::INFINITY], &[1.0, 0.0]);
    let error = direction(&mut MatrixFree::new(), &problem, &[0.0; 2]).unwrap_err();
    assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), MatrixFree::new());
    let report = minimize(&mut lm, &problem, &[0.0; 2], &Budget::steps(9), &mut []).unwrap();
    assert!(report.termination.is_divergence(), "{report:?}");
}

#[test]
fn options_and_problems_out_of_range_are_refused() {
    type Solver = MatrixFree<f64, ()>;
    let invalid = |error: Error| assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    for bad in [-1.0, 1.0, f64::NAN, f64::INFINITY] {
        invalid(Solver::new().with_tolerances(bad, 0.1).unwrap_err());
        invalid(Solver::new().with_tolerances(0.1, bad).unwrap_err());
    }
    invalid(Solver::new().with_iteration_limit(0).unwrap_err());
    let empty = Affine::<f64> {
        a: Mat::zeros(0, 2),
        b: Vec::new(),
    };
    invalid(Solver::new().init(&empty).unwrap_err());
    let solver = Solver::new().with_reorthogonalization(usize::MAX);
    let problem = Affine::diagonal(&[1.0, 2.0], &[1.0, 0.0]);
    // At most one vector per iteration is kept.
    assert_eq!(solver.clone().init(&problem), Ok(()));
    let mut solver = solver.with_iteration_limit(usize::MAX).unwrap();
    invalid(solver.init(&problem).unwrap_err());
}

#[test]
fn single_precision_follows_the_same_law() {
    let entries: Vec<f32> = (1..=6u8).map(f32::from).collect();
    let problem = Affine::diagonal(&entries, &[1.0; 6]);
    let mut solver = MatrixFree::new();
    let delta = direction(&mut solver, &problem, &[0.0; 6]).unwrap();
    assert_ne!(solver.last_stop(), Some(LsmrStop::IterationLimit));
    for (a, d) in entries.iter().zip(&delta) {
        assert!((a * d - 1.0).abs() <= 6.0 * 72.0 * f32::EPSILON, "{a} {d}");
    }
}
