//! A dose-response curve with a quarter of gross outliers: least squares, Huber, Tukey.
//!
//! ```console
//! $ cargo run --release -p leastwise --example robust_fit -- robust-fit.png
//! ```

use std::error::Error;
use std::path::Path;

use leastwise::{
    Curve, Faer, FiniteDifferences, Fit, Fitted, Parameters, RobustLoss, robust_scale,
};
use leastwise_report::{Axis, Chart, Kind, Look, Series};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

mod plot;

const NAMES: [&str; 4] = ["bottom", "top", "log EC50", "Hill slope"];
/// The true parameters of the data.
pub(crate) const TRUTH: [f64; 4] = [5.0, 100.0, 0.5, 1.2];
/// Values read from a plot of the data.
const START: [f64; 4] = [0.0, 80.0, 0.0, 1.0];
/// The standard deviation of the good data, which the fits do not know.
const NOISE: f64 = 3.0;

/// Tukey's loss of this many standard deviations has 95 % efficiency for normal errors.
const TUKEY: f64 = 4.685;

/// y = bottom + (top − bottom)/(1 + 10^(slope·(log EC50 − x))), x the logarithm of the dose.
fn response(x: f64, p: &[f64]) -> f64 {
    p[0] + (p[1] - p[0]) / (1.0 + 10f64.powf(p[3] * (p[2] - x)))
}

/// Logarithms of doses, responses, and which of them failed.
fn measure() -> (Vec<f64>, Vec<f64>, Vec<bool>) {
    let mut rng = ChaCha12Rng::seed_from_u64(8);
    let doses: Vec<f64> = plot::spaced(&(-2.0..3.0), 48).collect();
    let failed: Vec<bool> = doses.iter().map(|_| rng.random_bool(0.25)).collect();
    let responses = doses.iter().zip(&failed).map(|(&x, &failed)| {
        if failed {
            return rng.random_range(0.0..60.0);
        }
        let noise: f64 = rng.sample(StandardNormal);
        response(x, &TRUTH) + NOISE * noise
    });
    let responses = responses.collect();
    (doses, responses, failed)
}

/// The fits by least squares, Huber's and Tukey's loss.
pub(crate) fn run(picture: &Path) -> Result<[Fitted<f64>; 3], Box<dyn Error>> {
    let (x, y, failed) = measure();
    let fits = fit(&x, &y)?;
    let [squares, huber, tukey] = &fits;
    let scale = robust_scale(&huber.residuals)?;
    println!("Least squares:\n\n{squares}\n");
    println!("Huber:\n\n{huber}\n");
    println!("Tukey, started from the result of Huber:\n\n{tukey}\n");
    let limit = TUKEY * scale;
    let rejected: Vec<bool> = tukey.residuals.iter().map(|r| r.abs() > limit).collect();
    println!(
        "{} of {} data have no influence on this fit; {} wells failed",
        count(&rejected),
        x.len(),
        count(&failed)
    );
    println!(
        "the median of Huber's residuals gives σ = {scale:.2}; the good data have σ = {NOISE}"
    );
    draw(picture, (&x, &y), &rejected, &fits)?;
    println!("drawn to {}", picture.display());
    Ok(fits)
}

fn count(flags: &[bool]) -> usize {
    flags.iter().filter(|&&flag| flag).count()
}

fn fit(x: &[f64], y: &[f64]) -> Result<[Fitted<f64>; 3], Box<dyn Error>> {
    let curve = FiniteDifferences::central(Curve::new(4, response, x, y)?);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let from = |start: &[f64]| Parameters::from(start).with_names(&NAMES);

    let squares = fit.run(&curve, from(&START))?;

    // Outliers affect the least-squares fit, so its residuals give a scale that is too large, but
    // it is good enough to begin with. They affect each robust fit less, so its residuals give a
    // better scale.
    let mut huber = squares.clone();
    for _ in 0..10 {
        let loss = RobustLoss::huber(1.345 * robust_scale(&huber.residuals)?)?;
        let robust = fit.clone().with_loss(loss);
        huber = robust.run(&curve, from(&huber.parameters))?;
    }

    // Tukey's loss has several minima, so the fit starts from the result of Huber.
    let scale = robust_scale(&huber.residuals)?;
    let loss = RobustLoss::tukey(TUKEY * scale)?;
    let tukey = fit.with_loss(loss).run(&curve, from(&huber.parameters))?;
    Ok([squares, huber, tukey])
}

fn draw(
    picture: &Path,
    (x, y): (&[f64], &[f64]),
    rejected: &[bool],
    [squares, huber, tukey]: &[Fitted<f64>; 3],
) -> Result<(), Box<dyn Error>> {
    let range = -2.15..3.15;
    let curve_of = |p: &[f64]| {
        let curve = plot::spaced(&range, 300).map(|x| (x, response(x, p)));
        curve.collect::<Vec<_>>()
    };
    let data = |wanted: bool| {
        let chosen = (0..x.len()).filter(move |&i| rejected[i] == wanted);
        chosen.map(move |i| (x[i], y[i]))
    };
    let curve = |name, look, p: &[f64]| Series::new(name, look, curve_of(p));
    let points = |name, look, wanted| Series::new(name, look, data(wanted)).kind(Kind::Markers);
    let (x_axis, y_axis) = (
        Axis::linear("log₁₀ of the dose / µM"),
        Axis::linear("response / %"),
    );
    // The first lies on top.
    let chart = Chart {
        series: vec![
            points("without influence under Tukey", Look::new(3), true),
            points("data", Look::new(6), false),
            curve("Tukey", Look::new(0), &tukey.parameters),
            curve("Huber", Look::new(2), &huber.parameters),
            curve("least squares", Look::new(1), &squares.parameters),
            curve("truth", Look::new(5), &TRUTH),
        ],
        ..Chart::new("", x_axis, y_axis)
    };
    plot::write(picture, "A quarter of the data are wrong", [chart])
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&plot::path()?).map(drop)
}
