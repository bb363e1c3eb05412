//! Problems that modify other problems: weights, fixed parameters and robust losses.

use std::cell::Cell;

use leastwise_core::{Backend, Error, Mat, MatMut, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{
    Budget, ClosureResidual, FiniteDifferences, FixedParameters, LeastSquaresProblem,
    LevenbergMarquardt, Quantity, Report, ResidualFunction, Robust, RobustLoss, Termination,
    Weighted, WithoutJacobian, check_jacobian, minimize,
};

fn run(problem: &dyn LeastSquaresProblem<f64>, start: &[f64]) -> Report<f64> {
    let backend = Faer::default();
    let backend: &dyn Backend<f64> = &backend;
    let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(backend));
    minimize(&mut lm, problem, start, &Budget::steps(500), &mut []).unwrap()
}

fn residual(problem: &dyn LeastSquaresProblem<f64>, x: &[f64]) -> Vec<f64> {
    let mut r = vec![f64::NAN; problem.residuals()];
    problem.residual(x, &mut r).unwrap();
    r
}

fn jacobian(problem: &dyn LeastSquaresProblem<f64>, x: &[f64]) -> Mat<f64> {
    let mut j = Mat::from_fn(problem.residuals(), problem.parameters(), |_, _| f64::NAN);
    problem.jacobian(x, j.as_mut()).unwrap();
    j
}

/// r = (x₁·x₂, x₁ − x₃, x₂²·x₃ − 4) and a constant of 5.
struct Three<'c> {
    evaluations: &'c Cell<usize>,
}

impl LeastSquaresProblem<f64> for Three<'_> {
    fn residuals(&self) -> usize {
        3
    }

    fn parameters(&self) -> usize {
        3
    }

    fn constant_norm(&self) -> f64 {
        5.0
    }

    fn is_observation(&self, row: usize) -> bool {
        row != 1
    }

    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        self.evaluations.set(self.evaluations.get() + 1);
        (r[0], r[1], r[2]) = (x[0] * x[1], x[0] - x[2], x[1] * x[1] * x[2] - 4.0);
        Ok(())
    }

    fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        let rows = [
            [x[1], x[0], 0.0],
            [1.0, 0.0, -1.0],
            [0.0, 2.0 * x[1] * x[2], x[1] * x[1]],
        ];
        for (row, entries) in rows.iter().enumerate() {
            for (col, &entry) in entries.iter().enumerate() {
                j[(row, col)] = entry;
            }
        }
        Ok(())
    }
}

const X: [f64; 3] = [1.5, -2.0, 0.75];

/// All three wrappers on [`Three`]. No parameter is fixed, all weights are 1, and no residual is affected
/// below 10.
fn each_wrapper(problem: Problem) -> [Box<dyn LeastSquaresProblem<f64>>; 3] {
    let huber = RobustLoss::huber(10.0).unwrap();
    [
        Box::new(Weighted::new(problem, &[1.0; 3]).unwrap()),
        Box::new(FixedParameters::new(problem, &[]).unwrap()),
        Box::new(Robust::new(huber, problem)),
    ]
}

type Problem = &'static dyn LeastSquaresProblem<f64>;

fn three() -> Problem {
    let evaluations: &'static Cell<usize> = Box::leak(Box::default());
    Box::leak(Box::new(Three { evaluations }))
}

#[test]
fn what_changes_nothing_is_the_problem_itself() {
    for problem in each_wrapper(three()) {
        assert_eq!(residual(&*problem, &X), residual(three(), &X));
        assert_eq!(jacobian(&*problem, &X), jacobian(three(), &X));
        assert_eq!(problem.constant_norm(), 5.0);
    }
}

#[test]
fn each_wrapper_passes_on_which_residuals_are_observations() {
    fn rows(problem: &dyn LeastSquaresProblem<f64>) -> [bool; 3] {
        [0, 1, 2].map(|row| problem.is_observation(row))
    }
    for problem in each_wrapper(three()) {
        assert_eq!(rows(&*problem), [true, false, true]);
        assert_eq!(rows(&problem.as_ref()), [true, false, true]);
    }
    let function = FixedParameters::of_function(WithoutJacobian(three()), &[(0, 1.0)]).unwrap();
    let differences = FiniteDifferences::forward(&function);
    assert_eq!(rows(&differences), [true, false, true]);
    // Either weight removes a residual, and both together do the same.
    for outer in [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]] {
        let inner = Weighted::new(three(), &[1.0, 0.0, f64::MIN_POSITIVE]).unwrap();
        let weighted = Weighted::new(inner, &outer).unwrap();
        assert_eq!(rows(&weighted), [false, false, true]);
    }
}

#[test]
fn rows_need_not_be_adjacent() {
    let tukey = Robust::new(RobustLoss::tukey(5.0).unwrap(), three());
    let weighted = Weighted::new(three(), &[1.0, 2.0, 3.0]).unwrap();
    let fixed = FixedParameters::new(three(), &[(1, 7.0)]).unwrap();
    for problem in [&tukey as &dyn LeastSquaresProblem<f64>, &weighted, &fixed] {
        let n = problem.parameters();
        let expected = jacobian(problem, &X[..n]);
        let mut data = vec![f64::NAN; 3 * n];
        let by_rows = MatMut::from_row_major(&mut data, 3, n).unwrap();
        problem.jacobian(&X[..n], by_rows).unwrap();
        assert_eq!(data, expected.transposed().into_vec());
    }
}

#[test]
fn other_sizes_are_refused() {
    for problem in each_wrapper(three()) {
        for result in [
            problem.residual(&[1.0; 2], &mut [0.0; 3]),
            problem.jacobian(&[1.0; 4], Mat::zeros(3, 3).as_mut()),
            problem.jacobian(&X, Mat::zeros(3, 2).as_mut()),
            problem.jacobian(&X, Mat::zeros(2, 3).as_mut()),
        ] {
            assert!(matches!(result, Err(Error::Shape { .. })), "{result:?}");
        }
    }
    let short = &mut [0.0; 2];
    let weighted = Weighted::new(three(), &[1.0; 3]).unwrap();
    let robust = Robust::new(RobustLoss::cauchy(1.0).unwrap(), three());
    for problem in [&weighted as &dyn LeastSquaresProblem<f64>, &robust] {
        let result = problem.residual(&X, short);
        assert!(matches!(result, Err(Error::Shape { .. })), "{result:?}");
    }
}

/// Fails with the error of a backend.
struct Failing;

impl LeastSquaresProblem<f64> for Failing {
    fn residuals(&self) -> usize {
        3
    }
    fn parameters(&self) -> usize {
        3
    }
    fn residual(&self, _x: &[f64], _r: &mut [f64]) -> Result<()> {
        Err(failure())
    }
    fn jacobian(&self, _x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        j.fill(1.0);
        Ok(())
    }
}

fn failure() -> Error {
    Error::Unsupported {
        operation: "residual",
        backend: "none",
    }
}

#[test]
fn errors_from_below_arrive() {
    for problem in each_wrapper(&Failing) {
        assert_eq!(problem.residual(&X, &mut [0.0; 3]), Err(failure()));
    }
    // The Jacobian with a robust loss needs the residual.
    let robust = Robust::new(RobustLoss::huber(1.0).unwrap(), Failing);
    let mut j = Mat::zeros(3, 3);
    assert_eq!(robust.jacobian(&X, j.as_mut()), Err(failure()));
}

#[test]
fn calls_do_not_allocate_once_they_have_been_made() {
    let count = Cell::new(0);
    let tukey = RobustLoss::tukey(3.0).unwrap();
    let below = Weighted::new(
        Three {
            evaluations: &count,
        },
        &[1.0, 2.0, 0.5],
    )
    .unwrap();
    let problem = FixedParameters::new(Robust::new(tukey, below), &[(1, -2.0)]).unwrap();
    let (mut r, mut j) = ([0.0; 3], Mat::zeros(3, 2));
    let mut evaluate = |x: [f64; 2]| {
        problem.residual(&x, &mut r).unwrap();
        problem.jacobian(&x, j.as_mut()).unwrap();
        problem.jacobian(&[x[1], x[0]], j.as_mut()).unwrap();
    };
    evaluate([1.0, 2.0]);
    let info = allocation_counter::measure(|| evaluate([2.0, 3.0]));
    assert_eq!(info.count_total, 0);
}

#[test]
fn weights_multiply_rows() {
    let weights = [0.5, 0.0, 4.0];
    let problem = Weighted::new(three(), &weights).unwrap();
    let (r, j) = (residual(three(), &X), jacobian(three(), &X));
    let expected: Vec<f64> = r.iter().zip(weights).map(|(ri, w)| w * ri).collect();
    assert_eq!(residual(&problem, &X), expected);
    let expected = Mat::from_fn(3, 3, |row, col| weights[row] * j[(row, col)]);
    assert_eq!(jacobian(&problem, &X), expected);
    assert_eq!(problem.constant_norm(), 5.0);
    assert_eq!(problem.weights(), &weights);

    let by_sigmas = Weighted::from_sigmas(three(), &[2.0, 8.0, 0.25]).unwrap();
    assert_eq!(by_sigmas.weights(), &[0.5, 0.125, 4.0]);
}

fn message<P>(result: Result<P>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn bad_weights_are_refused_with_their_place() {
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        let error = message(Weighted::new(three(), &[1.0, weight, 1.0]));
        let expected =
            format!("Weighted: weights must be at least 0 and finite, but entry 1 is {weight}");
        assert_eq!(error, expected);
    }
    // 1/σ of the last one exceeds the range.
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310] {
        let error = message(Weighted::from_sigmas(three(), &[1.0, 1.0, sigma]));
        let expected = format!(
            "Weighted: sigmas must be positive and finite with a finite 1/σ, but entry 2 is {sigma:e}"
        );
        assert_eq!(error, expected);
    }
    let error = message(Weighted::new(three(), &[1.0; 2]));
    assert_eq!(error, "Weighted: weights must have 3 entries, but it has 2");
    let error = message(Weighted::from_sigmas(three(), &[1.0; 4]));
    assert_eq!(error, "Weighted: sigmas must have 3 entries, but it has 4");
}

#[test]
fn a_weight_of_zero_does_not_hide_what_is_not_finite() {
    let nan = ClosureResidual::new(1, 1, |_: &[f64], r: &mut [f64]| r[0] = f64::NAN).unwrap();
    let problem = Weighted::new(FiniteDifferences::central(nan), &[0.0]).unwrap();
    assert!(residual(&problem, &[1.0])[0].is_nan());
}

#[test]
fn fixed_parameters_are_held() {
    let problem = FixedParameters::new(three(), &[(1, -2.0)]).unwrap();
    assert_eq!(problem.free(), &[0, 2]);
    assert_eq!(problem.free_start(&X), Ok(vec![1.5, 0.75]));
    assert_eq!(problem.expand(&[1.5, 0.75]), Ok(X.to_vec()));
    assert_eq!((problem.residuals(), problem.parameters()), (3, 2));
    assert_eq!(problem.constant_norm(), 5.0);
    assert_eq!(residual(&problem, &[1.5, 0.75]), residual(three(), &X));
    let all = jacobian(three(), &X);
    let expected = Mat::from_fn(3, 2, |row, col| all[(row, [0, 2][col])]);
    assert_eq!(jacobian(&problem, &[1.5, 0.75]), expected);
    assert!(matches!(
        problem.free_start(&[1.0]),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(problem.expand(&X), Err(Error::Shape { .. })));
}

#[test]
fn bad_fixed_parameters_are_refused() {
    let cases: [(&[(usize, f64)], &str); 4] = [
        (
            &[(0, 1.0), (3, 1.0)],
            "must have indices below 3, but one is 3",
        ),
        (
            &[(1, 1.0), (1, 1.0)],
            "must have each index once, but 1 occurs twice",
        ),
        (
            &[(2, f64::NAN)],
            "must have finite values, but that of parameter 2 is NaN",
        ),
        (
            &[(2, 1.0), (0, 1.0), (1, 1.0)],
            "must leave at least one parameter free, but it holds all 3",
        ),
    ];
    for (fixed, detail) in cases {
        let expected = format!("FixedParameters: fixed {detail}");
        assert_eq!(message(FixedParameters::new(three(), fixed)), expected);
        let function = WithoutJacobian(three());
        assert_eq!(
            message(FixedParameters::of_function(function, fixed)),
            expected
        );
    }
}

#[test]
fn no_differences_are_taken_by_fixed_parameters() {
    let count = Cell::new(0);
    let below = Three {
        evaluations: &count,
    };
    let fixed =
        FixedParameters::of_function(WithoutJacobian(&below), &[(0, 1.5), (1, -2.0)]).unwrap();
    assert_eq!(ResidualFunction::constant_norm(&fixed), 5.0);
    let problem = FiniteDifferences::central(fixed);
    let j = jacobian(&problem, &[0.75]);
    assert_eq!(count.get(), 2);
    // −1 and x₂² = 4 by points ε^⅓·x₃ apart. r is linear in x₃. Roundings of at most 2u·7 in r cause an error
    // of twice that over 2·ε^⅓·¾ in the quotient.
    let bound = 14.0 * f64::EPSILON / (1.5 * f64::EPSILON.cbrt());
    for (row, expected) in [0.0, -1.0, 4.0].into_iter().enumerate() {
        assert!((j[(row, 0)] - expected).abs() <= bound);
    }
}

fn all_losses(scale: f64) -> [RobustLoss<f64>; 4] {
    [
        RobustLoss::huber(scale).unwrap(),
        RobustLoss::soft_l1(scale).unwrap(),
        RobustLoss::cauchy(scale).unwrap(),
        RobustLoss::tukey(scale).unwrap(),
    ]
}

/// r at [`X`] is (−3, 0.75, −1), below and above s. r̃² and s²·ρ have errors of a few roundings.
#[test]
fn a_robust_problem_is_the_robust_loss_with_its_jacobian() {
    for loss in all_losses(1.25) {
        let problem = Robust::new(loss, three());
        let r = residual(three(), &X);
        let loss_of_three: f64 = residual(&problem, &X).iter().map(|r| r * r).sum();
        let expected: f64 = r
            .iter()
            .map(|r| 1.5625 * loss.rho((r / 1.25).powi(2)))
            .sum();
        assert!((loss_of_three - expected).abs() <= 32.0 * f64::EPSILON * expected);
        assert!(check_jacobian(&problem, &X).unwrap().is_consistent());
        assert_eq!(problem.constant_norm(), 5.0);
    }
}

#[test]
fn far_outliers_of_tukeys_loss_have_no_rows() {
    let problem = Robust::new(RobustLoss::tukey(2.0).unwrap(), three());
    let j = jacobian(&problem, &X);
    for col in 0..3 {
        assert_eq!(j[(0, col)], 0.0);
    }
    assert!(j[(1, 0)] > 0.5 && j[(2, 1)] != 0.0);
}

#[test]
fn the_residual_is_not_evaluated_twice_at_a_point() {
    let count = Cell::new(0);
    let below = Three {
        evaluations: &count,
    };
    let problem = Robust::new(RobustLoss::cauchy(1.0).unwrap(), below);
    let fresh = |x: &[f64]| {
        let below = Three {
            evaluations: &Cell::new(0),
        };
        jacobian(&Robust::new(RobustLoss::cauchy(1.0).unwrap(), below), x)
    };
    residual(&problem, &X);
    assert_eq!(jacobian(&problem, &X), fresh(&X));
    assert_eq!(count.take(), 1);
    // The residual of another point is evaluated.
    let others = [[1.5, -2.0, 0.5], [1.5, 0.0, 0.5], [1.5, -0.0, 0.5]];
    for x in others {
        assert_eq!(jacobian(&problem, &x), fresh(&x));
        assert_eq!(jacobian(&problem, &x), fresh(&x));
        assert_eq!(count.take(), 1);
    }
}

/// Tukey's loss of ∞ would be finite. Outside its domain, a problem must not look perfect.
#[test]
fn a_robust_loss_does_not_hide_what_is_not_finite() {
    for infinite in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let outside = ClosureResidual::new(1, 1, |_: &[f64], r: &mut [f64]| r[0] = infinite)
            .unwrap()
            .with_jacobian(|_: &[f64], mut j: MatMut<'_, f64>| j[(0, 0)] = 1.0);
        let problem = Robust::new(RobustLoss::tukey(1.0).unwrap(), outside);
        let quantity = Quantity::Loss;
        let termination = Termination::NonFinite { quantity };
        assert_eq!(run(&problem, &[1.0]).termination, termination);
    }
}

/// rᵢ = x − yᵢ.
fn location(y: Vec<f64>) -> impl LeastSquaresProblem<f64> {
    let m = y.len();
    ClosureResidual::new(m, 1, move |x: &[f64], r: &mut [f64]| {
        for (ri, yi) in r.iter_mut().zip(&y) {
            *ri = x[0] - yi;
        }
    })
    .unwrap()
    .with_jacobian(|_: &[f64], mut j: MatMut<'_, f64>| j.fill(1.0))
}

/// ftol is the fraction of the loss below which a decrease is not significant. If a run ends by ftol, its
/// last prediction, ‖J̃δ‖² for the Gauss-Newton step δ, is at most ftol·‖r̃‖².
fn ftol() -> f64 {
    f64::EPSILON.powf(1.5)
}

/// 14 observations of 0 and 6 of x* + d, so that 14·ψ(x*) = 6·ψ(d) for s = 1.
///
/// The gradient g = Σψ at the end has g²/‖J̃‖² ≤ ftol·‖r̃‖² with ‖J̃‖² ≤ 20. x has an error of g/Σψ′, and
/// twice the value at x* is a sufficient bound.
#[test]
fn locations_with_outliers_are_where_the_influences_balance() {
    // With q = 6·ψ(d)/14, that is x = q for Huber's loss, x/√(1 + x²) = q for soft-L1, and x/(1 + x²) = q for
    // Cauchy's.
    let d: f64 = 10.0;
    let q = 3.0 / 7.0 * d / d.hypot(1.0);
    let soft_l1 = q / ((1.0 - q) * (1.0 + q)).sqrt();
    let q = 3.0 / 7.0 * d / (1.0 + d * d);
    let cauchy = 2.0 * q / (1.0 + (1.0 - 4.0 * q * q).sqrt());
    let expected = [3.0 / 7.0, soft_l1, cauchy, 0.0];
    for (loss, expected) in all_losses(1.0).into_iter().zip(expected) {
        let mut y = vec![0.0; 14];
        y.resize(20, expected + d);
        let report = run(&Robust::new(loss, location(y)), &[0.125]);
        assert!(report.termination.is_success(), "{loss:?}: {report:?}");
        let slope = 14.0 * loss.influence_derivative(expected) + 6.0 * loss.influence_derivative(d);
        let bound = 2.0 * (20.0 * ftol() * report.loss).sqrt() / slope;
        let error = (report.parameters[0] - expected).abs();
        assert!(error <= bound, "{loss:?}: {error:e} > {bound:e}");
    }
}

/// y = 2 + 3t/16 at t = 0 … 19 without errors, of which six are wrong by large multiples of 1.
fn line_with_outliers() -> (Vec<f64>, [f64; 2]) {
    let truth = [2.0, 0.1875];
    let mut y: Vec<f64> = (0..20)
        .map(|t| truth[0] + truth[1] * f64::from(t))
        .collect();
    for (t, off) in [
        (1, 40.0),
        (4, 35.0),
        (7, 60.0),
        (11, -30.0),
        (14, 50.0),
        (17, 45.0),
    ] {
        y[t] += off;
    }
    (y, truth)
}

fn line(y: Vec<f64>) -> ClosureResidual<impl Fn(&[f64], &mut [f64])> {
    ClosureResidual::new(y.len(), 2, move |x: &[f64], r: &mut [f64]| {
        for (t, (ri, yi)) in r.iter_mut().zip(&y).enumerate() {
            *ri = x[0] + x[1] * t as f64 - yi;
        }
    })
    .unwrap()
}

/// (JᵀJ)⁻¹ for the rows (1, t^power) of the inliers.
fn inverse_gram(power: i32) -> [[f64; 2]; 2] {
    let inliers = (0..20).filter(|t| ![1, 4, 7, 11, 14, 17].contains(t));
    let columns: Vec<f64> = inliers.map(|t| f64::from(t).powi(power)).collect();
    let (count, sum) = (columns.len() as f64, columns.iter().sum::<f64>());
    let squares: f64 = columns.iter().map(|c| c * c).sum();
    let determinant = count * squares - sum * sum;
    [
        [squares / determinant, -sum / determinant],
        [-sum / determinant, count / determinant],
    ]
}

/// The residuals of the inliers are J·e for an error e of the parameters, and ψ(r) = r·(1 − O(r²)). A run
/// whose largest cosine is 10ε has |Jᵀ(J·e)|ₖ ≤ 10ε·‖J·eₖ‖·‖r̃‖, plus roundings of at most 4u·6 in every
/// residual.
#[test]
fn tukeys_loss_after_hubers_recovers_a_line_with_30_percent_of_outliers() {
    let (y, truth) = line_with_outliers();
    let line = FiniteDifferences::central(line(y));
    let huber = RobustLoss::huber(1.345).unwrap();
    let huber = run(&Robust::new(huber, &line), &[0.0, 0.0]);
    assert!(huber.termination.is_success(), "{huber:?}");
    let pulled = (huber.parameters[0] - truth[0]).abs();
    assert!(pulled > 0.01, "{pulled}");

    let tukey = Robust::new(RobustLoss::tukey(4.685).unwrap(), &line);
    let backend = Faer::default();
    let backend: &dyn Backend<f64> = &backend;
    let control = TrustRegion::new().with_ftol(0.0).unwrap();
    let mut lm = LevenbergMarquardt::new(control, DenseQr::new(backend));
    let budget = Budget::steps(100);
    let tukey = minimize(&mut lm, &tukey, &huber.parameters, &budget, &mut []).unwrap();
    assert!(tukey.termination.is_success(), "{tukey:?}");
    let outliers = 6.0 * 4.685f64.powi(2) / 3.0;
    assert!((tukey.loss - outliers).abs() <= 32.0 * f64::EPSILON * outliers);
    // ‖J·e₁‖ = √14 and ‖J·e₂‖ ≤ √14·19.
    let gradient = [1.0, 19.0].map(|largest: f64| {
        let rounding = 14.0 * largest * 4.0 * f64::UNIT_ROUNDOFF * 6.0;
        10.0 * f64::EPSILON * 14f64.sqrt() * largest * tukey.loss.sqrt() + rounding
    });
    for (k, row) in inverse_gram(1).iter().enumerate() {
        let bound = row[0].abs() * gradient[0] + row[1].abs() * gradient[1];
        let error = (tukey.parameters[k] - truth[k]).abs();
        assert!(error <= bound, "{k}: {error:e} > {bound:e}");
    }
}

/// A curvature is added to the line, and the known slope is fixed. Residuals are in units of σ = 1/4. With rows
/// of J/σ for the inliers, ‖J·e/σ‖² ≤ ftol·‖r̃‖² at the end, so |eₖ|² is at most σ²·(JᵀJ)⁻¹ₖₖ of it.
#[test]
fn all_of_them_compose() {
    let (y, truth) = line_with_outliers();
    let m = y.len();
    let parabola = ClosureResidual::new(m, 3, move |x: &[f64], r: &mut [f64]| {
        for (t, (ri, yi)) in r.iter_mut().zip(&y).enumerate() {
            let t = t as f64;
            *ri = x[0] + t * (x[1] + t * x[2]) - yi;
        }
    });
    let fixed = FixedParameters::of_function(parabola.unwrap(), &[(1, truth[1])]).unwrap();
    let start = fixed.free_start(&[1.0, 0.0, 0.01]).unwrap();
    let differences = FiniteDifferences::central(fixed);
    let weighted = Weighted::from_sigmas(&differences, &vec![0.25; m]).unwrap();
    let huber = Robust::new(RobustLoss::huber(1.345).unwrap(), &weighted);
    let report = run(&huber, &start);
    let tukey = Robust::new(RobustLoss::tukey(4.685).unwrap(), &weighted);
    let report = run(&tukey, &report.parameters);
    assert!(report.termination.is_success(), "{report:?}");
    let found = differences.function().expand(&report.parameters).unwrap();
    assert_eq!(found[1], truth[1]);
    let inverse = inverse_gram(2);
    for (k, expected, variance) in [(0, truth[0], inverse[0][0]), (2, 0.0, inverse[1][1])] {
        let bound = 2.0 * 0.25 * (ftol() * report.loss * variance).sqrt();
        let error = (found[k] - expected).abs();
        assert!(error <= bound, "{k}: {error:e} > {bound:e} {report:?}");
    }
}
