//! Peaks in a spectrum.

use std::error::Error;

use leastwise::{Faer, Fit, Parameters, Separable};
use leastwise_report::Axis;

use super::page::{Page, chart, columns, data, line, pale, spaced};

pub(crate) const TITLE: &str = "Peaks in a spectrum: how much is in each of two that overlap?";
pub(crate) const QUESTION: &str = "
A spectrum has two peaks that overlap, on a sloping background. What is the ratio of their areas?

The model is y = h₁·g(x; μ₁, w₁) + h₂·g(x; μ₂, w₂) + b₀ + b₁·x with Gaussians g = exp(−((x − μ)/w)²/2). It is linear in the
heights and the background, so `Separable` needs a start for positions and widths only. These can be read from a plot. The
area of a peak is √(2π)·h·w.";
pub(crate) const WATCH: &str = "
The background is part of the fit. If it is subtracted before, its error is missing in the standard errors. The areas of
peaks that overlap are anticorrelated: what one loses, the other gains. So the error of a ratio must come from the whole
covariance, as `standard_error_of` does, and not from the two errors alone. If a peak has another shape, the residuals show
waves, and the standard errors are too small.";

const DATA: &str = include_str!("data/spectrum.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let (wavelength, intensity) = (&table[0], &table[1]);
    // α: position and width of each peak. Functions: the peaks, a constant, a line that is 0 in the middle.
    let basis = |x: f64, alpha: &[f64], phi: &mut [f64]| {
        let gaussian = |mu: f64, width: f64| (-0.5 * ((x - mu) / width).powi(2)).exp();
        phi[0] = gaussian(alpha[0], alpha[1]);
        phi[1] = gaussian(alpha[2], alpha[3]);
        phi[2] = 1.0;
        phi[3] = (x - 500.0) / 100.0;
    };
    let model = Separable::new(4, 4, basis, wavelength, intensity)?;
    let backend = Faer::default();
    let names = ["mu1", "w1", "mu2", "w2", "h1", "h2", "level", "slope"];
    let fit = Fit::new(&backend);
    let fitted = fit.run_separable(
        &model,
        Parameters::from(&[475.0, 10.0, 525.0, 10.0]).with_names(&names),
    )?;
    page.print(&fitted);

    // The ratio h₁·w₁/(h₂·w₂) and its gradient.
    let p = &fitted.parameters;
    let ratio = p[4] * p[1] / (p[5] * p[3]);
    let mut gradient = [0.0; 8];
    gradient[4] = ratio / p[4];
    gradient[1] = ratio / p[1];
    gradient[5] = -ratio / p[5];
    gradient[3] = -ratio / p[3];
    let error = fitted.covariance.standard_error_of(&gradient)?;
    page.print(format!("ratio of the areas: {ratio:.3} ± {error:.3}"));

    // The picture.
    let x = spaced(400.0, 600.0, 300);
    let functions = |x: f64| {
        let mut phi = [0.0; 4];
        basis(x, p, &mut phi);
        phi
    };
    let sum = |x: f64| functions(x).iter().zip(&p[4..]).map(|(f, c)| f * c).sum();
    let background = |x: f64| p[6] + p[7] * functions(x)[3];
    page.draw(chart(
        Axis::linear("wavelength / nm").tight(),
        Axis::linear("intensity"),
        vec![
            line("fit", 1, &x, sum),
            line("first peak", 2, &x, |x| {
                background(x) + p[4] * functions(x)[0]
            }),
            line("second peak", 3, &x, |x| {
                background(x) + p[5] * functions(x)[1]
            }),
            pale(data("data", 6, wavelength, intensity)),
        ],
    ));
    Ok(())
}
