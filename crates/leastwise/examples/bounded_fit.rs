//! A decay to a stable product. Without bounds, the rate constant of the product is negative, and
//! the product grows without end.
//!
//! ```console
//! $ cargo run --release -p leastwise --example bounded_fit -- bounded-fit.png
//! ```

use std::error::Error;
use std::path::Path;

use leastwise::{Bounds, Curve, Faer, FiniteDifferences, Fit, Fitted, Parameters};
use leastwise_report::{Axis, Chart, Kind, Look, Series};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

mod plot;

const NAMES: [&str; 5] = ["fast", "fast rate", "slow", "slow rate", "dark counts"];
/// The true parameters of the data. The slow component does not decay.
pub(crate) const TRUTH: [f64; 5] = [60.0, 1.1, 25.0, 0.0, 8.0];
/// The dark counts were measured with the shutter closed.
const START: [f64; 5] = [40.0, 0.8, 40.0, 0.05, 8.0];

/// y = fast·exp(−fast rate·t) + slow·exp(−slow rate·t) + dark counts.
fn signal(t: f64, p: &[f64]) -> f64 {
    p[0] * (-p[1] * t).exp() + p[2] * (-p[3] * t).exp() + p[4]
}

fn measure() -> (Vec<f64>, Vec<f64>) {
    // Without bounds, the rate is negative in about every second draw. This is a typical draw.
    let mut rng = ChaCha12Rng::seed_from_u64(36);
    let times: Vec<f64> = plot::spaced(&(0.0..6.0), 40).collect();
    let measured = times.iter().map(|&t| {
        let noise: f64 = rng.sample(StandardNormal);
        signal(t, &TRUTH) + 1.5 * noise
    });
    let measured = measured.collect();
    (times, measured)
}

/// The fits without and with bounds.
pub(crate) fn run(picture: &Path) -> Result<[Fitted<f64>; 2], Box<dyn Error>> {
    let (t, y) = measure();
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let start = Parameters::from(&START).with_names(&NAMES).with_held(&[4]);

    let curve = FiniteDifferences::central(Curve::new(5, signal, &t, &y)?);
    let free = fit.run(&curve, &start)?;
    println!("Without bounds:\n\n{free}\n");

    // Amplitudes and rate constants are not negative. The model is never evaluated beyond the
    // bounds, not even for differences.
    let bounds = Bounds::new(&[0.0; 5], &[f64::INFINITY; 5])?;
    let bounded = fit.run(&curve, start.with_bounds(bounds))?;
    println!("With bounds:\n\n{bounded}\n");

    let range = -0.3..25.3;
    let curve_of = |p: &[f64]| {
        let curve = plot::spaced(&range, 400).map(|t| (t, signal(t, p)));
        curve.collect::<Vec<_>>()
    };
    let curve = |name, look, p: &[f64]| Series::new(name, look, curve_of(p));
    let data = t.iter().copied().zip(y.iter().copied());
    // The first lies on top.
    let chart = Chart {
        series: vec![
            Series::new("data", Look::new(6), data).kind(Kind::Markers),
            curve("truth", Look::new(5), &TRUTH),
            curve("with bounds", Look::new(0), &bounded.parameters),
            curve("without bounds", Look::new(1), &free.parameters),
        ],
        ..Chart::new(
            "",
            Axis::linear("time / ms"),
            Axis::linear("counts").ceiling(105.0),
        )
    };
    plot::write(picture, "Rate constants are not negative", [chart])?;
    println!("drawn to {}", picture.display());
    Ok([free, bounded])
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&plot::path()?).map(drop)
}
