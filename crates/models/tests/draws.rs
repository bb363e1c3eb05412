//! Random curves of each model, over six orders of magnitude in each scale.

use leastwise_models::Model;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

/// Data with noise, and the parameters of the curve.
pub(crate) struct Draw {
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) truth: Vec<f64>,
}

/// A factor between 1/1000 and 1000.
fn scale(rng: &mut ChaCha12Rng) -> f64 {
    10f64.powf(rng.random_range(-3.0..3.0))
}

fn factor(rng: &mut ChaCha12Rng, most: f64) -> f64 {
    most.powf(rng.random_range(-1.0..1.0))
}

fn sign(rng: &mut ChaCha12Rng) -> f64 {
    if rng.random_bool(0.5) { 1.0 } else { -1.0 }
}

/// `count` values from `low` to `high`: with equal distances, or random.
fn places(rng: &mut ChaCha12Rng, low: f64, high: f64, count: usize) -> Vec<f64> {
    let is_random = rng.random_bool(0.5);
    let mut share = |i: usize| {
        if is_random {
            rng.random::<f64>()
        } else {
            i as f64 / (count - 1) as f64
        }
    };
    (0..count).map(|i| low + share(i) * (high - low)).collect()
}

/// The parameters of a curve, and the values of x over which it changes.
fn curve(model: &Model, rng: &mut ChaCha12Rng) -> (Vec<f64>, Vec<f64>) {
    let count = 60;
    let (a, s) = (scale(rng) * sign(rng), scale(rng));
    let c = scale(rng) * sign(rng);
    let name = model.name();
    match name.as_str() {
        "exponential" => {
            let p = vec![a, s * sign(rng), c];
            let end = s * rng.random_range(2.0..8.0);
            (p, places(rng, 0.0, end, count))
        }
        "exponentials2" => {
            let ratio = rng.random_range(3.0..30.0);
            let p = vec![a, s, a * factor(rng, 3.0) * sign(rng), s * ratio, c];
            let end = s * ratio * rng.random_range(2.0..6.0);
            // Half of the places are where the fast term decays.
            let mut x = places(rng, 0.0, end, count);
            x.extend(places(rng, 0.0, 5.0 * s, count));
            (p, x)
        }
        "gaussian" | "lorentzian" | "pseudo-voigt" | "voigt" => {
            let mu = scale(rng) * sign(rng);
            let reach = [rng.random_range(2.0..12.0), rng.random_range(2.0..12.0)];
            let p = match name.as_str() {
                "pseudo-voigt" => vec![a, mu, s, rng.random(), c],
                "voigt" => vec![a * s, mu, s, s * factor(rng, 3.0), c],
                _ => vec![a, mu, s, c],
            };
            (p, places(rng, mu - reach[0] * s, mu + reach[1] * s, count))
        }
        "logistic" | "gompertz" => {
            let mid = scale(rng) * sign(rng);
            let reach = [rng.random_range(3.0..8.0), rng.random_range(3.0..8.0)];
            (
                vec![a, mid, s * sign(rng)],
                places(rng, mid - reach[0] * s, mid + reach[1] * s, count),
            )
        }
        "4pl" | "5pl" | "hill" | "michaelis-menten" | "weibull" => {
            let n = if name == "michaelis-menten" {
                1.0
            } else {
                rng.random_range(0.5..5.0)
            };
            let p = match name.as_str() {
                "4pl" | "weibull" => vec![c, c + a, s, n],
                "5pl" => vec![c, c + a, s, n, factor(rng, 4.0)],
                "hill" => vec![a, s, n],
                _ => vec![a, s],
            };
            // From where the shape is about 1/100 to where it is about 99/100.
            let reach = 4.6 / n;
            let log = places(rng, -reach, reach, count);
            (p, log.into_iter().map(|t| s * t.exp()).collect())
        }
        "power" => {
            let log = places(rng, -1.5, 1.5, count);
            let b = rng.random_range(0.3..5.0) * sign(rng);
            (vec![a, b], log.into_iter().map(|t| s * t.exp()).collect())
        }
        "arrhenius" => {
            let low = rng.random_range(100.0..1000.0);
            let high = low * rng.random_range(1.2..2.0);
            // The rate changes by a factor of e^0.7 to e^20.
            let change = rng.random_range(0.7..20.0);
            let ea = 8.314 * change / (1.0 / low - 1.0 / high);
            (vec![a, ea], places(rng, low, high, count))
        }
        "sinusoid" | "damped" => {
            let periods = 100f64.powf(rng.random::<f64>());
            let phase = rng.random_range(-3.1..3.1);
            let span = periods * s;
            let p = match name.as_str() {
                "sinusoid" => vec![a, 1.0 / s, phase, c],
                _ => vec![a, 1.0 / s, phase, span * rng.random_range(0.15..2.0), c],
            };
            (p, places(rng, 0.0, span, 400))
        }
        other => panic!("{other} has no draws"),
    }
}

/// A curve with normal noise of 5 % of its range.
pub(crate) fn draw(model: &Model, seed: u64) -> Draw {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let (truth, x) = curve(model, &mut rng);
    let clean: Vec<f64> = x.iter().map(|&x| model.value(x, &truth)).collect();
    let low = clean.iter().copied().fold(f64::INFINITY, f64::min);
    let high = clean.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let noisy = |clean: &f64| {
        let error: f64 = StandardNormal.sample(&mut rng);
        clean + 0.05 * (high - low) * error
    };
    let y = clean.iter().map(noisy).collect();
    Draw { x, y, truth }
}

/// The models that have draws. The data do not determine more than two exponentials.
pub(crate) fn models() -> Vec<Model> {
    let is_determined =
        |model: &Model| !matches!(&model.name()[..], "exponentials3" | "exponentials4");
    Model::all().into_iter().filter(is_determined).collect()
}

/// A number of any kind: zero, a small integer, or one of either sign and of a size up to 10^`exponent`.
pub(crate) fn any_number(rng: &mut ChaCha12Rng, exponent: i32) -> f64 {
    match rng.random_range(0..6) {
        0 => 0.0,
        1 => rng.random_range(0..4).into(),
        2 => rng.random_range(0.0..1.0),
        3 => -rng.random_range(0.0..1.0),
        _ => rng.random_range(0.1..1.0) * 10f64.powi(rng.random_range(-exponent..=exponent)),
    }
}
