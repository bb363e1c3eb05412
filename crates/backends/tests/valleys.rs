//! Valleys that lead to infinity, and minima that look like one.

use leastwise_core::Error;
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

fn run(
    n: usize,
    model: Model,
    (x, y): (&[f64], &[f64]),
    start: &[f64],
) -> Result<Fitted<f64>, Error> {
    let curve = Curve::new(n, model, x, y)?;
    let backend = Faer::default();
    Fit::new(&backend).run(&FiniteDifferences::central(curve), start)
}

fn fit(n: usize, model: Model, data: (&[f64], &[f64]), start: &[f64]) -> Fitted<f64> {
    run(n, model, data, start).unwrap()
}

fn count(default: usize) -> usize {
    std::env::var("LEASTWISE_STARTS").map_or(default, |count| count.parse().unwrap())
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

/// Peaks and decays from starts that are far off. The run may end in a valley that leads to infinity, where the curve is a
/// parabola or a line. It may also end where both decays are one. Neither is a minimum.
#[test]
fn no_success_is_far_away_or_at_equal_rates() {
    let peak: Model = |x, p| p[0] / (1.0 + ((x - p[1]) / p[2]).powi(2)) + p[3];
    let decays: Model = |x, p| p[0] * (-p[1] * x).exp() + p[2] * (-p[3] * x).exp();
    let saturation: Model =
        |x, p| p[0] * p[1] * x / (1.0 + p[1] * x) + p[2] * p[3] * x / (1.0 + p[3] * x);
    let x: Vec<f64> = (0..41).map(|i| 0.25 * f64::from(i)).collect();
    let mut draws = Draws(17);
    for round in 0..count(150) {
        let u = |draws: &mut Draws, low: f64, high: f64| low + (high - low) * draws.draw();
        let d = &mut draws;
        let of_peak = [
            u(d, 1.0, 100.0),
            u(d, 3.0, 7.0),
            u(d, 0.3, 2.0),
            u(d, -2.0, 5.0),
        ];
        let of_decays = [
            u(d, 1.0, 10.0),
            u(d, 0.1, 0.4),
            u(d, 1.0, 10.0),
            u(d, 1.0, 4.0),
        ];
        let of_saturation = [
            u(d, 1.0, 5.0),
            u(d, 5.0, 30.0),
            u(d, 1.0, 5.0),
            u(d, 0.1, 1.0),
        ];
        let cases = [
            ("peak", peak, of_peak),
            ("decays", decays, of_decays),
            ("saturation", saturation, of_saturation),
        ];
        for (name, model, truth) in cases {
            let noise = 0.05 * truth[0];
            let values = x
                .iter()
                .map(|&x| model(x, &truth) + noise * (draws.draw() - 0.5));
            let y: Vec<f64> = values.collect();
            let start = truth.map(|p| p * 10f64.powf(3.0 * draws.draw() - 1.5));
            let Ok(fitted) = run(4, model, (&x, &y), &start) else {
                continue;
            };
            if !fitted.is_success() {
                continue;
            }
            let p = &fitted.parameters;
            let ended = || format!("{round}, {name} from {start:?}: {p:?}, {:e}", fitted.loss);
            assert!(p.iter().all(|p| p.abs() < 1e6), "{}", ended());
            if name != "peak" && (p[1] - p[3]).abs() <= 1e-3 * p[1].abs() {
                let best = run(4, model, (&x, &y), &truth).unwrap().loss;
                assert!(fitted.loss <= best * (1.0 + 1e-6), "{}: {best:e}", ended());
            }
        }
    }
}

/// An arctangent between whose ends are no points is a hyperbola, which leaves two of its parameters undetermined.
#[test]
fn no_success_is_at_a_hyperbola() {
    let step: Model = |x, p| p[0] * (p[1] * (x - p[2])).atan() + p[3];
    let x: Vec<f64> = (0..31).map(|i| f64::from(i) / 3.0).collect();
    let mut draws = Draws(19);
    let mut wrong = Vec::new();
    for round in 0..count(200) {
        let mut between = |low: f64, high: f64| low + (high - low) * draws.draw();
        let truth = [
            between(1.0, 10.0),
            between(0.3, 5.0),
            between(3.0, 7.0),
            between(-3.0, 3.0),
        ];
        let noise = x.iter().map(|_| 0.4 * between(-1.0, 1.0));
        let noise: Vec<f64> = noise.collect();
        let values = x.iter().zip(noise).map(|(&x, e)| step(x, &truth) + e);
        let y: Vec<f64> = values.collect();
        let start = truth.map(|p| p * 10f64.powf(6.0 * draws.draw() - 3.0));
        let fitted = fit(4, step, (&x, &y), &start);
        let p = &fitted.parameters;
        // There, the arctangent differs from a hyperbola by less than 1e-3 of it. Far beyond, it is a constant, and no longer
        // this kind of valley.
        let hyperbola = 50.0..1e4;
        let u = x.iter().map(|x| p[1] * (x - p[2]));
        let is_hyperbola =
            u.clone().all(|u| hyperbola.contains(&u)) || u.clone().all(|u| hyperbola.contains(&-u));
        if is_hyperbola && fitted.is_success() {
            wrong.push((round, start, p.clone(), fitted.loss));
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:?}", wrong.len());
}
