//! Guesses that know standard deviations, outliers, and parameters that are held.

use leastwise_core::Error;
use leastwise_faer::Faer;
use leastwise_models::Model;
use leastwise_optim::{Bounds, Fit, Parameters};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

use super::draws::{Draw, any_number, draw, models};

/// The loss of a fit with one parameter held.
fn loss(model: &Model, data: &Draw, start: &[f64], held: usize) -> Option<f64> {
    let curve = model.curve(&data.x, &data.y).ok()?;
    let bounds = model.bounds();
    let within = |(j, p): (usize, &f64)| p.clamp(bounds.lower()[j], bounds.upper()[j]);
    let start: Vec<f64> = start.iter().enumerate().map(within).collect();
    let start = Parameters::from(&start)
        .with_bounds(model.bounds())
        .with_held(&[held]);
    Some(Fit::new(&Faer::default()).run(&curve, start).ok()?.loss)
}

/// Each parameter in turn is known. The fit of the others ends where the fit from the true parameters ends.
#[test]
fn the_others_are_guessed_beside_a_parameter_that_is_held() {
    for model in models() {
        let (mut best, mut all) = (0, 0);
        let mut missed = Vec::new();
        for seed in 0..6 {
            let data = draw(&model, seed);
            for held in 0..data.truth.len() {
                let value = data.truth[held];
                let search = model.search(&data.x, &data.y).with_held(&[(held, value)]);
                let guess = search.guess().unwrap();
                assert_eq!(guess[held], value, "{model:?}, seed {seed}");
                let reached = loss(&model, &data, &guess, held).unwrap_or(f64::INFINITY);
                let expected = loss(&model, &data, &data.truth, held).unwrap_or(f64::INFINITY);
                all += 1;
                if reached <= expected * (1.0 + 1e-6) {
                    best += 1;
                } else {
                    missed.push((seed, held, reached / expected));
                }
            }
        }
        assert!(
            10 * best >= 9 * all,
            "{model:?}: {best} of {all}, {missed:?}"
        );
    }
}

#[test]
fn data_with_large_sigmas_do_not_decide() {
    for model in models() {
        let mut data = draw(&model, 1);
        let range = data
            .y
            .iter()
            .fold(0.0f64, |largest, y| largest.max(y.abs()));
        let clean = model.guess(&data.x, &data.y).unwrap();
        let mut sigmas = vec![1e-3; data.x.len()];
        // As many wrong data as good ones, at the same places.
        let count = data.x.len();
        for i in 0..count {
            data.x.push(data.x[i]);
            data.y.push(range * [3.0, -5.0, 40.0][i % 3]);
            sigmas.push(1e9);
        }
        let search = model.search(&data.x, &data.y);
        let weighted = search.clone().with_sigmas(&sigmas).guess().unwrap();
        let squares = |p: &[f64]| -> f64 {
            let pairs = data.x.iter().zip(&data.y).take(count);
            pairs.map(|(&x, y)| (model.value(x, p) - y).powi(2)).sum()
        };
        // The places are the same, so the candidates are, up to their number.
        let (found, expected) = (squares(&weighted), squares(&clean));
        assert!(found <= 1.5 * expected, "{model:?}: {found} {expected}");
        // The unit of the standard deviations does not matter.
        let scaled: Vec<f64> = sigmas.iter().map(|sigma| sigma * 2f64.powi(-40)).collect();
        assert_eq!(
            search.clone().with_sigmas(&scaled).guess().unwrap(),
            weighted
        );
        let equal = vec![7.0; data.x.len()];
        let plain = search.guess().unwrap();
        assert_eq!(search.with_sigmas(&equal).guess().unwrap(), plain);
    }
}

/// Three spikes of thirty times the range are the highest peak, but not most of the data.
#[test]
fn outliers_do_not_decide_a_robust_guess() {
    for model in models() {
        let mut data = draw(&model, 2);
        let truth = data.truth.clone();
        let low = data.y.iter().copied().fold(f64::INFINITY, f64::min);
        let high = data.y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = |p: &[f64], y: &[f64]| -> f64 {
            let pairs = data.x.iter().zip(y);
            pairs.map(|(&x, y)| (model.value(x, p) - y).abs()).sum()
        };
        let clean = data.y.clone();
        let count = data.y.len();
        for i in [count / 7, count / 2, count - 3] {
            data.y[i] = high + 30.0 * (high - low);
        }
        let robust = model.search(&data.x, &data.y).robust().guess().unwrap();
        // Of the data without the spikes, the guess misses not much more than the truth does.
        let (found, expected) = (sum(&robust, &clean), sum(&truth, &clean));
        assert!(
            found <= 2.5 * expected,
            "{model:?}: {found} {expected} {robust:?} {truth:?}"
        );
    }
}

/// Random bounds around the truth: what is not linear is within them.
#[test]
fn candidates_are_within_bounds() {
    for model in models() {
        let linear = ["a", "a1", "a2", "c", "bottom", "top", "vmax"];
        let names = model.parameters();
        for seed in 0..6 {
            let data = draw(&model, seed);
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let mut bounds = Bounds::none(names.len());
            for (j, p) in data.truth.iter().enumerate() {
                // The phase of a spectrum follows by linear least squares.
                if !linear.contains(&&names[j][..]) && names[j] != "phi" {
                    let reach = p.abs() * rng.random_range(0.3..2.0);
                    bounds = bounds.with(j, p - reach, p + reach).unwrap();
                }
            }
            let guess = model
                .search(&data.x, &data.y)
                .with_bounds(&bounds)
                .guess()
                .unwrap();
            assert!(
                bounds.contains(&guess),
                "{model:?}, seed {seed}: {guess:?} {bounds:?}"
            );
        }
    }
    // A peak of the other sign than the best one.
    let data = draw(&Model::gaussian(), 5);
    let gaussian = Model::gaussian();
    let best = gaussian.guess(&data.x, &data.y).unwrap();
    let other_sign = -1e9 * best[0].signum();
    let bounds = Bounds::none(4)
        .with(0, other_sign.min(0.0), other_sign.max(0.0))
        .unwrap();
    let other = gaussian
        .search(&data.x, &data.y)
        .with_bounds(&bounds)
        .guess()
        .unwrap();
    assert!(other[0] * best[0] <= 0.0, "{other:?} {best:?}");
    // The grid has no candidate between these bounds.
    let data = draw(&Model::gaussian(), 0);
    let far = Bounds::none(4).with(2, 1e200, 1e201).unwrap();
    let gaussian = Model::gaussian();
    let search = gaussian.search(&data.x, &data.y);
    assert!(search.clone().with_bounds(&far).guess().is_ok());
    let other = search.with_bounds(&Bounds::none(3)).guess().unwrap_err();
    assert!(other.to_string().contains("bounds"), "{other}");
}

#[test]
fn mistakes_are_named() {
    let x: Vec<f64> = (1..=12).map(f64::from).collect();
    let y: Vec<f64> = x.iter().map(|x| x.sqrt()).collect();
    let gaussian = Model::gaussian();
    let message = |held: &[(usize, f64)]| {
        let search = gaussian.search(&x, &y).with_held(held);
        search.guess().unwrap_err().to_string()
    };
    assert!(message(&[(4, 1.0)]).contains("held parameters must be below 4, but there is 4"));
    assert!(message(&[(0, f64::NAN)]).contains("held parameters"));
    let power = Model::power();
    let search = power.search(&x, &y).with_held(&[(1, 1e6)]);
    let nothing = search.guess().unwrap_err().to_string();
    assert!(
        nothing.contains("beside b = 1000000, but no start was found"),
        "{nothing}"
    );
    for sigmas in [
        &[1.0][..],
        &[0.0; 12],
        &[-1.0; 12],
        &[f64::NAN; 12],
        &[f64::INFINITY; 12],
    ] {
        let found = gaussian.search(&x, &y).with_sigmas(sigmas).guess();
        assert!(
            matches!(
                found,
                Err(Error::Shape { .. } | Error::InvalidArgument { .. })
            ),
            "{sigmas:?}"
        );
    }
    // Two parameters need two values of x.
    let search = gaussian
        .search(&x[..2], &y[..2])
        .with_held(&[(1, 3.0), (2, 2.0)]);
    assert!(search.guess().is_ok());
}

/// Whatever is known about any data, a guess is finite, with what is held, or refused.
#[test]
fn a_search_of_any_data_is_finite_or_refused() {
    for seed in 0..150 {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let count = rng.random_range(1..25);
        let exponent = [0, 10, 100, 300][rng.random_range(0..4)];
        let mut number = || any_number(&mut rng, exponent);
        let x: Vec<f64> = (0..count).map(|_| number()).collect();
        let y: Vec<f64> = (0..count).map(|_| number()).collect();
        let sigmas: Vec<f64> = (0..count)
            .map(|_| number().abs() + f64::MIN_POSITIVE)
            .collect();
        let values: Vec<f64> = (0..9).map(|_| number()).collect();
        for model in Model::all() {
            let count = model.parameters().len();
            let held: Vec<(usize, f64)> = (0..count)
                .filter(|_| rng.random_bool(0.3))
                .map(|j| (j, values[j]))
                .collect();
            let mut search = model.search(&x, &y).with_held(&held);
            if rng.random_bool(0.5) {
                search = search.with_sigmas(&sigmas);
            }
            // A robust search of four exponentials has many candidates.
            if rng.random_bool(0.5) && count < 7 {
                search = search.robust();
            }
            if let Ok(guess) = search.guess() {
                assert!(
                    guess.iter().all(|p| p.is_finite()),
                    "seed {seed}: {model:?} {guess:?}"
                );
                assert!(
                    held.iter().all(|&(j, value)| guess[j] == value),
                    "seed {seed}: {model:?}"
                );
            }
        }
    }
}
