//! The J at the end of a run is not evaluated if the last step was negligible.

use leastwise_core::Scalar;
use leastwise_faer::Faer;
use leastwise_optim::{Curve, FiniteDifferences, Fit, Fitted, covariance};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

fn decay(x: f64, p: &[f64]) -> f64 {
    p[0] * (-p[1] * x).exp() + p[2]
}

fn decay_gradient(x: f64, p: &[f64], g: &mut [f64]) {
    let e = (-p[1] * x).exp();
    g.copy_from_slice(&[e, -p[0] * x * e, 1.0]);
}

struct Data {
    x: Vec<f64>,
    y: Vec<f64>,
    start: [f64; 3],
}

fn draw(m: usize, seed: u64) -> Data {
    let mut random = StdRng::seed_from_u64(seed);
    let truth = [
        random.random_range(1.0..5.0),
        random.random_range(0.3..2.0),
        random.random_range(-1.0..1.0),
    ];
    let noise = 10f64.powf(random.random_range(-4.0..-1.0));
    let x: Vec<f64> = (0..m).map(|i| 4.0 * i as f64 / m as f64).collect();
    let mut y = |&x: &f64| decay(x, &truth) + noise * random.random_range(-1.0..1.0);
    let y = x.iter().map(&mut y).collect();
    let start = truth.map(|p| p * random.random_range(0.7..1.4));
    Data { x, y, start }
}

/// The standard errors that follow from the J at the estimates.
fn errors_of_jacobian(fitted: &Fitted<f64>) -> Vec<f64> {
    let jacobian = fitted.jacobian.as_ref().unwrap();
    let freedom = (jacobian.rows() - jacobian.cols()) as f64;
    let unscaled = covariance(&Faer::default(), jacobian.as_ref(), &[true; 3], None).unwrap();
    let deviation = (fitted.loss / freedom).sqrt();
    unscaled.scaled_by(deviation).standard_errors
}

/// A step of relative length d changes J by about d, and the test for such a step keeps d below 10⁻⁶ standard errors. Central
/// differences have an error of (2u)^⅔ in each column, which the condition of J multiplies.
fn check(fitted: &Fitted<f64>, with_jacobian: &Fitted<f64>, seed: u64) {
    assert!(fitted.is_success(), "{seed}: {fitted}");
    assert_eq!(fitted.parameters, with_jacobian.parameters, "{seed}");
    let errors = fitted.standard_errors();
    for (found, expected) in errors.iter().zip(errors_of_jacobian(with_jacobian)) {
        let off = (found / expected - 1.0).abs();
        assert!(off <= 1e-6, "{seed}: {found} instead of {expected}");
    }
}

#[test]
fn standard_errors_are_those_of_the_estimates() {
    let backend = Faer::default();
    let mut kept = 0;
    for seed in 0..100 {
        let data = draw(30, seed);
        let by_differences = seed % 2 == 0;
        let run = |fit: Fit<'_, f64>| {
            let curve = Curve::new(3, decay, &data.x, &data.y).unwrap();
            if by_differences {
                fit.run(&FiniteDifferences::central(curve), &data.start)
            } else {
                fit.run(&curve.with_gradient(decay_gradient), &data.start)
            }
            .unwrap()
        };
        let fitted = run(Fit::new(&backend));
        check(&fitted, &run(Fit::new(&backend).with_jacobian()), seed);
        // A run that evaluates J at its end has one more than steps.
        kept += usize::from(fitted.counts.jacobians <= fitted.steps);
    }
    assert!(kept >= 50, "{kept}");
}

#[test]
fn so_are_those_of_a_j_that_is_not_stored() {
    let backend = Faer::default();
    for seed in 0..4 {
        let data = draw(90_000, seed);
        let run = |fit: Fit<'_, f64>| {
            let curve = Curve::new(3, decay, &data.x, &data.y).unwrap();
            fit.run(&FiniteDifferences::central(curve), &data.start)
                .unwrap()
        };
        let fitted = run(Fit::new(&backend));
        check(&fitted, &run(Fit::new(&backend).with_jacobian()), seed);
        // The reported loss is that of the reported residuals.
        let loss: f64 = fitted.residuals.iter().map(|r| r * r).sum();
        let rounding = 2.0 * fitted.residuals.len() as f64 * f64::UNIT_ROUNDOFF;
        assert!((fitted.loss / loss - 1.0).abs() <= rounding, "{seed}");
    }
}
