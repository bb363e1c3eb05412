//! A decaying oscillation: parameters with standard errors, and the uncertainty of the curve.
//!
//! ```console
//! $ cargo run --release -p leastwise --example curve_fit -- curve-fit.png
//! ```

use std::error::Error;
use std::f64::consts::TAU;
use std::path::Path;

use leastwise::{Curve, Faer, Fit, Fitted, Parameters, Sigma, check_jacobian};
use leastwise_report::{Axis, Chart, Kind, Look, Point, Series};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

mod plot;

const NAMES: [&str; 5] = ["amplitude", "lifetime", "frequency", "phase", "offset"];
/// The true parameters of the data.
pub(crate) const TRUTH: [f64; 5] = [2.0, 3.5, 0.6, 0.4, 1.0];
/// Values read from a plot of the data. The frequency matters most: from half of it, the fit ends
/// at another minimum.
const START: [f64; 5] = [1.5, 5.0, 0.55, 0.0, 0.8];

/// y = amplitude·exp(−t/lifetime)·cos(2π·frequency·t + phase) + offset.
fn oscillation(t: f64, p: &[f64]) -> f64 {
    p[0] * (-t / p[1]).exp() * (TAU * p[2] * t + p[3]).cos() + p[4]
}

/// ∂y/∂p.
fn gradient(t: f64, p: &[f64], g: &mut [f64]) {
    let decay = (-t / p[1]).exp();
    let (sin, cos) = (TAU * p[2] * t + p[3]).sin_cos();
    g[0] = decay * cos;
    g[1] = p[0] * decay * cos * t / (p[1] * p[1]);
    g[2] = -p[0] * decay * sin * TAU * t;
    g[3] = -p[0] * decay * sin;
    g[4] = 1.0;
}

/// Times, measurements, and the standard deviations of these.
fn measure() -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut rng = ChaCha12Rng::seed_from_u64(7);
    let times: Vec<f64> = plot::spaced(&(0.0..10.0), 61).collect();
    let sigmas: Vec<f64> = times.iter().map(|t| 0.08 + 0.02 * t).collect();
    let pairs = times.iter().zip(&sigmas);
    let measured = pairs.map(|(&t, &sigma)| {
        let noise: f64 = rng.sample(StandardNormal);
        oscillation(t, &TRUTH) + sigma * noise
    });
    let measured = measured.collect();
    (times, measured, sigmas)
}

fn draw(
    picture: &Path,
    (t, y, sigmas): (&[f64], &[f64], &[f64]),
    fitted: &Fitted<f64>,
) -> Result<(), Box<dyn Error>> {
    let range = -0.2..10.2;
    let covariance = fitted.covariance_matrix();
    let curve = plot::spaced(&range, 500).map(|t| {
        let mut g = [0.0; 5];
        gradient(t, &fitted.parameters, &mut g);
        // The variance of the curve at t is gᵀ·C·g; 1.96 is the normal quantile.
        let terms = (0..25).map(|k| g[k / 5] * covariance[(k / 5, k % 5)] * g[k % 5]);
        let variance: f64 = terms.sum();
        with_error(
            (t, oscillation(t, &fitted.parameters)),
            1.96 * variance.sqrt(),
        )
    });
    let curve: Vec<Point> = curve.collect();
    let data = (0..t.len()).map(|i| with_error((t[i], y[i]), sigmas[i]));
    let fit = curve.iter().map(|point| (point.x, point.y));
    // The first lies on top.
    let chart = Chart {
        series: vec![
            Series::new("data ± one standard deviation", Look::new(6), data).kind(Kind::Markers),
            Series::new("fitted curve", Look::new(1).dash(0), fit),
            Series::new("95 % band of the curve", Look::new(1), curve).kind(Kind::Band),
        ],
        ..Chart::new(
            "",
            Axis::linear("time / s"),
            Axis::linear("displacement / mm"),
        )
    };
    plot::write(picture, "A decaying oscillation", [chart])
}

fn with_error((x, y): (f64, f64), error: f64) -> Point {
    Point {
        interval: Some((y - error, y + error)),
        ..Point::from((x, y))
    }
}

/// The fit in one line, and the fit with all known facts.
pub(crate) fn run(picture: &Path) -> Result<[Fitted<f64>; 2], Box<dyn Error>> {
    let (t, y, sigmas) = measure();

    let simple = leastwise::fit(oscillation, &t, &y, &START)?;
    println!("In one line:\n\n{simple}\n");

    // With standard deviations, which are larger for later data, and with derivatives as formulas.
    let curve = Curve::new(5, oscillation, &t, &y)?
        .with_sigmas(&sigmas)?
        .with_gradient(gradient);
    let check = check_jacobian(&curve, &START)?;
    if !check.is_consistent() {
        return Err(check.to_string().into());
    }
    let backend = Faer::default();
    let fitted = Fit::new(&backend)
        .with_sigma_scale(Sigma::Absolute)
        .run(&curve, Parameters::from(&START).with_names(&NAMES))?;
    println!("With standard deviations and derivatives:\n\n{fitted}\n");

    draw(picture, (&t, &y, &sigmas), &fitted)?;
    println!("drawn to {}", picture.display());
    Ok([simple, fitted])
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&plot::path()?).map(drop)
}
