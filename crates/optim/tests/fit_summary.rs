//! The output in the README is that of a fit.

use leastwise_faer::Faer;
use leastwise_optim::{
    Bounds, Curve, FiniteDifferences, Fit, LeastSquaresProblem, Parameters, fit,
};

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_shows_what_is_printed() {
    let x = [
        77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
        760.0,
    ];
    let y = [
        10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
        81.78,
    ];
    let model = |x: f64, p: &[f64]| p[0] * (1.0 - (-p[1] * x).exp());
    let fitted = fit(&Faer::default(), model, &x, &y, &[250.0, 5e-4]).unwrap();
    let text = fitted.to_string();
    // Counts may differ by rounding, and the time differs.
    let (table, counts) = text.rsplit_once('\n').unwrap();
    assert!(README.contains(table), "{text}");
    assert!(counts.contains(" steps, ") && counts.contains(" residual evaluations, "));
}

const X: [f64; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
const Y: [f64; 6] = [5.1, 3.0, 1.9, 1.1, 0.7, 0.5];

/// The text without line ends, because a sentence may have some.
fn sentences(fitted: &leastwise_optim::Fitted<f64>) -> String {
    fitted.to_string().replace('\n', " ")
}

/// If the model does not read a parameter, the summary must not report that data cannot distinguish others.
#[test]
fn the_parameter_without_effect_is_named() {
    let model = |x: f64, p: &[f64]| p[0] * (-p[2] * x).exp();
    let fitted = fit(&Faer::default(), model, &X, &Y, &[1.0, 1.0, 1.0, 7.0]).unwrap();
    let text = sentences(&fitted);
    assert!(
        text.contains("rank 2 of 4: p[1] and p[3] have no effect here"),
        "{text}"
    );
    assert!(!text.contains("cannot distinguish"), "{text}");
    for j in [1, 3] {
        assert_eq!(fitted.standard_errors()[j], f64::INFINITY);
    }
    let decay = |x: f64, p: &[f64]| p[0] * (-p[1] * x).exp();
    let known = fit(&Faer::default(), decay, &X, &Y, &[1.0, 1.0]).unwrap();
    for (j, k) in [(0, 0), (2, 1)] {
        let (found, expected) = (fitted.standard_errors()[j], known.standard_errors()[k]);
        // Two runs, each of which ends within ε^0.75 standard errors of the minimum, and central differences.
        assert!(
            (found / expected - 1.0).abs() < 1e-8,
            "{found} instead of {expected}"
        );
    }
}

/// p₀·exp(p₁ − p₂·x): p₀ and p₁ have the same effect, for derivatives of 15, 9 or 6 digits.
#[test]
fn parameters_that_act_alike_are_named() {
    let model = |x: f64, p: &[f64]| p[0] * (p[1] - p[2] * x).exp();
    let curve = || Curve::new(3, model, &X, &Y).unwrap();
    let exact = curve().with_gradient(|x, p, g| {
        let value = (p[1] - p[2] * x).exp();
        (g[0], g[1], g[2]) = (value, p[0] * value, -p[0] * x * value);
    });
    let central = FiniteDifferences::central(curve());
    let forward = FiniteDifferences::forward(curve());
    let problems: [&dyn LeastSquaresProblem<f64>; 3] = [&exact, &central, &forward];
    for problem in problems {
        let fitted = Fit::new(&Faer::default())
            .run(problem, &[1.0, 0.5, 1.0])
            .unwrap();
        let text = sentences(&fitted);
        assert!(
            text.contains("rank 2 of 3: the data cannot distinguish p[0] and p[1] here"),
            "{text}"
        );
        assert!(!text.contains("no effect"), "{text}");
        let differences = problem.jacobian_error() > f64::EPSILON;
        assert!(
            differences || !text.contains("digits of the derivatives"),
            "{text}"
        );
    }
}

/// At a bound of 0, the amplitude is known, and the rate has no effect.
#[test]
fn a_parameter_at_a_bound_is_named() {
    let growth = |x: f64, p: &[f64]| -p[0] * (-p[1] * x).exp();
    let curve = Curve::new(2, growth, &X, &Y).unwrap();
    let curve = curve.with_gradient(|x, p, g: &mut [f64]| {
        let value = (-p[1] * x).exp();
        (g[0], g[1]) = (-value, p[0] * x * value);
    });
    let bounds = Bounds::none(2).with(0, 0.0, f64::INFINITY).unwrap();
    let start = Parameters::from(&[1.0, 1.0]).with_bounds(bounds);
    let fitted = Fit::new(&Faer::default()).run(&curve, start).unwrap();
    let text = sentences(&fitted);
    assert_eq!(fitted.standard_errors(), [0.0, f64::INFINITY]);
    assert!(
        text.contains("rank 0 of 1: p[1] has no effect here"),
        "{text}"
    );
    assert!(
        text.contains("p[0] is at a bound: standard errors treat it as known"),
        "{text}"
    );
}
