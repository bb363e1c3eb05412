//! Valleys that lead to infinity, and minima that look like one.

use leastwise_faer::Faer;
use leastwise_optim::{Curve, FiniteDifferences, Fit, Fitted};

use crate::draws::Draws;

type Model = fn(f64, &[f64]) -> f64;

/// p₀·s(p₁·x) for functions s that approach ±1 exponentially, as 1/x², and as 1/x.
const SIGMOIDS: [(&str, Model); 4] = [
    ("tanh", |x, p| p[0] * (p[1] * x).tanh()),
    ("u/sqrt(1 + u^2)", |x, p| {
        let u = p[1] * x;
        p[0] * u / (1.0 + u * u).sqrt()
    }),
    ("atan", |x, p| p[0] * (p[1] * x).atan()),
    ("u/(1 + |u|)", |x, p| {
        let u = p[1] * x;
        p[0] * u / (1.0 + u.abs())
    }),
];

fn fit(n: usize, model: Model, (x, y): (&[f64], &[f64]), start: &[f64]) -> Fitted<f64> {
    let curve = Curve::new(n, model, x, y).unwrap();
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    fit.run(&FiniteDifferences::central(curve), start).unwrap()
}

/// The steepness p₁ of a sigmoid through a step is infinite. The loss approaches its infimum, and a finite p₁ is never a
/// minimum.
#[test]
fn no_steepness_of_a_step_is_a_success() {
    let mut draws = Draws(7);
    for round in 0..100 {
        let points = 2 + round % 6;
        let right: Vec<f64> = (0..points).map(|_| 0.5 + 2.0 * draws.draw()).collect();
        let x: Vec<f64> = right
            .iter()
            .map(|x| -x)
            .chain(right.iter().copied())
            .collect();
        let (height, middle) = (0.3 + draws.draw(), 0.2 + draws.draw());
        let y: Vec<f64> = x.iter().map(|x| middle + height * x.signum()).collect();
        let start = [0.2 + draws.draw(), 10f64.powf(2.0 * draws.draw() - 1.0)];
        for (name, model) in SIGMOIDS {
            let fitted = fit(2, model, (&x, &y), &start);
            let ended = (fitted.termination, &fitted.parameters);
            assert!(
                !fitted.is_success(),
                "{round}, {name} from {start:?}: {ended:?}"
            );
        }
    }
}

/// The same sigmoids, through points of one with a finite steepness.
#[test]
fn a_finite_steepness_is_a_success() {
    let mut draws = Draws(11);
    for round in 0..100 {
        let x: Vec<f64> = (0..12).map(|i| -2.75 + 0.5 * f64::from(i)).collect();
        let truth = [0.5 + draws.draw(), 0.5 + draws.draw()];
        for (name, model) in SIGMOIDS {
            let noise = x
                .iter()
                .map(|_| 0.02 * (draws.draw() - 0.5))
                .collect::<Vec<_>>();
            let y = x
                .iter()
                .zip(noise)
                .map(|(&x, e)| 0.3 + e + model(x, &truth));
            let y: Vec<f64> = y.collect();
            let start = truth.map(|p| p * (0.7 + 0.6 * draws.draw()));
            let fitted = fit(2, model, (&x, &y), &start);
            let ended = (fitted.termination, &fitted.parameters);
            assert!(
                fitted.is_success(),
                "{round}, {name} from {start:?}: {ended:?}"
            );
        }
    }
}

/// The loss is flat where a parameter is nearly 0, and rises where it is large. It is a minimum all the same.
#[test]
fn a_parameter_that_is_nearly_zero_is_a_success() {
    const MODELS: [(&str, usize, Model); 3] = [
        ("line", 2, |x, p| p[0] + p[1] * x),
        ("parabola", 3, |x, p| p[0] + p[1] * x + p[2] * x * x),
        ("decay", 3, |x, p| p[0] * (-p[1] * x).exp() + p[2]),
    ];
    let mut draws = Draws(13);
    for round in 0..100 {
        let x: Vec<f64> = (0..20).map(|i| 0.2 * f64::from(i)).collect();
        for (name, n, model) in MODELS {
            // The last parameter is a small multiple of what the others leave undetermined.
            let mut truth = vec![2.0, 0.7, 0.0];
            truth.truncate(n);
            truth[n - 1] = 10f64.powf(-14.0 * draws.draw()) * (draws.draw() - 0.5);
            let y: Vec<f64> = x.iter().map(|&x| model(x, &truth)).collect();
            let even: Vec<f64> = y
                .iter()
                .enumerate()
                .map(|(i, y)| y + 0.1 * [1.0, -1.0, -1.0, 1.0][i % 4])
                .collect();
            let small = 10f64.powf(-12.0 * draws.draw());
            let start: Vec<f64> = truth
                .iter()
                .map(|p| if p.abs() < 0.6 { small } else { 0.8 * p })
                .collect();
            for y in [&y, &even] {
                let fitted = fit(n, model, (&x, y), &start);
                let ended = (fitted.termination, &fitted.parameters);
                assert!(
                    fitted.is_success(),
                    "{round}, {name} from {start:?}: {ended:?}"
                );
            }
        }
    }
}

/// From these starts, one run ends in a valley to infinity. Runs with other first steps reach the minimum.
#[test]
fn a_run_that_ended_in_a_valley_starts_again() {
    let decay: Model = |t, p| p[0] * (-t / p[1]).exp() + p[2];
    let truth = [400.0, 7.0, 20.0];
    let t: Vec<f64> = (0..30).map(f64::from).collect();
    let y: Vec<f64> = t.iter().map(|&t| decay(t, &truth)).collect();
    let sigmas: Vec<f64> = y.iter().map(|y| y.sqrt()).collect();
    let backend = Faer::default();
    for start in [[1.0, 5.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.1, 1.0]] {
        for is_weighted in [false, true] {
            let mut curve = Curve::new(3, decay, &t, &y).unwrap();
            if is_weighted {
                curve = curve.with_sigmas(&sigmas).unwrap();
            }
            let fit = Fit::new(&backend);
            let fitted = fit.run(&FiniteDifferences::central(curve), &start).unwrap();
            assert!(fitted.is_success(), "{start:?}: {:?}", fitted.termination);
            // The data are exact to u·|y|, and the condition number of this J is below 100.
            for (p, truth) in fitted.parameters.iter().zip(truth) {
                assert!(
                    (p - truth).abs() <= 1e-12 * truth,
                    "{start:?}: {p} for {truth}"
                );
            }
        }
    }
}
