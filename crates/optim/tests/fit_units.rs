//! Units change no digit: of y by 10^±100, of x by 10^±12, with the parameters accordingly.

use leastwise_faer::Faer;
use leastwise_optim::{Fitted, fit};

/// A model with the powers of the units of y and x in each of its parameters.
struct Model {
    f: fn(f64, &[f64]) -> f64,
    powers: &'static [(i32, i32)],
    truth: &'static [f64],
    start: &'static [f64],
}

/// In all of them parameters are factors of y or enter as products with x, or as quotients.
const MODELS: [Model; 5] = [
    Model {
        f: |x, p| p[0] + p[1] * x,
        powers: &[(1, 0), (1, -1)],
        truth: &[1.0, 2.0],
        start: &[3.0, 0.5],
    },
    Model {
        f: |x, p| p[0] * (-p[1] * x).exp(),
        powers: &[(1, 0), (0, -1)],
        truth: &[3.0, 0.5],
        start: &[1.0, 1.0],
    },
    Model {
        f: |x, p| p[0] * (-p[1] * x).exp() + p[2],
        powers: &[(1, 0), (0, -1), (1, 0)],
        truth: &[3.0, 0.8, 1.0],
        start: &[1.0, 0.3, 0.5],
    },
    Model {
        f: |x, p| p[0] * x / (p[1] + x),
        powers: &[(1, 0), (0, 1)],
        truth: &[2.0, 1.5],
        start: &[1.0, 1.0],
    },
    Model {
        f: |x, p| p[0] / (1.0 + (p[1] * x) * (p[1] * x)),
        powers: &[(1, 0), (0, -1)],
        truth: &[2.0, 0.7],
        start: &[1.5, 0.4],
    },
];

fn run(model: &Model, seed: u32, (y_unit, x_unit): (f64, f64)) -> (Fitted<f64>, Vec<f64>) {
    let x: Vec<f64> = (0..16).map(|i| 0.3 * f64::from(i)).collect();
    let noise = |x: f64| (12.9898 * x + f64::from(seed)).sin() * 0.03;
    let y: Vec<f64> = x
        .iter()
        .map(|&x| ((model.f)(x, model.truth) + noise(x)) * y_unit)
        .collect();
    let x: Vec<f64> = x.iter().map(|x| x * x_unit).collect();
    let units = model.powers.iter();
    let units: Vec<f64> = units
        .map(|&(y, x)| y_unit.powi(y) * x_unit.powi(x))
        .collect();
    let start: Vec<f64> = model.start.iter().zip(&units).map(|(p, u)| p * u).collect();
    let fitted = fit(&Faer::default(), model.f, &x, &y, &start).unwrap();
    (fitted, units)
}

#[test]
fn powers_of_two_change_no_bit() {
    for (index, model) in MODELS.iter().enumerate() {
        for seed in 0..40 {
            let (plain, _) = run(model, seed, (1.0, 1.0));
            for (y, x) in [
                (332, 40),
                (-332, -40),
                (332, -40),
                (-332, 40),
                (700, 0),
                (-700, 3),
            ] {
                let place = format!("model {index}, seed {seed}, y·2^{y}, x·2^{x}");
                let (other, units) = run(model, seed, (2f64.powi(y), 2f64.powi(x)));
                assert_eq!(other.termination, plain.termination, "{place}");
                assert_eq!(other.counts, plain.counts, "{place}");
                assert_eq!(
                    other.degrees_of_freedom, plain.degrees_of_freedom,
                    "{place}"
                );
                for (j, unit) in units.iter().enumerate() {
                    assert_eq!(
                        other.parameters[j] / unit,
                        plain.parameters[j],
                        "{place}, {j}"
                    );
                    let error = other.standard_errors()[j] / unit;
                    assert_eq!(error, plain.standard_errors()[j], "{place}, {j}");
                }
            }
        }
    }
}

/// Units that are rounded move data and start by u each, and estimates by that times the condition: far less than a
/// millionth of a standard error, which is 1 % of y or more.
#[test]
fn powers_of_ten_change_no_digit() {
    for (index, model) in MODELS.iter().enumerate() {
        for seed in 0..40 {
            let (plain, _) = run(model, seed, (1.0, 1.0));
            assert!(plain.is_success(), "model {index}, seed {seed}: {plain}");
            for (y, x) in [
                (1e100, 1e12),
                (1e-100, 1e-12),
                (1e100, 1e-12),
                (1e-100, 1e12),
            ] {
                let place = format!("model {index}, seed {seed}, y·{y:e}, x·{x:e}");
                let (other, units) = run(model, seed, (y, x));
                assert!(other.is_success(), "{place}: {other}");
                assert_eq!(
                    other.degrees_of_freedom, plain.degrees_of_freedom,
                    "{place}"
                );
                for (j, unit) in units.iter().enumerate() {
                    let error = plain.standard_errors()[j];
                    let off = (other.parameters[j] / unit - plain.parameters[j]).abs();
                    assert!(off <= 1e-6 * error, "{place}, {j}: {off:e} of {error:e}");
                    let off = (other.standard_errors()[j] / unit - error).abs();
                    assert!(off <= 1e-6 * error, "{place}, {j}: error off by {off:e}");
                }
            }
        }
    }
}
