//! Fits within bounds, with fixed parameters, and with robust losses.

use std::cell::Cell;

use leastwise_core::Scalar;
use leastwise_faer::Faer;
use leastwise_optim::{
    Bounded, Bounds, Curve, FiniteDifferences, Fit, Fitted, LeastSquaresProblem, ParameterState,
    Parameters, RobustLoss, Sigma,
};

const INFINITY: f64 = f64::INFINITY;
const T: [f64; 8] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
/// Data near 1 + 0.5·t.
const Y: [f64; 8] = [1.1, 1.4, 2.1, 2.4, 3.1, 3.4, 4.1, 4.4];

fn line(t: f64, p: &[f64]) -> f64 {
    p[0] + p[1] * t
}

fn line_gradient(t: f64, _: &[f64], g: &mut [f64]) {
    (g[0], g[1]) = (1.0, t);
}

fn line_problem(y: &[f64]) -> impl LeastSquaresProblem<f64> + '_ {
    let curve = Curve::new(2, line, &T[..y.len()], y).unwrap();
    curve.with_gradient(line_gradient)
}

/// If the intercept is fixed or at a bound, slope = Σt(y − a)/Σt², with variance s²/Σt² for m − 1 degrees of
/// freedom.
fn check_slope_alone(fitted: &Fitted<f64>, intercept: f64) {
    let squares: f64 = T.iter().map(|t| t * t).sum();
    let slope = T
        .iter()
        .zip(Y)
        .map(|(t, y)| t * (y - intercept))
        .sum::<f64>()
        / squares;
    let residuals = T.iter().zip(Y).map(|(t, y)| intercept + slope * t - y);
    let loss: f64 = residuals.map(|r| r * r).sum();
    // A few roundings in sums of 8 terms. The error of the run is ε^0.7 standard errors.
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-11 * b.abs();
    assert!(close(fitted.parameters[1], slope), "{fitted:?}");
    assert!(close(
        fitted.standard_errors()[1],
        (loss / 7.0 / squares).sqrt()
    ));
    assert_eq!(fitted.parameters[0], intercept);
    assert_eq!(
        (fitted.standard_errors()[0], fitted.degrees_of_freedom),
        (0.0, 7)
    );
    assert_eq!((fitted.rank(), fitted.is_full_rank()), (1, true));
    assert_eq!((fitted.residuals.len(), &fitted.jacobian), (8, &None));
    assert!(fitted.is_success());
}

#[test]
fn a_parameter_at_its_bound_or_held_counts_as_known() {
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let bounds = Bounds::none(2).with(0, 1.25, INFINITY).unwrap();
    let start = Parameters::from(&[2.0, 0.0]).with_bounds(bounds.clone());
    let at_bound = fit.run(&line_problem(&Y), start).unwrap();
    check_slope_alone(&at_bound, 1.25);
    assert_eq!(at_bound.states[0], ParameterState::AtLowerBound);
    let text = at_bound.to_string();
    assert!(text.contains("at its lower bound"), "{text}");

    let start = Parameters::from(&[0.75, 3.0]).with_held(&[0]);
    let held = fit.run(&line_problem(&Y), start).unwrap();
    check_slope_alone(&held, 0.75);
    assert_eq!(held.states, [ParameterState::Fixed, ParameterState::Free]);
    assert!(held.to_string().contains("fixed"));

    // The bounds of a problem have the same effect. Both together leave the other parameter free.
    let problem = Bounded::new(line_problem(&Y), bounds).unwrap();
    let start = Parameters::from(&[2.0, 0.4]).with_held(&[1]);
    let both = fit.run(&problem, start).unwrap();
    assert_eq!(both.states, [ParameterState::Free, ParameterState::Fixed]);
    let mean = T.iter().zip(Y).map(|(t, y)| y - 0.4 * t).sum::<f64>() / 8.0;
    assert!((both.parameters[0] - mean).abs() <= 1e-11 * mean);
}

#[test]
fn restrictions_that_cannot_be_are_refused_before_anything_is_evaluated() {
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let calls = Cell::new(0);
    let model = |t: f64, p: &[f64]| {
        calls.set(calls.get() + 1);
        line(t, p)
    };
    let curve = || {
        Curve::new(2, model, &T, &Y)
            .unwrap()
            .with_gradient(line_gradient)
    };
    let message = |start: Parameters<f64>| fit.run(&curve(), start).unwrap_err().to_string();
    let starting = |start: &[f64; 2]| Parameters::from(start);
    let bounds = Bounds::new(&[0.0, 0.0], &[1.0, 1.0]).unwrap();
    assert_eq!(
        message(starting(&[0.5, 1.5]).with_bounds(bounds)),
        "Fit: start must be within the bounds, but entry 1 is 1.5, and its bounds are 0 and 1"
    );
    let bounds = Bounds::new(&[0.0], &[1.0]).unwrap();
    assert_eq!(
        message(starting(&[0.5, 0.5]).with_bounds(bounds)),
        "Fit: bounds must have 2 entries, but it has 1"
    );
    for (fixed, text) in [
        (
            vec![2],
            "FixedParameters: fixed must have indices below 2, but one is 2",
        ),
        (
            vec![1, 1],
            "FixedParameters: fixed must have each index once, but 1 occurs twice",
        ),
        (
            vec![0, 1],
            "FixedParameters: fixed must leave at least one parameter free, but it holds all 2",
        ),
    ] {
        assert_eq!(message(starting(&[0.5, 0.5]).with_held(&fixed)), text);
    }
    assert_eq!(calls.get(), 0);
    // One residual is enough for one free parameter.
    let one = starting(&[0.0, 0.5]).with_held(&[1]);
    let fitted = fit.run(&line_problem(&Y[..1]), one).unwrap();
    assert_eq!(fitted.parameters, [1.1, 0.5]);
}

/// If no residual is an outlier for the loss, the estimated location is the mean, and Huber's formula for the
/// covariance is that of least squares: ψ(r) = r, ψ′ = 1, K = 1.
#[test]
fn a_robust_loss_that_sees_no_outlier_is_least_squares() {
    let backend = Faer::default();
    let problem = line_problem(&Y);
    let plain = Fit::new(&backend).run(&problem, &[0.0, 0.0]).unwrap();
    let huber = RobustLoss::huber(10.0).unwrap();
    for sigma in [Sigma::Relative, Sigma::Absolute] {
        let robust = Fit::new(&backend).with_loss(huber).with_sigma_scale(sigma);
        let robust = robust.run(&problem, &[0.0, 0.0]).unwrap();
        for j in 0..2 {
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-11 * b.abs();
            assert!(close(robust.parameters[j], plain.parameters[j]));
            assert!(close(
                robust.standard_errors()[j],
                plain.standard_errors()[j]
            ));
        }
        assert!(robust.to_string().contains("Huber loss with scale 10"));
    }
}

/// Huber's loss of a location p with s = 1. Four data are −¼, ¼, −¼, ¼, and one is 100. Σψ = 0 for 4p = 1,
/// with ψ = r inside and −1 for the outlier. Then Σψ² = 4/16 + 4p² + 1 = 1.5, mean ψ′ = ⅘, var ψ′ = 4/25 and
/// K = 1 + (1/5)·(4/25)/(16/25) = 1.05.
#[test]
fn standard_errors_of_a_huber_fit_are_those_of_the_formula() {
    let y = [-0.25, 0.25, -0.25, 0.25, 100.0];
    let location = Curve::new(1, |_: f64, p: &[f64]| p[0], &T[..5], &y).unwrap();
    let location = location.with_gradient(|_, _, g: &mut [f64]| g[0] = 1.0);
    let backend = Faer::default();
    let fit = Fit::new(&backend).with_loss(RobustLoss::huber(1.0).unwrap());
    let fitted = fit.run(&location, &[0.0]).unwrap();
    let loss = 4.0 / 16.0 + 4.0 / 16.0 + (2.0 * 99.75 - 1.0);
    assert!((fitted.loss - loss).abs() <= 1e-13 * loss);
    // ε^0.7 of ‖r̃‖/‖J̃·e₁‖ = √loss/2.
    assert!((fitted.parameters[0] - 0.25).abs() <= 1e-11 * loss.sqrt());
    let deviation = 1.05 * (1.5f64 / 4.0).sqrt() / 0.8;
    let error = deviation / 5f64.sqrt();
    assert!((fitted.standard_errors()[0] - error).abs() <= 1e-9 * error);
    assert_eq!(fitted.residuals[4], fitted.parameters[0] - 100.0);
}

/// exp(−p₁·t) + p₂ with p₂ = 0, from a start with another p₂. Steps in proportion to p₂ would vanish. The
/// data have no errors, so the residual is rounding, and the derivatives have errors of at most 1e-5.
#[test]
fn a_parameter_that_is_zero_does_not_spoil_the_differences() {
    let y: Vec<f64> = T
        .iter()
        .map(|t| 3.0 * (-0.5 * t).exp() + 0.01 * (t - 3.5).sin())
        .collect();
    let model = |t: f64, p: &[f64]| {
        p[0] * (-p[1] * t).exp() + p[2] * t * (t - 7.0) + 0.01 * (t - 3.5).sin()
    };
    let backend = Faer::default();
    let curve = FiniteDifferences::central(Curve::new(3, model, &T, &y).unwrap());
    let fitted = Fit::new(&backend)
        .with_jacobian()
        .run(&curve, &[1.0, 1.0, 0.1])
        .unwrap();
    assert!(fitted.is_success(), "{fitted}");
    assert_eq!(fitted.rank(), 3);
    assert!(fitted.parameters[2].abs() < 1e-12, "{fitted}");
    let unit = f64::UNIT_ROUNDOFF;
    for (i, t) in T.iter().enumerate() {
        let exact = t * (t - 7.0);
        let error = (fitted.jacobian.as_ref().unwrap()[(i, 2)] - exact).abs();
        // Values of about 3 with errors of 4u·3, over steps of ε^⅓·1e-4.
        let bound = 2.0 * 12.0 * unit / (f64::EPSILON.cbrt() * 1e-4);
        assert!(error <= bound, "{i}: {error:e} > {bound:e}");
    }
}

#[test]
fn differences_within_bounds_never_leave_them() {
    let bounds = Bounds::none(2).with(1, 0.0, INFINITY).unwrap();
    let inside = bounds.clone();
    let model = move |t: f64, p: &[f64]| {
        assert!(inside.contains(p), "{p:?}");
        p[0] * (t + 1.0).powf(-p[1].sqrt())
    };
    // The data grow, and no decay can fit them, so the rate ends at 0.
    let curve = || Curve::new(2, &model, &T, &Y).unwrap();
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let bare = FiniteDifferences::central(curve());
    let start = Parameters::from(&[1.0, 0.5]).with_bounds(bounds.clone());
    let inside = Bounded::of_function(curve(), bounds).unwrap();
    let inside = FiniteDifferences::central(inside);
    for fitted in [
        fit.run(&bare, start.clone()),
        fit.run(&inside, start),
        fit.run(&inside, &[1.0, 0.5]),
    ] {
        let fitted = fitted.unwrap();
        assert_eq!(fitted.parameters[1], 0.0);
        assert_eq!(fitted.states[1], ParameterState::AtLowerBound);
    }
}
