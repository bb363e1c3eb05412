//! Models in which two parameters stand for one: a minimum is a curve, and a fit that ends on it is a success.

use leastwise_faer::Faer;
use leastwise_optim::{Curve, FiniteDifferences, Fit, Fitted};

use crate::draws::Draws;

type Model = fn(f64, &[f64]) -> f64;

/// Each model, and that of its independent parameters: the values of these are `independent(p)`.
struct Redundant {
    name: &'static str,
    model: Model,
    reduced: Model,
    independent: fn(&[f64]) -> [f64; 2],
}

/// The first two parameters of each model are redundant.
const MODELS: [Redundant; 8] = [
    Redundant {
        name: "a exp(b + c x)",
        model: |x, p| p[0] * (p[1] + p[2] * x).exp(),
        reduced: |x, q| q[0] * (q[1] * x).exp(),
        independent: |p| [p[0] * p[1].exp(), p[2]],
    },
    Redundant {
        name: "a b/(a + b) x + c",
        model: |x, p| p[0] * p[1] / (p[0] + p[1]) * x + p[2],
        reduced: |x, q| q[0] * x + q[1],
        independent: |p| [p[0] * p[1] / (p[0] + p[1]), p[2]],
    },
    Redundant {
        name: "a b² exp(c x)",
        model: |x, p| p[0] * p[1] * p[1] * (p[2] * x).exp(),
        reduced: |x, q| q[0] * (q[1] * x).exp(),
        independent: |p| [p[0] * p[1] * p[1], p[2]],
    },
    Redundant {
        name: "a/b exp(c x)",
        model: |x, p| p[0] / p[1] * (p[2] * x).exp(),
        reduced: |x, q| q[0] * (q[1] * x).exp(),
        independent: |p| [p[0] / p[1], p[2]],
    },
    Redundant {
        name: "sqrt(a b) x + c",
        model: |x, p| (p[0] * p[1]).sqrt() * x + p[2],
        reduced: |x, q| q[0] * x + q[1],
        independent: |p| [(p[0] * p[1]).sqrt(), p[2]],
    },
    Redundant {
        name: "log(a b) + c x",
        model: |x, p| (p[0] * p[1]).ln() + p[2] * x,
        reduced: |x, q| q[0].ln() + q[1] * x,
        independent: |p| [p[0] * p[1], p[2]],
    },
    Redundant {
        name: "exp(a) exp(b) + c x",
        model: |x, p| p[0].exp() * p[1].exp() + p[2] * x,
        reduced: |x, q| q[0].exp() + q[1] * x,
        independent: |p| [p[0] + p[1], p[2]],
    },
    Redundant {
        name: "a exp(-b/c x)",
        model: |x, p| p[2] * (-p[0] / p[1] * x).exp(),
        reduced: |x, q| q[1] * (-q[0] * x).exp(),
        independent: |p| [p[0] / p[1], p[2]],
    },
];

fn fit(n: usize, model: Model, (x, y): (&[f64], &[f64]), start: &[f64]) -> Option<Fitted<f64>> {
    let curve = Curve::new(n, model, x, y).unwrap();
    let backend = Faer::default();
    Fit::new(&backend)
        .run(&FiniteDifferences::central(curve), start)
        .ok()
}

/// A fit of the model that reaches the loss of the independent parameters says so, and that two are not determined.
#[test]
fn a_minimum_that_is_a_curve_is_a_success() {
    let mut draws = Draws(23);
    let (mut ended, mut refused) = (0, Vec::new());
    for round in 0..60 {
        let x: Vec<f64> = (0..15).map(|i| 0.5 * f64::from(i)).collect();
        let truth = [
            0.5 + 4.0 * draws.draw(),
            0.5 + 4.0 * draws.draw(),
            0.5 * draws.draw() - 0.3,
        ];
        let noise = [0.0, 0.01, 0.2][round % 3];
        for redundant in &MODELS {
            let values: Vec<f64> = x.iter().map(|&x| (redundant.model)(x, &truth)).collect();
            let size = values.iter().fold(0.0f64, |size, y| size.max(y.abs()));
            let noisy = values
                .iter()
                .map(|y| y + noise * size * (draws.draw() - 0.5));
            let y: Vec<f64> = noisy.collect();
            let start = truth.map(|p| p * 10f64.powf(0.8 * draws.draw() - 0.4));
            let Some(fitted) = fit(3, redundant.model, (&x, &y), &start) else {
                continue;
            };
            let independent = (redundant.independent)(&truth);
            let best = fit(2, redundant.reduced, (&x, &y), &independent).unwrap();
            let rounding = 15.0 * (4.0 * f64::EPSILON * size).powi(2);
            let is_best = fitted.loss <= best.loss * (1.0 + 1e-9) + 100.0 * rounding;
            if !is_best || fitted.parameters.iter().any(|p| p.abs() > 1e3) {
                continue;
            }
            ended += 1;
            let errors = fitted.standard_errors();
            if !fitted.is_success() || errors[0].is_finite() || errors[1].is_finite() {
                refused.push((
                    redundant.name,
                    start,
                    fitted.termination,
                    fitted.parameters.clone(),
                ));
            }
        }
    }
    assert!(ended >= 400, "{ended}");
    assert!(
        refused.is_empty(),
        "{} of {ended}: {refused:#?}",
        refused.len()
    );
}
