//! Guesses of data that no model fits are refused, and those of hard data are usable.

use leastwise_core::Error;
use leastwise_models::Model;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

use super::draws::{any_number, draw, models};

#[test]
fn data_that_determine_nothing_are_refused() {
    let x: Vec<f64> = (1..=12).map(f64::from).collect();
    let y: Vec<f64> = x.iter().map(|x| x.sqrt()).collect();
    for model in Model::all() {
        let name = model.name();
        let n = model.parameters().len();
        let message = |x: &[f64], y: &[f64]| model.guess(x, y).expect_err(&name).to_string();
        assert!(message(&[], &[]).contains("at least"), "{name}");
        assert!(
            message(&x[..n - 1], &y[..n - 1]).contains(&format!("at least {n} different")),
            "{name}"
        );
        assert!(message(&[2.0; 12], &y).contains("but it has 1"), "{name}");
        assert!(
            message(&x, &[3.0; 12]).contains("must not be constant"),
            "{name}"
        );
        assert!(
            matches!(model.guess(&x, &y[1..]), Err(Error::Shape { .. })),
            "{name}"
        );
        let mut hole = y.clone();
        hole[5] = f64::NAN;
        assert!(
            matches!(model.guess(&x, &hole), Err(Error::NonFinite { .. })),
            "{name}"
        );
        let mut negative = x.clone();
        negative[3] = -1.0;
        let needs_positive = [
            "4pl",
            "5pl",
            "hill",
            "michaelis-menten",
            "weibull",
            "power",
            "arrhenius",
        ]
        .contains(&&name[..]);
        assert_eq!(
            model.guess(&negative, &y).is_err(),
            needs_positive,
            "{name}"
        );
    }
}

#[test]
fn the_order_and_the_unit_of_data_do_not_matter() {
    for model in models() {
        let data = draw(&model, 3);
        let guess = model.guess(&data.x, &data.y).unwrap();
        let (mut x, mut y) = (data.x.clone(), data.y.clone());
        x.reverse();
        y.reverse();
        assert_eq!(model.guess(&x, &y).unwrap(), guess, "{}", model.name());
        // A power of two changes no digit.
        for exponent in [-900, -30, 40, 900] {
            let unit = 2f64.powi(exponent);
            let scaled: Vec<f64> = data.y.iter().map(|y| y * unit).collect();
            let other = model.guess(&data.x, &scaled).unwrap();
            let loss = |p: &[f64], y: &[f64], unit: f64| {
                let residual = |(x, y): (&f64, &f64)| (model.value(*x, p) - y) / unit;
                data.x
                    .iter()
                    .zip(y)
                    .map(residual)
                    .map(|r| r * r)
                    .sum::<f64>()
            };
            let (a, b) = (loss(&guess, &data.y, 1.0), loss(&other, &scaled, unit));
            assert!(
                (a - b).abs() <= 1e-9 * a,
                "{} in units of 2^{exponent}: {a} {b}",
                model.name()
            );
        }
    }
}

/// Whatever the data are, a guess is finite or refused.
#[test]
fn a_guess_of_any_data_is_finite_or_refused() {
    for seed in 0..200 {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let count = rng.random_range(1..30);
        let exponent = [0, 10, 100, 300][rng.random_range(0..4)];
        let mut number = || any_number(&mut rng, exponent);
        let x: Vec<f64> = (0..count).map(|_| number()).collect();
        let y: Vec<f64> = (0..count).map(|_| number()).collect();
        for model in Model::all() {
            if let Ok(guess) = model.guess(&x, &y) {
                assert!(
                    guess.iter().all(|p| p.is_finite()),
                    "seed {seed}: {model:?} {guess:?}"
                );
                assert!(
                    x.iter().all(|&x| model.value(x, &guess).is_finite()),
                    "seed {seed}: {model:?}"
                );
            }
        }
    }
}

#[test]
fn many_data_are_guessed_from_a_part() {
    let count = 200_000;
    let x: Vec<f64> = (0..count)
        .map(|i| f64::from(i) / f64::from(count))
        .collect();
    // 5000 periods, and a narrow peak.
    let wave: Vec<f64> = x
        .iter()
        .map(|x| 3.0 * (5000.0 * std::f64::consts::TAU * x + 1.0).sin() + 7.0)
        .collect();
    let guess = Model::sinusoid().guess(&x, &wave).unwrap();
    assert!(
        (guess[1] - 5000.0).abs() < 0.1 && (guess[0] - 3.0).abs() < 0.3,
        "{guess:?}"
    );
    let peak: Vec<f64> = x
        .iter()
        .map(|x| (-0.5 * ((x - 0.3) / 0.003).powi(2)).exp() - 2.0)
        .collect();
    let guess = Model::gaussian().guess(&x, &peak).unwrap();
    assert!(
        (guess[1] - 0.3).abs() < 0.003 && (guess[2] / 0.003).ln().abs() < 0.7,
        "{guess:?}"
    );
}

#[test]
fn names_find_models() {
    for model in Model::all() {
        let found = Model::named(&model.name()).unwrap();
        assert_eq!(found.parameters(), model.parameters());
    }
    assert!(Model::named("gauss").is_none());
}
