//! A peak in every pixel of an image stack: 65,536 fits, and the maps of their parameters.
//!
//! ```console
//! $ cargo run --release -p leastwise --example image_stack -- image-stack.png
//! ```

use std::error::Error;
use std::f64::consts::TAU;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use leastwise::{Curve, Faer, FiniteDifferences, Fit, FittedMany, Many, Starts};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

mod plot;

const NAMES: [&str; 4] = ["amplitude", "centre", "width", "offset"];
/// The maps go from black to white between these.
const RANGES: [(f64, f64); 4] = [(2.0, 8.0), (3.5, 6.5), (0.8, 1.6), (0.5, 1.5)];
const FRAMES: usize = 30;
const NOISE: f64 = 0.1;
/// Read from the frames of one pixel.
const START: [f64; 4] = [5.0, 5.0, 1.0, 1.0];

/// y = amplitude·exp(−½((x − centre)/width)²) + offset.
fn peak(x: f64, p: &[f64]) -> f64 {
    let u = (x - p[1]) / p[2];
    p[0] * (-0.5 * u * u).exp() + p[3]
}

/// The parameters at a place of the image, u and v from 0 to 1.
fn truth(u: f64, v: f64) -> [f64; 4] {
    let distance = ((u - 0.5).powi(2) + (v - 0.5).powi(2)).sqrt();
    [
        5.0 + 2.0 * (TAU * 2.0 * distance).cos(),
        5.0 + (TAU * u).sin() * (TAU * v).cos(),
        1.2 + 0.3 * (TAU * (u + v)).cos(),
        1.0 + 0.4 * (v - u),
    ]
}

/// What is measured: `FRAMES` numbers for each pixel, pixel after pixel, row after row.
fn measure(size: usize, x: &[f64]) -> Vec<f64> {
    let mut rng = ChaCha12Rng::seed_from_u64(11);
    let mut stack = Vec::with_capacity(size * size * x.len());
    for pixel in 0..size * size {
        let p = truth_of(pixel, size);
        for &x in x {
            let noise: f64 = rng.sample(StandardNormal);
            stack.push(peak(x, &p) + NOISE * noise);
        }
    }
    stack
}

fn truth_of(pixel: usize, size: usize) -> [f64; 4] {
    let place = |index: usize| index as f64 / size as f64;
    truth(place(pixel % size), place(pixel / size))
}

/// The part of the pixels in which parameter `j` is within two standard errors of the truth.
pub(crate) fn share_within(fitted: &FittedMany<f64>, size: usize, j: usize) -> f64 {
    let is_within = |&pixel: &usize| {
        let off = fitted.parameters[(pixel, j)] - truth_of(pixel, size)[j];
        off.abs() <= 2.0 * fitted.standard_errors[(pixel, j)]
    };
    (0..fitted.len()).filter(is_within).count() as f64 / fitted.len() as f64
}

/// The four maps beside each other, grey, and red where a fit is no success.
fn draw(picture: &Path, fitted: &FittedMany<f64>, size: usize) -> Result<(), Box<dyn Error>> {
    let mut pixels = Vec::with_capacity(3 * 4 * size * size);
    for row in 0..size {
        for (j, (low, high)) in RANGES.into_iter().enumerate() {
            for pixel in row * size..(row + 1) * size {
                let share = (fitted.parameters[(pixel, j)] - low) / (high - low);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 0 and 255"
                )]
                let grey = (255.0 * share.clamp(0.0, 1.0)) as u8;
                let is_success = fitted.is_success(pixel);
                pixels.extend(if is_success { [grey; 3] } else { [255, 0, 0] });
            }
        }
    }
    let file = File::create(picture)
        .map_err(|error| format!("cannot write {}: {error}", picture.display()))?;
    let (width, height) = (u32::try_from(4 * size)?, u32::try_from(size)?);
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(())
}

/// Fits a stack of `size`×`size` pixels.
pub(crate) fn run(picture: &Path, size: usize) -> Result<FittedMany<f64>, Box<dyn Error>> {
    let x: Vec<f64> = plot::spaced(&(0.0..10.0), FRAMES).collect();
    let stack = measure(size, &x);

    // A pixel starts from the solution of the one to its left.
    let starts = Starts::Neighbour {
        first: &START,
        row: size,
    };
    let problem = |pixel: usize| {
        let y = &stack[pixel * FRAMES..][..FRAMES];
        Ok(FiniteDifferences::central(Curve::new(4, peak, &x, y)?))
    };
    let backend = Faer::default();
    let clock = Instant::now();
    let fitted = Fit::new(&backend).run_many(size * size, problem, starts, &Many::new())?;
    let seconds = clock.elapsed().as_secs_f64();

    println!(
        "{} fits in {seconds:.2} s, {:.0} a second; {} are no success",
        fitted.len(),
        fitted.len() as f64 / seconds,
        fitted.len() - fitted.successes()
    );
    for (j, (name, (low, high))) in NAMES.into_iter().zip(RANGES).enumerate() {
        println!(
            "{name:9} from {low} (black) to {high} (white), {:.1} % within two standard errors",
            100.0 * share_within(&fitted, size, j)
        );
    }
    draw(picture, &fitted, size)?;
    println!("drawn to {}", picture.display());
    Ok(fitted)
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&plot::path()?, 256).map(drop)
}
