//! Your own model on three linear-algebra libraries: how well they agree, and how long they take.
//!
//! ```console
//! $ cargo run --release -p leastwise --example compare_backends -- compare-backends.png
//! ```

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use leastwise::{Backend, Faer, Fit, Fitted, LeastSquaresProblem, MatMut, check_jacobian};
use leastwise_nalgebra::Nalgebra;
use leastwise_ndarray::Ndarray;
use leastwise_report::{Axis, Chart, Kind, Look, Series};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

mod plot;

const NAMES: [&str; 6] = ["peak", "centre u", "centre v", "width u", "width v", "sky"];
/// The true parameters of the images.
pub(crate) const TRUTH: [f64; 6] = [10.0, 0.2, -0.1, 0.35, 0.25, 1.0];
const START: [f64; 6] = [8.0, 0.0, 0.0, 0.5, 0.5, 0.5];
/// Pixels along an edge of the images.
const EDGES: [usize; 5] = [8, 16, 32, 64, 128];
/// The number of timings of each fit; the median is shown. `cargo xtask compare` measures more
/// carefully.
const REPEATS: usize = 5;

/// A star on k×k pixels of the square −1 ≤ u, v ≤ 1: rᵢ = model(uᵢ, vᵢ) − brightnessᵢ.
///
/// The model is peak·exp(−½((u − centre u)/width u)² − ½((v − centre v)/width v)²) + sky.
struct Star {
    pixels: Vec<[f64; 2]>,
    brightness: Vec<f64>,
}

impl Star {
    /// An image with Gaussian noise of standard deviation 0.3.
    fn observe(edge: usize) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(edge as u64);
        let along = || plot::spaced(&(-1.0..1.0), edge);
        let pixels: Vec<_> = along().flat_map(|u| along().map(move |v| [u, v])).collect();
        let brightness = pixels.iter().map(|&pixel| {
            let noise: f64 = rng.sample(StandardNormal);
            TRUTH[0] * profile(pixel, &TRUTH) + TRUTH[5] + 0.3 * noise
        });
        let brightness = brightness.collect();
        Self { pixels, brightness }
    }
}

fn profile([u, v]: [f64; 2], p: &[f64]) -> f64 {
    let (a, b) = ((u - p[1]) / p[3], (v - p[2]) / p[4]);
    (-0.5 * (a * a + b * b)).exp()
}

impl LeastSquaresProblem<f64> for Star {
    fn residuals(&self) -> usize {
        self.pixels.len()
    }

    fn parameters(&self) -> usize {
        NAMES.len()
    }

    fn residual(&self, p: &[f64], r: &mut [f64]) -> leastwise::Result<()> {
        for (i, (&pixel, brightness)) in self.pixels.iter().zip(&self.brightness).enumerate() {
            r[i] = p[0] * profile(pixel, p) + p[5] - brightness;
        }
        Ok(())
    }

    fn jacobian(&self, p: &[f64], mut j: MatMut<'_, f64>) -> leastwise::Result<()> {
        for (i, &[u, v]) in self.pixels.iter().enumerate() {
            let profile = profile([u, v], p);
            let (a, b) = ((u - p[1]) / p[3], (v - p[2]) / p[4]);
            j[(i, 0)] = profile;
            j[(i, 1)] = p[0] * profile * a / p[3];
            j[(i, 2)] = p[0] * profile * b / p[4];
            j[(i, 3)] = p[0] * profile * a * a / p[3];
            j[(i, 4)] = p[0] * profile * b * b / p[4];
            j[(i, 5)] = 1.0;
        }
        Ok(())
    }
}

/// The result of a backend for an image.
pub(crate) struct Outcome {
    pub(crate) backend: &'static str,
    pixels: usize,
    pub(crate) fitted: Fitted<f64>,
    time: Duration,
    /// Digits of the parameter that differs most from that of the first backend.
    pub(crate) digits: f64,
}

fn median_time(fits: &[Fitted<f64>]) -> Duration {
    let mut times: Vec<Duration> = fits.iter().map(|fitted| fitted.elapsed).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// −log₁₀ of the largest relative difference, at most the 16 digits that an f64 has.
fn agreement(p: &[f64], reference: &[f64]) -> f64 {
    let pairs = p.iter().zip(reference);
    let differences = pairs.map(|(p, q)| ((p - q) / q).abs());
    -differences.fold(1e-16, f64::max).log10()
}

fn print(outcomes: &[Outcome]) {
    println!("    pixels  backend   steps  residuals  Jacobians        time  digits that agree");
    for outcome in outcomes {
        let Fitted { steps, counts, .. } = &outcome.fitted;
        println!(
            "{:>10}  {:8}  {steps:>5}  {:>9}  {:>9}  {:>10.1?}  {:>17.1}",
            outcome.pixels,
            outcome.backend,
            counts.residuals,
            counts.jacobians,
            outcome.time,
            outcome.digits,
        );
    }
    println!("\nThe parameters of the largest image:\n");
    let largest: Vec<_> = outcomes
        .iter()
        .filter(|o| o.pixels == EDGES[4] * EDGES[4])
        .collect();
    print!("{:10}", "");
    for outcome in &largest {
        print!("  {:>20}", outcome.backend);
    }
    println!("{:>15}", "std. error");
    for (j, name) in NAMES.iter().enumerate() {
        print!("{name:10}");
        for outcome in &largest {
            print!("  {:>20.16}", outcome.fitted.parameters[j]);
        }
        println!("{:>15.1e}", largest[0].fitted.standard_errors()[j]);
    }
    println!();
}

/// Every backend on every image.
pub(crate) fn run(picture: &Path) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let backends: [&dyn Backend<f64>; 3] = [&Faer::default(), &Nalgebra, &Ndarray];
    let mut outcomes = Vec::<Outcome>::new();
    for edge in EDGES {
        let star = Star::observe(edge);
        let check = check_jacobian(&star, &START)?;
        if !check.is_consistent() {
            return Err(check.to_string().into());
        }
        // The backends take turns, so that other load on the machine affects all of them.
        let mut fits = [const { Vec::new() }; 3];
        for _ in 0..REPEATS {
            for (backend, fits) in backends.iter().zip(&mut fits) {
                fits.push(Fit::new(*backend).run(&star, &START)?);
            }
        }
        let reference = fits[0][0].parameters.clone();
        for (backend, mut fits) in backends.iter().zip(fits) {
            let time = median_time(&fits);
            let fitted = fits.swap_remove(0);
            outcomes.push(Outcome {
                backend: backend.info().name,
                pixels: edge * edge,
                digits: agreement(&fitted.parameters, &reference),
                time,
                fitted,
            });
        }
    }
    print(&outcomes);
    draw(picture, &outcomes)?;
    println!("drawn to {}", picture.display());
    Ok(outcomes)
}

fn draw(picture: &Path, outcomes: &[Outcome]) -> Result<(), Box<dyn Error>> {
    let of = |name: &str, y: fn(&Outcome) -> f64| {
        let chosen = outcomes.iter().filter(move |o| o.backend == name);
        let points = chosen.map(move |o| (o.pixels as f64, y(o)));
        points.collect::<Vec<_>>()
    };
    let milliseconds = |o: &Outcome| 1e3 * o.time.as_secs_f64();
    let digits = |o: &Outcome| o.digits;
    let pixels = || Axis::logarithmic("pixels");
    let mut time = Chart::new("Time of a fit", pixels(), Axis::logarithmic("milliseconds"));
    let digits_axis = Axis::linear("digits of the worst parameter");
    let mut agree = Chart::new("Agreement with faer", pixels(), digits_axis);
    for (slot, name) in ["faer", "nalgebra", "ndarray"].into_iter().enumerate() {
        let series = |points: Vec<(f64, f64)>| {
            Series::new(name, Look::new(slot), points).kind(Kind::MarkedLine)
        };
        time = time.with(series(of(name, milliseconds)));
        if name != "faer" {
            agree = agree.with(series(of(name, digits)));
        }
    }
    plot::write(picture, "A star by three libraries", [time, agree])
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&plot::path()?).map(drop)
}
