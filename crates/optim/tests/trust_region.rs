//! The laws of the trust region: its steps, its scaling, and its definition of success.

use std::cell::RefCell;

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Mat, MatMut, Result};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{
    DenseQr, StepSolver, TrustRegion, TrustRegionStepSolver,
};
use leastwise_optim::{
    Bounded, Bounds, Budget, ClosureResidual, Counts, LeastSquaresProblem, LevenbergMarquardt,
    Quantity, Report, Termination, minimize,
};
use proptest::prelude::*;

/// r = J·x + b.
#[derive(Debug)]
struct Linear {
    j: Mat<f64>,
    b: Vec<f64>,
}

impl LeastSquaresProblem<f64> for Linear {
    fn residuals(&self) -> usize {
        self.j.rows()
    }

    fn parameters(&self) -> usize {
        self.j.cols()
    }

    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        r.copy_from_slice(&self.b);
        for (j, &xj) in x.iter().enumerate() {
            for (ri, &entry) in r.iter_mut().zip(self.j.col(j)) {
                *ri += entry * xj;
            }
        }
        Ok(())
    }

    fn jacobian(&self, _x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        for col in 0..self.j.cols() {
            for row in 0..self.j.rows() {
                j[(row, col)] = self.j[(row, col)];
            }
        }
        Ok(())
    }
}

fn run(
    control: TrustRegion<f64>,
    problem: &dyn LeastSquaresProblem<f64>,
    start: &[f64],
) -> Report<f64> {
    let backend = Faer::default();
    let backend: &dyn Backend<f64> = &backend;
    let mut lm = LevenbergMarquardt::new(control, DenseQr::new(backend));
    minimize(&mut lm, problem, start, &Budget::steps(1000), &mut []).unwrap()
}

/// J m×n with m ≥ n, whose last columns may repeat the first, r, D and log₁₀ Δ.
fn subproblem() -> impl Strategy<Value = (Linear, Vec<f64>, f64)> {
    (1usize..=5, 0usize..=4, 0usize..=2).prop_flat_map(|(n, more, repeated)| {
        let m = n + more;
        let entries = prop::collection::vec(-1.0..1.0f64, m * n);
        let b = prop::collection::vec(-1.0..1.0f64, m);
        let scaling = prop::collection::vec(-3.0..3.0f64, n);
        (entries, b, scaling, -3.0..3.0f64).prop_map(move |(mut entries, b, scaling, radius)| {
            for copy in n.saturating_sub(repeated).max(1)..n {
                entries.copy_within(0..m, copy * m);
            }
            let j = Mat::from_col_major(entries, m, n).unwrap();
            let scaling = scaling.iter().map(|s| 10f64.powf(*s)).collect();
            (Linear { j, b }, scaling, 10f64.powf(radius))
        })
    })
}

/// J·δ + r.
fn model(problem: &Linear, delta: &[f64]) -> Vec<f64> {
    let mut r = vec![0.0; problem.b.len()];
    problem.residual(delta, &mut r).unwrap();
    r
}

fn squared(x: &[f64]) -> f64 {
    x.iter().map(|xi| xi * xi).sum()
}

/// With A = J·D⁻¹ and y = D·δ: Aᵀ(A·y + r) + λ·y = 0. Either ‖y‖ is within 10 % of Δ, or λ = 0 and ‖y‖ ≤
/// 1.1·Δ.
fn check_step(
    backend: &dyn Backend<f64>,
    problem: &Linear,
    scaling: &[f64],
    radius: f64,
) -> Result<(), TestCaseError> {
    let (m, n) = (problem.residuals(), problem.parameters());
    let mut solver = DenseQr::new(backend);
    let mut counts = Counts::default();
    solver.init(problem).unwrap();
    solver
        .linearize(problem, &vec![0.0; n], &mut counts)
        .unwrap();
    solver
        .factorize(problem, scaling, None, &mut counts)
        .unwrap();
    let mut delta = vec![f64::NAN; n];
    let step = TrustRegionStepSolver::<f64, Linear>::bounded_direction(
        &mut solver,
        radius,
        0.0,
        None,
        &mut delta,
    )
    .unwrap();
    let y: Vec<f64> = delta.iter().zip(scaling).map(|(d, s)| d * s).collect();
    let y_norm = euclidean(&y);
    prop_assert!(step.lambda >= 0.0 && y_norm <= 1.1 * radius * (1.0 + 1e-12));
    prop_assert!(step.lambda == 0.0 || y_norm >= 0.9 * radius * (1.0 - 1e-12));
    prop_assert!((step.scaled_norm - y_norm).abs() <= 1e-14 * n as f64 * y_norm);

    let after = model(problem, &delta);
    let columns = (0..n).map(|j| euclidean(problem.j.col(j)) / scaling[j]);
    let a_norm = euclidean(&columns.collect::<Vec<f64>>());
    let gradient: Vec<f64> = (0..n)
        .map(|j| {
            let products = problem.j.col(j).iter().zip(&after);
            products.map(|(a, r)| a * r).sum::<f64>() / scaling[j] + step.lambda * y[j]
        })
        .collect();
    // Householder QR and the rotations are backward stable for [A; √λ·I]. The perturbations are c·(m +
    // n)·n·u, with c about 10 (Higham, chapter 19). Each enters once in A and once in Aᵀ. Singular values
    // that are treated as zero are at most m·ε·σ₁.
    let c = 40.0 * ((m + n) * n) as f64 * f64::EPSILON;
    let r_norm = euclidean(&problem.b);
    let total = (a_norm + step.lambda.sqrt()) * y_norm + r_norm;
    let bound = c * (a_norm + step.lambda.sqrt()) * total;
    prop_assert!(euclidean(&gradient) <= bound, "{gradient:?} {bound:e}");

    // ‖r‖² − ‖A·y + r‖² = ‖A·y‖² + 2λ‖y‖² − 2·yᵀ(Aᵀ(A·y + r) + λ·y).
    let reduction = squared(&problem.b) - squared(&after);
    let bound = 2.0 * y_norm * bound + c * total * total;
    prop_assert!((step.reduction - reduction).abs() <= bound);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn steps_solve_the_problem_of_the_trust_region((problem, scaling, radius) in subproblem()) {
        for backend in leastwise_backends::all::<f64>(1) {
            check_step(&*backend, &problem, &scaling, radius)?;
        }
    }
}

/// y = p₁·exp(−p₂·t) + p₃ through values that it cannot attain, in units of the parameters that are 2^k times
/// as large.
fn decay(exponents: [i32; 3]) -> impl LeastSquaresProblem<f64> {
    let unit = exponents.map(|k| 2f64.powi(k));
    let t = |i: usize| i as f64 / 4.0;
    ClosureResidual::new(12, 3, move |x: &[f64], r: &mut [f64]| {
        let p = [0, 1, 2].map(|j| x[j] * unit[j]);
        for (i, ri) in r.iter_mut().enumerate() {
            let y = 5.0 * (-1.5 * t(i)).exp() + 1.0 + 0.01 * (3.0 * t(i)).sin();
            *ri = p[0] * (-p[1] * t(i)).exp() + p[2] - y;
        }
    })
    .unwrap()
    .with_jacobian(move |x: &[f64], mut j: MatMut<'_, f64>| {
        let p = [0, 1, 2].map(|j| x[j] * unit[j]);
        for i in 0..12 {
            let e = (-p[1] * t(i)).exp();
            j[(i, 0)] = unit[0] * e;
            j[(i, 1)] = unit[1] * (-p[0] * t(i) * e);
            j[(i, 2)] = unit[2];
        }
    })
}

#[test]
fn iterates_do_not_depend_on_the_units_of_the_parameters() {
    let start = [1.0, 0.25, 0.5];
    let plain = run(TrustRegion::new(), &decay([0; 3]), &start);
    assert!(plain.termination.is_success(), "{plain:?}");
    let exponents = [40, -30, 7];
    let mut scaled_start = start;
    for (x, k) in scaled_start.iter_mut().zip(exponents) {
        *x *= 2f64.powi(-k);
    }
    let scaled = run(TrustRegion::new(), &decay(exponents), &scaled_start);
    assert_eq!(scaled.counts, plain.counts);
    // Powers of two do not round.
    for ((s, p), k) in scaled
        .parameters
        .iter()
        .zip(&plain.parameters)
        .zip(exponents)
    {
        assert_eq!(s * 2f64.powi(k), *p);
    }
}

/// ln x = 0 from 10, where the undamped step ends at 10 − 10·ln 10 < 0.
fn logarithm() -> impl LeastSquaresProblem<f64> {
    ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| r[0] = x[0].ln())
        .unwrap()
        .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| j[(0, 0)] = 1.0 / x[0])
}

#[test]
fn a_trial_outside_of_the_domain_is_answered_by_a_shorter_step() {
    let control = TrustRegion::new().with_initial_radius(10.0).unwrap();
    let report = run(control, &logarithm(), &[10.0]);
    assert!(report.termination.is_success(), "{report:?}");
    // ln x has the relative error u, so x has an absolute error of a few u.
    assert!((report.parameters[0] - 1.0).abs() <= 4.0 * f64::EPSILON);
    assert!(report.counts.residuals > report.counts.jacobians);
}

#[test]
fn a_jacobian_that_is_not_finite_is_answered_by_a_shorter_step() {
    // ln|x|, whose derivative is restricted to x > 0. The undamped step from 4 ends at 4 − 4·ln 4 = −1.5,
    // where the loss is smaller.
    let problem = ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| r[0] = x[0].abs().ln())
        .unwrap()
        .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
            j[(0, 0)] = if x[0] > 0.0 { 1.0 / x[0] } else { f64::NAN };
        });
    let control = TrustRegion::new().with_initial_radius(10.0).unwrap();
    let report = run(control, &problem, &[4.0]);
    assert!(report.termination.is_success(), "{report:?}");
    assert!((report.parameters[0] - 1.0).abs() <= 4.0 * f64::EPSILON);
}

#[test]
fn a_start_outside_of_the_domain_ends_as_not_finite() {
    let report = run(TrustRegion::new(), &logarithm(), &[-1.0]);
    let quantity = Quantity::Loss;
    assert_eq!(report.termination, Termination::NonFinite { quantity });
    assert!(!report.termination.is_success());
}

#[test]
fn a_jacobian_of_the_wrong_sign_stalls_and_is_no_success() {
    let problem = ClosureResidual::new(2, 1, |x: &[f64], r: &mut [f64]| {
        (r[0], r[1]) = (x[0].exp(), x[0] + 3.0);
    })
    .unwrap()
    .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        (j[(0, 0)], j[(1, 0)]) = (-x[0].exp(), -1.0);
    });
    let report = run(TrustRegion::new(), &problem, &[1.0]);
    assert_eq!(report.termination, Termination::Stalled);
    assert!(!report.termination.is_success());
    assert_eq!(report.parameters, [1.0]);
}

/// 1/(1 + x²) has its infimum at infinity, where everything is flat.
#[test]
fn a_plateau_at_infinity_is_no_success() {
    let problem = ClosureResidual::new(2, 1, |x: &[f64], r: &mut [f64]| {
        (r[0], r[1]) = (1.0 / (1.0 + x[0] * x[0]), 1.0);
    })
    .unwrap()
    .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        let s = 1.0 + x[0] * x[0];
        (j[(0, 0)], j[(1, 0)]) = (-2.0 * x[0] / (s * s), 0.0);
    });
    let report = run(TrustRegion::new(), &problem, &[1.0]);
    assert_eq!(report.termination, Termination::Plateau, "{report:?}");
}

/// exp(−x) + 1 has its infimum at infinity, where exp underflows and the derivative is zero.
#[test]
fn a_parameter_that_has_lost_its_effect_is_no_success() {
    let problem = ClosureResidual::new(2, 2, |x: &[f64], r: &mut [f64]| {
        (r[0], r[1]) = ((-x[0]).exp() + 1.0, x[1] - 3.0);
    })
    .unwrap()
    .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        (j[(0, 0)], j[(0, 1)]) = (-(-x[0]).exp(), 0.0);
        (j[(1, 0)], j[(1, 1)]) = (0.0, 1.0);
    });
    let report = run(TrustRegion::new(), &problem, &[1.0, 0.5]);
    // The loss is 1 here, so it cannot show a residual below √ε.
    assert!((report.parameters[1] - 3.0).abs() <= f64::EPSILON.sqrt());
    assert!(report.parameters[0] > 30.0, "{report:?}");
    assert_eq!(report.termination, Termination::Plateau);
    // The same holds for a parameter without effect from the start on.
    let report = run(TrustRegion::new(), &problem, &[800.0, 3.0]);
    assert_eq!(report.termination, Termination::Plateau);
    // The run leaves a start at which no parameter has an effect.
    let exponential =
        ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| r[0] = (-x[0]).exp() - 0.5)
            .unwrap()
            .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| j[(0, 0)] = -(-x[0]).exp());
    let report = run(TrustRegion::new(), &exponential, &[800.0]);
    assert!(report.termination.is_success(), "{report:?}");
    assert!((report.parameters[0] - 2f64.ln()).abs() <= 4.0 * f64::EPSILON);
}

/// Two cases are not plateaus: a parameter that is zero at the minimum, and one without effect because
/// another is at its bound.
#[test]
fn a_minimum_at_zero_or_at_a_bound_is_a_success() {
    let zero = ClosureResidual::new(3, 2, |x: &[f64], r: &mut [f64]| {
        (r[0], r[1], r[2]) = (x[0], x[1] - 2.0 + x[0], 1.0);
    })
    .unwrap()
    .with_jacobian(|_: &[f64], mut j: MatMut<'_, f64>| {
        for (row, values) in [[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]].iter().enumerate() {
            (j[(row, 0)], j[(row, 1)]) = (values[0], values[1]);
        }
    });
    let report = run(TrustRegion::new(), &zero, &[5.0, 1.0]);
    assert!(report.termination.is_success(), "{report:?}");
    assert!(report.parameters[0].abs() < 1e-15);

    // a·exp(−b·t) with a ≥ 0 for data that are negative.
    let decay = ClosureResidual::new(4, 2, |x: &[f64], r: &mut [f64]| {
        for (t, ri) in r.iter_mut().enumerate() {
            *ri = x[0] * (-x[1] * t as f64).exp() + 1.0;
        }
    })
    .unwrap()
    .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        for t in 0..4 {
            let e = (-x[1] * t as f64).exp();
            (j[(t, 0)], j[(t, 1)]) = (e, -x[0] * t as f64 * e);
        }
    });
    let bounds = Bounds::none(2).with(0, 0.0, f64::INFINITY).unwrap();
    let bounded = Bounded::new(&decay, bounds).unwrap();
    let report = run(TrustRegion::new(), &bounded, &[3.0, 0.5]);
    assert!(report.termination.is_success(), "{report:?}");
    assert_eq!(report.parameters[0], 0.0);
}

#[test]
fn an_evaluation_budget_is_kept_to_and_is_no_success() {
    let control = TrustRegion::new().with_max_evaluations(4).unwrap();
    let report = run(control, &decay([0; 3]), &[1.0, 0.25, 0.5]);
    assert_eq!(report.termination, Termination::EvaluationBudget);
    assert_eq!(report.counts.residuals, 4);
    assert!(!report.termination.is_success());
}

#[test]
fn no_point_is_evaluated_twice() {
    let seen = RefCell::new(Vec::new());
    let valley = ClosureResidual::new(2, 2, |x: &[f64], r: &mut [f64]| {
        seen.borrow_mut().push(x.to_vec());
        (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
    })
    .unwrap()
    .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        (j[(0, 0)], j[(0, 1)]) = (-20.0 * x[0], 10.0);
        (j[(1, 0)], j[(1, 1)]) = (-1.0, 0.0);
    });
    let report = run(TrustRegion::new(), &valley, &[-1.2, 1.0]);
    let seen = seen.into_inner();
    // Some trials are rejected.
    assert!(report.counts.jacobians < report.counts.residuals);
    assert_eq!(report.counts.residuals, seen.len());
    for (i, x) in seen.iter().enumerate() {
        assert!(!seen[..i].contains(x), "{i}: {x:?} of {report:?}");
    }
}

#[test]
fn rank_deficient_steps_are_of_minimum_norm() {
    // x₁ + x₂ = 2. The result is the solution nearest to the start (0, 0), because ‖J·e₁‖ = ‖J·e₂‖.
    let j = Mat::from_col_major(vec![1.0, 1.0, 1.0, 1.0], 2, 2).unwrap();
    let b = vec![-2.0, -2.0];
    let (problem, backend) = (Linear { j, b }, Faer::default());
    let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
    let budget = Budget::steps(1000);
    let report = minimize(&mut lm, &problem, &[0.0, 0.0], &budget, &mut []).unwrap();
    assert!(lm.solver().is_rank_deficient());
    assert!(report.termination.is_success(), "{report:?}");
    assert!(
        report
            .parameters
            .iter()
            .all(|x| (x - 1.0).abs() <= 8.0 * f64::EPSILON)
    );
}

/// Beside two equal columns, the step loses a column that the scaling shortens by 1e20, and reports this. The
/// prediction of the model does not depend on the scaling.
#[test]
fn a_step_that_misses_a_short_column_is_incomplete() {
    let j = vec![1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let j = Mat::from_col_major(j, 3, 3).unwrap();
    let b = vec![1.0, 1.0, 0.0];
    let (problem, backend) = (Linear { j, b }, Faer::default());
    let mut solver = DenseQr::new(&backend);
    let mut counts = Counts::default();
    solver.init(&problem).unwrap();
    solver.linearize(&problem, &[0.0; 3], &mut counts).unwrap();
    for (last, is_complete) in [(1.0, true), (1e20, false)] {
        let newton = solver
            .factorize(&problem, &[1.0, 1.0, last], None, &mut counts)
            .unwrap();
        assert_eq!(newton.is_complete, is_complete);
        // ‖r‖² = 2, all in the range of J.
        assert!((newton.reduction - 2.0).abs() <= 32.0 * f64::EPSILON);
    }
}

#[test]
fn options_outside_of_their_range_are_refused() {
    let new = TrustRegion::<f64>::new;
    for bad in [-1.0, 1.0, f64::NAN, f64::INFINITY] {
        assert!(new().with_ftol(bad).is_err());
        assert!(new().with_xtol(bad).is_err());
        assert!(new().with_gtol(bad).is_err());
    }
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(new().with_initial_radius(bad).is_err());
    }
    assert!(new().with_max_evaluations(0).is_err());
}

#[test]
fn the_undamped_direction_is_that_of_least_squares() {
    let j = Mat::from_col_major(vec![3.0, 4.0, 0.0, 2.0], 2, 2).unwrap();
    let problem = Linear {
        j,
        b: vec![3.0, 8.0],
    };
    let backend = Faer::default();
    let mut solver = DenseQr::new(&backend);
    let (mut counts, mut delta) = (Counts::default(), [0.0; 2]);
    solver.init(&problem).unwrap();
    solver.linearize(&problem, &[0.0; 2], &mut counts).unwrap();
    solver.direction(&problem, &mut delta, &mut counts).unwrap();
    assert!(!solver.is_rank_deficient());
    // J·δ = −b for δ = (−1, −2), κ₂(J) < 5.
    assert!((delta[0] + 1.0).abs() <= 1e-14 && (delta[1] + 2.0).abs() <= 1e-14);
}

/// With faer, the storage of a factorisation is kept. A step allocates only a vector of n numbers, in which
/// the condition of R is estimated.
#[test]
fn steps_do_not_allocate_beyond_a_vector_of_n_numbers() {
    let problem = decay([0; 3]);
    let allocations = |steps: usize| {
        let backend = Faer::default();
        let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
        let start = [100.0, 0.01, 50.0];
        let budget = Budget::steps(steps);
        let mut taken = 0;
        let info = allocation_counter::measure(|| {
            let report = minimize(&mut lm, &problem, &start, &budget, &mut []).unwrap();
            taken = report.steps;
        });
        assert_eq!(taken, steps);
        (info.count_total, info.bytes_total)
    };
    let (few, many) = (allocations(4), allocations(9));
    assert!(many.0 - few.0 <= 5, "{few:?} {many:?}");
    assert!(many.1 - few.1 <= 5 * 3 * 8, "{few:?} {many:?}");
}
