//! Laws of Levenberg-Marquardt with a fixed step and a dense step solver.

use leastwise_core::{Backend, Error, Mat, MatMut, Method, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{Dense, FixedStep};
use leastwise_optim::{
    Budget, History, LeastSquaresProblem, LevenbergMarquardt, Quantity, Report, Termination,
    minimize,
};

/// r(x) = A·x − b.
struct Affine<T> {
    a: Mat<T>,
    b: Vec<T>,
}

impl<T: Scalar> LeastSquaresProblem<T> for Affine<T> {
    fn residuals(&self) -> usize {
        self.a.rows()
    }

    fn parameters(&self) -> usize {
        self.a.cols()
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        r.copy_from_slice(&self.b);
        for ri in r.iter_mut() {
            *ri = -*ri;
        }
        for (j, &xj) in x.iter().enumerate() {
            for (ri, &aij) in r.iter_mut().zip(self.a.col(j)) {
                *ri += aij * xj;
            }
        }
        Ok(())
    }

    fn jacobian(&self, _: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        j.copy_from(self.a.as_ref())
    }
}

fn run<T: Scalar, P: LeastSquaresProblem<T>>(
    backend: &dyn Backend<T>,
    method: Method,
    step: f64,
    steps: usize,
    problem: &P,
    start: &[T],
    history: &mut History<T>,
) -> Result<Report<T>> {
    let control = FixedStep::new(T::of(step))?;
    let mut lm = LevenbergMarquardt::new(control, Dense::new(backend, method));
    let budget = Budget::steps(steps);
    minimize(&mut lm, problem, start, &budget, &mut [history])
}

/// The orthogonal 4×3 part of the Hadamard matrix over 2, with κ = 1 and exact entries.
fn hadamard() -> Mat<f64> {
    let signs = [
        [1.0, 1.0, 1.0, 1.0],
        [1.0, -1.0, 1.0, -1.0],
        [1.0, 1.0, -1.0, -1.0],
    ];
    Mat::from_fn(4, 3, |i, j| signs[j][i] / 2.0)
}

/// For r = A·x − b with AᵀA = I, each step reduces the part of r in the range of A by 1 − α, and the rest
/// does not change: ‖r_k‖² = (1 − α)²ᵏ·‖P r₀‖² + ‖(I − P) r₀‖².
///
/// A solve of condition 1 has an error of at most c·u·‖r‖, with c ≈ 4·m·n for a stable method. It is
/// multiplied by α ≤ 1. The update of x adds 2u·‖x‖, and the residual adds (n + 1)·u·(‖x‖ + ‖b‖). Later steps
/// contract the error of each step, so at most 1/α of them add up.
fn shrinks(method: Method, step: f64, steps: usize) {
    let a = hadamard();
    let (outside, target) = ([0.5, -0.5, -0.5, 0.5], [1.0, -2.0, 0.5]);
    let b: Vec<f64> = (0..4)
        .map(|i| outside[i] + (0..3).map(|j| a[(i, j)] * target[j]).sum::<f64>())
        .collect();
    let problem = Affine { a, b };
    let mut history = History::new();
    let backend = Faer::default();
    let start = [0.0; 3];
    let report = run(
        &backend,
        method,
        step,
        steps,
        &problem,
        &start,
        &mut history,
    )
    .unwrap();
    assert_eq!(report.termination, Termination::StepBudget);
    let size: f64 = 5.25f64.sqrt();
    let error = (4.0 * 12.0 + 2.0 + 2.0 * 4.0) * size * f64::UNIT_ROUNDOFF / step;
    let mut inside = size;
    for (k, (&loss, &slope)) in history
        .losses()
        .iter()
        .zip(history.gradient_norms())
        .enumerate()
    {
        let norm = (inside * inside + 1.0).sqrt();
        assert!((loss.sqrt() - norm).abs() <= error, "step {k}: {loss:e}");
        // The gradient is 2·Aᵀ·r. The part of r outside the range does not contribute.
        assert!(
            (slope - 2.0 * inside).abs() <= 2.0 * error,
            "step {k}: {slope:e}"
        );
        inside *= (1.0 - step).abs();
    }
    let counts = report.counts;
    assert_eq!(
        (counts.residuals, counts.jacobians, counts.solves),
        (steps + 1, steps + 1, steps)
    );
}

#[test]
fn a_fixed_step_shrinks_the_reachable_part_of_a_linear_residual_by_one_minus_step() {
    for method in Method::ALL {
        for (step, steps) in [(0.05, 100), (0.5, 30), (1.0, 3), (1.5, 30)] {
            shrinks(method, step, steps);
        }
    }
}

/// From x₀ = 0, a full step leads to the solution of minimum norm. For A = [1 1], it is (b/2, b/2).
#[test]
fn a_rank_deficient_jacobian_gives_the_step_of_minimum_norm_and_its_rank() {
    let problem = Affine {
        a: Mat::from_fn(2, 2, |_, _| 1.0),
        b: vec![3.0, 3.0],
    };
    let backend = Faer::default();
    let mut lm = LevenbergMarquardt::new(
        FixedStep::new(1.0).unwrap(),
        Dense::<f64, _>::new(&backend, Method::Svd),
    );
    let budget = Budget::steps(1);
    let report = minimize(&mut lm, &problem, &[0.0; 2], &budget, &mut []).unwrap();
    for x in report.parameters {
        // A 2×2 solve of condition 1 on its range.
        assert!((x - 1.5).abs() <= 64.0 * f64::UNIT_ROUNDOFF, "{x}");
    }
    assert_eq!(lm.solver().last_rank(), Some(1));
    let mut history = History::new();
    let refusal = run(
        &backend,
        Method::Qr,
        1.0,
        1,
        &problem,
        &[0.0; 2],
        &mut history,
    );
    assert!(matches!(refusal, Err(Error::RankDeficient { .. })));
    assert_eq!(
        history.losses().len(),
        1,
        "what was seen before an error is kept"
    );
}

/// r = x⁻¹ on x > 0 has its infimum at infinity. A step of 1 doubles x: δ = −r/r' = x.
#[test]
fn single_precision_follows_the_same_law() {
    struct Reciprocal;
    impl LeastSquaresProblem<f32> for Reciprocal {
        fn residuals(&self) -> usize {
            1
        }
        fn parameters(&self) -> usize {
            1
        }
        fn residual(&self, x: &[f32], r: &mut [f32]) -> Result<()> {
            r[0] = 1.0 / x[0];
            Ok(())
        }
        fn jacobian(&self, x: &[f32], mut j: MatMut<'_, f32>) -> Result<()> {
            j[(0, 0)] = -1.0 / (x[0] * x[0]);
            Ok(())
        }
    }
    let mut history = History::new();
    let backend = Faer::default();
    let report = run(
        &backend,
        Method::Svd,
        1.0,
        4,
        &Reciprocal,
        &[1.0],
        &mut history,
    )
    .unwrap();
    let error = (report.parameters[0] - 16.0).abs();
    // Each step has fewer than 16 roundings, and the later steps double the error with x.
    assert!(error <= 4.0 * 16.0 * 16.0 * f32::UNIT_ROUNDOFF, "{error:e}");
}

/// The exact step of r = s·x − 1 with a subnormal s is 1/s, which is infinite.
#[test]
fn a_step_beyond_the_scalar_type_is_divergence_not_an_error() {
    let tiny = f64::MIN_POSITIVE / 8.0;
    let problem = Affine {
        a: Mat::from_fn(1, 1, |_, _| tiny),
        b: vec![1.0],
    };
    let mut history = History::new();
    let backend = Faer::default();
    let report = run(
        &backend,
        Method::Svd,
        1.0,
        9,
        &problem,
        &[0.0],
        &mut history,
    )
    .unwrap();
    let quantity = Quantity::Direction;
    assert_eq!(report.termination, Termination::NonFinite { quantity });
    assert_eq!((report.steps, report.loss), (1, 1.0));
}

/// Writes a residual or a Jacobian except for one entry.
struct Forgetful {
    residual: bool,
}

impl LeastSquaresProblem<f64> for Forgetful {
    fn residuals(&self) -> usize {
        3
    }

    fn parameters(&self) -> usize {
        2
    }

    fn residual(&self, _: &[f64], r: &mut [f64]) -> Result<()> {
        let written = if self.residual { 3 } else { 2 };
        r[..written].fill(0.0);
        Ok(())
    }

    fn jacobian(&self, _: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        for (i, k) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1)] {
            j[(i, k)] = 1.0;
        }
        Ok(())
    }
}

#[test]
fn an_unwritten_entry_of_a_residual_or_jacobian_does_not_go_unnoticed() {
    for (residual, quantity) in [(false, Quantity::Loss), (true, Quantity::Gradient)] {
        let problem = Forgetful { residual };
        let (backend, mut history) = (Faer::default(), History::new());
        let start = [1.0, 1.0];
        let report = run(
            &backend,
            Method::Svd,
            1.0,
            9,
            &problem,
            &start,
            &mut history,
        )
        .unwrap();
        assert_eq!(report.termination, Termination::NonFinite { quantity });
        assert_eq!(report.counts.solves, 0, "no backend is asked about a NaN");
    }
}

/// A problem whose Jacobian no machine can hold.
struct Huge;

impl LeastSquaresProblem<f64> for Huge {
    fn residuals(&self) -> usize {
        usize::MAX / 8
    }
    fn parameters(&self) -> usize {
        1
    }
    fn residual(&self, _: &[f64], _: &mut [f64]) -> Result<()> {
        Ok(())
    }
    fn jacobian(&self, _: &[f64], _: MatMut<'_, f64>) -> Result<()> {
        Ok(())
    }
}

#[test]
fn step_sizes_and_problems_out_of_range_are_refused() {
    for step in [0.0, -0.2, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            FixedStep::new(step),
            Err(Error::InvalidArgument { .. })
        ));
    }
    let empty = Affine::<f64> {
        a: Mat::zeros(0, 2),
        b: Vec::new(),
    };
    let mut history = History::new();
    let backend = Faer::default();
    let error = run(
        &backend,
        Method::Svd,
        1.0,
        1,
        &empty,
        &[0.0; 2],
        &mut history,
    )
    .unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    let error = run(
        &backend,
        Method::Svd,
        1.0,
        1,
        &empty,
        &[0.0; 3],
        &mut history,
    )
    .unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    let error = run(&backend, Method::Svd, 1.0, 1, &Huge, &[0.0], &mut history).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
}
