//! A calibration line.

use std::error::Error;

use leastwise::{Curve, Faer, FiniteDifferences, Fit, Parameters, Sigma};
use leastwise_report::Axis;

use super::page::{Page, band, chart, columns, data_with_errors, line, spaced};

pub(crate) const TITLE: &str = "A calibration line: which concentration belongs to a signal?";
pub(crate) const QUESTION: &str = "
Seven standards of known concentration have been measured, with known standard deviations that grow with the signal. An
unknown sample has the absorbance 0.520 ± 0.012. What is its concentration, and its standard error?

The line is y = a + b·x. The concentration is x₀ = (y₀ − a)/b. Its variance has a part of the line, by the delta method with
∂x₀/∂a = −1/b and ∂x₀/∂b = −x₀/b, and a part of the sample, (σ₀/b)².";
pub(crate) const WATCH: &str = "
a and b have a correlation of −0.52, so the error of x₀ must come from the whole covariance. The line is valid only between
the standards. Without the sigmas, the large signals would have too much weight in the intercept, and small concentrations
would have larger errors than necessary. The model takes the concentrations of the standards as exact.";

const DATA: &str = include_str!("data/calibration.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let (concentration, absorbance, sigmas) = (&table[0], &table[1], &table[2]);
    let model = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let curve = Curve::new(2, model, concentration, absorbance)?.with_sigmas(sigmas)?;
    let problem = FiniteDifferences::central(curve);
    let backend = Faer::default();
    let fit = Fit::new(&backend).with_sigma_scale(Sigma::Absolute);
    let start = Parameters::from(&[0.0, 0.1]).with_names(&["a", "b"]);
    let fitted = fit.run(&problem, start)?;
    page.print(&fitted);
    page.print(format!(
        "correlation of a and b: {:.2}",
        fitted.correlation()[(0, 1)]
    ));

    let (signal, deviation) = (0.520, 0.012);
    let (a, b) = (fitted.parameters[0], fitted.parameters[1]);
    let unknown = (signal - a) / b;
    let of_line = fitted
        .covariance
        .standard_error_of(&[-1.0 / b, -unknown / b])?;
    let error = of_line.hypot(deviation / b);
    page.print(format!("concentration: {unknown:.2} ± {error:.2} mg/l"));

    // The picture.
    let x = spaced(0.0, 10.5, 100);
    let bands = problem.function().predict(&fitted, &x, 0.95)?;
    let sample = data_with_errors("unknown sample", &[unknown], &[signal], &[deviation]);
    page.draw(chart(
        Axis::linear("concentration / (mg/l)"),
        Axis::linear("absorbance"),
        vec![
            leastwise_report::Series {
                look: leastwise_report::Look::new(3),
                ..sample
            },
            data_with_errors("standards", concentration, absorbance, sigmas),
            line("fitted line", 1, &x, |x| model(x, &fitted.parameters)),
            band(&x, &bands),
        ],
    ));
    Ok(())
}
